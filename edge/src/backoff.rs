//! How long to wait before the next attempt: doubling, bounded, and spread so that many boxes do not come at once.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Waiting times of one thing that is retried.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Nonsense is put right: at least 10 ms, and the longest is not shorter than the first.
    pub fn new(first: Duration, longest: Duration) -> Self {
        let first = first.max(Duration::from_millis(10));
        Self { first, longest: longest.max(first), failures: 0 }
    }

    /// The next wait; `random` is any 64 random bits. Between half and the whole of `first · 2^failures`.
    pub fn next(&mut self, random: u64) -> Duration {
        let whole = doubled(self.first, self.failures, self.longest);
        self.failures = self.failures.saturating_add(1);
        let part = f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        whole.mul_f64(0.5 + part / 2.0)
    }

    /// It worked: begin anew.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// `first · 2^times`, never more than `longest`.
pub fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    let factor = 2_u32.checked_pow(times).unwrap_or(u32::MAX);
    first.checked_mul(factor).map_or(longest, |wait| wait.min(longest))
}

/// Random bits for spreading; not for secrets.
pub fn random_bits() -> u64 {
    RandomState::new().hash_one(0_u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_stay_between_half_and_whole() {
        let second = Duration::from_secs(1);
        let mut low = Backoff::new(second, 30 * second);
        let mut high = low.clone();
        for whole in [1, 2, 4, 8, 16, 30, 30, 30] {
            assert_eq!(low.next(0), second * whole / 2);
            let wait = high.next(u64::MAX);
            assert!(wait <= second * whole && wait > second * whole * 99 / 100, "{wait:?}");
        }
        low.reset();
        assert_eq!(low.next(0), second / 2);
    }

    #[test]
    fn nothing_makes_it_spin_or_overflow() {
        let mut none = Backoff::new(Duration::ZERO, Duration::ZERO);
        for _ in 0..100 {
            assert!(none.next(0) >= Duration::from_millis(5));
        }
        let mut endless = Backoff::new(Duration::from_secs(1), Duration::MAX);
        for _ in 0..200 {
            endless.next(random_bits());
        }
    }
}
