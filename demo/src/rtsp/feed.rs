//! Pushes coded pictures into the stream when they are due.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_app as gst_app;

use super::track::{Track, Unit};
use super::{Trouble, hostile};

/// What a mount shows and since when. The timeline goes on while nobody watches, as a camera's does.
#[derive(Debug)]
pub(crate) struct Programme {
    pub tracks: Vec<Track>,
    pub start_at: Duration,
    pub trouble: Option<Trouble>,
    began: Mutex<Option<Instant>>,
}

impl Programme {
    pub(crate) fn new(tracks: Vec<Track>, start_at: Duration, trouble: Option<Trouble>) -> Self {
        Self { tracks, start_at, trouble, began: Mutex::new(None) }
    }

    /// Nanoseconds into the round that a client who joins at `now` should see.
    fn position_ns(&self, now: Instant) -> u64 {
        let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        let began = *began.get_or_insert(now);
        let elapsed = self.start_at + now.saturating_duration_since(began);
        let round: u64 = self.tracks.iter().map(|t| t.length_ns).sum();
        u64::try_from(elapsed.as_nanos() % u128::from(round.max(1))).unwrap_or(0)
    }

    /// The keyframe at or before a position: number of the track, number of the unit.
    fn keyframe_before(&self, position_ns: u64) -> (usize, usize) {
        let mut best = (0, 0);
        let mut base = 0;
        for (t, track) in self.tracks.iter().enumerate() {
            for (u, unit) in track.units.iter().enumerate() {
                if unit.keyframe && base + unit.dts_ns <= position_ns {
                    best = (t, u);
                }
            }
            base += track.length_ns;
        }
        best
    }
}

/// One unit on the endless timeline.
struct Due<'a> {
    unit: &'a Unit,
    base_ns: u64,
}

/// Endless walk over the programme from a keyframe on.
fn walk(programme: &Programme, from: (usize, usize)) -> impl Iterator<Item = Due<'_>> {
    let mut at = from;
    let mut base_ns = 0;
    std::iter::from_fn(move || {
        let track = programme.tracks.get(at.0)?;
        let unit = track.units.get(at.1)?;
        let due = Due { unit, base_ns };
        at.1 += 1;
        if at.1 == track.units.len() {
            base_ns += track.length_ns;
            at = ((at.0 + 1) % programme.tracks.len(), 0);
        }
        Some(due)
    })
}

/// Runs until `stop` says so (or is dropped) or the stream is gone.
pub(crate) fn run(programme: &Programme, source: &gst_app::AppSrc, stop: &Receiver<()>) {
    let start = Instant::now();
    let from = programme.keyframe_before(programme.position_ns(start));
    let mut first_ns = None;
    let mut noise = hostile::Noise::new();
    for Due { unit, base_ns } in walk(programme, from) {
        let dts = base_ns + unit.dts_ns;
        let first = *first_ns.get_or_insert(dts);
        let due = Duration::from_nanos(dts.saturating_sub(first));
        match programme.trouble {
            Some(Trouble::EndAfter(limit)) if due >= limit => {
                let _ = source.end_of_stream();
                return;
            }
            Some(Trouble::SilentAfter(limit)) if due >= limit => {
                let _ = stop.recv();
                return;
            }
            _ => {}
        }
        match stop.recv_timeout((start + due).saturating_duration_since(Instant::now())) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => return,
        }
        let mut buffer = match programme.trouble {
            Some(Trouble::BadPictures) => noise.spoil_pictures(&unit.buffer),
            _ => unit.buffer.copy(),
        };
        let meta = buffer.make_mut();
        meta.set_pts(gst::ClockTime::from_nseconds((base_ns + unit.pts_ns).saturating_sub(first)));
        meta.set_dts(gst::ClockTime::from_nseconds(dts.saturating_sub(first)));
        if source.push_buffer(buffer).is_err() {
            return;
        }
    }
}
