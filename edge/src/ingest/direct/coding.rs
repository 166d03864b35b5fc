//! What GStreamer calls a stream.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::ingest::{pipeline, teardown};

/// Longest time that looking at one picture may take.
const LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(5);
const STOP_WITHIN: std::time::Duration = std::time::Duration::from_secs(3);

/// A coding that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    H264,
    H265,
}

impl Coding {
    /// By its name in SDP, in small letters.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "h264" => Some(Self::H264),
            "h265" => Some(Self::H265),
            _ => None,
        }
    }

    fn media(self) -> &'static str {
        match self {
            Self::H264 => "video/x-h264",
            Self::H265 => "video/x-h265",
        }
    }

    fn parser(self) -> &'static str {
        match self {
            Self::H264 => "h264parse",
            Self::H265 => "h265parse",
        }
    }

    /// Size, profile, level and whatever else decoders want to know, from a keyframe with its parameter sets.
    /// GStreamer's own parser is asked, whenever parameter sets have come: hardware decoders refuse what lacks one of its fields.
    pub(super) fn caps(self, keyframe: &gst::Buffer) -> Result<gst::Caps, String> {
        let shape = gst::Caps::builder(self.media())
            .field("stream-format", "byte-stream")
            .field("alignment", "au")
            .build();
        let source = gst_app::AppSrc::builder().caps(&shape).format(gst::Format::Time).build();
        let parse = pipeline::element(self.parser()).map_err(|fault| fault.detail)?;
        let sink = gst_app::AppSink::builder().caps(&shape).sync(false).build();
        let look = gst::Pipeline::new();
        let all = [source.upcast_ref(), &parse, sink.upcast_ref()];
        look.add_many(all).map_err(|e| e.to_string())?;
        gst::Element::link_many(all).map_err(|e| e.to_string())?;
        let asked = source.push_buffer(keyframe.clone()).and_then(|_| source.end_of_stream());
        let played = asked.is_ok() && teardown::play(&look, STOP_WITHIN);
        let sample = if played { sink.try_pull_sample(LIMIT) } else { None };
        teardown::stop(&look, STOP_WITHIN);
        sample.and_then(|s| s.caps_owned()).ok_or_else(|| "its keyframe cannot be parsed".to_owned())
    }
}
