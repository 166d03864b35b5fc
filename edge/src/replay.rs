//! The same pipeline on a file: as fast as the machine can, on the file's own timeline, dropping nothing.
//!
//! Installers tune with it, tests assert with it, and quality is measured with it. The same file and configuration
//! give the same events on every run.

pub mod annotate;
mod events;
mod stream;

pub use stream::FrameStream;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use xunge_scene::{LocalTime, StreamTime};

use crate::{
    analysis::Analysis,
    config::CameraConfig,
    gate::{Gate, Vigil},
    observe::pool::Looker,
};

/// No look at a file is hurried.
const LOOK_LIMIT: Duration = Duration::from_secs(600);

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Frames looked at.
    pub looks: u64,
    /// Lines written.
    pub events: u64,
    /// Stream time of the last frame.
    pub length: StreamTime,
}

/// Runs `camera`'s rules over the file `video` and writes one JSON line per event to `events`.
///
/// `local` is the day and minute at the file's beginning; without it every rule is armed all the time. `progress` is
/// told the stream time now and then. `keep` is shown every look, for drawing.
pub fn replay(
    camera: &CameraConfig,
    looker: Looker,
    video: &Path,
    events: &Path,
    local: Option<LocalTime>,
    mut progress: impl FnMut(StreamTime),
    mut keep: impl FnMut(&Analysis, StreamTime, &[xunge_scene::Event]),
) -> Result<Summary> {
    let out = File::create(events).with_context(|| format!("{} cannot be written", events.display()))?;
    let mut out = BufWriter::new(out);
    let (width, height) = looker.input_size();
    let gate = Arc::new(Gate::default());
    let fps = Some(camera.analysis_fps);
    let stream = FrameStream::gated(video, (width, height), fps, Arc::clone(&gate), camera.sleep())?;
    let mut vigil = Vigil::new(gate, camera.doze);
    let mut analysis = Analysis::new(looker, &camera.scene, LOOK_LIMIT);
    let mut summary = Summary::default();
    let mut write = |found: &[xunge_scene::Event]| -> Result<u64> {
        for event in found {
            serde_json::to_writer(&mut out, &events::Line::new(&camera.id, event))?;
            out.write_all(b"\n")?;
        }
        Ok(found.len() as u64)
    };
    for frame in stream.frames() {
        let at = frame.at;
        let local = local.map(|begin| begin.after(at.0));
        let Some(found) = vigil.take(&mut analysis, frame, local)? else { continue };
        keep(&analysis, at, &found);
        summary.looks += 1;
        summary.length = at;
        summary.events += write(&found)?;
        progress(at);
    }
    stream.finish()?;
    let last = analysis.end(summary.length);
    summary.events += write(&last)?;
    out.flush().with_context(|| format!("{} cannot be written", events.display()))?;
    Ok(summary)
}
