//! Is the box too short of time for this camera?

use std::time::{Duration, Instant};

/// Looked at so often.
const EVERY: Duration = Duration::from_secs(30);
/// With a smaller part of the pictures looked at than this it is, …
const SHORT: f64 = 0.7;
/// … until it is more than this.
const ENOUGH: f64 = 0.9;

/// What a camera's counters show, since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pictures that were looked at, and those that a newer one overtook.
    pub looks: u64,
    pub dropped: u64,
    /// Packets that went into the decoder, and those that found no room in it.
    pub packets: u64,
    pub skipped: u64,
}

/// Tells when it begins and when it is over.
#[derive(Debug, Default)]
pub struct Strain {
    before: Option<(Instant, Counts)>,
    strained: bool,
}

impl Strain {
    /// Takes in the counters; whether it is strained, when that has changed.
    pub fn look(&mut self, now: Instant, counts: Counts) -> Option<bool> {
        let (since, before) = *self.before.get_or_insert((now, counts));
        if now.saturating_duration_since(since) < EVERY {
            return None;
        }
        self.before = Some((now, counts));
        let part = |good: u64, bad: u64| if bad == 0 { 1.0 } else { good as f64 / (good + bad) as f64 };
        let looked = part(counts.looks - before.looks, counts.dropped - before.dropped);
        let decoded = part(counts.packets - before.packets, counts.skipped - before.skipped);
        let strained = looked * decoded < if self.strained { ENOUGH } else { SHORT };
        (std::mem::replace(&mut self.strained, strained) != strained).then_some(strained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    /// What is said after each half minute in which such a part of the pictures was looked at.
    fn said(parts: &[(u64, u64, u64, u64)]) -> Vec<Option<bool>> {
        let mut strain = Strain::default();
        let (mut now, mut counts) = (clock::monotonic(), Counts::default());
        assert_eq!(strain.look(now, counts), None);
        let mut said = Vec::new();
        for &(looks, dropped, packets, skipped) in parts {
            counts.looks += looks;
            counts.dropped += dropped;
            counts.packets += packets;
            counts.skipped += skipped;
            assert_eq!(strain.look(now + EVERY / 2, counts), None);
            now += EVERY;
            said.push(strain.look(now, counts));
        }
        said
    }

    #[test]
    fn it_begins_when_much_is_left_out_and_ends_when_hardly_anything_is() {
        let (well, some, much) = ((150, 2, 750, 0), (120, 30, 750, 0), (60, 90, 750, 0));
        let all = [well, some, much, much, some, well, well];
        assert_eq!(said(&all), [None, None, Some(true), None, None, Some(false), None]);
    }

    #[test]
    fn what_is_not_even_decoded_counts() {
        assert_eq!(said(&[(80, 0, 400, 350), (150, 0, 750, 0)]), [Some(true), Some(false)]);
    }

    #[test]
    fn a_camera_that_sleeps_is_not_strained() {
        assert_eq!(said(&[(15, 0, 15, 0), (0, 0, 0, 0)]), [None, None]);
    }
}
