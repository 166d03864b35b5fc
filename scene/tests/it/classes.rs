//! What is looked at besides people.

use crate::script::{Script, lines, scene, told};

const YARD: &str = "[camera.zone]\nyard = [[0.3, 0.5], [0.7, 0.5], [0.7, 1.0], [0.3, 1.0]]\n";

/// Runs the script with this rule at 5 looks a second and compares the events.
#[track_caller]
fn check(rule: &str, script: &str, expected: &str) {
    let events = Script::parse(script).run(&scene(&format!("{YARD}{rule}")), 5.0);
    assert_eq!(told(&events), lines(expected));
}

const PARKED: &str = "[[camera.rule.loitering]]\nname = \"fire-lane\"\nzone = \"yard\"\ndwell_secs = 60\n";
const VEHICLES: &str = "classes = [\"car\", \"truck\"]\n";

#[test]
fn a_car_that_drives_in_and_stays_is_told_and_people_are_not() {
    let car = "a: 0 .05,.9 | 5 .5,.8 | 100 .5,.8 | 105 .95,.9\na class car\n";
    check(
        &format!("{PARKED}{VEHICLES}"),
        &format!("{car}b: 0 .4,.7 | 2 .45,.7 | 100 .45,.7\n"),
        "63.00 began fire-lane 2 since 3.00
         112.00 ended fire-lane 2 since 3.00",
    );
    check(PARKED, car, "");
}

#[test]
fn a_car_that_stood_there_from_the_start_is_furniture() {
    check(&format!("{PARKED}{VEHICLES}"), "a: 0 .5,.8 | 100 .5,.8\na class truck\n", "");
}

#[test]
fn bicycles_left_in_a_heap_are_a_crowd_of_bicycles() {
    let rule = "[[camera.rule.crowd]]\nname = \"heap\"\nzone = \"yard\"\ncount = 3\n";
    let script = "a: 0 .1,.9 | 5 .4,.8 | 60 .4,.8\nb: 4 .1,.9 | 9 .5,.8 | 60 .5,.8\nc: 8 .1,.9 | 13 .6,.8 | 60 .6,.8\n\
        a class bicycle\nb class bicycle\nc class motorcycle\na height .1\nb height .1\nc height .1\n";
    check(rule, script, "");
    check(
        &format!("{rule}classes = [\"bicycle\", \"motorcycle\"]\n"),
        script,
        "13.20 began heap 1,2,3 since 10.20
         65.00 ended heap 1,2,3 since 10.20",
    );
}
