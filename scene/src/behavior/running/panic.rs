//! Many who break into a run at once.
//!
//! Detectors lose people who run in all directions, so the measure is the picture itself: how fast what moves moves, in
//! body heights of people at that place, against how fast it used to.

use super::Fast;
use crate::detection::Class;
use crate::facts::Flow;
use crate::geometry::{Bounds, Point, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{State, Track};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
/// Below this they stand about, and how fast they walk does not show.
const WALKS_BH_S: f64 = 0.15;
/// How fast people walk as long as nobody has been seen to: 1.3 m/s, at 1.7 m.
const WALK_BH_S: f64 = 0.76;
/// How fast people walk here is learned over this time, and forgotten over that.
const LEARN: Duration = Duration::from_secs(20);
const UNLEARN: Duration = Duration::from_secs(300);
/// What moves fast must cover as much as so many people …
const MANY: f64 = 2.5;
/// … each of whom covers this part of the square of his height.
const COVER: f64 = 0.25;
/// What moves fast counts within so many body heights of where somebody was …
const NEAR: f64 = 1.0;
/// … in this time: light and leaves move elsewhere, too.
const NEAR_SINCE: Duration = Duration::from_millis(1500);
/// It must go on for this long.
const HOLD: Duration = Duration::from_millis(750);
/// A single look that says otherwise does not end it.
const FLICKER: Duration = Duration::from_millis(450);

/// What many did lately.
#[derive(Debug, Default)]
pub(in crate::behavior) struct Panic {
    /// What was seen when.
    past: VecDeque<Moment>,
    /// Where they were lately.
    places: VecDeque<(StreamTime, u64, Bounds)>,
    /// Those of them who are people, and when each was last seen: they have moved at some time. What never did is
    /// furniture as far as anybody knows; but who has moved now was no furniture before, though he stood.
    people: BTreeMap<u64, StreamTime>,
    /// How fast those who walk here walk, body heights per second as flow shows it; once somebody has.
    walk: Option<f64>,
    /// First and last look of the present run of fast ones.
    run: Option<(StreamTime, StreamTime)>,
}

/// One look.
#[derive(Debug)]
struct Moment {
    at: StreamTime,
    /// How fast the fastest quarter was.
    speed: f64,
    /// Who was there, furniture and all.
    there: Vec<u64>,
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
    pub(in crate::behavior) fn look(&mut self, scene: &Scene<'_>, zone: Option<&Zone>) -> Option<Fast> {
        let there = self.learn(scene);
        let found = scene.facts.flow.and_then(|flow| self.measure(flow, scene, zone));
        let usual = self.usual(scene.at, scene.gap);
        let speed = found.as_ref().map_or(0.0, |(speed, _)| *speed);
        self.past.push_back(Moment { at: scene.at, speed, there });
        while self.past.front().is_some_and(|then| scene.at.since(then.at) > PAST) {
            self.past.pop_front();
        }
        let (speed, bounds) = found?;
        let about = self.past.iter().rev().take_while(|then| scene.at.since(then.at) <= ABOUT);
        let fast = speed >= FAST_BH_S
            && bounds.is_some()
            && usual.is_some_and(|usual| speed >= JUMP * usual)
            && about.into_iter().any(|then| self.were_many(then));
        if fast {
            let first = self.run.filter(|(_, last)| scene.at.since(*last) <= FLICKER + scene.gap);
            self.run = Some((first.map_or(scene.at, |(first, _)| first), scene.at));
        }
        let (first, last) = self.run?;
        let goes_on = last == scene.at && scene.at.since(first) >= HOLD;
        let seen = scene.tracks.iter().filter(|t| t.seen && self.people.contains_key(&t.id));
        goes_on.then(|| Fast {
            since: first,
            tracks: seen.clone().map(|t| t.id).collect(),
            bounds: bounds.unwrap_or_default(),
            score: seen.map(|t| t.score).fold(0.5, f32::max),
            speed_bh_s: speed,
        })
    }

    /// Takes in who is there.
    fn learn(&mut self, scene: &Scene<'_>) -> Vec<u64> {
        let person = |t: &&Track| t.class == Class::Person && t.seen && t.state == State::Confirmed;
        let there = || scene.tracks.iter().filter(person);
        self.places.extend(there().map(|track| (scene.at, track.id, track.bounds)));
        while self.places.front().is_some_and(|(at, ..)| scene.at.since(*at) > NEAR_SINCE) {
            self.places.pop_front();
        }
        self.people.retain(|_, seen| scene.at.since(*seen) <= PAST);
        self.people.extend(there().filter(|track| track.moved).map(|track| (track.id, scene.at)));
        there().map(|track| track.id).collect()
    }

    /// Enough of those who were there then are people.
    fn were_many(&self, then: &Moment) -> bool {
        then.there.iter().filter(|id| self.people.contains_key(id)).count() >= PEOPLE
    }

    /// Where people were lately.
    fn places(&self) -> impl Iterator<Item = (u64, &Bounds)> {
        let people = self.places.iter().filter(|(_, id, _)| self.people.contains_key(id));
        people.map(|(_, id, bounds)| (*id, bounds))
    }

    /// Height of the people who were there lately, or may have run there since; of several the middle one.
    fn height_at(&self, at: Point, aspect: f64) -> Option<f64> {
        let near = self.places().filter(|(_, b)| is_near(at, b, aspect));
        let mut heights: Vec<f64> = near.map(|(_, b)| b.h).collect();
        heights.sort_by(f64::total_cmp);
        heights.get(heights.len() / 2).copied()
    }

    /// How many people have something fast at them.
    fn fast_people(&self, fast: &[Moving], aspect: f64) -> usize {
        let has = |b: &Bounds| fast.iter().any(|moving| is_near(moving.at, b, aspect));
        let ids: BTreeSet<u64> = self.places().filter(|(_, b)| has(b)).map(|(id, _)| id).collect();
        ids.len()
    }

    /// Speed of the fastest quarter of what moves, and the box around what is fast if that is enough for many.
    fn measure(
        &self,
        flow: &Flow,
        scene: &Scene<'_>,
        zone: Option<&Zone>,
    ) -> Option<(f64, Option<Bounds>)> {
        if flow.is_of_camera() {
            return None;
        }
        let all = Bounds::new(0.0, 0.0, 1.0, 1.0);
        let watched = flow.within(all).filter(|(at, _)| zone.is_none_or(|zone| zone.contains(*at)));
        let mut moving: Vec<Moving> = Vec::new();
        for (at, cell) in watched.filter(|(_, cell)| cell.moving > 0.0) {
            let Some(height) = self.height_at(at, scene.aspect) else { continue };
            let speed = cell.velocity.x.hypot(cell.velocity.y) / height;
            moving.push(Moving { speed, area: cell.moving / (height * height), at });
        }
        #[expect(clippy::cast_precision_loss, reason = "some thousand cells")]
        let cells = flow.cells.len().max(1) as f64;
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

    /// How fast it used to be while many were there: how an empty yard moves says nothing about a crowd. Those who have
    /// only stood so far may walk away as people do, and those who mill about as others walked here before.
    fn usual(&mut self, at: StreamTime, gap: Duration) -> Option<f64> {
        let known = || self.past.iter().filter(|then| at.since(then.at) >= RECENT && self.were_many(then));
        let span = known().next().zip(known().next_back()).map(|(first, last)| last.at.since(first.at));
        let mut past: Vec<f64> = known().map(|then| then.speed).collect();
        past.sort_by(f64::total_cmp);
        let lately = past.get(past.len() * 3 / 4).copied().filter(|_| span >= Some(LEAST_PAST))?;
        if lately < WALKS_BH_S {
            return Some(self.walk.unwrap_or(WALK_BH_S));
        }
        let walk = self.walk.map_or(lately, |walk| {
            let over = if lately > walk { LEARN } else { UNLEARN };
            walk + (gap.as_secs_f64() / over.as_secs_f64()).min(1.0) * (lately - walk)
        });
        self.walk = Some(walk);
        Some(lately.max(walk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Facts, FlowCell};
    use crate::samples;

    const ASPECT: f64 = 1.5;
    const HEIGHT: f64 = 0.2;
    const GAP: Duration = Duration::from_millis(200);

    fn people(count: usize, moved: bool) -> Vec<Track> {
        let person = |index: usize| {
            let bounds = Bounds::new(0.1 + 0.1 * index as f64, 0.5, 0.06, HEIGHT);
            Track { moved, ..samples::person(index as u64 + 1, bounds) }
        };
        (0..count).map(person).collect()
    }

    /// Everything in the boxes of the first `fast` moves at so many body heights a second.
    fn flow(tracks: &[Track], fast: usize, speed_bh_s: f64) -> Flow {
        let mut flow = Flow { columns: 48, rows: 32, cells: vec![FlowCell::default(); 48 * 32] };
        let inside: Vec<bool> = (0..48 * 32_u32)
            .map(|cell| {
                let at = Point::new(f64::from(cell % 48) + 0.5, f64::from(cell / 48) + 0.5);
                let at = Point::new(at.x / 48.0, at.y / 32.0);
                tracks.iter().take(fast).any(|t| {
                    (t.bounds.x..=t.bounds.x + t.bounds.w).contains(&at.x)
                        && (t.bounds.y..=t.bounds.y + t.bounds.h).contains(&at.y)
                })
            })
            .collect();
        for (cell, _) in flow.cells.iter_mut().zip(inside).filter(|(_, inside)| *inside) {
            *cell = FlowCell { velocity: Point::new(speed_bh_s * HEIGHT, 0.0), moving: 0.8 };
        }
        flow
    }

    fn look(panic: &mut Panic, secs: f64, tracks: &[Track], flow: &Flow) -> Option<Fast> {
        let at = StreamTime::from_secs(secs);
        let facts = Facts { flow: Some(flow), ..Facts::default() };
        panic.look(&Scene { tracks, facts, ..samples::scene(at, ASPECT) }, None)
    }

    /// When it is first believed, if at all: calm until second 6, then `fast` of them at so many heights a second.
    fn told(tracks: &[Track], calm_bh_s: f64, fast: usize, speed_bh_s: f64) -> Option<f64> {
        let mut panic = Panic::default();
        (0..50).map(|look| 0.2 * f64::from(look)).find(|&secs| {
            let flow = if secs < 6.0 {
                flow(tracks, tracks.len(), calm_bh_s)
            } else {
                flow(tracks, fast, speed_bh_s)
            };
            look(&mut panic, secs, tracks, &flow).is_some()
        })
    }

    #[test]
    fn many_at_once_are_told_within_a_second() {
        for calm in [0.0, 0.4] {
            let at = told(&people(8, true), calm, 8, 1.5);
            assert!(at.is_some_and(|at| (6.7..=7.0).contains(&at)), "{at:?}");
        }
    }

    #[test]
    fn a_group_that_stood_and_walks_off_is_none() {
        assert_eq!(told(&people(8, true), 0.0, 8, 1.1), None);
        assert!(told(&people(8, true), 0.0, 8, 1.3).is_some());
    }

    #[test]
    fn how_fast_people_walk_here_is_remembered() {
        let there = people(8, true);
        let mut panic = Panic::default();
        // they walk, stand for longer than the past reaches, and walk or run off
        let speed = |secs: f64, off: f64| match secs {
            s if s < 20.0 => 0.4,
            s if s < 40.0 => 0.0,
            _ => off,
        };
        let mut told = |off: f64| {
            panic = Panic::default();
            (0..230)
                .map(|look| 0.2 * f64::from(look))
                .any(|secs| look(&mut panic, secs, &there, &flow(&there, 8, speed(secs, off))).is_some())
        };
        assert!(!told(0.6));
        assert!(told(0.8), "twice as fast as people walk here");
    }

    #[test]
    fn few_people_furniture_and_one_of_many_are_none() {
        assert_eq!(told(&people(3, true), 0.3, 3, 1.5), None);
        assert_eq!(told(&people(8, false), 0.3, 8, 1.5), None, "what never moved is furniture");
        assert_eq!(told(&people(8, true), 0.3, 1, 1.5), None);
    }

    #[test]
    fn as_fast_as_ever_or_no_faster_than_a_walk_is_none() {
        assert_eq!(told(&people(8, true), 1.2, 8, 1.5), None);
        assert_eq!(told(&people(8, true), 0.1, 8, 0.5), None);
    }

    #[test]
    fn what_moves_far_from_everybody_is_none() {
        let there = people(8, true);
        let mut elsewhere = there.clone();
        elsewhere.iter_mut().for_each(|track| track.bounds.y = 0.0);
        let mut panic = Panic::default();
        for look_number in 0..50 {
            let secs = 0.2 * f64::from(look_number);
            let flow = flow(&elsewhere, 8, if secs < 6.0 { 0.1 } else { 1.5 });
            assert_eq!(look(&mut panic, secs, &there, &flow), None);
        }
    }

    #[test]
    fn what_is_usual_needs_a_past() {
        let at = StreamTime::from_secs;
        let mut panic = Panic::default();
        assert_eq!(panic.usual(at(5.0), GAP), None);
        let moment = |look: i32| Moment {
            at: at(0.2 * f64::from(look)),
            speed: f64::from(look),
            there: vec![1, 2, 3, 4],
        };
        panic.past = (0..20).map(moment).collect();
        assert_eq!(panic.usual(at(4.5), GAP), None, "furniture has no habits");
        panic.people = (1..=4).map(|id| (id, at(3.8))).collect();
        assert_eq!(panic.usual(at(3.1), GAP), None, "less than two seconds of it are not recent");
        // Known until 3.8, of which the first 3.3 count: three quarters of them are slower.
        assert_eq!(panic.usual(at(4.5), GAP), Some(12.0));
    }
}
