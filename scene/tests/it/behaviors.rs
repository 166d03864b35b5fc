//! Each behavior on scripts at 5 looks a second: what begins and ends, when and with whom.

use crate::script::{Script, lines, scene, told};

const YARD: &str = "[camera.zone]\nyard = [[0.3, 0.5], [0.7, 0.5], [0.7, 1.0], [0.3, 1.0]]\n\
    [camera.line]\ngate = [[0.5, 0.6], [0.5, 1.0]]\n";

/// Runs the script with these rules and compares the events.
#[track_caller]
fn check(rules: &str, script: &str, expected: &str) {
    let events = Script::parse(script).run(&scene(&format!("{YARD}{rules}")), 5.0);
    assert_eq!(told(&events), lines(expected));
}

const INTRUSION: &str = "[[camera.rule.intrusion]]\nname = \"in\"\nzone = \"yard\"\n";

#[test]
fn one_visit_is_one_happening() {
    check(
        INTRUSION,
        "a: 0 .1,.8 | 4 .5,.8 | 10 .5,.8 | 14 .9,.8",
        "2.80 began in 1 since 2.20
         16.80 ended in 1 since 2.20",
    );
}

#[test]
fn who_joins_is_an_update_and_the_last_to_leave_ends_it() {
    check(
        INTRUSION,
        "a: 0 .1,.8 | 4 .5,.8 | 10 .5,.8 | 14 .9,.8
         b: 6 .1,.9 | 10 .4,.9 | 20 .4,.9 | 24 .1,.9",
        "2.80 began in 1 since 2.20
         9.60 updated in 1,2 since 2.20
         26.00 ended in 1,2 since 2.20",
    );
}

#[test]
fn two_visits_ten_seconds_apart_are_two() {
    check(
        INTRUSION,
        "a: 0 .1,.8 | 4 .5,.8 | 8 .9,.8
         b: 16 .1,.8 | 20 .5,.8 | 24 .9,.8",
        "2.80 began in 1 since 2.20
         10.80 ended in 1 since 2.20
         18.80 began in 2 since 18.20
         26.80 ended in 2 since 18.20",
    );
}

#[test]
fn a_corner_cut_in_a_moment_is_no_intrusion() {
    check(INTRUSION, "a: 0 .1,.4 | 5 .28,.4 | 5.8 .32,.6 | 6.4 .28,.7 | 10 .1,.8", "");
}

#[test]
fn walking_along_the_border_is_no_intrusion() {
    // The foot is a hand's breadth inside, within what a box is exact to.
    check(INTRUSION, "a: 0 .1,.51 | 20 .9,.51", "");
}

#[test]
fn one_hidden_for_three_seconds_is_still_in() {
    // He stands still and gets a new track, and is not taken for furniture.
    check(
        INTRUSION,
        "a: 0 .1,.8 | 4 .5,.8 | 16 .5,.8 | 20 .9,.8
         hide a 8..11",
        "2.80 began in 1 since 2.20
         11.60 updated in 1,2 since 2.20
         22.80 ended in 1,2 since 2.20",
    );
}

#[test]
fn stillness_and_blindness_end_nothing() {
    check(
        INTRUSION,
        "a: 0 .1,.8 | 4 .5,.8 | 60 .5,.8 | 64 .9,.8
         still 8..30
         blind 35..55",
        "2.80 began in 1 since 2.20
         66.80 ended in 1 since 2.20",
    );
}

#[test]
fn what_never_moves_is_furniture() {
    check(INTRUSION, "a: 0 .5,.8 | 60 .5,.8", "");
    check(
        INTRUSION,
        "a: 0 .5,.8 | 20 .5,.8 | 24 .6,.8 | 30 .6,.8",
        "21.00 began in 1 since 0.00
         35.00 ended in 1 since 0.00",
    );
}

#[test]
fn what_is_too_small_or_of_another_class_is_not_looked_at() {
    let script = "a: 0 .1,.8 | 4 .5,.8 | 8 .9,.8";
    check(&format!("{INTRUSION}min_height = 0.3\n"), script, "");
    check(&format!("{INTRUSION}classes = [\"car\"]\n"), script, "");
}

#[test]
fn armed_hours_begin_and_end_happenings() {
    check(
        &format!("{INTRUSION}armed = \"22:00-06:00\"\n"),
        "a: 0 .1,.8 | 4 .5,.8 | 40 .5,.8 | 44 .9,.8
         local 0 mon 21:59
         local 10 mon 22:00
         local 30 tue 06:00",
        "10.00 began in 1 since 2.20
         30.00 ended in 1 since 2.20 disarmed",
    );
}

#[test]
fn after_an_end_the_rule_is_quiet_and_then_tells_what_still_goes_on() {
    check(
        &format!("{INTRUSION}re_alert_secs = 20\n"),
        "a: 0 .1,.8 | 4 .5,.8 | 8 .9,.8
         b: 16 .1,.8 | 20 .5,.8 | 24 .9,.8
         c: 26 .1,.9 | 30 .5,.9 | 40 .5,.9 | 44 .9,.9",
        "2.80 began in 1 since 2.20
         10.80 ended in 1 since 2.20
         30.80 began in 3 since 28.20
         46.80 ended in 3 since 28.20",
    );
}

const CROSSING: &str = "[[camera.rule.line_crossing]]\nname = \"gate\"\nline = \"gate\"\n";

#[test]
fn a_crossing_is_told_once() {
    check(
        CROSSING,
        "a: 0 .2,.8 | 10 .8,.8",
        "6.00 began gate 1 since 5.00
         6.00 ended gate 1 since 5.00",
    );
}

#[test]
fn direction_is_that_of_the_walker_on_the_line() {
    // The line is drawn towards the camera: its left hand is the right of the picture.
    let script = "a: 0 .2,.8 | 10 .8,.8 | 12 .8,.8 | 22 .2,.8";
    check(
        &format!("{CROSSING}direction = \"right_to_left\"\n"),
        script,
        "6.00 began gate 1 since 5.00
         6.00 ended gate 1 since 5.00",
    );
    check(
        &format!("{CROSSING}direction = \"left_to_right\"\n"),
        script,
        "18.00 began gate 1 since 17.00
         18.00 ended gate 1 since 17.00",
    );
}

#[test]
fn stepping_to_and_fro_on_the_line_is_no_crossing() {
    let steps: Vec<String> =
        (0..40).map(|i| format!("{} {},.8", 5 + i, if i % 2 == 0 { 0.49 } else { 0.51 })).collect();
    check(CROSSING, &format!("a: 0 .2,.8 | {} | 55 .2,.8", steps.join(" | ")), "");
}

#[test]
fn around_the_end_of_the_line_is_no_crossing() {
    check(CROSSING, "a: 0 .2,.5 | 10 .8,.5 | 20 .8,.8", "");
}

#[test]
fn a_zone_restricts_the_line() {
    let far = "[camera.zone]\nfar = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.7], [0.0, 0.7]]\n[camera.line]\n\
        gate = [[0.5, 0.6], [0.5, 1.0]]\n";
    let scene = scene(&format!("{far}{CROSSING}zone = \"far\"\n"));
    let script = Script::parse("a: 0 .2,.8 | 10 .8,.8\nb: 20 .2,.65 | 30 .8,.65");
    assert_eq!(
        told(&script.run(&scene, 5.0)),
        "26.00 began gate 2 since 25.00\n26.00 ended gate 2 since 25.00"
    );
}

const LOITERING: &str = "[[camera.rule.loitering]]\nname = \"stay\"\nzone = \"yard\"\ndwell_secs = 20\n";

#[test]
fn one_who_stays_loiters_from_his_first_step_in() {
    check(
        LOITERING,
        "a: 0 .1,.8 | 4 .5,.8 | 30 .5,.8 | 34 .9,.8",
        "22.20 began stay 1 since 2.20
         41.80 ended stay 1 since 2.20",
    );
}

#[test]
fn walking_up_and_down_with_short_absences_is_staying() {
    check(
        LOITERING,
        "a: 0 .1,.8 | 4 .5,.8 | 8 .85,.8 | 9 .85,.8 | 13 .5,.8 | 17 .15,.8 | 18 .15,.8 | 22 .5,.8 | 30 .5,.8",
        "22.20 began stay 1 since 2.20
         40.00 ended stay 1 since 2.20",
    );
}

#[test]
fn turning_round_at_the_edge_of_the_picture_may_be_another() {
    check(LOITERING, "a: 0 .1,.8 | 4 .5,.8 | 8.4 .95,.8 | 12.8 .5,.8 | 30 .5,.8", "");
}

#[test]
fn leaving_for_longer_than_the_grace_begins_anew() {
    check(
        LOITERING,
        "a: 0 .1,.8 | 4 .5,.8 | 15 .5,.8 | 19 .9,.8 | 30 .9,.8 | 34 .5,.8 | 48 .5,.8 | 52 .9,.8",
        "",
    );
}

#[test]
fn a_long_stay_is_updated_at_every_doubling() {
    check(
        LOITERING,
        "a: 0 .1,.8 | 4 .5,.8 | 90 .5,.8",
        "22.20 began stay 1 since 2.20
         42.20 updated stay 1 since 2.20
         82.20 updated stay 1 since 2.20
         100.00 ended stay 1 since 2.20",
    );
}

#[test]
fn a_second_loiterer_joins() {
    check(
        LOITERING,
        "a: 0 .1,.8 | 4 .5,.8 | 50 .5,.8
         b: 10 .9,.95 | 14 .6,.95 | 60 .6,.95",
        "22.20 began stay 1 since 2.20
         33.00 updated stay 1,2 since 2.20
         42.20 updated stay 1,2 since 2.20
         70.00 ended stay 1,2 since 2.20",
    );
}

#[test]
fn dwell_goes_on_while_nothing_moves() {
    check(
        LOITERING,
        "a: 0 .1,.8 | 4 .5,.8 | 30 .5,.8
         still 6..28",
        "22.20 began stay 1 since 2.20
         40.00 ended stay 1 since 2.20",
    );
}

#[test]
fn relieving_one_another_is_no_loitering() {
    // Everybody comes where the one before has just left.
    let turn = |i: u32| {
        let t = f64::from(i) * 9.0;
        format!("p{i}: {t} .1,.8 | {} .5,.8 | {} .5,.8 | {} .9,.8", t + 4.0, t + 9.0, t + 13.0)
    };
    check(LOITERING, &(0..12).map(turn).collect::<Vec<_>>().join("\n"), "");
}

#[test]
fn changing_places_unseen_is_no_loitering() {
    // One steps behind a tree, another steps out of its other side after a second and a half.
    check(
        LOITERING,
        "a: 0 .1,.8 | 4 .45,.8 | 12 .45,.8
         b: 13.5 .60,.8 | 27 .60,.8 | 31 .9,.8",
        "",
    );
}

const CROWD: &str = "[[camera.rule.crowd]]\nname = \"many\"\nzone = \"yard\"\ncount = 3\n";

#[test]
fn a_crowd_is_enough_people_for_long_enough() {
    check(
        CROWD,
        "a: 0 .1,.7 | 4 .4,.7 | 30 .4,.7 | 34 .1,.7
         b: 0 .1,.8 | 4 .5,.8 | 28 .5,.8 | 32 .1,.8
         c: 6 .9,.9 | 10 .6,.9 | 20 .6,.9 | 24 .9,.9",
        "12.00 began many 1,2,3 since 9.00
         26.00 ended many 1,2,3 since 9.00",
    );
}

#[test]
fn people_who_meet_briefly_are_no_crowd() {
    check(
        CROWD,
        "a: 0 .1,.7 | 4 .4,.7 | 30 .4,.7 | 34 .1,.7
         b: 0 .1,.8 | 4 .5,.8 | 28 .5,.8 | 32 .1,.8
         c: 6 .75,.9 | 7 .65,.9 | 8.5 .65,.9 | 9.5 .75,.9",
        "",
    );
}

#[test]
fn people_who_draw_near_are_a_crowd_after_the_hold_and_not_at_once() {
    // All three are in the yard from 5 s on; the third walks up to the others at 20 s and away again at 40 s.
    check(
        CROWD,
        "a: 0 .1,.7 | 4 .32,.7 | 60 .32,.7
         b: 0 .1,.8 | 4 .35,.8 | 60 .35,.8
         c: 0 .9,.7 | 4 .68,.7 | 20 .68,.7 | 21 .42,.7 | 40 .42,.7 | 41 .68,.7 | 60 .68,.7",
        "23.40 began many 1,2,3 since 20.40
         44.00 ended many 1,2,3 since 20.40",
    );
}

#[test]
fn one_who_flickers_does_not_end_a_crowd() {
    check(
        CROWD,
        "a: 0 .1,.7 | 4 .4,.7 | 40 .4,.7
         b: 0 .1,.8 | 4 .5,.8 | 40 .5,.8
         c: 6 .9,.9 | 10 .6,.9 | 40 .6,.9
         hide c 14..15.5
         hide c 18..19.5
         hide c 22..23.5",
        "12.00 began many 1,2,3 since 9.00
         45.00 ended many 1,2,3 since 9.00",
    );
}
