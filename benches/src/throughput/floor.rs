//! The least that the work can cost: decoding alone, and the detector alone.
//!
//! Each is a process of its own ([`main`]), so that the kernel counts its CPU time and nobody else's.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use gstreamer as gst;
use gstreamer::prelude::*;
use serde::Serialize;
use xunge_edge::config::{EdgeConfig, For};
use xunge_edge::engine::Engine;
use xunge_edge::frame::Frame;
use xunge_scene::{Needs, StreamTime};

use super::process;

/// First argument of a process that does nothing but one part of the work.
pub const COMMAND: &str = "floor";
/// Pictures that the detector looks at.
const LOOKS: u32 = 150;
/// Those before that are not counted.
const WARM_UP: u32 = 20;

/// What is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoded {
    /// Every picture.
    All,
    /// Keyframes.
    Keyframes,
}

impl Decoded {
    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Keyframes => "keyframes",
        }
    }
}

/// Milliseconds of CPU time.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Floor {
    /// For one second of the busy camera's video, every picture.
    pub decode_busy_ms: f64,
    /// For one second of the empty camera's video, every picture.
    pub decode_empty_ms: f64,
    /// For one second of the empty camera's video, keyframes.
    pub keyframes_empty_ms: f64,
    /// For one look of the detector.
    pub detect_ms: f64,
}

impl Floor {
    /// The mean of two measurements.
    #[must_use]
    pub fn mean(&self, other: &Self) -> Self {
        let mean = |one: f64, two: f64| f64::midpoint(one, two);
        Self {
            decode_busy_ms: mean(self.decode_busy_ms, other.decode_busy_ms),
            decode_empty_ms: mean(self.decode_empty_ms, other.decode_empty_ms),
            keyframes_empty_ms: mean(self.keyframes_empty_ms, other.keyframes_empty_ms),
            detect_ms: mean(self.detect_ms, other.detect_ms),
        }
    }
}

/// Measures the floor.
pub fn measure(busy: &Path, empty: &Path) -> Result<Floor> {
    Ok(Floor {
        decode_busy_ms: decode_ms(busy, Decoded::All)?,
        decode_empty_ms: decode_ms(empty, Decoded::All)?,
        keyframes_empty_ms: decode_ms(empty, Decoded::Keyframes)?,
        detect_ms: own(&["detect"])?,
    })
}

fn decode_ms(clip: &Path, decoded: Decoded) -> Result<f64> {
    own(&[decoded.name(), clip.to_str().context("the clip's path is no text")?])
}

/// Runs this program anew for one part; it prints its milliseconds.
fn own(part: &[&str]) -> Result<f64> {
    let program = std::env::current_exe().context("this program's own path is not known")?;
    let output =
        Command::new(program).arg(COMMAND).args(part).output().context("this program does not start anew")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{part:?}: {}", String::from_utf8_lossy(&output.stderr));
    text.trim().parse().with_context(|| format!("{part:?} says {text}"))
}

/// One part of the work; its CPU time in milliseconds for a second of video, or for a look.
pub fn main(part: &[String]) -> Result<f64> {
    match part {
        [what] if what == "detect" => detect(),
        [what, clip] if what == Decoded::All.name() => decode(Path::new(clip), Decoded::All),
        [what, clip] if what == Decoded::Keyframes.name() => decode(Path::new(clip), Decoded::Keyframes),
        _ => bail!("no part of the work: {part:?}"),
    }
}

fn decode(clip: &Path, decoded: Decoded) -> Result<f64> {
    gst::init().context("GStreamer does not start")?;
    let text =
        "filesrc name=file ! qtdemux ! h264parse name=parse ! avdec_h264 max-threads=1 ! fakesink sync=false";
    let pipeline =
        gst::parse::launch(text).context("GStreamer cannot decode H.264 here: run `make setup`")?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| anyhow::anyhow!("not a pipeline"))?;
    let element = |name: &str| pipeline.by_name(name).context("the pipeline lacks a part");
    element("file")?.set_property("location", clip);
    if decoded == Decoded::Keyframes {
        let exit = element("parse")?.static_pad("src").context("no pad")?;
        exit.add_probe(gst::PadProbeType::BUFFER, |_, info| match &info.data {
            Some(gst::PadProbeData::Buffer(buffer))
                if buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) =>
            {
                gst::PadProbeReturn::Drop
            }
            _ => gst::PadProbeReturn::Ok,
        });
    }
    let before = process::cpu(std::process::id())?;
    pipeline.set_state(gst::State::Playing).context("the clip does not play")?;
    let bus = pipeline.bus().context("the pipeline has no bus")?;
    let last = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(600),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    let secs = pipeline.query_duration::<gst::ClockTime>().map_or(0.0, |length| length.seconds_f64());
    let spent = process::cpu(std::process::id())?.saturating_sub(before);
    // a pipeline of files stops at once
    let _ = pipeline.set_state(gst::State::Null);
    match last.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) if secs > 0.0 => Ok(spent.as_secs_f64() * 1e3 / secs),
        Some(gst::MessageView::Error(error)) => bail!("{}: {}", clip.display(), error.error()),
        _ => bail!("{} has no length or no end", clip.display()),
    }
}

fn detect() -> Result<f64> {
    let text = "edge_id = \"floor\"\nsite = \"000000000000\"\n[[camera]]\nid = \"c\"\nurl = \"rtsp://192.0.2.1/x\"\n";
    let (config, problems) = EdgeConfig::parse("edge.toml", text, Path::new(""), For::Replay);
    ensure!(problems.is_empty(), "{problems}");
    let engine = Engine::start(&config.detector, 1, Needs::default())?;
    let mut looker = engine.pool.looker();
    let (width, height) = looker.input_size();
    let grey = vec![114; 3 * width * height];
    let frame = Frame::from_bgr(StreamTime::ZERO, width, height, 3 * width, grey).context("no picture")?;
    let frame = Arc::new(frame);
    let mut before = Duration::ZERO;
    for look in 0..WARM_UP + LOOKS {
        if look == WARM_UP {
            before = process::cpu(std::process::id())?;
        }
        looker.look(Arc::clone(&frame), Duration::from_secs(60))?;
    }
    let spent = process::cpu(std::process::id())?.saturating_sub(before);
    Ok(spent.as_secs_f64() * 1e3 / f64::from(LOOKS))
}
