//! Things that the detector takes for people and that never moved. A passer-by who hides one for a while may leave his
//! track to it: then the track is no longer his. What is too small for anybody has not moved because one who passed has
//! shaken its box, and if its track goes off with him it is no longer the thing's.

use super::{State, Track};
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
/// The same place: intersection over union.
const SAME: f64 = 0.5;
/// A person before it is found by so much a better score.
const BETTER: f32 = 0.1;

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
            // It can, so it was none.
            self.places.retain(|place| place.track != track.id);
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
        };
        match self.places.iter_mut().find(|known| known.bounds.iou(&track.bounds) > SAME) {
            Some(known) => *known = place,
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

    /// The track covers what was furniture before under another number.
    pub(super) fn is_under(&self, track: &Track) -> bool {
        let alike = |place: &Place| {
            place.bounds.iou(&track.bounds) > SAME && track.score <= place.best_score + BETTER
        };
        self.places.iter().any(|place| place.track != track.id && alike(place))
    }

    /// Forgets all places; how tall people are stays.
    pub(super) fn reset(&mut self) {
        self.places.clear();
    }
}
