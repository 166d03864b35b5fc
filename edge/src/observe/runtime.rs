//! Loads the ONNX Runtime library, once per process.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ort::{
    environment::Environment,
    ep::{self, ExecutionProvider as _},
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

/// What runs the neural networks: ONNX Runtime's execution provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// The processor, by ONNX Runtime itself. Every library can.
    #[default]
    Cpu,
    /// Intel's processors and graphics.
    OpenVino,
    /// Nvidia's graphics.
    Cuda,
}

impl Provider {
    /// Their names in the configuration.
    pub const NAMES: [&str; 3] = ["cpu", "openvino", "cuda"];

    /// By its name; the processor where there is none of that name.
    pub fn named(name: &str) -> Self {
        match name {
            "openvino" => Self::OpenVino,
            "cuda" => Self::Cuda,
            _ => Self::Cpu,
        }
    }

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        let [cpu, openvino, cuda] = Self::NAMES;
        match self {
            Self::Cpu => cpu,
            Self::OpenVino => openvino,
            Self::Cuda => cuda,
        }
    }

    /// Whether the library that was loaded is built with it. Whether this machine has what it takes shows only when a
    /// model is loaded.
    fn is_built_in(self) -> Result<bool, ort::Error> {
        match self {
            Self::Cpu => Ok(true),
            Self::OpenVino => ep::OpenVINO::is_available(),
            Self::Cuda => ep::CUDA::is_available(),
        }
    }
}

/// How the neural networks are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// What runs them.
    pub provider: Provider,
    /// Threads of each session on the processor.
    pub threads: usize,
}

/// File name of the library.
pub const LIBRARY: &str = "libonnxruntime.so";

/// The library of this process: it can be loaded once, from one place.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Loads the first library that exists among `candidates`, if it is not loaded yet.
pub fn load(candidates: &[PathBuf]) -> Result<Environment, RuntimeError> {
    let path =
        candidates.iter().find(|p| p.is_file()).ok_or_else(|| RuntimeError::NotFound(candidates.to_vec()))?;
    let failed = |reason: String| RuntimeError::Load { path: path.clone(), reason };
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((there, environment)) if there == path => return Ok(environment.clone()),
        Some((there, _)) => return Err(failed(format!("{} is loaded already", there.display()))),
        None => {}
    }
    let environment = ort::init_from(absolute(path))
        .map_err(|e| failed(e.to_string()))?
        .with_name("xunge")
        .with_telemetry(false)
        .build()
        .map_err(|e| failed(e.to_string()))?;
    *loaded = Some((path.clone(), environment.clone()));
    Ok(environment)
}

/// A session of `model`; its threads do not spin while they wait.
pub fn session(environment: &Environment, model: &Path, execution: Execution) -> Result<Session, ort::Error> {
    let Execution { provider, threads } = execution;
    if !provider.is_built_in()? {
        let name = provider.name();
        return Err(ort::Error::new(format!("this ONNX Runtime library is not built with `{name}`")));
    }
    let with = match provider {
        Provider::Cpu => None,
        Provider::OpenVino => Some(ep::OpenVINO::default().with_num_threads(threads.max(1)).build()),
        Provider::Cuda => Some(ep::CUDA::default().build()),
    };
    Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(threads.max(1))?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        .with_execution_providers(with.map(|provider| provider.error_on_failure()).as_slice())?
        .commit_from_file(model)
}

/// The dynamic loader searches the system's folders for a name without a slash; a path must stay a path.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
