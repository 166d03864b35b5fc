//! Which episodes are one case.

use super::*;
use crate::case::Change;

fn on(camera: &str, mut alert: Alert) -> Alert {
    alert.camera = camera.into();
    alert
}

/// Whether something else at another camera becomes part of the first one's case.
fn together(ground: &Ground, first: &Alert, second: &Alert) -> bool {
    let mut desk = ground.desk();
    let one = take(&mut desk, first);
    let two = take(&mut desk, second);
    assert_ne!(one.incident, two.incident);
    one.case_id == two.case_id
}

#[test]
fn who_falls_after_running_from_a_crowd_is_one_case() {
    let ground = Ground::new().with("c1", 0.0).with("c2", 60.0).with("c3", 120.0);
    let mut desk = ground.desk();
    let crowd = take(&mut desk, &alert(1, "crowd", 0, 10));
    let mut other = on("c2", alert(2, "running", 40, 41));
    other.camera_name = "another".into();
    let running = take(&mut desk, &other);
    assert_eq!(running.case_id, crowd.case_id);
    let Some(Step::Correlated { case, behavior, metres }) = path(&running).last() else { panic!() };
    assert_eq!((Some(*case), behavior.as_str()), (crowd.case_id, "crowd"));
    assert!((metres.unwrap() - 60.0).abs() < 1.0, "{metres:?}");
    let record = desk.book.get(crowd.case_id.unwrap()).unwrap();
    assert_eq!((record.facts.alerts, record.facts.camera.as_str()), (2, "c1"));
    assert_ne!(record.facts.camera_name, "another", "it is called by the camera that it began at");
    let far = take(&mut desk, &on("c3", alert(3, "running", 42, 43)));
    assert_ne!(far.case_id, crowd.case_id, "120 m from where the case began");
}

#[test]
fn place_time_kind_and_urgency_must_fit() {
    let ground = Ground::new().with("c1", 0.0).with("c2", 70.0).with("c3", 90.0);
    let first = ended(alert(1, "intrusion", 0, 10));
    let hop = |camera: &str, since: i64| on(camera, alert(2, "intrusion", since, since + 1));
    assert!(together(&ground, &first, &hop("c2", 310)));
    assert!(!together(&ground, &first, &hop("c2", 311)), "more than five minutes");
    assert!(!together(&ground, &first, &hop("c3", 20)), "more than 80 m");
    assert!(!together(&ground, &first, &on("c2", alert(2, "crowd", 20, 21))), "another kind of thing");
    let mut urgent = hop("c2", 20);
    urgent.severity = Severity::P1;
    assert!(!together(&ground, &first, &urgent), "what is more urgent is seen on its own");
    let mut test = hop("c2", 20);
    test.test = true;
    assert!(!together(&ground, &first, &test));
    assert!(!together(&Ground::new(), &first, &hop("c2", 20)), "nobody knows where the cameras stand");
}

#[test]
fn neighbours_that_somebody_entered_need_no_distance() {
    let mut ground = Ground::new().with("c1", 0.0).with("c2", 300.0);
    let place = ground.atlas.0.get_mut(&("gw-1".to_owned(), "c2".to_owned())).unwrap();
    place.adjacent = vec![("gw-1".into(), "c1".into())];
    assert!(together(&ground, &alert(1, "intrusion", 0, 10), &on("c2", alert(2, "intrusion", 20, 21))));
}

#[test]
fn another_grid_is_another_case() {
    let mut ground = Ground::new().with("c1", 0.0).with("c2", 20.0);
    let place = ground.atlas.0.get_mut(&("gw-1".to_owned(), "c2".to_owned())).unwrap();
    place.region = Region::parse("420502001001002").unwrap();
    assert!(!together(&ground, &alert(1, "intrusion", 0, 10), &on("c2", alert(2, "intrusion", 20, 21))));
}

#[test]
fn nothing_joins_a_decided_case() {
    let ground = Ground::new().with("c1", 0.0).with("c2", 20.0);
    let mut desk = ground.desk();
    let first = take(&mut desk, &alert(1, "crowd", 0, 10)).case_id.unwrap();
    let merged = Change::Merged { master: Uuid::max(), reason: None };
    desk.book.change(first, merged, "wang").unwrap().unwrap();
    assert_ne!(take(&mut desk, &on("c2", alert(2, "running", 12, 13))).case_id, Some(first));
}
