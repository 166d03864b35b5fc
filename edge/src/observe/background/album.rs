//! Whole pictures of the last half minute: what a place looked like just before something came or went.
//!
//! The background is put together pixel by pixel, each at its own time; where light moves, that puts edges into it which
//! never were. Two pictures that were taken as wholes can be compared in their fine structure.

use std::collections::VecDeque;

use super::canvas::Colour;
use super::cover::Cover;
use super::ground::Ground;

/// One picture in so many seconds, and how many are kept: 6 MB at 416 × 256.
const EVERY_SECS: f64 = 2.0;
const PAGES: usize = 15;
/// A picture must be older than the change by so much.
const BEFORE_SECS: f64 = 0.6;
/// So much of the place must be uncovered and near the background: a tenth of it, and some grey levels.
const CLEAR: f64 = 0.5;
const NEAR: (f32, f32) = (0.1, 10.0);

/// Pictures, the latest last.
#[derive(Default)]
pub(super) struct Album {
    pages: VecDeque<Page>,
}

struct Page {
    at: f64,
    colours: Vec<Colour>,
    covered: Vec<u8>,
}

impl Album {
    pub fn keep(&mut self, at: f64, colours: &[Colour], cover: &Cover) {
        if self.pages.back().is_some_and(|last| at - last.at < EVERY_SECS) {
            return;
        }
        let mut page = match self.pages.len() {
            PAGES => self.pages.pop_front(),
            _ => None,
        }
        .unwrap_or_else(|| Page { at, colours: Vec::new(), covered: Vec::new() });
        page.at = at;
        page.colours.clear();
        page.colours.extend_from_slice(colours);
        page.covered.clear();
        page.covered.extend_from_slice(&cover.mask);
        self.pages.push_back(page);
    }

    /// The picture from before `left` that shows the background of `pixels` best.
    pub fn before(&self, left: f64, pixels: &[u32], ground: &Ground) -> Option<&[Colour]> {
        let shows = |page: &Page, pixel: usize| {
            let (Some(0), Some(colour)) = (page.covered.get(pixel), page.colours.get(pixel)) else {
                return false;
            };
            let base = ground.background(pixel);
            (0..3).all(|c| (f32::from(colour[c]) - base[c]).abs() < NEAR.0 * base[c] + NEAR.1)
        };
        let showing = |page: &Page| pixels.iter().filter(|pixel| shows(page, **pixel as usize)).count();
        let older = self.pages.iter().filter(|page| page.at <= left - BEFORE_SECS);
        let (most, best) = older.map(|page| (showing(page), page)).max_by_key(|(showing, _)| *showing)?;
        (most as f64 >= CLEAR * pixels.len() as f64).then_some(best.colours.as_slice())
    }

    pub fn clear(&mut self) {
        self.pages.clear();
    }
}
