//! Many people at once.
//!
//! **Sees** how many people (or other classes) in a zone are near each other: five in the picture are not a group, five
//! around a bench are. Two are near when they stand within two body heights, or 3.4 m where the ground is measured; who is
//! near one of a group belongs to it.
//! **Begins** when at least `count` of a group have been in for `hold_secs`; who leaves may be replaced. Time with too few
//! counts against time with enough: a detector that misses one now and then costs that time only. But once within
//! ten seconds as many must have been found at one look, each beside the others.
//! **Ends** when there have been fewer for as long, less a margin of one in five, so that one who comes and goes
//! does not end it and begin it again. Crowds that double are updates.
//! **Says in `detail`** that it is a `gathering`, whose people came one by one and stand, or a `dispersal`: many broke into
//! a run (measured as for [panic](super::running)) and half of them are gone within seconds. It is one step more urgent
//! from then on, and where within ten seconds as many have joined as make a crowd or as there were before.
//! **Cannot know** people whom the detector cannot tell apart: of twenty who stand packed it counts six to nine. With
//! `dense` the area that they fill counts as well, measured in people who were seen by themselves before. Somebody
//! hidden counts for 2 s more, and who is hidden behind another only if they were seen side by side before. With
//! vehicles among the classes, a rider and what he rides are two.
//! **Why these defaults**: five people who stand together are a group in a yard at night and normal at a gate at five in
//! the afternoon: set `armed` or `count` there. 3 s let a family pass that meets another.

mod course;
mod group;
mod hold;
mod occupied;

use super::presence::{Presence, Stay};
use super::running::panic::Panic;
use super::{Behavior, Parameters, Report, around};
use crate::config::{ARMED, CLASSES, MIN_HEIGHT, NAME, Places, ZONE_KEY, classes, re_alert_secs, severity};
use crate::detection::Class;
use crate::facts::Needs;
use crate::geometry::{Bounds, Zone};
use crate::scene::Scene;
use course::Course;
use group::{Neighbor, Neighbors, side_by_side};
use hold::{Change, Hold};
use occupied::Occupied;
use std::collections::VecDeque;
use std::time::Duration;
use xunge_config::{Key, Section, Table};

const COUNT: Key = Key::int("count")
    .default("5")
    .range(2.0, 500.0)
    .unit("people")
    .doc("How many people make a crowd.", "多少人算聚集。");
const HOLD_SECS: Key = Key::float("hold_secs").default("3").range(1.0, 3600.0).unit("s").doc(
    "How long there must be as many before it begins, and fewer before it ends.",
    "人数达到多久后开始，不足多久后结束。",
);
const DENSE: Key = Key::bool("dense").default("false").doc(
    "Where people stand so close that they hide each other, the area that they fill counts too. Costs computing time.",
    "人员密集、相互遮挡处，同时按所占面积估算人数。会增加计算量。",
);
const SEVERITY: Key = severity("2");
const RE_ALERT_SECS: Key = re_alert_secs("60");

/// `[[camera.rule.crowd]]`.
pub static TABLE: Table = Table::many(
    "crowd",
    &[&[NAME, ZONE_KEY, CLASSES, COUNT, HOLD_SECS, DENSE, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.doc("Many people at once.", "人群聚集：多人同时在场。");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who or what is counted.
    pub classes: Vec<Class>,
    /// How many people make a crowd.
    pub count: usize,
    /// How long there must be as many before it begins, and fewer before it ends.
    pub hold: Duration,
    /// The area that they fill counts, too.
    pub dense: bool,
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    let (count, hold) = (section.count(&COUNT) as usize, section.secs(&HOLD_SECS));
    Some(Settings { classes: classes(section), count, hold, dense: section.bool(&DENSE) })
}

/// As many as make a crowd must have been found side by side at one look within this time before it begins.
const SEEN_TOGETHER: Duration = Duration::from_secs(10);
/// Somebody not seen inside for less than this still counts.
const HIDDEN: Duration = Duration::from_secs(2);

impl Parameters for Settings {
    type Machine = Machine;

    fn needs(&self) -> Needs {
        Needs { flow: true, foreground: self.dense, ..Needs::default() }
    }

    fn classes(&self) -> &[Class] {
        &self.classes
    }

    fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine {
            presence: Presence::new(zone.clone(), HIDDEN),
            panic: Panic::default(),
            zone,
            neighbors: Neighbors::default(),
            group: Vec::new(),
            occupied: self.dense.then(Occupied::default),
            there: 0,
            side_by_side: Lately::default(),
            count: self.count,
            full: Hold::new(self.hold),
            course: Course::new(self.hold),
        }
    }
}

/// The machine.
pub struct Machine {
    zone: Option<Zone>,
    /// Whether many run.
    panic: Panic,
    presence: Presence,
    neighbors: Neighbors,
    /// Who belongs to the largest group, ascending.
    group: Vec<u64>,
    /// How many an area holds, if that is to count.
    occupied: Option<Occupied>,
    /// How many belong to the largest group, found or not.
    there: usize,
    count: usize,
    /// How many of them were found side by side of late.
    side_by_side: Lately,
    /// How long there have been enough.
    full: Hold,
    course: Course,
}

/// The most of the last seconds.
#[derive(Debug, Default)]
struct Lately {
    /// When, on the clock of known time, and how many: each more than all that follow.
    looks: VecDeque<(Duration, usize)>,
}

impl Lately {
    fn look(&mut self, known: Duration, number: usize) {
        while self.looks.back().is_some_and(|(_, before)| *before <= number) {
            self.looks.pop_back();
        }
        self.looks.push_back((known, number));
        while self.looks.front().is_some_and(|(then, _)| known.saturating_sub(*then) > SEEN_TOGETHER) {
            self.looks.pop_front();
        }
    }

    fn most(&self) -> usize {
        self.looks.front().map_or(0, |(_, most)| *most)
    }
}

impl Machine {
    fn step(&mut self, scene: &Scene<'_>) {
        let sure = |id: u64| {
            let track = scene.tracks.binary_search_by_key(&id, |track| track.id).ok();
            track.and_then(|index| scene.tracks.get(index)).is_some_and(|t| t.seen && t.unsure.is_zero())
        };
        let neighbor = |(id, stay): (u64, &Stay)| Neighbor::new(id, stay, sure(id));
        let everybody: Vec<Neighbor> = self.presence.everybody().map(neighbor).collect();
        self.neighbors.look(&everybody, scene);
        let people: Vec<Neighbor> = self.presence.stays().map(neighbor).collect();
        let own = people.iter().filter(|one| !self.neighbors.may_be_another(one, &people));
        let people: Vec<Neighbor> = own.copied().collect();
        self.group = self.neighbors.largest(&people.iter().map(|one| one.id).collect::<Vec<_>>());
        let grouped: Vec<Neighbor> = people.into_iter().filter(|one| self.group.contains(&one.id)).collect();
        self.side_by_side.look(scene.known, side_by_side(&grouped));
        let few = self.count - self.count / 5;
        let goes_on = self.full.since().is_some();
        let stays = self.presence.stays().filter(|(id, _)| self.group.contains(id));
        // Who is at the border may be on his way out, and must not begin it.
        let sure: Vec<u64> = stays.filter(|(_, stay)| goes_on || !stay.outside).map(|(id, _)| id).collect();
        let group = self.presence.stays().filter(|(id, _)| self.group.contains(id));
        let bounds: Vec<Bounds> = group.map(|(_, stay)| stay.bounds).collect();
        let area = self.occupied.as_mut().map(|occupied| occupied.look(scene, &bounds, self.zone.as_ref()));
        self.there = area.unwrap_or(bounds.len());
        // Who is hidden among them is where they are.
        let hidden = self.there - bounds.len();
        // Numbers are many where people hide each other and come out again under new ones.
        let together = goes_on || self.side_by_side.most() + hidden >= self.count;
        let enough = together && sure.len() + hidden >= if goes_on { few } else { self.count };
        let changed = if enough { self.completed(&sure, scene) } else { self.thinned(scene, few) };
        self.full.look(enough, changed, scene);
    }

    /// Full since the one came or drew near who completed the count, not since inertia let us believe it.
    fn completed(&self, group: &[u64], scene: &Scene<'_>) -> Change {
        let since = self.neighbors.since(group, self.count).unwrap_or(scene.at);
        Change { since, known_for: scene.at.since(since) }
    }

    /// Thin since one went whose grace was used up; or since now, when those who are there drew apart.
    fn thinned(&self, scene: &Scene<'_>, few: usize) -> Change {
        let scattered = self.presence.stays().count() >= few;
        let began = if scattered { scene.known } else { self.presence.expired() };
        Change { since: scene.at, known_for: scene.known.saturating_sub(began) }
    }
}

impl Behavior for Machine {
    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        self.presence.look(scene);
        self.step(scene);
        let panic = self.panic.look(scene, self.zone.as_ref()).is_some();
        let stays: Vec<_> = self.presence.stays().collect();
        self.course.look(scene, &stays, &self.group, self.full.since(), self.count, panic);
        let since = self.full.since()?;
        let told = self.course.told();
        let stays = || self.presence.stays().filter(|(id, _)| self.group.contains(id));
        let (bounds, score) = around(stays().map(|(_, stay)| (stay.bounds, stay.score)));
        #[expect(clippy::cast_precision_loss, reason = "people in one picture")]
        let (measured, threshold) = (self.there as f64, self.count as f64);
        Some(Report {
            since,
            present: stays().any(|(_, stay)| stay.last_inside == scene.at),
            tracks: stays().map(|(id, _)| id).collect(),
            bounds,
            score,
            measured: Some(measured),
            threshold: Some(threshold),
            detail: told.detail(),
            raised: u8::from(told.grown || told.dispersal),
            ..Report::default()
        })
    }

    fn reset(&mut self) {
        self.presence.reset();
        self.panic = Panic::default();
        self.neighbors = Neighbors::default();
        self.group.clear();
        self.there = 0;
        self.side_by_side = Lately::default();
        self.full.forget();
        self.course.forget();
    }
}
