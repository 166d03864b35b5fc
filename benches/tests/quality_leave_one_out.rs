//! Which value is chosen without a set of footage, and what it is worth there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use xunge_benches::quality::{
    clip::ClipResult,
    leave_one_out::{LeftOut, Sweep},
    plan::Plan,
    rules::Rules,
    run::Outcome,
    score::Alarm,
    tally::Tally,
    truth::{Clip, Event},
};

/// What is told in a clip in which somebody runs at 10 s.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Nothing,
    Runner,
    RunnerAndWalker,
}
use Told::{Nothing, Runner, RunnerAndWalker};

fn clip(source: &str, told: Told) -> ClipResult {
    let runs = Event { kind: "running".into(), start_s: 10.0, end_s: 15.0, ..Event::default() };
    let clip =
        Clip { file: format!("dev/{source}/a.mp4"), duration_s: 60.0, events: vec![runs], ..Clip::default() };
    let times: &[f64] = match told {
        Nothing => &[],
        Runner => &[11.0],
        RunnerAndWalker => &[11.0, 40.0],
    };
    let alarm = |at_s: &f64| Alarm {
        behavior: "running".into(),
        rule: "running".into(),
        at_s: *at_s,
        since_s: *at_s,
        bounds: [0.4, 0.4, 0.2, 0.2],
    };
    let plan = Plan::new(&clip, |_| true, |_| true);
    ClipResult::new(&clip, &plan, &Rules::load(None).unwrap(), Ok(times.iter().map(alarm).collect()))
}

/// What is told with each value in each of the sets `a`, `b`, `c`.
fn left_out(default: f64, told: &[(f64, [Told; 3])]) -> LeftOut {
    let outcome = |(_, told): &(f64, [Told; 3])| Outcome {
        truth: "dev.json".into(),
        analysis_fps: 5.0,
        model_sha256: String::new(),
        rules: Rules::load(None).unwrap(),
        not_built: BTreeSet::new(),
        notices: Vec::new(),
        clips: ["a", "b", "c"].iter().zip(told).map(|(source, told)| clip(source, *told)).collect(),
    };
    let values = told.iter().map(|(value, _)| *value).collect();
    let sweep = Sweep { behavior: "running".into(), key: "speed_bh_s".into(), default, values };
    LeftOut::new(sweep, told.iter().map(outcome).collect()).unwrap()
}

fn chosen(left_out: &LeftOut) -> Vec<f64> {
    left_out.sets.iter().map(|set| set.chosen).collect()
}

/// Found, missed, false.
fn numbers(tally: &Tally) -> [usize; 3] {
    [tally.found, tally.missed, tally.false_alarms]
}

#[test]
fn a_set_has_no_say_in_the_value_that_it_is_judged_by() {
    // only in `a` the lower value is better; in `b` it is worse
    let found = left_out(1.6, &[(1.3, [Runner, RunnerAndWalker, Runner]), (1.6, [Nothing, Runner, Runner])]);
    assert_eq!(chosen(&found), [1.6, 1.3, 1.3]);
    let [sum, default] = found.sums();
    assert_eq!((numbers(&sum), numbers(&default)), ([2, 1, 1], [2, 1, 0]));
    let set = &found.sets[1];
    assert_eq!((numbers(&set.left_out), numbers(&set.default)), ([1, 0, 1], [1, 0, 0]));

    let text = found.markdown();
    let cells = |line: &str| line.split('|').map(str::trim).collect::<Vec<_>>().join("|");
    let lines: Vec<String> = text.lines().map(cells).collect();
    for wanted in [
        "|a|1.6|1|0|1|0|0.000|",
        "|b|1.3|1|1|0|1|0.667|",
        "|b|default|1|1|0|0|1.000|",
        "|all|left out|3|2|1|1|0.667|",
        "|all|default|3|2|1|0|0.800|",
        "|all|1.3|3|3|0|1|0.857|",
    ] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted} is not in {text}");
    }
}

#[test]
fn of_equal_values_the_default_then_the_nearest() {
    let same = [Runner; 3];
    assert_eq!(chosen(&left_out(1.6, &[(1.3, same), (1.6, same), (2.0, same)])), [1.6; 3]);
    let silent = [Nothing; 3];
    assert_eq!(chosen(&left_out(1.6, &[(1.3, same), (1.6, silent), (2.0, same)])), [1.3; 3]);
    assert_eq!(chosen(&left_out(1.6, &[(1.0, same), (1.6, silent), (2.0, same)])), [2.0; 3]);
    assert_eq!(chosen(&left_out(2.0, &[(1.0, same), (2.0, silent), (3.0, same)])), [1.0; 3]);
}

#[test]
fn the_default_is_always_among_the_values() {
    let rules = Rules::load(None).unwrap();
    let read = |text: &str, behaviors: &[&str]| {
        let behaviors: Vec<String> = behaviors.iter().map(|&name| name.to_owned()).collect();
        Sweep::parse(text, &behaviors, &rules)
    };
    let sweep = read("hold_secs=5, 2,2", &["crowd"]).unwrap();
    assert_eq!((sweep.default, sweep.values), (3.0, vec![2.0, 3.0, 5.0]));
    assert_eq!(read("count=4", &["crowd"]).unwrap().default, 5.0, "the rule file says so");
    for (text, behaviors, wanted) in [
        ("speed_bh_s=1.3", &[][..], "one `--behavior`"),
        ("speed_bh_s", &["running"], "KEY=V1,V2"),
        ("speed_bh_s=fast", &["running"], "`fast` of `speed_bh_s` is no number"),
        ("speed=1.3", &["running"], "no number `speed`"),
        ("count=5", &["crowd"], "another value"),
    ] {
        let error = format!("{:#}", read(text, behaviors).unwrap_err());
        assert!(error.contains(wanted), "{error}");
    }
}
