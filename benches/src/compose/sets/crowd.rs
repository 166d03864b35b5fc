//! Groups that form, stand packed, pass through, grow and break up.

use super::super::actor::Step;
use super::super::perspective::Ground;
use super::super::place::gates;
use super::super::scene::Scene;
use super::super::truth::Event;
use super::director::{Director, Stage, WALK_BH_S};

/// So many are a crowd.
const CROWD: usize = 5;
/// … when each is so near another of them, body heights: 3.4 m.
const NEAR_BH: f64 = 2.0;

/// All scenes of the set.
pub fn scenes(stage: &Stage<'_>) -> Vec<Scene> {
    let new = |name: String| stage.scene(&name, 60.0);
    let mut all = Vec::new();
    for n in 1..=2 {
        all.push(gathers(new(format!("gathers-{n}"))));
        all.push(packed(new(format!("packed-{n}")), (5, 4)));
        all.push(grows(new(format!("grows-{n}"))));
    }
    all.push(packed(new("packed-many".to_owned()), (10, 6)));
    all.push(passes(new("class-passes".to_owned())));
    all.push(pairs(new("pairs".to_owned())));
    all
}

/// A place within so many body heights of another; in depth as far again.
fn near(director: &mut Director<'_>, middle: Ground, far: f64) -> Ground {
    let turn = std::f64::consts::TAU * director.random.unit();
    let far = far * director.random.unit().sqrt();
    middle.plus(far * turn.cos(), far * turn.sin())
}

/// Somebody comes so as to be there at this time, and stays; when he is in place.
fn comes(director: &mut Director<'_>, place: Ground, there_s: f64, until_s: f64) -> usize {
    let ((from, _), (to, _)) = (director.gates(), director.gates());
    let (from, to) = (director.spot(from), director.spot(to));
    let walk_s = from.distance(place) / WALK_BH_S;
    let steps = vec![
        Step::Walk { to: place, speed_bh_s: WALK_BH_S },
        Step::Stand { secs: (until_s - there_s).max(0.0) },
        Step::Walk { to, speed_bh_s: WALK_BH_S },
    ];
    director.act(there_s - walk_s, from, steps)
}

/// People arrive one by one at these times and stand in a group until second 45.
fn meet(director: &mut Director<'_>, arrivals_s: &[f64]) {
    let middle = director.spot((520.0, 275.0));
    for &there_s in arrivals_s {
        let place = near(director, middle, 1.1);
        let until_s = 45.0 + director.random.range(0.0, 6.0);
        comes(director, place, there_s, until_s);
    }
    let note = format!("{} people, the fifth of whom comes near then", arrivals_s.len());
    gathered(director, note);
}

/// A crowd as long as five are near each other, walking too; none when that never comes to pass.
fn gathered(director: &mut Director<'_>, note: String) {
    if let Some((from_s, until_s)) = director.gathered(CROWD, NEAR_BH) {
        director.event(Event::new("crowd", from_s, until_s, note));
    }
}

fn gathers(mut director: Director<'_>) -> Scene {
    let mut t = 6.0;
    let arrivals_s: Vec<f64> = (0..8)
        .map(|_| {
            t += director.random.range(1.8, 3.6);
            t
        })
        .collect();
    meet(&mut director, &arrivals_s);
    director.done("people gather one by one and stand in a group")
}

fn grows(mut director: Director<'_>) -> Scene {
    let few = (0..5).map(|n| 4.0 + 0.8 * f64::from(n));
    let more: Vec<f64> = (0..7).map(|_| director.random.range(24.0, 31.0)).collect();
    let arrivals_s: Vec<f64> = few.chain(more).collect();
    meet(&mut director, &arrivals_s);
    director.done("to five people who stand together seven come within seven seconds")
}

/// So close, in so many columns and rows, that the camera sees some of them only in part.
fn packed(mut director: Director<'_>, (columns, rows): (usize, usize)) -> Scene {
    let middle = director.spot((520.0, 275.0));
    let until_s = 48.0;
    let (count, every_s) = (columns * rows, 8.0 / (columns * rows) as f64);
    for n in 0..count {
        let off = |n: usize, of: usize| n as f64 - (of - 1) as f64 / 2.0;
        let (column, row) = (off(n % columns, columns), off(n / columns, rows));
        let jitter = |director: &mut Director<'_>| director.random.range(-0.08, 0.08);
        let (dx, dz) = (jitter(&mut director), jitter(&mut director));
        let place = middle.plus(0.32 * column + dx, 0.4 * row + dz);
        let until_s = until_s + director.random.range(0.0, 5.0);
        comes(&mut director, place, 6.0 + every_s * n as f64, until_s);
    }
    let note = format!("{count} people come within eight seconds, some of them together, and stand packed");
    gathered(&mut director, note);
    director.done("many people stand so close that they hide each other")
}

/// A class: ten people in pairs walk through the picture together.
fn passes(mut director: Director<'_>) -> Scene {
    let (from, to) = (director.spot(gates::WEST), director.spot(gates::EAST));
    let mut last = 0;
    for n in 0..10 {
        let aside = if n % 2 == 0 { 0.0 } else { 0.5 };
        let behind_s = 0.7 * f64::from(n / 2) / WALK_BH_S;
        let (from, to) = (from.plus(0.0, aside), to.plus(0.0, aside));
        last = director.act(10.0 + behind_s, from, vec![Step::Walk { to, speed_bh_s: WALK_BH_S }]);
    }
    let end_s = director.seen_until(last, 20.0);
    let mut event =
        Event::new("crowd", 10.0, end_s, "ten people who pass in pairs, one pair behind the other");
    event.optional = true;
    director.event(event);
    director.done("a class walks through")
}

/// Four people in two pairs far from each other: nothing to tell.
fn pairs(mut director: Director<'_>) -> Scene {
    for (at, there_s) in [((330.0, 260.0), 5.0), ((640.0, 340.0), 9.0)] {
        let middle = director.spot(at);
        for _ in 0..2 {
            let place = near(&mut director, middle, 0.5);
            comes(&mut director, place, there_s, 45.0);
        }
    }
    director.done("two pairs stand and talk far from each other")
}
