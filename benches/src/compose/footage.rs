//! The real footage that everything is made of.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xunge_edge::replay::FrameStream;

use super::raster::Picture;

/// Where the footage is looked for when none is named: the cache of `make setup`.
pub fn default_source() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XUNGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("xunge")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/xunge")))?;
    Some(cache.join("clips/vtest.avi"))
}

/// Shows every picture of the file to `take`, which may say that it has seen enough.
pub fn each(
    video: &Path,
    (width, height): (usize, usize),
    mut take: impl FnMut(usize, Picture) -> Result<()>,
) -> Result<usize> {
    if !video.is_file() {
        bail!("{} is not there: run `make setup`, or name the footage with --source", video.display());
    }
    gstreamer::init().context("GStreamer does not start")?;
    let stream = FrameStream::open(video, (width, height), None)?;
    let mut count = 0;
    for frame in stream.frames() {
        if (frame.full_width, frame.full_height) != (width, height) {
            bail!(
                "{} is {} x {}: scenes are composed from vtest.avi (PETS2009 S2.L1 view 1), which is {width} x {height}",
                video.display(),
                frame.full_width,
                frame.full_height
            );
        }
        let mut bgr = Vec::with_capacity(3 * width * height);
        for row in frame.bgr().chunks(frame.stride).take(height) {
            bgr.extend_from_slice(&row[..3 * width]);
        }
        take(count, Picture { width, height, bgr })?;
        count += 1;
    }
    stream.finish().with_context(|| format!("{} could not be read to its end", video.display()))?;
    Ok(count)
}
