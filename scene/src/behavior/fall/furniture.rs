//! Things that the detector takes for a person a little, again and again at the same place: a rock, a cone, a chair. Who
//! passes them and is lost there has not fallen onto them.

use crate::detection::{Class, Detection};
use crate::geometry::Bounds;
use crate::scene::Scene;
use crate::time::StreamTime;
use std::time::Duration;

/// The same place: intersection over union.
const SAME: f64 = 0.4;
/// What has not been found again for so long is forgotten.
const KEPT: Duration = Duration::from_secs(60);
/// Places remembered.
const MOST: usize = 96;
/// Found so often before somebody came.
const LOOKS: u32 = 2;

#[derive(Debug, Clone, Copy)]
struct Place {
    bounds: Bounds,
    first: StreamTime,
    last: StreamTime,
    looks: u32,
}

/// The furniture of one camera's picture.
#[derive(Debug, Default)]
pub(super) struct Furniture {
    places: Vec<Place>,
}

impl Furniture {
    /// Learns from what the detector found that is of no track.
    pub(super) fn learn(&mut self, scene: &Scene<'_>) {
        let of_nobody = |d: &&Detection| {
            d.class == Class::Person
                && scene.tracks.iter().all(|t| !t.seen || !t.moved || t.bounds.iou(&d.bounds) < 0.3)
        };
        for found in scene.detections.iter().filter(of_nobody) {
            match self.places.iter_mut().find(|place| place.bounds.iou(&found.bounds) > SAME) {
                Some(place) => {
                    place.last = scene.at;
                    place.looks = place.looks.saturating_add(1);
                }
                None => {
                    let (first, last) = (scene.at, scene.at);
                    self.places.push(Place { bounds: found.bounds, first, last, looks: 1 });
                }
            }
        }
        self.places.retain(|place| scene.at.since(place.last) < KEPT);
        if self.places.len() > MOST {
            self.places.sort_by_key(|place| std::cmp::Reverse(place.last));
            self.places.truncate(MOST);
        }
    }

    /// Something was found here again and again before `then`.
    pub(super) fn was_here(&self, bounds: &Bounds, then: StreamTime) -> bool {
        let before = |place: &Place| place.first < then && place.looks >= LOOKS;
        self.places.iter().any(|place| before(place) && place.bounds.iou(bounds) > SAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use crate::track::Track;

    const CHAIR: Bounds = Bounds::new(0.5, 0.6, 0.1, 0.2);

    fn at(secs: f64) -> StreamTime {
        StreamTime::from_secs(secs)
    }

    /// One look at which the detector finds these.
    fn learn(furniture: &mut Furniture, secs: f64, found: &[Bounds], tracks: &[Track]) {
        let detections: Vec<_> =
            found.iter().map(|&bounds| Detection { class: Class::Person, score: 0.3, bounds }).collect();
        furniture.learn(&Scene { detections: &detections, tracks, ..samples::scene(at(secs), 1.5) });
    }

    fn walker(bounds: Bounds, moved: bool) -> Track {
        Track { moved, ..samples::person(1, bounds) }
    }

    #[test]
    fn what_was_found_twice_before_is_furniture_and_what_came_later_is_not() {
        let mut furniture = Furniture::default();
        learn(&mut furniture, 1.0, &[CHAIR], &[]);
        assert!(!furniture.was_here(&CHAIR, at(5.0)), "once proves nothing");
        learn(&mut furniture, 3.0, &[Bounds { x: 0.51, ..CHAIR }], &[]);
        assert!(furniture.was_here(&CHAIR, at(5.0)));
        assert!(!furniture.was_here(&CHAIR, at(1.0)), "was not there yet");
        assert!(!furniture.was_here(&Bounds { x: 0.7, ..CHAIR }, at(5.0)), "is elsewhere");
    }

    #[test]
    fn who_walks_is_none_and_who_never_moved_is() {
        let mut furniture = Furniture::default();
        for look in 0..5 {
            learn(&mut furniture, f64::from(look), &[CHAIR], &[walker(CHAIR, true)]);
        }
        assert!(!furniture.was_here(&CHAIR, at(9.0)));
        for look in 5..8 {
            learn(&mut furniture, f64::from(look), &[CHAIR], &[walker(CHAIR, false)]);
        }
        assert!(furniture.was_here(&CHAIR, at(9.0)));
    }

    #[test]
    fn what_is_carried_away_is_forgotten() {
        let mut furniture = Furniture::default();
        learn(&mut furniture, 1.0, &[CHAIR], &[]);
        learn(&mut furniture, 2.0, &[CHAIR], &[]);
        learn(&mut furniture, 61.9, &[], &[]);
        assert!(furniture.was_here(&CHAIR, at(61.9)));
        learn(&mut furniture, 62.0, &[], &[]);
        assert!(!furniture.was_here(&CHAIR, at(62.0)));
    }

    #[test]
    fn of_very_many_places_the_latest_are_kept() {
        let mut furniture = Furniture::default();
        for place in 0..=MOST {
            let bounds = Bounds { x: place as f64, ..CHAIR };
            for later in [0.0, 0.1] {
                learn(&mut furniture, 0.2 * place as f64 + later, &[bounds], &[]);
            }
        }
        assert_eq!(furniture.places.len(), MOST);
        assert!(!furniture.was_here(&Bounds { x: 0.0, ..CHAIR }, at(50.0)));
        assert!(furniture.was_here(&Bounds { x: MOST as f64, ..CHAIR }, at(50.0)));
    }
}
