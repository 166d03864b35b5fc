//! Whatever is tried, in whatever order.

use proptest::prelude::*;

use super::*;

#[test]
fn names_read_back_and_are_the_json_names() {
    fn same<T: serde::Serialize + Copy>(all: &[T], name: impl Fn(T) -> &'static str) {
        for one in all {
            assert_eq!(serde_json::to_value(*one).unwrap(), name(*one));
        }
    }
    same(&State::ALL, State::as_str);
    same(&Reason::ALL, Reason::as_str);
    same(&Verdict::ALL, Verdict::as_str);
    same(&Class::ALL, Class::as_str);
    same(&Stage::ALL, Stage::as_str);
    same(&guard::Role::ALL, guard::Role::as_str);
    same(&Level::ALL, Level::as_str);
    assert!(State::ALL.iter().all(|state| State::parse(state.as_str()) == Some(*state)));
    assert!(Stage::ALL.iter().all(|stage| Stage::parse(stage.as_str()) == Some(*stage)));
}

#[test]
fn logs_of_before_still_read() {
    for (text, name) in [
        (
            r#"{"change":"registered","edge":"gw-1","alert_id":"00000000-0000-0000-0000-000000000001"}"#,
            "registered",
        ),
        (r#"{"change":"verifying"}"#, "verifying"),
        (r#"{"change":"joined","edge":"gw-1","alert_id":"00000000-0000-0000-0000-000000000001"}"#, "joined"),
        (r#"{"change":"decided","verdict":"real"}"#, "decided"),
        (r#"{"change":"decided","verdict":"false_alarm","reason":"animal","note":"猫"}"#, "decided"),
    ] {
        let change: Change = serde_json::from_str(text).unwrap();
        assert_eq!(change.name(), name);
    }
}

fn change() -> impl Strategy<Value = Change> {
    let reason = || "原因".to_owned();
    let stage = prop::sample::select(Stage::ALL.to_vec());
    let percent = prop::sample::select(vec![80_u16, 100, 150, 200, 400, 1000]);
    let verdict = prop::sample::select(Verdict::ALL.to_vec());
    let class = prop::option::of(prop::sample::select(Class::ALL.to_vec()));
    prop_oneof![
        Just(Change::Verifying),
        Just(Change::Joined { edge: "gw".into(), alert_id: Uuid::nil(), from: None, reason: None }),
        Just(Change::Taken),
        (1_u8..=4).prop_map(|severity| Change::Raised { severity }),
        (verdict, class, any::<bool>()).prop_map(|(verdict, class, reason)| Change::Decided {
            verdict,
            reason: reason.then_some(Reason::Staff),
            note: None,
            class,
            category: None
        }),
        Just(to_grid()),
        Just(Change::Accepted),
        Just(Change::Arrived { fix: None }),
        Just(Change::Returned { reason: reason() }),
        Just(Change::Escalated { reason: reason() }),
        Just(Change::Approved { note: reason() }),
        Just(Change::Urged { reason: reason() }),
        Just(Change::PauseAsked { cause: reason(), review_utc: later(3600) }),
        any::<bool>().prop_map(|approved| Change::PauseAnswered { approved, note: None }),
        Just(Change::Resumed),
        Just(Change::Handled(work())),
        any::<bool>().prop_map(|passed| Change::Checked { passed, note: Some("x".into()) }),
        Just(Change::Reopened { reason: reason() }),
        Just(Change::Merged { master: Uuid::max(), reason: None }),
        Just(Change::Detached { reason: None }),
        Just(Change::VoidAsked { reason: reason() }),
        any::<bool>().prop_map(|approved| Change::VoidAnswered { approved }),
        Just(Change::Noted { note: reason() }),
        (0..4_u16).prop_map(|steps| Change::PlanOpened {
            plan: "fall".into(),
            version: 1,
            steps,
            required: vec![0]
        }),
        (0..4_u16, any::<bool>()).prop_map(|(step, done)| Change::Ticked {
            step,
            done,
            note: Some("x".into())
        }),
        (stage, percent).prop_map(|(stage, percent)| Change::Timer { stage, percent }),
    ]
}

proptest! {
    #[test]
    fn a_case_stays_sound_and_its_log_tells_it_all(
        severity in 1_u8..=4,
        steps in prop::collection::vec((change(), 0_usize..3), 0..60),
    ) {
        let people = ["system", "wang", "li"];
        let mut case = Case::registered(severity);
        let mut log = Vec::new();
        for (change, who) in steps {
            let Ok(next) = apply(&case, &change, people[who], now()) else { continue };
            prop_assert!(next.version == case.version || next.version == case.version + 1);
            prop_assert!(next.state == case.state || next.version > case.version, "a move is a version");
            prop_assert!(next.level >= case.level && next.told >= case.told && next.severity <= case.severity);
            prop_assert!(case.state != State::Void || next == case || next.state == State::Void);
            prop_assert!(next.level <= Level::District);
            prop_assert_eq!(next.closed_utc.is_some(), next.state == State::Closed || (next.state == State::Void && case.closed_utc.is_some()));
            prop_assert!(next.state != State::Handling || next.handler.is_some(), "somebody has taken it on");
            prop_assert!(next.state != State::Checking || next.outcome.is_some());
            prop_assert!(next.state != State::Suspended || next.pause.as_ref().is_some_and(|p| p.approved.is_some()));
            // what is stored is what is read
            let text = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Case>(&text).unwrap(), &next);
            log.push((serde_json::to_string(&change).unwrap(), people[who]));
            case = next;
        }
        let mut told = Case::registered(severity);
        for (change, who) in log {
            told = apply(&told, &serde_json::from_str(&change).unwrap(), who, now()).unwrap();
        }
        prop_assert_eq!(told, case);
    }
}
