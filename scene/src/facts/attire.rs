//! What somebody wears: how often which colours appear on the upper and on the lower half of his body. Enough to tell
//! many people apart for some seconds, never to know who somebody is.

/// Steps on each of the three axes.
pub const STEPS: usize = 7;
/// Upper and lower half, each on three axes: red against green, blue against yellow, brightness beside the picture's.
pub const AXES: usize = 6;

/// The colours of one person.
///
/// Each axis is a distribution of its own that sums to one: the joint one of so few pixels (a far person has 200) is
/// mostly gaps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attire {
    shares: [[f32; STEPS]; AXES],
}

/// Two that differ less may be the same person …
///
/// Measured between means of four looks, on tracks that nobody crossed (real people walking: a yard filmed from afar, and
/// scenes composed of them; 3 to 20 s apart, bodies of 30 to 120 pixels): of the same person half differ by less than .11
/// and nineteen of twenty by less than .2, or .42 where people walk from sun to shade; of two people at the same time half
/// differ by more than .33 and one of twenty by less than .16, mostly in equal clothes.
pub const ALIKE: f64 = 0.16;
/// … and the other must differ by so much more.
pub const CLEARLY: f64 = 0.08;

impl Attire {
    /// From what was counted on each axis, in any unit; none where nothing was counted.
    #[must_use]
    pub fn from_counts(mut shares: [[f32; STEPS]; AXES]) -> Option<Self> {
        for axis in &mut shares {
            let all: f32 = axis.iter().sum();
            if !(all.is_finite() && all > 0.0) {
                return None;
            }
            axis.iter_mut().for_each(|share| *share /= all);
        }
        Some(Self { shares })
    }

    /// How much the two differ: Hellinger's distance, 0 (equal) to 1 (nothing in common).
    #[must_use]
    pub fn unlike(&self, other: &Self) -> f64 {
        let pairs = self.shares.as_flattened().iter().zip(other.shares.as_flattened());
        let common: f64 = pairs.map(|(a, b)| f64::from(a * b).max(0.0).sqrt()).sum();
        #[expect(clippy::cast_precision_loss, reason = "six")]
        let common = common / AXES as f64;
        (1.0 - common).max(0.0).sqrt()
    }

    /// The mean, in which `other` has this share, 0..1.
    #[must_use]
    pub fn blended(&self, other: &Self, share: f32) -> Self {
        let mut mixed = *self;
        let pairs = mixed.shares.as_flattened_mut().iter_mut().zip(other.shares.as_flattened());
        pairs.for_each(|(mine, other)| *mine += share * (other - *mine));
        mixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_in(step: usize) -> Attire {
        let mut axis = [0.0; STEPS];
        axis[step] = 5.0;
        Attire::from_counts([axis; AXES]).unwrap()
    }

    #[test]
    fn equal_is_zero_and_nothing_in_common_is_one() {
        let (one, other) = (all_in(1), all_in(4));
        assert!(one.unlike(&one) < 1e-3);
        assert!((one.unlike(&other) - 1.0).abs() < 1e-9);
        let half = one.blended(&other, 0.5);
        assert!((half.unlike(&one) - half.unlike(&other)).abs() < 1e-6);
        assert!((0.5..0.6).contains(&half.unlike(&one)));
        assert!(Attire::from_counts([[0.0; STEPS]; AXES]).is_none());
    }
}
