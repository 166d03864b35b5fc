//! Things left behind and taken away, and what is only like it.

use super::super::actor::Step;
use super::super::bag::{Bag, Kind};
use super::super::foliage::Foliage;
use super::super::light::{Change, Patch};
use super::super::perspective::Ground;
use super::super::place::gates;
use super::super::prop::Held;
use super::super::random::Random;
use super::super::scene::Scene;
use super::super::texture::Clouds;
use super::super::truth::Event;
use super::director::{Director, Stage, WALK_BH_S};

/// How long somebody bends to put something down or take it up.
const BEND_SECS: f64 = 1.2;
/// A person stands this far beside his object.
const BESIDE_BH: f64 = 0.3;

/// All scenes of the set.
pub fn scenes(stage: &Stage<'_>) -> Vec<Scene> {
    let new = |name: String, duration_s: f64| stage.scene(&name, duration_s);
    let mut all = Vec::new();
    for n in 1..=6 {
        all.push(left(new(format!("left-{n}"), 80.0), n));
    }
    for n in 1..=3 {
        all.push(taken_later(new(format!("left-and-taken-{n}"), 100.0), n));
        all.push(removed(new(format!("removed-{n}"), 70.0), n));
    }
    all.push(picked_up_again(new("picked-up-again".into(), 50.0)));
    all.push(attended(new("attended".into(), 75.0)));
    all.push(carried_through(new("carried-through".into(), 50.0)));
    all.push(standing(new("standing-person".into(), 90.0)));
    all.extend(lights(&new));
    all
}

/// What is drawn in the scene of this number; every third has hardly any contrast.
fn bag(director: &mut Director<'_>, number: usize, at: Ground) -> Bag {
    let offset = director.random.below(2);
    let kind = Kind::ALL[(number + 2 * offset) % Kind::ALL.len()];
    let like = (number.is_multiple_of(3)).then(|| director.ground_colour(at));
    Bag::draw(kind, like, &mut director.random)
}

fn describe(bag: &Bag, number: usize) -> String {
    let contrast = if number.is_multiple_of(3) { ", hardly any contrast" } else { "" };
    format!("{}, {:.2} body heights{contrast}", bag.kind.name(), bag.height_bh)
}

/// Someone comes with an object, puts it down and goes. His number, the object's, when it stands, when he starts to leave.
fn brings(director: &mut Director<'_>, bag: Bag, at: Ground, starts_s: f64, waits_s: f64) -> Left {
    let (from, to) = director.gates();
    let side = director.random.sign();
    let beside = at.plus(-side * BESIDE_BH, 0.02);
    let walk = |to: Ground| Step::Walk { to, speed_bh_s: WALK_BH_S };
    let (from, to) = (director.spot(from), director.spot(to));
    let steps = vec![walk(beside), Step::Bend { secs: BEND_SECS }, Step::Stand { secs: waits_s }, walk(to)];
    let owner = director.act(starts_s, from, steps);
    let actor = &director.scene.actors[owner];
    let down_s = actor.time_of(1) + 0.45 * BEND_SECS;
    let leaves_s = actor.time_of(3);
    let held = vec![(starts_s, Held::By { actor: owner, side }), (down_s, Held::On(at))];
    let prop = director.prop(bag, held);
    Left { owner, prop, leaves_s }
}

struct Left {
    owner: usize,
    prop: usize,
    leaves_s: f64,
}

/// Someone comes for an object that stands at `at` and carries it out. When it leaves its place.
fn takes(director: &mut Director<'_>, prop: usize, at: Ground, starts_s: f64) -> f64 {
    let (from, to) = director.gates();
    let side = director.random.sign();
    let beside = at.plus(-side * BESIDE_BH, 0.02);
    let (from, to) = (director.spot(from), director.spot(to));
    let walk = |to: Ground| Step::Walk { to, speed_bh_s: WALK_BH_S };
    let taker = director.act(starts_s, from, vec![walk(beside), Step::Bend { secs: BEND_SECS }, walk(to)]);
    let lifted_s = director.scene.actors[taker].time_of(1) + 0.5 * BEND_SECS;
    director.scene.props[prop].held.push((lifted_s, Held::By { actor: taker, side }));
    lifted_s
}

fn left(mut director: Director<'_>, number: usize) -> Scene {
    let at = director.free_place();
    let bag = bag(&mut director, number, at);
    let what = describe(&bag, number);
    let waits_s = director.random.range(0.3, 4.0);
    let starts_s = director.random.range(4.0, 9.0);
    let left = brings(&mut director, bag, at, starts_s, waits_s);
    let end_s = director.scene.duration_s;
    director.traffic(1.0, end_s - 15.0, 13.0);
    let mut event = Event::new("abandoned_object", left.leaves_s, end_s, what.clone());
    event = event.at(director.region_of(left.prop, at));
    event.unattended_from_s = Some(director.left_at(left.owner, at, left.leaves_s));
    director.event(event);
    director.done(&format!("a {what} is put down and left behind; others pass"))
}

fn taken_later(mut director: Director<'_>, number: usize) -> Scene {
    let at = director.free_place();
    let bag = bag(&mut director, number + 1, at);
    let what = describe(&bag, number + 1);
    let starts_s = director.random.range(3.0, 6.0);
    let left = brings(&mut director, bag, at, starts_s, 1.0);
    // long enough for every usual threshold
    let returns_s = left.leaves_s + director.random.range(45.0, 50.0);
    let taken_s = takes(&mut director, left.prop, at, returns_s);
    director.traffic(1.0, 80.0, 16.0);
    let region = director.region_of(left.prop, at);
    let mut event = Event::new("abandoned_object", left.leaves_s, taken_s, what.clone()).at(region);
    event.unattended_from_s = Some(director.left_at(left.owner, at, left.leaves_s));
    director.event(event);
    let end_s = director.scene.duration_s;
    let mut gone =
        Event::new("removed_object", taken_s, end_s, "the same object, which had been left").at(region);
    gone.optional = true;
    director.event(gone);
    director.done(&format!("a {what} is left behind and later taken by somebody else"))
}

fn removed(mut director: Director<'_>, number: usize) -> Scene {
    let at = director.free_place();
    let bag = bag(&mut director, number + 2, at);
    let what = describe(&bag, number + 2);
    let prop = director.prop(bag, vec![(0.0, Held::On(at))]);
    director.traffic(1.0, 45.0, 14.0);
    let comes_s = director.random.range(18.0, 24.0);
    let lifted_s = takes(&mut director, prop, at, comes_s);
    let region = director.region_of(prop, at);
    let end_s = director.scene.duration_s;
    director.event(Event::new("removed_object", lifted_s, end_s, what.clone()).at(region));
    director.done(&format!("a {what} stands there from the first picture and is taken away"))
}

fn picked_up_again(mut director: Director<'_>) -> Scene {
    let at = director.free_place();
    let bag = bag(&mut director, 1, at);
    let waits_s = director.random.range(1.0, 2.0);
    let left = brings(&mut director, bag, at, 4.0, waits_s);
    take_back(&mut director, &left);
    director.traffic(1.0, 35.0, 12.0);
    director.done("a bag is put down and picked up again within 4 s, its owner beside it")
}

fn attended(mut director: Director<'_>) -> Scene {
    let at = director.free_place();
    let bag = bag(&mut director, 2, at);
    let left = brings(&mut director, bag, at, 3.0, 40.0);
    take_back(&mut director, &left);
    director.traffic(1.0, 60.0, 13.0);
    director.done("a bag stands beside its owner for 40 s, who then takes it along")
}

/// The owner bends for his object before he leaves and takes it along.
fn take_back(director: &mut Director<'_>, left: &Left) {
    let owner = &mut director.scene.actors[left.owner];
    owner.steps.insert(3, Step::Bend { secs: BEND_SECS });
    let lifted_s = owner.time_of(3) + 0.5 * BEND_SECS;
    let held = &mut director.scene.props[left.prop].held;
    let first = held[0].1;
    held.push((lifted_s, first));
}

fn carried_through(mut director: Director<'_>) -> Scene {
    for number in 0..3 {
        let at = director.free_place();
        let bag = bag(&mut director, number + 1, at);
        let (from, to) = director.gates();
        let starts_s = 3.0 + 9.0 * number as f64;
        let actor = director.passer(starts_s, from, to, WALK_BH_S);
        let side = director.random.sign();
        director.prop(bag, vec![(starts_s, Held::By { actor, side })]);
    }
    director.traffic(1.0, 35.0, 12.0);
    director.done("bags are carried through the picture")
}

fn standing(mut director: Director<'_>) -> Scene {
    let (from, to) = director.gates();
    let (from, to) = (director.spot(from), director.spot(to));
    let at = director.free_place();
    let walk = |to: Ground| Step::Walk { to, speed_bh_s: WALK_BH_S };
    director.act(3.0, from, vec![walk(at), Step::Stand { secs: 60.0 }, walk(to)]);
    director.traffic(1.0, 75.0, 13.0);
    director.done("somebody stands still for 60 s")
}

/// Nothing is left and nothing taken, but the light changes.
fn lights<'a>(new: &dyn Fn(String, f64) -> Director<'a>) -> Vec<Scene> {
    let mut all = Vec::new();
    let mut scene = |name: &str, note: &str, set_up: &dyn Fn(&mut Director<'_>)| {
        let mut director = new(name.to_owned(), 70.0);
        director.traffic(1.0, 55.0, 11.0);
        set_up(&mut director);
        all.push(director.done(note));
    };
    let step =
        |at_s: f64, gain: f64, until_s: f64| Change::Step { at_s, over_s: 0.3, gain, until_s, noise: 1.0 };
    scene("light-step-down", "the light drops by 15 to 40 % at once, and comes back", &|d| {
        let gain = d.random.range(0.6, 0.85);
        d.scene.changes.push(step(25.0, gain, 50.0));
    });
    scene("light-step-up", "the light rises by 15 to 40 % at once", &|d| {
        let gain = d.random.range(1.15, 1.4);
        d.scene.changes.push(step(25.0, gain, f64::INFINITY));
    });
    scene("clouds", "shadows of clouds drift over the place", &|d| {
        let clouds = Clouds::new(&mut d.random, 420.0, 2, 2.6);
        d.scene.patches.push(Patch::Clouds { clouds, depth: 0.4, speed_px_s: 38.0 });
    });
    scene("headlights", "dusk; a car's headlights sweep over the ground several times", &|d| {
        d.scene.grading = d.scene.grading.map(|factor| 0.45 * factor);
        for n in 0..4 {
            let from_s = 12.0 + 14.0 * f64::from(n) + d.random.range(-2.0, 2.0);
            let path = [(-100.0, 330.0), (850.0, 250.0)];
            let path = if n % 2 == 0 { path } else { [path[1], path[0]] };
            d.scene.patches.push(Patch::Headlight { from_s, to_s: from_s + 5.0, path, gain: 1.3 });
        }
    });
    scene("infrared", "the camera turns to infrared: grey, another gain", &|d| {
        let gain = d.random.range(0.75, 1.2);
        d.scene.changes.push(Change::Infrared { at_s: 30.0, gain });
    });
    scene("exposure-hunting", "automatic exposure swings for some seconds, twice", &|d| {
        for at_s in [20.0, 44.0] {
            d.scene.changes.push(Change::Hunting { at_s, amount: 0.28, period_s: 2.4, fade_s: 3.5 });
        }
    });
    scene("leaf-shadow", "the shadow of a tree stirs on the lawn and the road", &|d| {
        let clouds = Clouds::new(&mut d.random, 26.0, 2, 5.0);
        let at = (300.0, 330.0, 190.0, 120.0);
        d.scene.patches.push(Patch::Leaves { clouds, at, depth: 0.45, swing_px: 9.0 });
    });
    scene("foliage", "a branch before the camera is shaken by gusts", &|d| {
        let x = if d.random.chance(0.5) { 130.0 } else { 630.0 };
        let mut random = Random::new(d.random.bits());
        let top = d.scene.view.top;
        d.scene.foliage = Some((Foliage::grow((x, top + 20.0), 330.0, &mut random), 1.0));
    });
    scene("crossing-shoppers", "people with bags cross and stop for a moment", &|d| {
        for n in 0..3 {
            let at = d.free_place();
            let bag = bag(d, n + 1, at);
            let (from, to) = (d.spot(gates::WEST), d.spot(gates::EAST));
            let walk = |to: Ground| Step::Walk { to, speed_bh_s: WALK_BH_S };
            let starts_s = 4.0 + 12.0 * n as f64;
            let actor = d.act(starts_s, from, vec![walk(at), Step::Stand { secs: 3.0 }, walk(to)]);
            d.prop(bag, vec![(starts_s, Held::By { actor, side: 1.0 })]);
        }
    });
    all
}
