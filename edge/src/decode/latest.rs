//! The hand-over of a live camera: one slot, the newest wins. What must not be left out queues before it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Items that may queue: a few seconds of looks.
const KEPT_MOST: usize = 120;

/// One slot between two threads. What nobody took in time is replaced and counted.
#[derive(Debug)]
pub struct Latest<T> {
    slot: Mutex<Slot<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Slot<T> {
    kept: VecDeque<T>,
    item: Option<T>,
    dropped: u64,
    closed: bool,
}

/// What taking gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<T> {
    /// The newest item.
    Item(T),
    /// None came in time.
    TimedOut,
    /// None will come.
    Closed,
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self {
            slot: Mutex::new(Slot { kept: VecDeque::new(), item: None, dropped: 0, closed: false }),
            changed: Condvar::new(),
        }
    }
}

impl<T> Latest<T> {
    /// Puts an item, in place of one that was not taken. False when nobody takes any more.
    pub fn put(&self, item: T) -> bool {
        let mut slot = self.lock();
        if slot.closed {
            return false;
        }
        if slot.item.replace(item).is_some() {
            slot.dropped += 1;
        }
        drop(slot);
        self.changed.notify_one();
        true
    }

    /// Puts an item that is not replaced by a newer one. Without room for it the oldest goes.
    pub fn keep(&self, item: T) -> bool {
        let mut slot = self.lock();
        if slot.closed {
            return false;
        }
        // what is newer than the one in the slot follows it
        let before = slot.item.take();
        slot.kept.extend(before);
        slot.kept.push_back(item);
        while slot.kept.len() > KEPT_MOST {
            slot.kept.pop_front();
            slot.dropped += 1;
        }
        drop(slot);
        self.changed.notify_one();
        true
    }

    /// Takes the oldest kept item or else the newest, waiting at most `limit` for one.
    pub fn take(&self, limit: Duration) -> Taken<T> {
        self.wait(limit, |slot| slot.kept.pop_front().or_else(|| slot.item.take()))
    }

    /// Waits at most `limit` until there is something to take.
    pub fn await_item(&self, limit: Duration) -> Taken<()> {
        self.wait(limit, |slot| (!slot.kept.is_empty() || slot.item.is_some()).then_some(()))
    }

    /// What is taken next, as it stands now.
    pub fn look_at_next<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        let slot = self.lock();
        slot.kept.front().or(slot.item.as_ref()).map(look)
    }

    fn wait<R>(&self, limit: Duration, take: impl Fn(&mut Slot<T>) -> Option<R>) -> Taken<R> {
        let deadline = Instant::now() + limit;
        let mut slot = self.lock();
        loop {
            if let Some(item) = take(&mut slot) {
                return Taken::Item(item);
            }
            if slot.closed {
                return Taken::Closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::TimedOut;
            }
            slot = self.changed.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// No more: who waits is woken.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Items that were replaced before anybody took them.
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_newest_wins_and_the_rest_is_counted() {
        let latest = Latest::default();
        for n in 0..5 {
            assert!(latest.put(n));
        }
        assert_eq!(latest.take(Duration::ZERO), Taken::Item(4));
        assert_eq!(latest.take(Duration::ZERO), Taken::TimedOut);
        assert_eq!(latest.dropped(), 4);
    }

    #[test]
    fn what_is_kept_comes_first_and_in_order_up_to_a_bound() {
        let latest = Latest::default();
        latest.put(1);
        assert!(latest.keep(2));
        latest.keep(3);
        latest.put(4);
        latest.put(5);
        let taken: Vec<_> = (0..5).map(|_| latest.take(Duration::ZERO)).collect();
        assert_eq!(taken, [Taken::Item(1), Taken::Item(2), Taken::Item(3), Taken::Item(5), Taken::TimedOut]);
        assert_eq!(latest.dropped(), 1);
        for n in 0..200 {
            latest.keep(n);
        }
        assert_eq!(latest.take(Duration::ZERO), Taken::Item(80));
        assert_eq!(latest.dropped(), 81);
    }

    #[test]
    fn who_waits_before_he_takes_gets_the_newest() {
        let latest = Latest::default();
        assert_eq!(latest.await_item(Duration::ZERO), Taken::TimedOut);
        latest.put(1);
        assert_eq!(latest.await_item(Duration::ZERO), Taken::Item(()));
        latest.put(2);
        assert_eq!((latest.take(Duration::ZERO), latest.dropped()), (Taken::Item(2), 1));
        latest.close();
        assert_eq!(latest.await_item(Duration::from_secs(20)), Taken::Closed);
    }

    #[test]
    fn who_waits_is_woken_by_an_item_and_by_the_end() {
        let latest = Arc::new(Latest::default());
        let taker = {
            let latest = latest.clone();
            std::thread::spawn(move || {
                let limit = Duration::from_secs(20);
                (latest.take(limit), latest.take(limit))
            })
        };
        assert!(latest.put(7));
        // the close may overtake the taking, but never the item
        latest.close();
        assert_eq!(taker.join().unwrap(), (Taken::Item(7), Taken::Closed));
        assert!(!latest.put(8));
    }
}
