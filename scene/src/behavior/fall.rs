//! Somebody who was upright lies.
//!
//! **Sees** boxes and joints of people, and, where somebody sinks or is lost while he sinks, what the detector finds there
//! with the picture turned: people who lie score low as they lie. Where the picture looks as it did when he was upright, it is
//! not he who lies there.
//! **Begins** when somebody who stood, walked or sat on a chair lies within 2.2 s and goes on lying for `confirm_secs`.
//! Lying is: shoulders and hips near the floor, or a box that is low and wide; always measured in parts of his own
//! height when he was upright. `updated` with one step more urgency when he still lies after `down_secs`.
//! **Ends** when he has been upright again for a second, or nothing has shown him lying for a long time.
//! **Cannot know** whether somebody is hurt, and who lies already when the camera starts. Who falls straight
//! towards or away from a camera that looks down steeply keeps the height of a squatting person and may be missed. Who lets
//! himself down slowly (faints along a wall) is not told from one who sits down. Who lies down in `bed_zone` goes to bed.
//! **Why these defaults**: people fall within a second (UR Fall: .5 to 1.2 s); who lies down on purpose sits or kneels
//! first, which takes longer than 2.2 s. Half a second of lying keeps out who stumbles and catches himself. Who is still
//! down after 10 s needs help (of people over 90 who fell, four in five were unable to get up by themselves at least once:
//! Fleming & Brayne 2008).

mod body;
mod furniture;

use super::{Behavior, Parameters, Report};
use crate::config::{ARMED, MIN_HEIGHT, NAME, ONLY_PEOPLE, Places, ZONE_KEY, re_alert_secs, severity};
use crate::detection::{Class, Detection};
use crate::facts::{Needs, Wants};
use crate::geometry::{Bounds, Point, Zone};
use crate::posture::Posture;
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{State, Track};
use body::{Body, Shown, Stance};
use furniture::Furniture;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;
use xunge_config::{Key, Section, Table};

const CONFIRM_SECS: Key = Key::float("confirm_secs").default("0.5").range(0.2, 10.0).unit("s").doc(
    "How long somebody must lie before it counts.",
    "倒下后持续躺卧多久才算。",
);
const DOWN_SECS: Key = Key::float("down_secs").default("10").range(1.0, 600.0).unit("s").doc(
    "Who still lies after this time is told again, one step more urgent.",
    "仍未起身超过此时间，升高一级紧急程度再次上报。",
);
const BED_ZONE: Key = Key::name("bed_zone").example("\"bed\"").doc(
    "Zone in which lying is normal: beds, sofas, lawns to rest on.",
    "允许躺卧的区域：床、沙发、供休息的草坪等。",
);
const SEVERITY: Key = severity("2");
const RE_ALERT_SECS: Key = re_alert_secs("30");

/// `[[camera.rule.fall]]`.
pub static TABLE: Table = Table::many(
    "fall",
    &[&[NAME, ZONE_KEY, CONFIRM_SECS, DOWN_SECS, BED_ZONE, ARMED, SEVERITY, RE_ALERT_SECS, MIN_HEIGHT]],
)
.refuses(&[ONLY_PEOPLE])
.doc("Somebody who was upright lies.", "人员倒地：原本直立的人倒下并躺卧。");

/// Parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How long somebody must lie before it counts.
    pub confirm: Duration,
    /// Who lies longer is more urgent.
    pub down: Duration,
    /// Where lying is normal.
    pub bed: Option<Zone>,
}

pub(crate) fn read(section: &Section<'_>, places: &Places) -> Option<Settings> {
    let bed = places.zone(section, &BED_ZONE).map(|(_, zone)| zone);
    if section.given(&BED_ZONE) && section.opt_text(&BED_ZONE) == section.opt_text(&ZONE_KEY) {
        section.problem(
            &BED_ZONE,
            (
                "`bed_zone` is the rule's own `zone`: lying would be normal wherever it looks",
                "`bed_zone` 与本规则的 `zone` 相同：所看之处处处允许躺卧",
            ),
        );
    }
    let (confirm, down) = (section.secs(&CONFIRM_SECS), section.secs(&DOWN_SECS));
    if down < confirm {
        section.problem(
            &DOWN_SECS,
            (
                "`down_secs` must not be below `confirm_secs`: it is told at first when that has passed",
                "`down_secs` 不能小于 `confirm_secs`：到那时才首次上报",
            ),
        );
    }
    // Without its bed the rule would call every sleeper fallen.
    (bed.is_some() || !section.given(&BED_ZONE)).then_some(Settings {
        confirm,
        down,
        bed,
    })
}

impl Parameters for Settings {
    type Machine = Machine;

    fn needs(&self) -> Needs {
        Needs { closer: true, ..Needs::default() }
    }

    fn machine(&self, zone: Option<Zone>) -> Machine {
        Machine {
            zone,
            bed: self.bed.clone(),
            confirm: self.confirm,
            down: self.down,
            people: BTreeMap::new(),
            furniture: Furniture::default(),
        }
    }
}

/// Poses asked for at one look: the most doubtful people first, and of those plainly upright the one longest not asked.
const MOST_POSES: usize = 4;
/// Turned looks asked for at one look.
const MOST_TURNED: usize = 3;
/// Somebody plainly upright is looked at this often, so that his stature is known when he falls (who sits has the box of a
/// smaller one who stands) …
const POSTURE_EVERY: Duration = Duration::from_secs(2);
/// … and so often what has not moved, and may be furniture …
const FURNITURE_EVERY: Duration = Duration::from_secs(3);
/// … until so many looks have told the same; then this often.
const ENOUGH: u32 = 3;
const SELDOM: Duration = Duration::from_secs(10);
/// Who is lower or wider than he stands, but does not sink, is looked at this often: he is half hidden, or bends.
const LOW_EVERY: Duration = Duration::from_secs(1);
/// Somebody lost while he sank is looked for this long.
const SEARCHED: Duration = Duration::from_secs(3);
/// Who lies is looked at this often.
const LYING_EVERY: Duration = Duration::from_secs(1);
/// Upright again for this long has got up.
const GOT_UP: Duration = Duration::from_secs(1);
/// Nothing has shown him lying for this long: he is gone.
const GONE: Duration = Duration::from_secs(20);
/// With more people than this near him, himself counted, what is found where somebody was lost may be any of them …
const CROWDED: usize = 3;
/// … near being within so many of his statures.
const CROWDED_WITHIN: f64 = 1.5;
/// A place that looks so much as it did before he was there (correlation) shows what was there: a rock, a chair.
const AS_BEFORE: f64 = 0.9;
/// A pause in what shows him lying that does not count while it is confirmed.
const FLICKER: Duration = Duration::from_millis(900);

/// The machine.
pub struct Machine {
    zone: Option<Zone>,
    bed: Option<Zone>,
    confirm: Duration,
    down: Duration,
    /// By the track that last showed them.
    people: BTreeMap<u64, Person>,
    furniture: Furniture,
}

struct Person {
    body: Body,
    lying: Option<Lying>,
    asked_at: Option<StreamTime>,
    /// How many looks in succession were such as nothing called for.
    calm: u32,
}

/// Somebody lies, or seems to.
#[derive(Debug, Clone, Copy)]
struct Lying {
    since: StreamTime,
    last: StreamTime,
    /// `last` on the clock of known time: while nobody can look nobody gets up.
    known: Duration,
    looks: u32,
    /// When he was last upright before.
    up: StreamTime,
    /// His place looks as it did then or before.
    as_before: bool,
    /// Upright again since, on the same clock.
    up_since: Option<Duration>,
    /// Long enough to be told.
    told: bool,
}

impl Behavior for Machine {
    fn wants(&self, scene: &Scene<'_>, wants: &mut Wants) {
        let mut doubtful: Vec<(u8, Option<StreamTime>, u64)> = Vec::new();
        let mut turned = 0;
        for (&id, person) in &self.people {
            let now = track(scene, id).filter(|t| t.seen);
            let urgent = person.urgency(now, scene);
            if urgent > 0 {
                doubtful.push((urgent, person.asked_at, id));
            }
            if let Some(lying) = person.lying.filter(|lying| !lying.told) {
                wants.before.insert(id, (person.body.bounds, lying.up));
            }
            if urgent >= 2 && turned < MOST_TURNED && now.is_none_or(|t| t.score < 0.5) {
                turned += 1;
                wants.turned.push(person.body.lying_place(scene.aspect));
            }
        }
        for new in scene.tracks.iter().filter(|t| t.seen && t.state == State::Confirmed) {
            if !self.people.contains_key(&new.id) {
                doubtful.push((1, None, new.id));
            }
        }
        doubtful.sort_by_key(|&(urgent, asked_at, id)| (Reverse(urgent), asked_at, id));
        let calm = doubtful.iter().take_while(|(urgent, ..)| *urgent > 1).count() + 1;
        for (_, _, id) in doubtful.into_iter().take(calm.min(MOST_POSES)) {
            let seen = track(scene, id).filter(|t| t.seen).map(|t| t.bounds);
            if let Some(bounds) = seen.or(self.people.get(&id).map(|p| p.body.bounds)) {
                wants.poses.insert(id, bounds);
            }
        }
    }

    fn observe(&mut self, scene: &Scene<'_>, _moments: &mut Vec<Report>) -> Option<Report> {
        self.furniture.learn(scene);
        self.take_in(scene);
        let places: Vec<Point> = self.people.values().map(|person| person.body.bounds.centre()).collect();
        for (&id, person) in &mut self.people {
            let within = CROWDED_WITHIN * person.body.stature;
            let middle = person.body.bounds.centre();
            let near = places.iter().filter(|place| place.distance(middle, scene.aspect) < within).count();
            let up = person.body.last_up();
            let thing = |b: &Bounds| up.is_some_and(|up| self.furniture.was_here(b, up));
            let foreign = |b: &Bounds| is_of_another(scene, id, b) || thing(b);
            let tracked = track(scene, id).filter(|t| t.seen);
            let urgency = person.urgency(tracked, scene);
            // a turned look may have been taken for somebody else
            let turned = if urgency >= 2 { &scene.closeup.turned[..] } else { &[] };
            let is_thing = tracked.is_some_and(|t| !t.unsure.is_zero() && thing(&t.bounds));
            let shown = Shown {
                track: tracked.filter(|_| !is_thing),
                doubtful: tracked.filter(|_| is_thing),
                posture: posture(scene, id).filter(|p| !foreign(&p.bounds)),
                found: best_found(scene, turned, &person.body).filter(|(_, b)| near <= CROWDED && !foreign(b)),
            };
            if scene.closeup.poses.iter().any(|pose| pose.track == id) {
                person.asked_at = Some(scene.at);
                person.calm = if urgency >= 2 { 0 } else { person.calm.saturating_add(1) };
            }
            if let (Some(lying), Some(&alike)) = (&mut person.lying, scene.closeup.alike.get(&id)) {
                lying.as_before = alike >= AS_BEFORE;
            }
            person.look(shown, scene, self.confirm);
        }
        self.people.retain(|_, person| person.is_kept(scene.at));
        self.report(scene)
    }

    fn expects(&self) -> bool {
        self.people.values().any(|person| person.body.real && !person.body.left)
    }

    fn reset(&mut self) {
        self.people.clear();
        self.furniture = Furniture::default();
    }
}

impl Machine {
    /// New tracks become people, or go on as somebody who was lost.
    fn take_in(&mut self, scene: &Scene<'_>) {
        for new in scene.tracks.iter().filter(|t| t.seen && t.state != State::Tentative) {
            if self.people.contains_key(&new.id) {
                continue;
            }
            let lost = |(id, person): &(&u64, &Person)| {
                track(scene, **id).is_none_or(|t| !t.seen) && person.body.may_be(new, scene.at, scene.aspect)
            };
            let away = |person: &Person| {
                person.body.bounds.centre().distance(new.bounds.centre(), scene.aspect)
            };
            let nearest = self.people.iter().filter(lost).min_by(|a, b| away(a.1).total_cmp(&away(b.1)));
            let heir = nearest.map(|(&id, _)| id);
            let person = match heir.and_then(|id| self.people.remove(&id)) {
                Some(person) => person,
                None => Person { body: Body::new(new, scene.at), lying: None, asked_at: None, calm: 0 },
            };
            self.people.insert(new.id, person);
        }
    }

    fn is_watched(&self, body: &Body) -> bool {
        let foot = body.bounds.foot();
        let middle = body.bounds.centre();
        self.zone.as_ref().is_none_or(|zone| zone.contains(foot) || zone.contains(middle))
            && self.bed.as_ref().is_none_or(|bed| !bed.contains(middle) && !bed.contains(foot))
    }

    fn report(&self, scene: &Scene<'_>) -> Option<Report> {
        let fallen = || {
            self.people.iter().filter_map(|(&id, person)| {
                let lying = person.lying.filter(|lying| lying.told && self.is_watched(&person.body))?;
                Some((id, person, lying))
            })
        };
        let since = fallen().map(|(_, _, lying)| lying.since).min()?;
        let longest = fallen().map(|(_, _, lying)| lying.last.since(lying.since)).max().unwrap_or_default();
        let (bounds, score) = super::around(fallen().map(|(_, p, _)| (p.body.bounds, p.body.score)));
        Some(Report {
            since,
            present: fallen().any(|(_, _, lying)| lying.last == scene.at),
            tracks: fallen().map(|(id, ..)| id).collect(),
            bounds,
            score,
            measured: Some(longest.as_secs_f64()),
            threshold: Some(self.down.as_secs_f64()),
            raised: u8::from(longest >= self.down),
            ..Report::default()
        })
    }
}

impl Person {
    /// 0: no need to look; 1: now and then; 2: he sinks, or was lost while he sank; 3: he lies.
    fn urgency(&self, now: Option<&Track>, scene: &Scene<'_>) -> u8 {
        let due = |every: Duration| self.asked_at.is_none_or(|at| scene.at.since(at) >= every);
        if let Some(lying) = self.lying {
            return if !lying.told || due(LYING_EVERY) { 3 } else { 0 };
        }
        if self.body.left {
            return 0;
        }
        let seldom = |every: Duration| if self.calm < ENOUGH { every } else { SELDOM };
        if !self.body.real {
            return u8::from(now.is_some() && due(seldom(FURNITURE_EVERY)));
        }
        let sinks = self.body.is_sinking(scene.at);
        match now {
            Some(t) => {
                let low = t.bounds.h < 0.85 * self.body.stature || t.bounds.w * scene.aspect > 0.8 * t.bounds.h;
                if sinks || (low && due(LOW_EVERY)) { 2 } else { u8::from(due(seldom(POSTURE_EVERY))) }
            }
            None if self.body.sank() && scene.at.since(self.body.shown) <= SEARCHED => 2,
            None => 0,
        }
    }

    fn look(&mut self, shown: Shown<'_>, scene: &Scene<'_>, confirm: Duration) {
        self.body.look(shown, scene);
        let stance = self.body.stance(scene.at);
        match (&mut self.lying, stance) {
            (None, Some(Stance::Down)) => {
                if self.body.real && !self.body.left && self.body.has_fallen(scene.at) {
                    self.lying = Some(Lying {
                        since: scene.at,
                        last: scene.at,
                        known: scene.known,
                        looks: 1,
                        up: self.body.last_up().unwrap_or(scene.at),
                        as_before: false,
                        up_since: None,
                        told: false,
                    });
                }
            }
            (Some(lying), Some(Stance::Down)) => {
                lying.last = scene.at;
                lying.known = scene.known;
                lying.looks = lying.looks.saturating_add(1);
                lying.up_since = None;
                let long = lying.looks >= 2 && scene.at.since(lying.since) >= confirm;
                lying.told |= long && !lying.as_before;
            }
            (Some(lying), Some(Stance::Up)) => {
                let since = *lying.up_since.get_or_insert(scene.known);
                if !lying.told || scene.known.saturating_sub(since) >= GOT_UP {
                    self.lying = None;
                }
            }
            (Some(lying), _) => {
                let patience = if lying.told { GONE } else { FLICKER };
                if scene.known.saturating_sub(lying.known) > patience {
                    self.lying = None;
                }
            }
            (None, _) => {}
        }
    }

    fn is_kept(&self, at: StreamTime) -> bool {
        self.lying.is_some() || at.since(self.body.shown) <= SEARCHED
    }
}

fn track<'a>(scene: &Scene<'a>, id: u64) -> Option<&'a Track> {
    scene.tracks.binary_search_by_key(&id, |t| t.id).ok().map(|index| &scene.tracks[index])
}

fn posture(scene: &Scene<'_>, id: u64) -> Option<Posture> {
    scene.closeup.poses.iter().find(|p| p.track == id).and_then(|pose| Posture::of(pose, scene.aspect))
}

/// What lies to a good part within the boxes of others shows them: turned, a row of people who stand is a heap that lies.
fn is_of_another(scene: &Scene<'_>, id: u64, found: &Bounds) -> bool {
    // Who lies is often born a second time: a track that has proved nothing yet may be his own.
    let others = scene.tracks.iter().filter(|t| t.id != id && t.seen && t.state != State::Tentative);
    let covered: f64 = others.map(|t| t.bounds.overlap(found)).sum();
    covered > 0.4 * found.area()
}

/// The best detection near somebody that is of no track, of those `turned` for him or as the picture stands.
fn best_found(scene: &Scene<'_>, turned: &[Detection], body: &Body) -> Option<(f32, Bounds)> {
    let place = body.lying_place(scene.aspect);
    let fits = |b: &Bounds| {
        let centre = b.centre();
        let inside = (place.x..=place.x + place.w).contains(&centre.x)
            && (place.y..=place.y + place.h).contains(&centre.y);
        let length = b.h.max(b.w * scene.aspect);
        inside && (0.35 * body.stature..=1.5 * body.stature).contains(&length)
    };
    let loose = |d: &&Detection| {
        d.class == Class::Person && scene.tracks.iter().all(|t| !t.seen || t.bounds.iou(&d.bounds) < 0.5)
    };
    let found = turned.iter().chain(scene.detections.iter().filter(loose)).filter(|d| fits(&d.bounds));
    found.max_by(|a, b| a.score.total_cmp(&b.score)).map(|d| (d.score, d.bounds))
}
