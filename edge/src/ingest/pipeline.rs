//! The GStreamer part of a session: from the source to an appsink of access units.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use xunge_alert::BlindCause;

use super::fault::Fault;
use super::seen::Seen;
use super::source::{RtspSource, Transport};

/// Makes an element, or says which package is missing.
pub(crate) fn element(name: &str) -> Result<gst::Element, Fault> {
    gst::ElementFactory::make(name).build().map_err(|_| {
        Fault::new(
            BlindCause::Internal,
            format!(
                "GStreamer has no `{name}`; install gstreamer1.0-plugins-good, -bad and gstreamer1.0-libav"
            ),
        )
    })
}

fn appsink(paced: bool) -> gst_app::AppSink {
    gst_app::AppSink::builder()
        .sync(paced)
        .async_(false)
        .max_buffers(16)
        .enable_last_sample(false)
        // a keyframe before the cut of a file is needed, although it is not shown
        .drop_out_of_segment(false)
        .build()
}

/// A camera's pipeline. `latency` and `timeout` as in the options.
pub(super) fn camera(
    camera: &RtspSource,
    transport: Transport,
    (latency, timeout): (Duration, Duration),
    seen: &Arc<Seen>,
) -> Result<(gst::Pipeline, gst_app::AppSink), Fault> {
    let pipeline = gst::Pipeline::new();
    let source = element("rtspsrc")?;
    let (location, user, password) = camera.location();
    source.set_property("location", location);
    source.set_property("user-id", user);
    source.set_property("user-pw", password);
    source.set_property_from_str("protocols", if transport == Transport::Tcp { "tcp" } else { "udp" });
    source.set_property("latency", u32::try_from(latency.as_millis()).unwrap_or(200));
    source.set_property("drop-on-latency", true);
    let timeout_us = u64::try_from(timeout.as_micros()).unwrap_or(u64::MAX);
    source.set_property("tcp-timeout", timeout_us);
    // no silent change to another transport: the session decides that
    source.set_property("timeout", 0_u64);
    source.set_property("udp-reconnect", false);
    if !camera.tls_verify {
        source.set_property_from_str("tls-validation-flags", "no-flags");
    }
    let sink = appsink(false);
    pipeline.add_many([&source, sink.upcast_ref()]).map_err(internal)?;

    let choose = seen.clone();
    source.connect("select-stream", false, move |values| {
        let wanted = values.get(2).and_then(|v| v.get::<gst::Caps>().ok()).is_some_and(|caps| {
            choose.described.store(true, Ordering::Relaxed);
            let Some(stream) = caps.structure(0) else { return false };
            if stream.get::<&str>("media") != Ok("video") {
                return false;
            }
            match stream.get::<&str>("encoding-name") {
                Ok("H264" | "H265") => !choose.chosen.swap(true, Ordering::Relaxed),
                Ok(other) => {
                    choose.refuse(other);
                    false
                }
                Err(_) => false,
            }
        });
        Some(wanted.to_value())
    });

    let (weak, seen, target) = (pipeline.downgrade(), seen.clone(), sink.clone());
    source.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let coding = caps.structure(0).and_then(|s| s.get::<String>("encoding-name").ok());
        let (depay, parse) = match coding.as_deref() {
            Some("H264") => ("rtph264depay", "h264parse"),
            Some("H265") => ("rtph265depay", "h265parse"),
            _ => return,
        };
        let linked = element(depay).and_then(|depay| {
            if depay.has_property("wait-for-keyframe") {
                depay.set_property("wait-for-keyframe", true);
            }
            count(&depay, &seen);
            chain(&pipeline, pad, &[depay, element(parse)?], &target)
        });
        if let Err(fault) = linked {
            complain(&pipeline, &fault);
        }
    });
    Ok((pipeline, sink))
}

/// A file's pipeline.
pub(super) fn file(
    path: &Path,
    paced: bool,
    seen: &Arc<Seen>,
) -> Result<(gst::Pipeline, gst_app::AppSink), Fault> {
    let pipeline = gst::Pipeline::new();
    let source = element("filesrc")?;
    source.set_property("location", path.display().to_string());
    let parse = element("parsebin")?;
    let sink = appsink(paced);
    pipeline.add_many([&source, &parse, sink.upcast_ref()]).map_err(internal)?;
    source.link(&parse).map_err(internal)?;
    let (weak, seen, target) = (pipeline.downgrade(), seen.clone(), sink.clone());
    parse.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let coding = caps.structure(0).map_or("", |s| s.name().as_str()).to_owned();
        let first = coding.starts_with("video/") && !seen.chosen.swap(true, Ordering::Relaxed);
        let linked = if first {
            seen.described.store(true, Ordering::Relaxed);
            let parsers: Result<Vec<_>, Fault> = match coding.as_str() {
                "video/x-h264" => element("h264parse").map(|e| vec![e]),
                "video/x-h265" => element("h265parse").map(|e| vec![e]),
                // whatever else a file holds goes to its decoder as it is
                _ => Ok(Vec::new()),
            };
            parsers.and_then(|parsers| chain(&pipeline, pad, &parsers, &target))
        } else {
            seen.refuse(&coding);
            element("fakesink").and_then(|unused| {
                unused.set_property("async", false);
                pipeline.add(&unused).map_err(internal)?;
                unused.sync_state_with_parent().map_err(internal)?;
                let entry = unused.static_pad("sink").ok_or_else(|| internal("no pad"))?;
                pad.link(&entry).map(drop).map_err(internal)
            })
        };
        if let Err(fault) = linked {
            complain(&pipeline, &fault);
        }
    });
    Ok((pipeline, sink))
}

/// Links `pad` through `elements` to the sink, as access units with their parameter sets in front of each keyframe,
/// so that decoding can begin at any of them.
fn chain(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    elements: &[gst::Element],
    sink: &gst_app::AppSink,
) -> Result<(), Fault> {
    let mut all = elements.to_vec();
    if let Some(parse) = elements.last() {
        parse.set_property("config-interval", -1_i32);
        let name = if parse.factory().is_some_and(|f| f.name() == "h265parse") { "h265" } else { "h264" };
        let filter = element("capsfilter")?;
        let caps = gst::Caps::builder(format!("video/x-{name}"))
            .field("stream-format", "byte-stream")
            .field("alignment", "au")
            .build();
        filter.set_property("caps", caps);
        all.push(filter);
    }
    pipeline.add_many(&all).map_err(internal)?;
    all.push(sink.clone().upcast());
    for pair in all.windows(2) {
        pair[0].link(&pair[1]).map_err(internal)?;
    }
    for element in &all {
        element.sync_state_with_parent().map_err(internal)?;
    }
    let entry = all.first().and_then(|e| e.static_pad("sink")).ok_or_else(|| internal("no pad"))?;
    pad.link(&entry).map(drop).map_err(internal)
}

/// Counts what goes into `element`.
fn count(element: &gst::Element, seen: &Arc<Seen>) {
    let seen = seen.clone();
    if let Some(pad) = element.static_pad("sink") {
        pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, _| {
            seen.raw.fetch_add(1, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
    }
}

fn internal(error: impl std::fmt::Display) -> Fault {
    Fault::new(BlindCause::Internal, format!("the video pipeline cannot be built: {error}"))
}

/// Makes a fault found on GStreamer's thread an error of the pipeline, where the session looks.
fn complain(pipeline: &gst::Pipeline, fault: &Fault) {
    let error = glib::Error::new(gst::CoreError::Pad, &fault.detail);
    let message = gst::message::Error::builder_from_error(error).src(pipeline).build();
    // fails only when the bus is flushing, that is when the session is over
    let _ = pipeline.post_message(message);
}
