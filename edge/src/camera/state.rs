//! What is said of a camera: starting, watching, or blind and why.

use xunge_alert::{BlindCause, CameraState, VERSION, Watch};

use super::Services;
use crate::{clock, config::CameraConfig, uplink::UplinkHandle};

/// Tells the uplink when the state changes, and only then.
pub struct Teller {
    uplink: UplinkHandle,
    state: CameraState,
}

impl Teller {
    /// Says `starting`.
    pub fn new(config: &CameraConfig, services: &Services) -> Self {
        let state = CameraState {
            version: VERSION,
            edge: services.edge.clone(),
            camera: config.id.clone(),
            name: config.name.clone(),
            watch: Watch::Starting,
            cause: None,
            detail: None,
            since_utc: clock::utc_now(),
        };
        services.uplink.set_camera_state(state.clone());
        Self { uplink: services.uplink.clone(), state }
    }

    /// Frames are analysed.
    pub fn watching(&mut self) {
        self.tell(Watch::Watching, None, None);
    }

    /// Nothing is seen. The detail of a cause that lasts is not repeated.
    pub fn blind(&mut self, cause: BlindCause, detail: String) {
        self.tell(Watch::Blind, Some(cause), Some(detail));
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
