//! The same person stays, or the same car.
//!
//! **Sees** the foot points of people (or other classes) in a zone.
//! **Begins** when one person has stayed for `dwell_secs`, counted from his first look inside. Short absences count as
//! staying: outside or hidden for less than `grace_secs`. Others who reach the dwell while it goes on join it.
//! **Ends** when none of those who reached the dwell has been in for `grace_secs`.
//! **Cannot know** faces: the same person is the same track, or one found near by in the same [clothes](identity) within the
//! grace (15 s at most). Many who merely cross never add up, and neither may a track that slips from
//! one walker to the next: where a track moved as no person can, or came back from hiding somewhere else, its dwell
//! begins anew; so it does for one who turns round right at the picture's edge, where one leaves and another enters. And
//! where two tracks met so closely that they may have changed places, both count from the later of
//! the two, unless both walked and each is found on his way a moment later. Then clothes decide, where they are clearly
//! different; people in alike clothes stay in doubt, and in doubt it is silent. Who has not moved since the camera started
//! is not told from furniture.
//! **Why these defaults**: 60 s is longer than crossing a yard or waiting for a lift takes, and what other products
//! start with; 10 s outlast a walk around a parked car. One alert a minute at most (`re_alert_secs = 60`).

mod identity;

use super::presence::{Presence, Stay};
use super::{Behavior, Parameters, Report, around};
use crate::config::{ARMED, CLASSES, MIN_HEIGHT, NAME, Places, ZONE_KEY, classes, re_alert_secs, severity};
use crate::detection::Class;
use crate::facts::Wants;
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
    &[&[NAME, ZONE_KEY, CLASSES, DWELL_SECS, GRACE_SECS, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.doc("The same person stays.", "徘徊：同一人长时间停留。");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who or what loiters.
    pub classes: Vec<Class>,
    /// How long the same person stays before it counts.
    pub dwell: Duration,
    /// Absences shorter than this do not count.
    pub grace: Duration,
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    let (dwell, grace) = (section.secs(&DWELL_SECS), section.secs(&GRACE_SECS));
    Some(Settings { classes: classes(section), dwell, grace })
}

impl Parameters for Settings {
    type Machine = Machine;

    fn classes(&self) -> &[Class] {
        &self.classes
    }

    fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine {
            presence: Presence::new(zone, self.grace),
            identity: identity::Identity::default(),
            dwell: self.dwell,
            grace: self.grace,
            steps: BTreeMap::new(),
            since: None,
        }
    }
}

/// The machine.
pub struct Machine {
    presence: Presence,
    identity: identity::Identity,
    dwell: Duration,
    grace: Duration,
    /// Where each track was at its last look.
    steps: BTreeMap<u64, Step>,
    /// While somebody loiters: since when.
    since: Option<StreamTime>,
}

impl Behavior for Machine {
    fn wants(&self, scene: &Scene<'_>, wants: &mut Wants) {
        self.identity.wants(scene, wants);
    }

    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        for track in scene.tracks.iter().filter(|track| track.seen) {
            let before = self.steps.get(&track.id);
            let (now, still) = (leaving(track, scene), before.and_then(|step| step.still_leaving(scene)));
            // A step aside does not make it forget the way on which it was.
            let leaving = match (now, still) {
                (Some(now), Some(still)) if now.out != still.out => Some(still),
                (Some(now), Some(still)) => Some(Leaving { first: still.first, ..now }),
                _ => now.or(still),
            };
            // Since when it may be another.
            let another = before.and_then(|step| {
                if step.can_lead_to(track, scene) { step.turned(track) } else { Some(scene.at) }
            });
            self.identity.see(track, scene, leaving.is_some());
            if let Some(since) = another {
                self.identity.restarted(track.id, &self.presence, scene);
                self.presence.restart(track.id, since);
            }
            let step = Step {
                at: scene.at,
                foot: track.foot(),
                head: track.bounds.head(),
                height: track.height,
                velocity: track.velocity,
                leaving: leaving.filter(|_| another.is_none()),
            };
            self.steps.insert(track.id, step);
        }
        for &(one, other) in scene.mixups {
            self.identity.met(one, other, &self.presence, scene);
            self.presence.mix(one, other, scene.at);
        }
        self.presence.look(scene);
        self.identity.look(&mut self.presence, self.grace, scene);
        // As long as its stay may go on, a track's last step is needed to judge its next.
        let (steps, presence) = (&mut self.steps, &self.presence);
        steps.retain(|&id, _| {
            scene.tracks.binary_search_by_key(&id, |t| t.id).is_ok() || presence.stays().any(|(stay, _)| stay == id)
        });

        let dwelt = |stay: &Stay| stay.last_inside.since(stay.since) >= self.dwell;
        let loiterers = || self.presence.stays().filter(|(_, stay)| dwelt(stay));
        let first = loiterers().map(|(_, stay)| stay.since).min();
        // While it is open which of those who met was the loiterer it neither begins nor ends.
        let open = self.since.filter(|_| self.identity.looks_for(self.dwell));
        self.since = first.map(|first| self.since.unwrap_or(first)).or(open);
        let since = self.since?;
        let longest = loiterers().map(|(_, stay)| stay.last_inside.since(stay.since)).max().unwrap_or_default();
        let (bounds, score) = around(loiterers().map(|(_, stay)| (stay.bounds, stay.score)));
        Some(Report {
            since,
            present: loiterers().any(|(_, stay)| stay.last_inside == scene.at),
            tracks: loiterers().map(|(id, _)| id).collect(),
            bounds,
            score,
            measured: Some(longest.as_secs_f64()),
            threshold: Some(self.dwell.as_secs_f64()),
            ..Report::default()
        })
    }

    fn reset(&mut self) {
        self.presence.reset();
        self.identity.reset();
        self.steps.clear();
        self.since = None;
    }
}

/// Where a track was and where it went.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: StreamTime,
    foot: Point,
    head: Point,
    height: f64,
    /// Frame heights per second, both axes in the same unit.
    velocity: Point,
    /// Was about to walk out of the picture.
    leaving: Option<Leaving>,
}

#[derive(Debug, Clone, Copy)]
struct Leaving {
    first: StreamTime,
    last: StreamTime,
    /// In this direction.
    out: Point,
}

/// How long the edge of the picture is doubtful ground: somebody who leaves and another who enters in his stead look
/// like one who turns round.
const TURN_SECS: f64 = 3.0;

/// Will its box touch the frame's edge soon (by the next look but one, if that is missed)?
fn leaving(track: &Track, scene: &Scene<'_>) -> Option<Leaving> {
    let (b, v) = (&track.bounds, &track.velocity);
    let enough = 0.3 * track.height;
    let soon = 0.4 + 1.5 * scene.gap.as_secs_f64();
    let (dx, dy) = (v.x * soon / scene.aspect, v.y * soon);
    let out = match () {
        () if v.x < -enough && b.x + dx < 0.0 => Point::new(-1.0, 0.0),
        () if v.x > enough && b.x + b.w + dx > 1.0 => Point::new(1.0, 0.0),
        () if v.y < -enough && b.y + dy < 0.0 => Point::new(0.0, -1.0),
        () if v.y > enough && b.y + b.h + dy > 1.0 => Point::new(0.0, 1.0),
        () => return None,
    };
    Some(Leaving { first: scene.at, last: scene.at, out })
}

/// Unseen for longer than this it may be another person.
const HIDDEN_SECS: f64 = 1.0;

impl Step {
    fn still_leaving(&self, scene: &Scene<'_>) -> Option<Leaving> {
        self.leaving.filter(|leaving| scene.at.since(leaving.last).as_secs_f64() < TURN_SECS)
    }

    /// Was about to leave, and now comes in: another may have come in his stead since that time.
    fn turned(&self, track: &Track) -> Option<StreamTime> {
        let inwards = |out: Point| track.velocity.x * out.x + track.velocity.y * out.y < -0.2 * track.height;
        self.leaving.filter(|leaving| inwards(leaving.out)).map(|leaving| leaving.first)
    }

    /// Can the person who was here be the track as it is now?
    fn can_lead_to(&self, track: &Track, scene: &Scene<'_>) -> bool {
        let secs = scene.at.since(self.at).as_secs_f64();
        let height = self.height.max(track.height).max(1e-3);
        // Half hidden, either the head or the feet stay where they are.
        let way = |from: Point, to: Point| ((to.x - from.x) * scene.aspect, to.y - from.y);
        let (feet, heads) = (way(self.foot, track.foot()), way(self.head, track.bounds.head()));
        if secs <= HIDDEN_SECS.max(scene.gap.as_secs_f64()) {
            // Seen all the time: a runner makes 2.5 body heights a second, a box jitters by a part of one.
            return feet.0.hypot(feet.1).min(heads.0.hypot(heads.1)) / height <= 0.8 + 2.5 * secs;
        }
        // Hidden for a while: he went on about as before, and is as tall as before.
        let off = |(x, y): (f64, f64)| (x - self.velocity.x * secs).hypot(y - self.velocity.y * secs);
        let odd = (self.height / track.height.max(1e-3)).ln().abs();
        off(feet).min(off(heads)) / height <= 0.5 + 0.25 * secs && odd <= 1.5_f64.ln()
    }
}
