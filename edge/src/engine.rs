//! What all cameras of a box share: models, ONNX Runtime, detector pool.

use anyhow::{Context, Result};

use ort::environment::Environment;
use xunge_scene::Needs;

use crate::{
    config::DetectorConfig,
    models::{self, Model},
    observe::{
        detector::{DetectError, Detector},
        pool::{Eyes, Pool},
        pose::PoseNet,
        runtime::{self, Execution, Provider},
    },
};

/// The running detector pool and what it runs.
pub struct Engine {
    /// Shared by all cameras.
    pub pool: Pool,
    /// Stands in every alert.
    pub model: Model,
    /// What runs the models: the one that was asked for, if it can be had.
    pub provider: Provider,
}

impl Engine {
    /// Loads library and models and starts the workers, for so many cameras that `needs` so much between them.
    pub fn start(config: &DetectorConfig, cameras: usize, needs: Needs) -> Result<Self> {
        let model = models::find("detector", config.model.as_deref())?;
        let pose = needs.closer.then(|| models::find("pose", None)).transpose()?;
        let environment = runtime::load(&models::runtime_candidates(config.onnxruntime.as_deref()))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = workers(config.workers, cores, cameras);
        let load = |provider| {
            let execution = Execution { provider, threads: config.threads };
            (0..workers).map(|_| eyes(&environment, &model, pose.as_ref(), execution)).collect()
        };
        let (provider, eyes): (_, Vec<Eyes>) = match load(config.provider) {
            Ok(eyes) => (config.provider, eyes),
            Err(error) if config.provider == Provider::Cpu => return Err(error.into()),
            // A box that is slow still sees.
            Err(error) => {
                let asked = config.provider.name();
                tracing::error!(%error, "`{asked}` cannot be used; the processor runs the detector instead");
                (Provider::Cpu, load(Provider::Cpu)?)
            }
        };
        tracing::info!(
            provider = provider.name(),
            model = %model.path.display(),
            sha256 = model.sha256,
            workers = eyes.len(),
            "the detector is loaded"
        );
        let pool = Pool::start(eyes, cameras).context("no thread for the detector")?;
        Ok(Self { pool, model, provider })
    }
}

/// How many detectors: as asked, else one for every two cores, since decoding needs as much; never more than cameras, of
/// which each looks once at a time.
fn workers(asked: Option<usize>, cores: usize, cameras: usize) -> usize {
    asked.unwrap_or(cores.div_ceil(2)).clamp(1, cameras.max(1))
}

fn eyes(
    environment: &Environment,
    model: &Model,
    pose: Option<&Model>,
    execution: Execution,
) -> Result<Eyes, DetectError> {
    let detector = Detector::load(environment, &model.path, execution)?;
    let pose = pose.map(|pose| PoseNet::load(environment, &pose.path, execution)).transpose()?;
    Ok(Eyes { detector, pose })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_core_has_a_detector_unless_somebody_says_how_many() {
        assert_eq!([1, 2, 3, 8].map(|cores| workers(None, cores, 16)), [1, 1, 2, 4]);
        assert_eq!(workers(Some(6), 2, 16), 6);
        assert_eq!((workers(None, 8, 1), workers(Some(6), 8, 2), workers(None, 8, 0)), (1, 2, 1));
    }
}
