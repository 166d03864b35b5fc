//! One connection, from its start to its end.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use xunge_alert::BlindCause;

use super::fault::{self, Fault, Known};
use super::knock::{Found, knock};
use super::pipeline::{self, Seen};
use super::source::{Source, Transport};
use super::timeline::Timeline;
use super::{IngestOptions, OnPacket, Packet, Shared, Signal, teardown};

/// How often the supervisor looks around while the bus is silent.
const LOOK: Duration = Duration::from_millis(200);
/// The next session's first picture stands at least this long after the last one's last.
const GAP_NS: i64 = 1_000_000;

/// One try.
pub(super) struct Session {
    pub number: u32,
    /// Since when the timeline runs.
    pub epoch: Instant,
    /// Latest time of the sessions before; none for the first that has a picture.
    pub newest_ns: Option<i64>,
    pub transport: Transport,
}

/// How it ended.
pub(super) enum Outcome {
    Stopped,
    FileEnded,
    Fault(Fault),
    /// The camera wants the pictures to travel in another way.
    OtherTransport(Transport, Fault),
}

/// How it ended and what it was.
pub(super) struct Ended {
    pub outcome: Outcome,
    pub newest_ns: Option<i64>,
    pub flowed_for: Duration,
}

/// What the streaming thread tells the supervisor.
struct Flow {
    open: AtomicBool,
    packets: AtomicU64,
    /// Milliseconds from the session's start to the latest packet.
    latest_ms: AtomicU64,
    first_ms: AtomicU64,
    newest_ns: AtomicI64,
}

impl Session {
    /// Runs until the session is over. The pipeline is stopped when this returns.
    pub(super) fn run(
        self,
        source: &Source,
        options: &IngestOptions,
        on_packet: &OnPacket,
        on_signal: &mut dyn FnMut(Signal),
        shared: &Arc<Shared>,
        stopped: &Receiver<()>,
    ) -> Ended {
        let seen = Arc::new(Seen::default());
        let flow = Arc::new(Flow {
            open: AtomicBool::new(true),
            packets: AtomicU64::new(0),
            latest_ms: AtomicU64::new(0),
            first_ms: AtomicU64::new(0),
            newest_ns: AtomicI64::new(0),
        });
        let began = Instant::now();
        let built = match source {
            Source::Rtsp(camera) => {
                let limits = (options.latency, options.connect_timeout);
                pipeline::camera(camera, self.transport, limits, &seen)
            }
            Source::File { path, as_camera } => pipeline::file(path, *as_camera, &seen),
        };
        let outcome = match built {
            Ok((pipeline, sink)) => {
                self.receive(&sink, source, began, &flow, on_packet, shared);
                let watched = Watch { session: &self, source, options, seen: &seen, flow: &flow, began };
                let outcome = if teardown::play(&pipeline, options.connect_timeout) {
                    watched.until_over(&pipeline, on_signal, shared, stopped)
                } else {
                    watched.refused(&pipeline)
                };
                flow.open.store(false, Ordering::Release);
                teardown::stop(&pipeline, options.stop_timeout);
                outcome
            }
            Err(fault) => Outcome::Fault(fault),
        };
        let any = flow.packets.load(Ordering::Acquire) > 0;
        let flowed =
            flow.latest_ms.load(Ordering::Relaxed).saturating_sub(flow.first_ms.load(Ordering::Relaxed));
        Ended {
            outcome,
            newest_ns: any.then(|| flow.newest_ns.load(Ordering::Relaxed)),
            flowed_for: Duration::from_millis(flowed),
        }
    }

    /// Hands every access unit on, from GStreamer's thread.
    fn receive(
        &self,
        sink: &gst_app::AppSink,
        source: &Source,
        began: Instant,
        flow: &Arc<Flow>,
        on_packet: &OnPacket,
        shared: &Arc<Shared>,
    ) {
        let (flow, on_packet, shared) = (flow.clone(), on_packet.clone(), shared.clone());
        let (number, epoch, before) = (self.number, self.epoch, self.newest_ns);
        let whole_file = matches!(source, Source::File { as_camera: false, .. });
        let timeline: Mutex<Option<Timeline>> = Mutex::new(whole_file.then(Timeline::of_file));
        let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if !flow.open.load(Ordering::Acquire) {
                return Err(gst::FlowError::Eos);
            }
            let (Some(caps), Some(segment)) = (sample.caps_owned(), sample.segment().cloned()) else {
                return Err(gst::FlowError::NotNegotiated);
            };
            let Some(buffer) = sample.buffer_owned() else { return Ok(gst::FlowSuccess::Ok) };
            drop(sample);
            let arrived = began.elapsed();
            let (shown, decoded) = source_times(&buffer, &segment);
            let packet = {
                let mut timeline = timeline.lock().unwrap_or_else(PoisonError::into_inner);
                let timeline = timeline.get_or_insert_with(|| {
                    let base = before.map_or(0, |newest| (newest + GAP_NS).max(nanoseconds(epoch.elapsed())));
                    Timeline::of_session(base)
                });
                let placed = timeline.place(shown, decoded, arrived);
                flow.newest_ns.store(timeline.newest_ns(), Ordering::Relaxed);
                Packet::new(buffer, caps, number, placed.shown_ns, placed.decoded_ns)
            };
            let arrived_ms = u64::try_from(arrived.as_millis()).unwrap_or(u64::MAX);
            flow.latest_ms.store(arrived_ms, Ordering::Relaxed);
            if flow.packets.fetch_add(1, Ordering::Release) == 0 {
                flow.first_ms.store(arrived_ms, Ordering::Relaxed);
            }
            shared.counters.packets.fetch_add(1, Ordering::Relaxed);
            shared.counters.bytes.fetch_add(packet.bytes() as u64, Ordering::Relaxed);
            on_packet(packet);
            Ok(gst::FlowSuccess::Ok)
        });
        sink.set_callbacks(callbacks.build());
    }
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

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// The supervisor's view of a running session.
struct Watch<'a> {
    session: &'a Session,
    source: &'a Source,
    options: &'a IngestOptions,
    seen: &'a Seen,
    flow: &'a Flow,
    began: Instant,
}

impl Watch<'_> {
    fn until_over(
        &self,
        pipeline: &gst::Pipeline,
        on_signal: &mut dyn FnMut(Signal),
        shared: &Shared,
        stopped: &Receiver<()>,
    ) -> Outcome {
        let Some(bus) = pipeline.bus() else {
            return Outcome::Fault(Fault::new(BlindCause::Internal, "the video pipeline has no bus"));
        };
        let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
        let mut told = false;
        loop {
            let message = bus.timed_pop_filtered(clock_time(LOOK), &wanted);
            if stopped.try_recv() != Err(TryRecvError::Empty) {
                return Outcome::Stopped;
            }
            if !told && self.flow.packets.load(Ordering::Acquire) > 0 {
                told = true;
                on_signal(Signal::Flowing { session: self.session.number });
            }
            if let Some(message) = message {
                return match message.view() {
                    gst::MessageView::Error(error) => self.of_error(error),
                    _ => self.of_end(),
                };
            }
            if let Some(fault) = self.reported(shared).or_else(|| self.silence()) {
                return Outcome::Fault(fault);
            }
        }
    }

    /// The pipeline would not even start: its error says why.
    fn refused(&self, pipeline: &gst::Pipeline) -> Outcome {
        let error = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        match error.as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Error(error)) => self.of_error(error),
            _ => Outcome::Fault(Fault::new(
                BlindCause::Internal,
                format!("{} could not be opened in time by this box", self.place()),
            )),
        }
    }

    fn of_error(&self, error: &gst::message::Error) -> Outcome {
        let debug = error.debug().map(|d| d.to_string()).unwrap_or_default();
        let shown = self.scrubbed(&debug);
        tracing::debug!("pipeline error: {} {shown}", error.error());
        let place = self.place();
        let unusable = self.seen.unusable();
        let known = Known { place: &place, flowing: self.flowing(), unusable: unusable.as_deref() };
        let error = error.error();
        let Source::Rtsp(_) = self.source else {
            return Outcome::Fault(fault::of_file(&error, known));
        };
        // the camera described a stream that can be used, and then no way to send it was agreed on
        let no_transport = error.is::<gst::StreamError>()
            && self.seen.chosen.load(Ordering::Relaxed)
            && self.seen.raw() == 0;
        if no_transport && self.session.transport == Transport::Tcp {
            let detail = format!("{place} does not send over TCP; UDP is tried next");
            return Outcome::OtherTransport(Transport::Udp, Fault::new(BlindCause::Unreachable, detail));
        }
        let mut fault = fault::of_camera(&error, &debug, known);
        if fault.cause == BlindCause::Unreachable {
            fault = self.knocked();
        }
        fault.detail = self.scrubbed(&fault.detail);
        Outcome::Fault(fault)
    }

    fn of_end(&self) -> Outcome {
        let place = self.place();
        match (self.source, self.flowing()) {
            (Source::File { .. }, true) => Outcome::FileEnded,
            (Source::File { .. }, false) => Outcome::Fault(Fault::new(
                BlindCause::Garbage,
                format!("{place} holds no video that can be read"),
            )),
            (Source::Rtsp(_), true) => {
                Outcome::Fault(Fault::new(BlindCause::Ended, format!("{place} was ended by the camera")))
            }
            (Source::Rtsp(_), false) => Outcome::Fault(Fault::new(
                BlindCause::Ended,
                format!("{place} ended before its first picture; is the camera's stream switched on?"),
            )),
        }
    }

    /// A fault that somebody else found in this session.
    fn reported(&self, shared: &Shared) -> Option<Fault> {
        let mut failed = shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let (session, fault) = failed.take()?;
        (session == self.session.number).then_some(fault)
    }

    fn silence(&self) -> Option<Fault> {
        if matches!(self.source, Source::File { as_camera: false, .. }) && self.flowing() {
            // whoever takes the packets may take its time
            return None;
        }
        let place = self.place();
        let since_start = self.began.elapsed();
        if self.flowing() {
            let silent = since_start
                .saturating_sub(Duration::from_millis(self.flow.latest_ms.load(Ordering::Relaxed)));
            return (silent >= self.options.stall_timeout).then(|| {
                let secs = silent.as_secs();
                Fault::new(BlindCause::Stalled, format!("{place} is connected but sent nothing for {secs} s"))
            });
        }
        if since_start < self.options.connect_timeout {
            return None;
        }
        if let Source::File { .. } = self.source {
            // parsebin keeps some errors of its children to itself
            return Some(Fault::new(BlindCause::Garbage, format!("{place} holds no video that can be read")));
        }
        let secs = since_start.as_secs();
        Some(if self.seen.raw() > 0 {
            Fault::new(
                BlindCause::Garbage,
                format!(
                    "{place} sent data for {secs} s, but no picture is in it; check the camera's encoder"
                ),
            )
        } else if self.seen.described.load(Ordering::Relaxed) {
            Fault::new(BlindCause::Stalled, format!("{place} promised video but sent nothing for {secs} s"))
        } else {
            self.knocked()
        })
    }

    /// Why a camera could not be reached, found out by a connection of our own.
    fn knocked(&self) -> Fault {
        let place = self.place();
        let Source::Rtsp(camera) = self.source else { return fault::unreachable(&place, "") };
        match knock(&camera.shown_url(), self.options.connect_timeout.min(Duration::from_secs(4))) {
            Found::OtherService => fault::no_camera(&place),
            // GStreamer does not say what it dislikes about the encryption
            Found::Listens if camera.tls_verify && camera.url.starts_with("rtsps") => fault::unreachable(
                &place,
                "it takes the connection, but no encrypted one; is its certificate trusted by this box?",
            ),
            found => fault::unreachable(&place, found.words()),
        }
    }

    fn flowing(&self) -> bool {
        self.flow.packets.load(Ordering::Acquire) > 0
    }

    fn place(&self) -> String {
        match self.source {
            Source::Rtsp(camera) => self.scrubbed(&camera.shown_url()),
            Source::File { path, .. } => path.display().to_string(),
        }
    }

    fn scrubbed(&self, text: &str) -> String {
        match self.source {
            Source::Rtsp(camera) => camera.without_password(text),
            Source::File { .. } => text.to_owned(),
        }
    }
}

fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}
