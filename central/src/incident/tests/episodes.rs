//! Which alerts are one episode.

use super::*;
use crate::case::{Change, Reason, State, Verdict};

/// Whether a second alert joins the episode of a first one.
fn joins(first: &Alert, second: &Alert) -> bool {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let one = take(&mut desk, first);
    let two = take(&mut desk, second);
    assert_eq!(one.case_id == two.case_id, one.incident == two.incident);
    one.incident == two.incident
}

#[test]
fn a_pause_shorter_than_the_window_is_the_same_episode() {
    for (behavior, window) in [
        ("running", 30),
        ("intrusion", 60),
        ("fall", 60),
        ("loitering", 120),
        ("crowd", 300),
        ("new_one", 60),
    ] {
        let first = ended(alert(1, behavior, 0, 10));
        assert!(joins(&first, &alert(2, behavior, 10 + window - 1, 500)), "{behavior}");
        assert!(!joins(&first, &alert(2, behavior, 10 + window, 500)), "{behavior}");
    }
}

#[test]
fn an_alert_that_comes_late_joins_the_episode_it_belongs_to() {
    let first = ended(alert(1, "intrusion", 100, 120));
    assert!(joins(&first, &ended(alert(2, "intrusion", 30, 41))), "59 s before the case began");
    assert!(!joins(&first, &ended(alert(2, "intrusion", 30, 40))), "60 s before the case began");
    assert!(joins(&first, &alert(2, "intrusion", 105, 110)), "in the middle of it");
}

#[test]
fn what_goes_on_is_joined_long_after_its_last_message_but_not_for_ever() {
    let first = alert(1, "intrusion", 0, 10);
    assert!(joins(&first, &alert(2, "intrusion", 3000, 3001)));
    assert!(!joins(&first, &alert(2, "intrusion", 3610, 3611)));
}

#[test]
fn another_zone_camera_rule_behavior_or_box_is_another_episode() {
    let first = alert(1, "intrusion", 0, 10);
    let changes: [fn(&mut Alert); 5] = [
        |alert| alert.zone = None,
        |alert| alert.camera = "c2".into(),
        |alert| alert.rule = "other".into(),
        |alert| alert.behavior = "loitering".into(),
        |alert| alert.edge = "gw-2".into(),
    ];
    for change in changes {
        let mut other = alert(2, "intrusion", 5, 11);
        change(&mut other);
        let ground = Ground::new();
        let mut desk = ground.desk();
        let (one, two) = (take(&mut desk, &first), take(&mut desk, &other));
        assert_ne!(one.incident, two.incident);
    }
}

#[test]
fn a_more_urgent_alert_breaks_out_and_says_why() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let first = take(&mut desk, &alert(1, "intrusion", 0, 10));
    let mut urgent = alert(2, "intrusion", 20, 21);
    urgent.severity = Severity::P1;
    let second = take(&mut desk, &urgent);
    assert_ne!(first.case_id, second.case_id);
    assert!(path(&second).iter().any(|s| matches!(s, Step::NewEpisode { because: WhyNew::MoreUrgent, .. })));
    let mut mild = alert(3, "intrusion", 22, 23);
    mild.severity = Severity::P3;
    assert_eq!(take(&mut desk, &mild).case_id, second.case_id, "the latest is joined");
}

#[test]
fn a_test_alarm_never_hides_in_a_real_one() {
    let mut test = alert(2, "intrusion", 20, 21);
    test.test = true;
    assert!(!joins(&alert(1, "intrusion", 0, 10), &test));
    let mut first = alert(1, "intrusion", 0, 10);
    first.test = true;
    assert!(joins(&first, &test));
}

#[test]
fn a_full_case_takes_no_more() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let first = take(&mut desk, &alert(1, "intrusion", 0, 10));
    for id in 2..=u128::from(MAX_ALERTS) {
        // beginnings of long ago are no chatter
        desk.pulses.clear();
        assert_eq!(take(&mut desk, &alert(id, "intrusion", 0, 10)).case_id, first.case_id);
    }
    desk.pulses.clear();
    let more = take(&mut desk, &alert(999, "intrusion", 0, 10));
    assert_ne!(more.case_id, first.case_id);
}

#[test]
fn nothing_joins_what_is_decided_but_its_own_alert_may_still_end() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let first = take(&mut desk, &alert(1, "intrusion", 0, 10));
    let case = first.case_id.unwrap();
    let decided = Change::Decided {
        verdict: Verdict::FalseAlarm,
        reason: Some(Reason::Animal),
        note: None,
        class: None,
        category: None,
    };
    desk.book.change(case, decided, "wang").unwrap().unwrap();
    assert_ne!(take(&mut desk, &alert(2, "intrusion", 12, 13)).case_id, Some(case));
    let mut over = ended(alert(1, "intrusion", 0, 20));
    over.revision = 2;
    assert_eq!(take(&mut desk, &over).case_id, Some(case));
    let record = desk.book.get(case).unwrap();
    assert_eq!((record.case.state, record.facts.ended), (State::Rejected, Some(at(20))));
}

#[test]
fn what_belongs_to_a_merged_case_goes_to_the_one_that_goes_on() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let merged = take(&mut desk, &alert(1, "intrusion", 0, 10)).case_id.unwrap();
    let master = take(&mut desk, &alert(2, "crowd", 0, 10)).case_id.unwrap();
    desk.book.change(merged, Change::Merged { master, reason: None }, "wang").unwrap().unwrap();
    assert_eq!(take(&mut desk, &alert(3, "intrusion", 12, 13)).case_id, Some(master));
}

#[test]
fn revisions_move_only_forward() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let mut over = ended(alert(1, "intrusion", 0, 30));
    over.revision = 3;
    let first = take(&mut desk, &over);
    assert_eq!(desk.take(&alert(1, "intrusion", 0, 10), false), None, "an older state that comes later");
    let record = desk.book.get(first.case_id.unwrap()).unwrap();
    assert_eq!((record.facts.alerts, record.facts.open_alerts, record.facts.ended), (1, 0, Some(at(30))));
}

#[test]
fn an_alert_that_becomes_more_urgent_raises_its_case() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let case = take(&mut desk, &alert(1, "fall", 0, 10)).case_id.unwrap();
    let mut worse = alert(1, "fall", 0, 70);
    worse.revision = 2;
    worse.severity = Severity::P1;
    take(&mut desk, &worse);
    assert_eq!(desk.book.get(case).unwrap().case.severity, 1);
    assert_eq!(desk.book.get(case).unwrap().log_length, 3, "registered, verifying, raised");
}
