//! Signs of life of one camera, read off by the watchdog and by metrics.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use xunge_alert::BlindCause;

use crate::{
    decode::{DecodeHandle, Latest, Mode},
    frame::Frame,
    gate::{Gate, GateStats},
    ingest::{IngestHandle, IngestStats},
};

/// A frame that is older than this when it is looked at is late.
const LATE: Duration = Duration::from_millis(500);

/// Signs of life.
#[derive(Debug, Default)]
pub struct Vitals {
    /// Turns of the rule thread; one that stands still hangs.
    pub turns: AtomicU64,
    /// Frames that the scene was shown, looked at by the detector or not.
    pub looks: AtomicU64,
    /// How far behind the camera the latest frame was when a detector was free for it, milliseconds; and how many were older
    /// than [`LATE`] then.
    pub age_ms: AtomicU64,
    /// See there.
    pub late: AtomicU64,
    /// The thread waits for the disk to take an alert: that is no hanging.
    pub waiting_for_disk: AtomicBool,
    sight: Mutex<Sight>,
}

#[derive(Debug, Default)]
struct Sight {
    watching: bool,
    blind: Option<(BlindCause, Instant)>,
    blind_for: BTreeMap<BlindCause, Duration>,
}

impl Sight {
    fn settle(&mut self, now: Instant) {
        if let Some((cause, since)) = self.blind.take() {
            *self.blind_for.entry(cause).or_default() += now.saturating_duration_since(since);
        }
    }
}

impl Vitals {
    /// A frame so old is looked at. Of keyframes alone, and of what is made good, nothing else is expected.
    pub(super) fn note_age(&self, mode: Mode, age: Duration) {
        if mode == Mode::All {
            self.age_ms.store(u64::try_from(age.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
            self.late.fetch_add(u64::from(age > LATE), Ordering::Relaxed);
        }
    }

    /// Frames are analysed from now on.
    pub(super) fn watching(&self, now: Instant) {
        let mut sight = self.sight();
        sight.settle(now);
        sight.watching = true;
    }

    /// Nothing is seen from now on, for this cause.
    pub(super) fn blind(&self, cause: BlindCause, now: Instant) {
        let mut sight = self.sight();
        sight.settle(now);
        (sight.watching, sight.blind) = (false, Some((cause, now)));
    }

    /// Whether frames are analysed, and how long, by cause, they have not been.
    fn seen(&self, now: Instant) -> (bool, BTreeMap<BlindCause, Duration>) {
        let mut sight = self.sight();
        if let Some((cause, _)) = sight.blind {
            sight.settle(now);
            sight.blind = Some((cause, now));
        }
        (sight.watching, sight.blind_for.clone())
    }

    fn sight(&self) -> MutexGuard<'_, Sight> {
        self.sight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one running camera can be read off.
#[derive(Clone)]
pub struct Meter {
    pub(super) camera: String,
    pub(super) frames: Arc<Latest<Frame>>,
    pub(super) vitals: Arc<Vitals>,
    pub(super) gate: Arc<Gate>,
    pub(super) decoding: DecodeHandle,
    pub(super) ingest: IngestHandle,
}

/// One camera at one moment; counters are since the start of the box.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Camera id.
    pub camera: String,
    /// Frames are analysed.
    pub watching: bool,
    /// How long nothing was seen, by cause.
    pub blind_for: BTreeMap<BlindCause, Duration>,
    /// Of the source.
    pub ingest: IngestStats,
    /// Of the gate.
    pub gate: GateStats,
    /// Frames that the scene was shown.
    pub looks: u64,
    /// Frames that a newer one overtook before anybody could look.
    pub dropped: u64,
    /// Packets that found no room in the decoder.
    pub skipped: u64,
    /// How far behind the camera the latest frame was when it was looked at.
    pub age: Duration,
    /// How many frames were more than half a second behind then.
    pub late: u64,
}

impl Meter {
    /// Reads it.
    pub fn read(&self, now: Instant) -> Reading {
        let (watching, blind_for) = self.vitals.seen(now);
        Reading {
            camera: self.camera.clone(),
            watching,
            blind_for,
            ingest: self.ingest.stats(),
            gate: self.gate.stats(),
            looks: self.vitals.looks.load(Ordering::Relaxed),
            dropped: self.frames.dropped(),
            skipped: self.decoding.stats().skipped,
            age: Duration::from_millis(self.vitals.age_ms.load(Ordering::Relaxed)),
            late: self.vitals.late.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn blindness_is_counted_by_cause_and_while_it_lasts() {
        let begun = clock::monotonic();
        let at = |secs| begun + Duration::from_secs(secs);
        let vitals = Vitals::default();
        assert_eq!(vitals.seen(at(1)), (false, BTreeMap::new()));
        vitals.blind(BlindCause::Unreachable, at(2));
        vitals.blind(BlindCause::Unauthorised, at(5));
        let secs = |now| {
            let (watching, blind_for) = vitals.seen(at(now));
            (watching, blind_for.into_values().map(|blind| blind.as_secs()).collect::<Vec<_>>())
        };
        assert_eq!(secs(9), (false, vec![3, 4]));
        assert_eq!(secs(11), (false, vec![3, 6]), "reading it twice counts nothing twice");
        vitals.watching(at(12));
        assert_eq!(secs(30), (true, vec![3, 7]));
    }
}
