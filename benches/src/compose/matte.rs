//! Who is in a picture that is not in the plate, cut out with soft edges.

use anyhow::Result;
use opencv::core::{BORDER_DEFAULT, Mat, Point, Scalar, Size};
use opencv::{imgproc, prelude::*};

use super::cutout::Cutout;
use super::plate;
use super::raster::{Picture, length};

/// Distance in colour from which a pixel is certainly not the plate.
const FOREGROUND: f64 = 38.0;
/// Distance in colour below which a pixel between the legs is the plate.
const BACKGROUND: f32 = 18.0;
/// Pixels kept around a cutout, so that its soft edge is whole.
const MARGIN: usize = 6;
/// Blobs smaller than this are not looked at.
const MIN_AREA: i32 = 120;

/// One blob of a picture.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// Box without the margin: left, top, right, bottom in pixels of the footage.
    pub area: (f64, f64, f64, f64),
    /// Solid pixels, shadow not counted.
    pub pixels: f64,
    /// Column of the upper body's middle.
    pub middle_x: f64,
    /// The cutout; its foot is not set yet.
    pub cutout: Cutout,
}

impl Sighting {
    /// Height of the box in pixels.
    pub fn height(&self) -> f64 {
        self.area.3 - self.area.1
    }

    /// Width of the box in pixels.
    pub fn width(&self) -> f64 {
        self.area.2 - self.area.0
    }

    /// Overlap over union of the boxes.
    pub fn overlap(&self, other: &Self) -> f64 {
        let (a, b) = (self.area, other.area);
        let (w, h) = (a.2.min(b.2) - a.0.max(b.0), a.3.min(b.3) - a.1.max(b.1));
        let both = w.max(0.0) * h.max(0.0);
        both / (self.width() * self.height() + other.width() * other.height() - both).max(1.0)
    }
}

/// Everything upright in `picture` that is not in `plate`.
pub fn sightings(picture: &Picture, empty: &Picture) -> Result<Vec<Sighting>> {
    let gain = plate::gain(picture, empty);
    let tables = gain.map(|gain| {
        std::array::from_fn::<u8, 256, _>(|value| (value as f32 / gain).round().clamp(0.0, 255.0) as u8)
    });
    let mut even = picture.clone();
    for pixel in even.bgr.chunks_exact_mut(3) {
        for (value, table) in pixel.iter_mut().zip(&tables) {
            *value = table[usize::from(*value)];
        }
    }
    let distance = difference(&even, empty)?;
    let solid = solid(&distance)?;
    let (mut labels, mut stats, mut centres) = (Mat::default(), Mat::default(), Mat::default());
    let kinds = imgproc::connected_components_with_stats_def(&solid, &mut labels, &mut stats, &mut centres)?;
    let mut found = Vec::new();
    for label in 1..kinds {
        let stat = |column: i32| stats.at_2d::<i32>(label, column).copied();
        let (x, y) = (stat(imgproc::CC_STAT_LEFT)?, stat(imgproc::CC_STAT_TOP)?);
        let (w, h) = (stat(imgproc::CC_STAT_WIDTH)?, stat(imgproc::CC_STAT_HEIGHT)?);
        let inside =
            x > 1 && y > 1 && x + w < length(picture.width)? - 1 && y + h < length(picture.height)? - 1;
        if inside && stat(imgproc::CC_STAT_AREA)? >= MIN_AREA && 10 * h > 13 * w {
            let window = Window::around(x, y, w, h, picture);
            found.extend(window.cut(&even, empty, &distance, &labels, label)?);
        }
    }
    Ok(found)
}

/// Colour distance of each pixel from the plate, a little smoothed.
fn difference(picture: &Picture, empty: &Picture) -> Result<Mat> {
    let square = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
    let pairs = picture.bgr.chunks_exact(3).zip(empty.bgr.chunks_exact(3));
    let raw: Vec<f32> = pairs
        .map(|(a, b)| ((square(a[0], b[0]) + square(a[1], b[1]) + square(a[2], b[2])) as f32).sqrt())
        .collect();
    let raw = Mat::new_rows_cols_with_data(length(picture.height)?, length(picture.width)?, &raw)?;
    let mut smooth = Mat::default();
    imgproc::gaussian_blur_def(&raw, &mut smooth, Size::new(5, 5), 0.8)?;
    Ok(smooth)
}

/// 255 where a pixel is certainly not the plate; gaps between parts of one body are closed.
fn solid(distance: &Mat) -> Result<Mat> {
    let mut mask = Mat::default();
    imgproc::threshold(distance, &mut mask, FOREGROUND, 255.0, imgproc::THRESH_BINARY)?;
    let mut bytes = Mat::default();
    mask.convert_to_def(&mut bytes, opencv::core::CV_8U)?;
    let middle = Point::new(-1, -1);
    let ellipse = imgproc::get_structuring_element(imgproc::MORPH_ELLIPSE, Size::new(5, 7), middle)?;
    let dot = imgproc::get_structuring_element(imgproc::MORPH_CROSS, Size::new(3, 3), middle)?;
    let (mut closed, mut opened) = (Mat::default(), Mat::default());
    let border = Scalar::all(f64::MAX);
    let step = |from: &Mat, to: &mut Mat, operation, kernel: &Mat| {
        imgproc::morphology_ex(from, to, operation, kernel, middle, 1, BORDER_DEFAULT, border)
    };
    step(&bytes, &mut closed, imgproc::MORPH_CLOSE, &ellipse)?;
    step(&closed, &mut opened, imgproc::MORPH_OPEN, &dot)?;
    Ok(opened)
}

/// A blob's surroundings.
struct Window {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Window {
    fn around(x: i32, y: i32, w: i32, h: i32, picture: &Picture) -> Self {
        let from = |at: i32| usize::try_from(at).unwrap_or(0).saturating_sub(MARGIN);
        let to = |at: i32, end: usize| (usize::try_from(at).unwrap_or(0) + MARGIN).min(end);
        let (left, top) = (from(x), from(y));
        Self { left, top, width: to(x + w, picture.width) - left, height: to(y + h, picture.height) - top }
    }

    fn values<T: opencv::core::DataType>(&self, of: &Mat) -> Result<Vec<T>> {
        let mut all = Vec::with_capacity(self.width * self.height);
        for y in self.top..self.top + self.height {
            let row = of.at_row::<T>(length(y)?)?;
            all.extend_from_slice(&row[self.left..self.left + self.width]);
        }
        Ok(all)
    }

    fn cut(
        &self,
        picture: &Picture,
        empty: &Picture,
        distance: &Mat,
        labels: &Mat,
        label: i32,
    ) -> Result<Option<Sighting>> {
        let distance: Vec<f32> = self.values(distance)?;
        let mut body: Vec<bool> = self.values::<i32>(labels)?.iter().map(|&l| l == label).collect();
        fill_holes(&mut body, &distance, self.width);
        let colours = |of: &Picture| -> Vec<[f32; 3]> {
            let rows = (self.top..self.top + self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
            rows.map(|(x, y)| of.pixel(self.left + x, y).map(f32::from)).collect()
        };
        let (now, plate) = (colours(picture), colours(empty));
        peel_halo(&mut body, &now, &plate, self.width);
        let shadow = shadows(&now, &plate, &body, self.width);
        let flesh: Vec<bool> =
            body.iter().zip(&shadow).map(|(body, shade)| *body && shade.is_none()).collect();
        let Some((x0, y0, x1, y1)) = bounds(&flesh, self.width) else { return Ok(None) };
        let alpha = soft(&body, self.width, self.height)?;
        let mut bgra = Vec::with_capacity(4 * body.len());
        for at in 0..body.len() {
            let (colour, alpha) = match shadow[at] {
                Some(light) => ([0.0; 3], alpha[at] * (1.0 - light)),
                None => (premultiplied(now[at], plate[at], alpha[at]), alpha[at]),
            };
            bgra.extend(colour.map(|value| value.round() as u8));
            bgra.push((255.0 * alpha).round() as u8);
        }
        let at = |x: usize, y: usize| ((self.left + x) as f64, (self.top + y) as f64);
        let ((left, top), (right, bottom)) = (at(x0, y0), at(x1 + 1, y1 + 1));
        let upper = flesh.iter().enumerate().filter(|(i, f)| **f && i / self.width < y0 + (y1 - y0) * 2 / 5);
        let (count, sum) = upper.fold((0, 0), |(count, sum), (i, _)| (count + 1, sum + i % self.width));
        let middle_x = self.left as f64 + 0.5 + sum as f64 / f64::from(count.max(1));
        let pixels = flesh.iter().filter(|f| **f).count() as f64;
        let mut cutout = Cutout::new(self.width, self.height, bgra);
        // for now: where its top left corner lies in the footage
        cutout.foot = (self.left as f64, self.top as f64);
        Ok(Some(Sighting { area: (left, top, right, bottom), pixels, middle_x, cutout }))
    }
}

/// The body's colour without the plate that shines through its edge.
fn premultiplied(now: [f32; 3], plate: [f32; 3], alpha: f32) -> [f32; 3] {
    std::array::from_fn(|c| (now[c] - (1.0 - alpha) * plate[c]).clamp(0.0, 255.0 * alpha))
}

/// Holes in a body belong to it, unless the plate is seen through them; between the legs it is seen.
fn fill_holes(body: &mut [bool], distance: &[f32], width: usize) {
    let height = body.len() / width.max(1);
    let mut outside = vec![false; body.len()];
    let mut open: Vec<usize> = (0..body.len())
        .filter(|at| {
            at % width == 0 || at % width == width - 1 || at / width == 0 || at / width == height - 1
        })
        .collect();
    while let Some(at) = open.pop() {
        if body[at] || std::mem::replace(&mut outside[at], true) {
            continue;
        }
        let (x, y) = (at % width, at / width);
        open.extend((x > 0).then(|| at - 1));
        open.extend((x + 1 < width).then(|| at + 1));
        open.extend((y > 0).then(|| at - width));
        open.extend((y + 1 < height).then(|| at + width));
    }
    let legs = bounds(body, width).map_or(0, |(_, top, _, bottom)| (top + bottom) / 2);
    for at in 0..body.len() {
        body[at] |= !outside[at] && distance[at] >= BACKGROUND;
        body[at] &= at / width < legs || distance[at] >= 0.7 * BACKGROUND;
    }
}

/// Takes away the bright rim that the camera's sharpener puts around dark clothes: three layers of it at most.
fn peel_halo(body: &mut [bool], now: &[[f32; 3]], plate: &[[f32; 3]], width: usize) {
    let brighter: Vec<f32> = now
        .iter()
        .zip(plate)
        .map(|(now, plate)| (0..3).map(|c| now[c] - plate[c]).sum::<f32>() / 3.0)
        .collect();
    let around = |at: usize, far: usize| {
        let (left, up) = (at.checked_sub(far), at.checked_sub(far * width));
        let (right, down) = (at + far, at + far * width);
        [left, up, Some(right), Some(down)].into_iter().flatten().filter(|&n| n < brighter.len())
    };
    for _ in 0..3 {
        let rim: Vec<usize> = (0..body.len())
            .filter(|&at| body[at] && brighter[at] > 8.0)
            .filter(|&at| around(at, 1).any(|n| !body[n]))
            .filter(|&at| around(at, 2).any(|n| body[n] && brighter[n] < -25.0))
            .collect();
        for at in rim {
            body[at] = false;
        }
    }
}

/// Where the ground is merely darker around the feet: how much light is left there.
fn shadows(now: &[[f32; 3]], plate: &[[f32; 3]], body: &[bool], width: usize) -> Vec<Option<f32>> {
    let Some((_, top, _, bottom)) = bounds(body, width) else { return vec![None; body.len()] };
    let legs = top + (bottom - top) * 7 / 10;
    let shade = |at: usize| {
        let sum = |of: [f32; 3]| of[0] + of[1] + of[2];
        let light = sum(now[at]) / sum(plate[at]).max(1.0);
        let grey = (0..3).all(|c| (now[at][c] - light * plate[at][c]).abs() < 11.0);
        (at / width >= legs && (0.52..1.04).contains(&light) && grey).then_some(light.min(1.0))
    };
    let raw: Vec<Option<f32>> = (0..body.len()).map(|at| body[at].then(|| shade(at)).flatten()).collect();
    // a shadow is a patch; a grey pixel among the body's is a shoe or a seam
    let near = |at: usize| {
        let (x, y) = ((at % width) as isize, (at / width) as isize);
        let around = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (x + dx, y + dy)));
        let of = |(x, y): (isize, isize)| {
            let inside = x >= 0 && y >= 0 && x < width as isize;
            inside.then(|| raw.get(y as usize * width + x as usize).copied().flatten()).flatten()
        };
        around.filter(|&place| of(place).is_some()).count()
    };
    (0..body.len()).map(|at| raw[at].filter(|_| near(at) >= 6)).collect()
}

/// First and last column and row that hold something.
fn bounds(mask: &[bool], width: usize) -> Option<(usize, usize, usize, usize)> {
    let mut found: Option<(usize, usize, usize, usize)> = None;
    for (at, _) in mask.iter().enumerate().filter(|(_, set)| **set) {
        let (x, y) = (at % width, at / width);
        let (x0, y0, x1, y1) = found.unwrap_or((x, y, x, y));
        found = Some((x0.min(x), y0.min(y), x1.max(x), y1.max(y)));
    }
    found
}

/// Alpha from 0 to 1: the mask with its edge softened and drawn in a little.
fn soft(mask: &[bool], width: usize, height: usize) -> Result<Vec<f32>> {
    let raw: Vec<f32> = mask.iter().map(|set| if *set { 1.0 } else { 0.0 }).collect();
    let raw = Mat::new_rows_cols_with_data(length(height)?, length(width)?, &raw)?;
    let mut smooth = Mat::default();
    imgproc::gaussian_blur_def(&raw, &mut smooth, Size::new(7, 7), 0.95)?;
    let smooth = smooth.data_typed::<f32>()?;
    Ok(smooth.iter().map(|alpha| ((alpha - 0.42) / 0.5).clamp(0.0, 1.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plate with a textured ground and a man of two colours, 20 wide and 60 tall, whose left foot is at (100, 160).
    fn pair() -> (Picture, Picture) {
        let mut empty = Picture::plain(240, 200, [120, 125, 120]);
        for (at, value) in empty.bgr.iter_mut().enumerate() {
            *value += u8::try_from(at * 7 % 5).unwrap();
        }
        let mut with = empty.clone();
        for y in 100..160 {
            for x in 100..120 {
                let at = 3 * (y * 240 + x);
                with.bgr[at..at + 3].copy_from_slice(if y < 130 { &[30, 30, 160] } else { &[90, 40, 20] });
            }
        }
        (with, empty)
    }

    #[test]
    fn a_man_is_cut_out_where_he_is() {
        let (with, empty) = pair();
        let found = sightings(&with, &empty).unwrap();
        assert_eq!(found.len(), 1);
        let (left, top, right, bottom) = found[0].area;
        assert!((left - 100.0).abs() <= 1.0 && (top - 100.0).abs() <= 1.0, "{:?}", found[0].area);
        assert!((right - 120.0).abs() <= 1.0 && (bottom - 160.0).abs() <= 1.0, "{:?}", found[0].area);
        assert!((found[0].middle_x - 110.0).abs() < 1.0, "{}", found[0].middle_x);
        assert!(sightings(&empty, &empty).unwrap().is_empty());
    }

    #[test]
    fn holes_are_filled_unless_the_plate_shows_through() {
        let width = 5;
        let ring = |at: usize| (1..4).contains(&(at % 5)) && (1..4).contains(&(at / 5)) && at != 12;
        let mut body: Vec<bool> = (0..25).map(ring).collect();
        fill_holes(&mut body, &[30.0; 25], width);
        assert!(body[12] && !body[0]);
        let mut body: Vec<bool> = (0..25).map(ring).collect();
        fill_holes(&mut body, &[5.0; 25], width);
        assert!(!body[12]);
    }
}
