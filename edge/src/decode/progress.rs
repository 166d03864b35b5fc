//! How far a decoder is: counters, and the packets that wait for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::DecodeStats;

/// What the threads of one decoder share. It outlives single chains.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) packets: AtomicU64,
    skipped: AtomicU64,
    pub(super) decoded: AtomicU64,
    pub(super) corrupted: AtomicU64,
    pub(super) frames: AtomicU64,
    errors: AtomicU64,
    pub(super) closed: AtomicBool,
    /// A frame is being handed over: whoever takes it may take its time.
    pub(super) handing: AtomicBool,
}

impl Progress {
    pub(super) fn stats(&self) -> DecodeStats {
        let get = |n: &AtomicU64| n.load(Ordering::Acquire);
        DecodeStats {
            packets: get(&self.packets),
            skipped: get(&self.skipped),
            decoded: get(&self.decoded),
            corrupted: get(&self.corrupted),
            frames: get(&self.frames),
            errors: get(&self.errors),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn count_skipped(&self, packets: u64) {
        self.skipped.fetch_add(packets, Ordering::Relaxed);
    }

    pub(super) fn count_error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }
}

/// Packets on their way into the decoder, and how far it is.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct QueueState {
    pub waiting: u64,
    /// Of those that wait, so many from the front on are not decoded any more.
    given_up: u64,
    /// The last frame is out.
    pub drained: bool,
    /// Rests that have passed: every frame of what was pushed before is out.
    pub rested: u64,
}

impl Queue {
    pub(super) fn update(&self, change: impl FnOnce(&mut QueueState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// The decoder takes the next that waits: whether it is to be decoded.
    pub(super) fn take(&self) -> bool {
        let mut wanted = true;
        self.update(|state| {
            state.waiting = state.waiting.saturating_sub(1);
            wanted = state.given_up == 0;
            state.given_up = state.given_up.saturating_sub(1);
        });
        wanted
    }

    /// Nothing of what waits is decoded; how many that are which were still wanted.
    pub(super) fn give_up(&self) -> u64 {
        let mut many = 0;
        self.update(|state| {
            many = state.waiting - state.given_up.min(state.waiting);
            state.given_up = state.waiting;
        });
        many
    }

    pub(super) fn waiting(&self) -> u64 {
        self.state().waiting
    }

    pub(super) fn state(&self) -> QueueState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done`, giving up when `alive` says so. `alive` is asked a few times a second.
    pub(super) fn wait(&self, done: impl Fn(&QueueState) -> bool, mut alive: impl FnMut() -> bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !done(&state) && alive() {
            let waited = self.changed.wait_timeout(state, Duration::from_millis(100));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
