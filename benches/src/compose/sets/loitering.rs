//! People who stay, and many who only pass.

use super::super::actor::Step;
use super::super::perspective::Ground;
use super::super::place::gates;
use super::super::scene::Scene;
use super::super::truth::{Event, rounded};
use super::director::{Director, Stage, WALK_BH_S};

/// Zones on the plate; in each of them somebody can pace to and fro.
const ZONES: [&[(f64, f64)]; 3] = [
    &[(450.0, 212.0), (735.0, 212.0), (735.0, 330.0), (520.0, 330.0)],
    &[(225.0, 212.0), (405.0, 212.0), (405.0, 300.0), (300.0, 292.0)],
    &[(60.0, 290.0), (290.0, 300.0), (430.0, 390.0), (400.0, 480.0), (60.0, 480.0)],
];
/// Where in each zone its middle is.
const MIDDLES: [(f64, f64); 3] = [(620.0, 262.0), (330.0, 250.0), (240.0, 385.0)];

/// All scenes of the set.
pub fn scenes(stage: &Stage<'_>) -> Vec<Scene> {
    let new = |name: String, duration_s: f64| stage.scene(&name, duration_s);
    let mut all = Vec::new();
    for n in 0..3 {
        all.push(stays(new(format!("paces-{}", n + 1), 120.0), n, "somebody paces to and fro", paces));
    }
    for n in 0..2 {
        all.push(stays(new(format!("stands-{}", n + 1), 100.0), n, "somebody stands for 60 s", stands));
        let note = "somebody leaves the zone for 5 s and comes back";
        all.push(stays(new(format!("leaves-and-returns-{}", n + 1), 110.0), n, note, returns));
    }
    all.push(two_together(new("two-together".into(), 100.0)));
    for n in 0..2 {
        all.push(relay(new(format!("relay-{}", n + 1), 100.0), n));
    }
    all.push(meetings(new("close-meetings".into(), 80.0)));
    all.push(swaps(new("swapped-places".into(), 90.0)));
    all
}

fn walk(to: Ground) -> Step {
    Step::Walk { to, speed_bh_s: WALK_BH_S }
}

fn inside(polygon: &[(f64, f64)], (x, y): (f64, f64)) -> bool {
    let mut odd = false;
    for (at, &(bx, by)) in polygon.iter().enumerate() {
        let (ax, ay) = polygon[(at + polygon.len() - 1) % polygon.len()];
        if (ay > y) != (by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay) {
            odd = !odd;
        }
    }
    odd
}

/// When an actor's feet first come into a zone and when they leave it for good.
fn stay(director: &Director<'_>, actor: usize, zone: &[(f64, f64)]) -> Option<(f64, f64)> {
    let actor = director.scene.actors.get(actor)?;
    let end_s = actor.ends_s().min(director.scene.duration_s);
    let mut found: Option<(f64, f64)> = None;
    let mut t = actor.starts_s.max(0.0);
    while t < end_s {
        let foot = actor.pose(t).map(|pose| director.material.perspective.standing(pose.at));
        if foot.is_some_and(|foot| inside(zone, (foot.x, foot.y))) {
            found = Some((found.map_or(t, |(first, _)| first), t + 0.05));
        }
        t += 0.05;
    }
    found
}

/// An actor loiters.
fn loiters(director: &Director<'_>, actor: usize, zone: &[(f64, f64)], note: &str) -> Option<Event> {
    let (from_s, to_s) = stay(director, actor, zone)?;
    let mut event = Event::new("loitering", from_s, to_s, note);
    let corners = director.scene.view.polygon(zone);
    event.zone_polygon = Some(corners.into_iter().map(|corner| corner.map(rounded)).collect());
    Some(event)
}

/// What somebody does in the zone around a place.
type Stay = fn(&mut Director<'_>, Ground) -> Vec<Step>;

fn stays(mut director: Director<'_>, zone: usize, note: &str, what: Stay) -> Scene {
    let at = director.spot(MIDDLES[zone]);
    let (from, to) = director.gates();
    let mut steps = vec![walk(at)];
    steps.extend(what(&mut director, at));
    steps.push(walk(director.spot(to)));
    let starts_s = director.random.range(2.0, 6.0);
    let from = director.spot(from);
    let actor = director.act(starts_s, from, steps);
    let stays = loiters(&director, actor, ZONES[zone], note);
    stays.into_iter().for_each(|event| director.event(event));
    let end_s = director.scene.duration_s;
    director.traffic(0.0, end_s - 15.0, 6.0);
    director.done(&format!("{note}; others pass"))
}

fn paces(director: &mut Director<'_>, at: Ground) -> Vec<Step> {
    let mut left_s = director.random.range(45.0, 90.0);
    let (mut steps, mut place, mut side) = (Vec::new(), at, director.random.sign());
    while left_s > 0.0 {
        let to = at.plus(side * director.random.range(0.6, 1.0), director.random.range(-0.4, 0.4));
        let speed_bh_s = director.random.range(0.4, 0.7);
        let secs = director.random.range(0.0, 2.5);
        left_s -= place.distance(to) / speed_bh_s + secs;
        steps.extend([Step::Walk { to, speed_bh_s }, Step::Stand { secs }]);
        (place, side) = (to, -side);
    }
    steps
}

fn stands(_: &mut Director<'_>, _: Ground) -> Vec<Step> {
    vec![Step::Stand { secs: 60.0 }]
}

/// Five seconds behind the zone's far edge.
fn returns(director: &mut Director<'_>, at: Ground) -> Vec<Step> {
    let first = director.random.range(28.0, 35.0);
    let aside = at.plus(director.random.sign() * 0.2, 0.3);
    // the zones are at most this deep
    let away = at.plus(0.0, if at.z > 11.0 { 3.6 } else { 4.4 });
    let outside_s = 5.0;
    let hurry = |to: Ground| Step::Walk { to, speed_bh_s: 1.1 };
    let back = at.towards(away, 0.55);
    let secs = (outside_s - 2.0 * back.distance(away) / 1.1).max(0.3);
    vec![
        Step::Stand { secs: first },
        hurry(away),
        Step::Stand { secs },
        hurry(aside),
        Step::Stand { secs: director.random.range(25.0, 32.0) },
    ]
}

fn two_together(mut director: Director<'_>) -> Scene {
    let zone = director.random.below(2);
    let at = director.spot(MIDDLES[zone]);
    let mut stays = Vec::new();
    for side in [-1.0, 1.0] {
        let (from, to) = director.gates();
        let place = at.plus(side * 0.27, 0.0);
        let starts_s = director.random.range(2.0, 5.0);
        let (from, to) = (director.spot(from), director.spot(to));
        let actor = director.act(starts_s, from, vec![walk(place), Step::Stand { secs: 60.0 }, walk(to)]);
        stays.extend(loiters(&director, actor, ZONES[zone], "one of two who stand and talk"));
    }
    // the second joins what has been told of the first
    stays.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    stays.iter_mut().skip(1).for_each(|event| event.optional = true);
    stays.into_iter().for_each(|event| director.event(event));
    director.traffic(0.0, 85.0, 8.0);
    director.done("two people stand together for 60 s; others pass")
}

/// There is always somebody in the zone, but nobody for long.
fn relay(mut director: Director<'_>, zone: usize) -> Scene {
    let at = director.spot(MIDDLES[zone]);
    let mut t = 0.0;
    while t < director.scene.duration_s - 12.0 {
        let (from, to) = director.gates();
        let through = at.plus(director.random.range(-0.4, 0.4), director.random.range(-0.3, 0.3));
        let secs = director.random.range(0.0, 2.0);
        let (from, to) = (director.spot(from), director.spot(to));
        // he is in the zone's middle just as the one before leaves it
        let arrives_s = from.distance(through) / WALK_BH_S;
        director.act(t - arrives_s + 4.0, from, vec![walk(through), Step::Stand { secs }, walk(to)]);
        t += director.random.range(2.0, 3.2);
    }
    director.done("somebody is always in the zone, nobody for more than 15 s")
}

/// Two meet so closely that one hides the other, again and again.
fn meetings(mut director: Director<'_>) -> Scene {
    for n in 0..7 {
        let at = director.spot((560.0, 262.0)).plus(director.random.range(-0.5, 0.5), 0.0);
        let meet_s = 14.0 + 8.0 * f64::from(n);
        for (from, to) in [(gates::WEST, gates::EAST), (gates::EAST, gates::WEST)] {
            let (from, to) = (director.spot(from), director.spot(to));
            let place = at.plus(0.0, director.random.range(0.0, 0.15));
            let secs = director.random.range(0.0, 0.5);
            let starts_s = meet_s - from.distance(place) / WALK_BH_S;
            director.act(starts_s, from, vec![walk(place), Step::Stand { secs }, walk(to)]);
        }
    }
    director.done("people meet and cross each other closely")
}

/// One after the other stands at the same place for a while; each comes as the one before leaves.
fn swaps(mut director: Director<'_>) -> Scene {
    let at = director.spot(MIDDLES[0]);
    let mut arrives_s = 8.0;
    while arrives_s < director.scene.duration_s - 15.0 {
        let (from, to) = if director.random.chance(0.5) {
            (gates::WEST, gates::SOUTH_EAST)
        } else {
            (gates::EAST, gates::WEST)
        };
        let (from, to) = (director.spot(from), director.spot(to));
        let secs = director.random.range(7.0, 9.0);
        let starts_s = arrives_s - from.distance(at) / WALK_BH_S;
        director.act(starts_s, from, vec![walk(at), Step::Stand { secs }, walk(to)]);
        arrives_s += secs;
    }
    director.done("people take each other's place, each stands for 9 s at most")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_each_zone_is_in_it() {
        for (zone, middle) in ZONES.iter().zip(MIDDLES) {
            assert!(inside(zone, middle) && !inside(zone, (10.0, 10.0)));
        }
    }
}
