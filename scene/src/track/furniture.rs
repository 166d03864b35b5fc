//! Things that the detector takes for people and that never moved. A passer-by who hides one for a while may leave his
//! track to it: then the track is no longer his. Or it is the thing's track that goes off with him, and his own stays. What
//! is too small for anybody has not moved because one who passed has shaken its box, and if its track goes off with him
//! it is no longer the thing's.

use super::{State, Track, life::PERSON};
use crate::detection::Class;
use crate::geometry::Bounds;
use crate::stature::Statures;
use crate::time::StreamTime;
use std::time::Duration;

/// What has not moved for so long is taken for furniture,
const STOOD: Duration = Duration::from_secs(3);
/// remembered for so long after it was last found,
const KEPT: Duration = Duration::from_secs(120);
/// so many at most.
const MOST: usize = 32;
/// Its box is the mean of this time: passers shake it for less.
const MEAN: Duration = Duration::from_secs(4);
/// The same place: intersection over union.
const SAME: f64 = 0.5;
/// A person before it is found by so much a better score.
const BETTER: f32 = 0.1;
/// What never scored as people do may be there still when its track has gone off, and is, where something so poorly found
/// rests in the very same box: intersection over union.
const VERY_SAME: f64 = 0.75;

/// A thing whose box is shaken still meets its place by so much, intersection over union …
const THERE: f64 = 0.1;
/// … and is no more than so many times as high: otherwise it is he who stands before it.
const GROWN: f64 = 1.6;

/// What became of the track of a thing that somebody has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shaken {
    /// It shows the thing where it was.
    IsThere,
    /// It has gone off with him.
    IsGone,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    bounds: Bounds,
    /// The latest track of it.
    track: u64,
    best_score: f32,
    last: StreamTime,
    /// Too small for anybody.
    nobody: bool,
    /// Its track has moved: it did, or somebody took the track along.
    left: bool,
}

/// The furniture of one camera's picture.
#[derive(Debug, Default)]
pub(super) struct Furniture {
    places: Vec<Place>,
    statures: Statures,
}

impl Furniture {
    /// Learns from a track that was found at this look.
    pub(super) fn learn(&mut self, track: &Track, aspect: f64) {
        let (at, stood) = (track.last_seen, track.last_seen.since(track.first_seen));
        let person = track.class == Class::Person;
        if track.moved {
            if person && track.state == State::Confirmed {
                self.statures.measure(&track.bounds, track.height);
            }
            self.places.retain_mut(|place| {
                place.left |= place.track == track.id;
                // It can, and scores as people do: so it was none.
                !place.left || place.best_score < PERSON
            });
            return;
        }
        if track.state != State::Confirmed || stood < STOOD {
            return;
        }
        // one who passes makes its box larger
        let was_nobody = self.places.iter().any(|place| place.track == track.id && place.nobody);
        let place = Place {
            bounds: track.bounds,
            track: track.id,
            best_score: track.best_score,
            last: at,
            nobody: was_nobody || (person && self.statures.is_nobody(&track.bounds, aspect)),
            left: false,
        };
        match self.places.iter_mut().find(|known| known.bounds.iou(&track.bounds) > SAME) {
            Some(known) => {
                let share = at.since(known.last).as_secs_f64() / MEAN.as_secs_f64();
                *known = Place { bounds: known.bounds.blended(&track.bounds, share.min(1.0)), ..place };
            }
            None => self.places.push(place),
        }
        self.places.retain(|place| at.since(place.last) < KEPT);
        let surplus = self.places.len().saturating_sub(MOST);
        self.places.drain(..surplus);
    }

    /// What becomes of the track of a thing that is too small for anybody when it is said to have moved.
    pub(super) fn of_nobody(&mut self, track: &Track) -> Option<Shaken> {
        let its = |place: &&mut Place| place.nobody && place.track == track.id && track.moved;
        let place = self.places.iter_mut().find(its)?;
        if place.bounds.iou(&track.bounds) > THERE && track.bounds.h < GROWN * place.bounds.h {
            place.last = track.last_seen;
            return Some(Shaken::IsThere);
        }
        Some(Shaken::IsGone)
    }

    /// The track covers what was furniture before, under another number or its own.
    pub(super) fn is_under(&self, track: &Track) -> bool {
        let alike = |place: &Place| {
            let same = if place.left { VERY_SAME } else { SAME };
            place.bounds.iou(&track.bounds) > same && track.score <= place.best_score + BETTER
        };
        self.places.iter().any(|place| (place.left || place.track != track.id) && alike(place))
    }

    /// Forgets all places; how tall people are stays.
    pub(super) fn reset(&mut self) {
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    const SIGN: Bounds = Bounds { x: 0.5, y: 0.72, w: 0.03, h: 0.08 };

    /// Looks at a track every second from its birth on; all of them find it here, with this score.
    fn looks(
        furniture: &mut Furniture,
        id: u64,
        secs: std::ops::Range<u32>,
        bounds: Bounds,
        score: f32,
    ) -> Track {
        let seen = |secs: u32| Track {
            moved: false,
            score,
            best_score: score,
            first_seen: StreamTime::ZERO,
            last_seen: StreamTime::from_secs(f64::from(secs)),
            ..samples::person(id, bounds)
        };
        let end = secs.end;
        secs.for_each(|secs| furniture.learn(&seen(secs), 1.5));
        seen(end)
    }

    /// What stood there for so many seconds goes off; is what is then found there, so well, the same thing?
    fn is_there_still(stood: f32, then: Bounds, found: f32) -> bool {
        let mut furniture = Furniture::default();
        let mut taken = looks(&mut furniture, 1, 0..8, SIGN, stood);
        (taken.bounds.x, taken.moved) = (0.6, true);
        furniture.learn(&taken, 1.5);
        let rests = Track { bounds: then, score: found, best_score: 0.8, ..samples::person(2, then) };
        furniture.is_under(&rests)
    }

    #[test]
    fn who_goes_off_with_the_track_of_a_thing_does_not_leave_his_own_to_it() {
        assert!(is_there_still(0.44, SIGN, 0.35));
        let near = Bounds { x: 0.507, ..SIGN };
        assert!(!is_there_still(0.44, near, 0.35), "somebody stands beside where it was");
        assert!(!is_there_still(0.44, SIGN, 0.7), "somebody stands before it");
        assert!(!is_there_still(0.7, SIGN, 0.7), "it scored as people do, and could walk");
    }

    #[test]
    fn the_place_of_a_thing_is_where_it_is_most_of_the_time() {
        let mut furniture = Furniture::default();
        looks(&mut furniture, 1, 0..20, SIGN, 0.44);
        looks(&mut furniture, 1, 20..21, Bounds { y: 0.70, h: 0.11, w: 0.04, ..SIGN }, 0.44);
        let place = furniture.places[0].bounds;
        assert!(place.iou(&SIGN) > 0.8, "{place:?}");
    }
}
