//! Somebody is where nobody should be.
//!
//! **Sees** the foot points of people (or other classes) in a zone.
//! **Begins** when one of them has been in the zone for three looks and .6 s. One happening goes on as long as
//! anybody is in, however many come and go; who joins is an update.
//! **Ends** when nobody has been in for `grace_secs`. Time while nobody could look does not count.
//! **Cannot know** whether somebody was already there when the camera started: he begins when he first moves, like one
//! who enters. It cannot see who is hidden longer than the grace, and takes him for gone.
//! **Why these defaults**: 5 s outlast a detector that misses somebody a few times and one who steps over the border and
//! back, and yet two visits ten seconds apart stay two. Nothing is held back after an end (`re_alert_secs = 0`): every entry matters, and the centre joins
//! what belongs together.

use super::presence::Presence;
use super::{Behavior, Parameters, Report, around};
use crate::config::{ARMED, CLASSES, MIN_HEIGHT, NAME, Places, ZONE_REQUIRED, classes, re_alert_secs, severity};
use crate::detection::Class;
use crate::geometry::Zone;
use crate::scene::Scene;
use crate::time::StreamTime;
use std::time::Duration;
use xunge_config::{Key, Section, Table};

const GRACE_SECS: Key = Key::float("grace_secs")
    .default("5")
    .range(1.0, 600.0)
    .unit("s")
    .doc("It ends when nobody has been in the zone for this long.", "区域内无人达到此时间后事件结束。");
const SEVERITY: Key = severity("2");
const RE_ALERT_SECS: Key = re_alert_secs("0");

/// `[[camera.rule.intrusion]]`.
pub static TABLE: Table = Table::many(
    "intrusion",
    &[&[NAME, ZONE_REQUIRED, CLASSES, GRACE_SECS, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.doc("Somebody is in a zone where nobody should be.", "区域入侵：有人进入不应有人的区域。");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What counts as an intruder.
    pub classes: Vec<Class>,
    /// Ends when nobody has been in for this long.
    pub grace: Duration,
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    Some(Settings { classes: classes(section), grace: section.secs(&GRACE_SECS) })
}

impl Parameters for Settings {
    type Machine = Machine;

    fn classes(&self) -> &[Class] {
        &self.classes
    }

    fn bears(&self) -> Duration {
        super::BEARS_LITTLE
    }

    fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine { presence: Presence::new(zone, self.grace), since: None }
    }
}

/// The machine.
pub struct Machine {
    presence: Presence,
    /// While somebody is in: since when.
    since: Option<StreamTime>,
}

impl Behavior for Machine {
    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        self.presence.look(scene);
        let first = self.presence.stays().map(|(_, stay)| stay.since).min();
        self.since = first.map(|first| self.since.unwrap_or(first));
        let since = self.since?;
        let (bounds, score) = around(self.presence.stays().map(|(_, stay)| (stay.bounds, stay.score)));
        let tracks = self.presence.stays().map(|(id, _)| id).collect();
        let present = self.presence.stays().any(|(_, stay)| stay.last_inside == scene.at);
        Some(Report { since, present, tracks, bounds, score, ..Report::default() })
    }

    fn reset(&mut self) {
        self.presence.reset();
        self.since = None;
    }
}
