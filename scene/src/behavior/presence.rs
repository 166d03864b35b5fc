//! Who is in the zone, and since when. Shared by the behaviors that ask it.
//!
//! A track is in when its foot has been clearly inside with [inertia](super::steady), and its stay lasts until it has not been
//! inside for `grace`, be it outside, hidden or out of the picture. Time while nobody could look does not count as
//! absence. What has never moved since it was first found is furniture that the detector takes for a person: it is not
//! counted until it moves.

use super::steady::Steady;
use crate::geometry::{Bounds, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{State, Track};
use std::collections::BTreeMap;
use std::time::Duration;

/// Nearer inside the border than this, in own heights, is neither in nor out: a box is not more exact.
const BAND: f64 = 0.1;

/// A track is believed this long without a good detection. People score well now and then; what never does has
/// inherited the track of somebody who passed.
const UNSURE: Duration = Duration::from_secs(10);

/// A stay in the zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stay {
    /// First look inside.
    pub since: StreamTime,
    /// Last look inside.
    pub last_inside: StreamTime,
    /// The same on the clock of known time.
    known_inside: Duration,
    /// At its last look it was outside: gone, or only for a moment.
    pub outside: bool,
    /// Box and best score when last inside.
    pub bounds: Bounds,
    pub score: f32,
}

#[derive(Debug)]
struct Visitor {
    inside: Steady<bool>,
    /// Was confirmed, and has moved, at some time: may be spoken of.
    real: bool,
    /// Is somebody of whom that was known before under another number.
    resumed: bool,
    stay: Option<Stay>,
}

/// The visitors of one zone.
#[derive(Debug)]
pub(super) struct Presence {
    zone: Option<Zone>,
    grace: Duration,
    visitors: BTreeMap<u64, Visitor>,
    /// When the latest stay to end had its grace used up, on the clock of known time.
    expired: Duration,
}

impl Presence {
    /// No zone is the whole frame.
    pub(super) fn new(zone: Option<Zone>, grace: Duration) -> Self {
        Self { zone, grace, visitors: BTreeMap::new(), expired: Duration::ZERO }
    }

    pub(super) fn reset(&mut self) {
        self.visitors.clear();
        self.expired = Duration::ZERO;
    }

    pub(super) fn look(&mut self, scene: &Scene<'_>) {
        for track in scene.tracks.iter().filter(|track| track.seen && track.unsure < UNSURE) {
            self.look_at(track, scene);
        }
        let listed = |id: u64| scene.tracks.binary_search_by_key(&id, |track| track.id).is_ok();
        let (grace, expired) = (self.grace, &mut self.expired);
        self.visitors.retain(|&id, visitor| {
            if let Some(stay) = visitor.stay
                && scene.known.saturating_sub(stay.known_inside) >= grace
            {
                *expired = (stay.known_inside + grace).max(*expired);
                visitor.stay = None;
                visitor.inside = Steady::new();
            }
            visitor.stay.is_some() || listed(id)
        });
    }

    /// None when the foot is so near inside the border that it may be either way.
    fn is_inside(&self, track: &Track, scene: &Scene<'_>) -> Option<bool> {
        let Some(zone) = &self.zone else { return Some(true) };
        let foot = track.foot();
        if !zone.contains(foot) {
            return Some(false);
        }
        (zone.edge_distance(foot, scene.aspect) >= BAND * track.height).then_some(true)
    }

    fn look_at(&mut self, track: &Track, scene: &Scene<'_>) {
        let Some(inside) = self.is_inside(track, scene) else { return };
        let visitor = self.visitors.entry(track.id).or_insert_with(|| Visitor {
            inside: Steady::new(),
            real: false,
            resumed: false,
            stay: None,
        });
        if track.state == State::Confirmed {
            // it may turn out later that it only seemed to move
            visitor.real = track.moved || visitor.resumed;
        }
        let settled = visitor.inside.look(inside, scene);
        if let Some(stay) = &mut visitor.stay {
            stay.outside = !inside;
        }
        if !(inside && visitor.inside.value() == Some(true)) {
            return;
        }
        let since = match (visitor.stay, settled) {
            // Back within the grace: the stay goes on.
            (Some(stay), _) => stay.since,
            (None, Some(since)) => since,
            (None, None) => scene.at,
        };
        visitor.stay = Some(Stay {
            since,
            last_inside: scene.at,
            known_inside: scene.known,
            outside: false,
            bounds: track.bounds,
            score: track.best_score,
        });
    }

    /// Those who are in, by id: inside within the grace, confirmed, and no furniture.
    pub(super) fn stays(&self) -> impl Iterator<Item = (u64, &Stay)> {
        self.visitors
            .iter()
            .filter(|(_, visitor)| visitor.real)
            .filter_map(|(&id, visitor)| visitor.stay.as_ref().map(|stay| (id, stay)))
    }

    /// All who are in, by id: those too of whom it is not known yet whether they are people.
    pub(super) fn everybody(&self) -> impl Iterator<Item = (u64, &Stay)> {
        self.visitors.iter().filter_map(|(&id, visitor)| visitor.stay.as_ref().map(|stay| (id, stay)))
    }

    /// When the latest stay to end had its grace used up, on the clock of known time: that, and not the look that found
    /// it so, is the moment that further waiting counts from.
    pub(super) fn expired(&self) -> Duration {
        self.expired
    }

    /// Since when he stays, if he does and may be spoken of.
    pub(super) fn since(&self, id: u64) -> Option<StreamTime> {
        let visitor = self.visitors.get(&id).filter(|visitor| visitor.real)?;
        visitor.stay.map(|stay| stay.since)
    }

    /// He is the one who has stayed since then. False when he is not in (yet).
    pub(super) fn resume(&mut self, id: u64, since: StreamTime) -> bool {
        let Some(visitor) = self.visitors.get_mut(&id) else { return false };
        let Some(stay) = &mut visitor.stay else { return false };
        stay.since = since;
        (visitor.real, visitor.resumed) = (true, true);
        true
    }

    /// His stay goes on as somebody else's.
    pub(super) fn forget(&mut self, id: u64) {
        self.visitors.remove(&id);
    }

    /// The two may have changed places: from now on neither can have been here longer than the later of them.
    pub(super) fn mix(&mut self, one: u64, other: u64, at: StreamTime) {
        let since =
            |id: u64| self.visitors.get(&id).and_then(|visitor| visitor.stay).map_or(at, |stay| stay.since);
        let later = since(one).max(since(other));
        for id in [one, other] {
            if let Some(stay) = self.visitors.get_mut(&id).and_then(|visitor| visitor.stay.as_mut()) {
                stay.since = later;
            }
        }
    }

    /// It may have been another since then: the stay counts from that time, or from the next step inside.
    pub(super) fn restart(&mut self, id: u64, since: StreamTime) {
        if let Some(visitor) = self.visitors.get_mut(&id) {
            visitor.inside = Steady::new();
            visitor.stay = visitor
                .stay
                .filter(|stay| !stay.outside)
                .map(|stay| Stay { since: since.max(stay.since), ..stay });
        }
    }
}
