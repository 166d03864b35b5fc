//! How much may be asked: a bucket for each user, machine and unknown address, which fills as time passes and from which
//! each call takes what it costs. Pure: the time is passed in.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::time::Duration;

use axum::http::Method;
use jiff::Timestamp;

/// Most buckets of a kind that are remembered; the longest unused make room.
const KEYS: usize = 10_000;

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Calls that may come at once.
    pub burst: f64,
    /// Calls a second that may go on for ever.
    pub per_sec: f64,
}

/// All limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Of each user and each token.
    pub known: Rate,
    /// Of each address, for calls that show neither.
    pub unknown: Rate,
    /// Event streams that one user or token may have open.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // a console that starts asks ten times, one whose list is scrolled fast some five times a second
            known: Rate { burst: 600.0, per_sec: 20.0 },
            // people log in behind one address by the hundred in the morning, and each needs a call or two
            unknown: Rate { burst: 200.0, per_sec: 2.0 },
            // a wall of screens, each with some tabs
            streams: 20,
        }
    }
}

/// What a call costs, in simple calls, by its address in the document (without `/api/v1`).
pub(super) fn cost(method: &Method, path: &str) -> f64 {
    let get = method == Method::GET || method == Method::HEAD;
    match path {
        // a whole organisation, or a whole year
        path if path.contains("/import") || path.contains("/export") || path.contains("/report") => 20.0,
        "/audit/check" => 20.0,
        "/session" if method == Method::POST => 4.0,
        "/people/find" | "/dwellings/find" | "/tasks/sheet" | "/rules/try" => 4.0,
        // many rows
        "/cases"
        | "/overview"
        | "/users"
        | "/tokens"
        | "/quarantine"
        | "/org/cameras"
        | "/org/regions"
        | "/quiet/{what}"
        | "/tasks"
        | "/statistics"
        | "/conflicts"
        | "/accounts"
        | "/audit"
        | "/cameras/{edge}/{camera}/why"
            if get =>
        {
            4.0
        }
        _ => 1.0,
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
    /// Place in the order of use.
    used: u64,
}

/// The buckets of one kind of callers.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    rate: Rate,
    buckets: HashMap<K, Bucket>,
    /// Keys by their last use, the longest unused first.
    order: BTreeMap<u64, K>,
    uses: u64,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, buckets: HashMap::new(), order: BTreeMap::new(), uses: 0 }
    }

    /// Takes what a call costs, or says after what time that will be there.
    pub(super) fn take(&mut self, key: &K, cost: f64, now: Timestamp) -> Result<(), Duration> {
        let Rate { burst, per_sec } = self.rate;
        // what costs more than a bucket holds needs a full one
        let cost = cost.clamp(0.0, burst);
        let known = self.buckets.get(key).copied();
        let left = known.map_or(burst, |bucket| {
            // a clock that was set back gives nothing
            let passed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
            (bucket.left + passed * per_sec).min(burst)
        });
        let fits = left >= cost;
        self.uses += 1;
        if let Some(bucket) = known {
            self.order.remove(&bucket.used);
        } else {
            self.make_room();
        }
        let left_after = if fits { left - cost } else { left };
        // never back: the time that was set back would be given twice
        let at = known.map_or(now, |bucket| now.max(bucket.at));
        self.buckets.insert(key.clone(), Bucket { left: left_after, at, used: self.uses });
        self.order.insert(self.uses, key.clone());
        if fits {
            return Ok(());
        }
        let missing = (cost - left) / per_sec.max(1e-6);
        // a little more than what is missing: the clock's steps are microseconds
        Err(Duration::try_from_secs_f64(missing + 1e-5).unwrap_or(Duration::from_secs(3600)))
    }

    fn make_room(&mut self) {
        while self.buckets.len() >= KEYS {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            self.buckets.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate { burst: 10.0, per_sec: 2.0 };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + ms).unwrap()
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_gives_more_than_a_burst_and_what_it_fills(
            calls in prop::collection::vec((0..2000_i64, 1..4_u8), 1..200),
        ) {
            let mut buckets = Buckets::new(RATE);
            let mut now = 0;
            let mut taken: Vec<(i64, f64)> = Vec::new();
            for (pause, cost) in calls {
                now += pause;
                if buckets.take(&"k", f64::from(cost), at(now)).is_ok() {
                    taken.push((now, f64::from(cost)));
                }
            }
            for (first, (from, _)) in taken.iter().enumerate() {
                let mut sum = 0.0;
                for (until, cost) in &taken[first..] {
                    sum += cost;
                    let most = RATE.burst + RATE.per_sec * (until - from) as f64 / 1000.0;
                    prop_assert!(sum <= most + 1e-6, "{sum} in {} ms", until - from);
                }
            }
        }

        #[test]
        fn who_keeps_to_the_rate_is_never_refused(costs in prop::collection::vec(1..10_u8, 1..100)) {
            let mut buckets = Buckets::new(RATE);
            let mut now = 0;
            for cost in costs {
                prop_assert!(buckets.take(&"k", f64::from(cost), at(now)).is_ok());
                now += i64::from(cost) * 500;
            }
        }

        #[test]
        fn after_the_wait_that_is_said_it_is_there_and_not_much_before(
            calls in prop::collection::vec((0..500_i64, 1..12_u8), 1..100),
        ) {
            let mut buckets = Buckets::new(RATE);
            let mut now = at(0);
            for (pause, cost) in calls {
                now += SignedDuration::from_millis(pause);
                if let Err(wait) = buckets.take(&"k", f64::from(cost), now) {
                    let wait = SignedDuration::try_from(wait).unwrap();
                    let before = now + wait - SignedDuration::from_millis(1);
                    if before > now {
                        prop_assert!(buckets.take(&"k", f64::from(cost), before).is_err());
                    }
                    now += wait;
                    prop_assert!(buckets.take(&"k", f64::from(cost), now).is_ok());
                }
            }
        }

        #[test]
        fn a_clock_that_jumps_back_gives_nothing(jumps in prop::collection::vec(-5000..100_i64, 1..50)) {
            let mut buckets = Buckets::new(RATE);
            let (mut now, mut latest, mut taken) = (0, 0, 0.0);
            for jump in jumps {
                now += jump;
                latest = latest.max(now);
                if buckets.take(&"k", 1.0, at(now)).is_ok() {
                    taken += 1.0;
                }
            }
            prop_assert!(taken <= RATE.burst + RATE.per_sec * latest as f64 / 1000.0 + 1e-6);
        }
    }

    #[test]
    fn it_remembers_only_so_many_and_those_in_use_longest() {
        let mut buckets = Buckets::new(RATE);
        for _ in 0..10 {
            buckets.take(&usize::MAX, 1.0, at(0)).unwrap();
        }
        for key in 0..3 * KEYS {
            buckets.take(&key, 1.0, at(0)).unwrap();
            if key % 1000 == 0 {
                assert!(buckets.take(&usize::MAX, 1.0, at(0)).is_err(), "who floods is not forgotten");
            }
        }
        assert_eq!((buckets.buckets.len(), buckets.order.len()), (KEYS, KEYS));
    }

    #[test]
    fn lists_and_exports_cost_more() {
        assert!(cost(&Method::GET, "/cases") > cost(&Method::GET, "/cases/{id}"));
        assert!(cost(&Method::POST, "/org/import") > cost(&Method::GET, "/cases"));
        assert!(cost(&Method::POST, "/quiet/{what}") < cost(&Method::GET, "/quiet/{what}"));
    }
}
