//! A copy of a clip as the edge should see it: a part blacked out, cropped, as another camera would have seen it, in a
//! coding that it reads.
//!
//! The copy is practically lossless where nothing else is wanted, and keeps the times of the pictures.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result, bail, ensure};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::{
    seen::Seen,
    truth::{Clip, Rect},
};

mod pixels;

/// Longest time that a copy may take.
const LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(900);

/// A rectangle of pixels: left, top, right, bottom.
type Pixels = [usize; 4];

/// What a copy is to be, in this order: the mask is a part of the picture before the crop.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// The part that becomes black.
    pub mask: Option<Rect>,
    /// The part that stays.
    pub crop: Option<Rect>,
    /// The camera that sees it.
    pub seen: Seen,
}

impl Wanted {
    /// What a clip says, whose labels have moved along already.
    pub fn of(clip: &Clip, seen: Seen) -> Self {
        Self { mask: clip.mask_norm, crop: clip.crop_norm, seen }
    }

    /// Whether the clip can be shown as it is.
    pub fn is_plain(&self) -> bool {
        self.mask.is_none() && self.crop.is_none() && !self.seen.repaints()
    }
}

/// Writes the copy of `video` to `copy`, an MP4.
pub fn prepare(video: &Path, copy: &Path, wanted: Wanted) -> Result<()> {
    let Wanted { mask, crop, seen } = wanted;
    gst::init().context("GStreamer does not start")?;
    ensure!(video.is_file(), "{} is not a file", video.display());
    let source = make("filesrc")?;
    source.set_property("location", video);
    let decode = make("decodebin")?;
    let convert = make("videoconvert")?;
    let planar = make("capsfilter")?;
    planar.set_property("caps", gst::Caps::builder("video/x-raw").field("format", "I420").build());
    let cut = make("videocrop")?;
    let encode = make("x264enc")?;
    encode.set_property_from_str("pass", "quant");
    encode.set_property("quantizer", seen.quantizer());
    encode.set_property_from_str("speed-preset", "veryfast");
    // without B-frames the first picture stands where it stood
    encode.set_property("bframes", 0_u32);
    encode.set_property("key-int-max", 30_u32);
    encode.set_property("threads", 1_u32);
    let (parse, mux, sink) = (make("h264parse")?, make("mp4mux")?, make("filesink")?);
    sink.set_property("location", copy);

    let pipeline = gst::Pipeline::new();
    let mut chain = vec![convert.clone(), planar, cut.clone()];
    if seen == Seen::Mirrored {
        let flip = make("videoflip")?;
        flip.set_property_from_str("video-direction", "horiz");
        chain.push(flip);
    }
    let size = make("capsfilter")?;
    if seen == Seen::Coarse {
        chain.extend([make("videoscale")?, size.clone()]);
    }
    chain.extend([encode.clone(), parse, mux, sink]);
    pipeline.add_many([&source, &decode])?;
    pipeline.add_many(&chain)?;
    source.link(&decode)?;
    gst::Element::link_many(&chain)?;

    let entry = cut.static_pad("sink").context("videocrop has no pad")?;
    let (cropped, sized) = (cut.downgrade(), size.downgrade());
    on_size(&entry, move |width, height| {
        let (Some(cut), Some(size)) = (cropped.upgrade(), sized.upgrade()) else { return };
        let [left, top, right, bottom] = kept(crop, width, height);
        if let Some((width, height)) = seen.shrunk((right - left, bottom - top)) {
            let even = |pixels: usize| i32::try_from(pixels.max(2) & !1).unwrap_or_default();
            let caps = gst::Caps::builder("video/x-raw")
                .field("width", even(width))
                .field("height", even(height))
                .build();
            size.set_property("caps", caps);
        }
        for (side, pixels) in
            [("left", left), ("top", top), ("right", width - right), ("bottom", height - bottom)]
        {
            cut.set_property(side, i32::try_from(pixels).unwrap_or_default());
        }
    });
    if let Some(mask) = mask {
        pixels::black_out(&entry, mask);
    }
    let last = encode.static_pad("sink").context("x264enc has no pad")?;
    if let Some(tone) = seen.tone() {
        pixels::tone(&last, tone);
    }
    if let Some(sigma) = seen.noise() {
        pixels::noise(&last, sigma);
    }
    let first = convert.static_pad("sink").context("videoconvert has no pad")?;
    let weak = pipeline.downgrade();
    decode.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        if let Err(error) = take(&pipeline, pad, &first) {
            let error = gst::glib::Error::new(gst::CoreError::Pad, &format!("{error:#}"));
            let message = gst::message::Error::builder_from_error(error).src(&pipeline).build();
            // fails only when the bus is flushing: then nobody waits any more
            let _ = pipeline.post_message(message);
        }
    });
    let outcome = play(&pipeline);
    pipeline.set_state(gst::State::Null)?;
    outcome.with_context(|| format!("{} cannot be prepared", video.display()))
}

fn make(name: &str) -> Result<gst::Element> {
    gst::ElementFactory::make(name)
        .build()
        .with_context(|| format!("GStreamer's {name} is missing: run `make setup`"))
}

/// The first video goes to `first`, all else nowhere.
fn take(pipeline: &gst::Pipeline, pad: &gst::Pad, first: &gst::Pad) -> Result<()> {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let is_video = caps.structure(0).is_some_and(|stream| stream.name() == "video/x-raw");
    if is_video && !first.is_linked() {
        one_at_a_time(pad);
        pad.link(first)?;
        return Ok(());
    }
    let nowhere = gst::ElementFactory::make("fakesink").property("async", false).build()?;
    pipeline.add(&nowhere)?;
    nowhere.sync_state_with_parent()?;
    pad.link(&nowhere.static_pad("sink").context("fakesink has no pad")?)?;
    Ok(())
}

fn play(pipeline: &gst::Pipeline) -> Result<()> {
    let bus = pipeline.bus().context("the pipeline has no bus")?;
    // why it fails stands on the bus
    let _ = pipeline.set_state(gst::State::Playing);
    let last = bus.timed_pop_filtered(LIMIT, &[gst::MessageType::Eos, gst::MessageType::Error]);
    match last.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => Ok(()),
        Some(gst::MessageView::Error(error)) => {
            bail!("{} ({})", error.error(), error.debug().unwrap_or_default())
        }
        _ => bail!("it was not done within {LIMIT}"),
    }
}

/// Leaves out pictures that are not later than the one before: they have no place in a copy, and the edge looks at
/// none of them either. They come from files that give no presentation times with B-frames.
fn one_at_a_time(pad: &gst::Pad) {
    let latest: Mutex<Option<gst::ClockTime>> = Mutex::default();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
        let at = info.buffer().and_then(|buffer| buffer.pts());
        if at.is_none() || at <= *latest {
            return gst::PadProbeReturn::Drop;
        }
        *latest = at;
        gst::PadProbeReturn::Ok
    });
}

/// Tells the size of the pictures before the first one comes.
fn on_size(pad: &gst::Pad, tell: impl Fn(usize, usize) + Send + Sync + 'static) {
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::EventView::Caps(event)) = info.event().map(|event| event.view())
            && let Ok(video) = gst_video::VideoInfo::from_caps(event.caps())
        {
            tell(video.width() as usize, video.height() as usize);
        }
        gst::PadProbeReturn::Ok
    });
}

/// The pixels that stay: whole chroma samples, so even numbers.
fn kept(crop: Option<Rect>, width: usize, height: usize) -> Pixels {
    let [x, y, w, h] = crop.unwrap_or([0.0, 0.0, 1.0, 1.0]);
    let even = |part: f64, all: usize| (((part * all as f64) / 2.0).round() as usize * 2).min(all & !1);
    let span = |from: f64, length: f64, all: usize| {
        let (begin, end) = (even(from, all), even(from + length, all));
        if end > begin {
            (begin, end)
        } else {
            (begin.min((all & !1).saturating_sub(2)), (begin + 2).min(all & !1))
        }
    };
    let ((left, right), (top, bottom)) = (span(x, w, width), span(y, h, height));
    [left, top, right, bottom]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_stays_is_even_and_inside() {
        assert_eq!(kept(Some([0.5, 0.0, 0.5, 1.0]), 640, 240), [320, 0, 640, 240]);
        assert_eq!(kept(None, 641, 359), [0, 0, 640, 358]);
        assert_eq!(kept(Some([0.999, 0.0, 0.001, 0.5]), 640, 480), [638, 0, 640, 240]);
    }

    #[test]
    fn of_pictures_with_the_same_time_the_first_stays() {
        gst::init().unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&shown);
        let out = gst::Pad::builder(gst::PadDirection::Src).build();
        let end = gst::Pad::builder(gst::PadDirection::Sink)
            .chain_function(move |_, _, buffer| {
                seen.lock().unwrap().push(buffer.pts().unwrap().mseconds());
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        out.link(&end).unwrap();
        end.set_active(true).unwrap();
        out.set_active(true).unwrap();
        one_at_a_time(&out);
        assert!(out.push_event(gst::event::StreamStart::new("video")));
        assert!(out.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new())));
        for at_ms in [Some(250), Some(250), None, Some(250), Some(333), Some(417), Some(400), Some(500)] {
            let mut buffer = gst::Buffer::new();
            buffer.get_mut().unwrap().set_pts(at_ms.map(gst::ClockTime::from_mseconds));
            out.push(buffer).unwrap();
        }
        assert_eq!(*shown.lock().unwrap(), [250, 333, 417, 500]);
    }
}
