//! How many people an area holds in which they hide each other too much to be counted one by one.
//!
//! The part of the picture that does not show the empty background, around those who are found, column by column: in front
//! a row of people, as high as they are where they stand; what reaches higher up is ground that others stand on behind
//! them, at the density of people who hide each other. Near and far count alike: lengths are taken in heights of people,
//! and where the ground is measured its square metres are known. What somebody comes to who is seen by himself, with his shadow, is learned, and divided by.

use super::group::SLANT;
use crate::detection::{Class, Group};
use crate::facts::Foreground;
use crate::geometry::{Bounds, Ground, Point, STATURE_M, Zone};
use crate::scene::Scene;
use crate::stature::Statures;
use crate::track::{State, Track};
use std::collections::BTreeSet;

/// Shoulder breadth of an adult / his height: .5 m with clothes of 1.7 m.
const SHOULDERS: f64 = 0.3;
/// People on a square metre: between a loose crowd (1.1) and a dense one (2.4; H. Jacobs 1967, 10 and 4.5 square feet to a
/// person).
const DENSITY_M2: f64 = 2.0;
/// What one comes to until somebody was seen by himself, and what he can come to.
const UNKNOWN: f64 = 2.0;
const ONE: (f64, f64) = (1.0, 6.0);
/// Weight of somebody seen by himself, at one look.
const LEARN: f64 = 0.03;
/// So far around him, in his own heights, his shadow may lie, and nobody else may be.
const AROUND: f64 = 0.7;
/// A cell of which less is covered does not join two.
const JOINS: f64 = 0.3;
/// Of those who stand packed a detector finds at least one in three: what is larger is something else.
const FOUND: usize = 3;

/// What has been learned about the people before one camera.
#[derive(Debug)]
pub(super) struct Occupied {
    statures: Statures,
    /// What somebody comes to who is seen by himself.
    one: f64,
}

impl Default for Occupied {
    fn default() -> Self {
        Self { statures: Statures::default(), one: UNKNOWN }
    }
}

impl Occupied {
    /// At least so many are where the `found` ones are, in the zone; as many as were found when nothing was measured.
    pub(super) fn look(&mut self, scene: &Scene<'_>, found: &[Bounds], zone: Option<&Zone>) -> usize {
        let Some(foreground) = scene.facts.foreground.filter(|f| f.shares.len() == f.grid.columns * f.grid.rows)
        else {
            return found.len();
        };
        self.learn(scene, foreground);
        let cells = self.around(scene, foreground, found, zone);
        let held = self.people_on(&cells, foreground, found, scene) / self.one;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some people")]
        let held = held.max(0.0) as usize;
        held.min(FOUND * found.len()).max(found.len())
    }

    /// Takes in those who are seen whole and by themselves.
    fn learn(&mut self, scene: &Scene<'_>, foreground: &Foreground) {
        for track in scene.tracks.iter().filter(|track| is_walking(track)) {
            self.statures.measure(&track.bounds, track.height);
            let (b, h) = (track.bounds, track.height);
            let aside = AROUND * h / scene.aspect;
            let around = Bounds::new(b.x - aside, b.y - 0.1 * h, b.w + 2.0 * aside, b.h + 0.3 * h);
            let whole = around.x > 0.0 && around.y > 0.0 && around.x + around.w < 1.0 && around.y + around.h < 1.0;
            let alone = scene.tracks.iter().all(|t| t.id == track.id || t.bounds.overlap(&around) == 0.0);
            if !(whole && alone) {
                continue;
            }
            let covered = foreground.shares.iter().enumerate().filter(|(_, share)| **share >= JOINS);
            let his = covered.map(|(index, _)| index).filter(|i| around.contains(foreground.grid.middle(*i)));
            let one = self.people_on(&his.collect(), foreground, &[b], scene);
            self.one += LEARN * (one.clamp(ONE.0, ONE.1) - self.one);
        }
    }

    /// How many people cells hold, all of them counted as if seen without shadows.
    fn people_on(&self, cells: &BTreeSet<usize>, foreground: &Foreground, found: &[Bounds], scene: &Scene<'_>) -> f64 {
        let grid = foreground.grid;
        let (width, height) = (1.0 / grid.columns.max(1) as f64, 1.0 / grid.rows.max(1) as f64);
        let is_lowest = |index: &&usize| !cells.contains(&(**index + grid.columns));
        let column = |lowest: &usize| {
            let above = (0..).map_while(|up: usize| lowest.checked_sub(up * grid.columns));
            let shares = above.take_while(|cell| cells.contains(cell)).filter_map(|cell| foreground.shares.get(cell));
            let (count, sum) = shares.fold((0.0, 0.0), |(count, sum), share| (count + 1.0, sum + share));
            let lowest = grid.middle(*lowest);
            let foot = Point::new(lowest.x, lowest.y + height / 2.0);
            let person = self.statures.height_at(foot.y).or_else(|| nearest(foot.y, found))?;
            let up = count * height;
            let in_front = width * scene.aspect / person * (up / person).min(1.0) / SHOULDERS;
            let behind = DENSITY_M2 * ground_m2(foot, width, (up - person).max(0.0), person, scene);
            Some(sum / count * (in_front + behind))
        };
        cells.iter().filter(is_lowest).filter_map(column).sum()
    }

    /// The covered cells that hang together with the boxes of those `found`.
    fn around(
        &self,
        scene: &Scene<'_>,
        foreground: &Foreground,
        found: &[Bounds],
        zone: Option<&Zone>,
    ) -> BTreeSet<usize> {
        let vehicles = || scene.tracks.iter().filter(|t| t.class.group() == Group::Vehicle && t.seen);
        let counts = |index: usize| {
            let at = foreground.grid.middle(index);
            let stands = Point::new(at.x, at.y + self.height_of(at, found).unwrap_or_default() / 2.0);
            foreground.shares.get(index).is_some_and(|share| *share >= JOINS)
                && zone.is_none_or(|zone| zone.contains(stands.clamped()))
                && !vehicles().any(|vehicle| vehicle.bounds.contains(at))
        };
        let begins = |index: &usize| found.iter().any(|b| b.contains(foreground.grid.middle(*index)));
        let mut open: Vec<usize> = (0..foreground.shares.len()).filter(begins).filter(|i| counts(*i)).collect();
        let mut held: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(index) = open.pop() {
            for next in foreground.grid.beside(index) {
                if !held.contains(&next) && counts(next) {
                    held.insert(next);
                    open.push(next);
                }
            }
        }
        held
    }

    /// How tall he is whose middle is there: known from before, or else like the nearest of those who are found.
    fn height_of(&self, middle: Point, found: &[Bounds]) -> Option<f64> {
        let about = self.statures.height_at(middle.y).or_else(|| nearest(middle.y, found))?;
        self.statures.height_at(middle.y + about / 2.0).or(Some(about))
    }
}

/// Square metres of a strip of ground from a foot point backwards, `width` frame widths wide and `up` frame heights long in
/// the picture; `person` is how tall people are there.
fn ground_m2(foot: Point, width: f64, up: f64, person: f64, scene: &Scene<'_>) -> f64 {
    let measured = |ground: &Ground| {
        let (half, back) = (width / 2.0, Point::new(foot.x, foot.y - up));
        let aside_m = ground.distance_m(Point::new(foot.x - half, foot.y), Point::new(foot.x + half, foot.y))?;
        Some(aside_m * ground.distance_m(foot, back)?)
    };
    let metres = |frame_heights: f64| frame_heights / person * STATURE_M;
    scene.ground.and_then(measured).unwrap_or_else(|| metres(width * scene.aspect) * SLANT * metres(up))
}

/// How tall he is who stands nearest to `y`.
fn nearest(y: f64, found: &[Bounds]) -> Option<f64> {
    let away = |b: &&Bounds| (b.y + b.h - y).abs();
    found.iter().min_by(|a, b| away(a).total_cmp(&away(b))).map(|b| b.h)
}

fn is_walking(track: &Track) -> bool {
    track.class == Class::Person
        && track.state == State::Confirmed
        && track.seen
        && track.moved
        && track.unsure.is_zero()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Facts, Grid};
    use crate::samples;
    use crate::time::StreamTime;

    const GRID: Grid = Grid { columns: 64, rows: 40 };
    const ASPECT: f64 = 1.6;
    const HEIGHT: f64 = 0.2;

    /// Somebody whose feet are there: a body .3 of his height wide, in a box .4 wide.
    fn person(x: f64, foot_y: f64) -> Bounds {
        let w = 0.4 * HEIGHT / ASPECT;
        Bounds::new(x - w / 2.0, foot_y - HEIGHT, w, HEIGHT)
    }

    fn painted(people: &[Bounds], shadow: f64) -> Foreground {
        let body = |b: &Bounds| Bounds::new(b.x + b.w / 8.0, b.y, 0.75 * b.w * (1.0 + shadow), b.h);
        let share = |index: usize| {
            let at = GRID.middle(index);
            f64::from(u8::from(people.iter().any(|b| body(b).contains(at))))
        };
        Foreground { grid: GRID, shares: (0..GRID.columns * GRID.rows).map(share).collect() }
    }

    fn look(occupied: &mut Occupied, foreground: &Foreground, found: &[Bounds], zone: Option<&Zone>) -> usize {
        let tracks: Vec<Track> = (1..).zip(found).map(|(id, b)| samples::person(id, *b)).collect();
        let facts = Facts { foreground: Some(foreground), ..Facts::default() };
        let scene = Scene { tracks: &tracks, facts, ..samples::scene(StreamTime::ZERO, ASPECT) };
        occupied.look(&scene, found, zone)
    }

    /// After somebody has crossed the picture by himself.
    fn after_one(shadow: f64) -> Occupied {
        let mut occupied = Occupied::default();
        for step in 0..200 {
            let one = [person(0.2 + 0.003 * f64::from(step), 0.6)];
            assert_eq!(look(&mut occupied, &painted(&one, shadow), &one, None), 1);
        }
        occupied
    }

    /// Shoulder to shoulder in three rows.
    fn packed() -> Vec<Bounds> {
        let rows = (0..3).flat_map(|row| (0..7).map(move |column| (column, row)));
        rows.map(|(column, row)| person(0.3 + 0.04 * f64::from(column), 0.55 + 0.06 * f64::from(row))).collect()
    }

    #[test]
    fn of_the_packed_most_are_counted_though_few_are_found() {
        let all = packed();
        let found: Vec<Bounds> = all.iter().step_by(3).copied().collect();
        let count = look(&mut after_one(0.0), &painted(&all, 0.0), &found, None);
        assert!((10..=21).contains(&count), "{count} of 21, of whom 7 were found");
    }

    #[test]
    fn a_shadow_that_everybody_has_makes_nobody_two() {
        let two = [person(0.4, 0.6), person(0.44, 0.6)];
        assert_eq!(look(&mut after_one(1.0), &painted(&two, 1.0), &two, None), 2);
    }

    #[test]
    fn what_is_far_larger_than_those_found_is_something_else() {
        let lorry = Foreground { shares: vec![1.0; GRID.columns * GRID.rows], ..painted(&[], 0.0) };
        let two = [person(0.4, 0.6), person(0.44, 0.6)];
        assert_eq!(look(&mut after_one(0.0), &lorry, &two, None), 6);
    }

    #[test]
    fn who_stands_outside_the_zone_does_not_count() {
        let all = packed();
        let corners = [(0.0, 0.52), (1.0, 0.52), (1.0, 0.58), (0.0, 0.58)];
        let zone = Zone::new(&corners.map(|(x, y)| Point::new(x, y))).unwrap();
        let found = &all[..7];
        let (all_in, some_in) = (
            look(&mut after_one(0.0), &painted(&all, 0.0), found, None),
            look(&mut after_one(0.0), &painted(&all, 0.0), found, Some(&zone)),
        );
        assert!(some_in < all_in, "{some_in} {all_in}");
    }

    #[test]
    fn without_a_foreground_who_is_found_counts() {
        let two = [person(0.4, 0.6), person(0.44, 0.6)];
        let tracks: Vec<Track> = (1..).zip(&two).map(|(id, b)| samples::person(id, *b)).collect();
        let scene = Scene { tracks: &tracks, ..samples::scene(StreamTime::ZERO, ASPECT) };
        assert_eq!(Occupied::default().look(&scene, &two, None), 2);
    }
}
