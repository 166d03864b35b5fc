//! What a region looks like, compared with what was there before: has something come or gone, or is it only light?
//!
//! Come or gone: a thing has edges around it and another colour than the ground beside it. The picture, now or before,
//! that shows these shows the thing.
//!
//! Light: darker or brighter by one factor all over, in the same colour, with the same fine structure. A thing has another
//! colour, or another structure, or both.

use super::canvas::{Extent, Window};

/// Pixels around a region that show the ground beside it.
const RING: i8 = 4;
/// Grey levels that edges have anyway.
const FLAT: f32 = 2.0;

/// Squares of slopes that noise makes, of two pictures.
const NOISE: f32 = 16.0;

/// What a region looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Shape {
    /// -1 something has gone, 1 something has come.
    pub added: f32,
    /// 0 it may be light only, 1 it is a thing.
    pub thing: f32,
}

/// Measures the region of these pixels; `now` and `before` give the colours of a pixel.
pub(super) fn measure(
    pixels: &[u32],
    window: Window,
    extent: Extent,
    now: impl Fn(usize) -> [f32; 3],
    before: impl Fn(usize) -> [f32; 3],
) -> Shape {
    let patch = Patch::new(pixels, window, extent);
    let (now, before) = (patch.cut(now), patch.cut(before));
    Shape { added: added(&patch, &now, &before), thing: thing(&patch, &now, &before) }
}

/// A part of the picture around a region.
struct Patch {
    window: Window,
    extent: Extent,
    /// Of each pixel: how deep inside (from 1), or how far outside (from -1) it lies; 0 is further out than counts.
    depth: Vec<i8>,
}

impl Patch {
    fn new(pixels: &[u32], window: Window, extent: Extent) -> Self {
        let around =
            extent.window((window.left, window.top, window.right, window.bottom), RING.unsigned_abs().into());
        let (width, height) = (around.width(), around.height());
        let mut depth = vec![0_i8; width * height];
        for &pixel in pixels {
            let (column, row) = (pixel as usize % extent.width, pixel as usize / extent.width);
            let inside =
                (around.left..around.right).contains(&column) && (around.top..around.bottom).contains(&row);
            if inside {
                depth[(row - around.top) * width + column - around.left] = 1;
            }
        }
        let mut patch = Self { window: around, extent, depth };
        patch.deepen();
        patch
    }

    fn width(&self) -> usize {
        self.window.width()
    }

    /// Numbers the pixels from the border inwards and outwards.
    fn deepen(&mut self) {
        let width = self.width();
        let around = |depth: &[i8], index: usize, is: &dyn Fn(i8) -> bool| {
            let (column, row) = (index % width, index / width);
            let height = depth.len() / width;
            (column > 0 && is(depth[index - 1]))
                || (column + 1 < width && is(depth[index + 1]))
                || (row > 0 && is(depth[index - width]))
                || (row + 1 < height && is(depth[index + width]))
        };
        for level in 1..=3_i8 {
            let before = self.depth.clone();
            for index in 0..before.len() {
                if before[index] == level && !around(&before, index, &|d| d < level) {
                    self.depth[index] = level + 1;
                }
            }
        }
        for level in 1..=RING {
            let before = self.depth.clone();
            let is = |d: i8| if level == 1 { d > 0 } else { d == 1 - level };
            for index in 0..before.len() {
                if before[index] == 0 && around(&before, index, &is) {
                    self.depth[index] = -level;
                }
            }
        }
    }

    fn cut(&self, colour: impl Fn(usize) -> [f32; 3]) -> Cut {
        let mut colours = Vec::with_capacity(self.depth.len());
        for row in self.window.top..self.window.bottom {
            for column in self.window.left..self.window.right {
                colours.push(colour(row * self.extent.width + column));
            }
        }
        Cut { width: self.width(), colours }
    }

    fn at(&self, is: impl Fn(i8) -> bool) -> impl Iterator<Item = usize> {
        self.depth.iter().enumerate().filter(move |(_, depth)| is(**depth)).map(|(index, _)| index)
    }
}

/// Colours of a patch.
struct Cut {
    width: usize,
    colours: Vec<[f32; 3]>,
}

impl Cut {
    /// Difference across a pixel, to the right and downwards, of the channel where it is largest.
    fn slope(&self, index: usize, gain: [f32; 3]) -> [[f32; 2]; 3] {
        let (column, row) = (index % self.width, index / self.width);
        let height = self.colours.len() / self.width;
        let (left, right) = (column.saturating_sub(1), (column + 1).min(self.width - 1));
        let (up, down) = (row.saturating_sub(1), (row + 1).min(height - 1));
        let across =
            |c: usize| self.colours[row * self.width + right][c] - self.colours[row * self.width + left][c];
        let along = |c: usize| {
            self.colours[down * self.width + column][c] - self.colours[up * self.width + column][c]
        };
        [0, 1, 2].map(|c| [across(c) * gain[c] / 2.0, along(c) * gain[c] / 2.0])
    }

    fn edge(&self, index: usize) -> f32 {
        self.slope(index, [1.0; 3]).iter().map(|[x, y]| x.hypot(*y)).fold(0.0, f32::max)
    }

    /// Mean colour and spread of some pixels.
    fn colour(&self, pixels: impl Iterator<Item = usize> + Clone) -> ([f32; 3], f32) {
        let count = pixels.clone().count().max(1) as f32;
        let mut mean = [0.0_f32; 3];
        for index in pixels.clone() {
            for (sum, value) in mean.iter_mut().zip(self.colours[index]) {
                *sum += value / count;
            }
        }
        let off = |index: usize| {
            self.colours[index].iter().zip(mean).map(|(value, mean)| (value - mean).powi(2)).sum::<f32>()
                / 3.0
        };
        (mean, (pixels.map(off).sum::<f32>() / count).sqrt())
    }
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0_f32), |(sum, count), value| (sum + value, count + 1.0));
    sum / count.max(1.0)
}

/// -1 something has gone, 1 something has come.
fn added(patch: &Patch, now: &Cut, before: &Cut) -> f32 {
    let border = |cut: &Cut| mean(patch.at(|d| d == 1 || d == -1).map(|index| cut.edge(index)));
    let (edge_now, edge_before) = (border(now), border(before));
    let edges = (edge_now - edge_before) / (edge_now + edge_before + FLAT);
    let standing_out = |cut: &Cut| {
        let inside = patch.at(|d| d > 0).collect::<Vec<_>>();
        let ring = patch.at(|d| d < -1).collect::<Vec<_>>();
        let ((a, _), (b, spread)) = (cut.colour(inside.into_iter()), cut.colour(ring.into_iter()));
        let far = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        far / (spread + 6.0)
    };
    let (out_now, out_before) = (standing_out(now), standing_out(before));
    let colours = (out_now - out_before) / (out_now + out_before + 0.5);
    f32::midpoint(edges, colours).clamp(-1.0, 1.0)
}

/// From 0 below `low` to 1 above `high`.
fn beyond(value: f32, low: f32, high: f32) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

/// What has fewer pixels than this inside its border is too small to be judged: noise would decide.
const LEAST_INNER: usize = 16;

/// 0 it may be light only, 1 it is a thing.
fn thing(patch: &Patch, now: &Cut, before: &Cut) -> f32 {
    // the border is a mixture
    let inner: Vec<usize> = patch.at(|d| d > 1).collect();
    if inner.len() < LEAST_INNER {
        return 0.0;
    }
    let ratio =
        |index: usize, c: usize| ((now.colours[index][c] + 8.0) / (before.colours[index][c] + 8.0)).ln();
    // the edge of a shadow is soft: there light changes evenly from here to there
    let gains =
        [0, 1, 2].map(|c| Slope::fit(patch.width(), inner.iter().map(|&index| (index, ratio(index, c)))));
    let light = mean(gains.iter().map(|gain| gain.middle));
    let tint = gains.iter().map(|gain| (gain.middle - light).abs()).fold(0.0, f32::max);
    let spread = mean(inner.iter().map(|&index| (ratio(index, 1) - gains[1].at(index)).abs()));
    let (mut lost, mut all) = (0.0, 0.0);
    for &index in &inner {
        let gain = gains.each_ref().map(|gain| gain.at(index).exp());
        let (a, b) = (now.slope(index, [1.0; 3]), before.slope(index, gain));
        for c in 0..3 {
            lost += (a[c][0] - b[c][0]).powi(2) + (a[c][1] - b[c][1]).powi(2);
            all += a[c][0].powi(2) + a[c][1].powi(2) + b[c][0].powi(2) + b[c][1].powi(2);
        }
    }
    let count = (3 * inner.len().max(1)) as f32;
    let structure = lost / (all + NOISE * count);
    let colour = beyond(tint, 0.08, 0.2);
    let unlike = beyond(spread, 0.06, 0.16);
    let rebuilt = beyond(structure, 0.35, 0.6);
    let strong = beyond(light.abs(), 0.9, 1.4);
    colour.max(unlike).max(rebuilt).max(strong)
}

/// A plane through the values of a patch's pixels, by least squares.
struct Slope {
    width: usize,
    centre: (f32, f32),
    middle: f32,
    /// Rise per column and per row.
    rise: (f32, f32),
}

impl Slope {
    fn fit(width: usize, values: impl Iterator<Item = (usize, f32)> + Clone) -> Self {
        let place = |index: usize| ((index % width) as f32, (index / width) as f32);
        let centre = (
            mean(values.clone().map(|(index, _)| place(index).0)),
            mean(values.clone().map(|(index, _)| place(index).1)),
        );
        let middle = mean(values.clone().map(|(_, value)| value));
        let (mut xx, mut xy, mut yy, mut xv, mut yv) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (index, value) in values {
            let (x, y, v) = (place(index).0 - centre.0, place(index).1 - centre.1, value - middle);
            xx += x * x;
            xy += x * y;
            yy += y * y;
            xv += x * v;
            yv += y * v;
        }
        let determinant = xx * yy - xy * xy;
        // a line of pixels has no slope across
        let rise = if determinant > 0.05 * xx * yy && determinant > 0.0 {
            ((yy * xv - xy * yv) / determinant, (xx * yv - xy * xv) / determinant)
        } else {
            (0.0, 0.0)
        };
        Self { width, centre, middle, rise }
    }

    fn at(&self, index: usize) -> f32 {
        let (x, y) = ((index % self.width) as f32, (index / self.width) as f32);
        self.middle + self.rise.0 * (x - self.centre.0) + self.rise.1 * (y - self.centre.1)
    }
}
