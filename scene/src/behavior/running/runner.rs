//! One person who runs: a track that goes fast, straight on and whole, over pixels that go with it.

use super::Fast;
use super::strides::{Stride, are_beyond_doubt, rides};
use crate::facts::Flow;
use crate::geometry::{Bounds, Ground, Point, STATURE_M, Zone};
use crate::scene::Scene;
use crate::time::StreamTime;
use crate::track::{State, Track};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Speed is measured over this long: a box jitters by a tenth of a body height from look to look.
const WINDOW: Duration = Duration::from_millis(600);
/// And over this many looks.
const LOOKS: usize = 4;
/// A window that spans more than this has a hole in it.
const WIDEST: Duration = Duration::from_millis(1500);
/// Straight on: the way between the ends / the way from look to look.
const STRAIGHT: f64 = 0.8;
/// The height of the box may change by this factor within the window: more is another person, or half of him.
const SAME_SIZE: f64 = 1.3;
/// Flow that speaks for it, in parts of the speed of the track …
const FLOW_SHARE: f64 = 0.4;
/// … and its direction: cosine of the angle between them.
const FLOW_ALONG: f64 = 0.7;

/// Whose box meets another's by more than this, by intersection over union, may be the other at the next look.
const APART: f64 = 0.15;

/// Smaller people jitter as fast as they go, frame heights.
const LEAST_HEIGHT: f64 = 0.1;

/// Where somebody was at one look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub at: StreamTime,
    pub bounds: Bounds,
    /// Mean flow of what moves in his box, frame heights per second; none when nothing was measured.
    flow: Option<Point>,
    pub stride: Stride,
}

/// What ways are measured by where the ground is known.
#[derive(Debug, Clone, Copy)]
struct Yard<'a> {
    ground: &'a Ground,
    /// How far somebody goes within the window who only just runs.
    about_m: f64,
}

/// Everybody's last steps.
#[derive(Debug, Default)]
pub(super) struct Runners {
    steps: BTreeMap<u64, VecDeque<Step>>,
}

impl Runners {
    /// Those who run at this look.
    pub(super) fn look(&mut self, scene: &Scene<'_>, zone: Option<&Zone>, speed_bh_s: f64) -> Option<Fast> {
        let listed = |id: &u64| scene.tracks.binary_search_by_key(id, |t| t.id).is_ok();
        self.steps.retain(|id, _| listed(id));
        for &(one, other) in scene.mixups {
            self.steps.remove(&one);
            self.steps.remove(&other);
        }
        if scene.facts.flow.is_some_and(Flow::is_of_camera) {
            self.steps.clear();
            return None;
        }
        let about_m = speed_bh_s * STATURE_M * WINDOW.as_secs_f64();
        let yard = scene.ground.map(|ground| Yard { ground, about_m });
        let mut fast: Option<Fast> = None;
        for track in scene.tracks.iter().filter(|t| t.seen && is_whole_person(t)) {
            let flow = scene.facts.flow.and_then(|flow| flow_in(flow, &track.bounds));
            let steps = self.steps.entry(track.id).or_default();
            if !is_apart(track, scene) {
                steps.clear();
            }
            let stride = Stride::of(track, scene);
            steps.push_back(Step { at: scene.at, bounds: track.bounds, flow, stride });
            while steps.len() > LOOKS && steps.get(1).is_some_and(|s| scene.at.since(s.at) >= WINDOW) {
                steps.pop_front();
            }
            let inside = zone.is_none_or(|zone| zone.contains(track.foot()));
            let speed = speed(steps, scene.aspect, yard);
            let Some(speed) = speed.filter(|&speed| speed >= speed_bh_s && inside) else {
                continue;
            };
            let since = steps.front().map_or(scene.at, |s| s.at);
            fast = Some(join(fast, track, since, speed));
        }
        fast
    }
}

fn is_whole_person(track: &Track) -> bool {
    track.state == State::Confirmed && track.moved && track.height >= LEAST_HEIGHT
}

fn is_apart(track: &Track, scene: &Scene<'_>) -> bool {
    let mut others = scene.tracks.iter().filter(|other| other.seen && other.id != track.id);
    others.all(|other| other.bounds.iou(&track.bounds) <= APART)
}

fn join(fast: Option<Fast>, track: &Track, since: StreamTime, speed_bh_s: f64) -> Fast {
    let mut fast = fast.unwrap_or(Fast {
        since,
        tracks: Vec::new(),
        bounds: track.bounds,
        score: track.score,
        speed_bh_s,
    });
    fast.since = fast.since.min(since);
    fast.tracks.push(track.id);
    fast.bounds = fast.bounds.union(&track.bounds);
    fast.score = fast.score.max(track.score);
    fast.speed_bh_s = fast.speed_bh_s.max(speed_bh_s);
    fast
}

/// Speed over the window, body heights per second; none when it is not to be believed. A body height is that of the box,
/// or, where the ground can be measured, that of a standing adult.
fn speed(steps: &VecDeque<Step>, aspect: f64, yard: Option<Yard<'_>>) -> Option<f64> {
    let (first, last) = (steps.front()?, steps.back()?);
    let span = last.at.since(first.at);
    if steps.len() < LOOKS || span < WINDOW || span > WIDEST {
        return None;
    }
    let heights = || steps.iter().map(|s| s.bounds.h);
    let (lowest, highest) = (heights().fold(f64::MAX, f64::min), heights().fold(0.0, f64::max));
    if highest > SAME_SIZE * lowest || steps.iter().any(|s| is_cut(&s.bounds)) {
        return None;
    }
    let way = |a: &Step, b: &Step, of: fn(&Bounds) -> Point| of(&a.bounds).distance(of(&b.bounds), aspect);
    // Half hidden, either the head or the feet stay where they are.
    let net = way(first, last, Bounds::head).min(way(first, last, Bounds::foot));
    let path: f64 = steps.iter().zip(steps.iter().skip(1)).map(|(a, b)| way(a, b, Bounds::centre)).sum();
    let way_m = yard.and_then(|yard| yard.ground.apart_m(&first.bounds, &last.bounds, yard.about_m));
    // Of somebody who comes nearer feet go further than the head; then only the middle is to go straight on.
    let straight = if way_m.is_some() { way(first, last, Bounds::centre) } else { net };
    if straight < STRAIGHT * path {
        return None;
    }
    let per_second = net / span.as_secs_f64();
    let (a, b) = (first.bounds.centre(), last.bounds.centre());
    let along = Point::new((b.x - a.x) * aspect, b.y - a.y);
    let speed_bh_s = way_m.map_or(per_second / highest, |way_m| way_m / STATURE_M / span.as_secs_f64());
    let believed = goes_with(steps, along, per_second) || are_beyond_doubt(steps, aspect);
    (believed && !rides(steps)).then_some(speed_bh_s)
}

/// Do the pixels go the same way?
fn goes_with(steps: &VecDeque<Step>, along: Point, per_second: f64) -> bool {
    let length = along.x.hypot(along.y).max(1e-9);
    let flows = || steps.iter().skip(1).filter_map(|s| s.flow);
    let count = flows().count();
    let agree = |flow: Point| {
        let speed = flow.x.hypot(flow.y);
        let cosine = (flow.x * along.x + flow.y * along.y) / (length * speed.max(1e-9));
        speed >= FLOW_SHARE * per_second && cosine >= FLOW_ALONG
    };
    // Most of the looks, and at least two of them.
    let agreeing = flows().filter(|flow| agree(*flow)).count();
    agreeing >= 2 && 3 * agreeing >= 2 * count
}

/// Touches the edge of the picture: part of him is outside, and his box moves otherwise than he does.
fn is_cut(b: &Bounds) -> bool {
    const MARGIN: f64 = 0.008;
    b.x < MARGIN || b.y < MARGIN || b.x + b.w > 1.0 - MARGIN || b.y + b.h > 1.0 - MARGIN
}

/// Flow of the fastest half of what moves in the box: the rest of it is background that is uncovered.
fn flow_in(flow: &Flow, bounds: &Bounds) -> Option<Point> {
    let inner = Bounds::new(bounds.x + 0.1 * bounds.w, bounds.y, 0.8 * bounds.w, 0.7 * bounds.h);
    let mut cells: Vec<(f64, Point)> = flow
        .within(inner)
        .filter(|(_, cell)| cell.moving > 0.0)
        .map(|(_, cell)| (cell.velocity.x.hypot(cell.velocity.y), cell.velocity))
        .collect();
    cells.sort_by(|a, b| b.0.total_cmp(&a.0));
    cells.truncate(cells.len().div_ceil(2));
    #[expect(clippy::cast_precision_loss, reason = "a few cells")]
    let count = cells.len() as f64;
    let sum = cells.iter().fold(Point::default(), |sum, (_, v)| Point::new(sum.x + v.x, sum.y + v.y));
    (count > 0.0).then(|| Point::new(sum.x / count, sum.y / count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FlowCell;

    const ASPECT: f64 = 1.5;
    const HEIGHT: f64 = 0.2;

    /// Looks a fifth of a second apart at somebody who goes to the right so many heights a second, his pixels with him.
    fn steps(speed_bh_s: f64, looks: usize) -> VecDeque<Step> {
        let speed = speed_bh_s * HEIGHT;
        let step = |look: usize| {
            let t = 0.2 * look as f64;
            let bounds = Bounds::new(0.2 + speed * t / ASPECT, 0.5, 0.06, HEIGHT);
            Step { at: StreamTime::from_secs(t), bounds, flow: Some(Point::new(speed, 0.0)), stride: Stride::default() }
        };
        (0..looks).map(step).collect()
    }

    fn changed(change: impl Fn(usize, &mut Step)) -> Option<f64> {
        let mut steps = steps(2.2, 5);
        steps.iter_mut().enumerate().for_each(|(look, step)| change(look, step));
        speed(&steps, ASPECT, None)
    }

    #[test]
    fn speed_is_in_own_heights_and_needs_enough_looks() {
        for true_speed in [0.8, 2.2] {
            let found = speed(&steps(true_speed, 5), ASPECT, None);
            assert!(found.is_some_and(|found| (found - true_speed).abs() < 1e-6), "{found:?}");
        }
        assert!(speed(&steps(2.2, 4), ASPECT, None).is_some());
        assert_eq!(speed(&steps(2.2, 3), ASPECT, None), None);
        // Four looks within an eighth of a second show jitter.
        let quick = |look: usize, step: &mut Step| step.at = StreamTime::from_secs(0.04 * look as f64);
        assert_eq!(changed(quick), None);
        let hole = |look: usize, step: &mut Step| step.at = StreamTime::from_secs(0.5 * look as f64);
        assert_eq!(changed(hole), None);
    }

    #[test]
    fn pixels_must_go_the_same_way_at_most_looks() {
        assert_eq!(changed(|_, step| step.flow = None), None);
        assert_eq!(changed(|_, step| step.flow = Some(Point::new(-0.44, 0.0))), None, "the other way");
        assert_eq!(changed(|_, step| step.flow = Some(Point::new(0.0, 0.44))), None, "across");
        assert_eq!(changed(|_, step| step.flow = Some(Point::new(0.1, 0.0))), None, "much slower");
        assert!(changed(|_, step| step.flow = Some(Point::new(0.22, 0.05))).is_some(), "half as fast");
        let still = |look: usize, step: &mut Step| {
            if look == 2 {
                step.flow = Some(Point::default());
            }
        };
        assert!(changed(still).is_some(), "three of four looks");
        let once = |look: usize, step: &mut Step| step.flow = step.flow.filter(|_| look == 2);
        assert_eq!(changed(once), None, "one look alone");
    }

    #[test]
    fn who_turns_changes_size_or_is_cut_off_is_not_believed() {
        let zigzag = |look: usize, step: &mut Step| step.bounds.y += if look.is_multiple_of(2) { 0.1 } else { 0.0 };
        assert_eq!(changed(zigzag), None);
        let halved = |look: usize, step: &mut Step| step.bounds.h *= if look == 3 { 0.6 } else { 1.0 };
        assert_eq!(changed(halved), None);
        assert_eq!(changed(|_, step| step.bounds.y = 0.8), None, "lower edge");
        assert_eq!(changed(|_, step| step.bounds.y = 0.0), None, "upper edge");
        assert_eq!(changed(|look, step| step.bounds.x -= if look == 0 { 0.2 } else { 0.0 }), None, "left edge");
    }

    #[test]
    fn who_comes_out_from_behind_something_is_no_faster_than_his_head() {
        // The box grows downwards by a quarter while the head goes at a walk.
        let mut steps = steps(0.8, 4);
        for (look, step) in steps.iter_mut().enumerate() {
            step.bounds.h *= 1.0 + 0.08 * look as f64;
        }
        assert!(speed(&steps, ASPECT, None).is_none_or(|speed| speed <= 0.81), "{:?}", speed(&steps, ASPECT, None));
    }

    /// Seen from 5 m above at 30 degrees; at .7 of the picture's height somebody 1.7 m tall is `HEIGHT` high.
    fn ground() -> Ground {
        const HORIZON: f64 = 0.7 - HEIGHT * 5.0 / STATURE_M;
        let corner = |x_m: f64, y: f64| Point::new(0.5 + x_m * (y - HORIZON) / (5.0 * ASPECT), y);
        let length_m = 5.88 * (1.0 / (0.6 - HORIZON) - 1.0 / (0.9 - HORIZON));
        let corners = [corner(-2.0, 0.9), corner(2.0, 0.9), corner(2.0, 0.6), corner(-2.0, 0.6)];
        Ground::new(&corners, 4.0, length_m).unwrap()
    }

    #[test]
    fn on_the_ground_too_feet_that_come_out_from_behind_something_are_no_faster_than_the_head() {
        let ground = ground();
        let yard = Some(Yard { ground: &ground, about_m: 1.6 * STATURE_M * 0.6 });
        let on_ground = |steps: &VecDeque<Step>| speed(steps, ASPECT, yard).unwrap_or_default();
        let mut steps = steps(0.8, 4);
        assert!((on_ground(&steps) - 0.8).abs() < 0.01, "{}", on_ground(&steps));
        for (look, step) in steps.iter_mut().enumerate() {
            step.bounds.h *= 1.0 + 0.08 * look as f64;
        }
        let found = on_ground(&steps);
        assert!((0.5..0.86).contains(&found), "{found}");
    }

    #[test]
    fn nobody_runs_while_the_camera_itself_moves() {
        use crate::{facts::Facts, samples};
        let told = |of_all: f64| {
            let velocity = Point::new(2.2 * HEIGHT, 0.0);
            let mut flow = Flow { columns: 20, rows: 20, cells: vec![FlowCell { velocity, moving: of_all }; 400] };
            let mut runners = Runners::default();
            steps(2.2, 6).iter().any(|step| {
                let inside = |(index, _): &(usize, &mut FlowCell)| {
                    let grid = crate::facts::Grid { columns: 20, rows: 20 };
                    step.bounds.contains(grid.middle(*index))
                };
                let cells = flow.cells.iter_mut().enumerate().filter(inside);
                cells.for_each(|(_, cell)| cell.moving = 0.8);
                let tracks = [Track { moved: true, ..samples::person(1, step.bounds) }];
                let facts = Facts { flow: Some(&flow), ..Facts::default() };
                let scene = Scene { tracks: &tracks, facts, ..samples::scene(step.at, ASPECT) };
                runners.look(&scene, None, 1.6).is_some()
            })
        };
        assert!(told(0.1), "he runs, and leaves move");
        assert!(!told(0.7), "all of the picture goes his way");
    }

    #[test]
    fn flow_of_a_person_is_that_of_what_is_fastest_in_the_middle_of_his_box() {
        let mut flow = Flow { columns: 20, rows: 20, cells: vec![FlowCell::default(); 400] };
        let bounds = Bounds::new(0.4, 0.4, 0.2, 0.2);
        assert_eq!(flow_in(&flow, &bounds), None);
        let mut set = |column: usize, row: usize, x: f64| {
            flow.cells[row * 20 + column] = FlowCell { velocity: Point::new(x, 0.0), moving: 0.5 };
        };
        // Four cells in the box: two of the body, two of what it uncovers; and one beside him.
        set(9, 8, 0.6);
        set(10, 8, 0.4);
        set(9, 9, 0.1);
        set(10, 9, 0.0);
        set(13, 9, 3.0);
        let found = flow_in(&flow, &bounds).unwrap();
        assert!((found.x - 0.5).abs() < 1e-9 && found.y == 0.0, "{found:?}");
    }
}
