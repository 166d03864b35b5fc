//! How well a detection fits a track, and when it cannot be it.
//!
//! Overlap alone fails at one or two looks a second: a walker is then a whole body further. So the measure is the
//! distance from the predicted place in body heights, within a reach that grows with the time since the track was
//! seen; overlap and size refine it. Reach is what a thing of its kind can do, never a number of frames.

use super::filter::Motion;
use crate::detection::Group;
use crate::geometry::{Bounds, Point};

/// What staying alone costs: more than any pair that is allowed.
pub(crate) const ALONE: f64 = 6.0;

/// A swap that costs no more than this is as likely as no swap.
pub(crate) const DOUBT: f64 = 0.4;

/// How a kind of thing moves and how far from its predicted place it may be found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub motion: Motion,
    /// In own heights: allowed at once.
    slack: f64,
    /// In own heights per second since last seen, when the speed is known …
    drift: f64,
    /// … and when it is not yet.
    unknown_drift: f64,
    /// In own heights: never further.
    furthest: f64,
}

/// How a group moves.
pub(crate) fn manner(group: Group) -> Manner {
    match group {
        // A walker makes 0.8 body heights a second, a runner 2 to 3.
        Group::Person => Manner {
            motion: Motion { speed: 1.0, agility: 0.6 },
            slack: 0.35,
            drift: 0.5,
            unknown_drift: 1.8,
            furthest: 2.0,
        },
        // 36 km/h are about 7 heights of a car a second.
        Group::Vehicle => Manner {
            motion: Motion { speed: 4.0, agility: 2.0 },
            slack: 0.5,
            drift: 1.5,
            unknown_drift: 6.0,
            furthest: 6.0,
        },
        Group::Belonging => Manner {
            motion: Motion { speed: 1.5, agility: 1.0 },
            slack: 0.5,
            drift: 1.0,
            unknown_drift: 2.5,
            furthest: 3.0,
        },
    }
}

/// What pairing needs to know of a track.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Where it should be now.
    pub bounds: Bounds,
    /// Where it was last seen.
    pub last: Bounds,
    /// Area of its box when it was last found by a detection that was not weak.
    pub strong_area: f64,
    /// Frame heights per second when it was last seen.
    pub velocity: Point,
    /// Seconds since it was last seen.
    pub age: f64,
    /// It was not found at a look since.
    pub missed: bool,
    /// Seen often enough to have a speed.
    pub speed_known: bool,
    pub manner: Manner,
}

/// Seconds unseen after which taking a track up again needs more proof.
const LOST_AGE: f64 = 0.5;
/// A weak detection's area differs from the last good one's by this factor at most.
const STRICT_AREA: f64 = 1.8;
/// No track is kept this long unseen, unless nobody could look.
const BLIND_AGE: f64 = 5.0;

/// Cost of the pair, `INFINITY` when it cannot be. `strict` for detections of low score: garbage is often near.
pub(crate) fn cost(expected: &Expected, found: &Bounds, aspect: f64, strict: bool) -> f64 {
    let manner = &expected.manner;
    let scale = expected.bounds.h.max(found.h);
    let drift = if expected.speed_known { manner.drift } else { manner.unknown_drift };
    // After long blindness only what still stands where it stood is believed to be the same.
    let growth = if expected.age > BLIND_AGE { 0.0 } else { drift * expected.age };
    let reach = (manner.slack + growth).min(manner.furthest) * if strict { 0.6 } else { 1.0 };
    // Of a person behind a hedge only the upper half is seen, of one behind a branch only the lower.
    let foot = |b: &Bounds| Point::new(b.x + b.w / 2.0, b.y + b.h);
    let heads = expected.bounds.head().distance(found.head(), aspect);
    let feet = foot(&expected.bounds).distance(foot(found), aspect);
    let distance = heads.min(feet) / scale;
    // Who walked may have stopped: anywhere on the way is within reach, though less likely.
    let last = &expected.last;
    let heads_way = found.head().distance_to_segment(last.head(), expected.bounds.head(), aspect);
    let feet_way = foot(found).distance_to_segment(foot(last), foot(&expected.bounds), aspect);
    let off_way = if strict { distance } else { heads_way.min(feet_way) / scale };
    if off_way > reach {
        return f64::INFINITY;
    }
    if has_left(expected, found, aspect) {
        return f64::INFINITY;
    }
    let taken_up = expected.age > LOST_AGE && expected.speed_known;
    let odd = (expected.bounds.h / found.h).ln().abs();
    let oddest: f64 = if taken_up { 1.5 } else { 2.2 };
    if odd > oddest.ln() || (taken_up && turned_back(expected, found, aspect, scale)) {
        return f64::INFINITY;
    }
    let apart = 1.0 - expected.bounds.iou(found);
    // A person who falls keeps his area; a shred of wall at the edge of the picture does not have it.
    let shrunk = (expected.strong_area / found.area()).ln().abs();
    if strict && (apart > 0.8 || shrunk > STRICT_AREA.ln()) {
        return f64::INFINITY;
    }
    (distance / reach).min(3.0) + 0.8 * odd / oddest.ln() + 0.5 * apart + 0.3 * expected.age.min(2.0)
}

/// Somebody who was about to leave the picture is gone, unless what is found went on in his direction: where one leaves
/// another often enters.
fn has_left(expected: &Expected, found: &Bounds, aspect: f64) -> bool {
    let (there, v) = (&expected.bounds, &expected.velocity);
    let middle = there.centre();
    let middle_out = !(0.0..=1.0).contains(&middle.x) || !(0.0..=1.0).contains(&middle.y);
    // Within a short time jitter outweighs the way.
    let way = v.x.hypot(v.y) * expected.age;
    let far = expected.missed || way > 0.3 * there.h;
    // The part of him that is left in the picture moves at half his speed.
    (middle_out || (far && leaves_frame(there, v, aspect))) && advance(expected, found, aspect) < 0.25 * way
}

/// Touches the frame's edge and moves outwards.
pub(crate) fn leaves_frame(bounds: &Bounds, velocity: &Point, aspect: f64) -> bool {
    let enough = 0.15 * bounds.h;
    let margin = 0.01;
    (bounds.x < margin / aspect && velocity.x < -enough)
        || (bounds.x + bounds.w > 1.0 - margin / aspect && velocity.x > enough)
        || (bounds.y < margin && velocity.y < -enough)
        || (bounds.y + bounds.h > 1.0 - margin && velocity.y > enough)
}

/// How far what is found lies from where the track was last seen, in the direction in which it went; frame heights.
fn advance(expected: &Expected, found: &Bounds, aspect: f64) -> f64 {
    let speed = expected.velocity.x.hypot(expected.velocity.y).max(1e-9);
    let (then, now) = (expected.last.head(), found.head());
    let (dx, dy) = ((now.x - then.x) * aspect, now.y - then.y);
    (dx * expected.velocity.x + dy * expected.velocity.y) / speed
}

/// Somebody who walked that way is found behind the place where he was last seen: that is somebody else.
fn turned_back(expected: &Expected, found: &Bounds, aspect: f64, scale: f64) -> bool {
    let speed = expected.velocity.x.hypot(expected.velocity.y) / scale;
    speed >= 0.4 && advance(expected, found, aspect) < -0.15 * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walker(age: f64, speed_known: bool) -> Expected {
        let bounds = Bounds::new(0.5, 0.4, 0.1, 0.2);
        Expected {
            bounds,
            last: bounds,
            strong_area: bounds.area(),
            velocity: Point::new(0.16, 0.0),
            age,
            missed: age > 0.5,
            speed_known,
            manner: manner(Group::Person),
        }
    }

    fn moved(dx: f64) -> Bounds {
        Bounds::new(0.5 + dx, 0.4, 0.1, 0.2)
    }

    #[test]
    fn a_step_at_low_rate_is_within_reach_and_a_leap_is_not() {
        // No overlap at all after 0.8 s, and yet the same person.
        assert!(cost(&walker(0.8, false), &moved(0.15), 1.0, false).is_finite());
        assert!(cost(&walker(0.04, true), &moved(0.15), 1.0, false).is_infinite());
        assert!(cost(&walker(2.0, true), &moved(0.4), 1.0, false).is_infinite());
    }

    #[test]
    fn nearer_and_fresher_is_cheaper() {
        let fresh = walker(0.2, true);
        assert!(cost(&fresh, &moved(0.01), 1.0, false) < cost(&fresh, &moved(0.04), 1.0, false));
        assert!(cost(&fresh, &moved(0.02), 1.0, false) < cost(&walker(1.5, true), &moved(0.02), 1.0, false));
        assert!(cost(&walker(2.0, true), &moved(0.1), 1.0, false) < ALONE);
    }

    #[test]
    fn a_lost_walker_does_not_come_back_as_a_child_or_from_behind() {
        let lost = walker(1.5, true);
        assert!(cost(&lost, &moved(0.02), 1.0, false).is_finite());
        assert!(cost(&lost, &moved(-0.06), 1.0, false).is_infinite());
        let child = Bounds::new(0.5, 0.47, 0.06, 0.12);
        assert!(cost(&lost, &child, 1.0, false).is_infinite());
    }

    #[test]
    fn half_hidden_is_still_there() {
        let legs_hidden = Bounds::new(0.5, 0.4, 0.1, 0.11);
        assert!(cost(&walker(0.2, true), &legs_hidden, 1.0, false).is_finite());
    }
}
