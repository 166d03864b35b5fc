//! The way of a case, step by step.

use super::*;

#[test]
fn a_warning_goes_from_ringing_to_closed() {
    let case = walk(
        Case::registered(1),
        &[
            ("system", Change::Verifying),
            ("wang", Change::Taken),
            ("wang", real(None)),
            ("system", to_grid()),
            ("li", Change::Accepted),
            ("li", Change::Arrived { fix: Some(Fix { lon: 111.29, lat: 30.7 }) }),
            ("li", Change::Handled(work())),
            ("zhao", Change::Checked { passed: true, note: None }),
        ],
    );
    assert_eq!((case.state, case.version, case.reworks), (State::Closed, 9, 0));
    assert_eq!(case.closed_utc, Some(now()));
    assert_eq!(case.handler.unwrap().by, "li");
    assert!(!case.state.is_open());
}

#[test]
fn a_false_alarm_says_why_and_a_real_one_does_not() {
    let case = verifying(2);
    let refused = |change: Change| apply(&case, &change, "w", now()).unwrap_err();
    assert_eq!(refused(decided(Verdict::FalseAlarm, None)), Refused::ReasonMissing);
    for verdict in [Verdict::Real, Verdict::Unclear, Verdict::Missed] {
        assert_eq!(refused(decided(verdict, Some(Reason::Light))), Refused::ReasonNotWanted);
    }
    let rejected = apply(&case, &decided(Verdict::FalseAlarm, Some(Reason::Animal)), "w", now()).unwrap();
    assert_eq!((rejected.state, rejected.taken.unwrap().by.as_str()), (State::Rejected, "w"));
}

#[test]
fn what_pictures_do_not_show_is_looked_at_on_the_spot() {
    let sent = walk(verifying(2), &[("wang", decided(Verdict::Unclear, None))]);
    assert_eq!((sent.state, sent.on_site, sent.decision.is_some()), (State::Verifying, true, false));
    let again = apply(&sent, &decided(Verdict::Unclear, None), "li", now());
    assert!(matches!(again, Err(Refused::WrongState { .. })), "there one sees it or not");
    assert_eq!(walk(sent, &[("li", real(None))]).state, State::Filed);
}

#[test]
fn nobody_decides_twice_and_nothing_joins_what_is_decided() {
    let case = filed();
    assert_eq!(
        apply(&case, &decided(Verdict::Real, None), "li", now()),
        Err(Refused::AlreadyDecided { by: "wang".into() })
    );
    let join = Change::Joined { edge: "gw".into(), alert_id: Uuid::nil(), from: None, reason: None };
    assert!(matches!(apply(&case, &join, "system", now()), Err(Refused::WrongState { .. })));
    assert_eq!(apply(&verifying(2), &join, "system", now()), Ok(verifying(2)));
}

#[test]
fn the_class_says_where_work_begins() {
    for (class, level) in [
        (None, Level::Grid),
        (Some(Class::OnSite), Level::Grid),
        (Some(Class::Coordinated), Level::Community),
        (Some(Class::Emergency), Level::Community),
        (Some(Class::Approval), Level::Street),
    ] {
        assert_eq!(walk(verifying(2), &[("wang", real(class))]).level, level, "{class:?}");
    }
}

#[test]
fn work_that_the_street_decides_is_agreed_before_it_is_done() {
    let case = walk(
        verifying(3),
        &[("wang", real(Some(Class::Approval))), ("d", to_grid()), ("li", Change::Accepted)],
    );
    assert_eq!(apply(&case, &Change::Handled(work()), "li", now()), Err(Refused::NotApproved));
    let agreed = walk(case, &[("street", Change::Approved { note: "同意拆除".into() })]);
    assert_eq!(walk(agreed, &[("li", Change::Handled(work()))]).state, State::Checking);
}

#[test]
fn finished_work_has_a_picture_from_the_spot_or_a_reason() {
    let case = handling();
    let refused = |work: Work| apply(&case, &Change::Handled(work), "li", now()).unwrap_err();
    assert_eq!(refused(Work { pictures: Vec::new(), ..work() }), Refused::PictureMissing);
    assert_eq!(refused(Work { distance_m: Some(140.0), ..work() }), Refused::NotOnTheSpot);
    assert_eq!(refused(Work { note: " ".into(), ..work() }), Refused::WordsMissing);
    assert_eq!(refused(Work { pictures: vec![String::new(); 21], ..work() }), Refused::TooManyPictures);
    assert_eq!(refused(Work { fix: Some(Fix { lon: 0.0, lat: 91.0 }), ..work() }), Refused::BadFix);
    let excused = Work { distance_m: Some(140.0), excuse: Some("室内无定位".into()), ..work() };
    assert!(apply(&case, &Change::Handled(excused), "li", now()).is_ok());
    assert!(apply(&case, &Change::Handled(Work { distance_m: Some(99.0), ..work() }), "li", now()).is_ok());
}

#[test]
fn who_did_the_work_does_not_check_it() {
    let case = checking();
    let pass = Change::Checked { passed: true, note: None };
    assert_eq!(apply(&case, &pass, "li", now()), Err(Refused::OwnWork { by: "li".into() }));
    let fail = Change::Checked { passed: false, note: Some("地上仍有玻璃".into()) };
    let back = walk(case.clone(), &[("zhao", fail)]);
    assert_eq!((back.state, back.reworks, back.outcome), (State::Handling, 1, None));
    let mute = Change::Checked { passed: false, note: None };
    assert_eq!(apply(&case, &mute, "zhao", now()), Err(Refused::WordsMissing));
}

#[test]
fn a_closed_case_opens_again_within_a_week() {
    let closed = walk(checking(), &[("zhao", Change::Checked { passed: true, note: None })]);
    let reopen = Change::Reopened { reason: "又倒下".into() };
    let again = apply(&closed, &reopen, "office", later(7 * 86_400 - 1)).unwrap();
    assert_eq!((again.state, again.reworks, again.closed_utc), (State::Handling, 1, None));
    assert_eq!(apply(&closed, &reopen, "office", later(7 * 86_400)), Err(Refused::TooLateToReopen));
}

#[test]
fn returning_gives_it_back_to_who_dispatches() {
    let dispatched = walk(filed(), &[("d", to_grid())]);
    let back = walk(dispatched, &[("li", Change::Returned { reason: "非本网格".into() })]);
    assert_eq!((back.state, back.assigned), (State::Filed, None));
    let handling = handling();
    let returned = apply(&handling, &Change::Returned { reason: "x".into() }, "li", now());
    assert!(
        matches!(returned, Err(Refused::WrongState { .. })),
        "what was taken on is passed on, not returned"
    );
    assert_eq!(walk(handling, &[("d", to_grid())]).handler, None, "转派");
}

#[test]
fn it_rises_level_by_level_up_to_the_district() {
    let mut case = handling();
    let up = Change::Escalated { reason: "需要消防".into() };
    for level in [Level::Community, Level::Street, Level::District] {
        case = walk(case, &[("li", up.clone())]);
        assert_eq!((case.level, case.told, case.state), (level, level, State::Handling));
    }
    assert_eq!(apply(&case, &up, "li", now()), Err(Refused::NoLevelAbove { level: Level::District }));
}

#[test]
fn a_pause_is_asked_for_and_agreed_by_somebody_else_at_most_twice() {
    let ask = Change::PauseAsked { cause: "等待材料".into(), review_utc: later(86_400) };
    let yes = Change::PauseAnswered { approved: true, note: None };
    let no = Change::PauseAnswered { approved: false, note: None };
    assert_eq!(apply(&handling(), &yes, "boss", now()), Err(Refused::NothingAsked));
    let asked = walk(handling(), &[("li", ask.clone())]);
    assert_eq!(apply(&asked, &yes, "li", now()), Err(Refused::OwnRequest { by: "li".into() }));
    assert_eq!(walk(asked.clone(), &[("boss", no)]).state, State::Handling);
    let mut case = walk(asked, &[("boss", yes.clone())]);
    assert_eq!((case.state, case.pauses), (State::Suspended, 1));
    case =
        walk(case, &[("li", Change::Resumed), ("li", ask.clone()), ("boss", yes), ("li", Change::Resumed)]);
    assert_eq!((case.state, case.pauses), (State::Handling, 2));
    assert_eq!(apply(&case, &ask, "li", now()), Err(Refused::PausedTooOften));
    for review_utc in [now(), later(400 * 86_400)] {
        let ask = Change::PauseAsked { cause: "x".into(), review_utc };
        assert_eq!(apply(&handling(), &ask, "li", now()), Err(Refused::BadReviewDay));
    }
}

#[test]
fn merging_remembers_where_it_stood() {
    let merge = Change::Merged { master: Uuid::max(), reason: None };
    for case in [verifying(2), filed()] {
        let merged = walk(case.clone(), &[("wang", merge.clone())]);
        assert_eq!(merged.state, State::Merged);
        let back = walk(merged, &[("wang", Change::Detached { reason: None })]);
        assert_eq!((back.state, back.merged), (case.state, None));
    }
    assert!(matches!(apply(&handling(), &merge, "wang", now()), Err(Refused::WrongState { .. })));
}

#[test]
fn two_people_make_a_case_void_and_it_stays_readable() {
    let asked = walk(handling(), &[("a", Change::VoidAsked { reason: "演练".into() })]);
    assert_eq!(asked.state, State::Handling);
    let yes = Change::VoidAnswered { approved: true };
    assert_eq!(apply(&asked, &yes, "a", now()), Err(Refused::OwnRequest { by: "a".into() }));
    let void = walk(asked.clone(), &[("b", yes.clone())]);
    assert_eq!((void.state, &void.void_asked), (State::Void, &None));
    assert_eq!(apply(&void, &yes, "b", now()), Err(Refused::NothingAsked));
    assert_eq!(walk(asked, &[("b", Change::VoidAnswered { approved: false })]).state, State::Handling);
}

#[test]
fn a_long_text_is_refused_by_characters_not_bytes() {
    let with = |chars: usize| Change::Noted { note: "门".repeat(chars) };
    assert!(apply(&verifying(2), &with(NOTE_CHARS), "w", now()).is_ok());
    assert_eq!(apply(&verifying(2), &with(NOTE_CHARS + 1), "w", now()), Err(Refused::NoteTooLong));
}

#[test]
fn names_are_short_and_plain() {
    let with = |category: &str| Change::Decided {
        verdict: Verdict::Real,
        reason: None,
        note: None,
        class: None,
        category: Some(category.into()),
    };
    assert!(apply(&verifying(2), &with("0101"), "w", now()).is_ok());
    for bad in ["a\u{0}b", &"x".repeat(NAME_CHARS + 1)] {
        assert_eq!(apply(&verifying(2), &with(bad), "w", now()), Err(Refused::BadName));
        let to = Assignee { region: grid(), user: Some(bad.into()) };
        let change = Change::Dispatched { to, note: None };
        assert_eq!(apply(&filed(), &change, "w", now()), Err(Refused::BadName));
    }
}

#[test]
fn deadlines_tell_level_after_level() {
    let ack = |percents: &[u16], severity| {
        let mut case = verifying(severity);
        for percent in percents {
            case = walk(case, &[("system", timer(Stage::Ack, *percent))]);
        }
        (case.rung, case.told)
    };
    assert_eq!(ack(&[100], 1), (1, Level::Grid));
    assert_eq!(ack(&[100, 200], 1), (1, Level::Community));
    assert_eq!(ack(&[100, 200, 400], 1), (1, Level::Street));
    assert_eq!(ack(&[100, 200, 400, 1000], 1), (1, Level::District));

    let version = handling().version;
    let mut case = walk(handling(), &[("system", timer(Stage::Handle, 80))]);
    assert!(case.late.is_empty() && case.urges.is_empty(), "a warning");
    for (percent, level) in [(100, Level::Community), (150, Level::Street), (200, Level::District)] {
        case = walk(case, &[("system", timer(Stage::Handle, percent))]);
        assert_eq!((case.level, case.told, case.urges.last().unwrap().level), (level, level, level));
    }
    assert!(case.late.contains(&Stage::Handle));
    assert_eq!(case.version, version, "who fills in a form meanwhile need not begin again");
}

#[test]
fn a_deadline_of_what_is_over_does_nothing() {
    let taken = walk(verifying(1), &[("wang", Change::Taken)]);
    let late = apply(&taken, &timer(Stage::Ack, 100), "system", now());
    assert!(matches!(late, Err(Refused::WrongState { .. })));
}

#[test]
fn what_nobody_looked_at_for_a_day_is_a_miss_and_never_if_urgent() {
    let missed = walk(verifying(3), &[("system", timer(Stage::AutoClose, 100))]);
    assert_eq!((missed.state, missed.decision.unwrap().verdict), (State::Rejected, Verdict::Missed));
    assert_eq!(missed.taken, None);
    let urgent = apply(&verifying(2), &timer(Stage::AutoClose, 100), "system", now());
    assert!(matches!(urgent, Err(Refused::WrongState { .. })));
}

#[test]
fn urgency_only_rises_and_a_raise_is_no_new_version() {
    let raised = walk(verifying(3), &[("system", Change::Raised { severity: 1 })]);
    assert_eq!((raised.severity, raised.version), (1, verifying(3).version));
    assert!(apply(&raised, &Change::Raised { severity: 1 }, "system", now()).is_err());
}
