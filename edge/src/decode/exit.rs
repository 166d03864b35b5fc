//! Behind the decoder: what nobody will look at is dropped before it is scaled; frames are handed over.
//!
//! All of it runs on the one thread of the decoder, so that what is said before a packet holds from its frame on.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::progress::{Progress, Queue};
use super::{DecodeOptions, Mode, OnFrame, Pace};
use crate::frame::{Frame, Original};
use crate::ingest;

const MARK: &str = "xunge-mark";

/// Goes with the packets and says what those behind it are decoded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Every picture, as it comes.
    All,
    /// Keyframes only, each of which is shown.
    Keyframes,
    /// What comes is older than what has been shown: pictures after `after_ns` are shown, and those up to `until_ns` are
    /// made good. For a decoder time must not step back, so theirs are `shift_ns` later than they are.
    CatchUp { after_ns: i64, until_ns: i64, shift_ns: i64 },
}

impl Mark {
    pub(super) fn event(self) -> gst::Event {
        let fields = gst::Structure::builder(MARK);
        let fields = match self {
            Self::All => fields,
            Self::Keyframes => fields.field("keyframes", true),
            Self::CatchUp { after_ns, until_ns, shift_ns } => {
                fields.field("after", after_ns).field("until", until_ns).field("shift", shift_ns)
            }
        };
        gst::event::CustomDownstream::new(fields.build())
    }

    fn of(event: &gst::EventRef) -> Option<Self> {
        let fields = event.structure().filter(|fields| fields.name() == MARK)?;
        let ns = |name| fields.get::<i64>(name).ok();
        let Some((after_ns, until_ns)) = ns("after").zip(ns("until")) else {
            return Some(if fields.has_field("keyframes") { Self::Keyframes } else { Self::All });
        };
        Some(Self::CatchUp { after_ns, until_ns, shift_ns: ns("shift").unwrap_or_default() })
    }
}

/// What comes out of one decoder.
pub(super) struct Exit {
    session: u32,
    queue: Arc<Queue>,
    progress: Arc<Progress>,
    fit: (u32, u32),
    way: Arc<Mutex<Way>>,
}

/// Which pictures are shown, and as what.
struct Way {
    fps: Option<f64>,
    pace: Pace,
    last_ns: i64,
    mode: Mode,
    /// Made good up to here.
    until_ns: i64,
    /// The decoder's times are so much later.
    shift_ns: i64,
    /// Columns and rows before scaling.
    full: (usize, usize),
    /// The picture on its way through the scaler is to go with its frame …
    keeps_originals: bool,
    /// … and is this one.
    original: Option<Original>,
}

impl Way {
    fn begin(&mut self, mark: Mark) {
        self.pace = Pace::new(self.fps);
        match mark {
            Mark::All => self.mode = Mode::All,
            Mark::Keyframes => self.mode = Mode::Keyframes,
            Mark::CatchUp { after_ns, until_ns, shift_ns } => {
                self.shift_ns = shift_ns;
                self.mode = Mode::CatchUp;
                self.last_ns = after_ns;
                self.until_ns = until_ns;
                self.pace.wants(after_ns);
            }
        }
    }

    /// When a picture of the decoder truly is.
    fn true_ns(&self, time: gst::ClockTime) -> i64 {
        ingest::media_ns(time) - self.shift_ns
    }

    fn wants(&mut self, at_ns: i64) -> bool {
        // What stands before the beginning was decoded only for the pictures after it. Two pictures of one time
        // come from files that give no presentation times with B-frames: the scene's time must go on.
        if at_ns <= self.last_ns || (self.mode != Mode::Keyframes && !self.pace.wants(at_ns)) {
            return false;
        }
        self.last_ns = at_ns;
        if self.mode == Mode::CatchUp && at_ns > self.until_ns {
            self.mode = Mode::All;
        }
        true
    }

    /// Keeps a wanted picture. Of what is made good many queue, and a picture has megabytes: those go without.
    fn keep(&mut self, buffer: &gst::Buffer, pad: &gst::Pad) {
        let keeps = self.keeps_originals && self.mode != Mode::CatchUp;
        let caps = if keeps { pad.current_caps() } else { None };
        self.original = caps.map(|caps| Original(gst::Sample::builder().buffer(buffer).caps(&caps).build()));
    }
}

impl Exit {
    /// With `keeps_originals` frames go with the pictures that they were made of.
    pub(super) fn new(
        options: &DecodeOptions,
        keeps_originals: bool,
        session: u32,
        queue: Arc<Queue>,
        progress: Arc<Progress>,
    ) -> Self {
        let way = Way {
            fps: options.fps,
            pace: Pace::new(options.fps),
            last_ns: -1,
            mode: Mode::All,
            until_ns: -1,
            shift_ns: 0,
            full: (0, 0),
            keeps_originals,
            original: None,
        };
        let fit = (options.fit_width, options.fit_height);
        Self { session, queue, progress, fit, way: Arc::new(Mutex::new(way)) }
    }

    /// Drops what nobody will look at; tells the scaler the size for each new picture size.
    pub(super) fn thin(&self, pad: &gst::Pad, size: &gst::Element) {
        let (size, fit) = (size.clone(), self.fit);
        let (way, queue, progress) = (self.way.clone(), self.queue.clone(), self.progress.clone());
        let kinds = gst::PadProbeType::BUFFER
            | gst::PadProbeType::EVENT_DOWNSTREAM
            | gst::PadProbeType::QUERY_DOWNSTREAM;
        pad.add_probe(kinds, move |pad, info| match &info.data {
            Some(gst::PadProbeData::Event(event)) => {
                if let gst::EventView::Caps(caps) = event.view()
                    && let Ok(picture) = gst_video::VideoInfo::from_caps(caps.caps())
                {
                    lock(&way).full = (picture.width() as usize, picture.height() as usize);
                    size.set_property("caps", fitted(&picture, fit));
                }
                if let Some(mark) = Mark::of(event) {
                    lock(&way).begin(mark);
                }
                if gst_video::StillFrameEvent::parse(event).is_ok() {
                    queue.update(|state| state.rested += 1);
                }
                gst::PadProbeReturn::Ok
            }
            Some(gst::PadProbeData::Buffer(buffer)) => {
                if buffer.flags().contains(gst::BufferFlags::CORRUPTED) {
                    progress.corrupted.fetch_add(1, Ordering::Relaxed);
                    return gst::PadProbeReturn::Drop;
                }
                progress.decoded.fetch_add(1, Ordering::Release);
                let mut way = lock(&way);
                let at_ns = buffer.pts().map_or(-1, |time| way.true_ns(time));
                if !way.wants(at_ns) {
                    return gst::PadProbeReturn::Drop;
                }
                way.keep(buffer, pad);
                gst::PadProbeReturn::Ok
            }
            // The decoder keeps buffers of its own. From those that a scaler offers it takes a new one for each picture, and
            // the pages of 3 MB that the kernel clears for that cost a third of what decoding costs (1080p, H.264).
            Some(gst::PadProbeData::Query(query))
                if matches!(query.view(), gst::QueryView::Allocation(_)) =>
            {
                gst::PadProbeReturn::Drop
            }
            _ => gst::PadProbeReturn::Ok,
        });
    }

    /// Hands finished frames over, on the decoder's thread.
    pub(super) fn hand_over(self, sink: &gst_app::AppSink, on_frame: OnFrame) {
        let drained = self.queue.clone();
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let Some(frame) = self.frame(&sample) else {
                    return Err(gst::FlowError::NotNegotiated);
                };
                drop(sample);
                self.progress.handing.store(true, Ordering::Release);
                let wanted = on_frame(frame);
                self.progress.handing.store(false, Ordering::Release);
                self.progress.frames.fetch_add(1, Ordering::Release);
                if wanted {
                    return Ok(gst::FlowSuccess::Ok);
                }
                self.progress.closed.store(true, Ordering::Release);
                self.queue.update(|_| {});
                Err(gst::FlowError::Eos)
            })
            .eos(move |_| drained.update(|state| state.drained = true));
        sink.set_callbacks(callbacks.build());
    }

    fn frame(&self, sample: &gst::Sample) -> Option<Frame> {
        let picture = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
        let buffer = sample.buffer_owned()?;
        let (mode, full, original, at_ns) = {
            let mut way = lock(&self.way);
            (way.mode, way.full, way.original.take(), way.true_ns(buffer.pts()?))
        };
        let at = ingest::stream_time(at_ns);
        let stride = match buffer.meta::<gst_video::VideoMeta>() {
            Some(meta) => meta.stride().first().copied(),
            None => picture.stride().first().copied(),
        };
        let stride = usize::try_from(stride?).ok()?;
        let size = (picture.width() as usize, picture.height() as usize, stride);
        let pixels = buffer.into_mapped_buffer_readable().ok()?;
        let mut frame = Frame::mapped(at, self.session, mode, size, full, pixels)?;
        frame.original = original;
        Some(frame)
    }
}

fn lock(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
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
