//! Which messages are on their way. Pure: it is told what time it is.
//!
//! A message is *on its way* from when it is handed to the connection until the centre confirms it. Only so many are
//! at once. One that is not confirmed in time is sent again, after 10, 20, 40, then every 60 seconds: the confirm may
//! have been lost, or the centre was away. A broken connection forgets everything; all of it is sent again.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::backoff::doubled;

pub(super) struct Window {
    size: usize,
    first_wait: Duration,
    longest_wait: Duration,
    /// Every pending number up to here was handed over on this connection.
    cursor: u64,
    on_the_way: BTreeMap<u64, Sent>,
}

struct Sent {
    payload: String,
    at: Instant,
    times: u32,
}

impl Window {
    pub(super) fn new(size: usize, first_wait: Duration, longest_wait: Duration) -> Self {
        let on_the_way = BTreeMap::new();
        Self { size: size.max(1), first_wait, longest_wait, cursor: 0, on_the_way }
    }

    /// The connection is gone.
    pub(super) fn forget(&mut self) {
        self.cursor = 0;
        self.on_the_way.clear();
    }

    /// How many more may be sent.
    pub(super) fn room(&self) -> usize {
        self.size.saturating_sub(self.on_the_way.len())
    }

    pub(super) fn len(&self) -> usize {
        self.on_the_way.len()
    }

    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// A message was handed over for the first time on this connection.
    pub(super) fn sent(&mut self, seq: u64, payload: String, now: Instant) {
        self.cursor = self.cursor.max(seq);
        self.on_the_way.insert(seq, Sent { payload, at: now, times: 1 });
    }

    /// A message was handed over again.
    pub(super) fn sent_again(&mut self, seq: u64, now: Instant) {
        if let Some(sent) = self.on_the_way.get_mut(&seq) {
            (sent.at, sent.times) = (now, sent.times.saturating_add(1));
        }
    }

    /// These are done. The centre is awake, so what it did not answer is asked again soon.
    pub(super) fn settled(&mut self, seqs: impl IntoIterator<Item = u64>) {
        for seq in seqs {
            self.on_the_way.remove(&seq);
        }
        for sent in self.on_the_way.values_mut() {
            sent.times = 1;
        }
    }

    /// The oldest message whose confirm is overdue.
    pub(super) fn overdue(&self, now: Instant) -> Option<(u64, String)> {
        self.on_the_way
            .iter()
            .find(|(_, sent)| self.due(sent) <= now)
            .map(|(seq, sent)| (*seq, sent.payload.clone()))
    }

    /// When the next one becomes overdue.
    pub(super) fn next_due(&self) -> Option<Instant> {
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
        window.settled([4, 99]);
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
        window.settled([2]);
        assert_eq!(window.next_due(), Some(start + 10 * SECOND));
    }
}
