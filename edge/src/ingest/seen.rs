//! What was seen of a source on the way to its pictures: it tells apart what went wrong when none come.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Written by whoever reads.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The camera described its streams.
    pub described: AtomicBool,
    /// One of them was taken.
    pub chosen: AtomicBool,
    /// Buffers before the parser: data of whatever worth.
    pub raw: AtomicU64,
    /// Codings that were offered and not taken.
    refused: Mutex<Vec<String>>,
}

impl Seen {
    /// What the source offers, when nothing of it can be used.
    pub(super) fn unusable(&self) -> Option<String> {
        if self.chosen.load(Ordering::Relaxed) {
            return None;
        }
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        (!refused.is_empty()).then(|| refused.join(" and "))
    }

    /// Buffers that came, of whatever worth.
    pub(super) fn raw(&self) -> u64 {
        self.raw.load(Ordering::Relaxed)
    }

    pub(super) fn refuse(&self, coding: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < 8 && !refused.iter().any(|r| r == coding) {
            refused.push(coding.to_owned());
        }
    }
}
