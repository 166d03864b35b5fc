//! What unit tests are made of.

use crate::detection::Class;
use crate::facts::{Closeup, Facts};
use crate::geometry::{Bounds, Point};
use crate::scene::{Evidence, Scene};
use crate::time::StreamTime;
use crate::track::{State, Track};
use std::collections::BTreeMap;
use std::time::Duration;

static NOTHING: Closeup =
    Closeup { poses: Vec::new(), turned: Vec::new(), attires: BTreeMap::new(), alike: BTreeMap::new() };

/// A look a fifth of a second after the one before, in which nothing is to be seen.
pub(crate) fn scene(at: StreamTime, aspect: f64) -> Scene<'static> {
    Scene {
        at,
        known: at.0,
        gap: Duration::from_millis(200),
        evidence: Evidence::Seen,
        aspect,
        ground: None,
        detections: &[],
        tracks: &[],
        mixups: &[],
        undecided: &[],
        facts: Facts::default(),
        closeup: &NOTHING,
    }
}

/// Somebody who is seen there, well, and has walked before.
pub(crate) fn person(id: u64, bounds: Bounds) -> Track {
    Track {
        id,
        class: Class::Person,
        state: State::Confirmed,
        seen: true,
        bounds,
        height: bounds.h,
        score: 0.7,
        best_score: 0.7,
        velocity: Point::default(),
        moved: true,
        unsure: Duration::ZERO,
        first_seen: StreamTime::ZERO,
        last_seen: StreamTime::ZERO,
    }
}
