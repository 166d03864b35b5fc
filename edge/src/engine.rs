//! What all cameras of a box share: models, ONNX Runtime, detector pool.

use anyhow::{Context, Result};

use xunge_scene::Needs;

use crate::{
    config::DetectorConfig,
    models::{self, Model},
    observe::{
        detector::Detector,
        pool::{Eyes, Pool},
        pose::PoseNet,
        runtime,
    },
};

/// The running detector pool and what it runs.
pub struct Engine {
    /// Shared by all cameras.
    pub pool: Pool,
    /// Stands in every alert.
    pub model: Model,
}

impl Engine {
    /// Loads library and models and starts the workers, for so many cameras that `needs` so much between them.
    pub fn start(config: &DetectorConfig, cameras: usize, needs: Needs) -> Result<Self> {
        let model = models::find("detector", config.model.as_deref())?;
        let pose = needs.closer.then(|| models::find("pose", None)).transpose()?;
        let environment = runtime::load(&models::runtime_candidates(config.onnxruntime.as_deref()))?;
        let eyes = (0..config.workers.max(1))
            .map(|_| {
                let detector = Detector::load(&environment, &model.path, config.threads)?;
                let load = |pose: &Model| PoseNet::load(&environment, &pose.path, config.threads);
                Ok(Eyes { detector, pose: pose.as_ref().map(load).transpose()? })
            })
            .collect::<Result<Vec<_>>>()?;
        let pool = Pool::start(eyes, cameras).context("no thread for the detector")?;
        Ok(Self { pool, model })
    }
}
