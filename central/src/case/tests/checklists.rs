//! The checklist of an emergency plan.

use super::*;

fn opened() -> Change {
    Change::PlanOpened { plan: "fall".into(), version: 3, steps: 3, required: vec![0, 2] }
}

fn tick(step: u16) -> Change {
    Change::Ticked { step, done: true, note: None }
}

fn untick(step: u16, note: &str) -> Change {
    Change::Ticked { step, done: false, note: Some(note.into()) }
}

#[test]
fn steps_are_ticked_by_name_and_what_is_missing_is_known() {
    let case = walk(verifying(1), &[("system", opened()), ("wang", tick(0)), ("li", tick(1))]);
    assert_eq!(case.version, verifying(1).version, "two people may tick at once");
    let list = case.plan.as_ref().unwrap();
    assert_eq!((list.version, list.missing(), list.ticks[&1].mark.by.as_str()), (3, vec![2], "li"));
    let refused = |change: Change| apply(&case, &change, "zhao", now()).unwrap_err();
    assert_eq!(refused(tick(0)), Refused::AlreadyTicked { by: "wang".into() });
    assert_eq!(refused(tick(3)), Refused::NoSuchStep);
    assert_eq!(refused(untick(2, "x")), Refused::NotTicked);
    assert_eq!(refused(untick(0, " ")), Refused::WordsMissing);
    assert!(
        matches!(refused(opened()), Refused::WrongState { .. }),
        "a case keeps the version it opened with"
    );
    let back = walk(case, &[("zhao", untick(0, "按错了"))]);
    assert_eq!(back.plan.unwrap().missing(), [0, 2]);
}

#[test]
fn a_case_without_a_plan_has_no_steps_and_one_that_is_over_takes_no_ticks() {
    assert_eq!(apply(&verifying(1), &tick(0), "wang", now()), Err(Refused::NoSuchStep));
    let over = walk(
        verifying(1),
        &[("system", opened()), ("wang", decided(Verdict::FalseAlarm, Some(Reason::Staff)))],
    );
    assert!(matches!(apply(&over, &tick(0), "wang", now()), Err(Refused::WrongState { .. })));
    assert!(matches!(
        apply(
            &walk(verifying(2), &[("w", decided(Verdict::FalseAlarm, Some(Reason::Staff)))]),
            &opened(),
            "system",
            now()
        ),
        Err(Refused::WrongState { .. })
    ));
}

#[test]
fn missing_steps_hold_nobody_up() {
    let case = walk(handling(), &[("system", opened()), ("li", Change::Handled(work()))]);
    assert_eq!((case.state, case.plan.unwrap().missing()), (State::Checking, vec![0, 2]));
}

#[test]
fn bodies_of_before_still_read() {
    let mut before = serde_json::to_value(verifying(2)).unwrap();
    before.as_object_mut().unwrap().remove("plan");
    assert_eq!(serde_json::from_value::<Case>(before).unwrap(), verifying(2));
}
