//! The object detector: one ONNX session of NanoDet-G.

use std::path::{Path, PathBuf};

use ort::{environment::Environment, session::Session, value::TensorRef};
use thiserror::Error;
use xunge_scene::Detection;

use super::{
    Pixels,
    letterbox::Normaliser,
    nanodet::{self, CHANNELS, Level},
    runtime::{self, Execution},
};

/// Detections below this are noise; the tracker continues a track from here upwards (models card: lying and far
/// people score .12 to .3).
pub const LEAST_SCORE: f32 = 0.12;
const STRIDES: [(&str, usize); 3] = [("p8", 8), ("p16", 16), ("p32", 32)];

/// The detector cannot be made or cannot look.
#[derive(Debug, Error)]
pub enum DetectError {
    /// The model file does not load.
    #[error("the detector's model {path} does not load: {reason}")]
    Load {
        /// Which file.
        path: PathBuf,
        /// What ONNX Runtime says.
        reason: String,
    },
    /// The model is not of the shape that is decoded here.
    #[error("{0} is not a NanoDet-G model with one picture in and the outputs p8, p16, p32")]
    Shape(PathBuf),
    /// The pose model is not of the shape that is decoded here.
    #[error("{0} is not a MoveNet model with one square picture in and 17 keypoints out")]
    PoseShape(PathBuf),
    /// A closer look was asked for, but the box was started without the model for it.
    #[error("there is no pose model: no rule that needs one was configured at start")]
    NoPose,
    /// OpenCV failed.
    #[error("a picture could not be measured: {0}")]
    Measure(#[from] opencv::Error),
    /// Inference failed.
    #[error("a model failed on a picture: {0}")]
    Run(#[from] ort::Error),
}

/// One session; a worker thread owns it.
pub struct Detector {
    session: Session,
    normaliser: Normaliser,
    width: usize,
    height: usize,
    input: Vec<f32>,
}

impl Detector {
    /// Loads `model`.
    pub fn load(environment: &Environment, model: &Path, execution: Execution) -> Result<Self, DetectError> {
        let session = runtime::session(environment, model, execution)
            .map_err(|e| DetectError::Load { path: model.to_path_buf(), reason: e.to_string() })?;
        let (width, height) = input_size(&session).ok_or_else(|| DetectError::Shape(model.to_path_buf()))?;
        // ImageNet statistics in the order B, G, R, as NanoDet was trained (model card)
        let normaliser = Normaliser::new([103.53, 116.28, 123.675], [57.375, 57.12, 58.395]);
        Ok(Self { session, normaliser, width, height, input: vec![0.0; 3 * width * height] })
    }

    /// Columns and rows of the input; pictures are scaled to fit before they come here.
    pub fn input_size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Looks at one picture.
    pub fn detect(&mut self, picture: Pixels<'_>) -> Result<Vec<Detection>, DetectError> {
        self.normaliser.planes(picture, self.width, self.height, &mut self.input);
        let shape = [1, 3, self.height, self.width];
        let outputs = self
            .session
            .run(ort::inputs!["image" => TensorRef::from_array_view((shape, self.input.as_slice()))?])?;
        let mut levels = Vec::with_capacity(STRIDES.len());
        for (name, stride) in STRIDES {
            let (_, values) = outputs[name].try_extract_tensor::<f32>()?;
            levels.push(Level { stride, columns: self.width / stride, rows: self.height / stride, values });
        }
        let (width, height) = (picture.width.min(self.width), picture.height.min(self.height));
        Ok(nanodet::decode(&levels, width, height, LEAST_SCORE))
    }
}

/// Width and height of the input when the model has the expected ends.
fn input_size(session: &Session) -> Option<(usize, usize)> {
    let [input] = session.inputs() else { return None };
    let shape = input.dtype().tensor_shape()?;
    let [1, 3, height, width] = shape[..] else { return None };
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    let whole = width > 0 && height > 0 && width % 32 == 0 && height % 32 == 0;
    let ends = STRIDES.iter().all(|(name, stride)| {
        session.outputs().iter().any(|output| {
            let (rows, columns) = ((height / stride) as i64, (width / stride) as i64);
            output.name() == *name
                && output.dtype().tensor_shape().is_some_and(|s| s[..] == [1, CHANNELS as i64, rows, columns])
        })
    });
    (input.name() == "image" && whole && ends).then_some((width, height))
}
