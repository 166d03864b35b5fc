//! From a frame to events: the stages that live cameras and replay share.

use std::{sync::Arc, time::Duration};

use xunge_scene::{
    CameraScene, Closer, Closeup, Detection, Event, LocalTime, Look, StreamTime, Track, Wants, Watch,
    facts::NoCloser,
};

use crate::{
    frame::Frame,
    observe::{
        attire,
        meters::Meters,
        past::Past,
        picture::KeptError,
        pool::{LookError, Looker, Urgency},
    },
};

/// The detector's share, the meters and the scene of one camera.
pub struct Analysis {
    looker: Looker,
    meters: Meters,
    /// Where behaviors look closer.
    past: Option<Past>,
    watch: Watch,
    /// What the detector found at its latest look.
    detections: Vec<Detection>,
    /// Longest wait for the detector.
    limit: Duration,
}

impl Analysis {
    /// For one camera.
    pub fn new(looker: Looker, scene: &CameraScene, limit: Duration) -> Self {
        let needs = scene.needs();
        let past = needs.closer.then(Past::default);
        Self {
            looker,
            meters: Meters::new(needs),
            past,
            watch: Watch::new(scene),
            detections: Vec::new(),
            limit,
        }
    }

    /// Looks at a frame. A failed look is shown to the scene as blind, and returned.
    pub fn see(&mut self, frame: Frame, local: Option<LocalTime>) -> Result<Vec<Event>, LookError> {
        let at = frame.at;
        self.watch.set_aspect(frame.full_width as f64 / frame.full_height as f64);
        let frame = Arc::new(frame);
        let looked = self.looker.look(Arc::clone(&frame), self.limit);
        let measured = looked.and_then(|detections| {
            let facts = self.meters.measure(&frame, &detections).map_err(LookError::Detect)?;
            Ok((detections, facts))
        });
        let (detections, facts) = match measured {
            Ok(measured) => measured,
            Err(error) => {
                self.miss(at, local);
                return Err(error);
            }
        };
        let mut closer = OnFrame {
            looker: &self.looker,
            past: self.past.as_ref(),
            frame: Arc::clone(&frame),
            limit: self.limit,
            failed: None,
        };
        let events = self.watch.look_closely(at, Look::Seen(&detections), facts, &mut closer, local);
        let mut failed = closer.failed;
        self.meters.hold_view(self.watch.view_is_lost());
        if let Some(Err(error)) = self.past.as_mut().map(|past| past.note(at, frame.pixels())) {
            failed.get_or_insert(LookError::Detect(error.into()));
        }
        if let Some(error) = failed {
            // the look itself was good: what the scene saw stands, and only the closer look is missing
            tracing::warn!(%error, "a closer look failed");
        }
        self.detections = detections;
        Ok(events)
    }

    /// Waits until a detector is free for this camera: who waits before it takes a frame takes the newest.
    pub fn await_turn(&mut self) -> Result<(), LookError> {
        self.looker.set_urgency(match () {
            () if self.watch.is_open() => Urgency::Open,
            () if self.watch.is_quiet() => Urgency::Quiet,
            () => Urgency::Usual,
        });
        self.looker.await_turn(self.limit)
    }

    /// Nobody could look at the frame of this time: shown to the scene as blind.
    pub fn miss(&mut self, at: StreamTime, local: Option<LocalTime>) {
        self.watch.look(at, Look::Blind, local);
    }

    /// Nothing is to be looked at after all.
    pub fn end_turn(&mut self) {
        self.looker.end_turn();
    }

    /// Shows the scene that what was there is still there; the picture is measured, and the detector does not look.
    pub fn hold(&mut self, frame: &Frame, local: Option<LocalTime>) -> Result<Vec<Event>, LookError> {
        let facts = self.meters.measure(frame, &self.detections).map_err(LookError::Detect)?;
        let events = self.watch.look_closely(frame.at, Look::Still, facts, &mut NoCloser, local);
        self.meters.hold_view(self.watch.view_is_lost());
        Ok(events)
    }

    /// After the latest look nobody who moves is there, and no rule waits for anything.
    pub fn is_quiet(&self) -> bool {
        self.watch.is_quiet()
    }

    /// The stream is over: ends what is open and forgets every track.
    pub fn end(&mut self, at: StreamTime) -> Vec<Event> {
        self.reset_pictures();
        self.watch.reset(at)
    }

    /// The camera's stream is lost and should not be: like the end, and a rule may tell it.
    pub fn lose(&mut self, at: StreamTime, local: Option<LocalTime>) -> Vec<Event> {
        self.reset_pictures();
        self.watch.lose(at, local)
    }

    fn reset_pictures(&mut self) {
        self.meters.reset();
        if let Some(past) = &mut self.past {
            past.reset();
        }
    }

    /// The camera looks elsewhere than it did, and its rules with places are suspended.
    pub fn view_is_lost(&self) -> bool {
        self.watch.view_is_lost()
    }

    /// Names of the rules that wait because of that.
    pub fn suspended_rules(&self) -> Vec<&str> {
        self.watch.suspended_rules()
    }

    /// What the camera usually shows, for [`Analysis::begin_with_lost_view`] of a later run; none when that is not known.
    pub fn usual_view(&self) -> Result<Option<Vec<u8>>, KeptError> {
        self.meters.usual_view()
    }

    /// Before the first frame: the camera looked elsewhere already in an earlier run, and nobody has approved that.
    /// Without the picture of what it `usual`ly showed, only an approval ends that.
    pub fn begin_with_lost_view(&mut self, usual: Option<&[u8]>) {
        self.watch.begin_with_lost_view();
        self.meters.hold_view(self.watch.view_is_lost());
        if let Some(Err(error)) = usual.map(|usual| self.meters.restore_view(usual)) {
            tracing::error!(%error, "the picture of the usual view cannot be read: the view waits for an approval");
        }
    }

    /// Somebody has approved what the camera sees now as its view.
    pub fn approve_view(&mut self) {
        self.meters.approve_view();
        self.watch.approve_view();
    }

    /// Tracks after the latest look.
    pub fn tracks(&self) -> &[Track] {
        self.watch.tracks()
    }
}

/// Looks more closely at one frame, through the pool.
struct OnFrame<'a> {
    looker: &'a Looker,
    past: Option<&'a Past>,
    frame: Arc<Frame>,
    limit: Duration,
    failed: Option<LookError>,
}

impl Closer for OnFrame<'_> {
    fn look(&mut self, wants: &Wants) -> Closeup {
        let mut found = Closeup::default();
        if wants.needs_net() {
            tracing::trace!(poses = wants.poses.len(), turned = wants.turned.len(), "a closer look");
            match self.looker.look_closer(Arc::clone(&self.frame), wants.clone(), self.limit) {
                Ok(seen) => found = seen,
                Err(error) => self.failed = Some(error),
            }
        }
        let attire = |(&track, &bounds)| Some((track, attire::measure(self.frame.pixels(), bounds)?));
        found.attires = wants.attires.iter().filter_map(attire).collect();
        match self.past.map(|past| past.alike(self.frame.pixels(), &wants.before)) {
            Some(Ok(alike)) => found.alike = alike,
            Some(Err(error)) => _ = self.failed.get_or_insert(LookError::Detect(error.into())),
            None => {}
        }
        found
    }
}
