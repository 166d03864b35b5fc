//! How bright it has been in the last seconds: a light goes out within seconds, night takes minutes.

use crate::time::StreamTime;
use std::collections::VecDeque;
use std::time::Duration;

/// A light goes out within this.
const SECONDS: Duration = Duration::from_secs(5);
/// Darker than this, hardly anything is seen.
const DIM: f64 = 0.08;
/// Near black,
const BLACK: f64 = 0.05;
/// and no more.
const LIGHT_AGAIN: f64 = 0.06;
/// So many times darker than a moment ago: a light went out.
const OUT: f64 = 4.0;
/// So many times darker than a moment ago: somebody stands before the lens.
const SHADED: f64 = 2.0;

/// Brightness of the last seconds.
#[derive(Debug, Default)]
pub(super) struct Light {
    recent: VecDeque<(StreamTime, f64)>,
    now: f64,
    out: bool,
    shaded: bool,
}

impl Light {
    pub(super) fn look(&mut self, at: StreamTime, brightness: f64) {
        self.recent.push_back((at, brightness));
        while self.recent.front().is_some_and(|(when, _)| at.since(*when) > SECONDS) {
            self.recent.pop_front();
        }
        self.now = brightness;
        let before = self.recent.iter().map(|(_, brightness)| *brightness).fold(0.0, f64::max);
        let fell = |times: f64| before >= DIM && before >= times * brightness;
        self.out = (self.out && brightness < LIGHT_AGAIN) || (brightness < BLACK && fell(OUT));
        self.shaded = (self.shaded && brightness < DIM) || fell(SHADED);
    }

    /// It is near black since a light went out.
    pub(super) fn is_out(&self) -> bool {
        self.out
    }

    /// Hardly anything is seen.
    pub(super) fn is_dim(&self) -> bool {
        self.now < DIM
    }

    /// So dark that nothing need be seen, and it came slowly.
    pub(super) fn is_night(&self) -> bool {
        self.is_dim() && !self.shaded
    }
}
