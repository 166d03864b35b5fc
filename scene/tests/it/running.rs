//! Who runs, and what only looks like it.

use crate::script::{scene, told};
use crate::stage::{Stage, begun};
use xunge_scene::{Event, Phase};

const RUNNING: &str = "[[camera.rule.running]]\nname = \"run\"\n";
const RATES: [f64; 4] = [5.0, 8.0, 10.0, 25.0];

fn run(script: &str, rate: f64) -> Vec<Event> {
    Stage::parse(script).run(&scene(RUNNING), rate)
}

#[track_caller]
fn silent(script: &str) {
    for rate in RATES {
        assert_eq!(told(&run(script, rate)), "", "at {rate} looks a second");
    }
}

/// Walks for two seconds, then goes from the left to the right at so many of his heights a second.
fn goes(speed_bh_s: f64) -> String {
    // Stature .2 and aspect 1.5.
    let secs = 0.7 * 1.5 / 0.2 / speed_bh_s;
    format!("a: 0 .04,.8 | 2 .2,.8 | {} .9,.8\na stature .2", 2.0 + secs)
}

#[test]
fn a_runner_is_told_within_a_second() {
    for rate in RATES {
        let events = run(&goes(2.2), rate);
        let begun = begun(&events);
        assert!(begun.len() == 1 && (2.4..=3.01).contains(&begun[0]), "{rate}: {}", told(&events));
        assert!(events.iter().all(|e| e.detail.is_none() && e.severity == 3));
        assert!((1.8..=2.6).contains(&events[0].since.secs()), "{rate}: {}", told(&events));
        assert!(events[0].measured.is_some_and(|speed| (1.6..2.5).contains(&speed)));
        assert_eq!(events.last().map(|e| e.phase), Some(Phase::Ended));
    }
}

#[test]
fn at_few_looks_a_second_a_runner_is_told_a_little_later() {
    // His start from a walk may cost him his track.
    let script = "a: 0 .04,.8 | 2 .15,.8 | 6 .97,.8\na stature .14";
    let begun = begun(&run(script, 2.5));
    assert!(begun.len() == 1 && begun[0] <= 4.5, "{begun:?}");
}

#[test]
fn walkers_do_not_run() {
    silent(&goes(0.8));
    silent(&goes(1.2));
}

#[test]
fn speed_that_the_pixels_deny_is_no_running() {
    silent(&format!("{}\nflowless a 0..20", goes(2.2)));
}

#[test]
fn a_track_that_jumps_to_another_person_does_not_run() {
    // Two who stand; the one is lost just when the other is found.
    silent(
        "a: 0 .1,.8 | 3 .3,.8 | 20 .3,.8
         b: 0 .7,.8 | 3 .42,.8 | 20 .42,.8
         a stature .3
         b stature .3
         lost b 5..8
         lost a 8..11
         lost b 11..14",
    );
}

#[test]
fn whose_box_meets_anothers_may_be_the_other_and_does_not_run() {
    let runner = goes(2.2);
    let beside = |x: f64| format!("{runner}\nb: 0 .04,{x} | 2 .2,{x} | 4.4 .9,{x}\nb stature .2");
    silent(&beside(0.88));
    for rate in RATES {
        assert_eq!(begun(&run(&beside(1.0), rate)).len(), 1, "{rate}: far enough apart");
    }
}

#[test]
fn who_is_cut_off_by_the_edge_does_not_run() {
    silent("a: 0 .04,1.05 | 2 .2,1.05 | 4.4 .9,1.05\na stature .2");
}

#[test]
fn running_to_and_fro_on_the_spot_is_not_running() {
    let steps: Vec<String> = (0..40)
        .map(|i| format!("{} {},.8", 3.0 + 0.2 * f64::from(i), if i % 2 == 0 { 0.5 } else { 0.53 }))
        .collect();
    silent(&format!("a: 0 .2,.8 | {}\na stature .2", steps.join(" | ")));
}

#[test]
fn a_run_outside_the_zone_is_none_of_its_business() {
    let zone = "[camera.zone]\nfar = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]]\n";
    let scene = scene(&format!("{zone}{RUNNING}zone = \"far\"\n"));
    assert_eq!(told(&Stage::parse(&goes(2.2)).run(&scene, 10.0)), "");
}

#[test]
fn blind_looks_begin_and_end_no_run() {
    // `Stage::run` checks that no blind look tells anything; what is between them is not known.
    assert_eq!(told(&run(&format!("{}\nblind 2..9", goes(2.2)), 10.0)), "");
    let events = run(&format!("{}\nblind 3.2..9", goes(2.2)), 10.0);
    assert_eq!(begun(&events).len(), 1);
    assert!(events.last().is_some_and(|e| e.at.secs() >= 9.0), "{}", told(&events));
}

/// Eight people who walk in and stand from second 3 to 9.
fn eight(more: &str) -> String {
    let mut script = String::new();
    for i in 0..8 {
        let (x, y) = (0.15 + 0.1 * f64::from(i), 0.6 + 0.1 * f64::from(i % 3));
        script += &format!("p{i}: 0 {},{y} | 3 {x},{y} | 14 {x},{y}\np{i} stature .2\n", x - 0.08);
    }
    script + more
}

#[test]
fn many_who_break_into_a_run_are_a_panic() {
    for rate in RATES {
        let events = run(&eight("rush 8..11 1.5"), rate);
        let begun = begun(&events);
        assert!(begun.len() == 1 && (8.7..=9.2).contains(&begun[0]), "{rate}: {}", told(&events));
        assert!(events.iter().all(|e| e.detail == Some("panic") && e.severity == 2));
        assert!((7.9..=8.3).contains(&events[0].since.secs()), "{rate}: {}", told(&events));
    }
}

/// Eight people who have stood there since the first look; `who` of them run apart from second 8 on.
fn standing(who: std::ops::Range<i32>) -> String {
    let person = |i: i32| {
        let (x, y) = (0.36 + 0.04 * f64::from(i), 0.5 + 0.1 * f64::from(i % 3));
        let to = x + if i < 4 { -0.3 } else { 0.3 };
        let run = if who.contains(&i) { format!("9.5 {to},{y}") } else { format!("9.5 {x},{y}") };
        format!("p{i}: 0 {x},{y} | 8 {x},{y} | {run}\np{i} stature .2\n")
    };
    (0..8).map(person).collect()
}

#[test]
fn many_who_have_only_stood_before_are_a_panic_too() {
    for rate in RATES {
        let events = run(&standing(0..8), rate);
        let panic = events.iter().find(|e| e.detail == Some("panic"));
        let at = panic.map(|e| e.at.secs());
        assert!(at.is_some_and(|at| (8.7..=9.5).contains(&at)), "{rate}: {}", told(&events));
    }
}

#[test]
fn one_or_two_of_them_who_run_are_no_panic() {
    for rate in RATES {
        for who in [0..1, 3..5, 6..8] {
            let events = run(&standing(who), rate);
            assert!(events.iter().all(|e| e.detail.is_none()), "{rate}: {}", told(&events));
        }
    }
}

#[test]
fn people_who_walk_on_are_no_panic() {
    silent(&eight(""));
    silent(&eight("rush 8..11 .5"));
}

#[test]
fn a_start_that_is_over_at_once_is_no_panic() {
    silent(&eight("rush 8..8.5 1.5"));
}

#[test]
fn walkers_who_come_into_an_empty_picture_are_no_panic() {
    let walker = |i: i32| {
        let (y, t) = (0.5 + 0.12 * f64::from(i), 5.0 + 0.3 * f64::from(i));
        format!("p{i}: {t} .02,{y} | {} .9,{y}\np{i} stature .2\n", t + 8.25)
    };
    silent(&(0..4).map(walker).collect::<String>());
}

#[test]
fn a_change_of_light_is_no_panic() {
    silent(&eight("light 8..10 .5"));
}

#[test]
fn a_motorway_without_people_is_no_panic() {
    silent("a: 0 .5,.2 | 1 .5,.2 | 30 .5,.2\nlost a 0..30\ntraffic 0..30 .3\ntraffic 10..30 2");
}

#[test]
fn the_same_again_gives_the_same() {
    for script in [eight("rush 8..11 1.5"), goes(2.2)] {
        for rate in RATES {
            assert_eq!(run(&script, rate), run(&script, rate));
        }
    }
}
