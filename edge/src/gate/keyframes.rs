//! How often a camera sends keyframes, as it really does.

use std::time::Duration;

use xunge_scene::StreamTime;

/// So many intervals are looked at, and so many are needed to know anything.
const KEPT: usize = 5;
const NEEDED: usize = 2;

/// The intervals between the latest keyframes of one session.
#[derive(Debug, Default)]
pub(super) struct Keyframes {
    last: Option<StreamTime>,
    intervals: Vec<Duration>,
}

impl Keyframes {
    /// The next keyframe.
    pub(super) fn note(&mut self, at: StreamTime) {
        if let Some(last) = self.last.replace(at) {
            if self.intervals.len() == KEPT {
                self.intervals.remove(0);
            }
            self.intervals.push(at.since(last));
        }
    }

    /// Another session.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// The latest keyframe.
    pub(super) fn last(&self) -> Option<StreamTime> {
        self.last
    }

    /// There has been no second one.
    pub(super) fn is_first(&self) -> bool {
        self.intervals.is_empty()
    }

    /// The longest of the latest intervals; none as long as there are too few.
    pub(super) fn longest(&self) -> Option<Duration> {
        self.intervals.iter().max().copied().filter(|_| self.intervals.len() >= NEEDED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_the_latest_intervals_counts() {
        let mut keyframes = Keyframes::default();
        let mut at = 0.0;
        let mut longest = Vec::new();
        for gap in [0.0, 2.0, 2.0, 9.0, 2.0, 2.0, 2.0, 2.0, 2.0] {
            at += gap;
            keyframes.note(StreamTime::from_secs(at));
            longest.push(keyframes.longest().map(|longest| longest.as_secs()));
        }
        assert_eq!(
            longest,
            [None, None, Some(2), Some(9), Some(9), Some(9), Some(9), Some(9), Some(2)],
            "one long interval is remembered for a while"
        );
        keyframes.reset();
        assert_eq!((keyframes.last(), keyframes.longest()), (None, None));
    }
}
