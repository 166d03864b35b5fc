//! The daemon: all cameras, the outbox, the uplink, until somebody says stop.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{runtime::Runtime, signal::unix::SignalKind};

use xunge_scene::Needs;

use crate::{
    camera::{Camera, Services},
    clock,
    config::{For, Setup, StorageConfig},
    engine::Engine,
    metrics,
    outbox::{Limits, Outbox, PruneLimits},
    uplink::Uplink,
};

/// How often the daemon looks after itself.
const TURN: Duration = Duration::from_secs(1);
/// Between two looks at the evidence folder's size.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// A rule thread that has not turned for so long hangs; its own longest wait is 5 s.
const HANGS_AFTER: Duration = Duration::from_secs(30);

/// Version in status messages.
const SOFTWARE: &str = env!("CARGO_PKG_VERSION");

/// Runs the box of the configuration `path` until SIGTERM or SIGINT.
pub fn run(path: &Path) -> Result<()> {
    let started = clock::monotonic();
    let provided = std::env::var_os("CREDENTIALS_DIRECTORY");
    let setup = Setup::load(path, provided.as_deref().map(Path::new), For::Run)?;
    let config = &setup.config;
    let cameras: Vec<_> = config.cameras.iter().filter(|c| c.enabled).collect();
    if cameras.is_empty() {
        bail!("no camera of {} is enabled", path.display());
    }
    let needs = cameras.iter().fold(Needs::default(), |needs, camera| needs.and(camera.scene.needs()));
    let engine = Engine::start(&config.detector, cameras.len(), needs)?;
    let (outbox, opened) =
        Outbox::open(&config.storage.directory, limits(&config.storage), clock::utc_now())?;
    if opened.evidence_lost > 0 {
        tracing::error!(
            files = opened.evidence_lost,
            "evidence is gone from the disk before the centre had it"
        );
    }
    let interrupted = outbox.close_interrupted(clock::utc_now(), clock::quality())?;
    if !interrupted.is_empty() {
        tracing::warn!(count = interrupted.len(), "happenings that the last run left open are ended");
    }

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("uplink")
        .enable_all()
        .build()
        .context("no threads for the uplink")?;
    let options = setup.uplink_options(SOFTWARE).context("[uplink] is missing")?;
    let uplink = Uplink::start(options, outbox.clone(), runtime.handle())?;

    let services = Services {
        edge: config.edge_id.clone(),
        site: config.site.clone(),
        timezone: config.timezone.clone(),
        model_sha256: engine.model.sha256.clone(),
        outbox: outbox.clone(),
        uplink: uplink.handle(),
        state_dir: config.storage.directory.clone(),
    };
    let mut running = Vec::with_capacity(cameras.len());
    for camera in cameras {
        let source = camera.source(&setup.credentials);
        let started = Camera::start(camera, source, engine.pool.looker(), &services)
            .with_context(|| format!("camera {} does not start", camera.id))?;
        running.push(started);
    }
    if let Some(listen) = config.metrics {
        let sources = metrics::Sources {
            started,
            provider: engine.provider,
            model_sha256: engine.model.sha256.clone(),
            cameras: running.iter().map(Camera::meter).collect(),
            pool: engine.pool.handle(),
            outbox: outbox.clone(),
            uplink: uplink.handle(),
        };
        // a box that nobody can ask still watches
        if let Err(error) = metrics::serve(listen, sources, &runtime) {
            tracing::error!("metrics are not served: {error:#}");
        }
    }
    tracing::info!(edge = config.edge_id, cameras = running.len(), "running");
    look_after(&runtime, &running, &outbox, &config.storage)?;

    tracing::info!("stopping");
    tell_systemd(&[sd_notify::NotifyState::Stopping]);
    running.iter().for_each(Camera::begin_stop);
    running.into_iter().for_each(Camera::stop);
    runtime.block_on(uplink.stop());
    engine.pool.stop();
    tracing::info!("stopped");
    Ok(())
}

fn limits(storage: &StorageConfig) -> Limits {
    Limits { max_rows: storage.outbox_max_alerts, max_bytes: storage.outbox_max_bytes, ..Limits::default() }
}

/// Turns once a second until a signal comes: watchdog, requests, evidence folder.
fn look_after(runtime: &Runtime, cameras: &[Camera], outbox: &Outbox, storage: &StorageConfig) -> Result<()> {
    let _inside = runtime.enter();
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(SignalKind::interrupt())?;
    tell_systemd(&[sd_notify::NotifyState::Ready]);
    let mut progress = Progress::default();
    let mut pruned = clock::monotonic();
    loop {
        let told = runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => true,
                _ = interrupt.recv() => true,
                () = tokio::time::sleep(TURN) => false,
            }
        });
        if told {
            return Ok(());
        }
        cameras.iter().for_each(Camera::look_at_requests);
        let now = clock::monotonic();
        let hanging = progress.hanging(cameras, now);
        if hanging.is_empty() {
            tell_systemd(&[sd_notify::NotifyState::Watchdog]);
        } else {
            tracing::error!(cameras = ?hanging, "rule threads hang; the watchdog is not fed");
        }
        if now.duration_since(pruned) >= PRUNE_EVERY {
            pruned = now;
            let limits =
                PruneLimits { max_bytes: storage.evidence_max_bytes, min_free_bytes: storage.min_free_bytes };
            if let Err(error) = outbox.prune(limits) {
                tracing::error!(%error, "no room could be made for evidence");
            }
        }
    }
}

/// Who turned when.
#[derive(Default)]
struct Progress {
    seen: BTreeMap<String, (u64, Instant)>,
}

impl Progress {
    /// Cameras whose rule thread stands still for no good reason.
    fn hanging(&mut self, cameras: &[Camera], now: Instant) -> Vec<String> {
        let mut hanging = Vec::new();
        for camera in cameras {
            let vitals = camera.vitals();
            let turns = vitals.turns.load(Ordering::Relaxed);
            let (last, since) = self.seen.entry(camera.name().to_owned()).or_insert((turns, now));
            if *last != turns || vitals.waiting_for_disk.load(Ordering::Relaxed) {
                (*last, *since) = (turns, now);
            } else if now.duration_since(*since) >= HANGS_AFTER {
                hanging.push(camera.name().to_owned());
            }
        }
        hanging
    }
}

/// Outside systemd this does nothing.
fn tell_systemd(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}
