//! Many who break into a run at once.
//!
//! Detectors lose people who run in all directions, so the measure is the picture itself: how fast what moves moves, in
//! body heights of people at that place, against how fast it used to.

use super::Fast;
use crate::facts::Flow;
use crate::geometry::{Bounds, Point, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::State;
use std::collections::VecDeque;
use std::time::Duration;

/// So many people must have been about …
const PEOPLE: usize = 4;
/// … within this time.
const ABOUT: Duration = Duration::from_secs(4);
/// The past that the present is compared with, and how much of it there must be.
const PAST: Duration = Duration::from_secs(12);
const LEAST_PAST: Duration = Duration::from_secs(3);
/// The newest part of the past may already be part of it.
const RECENT: Duration = Duration::from_millis(1200);
/// Faster than before by this factor.
const JUMP: f64 = 1.8;
/// Body heights per second. Flow underestimates: the fastest quarter of a crowd that walks makes .5.
const FAST_BH_S: f64 = 0.6;
/// What moves fast must cover as much as so many people …
const MANY: f64 = 2.5;
/// … each of whom covers this part of the square of his height.
const COVER: f64 = 0.25;
/// What moves fast counts within so many body heights of where somebody was …
const NEAR: f64 = 1.0;
/// … in this time: light and leaves move elsewhere, too.
const NEAR_SINCE: Duration = Duration::from_millis(1500);
/// Where more of the picture moves than this, the camera or the light moves.
const MOST_MOVING: f64 = 0.6;
/// It must go on for this long.
const HOLD: Duration = Duration::from_millis(500);
/// A single look that says otherwise does not end it.
const FLICKER: Duration = Duration::from_millis(450);
/// Bands of the picture, top to bottom, in each of which people have their own height.
const BANDS: usize = 8;

/// What many did lately.
#[derive(Debug, Default)]
pub(super) struct Panic {
    /// When how many people were there.
    people: VecDeque<(StreamTime, usize)>,
    /// Where they were lately.
    places: VecDeque<(StreamTime, Bounds)>,
    /// When how fast the fastest quarter was.
    past: VecDeque<(StreamTime, f64)>,
    /// Usual height of people whose feet stand in each band, frame heights.
    heights: [Option<f64>; BANDS],
    /// First and last look of the present run of fast ones.
    run: Option<(StreamTime, StreamTime)>,
}

impl Panic {
    pub(super) fn look(&mut self, scene: &Scene<'_>, zone: Option<&Zone>) -> Option<Fast> {
        self.learn(scene);
        let found = scene.facts.flow.and_then(|flow| self.measure(flow, scene, zone));
        let most = self.people.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let usual = self.usual(scene.at);
        let speed = found.as_ref().map_or(0.0, |(speed, _)| *speed);
        self.past.push_back((scene.at, speed));
        while self.past.front().is_some_and(|(at, _)| scene.at.since(*at) > PAST) {
            self.past.pop_front();
        }
        let (speed, bounds) = found?;
        let fast = most >= PEOPLE
            && speed >= FAST_BH_S
            && usual.is_some_and(|usual| speed >= JUMP * usual)
            && bounds.is_some();
        if fast {
            let first = self.run.filter(|(_, last)| scene.at.since(*last) <= FLICKER + scene.gap);
            self.run = Some((first.map_or(scene.at, |(first, _)| first), scene.at));
        }
        let (first, last) = self.run?;
        let goes_on = last == scene.at && scene.at.since(first) >= HOLD;
        let seen = scene.tracks.iter().filter(|t| t.seen && t.state == State::Confirmed);
        goes_on.then(|| Fast {
            since: first,
            tracks: seen.clone().map(|t| t.id).collect(),
            bounds: bounds.unwrap_or_default(),
            score: seen.map(|t| t.score).fold(0.5, f32::max),
            speed_bh_s: speed,
        })
    }

    fn learn(&mut self, scene: &Scene<'_>) {
        let there = scene.tracks.iter().filter(|t| t.seen && t.state == State::Confirmed);
        let mut count = 0;
        for track in there {
            count += 1;
            self.places.push_back((scene.at, track.bounds));
            let height = &mut self.heights[band(track.foot().y)];
            *height = Some(height.map_or(track.height, |before| 0.9 * before + 0.1 * track.height));
        }
        while self.places.front().is_some_and(|(at, _)| scene.at.since(*at) > NEAR_SINCE) {
            self.places.pop_front();
        }
        self.people.push_back((scene.at, count));
        while self.people.front().is_some_and(|(at, _)| scene.at.since(*at) > ABOUT) {
            self.people.pop_front();
        }
    }

    /// Is it where people were lately, or where they may have run since?
    fn is_near_people(&self, at: Point, aspect: f64) -> bool {
        let near = |b: &Bounds| {
            let reach = NEAR * b.h;
            (b.x - reach / aspect..=b.x + b.w + reach / aspect).contains(&at.x)
                && (b.y - reach / 2.0..=b.y + b.h + reach / 2.0).contains(&at.y)
        };
        self.places.iter().any(|(_, bounds)| near(bounds))
    }

    /// Height of people at about this place: of the band that is nearest below.
    fn height_at(&self, middle: Point) -> Option<f64> {
        let here = band(middle.y);
        (0..BANDS).filter_map(|b| self.heights[b].map(|h| (b.abs_diff((here + 1).min(BANDS - 1)), h))).min_by_key(|(d, _)| *d).map(|(_, h)| h)
    }

    /// Speed of the fastest quarter of what moves, and the box around what is fast if that is enough for many.
    fn measure(
        &self,
        flow: &Flow,
        scene: &Scene<'_>,
        zone: Option<&Zone>,
    ) -> Option<(f64, Option<Bounds>)> {
        let all = Bounds::new(0.0, 0.0, 1.0, 1.0);
        let watched = flow.within(all).filter(|(at, _)| zone.is_none_or(|zone| zone.contains(*at)));
        let mut moving: Vec<(f64, f64, Point)> = Vec::new();
        let mut share = 0.0;
        for (at, cell) in watched.filter(|(_, cell)| cell.moving > 0.0) {
            let height = self.height_at(at)?;
            let speed = cell.velocity.x.hypot(cell.velocity.y) / height;
            moving.push((speed, cell.moving / (height * height), at));
            share += cell.moving;
        }
        #[expect(clippy::cast_precision_loss, reason = "some thousand cells")]
        let cells = flow.cells.len().max(1) as f64;
        if share / cells > MOST_MOVING {
            return None;
        }
        moving.sort_by(|a, b| b.0.total_cmp(&a.0));
        let total: f64 = moving.iter().map(|(_, area, _)| area).sum();
        let mut sum = 0.0;
        let quarter = moving.iter().find(|(_, area, _)| {
            sum += area;
            sum >= 0.25 * total
        });
        let speed = quarter.map_or(0.0, |(speed, ..)| *speed);
        // cells → frame heights squared
        let cell_area = scene.aspect / cells;
        let fast: Vec<_> = moving
            .iter()
            .take_while(|(speed, ..)| *speed >= FAST_BH_S)
            .filter(|(_, _, at)| self.is_near_people(*at, scene.aspect))
            .collect();
        let cover = fast.iter().map(|(_, area, _)| area * cell_area).sum::<f64>();
        let around = fast.iter().map(|(_, _, at)| Bounds::new(at.x, at.y, 0.0, 0.0)).reduce(|a, b| a.union(&b));
        Some((speed, around.filter(|_| cover >= MANY * COVER)))
    }

    fn usual(&self, at: StreamTime) -> Option<f64> {
        let mut past: Vec<f64> =
            self.past.iter().filter(|(when, _)| at.since(*when) >= RECENT).map(|(_, speed)| *speed).collect();
        let span = self.past.front().map_or(Duration::ZERO, |(first, _)| at.since(*first));
        past.sort_by(f64::total_cmp);
        (span >= LEAST_PAST).then(|| past.get(past.len() * 3 / 4).copied()).flatten()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "0..8")]
fn band(y: f64) -> usize {
    ((y.clamp(0.0, 0.999) * BANDS as f64) as usize).min(BANDS - 1)
}
