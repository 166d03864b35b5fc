//! What is counted as what: oracles that know the labels, and properties of any alarms whatever.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use xunge_benches::quality::{
    clip::ClipResult,
    plan::Plan,
    rules::Rules,
    score::{Alarm, Counted, Scored},
    tally::Tally,
    truth::{Clip, Event, Rect},
};

const ANYWHERE: Rect = [0.4, 0.4, 0.2, 0.2];
const BEHAVIORS: [&str; 4] = ["fall", "intrusion", "loitering", "crowd"];
const ZONE: [[f64; 2]; 3] = [[0.0, 0.0], [1.0, 0.0], [0.5, 1.0]];

fn event(kind: &str, start_s: f64, end_s: f64) -> Event {
    let zone_polygon = (kind == "intrusion").then(|| ZONE.to_vec());
    Event { kind: kind.into(), start_s, end_s, zone_polygon, ..Event::default() }
}

fn optional(event: Event) -> Event {
    Event { optional: true, ..event }
}

fn in_region(event: Event, region: Rect) -> Event {
    Event { region: Some(region), ..event }
}

fn alarm(behavior: &str, at_s: f64) -> Alarm {
    Alarm { behavior: behavior.into(), rule: behavior.into(), at_s, since_s: at_s, bounds: ANYWHERE }
}

fn alarm_at(behavior: &str, at_s: f64, bounds: Rect) -> Alarm {
    Alarm { bounds, ..alarm(behavior, at_s) }
}

/// A clip with all of these events, and nothing else of these behaviors.
fn clip(events: &[Event], negatives: &[&str]) -> Clip {
    Clip {
        file: "dev/oracle/clip.mp4".into(),
        duration_s: 360.0,
        events: events.to_vec(),
        negatives_for: negatives.iter().map(|&name| name.to_owned()).collect(),
        ..Clip::default()
    }
}

fn judged(clip: &Clip, outcome: Result<Vec<Alarm>, String>) -> ClipResult {
    let plan = Plan::new(clip, |name| name != "fight", |_| true);
    ClipResult::new(clip, &plan, &Rules::load(None).unwrap(), outcome)
}

fn scored(events: &[Event], negatives: &[&str], alarms: &[Alarm]) -> Scored {
    let result = judged(&clip(events, negatives), Ok(alarms.to_vec()));
    Scored {
        alarms: result.alarms.iter().map(|told| told.counted).collect(),
        events: result.events.iter().map(|event| event.alarm).collect(),
    }
}

fn counted(events: &[Event], alarms: &[Alarm]) -> Vec<Counted> {
    scored(events, &[], alarms).alarms
}

/// Found, missed, false, repeats, optional, unscored.
fn numbers(result: &ClipResult) -> [usize; 6] {
    let t = Tally::of([result], |_| true);
    [t.found, t.missed, t.false_alarms, t.repeats, t.optional, t.unscored]
}

fn day() -> Vec<Event> {
    vec![
        Event { lying_from_s: Some(11.0), ..in_region(event("fall", 10.0, 30.0), [0.1, 0.5, 0.2, 0.2]) },
        in_region(event("fall", 12.0, 31.0), [0.7, 0.5, 0.2, 0.2]),
        event("loitering", 40.0, 100.0),
        event("intrusion", 150.0, 160.0),
        event("crowd", 200.0, 260.0),
    ]
}

fn perfect() -> Vec<Alarm> {
    vec![
        alarm_at("fall", 11.4, [0.15, 0.6, 0.1, 0.1]),
        alarm_at("fall", 12.6, [0.75, 0.6, 0.1, 0.1]),
        alarm("loitering", 70.2),
        alarm("intrusion", 151.0),
        alarm("crowd", 203.0),
    ]
}

#[test]
fn a_perfect_oracle_finds_all_with_its_delays() {
    let result = judged(&clip(&day(), &[]), Ok(perfect()));
    assert_eq!(numbers(&result), [5, 0, 0, 0, 0, 0]);
    let delays: Vec<f64> = result.events.iter().map(|event| event.delay_s.unwrap()).collect();
    assert_eq!(delays, [0.4, 0.6, 0.2, 1.0, 3.0], "a fall's from lying, loitering's from its dwell");
    let tally = Tally::of([&result], |_| true);
    assert_eq!((tally.recall(), tally.precision(), tally.f1()), (Some(1.0), Some(1.0), Some(1.0)));
    assert_eq!((tally.median_delay_s(), tally.worst_delay_s()), (Some(0.6), Some(3.0)));
    assert_eq!(tally.recall_within(1.0), Some(0.8));
    assert!((tally.hours - 0.1).abs() < 1e-12);
}

#[test]
fn a_silent_oracle_misses_all_and_says_nothing_false() {
    let result = judged(&clip(&day(), &[]), Ok(vec![]));
    assert_eq!(numbers(&result), [0, 5, 0, 0, 0, 0]);
    let tally = Tally::of([&result], |_| true);
    assert_eq!((tally.recall(), tally.precision(), tally.f1()), (Some(0.0), None, Some(0.0)));
    assert_eq!(tally.median_delay_s(), None);
}

#[test]
fn too_late_is_missed_and_false() {
    let late = |behavior: &str, at: f64| counted(&[event(behavior, 10.0, 20.0)], &[alarm(behavior, at)]);
    for (behavior, last) in [("fall", 22.0), ("running", 13.0), ("tamper", 20.0), ("crowd", 22.0)] {
        assert_eq!(late(behavior, last), [Counted::Found(0)], "{behavior}");
        assert_eq!(late(behavior, last + 0.01), [Counted::FalseAlarm], "{behavior}");
    }
}

#[test]
fn an_early_alarm_counts_for_a_second_and_a_half() {
    let stay = [event("loitering", 10.0, 90.0)];
    assert_eq!(counted(&stay, &[alarm("loitering", 38.5)]), [Counted::Found(0)]);
    assert_eq!(counted(&stay, &[alarm("loitering", 38.4)]), [Counted::FalseAlarm]);
    let result = judged(&clip(&stay, &[]), Ok(vec![alarm("loitering", 39.0)]));
    assert_eq!(result.events[0].delay_s, Some(-1.0), "early is negative");
}

#[test]
fn a_misplaced_alarm_is_missed_and_false() {
    let there = [in_region(event("fall", 10.0, 20.0), [0.0, 0.0, 0.2, 0.2])];
    assert_eq!(counted(&there, &[alarm_at("fall", 11.0, [0.5, 0.5, 0.1, 0.1])]), [Counted::FalseAlarm]);
    assert_eq!(counted(&there, &[alarm_at("fall", 11.0, [0.205, 0.1, 0.1, 0.1])]), [Counted::Found(0)]);
    assert_eq!(counted(&there, &[alarm_at("fall", 11.0, [0.215, 0.1, 0.1, 0.1])]), [Counted::FalseAlarm]);
    let wrong_kind = scored(&there, &["running"], &[alarm_at("running", 11.0, [0.1, 0.1, 0.1, 0.1])]);
    assert_eq!(wrong_kind, Scored { alarms: vec![Counted::FalseAlarm], events: vec![None] });
}

#[test]
fn an_alarm_of_another_zone_is_false() {
    let other = [[0.0, 0.5], [1.0, 0.5], [0.5, 1.0]];
    let events = [
        event("intrusion", 10.0, 20.0),
        Event { zone_polygon: Some(other.to_vec()), ..event("intrusion", 50.0, 60.0) },
    ];
    let second = |at| Alarm { rule: "intrusion-2".into(), ..alarm("intrusion", at) };
    let found = counted(&events, &[alarm("intrusion", 11.0), second(51.0)]);
    assert_eq!(found, [Counted::Found(0), Counted::Found(1)]);
    let swapped = counted(&events, &[second(11.0), alarm("intrusion", 51.0)]);
    assert_eq!(swapped, [Counted::FalseAlarm, Counted::FalseAlarm]);
}

#[test]
fn a_repeating_oracle_is_right_once() {
    let alarms = [alarm("crowd", 13.0), alarm("crowd", 17.0), alarm("crowd", 21.0), alarm("crowd", 29.0)];
    let found = counted(&[event("crowd", 10.0, 20.0)], &alarms);
    assert_eq!(found, [Counted::Found(0), Counted::Repeat(0), Counted::Repeat(0), Counted::FalseAlarm]);
}

#[test]
fn an_optional_event_is_neither_right_nor_wrong() {
    let nap = [optional(event("fall", 10.0, 20.0))];
    assert_eq!(numbers(&judged(&clip(&nap, &[]), Ok(vec![]))), [0, 0, 0, 0, 0, 0]);
    let told = vec![alarm("fall", 11.0), alarm("fall", 15.0), alarm("fall", 40.0)];
    assert_eq!(numbers(&judged(&clip(&nap, &[]), Ok(told))), [0, 0, 1, 1, 1, 0]);
}

#[test]
fn a_required_event_comes_before_an_optional_one() {
    let events = [optional(event("fall", 8.0, 20.0)), event("fall", 10.0, 20.0)];
    let one = scored(&events, &[], &[alarm("fall", 11.0)]);
    assert_eq!(one, Scored { alarms: vec![Counted::Found(1)], events: vec![None, Some(0)] });
    let two = counted(&events, &[alarm("fall", 11.0), alarm("fall", 12.0)]);
    assert_eq!(two, [Counted::Found(1), Counted::Optional(0)]);
}

#[test]
fn two_events_with_one_alarm_are_one_found_and_one_missed() {
    let events = [event("fall", 10.0, 20.0), event("fall", 12.0, 20.0)];
    let result = judged(&clip(&events, &[]), Ok(vec![alarm("fall", 13.0)]));
    assert_eq!(numbers(&result), [1, 1, 0, 0, 0, 0]);
}

#[test]
fn an_alarm_makes_room_for_one_that_fits_nowhere_else() {
    let (left, right) = ([0.0, 0.0, 0.3, 1.0], [0.0, 0.0, 1.0, 1.0]);
    let events = [in_region(event("fall", 10.0, 20.0), left), in_region(event("fall", 11.0, 20.0), right)];
    let alarms = [alarm_at("fall", 12.0, [0.1, 0.1, 0.1, 0.1]), alarm_at("fall", 13.0, [0.1, 0.1, 0.1, 0.1])];
    assert_eq!(counted(&events, &alarms), [Counted::Found(0), Counted::Found(1)]);
    let only_right = [alarm_at("fall", 9.5, [0.8, 0.1, 0.1, 0.1]), alarms[0].clone()];
    assert_eq!(counted(&events, &only_right), [Counted::Found(1), Counted::Found(0)]);
    // the first would take the first event, which is the only one of the second
    let events = [in_region(event("fall", 10.0, 15.0), right), in_region(event("fall", 11.0, 30.0), right)];
    let tight = [alarm("fall", 12.0), alarm("fall", 16.0)];
    assert_eq!(counted(&events, &tight), [Counted::Found(0), Counted::Found(1)]);
    let events = [in_region(event("fall", 10.0, 30.0), right), in_region(event("fall", 11.0, 15.0), left)];
    let alarms = [alarm_at("fall", 12.0, [0.1, 0.1, 0.1, 0.1]), alarm_at("fall", 25.0, [0.1, 0.1, 0.1, 0.1])];
    assert_eq!(counted(&events, &alarms), [Counted::Found(1), Counted::Found(0)]);
}

#[test]
fn what_is_never_due_need_not_and_must_not_be_told() {
    let short = [event("loitering", 50.9, 73.5)];
    assert_eq!(numbers(&judged(&clip(&short, &[]), Ok(vec![]))), [0, 0, 0, 0, 0, 0]);
    assert_eq!(counted(&short, &[alarm("loitering", 72.0)]), [Counted::FalseAlarm]);
    let nearly = [event("loitering", 10.0, 39.0)];
    assert_eq!(counted(&nearly, &[alarm("loitering", 39.5)]), [Counted::Optional(0)]);
}

#[test]
fn of_what_the_labels_do_not_speak_nothing_is_known() {
    let told = [alarm("crowd", 5.0), alarm("loitering", 5.0), alarm("fall", 50.0)];
    let found = scored(&[event("fall", 10.0, 20.0)], &["crowd"], &told).alarms;
    assert_eq!(found, [Counted::FalseAlarm, Counted::Unscored, Counted::FalseAlarm]);
}

#[test]
fn a_fight_is_no_crowd() {
    let fight = Event { subtype: Some("fight".into()), ..event("crowd", 0.0, 2.0) };
    let result = judged(&clip(std::slice::from_ref(&fight), &[]), Ok(vec![alarm("crowd", 1.0)]));
    assert_eq!(numbers(&result), [0, 1, 0, 0, 0, 1]);
    assert!(!result.events[0].watched);
    let calm = judged(&clip(&[], &["crowd:fight"]), Ok(vec![alarm("crowd", 1.0)]));
    assert_eq!(numbers(&calm), [0, 0, 0, 0, 0, 1]);
}

#[test]
fn a_clip_that_fails_is_missed_and_adds_no_hours() {
    let result = judged(&clip(&day(), &[]), Err("not a file".into()));
    assert_eq!(numbers(&result), [0, 5, 0, 0, 0, 0]);
    assert_eq!(Tally::of([&result], |_| true).hours, 0.0);
}

fn any_rect() -> impl Strategy<Value = Rect> {
    (0.0..0.8_f64, 0.0..0.8_f64, 0.05..0.3_f64, 0.05..0.3_f64).prop_map(|(x, y, w, h)| [x, y, w, h])
}

fn any_event() -> impl Strategy<Value = Event> {
    let region = prop::option::of(any_rect());
    (0..BEHAVIORS.len(), 0.0..60.0_f64, 0.0..50.0_f64, any::<bool>(), region).prop_map(
        |(kind, start, length, optional, region)| Event {
            optional,
            region,
            ..event(BEHAVIORS[kind], start, start + length)
        },
    )
}

fn any_alarm() -> impl Strategy<Value = Alarm> {
    (0..BEHAVIORS.len(), 0.0..120.0_f64, any_rect())
        .prop_map(|(kind, at, bounds)| alarm_at(BEHAVIORS[kind], at, bounds))
}

/// The most required events that can have an alarm of their own, by trying everything.
fn most(fits: &[Vec<bool>], event: usize, used: &mut BTreeSet<usize>) -> usize {
    let Some(row) = fits.get(event) else { return 0 };
    let mut best = most(fits, event + 1, used);
    for alarm in (0..row.len()).filter(|&alarm| row[alarm]) {
        if used.insert(alarm) {
            best = best.max(1 + most(fits, event + 1, used));
            used.remove(&alarm);
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_is_counted_once(
        events in prop::collection::vec(any_event(), 0..8),
        alarms in prop::collection::vec(any_alarm(), 0..12),
        negatives in prop::sample::subsequence(BEHAVIORS.to_vec(), 0..BEHAVIORS.len()),
    ) {
        let result = judged(&clip(&events, &negatives), Ok(alarms.clone()));
        let [found, missed, wrong, repeats, optional, unscored] = numbers(&result);
        let required = result.events.iter().filter(|event| !event.optional).count();
        prop_assert_eq!(found + missed, required);
        prop_assert_eq!(found + wrong + repeats + optional + unscored, alarms.len());
        for (number, event) in result.events.iter().enumerate() {
            let wanted = if event.optional { Counted::Optional(number) } else { Counted::Found(number) };
            prop_assert!(event.alarm.is_none_or(|alarm| result.alarms[alarm].counted == wanted));
        }
    }

    #[test]
    fn the_order_of_the_alarms_changes_no_number(
        events in prop::collection::vec(any_event(), 0..8),
        alarms in prop::collection::vec(any_alarm(), 0..12).prop_shuffle(),
    ) {
        let clip = clip(&events, &BEHAVIORS);
        let mut sorted = alarms.clone();
        sorted.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        let (one, other) = (judged(&clip, Ok(alarms)), judged(&clip, Ok(sorted)));
        prop_assert_eq!(numbers(&one), numbers(&other));
        let delays = |result: &ClipResult| result.events.iter().map(|event| event.delay_s).collect::<Vec<_>>();
        prop_assert_eq!(delays(&one), delays(&other));
    }

    #[test]
    fn no_assignment_finds_more(
        events in prop::collection::vec(any_event(), 0..6),
        alarms in prop::collection::vec(any_alarm(), 0..6),
    ) {
        let clip = clip(&events, &[]);
        let alone = |event: &Event, alarm: &Alarm| {
            let one = Clip { events: vec![event.clone()], ..clip.clone() };
            numbers(&judged(&one, Ok(vec![alarm.clone()])))[0] == 1
        };
        let fits: Vec<Vec<bool>> =
            events.iter().map(|event| alarms.iter().map(|alarm| alone(event, alarm)).collect()).collect();
        let found = numbers(&judged(&clip, Ok(alarms)))[0];
        prop_assert_eq!(found, most(&fits, 0, &mut BTreeSet::new()));
    }
}
