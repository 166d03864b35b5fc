//! How much brighter or darker the picture is than the background, place by place.
//!
//! The median of the ratio over a tile of the picture: things and people cover less than half of it. Where a tile does
//! not agree with itself (something large stands in it, or the edge of a shadow crosses it), the whole picture's holds.

use std::sync::LazyLock;

use super::canvas::{Colour, Extent};
use super::cover::CELL;

const COLUMNS: usize = 4;
const ROWS: usize = 3;
/// Bins of a histogram of ratios, from half to double.
const BINS: usize = 128;
/// A ratio agrees with the median within so many bins, about 6 %.
const NEAR: usize = 5;
/// Darker or brighter than this a ratio says nothing.
const TELLING: std::ops::Range<u8> = 20..245;
/// Every other pixel of every other row is enough.
const STEP: usize = 2;

/// The bin of each pair of levels, now and then: a logarithm for each pixel costs more than all the rest.
static BIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let levels = || 0..=u8::MAX;
    levels().flat_map(|now| levels().map(move |then| bin(now, then))).collect()
});

fn bin(now: u8, then: u8) -> u8 {
    let ratio = f32::from(now.max(1)) / f32::from(then.max(1));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bins")]
    let bin = ((ratio.log2() + 1.0) * (BINS / 2) as f32).clamp(0.0, (BINS - 1) as f32) as u8;
    bin
}

#[derive(Clone)]
struct Ratios {
    bins: [u32; BINS],
    count: u32,
}

impl Default for Ratios {
    fn default() -> Self {
        Self { bins: [0; BINS], count: 0 }
    }
}

impl Ratios {
    fn add(&mut self, bins: &[u8], now: u8, then: u8) {
        let bin = bins.get(usize::from(now) << 8 | usize::from(then)).copied().unwrap_or_default();
        self.bins[usize::from(bin)] += 1;
        self.count += 1;
    }

    /// The median's bin, and the share of ratios near it.
    fn median(&self) -> Option<(usize, f32)> {
        if self.count < 40 {
            return None;
        }
        let mut below = 0;
        let middle = self.bins.iter().position(|&n| {
            below += n;
            2 * below >= self.count
        })?;
        let near: u32 = self.bins[middle.saturating_sub(NEAR)..(middle + NEAR + 1).min(BINS)].iter().sum();
        Some((middle, near as f32 / self.count as f32))
    }

    /// The median itself, as the mean of what is near it.
    fn ratio(&self, middle: usize) -> f32 {
        let near = middle.saturating_sub(NEAR)..(middle + NEAR + 1).min(BINS);
        let (mut sum, mut weight) = (0.0, 0.0_f32);
        for bin in near {
            let n = self.bins[bin] as f32;
            sum += n * ((bin as f32 + 0.5) / (BINS / 2) as f32 - 1.0);
            weight += n;
        }
        (sum / weight.max(1.0)).exp2()
    }
}

/// Gains of the three channels in each cell.
#[derive(Default)]
pub(super) struct Light {
    pub gains: Vec<[f32; 3]>,
    columns: usize,
}

impl Light {
    /// Compares `now` with `then` where `usable` says that both show the background.
    pub fn measure(
        &mut self,
        now: &[Colour],
        then: &[Colour],
        extent: Extent,
        usable: impl Fn(usize) -> bool,
    ) {
        let bins = &BIN[..];
        let mut tiles = vec![Ratios::default(); COLUMNS * ROWS];
        let mut channels = [Ratios::default(), Ratios::default(), Ratios::default()];
        for row in (0..extent.height).step_by(STEP) {
            for column in (0..extent.width).step_by(STEP) {
                let pixel = row * extent.width + column;
                let (Some(now), Some(then)) = (now.get(pixel), then.get(pixel)) else { continue };
                if !usable(pixel) || !TELLING.contains(&then[1]) || !TELLING.contains(&now[1]) {
                    continue;
                }
                let tile = row * ROWS / extent.height * COLUMNS + column * COLUMNS / extent.width;
                tiles[tile].add(bins, now[1], then[1]);
                for (channel, ratios) in channels.iter_mut().enumerate() {
                    ratios.add(bins, now[channel], then[channel]);
                }
            }
        }
        let whole = channels.each_ref().map(|ratios| match ratios.median() {
            Some((middle, agree)) if agree >= 0.4 => settled(ratios.ratio(middle)),
            _ => 1.0,
        });
        let relative: Vec<f32> = tiles
            .iter()
            .map(|ratios| match ratios.median() {
                Some((middle, agree)) if agree >= 0.7 => settled(ratios.ratio(middle) / whole[1]),
                _ => 1.0,
            })
            .collect();
        self.spread(&relative, whole, extent);
    }

    /// The gain at a pixel.
    pub fn at(&self, column: usize, row: usize) -> [f32; 3] {
        self.gains.get(row / CELL * self.columns + column / CELL).copied().unwrap_or([1.0; 3])
    }

    /// Between the middles of tiles the gain changes smoothly.
    fn spread(&mut self, relative: &[f32], whole: [f32; 3], extent: Extent) {
        let (columns, rows) = super::cover::Motion::cells(extent);
        self.columns = columns;
        self.gains.clear();
        for row in 0..rows {
            let (top, bottom, down) = between(row, rows, ROWS);
            for column in 0..columns {
                let (left, right, across) = between(column, columns, COLUMNS);
                let at =
                    |column: usize, row: usize| relative.get(row * COLUMNS + column).copied().unwrap_or(1.0);
                let upper = at(left, top) * (1.0 - across) + at(right, top) * across;
                let lower = at(left, bottom) * (1.0 - across) + at(right, bottom) * across;
                let local = upper * (1.0 - down) + lower * down;
                self.gains.push(whole.map(|gain| gain * local));
            }
        }
    }
}

/// The two tiles whose middles a cell lies between, and how far it is from the first.
fn between(cell: usize, cells: usize, tiles: usize) -> (usize, usize, f32) {
    let at = ((cell as f32 + 0.5) / cells as f32 * tiles as f32 - 0.5).clamp(0.0, (tiles - 1) as f32);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the tiles")]
    let first = at as usize;
    (first, (first + 1).min(tiles - 1), at - first as f32)
}

/// Hardly any change is none.
fn settled(ratio: f32) -> f32 {
    if (ratio - 1.0).abs() < 0.015 { 1.0 } else { ratio.clamp(0.5, 2.0) }
}
