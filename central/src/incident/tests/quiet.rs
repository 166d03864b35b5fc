//! What does not ring.

use super::*;

fn tamper(id: u128, detail: &str) -> Alert {
    let mut tamper = alert(id, "tamper", 0, 5);
    tamper.detail = Some(detail.into());
    tamper
}

/// Whether the way of an alert says that its rule chatters.
fn chatters(outcome: &Outcome) -> bool {
    path(outcome).iter().any(|step| matches!(step, Step::Chatters { .. }))
}

#[test]
fn a_covered_camera_is_heard_once_and_what_it_claims_to_see_is_kept_without_a_case() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let covered = take(&mut desk, &tamper(1, "covered"));
    assert!(covered.case_id.is_some());
    let claimed = take(&mut desk, &alert(2, "loitering", 10, 20));
    assert_eq!((claimed.standing, claimed.case_id), (Standing::Inhibited, None));
    let held = path(&claimed).iter().find_map(|step| match step {
        Step::Held(Held::Tampered { incident, .. }) => Some(*incident),
        _ => None,
    });
    assert_eq!(held, Some(covered.incident));
    let again = take(&mut desk, &alert(3, "loitering", 25, 26));
    assert_eq!(again.incident, claimed.incident, "one episode, though it does not ring");
    let mut other = alert(4, "loitering", 10, 20);
    other.camera = "c2".into();
    assert!(take(&mut desk, &other).case_id.is_some(), "another camera sees well");
}

#[test]
fn what_was_uncovered_is_heard_again() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    take(&mut desk, &tamper(1, "covered"));
    let mut over = ended(tamper(1, "covered"));
    over.revision = 2;
    take(&mut desk, &over);
    assert!(take(&mut desk, &alert(2, "loitering", 10, 20)).case_id.is_some());
}

#[test]
fn a_camera_that_was_turned_away_still_sees_people() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    take(&mut desk, &tamper(1, "moved"));
    assert!(take(&mut desk, &alert(2, "fall", 10, 20)).case_id.is_some());
}

#[test]
fn a_tampering_that_nobody_heard_of_for_a_day_holds_nothing_back() {
    let ground = Ground::new();
    let mut desk = ground.desk_at(at(24 * 3600 + 10));
    take(&mut desk, &tamper(1, "covered"));
    assert!(take(&mut desk, &alert(2, "loitering", 10, 20)).case_id.is_some());
}

#[test]
fn the_most_urgent_kind_always_rings_and_says_what_would_have_held_it_back() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    take(&mut desk, &tamper(1, "covered"));
    let mut fall = alert(2, "fall", 10, 20);
    fall.severity = Severity::P1;
    let rings = take(&mut desk, &fall);
    assert!(rings.case_id.is_some());
    assert!(path(&rings).iter().any(|step| matches!(step, Step::RingsAnyway(Held::Tampered { .. }))));
}

#[test]
fn what_was_held_back_rings_when_it_becomes_of_the_most_urgent_kind() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    take(&mut desk, &tamper(1, "covered"));
    let held = take(&mut desk, &alert(2, "fall", 10, 20));
    let mut worse = alert(2, "fall", 10, 80);
    worse.revision = 2;
    worse.severity = Severity::P1;
    let rings = take(&mut desk, &worse);
    assert!(rings.case_id.is_some() && rings.incident != held.incident);
    assert_eq!(desk.incidents[&held.incident].alerts, 0, "it is no longer counted as held back");
}

#[test]
fn maintenance_and_shelves_hold_back_what_they_name_while_they_last() {
    let ground = Ground::new();
    let shelf = |camera: Option<&str>, rule: Option<&str>| Shelf {
        id: Uuid::from_u128(7),
        edge: "gw-1".into(),
        camera: camera.map(str::to_owned),
        rule: rule.map(str::to_owned),
        from_utc: at(-60),
        until_utc: at(60),
    };
    for (shelf, now, holds) in [
        (shelf(None, None), 0, true),
        (shelf(Some("c1"), Some("loitering-rule")), 59, true),
        (shelf(Some("c1"), Some("loitering-rule")), 60, false),
        (shelf(Some("c2"), None), 0, false),
        (shelf(Some("c1"), Some("other")), 0, false),
    ] {
        let mut desk = ground.desk_at(at(now));
        desk.suppression.shelves.push(shelf.clone());
        let outcome = take(&mut desk, &alert(1, "loitering", now, now + 1));
        assert_eq!(outcome.standing == Standing::Shelved, holds, "{shelf:?} at {now}");
        assert_eq!(outcome.case_id.is_none(), holds);
    }
    let mut desk = ground.desk();
    let (from_utc, until_utc) = (at(-60), at(60));
    let id = Uuid::from_u128(8);
    desk.suppression.maintenance.push(Maintenance {
        id,
        edge: "gw-1".into(),
        camera: None,
        from_utc,
        until_utc,
    });
    assert_eq!(take(&mut desk, &alert(1, "loitering", 0, 1)).standing, Standing::Inhibited);
    let mut test = alert(2, "loitering", 0, 1);
    test.test = true;
    assert_eq!(take(&mut desk, &test).standing, Standing::Case, "tests are for maintenance");
}

#[test]
fn a_rule_that_chatters_shelves_itself_for_half_an_hour() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let outcomes: Vec<Outcome> = (1..=5).map(|id| take(&mut desk, &alert(id, "loitering", 0, 1))).collect();
    let standings: Vec<Standing> = outcomes.iter().map(|outcome| outcome.standing).collect();
    use Standing::{Case, Shelved};
    assert_eq!(
        standings,
        [Case, Case, Case, Shelved, Shelved],
        "the third within a minute is the last that rings"
    );
    assert_eq!(desk.shelved.len(), 1);
    assert_eq!((desk.shelved[0].from_utc, desk.shelved[0].until_utc), (at(0), at(1800)));
    assert_eq!(outcomes.iter().filter(|outcome| chatters(outcome)).count(), 1);
    let mut other = alert(9, "loitering", 0, 1);
    other.rule = "another".into();
    assert_eq!(take(&mut desk, &other).standing, Case);
}

#[test]
fn what_a_box_delivers_after_an_outage_is_no_chatter_and_is_judged_by_its_own_time() {
    let ground = Ground::new();
    let mut desk = ground.desk_at(at(36_000));
    let shelf = Shelf {
        id: Uuid::from_u128(7),
        edge: "gw-1".into(),
        camera: None,
        rule: None,
        from_utc: at(0),
        until_utc: at(100),
    };
    desk.suppression.shelves.push(shelf);
    for id in 1..=20 {
        let late =
            alert(id, "loitering", 200 * i64::try_from(id).unwrap(), 200 * i64::try_from(id).unwrap() + 1);
        assert_eq!(desk.take(&late, true).unwrap().standing, Standing::Case);
    }
    assert_eq!(desk.take(&alert(99, "loitering", 90, 91), true).unwrap().standing, Standing::Shelved);
}

#[test]
fn the_most_urgent_kind_never_shelves_itself_but_is_told() {
    let ground = Ground::new();
    let mut desk = ground.desk();
    let mut told = 0;
    for id in 1..=6 {
        let mut fall = alert(id, "fall", 0, 1);
        fall.severity = Severity::P1;
        let outcome = take(&mut desk, &fall);
        assert_eq!(outcome.standing, Standing::Case);
        told += usize::from(chatters(&outcome));
    }
    assert!(desk.shelved.is_empty());
    assert_eq!(told, 2, "each third time");
}

#[test]
fn a_pulse_counts_minutes_and_ten_minutes() {
    let mut pulse = Pulse::default();
    let beats: Vec<(u32, u32)> = [0, 30, 59, 61, 600, 700].iter().map(|secs| pulse.beat(at(*secs))).collect();
    assert_eq!(beats, [(1, 1), (2, 2), (3, 3), (3, 4), (1, 4), (1, 2)]);
}
