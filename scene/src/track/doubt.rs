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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::Class;

    fn weak(score: f32, x: f64, h: f64) -> Detection {
        Detection { class: Class::Person, score, bounds: Bounds::new(x, 0.3, 0.1, h) }
    }

    fn at(secs: f64) -> StreamTime {
        StreamTime::from_secs(secs)
    }

    /// Places of those who are asked about at one look.
    fn asked(doubts: &mut Doubts, secs: f64, found: &[Detection]) -> Vec<f64> {
        doubts.clear();
        for detection in found {
            doubts.consider(at(secs), detection);
        }
        doubts.asked().iter().map(|doubt| doubt.bounds.x).collect()
    }

    #[test]
    fn the_largest_is_asked_about_and_the_next_look_begins_anew() {
        let mut doubts = Doubts::default();
        let found = [weak(0.3, 0.1, 0.2), weak(0.25, 0.5, 0.4), weak(0.4, 0.8, 0.3)];
        assert_eq!(asked(&mut doubts, 1.0, &found), [0.5]);
        assert!(asked(&mut doubts, 1.2, &[]).is_empty());
    }

    #[test]
    fn what_is_too_weak_too_small_or_no_person_is_not() {
        let bag = Detection { class: Class::Handbag, ..weak(0.4, 0.1, 0.3) };
        let found = [weak(0.15, 0.1, 0.3), weak(0.4, 0.5, 0.1), bag];
        assert!(asked(&mut Doubts::default(), 1.0, &found).is_empty());
    }

    #[test]
    fn what_was_nobody_is_left_alone_for_a_while() {
        let mut doubts = Doubts::default();
        let chair = weak(0.3, 0.1, 0.3);
        doubts.refuse(at(1.0), chair.bounds);
        assert!(asked(&mut doubts, 1.2, &[chair]).is_empty());
        // Somebody elsewhere, though smaller, has his turn.
        assert_eq!(asked(&mut doubts, 1.4, &[chair, weak(0.3, 0.6, 0.2)]), [0.6]);
        assert!(asked(&mut doubts, 10.9, &[chair]).is_empty());
        assert_eq!(asked(&mut doubts, 11.0, &[chair]), [0.1]);
        doubts.refuse(at(11.0), chair.bounds);
        doubts.reset();
        assert_eq!(asked(&mut doubts, 11.2, &[chair]), [0.1]);
    }

    #[test]
    fn no_more_than_so_many_places_are_remembered() {
        let mut doubts = Doubts::default();
        for place in 0..=MOST_REFUSED {
            doubts.refuse(at(1.0), Bounds::new(0.2 * place as f64, 0.3, 0.1, 0.3));
        }
        assert_eq!(doubts.refused.len(), MOST_REFUSED);
        assert_eq!(asked(&mut doubts, 1.2, &[weak(0.3, 0.0, 0.3)]), [0.0], "the oldest is forgotten");
        assert!(asked(&mut doubts, 1.2, &[weak(0.3, 0.2, 0.3)]).is_empty());
    }
}
