//! Two who meet: did they go on, or may they have changed places?
//!
//! While they are at one place their boxes cannot tell. If both were walking, each on his own way, they can soon be told
//! again: whoever is found where he would have been without the meeting is who he was, because who turns round loses time.
//! Where one stands or both walk together it stays open: one may stop where the other stood and now walks on.

use super::Track;
use crate::geometry::Point;
use crate::time::StreamTime;
use std::time::Duration;

/// Both walk: own heights per second at least, …
const WALKS_BH_S: f64 = 0.3;
/// … and so much faster away from each other; two walkers who come from opposite sides make 1.6.
const APART_BH_S: f64 = 0.8;
/// They must be told again within this time.
const WITHIN: Duration = Duration::from_millis(1200);
/// Each is found no further than this from where he would be, in own heights, …
const ON_HIS_WAY: f64 = 0.35;
/// … and the other way round both together would be so much further away.
const OTHERWISE: f64 = 0.8;

/// How one of them was going.
#[derive(Debug, Clone, Copy)]
struct Course {
    id: u64,
    at: StreamTime,
    centre: Point,
    velocity: Point,
    height: f64,
}

impl Course {
    fn of(track: &Track) -> Self {
        Self {
            id: track.id,
            at: track.last_seen,
            centre: track.bounds.centre(),
            velocity: track.velocity,
            height: track.height.max(1e-3),
        }
    }

    /// How far from where he would be now the track is, in own heights.
    fn off(&self, track: &Track, aspect: f64) -> f64 {
        let secs = track.last_seen.since(self.at).as_secs_f64();
        let there = Point::new(
            self.centre.x + self.velocity.x * secs / aspect,
            self.centre.y + self.velocity.y * secs,
        );
        there.distance(track.bounds.centre(), aspect) / self.height
    }
}

/// What has become of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Not to be told yet.
    Open,
    /// Each went on.
    WentOn,
    /// Nobody can tell who is who.
    Mixed,
}

#[derive(Debug, Clone, Copy)]
struct Meeting {
    began: StreamTime,
    one: Course,
    other: Course,
}

impl Meeting {
    fn pair(&self) -> (u64, u64) {
        (self.one.id, self.other.id)
    }

    fn outcome(&self, at: StreamTime, tracks: (Option<&Track>, Option<&Track>), aspect: f64) -> Outcome {
        if let (Some(one), Some(other)) = tracks
            && one.last_seen == at
            && other.last_seen == at
        {
            let (mine, his) = (self.one.off(one, aspect), self.other.off(other, aspect));
            let swapped = self.one.off(other, aspect) + self.other.off(one, aspect);
            if mine.max(his) <= ON_HIS_WAY && swapped - mine - his >= OTHERWISE {
                return Outcome::WentOn;
            }
        }
        if at.since(self.began) > WITHIN { Outcome::Mixed } else { Outcome::Open }
    }
}

/// The meetings that are not decided yet.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    open: Vec<Meeting>,
    pairs: Vec<(u64, u64)>,
}

impl Meetings {
    pub(super) fn reset(&mut self) {
        self.open.clear();
        self.pairs.clear();
    }

    /// The pairs, smaller id first.
    pub(super) fn open(&self) -> &[(u64, u64)] {
        &self.pairs
    }

    /// The two, as they were at the look before, are too near each other at this one to be told apart. True when they will
    /// not be told later either.
    pub(super) fn begin(&mut self, at: StreamTime, one: &Track, other: &Track) -> bool {
        if self.open.iter().any(|meeting| meeting.pair() == (one.id, other.id)) {
            return false;
        }
        let apart = (one.velocity.x - other.velocity.x).hypot(one.velocity.y - other.velocity.y);
        let walk = one.speed_bh_s().min(other.speed_bh_s()) >= WALKS_BH_S;
        if !walk || apart < APART_BH_S * one.height.max(other.height) {
            return true;
        }
        self.open.push(Meeting { began: at, one: Course::of(one), other: Course::of(other) });
        false
    }

    /// After a look: pairs that have not been told again in time.
    pub(super) fn look<'a>(
        &mut self,
        at: StreamTime,
        aspect: f64,
        track: impl Fn(u64) -> Option<&'a Track>,
    ) -> Vec<(u64, u64)> {
        let mut mixed = Vec::new();
        self.open.retain(|meeting| {
            let (one, other) = (track(meeting.one.id), track(meeting.other.id));
            let outcome = meeting.outcome(at, (one, other), aspect);
            if outcome == Outcome::Mixed {
                mixed.push(meeting.pair());
            }
            outcome == Outcome::Open
        });
        self.pairs.clear();
        self.pairs.extend(self.open.iter().map(Meeting::pair));
        mixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Bounds;
    use crate::samples;

    /// Somebody .2 tall at this place and speed, in his heights per second.
    fn walker(id: u64, secs: f64, x: f64, speed_bh_s: f64) -> Track {
        let bounds = Bounds::new(x - 0.05, 0.4, 0.1, 0.2);
        let velocity = Point::new(speed_bh_s * bounds.h, 0.0);
        Track { velocity, last_seen: StreamTime::from_secs(secs), ..samples::person(id, bounds) }
    }

    /// Two meet at .5 with these speeds; half a second later they are found here, and never again.
    fn went_on(speeds: [f64; 2], found: [f64; 2]) -> bool {
        let mut meetings = Meetings::default();
        let before = |id: u64, speed: f64| walker(id, 0.8, 0.5 - 0.2 * 0.2 * speed, speed);
        let at = StreamTime::from_secs;
        if meetings.begin(at(1.0), &before(1, speeds[0]), &before(2, speeds[1])) {
            return false;
        }
        let now = [walker(1, 1.5, found[0], 0.0), walker(2, 1.5, found[1], 0.0)];
        assert!(
            meetings.look(at(1.5), 1.0, |id| now.iter().find(|t| t.id == id)).is_empty(),
            "too early to give up"
        );
        meetings.look(at(2.3), 1.0, |_| None) != [(1, 2)]
    }

    #[test]
    fn who_goes_on_is_who_he_was() {
        assert!(went_on([0.8, -0.8], [0.58, 0.42]));
        assert!(went_on([0.8, -0.5], [0.6, 0.46]), "not quite as fast");
    }

    #[test]
    fn who_turns_round_may_be_the_other() {
        // their numbers have gone straight on, but too late
        assert!(!went_on([0.8, -0.8], [0.52, 0.48]));
        assert!(!went_on([0.8, -0.8], [0.42, 0.58]));
    }

    #[test]
    fn where_one_stands_or_both_go_together_it_stays_open() {
        assert!(!went_on([0.8, 0.0], [0.58, 0.5]));
        assert!(!went_on([0.8, 0.7], [0.58, 0.57]));
    }
}
