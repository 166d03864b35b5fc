//! Pictures that do not change at all, from a camera whose pictures always did.

use std::time::Duration;

/// Only a clock that is burned in may change in a frozen picture.
const STILL: f64 = 0.06;
/// A codec that leaves out what does not move leaves this much of a lively place at most.
const QUIET: f64 = 0.15;
/// A frozen picture is coded anew now and then, and differs a little for so long.
const CODED_ANEW: Duration = Duration::from_millis(600);
/// This must be known of a camera,
const KNOWN_SECS: f64 = 15.0;
/// and it must have been quiet for no more than this part of it.
const LIVELY: f64 = 0.05;
/// What a camera was like is forgotten over so long.
const REACH_SECS: f64 = 300.0;

/// How much pictures change.
#[derive(Debug, Default)]
pub(crate) struct Stillness {
    /// While pictures do not change: for how long.
    still: Duration,
    /// For how long they have changed since.
    changed: Duration,
    /// How long the camera is known, and how much of that it was quiet; both fade.
    known_secs: f64,
    quiet_secs: f64,
}

impl Stillness {
    /// Whether the picture is frozen: still, and it never used to be.
    pub(crate) fn look(&mut self, change: Option<f64>, passed: Duration) -> bool {
        let Some(change) = change else { return false };
        if change < STILL {
            self.still += passed;
            self.changed = Duration::ZERO;
        } else if !self.still.is_zero() {
            self.changed += passed;
        }
        if self.changed > CODED_ANEW {
            self.end();
        }
        if self.still.is_zero() {
            self.learn(passed.as_secs_f64(), change < QUIET);
        }
        !self.still.is_zero() && self.is_lively()
    }

    fn is_lively(&self) -> bool {
        self.known_secs >= KNOWN_SECS && self.quiet_secs < LIVELY * self.known_secs
    }

    fn learn(&mut self, secs: f64, quiet: bool) {
        let kept = (-secs / REACH_SECS).exp();
        self.known_secs = self.known_secs * kept + secs;
        self.quiet_secs = self.quiet_secs * kept + if quiet { secs } else { 0.0 };
    }

    /// Now it is known that the camera's pictures can be equal. After a fault that is wrong for some minutes: rather
    /// that than a still place that is told again and again.
    fn end(&mut self) {
        self.learn(self.still.as_secs_f64(), true);
        (self.still, self.changed) = (Duration::ZERO, Duration::ZERO);
    }

    /// The stream broke.
    pub(crate) fn pause(&mut self) {
        (self.still, self.changed) = (Duration::ZERO, Duration::ZERO);
    }
}
