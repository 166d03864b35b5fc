//! A video of what a replay saw: boxes, zones, the measured ground, and what is going on.
//!
//! The file is decoded a second time, larger, so that drawing changes nothing about what the detector is shown.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use xunge_scene::{Event, Phase, StreamTime, geometry::Ground};

use super::FrameStream;
use crate::{
    analysis::Analysis,
    config::CameraConfig,
    draw,
    frame::Frame,
    ingest,
    still::{self, Drawing},
};

/// Largest picture that is drawn.
const FIT: (usize, usize) = (1280, 720);
/// Longest wait for the encoder at the end.
const FINISH: gst::ClockTime = gst::ClockTime::from_seconds(60);
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// What was seen at each look.
pub struct Notes {
    on: bool,
    looks: Vec<(StreamTime, Drawing)>,
    open: BTreeMap<u64, String>,
}

impl Notes {
    /// Keeps nothing unless `on`.
    pub fn new(on: bool) -> Self {
        Self { on, looks: Vec::new(), open: BTreeMap::new() }
    }

    /// After a look.
    pub fn take(&mut self, analysis: &Analysis, camera: &CameraConfig, at: StreamTime, events: &[Event]) {
        if !self.on {
            return;
        }
        let mut taking_part = Vec::new();
        for event in events {
            taking_part.extend(&event.tracks);
            if event.phase == Phase::Ended {
                self.open.remove(&event.happening);
            } else {
                self.open.insert(event.happening, format!("{} ({})", event.behavior.name(), event.rule));
            }
        }
        let mut drawing = draw::scene(analysis.tracks(), &camera.scene);
        for (mark, track) in drawing.marks.iter_mut().zip(draw::shown(analysis.tracks())) {
            mark.main = taking_part.contains(&track.id);
        }
        drawing.grid = camera.scene.ground.as_ref().map(Ground::grid).unwrap_or_default();
        let happening: Vec<&str> = self.open.values().map(String::as_str).collect();
        drawing.caption = format!("{:.1} s  {}", at.secs(), happening.join("  "));
        self.looks.push((at, drawing));
    }
}

/// Draws `notes` on `video` and writes an MP4.
pub fn write(camera: &CameraConfig, video: &Path, notes: &Notes, path: &Path) -> Result<()> {
    let stream = FrameStream::open(video, FIT, Some(camera.analysis_fps))?;
    // Looks may be rarer than pictures, while nothing happens, and lie between them after that.
    let half_step = Duration::try_from_secs_f64(0.5 / camera.analysis_fps).unwrap_or_default();
    let mut looks = notes.looks.iter().peekable();
    let mut latest = None;
    let mut film: Option<Film> = None;
    for frame in stream.frames() {
        while let Some((_, drawing)) = looks.next_if(|(at, _)| *at < frame.at + half_step) {
            latest = Some(drawing);
        }
        let Some(drawing) = latest else { continue };
        let film = match &film {
            Some(film) => film,
            None => film.insert(Film::begin(path, &frame, camera.analysis_fps)?),
        };
        film.add(&frame, drawing)?;
    }
    stream.finish()?;
    match film {
        Some(film) => film.finish(path),
        None => bail!("{} was not written: there was no picture", path.display()),
    }
}

/// A film in the making.
struct Film {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    info: gst_video::VideoInfo,
}

impl Film {
    fn begin(path: &Path, frame: &Frame, fps: f64) -> Result<Self> {
        // even sizes: 4:2:0 has no half chroma samples
        let (width, height) = (even(frame.width), even(frame.height));
        let rate = gst::Fraction::approximate_f64(fps).unwrap_or_else(|| gst::Fraction::new(5, 1));
        let info =
            gst_video::VideoInfo::builder(gst_video::VideoFormat::Bgr, width, height).fps(rate).build()?;
        let source = gst_app::AppSrc::builder()
            .caps(&info.to_caps()?)
            .format(gst::Format::Time)
            .block(true)
            .max_bytes(64 << 20)
            .build();
        let make = |name: &str| {
            gst::ElementFactory::make(name).build().with_context(|| {
                format!("GStreamer's {name} is missing: run `make setup` or leave --annotate out")
            })
        };
        let (convert, encode, parse, mux, sink) =
            (make("videoconvert")?, make("x264enc")?, make("h264parse")?, make("mp4mux")?, make("filesink")?);
        encode.set_property_from_str("speed-preset", "veryfast");
        encode.set_property("key-int-max", 50_u32);
        mux.set_property("faststart", true);
        sink.set_property("location", path);
        let pipeline = gst::Pipeline::new();
        let all = [source.upcast_ref(), &convert, &encode, &parse, &mux, &sink];
        pipeline.add_many(all)?;
        gst::Element::link_many(all)?;
        if !ingest::play(&pipeline, Duration::from_secs(10)) {
            bail!("{} cannot be written", path.display());
        }
        Ok(Self { pipeline, source, info })
    }

    fn add(&self, frame: &Frame, drawing: &Drawing) -> Result<()> {
        let (width, height) = (self.info.width() as usize, self.info.height() as usize);
        let mut bgr: Vec<u8> = Vec::with_capacity(3 * width * height);
        for row in frame.bgr().chunks(frame.stride).take(height) {
            bgr.extend(row.get(..3 * width).context("the picture changed its size in mid-file")?);
        }
        still::draw_on(&mut bgr, self.info.width(), self.info.height(), drawing)?;
        let stride = usize::try_from(self.info.stride()[0])?;
        let mut padded = vec![0; stride * height];
        for (line, row) in padded.chunks_mut(stride).zip(bgr.chunks(3 * width)) {
            line[..row.len()].copy_from_slice(row);
        }
        let mut buffer = gst::Buffer::from_mut_slice(padded);
        if let Some(meta) = buffer.get_mut() {
            meta.set_pts(gst::ClockTime::try_from(frame.at.0)?);
        }
        self.source.push_buffer(buffer).context("the encoder takes no more pictures")?;
        Ok(())
    }

    fn finish(self, path: &Path) -> Result<()> {
        self.source.end_of_stream()?;
        let bus = self.pipeline.bus().context("the pipeline has no bus")?;
        let last = bus.timed_pop_filtered(FINISH, &[gst::MessageType::Eos, gst::MessageType::Error]);
        ingest::stop(&self.pipeline, STOP_WITHIN);
        match last.as_ref().map(|m| m.view()) {
            Some(gst::MessageView::Eos(_)) => Ok(()),
            Some(gst::MessageView::Error(e)) => {
                bail!("{} could not be written: {}", path.display(), e.error())
            }
            _ => bail!("{} could not be finished in time", path.display()),
        }
    }
}

fn even(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX - 1) & !1
}
