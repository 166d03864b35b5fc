//! People who run, and people who are only quick.

use super::super::actor::Step;
use super::super::perspective::Ground;
use super::super::place::gates;
use super::super::scene::Scene;
use super::super::truth::Event;
use super::director::{Director, Stage, WALK_BH_S};

/// How long somebody takes from walking to running.
const START_SECS: f64 = 0.6;

/// A run is in the picture for at least as long.
const MIN_RUN_SECS: f64 = 2.2;

/// All scenes of the set.
pub fn scenes(stage: &Stage<'_>) -> Vec<Scene> {
    let new = |name: String, duration_s: f64| stage.scene(&name, duration_s);
    let mut all = Vec::new();
    for n in 1..=4 {
        all.push(breaks_into_a_run(new(format!("breaks-into-a-run-{n}"), 50.0)));
    }
    for n in 1..=3 {
        all.push(runs_through(new(format!("runs-through-{n}"), 45.0)));
        all.push(panic(new(format!("panic-{n}"), 60.0)));
    }
    for n in 1..=2 {
        all.push(several(new(format!("several-run-{n}"), 50.0)));
    }
    all.extend(harmless(&new));
    all
}

/// Ways across the picture: from one side's gate to the other's.
fn across(director: &mut Director<'_>) -> (Ground, Ground) {
    let east = [gates::EAST, gates::SOUTH_EAST];
    let west = [gates::WEST, gates::WEST, gates::LAWN_WEST];
    let east = director.random.pick(&east).copied().unwrap_or(gates::EAST);
    let west = director.random.pick(&west).copied().unwrap_or(gates::WEST);
    let (from, to) = if director.random.chance(0.5) { (west, east) } else { (east, west) };
    (director.spot(from), director.spot(to))
}

/// Runs to `to`, getting faster over the first steps.
fn run(from: Ground, to: Ground, speed_bh_s: f64) -> [Step; 2] {
    let slower = 0.6 * speed_bh_s;
    let first = from.towards(to, (START_SECS * slower / from.distance(to).max(0.1)).min(0.5));
    [Step::Walk { to: first, speed_bh_s: slower }, Step::Walk { to, speed_bh_s }]
}

/// Notes that an actor runs from a time until he is out of the picture.
fn running(director: &mut Director<'_>, actor: usize, from_s: f64, speed_bh_s: f64) {
    let end_s = director.seen_until(actor, from_s);
    let note = format!("{speed_bh_s:.1} body heights per second on the ground");
    director.event(Event::new("running", from_s, end_s, note));
}

fn breaks_into_a_run(mut director: Director<'_>) -> Scene {
    let (from, to) = across(&mut director);
    let speed_bh_s = director.random.range(2.2, 3.0);
    let starts_s = director.random.range(10.0, 25.0);
    let (mut actor, mut onset_s) = (0, 0.0);
    // as late as can be while the run is seen long enough
    for part in [0.4, 0.32, 0.25, 0.18, 0.12] {
        let turn = from.towards(to, part);
        let mut steps = vec![Step::Walk { to: turn, speed_bh_s: WALK_BH_S }];
        steps.extend(run(turn, to, speed_bh_s));
        director.scene.actors.clear();
        actor = director.act(starts_s, from, steps);
        onset_s = director.scene.actors[actor].time_of(1);
        if director.seen_until(actor, onset_s) > onset_s + MIN_RUN_SECS {
            break;
        }
    }
    running(&mut director, actor, onset_s, speed_bh_s);
    director.traffic(0.0, 38.0, 8.0);
    director.done("somebody walks and then breaks into a run")
}

fn runs_through(mut director: Director<'_>) -> Scene {
    let (from, to) = across(&mut director);
    let speed_bh_s = director.random.range(2.2, 3.0);
    let starts_s = director.random.range(12.0, 25.0);
    let actor = director.act(starts_s, from, vec![Step::Walk { to, speed_bh_s }]);
    let mut enters_s = starts_s;
    while !director.in_view(actor, enters_s) && enters_s < starts_s + 10.0 {
        enters_s += 0.05;
    }
    running(&mut director, actor, enters_s, speed_bh_s);
    director.traffic(0.0, 33.0, 8.0);
    director.done("somebody runs through the picture")
}

fn several(mut director: Director<'_>) -> Scene {
    let at = director.spot((520.0, 262.0));
    let count = 3 + director.random.below(2);
    let onset_s = director.random.range(20.0, 28.0);
    let mut last_s: f64 = onset_s;
    for _ in 0..count {
        let place = at.plus(director.random.range(-0.9, 0.9), director.random.range(-0.7, 0.7));
        let (from, to) = director.gates();
        let (from, to) = (director.spot(from), director.spot(to));
        let walk_s = from.distance(place) / WALK_BH_S;
        let late_s = director.random.range(0.0, 0.6);
        // they meet, wait for each other and run at once
        let waits_s = director.random.range(3.0, 7.0);
        let mut steps =
            vec![Step::Walk { to: place, speed_bh_s: WALK_BH_S }, Step::Stand { secs: waits_s + late_s }];
        let speed = director.random.range(2.2, 3.0);
        steps.extend(run(place, to, speed));
        let actor = director.act(onset_s - waits_s - walk_s, from, steps);
        last_s = last_s.max(director.seen_until(actor, onset_s + 0.1));
    }
    director.event(Event::new(
        "running",
        onset_s,
        last_s,
        format!("{count} people run at once from one place"),
    ));
    director.traffic(0.0, 12.0, 9.0);
    director.done("some people meet and run off in different directions")
}

fn panic(mut director: Director<'_>) -> Scene {
    let middle = director.spot((520.0, 275.0));
    let count = 8 + director.random.below(5);
    let onset_s = director.random.range(25.0, 35.0);
    let mut last_s: f64 = onset_s;
    for n in 0..count {
        let near = |director: &mut Director<'_>| {
            let turn = std::f64::consts::TAU * director.random.unit();
            let far = 1.9 * director.random.unit().sqrt();
            middle.plus(far * turn.cos(), 0.9 * far * turn.sin())
        };
        let from = near(&mut director);
        let mut steps = Vec::new();
        let (mut place, mut left_s) = (from, onset_s + director.random.range(0.0, 0.7));
        while left_s > 0.0 {
            let speed_bh_s = director.random.range(0.25, 0.45);
            let to = near(&mut director);
            let way_s = place.distance(to) / speed_bh_s;
            let part = (left_s / way_s).min(1.0);
            place = place.towards(to, part);
            steps.push(Step::Walk { to: place, speed_bh_s });
            left_s -= way_s;
            let rest_s = director.random.range(0.0, 3.0).min(left_s.max(0.0));
            steps.push(Step::Stand { secs: rest_s });
            left_s -= rest_s;
        }
        // apart: each to another side
        let gate = gates::ALL[(n + director.random.below(2)) % gates::ALL.len()];
        let to = director.spot(gate);
        let speed = director.random.range(2.2, 3.0);
        steps.extend(run(place, to, speed));
        let actor = director.act(0.0, from, steps);
        last_s = last_s.max(director.seen_until(actor, onset_s + 0.8));
    }
    let mut event = Event::new("running", onset_s, last_s, format!("{count} people run apart"));
    event.subtype = Some("crowd_panic".to_owned());
    director.event(event);
    let note = format!("{count} people stand and stroll in one group");
    director.event(Event::new("crowd", 0.0, onset_s, note));
    director.done("a calm group suddenly runs apart")
}

/// Nobody runs here.
fn harmless<'a>(new: &dyn Fn(String, f64) -> Director<'a>) -> Vec<Scene> {
    let mut all = Vec::new();
    let mut scene = |name: &str, note: &str, set_up: &dyn Fn(&mut Director<'_>)| {
        let mut director = new(name.to_owned(), 60.0);
        set_up(&mut director);
        all.push(director.done(note));
    };
    scene("brisk-walkers", "people in a hurry walk at 1.1 body heights per second", &|d| {
        for n in 0..9 {
            let (from, to) = across(d);
            let speed_bh_s = d.random.range(1.05, 1.15);
            d.act(2.0 + 5.0 * f64::from(n), from, vec![Step::Walk { to, speed_bh_s }]);
        }
    });
    scene("crossing-walkers", "people cross each other's ways all the time", &|d| {
        for n in 0..12 {
            // they meet in the middle: one from each side
            for _ in 0..2 {
                let (from, to) = across(d);
                let speed_bh_s = WALK_BH_S * d.random.range(0.95, 1.1);
                let starts_s = 1.0 + 4.0 * f64::from(n) + d.random.range(0.0, 1.0);
                d.act(starts_s, from, vec![Step::Walk { to, speed_bh_s }]);
            }
        }
    });
    scene("near-walkers", "people walk close to the camera", &|d| {
        for n in 0..8 {
            let y = d.random.range(520.0, 640.0);
            let other_y = y + d.random.range(-30.0, 30.0);
            let (left, right) = (d.spot((-70.0, y)), d.spot((840.0, other_y)));
            let (from, to) = if d.random.chance(0.5) { (left, right) } else { (right, left) };
            let speed_bh_s = WALK_BH_S * d.random.range(0.9, 1.2);
            d.act(2.0 + 6.0 * f64::from(n), from, vec![Step::Walk { to, speed_bh_s }]);
        }
    });
    scene("stop-and-go", "people stop, turn round and go on", &|d| {
        for n in 0..6 {
            let ((from, to), at) = (across(d), d.free_place());
            let back = at.towards(from, 0.2);
            let walk = |to: Ground| Step::Walk { to, speed_bh_s: WALK_BH_S };
            let secs = d.random.range(0.5, 2.5);
            d.act(2.0 + 7.0 * f64::from(n), from, vec![walk(at), walk(back), Step::Stand { secs }, walk(to)]);
        }
    });
    all
}
