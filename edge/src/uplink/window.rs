//! Which messages are on their way. Pure: it is told what time it is.
//!
//! A message is *on its way* from when it is handed to the connection until the centre confirms it. Only so many are
//! at once. One that is not confirmed in time is sent again, after 10, 20, 40, then every 60 seconds: the confirm may
//! have been lost, or the centre was away. A broken connection forgets everything; all of it is sent again.
//!
//! How many are on their way follows how long the centre takes (additive increase, multiplicative decrease, as TCP does
//! it). When a whole city's boxes come back after an outage, full windows of all of them would wait longer than a confirm may
//! take; all would be sent again and again, and the centre would have nothing but repeats to do.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::backoff::doubled;

/// What a connection begins with: as many as 1,400 boxes may send at once to a centre that takes 2,000 a second, and all
/// are confirmed within six seconds.
const BEGIN: usize = 8;
const LEAST: usize = 2;

/// The messages of one box that are on their way.
#[derive(Debug)]
pub struct Window {
    most: usize,
    /// How many may be on their way now.
    limit: usize,
    /// How many were confirmed soon since it last grew.
    soon: usize,
    shrunk: Option<Instant>,
    first_wait: Duration,
    longest_wait: Duration,
    /// Every pending number up to here was handed over on this connection.
    cursor: u64,
    on_the_way: BTreeMap<u64, Sent>,
}

#[derive(Debug)]
struct Sent {
    payload: String,
    at: Instant,
    times: u32,
    /// A confirm says nothing of how long it took: it may be of the first time.
    again: bool,
}

impl Window {
    /// At most so many at once; waits for the first confirm of a message, and for any.
    pub fn new(most: usize, first_wait: Duration, longest_wait: Duration) -> Self {
        let most = most.max(1);
        Self {
            most,
            limit: BEGIN.min(most),
            soon: 0,
            shrunk: None,
            first_wait,
            longest_wait,
            cursor: 0,
            on_the_way: BTreeMap::new(),
        }
    }

    /// The connection is gone.
    pub fn forget(&mut self) {
        *self = Self::new(self.most, self.first_wait, self.longest_wait);
    }

    /// How many more may be sent.
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.on_the_way.len())
    }

    /// How many are on their way.
    pub fn len(&self) -> usize {
        self.on_the_way.len()
    }

    /// Whether nothing is on its way.
    pub fn is_empty(&self) -> bool {
        self.on_the_way.is_empty()
    }

    /// Every pending number up to here was handed over on this connection.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// A message was handed over for the first time on this connection.
    pub fn sent(&mut self, seq: u64, payload: String, now: Instant) {
        self.cursor = self.cursor.max(seq);
        self.on_the_way.insert(seq, Sent { payload, at: now, times: 1, again: false });
    }

    /// A message was handed over again.
    pub fn sent_again(&mut self, seq: u64, now: Instant) {
        if let Some(sent) = self.on_the_way.get_mut(&seq) {
            (sent.at, sent.times, sent.again) = (now, sent.times.saturating_add(1), true);
        }
        self.shrink(now);
    }

    /// These are done; gives how many of them were on their way. The centre is awake, so what it did not answer is asked
    /// again soon.
    pub fn settled(&mut self, seqs: impl IntoIterator<Item = u64>, now: Instant) -> usize {
        let (mut done, mut slowest) = (0, Duration::ZERO);
        for seq in seqs {
            let Some(sent) = self.on_the_way.remove(&seq) else { continue };
            done += 1;
            if !sent.again {
                slowest = slowest.max(now.saturating_duration_since(sent.at));
            }
        }
        for sent in self.on_the_way.values_mut() {
            sent.times = 1;
        }
        if slowest > self.first_wait / 2 {
            self.shrink(now);
        } else if slowest < self.first_wait / 4 {
            self.soon += done;
            while self.soon >= self.limit && self.limit < self.most {
                self.soon -= self.limit;
                self.limit += 1;
            }
        }
        done
    }

    /// The centre has more to do than it can: half, once in a while, since what is on its way already says the same again.
    fn shrink(&mut self, now: Instant) {
        if self.shrunk.is_some_and(|at| now.saturating_duration_since(at) < self.first_wait / 2) {
            return;
        }
        self.shrunk = Some(now);
        self.limit = (self.limit / 2).max(LEAST).min(self.most);
        self.soon = 0;
    }

    /// The oldest message whose confirm is overdue.
    pub fn overdue(&self, now: Instant) -> Option<(u64, String)> {
        self.on_the_way
            .iter()
            .find(|(_, sent)| self.due(sent) <= now)
            .map(|(seq, sent)| (*seq, sent.payload.clone()))
    }

    /// When the next one becomes overdue.
    pub fn next_due(&self) -> Option<Instant> {
        self.on_the_way.values().map(|sent| self.due(sent)).min()
    }

    fn due(&self, sent: &Sent) -> Instant {
        sent.at + doubled(self.first_wait, sent.times.saturating_sub(1), self.longest_wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn window(size: usize) -> (Window, Instant) {
        (Window::new(size, 10 * SECOND, 60 * SECOND), crate::clock::monotonic())
    }

    #[test]
    fn the_window_fills_and_empties() {
        let (mut window, now) = window(2);
        assert_eq!((window.room(), window.cursor(), window.next_due()), (2, 0, None));
        window.sent(4, "four".into(), now);
        window.sent(7, "seven".into(), now);
        assert_eq!((window.room(), window.cursor(), window.len()), (0, 7, 2));
        assert_eq!(window.settled([4, 99], now), 1);
        assert_eq!((window.room(), window.cursor(), window.len()), (1, 7, 1));
        window.forget();
        assert_eq!((window.room(), window.cursor(), window.len()), (2, 0, 0));
    }

    #[test]
    fn what_is_not_confirmed_is_sent_again_ever_slower() {
        let (mut window, start) = window(8);
        window.sent(1, "one".into(), start);
        let mut at = start;
        for wait in [10, 20, 40, 60, 60, 60] {
            assert_eq!(window.overdue(at + wait * SECOND - SECOND / 1000), None);
            at += wait * SECOND;
            assert_eq!(window.next_due(), Some(at));
            assert_eq!(window.overdue(at), Some((1, "one".into())));
            window.sent_again(1, at);
        }
    }

    #[test]
    fn a_sign_of_life_makes_the_waits_short_again() {
        let (mut window, start) = window(8);
        window.sent(1, "one".into(), start);
        window.sent(2, "two".into(), start);
        for _ in 0..5 {
            window.sent_again(1, start);
        }
        assert_eq!(window.overdue(start + 10 * SECOND), Some((2, "two".into())));
        window.settled([2], start);
        assert_eq!(window.next_due(), Some(start + 10 * SECOND));
    }

    #[test]
    fn a_centre_that_answers_soon_is_sent_more_up_to_the_most() {
        let (mut window, start) = window(64);
        let (mut seq, mut now) = (0, start);
        for round in 0..200 {
            let room = window.room();
            assert!((BEGIN..=64).contains(&room), "{room} after {round} rounds");
            let first = seq + 1;
            for _ in 0..room {
                seq += 1;
                window.sent(seq, String::new(), now);
            }
            now += SECOND / 10;
            assert_eq!(window.settled(first..=seq, now), room);
        }
        assert_eq!(window.room(), 64);
        window.forget();
        assert_eq!(window.room(), BEGIN);
    }

    #[test]
    fn a_centre_that_is_slow_is_sent_less_but_never_nothing() {
        let (mut window, mut now) = window(64);
        for (round, wanted) in [4, 2, 2, 2].into_iter().enumerate() {
            let seq = round as u64;
            window.sent(seq, String::new(), now);
            now += 6 * SECOND;
            window.settled([seq], now);
            assert_eq!(window.room(), wanted);
        }
        // neither soon nor late: as it is
        window.sent(9, String::new(), now);
        now += 3 * SECOND;
        window.settled([9], now);
        assert_eq!(window.room(), 2);
        assert_eq!(Window::new(1, SECOND, SECOND).room(), 1);
    }

    /// Boxes that come back all at once, to a centre that takes so many a second, first come, first served.
    fn city(boxes: usize, a_second: usize, messages: u64) -> (u64, usize) {
        let start = crate::clock::monotonic();
        let mut windows: Vec<Window> =
            (0..boxes).map(|_| Window::new(64, 10 * SECOND, 60 * SECOND)).collect();
        let mut queue = std::collections::VecDeque::new();
        let (mut sent, mut again, mut done) = (vec![0; boxes], 0, 0);
        let mut ticks = 0_u32;
        while done < messages * boxes as u64 {
            let now = start + SECOND / 10 * ticks;
            for (place, window) in windows.iter_mut().enumerate() {
                while let Some((seq, _)) = window.overdue(now) {
                    window.sent_again(seq, now);
                    queue.push_back((place, seq));
                    again += 1;
                }
                while window.room() > 0 && sent[place] < messages {
                    sent[place] += 1;
                    window.sent(sent[place], String::new(), now);
                    queue.push_back((place, sent[place]));
                }
            }
            for _ in 0..a_second / 10 {
                let Some((place, seq)) = queue.pop_front() else { break };
                done += windows[place].settled([seq], now + SECOND / 10) as u64;
            }
            ticks += 1;
            assert!(ticks < 100_000, "{done} done, {again} sent again");
        }
        (u64::from(ticks) / 10, again)
    }

    #[test]
    fn a_city_that_comes_back_at_once_does_not_drown_the_centre_in_repeats() {
        // 700 boxes with 300 messages each: 210,000 at 1,000 a second are 210 s
        let (secs, again) = city(700, 1000, 300);
        assert!(secs <= 225, "{secs} s");
        assert!(again < 2100, "{again} sent again");
        // one box alone is not held up
        let (secs, again) = city(1, 1000, 5000);
        assert!(secs < 25 && again == 0, "{secs} s, {again} sent again");
    }
}
