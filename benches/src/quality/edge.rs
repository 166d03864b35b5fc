//! The one place that knows the edge: its configuration, replay, pictures and drawing.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use xunge_config::Presence;
use xunge_edge::{
    config::{EdgeConfig, For},
    engine::Engine,
    replay::{self, FrameStream},
    still::{self, Drawing, Mark},
};
use xunge_scene::{Bounds, Kind, Needs, Point};

use super::{plan, score::Alarm, truth};

/// Whether the edge knows the behavior.
pub fn is_built(behavior: &str) -> bool {
    Kind::from_name(behavior).is_some()
}

/// What a number in a behavior's rule is when the configuration does not say it.
pub fn default_of(behavior: &str, key: &str) -> Option<f64> {
    let key = Kind::from_name(behavior)?.table().all_keys().find(|known| known.name == key)?;
    match (key.kind, key.presence) {
        (xunge_config::Kind::Float | xunge_config::Kind::Int, Presence::Default(literal)) => {
            literal.parse().ok()
        }
        _ => None,
    }
}

/// The edge's detectors, at work for many clips at once.
pub struct Edge {
    engine: Engine,
}

#[derive(Deserialize)]
struct Line {
    phase: String,
    #[serde(flatten)]
    alarm: Alarm,
}

impl Edge {
    /// Loads the model `jobs` times.
    pub fn start(jobs: usize) -> Result<Self> {
        let config = configured(&plan::detector_toml(jobs))?;
        let needs = Needs { closer: true, ..Needs::default() };
        Ok(Self { engine: Engine::start(&config.detector, jobs, needs)? })
    }

    /// SHA-256 of the model.
    pub fn model(&self) -> &str {
        &self.engine.model.sha256
    }

    /// What the edge tells of a video, and how many pictures its rules were shown. `events` is written on the way.
    pub fn alarms(&self, config: &str, video: &Path, events: &Path) -> Result<(Vec<Alarm>, u64)> {
        let config = configured(config)?;
        let camera = config.camera(plan::CAMERA).context("the configuration has no camera")?;
        let looker = self.engine.pool.looker();
        let summary = replay::replay(camera, looker, video, events, None, |_| {}, |_, _, _| {})?;
        let text = std::fs::read_to_string(events)?;
        let mut alarms = Vec::new();
        for line in text.lines() {
            let line: Line = serde_json::from_str(line).with_context(|| format!("not an event: {line}"))?;
            if line.phase == "began" {
                alarms.push(line.alarm);
            }
        }
        Ok((alarms, summary.looks))
    }
}

/// Reads a configuration that the harness wrote; mistakes are those of the rule files.
pub fn configured(text: &str) -> Result<EdgeConfig> {
    let (config, problems) = EdgeConfig::parse("edge.toml", text, Path::new(""), For::Replay);
    if !problems.is_empty() {
        bail!("the edge refuses this configuration:\n{problems}\n{text}");
    }
    Ok(config)
}

/// A picture of a video: rows of B, G, R bytes without padding.
#[derive(Clone)]
pub struct Picture {
    /// When.
    pub at_s: f64,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `3 * width * height` bytes.
    pub bgr: Vec<u8>,
}

/// Shows pictures of a video, in order, until `each` says that it has enough.
pub fn pictures(
    video: &Path,
    fit: (usize, usize),
    fps: Option<f64>,
    mut each: impl FnMut(Picture) -> bool,
) -> Result<()> {
    let stream = FrameStream::open(video, fit, fps)?;
    for frame in stream.frames() {
        let rows = frame.bgr().chunks(frame.stride).take(frame.height);
        let bgr = rows.flat_map(|row| &row[..3 * frame.width]).copied().collect();
        let (at_s, width, height) = (frame.at.secs(), frame.width, frame.height);
        if !each(Picture { at_s, width, height, bgr }) {
            return Ok(());
        }
    }
    stream.finish()
}

/// Draws boxes with their labels (the first one in colour), zones and a caption.
pub fn draw(
    picture: &mut Picture,
    boxes: &[(truth::Rect, String)],
    zones: &[truth::Polygon],
    caption: String,
) -> Result<()> {
    let mark = |(number, (rect, label)): (usize, &(truth::Rect, String))| {
        let [x, y, w, h] = *rect;
        Mark { bounds: Bounds::new(x, y, w, h), label: label.clone(), main: number == 0 }
    };
    let outline = |zone: &truth::Polygon| zone.iter().map(|&[x, y]| Point::new(x, y)).collect();
    let drawing = Drawing {
        marks: boxes.iter().enumerate().map(mark).collect(),
        outlines: zones.iter().map(outline).collect(),
        caption,
        ..Drawing::default()
    };
    let (width, height) = (u32::try_from(picture.width)?, u32::try_from(picture.height)?);
    Ok(still::draw_on(&mut picture.bgr, width, height, &drawing)?)
}
