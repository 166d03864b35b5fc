//! One person who runs: a track that goes fast, straight on and whole, over pixels that go with it.

use super::Fast;
use crate::facts::Flow;
use crate::geometry::{Bounds, Point, Zone};
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

/// Smaller people jitter as fast as they go, frame heights.
const LEAST_HEIGHT: f64 = 0.1;

/// Where somebody was at one look.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: StreamTime,
    bounds: Bounds,
    /// Mean flow of what moves in his box, frame heights per second; none when nothing was measured.
    flow: Option<Point>,
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
        let mut fast: Option<Fast> = None;
        for track in scene.tracks.iter().filter(|t| t.seen && is_whole_person(t)) {
            let flow = scene.facts.flow.and_then(|flow| flow_in(flow, &track.bounds));
            let steps = self.steps.entry(track.id).or_default();
            steps.push_back(Step { at: scene.at, bounds: track.bounds, flow });
            while steps.len() > LOOKS && steps.get(1).is_some_and(|s| scene.at.since(s.at) >= WINDOW) {
                steps.pop_front();
            }
            let inside = zone.is_none_or(|zone| zone.contains(track.foot()));
            let Some(speed) = speed(steps, scene.aspect).filter(|&speed| speed >= speed_bh_s && inside) else {
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

/// Speed over the window, own heights per second; none when it is not to be believed.
fn speed(steps: &VecDeque<Step>, aspect: f64) -> Option<f64> {
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
    if net < STRAIGHT * path {
        return None;
    }
    let per_second = net / span.as_secs_f64();
    let (a, b) = (first.bounds.centre(), last.bounds.centre());
    let along = Point::new((b.x - a.x) * aspect, b.y - a.y);
    goes_with(steps, along, per_second).then_some(per_second / highest)
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
