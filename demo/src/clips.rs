//! Small clips made on the spot, so that a test needs no footage.

use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::*;
use thiserror::Error;

/// How the pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// H.264 by x264.
    H264,
    /// H.265 by x265.
    H265,
}

/// What a clip should be like.
#[derive(Debug, Clone)]
pub struct ClipSpec {
    /// Coding.
    pub codec: Codec,
    /// Columns, even.
    pub width: u32,
    /// Rows, even.
    pub height: u32,
    /// Pictures in a second.
    pub fps: u32,
    /// Length.
    pub secs: f64,
    /// Seconds from one keyframe to the next.
    pub keyframe_secs: f64,
    /// Pictures between two references that are coded after, but shown before, the second one.
    pub b_frames: u32,
    /// A pattern of `videotestsrc`: `ball` moves, `smpte` stands still.
    pub pattern: &'static str,
}

impl Default for ClipSpec {
    fn default() -> Self {
        Self {
            codec: Codec::H264,
            width: 320,
            height: 240,
            fps: 10,
            secs: 4.0,
            keyframe_secs: 1.0,
            b_frames: 0,
            pattern: "ball",
        }
    }
}

/// A clip could not be made.
#[derive(Debug, Error)]
#[error("the test clip {path} could not be made: {reason}; are the GStreamer plugins of setup installed?", path = .path.display())]
pub struct ClipError {
    path: PathBuf,
    reason: String,
}

/// Writes an MP4 file.
pub fn make(spec: &ClipSpec, path: &Path) -> Result<(), ClipError> {
    let fail = |reason: String| ClipError { path: path.to_owned(), reason };
    gst::init().map_err(|e| fail(e.to_string()))?;
    let gop = (spec.keyframe_secs * f64::from(spec.fps)).round().max(1.0);
    let coder = match spec.codec {
        Codec::H264 => format!(
            "x264enc speed-preset=ultrafast threads=1 key-int-max={gop} bframes={} b-adapt=false option-string=scenecut=0 ! h264parse",
            spec.b_frames
        ),
        Codec::H265 => format!(
            "x265enc speed-preset=ultrafast key-int-max={gop} option-string=bframes={}:scenecut=0:pools=1:frame-threads=1 ! h265parse",
            spec.b_frames
        ),
    };
    let frames = (spec.secs * f64::from(spec.fps)).round();
    let text = format!(
        "videotestsrc num-buffers={frames} pattern={} ! video/x-raw,format=I420,width={},height={},framerate={}/1 ! {coder} ! mp4mux ! filesink name=file",
        spec.pattern, spec.width, spec.height, spec.fps
    );
    let pipeline = gst::parse::launch(&text).map_err(|e| fail(e.to_string()))?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| fail("not a pipeline".into()))?;
    let file = pipeline.by_name("file").ok_or_else(|| fail("no file".into()))?;
    file.set_property("location", path.display().to_string());
    let result = run(&pipeline);
    // a pipeline of files ends at once
    let _ = pipeline.set_state(gst::State::Null);
    result.map_err(fail)
}

/// Plays a pipeline to its end.
pub(crate) fn run(pipeline: &gst::Pipeline) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("no bus")?;
    pipeline.set_state(gst::State::Playing).map_err(|e| e.to_string())?;
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    match bus.timed_pop_filtered(gst::ClockTime::from_seconds(120), &wanted) {
        Some(message) => match message.view() {
            gst::MessageView::Error(e) => Err(e.error().to_string()),
            _ => Ok(()),
        },
        None => Err("it took longer than two minutes".into()),
    }
}
