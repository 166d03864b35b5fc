//! What all cameras of a box share: models, ONNX Runtime, detector pool.

use anyhow::{Context, Result};

use crate::{
    config::{CameraConfig, DetectorConfig},
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
    /// Loads library and models for these cameras and starts the workers.
    pub fn start<'a>(
        config: &DetectorConfig,
        cameras: impl IntoIterator<Item = &'a CameraConfig>,
    ) -> Result<Self> {
        let (mut count, mut closer) = (0, false);
        for camera in cameras {
            count += 1;
            closer |= camera.scene.needs().closer;
        }
        let model = models::find("detector", config.model.as_deref())?;
        let pose = closer.then(|| models::find("pose", None)).transpose()?;
        let environment = runtime::load(&models::runtime_candidates(config.onnxruntime.as_deref()))?;
        let eyes = (0..config.workers.max(1))
            .map(|_| {
                let detector = Detector::load(&environment, &model.path, config.threads)?;
                let load = |pose: &Model| PoseNet::load(&environment, &pose.path, config.threads);
                Ok(Eyes { detector, pose: pose.as_ref().map(load).transpose()? })
            })
            .collect::<Result<Vec<_>>>()?;
        let pool = Pool::start(eyes, count).context("no thread for the detector")?;
        Ok(Self { pool, model })
    }
}
