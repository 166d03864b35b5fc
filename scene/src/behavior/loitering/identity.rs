//! Who continues whose stay, by what they wear.
//!
//! A track is not a person: two that meet may change places, one is lost behind a car and found again under another
//! number, one slips onto a passer-by. Then the stay has lost its owner. It is remembered with what its owner wore, and goes on
//! with whoever is found where he can be and wears the same, if nobody else who could be it does. Alike clothes decide
//! nothing: in doubt nobody continues it.

use super::super::presence::Presence;
use crate::facts::{ALIKE, Attire, CLEARLY, Wants};
use crate::geometry::Point;
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{PERSON, State, Track};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Clothes are looked at no more often than this …
const EVERY: Duration = Duration::from_millis(450);
/// … and so often before anybody is known by them.
const LOOKS: u32 = 4;
/// Of what is known the latest looks make at least this part.
const LATEST: f32 = 1.0 / 16.0;
/// Others may hide this part of a box.
const HIDDEN: f64 = 0.1;
/// A box that is so much lower or higher than the track's usual one does not show the body that it should.
const ODD: f64 = 1.25;
/// A track is missed when it was not seen for so long: shorter is flicker.
const MISSED: Duration = Duration::from_millis(600);
/// Whoever is looked for is so no longer than this, whatever the grace.
const LOOKED_FOR: Duration = Duration::from_secs(15);
/// Of more who met nobody can tell who is who.
const CROWD: usize = 3;
/// Looked for at the same time, at most.
const MOST: usize = 32;
/// How far, in own heights, somebody is at once, after each second, and at most from where he was lost.
const REACH: (f64, f64, f64) = (0.5, 0.8, 3.0);
/// How different in height he may be.
const TALLER: f64 = 1.3;

/// The mean of some looks at somebody's clothes.
#[derive(Debug, Clone, Copy)]
struct Worn {
    attire: Attire,
    looks: u32,
}

impl Worn {
    fn add(worn: &mut Option<Self>, attire: &Attire) {
        *worn = Some(match *worn {
            None => Self { attire: *attire, looks: 1 },
            Some(Self { attire: mean, looks }) => {
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let share = (1.0 / (looks as f32 + 1.0)).max(LATEST);
                Self { attire: mean.blended(attire, share), looks: looks.saturating_add(1) }
            }
        });
    }

    fn known(worn: Option<Self>) -> Option<Attire> {
        worn.filter(|worn| worn.looks >= LOOKS).map(|worn| worn.attire)
    }
}

/// A track, and what is known of whom it shows.
#[derive(Debug, Clone, Copy)]
struct Person {
    /// Since nobody could have changed places with him.
    worn: Option<Worn>,
    /// When clothes were last looked at.
    looked: Option<StreamTime>,
    /// It is open whose stay he continues.
    open: bool,
    /// What he wore before that was known.
    was_known: bool,
    /// Where he began.
    born: Spot,
    /// Where he was last seen.
    last: Spot,
    /// Has moved, or scores as people do: otherwise it may be a thing that a passer-by has left his track to.
    sure: bool,
    /// Was last seen on his way out of the picture.
    left: bool,
    /// Has been noted as missing since.
    missed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Spot {
    at: StreamTime,
    foot: Point,
    height: f64,
}

impl Spot {
    fn of(track: &Track, at: StreamTime) -> Self {
        Self { at, foot: track.foot(), height: track.height.max(1e-3) }
    }

    /// Can somebody have come from here to `there`?
    fn leads_to(&self, there: &Self, aspect: f64) -> bool {
        let secs = there.at.since(self.at).as_secs_f64();
        let height = self.height.max(there.height);
        let reach = (REACH.0 + REACH.1 * secs).min(REACH.2) * height;
        let odd = (self.height / there.height).ln().abs();
        self.at < there.at && self.foot.distance(there.foot, aspect) <= reach && odd <= TALLER.ln()
    }
}

/// A stay that has lost its owner.
#[derive(Debug, Clone)]
struct Missing {
    owner: u64,
    since: StreamTime,
    attire: Attire,
    /// Where he was when he was last surely himself, or met others.
    spot: Spot,
    /// The same on the clock of known time.
    known: Duration,
    /// The tracks that may be he, wherever they are: his own, and those that he met.
    may_be: BTreeSet<u64>,
}

/// All that is known of who is who.
#[derive(Debug, Default)]
pub(super) struct Identity {
    people: BTreeMap<u64, Person>,
    missing: Vec<Missing>,
}

impl Identity {
    pub(super) fn reset(&mut self) {
        self.people.clear();
        self.missing.clear();
    }

    /// Whose clothes should be looked at now.
    pub(super) fn wants(&self, scene: &Scene<'_>, wants: &mut Wants) {
        for track in scene.tracks.iter().filter(|track| track.seen && track.state == State::Confirmed) {
            let looked = self.people.get(&track.id).and_then(|person| person.looked);
            let odd = (track.bounds.h / track.height.max(1e-3)).ln().abs();
            let hidden = |other: &Track| {
                other.id != track.id
                    && other.seen
                    && track.bounds.overlap(&other.bounds) > HIDDEN * track.bounds.area()
            };
            let met = scene.undecided.iter().any(|&(one, other)| one == track.id || other == track.id);
            if looked.is_none_or(|looked| scene.at.since(looked) >= EVERY)
                && !met
                && odd <= ODD.ln()
                && !scene.tracks.iter().any(hidden)
            {
                wants.attires.insert(track.id, track.bounds);
            }
        }
    }

    /// Takes in where everybody is; before anything else is said about this look.
    pub(super) fn see(&mut self, track: &Track, scene: &Scene<'_>, leaving: bool) {
        let spot = Spot::of(track, scene.at);
        let person = self.people.entry(track.id).or_insert_with(|| Person {
            worn: None,
            looked: None,
            open: true,
            was_known: false,
            born: Spot { at: track.first_seen, ..spot },
            last: spot,
            sure: false,
            left: false,
            missed: false,
        });
        (person.last, person.left, person.missed) = (spot, leaving, false);
        person.sure = track.moved || track.best_score >= PERSON;
        if !person.open {
            // He was only hidden.
            self.missing.retain(|missing| missing.owner != track.id || missing.may_be.len() > 1);
        }
    }

    /// It cannot have been the same person all the time.
    pub(super) fn restarted(&mut self, id: u64, presence: &Presence, scene: &Scene<'_>) {
        self.lose(&[id], presence, scene);
    }

    /// The two may have changed places.
    pub(super) fn met(&mut self, one: u64, other: u64, presence: &Presence, scene: &Scene<'_>) {
        self.lose(&[one, other], presence, scene);
    }

    /// From now on it is open which of these is who.
    fn lose(&mut self, ids: &[u64], presence: &Presence, scene: &Scene<'_>) {
        for &id in ids {
            self.miss(id, presence, scene);
            if let Some(person) = self.people.get_mut(&id) {
                person.was_known = if person.open { person.was_known } else { Worn::known(person.worn).is_some() };
                person.open = true;
                person.worn = None;
            }
        }
        let spot = ids.iter().find_map(|id| self.people.get(id)).map(|person| person.last);
        for missing in self.missing.iter_mut().filter(|m| ids.iter().any(|id| m.may_be.contains(id))) {
            missing.may_be.extend(ids);
            missing.spot = spot.unwrap_or(missing.spot);
            missing.known = scene.known;
        }
    }

    /// His stay has lost its owner, if it is known what he wore.
    fn miss(&mut self, id: u64, presence: &Presence, scene: &Scene<'_>) {
        let Some(person) = self.people.get(&id).filter(|person| !person.open) else { return };
        let (Some(attire), Some(since)) = (Worn::known(person.worn), presence.since(id)) else { return };
        if self.missing.iter().any(|missing| missing.owner == id) {
            return;
        }
        let (spot, known, may_be) = (person.last, scene.known, BTreeSet::from([id]));
        self.missing.push(Missing { owner: id, since, attire, spot, known, may_be });
        let surplus = self.missing.len().saturating_sub(MOST);
        self.missing.drain(..surplus);
    }

    /// Somebody is looked for who had stayed that long.
    pub(super) fn looks_for(&self, dwell: Duration) -> bool {
        self.missing.iter().any(|missing| missing.spot.at.since(missing.since) >= dwell)
    }

    /// Learns from this look, and lets stays go on with those who continue them.
    pub(super) fn look(&mut self, presence: &mut Presence, grace: Duration, scene: &Scene<'_>) {
        for (id, attire) in &scene.closeup.attires {
            if let Some(person) = self.people.get_mut(id) {
                person.looked = Some(scene.at);
                Worn::add(&mut person.worn, attire);
            }
        }
        let gone = |person: &Person| !person.left && !person.missed && scene.at.since(person.last.at) >= MISSED;
        let gone: Vec<u64> = self.people.iter().filter(|(_, p)| gone(p)).map(|(&id, _)| id).collect();
        for id in gone {
            self.miss(id, presence, scene);
            if let Some(person) = self.people.get_mut(&id) {
                person.missed = true;
            }
        }
        let looked_for = |m: &Missing| scene.known.saturating_sub(m.known) < grace.min(LOOKED_FOR);
        self.missing.retain(|missing| looked_for(missing) && missing.may_be.len() <= CROWD);
        self.settle(presence, scene);
        let (people, missing) = (&mut self.people, &self.missing);
        people.retain(|id, _| {
            scene.tracks.binary_search_by_key(id, |track| track.id).is_ok()
                || presence.since(*id).is_some()
                || missing.iter().any(|missing| missing.may_be.contains(id))
        });
    }

    fn settle(&mut self, presence: &mut Presence, scene: &Scene<'_>) {
        let open: Vec<u64> = self.people.iter().filter(|(_, p)| p.open && p.sure).map(|(&id, _)| id).collect();
        for id in open {
            let Some(attire) = self.people.get(&id).and_then(|person| Worn::known(person.worn)) else { continue };
            let candidates: Vec<usize> =
                (0..self.missing.len()).filter(|&index| self.can_be(id, &self.missing[index], scene)).collect();
            let found = self.best(id, &attire, &candidates, scene);
            let found = found.filter(|&index| presence.resume(id, self.missing[index].since));
            if let Some(index) = found {
                let missing = self.missing.remove(index);
                if missing.owner != id && missing.may_be.len() == 1 {
                    presence.forget(missing.owner);
                }
            }
            if let Some(person) = self.people.get_mut(&id) {
                person.open = found.is_none() && !candidates.is_empty();
            }
        }
    }

    /// Can the track be the one who is missing, as far as places tell?
    fn can_be(&self, id: u64, missing: &Missing, scene: &Scene<'_>) -> bool {
        let seen = |id: &u64| self.people.get(id).is_some_and(|person| person.last.at == scene.at);
        missing.may_be.contains(&id)
            || (!missing.may_be.iter().all(seen)
                && self.people.get(&id).is_some_and(|p| missing.spot.leads_to(&p.born, scene.aspect)))
    }

    /// Which of the candidates it is, by what they wear.
    fn best(&self, id: u64, attire: &Attire, candidates: &[usize], scene: &Scene<'_>) -> Option<usize> {
        let unlike = |index: &usize| attire.unlike(&self.missing[*index].attire);
        let &best = candidates.iter().min_by(|a, b| unlike(a).total_cmp(&unlike(b)))?;
        let (missing, least) = (&self.missing[best], unlike(&best));
        let clearly = |other: f64| other >= least + CLEARLY;
        // Of those who met, all must be known, before or after; of others, those who are.
        let apart = |(other, person): (&u64, &Person)| {
            let may_be = person.open && self.can_be(*other, missing, scene);
            match Worn::known(person.worn) {
                Some(worn) if may_be || !missing.may_be.contains(&id) => clearly(missing.attire.unlike(&worn)),
                Some(_) => true,
                None => !may_be || (person.was_known && person.last.at != scene.at),
            }
        };
        let other = |(other, person): &(&u64, &Person)| {
            **other != id && (**other != missing.owner || person.last.at == scene.at)
        };
        let alone = self.people.iter().filter(other).all(apart);
        let unique = candidates.iter().filter(|&&other| other != best).all(|other| clearly(unlike(other)));
        (least <= ALIKE && unique && alone).then_some(best)
    }
}
