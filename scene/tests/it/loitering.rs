//! Loitering where tracks are not people: by what they wear, and while the picture is frozen.

use crate::script::{Script, lines, scene, told};
use xunge_scene::{Event, Phase};

const RULES: &str = "[camera.zone]\nyard = [[0.2, 0.5], [0.8, 0.5], [0.8, 1.0], [0.2, 1.0]]\n\
    [[camera.rule.loitering]]\nname = \"stay\"\nzone = \"yard\"\ndwell_secs = 20\n";

const RATES: [f64; 4] = [2.0, 5.0, 10.0, 25.0];

fn run(script: &str, rate: f64) -> Vec<Event> {
    Script::parse(script).run(&scene(RULES), rate)
}

fn begun(events: &[Event]) -> Vec<f64> {
    events.iter().filter(|event| event.phase == Phase::Began).map(|event| event.at.secs()).collect()
}

/// It begins once, about then, at every rate.
#[track_caller]
fn begins(script: &str, expected: f64) {
    for rate in RATES {
        let events = run(script, rate);
        let times = begun(&events);
        assert!(
            matches!(times[..], [at] if (expected - 0.1..expected + 1.2).contains(&at)),
            "{rate} a second: {}",
            told(&events)
        );
    }
}

#[track_caller]
fn silent(script: &str) {
    for rate in RATES {
        let events = run(script, rate);
        assert!(events.is_empty(), "{rate} a second: {}", told(&events));
    }
}

/// One stays, and another passes him closely.
const PASSED: &str = "a: 0 .1,.8 | 4 .5,.8 | 27 .5,.8 | 31 .9,.8
    b: 10 .9,.81 | 18 .1,.81\n";

#[test]
fn who_is_passed_by_one_in_other_clothes_goes_on_loitering() {
    begins(&format!("{PASSED}a wears 1\nb wears 4"), 21.2);
}

#[test]
fn who_is_passed_by_one_in_equal_clothes_counts_anew() {
    silent(&format!("{PASSED}a wears 1\nb wears 1"));
    silent(PASSED);
}

/// Two meet, turn round, and each goes back the way he came: the tracks go on and change places.
const SWAPPED: &str =
    "a: 0 .1,.8 | 4 .4,.8 | 8 .4,.8 | 10 .5,.8 | 10.6 .5,.8 | 12.6 .4,.8 | 23 .4,.8 | 26 .1,.8
    b: 6 .82,.81 | 10 .5,.81 | 10.6 .5,.81 | 14.6 .82,.81 | 16 .98,.81\n";

#[test]
fn whose_track_went_on_with_another_goes_on_loitering() {
    begins(&format!("{SWAPPED}a wears 1\nb wears 4"), 21.5);
    let told = told(&run(&format!("{SWAPPED}a wears 1\nb wears 4"), 5.0));
    assert!(told.starts_with("21.60 began stay 2 since 1.60"), "{told}");
    silent(&format!("{SWAPPED}a wears 1\nb wears 1"));
}

/// One is hidden, and somebody is found a step further eight seconds later.
const HIDDEN: &str = "a: 0 .1,.8 | 4 .45,.8 | 12 .45,.8
    b: 19 .58,.8 | 30 .58,.8 | 34 .9,.8\n";

#[test]
fn who_is_found_again_in_the_same_clothes_goes_on_loitering() {
    begins(&format!("{HIDDEN}a wears 1\nb wears 1"), 21.2);
}

#[test]
fn who_is_found_in_other_clothes_is_another() {
    silent(&format!("{HIDDEN}a wears 1\nb wears 4"));
    silent(HIDDEN);
}

#[test]
fn what_never_moved_and_scores_poorly_is_not_who_is_looked_for() {
    silent(&format!("{HIDDEN}a wears 1\nb wears 1\nb scores .45"));
}

/// A third walks into one who paces, and both go on.
#[test]
fn who_goes_his_way_is_not_taken_for_the_one_he_met() {
    begins(
        "a: 0 .1,.8 | 4 .4,.8 | 8 .6,.8 | 12 .4,.8 | 16 .6,.8 | 20 .4,.8 | 24 .6,.8 | 28 .4,.8 | 30 .1,.8
         b: 13.8 .66,.805 | 14.2 .62,.805 | 21 .0,.805
         a wears 1
         b wears 1",
        21.6,
    );
}

#[test]
fn where_two_may_be_he_nobody_is() {
    silent(&format!(
        "{HIDDEN}a wears 1\nb wears 1
         c: 0 .9,.95 | 12 .9,.95 | 16 .35,.95 | 24 .35,.95 | 28 .9,.95
         c wears 1"
    ));
}

#[test]
fn who_left_through_the_edge_does_not_come_back_as_another() {
    silent(
        "a: 0 .5,.8 | 2 .45,.8 | 12 .45,.8 | 16 1.05,.8
         b: 18 1.05,.8 | 22 .5,.8 | 33 .5,.8 | 37 1.05,.8
         a wears 1
         b wears 1",
    );
}

#[test]
fn a_happening_goes_on_while_it_is_open_who_is_who() {
    let events = run(
        "a: 0 .1,.8 | 4 .5,.8 | 40 .5,.8 | 44 .9,.8
         b: 26 .9,.81 | 34 .1,.81
         a wears 1
         b wears 4",
        5.0,
    );
    assert_eq!(
        told(&events),
        lines(
            "21.20 began stay 1 since 1.20
             41.20 updated stay 1 since 1.20
             54.60 ended stay 1 since 1.20"
        )
    );
}

/// Somebody crosses the yard while the picture freezes for half a minute.
const FREEZES: &str = "a: 20 .0,.8 | 30 1.0,.8\nfrozen 25..57\n";

#[test]
fn nobody_loiters_in_a_frozen_picture() {
    silent(FREEZES);
}

#[test]
fn a_picture_that_often_repeats_itself_is_not_taken_for_frozen() {
    // An encoder without noise: whoever stands still is seen all the same.
    begins("a: 13 .1,.8 | 17 .5,.8 | 43 .5,.8 | 47 .9,.8\nfrozen 0..12\nfrozen 18..42", 34.2);
}
