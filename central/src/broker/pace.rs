//! How fast one box may publish.
//!
//! The library hands messages to a subscriber's session through a channel without a bound. It is emptied at once
//! into the bounded queue, except while a write to that subscriber hangs, which ends with `SEND_TIMEOUT`. What a box
//! can put in meanwhile is bounded here: a box that is too fast waits, so TCP slows it down and nothing is lost.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Sustained. An alert has about 2 KiB: a box works off a backlog of a day in minutes.
const BYTES_PER_SEC: u32 = 2 * 1024 * 1024;
const BURST_BYTES: u32 = 4 * 1024 * 1024;
/// What a message costs besides its payload.
const OVERHEAD_BYTES: usize = 1024;

/// One pace per connected box.
#[derive(Default)]
pub(super) struct Paces(Mutex<HashMap<String, Bucket>>);

impl Paces {
    /// Counts a message in; how long its sender has to wait before it goes on.
    pub(super) fn take(&self, client_id: &str, payload_bytes: usize, now: Instant) -> Duration {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = match paces.get_mut(client_id) {
            Some(bucket) => bucket,
            None => paces.entry(client_id.to_owned()).or_insert(Bucket { debt_bytes: 0.0, at: now }),
        };
        bucket.take(payload_bytes.saturating_add(OVERHEAD_BYTES), now)
    }

    /// Its connection ended.
    pub(super) fn forget(&self, client_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(client_id);
    }
}

struct Bucket {
    debt_bytes: f64,
    at: Instant,
}

impl Bucket {
    fn take(&mut self, bytes: usize, now: Instant) -> Duration {
        let rate = f64::from(BYTES_PER_SEC);
        let paid = now.saturating_duration_since(self.at).as_secs_f64() * rate;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.debt_bytes = (self.debt_bytes - paid).max(0.0) + f64::from(bytes);
        self.at = now;
        Duration::from_secs_f64((self.debt_bytes - f64::from(BURST_BYTES)).max(0.0) / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_a_flood_is_held_to_the_rate() {
        let paces = Paces::default();
        let start = Instant::now();
        let payload = 64 * 1024 - OVERHEAD_BYTES;
        for _ in 0..64 {
            assert_eq!(paces.take("gw-1", payload, start), Duration::ZERO);
        }
        // 4 MiB are used up; each further message costs its 1/32 s, and waiting pays it off.
        let mut now = start;
        for _ in 0..320 {
            now += paces.take("gw-1", payload, now);
        }
        let taken = now - start;
        assert!((taken.as_secs_f64() - 10.0).abs() < 0.1, "20 MiB at 2 MiB/s took {taken:?}");
        assert_eq!(paces.take("gw-2", payload, now), Duration::ZERO, "another box is not slowed");
        paces.forget("gw-1");
        assert_eq!(paces.take("gw-1", payload, now), Duration::ZERO);
    }
}
