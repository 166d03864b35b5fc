//! Events become durable alerts: one alert per happening, with its evidence.
//!
//! `began` is appended as soon as its snapshot is on the disk. The clip is cut once the seconds after `began` have
//! been received and goes out as another revision of the same alert, whether the happening still lasts or not.
//! Evidence that cannot be made is left out and logged: an alert never waits for a picture that will not come.
//!
//! One thread per camera. Its queue is bounded: when the disk is full the camera's rule thread waits in front of it,
//! frames are dropped there, alerts are not.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use jiff::Timestamp;
use uuid::Uuid;
use xunge_alert::{Alert, EndReason, Evidence, EvidenceKind, Phase, Severity, VERSION};
use xunge_scene::{self as scene, Event, StreamTime};

use crate::{clock, frame::Original, outbox::Outbox, still::Drawing};

/// Events that may wait for the disk before the camera's rules do.
pub const QUEUE: usize = 256;
/// Footage before `began` that a clip shows.
pub const CLIP_BEFORE: Duration = Duration::from_secs(10);
/// Footage after `began` that a clip shows.
pub const CLIP_AFTER: Duration = Duration::from_secs(5);
/// How often a clip that is due is looked after.
const TICK: Duration = Duration::from_millis(200);
/// Clips that may be in the making; more happenings at once do without.
const MOST_CLIPS: usize = 32;

/// What stands in every alert of one camera.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Box.
    pub edge: String,
    /// 12-digit community code.
    pub site: String,
    /// Camera id.
    pub camera: String,
    /// Camera name for people.
    pub camera_name: String,
    /// SHA-256 of the detector's weights.
    pub model_sha256: String,
}

/// Recent footage of one session of a camera, to make evidence from.
pub trait Footage: Send + Sync {
    /// Stream time of the newest packet.
    fn newest(&self) -> StreamTime;
    /// One picture of `at` with `drawing` on it, as JPEG; of `original` when that is still there.
    fn snapshot(
        &self,
        at: StreamTime,
        original: Option<&Original>,
        drawing: &Drawing,
    ) -> Result<Vec<u8>, String>;
    /// A playable file of `from..to` around `began`, as much as there is, written to `path`.
    fn clip(&self, from: StreamTime, began: StreamTime, to: StreamTime, path: &Path) -> Result<(), String>;
}

/// What a camera's rule thread hands over.
pub enum Job {
    /// A rule's state changed.
    Event(Box<Told>),
    /// The session is over: clips are cut from what there is.
    SessionOver,
}

/// An event and what its alert needs to know besides.
pub struct Told {
    /// What changed.
    pub event: Event,
    /// Wall clock of `event.at`.
    pub utc: Timestamp,
    /// Wall clock of `event.since`.
    pub since_utc: Timestamp,
    /// What is drawn on the snapshot.
    pub drawing: Drawing,
    /// The picture of `event.at`, when it is still there.
    pub original: Option<Original>,
    /// Footage of the session that the event belongs to.
    pub footage: Arc<dyn Footage>,
}

/// An alert that is not finished: it lasts, or its clip is due.
struct Open {
    alert: Alert,
    lasts: bool,
    clip: Option<Due>,
}

struct Due {
    began: StreamTime,
    footage: Arc<dyn Footage>,
}

/// State of one camera's alerting thread.
pub struct Alerting {
    identity: Identity,
    outbox: Outbox,
    stop: Arc<AtomicBool>,
    /// By the scene's number of the happening.
    open: BTreeMap<u64, Open>,
}

impl Alerting {
    /// `stop` ends waiting for a disk that takes nothing.
    pub fn new(identity: Identity, outbox: Outbox, stop: Arc<AtomicBool>) -> Self {
        Self { identity, outbox, stop, open: BTreeMap::new() }
    }

    /// Works until the sender of `jobs` is gone, then cuts the clips that are due.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = if self.open.values().any(|o| o.clip.is_some()) {
                jobs.recv_timeout(TICK)
            } else {
                jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match job {
                Ok(Job::Event(told)) => match told.event.phase {
                    scene::Phase::Began => self.begin(*told),
                    scene::Phase::Updated => self.revise(&told.event, told.utc, Phase::Updated),
                    scene::Phase::Ended => self.revise(&told.event, told.utc, Phase::Ended),
                },
                Ok(Job::SessionOver) => self.cut_clips(true),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.cut_clips(true),
            }
            self.cut_clips(false);
        }
    }

    fn begin(&mut self, told: Told) {
        let Told { event, utc, since_utc, drawing, original, footage } = told;
        // what is told of a lost stream is shown by the last of it
        let shown = event.at.min(footage.newest());
        let original = original.filter(|_| shown == event.at);
        let snapshot = match footage.snapshot(shown, original.as_ref(), &drawing) {
            Ok(jpeg) => self.store(|outbox| outbox.spool().store_bytes(EvidenceKind::Snapshot, &jpeg)),
            Err(reason) => {
                tracing::error!(camera = self.identity.camera, "no snapshot for an alert: {reason}");
                None
            }
        };
        let mut alert = self.draft(&event, utc, since_utc);
        alert.evidence.extend(snapshot);
        self.append(&alert);
        let clips = self.open.values().filter(|o| o.clip.is_some()).count();
        let clip = (clips < MOST_CLIPS).then(|| Due { began: shown, footage });
        if clip.is_none() {
            tracing::warn!(
                camera = self.identity.camera,
                "more than {MOST_CLIPS} clips at once: one left out"
            );
        }
        self.open.insert(event.happening, Open { alert, lasts: true, clip });
    }

    fn revise(&mut self, event: &Event, utc: Timestamp, phase: Phase) {
        let Some(open) = self.open.get_mut(&event.happening) else {
            tracing::error!(rule = event.rule, "an event of a happening that never began: nothing to say");
            return;
        };
        let alert = &mut open.alert;
        alert.revision += 1;
        alert.phase = phase;
        alert.end_reason = (phase == Phase::Ended).then(|| end_reason(event));
        alert.utc = utc;
        alert.clock_quality = clock::quality();
        measure(alert, event);
        let alert = alert.clone();
        self.append(&alert);
        if phase == Phase::Ended {
            if let Some(open) = self.open.get_mut(&event.happening) {
                open.lasts = false;
            }
            self.forget_finished();
        }
    }

    fn draft(&self, event: &Event, utc: Timestamp, since_utc: Timestamp) -> Alert {
        let id = &self.identity;
        let mut alert = Alert {
            version: VERSION,
            alert_id: Uuid::now_v7(),
            edge: id.edge.clone(),
            site: id.site.clone(),
            // series and number are given by the outbox
            outbox: Uuid::nil(),
            seq: 0,
            revision: 1,
            phase: Phase::Began,
            end_reason: None,
            utc,
            since_utc: since_utc.min(utc),
            clock_quality: clock::quality(),
            behavior: event.behavior.name().to_owned(),
            detail: None,
            rule: event.rule.clone(),
            camera: id.camera.clone(),
            camera_name: id.camera_name.clone(),
            zone: event.zone.clone(),
            tracks: Vec::new(),
            dwell_secs: 0.0,
            threshold: event.threshold,
            measured: None,
            score: 0.0,
            bounds: [0.0; 4],
            severity: Severity::try_from(event.severity).unwrap_or(Severity::P2),
            model_sha256: id.model_sha256.clone(),
            evidence: Vec::new(),
            test: false,
        };
        measure(&mut alert, event);
        alert
    }

    /// Cuts the clips whose seconds after `began` have come; all of them when the session is `over`.
    fn cut_clips(&mut self, over: bool) {
        let due: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, o)| {
                o.clip.as_ref().is_some_and(|c| over || c.footage.newest() >= c.began + CLIP_AFTER)
            })
            .map(|(happening, _)| *happening)
            .collect();
        for happening in due {
            let Some(clip) = self.open.get_mut(&happening).and_then(|o| o.clip.take()) else { continue };
            let path = self.outbox.spool().temporary("mp4");
            let from = StreamTime(clip.began.0.saturating_sub(CLIP_BEFORE));
            let evidence = match clip.footage.clip(from, clip.began, clip.began + CLIP_AFTER, &path) {
                Ok(()) => self.store(|outbox| outbox.spool().store_file(EvidenceKind::Clip, &path)),
                Err(reason) => {
                    tracing::error!(camera = self.identity.camera, "no clip for an alert: {reason}");
                    None
                }
            };
            let (Some(open), Some(evidence)) = (self.open.get_mut(&happening), evidence) else { continue };
            open.alert.revision += 1;
            open.alert.evidence.push(evidence);
            if open.lasts {
                open.alert.phase = Phase::Updated;
                open.alert.utc = clock::utc_now();
            }
            let alert = open.alert.clone();
            self.append(&alert);
        }
        self.forget_finished();
    }

    fn forget_finished(&mut self) {
        self.open.retain(|_, o| o.lasts || o.clip.is_some());
    }

    fn store(&self, put: impl Fn(&Outbox) -> Result<Evidence, crate::spool::SpoolError>) -> Option<Evidence> {
        put(&self.outbox)
            .map_err(
                |error| tracing::error!(camera = self.identity.camera, %error, "evidence was not stored"),
            )
            .ok()
    }

    fn append(&self, alert: &Alert) {
        let go_on = || !self.stop.load(Ordering::Relaxed);
        match self.outbox.append_until_durable(alert.clone(), go_on) {
            Ok(seq) => tracing::info!(
                seq,
                camera = alert.camera,
                rule = alert.rule,
                behavior = alert.behavior,
                phase = ?alert.phase,
                revision = alert.revision,
                "alert"
            ),
            Err(error) => {
                tracing::error!(camera = alert.camera, rule = alert.rule, %error, "an alert was lost")
            }
        }
    }
}

fn end_reason(event: &Event) -> EndReason {
    match event.end_reason {
        Some(scene::EndReason::StreamLost) => EndReason::StreamLost,
        Some(scene::EndReason::Disarmed) => EndReason::Disarmed,
        Some(scene::EndReason::Cleared) | None => EndReason::Cleared,
    }
}

/// What changes from message to message.
fn measure(alert: &mut Alert, event: &Event) {
    alert.tracks.clone_from(&event.tracks);
    alert.dwell_secs = event.at.since(event.since).as_secs_f64();
    alert.measured = event.measured;
    alert.detail = event.detail.map(str::to_owned);
    alert.severity = Severity::try_from(event.severity).unwrap_or(alert.severity);
    alert.score = alert.score.max(event.score.clamp(0.0, 1.0));
    let bounds = event.bounds;
    alert.bounds = [bounds.x, bounds.y, bounds.w, bounds.h].map(|v| v as f32);
}
