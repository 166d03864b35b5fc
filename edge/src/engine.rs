//! What all cameras of a box share: model, ONNX Runtime, detector pool.

use anyhow::{Context, Result};

use crate::{
    config::DetectorConfig,
    models::{self, Model},
    observe::{detector::Detector, pool::Pool, runtime},
};

/// The running detector pool and what it runs.
pub struct Engine {
    /// Shared by all cameras.
    pub pool: Pool,
    /// Stands in every alert.
    pub model: Model,
}

impl Engine {
    /// Loads library and model and starts the workers.
    pub fn start(config: &DetectorConfig, cameras: usize) -> Result<Self> {
        let model = models::find("detector", config.model.as_deref())?;
        let environment = runtime::load(&models::runtime_candidates(config.onnxruntime.as_deref()))?;
        let detectors = (0..config.workers.max(1))
            .map(|_| Detector::load(&environment, &model.path, config.threads))
            .collect::<Result<Vec<_>, _>>()?;
        let pool = Pool::start(detectors, cameras).context("no thread for the detector")?;
        Ok(Self { pool, model })
    }
}
