//! The rule thread of one camera: newest frame in, events out, and the camera's state.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{SendTimeoutError, Sender};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use xunge_alert::BlindCause;
use xunge_scene::{CameraScene, Event, LocalTime, Phase, StreamTime};

use super::{
    Vitals,
    state::Teller,
    strain::{self, Strain},
    view::Keeper,
};
use crate::{
    alerting::{Footage, Job, Told},
    analysis::Analysis,
    clock,
    decode::{DecodeHandle, Latest, Mode, Taken},
    draw,
    frame::{Frame, Original},
    gate::Vigil,
    ingest::Signal,
    observe::pool::LookError,
    still::Drawing,
};

/// With more jobs that wait than this, snapshots are decoded from the ring when their time comes.
const FEW_JOBS: usize = 4;
/// How often the thread looks around while nothing comes.
const TICK: Duration = Duration::from_millis(200);
/// A stream that comes back within this time goes on where it was: tracks and happenings stay.
const LOSE_AFTER: Duration = Duration::from_secs(15);
/// While it stays away the scene hears that again so often: a rule that may not speak now may later.
const LOSE_AGAIN: Duration = Duration::from_secs(5);

/// State of the thread.
pub struct Rules {
    pub(super) analysis: Analysis,
    pub(super) vigil: Vigil,
    pub(super) scene: CameraScene,
    pub(super) frames: Arc<Latest<Frame>>,
    pub(super) signals: Arc<Latest<Signal>>,
    pub(super) footage: Arc<dyn Footage>,
    pub(super) jobs: Sender<Job>,
    pub(super) state: Teller,
    pub(super) view: Keeper,
    pub(super) vitals: Arc<Vitals>,
    pub(super) decoding: DecodeHandle,
    pub(super) strain: Strain,
    pub(super) timezone: TimeZone,
    pub(super) stop: Arc<AtomicBool>,
}

/// How long the camera has been blind, and when the scene must hear that its stream is lost.
#[derive(Default)]
struct Blindness {
    since: Option<Instant>,
    told: Option<Instant>,
}

impl Blindness {
    fn begin(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    fn end(&mut self) {
        *self = Self::default();
    }

    /// When the scene must hear it now: for how long nothing has been seen.
    fn lost_for(&mut self, now: Instant) -> Option<Duration> {
        let lasts = now.saturating_duration_since(self.since?);
        let soon = self.told.is_some_and(|told| now.saturating_duration_since(told) < LOSE_AGAIN);
        if lasts < LOSE_AFTER || soon {
            return None;
        }
        self.told = Some(now);
        Some(lasts)
    }
}

impl Rules {
    /// Works until the camera is stopped.
    pub(super) fn run(mut self) {
        let mut newest = StreamTime::ZERO;
        let mut blind = Blindness::default();
        while !self.stop.load(Ordering::Relaxed) {
            self.vitals.turns.fetch_add(1, Ordering::Relaxed);
            self.view.follow(&mut self.analysis, &mut self.state);
            if let Taken::Item(Signal::Blind { cause, detail, .. }) = self.signals.take(Duration::ZERO) {
                self.state.blind(cause, detail);
                self.send(Job::SessionOver);
                blind.begin(clock::monotonic());
            }
            match self.frames.await_item(TICK) {
                Taken::Item(()) => {
                    if let Some((at, looked)) = self.look() {
                        newest = at;
                        if looked {
                            blind.end();
                        }
                    }
                }
                Taken::TimedOut => {}
                Taken::Closed => return,
            }
            if let Some(lasts) = blind.lost_for(clock::monotonic()) {
                self.lose(newest + lasts);
            }
        }
    }

    /// The stream does not come back.
    fn lose(&mut self, now: StreamTime) {
        self.vigil.reset();
        let told = self.analysis.lose(now, local_time(clock::utc_now(), &self.timezone));
        if !told.is_empty() {
            self.hand_over(told, now, None);
            // no more pictures come for the clip of what has just been told
            self.send(Job::SessionOver);
        }
    }

    /// Takes the newest frame when it is this camera's turn: of which time it is, and whether it could be looked at.
    fn look(&mut self) -> Option<(StreamTime, bool)> {
        // of most keyframes of a sleeping camera no detector hears
        let sleeps = self.frames.look_at_next(|frame| frame.mode == Mode::Keyframes);
        let turn = if sleeps == Some(true) { Ok(()) } else { self.analysis.await_turn() };
        let taken = self.frames.take(Duration::ZERO);
        let at = if let Taken::Item(frame) = &taken { Some(frame.at) } else { None };
        let looked = match (turn, taken) {
            (Ok(()), Taken::Item(frame)) => {
                self.vitals.note_age(frame.mode, self.footage.newest().since(frame.at));
                self.look_at(frame)
            }
            (Err(error), Taken::Item(frame)) => {
                self.analysis.miss(frame.at, local_time(clock::utc_now(), &self.timezone));
                self.fail(&error);
                false
            }
            (_, Taken::TimedOut | Taken::Closed) => false,
        };
        self.analysis.end_turn();
        self.tell_strain();
        at.map(|at| (at, looked))
    }

    /// True when it could be looked at.
    fn look_at(&mut self, frame: Frame) -> bool {
        let (at, original) = (frame.at, frame.original.clone());
        let local = local_time(clock::utc_now(), &self.timezone);
        match self.vigil.take(&mut self.analysis, frame, local) {
            // what is older comes first
            Ok(None) => true,
            Ok(Some(events)) => {
                self.vitals.looks.fetch_add(1, Ordering::Relaxed);
                self.state.watching();
                // a frame may be some seconds old; the newest packet has just come
                self.hand_over(events, self.footage.newest().max(at), original.as_ref());
                true
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    fn fail(&mut self, error: &LookError) {
        let cause = match error {
            LookError::TimedOut(_) => BlindCause::Overloaded,
            LookError::Detect(_) | LookError::Stopped => BlindCause::Internal,
        };
        tracing::error!(camera = self.state.camera(), %error, "a frame could not be looked at");
        self.state.blind(cause, error.to_string());
    }

    /// Says when fewer pictures are looked at than should be, and when that is over.
    fn tell_strain(&mut self) {
        let decoding = self.decoding.stats();
        let counts = strain::Counts {
            looks: self.vitals.looks.load(Ordering::Relaxed),
            dropped: self.frames.dropped(),
            packets: decoding.packets,
            skipped: decoding.skipped,
        };
        if let Some(strained) = self.strain.look(clock::monotonic(), counts) {
            self.state.strained(strained);
        }
    }

    /// `now` is the stream time of this moment, `original` the picture that showed it.
    fn hand_over(&self, events: Vec<Event>, now: StreamTime, original: Option<&Original>) {
        if events.is_empty() {
            return;
        }
        let wall = clock::utc_now();
        for event in events {
            let (utc, since_utc) = (wall_at(wall, now, event.at), wall_at(wall, now, event.since));
            let drawing =
                if event.phase == Phase::Began { self.drawing(&event, utc) } else { Drawing::default() };
            let footage = Arc::clone(&self.footage);
            // as many as wait are kept from the decoder
            let original = original.filter(|_| event.phase == Phase::Began && self.jobs.len() < FEW_JOBS);
            let original = original.cloned();
            self.send(Job::Event(Box::new(Told { event, utc, since_utc, drawing, original, footage })));
        }
    }

    /// Everybody who is there, those who take part in colour, the zone, and what, where and when.
    fn drawing(&self, event: &Event, utc: Timestamp) -> Drawing {
        let local = self.timezone.to_datetime(utc);
        let mut drawing = draw::scene(self.analysis.tracks(), &self.scene);
        for (mark, track) in drawing.marks.iter_mut().zip(draw::shown(self.analysis.tracks())) {
            mark.main = event.tracks.contains(&track.id);
        }
        drawing.outlines = draw::place(&self.scene, event.zone.as_deref());
        drawing.caption =
            format!("{} {} {}", self.state.camera(), event.rule, local.strftime("%Y-%m-%d %H:%M:%S"));
        drawing
    }

    /// Waits for room: frames are dropped meanwhile, alerts never.
    fn send(&self, mut job: Job) {
        while let Err(error) = self.jobs.send_timeout(job, TICK) {
            match error {
                SendTimeoutError::Timeout(again) if !self.stop.load(Ordering::Relaxed) => {
                    self.vitals.waiting_for_disk.store(true, Ordering::Relaxed);
                    job = again;
                }
                SendTimeoutError::Timeout(_) => {
                    tracing::error!(
                        camera = self.state.camera(),
                        "an event was given up: the box is stopping"
                    );
                    return;
                }
                SendTimeoutError::Disconnected(_) => {
                    tracing::error!(camera = self.state.camera(), "an event was lost: no alerting thread");
                    return;
                }
            }
        }
        self.vitals.waiting_for_disk.store(false, Ordering::Relaxed);
    }
}

/// Wall clock of stream time `at`, when `now` on the stream is `wall`.
fn wall_at(wall: Timestamp, now: StreamTime, at: StreamTime) -> Timestamp {
    let ago = SignedDuration::try_from(now.since(at)).unwrap_or_default();
    wall.checked_sub(ago).unwrap_or(wall)
}

/// Day and minute that armed hours are compared with.
fn local_time(at: Timestamp, zone: &TimeZone) -> Option<LocalTime> {
    let local = zone.to_datetime(at);
    let weekday =
        xunge_scene::Weekday::ALL[usize::from(local.weekday().to_monday_zero_offset().unsigned_abs())];
    LocalTime::new(weekday, local.hour().unsigned_abs(), local.minute().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_of_the_stream_is_the_past_of_the_wall() {
        let wall: Timestamp = "2026-11-23T03:20:10Z".parse().unwrap();
        let at = |secs| wall_at(wall, StreamTime::from_secs(30.0), StreamTime::from_secs(secs));
        assert_eq!(at(30.0), wall);
        assert_eq!(at(25.5), "2026-11-23T03:20:05.5Z".parse().unwrap());
        assert_eq!(at(31.0), wall);
    }

    #[test]
    fn a_stream_is_lost_after_its_patience_and_again_while_it_stays_away() {
        let begun = clock::monotonic();
        let at = |secs: f64| begun + Duration::from_secs_f64(secs);
        let mut blind = Blindness::default();
        assert_eq!(blind.lost_for(at(100.0)), None, "it was never blind");
        blind.begin(at(1.0));
        // a try that fails says again that the camera is blind
        blind.begin(at(9.0));
        assert_eq!(blind.lost_for(at(15.9)), None);
        assert_eq!(blind.lost_for(at(16.0)), Some(Duration::from_secs(15)));
        assert_eq!(blind.lost_for(at(20.9)), None);
        assert_eq!(blind.lost_for(at(21.0)), Some(Duration::from_secs(20)));
        blind.end();
        blind.begin(at(22.0));
        assert_eq!(blind.lost_for(at(36.9)), None, "a short reconnect begins anew");
        blind.end();
        assert_eq!(blind.lost_for(at(60.0)), None);
    }

    #[test]
    fn armed_hours_are_local() {
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(8));
        let at: Timestamp = "2026-11-22T22:30:00Z".parse().unwrap();
        let monday = LocalTime::new(xunge_scene::Weekday::Monday, 6, 30);
        assert_eq!(local_time(at, &zone), monday);
    }
}
