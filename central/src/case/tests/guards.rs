//! Who may do what.

use super::*;
use crate::case::guard::{Actor, Post, Role, may};

fn actor(role: Role, region: &str) -> Actor {
    let region = (!region.is_empty()).then(|| Region::parse(region).unwrap());
    Actor { name: "x".into(), posts: vec![Post { role, region }] }
}

fn allowed(role: Role, region: &str, case: &Case, change: &Change) -> bool {
    may(&actor(role, region), case, &grid(), change).is_ok()
}

const COMMUNITY: &str = "420502001001";

#[test]
fn each_role_does_its_part_and_no_other() {
    let pass = Change::Checked { passed: true, note: None };
    let urge = Change::Urged { reason: "x".into() };
    let table: [(&Change, &[Role]); 7] = [
        (&Change::Taken, &[Role::Admin, Role::Operator, Role::Acceptor]),
        (&real(None), &[Role::Admin, Role::Operator, Role::Acceptor]),
        (&to_grid(), &[Role::Admin, Role::Dispatcher, Role::Acceptor]),
        (&Change::Accepted, &[Role::Admin, Role::GridWorker, Role::Acceptor]),
        (&pass, &[Role::Admin, Role::Inspector, Role::Acceptor]),
        (&urge, &[Role::Admin, Role::Supervisor]),
        (&Change::VoidAsked { reason: "x".into() }, &[Role::Admin]),
    ];
    for (change, roles) in table {
        for role in Role::ALL {
            let wanted = roles.contains(&role);
            assert_eq!(allowed(role, COMMUNITY, &verifying(2), change), wanted, "{role:?} {change:?}");
            assert!(!allowed(role, "420503", &verifying(2), change), "a foreign region: {role:?} {change:?}");
        }
    }
}

#[test]
fn what_the_system_does_nobody_may() {
    let split = Change::Split { edge: "gw".into(), alert_id: Uuid::nil(), to: Uuid::max(), reason: None };
    for change in [Change::Verifying, timer(Stage::Ack, 100), Change::Raised { severity: 1 }, split] {
        assert!(!allowed(Role::Admin, "", &verifying(2), &change), "{change:?}");
    }
}

#[test]
fn a_grid_worker_decides_only_where_he_was_sent() {
    let unclear = walk(verifying(2), &[("wang", decided(Verdict::Unclear, None))]);
    assert!(!allowed(Role::GridWorker, "420502001001001", &verifying(2), &real(None)));
    assert!(allowed(Role::GridWorker, "420502001001001", &unclear, &real(None)));
}

#[test]
fn the_level_above_agrees_to_a_pause() {
    let yes = Change::PauseAnswered { approved: true, note: None };
    let mut case = handling();
    assert!(allowed(Role::Acceptor, COMMUNITY, &case, &yes));
    case.level = Level::Community;
    assert!(!allowed(Role::Acceptor, COMMUNITY, &case, &yes));
    assert!(allowed(Role::Acceptor, "420502001", &case, &yes));
    case.level = Level::District;
    assert!(!allowed(Role::Supervisor, "420502", &case, &yes));
    assert!(allowed(Role::Supervisor, "4205", &case, &yes));
}

#[test]
fn a_refusal_names_who_could() {
    let refused =
        may(&actor(Role::Operator, COMMUNITY), &handling(), &grid(), &Change::Accepted).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "that is for grid_worker, acceptor in this region; your posts do not include it"
    );
}
