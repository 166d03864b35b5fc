//! How tall people are in the picture, by where they stand.

use crate::geometry::Bounds;
use std::cmp::Ordering;

/// Bands of the picture, from top to bottom, in each of which people have about one height …
const BANDS: usize = 16;
/// … and places of a band, from left to right. What stays in one of them is one voice among all, however long it stays: it
/// may be a suitcase or a cone that the detector takes for somebody.
const PLACES: usize = 16;
/// Of all places of a band where somebody was seen this many show him no taller: people are half hidden more often than
/// they are taller than they are.
const NO_TALLER: f64 = 0.7;
/// A band without anybody has the height of the nearest one, at most so many bands away.
const REACH: usize = 2;
/// Closer than this to the upper or lower edge of the picture a box may end there only because the picture does.
const EDGE: f64 = 0.01;
/// How fast a place follows those who are seen there: for the same reason faster up than down.
const RISE: f64 = 0.2;
const FALL: f64 = 0.05;
/// Neither so tall nor so long, as shares of who stands there: who squats is .6 high, who lies longer than that but for one
/// who lies towards the camera.
const SMALLER_THAN_ANYBODY: f64 = 0.5;

/// Heights of those who were seen standing.
#[derive(Debug, Clone, Default)]
pub struct Statures {
    bands: [[Option<f64>; PLACES]; BANDS],
}

impl Statures {
    /// Takes in somebody who stands or walks. A box cut off by the edge of the picture is passed over.
    pub fn measure(&mut self, person: &Bounds, height: f64) {
        if person.y <= EDGE || person.y + person.h >= 1.0 - EDGE {
            return;
        }
        let foot = person.foot();
        let place = &mut self.bands[part(foot.y, BANDS)][part(foot.x, PLACES)];
        let before = place.unwrap_or(height);
        *place = Some(before + if height > before { RISE } else { FALL } * (height - before));
    }

    /// How tall people are who stand at `y`, frame heights; none when nobody has been seen about there.
    pub fn height_at(&self, y: f64) -> Option<f64> {
        let here = part(y, BANDS);
        (0..=REACH).find_map(|off| {
            let around = [here.checked_sub(off), Some(here + off)];
            around.into_iter().flatten().filter_map(|band| tall(self.bands.get(band)?)).reduce(f64::max)
        })
    }

    /// Whether the box is too small for anybody, however he holds himself. `aspect` is width / height of the picture.
    pub fn is_nobody(&self, bounds: &Bounds, aspect: f64) -> bool {
        let size = bounds.h.max(bounds.w * aspect);
        self.height_at(bounds.y + bounds.h).is_some_and(|height| size < SMALLER_THAN_ANYBODY * height)
    }
}

/// How tall people are in a band.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of sixteen")]
fn tall(places: &[Option<f64>; PLACES]) -> Option<f64> {
    let mut sorted = *places;
    sorted.sort_by(|a, b| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    let known = sorted.iter().flatten().count();
    let taller = ((1.0 - NO_TALLER) * known as f64) as usize;
    *sorted.get(taller)?
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the parts")]
fn part(share: f64, parts: usize) -> usize {
    ((share.clamp(0.0, 1.0) * parts as f64) as usize).min(parts - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(foot_y: f64, height: f64) -> Bounds {
        Bounds::new(0.5, foot_y - height, 0.1, height)
    }

    #[test]
    fn nobody_seen_about_there_tells_no_height() {
        let mut statures = Statures::default();
        statures.measure(&standing(0.5, 0.2), 0.2);
        assert_eq!(statures.height_at(0.53), Some(0.2));
        assert_eq!(statures.height_at(0.6), Some(0.2), "a neighbour");
        assert_eq!(statures.height_at(0.9), None);
        assert!(!statures.is_nobody(&standing(0.9, 0.01), 1.5));
    }

    #[test]
    fn a_box_cut_off_by_the_edge_is_no_measure() {
        let mut statures = Statures::default();
        statures.measure(&standing(0.2, 0.2), 0.2);
        assert_eq!(statures.height_at(0.2), None);
    }

    #[test]
    fn a_bag_is_nobody_and_who_crouches_or_lies_is_somebody() {
        let mut statures = Statures::default();
        statures.measure(&standing(0.5, 0.2), 0.2);
        let place = |w, h| Bounds::new(0.5, 0.5 - h, w, h);
        assert!(statures.is_nobody(&place(0.04, 0.06), 1.5));
        assert!(!statures.is_nobody(&place(0.05, 0.1), 1.5), "crouching");
        assert!(!statures.is_nobody(&place(0.12, 0.04), 1.5), "lying");
    }

    #[test]
    fn half_hidden_people_hardly_make_it_smaller() {
        let mut statures = Statures::default();
        statures.measure(&standing(0.5, 0.2), 0.2);
        statures.measure(&standing(0.5, 0.1), 0.1);
        assert!(statures.height_at(0.5).is_some_and(|height| height > 0.19));
    }

    #[test]
    fn a_thing_that_stays_is_one_voice_among_all() {
        let mut statures = Statures::default();
        for place in 1..5 {
            statures.measure(&Bounds { x: 0.1 * f64::from(place), ..standing(0.5, 0.2) }, 0.2);
        }
        let suitcase = Bounds::new(0.8, 0.42, 0.04, 0.08);
        (0..1000).for_each(|_| statures.measure(&suitcase, suitcase.h));
        assert_eq!(statures.height_at(0.5), Some(0.2));
        assert!(statures.is_nobody(&suitcase, 1.5));
    }
}
