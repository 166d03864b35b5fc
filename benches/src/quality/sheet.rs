//! Contact sheets: what the picture showed around a miss or a false alarm.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use opencv::{
    core::{Mat, Vec3b, Vector},
    imgcodecs,
};

use super::{
    clip::ClipResult,
    edge::{self, Picture},
    score::Counted,
    seen::Seen,
    truth::{Clip, Polygon, Rect},
};

/// Largest picture of a sheet.
const FIT: (usize, usize) = (480, 360);
const COLUMNS: usize = 3;
/// Times around a false alarm.
const AROUND_S: [f64; 6] = [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0];
/// Pictures per second among which those of a sheet are chosen.
const CHOICE_FPS: f64 = 10.0;
const JPEG_QUALITY: i32 = 88;

struct Sheet {
    name: String,
    times: Vec<f64>,
    boxes: Vec<(Rect, String)>,
    title: String,
    pictures: Vec<Picture>,
}

/// Draws a sheet for every miss and every false alarm of a clip. `video` is what was shown to the edge.
pub fn draw_all(result: &ClipResult, clip: &Clip, video: &Path, folder: &Path, seen: Seen) -> Result<()> {
    let mut sheets = sheets(result, clip.duration_s, seen);
    if sheets.is_empty() {
        return Ok(());
    }
    // one pass for all sheets of the clip
    edge::pictures(video, FIT, Some(CHOICE_FPS), |picture| {
        for sheet in &mut sheets {
            sheet.offer(&picture);
        }
        sheets.iter().any(|sheet| sheet.pictures.len() < sheet.times.len())
    })?;
    let zones: Vec<Polygon> = clip
        .events
        .iter()
        .filter_map(|event| event.zone_polygon.clone().or(event.line.clone()))
        .chain(clip.zone_polygon.clone())
        .chain(clip.line.clone())
        .collect();
    for sheet in sheets.iter_mut().filter(|sheet| !sheet.pictures.is_empty()) {
        sheet.write(&zones, folder).with_context(|| format!("{} cannot be made", sheet.name))?;
    }
    Ok(())
}

fn sheets(result: &ClipResult, duration_s: f64, seen: Seen) -> Vec<Sheet> {
    let stem = Path::new(&result.file).file_stem().unwrap_or_default().to_string_lossy();
    let as_seen = if seen == Seen::Plain { String::new() } else { format!("-{}", seen.name()) };
    // `number` is the place in the lists of the JSON
    let sheet = |kind: &str, number: usize, behavior: &str, at_s: f64, times: Vec<f64>, boxes| Sheet {
        name: format!("{behavior}-{kind}-{}-{stem}-{number}{as_seen}.jpg", result.source),
        times: clamped(times, duration_s),
        boxes,
        title: format!("{behavior} {kind} {at_s:.1}"),
        pictures: Vec::new(),
    };
    let mut all = Vec::new();
    for (number, event) in result.events.iter().enumerate() {
        if !event.is_missed() || !event.watched {
            continue;
        }
        let (from, to) = ((event.start_s - 1.0).max(0.0), event.latest_s.min(duration_s));
        let times = (0..AROUND_S.len()).map(|n| from + (to - from) * n as f64 / (AROUND_S.len() - 1) as f64);
        let boxes = event.region.map(|region| (region, "truth".to_owned()));
        all.push(sheet(
            "miss",
            number,
            &event.behavior,
            event.start_s,
            times.collect(),
            boxes.into_iter().collect(),
        ));
    }
    for (number, told) in result.alarms.iter().enumerate() {
        if told.counted != Counted::FalseAlarm {
            continue;
        }
        let alarm = &told.alarm;
        let mut boxes = vec![(alarm.bounds, format!("alarm since {:.1}", alarm.since_s))];
        let labels = result.events.iter().filter(|event| event.behavior == alarm.behavior);
        boxes.extend(labels.filter_map(|event| {
            event.region.map(|region| (region, format!("truth {:.1}-{:.1}", event.start_s, event.end_s)))
        }));
        let times = AROUND_S.iter().map(|around| alarm.at_s + around).collect();
        all.push(sheet("false", number, &alarm.behavior, alarm.at_s, times, boxes));
    }
    all
}

/// Within the clip, each once.
fn clamped(times: Vec<f64>, duration_s: f64) -> Vec<f64> {
    let last = (duration_s - 2.0 / CHOICE_FPS).max(0.0);
    let mut times: Vec<f64> = times.into_iter().map(|at| at.clamp(0.0, last)).collect();
    times.dedup();
    times
}

impl Sheet {
    /// Keeps the picture if the next wanted time has come.
    fn offer(&mut self, picture: &Picture) {
        let due = self.times.get(self.pictures.len()).is_some_and(|at| picture.at_s >= at - 0.5 / CHOICE_FPS);
        if due {
            self.pictures.push(picture.clone());
        }
    }

    fn write(&mut self, zones: &[Polygon], folder: &Path) -> Result<()> {
        for (number, picture) in self.pictures.iter_mut().enumerate() {
            let title = if number == 0 { self.title.as_str() } else { "" };
            let caption = format!("{:.1} s  {title}", picture.at_s);
            edge::draw(picture, &self.boxes, zones, caption)?;
        }
        let path = folder.join(&self.name);
        std::fs::write(&path, jpeg(&self.pictures)?).with_context(|| format!("{}", path.display()))
    }
}

/// The pictures in rows of [`COLUMNS`].
fn jpeg(pictures: &[Picture]) -> Result<Vec<u8>> {
    let first = pictures.first().context("there is no picture")?;
    let (row, high) = (3 * first.width, first.height);
    let columns = COLUMNS.min(pictures.len());
    let rows = pictures.len().div_ceil(COLUMNS);
    let wide = row * columns;
    let mut canvas = vec![0_u8; wide * high * rows];
    for (number, picture) in pictures.iter().enumerate() {
        ensure!((3 * picture.width, picture.height) == (row, high), "pictures of two sizes");
        let left = wide * high * (number / COLUMNS) + row * (number % COLUMNS);
        for (line, pixels) in picture.bgr.chunks(row).enumerate() {
            let at = left + wide * line;
            canvas[at..at + row].copy_from_slice(pixels);
        }
    }
    let (height, width) = (i32::try_from(high * rows)?, i32::try_from(wide / 3)?);
    let canvas = Mat::new_rows_cols_with_bytes::<Vec3b>(height, width, &canvas)?;
    let mut jpeg = Vector::<u8>::new();
    let parameters = Vector::from_slice(&[imgcodecs::IMWRITE_JPEG_QUALITY, JPEG_QUALITY]);
    imgcodecs::imencode(".jpg", &canvas, &mut jpeg, &parameters)?;
    Ok(jpeg.as_slice().to_vec())
}
