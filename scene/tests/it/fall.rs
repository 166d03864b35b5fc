//! Who falls, and who does not.

use crate::script::{scene, told};
use crate::stage::{Stage, begun};
use xunge_scene::{Event, Phase};

const FALL: &str = "[[camera.rule.fall]]\nname = \"fall\"\n";
const RATES: [f64; 4] = [2.5, 5.0, 10.0, 25.0];
const BRISK: [f64; 3] = [5.0, 10.0, 25.0];

/// Walks in, stands, lies from second 6.7 on and has stood up again at 26.
const FALLS: &str =
    "a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 6.7 .5,.9 lie | 25 .5,.9 lie | 26 .5,.9 stand | 40 .5,.9";
const LIES_AT: f64 = 6.7;

fn run(script: &str, rate: f64) -> Vec<Event> {
    Stage::parse(script).run(&scene(FALL), rate)
}

#[track_caller]
fn silent(script: &str) {
    for rate in RATES {
        assert_eq!(told(&run(script, rate)), "", "at {rate} looks a second");
    }
}

/// Exactly one fall, told within `within` seconds after he lies.
#[track_caller]
fn found(script: &str, rate: f64, within: f64) -> Vec<Event> {
    let events = run(script, rate);
    let begun = begun(&events);
    let in_time = |at: &f64| (LIES_AT - 0.01..=LIES_AT + within + 0.01).contains(at);
    assert!(begun.len() == 1 && begun.iter().all(in_time), "at {rate} looks a second: {}", told(&events));
    events
}

#[test]
fn a_fall_is_told_within_a_second_at_any_rate() {
    for rate in BRISK {
        let events = found(FALLS, rate, 1.0);
        let since = events[0].since.secs();
        // The first look at which he lies: on his way down the last quarter of a second looks like lying.
        assert!((LIES_AT - 0.3..=LIES_AT + 1.0 / rate).contains(&since), "{rate}: {}", told(&events));
        assert!(events.iter().all(|event| event.since.secs() == since));
    }
}

#[test]
fn who_stays_down_is_told_again_more_urgently_and_getting_up_ends_it() {
    for rate in BRISK {
        let events = found(FALLS, rate, 1.0);
        let phases: Vec<_> = events.iter().map(|e| (e.phase, e.severity)).collect();
        let expected = [(Phase::Began, 2), (Phase::Updated, 1), (Phase::Ended, 1)];
        assert_eq!(phases, expected, "{rate}: {}", told(&events));
        let down = events[1].at.secs() - events[1].since.secs();
        assert!((10.0..=11.2).contains(&down), "{rate}: {}", told(&events));
        // Upright from about half-way on, and for a second then.
        assert!((26.3..=28.0).contains(&events[2].at.secs()), "{rate}: {}", told(&events));
    }
}

#[test]
fn a_place_that_looks_as_it_did_before_shows_nobody_who_fell() {
    for rate in BRISK {
        found(&format!("{FALLS}\nalike 0..60 .8"), rate, 1.0);
        let veiled = run(&format!("{FALLS}\nalike 0..9 .95\nalike 9..60 .3"), rate);
        assert!(begun(&veiled).iter().all(|at| (9.0..10.0).contains(at)), "{rate}: {}", told(&veiled));
    }
    silent(&format!("{FALLS}\nalike 0..60 .95"));
}

#[test]
fn who_gets_up_soon_is_not_told_again() {
    let events = found(
        "a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 6.7 .5,.9 lie | 12 .5,.9 lie | 13 .5,.9 stand | 30 .5,.9",
        5.0,
        1.0,
    );
    let phases: Vec<_> = events.iter().map(|e| (e.phase, e.severity)).collect();
    assert_eq!(phases, [(Phase::Began, 2), (Phase::Ended, 2)]);
}

#[test]
fn squatting_sitting_and_bending_are_no_falls() {
    silent("a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 6.6 .5,.9 squat | 12 .5,.9 squat | 12.6 .5,.9 | 20 .8,.9");
    silent("a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 6.8 .5,.9 seated | 20 .5,.9 seated | 21 .5,.9 | 25 .8,.9");
    silent("a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 6.7 .5,.9 bend | 8 .5,.9 bend | 8.7 .5,.9 | 14 .8,.9");
    silent("a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 7 .5,.9 floor | 20 .5,.9 floor | 21 .5,.9 | 25 .8,.9");
}

#[test]
fn lying_down_on_purpose_is_no_fall() {
    silent(
        "a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 7 .5,.9 floor | 10 .5,.9 floor | 11 .5,.9 lie | 40 .5,.9 lie
         weak a 10.5..40 .5",
    );
}

#[test]
fn who_stumbles_and_catches_himself_has_not_fallen() {
    silent("a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 6.4 .5,.9 floor | 6.6 .5,.9 floor | 7.2 .5,.9 | 14 .8,.9");
}

#[test]
fn walking_out_over_an_edge_is_no_fall() {
    silent("a: 0 .2,.7 | 4 .5,.8 | 8 .5,1.25 | 10 .5,1.5");
    silent("a: 0 .2,.9 | 4 .5,.9 | 9 1.1,.9");
    // Without joints only the box is left.
    silent("a: 0 .2,.7 | 4 .5,.8 | 8 .5,1.25 | 10 .5,1.5\nunjointed a 0..20");
}

#[test]
fn walking_behind_furniture_is_no_fall() {
    let hidden = "a: 0 .2,.9 | 4 .5,.9 | 4.5 .55,.9 behind | 6 .65,.9 behind | 8 .65,.9 behind
                  lost a 5..8
                  unjointed a 4.5..8";
    silent(hidden);
    silent(&format!("{hidden}\nthing .6,.9 .18,.14 .3 0..60"));
    // What was not there before he was lost is taken for him.
    let events = run(&format!("{hidden}\nthing .6,.9 .18,.14 .3 5..60"), 10.0);
    assert_eq!(begun(&events).len(), 1, "{}", told(&events));
}

#[test]
fn who_sits_down_behind_a_table_and_is_lost_has_not_fallen() {
    silent(
        "a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 6.8 .5,.9 seated | 20 .5,.9 seated
         lost a 6.8..20
         unjointed a 6.8..20
         thing .5,.9 .18,.14 .3 0..60",
    );
}

#[test]
fn lying_in_bed_is_normal_and_elsewhere_is_not() {
    let bed = "[camera.zone]\nbed = [[0.3, 0.6], [0.7, 0.6], [0.7, 1.0], [0.3, 1.0]]\n\
        floor = [[0.0, 0.6], [0.25, 0.6], [0.25, 1.0], [0.0, 1.0]]\n";
    let events =
        |rule: &str, script: &str| Stage::parse(script).run(&scene(&format!("{bed}{FALL}{rule}")), 5.0);
    let elsewhere = "a: 0 .5,.9 | 4 .16,.9 | 6 .16,.9 | 6.7 .16,.9 lie | 30 .16,.9 lie";
    assert_eq!(told(&events("bed_zone = \"bed\"\n", FALLS)), "");
    assert_eq!(begun(&events("bed_zone = \"bed\"\n", elsewhere)).len(), 1);
    assert_eq!(told(&events("zone = \"floor\"\n", FALLS)), "");
    assert_eq!(begun(&events("zone = \"floor\"\n", elsewhere)).len(), 1);
}

#[test]
fn blind_looks_begin_and_end_nothing() {
    // `Stage::run` checks that no blind look tells anything.
    let events = run(&format!("{FALLS}\nblind 9..24"), 5.0);
    assert_eq!(begun(&events).len(), 1, "{}", told(&events));
    assert!(events[0].at.secs() < 8.0);
    assert!(events.last().is_some_and(|e| e.at.secs() > 26.0), "{}", told(&events));
    // However long nobody can look, and even if he is not found at once afterwards.
    let long = "a: 0 .2,.9 | 4 .5,.9 | 6 .5,.9 | 6.7 .5,.9 lie | 60 .5,.9 lie\nblind 9..34\n\
                lost a 34..35\nunjointed a 34..35\nunturned a 34..35";
    let events = run(long, 5.0);
    assert_eq!(begun(&events).len(), 1, "{}", told(&events));
    assert!(events.iter().all(|e| e.end_reason.is_none() || e.at.secs() > 60.0), "{}", told(&events));
    // Nobody saw how he came to lie.
    assert_eq!(told(&run(&format!("{FALLS}\nblind 5..12"), 5.0)), "");
    // Half a second without a look in the middle of the fall delays it by no more.
    found(&format!("{FALLS}\nblind 6.3..6.9"), 10.0, 1.0);
}

#[test]
fn whom_the_detector_loses_is_found_by_a_turned_look_or_his_joints() {
    // He must have been seen to sink before he is lost: at 2.5 looks a second at 6.4.
    for rate in RATES {
        let within = if rate < 3.0 { 1.2 } else { 1.0 };
        found(&format!("{FALLS}\nlost a 6.45..25.4"), rate, within);
        found(&format!("{FALLS}\nlost a 6.45..25.4\nunjointed a 6.5..25.4"), rate, within);
        found(&format!("{FALLS}\nlost a 6.45..25.4\nunturned a 0..40"), rate, within);
    }
}

#[test]
fn who_is_lost_while_he_stands_has_not_fallen() {
    silent("a: 0 .2,.9 | 4 .5,.9 | 12 .5,.9\nlost a 6..12\nunjointed a 6..12");
}

#[test]
fn one_who_lies_since_the_camera_started_has_not_fallen() {
    silent("a: 0 .5,.9 lie | 30 .5,.9 lie");
}

#[test]
fn somebody_against_the_light_falls_too() {
    // Too weak for a track of his own; his joints speak for him.
    for rate in [5.0, 10.0] {
        found(&format!("{FALLS}\nweak a 0..40 .3"), rate, 1.0);
    }
}

#[test]
fn one_of_two_falls() {
    let script = format!("{FALLS}\nb: 0 .9,.95 | 4 .8,.95 | 10 .8,.95 | 30 .75,.95 | 40 .8,.95");
    for rate in BRISK {
        let events = found(&script, rate, 1.0);
        assert!(events.iter().all(|event| event.tracks == [1]), "{}", told(&events));
    }
}

#[test]
fn who_is_lost_while_he_stands_beside_one_who_falls_has_not_fallen_too() {
    let script = format!(
        "{FALLS}\nb: 0 .9,.95 | 4 .65,.95 | 40 .65,.95\nlost a 6.45..40\nlost b 6.3..40\nunjointed b 6.3..40"
    );
    for rate in BRISK {
        let events = found(&script, rate, 1.0);
        assert!(events.iter().all(|event| event.tracks == [1]), "{}", told(&events));
    }
}

#[test]
fn the_same_again_gives_the_same() {
    let script = format!("{FALLS}\nlost a 6.3..9\nblind 12..14\nthing .3,.6 .1,.2 .3 0..60");
    for rate in RATES {
        assert_eq!(run(&script, rate), run(&script, rate));
    }
}
