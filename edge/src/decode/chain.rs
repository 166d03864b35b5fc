//! appsrc ─▶ decoder ─▶ (drop what is not wanted) ─▶ scale ─▶ BGR ─▶ appsink.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use xunge_alert::BlindCause;
use xunge_scene::StreamTime;

use super::exit::{Exit, Mark};
use super::progress::{Progress, Queue};
use super::room::Room;
use super::{DecodeOptions, OnFrame};
use crate::ingest::{self, Fault, Packet, stream_ns};

/// Packets that may wait when nothing is dropped.
const WHOLE_QUEUE: u64 = 8;
/// Two pictures are so far from each other at least.
const STEP_NS: i64 = 10_000_000;
/// A decoder that shows no progress for this long is stuck.
const STUCK: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// One decoder at work.
pub(super) struct Chain {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    queue: Arc<Queue>,
    progress: Arc<Progress>,
    caps: gst::Caps,
    error: Arc<Mutex<Option<String>>>,
    hardware: bool,
    skipping: bool,
    /// Rests that were asked for.
    rests: u64,
    room: Room,
    /// Packets go into the decoder as if they were so much later: there time must not step back.
    shift_ns: i64,
    newest_ns: i64,
}

impl Chain {
    /// Builds and starts a decoder for this packet's stream.
    pub(super) fn build(
        factory: &gst::ElementFactory,
        packet: &Packet,
        options: &DecodeOptions,
        progress: Arc<Progress>,
        on_frame: OnFrame,
    ) -> Result<Self, Fault> {
        let source = gst_app::AppSrc::builder()
            .caps(&packet.caps)
            .format(gst::Format::Time)
            // the gate bounds it, in packets
            .max_bytes(0)
            .build();
        let decoder = decoder_element(factory)?;
        let scale = make("videoscale")?;
        scale.set_property("add-borders", false);
        scale.set_property("qos", false);
        let size = make("capsfilter")?;
        let convert = make("videoconvert")?;
        convert.set_property("qos", false);
        convert.set_property_from_str("dither", "none");
        let sink = gst_app::AppSink::builder()
            .caps(&gst::Caps::builder("video/x-raw").field("format", "BGR").build())
            .sync(false)
            .max_buffers(2)
            .enable_last_sample(false)
            .build();
        let pipeline = gst::Pipeline::new();
        let all = [source.upcast_ref(), &decoder, &scale, &size, &convert, sink.upcast_ref()];
        pipeline.add_many(all).map_err(internal)?;
        gst::Element::link_many(all).map_err(internal)?;

        let queue = Arc::new(Queue::default());
        let entry = source.static_pad("src").ok_or_else(|| internal("no pad"))?;
        let (taken, counted) = (queue.clone(), progress.clone());
        let (live, first) = (!options.whole, AtomicBool::new(true));
        entry.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            if live && first.swap(false, Ordering::Relaxed) {
                give_way();
            }
            if !taken.take() {
                return gst::PadProbeReturn::Drop;
            }
            counted.packets.fetch_add(1, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
        // a hardware decoder has few buffers, and waits for those that are kept from it
        let hardware = is_hardware(factory);
        let keeps_originals = !options.whole && !hardware;
        let exit = Exit::new(options, keeps_originals, packet.session, queue.clone(), progress.clone());
        let pad = decoder.static_pad("src").ok_or_else(|| internal("no pad"))?;
        exit.thin(&pad, &size);
        exit.hand_over(&sink, on_frame);
        let error = Arc::new(Mutex::new(None));
        keep_error(&pipeline, error.clone(), queue.clone());

        let chain = Self {
            pipeline,
            source,
            queue,
            progress,
            caps: packet.caps.clone(),
            error,
            hardware,
            skipping: false,
            rests: 0,
            room: Room::default(),
            shift_ns: 0,
            newest_ns: i64::MIN,
        };
        if !ingest::play(&chain.pipeline, Duration::from_secs(10)) {
            return Err(internal(format!("the decoder {} does not start", factory.name())));
        }
        Ok(chain)
    }

    /// Whether packets of these caps can go on in this decoder. A new picture size can, another coding cannot.
    pub(super) fn takes(&self, caps: &gst::CapsRef) -> bool {
        self.caps.structure(0).map(|s| s.name()) == caps.structure(0).map(|s| s.name())
    }

    /// What made the decoder give up.
    pub(super) fn error(&self) -> Option<String> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_behind(&self) -> bool {
        self.queue.waiting() > WHOLE_QUEUE
    }

    /// It has memory of this program's that a new one would not have yet, and will soon be through with what waits.
    pub(super) fn is_slimmed_by_starting_over(&self) -> bool {
        !self.hardware && !self.is_behind() && self.error().is_none()
    }

    /// No more packets may wait, of which this would be the next.
    pub(super) fn is_full(&mut self, packet: &Packet) -> bool {
        self.room.is_full(packet.shown_ns(), self.queue.waiting())
    }

    /// It hangs: not even a keyframe may wait.
    pub(super) fn is_crammed(&self) -> bool {
        self.room.is_crammed(self.queue.waiting())
    }

    /// These packets come at once, and may be older than those that came before; pictures after `after` are wanted.
    pub(super) fn begin_again(&mut self, packets: &[Packet], after: StreamTime) {
        let times = || packets.iter().map(Packet::shown_ns);
        let (Some(first_ns), Some(until_ns)) = (times().min(), times().max()) else { return };
        // those that nobody is to see are no reason to be late later
        let wanted = packets.iter().any(|packet| packet.at > after);
        let more = if wanted { self.queue.waiting() + packets.len() as u64 } else { 0 };
        self.room.make(packets.len() as u64, more);
        self.shift_ns += self.newest_ns.saturating_add(STEP_NS).saturating_sub(first_ns).max(0);
        self.mark(Mark::CatchUp { after_ns: stream_ns(after), until_ns, shift_ns: self.shift_ns });
    }

    /// Every frame of what was pushed is to come out now; only before a keyframe.
    pub(super) fn rest(&mut self) {
        self.rests += 1;
        // refused only while stopping, or after an error, which the next push sees on the bus
        let _ = self.source.send_event(gst_video::StillFrameEvent::builder(true).build());
    }

    /// Waits until they are out.
    pub(super) fn settle(&self) -> Result<(), Fault> {
        let alive = self.alive();
        self.queue.wait(|state| state.rested >= self.rests, alive);
        let settled = self.queue.state().rested >= self.rests;
        if settled || self.progress.is_closed() || self.error().is_some() { Ok(()) } else { Err(stuck()) }
    }

    /// What the next packet is decoded for.
    pub(super) fn mark(&self, mark: Mark) {
        // as above
        let _ = self.source.send_event(mark.event());
    }

    pub(super) fn skipping(&self) -> bool {
        self.skipping
    }

    /// From here on packets are skipped until one that decoding can begin at.
    pub(super) fn skip_until_keyframe(&mut self, begins: bool) {
        self.skipping = !begins;
    }

    /// What waits is given up, too: when its turn comes it is old. The next packet must be a keyframe.
    pub(super) fn give_up_waiting(&mut self) {
        self.progress.count_skipped(self.queue.give_up());
    }

    /// Waits until the decoder takes more.
    pub(super) fn wait_for_room(&self) -> Result<(), Fault> {
        let alive = self.alive();
        self.queue.wait(|state| state.waiting < WHOLE_QUEUE, alive);
        if self.queue.waiting() >= WHOLE_QUEUE && !self.progress.is_closed() && self.error().is_none() {
            return Err(stuck());
        }
        Ok(())
    }

    pub(super) fn push(&mut self, packet: &Packet) {
        if self.caps != packet.caps {
            self.source.set_caps(Some(&packet.caps));
            self.caps = packet.caps.clone();
        }
        self.queue.update(|state| state.waiting += 1);
        let mut buffer = packet.buffer.clone();
        self.newest_ns = self.newest_ns.max(packet.shown_ns());
        if self.shift_ns != 0 {
            let shifted = |time: gst::ClockTime| ingest::clock_time(ingest::media_ns(time) + self.shift_ns);
            let (shown, decoded) = (buffer.pts().map(shifted), buffer.dts().map(shifted));
            // the bytes stay shared with the ring
            let times = buffer.make_mut();
            times.set_pts(shown);
            times.set_dts(decoded);
        }
        // refused only while stopping, or after an error, which the next push sees on the bus
        let _ = self.source.push_buffer(buffer);
    }

    /// Waits until all frames are out.
    pub(super) fn drain(self) -> Result<(), Fault> {
        // refused only after an error, which is looked at below
        let _ = self.source.end_of_stream();
        let alive = self.alive();
        self.queue.wait(|state| state.drained, alive);
        if self.queue.state().drained || self.progress.is_closed() {
            return Ok(());
        }
        match self.error() {
            Some(error) => {
                Err(Fault::new(BlindCause::Garbage, format!("decoding stopped before the end: {error}")))
            }
            None => Err(stuck()),
        }
    }

    /// False when waiting is of no use: nobody wants frames, the decoder failed, or nothing moves.
    fn alive(&self) -> impl FnMut() -> bool + '_ {
        let mut last = (self.progress.stats(), Instant::now());
        move || {
            let now = self.progress.stats();
            if now != last.0 || self.progress.handing.load(Ordering::Acquire) {
                last = (now, Instant::now());
            }
            !self.progress.is_closed() && self.error().is_none() && last.1.elapsed() < STUCK
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        ingest::stop(&self.pipeline, STOP_WITHIN);
    }
}

/// How much less a decoder's thread matters than those that look at pictures (`nice`).
const NICE: i32 = 10;

/// Where there is not time for all, this thread is the first to wait. Decoding more pictures than can be looked at helps
/// nobody: without this, a box with too many cameras decoded all the time and looked at next to nothing.
fn give_way() {
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE) {
        tracing::debug!("the decoder runs at its usual priority: {error}");
    }
}

/// The pipeline's first error is kept; nothing gathers on its bus.
fn keep_error(pipeline: &gst::Pipeline, error: Arc<Mutex<Option<String>>>, queue: Arc<Queue>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(e) = message.view() {
            error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| e.error().to_string());
            queue.update(|_| {});
        }
        gst::BusSyncReply::Drop
    });
}

/// The decoders of this machine that take these caps, best first; hardware ranks above software.
pub(crate) fn candidates(caps: &gst::CapsRef) -> Vec<gst::ElementFactory> {
    let kinds = gst::ElementFactoryType::DECODER | gst::ElementFactoryType::MEDIA_VIDEO;
    let mut found: Vec<gst::ElementFactory> =
        gst::ElementFactory::factories_with_type(kinds, gst::Rank::MARGINAL)
            .into_iter()
            .filter(|f| f.can_sink_any_caps(caps))
            .collect();
    found.sort_by(|a, b| b.rank().cmp(&a.rank()).then_with(|| a.name().cmp(&b.name())));
    found
}

fn is_hardware(factory: &gst::ElementFactory) -> bool {
    factory.metadata(gst::ELEMENT_METADATA_KLASS).is_none_or(|class| class.contains("Hardware"))
}

/// A decoder that uses one thread and skips nothing of its own accord.
pub(crate) fn decoder_element(factory: &gst::ElementFactory) -> Result<gst::Element, Fault> {
    let decoder = factory.create().build().map_err(internal)?;
    if decoder.has_property("max-threads") {
        decoder.set_property_from_str("max-threads", "1");
    }
    if decoder.has_property("qos") {
        decoder.set_property("qos", false);
    }
    Ok(decoder)
}

fn make(name: &str) -> Result<gst::Element, Fault> {
    gst::ElementFactory::make(name).build().map_err(|_| {
        internal(format!(
            "GStreamer has no `{name}`; install gstreamer1.0-plugins-base and gstreamer1.0-libav"
        ))
    })
}

fn internal(error: impl std::fmt::Display) -> Fault {
    Fault::new(BlindCause::Internal, format!("the decoder cannot be built: {error}"))
}

fn stuck() -> Fault {
    Fault::new(BlindCause::Internal, format!("the decoder made no progress for {} s", STUCK.as_secs()))
}
