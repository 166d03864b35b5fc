//! What scenes are composed of: plate, perspective, people, and what stands in front of them.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use opencv::core::{Mat, Point, Scalar, Vector};
use opencv::{imgproc, prelude::*};

use super::cutout::{Cutout, Placing};
use super::people::{self, Person};
use super::perspective::{Ground, Perspective};
use super::place::{self, Obstacle};
use super::raster::{Picture, length};
use super::{footage, link, matte, plate};

/// Every so many pictures one goes into the plate.
const PLATE_EVERY: usize = 8;
/// Fewer people than this make dull scenes: something is wrong with the footage.
const MIN_PEOPLE: usize = 6;

/// All that is needed to compose, in pixels of the footage.
#[derive(Debug)]
pub struct Material {
    /// The empty place.
    pub plate: Picture,
    /// How tall people are where.
    pub perspective: Perspective,
    /// Who can be shown.
    pub people: Vec<Person>,
    /// What hides people who are behind it.
    pub obstacles: Vec<Standpoint>,
}

/// Something of the plate that is pasted again over those who are behind it.
#[derive(Debug)]
pub struct Standpoint {
    cutout: Cutout,
    at: Placing,
    /// Row where it meets the ground.
    pub foot_y: f64,
}

impl Standpoint {
    /// Puts it over what has been painted so far.
    pub fn paste(&self, canvas: &mut Picture) {
        self.cutout.paste(canvas, &self.at);
    }
}

impl Material {
    /// Reads the footage twice: for the plate, then for the people. `progress` is told what is being done.
    pub fn read(video: &Path, progress: &mut dyn FnMut(&str)) -> Result<Self> {
        progress("looking for the empty background");
        let mut sample = Vec::new();
        let count = footage::each(video, place::SIZE, |at, picture| {
            if at % PLATE_EVERY == 0 {
                sample.push(picture);
            }
            Ok(())
        })?;
        ensure!(
            count >= place::MIN_PICTURES,
            "{} has {count} pictures; vtest.avi has 795: is it cut off?",
            video.display()
        );
        let plate = plate::median(&sample)?;
        drop(sample);
        progress("cutting people out");
        let mut seen = Vec::with_capacity(count);
        footage::each(video, place::SIZE, |_, picture| {
            seen.push(matte::sightings(&picture, &plate)?);
            Ok(())
        })?;
        Self::compose(plate, seen)
            .with_context(|| format!("nothing can be composed from {}", video.display()))
    }

    fn compose(plate: Picture, seen: Vec<Vec<matte::Sighting>>) -> Result<Self> {
        let heights: Vec<(f64, f64)> = seen
            .iter()
            .flatten()
            .filter(|s| (1.9..3.6).contains(&(s.height() / s.width())))
            .map(|s| (s.area.3, s.height()))
            .collect();
        let middle = place::SIZE.0 as f64 / 2.0;
        let perspective = Perspective::fit(&heights, middle, place::FOCAL_PX)
            .context("the people in it are not as tall as a perspective would have them")?;
        let people = people::from_runs(link::runs(seen, &perspective), &perspective);
        ensure!(
            people.len() >= MIN_PEOPLE,
            "only {} people could be cut out, {MIN_PEOPLE} are needed",
            people.len()
        );
        let obstacles = place::OBSTACLES.iter().map(|o| standpoint(o, &plate)).collect::<Result<_>>()?;
        Ok(Self { plate, perspective, people, obstacles })
    }

    /// The ground under a pixel of the footage.
    pub fn spot(&self, (x, y): (f64, f64)) -> Ground {
        self.perspective.ground(x, y)
    }
}

/// Cuts an obstacle out of the plate.
fn standpoint(obstacle: &Obstacle, plate: &Picture) -> Result<Standpoint> {
    let corners = || obstacle.parts.iter().flat_map(|part| part.iter());
    let least = |of: fn(&(f64, f64)) -> f64| corners().map(of).fold(f64::MAX, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| corners().map(of).fold(0.0, f64::max);
    let (left, top) = ((least(|c| c.0) - 2.0).max(0.0), (least(|c| c.1) - 2.0).max(0.0));
    let (left, top) = (left.floor(), top.floor());
    let width = (most(|c| c.0) + 3.0).min(plate.width as f64) - left;
    let height = (most(|c| c.1) + 3.0).min(plate.height as f64) - top;
    let (width, height) = (width as usize, height as usize);
    let mut mask = Mat::new_rows_cols_with_default(
        length(height)?,
        length(width)?,
        opencv::core::CV_8U,
        Scalar::all(0.0),
    )?;
    // OpenCV's fixed point: 4 bits behind the point
    for part in obstacle.parts {
        let fixed = |value: f64| (16.0 * (value - 0.5)).round() as i32;
        let corners: Vector<Point> =
            part.iter().map(|(x, y)| Point::new(fixed(x - left), fixed(y - top))).collect();
        imgproc::fill_convex_poly(&mut mask, &corners, Scalar::all(255.0), imgproc::LINE_AA, 4)?;
    }
    let mask = mask.data_bytes()?;
    let mut bgra = Vec::with_capacity(4 * mask.len());
    for (at, &alpha) in mask.iter().enumerate() {
        let colour = plate.pixel(left as usize + at % width, top as usize + at / width);
        let alpha = f64::from(alpha) / 255.0 * darkness(colour, obstacle.darker_than);
        bgra.extend(colour.map(|value| (f64::from(value) * alpha).round() as u8));
        bgra.push((255.0 * alpha).round() as u8);
    }
    let mut cutout = Cutout::new(width, height, bgra);
    cutout.foot = (0.0, 0.0);
    Ok(Standpoint { at: Placing::new(left, top, cutout.unit_px), cutout, foot_y: obstacle.foot_y })
}

/// How surely a pixel is of something darker than its surroundings, 0 to 1.
fn darkness(bgr: [u8; 3], darker_than: u8) -> f64 {
    if darker_than == u8::MAX {
        return 1.0;
    }
    let mean = bgr.iter().map(|v| f64::from(*v)).sum::<f64>() / 3.0;
    ((f64::from(darker_than) - mean) / 20.0 + 0.5).clamp(0.0, 1.0)
}
