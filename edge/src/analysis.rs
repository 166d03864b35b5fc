//! From a frame to events: the stages that live cameras and replay share.

use std::{sync::Arc, time::Duration};

use xunge_scene::{CameraScene, Event, LocalTime, Look, StreamTime, Track, Watch};

use crate::{
    frame::Frame,
    observe::pool::{LookError, Looker},
};

/// The detector's share and the scene of one camera.
pub struct Analysis {
    looker: Looker,
    watch: Watch,
    /// Longest wait for the detector.
    limit: Duration,
}

impl Analysis {
    /// For one camera.
    pub fn new(looker: Looker, scene: &CameraScene, limit: Duration) -> Self {
        Self { looker, watch: Watch::new(scene), limit }
    }

    /// Looks at a frame. A failed look is shown to the scene as blind, and returned.
    pub fn see(&mut self, frame: Frame, local: Option<LocalTime>) -> Result<Vec<Event>, LookError> {
        let at = frame.at;
        self.watch.set_aspect(frame.full_width as f64 / frame.full_height as f64);
        match self.looker.look(Arc::new(frame), self.limit) {
            Ok(detections) => Ok(self.watch.look(at, Look::Seen(&detections), local)),
            Err(error) => {
                self.watch.look(at, Look::Blind, local);
                Err(error)
            }
        }
    }

    /// The stream is lost: ends what is open and forgets every track.
    pub fn lose(&mut self, at: StreamTime) -> Vec<Event> {
        self.watch.reset(at)
    }

    /// Tracks after the latest look.
    pub fn tracks(&self) -> &[Track] {
        self.watch.tracks()
    }
}
