//! Inertia: one look proves nothing.
//!
//! A value counts when it has been the same for three looks and .6 s. At many looks a second the time decides, so
//! that the moment does not depend on the frame rate; at few looks the looks decide. Where they are more than .6 s
//! apart, a look that agrees with the one before speaks for what was not looked at in between, too: two are enough.
//!
//! Why .6 s: a walker is over a line a second after he was at it at the latest, and detections flicker for .2 to .4 s.
//! With looks `g` apart, three looks end at most `3g` after the change, .6 s plus two gaps at most after it as long as
//! `g` ≤ .6 s; two looks at wider gaps end within two gaps. So any two frame rates differ by at most two gaps of the
//! slower one.

use crate::scene::Scene;
use crate::time::StreamTime;
use std::time::Duration;

const LOOKS: u32 = 3;
const LONG_ENOUGH: Duration = Duration::from_millis(600);
const WIDE_GAP: Duration = Duration::from_millis(601);

/// A value with inertia.
#[derive(Debug, Clone)]
pub(super) struct Steady<V> {
    settled: Option<V>,
    run: Option<Run<V>>,
}

/// Looks in a row with the same value.
#[derive(Debug, Clone)]
struct Run<V> {
    value: V,
    since: StreamTime,
    looks: u32,
}

impl<V: Copy + PartialEq> Steady<V> {
    pub(super) fn new() -> Self {
        Self { settled: None, run: None }
    }

    /// The value that counts; none before any has.
    pub(super) fn value(&self) -> Option<V> {
        self.settled
    }

    /// Takes `value` as settled without waiting.
    pub(super) fn settle(&mut self, value: V) {
        self.settled = Some(value);
    }

    /// One look. When it changes the value that counts: the first look of the run that did so.
    pub(super) fn look(&mut self, value: V, scene: &Scene<'_>) -> Option<StreamTime> {
        let run = match self.run.take() {
            Some(run) if run.value == value => {
                Run { looks: run.looks.saturating_add(1 + u32::from(scene.gap > WIDE_GAP)), ..run }
            }
            _ => Run { value, since: scene.at, looks: 1 },
        };
        let (since, looks) = (run.since, run.looks);
        self.run = Some(run);
        if self.settled == Some(value) || looks < LOOKS || scene.at.since(since) < LONG_ENOUGH {
            return None;
        }
        self.settled = Some(value);
        Some(since)
    }
}
