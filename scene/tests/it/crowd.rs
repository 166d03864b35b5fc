//! What becomes of crowds.

use crate::script::{Script, scene, told};
use crate::stage::Stage;
use xunge_scene::{Event, Phase};

const CROWD: &str = "[[camera.rule.crowd]]\nname = \"many\"\n";
const RATES: [f64; 4] = [2.5, 5.0, 10.0, 25.0];

fn run(script: &str, rate: f64) -> Vec<Event> {
    Script::parse(script).run(&scene(CROWD), rate)
}

fn began(events: &[Event]) -> Vec<f64> {
    events.iter().filter(|e| e.phase == Phase::Began).map(|e| e.at.secs()).collect()
}

/// People who come to the middle and stay until second 40, arriving at these seconds.
fn arriving(seconds: &[f64]) -> String {
    let person = |(i, at): (usize, &f64)| {
        let x = 0.42 + 0.04 * (i % 5) as f64 + 0.02 * (i / 5) as f64;
        let y = 0.5 + 0.06 * (i % 5) as f64 + 0.03 * (i / 5) as f64;
        format!("p{i}: {} .05,{y} | {at} {x},{y} | 40 {x},{y} | 44 .95,{y}\n", at - 4.0)
    };
    seconds.iter().enumerate().map(person).collect()
}

#[test]
fn one_who_is_missed_now_and_then_costs_a_crowd_that_moment_only() {
    // To four who stand comes a fifth, who from then on is missed for three seconds and found for one and a half, again
    // and again: there are five for no longer than six seconds in one go.
    let missed = |n: i32| format!("hide p2 {}..{}\n", 9.4 + 4.5 * f64::from(n), 12.4 + 4.5 * f64::from(n));
    let script = arriving(&[4.0, 4.2, 9.4, 4.6, 4.8]) + &(0..7).map(missed).collect::<String>();
    let scene = scene(&format!("{CROWD}hold_secs = 7\n"));
    for rate in [5.0, 10.0, 25.0] {
        let events = Script::parse(&script).run(&scene, rate);
        let began = began(&events);
        assert!(began.len() == 1 && (12.0..32.0).contains(&began[0]), "{rate}: {}", told(&events));
    }
}

#[test]
fn who_come_one_by_one_and_stand_are_a_gathering() {
    for rate in RATES {
        let events = run(&arriving(&[5.0, 9.0, 13.0, 16.0, 19.0, 22.0]), rate);
        let first = events.iter().find(|e| e.detail == Some("gathering"));
        assert!(first.is_some_and(|e| e.at.secs() < 27.0), "{rate}: {}", told(&events));
        assert!(events.iter().all(|e| e.severity == 2), "{rate}: {}", told(&events));
    }
}

#[test]
fn who_come_together_or_walk_through_are_no_gathering() {
    let through: String = (0..8)
        .map(|i| {
            let (y, t) = (0.6 + 0.04 * f64::from(i % 3), 1.5 * f64::from(i));
            format!("p{i}: {t} .05,{y} | {} .95,{y}\n", t + 9.0)
        })
        .collect();
    for rate in RATES {
        for script in [arriving(&[5.0, 5.5, 6.0, 6.0, 6.5, 7.0]), through.clone()] {
            let events = run(&script, rate);
            assert!(events.iter().all(|e| e.detail.is_none()), "{rate}: {}", told(&events));
        }
    }
}

#[test]
fn a_class_that_walks_through_faster_than_the_hold_is_nothing() {
    let zone = "[camera.zone]\nstrip = [[0.4, 0.0], [0.6, 0.0], [0.6, 1.0], [0.4, 1.0]]\n";
    let scene = scene(&format!("{zone}{CROWD}zone = \"strip\"\n"));
    let class: String = (0..8)
        .map(|i| {
            let (y, t) = (0.6 + 0.05 * f64::from(i % 4), 2.0 + 0.3 * f64::from(i / 4));
            format!("p{i}: {t} .05,{y} | {} .95,{y}\n", t + 9.0)
        })
        .collect();
    for rate in RATES {
        assert_eq!(told(&Script::parse(&class).run(&scene, rate)), "", "{rate}");
    }
}

#[test]
fn a_crowd_that_doubles_within_seconds_is_more_urgent() {
    let few = [12.0, 12.2, 12.4, 12.6, 12.8];
    let more = [20.0, 20.4, 21.0, 21.4, 22.0];
    for rate in RATES {
        let events = run(&arriving(&[&few[..], &more].concat()), rate);
        assert_eq!(began(&events).len(), 1);
        let urgent = events.iter().find(|e| e.severity == 1);
        assert!(urgent.is_some_and(|e| (17.0..27.0).contains(&e.at.secs())), "{rate}: {}", told(&events));
        // As many over half a minute are none.
        let slow = [15.0, 19.0, 23.0, 27.0, 31.0];
        let events = run(&arriving(&[&few[..], &slow].concat()), rate);
        assert!(events.iter().all(|e| e.severity == 2), "{rate}: {}", told(&events));
    }
}

/// Eight who walk in and stand from second 3 to 12; then they go apart within so many seconds.
fn apart(secs: f64) -> String {
    let person = |i: i32| {
        let (x, y) = (0.36 + 0.04 * f64::from(i), 0.5 + 0.1 * f64::from(i % 3));
        let to = if i < 4 { 0.02 } else { 0.98 };
        format!(
            "p{i}: 0 {},{y} | 3 {x},{y} | 12 {x},{y} | {} {to},{y}\np{i} stature .2\n",
            x - 0.08,
            12.0 + secs
        )
    };
    (0..8).map(person).collect()
}

#[test]
fn a_crowd_that_runs_apart_is_a_dispersal() {
    for rate in [5.0, 10.0, 25.0] {
        let events = Stage::parse(&apart(2.0)).run(&scene(CROWD), rate);
        let last = events.last();
        assert!(
            last.is_some_and(|e| e.detail == Some("dispersal") && e.severity == 1),
            "{rate}: {}",
            told(&events)
        );
        assert!(
            events.iter().any(|e| e.phase == Phase::Updated && e.severity == 1),
            "{rate}: {}",
            told(&events)
        );
    }
}

#[test]
fn a_crowd_that_walks_apart_is_none() {
    for rate in [5.0, 10.0, 25.0] {
        let events = Stage::parse(&apart(6.0)).run(&scene(CROWD), rate);
        assert!(events.iter().all(|e| e.detail.is_none() && e.severity == 2), "{rate}: {}", told(&events));
        assert!(events.last().is_some_and(|e| e.phase == Phase::Ended));
    }
}

#[test]
fn blind_looks_neither_fill_nor_empty_a_crowd() {
    let script = arriving(&[4.0, 4.2, 4.4, 4.6, 4.8]);
    for rate in RATES {
        // A second of being a crowd before and none after is not enough.
        let events = run(&format!("{script}blind 1.8..44"), rate);
        assert_eq!(told(&events), "", "{rate}");
        let events = run(&format!("{script}blind 20..30"), rate);
        assert_eq!(began(&events).len(), 1);
        assert!(events.last().is_some_and(|e| e.at.secs() > 43.0), "{rate}: {}", told(&events));
    }
}
