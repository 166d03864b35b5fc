//! A thing is left behind.
//!
//! **Sees** regions of the picture that differ from the background and are at rest, whatever the thing is; people and
//! vehicles only to tell that it is none of them, and who is with it.
//! **Begins** when something that came, by somebody's doing, has been alone for `unattended_secs`: nobody who has to do
//! with it within 3 m (where the ground is not measured: 1.8 of his own heights, or twice its width). Whoever put it down
//! or was with it counts, and so does everybody who stays near it; those who walk by do not.
//! **Ends** when the place looks as it did before (`detail` = `reclaimed`), or, without a detail, when so much of the picture
//! has changed that it is learned anew. Each thing is a happening of its own.
//! **Cannot know** whose the thing is, or what is in it. What stood there when the camera started is furniture. A thing
//! that is put down where a person or vehicle is found all the time is not seen before they go; one that the detector itself
//! takes for a person, and poorly, is told by its size and its not stirring for five seconds. A person who sits
//! perfectly still and whom the detector finds poorly or never looks like a thing; size, and that nobody left, speak against
//! it. For one who lies the detector looks once more, turned, before the thing is told.
//! **Why these defaults**: 60 s is what airports and stations demand; putting down, queueing and picking up takes less.

use super::things::{Company, People, Scope, SETTLED};
use super::{Behavior, Parameters, Report};
use crate::config::{ANY_THING, ARMED, MIN_HEIGHT, NAME, Places, ZONE_KEY, re_alert_secs, severity};
use crate::detection::Class;
use crate::facts::{Needs, StaticRegion, Wants};
use crate::geometry::{Bounds, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use std::collections::BTreeMap;
use std::time::Duration;
use xunge_config::{Key, Section, Table};

const UNATTENDED_SECS: Key = Key::float("unattended_secs")
    .default("60")
    .range(5.0, 86_400.0)
    .unit("s")
    .doc("How long a thing must be alone before it counts.", "物品无人看管多久算遗留。");
const SEVERITY: Key = severity("2");
const RE_ALERT_SECS: Key = re_alert_secs("0");

/// `[[camera.rule.abandoned_object]]`.
pub static TABLE: Table = Table::many(
    "abandoned_object",
    &[&[NAME, ZONE_KEY, UNATTENDED_SECS, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.refuses(&[ANY_THING])
.doc("A thing is left behind.", "物品遗留：物品被留下无人看管。");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How long a thing must be alone before it counts.
    pub unattended: Duration,
    /// What is lower than this is not looked at, in frame heights.
    pub min_height: f64,
}

pub(crate) fn read(section: &Section<'_>, _places: &Places) -> Option<Settings> {
    Some(Settings { unattended: section.secs(&UNATTENDED_SECS), min_height: section.float(&MIN_HEIGHT) })
}

/// People, to tell who is with it, and what stands about without being left.
pub(super) const LOOKED_AT: &[Class] =
    &[Class::Person, Class::Bicycle, Class::Car, Class::Motorcycle, Class::Bus, Class::Truck];

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
            unattended: self.unattended,
            people: People::default(),
            things: BTreeMap::new(),
            others: Vec::new(),
            expects: false,
        }
    }
}

/// As likely something that came as not.
const CAME: f64 = 0.15;
/// As likely a thing as light.
const THING: f64 = 0.5;
/// Something moved beside it before for at least so long, seconds.
const TOUCHED_SECS: f64 = 0.3;
/// A person is found on it for more than this share of its time: it is he.
const PEOPLED: f64 = 0.4;
/// Less of it than this looks as it did: it moves.
const STEADY: f64 = 0.7;
/// Before it is told the detector looks at it twice, turned, for it may be somebody who lies there …
const CHECKS: u32 = 2;
/// … beginning so long before it is due; at no more than so many things at a look …
const CHECK_AHEAD: Duration = Duration::from_millis(1200);
const MOST_CHECKED: usize = 2;
/// … and who scores that much is a person: people who lie score .3 to .5 so (models card).
const BODY: f32 = 0.3;
/// What stands out from the ground is at least this part of his box.
const STANDS_OUT: f64 = 0.2;
/// Then it is looked at again after this time.
const CHECK_AGAIN: Duration = Duration::from_secs(5);
/// It was seen this long ago at most.
const SEEN_WITHIN: Duration = Duration::from_secs(2);

/// The machine.
pub struct Machine {
    scope: Scope,
    unattended: Duration,
    people: People,
    things: BTreeMap<u64, Thing>,
    others: Vec<Report>,
    expects: bool,
}

struct Thing {
    /// When it came to rest, on the camera's timeline and on the clock of known time.
    since: StreamTime,
    came: Duration,
    company: Company,
    /// When it was last seen, on the clock of known time.
    seen: Duration,
    /// Since when it has been alone; set while it is abandoned.
    abandoned: Option<Duration>,
    region: StaticRegion,
    check: Check,
}

/// Whether somebody lies there.
#[derive(Debug, Default)]
struct Check {
    /// To be looked at with the next look.
    asked: bool,
    /// How often it was looked at, and whether that showed a person.
    looks: u32,
    body: bool,
    /// A person was seen: not before then, on the clock of known time.
    not_before: Duration,
}

impl Behavior for Machine {
    fn wants(&self, scene: &Scene<'_>, wants: &mut Wants) {
        for thing in self.things.values().filter(|thing| thing.check.asked) {
            let height = self.people.height_at(thing.region.bounds.foot().y);
            wants.turned.push(place_around(&thing.region.bounds, height, scene.aspect));
        }
    }

    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        self.people.look(scene);
        let mut reports = Vec::new();
        if let Some(regions) = scene.facts.regions {
            for region in regions {
                self.look_at(region, scene);
            }
            self.things.retain(|id, thing| {
                let there = regions.iter().any(|region| region.id == *id);
                if !there && thing.abandoned.is_some() {
                    let detail = (!scene.facts.anew).then_some("reclaimed");
                    reports.push(Report { thing: *id, over: true, detail, ..Report::default() });
                }
                there
            });
        }
        let (unattended, scope, people) = (self.unattended, &self.scope, &self.people);
        let due = self.things.values_mut().filter(|thing| {
            !thing.check.is_done(scene)
                && thing.is_due(unattended, CHECK_AHEAD, scene)
                && scope.admits(&thing.region, people, scene)
        });
        due.take(MOST_CHECKED).for_each(|thing| thing.check.asked = true);
        self.expects = self.things.values().any(|thing| thing.may_be_told(unattended, scene));
        let threshold = self.unattended.as_secs_f64();
        reports.extend(self.things.iter().filter_map(|(id, thing)| thing.report(*id, scene, threshold)));
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
        self.things.clear();
        self.others.clear();
    }
}

impl Machine {
    fn look_at(&mut self, region: &StaticRegion, scene: &Scene<'_>) {
        let ago = scene.at.since(region.since);
        let thing = self.things.entry(region.id).or_insert_with(|| Thing {
            since: region.since,
            came: scene.known.saturating_sub(ago),
            company: Company::default(),
            seen: scene.known,
            abandoned: None,
            region: *region,
            check: Check::default(),
        });
        thing.region = *region;
        if region.since != thing.since {
            thing.since = region.since;
            thing.came = scene.known.saturating_sub(ago);
        }
        thing.company.look(&region.bounds, thing.came, &self.people, scene);
        if region.visible {
            thing.seen = scene.known;
            if region.steady < STEADY {
                thing.company.touch(scene);
            }
        }
        thing.check.look(&region.bounds, &self.people, scene);
        if thing.is_due(self.unattended, Duration::ZERO, scene)
            && thing.check.is_clear(scene)
            && self.scope.admits(region, &self.people, scene)
        {
            thing.abandoned = Some(thing.company.alone_since(thing.came));
        }
    }
}

impl Check {
    fn is_done(&self, scene: &Scene<'_>) -> bool {
        self.looks >= CHECKS || scene.known < self.not_before
    }

    /// Nobody was seen to lie there.
    fn is_clear(&self, scene: &Scene<'_>) -> bool {
        self.looks >= CHECKS && scene.known >= self.not_before
    }

    /// Takes in what the turned look that was asked for has shown. One that failed shows nobody: rather a thing too many
    /// than a silent box. What is too small for anybody is none, though a suitcase that is turned may look like one; and of
    /// somebody who lies more stands out than a small part: the detector may take all of the ground for one.
    fn look(&mut self, thing: &Bounds, people: &People, scene: &Scene<'_>) {
        if !std::mem::take(&mut self.asked) {
            return;
        }
        let is_on_it = |body: &Bounds| {
            // He may lie there in several pieces.
            let regions = scene.facts.regions.unwrap_or_default().iter();
            let stands_out: f64 = regions.map(|region| body.overlap(&region.bounds)).sum();
            body.overlap(thing) > 0.3 * thing.area()
                && stands_out > STANDS_OUT * body.area()
                && !people.is_nobody(body, scene.aspect)
        };
        let mut found = scene.closeup.turned.iter();
        self.looks += 1;
        self.body |= found.any(|found| found.score >= BODY && is_on_it(&found.bounds));
        if self.looks >= CHECKS && self.body {
            *self = Self { not_before: scene.known + CHECK_AGAIN, ..Self::default() };
        }
    }
}

/// A square around a thing in which somebody who lies there would fill the most part.
fn place_around(thing: &Bounds, person: Option<f64>, aspect: f64) -> Bounds {
    let side = (1.6 * thing.h.max(thing.w * aspect)).max(1.2 * person.unwrap_or_default());
    let middle = thing.centre();
    Bounds::new(middle.x - side / aspect / 2.0, middle.y - side / 2.0, side / aspect, side)
}

impl Thing {
    /// All but a closer look says that it has been alone long enough, or will have been in a while.
    fn is_due(&self, unattended: Duration, ahead: Duration, scene: &Scene<'_>) -> bool {
        let alone = scene.known.saturating_sub(self.company.alone_since(self.came)) + ahead >= unattended;
        let lately = scene.known.saturating_sub(self.seen) <= SEEN_WITHIN;
        let region = &self.region;
        let brought = region.touched_secs >= TOUCHED_SECS || !self.company.owners.is_empty();
        self.abandoned.is_none()
            && alone
            && lately
            && brought
            && !self.company.is_near(scene)
            && region.added >= CAME
            && region.score >= THING
            && region.peopled < PEOPLED
    }

    /// It has not been alone for so long yet that it would have been told, were it something to tell.
    fn may_be_told(&self, unattended: Duration, scene: &Scene<'_>) -> bool {
        let alone = scene.known.saturating_sub(self.company.alone_since(self.came));
        self.abandoned.is_none() && alone < unattended + SETTLED
    }

    fn report(&self, id: u64, scene: &Scene<'_>, threshold: f64) -> Option<Report> {
        let alone_since = self.abandoned?;
        #[expect(clippy::cast_possible_truncation, reason = "a score")]
        let score = self.region.score as f32;
        Some(Report {
            thing: id,
            since: self.since,
            present: self.region.visible,
            tracks: self.company.owners.iter().copied().collect(),
            bounds: self.region.bounds,
            score,
            measured: Some(scene.known.saturating_sub(alone_since).as_secs_f64()),
            threshold: Some(threshold),
            ..Report::default()
        })
    }
}
