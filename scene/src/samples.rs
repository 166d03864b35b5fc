//! What unit tests are made of.

use crate::detection::Class;
use crate::geometry::{Bounds, Point};
use crate::time::StreamTime;
use crate::track::{State, Track};
use std::time::Duration;

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
