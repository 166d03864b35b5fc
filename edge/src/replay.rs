//! The same pipeline on a file: as fast as the machine can, on the file's own timeline, dropping nothing.
//!
//! Installers tune with it, tests assert with it, and quality is measured with it. The same file and configuration
//! give the same events on every run.

pub mod annotate;
mod events;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use crossbeam_channel::{Receiver, Sender, bounded};
use xunge_scene::{LocalTime, StreamTime};

use crate::{
    analysis::Analysis,
    config::CameraConfig,
    decode::{DecodeOptions, Decoder},
    frame::Frame,
    ingest::{Ingest, IngestOptions, Packet, Signal, Source},
    observe::pool::Looker,
};

/// Frames that may wait between decoder and detector.
const AHEAD: usize = 4;
/// No look at a file is hurried.
const LOOK_LIMIT: Duration = Duration::from_secs(600);

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Frames looked at.
    pub looks: u64,
    /// Lines written.
    pub events: u64,
    /// Stream time of the last frame.
    pub length: StreamTime,
}

/// Runs `camera`'s rules over the file `video` and writes one JSON line per event to `events`.
///
/// `local` is the day and minute at the file's beginning; without it every rule is armed all the time. `progress` is
/// told the stream time now and then. `keep` is shown every look, for drawing.
pub fn replay(
    camera: &CameraConfig,
    looker: Looker,
    video: &Path,
    events: &Path,
    local: Option<LocalTime>,
    mut progress: impl FnMut(StreamTime),
    mut keep: impl FnMut(&Analysis, StreamTime, &[xunge_scene::Event]),
) -> Result<Summary> {
    let out = File::create(events).with_context(|| format!("{} cannot be written", events.display()))?;
    let mut out = BufWriter::new(out);
    let (width, height) = looker.input_size();
    let stream = FrameStream::open(video, (width, height), Some(camera.analysis_fps))?;
    let mut analysis = Analysis::new(looker, &camera.scene, LOOK_LIMIT);
    let mut summary = Summary::default();
    let mut write = |found: &[xunge_scene::Event]| -> Result<u64> {
        for event in found {
            serde_json::to_writer(&mut out, &events::Line::new(&camera.id, event))?;
            out.write_all(b"\n")?;
        }
        Ok(found.len() as u64)
    };
    for frame in stream.frames() {
        let at = frame.at;
        let found = analysis.see(frame, local.map(|begin| begin.after(at.0)))?;
        keep(&analysis, at, &found);
        summary.looks += 1;
        summary.length = at;
        summary.events += write(&found)?;
        progress(at);
    }
    stream.finish()?;
    let last = analysis.end(summary.length);
    summary.events += write(&last)?;
    out.flush().with_context(|| format!("{} cannot be written", events.display()))?;
    Ok(summary)
}

/// The frames of a file, one after the other.
pub struct FrameStream {
    frames: Receiver<Frame>,
    ended: Receiver<Result<(), String>>,
    ingest: Ingest,
}

impl FrameStream {
    /// Opens a file; frames fit into `fit` and come `fps` times a second of the file's time.
    pub fn open(video: &Path, fit: (usize, usize), fps: Option<f64>) -> Result<Self> {
        if !video.is_file() {
            bail!("{} is not a file", video.display());
        }
        let (frame, frames) = bounded::<Frame>(AHEAD);
        let (end, ended) = bounded(1);
        let pixels = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let options = DecodeOptions::new(pixels(fit.0), pixels(fit.1), fps, true);
        let decoder = Decoder::new(options, Arc::new(move |f| frame.send(f).is_ok()));
        let decoder = Arc::new(Mutex::new(Some(decoder)));
        let pushed = Arc::clone(&decoder);
        let on_packet = Arc::new(move |packet: Packet| push(&pushed, &packet));
        let source = Source::File { path: PathBuf::from(video), as_camera: false };
        let ingest = Ingest::start("replay", source, IngestOptions::default(), on_packet, move |signal| {
            end_of(signal, &decoder, &end);
        })
        .map_err(|fault| anyhow::anyhow!("{}", fault.detail))?;
        Ok(Self { frames, ended, ingest })
    }

    /// Until the file's end.
    pub fn frames(&self) -> impl Iterator<Item = Frame> + '_ {
        self.frames.iter()
    }

    /// Whether the file was read to its end.
    pub fn finish(self) -> Result<()> {
        drop(self.frames);
        let outcome = self.ended.recv_timeout(Duration::from_secs(30));
        self.ingest.stop();
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => bail!(reason),
            Err(_) => bail!("the file's end was never reported"),
        }
    }
}

type SharedDecoder = Mutex<Option<Decoder>>;

fn push(decoder: &SharedDecoder, packet: &Packet) {
    let mut decoder = decoder.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Err(fault)) = decoder.as_mut().map(|d| d.push(packet)) {
        // the file goes on without a decoder, and the end is reported as failed
        tracing::error!("{}", fault.detail);
        *decoder = None;
    }
}

/// At the end the decoder gives what it still holds; then its end of the frame channel goes.
fn end_of(signal: Signal, decoder: &SharedDecoder, end: &Sender<Result<(), String>>) {
    let outcome = match signal {
        Signal::Flowing { .. } => return,
        Signal::Blind { detail, .. } => {
            decoder.lock().unwrap_or_else(PoisonError::into_inner).take();
            Err(detail)
        }
        Signal::Ended => match decoder.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(decoder) => decoder.finish().map_err(|fault| fault.detail),
            None => Err("the video could not be decoded; the message above says why".to_owned()),
        },
    };
    // nobody waits any more: the replay failed elsewhere and said so
    let _ = end.try_send(outcome);
}
