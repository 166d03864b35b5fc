//! What is measured on the whole picture at every look: only what the camera's rules need.

use xunge_scene::{Detection, Facts, Needs};

use super::{detector::DetectError, flow::FlowMeter};
use crate::frame::Frame;

/// The meters of one camera.
#[derive(Default)]
pub struct Meters {
    flow: Option<FlowMeter>,
}

impl Meters {
    /// Those that are needed.
    pub fn new(needs: Needs) -> Self {
        Self { flow: needs.flow.then(FlowMeter::default) }
    }

    /// Measures one frame in which the detector found `detections`.
    pub fn measure(&mut self, frame: &Frame, _detections: &[Detection]) -> Result<Facts<'_>, DetectError> {
        let flow = match &mut self.flow {
            Some(meter) => meter.look(frame.at, frame.pixels())?,
            None => None,
        };
        Ok(Facts { flow, ..Facts::default() })
    }

    /// The stream broke.
    pub fn reset(&mut self) {
        if let Some(flow) = &mut self.flow {
            flow.reset();
        }
    }
}
