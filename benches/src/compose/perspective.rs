//! How tall people are where: the ground seen in body heights.

use super::random::Random;

/// A place on the ground, in body heights: `x` to the right of the picture's middle, `z` away from the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ground {
    /// To the right.
    pub x: f64,
    /// Away from the camera.
    pub z: f64,
}

impl Ground {
    /// Body heights from here to there.
    pub fn distance(self, other: Self) -> f64 {
        (other.x - self.x).hypot(other.z - self.z)
    }

    /// Direction from here to there: 0 is to the right, π/2 is away.
    pub fn heading(self, other: Self) -> f64 {
        (other.z - self.z).atan2(other.x - self.x)
    }

    /// The place on the way to `other`; 0 is here, 1 is there.
    pub fn towards(self, other: Self, part: f64) -> Self {
        Self { x: self.x + (other.x - self.x) * part, z: self.z + (other.z - self.z) * part }
    }

    /// Moved by this much.
    pub fn plus(self, x: f64, z: f64) -> Self {
        Self { x: self.x + x, z: self.z + z }
    }
}

/// A person in the picture: where the feet are and how tall he is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Column of the feet.
    pub x: f64,
    /// Row of the feet.
    pub y: f64,
    /// Height.
    pub height: f64,
}

/// A level ground under a camera that is hardly tilted: height grows evenly with the feet's distance from the horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Perspective {
    /// Pixels of height for each row below the horizon.
    pub slope: f64,
    /// Row of the horizon; may lie above the picture.
    pub horizon_y: f64,
    /// Column straight ahead.
    pub middle_x: f64,
    /// Focal length in pixels.
    pub focal_px: f64,
}

impl Perspective {
    /// From people seen: `(row of the feet, height)`. The line that most agree with; none when too few do.
    pub fn fit(seen: &[(f64, f64)], middle_x: f64, focal_px: f64) -> Option<Self> {
        let mut random = Random::of(0, "perspective");
        let agrees = |slope: f64, horizon: f64, (y, height): (f64, f64)| {
            (height / (slope * (y - horizon)).max(1.0)).ln().abs() < 0.09
        };
        let mut best: (usize, f64, f64) = (0, 0.0, 0.0);
        for _ in 0..400 {
            let (Some(&one), Some(&other)) = (random.pick(seen), random.pick(seen)) else { return None };
            if (one.0 - other.0).abs() < 40.0 {
                continue;
            }
            let slope = (other.1 - one.1) / (other.0 - one.0);
            if !(0.05..2.0).contains(&slope) {
                continue;
            }
            let horizon = one.0 - one.1 / slope;
            let votes = seen.iter().filter(|s| agrees(slope, horizon, **s)).count();
            if votes > best.0 {
                best = (votes, slope, horizon);
            }
        }
        let inliers: Vec<_> = seen.iter().copied().filter(|s| agrees(best.1, best.2, *s)).collect();
        if inliers.len() < 20 || 3 * inliers.len() < seen.len() {
            return None;
        }
        let count = inliers.len() as f64;
        let mean = inliers.iter().fold((0.0, 0.0), |m, s| (m.0 + s.0 / count, m.1 + s.1 / count));
        let (mut both, mut alone) = (0.0, 0.0);
        for (y, height) in &inliers {
            both += (y - mean.0) * (height - mean.1);
            alone += (y - mean.0).powi(2);
        }
        let slope = both / alone;
        (slope > 0.0).then(|| Self { slope, horizon_y: mean.0 - mean.1 / slope, middle_x, focal_px })
    }

    /// Height in pixels of a person whose feet are in this row.
    pub fn height(&self, foot_y: f64) -> f64 {
        (self.slope * (foot_y - self.horizon_y)).max(1.0)
    }

    /// The ground under a pixel.
    pub fn ground(&self, x: f64, y: f64) -> Ground {
        let height = self.height(y);
        Ground { x: (x - self.middle_x) / height, z: self.focal_px / height }
    }

    /// A person who stands there.
    pub fn standing(&self, at: Ground) -> Standing {
        let height = self.focal_px / at.z.max(0.1);
        Standing { x: self.middle_x + at.x * height, y: self.horizon_y + height / self.slope, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUE: Perspective =
        Perspective { slope: 0.25, horizon_y: -49.0, middle_x: 384.0, focal_px: 1100.0 };

    #[test]
    fn ground_and_picture_agree() {
        let at = TRUE.ground(100.0, 400.0);
        let seen = TRUE.standing(at);
        assert!((seen.x - 100.0).abs() < 1e-9 && (seen.y - 400.0).abs() < 1e-9);
        assert!((seen.height - TRUE.height(400.0)).abs() < 1e-9);
        let (near, far) = (TRUE.ground(384.0, 500.0), TRUE.ground(384.0, 100.0));
        assert!((near.heading(far) - std::f64::consts::FRAC_PI_2).abs() < 1e-9);
    }

    #[test]
    fn the_fit_forgives_groups_and_torsos() {
        let mut random = Random::new(5);
        let seen: Vec<(f64, f64)> = (0..300)
            .map(|n| {
                let y = random.range(80.0, 560.0);
                let wrong = if n % 4 == 0 { random.range(0.5, 1.5) } else { 1.0 + 0.02 * random.gauss() };
                (y, TRUE.height(y) * wrong)
            })
            .collect();
        let fitted = Perspective::fit(&seen, 384.0, 1100.0).unwrap();
        assert!((fitted.slope - 0.25).abs() < 0.01 && (fitted.horizon_y + 49.0).abs() < 12.0, "{fitted:?}");
        assert_eq!(Perspective::fit(&seen[..5], 384.0, 1100.0), None);
    }
}
