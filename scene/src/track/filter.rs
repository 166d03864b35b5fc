//! Where a track will be: a constant-velocity Kalman filter for the middle of its box, and a random walk for its
//! size. Every axis is on its own, so each is a 2×2 problem that fits on one page.
//!
//! Lengths are in frame heights (x is multiplied by the aspect). Noise scales with the height of the box: a person
//! far away moves and jitters by fewer pixels.

use crate::geometry::{Bounds, Point};

/// Standard deviation of a measured box centre, in box heights.
const CENTRE_NOISE: f64 = 0.06;
/// Standard deviation of a measured width or height, in box heights.
const SIZE_NOISE: f64 = 0.08;
/// How much a box grows or shrinks in one second, in box heights.
const SIZE_CHANGE: f64 = 0.15;

/// Position and speed along one axis, with their covariance.
#[derive(Debug, Clone, Copy)]
struct Axis {
    at: f64,
    speed: f64,
    /// Variance of position, covariance, variance of speed.
    p: [f64; 3],
}

impl Axis {
    fn new(at: f64, noise: f64, speed_noise: f64) -> Self {
        Self { at, speed: 0.0, p: [noise * noise, 0.0, speed_noise * speed_noise] }
    }

    /// `push` is the spectral density of the acceleration; `travel` the seconds that the speed is good for.
    fn predict(&mut self, dt: f64, travel: f64, push: f64) {
        let [pp, pv, vv] = self.p;
        self.at += self.speed * travel;
        self.p = [
            pp + 2.0 * dt * pv + dt * dt * vv + push * dt.powi(3) / 3.0,
            pv + dt * vv + push * dt * dt / 2.0,
            vv + push * dt,
        ];
    }

    fn correct(&mut self, measured: f64, noise: f64) {
        let [pp, pv, vv] = self.p;
        let sum = pp + noise * noise;
        let (gain, speed_gain) = (pp / sum, pv / sum);
        let off = measured - self.at;
        self.at += gain * off;
        self.speed += speed_gain * off;
        self.p = [(1.0 - gain) * pp, (1.0 - gain) * pv, vv - speed_gain * pv];
    }
}

/// For how many seconds a speed that fades with the time constant `secs` is good within `dt`.
pub(crate) fn faded(dt: f64, secs: f64) -> f64 {
    secs * (1.0 - (-dt / secs).exp())
}

/// How a kind of thing moves, in its own heights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    /// Standard deviation of the speed before anything is known, per second.
    pub speed: f64,
    /// By how much the speed may have changed after one second, per second.
    pub agility: f64,
}

/// The filter of one track.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    x: Axis,
    y: Axis,
    w: Axis,
    h: Axis,
}

impl Filter {
    pub(crate) fn new(bounds: &Bounds, aspect: f64, motion: Motion) -> Self {
        let (centre, h) = (bounds.centre(), bounds.h);
        Self {
            x: Axis::new(centre.x * aspect, CENTRE_NOISE * h, motion.speed * h),
            y: Axis::new(centre.y, CENTRE_NOISE * h, motion.speed * h),
            w: Axis::new(bounds.w * aspect, SIZE_NOISE * h, 0.0),
            h: Axis::new(h, SIZE_NOISE * h, 0.0),
        }
    }

    /// Moves on by `dt` seconds. `fading` seconds after which an unseen thing's speed is no longer believed.
    pub(crate) fn predict(&mut self, dt: f64, motion: Motion, fading: Option<f64>) {
        let h = self.h.at.max(1e-3);
        let push = (motion.agility * h).powi(2);
        let travel = fading.map_or(dt, |secs| faded(dt, secs));
        self.x.predict(dt, travel, push);
        self.y.predict(dt, travel, push);
        let grow = (SIZE_CHANGE * h).powi(2) * dt;
        self.w.p[0] += grow;
        self.h.p[0] += grow;
        if let Some(secs) = fading {
            let keep = (-dt / secs).exp();
            self.x.speed *= keep;
            self.y.speed *= keep;
        }
    }

    pub(crate) fn correct(&mut self, bounds: &Bounds, aspect: f64) {
        let h = self.h.at.max(1e-3);
        // A box of another size is partly hidden: its middle says less.
        let odd = 1.0 + ((bounds.h / h).ln().abs() / 0.2).powi(2);
        let centre = bounds.centre();
        self.x.correct(centre.x * aspect, CENTRE_NOISE * h * odd);
        self.y.correct(centre.y, CENTRE_NOISE * h * odd);
        self.w.correct(bounds.w * aspect, SIZE_NOISE * h);
        self.h.correct(bounds.h, SIZE_NOISE * h);
    }

    /// The box as the filter believes it.
    pub(crate) fn bounds(&self, aspect: f64) -> Bounds {
        let (w, h) = (self.w.at.max(1e-4) / aspect, self.h.at.max(1e-4));
        Bounds::new(self.x.at / aspect - w / 2.0, self.y.at - h / 2.0, w, h)
    }

    /// Frame heights per second, both axes in the same unit.
    pub(crate) fn velocity(&self) -> Point {
        Point::new(self.x.speed, self.y.speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALK: Motion = Motion { speed: 1.0, agility: 0.6 };

    #[test]
    fn learns_a_steady_walk_at_any_rate() {
        for rate in [1.25, 5.0, 25.0] {
            let at = |t: f64| Bounds::new(0.1 + 0.05 * t, 0.4, 0.05, 0.3);
            let mut filter = Filter::new(&at(0.0), 2.0, WALK);
            let looks = (8.0 * rate) as u32;
            for look in 1..=looks {
                filter.predict(1.0 / rate, WALK, None);
                filter.correct(&at(f64::from(look) / rate), 2.0);
            }
            assert!((filter.velocity().x - 0.1).abs() < 0.01, "{rate}: {:?}", filter.velocity());
            assert!(filter.velocity().y.abs() < 1e-6);
            filter.predict(1.0, WALK, None);
            let ahead = filter.bounds(2.0);
            let truth = at(f64::from(looks) / rate + 1.0);
            assert!((ahead.x - truth.x).abs() < 0.01, "{rate}: {ahead:?} {truth:?}");
        }
    }

    #[test]
    fn jitter_makes_no_speed() {
        let mut filter = Filter::new(&Bounds::new(0.5, 0.4, 0.05, 0.3), 1.5, WALK);
        for look in 0..100 {
            let off = if look % 2 == 0 { 0.004 } else { -0.004 };
            filter.predict(0.2, WALK, None);
            filter.correct(&Bounds::new(0.5 + off, 0.4 - off, 0.05, 0.3), 1.5);
        }
        assert!(filter.velocity().x.abs() < 0.05 && filter.velocity().y.abs() < 0.05);
    }

    #[test]
    fn an_unseen_thing_slows_down() {
        let mut filter = Filter::new(&Bounds::new(0.1, 0.4, 0.05, 0.3), 1.0, WALK);
        filter.x.speed = 0.2;
        for _ in 0..100 {
            filter.predict(0.1, WALK, Some(1.0));
        }
        assert!(filter.bounds(1.0).x < 0.1 + 0.2 * 1.2);
    }
}
