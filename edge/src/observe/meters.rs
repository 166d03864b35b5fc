//! What is measured on the whole picture at every look: only what the camera's rules need.

use xunge_scene::{Detection, Facts, Needs};

use super::sameness::Sameness;
use super::{
    background::BackgroundMeter,
    detector::DetectError,
    flow::FlowMeter,
    picture::{KeptError, PictureMeter},
};
use crate::frame::Frame;

/// The meters of one camera.
#[derive(Default)]
pub struct Meters {
    flow: Option<FlowMeter>,
    background: Option<BackgroundMeter>,
    picture: Option<PictureMeter>,
    sameness: Sameness,
}

impl Meters {
    /// Those that are needed.
    pub fn new(needs: Needs) -> Self {
        Self {
            flow: needs.flow.then(FlowMeter::default),
            background: (needs.regions || needs.foreground).then(BackgroundMeter::default),
            picture: needs.picture.then(PictureMeter::default),
            sameness: Sameness::default(),
        }
    }

    /// Measures one frame in which the detector found `detections`.
    pub fn measure(&mut self, frame: &Frame, detections: &[Detection]) -> Result<Facts<'_>, DetectError> {
        let flow = match &mut self.flow {
            Some(meter) => meter.look(frame.at, frame.pixels())?,
            None => None,
        };
        if let Some(meter) = &mut self.background {
            meter.look(frame.at, frame.pixels(), detections)?;
        }
        let background = self.background.as_ref();
        let (regions, foreground) =
            (background.map(BackgroundMeter::regions), background.and_then(BackgroundMeter::foreground));
        let picture = match &mut self.picture {
            Some(meter) => meter.look(frame.at, frame.pixels())?,
            None => None,
        };
        let anew = background.is_some_and(BackgroundMeter::is_anew);
        Ok(Facts { flow, regions, anew, foreground, picture, same: self.sameness.look(frame.pixels()) })
    }

    /// The stream broke.
    pub fn reset(&mut self) {
        self.sameness.reset();
        if let Some(flow) = &mut self.flow {
            flow.reset();
        }
        if let Some(background) = &mut self.background {
            background.reset();
        }
        if let Some(picture) = &mut self.picture {
            picture.reset();
        }
    }

    /// While the view is lost, nothing else becomes the usual one by itself.
    pub fn hold_view(&mut self, lost: bool) {
        if let Some(picture) = &mut self.picture {
            picture.hold_view(lost);
        }
    }

    /// What the camera usually shows, for a later run; none when that is not known.
    pub fn usual_view(&self) -> Result<Option<Vec<u8>>, KeptError> {
        Ok(self.picture.as_ref().map(PictureMeter::usual_view).transpose()?.flatten())
    }

    /// What the camera usually showed in an earlier run.
    pub fn restore_view(&mut self, usual: &[u8]) -> Result<(), KeptError> {
        self.picture.as_mut().map_or(Ok(()), |picture| picture.restore_view(usual))
    }

    /// What the camera sees now is its view.
    pub fn approve_view(&mut self) {
        if let Some(picture) = &mut self.picture {
            picture.approve_view();
        }
        // what stood in the old view is no thing that is left or taken in this one
        if let Some(background) = &mut self.background {
            background.reset();
        }
    }
}
