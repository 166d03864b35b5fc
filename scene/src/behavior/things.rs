//! Things that come and go, and the people around them.
//!
//! Shared by `abandoned_object` and `removed_object`: which regions may be things at all, and who was near one when.

use crate::detection::{Class, Group};
use crate::facts::StaticRegion;
use crate::geometry::{Bounds, Ground, Point, Zone};
use crate::scene::Scene;
use crate::stature::Statures;
use crate::track::State;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// People are remembered for so long, so that it can be told who was there when a thing came to rest.
const REMEMBERED: Duration = Duration::from_secs(15);
/// What is taller than this share of the people who stand there is no thing that people carry.
const TALLEST: f64 = 0.8;
/// Neither is what is wider than this many of them: a sofa measures 1.2.
const WIDEST: f64 = 1.5;
/// What is smaller than this share of them, or than this part of the picture's height, is not worth a word.
const SMALLEST: f64 = 0.12;
const SPECK: f64 = 0.03;
/// What is thinner than this share of them (9 cm) is a fold, a crack or the edge of a shadow.
const THINNEST: f64 = 0.05;
/// Steps away from the camera look shorter than steps aside: cameras look down on people at about 30 degrees.
const DEPTH: f64 = 1.6;
/// People near: within so many of their own heights (3 m), or so many widths of the thing.
const NEAR_HEIGHTS: f64 = 1.8;
const NEAR_WIDTHS: f64 = 2.0;
/// People at it: so near that they may be handling it.
const AT_HEIGHTS: f64 = 0.7;
const AT_WIDTHS: f64 = 1.0;
/// The same where the ground is known.
const NEAR_M: f64 = 3.0;
const AT_M: f64 = 1.2;
/// With hidden feet a box ends too high, at the upper edge of the thing or over it: he stands no further behind or before
/// it than so many of his heights.
const OVER_IT: f64 = 0.3;
/// Somebody whose box is the thing's, by intersection over union, is the thing: the detector takes a suitcase for somebody,
/// and one who passes shakes its box.
const THE_THING: f64 = 0.6;
/// Somebody who stays near for so long has to do with it, …
const LINGERS: Duration = Duration::from_secs(6);
/// … but not while he walks by, in own heights per second: a walker makes 0.8, and half of that in the picture when he walks away
/// from the camera.
const WALKS_BH_S: f64 = 0.4;
/// An owner who is lost at it may be found there again, under another number, within this time.
const FOUND_AGAIN: Duration = Duration::from_secs(3);

/// What has not been told so long after it was due stays untold until something moves.
pub(super) const SETTLED: Duration = Duration::from_secs(10);

/// How near somebody is to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Further away.
    Far,
    /// Within 3 m or so.
    Near,
    /// Able to touch it.
    At,
}

/// How near a person in the box `person`, `height` tall, is to the thing in `thing`.
fn near(thing: &Bounds, person: &Bounds, height: f64, scene: &Scene<'_>) -> Reach {
    let on_ground = scene.ground.and_then(|ground| distance_m(thing, person, height, ground));
    match on_ground {
        Some(distance_m) if distance_m < AT_M => Reach::At,
        Some(distance_m) if distance_m < NEAR_M => Reach::Near,
        Some(_) => Reach::Far,
        None => near_in_picture(thing, person, height, scene.aspect),
    }
}

/// Metres from his feet to the nearest point of the thing's lower edge; none where they cannot be told.
fn distance_m(thing: &Bounds, person: &Bounds, height: f64, ground: &Ground) -> Option<f64> {
    let foot = person.foot();
    let base = Point::new(foot.x.min(thing.x + thing.w).max(thing.x), thing.y + thing.h);
    let reach = OVER_IT * height;
    let overlaps = person.overlap(thing) > 0.0;
    let y = if overlaps { foot.y.min(base.y + reach).max(base.y - reach) } else { foot.y };
    let foot = Point::new(foot.x, y);
    let tells = |p: Point| ground.tells(p, height, NEAR_M);
    if tells(foot) && tells(base) { ground.distance_m(foot, base) } else { None }
}

/// By heights of people and widths of the thing.
fn near_in_picture(thing: &Bounds, person: &Bounds, height: f64, aspect: f64) -> Reach {
    let aside = (person.x - (thing.x + thing.w)).max(thing.x - (person.x + person.w)).max(0.0) * aspect;
    let depth = (person.y + person.h - (thing.y + thing.h)).abs();
    let overlaps = person.overlap(thing) > 0.0;
    let depth = if overlaps { depth.min(OVER_IT * height) } else { depth };
    let distance = aside.hypot(DEPTH * depth);
    let within = |heights: f64, widths: f64| distance < (heights * height).max(widths * thing.w * aspect);
    match () {
        () if within(AT_HEIGHTS, AT_WIDTHS) => Reach::At,
        () if within(NEAR_HEIGHTS, NEAR_WIDTHS) => Reach::Near,
        () => Reach::Far,
    }
}

/// Where somebody was at some look.
#[derive(Debug, Clone, Copy)]
struct Place {
    known: Duration,
    track: u64,
    bounds: Bounds,
    height: f64,
    /// The first time that he was seen.
    first: bool,
    walks: bool,
}

/// People over the last seconds, and how tall they are where.
#[derive(Debug, Default)]
pub(super) struct People {
    places: VecDeque<Place>,
    seen: BTreeSet<u64>,
    statures: Statures,
}

impl People {
    pub(super) fn look(&mut self, scene: &Scene<'_>) {
        while self.places.front().is_some_and(|p| scene.known.saturating_sub(p.known) > REMEMBERED) {
            self.places.pop_front();
        }
        let statures = &mut self.statures;
        for track in scene.tracks.iter().filter(|t| t.class == Class::Person && t.seen) {
            // things that the detector takes for people keep nobody company
            if !track.moved && statures.is_nobody(&track.bounds, scene.aspect) {
                continue;
            }
            let first = self.seen.insert(track.id);
            self.places.push_back(Place {
                known: scene.known,
                track: track.id,
                bounds: track.bounds,
                height: track.height,
                first,
                walks: track.speed_bh_s() >= WALKS_BH_S,
            });
            if track.state == State::Confirmed && track.moved {
                statures.measure(&track.bounds, track.height);
            }
        }
        let listed = |id: &u64| scene.tracks.binary_search_by_key(id, |track| track.id).is_ok();
        self.seen.retain(listed);
    }

    /// How tall people are who stand at `y`; none when nobody has been seen about there.
    pub(super) fn height_at(&self, y: f64) -> Option<f64> {
        self.statures.height_at(y)
    }

    /// Whether the box is too small for anybody who is there.
    pub(super) fn is_nobody(&self, bounds: &Bounds, aspect: f64) -> bool {
        self.statures.is_nobody(bounds, aspect)
    }

    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Which regions a rule looks at.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) zone: Option<Zone>,
    pub(super) min_height: f64,
}

impl Scope {
    /// May it be a thing in the rule's zone that people carry?
    pub(super) fn admits(&self, region: &StaticRegion, people: &People, scene: &Scene<'_>) -> bool {
        let bounds = &region.bounds;
        let inside = self.zone.as_ref().is_none_or(|zone| zone.contains(bounds.foot()));
        let person = people.height_at(bounds.y + bounds.h);
        let width = bounds.w * scene.aspect;
        let (size, thin) = (bounds.h.max(width), bounds.h.min(width));
        let small = person.is_none_or(|height| {
            bounds.h < TALLEST * height
                && width < WIDEST * height
                && size > SMALLEST * height
                && thin > THINNEST * height
        });
        let parked = scene.tracks.iter().any(|track| {
            track.class.group() == Group::Vehicle && track.bounds.overlap(bounds) > 0.3 * bounds.area()
        });
        inside && small && !parked && size >= SPECK && bounds.h >= self.min_height
    }
}

/// Who has to do with one thing, and since when nobody does.
#[derive(Debug, Default)]
pub(super) struct Company {
    /// Those who were at it when it came to rest.
    pub(super) owners: BTreeSet<u64>,
    /// When somebody who counts was last at it, and near it, on the clock of known time.
    at: Option<Duration>,
    near: Option<Duration>,
    /// Where it was at the latest look.
    bounds: Option<Bounds>,
    /// Tracks that are the thing itself.
    itself: BTreeSet<u64>,
    /// Since when each who is near stays there.
    since: BTreeMap<u64, Duration>,
    /// Up to when `places` have been taken in.
    upto: Option<Duration>,
}

/// Whoever is far away had left before: counting may begin up to so much earlier, when he was no longer at it.
const LEAVING: Duration = Duration::from_millis(1000);

impl Company {
    /// Takes in who is near `thing`, which came to rest at `came` on the clock of known time.
    pub(super) fn look(&mut self, thing: &Bounds, came: Duration, people: &People, scene: &Scene<'_>) {
        let grown = self.bounds.replace(*thing) != Some(*thing);
        let latest = |place: &&Place| grown || place.known == scene.known;
        let is_it = |place: &&Place| place.bounds.iou(thing) >= THE_THING;
        for place in people.places.iter().filter(latest).filter(is_it) {
            if self.itself.insert(place.track) && self.upto.is_some() {
                // so far only a corner of the thing was known, and its own track seemed to keep it company
                self.owners.remove(&place.track);
                (self.at, self.near, self.upto) = (None, None, None);
                self.since.clear();
            }
        }
        let begin = self.upto.map_or(came.saturating_sub(Duration::from_secs(3)), |upto| upto);
        let mut nearest: BTreeSet<u64> = BTreeSet::new();
        let fresh = self.upto.is_none();
        let new = |place: &&Place| place.known > begin || (fresh && place.known == begin);
        for place in people.places.iter().filter(new) {
            if self.itself.contains(&place.track) {
                continue;
            }
            let how = near(thing, &place.bounds, place.height, scene);
            if how == Reach::Far {
                self.since.remove(&place.track);
                continue;
            }
            nearest.insert(place.track);
            if place.walks {
                self.since.remove(&place.track);
            }
            let since = *self.since.entry(place.track).or_insert(place.known);
            // whoever is first seen at it was there before, as another track
            let again = || self.at.is_some_and(|at| place.known.saturating_sub(at) <= FOUND_AGAIN);
            if how == Reach::At && (fresh || (place.first && again())) {
                self.owners.insert(place.track);
            }
            let counts = self.owners.contains(&place.track) || place.known.saturating_sub(since) >= LINGERS;
            if counts {
                self.near = Some(place.known);
                if how == Reach::At {
                    self.at = Some(place.known);
                }
            }
        }
        self.since.retain(|id, _| nearest.contains(id) || people.seen.contains(id));
        self.itself.retain(|id| people.places.iter().any(|place| place.track == *id));
        self.upto = Some(scene.known);
    }

    /// Since when the thing, which came to rest at `came`, has been alone.
    pub(super) fn alone_since(&self, came: Duration) -> Duration {
        let left = self.near.map_or(Duration::ZERO, |near| near.saturating_sub(LEAVING));
        came.max(left).max(self.at.unwrap_or_default())
    }

    /// Somebody who has to do with it is near at this look.
    pub(super) fn is_near(&self, scene: &Scene<'_>) -> bool {
        self.near.is_some_and(|near| near >= scene.known)
    }

    /// Somebody is dealing with it now, though nobody is found.
    pub(super) fn touch(&mut self, scene: &Scene<'_>) {
        self.at = Some(scene.known);
        self.near = Some(scene.known);
    }
}
