//! A thing is gone.
//!
//! **Sees** regions of the picture that differ from the background and are at rest, where something used to stand and now
//! the ground shows.
//! **Begins** when somebody came, and it has been gone for `absent_secs` since.
//! **Ends** when it is back (`detail` = `returned`), or, without a detail, when so much of the picture has changed that it is
//! learned anew. Each thing is a happening of its own.
//! **Cannot know** who may take what: draw a zone around what is to be watched. What was there for less than some
//! seconds is not missed; a thing that was left and then taken is told by `abandoned_object` and does not count here.
//! Whoever stood still when the camera started and then walks off is not a thing: nobody came to take him.
//! **Why these defaults**: 10 s let somebody pick a thing up, look at it and put it back.

use super::abandoned_object::LOOKED_AT;
use super::things::{People, Scope, SETTLED};
use super::{Behavior, Parameters, Report};
use crate::config::{ANY_THING, ARMED, MIN_HEIGHT, NAME, Places, ZONE_KEY, re_alert_secs, severity};
use crate::detection::Class;
use crate::facts::{Needs, StaticRegion};
use crate::geometry::Zone;
use crate::scene::Scene;
use std::collections::BTreeMap;
use std::time::Duration;
use xunge_config::{Key, Section, Table};

const ABSENT_SECS: Key = Key::float("absent_secs")
    .default("10")
    .range(3.0, 86_400.0)
    .unit("s")
    .doc("How long a thing must be gone before it counts.", "物品离开原处多久算移除。");
const SEVERITY: Key = severity("2");
const RE_ALERT_SECS: Key = re_alert_secs("0");

/// `[[camera.rule.removed_object]]`.
pub static TABLE: Table = Table::many(
    "removed_object",
    &[&[NAME, ZONE_KEY, ABSENT_SECS, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.refuses(&[ANY_THING])
.doc("A thing is gone.", "物品移除：原有物品被拿走。");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How long a thing must be gone before it counts.
    pub absent: Duration,
    /// What is lower than this is not looked at, in frame heights.
    pub min_height: f64,
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    Some(Settings { absent: section.secs(&ABSENT_SECS), min_height: section.float(&MIN_HEIGHT) })
}

impl Parameters for Settings {
    type Machine = Machine;

    fn classes(&self) -> &[Class] {
        LOOKED_AT
    }

    fn needs(&self) -> Needs {
        Needs { regions: true, ..Needs::default() }
    }

    fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine {
            scope: Scope { zone, min_height: self.min_height },
            absent: self.absent,
            people: People::default(),
            gone: BTreeMap::new(),
            others: Vec::new(),
            expects: false,
        }
    }
}

/// As likely something that went as not.
const WENT: f64 = -0.2;
/// As likely a thing as light.
const THING: f64 = 0.5;
/// It had been seen for so long before.
const KNOWN_SECS: f64 = 3.0;
/// Somebody moved beside it before it went for at least so long, seconds.
const TOUCHED_SECS: f64 = 0.2;
/// A person was found on it for more than this share of that time: it was he.
const PEOPLED: f64 = 0.15;
/// More of it than this looks bare as it did.
const STEADY: f64 = 0.7;

/// The machine.
pub struct Machine {
    scope: Scope,
    absent: Duration,
    people: People,
    gone: BTreeMap<u64, StaticRegion>,
    others: Vec<Report>,
    expects: bool,
}

impl Behavior for Machine {
    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        self.people.look(scene);
        let mut reports = Vec::new();
        if let Some(regions) = scene.facts.regions {
            for region in regions {
                if let Some(gone) = self.gone.get_mut(&region.id) {
                    *gone = *region;
                } else if self.is_gone(region, scene) {
                    self.gone.insert(region.id, *region);
                }
            }
            let may_be_told = |region: &StaticRegion| scene.at.since(region.since) < self.absent + SETTLED;
            self.expects = regions.iter().any(|region| may_be_told(region) && !self.gone.contains_key(&region.id));
            self.gone.retain(|id, _| {
                let still = regions.iter().any(|region| region.id == *id);
                if !still {
                    let detail = (!scene.facts.anew).then_some("returned");
                    reports.push(Report { thing: *id, over: true, detail, ..Report::default() });
                }
                still
            });
        }
        let absent = self.absent.as_secs_f64();
        reports.extend(self.gone.values().map(|region| report(region, scene, absent)));
        self.others = reports.split_off(reports.len().min(1));
        reports.pop()
    }

    fn others(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.others)
    }

    fn expects(&self) -> bool {
        self.expects
    }

    fn reset(&mut self) {
        self.expects = false;
        self.people.reset();
        self.gone.clear();
        self.others.clear();
    }
}

impl Machine {
    fn is_gone(&self, region: &StaticRegion, scene: &Scene<'_>) -> bool {
        scene.at.since(region.since) >= self.absent
            && region.visible
            && region.added <= WENT
            && region.score >= THING
            && region.known_secs >= KNOWN_SECS
            && region.touched_secs >= TOUCHED_SECS
            && region.peopled < PEOPLED
            && region.steady >= STEADY
            && self.scope.admits(region, &self.people, scene)
    }
}

fn report(region: &StaticRegion, scene: &Scene<'_>, absent: f64) -> Report {
    #[expect(clippy::cast_possible_truncation, reason = "a score")]
    let score = region.score as f32;
    Report {
        thing: region.id,
        since: region.since,
        present: region.visible,
        bounds: region.bounds,
        score,
        measured: Some(scene.at.since(region.since).as_secs_f64()),
        threshold: Some(absent),
        ..Report::default()
    }
}
