//! What speaks for somebody who goes too fast for optical flow.
//!
//! Flow follows what overlaps with itself from look to look. Who goes further than his own width meanwhile leaves it without
//! anything to follow, and what it says then is chance. Then his steps themselves must be beyond doubt: all of them
//! well found, alike, with nobody near whom his track could have slipped to, over pixels that change.

use super::runner::Step;
use crate::detection::{Class, Detection};
use crate::facts::Flow;
use crate::geometry::{Bounds, Point};
use crate::scene::Scene;
use crate::track::Track;
use std::collections::VecDeque;

/// Flow follows steps up to this part of his width.
const FOLLOWED: f64 = 0.8;
/// Whose track can be his at the next look is within so many of his heights.
const NEAR: f64 = 1.5;
/// Each step differs from their mean by no more than this part of it.
const ALIKE: f64 = 0.4;
/// Of the pixels in his box at least this share changes at each look.
const CHANGED: f64 = 0.25;
/// Whom a two-wheeler is found with, by this score, rides it …
const TWO_WHEELER: f32 = 0.2;
/// … and it is his when so much of it lies within his box.
const HIS: f64 = 0.2;

/// What one look says for or against it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Stride {
    /// Well found, and nobody else is near.
    clear: bool,
    /// Share of the pixels in his box that change.
    changed: f64,
    /// On a bicycle or motorcycle.
    rides: bool,
}

impl Stride {
    pub(super) fn of(track: &Track, scene: &Scene<'_>) -> Self {
        let near = |other: &Track| {
            other.foot().distance(track.foot(), scene.aspect) < NEAR * track.height.max(other.height)
        };
        let mut others = scene.tracks.iter().filter(|other| other.seen && other.id != track.id);
        Self {
            clear: track.unsure.is_zero() && !others.any(near),
            changed: scene.facts.flow.map_or(0.0, |flow| changed(flow, &track.bounds)),
            rides: scene.detections.iter().any(|found| is_his_two_wheeler(found, &track.bounds)),
        }
    }
}

fn is_his_two_wheeler(found: &Detection, person: &Bounds) -> bool {
    matches!(found.class, Class::Bicycle | Class::Motorcycle)
        && found.score >= TWO_WHEELER
        && found.bounds.overlap(person) > HIS * found.bounds.area()
}

/// Share of what is in the box that moves.
fn changed(flow: &Flow, bounds: &Bounds) -> f64 {
    let (sum, count) = flow.within(*bounds).fold((0.0, 0.0), |(sum, count), (_, cell)| (sum + cell.moving, count + 1.0));
    sum / f64::max(count, 1.0)
}

/// He rides.
pub(super) fn rides(steps: &VecDeque<Step>) -> bool {
    steps.iter().any(|step| step.stride.rides)
}

/// His steps are too long for flow, and beyond doubt.
pub(super) fn are_beyond_doubt(steps: &VecDeque<Step>, aspect: f64) -> bool {
    let pairs = || steps.iter().zip(steps.iter().skip(1));
    let velocity = |(a, b): (&Step, &Step)| {
        let secs = b.at.since(a.at).as_secs_f64().max(1e-3);
        let (from, to) = (a.bounds.centre(), b.bounds.centre());
        Point::new((to.x - from.x) * aspect / secs, (to.y - from.y) / secs)
    };
    let too_long = |(a, b): (&Step, &Step)| {
        let width = a.bounds.w.max(b.bounds.w) * aspect;
        a.bounds.centre().distance(b.bounds.centre(), aspect) > FOLLOWED * width
    };
    let count = f64::from(u32::try_from(pairs().count()).unwrap_or(u32::MAX)).max(1.0);
    let sum = pairs().map(velocity).fold(Point::default(), |sum, v| Point::new(sum.x + v.x, sum.y + v.y));
    let mean = Point::new(sum.x / count, sum.y / count);
    let alike = |v: Point| (v.x - mean.x).hypot(v.y - mean.y) <= ALIKE * mean.x.hypot(mean.y);
    steps.iter().all(|step| step.stride.clear && step.stride.changed >= CHANGED)
        && pairs().all(|pair| too_long(pair) && alike(velocity(pair)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behavior::running::runner::Runners;
    use crate::facts::{Facts, FlowCell};
    use crate::samples;
    use crate::time::StreamTime;

    const ASPECT: f64 = 1.5;
    const HEIGHT: f64 = 0.2;

    /// At one look: somebody, what moves in all of the picture, who else is there, and what else is found.
    #[derive(Clone)]
    struct Seen {
        runner: Track,
        flow: Point,
        moving: f64,
        other: Option<Track>,
        found: Option<Detection>,
    }

    /// Who goes to the right at so many heights a second, as flow does not see it; whether he is told to run.
    fn told(speed_bh_s: f64, change: impl Fn(usize, &mut Seen)) -> bool {
        let mut runners = Runners::default();
        (0..6).any(|look| {
            let secs = 0.2 * look as f64;
            let bounds = Bounds::new(0.1 + speed_bh_s * HEIGHT * secs / ASPECT, 0.5, 0.06, HEIGHT);
            let runner = samples::person(1, bounds);
            let mut seen = Seen { runner, flow: Point::new(0.0, 0.3), moving: 0.45, other: None, found: None };
            change(look, &mut seen);
            let cell = FlowCell { velocity: seen.flow, moving: seen.moving };
            let flow = Flow { columns: 60, rows: 40, cells: vec![cell; 2400] };
            let tracks: Vec<Track> = std::iter::once(seen.runner).chain(seen.other).collect();
            let detections: Vec<Detection> = seen.found.into_iter().collect();
            let facts = Facts { flow: Some(&flow), ..Facts::default() };
            let at = StreamTime::from_secs(secs);
            let scene = Scene { tracks: &tracks, detections: &detections, facts, ..samples::scene(at, ASPECT) };
            runners.look(&scene, None, 1.6).is_some()
        })
    }

    #[test]
    fn steps_that_flow_cannot_follow_are_believed_when_they_are_beyond_doubt() {
        assert!(told(2.7, |_, _| {}));
        assert!(!told(1.7, |_, _| {}), "his pixels overlap from look to look, and flow denies it");
        assert!(!told(2.7, |_, seen| seen.moving = 0.1), "nothing changes there");
        assert!(!told(2.7, |look, seen| seen.runner.unsure = std::time::Duration::from_millis(200 * (look as u64 % 3))));
        let jump = |look: usize, seen: &mut Seen| seen.runner.bounds.x += if look % 3 == 2 { 0.06 } else { 0.0 };
        assert!(!told(2.7, jump), "steps of very different length");
    }

    #[test]
    fn whose_track_may_have_slipped_to_somebody_near_is_not_believed() {
        let beside = |off: f64| {
            move |_: usize, seen: &mut Seen| {
                let bounds = Bounds { x: seen.runner.bounds.x + off, ..seen.runner.bounds };
                seen.other = Some(samples::person(2, bounds));
            }
        };
        assert!(!told(2.7, beside(0.15)));
        assert!(told(2.7, beside(0.25)));
    }

    #[test]
    fn who_rides_a_two_wheeler_does_not_run_however_sure_flow_is() {
        let bicycle = |class, score| {
            move |look: usize, seen: &mut Seen| {
                seen.flow = Point::new(2.7 * HEIGHT, 0.0);
                let under = Bounds { y: 0.6, h: 0.12, x: seen.runner.bounds.x - 0.02, w: 0.1 };
                seen.found = (look == 3).then_some(Detection { class, score, bounds: under });
            }
        };
        assert!(!told(2.7, bicycle(Class::Bicycle, 0.3)));
        assert!(!told(2.7, bicycle(Class::Motorcycle, 0.3)));
        assert!(told(2.7, bicycle(Class::Bicycle, 0.15)), "hardly one");
        assert!(told(2.7, bicycle(Class::Umbrella, 0.6)));
    }
}
