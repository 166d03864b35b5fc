//! The clips that the cameras send: 1080p, 25 pictures a second, H.264 at 4 Mbit/s, a keyframe every two seconds.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::compose::film::Film;
use crate::compose::footage;
use crate::compose::light::Exposure;
use crate::compose::material::Material;
use crate::compose::place::SIZE;
use crate::compose::random::Random;
use crate::compose::raster::Picture;
use crate::compose::sensor::Sensor;

/// Columns and rows.
pub const FULL_HD: (usize, usize) = (1920, 1080);
/// Pictures per second.
pub const FPS: u32 = 25;
/// Bitrate.
const KBIT_S: u32 = 4000;
/// Length of the clips, seconds: of the footage there are 79 s.
pub const SECS: u32 = 60;
/// Pictures per second of the footage.
const FOOTAGE_FPS: usize = 10;
/// Deviation of the sensor's noise, grey levels: no picture is exactly like another.
const NOISE: f64 = 2.0;
/// Rows of the footage that are left out above and below, to make 16:9 of 4:3.
const CUT: usize = 72;

/// What a camera shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Three to eight people all the time.
    Busy,
    /// Nobody ever, and the noise of the sensor.
    Empty,
}

impl Content {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Busy, Self::Empty];

    /// Name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Empty => "empty",
        }
    }

    /// Its clip in `folder`.
    pub fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}-1080p25-4m.mp4", self.name()))
    }
}

/// Makes the clips that are not there yet.
pub fn make(source: &Path, folder: &Path, tell: &dyn Fn(&str)) -> Result<()> {
    let missing: Vec<Content> =
        Content::ALL.into_iter().filter(|content| !content.path(folder).is_file()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for content in missing {
        tell(&format!("{} is made: {SECS} s of video", content.path(folder).display()));
        let (path, part) = (content.path(folder), folder.join(format!("{}.part", content.name())));
        let mut writer = Writer::begin(&part)?;
        match content {
            Content::Busy => {
                footage::each(source, SIZE, |number, picture| writer.show(&picture, number + 1))?;
            }
            Content::Empty => {
                let plate = Material::read(source, &mut |_| {})?.plate;
                writer.show(&plate, SECS as usize * FOOTAGE_FPS)?;
            }
        }
        writer.film.finish(&part)?;
        std::fs::rename(&part, &path).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

struct Writer {
    film: Film,
    sensor: Sensor,
    written: usize,
}

impl Writer {
    fn begin(path: &Path) -> Result<Self> {
        let film = Film::at_bitrate(path, FULL_HD, FPS, KBIT_S)?;
        Ok(Self { film, sensor: Sensor::new(NOISE, Random::of(1, "load")), written: 0 })
    }

    /// Shows a picture of the footage until the one of number `until` is due, at most to the end.
    fn show(&mut self, picture: &Picture, until: usize) -> Result<()> {
        let end = (until * FPS as usize / FOOTAGE_FPS).min((SECS * FPS) as usize);
        if self.written >= end {
            return Ok(());
        }
        let (width, height) = (picture.width, picture.height - 2 * CUT);
        let rows = picture.bgr[3 * width * CUT..3 * width * (CUT + height)].to_vec();
        let large = Picture { width, height, bgr: rows }.resized(FULL_HD.0, FULL_HD.1)?;
        while self.written < end {
            let mut shown = large.clone();
            self.sensor.expose(&mut shown, &Exposure { gain: 1.0, grey: 0.0, noise: 1.0 });
            self.film.add(shown)?;
            self.written += 1;
        }
        Ok(())
    }
}
