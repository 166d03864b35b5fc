//! Who stood before the picture, and where something moved, over the last seconds.

use std::collections::VecDeque;

use xunge_scene::{Bounds, Class, Detection, Statures, detection::Group};

use super::canvas::{Extent, Window};
use super::stays::Stays;

/// A person is believed from here: one who is missed becomes a thing, one who is not there hides one for a while.
const PERSON: f32 = 0.2;
/// Surely one from here: how tall people are is learned from them.
const SURE: f32 = 0.5;
/// Who is taller than this share of those who stand there is no thing that people carry, however still he is.
const TALLEST: f64 = 0.8;
/// A vehicle is believed from here.
const VEHICLE: f32 = 0.3;
/// A box is grown by this share of its size on every side: arms and shadows at the feet stand out of it.
const GROWN: f64 = 0.08;

/// Pixels to a side of a cell.
pub(super) const CELL: usize = 8;
/// How far back it is remembered, seconds.
const KEPT_SECS: f64 = 12.0;
/// Looks closer together than this are taken together.
const APART_SECS: f64 = 0.15;

/// Which pixels people and vehicles cover now: 0 nobody.
#[derive(Default)]
pub(super) struct Cover {
    pub mask: Vec<u8>,
    /// Boxes of people, grown.
    pub people: Vec<Bounds>,
    /// Who may be things that are taken for people, as they were found, and their scores.
    pub found: Vec<(Bounds, f32)>,
    statures: Statures,
}

impl Cover {
    pub fn take(&mut self, detections: &[Detection], stays: &Stays, extent: Extent) {
        self.mask.clear();
        self.mask.resize(extent.area(), 0);
        self.people.clear();
        self.found.clear();
        for detection in detections {
            let person = detection.class == Class::Person && detection.score >= PERSON;
            let vehicle = detection.class.group() == Group::Vehicle && detection.score >= VEHICLE;
            if !(person || vehicle) || !detection.bounds.is_sound() {
                continue;
            }
            let b = detection.bounds;
            if person && detection.score >= SURE {
                self.statures.measure(&b, b.h);
            }
            if person && self.statures.is_nobody(&b, extent.aspect()) {
                // a bag or a cone that the detector takes for somebody would hide itself for ever
                continue;
            }
            let small = self.statures.height_at(b.y + b.h).is_none_or(|height| b.h < TALLEST * height);
            if person && small {
                self.found.push((b, detection.score));
                if stays.is_thing(&b, detection.score) {
                    continue;
                }
            }
            let grown = Bounds::new(
                b.x - GROWN * b.w,
                b.y - GROWN * b.h,
                b.w * (1.0 + 2.0 * GROWN),
                b.h * (1.0 + 2.0 * GROWN),
            );
            if person {
                self.people.push(grown);
            }
            let window = window_of(grown, extent);
            for row in window.top..window.bottom {
                let start = row * extent.width;
                if let Some(line) = self.mask.get_mut(start + window.left..start + window.right) {
                    line.fill(1);
                }
            }
        }
    }
}

/// The pixels that a box covers.
pub(super) fn window_of(bounds: Bounds, extent: Extent) -> Window {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the picture")]
    let at = |share: f64, all: usize| (share.clamp(0.0, 1.0) * all as f64).round() as usize;
    let (left, top) = (at(bounds.x, extent.width), at(bounds.y, extent.height));
    let (right, bottom) = (at(bounds.x + bounds.w, extent.width), at(bounds.y + bounds.h, extent.height));
    Window { left, top, right: right.max(left), bottom: bottom.max(top) }
}

/// Where something moved, on a grid of cells, over the last seconds.
#[derive(Default)]
pub(super) struct Motion {
    columns: usize,
    rows: usize,
    /// When, for how long, and the share of pixels of each cell that moved, in 255ths.
    looks: VecDeque<(f64, f64, Vec<u8>)>,
}

impl Motion {
    pub fn cells(extent: Extent) -> (usize, usize) {
        (extent.width.div_ceil(CELL), extent.height.div_ceil(CELL))
    }

    /// Notes `moving`, the number of pixels of each cell that move at this look.
    pub fn note(&mut self, now: f64, secs: f64, extent: Extent, moving: &[u16], cover: &Cover) {
        (self.columns, self.rows) = Self::cells(extent);
        while self.looks.front().is_some_and(|(at, ..)| *at < now - KEPT_SECS) {
            self.looks.pop_front();
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 64 pixels")]
        let mut shares: Vec<u8> = moving.iter().map(|&n| (n.min(63) * 4) as u8).collect();
        for person in &cover.people {
            let window = window_of(*person, extent);
            for row in window.top / CELL..window.bottom.div_ceil(CELL) {
                for column in window.left / CELL..window.right.div_ceil(CELL) {
                    if let Some(share) = shares.get_mut(row * self.columns + column) {
                        *share = u8::MAX;
                    }
                }
            }
        }
        match self.looks.back_mut() {
            Some((at, length, before)) if now - *at < APART_SECS - 1e-6 => {
                *length += secs;
                for (share, more) in before.iter_mut().zip(shares) {
                    *share = (*share).max(more);
                }
            }
            _ => self.looks.push_back((now, secs, shares)),
        }
    }

    /// For how many seconds between `from` and `to` something moved around `inner`: within half its size of it, but
    /// not on it.
    pub fn around(&self, inner: Window, from: f64, to: f64) -> f64 {
        let reach = 1 + (inner.width().max(inner.height()) / 2).div_ceil(CELL);
        let (left, right) = (inner.left / CELL, inner.right.div_ceil(CELL));
        let (top, bottom) = (inner.top / CELL, inner.bottom.div_ceil(CELL));
        let columns = left.saturating_sub(reach)..(right + reach).min(self.columns);
        let rows = top.saturating_sub(reach)..(bottom + reach).min(self.rows);
        let inside =
            |column: usize, row: usize| (left..right).contains(&column) && (top..bottom).contains(&row);
        // as much as a third of the thing's own size, and more than a speck
        let least = 255.0 * (((right - left) * (bottom - top)) as f64 / 3.0).max(1.0);
        let moved = |shares: &[u8]| {
            let sum: u32 = rows
                .clone()
                .flat_map(|row| columns.clone().map(move |column| (column, row)))
                .filter(|&(column, row)| !inside(column, row))
                .filter_map(|(column, row)| shares.get(row * self.columns + column))
                .filter(|share| **share > 50)
                .map(|share| u32::from(*share))
                .sum();
            f64::from(sum) >= least
        };
        let within = self.looks.iter().filter(|(at, ..)| (from..=to).contains(at));
        within.filter(|(.., shares)| moved(shares)).map(|(_, secs, _)| secs).sum()
    }

    pub fn reset(&mut self) {
        self.looks.clear();
    }
}
