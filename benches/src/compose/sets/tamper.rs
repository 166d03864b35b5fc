//! Cameras that are covered, pushed, blinded, and what is only like it.

use super::super::act::{Act, Overlay};
use super::super::light::Change;
use super::super::scene::Scene;
use super::super::truth::Event;
use super::super::view::{Push, View};
use super::covers;
use super::director::{Director, Stage};

/// Scenes in which it ends after a while do so this long after it began.
const LASTS_SECS: f64 = 30.0;
/// A time after every scene's end.
const NEVER_S: f64 = 1e6;

/// All scenes of the set.
pub fn scenes(stage: &Stage<'_>) -> Vec<Scene> {
    let new = |name: &str, duration_s: f64| stage.scene(name, duration_s);
    let mut all = Vec::new();
    for (name, end) in [("covered-cloth", End::Stays), ("covered-cloth-for-a-while", End::Recovers)] {
        all.push(tampered(
            new(name, 90.0),
            "covered",
            "a cloth is hung before the camera",
            end,
            1.0,
            &|d, act| {
                let cloth = covers::cloth(&mut d.random);
                let overlay = covers::slides_in(cloth, act.at_s, act.over_s, act.until_s, &mut d.random);
                d.scene.acts.push(Act::Overlay(overlay));
            },
        ));
    }
    all.push(tampered(
        new("covered-hand", 75.0),
        "covered",
        "a hand is held before the lens",
        End::Recovers,
        0.7,
        &|d, act| {
            let hand = covers::hand(&mut d.random);
            let mut overlay = covers::slides_in(hand, act.at_s, act.over_s, act.until_s, &mut d.random);
            overlay.tremble = 0.012;
            d.scene.acts.push(Act::Overlay(overlay));
        },
    ));
    all.push(tampered(
        new("covered-bag", 75.0),
        "covered",
        "a plastic bag is pulled over the camera",
        End::Stays,
        0.9,
        &|d, act| {
            let bag = covers::plastic(&mut d.random);
            let overlay = covers::slides_in(bag, act.at_s, act.over_s, act.until_s, &mut d.random);
            d.scene.acts.push(Act::Overlay(overlay));
        },
    ));
    all.push(tampered(
        new("sprayed", 75.0),
        "spray",
        "the lens is sprayed with paint",
        End::Stays,
        2.0,
        &|d, act| {
            let blots = covers::spray(act.at_s, act.over_s, act.until_s, &mut d.random);
            d.scene.acts.extend(blots.into_iter().map(Act::Overlay));
        },
    ));
    for (name, end, sigma) in [
        ("defocused", End::Stays, 0.011),
        ("defocused-much", End::Stays, 0.02),
        ("defocused-for-a-while", End::Recovers, 0.014),
    ] {
        all.push(tampered(
            new(name, 90.0),
            "defocused",
            "the lens is turned out of focus",
            end,
            1.8,
            &|d, act| {
                let (at_s, over_s, until_s) = (act.at_s, act.over_s, act.until_s);
                d.scene.acts.push(Act::Defocus { at_s, over_s, sigma, until_s });
            },
        ));
    }
    all.extend(moved(&new));
    all.push(frozen(new("frozen", 75.0), End::Stays));
    all.push(frozen(new("frozen-for-a-while", 90.0), End::Recovers));
    for (name, end) in [("dark", End::Stays), ("dark-for-a-while", End::Recovers)] {
        all.push(tampered(new(name, 90.0), "dark", "the lights go out", end, 1.5, &|d, act| {
            let (at_s, over_s, until_s) = (act.at_s, act.over_s, act.until_s);
            d.scene.changes.push(Change::Step { at_s, over_s, gain: 0.025, until_s, noise: 1.6 });
        }));
    }
    all.extend(harmless(&new));
    all
}

/// Whether the picture becomes good again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stays,
    Recovers,
}

/// When something is done to the camera.
struct Timing {
    at_s: f64,
    over_s: f64,
    until_s: f64,
}

fn tampered(
    mut director: Director<'_>,
    subtype: &str,
    note: &str,
    end: End,
    over_s: f64,
    set_up: &dyn Fn(&mut Director<'_>, &Timing),
) -> Scene {
    let at_s = director.random.range(20.0, 40.0);
    let until_s = if end == End::Recovers { at_s + LASTS_SECS } else { NEVER_S };
    let duration_s = director.scene.duration_s;
    director.traffic(0.0, duration_s, 7.0);
    let timing = Timing { at_s, over_s, until_s };
    set_up(&mut director, &timing);
    let end_s = (until_s + over_s).min(duration_s);
    let mut event = Event::new("tamper", at_s, end_s, note);
    event.subtype = Some(subtype.to_owned());
    director.event(event);
    let note = match end {
        End::Stays => note.to_owned(),
        End::Recovers => format!("{note}; good again after {LASTS_SECS} s"),
    };
    director.done(&note)
}

/// Views that are changed show a part of the plate, so that real pixels come in.
fn moved<'a>(new: &dyn Fn(&str, f64) -> Director<'a>) -> Vec<Scene> {
    let mut all = Vec::new();
    let mut scene = |name: &str, note: &str, end: End, push: &dyn Fn(&mut Director<'_>) -> Push| {
        let mut director = new(name, 90.0);
        let mirror = director.scene.view.mirror;
        let middle = (director.random.range(0.45, 0.65), director.random.range(0.4, 0.6));
        director.scene.view = View { mirror, ..View::part(640, 480, 0.66, middle) };
        all.push(tampered(director, "moved", note, end, 1.0, &|d, act| {
            let push = push(d);
            let (at_s, over_s, until_s) = (act.at_s, act.over_s, act.until_s);
            d.scene.acts.push(Act::Move { at_s, over_s, push, until_s });
        }));
    };
    scene("moved-aside", "the camera is pushed aside", End::Stays, &|d| {
        let (right, down) = (d.random.range(0.14, 0.25) * d.random.sign(), d.random.range(-0.05, 0.05));
        Push { right, down, ..Push::NONE }
    });
    scene("moved-up", "the camera is pushed up or down, and back", End::Recovers, &|d| Push {
        down: d.random.range(0.15, 0.22) * d.random.sign(),
        ..Push::NONE
    });
    scene("turned", "the camera is turned in its mount", End::Stays, &|d| Push {
        degrees: d.random.range(8.0, 15.0) * d.random.sign(),
        ..Push::NONE
    });
    scene("zoomed", "the camera is zoomed in", End::Stays, &|d| Push {
        zoom: d.random.range(1.35, 1.6),
        ..Push::NONE
    });
    all
}

fn frozen(director: Director<'_>, end: End) -> Scene {
    tampered(director, "frozen", "the same picture again and again", end, 0.0, &|d, act| {
        d.scene.acts.push(Act::Freeze { at_s: act.at_s, until_s: act.until_s });
    })
}

/// No camera is touched here.
fn harmless<'a>(new: &dyn Fn(&str, f64) -> Director<'a>) -> Vec<Scene> {
    let mut all = Vec::new();
    let mut scene = |name: &str, duration_s: f64, note: &str, set_up: &dyn Fn(&mut Director<'_>)| {
        let mut director = new(name, duration_s);
        director.traffic(0.0, duration_s, 7.0);
        set_up(&mut director);
        all.push(director.done(note));
    };
    let step = |at_s: f64, over_s: f64, gain: f64, noise: f64| Change::Step {
        at_s,
        over_s,
        gain,
        until_s: f64::INFINITY,
        noise,
    };
    scene("nightfall", 100.0, "night falls within 60 s, the noise rises", &|d| {
        d.scene.changes.push(step(20.0, 60.0, 0.22, 2.6));
    });
    scene("infrared", 70.0, "the camera turns to infrared within 0.3 s", &|d| {
        let gain = d.random.range(0.7, 1.2);
        d.scene.changes.push(Change::Infrared { at_s: 30.0, gain });
    });
    scene("lorry", 70.0, "a lorry passes close to the camera, twice", &|d| {
        for at_s in [22.0, 48.0] {
            let over_s = d.random.range(4.0, 6.0);
            let foot = d.random.range(0.92, 1.0);
            let path = vec![(at_s, -0.85, foot), (at_s + over_s, 1.85, foot)];
            let overlay = Overlay {
                size: d.random.range(0.95, 1.1),
                ..Overlay::stiff(covers::lorry(&mut d.random), path)
            };
            d.scene.acts.push(Act::Overlay(overlay));
        }
    });
    scene("exposure-step", 70.0, "the exposure jumps, down and up", &|d| {
        d.scene.changes.push(step(22.0, 0.2, d.random.range(0.5, 0.65), 1.0));
        d.scene.changes.push(step(46.0, 0.2, d.random.range(1.6, 2.2), 1.0));
    });
    scene("rain", 70.0, "heavy rain and a noisy picture", &|d| {
        d.scene.acts.push(Act::Rain { at_s: 20.0, until_s: f64::INFINITY, drops: 900 });
        d.scene.changes.push(step(20.0, 5.0, 0.8, 2.4));
    });
    scene("near-walker", 70.0, "somebody passes right before the camera, twice", &|d| {
        for (at_s, right) in [(24.0, true), (46.0, false)] {
            let walker = near_walker(d, at_s, right);
            d.scene.acts.push(Act::Overlay(walker));
        }
    });
    scene("quiet", 70.0, "ordinary traffic", &|_| {});
    all
}

/// Someone taller than the picture walks across it.
fn near_walker(director: &mut Director<'_>, at_s: f64, right: bool) -> Overlay {
    let people = &director.material.people;
    let across = |heading: f64| heading.cos().abs();
    let order =
        (0..people.len()).max_by(|&a, &b| across(people[a].heading).total_cmp(&across(people[b].heading)));
    let person = order.and_then(|n| people.get(n));
    let looks = person.map(|p| p.frames.clone()).unwrap_or_default();
    let own_right = person.is_some_and(|p| p.heading.cos() > 0.0);
    let over_s = director.random.range(2.6, 3.4);
    let (from, to) = if right { (-0.4, 1.4) } else { (1.4, -0.4) };
    let path = vec![(at_s, from, 1.25), (at_s + over_s, to, 1.25)];
    Overlay { looks, rate: 9.0, size: 1.15, mirror: own_right != right, path, tremble: 0.0 }
}
