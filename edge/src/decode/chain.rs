//! appsrc ─▶ decoder ─▶ (drop what is not wanted) ─▶ scale ─▶ BGR ─▶ appsink.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use xunge_alert::BlindCause;

use super::{DecodeOptions, DecodeStats, OnFrame, Pace};
use crate::frame::Frame;
use crate::ingest::{self, Fault, Packet};

/// Packets that may wait for a live decoder: a few seconds, and the bytes stay those of the ring.
const LIVE_QUEUE: u64 = 60;
/// Packets that may wait when nothing is dropped.
const WHOLE_QUEUE: u64 = 8;
/// A decoder that shows no progress for this long is stuck.
const STUCK: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// What the threads of one decoder share. It outlives single chains.
#[derive(Debug, Default)]
pub(super) struct Progress {
    packets: AtomicU64,
    skipped: AtomicU64,
    decoded: AtomicU64,
    corrupted: AtomicU64,
    frames: AtomicU64,
    errors: AtomicU64,
    closed: AtomicBool,
    /// A frame is being handed over: whoever takes it may take its time.
    handing: AtomicBool,
}

impl Progress {
    pub(super) fn stats(&self) -> DecodeStats {
        let get = |n: &AtomicU64| n.load(Ordering::Acquire);
        DecodeStats {
            packets: get(&self.packets),
            skipped: get(&self.skipped),
            decoded: get(&self.decoded),
            corrupted: get(&self.corrupted),
            frames: get(&self.frames),
            errors: get(&self.errors),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn count_skipped(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }
}

/// Packets on their way into the decoder, and whether the last frame is out.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct GateState {
    waiting: u64,
    drained: bool,
}

impl Gate {
    fn update(&self, change: impl FnOnce(&mut GateState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn waiting(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).waiting
    }

    fn is_drained(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).drained
    }

    /// Waits until `done`, giving up when `alive` says so. `alive` is asked a few times a second.
    fn wait(&self, done: impl Fn(&GateState) -> bool, mut alive: impl FnMut() -> bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !done(&state) && alive() {
            let waited = self.changed.wait_timeout(state, Duration::from_millis(100));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// One decoder at work.
pub(super) struct Chain {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    gate: Arc<Gate>,
    progress: Arc<Progress>,
    caps: gst::Caps,
    error: Arc<Mutex<Option<String>>>,
    skipping: bool,
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

        let gate = Arc::new(Gate::default());
        let entry = source.static_pad("src").ok_or_else(|| internal("no pad"))?;
        let taken = gate.clone();
        entry.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            taken.update(|state| state.waiting = state.waiting.saturating_sub(1));
            gst::PadProbeReturn::Ok
        });
        let full_size = Arc::new(Mutex::new((0, 0)));
        let exit = decoder.static_pad("src").ok_or_else(|| internal("no pad"))?;
        thin(&exit, &size, options, progress.clone(), full_size.clone());
        hand_over(&sink, packet.session, gate.clone(), progress.clone(), full_size, on_frame);
        let error = Arc::new(Mutex::new(None));
        keep_error(&pipeline, error.clone(), gate.clone());

        let chain =
            Self { pipeline, source, gate, progress, caps: packet.caps.clone(), error, skipping: false };
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
        self.gate.waiting() > WHOLE_QUEUE
    }

    pub(super) fn is_full(&self) -> bool {
        self.gate.waiting() >= LIVE_QUEUE
    }

    pub(super) fn skipping(&self) -> bool {
        self.skipping
    }

    /// From here on packets are skipped until one that decoding can begin at.
    pub(super) fn skip_until_keyframe(&mut self, begins: bool) {
        self.skipping = !begins;
    }

    /// Waits until the decoder takes more.
    pub(super) fn wait_for_room(&self) -> Result<(), Fault> {
        let alive = self.alive();
        self.gate.wait(|state| state.waiting < WHOLE_QUEUE, alive);
        if self.gate.waiting() >= WHOLE_QUEUE && !self.progress.is_closed() && self.error().is_none() {
            return Err(stuck());
        }
        Ok(())
    }

    pub(super) fn push(&mut self, packet: &Packet) {
        if self.caps != packet.caps {
            self.source.set_caps(Some(&packet.caps));
            self.caps = packet.caps.clone();
        }
        self.progress.packets.fetch_add(1, Ordering::Relaxed);
        self.gate.update(|state| state.waiting += 1);
        // refused only while stopping, or after an error, which the next push sees on the bus
        let _ = self.source.push_buffer(packet.buffer.clone());
    }

    /// Waits until all frames are out.
    pub(super) fn drain(self) -> Result<(), Fault> {
        // refused only after an error, which is looked at below
        let _ = self.source.end_of_stream();
        let alive = self.alive();
        self.gate.wait(|state| state.drained, alive);
        if self.gate.is_drained() || self.progress.is_closed() {
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

/// The pipeline's first error is kept; nothing gathers on its bus.
fn keep_error(pipeline: &gst::Pipeline, error: Arc<Mutex<Option<String>>>, gate: Arc<Gate>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(e) = message.view() {
            error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| e.error().to_string());
            gate.update(|_| {});
        }
        gst::BusSyncReply::Drop
    });
}

/// Drops, right behind the decoder, what nobody will look at; tells the scaler the size for each new picture size.
fn thin(
    exit: &gst::Pad,
    size: &gst::Element,
    options: &DecodeOptions,
    progress: Arc<Progress>,
    full_size: Arc<Mutex<(usize, usize)>>,
) {
    let shown = Mutex::new((Pace::new(options.fps), -1_i64));
    let (size, fit) = (size.clone(), (options.fit_width, options.fit_height));
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
    exit.add_probe(kinds, move |_, info| match &info.data {
        Some(gst::PadProbeData::Event(event)) => {
            if let gst::EventView::Caps(caps) = event.view()
                && let Ok(picture) = gst_video::VideoInfo::from_caps(caps.caps())
            {
                *full_size.lock().unwrap_or_else(PoisonError::into_inner) =
                    (picture.width() as usize, picture.height() as usize);
                size.set_property("caps", fitted(&picture, fit));
            }
            gst::PadProbeReturn::Ok
        }
        Some(gst::PadProbeData::Buffer(buffer)) => {
            if buffer.flags().contains(gst::BufferFlags::CORRUPTED) {
                progress.corrupted.fetch_add(1, Ordering::Relaxed);
                return gst::PadProbeReturn::Drop;
            }
            progress.decoded.fetch_add(1, Ordering::Release);
            let at_ns = buffer.pts().map_or(-1, ingest::media_ns);
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            let (pace, last_ns) = &mut *shown;
            // What stands before the beginning was decoded only for the pictures after it. Two pictures of one time
            // come from files that give no presentation times with B-frames: the scene's time must go on.
            if at_ns <= *last_ns || !pace.wants(at_ns) {
                return gst::PadProbeReturn::Drop;
            }
            *last_ns = at_ns;
            gst::PadProbeReturn::Ok
        }
        _ => gst::PadProbeReturn::Ok,
    });
}

/// The size in which a picture, seen with square pixels, just fits.
fn fitted(picture: &gst_video::VideoInfo, (fit_width, fit_height): (u32, u32)) -> gst::Caps {
    let par = f64::from(picture.par().numer()) / f64::from(picture.par().denom().max(1));
    let par = if par > 0.0 { par } else { 1.0 };
    let (width, height) = (f64::from(picture.width().max(1)) * par, f64::from(picture.height().max(1)));
    let scale = (f64::from(fit_width) / width).min(f64::from(fit_height) / height);
    let whole =
        |length: f64, most: u32| ((length * scale).round() as i32).clamp(2, most.cast_signed().max(2));
    gst::Caps::builder("video/x-raw")
        .field("width", whole(width, fit_width))
        .field("height", whole(height, fit_height))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

/// Hands finished frames over, on the decoder's thread.
fn hand_over(
    sink: &gst_app::AppSink,
    session: u32,
    gate: Arc<Gate>,
    progress: Arc<Progress>,
    full_size: Arc<Mutex<(usize, usize)>>,
    on_frame: OnFrame,
) {
    let drained = gate.clone();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let full = *full_size.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(frame) = frame(&sample, session, full) else {
                return Err(gst::FlowError::NotNegotiated);
            };
            drop(sample);
            progress.handing.store(true, Ordering::Release);
            let wanted = on_frame(frame);
            progress.handing.store(false, Ordering::Release);
            progress.frames.fetch_add(1, Ordering::Release);
            if wanted {
                return Ok(gst::FlowSuccess::Ok);
            }
            progress.closed.store(true, Ordering::Release);
            gate.update(|_| {});
            Err(gst::FlowError::Eos)
        })
        .eos(move |_| drained.update(|state| state.drained = true));
    sink.set_callbacks(callbacks.build());
}

fn frame(sample: &gst::Sample, session: u32, full: (usize, usize)) -> Option<Frame> {
    let picture = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let buffer = sample.buffer_owned()?;
    let at = ingest::stream_time(ingest::media_ns(buffer.pts()?));
    let stride = match buffer.meta::<gst_video::VideoMeta>() {
        Some(meta) => meta.stride().first().copied(),
        None => picture.stride().first().copied(),
    };
    let stride = usize::try_from(stride?).ok()?;
    let size = (picture.width() as usize, picture.height() as usize, stride);
    Frame::mapped(at, session, size, full, buffer.into_mapped_buffer_readable().ok()?)
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
