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
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// So many people must have been about …
const PEOPLE: usize = 4;
/// … within this time.
const ABOUT: Duration = Duration::from_secs(4);
/// The past that the present is compared with, and how much of it there must be.
const PAST: Duration = Duration::from_secs(12);
const LEAST_PAST: Duration = Duration::from_secs(2);
/// The newest part of the past may already be part of it.
const RECENT: Duration = Duration::from_millis(1200);
/// Faster than before by this factor.
const JUMP: f64 = 1.6;
/// Body heights per second. Flow underestimates: the fastest quarter of a crowd that walks makes .5.
const FAST_BH_S: f64 = 0.62;
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
const HOLD: Duration = Duration::from_millis(750);
/// A single look that says otherwise does not end it.
const FLICKER: Duration = Duration::from_millis(450);
/// What many did lately.
#[derive(Debug, Default)]
pub(super) struct Panic {
    /// When how many people were there.
    people: VecDeque<(StreamTime, usize)>,
    /// Where they were lately.
    places: VecDeque<(StreamTime, u64, Bounds)>,
    /// When how fast the fastest quarter was.
    past: VecDeque<(StreamTime, f64)>,
    /// First and last look of the present run of fast ones.
    run: Option<(StreamTime, StreamTime)>,
}

/// A cell of the flow where something moves.
struct Moving {
    /// Body heights of who is there, per second.
    speed: f64,
    /// Share that moves / the square of that height.
    area: f64,
    at: Point,
}

fn is_near(at: Point, b: &Bounds, aspect: f64) -> bool {
    let reach = NEAR * b.h;
    (b.x - reach / aspect..=b.x + b.w + reach / aspect).contains(&at.x)
        && (b.y - reach / 2.0..=b.y + b.h + reach / 2.0).contains(&at.y)
}

impl Panic {
    pub(super) fn look(&mut self, scene: &Scene<'_>, zone: Option<&Zone>) -> Option<Fast> {
        self.learn(scene);
        let found = scene.facts.flow.and_then(|flow| self.measure(flow, scene, zone));
        let most = self.people.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let usual = self.usual(scene.at);
        let speed = found.as_ref().map_or(0.0, |(speed, _)| *speed);
        // How an empty yard moves says nothing about a crowd.
        if self.people.back().is_some_and(|(_, count)| *count >= PEOPLE) {
            self.past.push_back((scene.at, speed));
        }
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
        let there = scene.tracks.iter().filter(|t| t.seen && t.moved && t.state == State::Confirmed);
        let mut count = 0;
        for track in there {
            count += 1;
            self.places.push_back((scene.at, track.id, track.bounds));
        }
        while self.places.front().is_some_and(|(at, ..)| scene.at.since(*at) > NEAR_SINCE) {
            self.places.pop_front();
        }
        self.people.push_back((scene.at, count));
        while self.people.front().is_some_and(|(at, _)| scene.at.since(*at) > ABOUT) {
            self.people.pop_front();
        }
    }

    /// Height of the people who were there lately, or may have run there since; of several the middle one.
    fn height_at(&self, at: Point, aspect: f64) -> Option<f64> {
        let near = self.places.iter().filter(|(_, _, b)| is_near(at, b, aspect));
        let mut heights: Vec<f64> = near.map(|(_, _, b)| b.h).collect();
        heights.sort_by(f64::total_cmp);
        heights.get(heights.len() / 2).copied()
    }

    /// How many people have something fast at them.
    fn fast_people(&self, fast: &[Moving], aspect: f64) -> usize {
        let has = |b: &Bounds| fast.iter().any(|moving| is_near(moving.at, b, aspect));
        let ids: BTreeSet<u64> = self.places.iter().filter(|(_, _, b)| has(b)).map(|(_, id, _)| *id).collect();
        ids.len()
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
        let mut moving: Vec<Moving> = Vec::new();
        let mut share = 0.0;
        for (at, cell) in watched.filter(|(_, cell)| cell.moving > 0.0) {
            share += cell.moving;
            let Some(height) = self.height_at(at, scene.aspect) else { continue };
            let speed = cell.velocity.x.hypot(cell.velocity.y) / height;
            moving.push(Moving { speed, area: cell.moving / (height * height), at });
        }
        #[expect(clippy::cast_precision_loss, reason = "some thousand cells")]
        let cells = flow.cells.len().max(1) as f64;
        if share / cells > MOST_MOVING {
            return None;
        }
        moving.sort_by(|a, b| b.speed.total_cmp(&a.speed));
        let total: f64 = moving.iter().map(|cell| cell.area).sum();
        let mut sum = 0.0;
        let quarter = moving.iter().find(|cell| {
            sum += cell.area;
            sum >= 0.25 * total
        });
        let speed = quarter.map_or(0.0, |cell| cell.speed);
        moving.truncate(moving.partition_point(|cell| cell.speed >= FAST_BH_S));
        // cells → frame heights squared
        let cell_area = scene.aspect / cells;
        let cover = moving.iter().map(|cell| cell.area * cell_area).sum::<f64>();
        let around = moving.iter().map(|c| Bounds::new(c.at.x, c.at.y, 0.0, 0.0)).reduce(|a, b| a.union(&b));
        let many = cover >= MANY * COVER && self.fast_people(&moving, scene.aspect) >= PEOPLE;
        Some((speed, around.filter(|_| many)))
    }

    fn usual(&self, at: StreamTime) -> Option<f64> {
        let mut past: Vec<f64> =
            self.past.iter().filter(|(when, _)| at.since(*when) >= RECENT).map(|(_, speed)| *speed).collect();
        let newest = self.past.iter().rev().find(|(when, _)| at.since(*when) >= RECENT);
        let span = self.past.front().zip(newest).map_or(Duration::ZERO, |(a, b)| b.0.since(a.0));
        past.sort_by(f64::total_cmp);
        (span >= LEAST_PAST).then(|| past.get(past.len() * 3 / 4).copied()).flatten()
    }
}
