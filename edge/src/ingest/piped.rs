//! A session that a GStreamer pipeline reads: files, and cameras by UDP or TLS, or of a kind that [`super::direct`] does
//! not understand.

use std::sync::atomic::Ordering;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use xunge_alert::BlindCause;

use super::fault::{self, Fault, Known};
use super::intake::Intake;
use super::session::{Outcome, Way};
use super::source::{Source, Transport};
use super::watch::{LOOK, Watch};
use super::{Signal, pipeline, teardown};

/// Reads until the session is over. The pipeline is stopped when this returns.
pub(super) fn run(
    watch: &Watch<'_>,
    transport: Transport,
    intake: Intake,
    on_signal: &mut dyn FnMut(Signal),
) -> Outcome {
    let options = watch.place.options;
    let built = match watch.place.source {
        Source::Rtsp(camera) => {
            let limits = (options.latency, options.connect_timeout);
            pipeline::camera(camera, transport, limits, &watch.seen)
        }
        Source::File { path, as_camera } => pipeline::file(path, *as_camera, &watch.seen),
    };
    let (pipeline, sink) = match built {
        Ok(built) => built,
        Err(fault) => return Outcome::Fault(fault),
    };
    receive(&sink, intake);
    let outcome = if teardown::play(&pipeline, options.connect_timeout) {
        until_over(watch, transport, &pipeline, on_signal)
    } else {
        refused(watch, transport, &pipeline)
    };
    watch.flow.close();
    teardown::stop(&pipeline, options.stop_timeout);
    outcome
}

/// Hands every access unit on, from GStreamer's thread.
fn receive(sink: &gst_app::AppSink, mut intake: Intake) {
    let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let (Some(caps), Some(segment)) = (sample.caps_owned(), sample.segment().cloned()) else {
            return Err(gst::FlowError::NotNegotiated);
        };
        let Some(buffer) = sample.buffer_owned() else { return Ok(gst::FlowSuccess::Ok) };
        drop(sample);
        let times = source_times(&buffer, &segment);
        if intake.take(buffer, caps, times) { Ok(gst::FlowSuccess::Ok) } else { Err(gst::FlowError::Eos) }
    });
    sink.set_callbacks(callbacks.build());
}

/// Presentation and decoding time by the source's own clock.
fn source_times(buffer: &gst::BufferRef, segment: &gst::Segment) -> (Option<i64>, Option<i64>) {
    let Some(segment) = segment.downcast_ref::<gst::ClockTime>() else { return (None, None) };
    let signed = |time: Option<gst::ClockTime>| {
        let full = segment.to_running_time_full(time?)?;
        let ns = i64::try_from(full.abs().nseconds()).ok()?;
        Some(if full.is_negative() { -ns } else { ns })
    };
    (signed(buffer.pts()), signed(buffer.dts()))
}

fn until_over(
    watch: &Watch<'_>,
    transport: Transport,
    pipeline: &gst::Pipeline,
    on_signal: &mut dyn FnMut(Signal),
) -> Outcome {
    let Some(bus) = pipeline.bus() else {
        return Outcome::Fault(Fault::new(BlindCause::Internal, "the video pipeline has no bus"));
    };
    let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
    let pause = gst::ClockTime::from_mseconds(u64::try_from(LOOK.as_millis()).unwrap_or(200));
    let mut told = false;
    loop {
        let message = bus.timed_pop_filtered(pause, &wanted);
        if watch.stopped() {
            return Outcome::Stopped;
        }
        watch.tell(&mut told, on_signal);
        if let Some(message) = message {
            return match message.view() {
                gst::MessageView::Error(error) => of_error(watch, transport, error),
                _ => of_end(watch),
            };
        }
        if let Some(outcome) = watch.trouble() {
            return outcome;
        }
    }
}

/// The pipeline would not even start: its error says why.
fn refused(watch: &Watch<'_>, transport: Transport, pipeline: &gst::Pipeline) -> Outcome {
    let error = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
    match error.as_ref().map(|m| m.view()) {
        Some(gst::MessageView::Error(error)) => of_error(watch, transport, error),
        _ => Outcome::Fault(Fault::new(
            BlindCause::Internal,
            format!("{} could not be opened in time by this box", watch.place()),
        )),
    }
}

fn of_error(watch: &Watch<'_>, transport: Transport, error: &gst::message::Error) -> Outcome {
    let debug = error.debug().map(|d| d.to_string()).unwrap_or_default();
    let shown = watch.scrubbed(&debug);
    tracing::debug!("pipeline error: {} {shown}", error.error());
    let place = watch.place();
    let unusable = watch.seen.unusable();
    let known = Known { place: &place, flowing: watch.flow.any(), unusable: unusable.as_deref() };
    let error = error.error();
    let Source::Rtsp(_) = watch.place.source else {
        return Outcome::Fault(fault::of_file(&error, known));
    };
    // the camera described a stream that can be used, and then no way to send it was agreed on
    let no_transport =
        error.is::<gst::StreamError>() && watch.seen.chosen.load(Ordering::Relaxed) && watch.seen.raw() == 0;
    if no_transport && transport == Transport::Tcp {
        return Outcome::OtherWay(Way::Piped(Transport::Udp), fault::no_tcp(&place));
    }
    let mut fault = fault::of_camera(&error, &debug, known);
    if fault.cause == BlindCause::Unreachable {
        fault = watch.unreachable(watch.knock());
    }
    fault.detail = watch.scrubbed(&fault.detail);
    Outcome::Fault(fault)
}

fn of_end(watch: &Watch<'_>) -> Outcome {
    let place = watch.place();
    match (watch.place.source, watch.flow.any()) {
        (Source::File { .. }, true) => Outcome::FileEnded,
        (Source::File { .. }, false) => Outcome::Fault(Fault::new(
            BlindCause::Garbage,
            format!("{place} holds no video that can be read"),
        )),
        (Source::Rtsp(_), flowing) => Outcome::Fault(fault::ended(&place, flowing)),
    }
}
