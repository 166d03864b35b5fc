//! The same person stays.
//!
//! **Sees** the foot points of people in a zone.
//! **Begins** when one person has stayed for `dwell_secs`, counted from his first look inside. Short absences count as
//! staying: outside or hidden for less than `grace_secs`. Others who reach the dwell while it goes on join it.
//! **Ends** when none of those who reached the dwell has been in for `grace_secs`.
//! **Cannot know** faces: the same person is the same track. Whoever is hidden longer than tracks are kept, or leaves
//! and comes back much later, begins at zero. Many who merely cross never add up, and neither may a track that slips from
//! one walker to the next: where a track moved as no person can, or came back from hiding somewhere else, its dwell
//! begins anew, and where two tracks met so closely that they may have changed places, both count from the later of
//! the two. In doubt it stays silent. Who has not moved since the camera started is not told from furniture.
//! **Why these defaults**: 60 s is longer than crossing a yard or waiting for a lift takes, and what other products
//! start with; 10 s outlast a walk around a parked car. One alert a minute at most (`re_alert_secs = 60`).

use super::presence::{Presence, Stay};
use super::{Behavior, Report, around};
use crate::config::{ARMED, MIN_HEIGHT, NAME, Places, ZONE_KEY, re_alert_secs, severity};
use crate::detection::Class;
use crate::geometry::{Point, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::Track;
use std::collections::BTreeMap;
use std::time::Duration;
use xunge_config::{Key, Section, Table};

const DWELL_SECS: Key = Key::float("dwell_secs")
    .default("60")
    .range(3.0, 86_400.0)
    .unit("s")
    .doc("How long the same person stays before it counts.", "同一人停留多久算徘徊。");
const GRACE_SECS: Key = Key::float("grace_secs").default("10").range(1.0, 600.0).unit("s").doc(
    "Outside or hidden for less than this he is still taken to be there.",
    "离开或被遮挡短于此时间，仍视为在场。",
);
const SEVERITY: Key = severity("3");
const RE_ALERT_SECS: Key = re_alert_secs("60");

/// `[[camera.rule.loitering]]`.
pub static TABLE: Table = Table::many(
    "loitering",
    &[&[NAME, ZONE_KEY, DWELL_SECS, GRACE_SECS, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.doc("The same person stays.", "徘徊：同一人长时间停留。");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How long the same person stays before it counts.
    pub dwell: Duration,
    /// Absences shorter than this do not count.
    pub grace: Duration,
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    Some(Settings { dwell: section.secs(&DWELL_SECS), grace: section.secs(&GRACE_SECS) })
}

impl Settings {
    pub(super) fn classes(&self) -> &[Class] {
        &[Class::Person]
    }

    pub(super) fn place(&self) -> Option<&str> {
        None
    }

    pub(super) fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine {
            presence: Presence::new(zone, self.grace),
            dwell: self.dwell,
            steps: BTreeMap::new(),
            since: None,
        }
    }
}

/// The machine.
pub struct Machine {
    presence: Presence,
    dwell: Duration,
    /// Where each track was at its last look.
    steps: BTreeMap<u64, Step>,
    /// While somebody loiters: since when.
    since: Option<StreamTime>,
}

impl Behavior for Machine {
    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        for track in scene.tracks.iter().filter(|track| track.seen) {
            let step = Step { at: scene.at, foot: track.foot(), head: track.bounds.head(), height: track.height };
            let before = self.steps.insert(track.id, step);
            if before.is_some_and(|before| !before.can_lead_to(track, scene)) {
                self.presence.restart(track.id, scene.at);
            }
        }
        for &(one, other) in scene.mixups {
            self.presence.mix(one, other, scene.at);
        }
        self.presence.look(scene);
        // As long as its stay may go on, a track's last step is needed to judge its next.
        let (steps, presence) = (&mut self.steps, &self.presence);
        steps.retain(|&id, _| {
            scene.tracks.binary_search_by_key(&id, |t| t.id).is_ok() || presence.stays().any(|(stay, _)| stay == id)
        });

        let dwelt = |stay: &Stay| stay.last_inside.since(stay.since) >= self.dwell;
        let loiterers = || self.presence.stays().filter(|(_, stay)| dwelt(stay));
        let first = loiterers().map(|(_, stay)| stay.since).min();
        self.since = first.map(|first| self.since.unwrap_or(first));
        let since = self.since?;
        let (bounds, score) = around(loiterers().map(|(_, stay)| (stay.bounds, stay.score)));
        Some(Report {
            since,
            tracks: loiterers().map(|(id, _)| id).collect(),
            bounds,
            score,
            measured: Some(scene.at.since(since).as_secs_f64()),
            threshold: Some(self.dwell.as_secs_f64()),
        })
    }

    fn reset(&mut self) {
        self.presence.reset();
        self.steps.clear();
        self.since = None;
    }
}

/// Where a track was.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: StreamTime,
    foot: Point,
    head: Point,
    height: f64,
}

/// Unseen for longer than this it may be another person.
const HIDDEN_SECS: f64 = 1.0;

impl Step {
    /// Can the person who was here be the track as it is now?
    fn can_lead_to(&self, track: &Track, scene: &Scene<'_>) -> bool {
        let secs = scene.at.since(self.at).as_secs_f64();
        // Half hidden, either the head or the feet stay where they are.
        let feet = self.foot.distance(track.foot(), scene.aspect);
        let heads = self.head.distance(track.bounds.head(), scene.aspect);
        let height = self.height.max(track.height).max(1e-3);
        let way = feet.min(heads) / height;
        if secs <= HIDDEN_SECS.max(scene.gap.as_secs_f64()) {
            // Seen all the time: a runner makes 2.5 body heights a second, a box jitters by a part of one.
            return way <= 0.8 + 2.5 * secs;
        }
        // Hidden for a while: he may have walked on, but he is as tall as before.
        let odd = (self.height / track.height.max(1e-3)).ln().abs();
        way <= (0.5 + 0.6 * secs).min(2.0) && odd <= 1.5_f64.ln()
    }
}
