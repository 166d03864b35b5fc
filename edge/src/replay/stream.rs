//! The frames of a file.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Result, bail};
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    decode::{DecodeOptions, Decoder},
    frame::Frame,
    gate::{Feed, Gate, Sleep},
    ingest::{Ingest, IngestOptions, Packet, Signal, Source},
    ring::Ring,
};

/// Frames that may wait between decoder and detector.
const AHEAD: usize = 4;
/// Packets that may have to be decoded again: more than two of the longest intervals between keyframes that are slept
/// through.
const KEEP: Duration = Duration::from_secs(12);
const KEEP_BYTES: usize = 64 << 20;

/// The frames of a file, one after the other.
pub struct FrameStream {
    frames: Receiver<Frame>,
    ended: Receiver<Result<(), String>>,
    ingest: Ingest,
}

impl FrameStream {
    /// Opens a file; frames fit into `fit` and come `fps` times a second of the file's time.
    pub fn open(video: &Path, fit: (usize, usize), fps: Option<f64>) -> Result<Self> {
        Self::gated(video, fit, fps, Arc::default(), Sleep::Never)
    }

    /// The same, with keyframes only while whoever looks at the frames lets `gate` sleep.
    pub fn gated(
        video: &Path,
        fit: (usize, usize),
        fps: Option<f64>,
        gate: Arc<Gate>,
        sleep: Sleep,
    ) -> Result<Self> {
        if !video.is_file() {
            bail!("{} is not a file", video.display());
        }
        let (frame, frames) = bounded::<Frame>(AHEAD);
        let (end, ended) = bounded(1);
        let pixels = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let options = DecodeOptions::new(pixels(fit.0), pixels(fit.1), fps, true);
        let handed = Arc::clone(&gate);
        let on_frame = move |f| {
            handed.hand();
            frame.send(f).is_ok()
        };
        let keep = if sleep == Sleep::Never { Duration::ZERO } else { KEEP };
        let ring = Arc::new(Mutex::new(Ring::new(keep, KEEP_BYTES)));
        let feed = Feed::replay(ring, Decoder::new(options, Arc::new(on_frame)), gate, sleep);
        let feed = Arc::new(Mutex::new(Some(feed)));
        let pushed = Arc::clone(&feed);
        let on_packet = Arc::new(move |packet: Packet| push(&pushed, &packet));
        let source = Source::File { path: PathBuf::from(video), as_camera: false };
        let ingest = Ingest::start("replay", source, IngestOptions::default(), on_packet, move |signal| {
            end_of(signal, &feed, &end);
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

type SharedFeed = Mutex<Option<Feed>>;

fn push(feed: &SharedFeed, packet: &Packet) {
    let mut feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Err(fault)) = feed.as_mut().map(|f| f.packet(packet)) {
        // the file goes on without a decoder, and the end is reported as failed
        tracing::error!("{}", fault.detail);
        *feed = None;
    }
}

/// At the end the decoder gives what it still holds; then its end of the frame channel goes.
fn end_of(signal: Signal, feed: &SharedFeed, end: &Sender<Result<(), String>>) {
    let outcome = match signal {
        Signal::Flowing { .. } => return,
        Signal::Blind { detail, .. } => {
            feed.lock().unwrap_or_else(PoisonError::into_inner).take();
            Err(detail)
        }
        Signal::Ended => match feed.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(feed) => feed.finish().map_err(|fault| fault.detail),
            None => Err("the video could not be decoded; the message above says why".to_owned()),
        },
    };
    // nobody waits any more: the replay failed elsewhere and said so
    let _ = end.try_send(outcome);
}
