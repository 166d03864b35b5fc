//! What is said of a camera: starting, watching, or blind and why; and whether it looks where it should.

use std::sync::Arc;

use jiff::Timestamp;
use xunge_alert::{BlindCause, CameraState, VERSION, View, Watch};

use super::{Services, Vitals};
use crate::{clock, config::CameraConfig, uplink::UplinkHandle};

/// Tells the uplink when the state changes, and only then.
pub struct Teller {
    uplink: UplinkHandle,
    vitals: Arc<Vitals>,
    state: CameraState,
}

impl Teller {
    /// Says `starting`.
    pub fn new(config: &CameraConfig, services: &Services, vitals: Arc<Vitals>) -> Self {
        let state = CameraState {
            version: VERSION,
            edge: services.edge.clone(),
            camera: config.id.clone(),
            name: config.name.clone(),
            watch: Watch::Starting,
            cause: None,
            detail: None,
            since_utc: clock::utc_now(),
            view: None,
            view_since_utc: None,
            suspended_rules: Vec::new(),
            strained_since_utc: None,
        };
        services.uplink.set_camera_state(state.clone());
        Self { uplink: services.uplink.clone(), vitals, state }
    }

    /// Frames are analysed.
    pub fn watching(&mut self) {
        self.tell(Watch::Watching, None, None);
    }

    /// Nothing is seen. The detail of a cause that lasts is not repeated.
    pub fn blind(&mut self, cause: BlindCause, detail: String) {
        self.tell(Watch::Blind, Some(cause), Some(detail));
    }

    /// Whether it looks where it should, if some rule watches that; else since when not, and which rules wait therefore.
    pub fn view(&mut self, watched: bool, moved_since: Option<Timestamp>, suspended_rules: Vec<String>) {
        let view = watched.then_some(if moved_since.is_some() { View::Moved } else { View::Ok });
        if (self.state.view, self.state.view_since_utc) == (view, moved_since) {
            return;
        }
        self.state.view = view;
        self.state.view_since_utc = moved_since;
        self.state.suspended_rules = suspended_rules;
        self.uplink.set_camera_state(self.state.clone());
    }

    /// The box is too short of time to look at all the pictures that it should, or no longer.
    pub fn strained(&mut self, strained: bool) {
        let camera = &self.state.camera;
        if strained {
            tracing::warn!(camera, "the box is overloaded: fewer pictures are looked at than should be");
        } else {
            tracing::info!(camera, "the box is no longer overloaded: all pictures are looked at");
        }
        self.state.strained_since_utc = strained.then(clock::utc_now);
        self.uplink.set_camera_state(self.state.clone());
    }

    /// Camera id.
    pub fn camera(&self) -> &str {
        &self.state.camera
    }

    fn tell(&mut self, watch: Watch, cause: Option<BlindCause>, detail: Option<String>) {
        if self.state.watch == watch && self.state.cause == cause {
            return;
        }
        if self.state.watch != watch {
            self.state.since_utc = clock::utc_now();
        }
        match cause {
            Some(cause) => self.vitals.blind(cause, clock::monotonic()),
            None => self.vitals.watching(clock::monotonic()),
        }
        self.state.watch = watch;
        self.state.cause = cause;
        self.state.detail = detail;
        tracing::info!(
            camera = self.state.camera,
            ?watch,
            ?cause,
            detail = self.state.detail,
            "camera state"
        );
        self.uplink.set_camera_state(self.state.clone());
    }
}
