//! A clip read into memory as coded pictures.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::RtspError;
use crate::clips::Codec;

/// A clip: coded pictures in decoding order.
#[derive(Debug)]
pub(crate) struct Track {
    pub codec: Codec,
    pub units: Vec<Unit>,
    /// From the first picture's decoding to when the next round may begin.
    pub length_ns: u64,
}

/// One coded picture. Times count from the first picture's decoding.
#[derive(Debug)]
pub(crate) struct Unit {
    pub buffer: gst::Buffer,
    pub pts_ns: u64,
    pub dts_ns: u64,
    pub keyframe: bool,
}

/// Reads an MP4 file with H.264 or H.265.
pub(crate) fn read(path: &Path) -> Result<Track, RtspError> {
    let fail = |reason: &str| RtspError::Clip { path: path.to_owned(), reason: reason.to_owned() };
    if !path.is_file() {
        return Err(fail("there is no such file"));
    }
    for codec in [Codec::H264, Codec::H265] {
        if let Some(track) = read_as(path, codec).map_err(|e| fail(&e))? {
            return Ok(track);
        }
    }
    Err(fail("it holds no H.264 or H.265 video in an MP4 file; re-encode it first"))
}

fn read_as(path: &Path, codec: Codec) -> Result<Option<Track>, String> {
    let name = codec_name(codec);
    let text = format!(
        "filesrc name=file ! qtdemux ! {name}parse config-interval=-1 \
         ! video/x-{name},stream-format=byte-stream,alignment=au ! appsink name=out sync=false max-buffers=16"
    );
    let pipeline = gst::parse::launch(&text).map_err(|e| e.to_string())?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline")?;
    pipeline.by_name("file").ok_or("no file")?.set_property("location", path.display().to_string());
    let sink =
        pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok()).ok_or("no sink")?;
    // a file cut by its edit list still needs the keyframe before the cut
    sink.set_drop_out_of_segment(false);
    let started = pipeline.set_state(gst::State::Playing);
    let mut stamped = Vec::new();
    if started.is_ok() {
        // nothing within the limit: the file holds another coding, or none
        while let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_seconds(5)) {
            stamped.extend(stamp(&sample));
            if stamped.len() > 500_000 {
                break;
            }
        }
    }
    let _ = pipeline.set_state(gst::State::Null);
    Ok(arrange(codec, stamped))
}

/// Name of a coding in caps and element names.
pub(crate) fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "h264",
        Codec::H265 => "h265",
    }
}

/// A coded picture with its presentation and decoding time; the latter may lie before the beginning.
fn stamp(sample: &gst::Sample) -> Option<(gst::Buffer, i64, i64)> {
    let buffer = sample.buffer_owned()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let signed = |time: Option<gst::ClockTime>| {
        let full = segment.to_running_time_full(time?)?;
        let ns = i64::try_from(full.abs().nseconds()).ok()?;
        Some(if full.is_negative() { -ns } else { ns })
    };
    let pts = signed(buffer.pts()).or_else(|| signed(buffer.dts()))?;
    let dts = signed(buffer.dts()).unwrap_or(pts);
    Some((buffer, pts, dts))
}

fn arrange(codec: Codec, stamped: Vec<(gst::Buffer, i64, i64)>) -> Option<Track> {
    let begin = stamped.iter().map(|(_, pts, dts)| *pts.min(dts)).min()?;
    let last = stamped.iter().map(|(_, pts, _)| *pts).max()?;
    let first_pts = stamped.iter().map(|(_, pts, _)| *pts).min()?;
    let gap = (last - first_pts) / i64::try_from(stamped.len().saturating_sub(1).max(1)).ok()?;
    let units: Vec<Unit> = stamped
        .into_iter()
        .map(|(buffer, pts, dts)| Unit {
            keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            pts_ns: (pts - begin).unsigned_abs(),
            dts_ns: (dts - begin).unsigned_abs(),
            buffer,
        })
        .collect();
    // rounds follow each other on the presentation timeline, one picture after the last
    let length_ns = (last - first_pts + gap.max(1_000_000)).unsigned_abs();
    units.iter().any(|u| u.keyframe).then_some(Track { codec, units, length_ns })
}
