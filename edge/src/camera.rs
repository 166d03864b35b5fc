//! One camera: the only place that knows the order of the stages.
//!
//! ```text
//! ingest ─▶ ring ─▶ gate ─▶ decoder ─▶ newest frame ─▶ rule thread: look, track, rules ─▶ alerting thread ─▶ outbox
//!                    ▲───────── sleep, wake ─────────────┘└─ camera state ─▶ uplink
//! ```
//!
//! Nothing is shared with other cameras but the detector pool, the outbox and the uplink.

mod footage;
mod rules;
mod state;
mod strain;
mod view;
mod vitals;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result};
use crossbeam_channel::bounded;
use jiff::tz::TimeZone;

use crate::{
    alerting::{self, Alerting, CLIP_AFTER, CLIP_BEFORE, Identity},
    analysis::Analysis,
    clock,
    config::CameraConfig,
    decode::{DecodeOptions, Decoder, Latest, Mode},
    frame::Frame,
    gate::{Feed, Gate, Vigil},
    ingest::{Ingest, IngestHandle, IngestOptions, OnPacket, Packet, Signal, Source},
    observe::pool::Looker,
    outbox::Outbox,
    ring::Ring,
    uplink::UplinkHandle,
    views::ViewFiles,
};
use footage::RingFootage;
use rules::Rules;
use view::{Door, Keeper};
pub use vitals::{Meter, Reading, Vitals};

/// Footage that a camera keeps: a clip's length and what the alerting thread may be late.
const RING: Duration = Duration::from_secs(CLIP_BEFORE.as_secs() + CLIP_AFTER.as_secs() + 5);
/// And its size: 25 s at 16 Mbit/s.
const RING_BYTES: usize = 48 << 20;
/// Longest wait for the detector pool; longer is an overload worth telling.
const LOOK_LIMIT: Duration = Duration::from_secs(5);

/// What a camera is given by the box.
#[derive(Clone)]
pub struct Services {
    /// Box.
    pub edge: String,
    /// 12-digit community code.
    pub site: String,
    /// Armed hours are meant in it.
    pub timezone: TimeZone,
    /// SHA-256 of the detector's weights.
    pub model_sha256: String,
    /// Where alerts go.
    pub outbox: Outbox,
    /// Where camera states go.
    pub uplink: UplinkHandle,
    /// What must survive a restart.
    pub state_dir: PathBuf,
}

/// A running camera.
pub struct Camera {
    ingest: Option<Ingest>,
    signals: Arc<Latest<Signal>>,
    meter: Meter,
    door: Door,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Camera {
    /// Starts all stages of one camera.
    pub fn start(config: &CameraConfig, source: Source, looker: Looker, services: &Services) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let frames = Arc::new(Latest::<Frame>::default());
        let signals = Arc::new(Latest::<Signal>::default());
        let vitals = Arc::new(Vitals::default());
        let ring = Arc::new(Mutex::new(Ring::new(RING, RING_BYTES)));
        let (jobs, queue) = bounded(alerting::QUEUE);

        let (width, height) = looker.input_size();
        let gate = Arc::new(Gate::default());
        let decoder = decoder(config.analysis_fps, (width, height), Arc::clone(&frames));
        let decoding = decoder.handle();
        let feed = Feed::live(&config.id, Arc::clone(&ring), decoder, Arc::clone(&gate), config.sleep());
        let handle = Arc::new(OnceLock::new());
        let on_packet = on_packet(feed, Arc::clone(&handle));

        let identity = Identity {
            edge: services.edge.clone(),
            site: services.site.clone(),
            camera: config.id.clone(),
            camera_name: config.name.clone(),
            model_sha256: services.model_sha256.clone(),
        };
        let alerting = Alerting::new(identity, services.outbox.clone(), Arc::clone(&stop));
        let mut analysis = Analysis::new(looker, &config.scene, LOOK_LIMIT);
        let mut state = state::Teller::new(config, services, Arc::clone(&vitals));
        let files = ViewFiles::open(&services.state_dir, &config.id)?;
        let view = Keeper::begin(files, config.scene.needs().picture, &mut analysis, &mut state);
        let door = view.door();
        let rules = Rules {
            analysis,
            vigil: Vigil::new(Arc::clone(&gate), config.doze),
            scene: config.scene.clone(),
            frames: Arc::clone(&frames),
            signals: Arc::clone(&signals),
            footage: Arc::new(RingFootage::new(ring)),
            jobs,
            state,
            view,
            vitals: Arc::clone(&vitals),
            decoding: decoding.clone(),
            strain: strain::Strain::default(),
            timezone: services.timezone.clone(),
            stop: Arc::clone(&stop),
        };
        let threads = vec![
            named(&format!("alerts-{}", config.id), move || alerting.run(&queue))?,
            named(&format!("rules-{}", config.id), move || rules.run())?,
        ];

        let told = Arc::clone(&signals);
        let ingest = Ingest::start(&config.id, source, IngestOptions::default(), on_packet, move |signal| {
            told.put(signal);
        })
        .map_err(|fault| anyhow::anyhow!("{}", fault.detail))?;
        // packets before this line cannot be told to fail yet; the first bad one after it can
        let _ = handle.set(ingest.handle());
        let ingesting = ingest.handle();
        let meter = Meter { camera: config.id.clone(), frames, vitals, gate, decoding, ingest: ingesting };
        Ok(Self { ingest: Some(ingest), signals, meter, door, stop, threads })
    }

    /// Camera id.
    pub fn name(&self) -> &str {
        &self.meter.camera
    }

    /// How it is doing.
    pub fn vitals(&self) -> &Vitals {
        &self.meter.vitals
    }

    /// Reads it off, also from other threads.
    pub fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Notices what people ask of it: see [`crate::views`]. Reads the disk.
    pub fn look_at_requests(&self) {
        self.door.look();
    }

    /// Asks it to stop, without waiting.
    pub fn begin_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.meter.frames.close();
        self.signals.close();
    }

    /// Stops it. What is open stays open for [`Outbox::close_interrupted`] of the next start.
    pub fn stop(mut self) {
        self.begin_stop();
        if let Some(ingest) = self.ingest.take() {
            ingest.stop();
        }
        let last = self.meter.read(clock::monotonic());
        tracing::info!(
            camera = last.camera,
            looks = last.looks,
            dropped = last.dropped,
            late = last.late,
            sleeps = last.gate.sleeps,
            wakes = last.gate.wakes,
            surges = last.gate.surges,
            surges_in_vain = last.gate.surges_in_vain,
            "a camera has stopped"
        );
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!(camera = self.meter.camera, "a thread of this camera had panicked");
            }
        }
    }
}

fn decoder(fps: f64, (width, height): (usize, usize), frames: Arc<Latest<Frame>>) -> Decoder {
    let pixels = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let options = DecodeOptions::new(pixels(width), pixels(height), Some(fps), false);
    Decoder::new(
        options,
        Arc::new(
            move |frame| if frame.mode == Mode::CatchUp { frames.keep(frame) } else { frames.put(frame) },
        ),
    )
}

/// Each packet goes into the ring and, if it is wanted, to the decoder, on GStreamer's thread.
fn on_packet(feed: Feed, handle: Arc<OnceLock<IngestHandle>>) -> OnPacket {
    let feed = Mutex::new(feed);
    Arc::new(move |packet: Packet| {
        let result = feed.lock().unwrap_or_else(PoisonError::into_inner).packet(&packet);
        if let (Err(fault), Some(handle)) = (result, handle.get()) {
            handle.fail(packet.session, fault);
        }
    })
}

fn named(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work).with_context(|| format!("no thread for {name}"))
}
