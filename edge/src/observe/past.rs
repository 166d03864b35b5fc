//! Pictures of the last seconds, to tell whether a place looks as it did before: then nobody has come to lie there.

use std::collections::{BTreeMap, VecDeque};

use opencv::{core::Mat, prelude::*};
use xunge_scene::{Bounds, StreamTime};

use super::{Pixels, canvas};

/// A picture is kept so often, in seconds …
const EVERY_SECS: f64 = 1.0;
/// … and so many of them: somebody may hide for a while what stands behind him.
const KEPT: usize = 16;
/// Places of fewer pixels to a side, or of less contrast (deviation, grey levels), show nothing that could be compared.
const LEAST_SIDE: usize = 6;
const LEAST_CONTRAST: f64 = 6.0;

/// The pictures.
#[derive(Default)]
pub struct Past {
    pages: VecDeque<(StreamTime, Mat)>,
}

impl Past {
    /// Keeps this picture if it is time for another.
    pub fn note(&mut self, at: StreamTime, picture: Pixels<'_>) -> opencv::Result<()> {
        if self.pages.back().is_some_and(|(last, _)| at.since(*last).as_secs_f64() < EVERY_SECS) {
            return Ok(());
        }
        if self.pages.len() >= KEPT {
            self.pages.pop_front();
        }
        self.pages.push_back((at, canvas::grey(picture)?));
        Ok(())
    }

    /// The stream broke.
    pub fn reset(&mut self) {
        self.pages.clear();
    }

    /// How like a time before the given one places of the picture look now, by the number they are asked for under: the
    /// best correlation with any page, -1..1. Missing without a page of the same size, and where there is too little to be
    /// seen.
    pub fn alike(
        &self,
        picture: Pixels<'_>,
        asked: &BTreeMap<u64, (Bounds, StreamTime)>,
    ) -> opencv::Result<BTreeMap<u64, f64>> {
        let mut alike = BTreeMap::new();
        if asked.is_empty() || self.pages.is_empty() {
            return Ok(alike);
        }
        let now = canvas::grey(picture)?;
        for (&number, &(place, before)) in asked {
            alike.extend(self.likeness(&now, place, before)?.map(|likeness| (number, likeness)));
        }
        Ok(alike)
    }

    fn likeness(&self, now: &Mat, place: Bounds, before: StreamTime) -> opencv::Result<Option<f64>> {
        let here = patch(now, place)?;
        let pages = self.pages.iter().take_while(|(at, _)| *at <= before);
        let mut best = None;
        for (_, page) in pages.filter(|(_, page)| (page.rows(), page.cols()) == (now.rows(), now.cols())) {
            best = correlation(&here, &patch(page, place)?).into_iter().chain(best).reduce(f64::max);
        }
        Ok(best)
    }
}

/// The grey levels of a place, row by row; nothing where it is too small.
fn patch(picture: &Mat, place: Bounds) -> opencv::Result<Vec<f64>> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the picture")]
    let span = |from: f64, length: f64, all: usize| {
        let at = |share: f64| (share.clamp(0.0, 1.0) * all as f64).round() as usize;
        at(from)..at(from + length)
    };
    let (rows, columns) = (usize::try_from(picture.rows()), usize::try_from(picture.cols()));
    let rows = span(place.y, place.h, rows.unwrap_or_default());
    let columns = span(place.x, place.w, columns.unwrap_or_default());
    if rows.len() < LEAST_SIDE || columns.len() < LEAST_SIDE {
        return Ok(Vec::new());
    }
    let mut levels = Vec::with_capacity(rows.len() * columns.len());
    for row in rows {
        let row: &[u8] = picture.at_row(i32::try_from(row).unwrap_or_default())?;
        levels.extend(row.get(columns.clone()).unwrap_or_default().iter().map(|&level| f64::from(level)));
    }
    Ok(levels)
}

/// Correlation of two patches; none when they show too little.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let count = a.len().min(b.len()) as f64;
    if count < 1.0 {
        return None;
    }
    let mean = |levels: &[f64]| levels.iter().sum::<f64>() / count;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    let least = count * LEAST_CONTRAST * LEAST_CONTRAST;
    (aa >= least && bb >= least).then(|| ab / (aa * bb).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 40;
    const PLACE: Bounds = Bounds::new(0.25, 0.25, 0.5, 0.5);

    /// Stripes of `contrast` across on grey, brightened, and where `lies` something else upon them.
    fn picture(contrast: u8, brighter: u8, lies: bool) -> Vec<u8> {
        let level = |row: usize, column: usize| {
            let on_it = lies && (15..25).contains(&row) && (12..28).contains(&column);
            let stripes = if (row / 3).is_multiple_of(2) { contrast } else { 0 };
            brighter + if on_it { 120 } else { 60 + stripes }
        };
        (0..SIDE * SIDE).flat_map(|pixel| [level(pixel / SIDE, pixel % SIDE); 3]).collect()
    }

    fn pixels(bgr: &[u8]) -> Pixels<'_> {
        Pixels { width: SIDE, height: SIDE, stride: 3 * SIDE, bgr }
    }

    fn at(secs: f64) -> StreamTime {
        StreamTime::from_secs(secs)
    }

    fn likeness(past: &Past, bgr: &[u8], before: f64) -> Option<f64> {
        let asked = BTreeMap::from([(7, (PLACE, at(before)))]);
        past.alike(pixels(bgr), &asked).unwrap().get(&7).copied()
    }

    #[test]
    fn what_was_there_before_is_alike_in_other_light_and_who_lies_there_is_not() {
        let (empty, lain_on) = (picture(40, 0, false), picture(40, 20, true));
        let mut past = Past::default();
        for secs in 0..5 {
            past.note(at(f64::from(secs)), pixels(&empty)).unwrap();
        }
        past.note(at(6.0), pixels(&lain_on)).unwrap();
        assert!(likeness(&past, &picture(40, 30, false), 5.0).is_some_and(|alike| alike > 0.99));
        assert!(likeness(&past, &lain_on, 5.0).is_some_and(|alike| alike < 0.8));
        assert!(likeness(&past, &lain_on, 6.0).is_some_and(|alike| alike > 0.99), "he lay there already");
    }

    #[test]
    fn nothing_to_compare_with_or_nothing_to_see_tells_nothing() {
        let mut past = Past::default();
        let (stripes, plain) = (picture(40, 0, false), picture(4, 0, false));
        assert_eq!(likeness(&past, &stripes, 9.0), None);
        past.note(at(3.0), pixels(&stripes)).unwrap();
        assert_eq!(likeness(&past, &stripes, 2.0), None, "from later");
        assert_eq!(likeness(&past, &plain, 9.0), None);
        let asked = BTreeMap::from([(7, (Bounds::new(0.9, 0.9, 0.5, 0.5), at(9.0)))]);
        assert!(past.alike(pixels(&stripes), &asked).unwrap().is_empty(), "too small");
        past.reset();
        assert_eq!(likeness(&past, &stripes, 9.0), None);
    }

    #[test]
    fn one_page_a_second_and_so_many_are_kept() {
        let mut past = Past::default();
        let stripes = picture(40, 0, false);
        for look in 0..1000 {
            past.note(at(0.04 * f64::from(look)), pixels(&stripes)).unwrap();
        }
        assert_eq!(past.pages.len(), KEPT);
        assert!(past.pages.front().is_some_and(|(first, _)| (23.0..25.1).contains(&first.secs())));
    }
}
