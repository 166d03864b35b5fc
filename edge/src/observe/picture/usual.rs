//! What a camera usually shows: a slow mean of its pictures, and the comparison with it.

use std::time::Duration;

use opencv::core::{self, Mat, MatTraitConst, Size};
use xunge_scene::{StreamTime, facts::View};

use super::bands::{self, Bands, Cells, Fine, Products};

/// Pictures are taken in so often.
const TAKE_EVERY: Duration = Duration::from_millis(450);
/// After so long it is known what the camera shows.
const KNOWN: Duration = Duration::from_secs(8);
/// The mean reaches back so far: shorter than shadows and dusk take, longer than anybody who passes.
const REACH: Duration = Duration::from_secs(60);
/// No picture counts for longer than this.
const LONGEST: Duration = Duration::from_secs(1);

/// A picture that is less like the usual one than this does not flow into it.
const LIKE: f64 = 0.45;
/// Nor one that is less sharp,
const SHARP: f64 = 0.4;
/// or one with less contrast: hardly anything is seen in it, in its place or not.
const CONTRAST: f64 = 0.1;
/// Like this much it certainly is the usual view.
const WELL: f64 = 0.6;

/// A first mean that no picture is like is no good: it was made of a camera that was being turned.
const NEVER_WELL: Duration = Duration::from_secs(30);
/// A view that was lost within less was lost by a deed or an accident, and somebody must look at it; seasons, snow and
/// night are slower.
const SLOWLY: Duration = Duration::from_secs(20);
/// A view that was lost slowly for so long is the new one.
const SETTLED: Duration = Duration::from_secs(600);
/// After a longer pause the light is another: what was usual is forgotten.
const PAUSE: Duration = Duration::from_secs(600);
/// A camera that turns to infrared may be dark for so long meanwhile.
const SWITCHING: Duration = Duration::from_secs(10);

/// Deviation of a cell's edges from which on it shows something, grey levels.
const TEXTURED: f32 = 1.0;
/// Deviation of a cell's fine detail from which on sharpness can be told.
const DETAILED: f32 = 0.5;
/// With fewer cells than this share that show something, nothing can be told.
const ENOUGH: f64 = 0.15;

/// What a camera usually shows.
pub(super) struct Usual {
    mean: Mat,
    bands: Bands,
    /// How long it has been learned.
    learned: Duration,
    /// When it was compared with a picture last.
    at: StreamTime,
    taken: StreamTime,
    is_mono: bool,
    /// When the view was certainly the usual one last.
    well: Option<StreamTime>,
    /// While it is not like the usual one: since when.
    lost: Option<StreamTime>,
}

impl Usual {
    /// Begins with a picture.
    pub(super) fn begin(at: StreamTime, grey: Mat, is_mono: bool) -> opencv::Result<Self> {
        let bands = Bands::of(&grey)?;
        Ok(Self {
            mean: grey,
            bands,
            learned: Duration::ZERO,
            at,
            taken: at,
            is_mono,
            well: None,
            lost: None,
        })
    }

    /// What is known of an earlier run.
    pub(super) fn known(mean: Mat) -> opencv::Result<Self> {
        Ok(Self { learned: REACH, ..Self::begin(StreamTime::ZERO, mean, false)? })
    }

    /// The mean picture; none before it is known.
    pub(super) fn mean(&self) -> Option<&Mat> {
        (self.learned >= KNOWN).then_some(&self.mean)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> opencv::Result<Size> {
        self.mean.size()
    }

    /// None before it is known what the camera usually shows, and when that is nothing.
    pub(super) fn compare(&self, now: &Bands, before: Option<&Bands>) -> opencv::Result<Option<View>> {
        if self.learned < KNOWN {
            return Ok(None);
        }
        let products = Products::of(&self.bands, now)?;
        let usual = &products.edges[0];
        let Some(same) = share(textured(usual).map(|cell| products.same(cell))) else { return Ok(None) };
        if textured(usual).count() < enough(usual) {
            return Ok(None);
        }
        let fine = Fine::of(&self.bands, now, before)?;
        let (layout, contrast) = bands::afar(&self.bands, now)?;
        let strength = |now: f32, usual: f32| f64::from(now.max(0.0) / usual).sqrt();
        let edges = median(textured(usual).map(|c| strength(products.edges[1][c], usual[c])));
        let grain = median(detailed(&fine.usual).map(|c| strength(fine.now[c], fine.usual[c])));
        let clean =
            median(detailed(&fine.usual).map(|c| strength(fine.now[c] - fine.noise[c], fine.usual[c])));
        let found = median(detailed(&fine.usual).map(|c| f64::from(fine.both[c] / fine.usual[c])));
        let plenty = detailed(&fine.usual).count() >= enough(usual);
        Ok(Some(View {
            same,
            layout,
            contrast,
            texture: if plenty { edges.min(grain) } else { edges },
            // Detail that is there but a pixel aside is sharp, and so is detail in its place under noise.
            sharpness: if plenty { clean.max(found) / contrast.max(0.05) } else { 1.0 },
        }))
    }

    /// Takes a picture in, if it is like what is usual. While it is `held`, no other view takes its place.
    pub(super) fn learn(
        &mut self,
        at: StreamTime,
        grey: &Mat,
        view: Option<&View>,
        is_mono: bool,
        held: bool,
    ) -> opencv::Result<()> {
        let known = self.learned >= KNOWN;
        self.notice(at, view, held);
        if known && !held && self.is_over(at, view, is_mono) {
            *self = Self::begin(at, grey.clone(), is_mono)?;
            return Ok(());
        }
        let fits =
            view.is_none_or(|view| view.same >= LIKE && view.sharpness >= SHARP && view.contrast >= CONTRAST);
        let passed = at.since(self.taken).min(LONGEST);
        if !fits || passed < TAKE_EVERY {
            return Ok(());
        }
        self.taken = at;
        self.is_mono = is_mono;
        self.learned += passed;
        let part = passed.as_secs_f64() / self.learned.min(REACH).as_secs_f64().max(1e-3);
        let mut mean = Mat::default();
        core::add_weighted(&self.mean, 1.0 - part, grey, part, 0.0, &mut mean, -1)?;
        self.bands = Bands::of(&mean)?;
        self.mean = mean;
        Ok(())
    }

    fn notice(&mut self, at: StreamTime, view: Option<&View>, held: bool) {
        if at.since(self.at) > PAUSE && !held {
            (self.learned, self.well, self.lost) = (Duration::ZERO, None, None);
        }
        self.at = at;
        // time may have begun anew
        self.taken = self.taken.min(at);
        if let Some(view) = view {
            if view.same >= WELL {
                self.well = Some(at);
            }
            self.lost = (view.same < LIKE).then(|| self.lost.unwrap_or(at));
        }
    }

    /// What was usual can never be so again, or never was.
    fn is_over(&self, at: StreamTime, view: Option<&View>, is_mono: bool) -> bool {
        let (Some(view), Some(lost)) = (view, self.lost) else { return false };
        let lasts = at.since(lost);
        let Some(well) = self.well else { return lasts >= NEVER_WELL };
        let sees = view.texture >= 0.5;
        let switched = is_mono != self.is_mono && at.since(well) <= SWITCHING;
        let slowly = lost.since(well) > SLOWLY;
        sees && (switched || (slowly && lasts >= SETTLED))
    }

    /// The stream broke.
    pub(super) fn pause(&mut self) {
        self.lost = None;
    }
}

/// The cells that show something.
pub(super) fn textured(energy: &Cells) -> impl Iterator<Item = usize> + '_ {
    above(energy, TEXTURED)
}

fn detailed(energy: &Cells) -> impl Iterator<Item = usize> + '_ {
    above(energy, DETAILED)
}

fn above(energy: &Cells, deviation: f32) -> impl Iterator<Item = usize> + '_ {
    energy.iter().enumerate().filter(move |(_, e)| **e >= deviation * deviation).map(|(cell, _)| cell)
}

fn enough(cells: &Cells) -> usize {
    (ENOUGH * cells.len() as f64).ceil() as usize
}

/// How many of them are; none of none.
pub(super) fn share(all: impl Iterator<Item = bool>) -> Option<f64> {
    let (mut yes, mut count) = (0_u32, 0_u32);
    for one in all {
        yes += u32::from(one);
        count += 1;
    }
    (count > 0).then(|| f64::from(yes) / f64::from(count))
}

/// 0 of none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
