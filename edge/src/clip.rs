//! A clip for people: the camera's own coded pictures in an MP4 file, not coded again.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use thiserror::Error;
use xunge_scene::StreamTime;

use crate::ingest::{self, Packet};

/// Longest time that writing may take before it is given up.
const LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(30);
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// A clip that was written and is safe on disk.
#[derive(Debug, Clone)]
pub struct ClipInfo {
    /// The file.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// First picture, on the camera's timeline.
    pub from: StreamTime,
    /// Last picture.
    pub to: StreamTime,
    /// Pictures.
    pub pictures: usize,
}

/// A clip could not be written.
#[derive(Debug, Error)]
pub enum ClipError {
    /// The ring has nothing of that time.
    #[error("there is no video of that moment any more, or not yet")]
    Empty,
    /// Only H.264 and H.265 go into MP4 as they are.
    #[error("a clip of {0} cannot be written: only H.264 and H.265 go into an MP4 file as they are")]
    Codec(String),
    /// GStreamer cannot write it.
    #[error("the clip {path} could not be written: {reason}", path = .path.display())]
    Mux {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The disk will not have it.
    #[error("the clip {path} could not be stored: {source}; is the disk full or read-only?", path = .path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes what [`crate::ring::Ring::cut`] gave into `path`. The file appears whole and durable, or not at all: it is
/// written beside under another name, which ends in `.part`.
pub fn write(packets: &[Packet], path: &Path) -> Result<ClipInfo, ClipError> {
    let (Some(first), Some(to)) = (packets.first(), packets.iter().map(|p| p.at).max()) else {
        return Err(ClipError::Empty);
    };
    let part = beside(path, "part");
    let result = mux(packets, &part).and_then(|()| settle(&part, path));
    let bytes = match result {
        Ok(bytes) => bytes,
        Err(error) => {
            // what cannot be removed is overwritten by the next try
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
    };
    Ok(ClipInfo { path: path.to_owned(), bytes, from: first.at, to, pictures: packets.len() })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Syncs the finished file and gives it its name.
fn settle(part: &Path, path: &Path) -> Result<u64, ClipError> {
    let disk = |source| ClipError::Disk { path: path.to_owned(), source };
    let file = File::open(part).map_err(disk)?;
    file.sync_all().map_err(disk)?;
    let bytes = file.metadata().map_err(disk)?.len();
    std::fs::rename(part, path).map_err(disk)?;
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)?;
    }
    Ok(bytes)
}

fn mux(packets: &[Packet], part: &Path) -> Result<(), ClipError> {
    let fail = |reason: String| ClipError::Mux { path: part.to_owned(), reason };
    let caps = packets.first().map(|p| p.caps.clone()).ok_or(ClipError::Empty)?;
    let coding = caps.structure(0).map_or("unknown video", |s| s.name().as_str());
    let parser = match coding {
        "video/x-h264" => "h264parse",
        "video/x-h265" => "h265parse",
        other => return Err(ClipError::Codec(other.to_owned())),
    };
    let make = |name: &str| gst::ElementFactory::make(name).build().map_err(|e| fail(e.to_string()));
    let source = gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Time).max_bytes(0).build();
    let (parse, muxer, sink) = (make(parser)?, make("mp4mux")?, make("filesink")?);
    let moved = beside(part, "data");
    // the index first, so that a browser plays before the last byte has come
    muxer.set_property("faststart", true);
    muxer.set_property("faststart-file", moved.display().to_string());
    sink.set_property("location", part.display().to_string());
    let pipeline = gst::Pipeline::new();
    let all = [source.upcast_ref(), &parse, &muxer, &sink];
    pipeline.add_many(all).map_err(|e| fail(e.to_string()))?;
    gst::Element::link_many(all).map_err(|e| fail(e.to_string()))?;
    let result = run(&pipeline, &source, packets);
    ingest::stop(&pipeline, STOP_WITHIN);
    // left over only when muxing failed
    let _ = std::fs::remove_file(moved);
    result.map_err(fail)
}

fn run(pipeline: &gst::Pipeline, source: &gst_app::AppSrc, packets: &[Packet]) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("the pipeline has no bus")?;
    for buffer in stamped(packets) {
        source.push_buffer(buffer).map_err(|e| e.to_string())?;
    }
    source.end_of_stream().map_err(|e| e.to_string())?;
    if !ingest::play(pipeline, Duration::from_secs(10)) {
        return Err(error_of(&bus).unwrap_or_else(|| "it does not start".into()));
    }
    match bus.timed_pop_filtered(LIMIT, &[gst::MessageType::Eos, gst::MessageType::Error]) {
        Some(message) => match message.view() {
            gst::MessageView::Error(e) => Err(e.error().to_string()),
            _ => Ok(()),
        },
        None => Err("it took too long".into()),
    }
}

fn error_of(bus: &gst::Bus) -> Option<String> {
    match bus.pop_filtered(&[gst::MessageType::Error])?.view() {
        gst::MessageView::Error(e) => Some(e.error().to_string()),
        _ => None,
    }
}

/// The packets with times that an MP4 file needs: the first picture is shown at 0, and each has a decoding time.
///
/// Cameras send none of the latter. The n-th picture is decoded when the n-th is shown, all of it earlier by as much
/// as the one that is decoded latest for its time needs.
fn stamped(packets: &[Packet]) -> Vec<gst::Buffer> {
    let shown: Vec<i64> = packets.iter().map(Packet::shown_ns).collect();
    let mut order = shown.clone();
    order.sort_unstable();
    let origin = order.first().copied().unwrap_or(0);
    let delay = order.iter().zip(&shown).map(|(decoded, shown)| decoded - shown).max().unwrap_or(0).max(0);
    let count = i64::try_from(order.len().saturating_sub(1).max(1)).unwrap_or(1);
    let gap = order.last().map_or(0, |last| (last - origin) / count).max(1_000_000);
    let time = |ns: i64| gst::ClockTime::from_nseconds(ns.max(0).unsigned_abs());
    packets
        .iter()
        .enumerate()
        .map(|(n, packet)| {
            let decoded = order[n];
            let next = order.get(n + 1).map_or(decoded + gap, |next| *next);
            let mut buffer = packet.buffer.copy();
            let meta = buffer.make_mut();
            meta.set_pts(time(shown[n] - origin + delay));
            meta.set_dts(time(decoded - origin));
            meta.set_duration(time(next - decoded));
            buffer
        })
        .collect()
}
