//! One picture of the moment of an event, drawn on, as JPEG: made of what the decoder has just shown, or decoded from the
//! ring, so that nothing is done for frames that nobody asks for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
use opencv::core::{Mat, Point as Pixel, Rect, Scalar, ToInputOutputArray, ToOutputArray, Vec3b, Vector};
use opencv::imgproc;
use opencv::prelude::MatTraitConst;
use thiserror::Error;
use xunge_scene::{Bounds, Point, StreamTime};

use crate::decode::{candidates, decoder_element};
use crate::frame::Original;
use crate::ingest::{self, Packet};

const LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(10);
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// How large and how good.
#[derive(Debug, Clone, Copy)]
pub struct StillOptions {
    /// Wider pictures are scaled down to this.
    pub max_width: u32,
    /// JPEG quality, 1..100.
    pub quality: u8,
}

impl Default for StillOptions {
    fn default() -> Self {
        Self { max_width: 1280, quality: 85 }
    }
}

/// What is drawn. Texts are ASCII: the font has no other letters, and those are left out.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// Boxes with their labels.
    pub marks: Vec<Mark>,
    /// Zones, as polygons.
    pub outlines: Vec<Vec<Point>>,
    /// Lines that the picture shines through.
    pub grid: Vec<[Point; 2]>,
    /// Along the lower edge: camera and time.
    pub caption: String,
}

/// A box with a label.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Where.
    pub bounds: Bounds,
    /// What, such as `person #3 83%`.
    pub label: String,
    /// Whether the event is about it; others are drawn thin.
    pub main: bool,
}

/// A picture.
#[derive(Debug, Clone)]
pub struct Still {
    /// JPEG bytes.
    pub jpeg: Vec<u8>,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// When the picture was shown; at or just before the time asked for.
    pub at: StreamTime,
}

/// No picture could be made.
#[derive(Debug, Error)]
pub enum StillError {
    /// The ring has nothing of that time.
    #[error("there is no picture of {0} any more, or not yet")]
    Empty(StreamTime),
    /// It does not decode.
    #[error("the picture of {at} cannot be decoded: {reason}")]
    Decode {
        /// When.
        at: StreamTime,
        /// Why.
        reason: String,
    },
    /// OpenCV failed.
    #[error("the picture cannot be drawn on: {0}")]
    Draw(#[from] opencv::Error),
    /// It does not become a JPEG.
    #[error("the picture cannot be compressed: {0}")]
    Compress(#[from] image::ImageError),
}

/// Decodes the picture at or just before `at` from what [`crate::ring::Ring::cut`] gave, draws on it, compresses it.
pub fn take(
    packets: &[Packet],
    at: StreamTime,
    drawing: &Drawing,
    options: StillOptions,
) -> Result<Still, StillError> {
    // later pictures can only be needed when they come first in decoding order
    let needed = packets.iter().rposition(|p| p.at <= at).map_or(0, |last| last + 1);
    let begin = packets[..needed].iter().rposition(|p| p.keyframe && p.at <= at).unwrap_or(0);
    let needed = &packets[begin..needed];
    let Some(first) = needed.first() else { return Err(StillError::Empty(at)) };
    let mut reason = "this box has no decoder for it; install gstreamer1.0-libav".to_owned();
    for factory in candidates(&first.caps) {
        match decode(&factory, needed, at, options.max_width) {
            Ok(picture) => return finish(picture, drawing, options.quality),
            Err(why) => reason = why,
        }
    }
    Err(StillError::Decode { at, reason })
}

/// The same of a picture of `at` that is still there.
pub fn of(
    original: &Original,
    at: StreamTime,
    drawing: &Drawing,
    options: StillOptions,
) -> Result<Still, StillError> {
    let picture =
        convert(&original.0, at, options.max_width).map_err(|reason| StillError::Decode { at, reason })?;
    finish(picture, drawing, options.quality)
}

/// Packed rows of B, G, R.
struct Picture {
    bgr: Vec<u8>,
    width: u32,
    height: u32,
    at: StreamTime,
}

fn decode(
    factory: &gst::ElementFactory,
    packets: &[Packet],
    at: StreamTime,
    max_width: u32,
) -> Result<Picture, String> {
    let caps = packets.first().map(|p| &p.caps).ok_or("no packet")?;
    let source = gst_app::AppSrc::builder().caps(caps).format(gst::Format::Time).max_bytes(0).build();
    let decoder = decoder_element(factory).map_err(|fault| fault.detail)?;
    let sink = gst_app::AppSink::builder().sync(false).max_buffers(1).enable_last_sample(false).build();
    let pipeline = gst::Pipeline::new();
    let all = [source.upcast_ref(), &decoder, sink.upcast_ref()];
    pipeline.add_many(all).map_err(|e| e.to_string())?;
    gst::Element::link_many(all).map_err(|e| e.to_string())?;
    let latest: Arc<Mutex<Option<gst::Sample>>> = Arc::default();
    let (kept, limit_ns) = (latest.clone(), ingest::stream_ns(at));
    let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let shown = sample.buffer().and_then(gst::BufferRef::pts).map(ingest::media_ns);
        if shown.is_some_and(|shown| shown <= limit_ns) {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(sample);
        }
        Ok(gst::FlowSuccess::Ok)
    });
    sink.set_callbacks(callbacks.build());
    let result = run(&pipeline, &source, packets);
    let sample = latest.lock().unwrap_or_else(PoisonError::into_inner).take();
    let picture = match (result, sample) {
        (_, Some(sample)) => match sample.buffer().and_then(gst::BufferRef::pts) {
            Some(shown) => convert(&sample, ingest::stream_time(ingest::media_ns(shown)), max_width),
            None => Err("the picture has no time".into()),
        },
        (Err(reason), None) => Err(reason),
        (Ok(()), None) => Err("no picture came out".into()),
    };
    ingest::stop(&pipeline, STOP_WITHIN);
    picture
}

fn run(pipeline: &gst::Pipeline, source: &gst_app::AppSrc, packets: &[Packet]) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("the pipeline has no bus")?;
    for packet in packets {
        source.push_buffer(packet.buffer.clone()).map_err(|e| e.to_string())?;
    }
    source.end_of_stream().map_err(|e| e.to_string())?;
    if !ingest::play(pipeline, Duration::from_secs(10)) {
        return Err("the decoder does not start".into());
    }
    match bus.timed_pop_filtered(LIMIT, &[gst::MessageType::Eos, gst::MessageType::Error]) {
        Some(message) => match message.view() {
            gst::MessageView::Error(e) => Err(e.error().to_string()),
            _ => Ok(()),
        },
        None => Err("it took too long".into()),
    }
}

fn convert(sample: &gst::Sample, at: StreamTime, max_width: u32) -> Result<Picture, String> {
    let caps = sample.caps().ok_or("the decoder gave no caps")?;
    let full = gst_video::VideoInfo::from_caps(caps).map_err(|e| e.to_string())?;
    let par = f64::from(full.par().numer().max(1)) / f64::from(full.par().denom().max(1));
    let (width, height) = (f64::from(full.width()) * par, f64::from(full.height()));
    let scale = (f64::from(max_width) / width).min(1.0);
    let whole = |length: f64| ((length * scale).round() as i32).max(2);
    let wanted = gst::Caps::builder("video/x-raw")
        .field("format", "BGR")
        .field("width", whole(width))
        .field("height", whole(height))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build();
    let converted = gst_video::convert_sample(sample, &wanted, Some(LIMIT)).map_err(|e| e.to_string())?;
    let info = converted.caps().and_then(|c| gst_video::VideoInfo::from_caps(c).ok()).ok_or("no caps")?;
    let buffer = converted.buffer().ok_or("no buffer")?;
    let map = buffer.map_readable().map_err(|e| e.to_string())?;
    let stride = info.stride().first().and_then(|s| usize::try_from(*s).ok()).ok_or("no stride")?;
    let row = 3 * info.width() as usize;
    let rows = map.as_slice().chunks(stride.max(1)).take(info.height() as usize);
    let bgr: Vec<u8> = rows.filter_map(|r| r.get(..row)).flatten().copied().collect();
    if bgr.len() != row * info.height() as usize {
        return Err("the converted picture is too short".into());
    }
    Ok(Picture { bgr, width: info.width(), height: info.height(), at })
}

/// Draws on rows of B, G, R bytes without padding; `bgr` holds `3 * width * height`.
pub fn draw_on(bgr: &mut [u8], width: u32, height: u32, drawing: &Drawing) -> Result<(), StillError> {
    let (width, height) = (width.cast_signed(), height.cast_signed());
    let mut canvas = Mat::new_rows_cols_with_bytes_mut::<Vec3b>(height, width, bgr)?;
    draw(&mut canvas, drawing, width, height)?;
    Ok(())
}

fn finish(mut picture: Picture, drawing: &Drawing, quality: u8) -> Result<Still, StillError> {
    let Picture { width, height, at, .. } = picture;
    draw_on(&mut picture.bgr, width, height, drawing)?;
    let mut rgb = picture.bgr;
    rgb.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| pixel.reverse());
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality.clamp(1, 100));
    encoder.write_image(&rgb, width, height, ExtendedColorType::Rgb8)?;
    Ok(Still { jpeg, width, height, at })
}

const AMBER: [f64; 3] = [0.0, 176.0, 255.0];
const GREY: [f64; 3] = [200.0, 200.0, 200.0];
const BLUE: [f64; 3] = [230.0, 160.0, 60.0];
const GREEN: [f64; 3] = [120.0, 230.0, 120.0];
/// How much of a faint line is seen.
const FAINT: f64 = 0.5;

fn draw<C>(canvas: &mut C, drawing: &Drawing, width: i32, height: i32) -> opencv::Result<()>
where
    C: ToInputOutputArray + ToOutputArray + MatTraitConst,
{
    let colour = |[b, g, r]: [f64; 3]| Scalar::new(b, g, r, 0.0);
    let place = |p: &Point| {
        Pixel::new((p.x * f64::from(width)).round() as i32, (p.y * f64::from(height)).round() as i32)
    };
    let unit = (height / 360).clamp(1, 3);
    if !drawing.grid.is_empty() {
        let plain = canvas.try_clone()?;
        for [from, to] in &drawing.grid {
            imgproc::line(canvas, place(from), place(to), colour(GREEN), unit, imgproc::LINE_AA, 0)?;
        }
        let drawn = canvas.try_clone()?;
        opencv::core::add_weighted(&drawn, FAINT, &plain, 1.0 - FAINT, 0.0, canvas, -1)?;
    }
    for outline in &drawing.outlines {
        let corners: Vector<Pixel> = outline.iter().map(place).collect();
        imgproc::polylines(canvas, &corners, true, colour(BLUE), unit, imgproc::LINE_AA, 0)?;
    }
    // what the event is about is drawn last, on top
    let mut marks: Vec<&Mark> = drawing.marks.iter().collect();
    marks.sort_by_key(|m| m.main);
    for mark in marks {
        let b = &mark.bounds;
        let (from, to) = (place(&Point { x: b.x, y: b.y }), place(&Point { x: b.x + b.w, y: b.y + b.h }));
        let shade = if mark.main { AMBER } else { GREY };
        let thick = if mark.main { unit + 1 } else { unit };
        let area = Rect::new(from.x, from.y, (to.x - from.x).max(1), (to.y - from.y).max(1));
        imgproc::rectangle(canvas, area, colour(shade), thick, imgproc::LINE_8, 0)?;
        if !mark.label.is_empty() {
            text(canvas, &mark.label, (from.x, from.y - 2 * unit), colour(shade), unit)?;
        }
    }
    if !drawing.caption.is_empty() {
        text(canvas, &drawing.caption, (0, height), colour([245.0, 245.0, 245.0]), unit)?;
    }
    Ok(())
}

/// Dark text on a bright ground, so that it can be read on any picture. `corner`: lower left; kept inside the picture.
fn text<C>(
    canvas: &mut C,
    text: &str,
    (x, bottom): (i32, i32),
    ground: Scalar,
    unit: i32,
) -> opencv::Result<()>
where
    C: ToInputOutputArray + MatTraitConst,
{
    let text: String = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(120).collect();
    let (font, scale) = (imgproc::FONT_HERSHEY_SIMPLEX, 0.35 + 0.15 * f64::from(unit));
    let mut below = 0;
    let size = imgproc::get_text_size(&text, font, scale, unit, &mut below)?;
    let pad = 2 * unit;
    let high = size.height + below + 2 * pad;
    let left = x.clamp(0, (canvas.cols() - size.width - 2 * pad).max(0));
    let top = (bottom - high).clamp(0, (canvas.rows() - high).max(0));
    let area = Rect::new(left, top, size.width + 2 * pad, high);
    imgproc::rectangle(canvas, area, ground, imgproc::FILLED, imgproc::LINE_8, 0)?;
    let origin = Pixel::new(left + pad, top + pad + size.height);
    let ink = Scalar::new(20.0, 20.0, 20.0, 0.0);
    imgproc::put_text(canvas, &text, origin, font, scale, ink, unit, imgproc::LINE_AA, false)
}
