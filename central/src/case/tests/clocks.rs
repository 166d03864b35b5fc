//! When deadlines fall.

use super::*;
use crate::case::Rules;
use crate::case::clock::{Clocks, Timer};
use crate::case::number::zone;
use crate::org::Calendar;
use crate::org::calendar::notice_2026;

fn rules() -> Rules {
    Rules::usual(Calendar::new(zone("Asia/Shanghai").unwrap(), notice_2026()))
}

/// A case with its clocks, moved on by changes at given moments.
struct Desk {
    case: Case,
    clocks: Clocks,
    rules: Rules,
}

impl Desk {
    fn open(severity: u8, at: Timestamp) -> Self {
        let begins = Change::Registered {
            edge: "gw".into(),
            alert_id: Uuid::nil(),
            severity: Some(severity),
            from: None,
            reason: None,
        };
        let case = Case::begun_by(&begins).unwrap();
        let rules = rules();
        let clocks = Clocks::default().follow(&case, &begins, at, &rules);
        let mut desk = Self { case, clocks, rules };
        desk.then("system", &Change::Verifying, at);
        desk
    }

    fn then(&mut self, actor: &str, change: &Change, at: Timestamp) {
        self.case = apply(&self.case, change, actor, at).unwrap_or_else(|e| panic!("{change:?}: {e}"));
        self.clocks = self.clocks.follow(&self.case, change, at, &self.rules);
    }

    fn timers(&self) -> Vec<Timer> {
        let mut all: Vec<_> = self.clocks.timers(self.case.severity, &self.rules.calendar).collect();
        all.sort_by_key(|timer| timer.due_utc);
        all
    }

    /// Lets time pass: every timer fires when it is due.
    fn until(&mut self, end: Timestamp) -> Vec<(Stage, u16)> {
        let mut fired = Vec::new();
        while let Some(timer) = self.timers().first().copied().filter(|timer| timer.due_utc <= end) {
            self.then("system", &Change::Timer { stage: timer.stage, percent: timer.percent }, timer.due_utc);
            fired.push((timer.stage, timer.percent));
        }
        fired
    }
}

/// By the clock on the wall in Shanghai; Friday is 2026-11-27.
fn at(text: &str) -> Timestamp {
    format!("2026-{text}:00+08:00").parse().unwrap()
}

#[test]
fn a_fall_at_night_that_nobody_takes_reaches_the_district_in_ten_minutes() {
    let begin = at("11-28T02:00");
    let mut desk = Desk::open(1, begin);
    let fired = desk.until(begin.checked_add(10.minutes()).unwrap());
    assert_eq!(
        fired,
        [
            (Stage::Ack, 100),
            (Stage::Ack, 200),
            (Stage::Verify, 100),
            (Stage::Ack, 400),
            (Stage::Verify, 200),
            (Stage::Ack, 1000)
        ]
    );
    assert_eq!((desk.case.told, desk.case.rung, desk.case.state), (Level::District, 1, State::Verifying));
    assert_eq!(desk.until(at("12-28T02:00")), [], "and P1 is never put away");
}

#[test]
fn what_is_not_urgent_waits_for_office_hours() {
    // Friday 17:30: half an hour of the working hour is left for Monday
    let mut desk = Desk::open(3, at("11-27T17:30"));
    desk.then("wang", &Change::Taken, at("11-27T17:35"));
    assert_eq!(desk.clocks.due(&desk.rules.calendar), Some((Stage::Verify, at("11-30T08:30"))));
    desk.then("wang", &real(None), at("11-30T08:10"));
    desk.then("d", &to_grid(), at("11-30T08:20"));
    desk.then("li", &Change::Accepted, at("11-30T09:00"));
    // filed at 08:10: one working day later
    assert_eq!(desk.clocks.due(&desk.rules.calendar), Some((Stage::Handle, at("12-01T08:10"))));
    assert_eq!(desk.until(at("12-01T08:10")), [(Stage::Handle, 80), (Stage::Handle, 100)]);
    assert_eq!(desk.case.level, Level::Community);
}

#[test]
fn an_emergency_does_not_wait_for_office_hours() {
    let mut desk = Desk::open(3, at("11-27T17:30"));
    desk.then("wang", &real(Some(Class::Emergency)), at("11-27T17:40"));
    let handle = desk.timers().into_iter().find(|timer| timer.stage == Stage::Handle).unwrap();
    assert_eq!((handle.percent, handle.due_utc), (80, at("11-28T00:04")));
}

#[test]
fn clocks_stand_while_a_case_is_suspended() {
    let mut desk = Desk::open(2, at("11-27T10:00"));
    desk.then("wang", &real(None), at("11-27T10:00"));
    desk.then("d", &to_grid(), at("11-27T10:00"));
    desk.then("li", &Change::Accepted, at("11-27T10:10"));
    desk.then("li", &Change::Arrived { fix: None }, at("11-27T10:20"));
    let ask = Change::PauseAsked { cause: "等待配件".into(), review_utc: at("11-29T10:00") };
    desk.then("li", &ask, at("11-27T11:00"));
    desk.then("boss", &Change::PauseAnswered { approved: true, note: None }, at("11-27T12:00"));
    assert_eq!(desk.timers(), [Timer { stage: Stage::Review, percent: 100, due_utc: at("11-29T10:00") }]);
    assert_eq!(desk.until(at("11-29T10:00")), [(Stage::Review, 100)]);
    assert_eq!(desk.case.state, State::Handling);
    // two of eight hours had gone
    assert_eq!(desk.clocks.due(&desk.rules.calendar), Some((Stage::Handle, at("11-29T16:00"))));
}

#[test]
fn another_level_and_another_try_get_all_the_time_anew() {
    let mut desk = Desk::open(2, at("11-27T10:00"));
    desk.then("wang", &real(None), at("11-27T10:00"));
    desk.then("d", &to_grid(), at("11-27T10:00"));
    desk.then("li", &Change::Accepted, at("11-27T10:10"));
    desk.then("li", &Change::Arrived { fix: None }, at("11-27T10:20"));
    desk.then("li", &Change::Escalated { reason: "需要消防".into() }, at("11-27T12:00"));
    let due = |desk: &Desk| desk.clocks.due(&desk.rules.calendar);
    assert_eq!(due(&desk), Some((Stage::Handle, at("11-27T20:00"))));
    desk.then("li", &Change::Handled(work()), at("11-27T13:00"));
    assert_eq!(due(&desk).unwrap().0, Stage::Check);
    let fail = Change::Checked { passed: false, note: Some("没有修好".into()) };
    desk.then("zhao", &fail, at("11-27T15:00"));
    assert_eq!(due(&desk), Some((Stage::Handle, at("11-27T23:00"))));
    desk.then("li", &Change::Handled(work()), at("11-27T16:00"));
    desk.then("zhao", &Change::Checked { passed: true, note: None }, at("11-27T17:00"));
    assert_eq!(desk.timers(), [], "nothing runs on a closed case");
}

#[test]
fn a_raise_shortens_the_time_that_is_left() {
    let mut desk = Desk::open(3, at("11-27T10:00"));
    desk.then("system", &Change::Raised { severity: 1 }, at("11-27T10:02"));
    let fired = desk.until(at("11-27T10:02"));
    assert_eq!(fired, [(Stage::Ack, 100), (Stage::Ack, 200)], "two of one minutes have passed already");
}

#[test]
fn after_a_day_without_a_look_it_is_put_away() {
    let mut desk = Desk::open(4, at("11-27T10:00"));
    let fired = desk.until(at("11-28T10:00"));
    assert_eq!(fired, [(Stage::AutoClose, 100)], "its working day to be taken in ends on Monday");
    assert_eq!(desk.case.state, State::Rejected);
}
