//! Slows down guessing of passwords. Pure: the time is passed in.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

/// Failures that are free.
const FREE: u32 = 5;
/// Wait after the first failure that is not free; doubles with each further one.
const FIRST_WAIT_SECS: u64 = 2;
const LONGEST_WAIT_SECS: u64 = 300;
/// Failures are forgotten after so long without another.
const FORGET_SECS: i64 = 900;
/// Most keys that are remembered; the oldest make room.
const KEYS: usize = 10_000;

/// Failed logins by key (who, from where).
#[derive(Debug, Default)]
pub struct Throttle {
    failures: HashMap<String, Failures>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    times: u32,
    last: Timestamp,
}

impl Throttle {
    /// How long `key` has to wait before the next try; none when it may try now.
    pub fn wait(&self, key: &str, now: Timestamp) -> Option<Duration> {
        let failures = self.failures.get(key)?;
        let over = failures.times.checked_sub(FREE)?;
        let wait = FIRST_WAIT_SECS.saturating_shl(over).min(LONGEST_WAIT_SECS);
        let passed = u64::try_from(now.duration_since(failures.last).as_secs()).unwrap_or(0);
        (passed < wait).then(|| Duration::from_secs(wait - passed))
    }

    /// Notes a failure.
    pub fn failed(&mut self, key: &str, now: Timestamp) {
        if self.failures.len() >= KEYS && !self.failures.contains_key(key) {
            self.make_room(now);
        }
        let failures = self.failures.entry(key.to_owned()).or_insert(Failures { times: 0, last: now });
        if now.duration_since(failures.last).as_secs() > FORGET_SECS {
            failures.times = 0;
        }
        failures.times = failures.times.saturating_add(1);
        failures.last = now;
    }

    /// Forgets the failures of somebody who got in.
    pub fn succeeded(&mut self, key: &str) {
        self.failures.remove(key);
    }

    fn make_room(&mut self, now: Timestamp) {
        self.failures.retain(|_, failures| now.duration_since(failures.last).as_secs() <= FORGET_SECS);
        if self.failures.len() >= KEYS
            && let Some(oldest) =
                self.failures.iter().min_by_key(|(_, failures)| failures.last).map(|(key, _)| key.clone())
        {
            self.failures.remove(&oldest);
        }
    }
}

trait SaturatingShl {
    fn saturating_shl(self, by: u32) -> Self;
}

impl SaturatingShl for u64 {
    fn saturating_shl(self, by: u32) -> Self {
        if by >= self.leading_zeros() { u64::MAX } else { self << by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + secs).unwrap()
    }

    #[test]
    fn five_failures_are_free_and_each_more_doubles_the_wait() {
        let mut throttle = Throttle::default();
        for _ in 0..4 {
            throttle.failed("k", at(0));
            assert_eq!(throttle.wait("k", at(0)), None);
        }
        for wait in [2, 4, 8, 16] {
            throttle.failed("k", at(0));
            assert_eq!(throttle.wait("k", at(0)), Some(Duration::from_secs(wait)));
        }
        assert_eq!(throttle.wait("k", at(15)), Some(Duration::from_secs(1)));
        assert_eq!(throttle.wait("k", at(16)), None);
        assert_eq!(throttle.wait("other", at(0)), None);
        for _ in 0..100 {
            throttle.failed("k", at(0));
        }
        assert_eq!(throttle.wait("k", at(0)), Some(Duration::from_secs(300)));
    }

    #[test]
    fn who_gets_in_begins_anew() {
        let mut throttle = Throttle::default();
        for _ in 0..9 {
            throttle.failed("k", at(0));
        }
        throttle.succeeded("k");
        assert_eq!(throttle.wait("k", at(0)), None);
    }

    #[test]
    fn it_remembers_only_so_many() {
        let mut throttle = Throttle::default();
        for key in 0..KEYS + 100 {
            throttle.failed(&key.to_string(), at(i64::try_from(key / 1000).unwrap()));
        }
        assert_eq!(throttle.failures.len(), KEYS);
    }
}
