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
