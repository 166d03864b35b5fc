use super::*;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-23T03:20:01Z".parse().unwrap()
}

fn verifying() -> Case {
    apply(&Case::registered(), &Change::Verifying, "system", now()).unwrap()
}

fn decided(verdict: Verdict, reason: Option<Reason>) -> Change {
    Change::Decided { verdict, reason, note: None }
}

#[test]
fn a_real_warning_is_filed_and_a_false_one_rejected() {
    let filed = apply(&verifying(), &decided(Verdict::Real, None), "wang", now()).unwrap();
    assert_eq!((filed.state, filed.version), (State::Filed, 3));
    assert_eq!(filed.decision.unwrap().by, "wang");
    let rejected =
        apply(&verifying(), &decided(Verdict::FalseAlarm, Some(Reason::Animal)), "wang", now()).unwrap();
    assert_eq!(rejected.state, State::Rejected);
}

#[test]
fn a_false_alarm_says_why_and_a_real_one_does_not() {
    let case = verifying();
    assert_eq!(apply(&case, &decided(Verdict::FalseAlarm, None), "w", now()), Err(Refused::ReasonMissing));
    assert_eq!(
        apply(&case, &decided(Verdict::Real, Some(Reason::Light)), "w", now()),
        Err(Refused::ReasonNotWanted)
    );
}

#[test]
fn nobody_decides_twice_and_nothing_joins_what_is_decided() {
    let filed = apply(&verifying(), &decided(Verdict::Real, None), "wang", now()).unwrap();
    assert_eq!(
        apply(&filed, &decided(Verdict::Real, None), "li", now()),
        Err(Refused::AlreadyDecided { by: "wang".into() })
    );
    let join = Change::Joined { edge: "gw".into(), alert_id: Uuid::nil() };
    assert!(matches!(apply(&filed, &join, "system", now()), Err(Refused::WrongState { .. })));
    assert_eq!(apply(&verifying(), &join, "system", now()), Ok(verifying()));
}

#[test]
fn a_long_note_is_refused_by_characters_not_bytes() {
    let with = |chars: usize| Change::Decided {
        verdict: Verdict::Real,
        reason: None,
        note: Some("门".repeat(chars)),
    };
    assert!(apply(&verifying(), &with(NOTE_CHARS), "w", now()).is_ok());
    assert_eq!(apply(&verifying(), &with(NOTE_CHARS + 1), "w", now()), Err(Refused::NoteTooLong));
}

#[test]
fn an_old_version_is_refused() {
    let case = verifying();
    assert_eq!(case.expect_version(1), Err(Refused::VersionDiffers { shown: 1, now: 2 }));
    assert_eq!(case.expect_version(2), Ok(()));
}

#[test]
fn names_read_back_and_are_the_json_names() {
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
    }
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.as_str()), Some(reason));
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
    for verdict in [Verdict::Real, Verdict::FalseAlarm] {
        assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.as_str());
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Verifying),
        Just(Change::Registered { edge: "gw".into(), alert_id: Uuid::nil() }),
        Just(Change::Joined { edge: "gw".into(), alert_id: Uuid::nil() }),
        Just(decided(Verdict::Real, None)),
        Just(decided(Verdict::FalseAlarm, None)),
        Just(decided(Verdict::FalseAlarm, Some(Reason::Staff))),
    ]
}

proptest! {
    #[test]
    fn whatever_is_tried_a_case_moves_only_forward(changes in prop::collection::vec(change(), 0..20)) {
        let mut case = Case::registered();
        for change in changes {
            let Ok(next) = apply(&case, &change, "w", now()) else { continue };
            let moved = next.state != case.state;
            prop_assert_eq!(next.version, case.version + u64::from(moved));
            prop_assert!(next.state as u8 >= case.state as u8);
            prop_assert_eq!(next.decision.is_some(), !next.state.takes_alerts());
            case = next;
        }
    }
}
