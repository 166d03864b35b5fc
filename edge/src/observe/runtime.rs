//! Loads the ONNX Runtime library, once per process.

use std::path::{Path, PathBuf};

use ort::{
    environment::Environment,
    session::{Session, builder::GraphOptimizationLevel},
};
use thiserror::Error;

/// The library cannot be used.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// No such file.
    #[error(
        "ONNX Runtime's library is not at any of: {}. Run `make setup`, or set `onnxruntime` in [detector] or the \
         environment variable XUNGE_ONNXRUNTIME to the path of libonnxruntime.so",
        .0.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NotFound(Vec<PathBuf>),
    /// The file is there and does not load.
    #[error("ONNX Runtime's library {path} does not load: {reason}")]
    Load {
        /// Which file.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
}

/// File name of the library.
pub const LIBRARY: &str = "libonnxruntime.so";

/// Loads the first library that exists among `candidates`.
pub fn load(candidates: &[PathBuf]) -> Result<Environment, RuntimeError> {
    let path =
        candidates.iter().find(|p| p.is_file()).ok_or_else(|| RuntimeError::NotFound(candidates.to_vec()))?;
    let failed = |reason: String| RuntimeError::Load { path: path.clone(), reason };
    ort::init_from(absolute(path))
        .map_err(|e| failed(e.to_string()))?
        .with_name("xunge")
        .with_telemetry(false)
        .build()
        .map_err(|e| failed(e.to_string()))
}

/// A session of `model` on `threads` threads of its own, which do not spin while they wait.
pub fn session(environment: &Environment, model: &Path, threads: usize) -> Result<Session, ort::Error> {
    Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(threads.max(1))?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        .commit_from_file(model)
}

/// The dynamic loader searches the system's folders for a name without a slash; a path must stay a path.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
