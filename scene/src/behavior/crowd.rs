//! Many people at once.
//!
//! **Sees** how many people (or other classes) in a zone are near each other: five in the picture are not a group, five
//! around a bench are. Two are near when they stand within two body heights; who is near one of a group belongs to it.
//! **Begins** when at least `count` of a group have been in for `hold_secs`; who leaves may be replaced.
//! **Ends** when there have been fewer for `hold_secs`, less a margin of one in five, so that one who comes and goes
//! does not end it and begin it again. Crowds that double are updates.
//! **Cannot know** people whom the detector cannot tell apart: in a dense crowd it counts too few, never too many.
//! With vehicles among the classes, a rider and what he rides are two.
//! Somebody hidden counts for 2 s more.
//! **Why these defaults**: five people who stand together are a group in a yard at night and normal at a gate at five in
//! the afternoon: set `armed` or `count` there. 3 s let a family pass that meets another.

mod group;

use super::presence::Presence;
use super::{Behavior, Parameters, Report, around};
use crate::config::{ARMED, CLASSES, MIN_HEIGHT, NAME, Places, ZONE_KEY, classes, re_alert_secs, severity};
use crate::detection::Class;
use crate::geometry::Zone;
use crate::scene::Scene;
use crate::time::StreamTime;
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
const SEVERITY: Key = severity("2");
const RE_ALERT_SECS: Key = re_alert_secs("60");

/// `[[camera.rule.crowd]]`.
pub static TABLE: Table = Table::many(
    "crowd",
    &[&[NAME, ZONE_KEY, CLASSES, COUNT, HOLD_SECS, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
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
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    let (count, hold) = (section.count(&COUNT) as usize, section.secs(&HOLD_SECS));
    Some(Settings { classes: classes(section), count, hold })
}

/// Inertia believes an arrival within this time at any rate of looks.
const ARRIVAL: Duration = Duration::from_millis(2500);
/// Somebody not seen inside for less than this still counts.
const HIDDEN: Duration = Duration::from_secs(2);

impl Parameters for Settings {
    type Machine = Machine;

    fn classes(&self) -> &[Class] {
        &self.classes
    }

    fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine {
            presence: Presence::new(zone, HIDDEN),
            group: Vec::new(),
            count: self.count,
            hold: self.hold,
            full_since: None,
            thin_since: None,
            since: None,
        }
    }
}

/// The machine.
pub struct Machine {
    presence: Presence,
    /// Who belongs to the largest group, ascending.
    group: Vec<u64>,
    count: usize,
    hold: Duration,
    /// While there are enough: since when.
    full_since: Option<StreamTime>,
    /// While there are too few to go on: since when, on the clock of known time.
    thin_since: Option<Duration>,
    /// While there is a crowd: since when.
    since: Option<StreamTime>,
}

impl Machine {
    fn step(&mut self, scene: &Scene<'_>) {
        self.group = group::largest(self.presence.stays(), scene.aspect);
        let stays = || self.presence.stays().filter(|(id, _)| self.group.contains(id)).map(|(_, stay)| stay);
        let mut arrivals: Vec<StreamTime> =
            stays().filter(|stay| !stay.outside).map(|stay| stay.since).collect();
        arrivals.sort_unstable();
        // Full since the one came who completed the count, not since inertia let us believe it; or since now, when people
        // who have been there for longer drew near.
        let completed = |last: StreamTime| if scene.at.since(last) > ARRIVAL { scene.at } else { last };
        self.full_since = arrivals.get(self.count - 1).map(|&last| self.full_since.unwrap_or(completed(last)));
        let few = self.count - self.count / 5;
        // Thin since one went whose grace was used up; or since now, when those who are there drew apart.
        let scattered = self.presence.stays().count() >= few;
        let began = if scattered { scene.known } else { self.presence.expired() };
        self.thin_since = (stays().count() < few).then(|| self.thin_since.unwrap_or(began));

        let held = |since: &StreamTime| scene.at.since(*since) >= self.hold;
        let thin = self.thin_since.is_some_and(|since| scene.known.saturating_sub(since) >= self.hold);
        self.since = match self.since {
            Some(_) if thin => None,
            Some(since) => Some(since),
            None => self.full_since.filter(held),
        };
    }
}

impl Behavior for Machine {
    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        self.presence.look(scene);
        self.step(scene);
        let since = self.since?;
        let stays = || self.presence.stays().filter(|(id, _)| self.group.contains(id));
        let (bounds, score) = around(stays().map(|(_, stay)| (stay.bounds, stay.score)));
        #[expect(clippy::cast_precision_loss, reason = "people in one picture")]
        let (measured, threshold) = (stays().count() as f64, self.count as f64);
        Some(Report {
            since,
            present: stays().any(|(_, stay)| stay.last_inside == scene.at),
            tracks: stays().map(|(id, _)| id).collect(),
            bounds,
            score,
            measured: Some(measured),
            threshold: Some(threshold),
            ..Report::default()
        })
    }

    fn reset(&mut self) {
        self.presence.reset();
        self.group.clear();
        (self.full_since, self.thin_since, self.since) = (None, None, None);
    }
}
