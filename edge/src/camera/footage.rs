//! Evidence from the packet ring.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use xunge_scene::StreamTime;

use crate::{
    alerting::Footage,
    clip,
    frame::Original,
    ring::Ring,
    still::{self, Drawing, StillOptions},
};

/// The ring of one camera. It is locked only while packets are picked (they are shared, not copied).
pub struct RingFootage {
    ring: Arc<Mutex<Ring>>,
}

impl RingFootage {
    /// Of this ring.
    pub fn new(ring: Arc<Mutex<Ring>>) -> Self {
        Self { ring }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Footage for RingFootage {
    fn newest(&self) -> StreamTime {
        self.ring().newest()
    }

    fn snapshot(
        &self,
        at: StreamTime,
        original: Option<&Original>,
        drawing: &Drawing,
    ) -> Result<Vec<u8>, String> {
        let options = StillOptions::default();
        match original.map(|original| still::of(original, at, drawing, options)) {
            Some(Ok(still)) => return Ok(still.jpeg),
            Some(Err(error)) => tracing::warn!(%error, "a snapshot is decoded anew"),
            None => {}
        }
        let packets = self.ring().cut(at, at, at);
        still::take(&packets, at, drawing, options).map(|s| s.jpeg).map_err(|e| e.to_string())
    }

    fn clip(&self, from: StreamTime, began: StreamTime, to: StreamTime, path: &Path) -> Result<(), String> {
        let packets = self.ring().cut(from, began, to);
        clip::write(&packets, path).map(|_| ()).map_err(|e| e.to_string())
    }
}
