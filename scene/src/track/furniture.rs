//! Things that the detector takes for people and that never moved. A passer-by who hides one for a while may leave his
//! track to it: then the track is no longer his.

use super::{State, Track};
use crate::geometry::Bounds;
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

#[derive(Debug, Clone, Copy)]
struct Place {
    bounds: Bounds,
    /// The latest track of it.
    track: u64,
    best_score: f32,
    last: StreamTime,
}

/// The furniture of one camera's picture.
#[derive(Debug, Default)]
pub(super) struct Furniture {
    places: Vec<Place>,
}

impl Furniture {
    /// Learns from a track that was found at this look.
    pub(super) fn learn(&mut self, track: &Track) {
        let (at, stood) = (track.last_seen, track.last_seen.since(track.first_seen));
        if track.moved {
            // It can, so it was none.
            self.places.retain(|place| place.track != track.id);
            return;
        }
        if track.state != State::Confirmed || stood < STOOD {
            return;
        }
        let place = Place { bounds: track.bounds, track: track.id, best_score: track.best_score, last: at };
        match self.places.iter_mut().find(|known| known.bounds.iou(&track.bounds) > SAME) {
            Some(known) => *known = place,
            None => self.places.push(place),
        }
        self.places.retain(|place| at.since(place.last) < KEPT);
        let surplus = self.places.len().saturating_sub(MOST);
        self.places.drain(..surplus);
    }

    /// The track covers what was furniture before under another number.
    pub(super) fn is_under(&self, track: &Track) -> bool {
        let alike = |place: &Place| {
            place.bounds.iou(&track.bounds) > SAME && track.score <= place.best_score + BETTER
        };
        self.places.iter().any(|place| place.track != track.id && alike(place))
    }

    pub(super) fn reset(&mut self) {
        self.places.clear();
    }
}
