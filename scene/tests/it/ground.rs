//! What is measured in metres, by cameras of which everything is known.

use crate::script::{ASPECT, scene, told};
use crate::stage::begun;
use xunge_scene::facts::{Flow, FlowCell, NoCloser, StaticRegion};
use xunge_scene::geometry::STATURE_M;
use xunge_scene::{Bounds, Class, Detection, Event, Facts, Look, Point, StreamTime, Watch};

const RATES: [f64; 4] = [5.0, 8.0, 10.0, 25.0];
const COLUMNS: usize = 48;
const ROWS: usize = 32;

/// Hangs `above_m` over the origin and looks along the second axis.
#[derive(Clone, Copy)]
struct Camera {
    above_m: f64,
    down_deg: f64,
    /// Focal length, frame heights.
    focal: f64,
}

/// Looks down into a hall: people are seen from above, and their boxes are hardly higher than wide.
const STEEP: Camera = Camera { above_m: 6.0, down_deg: 70.0, focal: 1.0 };
/// As most cameras hang.
const USUAL: Camera = Camera { above_m: 5.0, down_deg: 35.0, focal: 0.9 };
/// Hangs under a porch: feet come down the picture while heads hardly do.
const LOW: Camera = Camera { above_m: 3.2, down_deg: 30.0, focal: 0.8 };
/// Looks along a road.
const FLAT: Camera = Camera { above_m: 5.0, down_deg: 15.0, focal: 2.2 };

impl Camera {
    fn sees(&self, (x, y): (f64, f64), up_m: f64) -> Point {
        let (sin, cos) = self.down_deg.to_radians().sin_cos();
        let below = self.above_m - up_m;
        let depth = y * cos + below * sin;
        let (right, low) = (x / depth, (below * cos - y * sin) / depth);
        Point::new(0.5 + self.focal * right / ASPECT, 0.5 + self.focal * low)
    }

    /// The box of an upright body, half a metre broad and 0.3 m thick.
    fn body(&self, (x, y): (f64, f64)) -> Bounds {
        let around = [(-0.25, -0.15), (0.25, -0.15), (0.25, 0.15), (-0.25, 0.15)];
        let ends = around
            .iter()
            .flat_map(|(right, back)| [0.0, STATURE_M].map(|up| self.sees((x + right, y + back), up)));
        let one = |p: Point| Bounds::new(p.x, p.y, 0.0, 0.0);
        ends.map(one).reduce(|all, p| all.union(&p)).unwrap_or_default()
    }

    /// `[camera.ground]` for a rectangle of 3 m by 2 m around a place.
    fn ground(&self, (x, y): (f64, f64)) -> String {
        let corners = [(-1.5, -1.0), (1.5, -1.0), (1.5, 1.0), (-1.5, 1.0)].map(|(right, back)| {
            let p = self.sees((x + right, y + back), 0.0);
            format!("[{}, {}]", p.x, p.y)
        });
        format!("[camera.ground]\ncorners = [{}]\nwidth_m = 3\nlength_m = 2\n", corners.join(", "))
    }
}

/// Where somebody is at a second; none is away.
type Walk<'a> = &'a dyn Fn(f64) -> Option<(f64, f64)>;

/// Comes in at a walk at second 1; 1.6 s later he is at `at`, and within a second more as fast as said, straight on to `to`.
fn goes(at: (f64, f64), to: (f64, f64), speed_m_s: f64) -> impl Fn(f64) -> Option<(f64, f64)> {
    const WALK_M_S: f64 = 1.4;
    let way = (to.0 - at.0).hypot(to.1 - at.1);
    move |t: f64| {
        let since = t - 2.6;
        let faster = since.max(0.0) - 0.5 + 0.5 * (1.0 - since.max(0.0)).max(0.0).powi(2);
        let along = (WALK_M_S * since + (speed_m_s - WALK_M_S) * faster) / way;
        (t >= 1.0 && along <= 1.0).then_some((at.0 + (to.0 - at.0) * along, at.1 + (to.1 - at.1) * along))
    }
}

/// The pixels of everybody move as his box does.
fn flow(boxes: &[(Bounds, Point)]) -> Flow {
    let cell = |index: usize| {
        let at = |i: usize, n: usize| (i as f64 + 0.5) / n as f64;
        let (x, y) = (at(index % COLUMNS, COLUMNS), at(index / COLUMNS, ROWS));
        let inside = |b: &Bounds| (b.x..=b.x + b.w).contains(&x) && (b.y..=b.y + b.h).contains(&y);
        let velocity = boxes.iter().find(|(b, _)| inside(b)).map(|found| found.1).unwrap_or_default();
        FlowCell { velocity, moving: if velocity.x.hypot(velocity.y) > 0.02 { 0.8 } else { 0.0 } }
    };
    Flow { columns: COLUMNS, rows: ROWS, cells: (0..COLUMNS * ROWS).map(cell).collect() }
}

/// Who goes where before which camera.
struct Play<'a> {
    camera: Camera,
    walks: &'a [Walk<'a>],
    /// A thing that has come to rest.
    thing: Option<StaticRegion>,
    /// The camera was turned away before the first look.
    turned: bool,
    /// Both ends of boxes are up to so much too high or too low, in parts of their height.
    jitter: f64,
}

impl Play<'_> {
    /// Half a minute of looks.
    fn run(&self, config: &str, rate: f64) -> Vec<Event> {
        let mut watch = Watch::new(&scene(config));
        watch.set_aspect(ASPECT);
        if self.turned {
            watch.begin_with_lost_view();
        }
        let mut events = Vec::new();
        for look in 0..(30.0 * rate) as u32 {
            let t = f64::from(look) / rate;
            let boxes: Vec<(Bounds, Point)> =
                self.walks.iter().filter_map(|walk| self.body(walk, t)).collect();
            let people: Vec<Detection> = boxes
                .iter()
                .map(|(bounds, _)| Detection { class: Class::Person, score: 0.8, bounds: *bounds })
                .collect();
            let flow = flow(&boxes);
            // The background needs two seconds to see that it is at rest.
            let things: Vec<StaticRegion> =
                self.thing.into_iter().filter(|r| t >= r.since.secs() + 2.0).collect();
            let facts = Facts { flow: Some(&flow), regions: Some(&things), ..Facts::default() };
            let at = StreamTime::from_secs(t);
            events.extend(watch.look_closely(at, Look::Seen(&people), facts, &mut NoCloser, None));
        }
        events
    }

    /// His box, if most of it is in the picture, and how fast that moves, frame heights a second.
    fn body(&self, walk: &Walk<'_>, t: f64) -> Option<(Bounds, Point)> {
        const STEP: f64 = 0.02;
        let here = self.camera.body(walk(t)?);
        let before = walk(t - STEP).map_or(here, |place| self.camera.body(place));
        let (a, b) = (before.centre(), here.centre());
        let noise = |of: f64| {
            (2.0 * ((t * 12.9898 + of).sin() * 43758.5453).rem_euclid(1.0) - 1.0) * self.jitter * here.h
        };
        let (up, low) = (noise(1.0), noise(2.0));
        let here = Bounds { y: here.y - up, h: here.h + up + low, ..here };
        let seen = here.overlap(&Bounds::new(0.0, 0.0, 1.0, 1.0)) > 0.6 * here.area();
        seen.then(|| (here, Point::new((b.x - a.x) * ASPECT / STEP, (b.y - a.y) / STEP)))
    }
}

fn play<'a>(camera: Camera, walks: &'a [Walk<'a>]) -> Play<'a> {
    Play { camera, walks, thing: None, turned: false, jitter: 0.0 }
}

const RUNNING: &str = "[[camera.rule.running]]\nname = \"run\"\n";

#[test]
fn seen_from_above_a_walker_is_a_walker_and_a_runner_a_runner() {
    let across = |speed_m_s: f64| goes((-2.4, 1.0), (4.2, 1.0), speed_m_s);
    let metres = format!("{}{RUNNING}", STEEP.ground((0.0, 1.5)));
    for rate in RATES {
        let guessed = play(STEEP, &[&across(1.4)]).run(RUNNING, rate);
        assert!(!guessed.is_empty(), "{rate}: by body heights a walker runs");
        for walker in [1.4, 1.8] {
            let events = play(STEEP, &[&across(walker)]).run(&metres, rate);
            assert_eq!(told(&events), "", "{walker} m/s at {rate} looks a second");
        }
        let events = play(STEEP, &[&across(3.5)]).run(&metres, rate);
        assert_eq!(begun(&events).len(), 1, "{rate}: {}", told(&events));
        let speed_m_s = events.last().and_then(|e| e.measured).unwrap_or_default() * STATURE_M;
        // Off the middle heads lean outwards, and the middle of the box goes a sixth faster than the feet.
        assert!((3.3..=4.2).contains(&speed_m_s), "{rate}: {speed_m_s} m/s");
    }
}

#[test]
fn who_runs_towards_the_camera_is_told_where_the_ground_is_measured() {
    for (camera, from, to) in [(USUAL, 9.0, 3.5), (LOW, 7.0, 2.5)] {
        let towards = |speed_m_s: f64| goes((0.5, from), (0.0, to), speed_m_s);
        let metres = format!("{}{RUNNING}", camera.ground((0.0, 5.0)));
        for rate in RATES {
            let guessed = play(camera, &[&towards(3.5)]).run(RUNNING, rate);
            assert_eq!(told(&guessed), "", "{from} {rate}: body heights cannot know");
            let events = play(camera, &[&towards(3.5)]).run(&metres, rate);
            assert_eq!(begun(&events).len(), 1, "{from} {rate}: {}", told(&events));
            assert_eq!(told(&play(camera, &[&towards(1.8)]).run(&metres, rate)), "", "{from} {rate}");
        }
    }
}

#[test]
fn feet_that_jitter_make_no_runner_of_a_walker() {
    let near = [((0.0, 14.0), (0.0, 4.0)), ((0.0, 5.0), (1.0, 16.0)), ((-4.0, 12.0), (5.0, 11.0))];
    let far = [((0.0, 38.0), (0.0, 15.0)), ((0.0, 14.0), (2.0, 38.0))];
    for (camera, middle, ways) in [(USUAL, 6.0, &near[..]), (FLAT, 16.0, &far)] {
        let metres = format!("{}{RUNNING}", camera.ground((0.0, middle)));
        for rate in RATES {
            for (at, to) in ways {
                let events = Play { jitter: 0.1, ..play(camera, &[&goes(*at, *to, 1.5)]) }.run(&metres, rate);
                assert_eq!(told(&events), "", "{at:?} at {rate} looks a second");
            }
        }
    }
}

#[test]
fn at_a_flat_angle_and_in_another_view_body_heights_are_used() {
    let far = |t: f64| goes((-9.0, 30.0), (9.0, 30.0), 3.5)(t);
    let above = |t: f64| goes((-2.4, 1.0), (4.2, 1.0), 1.4)(t);
    let turned = format!("{}{RUNNING}[[camera.rule.tamper]]\n", STEEP.ground((0.0, 1.5)));
    for rate in RATES {
        let walks: [Walk<'_>; 1] = [&far];
        let flat = play(FLAT, &walks);
        let runs = |events: &[Event]| events.iter().map(|e| (e.at, e.measured)).collect::<Vec<_>>();
        let metres = flat.run(&format!("{}{RUNNING}", FLAT.ground((0.0, 14.0))), rate);
        assert!(!metres.is_empty() && runs(&metres) == runs(&flat.run(RUNNING, rate)), "{}", told(&metres));
        let lost = Play { turned: true, ..play(STEEP, &[&above]) }.run(&turned, rate);
        assert!(lost.iter().any(|e| e.rule == "run"), "{rate}: the corners mean nothing now");
    }
}

const CROWD: &str = "[[camera.rule.crowd]]\nname = \"many\"\n";

/// Five who come one after the other, stand so far apart, beside and behind each other, and go at second 24.
fn five(middle: f64, right_m: f64, back_m: f64) -> impl Fn(usize, f64) -> Option<(f64, f64)> {
    move |who: usize, t: f64| {
        let number = who as f64 - 2.0;
        let place = (number * right_m, middle + number * back_m);
        let come = (t / 4.0).min(1.0) - 1.0;
        (t < 24.0).then_some((place.0 + come, place.1))
    }
}

fn crowd(
    camera: Camera,
    five: &dyn Fn(usize, f64) -> Option<(f64, f64)>,
    config: &str,
    rate: f64,
) -> Vec<Event> {
    let walks = [0, 1, 2, 3, 4].map(|who: usize| move |t: f64| five(who, t));
    let walks: Vec<Walk<'_>> = walks.iter().map(|walk| walk as Walk<'_>).collect();
    play(camera, &walks).run(config, rate)
}

#[test]
fn a_crowd_seen_from_above_is_as_near_as_it_is() {
    let metres = format!("{}{CROWD}", STEEP.ground((0.0, 1.5)));
    for rate in RATES {
        let group = five(2.0, 1.6, 0.2);
        assert_eq!(told(&crowd(STEEP, &group, CROWD, rate)), "", "{rate}: body heights are too short");
        assert_eq!(begun(&crowd(STEEP, &group, &metres, rate)).len(), 1, "{rate}");
    }
}

#[test]
fn who_queue_far_behind_each_other_are_no_crowd() {
    let metres = format!("{}{CROWD}", USUAL.ground((0.0, 6.0)));
    for rate in RATES {
        let row = five(14.0, 0.4, 3.9);
        assert!(!crowd(USUAL, &row, CROWD, rate).is_empty(), "{rate}: seen from there they look near");
        assert_eq!(told(&crowd(USUAL, &row, &metres, rate)), "", "{rate}");
        let group = five(8.0, 1.5, 1.0);
        assert_eq!(begun(&crowd(USUAL, &group, &metres, rate)).len(), 1, "{rate}");
    }
}

const LEFT: &str = "[[camera.rule.abandoned_object]]\nname = \"left\"\nunattended_secs = 6\n";

/// A bag that stands there from second 5 on.
fn bag(camera: Camera, (x, y): (f64, f64)) -> StaticRegion {
    let (low, high) = (camera.sees((x - 0.25, y), 0.0), camera.sees((x + 0.25, y), 0.4));
    StaticRegion {
        id: 1,
        bounds: Bounds::new(low.x, high.y, high.x - low.x, low.y - high.y),
        since: StreamTime::from_secs(5.0),
        added: 0.6,
        score: 1.0,
        touched_secs: 2.0,
        known_secs: 20.0,
        peopled: 0.0,
        visible: true,
        steady: 1.0,
    }
}

#[test]
fn a_thing_is_alone_when_nobody_is_within_three_metres() {
    // He brings it, and waits so many metres beside it.
    let waits = |away_m: f64| {
        move |t: f64| {
            let x = if t < 5.0 { -4.0 + 0.7 * t } else { -0.5 - (0.8 * (t - 5.5)).clamp(0.0, away_m - 0.5) };
            Some((x, 1.2))
        }
    };
    let metres = format!("{}{LEFT}", STEEP.ground((0.0, 1.5)));
    let thing = Some(bag(STEEP, (0.0, 1.2)));
    for rate in [2.0, 5.0, 10.0, 25.0] {
        let left =
            |away_m: f64, config: &str| Play { thing, ..play(STEEP, &[&waits(away_m)]) }.run(config, rate);
        assert!(!left(2.4, LEFT).is_empty(), "{rate}: in short body heights he is far away");
        assert_eq!(told(&left(2.4, &metres)), "", "{rate}");
        assert_eq!(begun(&left(3.6, &metres)).len(), 1, "{rate}");
    }
}
