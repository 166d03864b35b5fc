//! Who was called and has not answered.

use super::*;

/// A change at a moment.
fn then(case: &Case, actor: &str, change: &Change, secs: i64) -> Case {
    apply(case, change, actor, later(secs)).unwrap_or_else(|refused| panic!("{change:?}: {refused}"))
}

fn called(case: &Case, user: &str, secs: i64) -> Case {
    let level = crate::org::Level::Community;
    then(case, "system", &Change::Called { user: user.into(), level }, secs)
}

fn open_calls(case: &Case) -> Vec<String> {
    case.unanswered().into_iter().map(|call| call.user).collect()
}

#[test]
fn whoever_is_called_because_nobody_takes_it_is_answered_by_taking_it() {
    let case = called(&called(&verifying(1), "zhou", 60), "chen", 120);
    assert_eq!(open_calls(&case), ["zhou", "chen"]);
    assert!(open_calls(&then(&case, "wang", &Change::Taken, 130)).is_empty());
    let remark = then(&case, "wang", &Change::Noted { note: "在路上".into() }, 130);
    assert_eq!(open_calls(&remark), ["zhou", "chen"], "a remark is no answer");
}

#[test]
fn a_call_for_late_handling_stays_until_somebody_moves_the_case_on() {
    let case = then(&handling(), "system", &timer(Stage::Handle, 100), 7200);
    assert!(case.taken.is_some(), "which is long since");
    let case = called(&case, "sun", 7200);
    let case = called(&then(&case, "system", &timer(Stage::Handle, 150), 9000), "li", 9000);
    assert_eq!(open_calls(&case), ["sun", "li"], "what deadlines do is no answer");
    assert!(open_calls(&then(&case, "li", &Change::Arrived { fix: None }, 9100)).is_empty());
    let urged = then(&case, "zhou", &Change::Urged { reason: "立即处理".into() }, 9100);
    assert!(open_calls(&urged).is_empty(), "somebody above has it in hand");
    let later_call = called(&urged, "wu", 10_800);
    assert_eq!(open_calls(&later_call), ["wu"]);
    assert!(open_calls(&then(&later_call, "li", &Change::Handled(work()), 10_900)).is_empty());
}

#[test]
fn a_case_that_is_over_calls_nobody() {
    let case = called(&verifying(3), "zhou", 60);
    let over = then(&case, "system", &timer(Stage::AutoClose, 100), 86_400);
    assert_eq!(over.state, State::Rejected);
    assert!(open_calls(&over).is_empty());
}
