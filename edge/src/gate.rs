//! Decodes keyframes only while nothing happens, and everything from before it happened as soon as it does.
//!
//! ```text
//! packets ─▶ ring, feed ─▶ decoder ─▶ frames ─▶ vigil ─▶ analysis
//!              ▲────────── sleep, wake ──────────┘
//! ```
//!
//! Asleep, the feed gives the decoder one keyframe after the other, and the vigil compares each with the one before: as
//! long as nothing has changed the scene is told that all is still. When something has, the feed takes the packets since
//! the last picture that the scene was shown out of the ring, so that the scene sees every moment at its own time, late by
//! one group of pictures at most.

mod feed;
mod keyframes;
mod surge;
#[cfg(test)]
mod tests;
mod vigil;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use xunge_scene::StreamTime;

pub use feed::{Feed, Sleep};
pub use vigil::{Doze, Vigil};

/// What the vigil wants of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Keyframes will do.
    Sleep,
    /// Everything is wanted.
    Wake,
}

/// Counters of one gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GateStats {
    /// Only keyframes are being decoded.
    pub asleep: bool,
    /// Keyframes come often enough for the rules, so that it may.
    pub may_sleep: bool,
    /// The longest of the latest intervals between keyframes, once it is known; not measured where nobody may sleep.
    pub keyframe_every: Option<Duration>,
    /// How often that began.
    pub sleeps: u64,
    /// How often the pictures since the last keyframe had to be made good.
    pub wakes: u64,
    /// How many of those the sizes of packets asked for, and how many of them for nothing.
    pub surges: u64,
    /// See there.
    pub surges_in_vain: u64,
}

/// Between the thread that packets come on and the one that looks at frames.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    order: Option<Order>,
    /// The latest picture that the scene was shown.
    shown: StreamTime,
    /// Frames on their way to the vigil, and how many it is done with.
    handed: u64,
    done: u64,
    closed: bool,
    /// Something has been seen since this was last asked.
    happened: bool,
    stats: GateStats,
}

impl Gate {
    /// Counters.
    pub fn stats(&self) -> GateStats {
        self.lock().stats
    }

    /// A frame goes to the vigil.
    pub fn hand(&self) {
        self.lock().handed += 1;
    }

    fn order(&self, order: Order) {
        self.lock().order = Some(order);
    }

    fn take_order(&self) -> Option<Order> {
        self.lock().order.take()
    }

    /// The vigil is done with a frame, and the scene was shown it or not.
    fn done(&self, shown: Option<StreamTime>) {
        let mut state = self.lock();
        state.done += 1;
        state.shown = shown.unwrap_or(state.shown);
        drop(state);
        self.changed.notify_all();
    }

    /// The vigil has seen something.
    fn happens(&self) {
        self.lock().happened = true;
    }

    /// Whether it has since this was last asked.
    fn take_happened(&self) -> bool {
        std::mem::take(&mut self.lock().happened)
    }

    fn shown(&self) -> StreamTime {
        self.lock().shown
    }

    fn note(&self, change: impl FnOnce(&mut GateStats)) {
        change(&mut self.lock().stats);
    }

    /// Nobody looks any more: who waits is woken.
    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits until the vigil is done with all that was handed to it. For files, whose result must not depend on how fast
    /// the machine is.
    fn wait_until_done(&self) {
        let mut state = self.lock();
        while state.done < state.handed && !state.closed {
            state = self
                .changed
                .wait_timeout(state, Duration::from_secs(1))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
