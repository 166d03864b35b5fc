use super::*;
use xunge_alert::Severity;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + secs).unwrap()
}

fn alert(behavior: &str, since: i64, until: i64) -> Alert {
    let text = include_str!("../../../alert/samples/v1/alert-began.json");
    let mut alert: Alert = serde_json::from_str(text).unwrap();
    alert.behavior = behavior.into();
    alert.since_utc = at(since);
    alert.utc = at(until);
    alert
}

fn case(since: i64, last: i64) -> Candidate {
    Candidate {
        case_id: Uuid::from_u128(1),
        severity: 2,
        test: false,
        since: at(since),
        last: at(last),
        ongoing: false,
        alerts: 1,
    }
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
        let open = [case(0, 10)];
        assert!(joins(&alert(behavior, 10 + window - 1, 500), &open).is_some(), "{behavior}");
        assert!(joins(&alert(behavior, 10 + window, 500), &open).is_none(), "{behavior}");
    }
}

#[test]
fn an_alert_that_comes_late_joins_the_episode_it_belongs_to() {
    let open = [case(100, 120)];
    assert!(joins(&alert("intrusion", 30, 41), &open).is_some(), "59 s before the case began");
    assert!(joins(&alert("intrusion", 30, 40), &open).is_none(), "60 s before the case began");
    assert!(joins(&alert("intrusion", 105, 110), &open).is_some(), "in the middle of it");
}

#[test]
fn what_goes_on_is_joined_long_after_its_last_message_but_not_for_ever() {
    let open = [Candidate { ongoing: true, ..case(0, 10) }];
    assert!(joins(&alert("intrusion", 3000, 3001), &open).is_some());
    assert!(joins(&alert("intrusion", 3610, 3611), &open).is_none());
}

#[test]
fn a_more_urgent_alert_breaks_out() {
    let mut urgent = alert("intrusion", 20, 21);
    urgent.severity = Severity::P1;
    assert!(joins(&urgent, &[case(0, 10)]).is_none());
    urgent.severity = Severity::P3;
    assert!(joins(&urgent, &[case(0, 10)]).is_some());
}

#[test]
fn a_test_alarm_never_hides_in_a_real_case() {
    let mut test = alert("intrusion", 20, 21);
    test.test = true;
    assert!(joins(&test, &[case(0, 10)]).is_none());
    assert!(joins(&test, &[Candidate { test: true, ..case(0, 10) }]).is_some());
}

#[test]
fn a_full_case_takes_no_more() {
    let full = [Candidate { alerts: MAX_ALERTS, ..case(0, 10) }];
    assert!(joins(&alert("intrusion", 20, 21), &full).is_none());
}

#[test]
fn of_several_the_latest_is_joined() {
    let open = [case(0, 10), Candidate { case_id: Uuid::from_u128(2), ..case(30, 40) }, case(0, 15)];
    assert_eq!(joins(&alert("intrusion", 45, 46), &open).unwrap().case_id, Uuid::from_u128(2));
    assert!(joins(&alert("intrusion", 45, 46), &[]).is_none());
}
