//! What each pixel shows when nobody and nothing stands before it, and whether it shows something else at rest.
//!
//! A pixel has three pictures. `base` is the background: learned once it has been at rest uncovered, following slow
//! change, and never drawn towards something else that stands there. `soon` is what it has been showing lately, at rest;
//! what hides it for a moment neither counts nor resets that. `next` is what may become `soon`.

use xunge_scene::facts::{Foreground, Grid};

use super::canvas::{Colour, Extent, Window};
use super::cover::{CELL, Cover, Motion};
use super::light::Light;

/// At rest for so long, and uncovered, a pixel is first believed to show the background.
const LEARN_SECS: f32 = 1.0;
/// After a person's box has left it, a pixel is not believed for so long: he may only have been missed.
const UNCOVERED_SECS: f32 = 1.5;
/// Covered all its life, but at rest for so long: no person, however often one is found there.
const CERTAIN_SECS: f32 = 60.0;
/// How fast the background follows light.
const FOLLOW_SECS: f32 = 8.0;
/// What lasts so long becomes what the pixel shows; what hides it for less does not.
const TURN_SECS: f32 = 1.0;
/// At rest for so long, what differs may be part of a thing.
const REST_SECS: f32 = 1.4;
/// What no region wants becomes background after so long.
const ABSORB_SECS: f32 = 30.0;
/// Over how long it is learned how restless a pixel is.
const BUSY_SECS: f32 = 20.0;
/// Above this share of its time in motion a pixel is foliage, water or a screen.
const BUSY: f32 = 0.3;
/// Grey levels by which a pixel differs from its background at least …
const DIFFERENT: f32 = 12.0;
/// … and from what it showed at the look before.
const MOVED: f32 = 8.0;

/// A pixel's share of a cell.
const PIXEL_OF_CELL: f64 = 1.0 / (CELL * CELL) as f64;

/// What a pixel shows at a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shows {
    /// Its background is not known yet.
    #[default]
    Unknown,
    /// Its background.
    Base,
    /// Something else, for a short time yet, or behind a person.
    Other,
    /// Something else, at rest.
    Rest,
}

#[derive(Debug, Clone, Copy, Default)]
struct Pixel {
    base: [f32; 3],
    soon: [f32; 3],
    next: Colour,
    known: bool,
    /// It showed neither of these at the latest look.
    stirs: bool,
    /// Seconds: showing `soon`; showing `next`; showing `base`, in all; showing `base` while a person was found on it;
    /// since it last showed `base`; since it was last covered.
    held: f32,
    next_held: f32,
    agreed: f32,
    peopled: f32,
    away: f32,
    uncovered: f32,
    /// Usual difference from the background while it shows it, grey levels.
    noise: f32,
    /// Share of its time in motion.
    busy: f32,
    age: f32,
}

/// The darkest and the brightest of a pixel and its neighbours.
struct Around {
    low: Colour,
    high: Colour,
}

/// How a pixel compares with its background at a look.
struct Seen {
    now: Colour,
    secs: f32,
    different: bool,
    /// What it shows at rest differs, too.
    rests: bool,
    covered: bool,
    owned: bool,
}

/// How the whole picture relates to the background at a look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub known: usize,
    pub different: usize,
    pub resting: usize,
}

/// The background.
#[derive(Default)]
pub(super) struct Ground {
    pub extent: Extent,
    pixels: Vec<Pixel>,
    /// The background as it stands; where it is not known, what is there now.
    pub base: Vec<Colour>,
    /// What each pixel shows now.
    pub shows: Vec<Shows>,
    /// How many pixels of each cell move now.
    pub moving: Vec<u16>,
    /// Which share of each cell does not show the background, covered or not.
    pub foreground: Foreground,
}

impl Ground {
    /// Begins with a first picture.
    pub fn begin(&mut self, extent: Extent, now: &[Colour]) {
        self.extent = extent;
        let fresh = |colour: &Colour| Pixel {
            soon: colour.map(f32::from),
            next: *colour,
            uncovered: UNCOVERED_SECS,
            noise: 2.0,
            ..Pixel::default()
        };
        self.pixels = now.iter().map(fresh).collect();
        self.base = now.to_vec();
        self.shows = vec![Shows::Unknown; now.len()];
    }

    /// Is the background of this pixel known?
    pub fn knows(&self, pixel: usize) -> bool {
        self.shows.get(pixel).is_some_and(|shows| *shows != Shows::Unknown)
    }

    /// Takes in a picture `secs` after the one before. `ranges` are the darkest and brightest around each pixel of the
    /// background and of the picture; `owned` says which pixels belong to a region and are not for the background to have.
    pub fn look(
        &mut self,
        now: &[Colour],
        secs: f32,
        ranges: [(&[Colour], &[Colour]); 2],
        light: &Light,
        cover: &Cover,
        owned: &[u16],
    ) -> Tally {
        let mut tally = Tally::default();
        let (columns, rows) = Motion::cells(self.extent);
        let width = self.extent.width;
        self.moving.clear();
        self.moving.resize(columns * rows, 0);
        self.foreground.grid = Grid { columns, rows };
        self.foreground.shares.clear();
        self.foreground.shares.resize(columns * rows, 0.0);
        let cell_of = |index: usize| index / width / CELL * columns + index % width / CELL;
        let all = self.pixels.iter_mut().zip(&mut self.base).zip(&mut self.shows);
        let [before, after] =
            ranges.map(|(low, high)| low.iter().zip(high).map(|(&low, &high)| Around { low, high }));
        let seen = now.iter().zip(before.zip(after)).zip(cover.mask.iter().zip(owned));
        for (index, (((pixel, base), shows), ((colour, (around, around_now)), (covered, owner)))) in
            all.zip(seen).enumerate()
        {
            let covered = *covered != 0;
            pixel.settle(*colour, secs, covered);
            if pixel.stirs
                && !covered
                && let Some(count) = self.moving.get_mut(cell_of(index))
            {
                *count += 1;
            }
            if !pixel.known {
                let free = pixel.uncovered >= UNCOVERED_SECS && !covered;
                if pixel.held >= if free { LEARN_SECS } else { CERTAIN_SECS } {
                    pixel.learn();
                }
                *base = pixel.soon.map(rounded);
                *shows = Shows::Unknown;
                continue;
            }
            let gain = light.at(index % width, index / width);
            // what has differed for a while must come nearer before it is the same again
            let margin = (DIFFERENT + 2.5 * pixel.noise) * if pixel.away > 0.5 { 0.8 } else { 1.0 };
            // anything between the light that was and the light that seems to be
            let outside = |value: f32, low: u8, high: u8, gain: f32| {
                value < f32::from(low) * gain.min(1.0) - margin
                    || value > f32::from(high) * gain.max(1.0) + margin
            };
            // an edge that trembles lies within the range of its neighbours, before and now
            let different = (0..3).any(|c| {
                outside(f32::from(colour[c]), around.low[c], around.high[c], gain[c])
                    || outside(pixel.base[c], around_now.low[c], around_now.high[c], 1.0 / gain[c])
            });
            if different && let Some(share) = self.foreground.shares.get_mut(cell_of(index)) {
                *share += PIXEL_OF_CELL;
            }
            let rests = different && (0..3).any(|c| (pixel.soon[c] - pixel.base[c]).abs() > 0.8 * margin);
            let seen = Seen { now: *colour, secs, different, rests, covered, owned: *owner != 0 };
            *shows = pixel.compare(&seen, gain);
            *base = pixel.base.map(rounded);
            if !covered {
                tally.known += 1;
                tally.different += usize::from(different);
                tally.resting += usize::from(rests && pixel.held >= LEARN_SECS);
            }
        }
        tally
    }

    /// What a pixel shows at rest.
    pub fn resting(&self, pixel: usize) -> [f32; 3] {
        self.pixels.get(pixel).map_or([0.0; 3], |pixel| pixel.soon)
    }

    /// The background of a pixel.
    pub fn background(&self, pixel: usize) -> [f32; 3] {
        self.pixels.get(pixel).map_or([0.0; 3], |pixel| pixel.base)
    }

    /// Which share of a part of the picture stirs at this look.
    pub fn stirring(&self, window: Window) -> f64 {
        let rows = (window.top..window.bottom).map(|row| row * self.extent.width);
        let row = |start: usize| self.pixels.get(start + window.left..start + window.right);
        let stirring = rows.filter_map(row).flatten().filter(|pixel| pixel.stirs).count();
        stirring as f64 / (window.width() * window.height()).max(1) as f64
    }

    /// Means over some pixels: how long they have been showing something else at rest, since when they do not show their
    /// background, for how long in all they did, and for which share of that a person was found on them.
    pub fn history(&self, pixels: &[u32]) -> History {
        let mut held: Vec<f32> = Vec::with_capacity(pixels.len());
        let mut away: Vec<f32> = Vec::with_capacity(pixels.len());
        let (mut agreed, mut peopled) = (0.0, 0.0);
        for pixel in pixels.iter().filter_map(|&index| self.pixels.get(index as usize)) {
            held.push(pixel.held.min(pixel.away));
            away.push(pixel.away);
            agreed += f64::from(pixel.agreed);
            peopled += f64::from(pixel.peopled);
        }
        let count = held.len().max(1) as f64;
        History {
            held: middle(&mut held),
            away: middle(&mut away),
            agreed: agreed / count,
            peopled: peopled / agreed.max(0.1),
        }
    }

    /// What these pixels show at rest is their background from now on.
    pub fn absorb(&mut self, pixels: &[u32]) {
        for &index in pixels {
            let index = index as usize;
            let (Some(pixel), Some(base), Some(shows)) =
                (self.pixels.get_mut(index), self.base.get_mut(index), self.shows.get_mut(index))
            else {
                continue;
            };
            pixel.learn();
            *base = pixel.base.map(rounded);
            *shows = Shows::Base;
        }
    }

    /// Their background is what it was before.
    pub fn restore(&mut self, pixels: &[u32], before: &[[f32; 3]]) {
        for (pixel, before) in pixels.iter().zip(before) {
            if let Some(pixel) = self.pixels.get_mut(*pixel as usize) {
                pixel.base = *before;
            }
        }
    }

    /// Everything has changed: whatever is at rest is background, the rest is not known.
    pub fn relearn(&mut self) {
        for pixel in &mut self.pixels {
            if pixel.rests() && pixel.held >= LEARN_SECS && pixel.uncovered >= UNCOVERED_SECS {
                pixel.learn();
            } else {
                // what it showed before all changed is nothing to wait for
                (pixel.known, pixel.held) = (false, 0.0);
            }
        }
    }
}

/// What [`Ground::history`] tells.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct History {
    pub held: f64,
    pub away: f64,
    pub agreed: f64,
    pub peopled: f64,
}

fn middle(values: &mut [f32]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let half = values.len() / 2;
    f64::from(*values.select_nth_unstable_by(half, f32::total_cmp).1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a colour")]
fn rounded(value: f32) -> u8 {
    (value + 0.5) as u8
}

fn far(now: Colour, then: [f32; 3], margin: f32) -> bool {
    (0..3).any(|c| (f32::from(now[c]) - then[c]).abs() > margin)
}

impl Pixel {
    /// Keeps the pictures of the short term.
    fn settle(&mut self, now: Colour, secs: f32, covered: bool) {
        self.uncovered = if covered { 0.0 } else { self.uncovered + secs };
        let margin = MOVED + 2.0 * self.noise;
        let same = !far(now, self.soon, margin);
        self.stirs = false;
        if same {
            self.held += secs;
            self.next_held = 0.0;
            let weight = secs.min(1.0) * 0.5;
            for (soon, now) in self.soon.iter_mut().zip(now) {
                *soon += (f32::from(now) - *soon) * weight;
            }
        } else if !far(now, self.next.map(f32::from), margin) {
            // behind a box nothing becomes familiar: somebody who stands still stays somebody
            if !covered {
                self.next_held += secs;
            }
            if self.next_held >= TURN_SECS {
                self.soon = now.map(f32::from);
                self.held = self.next_held;
                self.next_held = 0.0;
            }
        } else {
            self.stirs = true;
            self.next = now;
            self.next_held = 0.0;
        }
        if !covered {
            self.age = (self.age + secs).min(BUSY_SECS);
            let weight = (secs / self.age.max(secs).max(1e-3)).min(1.0);
            self.busy += (f32::from(u8::from(self.stirs)) - self.busy) * weight;
        }
    }

    /// It shows `soon` now, as far as that is known.
    fn rests(&self) -> bool {
        !self.stirs && self.next_held == 0.0
    }

    fn learn(&mut self) {
        self.base = self.soon;
        self.known = true;
        (self.agreed, self.peopled, self.away) = (0.0, 0.0, 0.0);
    }

    fn compare(&mut self, seen: &Seen, gain: [f32; 3]) -> Shows {
        let follow = (seen.secs / FOLLOW_SECS).min(1.0);
        if seen.different || seen.covered {
            // unseen, it goes with the light of what is around it
            for (base, gain) in self.base.iter_mut().zip(gain) {
                *base = (*base * (1.0 + follow * (gain - 1.0))).min(255.0);
            }
        } else {
            for (base, now) in self.base.iter_mut().zip(seen.now) {
                *base += (f32::from(now) - *base) * follow;
            }
        }
        if !seen.different {
            self.agreed += seen.secs;
            self.away = 0.0;
            if seen.covered {
                self.peopled += seen.secs;
            } else {
                let off = (0..3).map(|c| (f32::from(seen.now[c]) - self.base[c]).abs()).fold(0.0, f32::max);
                self.noise = (self.noise + (off - self.noise) * follow).min(8.0);
            }
            return Shows::Base;
        }
        self.away += seen.secs;
        let rests =
            seen.rests && self.next_held == 0.0 && self.held.min(self.away) >= REST_SECS && self.busy < BUSY;
        if !rests || seen.covered || self.uncovered < 0.5 {
            return Shows::Other;
        }
        if !seen.owned && self.held >= ABSORB_SECS {
            self.learn();
            return Shows::Base;
        }
        Shows::Rest
    }
}
