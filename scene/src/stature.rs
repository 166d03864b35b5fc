//! How tall people are in the picture, by where they stand.

use crate::geometry::Bounds;

/// Bands of the picture, from top to bottom, in each of which people have about one height.
const BANDS: usize = 16;
/// A band without anybody has the height of the nearest one, at most so many bands away.
const REACH: usize = 2;
/// Closer than this to the upper or lower edge of the picture a box may end there only because the picture does.
const EDGE: f64 = 0.01;
/// People are half hidden more often than they are taller than they are.
const RISE: f64 = 0.2;
const FALL: f64 = 0.05;
/// Neither so tall nor so long, as shares of who stands there: nobody crouches so low or lies so short.
const SMALLER_THAN_ANYBODY: f64 = 0.45;

/// Heights of those who were seen standing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Statures {
    bands: [Option<f64>; BANDS],
}

impl Statures {
    /// Takes in somebody who stands or walks. A box cut off by the edge of the picture is passed over.
    pub fn measure(&mut self, person: &Bounds, height: f64) {
        if person.y <= EDGE || person.y + person.h >= 1.0 - EDGE {
            return;
        }
        let band = &mut self.bands[band(person.foot().y)];
        let before = band.unwrap_or(height);
        *band = Some(before + if height > before { RISE } else { FALL } * (height - before));
    }

    /// How tall people are who stand at `y`, frame heights; none when nobody has been seen about there.
    pub fn height_at(&self, y: f64) -> Option<f64> {
        let here = band(y);
        (0..=REACH).find_map(|off| {
            let around = [here.checked_sub(off), Some(here + off)];
            around.into_iter().flatten().filter_map(|band| *self.bands.get(band)?).reduce(f64::max)
        })
    }

    /// Whether the box is too small for anybody, however he holds himself. `aspect` is width / height of the picture.
    pub fn is_nobody(&self, bounds: &Bounds, aspect: f64) -> bool {
        let size = bounds.h.max(bounds.w * aspect);
        self.height_at(bounds.y + bounds.h).is_some_and(|height| size < SMALLER_THAN_ANYBODY * height)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bands")]
fn band(y: f64) -> usize {
    ((y.clamp(0.0, 1.0) * BANDS as f64) as usize).min(BANDS - 1)
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
}
