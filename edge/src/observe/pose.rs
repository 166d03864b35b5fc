//! Where the joints of a person are: one ONNX session of MoveNet.
//!
//! Single person: of several in the square it finds the one nearest the middle, so the square is cut around one box.

use std::path::{Path, PathBuf};

use ort::{environment::Environment, session::Session, value::TensorRef};
use xunge_scene::{
    Bounds, Point,
    facts::{KEYPOINTS, Keypoint},
};

use super::{
    Pixels,
    crop::{Square, Turn},
    detector::DetectError,
    runtime::{self, Execution},
};

/// Side of the square / longer side of the person's box (model card: 1.1 to 1.25).
const MARGIN: f64 = 1.25;

/// One session; a worker thread owns it.
pub struct PoseNet {
    session: Session,
    size: usize,
    input: Vec<i32>,
}

impl PoseNet {
    /// Loads `model`.
    pub fn load(environment: &Environment, model: &Path, execution: Execution) -> Result<Self, DetectError> {
        let failed = |e: ort::Error| DetectError::Load { path: model.to_path_buf(), reason: e.to_string() };
        let session = runtime::session(environment, model, execution).map_err(failed)?;
        let size = input_size(&session).ok_or_else(|| DetectError::PoseShape(PathBuf::from(model)))?;
        Ok(Self { session, size, input: vec![0; 3 * size * size] })
    }

    /// The joints of the person in `bounds`.
    pub fn find(
        &mut self,
        picture: Pixels<'_>,
        bounds: Bounds,
    ) -> Result<[Keypoint; KEYPOINTS], DetectError> {
        #[expect(clippy::cast_precision_loss, reason = "pictures are small")]
        let (width, height) = (picture.width as f64, picture.height as f64);
        let centre = bounds.centre();
        let side = (bounds.w * width).max(bounds.h * height) * MARGIN;
        let square =
            Square { x: centre.x * width, y: centre.y * height, side: side.max(1.0), turn: Turn::Upright };
        let (size, input) = (self.size, &mut self.input);
        square.cut(picture, size, |column, row, [b, g, r]| {
            let at = 3 * (row * size + column);
            for (value, byte) in input[at..at + 3].iter_mut().zip([r, g, b]) {
                *value = i32::from(byte);
            }
        });
        let shape = [1, size, size, 3];
        let outputs = self
            .session
            .run(ort::inputs!["image" => TensorRef::from_array_view((shape, input.as_slice()))?])?;
        let (_, values) = outputs["keypoints"].try_extract_tensor::<f32>()?;
        let mut joints = [Keypoint::default(); KEYPOINTS];
        for (joint, found) in joints.iter_mut().zip(values.chunks_exact(3)) {
            let (x, y) = square.in_picture(f64::from(found[1]), f64::from(found[0]));
            *joint = Keypoint { at: Point::new(x / width, y / height), score: found[2] };
        }
        Ok(joints)
    }
}

/// Side of the square when the model has the expected ends.
fn input_size(session: &Session) -> Option<usize> {
    let ([input], [output]) = (session.inputs(), session.outputs()) else { return None };
    let [1, height, width, 3] = input.dtype().tensor_shape()?[..] else { return None };
    let joints = output.dtype().tensor_shape()?[..] == [1, 1, 17, 3];
    let fits = input.name() == "image" && output.name() == "keypoints" && joints && height == width;
    usize::try_from(height).ok().filter(|&size| fits && size > 0)
}
