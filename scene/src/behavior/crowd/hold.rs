//! How long it has been so, all in all, by looks that now and then say otherwise.

use crate::scene::Scene;
use crate::time::StreamTime;
use std::time::Duration;

/// Grows by the time during which something is so and shrinks as fast while it is not: full, it counts; empty again, it
/// no longer does. Who is missed for a moment costs that moment and not all that was before.
#[derive(Debug)]
pub(super) struct Hold {
    full: Duration,
    level: Duration,
    /// What the look before said, and when on the clock of known time.
    before: Option<(bool, Duration)>,
    /// While it is not empty: since when.
    since: Option<StreamTime>,
    /// It was full and has not been empty again.
    counts: bool,
}

impl Hold {
    /// Full after so long.
    pub(super) fn new(full: Duration) -> Self {
        Self { full, level: Duration::ZERO, before: None, since: None, counts: false }
    }

    /// How long it takes.
    pub(super) fn full(&self) -> Duration {
        self.full
    }

    /// As if it had never been so.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.full);
    }

    /// One look: is it so, and since when did it change to that if it has?
    pub(super) fn look(&mut self, so: bool, changed: Change, scene: &Scene<'_>) {
        let same = self.before.filter(|(before, _)| *before == so);
        // Of the time between two looks that disagree nobody knows.
        let passed = same.map_or(changed.known_for, |(_, known)| scene.known.saturating_sub(known));
        self.before = Some((so, scene.known));
        if so {
            // Only a beginning reaches back: what was between was seen to be otherwise.
            let passed = if same.is_none() && !self.level.is_zero() { Duration::ZERO } else { passed };
            self.since.get_or_insert(changed.since);
            self.level = (self.level + passed).min(self.full);
            self.counts |= self.level >= self.full;
        } else {
            self.level = self.level.saturating_sub(passed);
            if self.level.is_zero() {
                self.since = None;
                self.counts = false;
            }
        }
    }

    /// It counts: since when it has been so.
    pub(super) fn since(&self) -> Option<StreamTime> {
        self.since.filter(|_| self.counts)
    }
}

/// When something changed that inertia lets us believe only now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub since: StreamTime,
    /// Known time since then.
    pub known_for: Duration,
}

impl Change {
    pub(super) fn now(scene: &Scene<'_>) -> Self {
        Self { since: scene.at, known_for: Duration::ZERO }
    }
}
