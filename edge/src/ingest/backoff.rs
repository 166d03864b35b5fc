//! How long to wait before a camera is tried again.

use std::time::Duration;

/// Doubling waits with jitter, so that a hundred cameras behind one switch do not come back in the same instant.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
    /// State of a small generator; jitter needs no better one.
    state: u64,
}

impl Backoff {
    /// Waits from `first` to `longest`. `seed`: any number, different for each camera.
    pub fn new(first: Duration, longest: Duration, seed: u64) -> Self {
        Self { first, longest: longest.max(first), failures: 0, state: seed ^ 0x9e37_79b9_7f4a_7c15 }
    }

    /// The wait after one more failure: between a half and the whole of the doubled wait.
    pub fn next_wait(&mut self) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.min(20)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        doubled.mul_f64(0.5 + 0.5 * self.random())
    }

    /// The camera works again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// 0..1 (splitmix64).
    fn random(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30), 1);
        for whole in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0] {
            let wait = backoff.next_wait().as_secs_f64();
            assert!((whole / 2.0..=whole).contains(&wait), "{wait} for {whole}");
        }
        backoff.reset();
        assert!(backoff.next_wait() <= Duration::from_secs(1));
    }

    #[test]
    fn many_failures_and_odd_limits_stay_finite() {
        let mut backoff = Backoff::new(Duration::from_secs(5), Duration::from_secs(1), 1);
        for _ in 0..100 {
            assert!(backoff.next_wait() <= Duration::from_secs(5));
        }
        let mut huge = Backoff::new(Duration::MAX, Duration::MAX, 1);
        huge.next_wait();
    }

    #[test]
    fn two_cameras_do_not_wait_alike() {
        let wait = |seed| Backoff::new(Duration::from_secs(8), Duration::from_secs(8), seed).next_wait();
        assert_ne!(wait(1), wait(2));
    }
}
