//! The rule thread of one camera: newest frame in, events out, and the camera's state.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{SendTimeoutError, Sender};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use xunge_alert::BlindCause;
use xunge_scene::{CameraScene, Event, LocalTime, Phase, StreamTime};

use super::state::Teller;
use crate::{
    alerting::{Footage, Job, Told},
    analysis::Analysis,
    clock,
    decode::{Latest, Taken},
    draw,
    frame::Frame,
    ingest::Signal,
    observe::pool::LookError,
    still::Drawing,
};

/// How often the thread looks around while nothing comes.
const TICK: Duration = Duration::from_millis(200);
/// A stream that comes back within this time goes on where it was: tracks and happenings stay.
const LOSE_AFTER: Duration = Duration::from_secs(15);

/// Signs of life of one camera, for health and watchdog.
#[derive(Debug, Default)]
pub struct Vitals {
    /// Turns of the rule thread; one that stands still hangs.
    pub turns: AtomicU64,
    /// Frames looked at.
    pub looks: AtomicU64,
    /// The thread waits for the disk to take an alert: that is no hanging.
    pub waiting_for_disk: AtomicBool,
}

/// State of the thread.
pub struct Rules {
    pub(super) analysis: Analysis,
    pub(super) scene: CameraScene,
    pub(super) frames: Arc<Latest<Frame>>,
    pub(super) signals: Arc<Latest<Signal>>,
    pub(super) footage: Arc<dyn Footage>,
    pub(super) jobs: Sender<Job>,
    pub(super) state: Teller,
    pub(super) vitals: Arc<Vitals>,
    pub(super) timezone: TimeZone,
    pub(super) stop: Arc<AtomicBool>,
}

/// Blind since when, and whether the scene has been told that all is lost.
struct Blind {
    since: Instant,
    lost: bool,
}

impl Rules {
    /// Works until the camera is stopped.
    pub(super) fn run(mut self) {
        let mut newest = StreamTime::ZERO;
        let mut blind: Option<Blind> = None;
        while !self.stop.load(Ordering::Relaxed) {
            self.vitals.turns.fetch_add(1, Ordering::Relaxed);
            if let Taken::Item(Signal::Blind { cause, detail, .. }) = self.signals.take(Duration::ZERO) {
                self.state.blind(cause, detail);
                self.send(Job::SessionOver);
                blind.get_or_insert_with(|| Blind { since: clock::monotonic(), lost: false });
            }
            match self.frames.take(TICK) {
                Taken::Item(frame) => {
                    newest = frame.at;
                    if self.look(frame) {
                        blind = None;
                    }
                }
                Taken::TimedOut => {}
                Taken::Closed => return,
            }
            if let Some(blind) = blind.as_mut().filter(|b| !b.lost && b.since.elapsed() >= LOSE_AFTER) {
                blind.lost = true;
                let now = newest + blind.since.elapsed();
                let told = self.analysis.lose(now, local_time(clock::utc_now(), &self.timezone));
                self.hand_over(told, now);
                // no more pictures come for the clip of what has just been told
                self.send(Job::SessionOver);
            }
        }
    }

    /// True when the frame was looked at.
    fn look(&mut self, frame: Frame) -> bool {
        let at = frame.at;
        let local = local_time(clock::utc_now(), &self.timezone);
        match self.analysis.see(frame, local) {
            Ok(events) => {
                self.vitals.looks.fetch_add(1, Ordering::Relaxed);
                self.state.watching();
                self.hand_over(events, at);
                true
            }
            Err(error) => {
                let cause = match error {
                    LookError::TimedOut(_) => BlindCause::Overloaded,
                    LookError::Detect(_) | LookError::Stopped => BlindCause::Internal,
                };
                tracing::error!(camera = self.state.camera(), %error, "a frame could not be looked at");
                self.state.blind(cause, error.to_string());
                false
            }
        }
    }

    /// `now` is the stream time of this moment.
    fn hand_over(&self, events: Vec<Event>, now: StreamTime) {
        if events.is_empty() {
            return;
        }
        let wall = clock::utc_now();
        for event in events {
            let (utc, since_utc) = (wall_at(wall, now, event.at), wall_at(wall, now, event.since));
            let drawing =
                if event.phase == Phase::Began { self.drawing(&event, utc) } else { Drawing::default() };
            let footage = Arc::clone(&self.footage);
            self.send(Job::Event(Box::new(Told { event, utc, since_utc, drawing, footage })));
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
    fn armed_hours_are_local() {
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(8));
        let at: Timestamp = "2026-11-22T22:30:00Z".parse().unwrap();
        let monday = LocalTime::new(xunge_scene::Weekday::Monday, 6, 30);
        assert_eq!(local_time(at, &zone), monday);
    }
}
