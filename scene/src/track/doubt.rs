//! People whom the detector is not sure of.
//!
//! Against the light or in dark clothes a person may score too little to begin a track for as long as he is in view. His
//! joints tell him from furniture: who has the joints of an upright person gets his track.

use crate::detection::{Detection, Group};
use crate::geometry::Bounds;
use crate::time::StreamTime;
use std::time::Duration;

/// Below this nearly all is furniture.
const LEAST_SCORE: f32 = 0.2;
/// Smaller ones have no joints to be seen, in frame heights.
const LEAST_HEIGHT: f64 = 0.15;
/// Asked about at one look.
const ASKED: usize = 1;
/// What was found to be nobody is not asked about again for so long.
const REFUSED: Duration = Duration::from_secs(10);
/// Places remembered.
const MOST_REFUSED: usize = 32;

/// Detections that might be people.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// Of this look, largest first.
    now: Vec<Detection>,
    /// What was nobody, and when that was found.
    refused: Vec<(StreamTime, Bounds)>,
}

impl Doubts {
    /// Begins a look.
    pub(super) fn clear(&mut self) {
        self.now.clear();
    }

    pub(super) fn reset(&mut self) {
        self.now.clear();
        self.refused.clear();
    }

    /// Left over at this look: of no track, and too weak to begin one.
    pub(super) fn consider(&mut self, at: StreamTime, detection: &Detection) {
        let bounds = &detection.bounds;
        self.refused.retain(|(when, _)| at.since(*when) < REFUSED);
        let known = self.refused.iter().any(|(_, refused)| refused.iou(bounds) > 0.5);
        let person = detection.class.group() == Group::Person && detection.score >= LEAST_SCORE;
        if person && bounds.h >= LEAST_HEIGHT && !known {
            self.now.push(*detection);
        }
    }

    /// Whom to ask about.
    pub(super) fn asked(&mut self) -> &[Detection] {
        self.now.sort_by(|a, b| b.bounds.area().total_cmp(&a.bounds.area()));
        self.now.truncate(ASKED);
        &self.now
    }

    /// It is nobody.
    pub(super) fn refuse(&mut self, at: StreamTime, bounds: Bounds) {
        if self.refused.len() >= MOST_REFUSED {
            self.refused.remove(0);
        }
        self.refused.push((at, bounds));
    }
}
