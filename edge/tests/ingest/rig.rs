//! What these tests share.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};
use xunge_alert::BlindCause;
use xunge_demo::clips::{self, ClipSpec};
use xunge_edge::decode::{DecodeOptions, Decoder};
use xunge_edge::frame::Frame;
use xunge_edge::ingest::{Ingest, IngestOptions, Packet, RtspSource, Signal, Source};

/// Longest wait for anything; a machine under load is slow.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Short waits, so that a test of a broken camera takes seconds.
pub fn quick() -> IngestOptions {
    IngestOptions {
        connect_timeout: Duration::from_secs(4),
        stall_timeout: Duration::from_secs(2),
        retry_first: Duration::from_millis(100),
        retry_longest: Duration::from_millis(400),
        ..IngestOptions::default()
    }
}

/// A running ingest whose packets and signals are collected.
pub struct Rig {
    pub ingest: Ingest,
    pub packets: Receiver<Packet>,
    pub signals: Receiver<Signal>,
}

impl Rig {
    pub fn start(source: Source, options: IngestOptions) -> Self {
        let (packet_in, packets) = unbounded();
        let (signal_in, signals) = unbounded();
        let on_packet = Arc::new(move |p| drop(packet_in.send(p)));
        let on_signal = move |s| drop(signal_in.send(s));
        let ingest = Ingest::start("test", source, options, on_packet, on_signal).unwrap();
        Self { ingest, packets, signals }
    }

    pub fn camera(url: &str) -> Self {
        Self::start(Source::Rtsp(RtspSource::new(url)), quick())
    }

    /// The next signal that is wanted; others are passed over.
    pub fn wait_for(&self, wanted: impl Fn(&Signal) -> bool) -> Signal {
        let deadline = Instant::now() + PATIENCE;
        let mut passed = Vec::new();
        loop {
            match self.signals.recv_deadline(deadline) {
                Ok(signal) if wanted(&signal) => return signal,
                Ok(signal) => passed.push(signal),
                Err(e) => panic!("the awaited signal did not come ({e}); passed over {passed:?}"),
            }
        }
    }

    pub fn wait_flowing(&self) -> u32 {
        match self.wait_for(|s| matches!(s, Signal::Flowing { .. })) {
            Signal::Flowing { session } => session,
            other => panic!("{other:?}"),
        }
    }

    /// The sentence of the next report of blindness, which must have this cause.
    pub fn wait_blind(&self, cause: BlindCause) -> String {
        match self.wait_for(|s| matches!(s, Signal::Blind { .. })) {
            Signal::Blind { cause: found, detail, .. } => {
                assert_eq!(found, cause, "{detail}");
                detail
            }
            other => panic!("{other:?}"),
        }
    }

    /// The next packet.
    pub fn packet(&self) -> Packet {
        self.packets.recv_timeout(PATIENCE).expect("a packet")
    }
}

/// Makes a clip in `folder`.
pub fn clip(folder: &Path, name: &str, spec: &ClipSpec) -> PathBuf {
    let path = folder.join(name);
    clips::make(spec, &path).unwrap();
    path
}

/// All packets of a file.
pub fn packets_of(path: &Path) -> Vec<Packet> {
    let rig = Rig::start(Source::File { path: path.to_owned(), as_camera: false }, quick());
    assert_eq!(rig.wait_for(|s| !matches!(s, Signal::Flowing { .. })), Signal::Ended);
    rig.packets.try_iter().collect()
}

/// All frames of a file, by a decoder that drops nothing.
pub fn frames_of(path: &Path, fps: Option<f64>, (width, height): (u32, u32)) -> Vec<Frame> {
    let frames: Arc<Mutex<Vec<Frame>>> = Arc::default();
    let taken = frames.clone();
    let on_frame = Arc::new(move |f| {
        taken.lock().unwrap().push(f);
        true
    });
    let decoder =
        Arc::new(Mutex::new(Some(Decoder::new(DecodeOptions::new(width, height, fps, true), on_frame))));
    let pushed = decoder.clone();
    let (signal_in, signals) = unbounded();
    let source = Source::File { path: path.to_owned(), as_camera: false };
    let on_packet = Arc::new(move |p: Packet| pushed.lock().unwrap().as_mut().unwrap().push(&p).unwrap());
    let ingest = Ingest::start("file", source, quick(), on_packet, move |s| drop(signal_in.send(s))).unwrap();
    loop {
        match signals.recv_timeout(Duration::from_secs(120)) {
            Ok(Signal::Ended) => break,
            Ok(Signal::Flowing { .. }) => {}
            Ok(other) => panic!("{other:?}"),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => panic!("the file did not end"),
        }
    }
    ingest.stop();
    decoder.lock().unwrap().take().unwrap().finish().unwrap();
    std::mem::take(&mut *frames.lock().unwrap())
}

/// All frames of a short file, by a decoder as live cameras have.
pub fn live_frames_of(path: &Path) -> Vec<Frame> {
    let frames: Arc<Mutex<Vec<Frame>>> = Arc::default();
    let taken = frames.clone();
    let on_frame = Arc::new(move |f| {
        taken.lock().unwrap().push(f);
        true
    });
    let mut decoder = Decoder::new(DecodeOptions::new(320, 240, None, false), on_frame);
    for packet in packets_of(path) {
        decoder.push(&packet).unwrap();
    }
    decoder.finish().unwrap();
    std::mem::take(&mut *frames.lock().unwrap())
}

/// Footage that lies outside the repository; says loudly when it is not there.
pub fn shared_clip(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/clips").join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("!!! SKIPPED: {} is not here", path.display());
    None
}
