//! Decodes NanoDet-G's output tensors into detections.
//!
//! One tensor per stride 8, 16, 32 of shape `[1, 124, H/s, W/s]`: channels 0..80 are class logits (sigmoid), 80..124
//! are the four sides left, top, right, bottom as distributions over 11 bins (softmax; the expectation times the
//! stride is the distance from the cell's centre). Source: RangiLyu/nanodet, GFL head with `reg_max = 10`.

use xunge_scene::{Bounds, Class, Detection};

const LOGITS: usize = 80;
const BINS: usize = 11;
/// Channels of each tensor.
pub const CHANNELS: usize = LOGITS + 4 * BINS;
/// Boxes of one class that overlap more than this (intersection over union) are one thing.
const NMS_IOU: f32 = 0.5;
/// Boxes kept per class before suppression: a crowd of 100 has some hundred raw boxes; more is noise.
const MOST_BOXES: usize = 400;

/// One output tensor.
#[derive(Debug, Clone, Copy)]
pub struct Level<'a> {
    /// Input pixels per cell.
    pub stride: usize,
    /// Cells across.
    pub columns: usize,
    /// Cells down.
    pub rows: usize,
    /// `CHANNELS * rows * columns` values, channel-major.
    pub values: &'a [f32],
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    score: f32,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

/// Detections with `score >= least_score` as fractions of the picture, which fills `width` × `height` of the input.
///
/// Sorted by class, then score downwards; equal inputs give equal outputs.
pub fn decode(levels: &[Level<'_>], width: usize, height: usize, least_score: f32) -> Vec<Detection> {
    let least_logit = (least_score / (1.0 - least_score)).ln();
    let (width, height) = (width as f32, height as f32);
    let mut found = Vec::new();
    let mut candidates = Vec::new();
    for (channel, class) in (0..LOGITS).filter_map(|channel| Some((channel, Class::from_coco(channel)?))) {
        candidates.clear();
        for level in levels {
            collect(level, channel, least_logit, width, height, &mut candidates);
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        candidates.truncate(MOST_BOXES);
        found.extend(suppress(&candidates).map(|kept| Detection {
            class,
            score: kept.score,
            bounds: Bounds {
                x: f64::from(kept.left / width),
                y: f64::from(kept.top / height),
                w: f64::from((kept.right - kept.left) / width),
                h: f64::from((kept.bottom - kept.top) / height),
            },
        }));
    }
    found
}

fn collect(
    level: &Level<'_>,
    channel: usize,
    least_logit: f32,
    width: f32,
    height: f32,
    out: &mut Vec<Candidate>,
) {
    let cells = level.rows * level.columns;
    if level.values.len() < CHANNELS * cells {
        return;
    }
    let Some(logits) = level.values.get(channel * cells..(channel + 1) * cells) else { return };
    for (cell, &logit) in logits.iter().enumerate() {
        if logit < least_logit {
            continue;
        }
        let stride = level.stride as f32;
        let x = ((cell % level.columns) as f32 + 0.5) * stride;
        let y = ((cell / level.columns) as f32 + 0.5) * stride;
        // a centre in the black border is not in the picture
        if x >= width || y >= height {
            continue;
        }
        let side = |which: usize| distance(level, cells, cell, which) * stride;
        let candidate = Candidate {
            score: 1.0 / (1.0 + (-logit).exp()),
            left: (x - side(0)).clamp(0.0, width),
            top: (y - side(1)).clamp(0.0, height),
            right: (x + side(2)).clamp(0.0, width),
            bottom: (y + side(3)).clamp(0.0, height),
        };
        if candidate.right - candidate.left >= 1.0 && candidate.bottom - candidate.top >= 1.0 {
            out.push(candidate);
        }
    }
}

/// Expectation of the distribution of one side, in cells.
fn distance(level: &Level<'_>, cells: usize, cell: usize, side: usize) -> f32 {
    let mut bins = [0.0_f32; BINS];
    for (bin, value) in bins.iter_mut().enumerate() {
        let channel = LOGITS + side * BINS + bin;
        *value = level.values.get(channel * cells + cell).copied().unwrap_or(0.0);
    }
    let top = bins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (bin, value) in bins.iter().enumerate() {
        let weight = (value - top).exp();
        sum += weight;
        weighted += weight * bin as f32;
    }
    weighted / sum
}

/// Greedy non-maximum suppression over candidates sorted by score.
fn suppress(sorted: &[Candidate]) -> impl Iterator<Item = Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in sorted {
        if kept.iter().all(|better| overlap(better, candidate) <= NMS_IOU) {
            kept.push(*candidate);
        }
    }
    kept.into_iter()
}

fn overlap(a: &Candidate, b: &Candidate) -> f32 {
    let width = a.right.min(b.right) - a.left.max(b.left);
    let height = a.bottom.min(b.bottom) - a.top.max(b.top);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let shared = width * height;
    let area = |c: &Candidate| (c.right - c.left) * (c.bottom - c.top);
    shared / (area(a) + area(b) - shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level of 4 × 3 cells where nothing is seen.
    fn nothing() -> Vec<f32> {
        let mut values = vec![0.0; CHANNELS * 12];
        values[..LOGITS * 12].fill(-9.0);
        values
    }

    /// Puts a thing with sides of exactly `bins` cells at `cell`.
    fn put(values: &mut [f32], channel: usize, cell: usize, logit: f32, bins: [usize; 4]) {
        values[channel * 12 + cell] = logit;
        for (side, bin) in bins.into_iter().enumerate() {
            values[(LOGITS + side * BINS + bin) * 12 + cell] = 60.0;
        }
    }

    fn level(values: &[f32]) -> Level<'_> {
        Level { stride: 8, columns: 4, rows: 3, values }
    }

    #[test]
    fn a_person_is_placed_by_its_cell_and_sides() {
        let mut values = nothing();
        put(&mut values, 0, 5, 0.0, [1, 1, 1, 1]); // centre 12, 12 in a picture of 32 × 24
        let found = decode(&[level(&values)], 32, 24, 0.12);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].class, found[0].score), (Class::Person, 0.5));
        let bounds = found[0].bounds;
        let expected = [4.0 / 32.0, 4.0 / 24.0, 16.0 / 32.0, 16.0 / 24.0];
        for (got, want) in [bounds.x, bounds.y, bounds.w, bounds.h].into_iter().zip(expected) {
            assert!((got - want).abs() < 1e-5, "{bounds:?}");
        }
    }

    #[test]
    fn two_boxes_of_one_thing_are_one_and_of_two_classes_two() {
        let mut values = nothing();
        put(&mut values, 0, 5, 1.0, [1, 1, 1, 1]);
        put(&mut values, 0, 6, 0.5, [2, 1, 0, 1]); // same place, seen from the next cell
        put(&mut values, 2, 5, 0.0, [1, 1, 1, 1]);
        let found = decode(&[level(&values)], 32, 24, 0.12);
        assert_eq!(found.iter().map(|d| d.class).collect::<Vec<_>>(), [Class::Person, Class::Car]);
    }

    #[test]
    fn low_scores_the_border_and_short_tensors_give_nothing() {
        let mut values = nothing();
        put(&mut values, 0, 5, -3.0, [1, 1, 1, 1]);
        put(&mut values, 0, 11, 3.0, [1, 1, 1, 1]); // centre 28, 20: outside a picture of 24 × 16
        assert!(decode(&[level(&values)], 24, 16, 0.12).is_empty());
        assert!(decode(&[level(&values[..30])], 32, 24, 0.12).is_empty());
    }
}
