//! The evaluation words of the field (上报、立案、应结案、结案、按期结案、超期未处置、返工、回退、重复案件), counted. Pure.
//!
//! All of them speak of the same cases: those that were registered in the period and are neither tests nor void. So no rate
//! ever exceeds one, and two figures of one report can be divided by each other.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use serde::Serialize;
use utoipa::ToSchema;

use crate::case::{Reason, Stage, State, Verdict};
use crate::org::Region;

/// Cases that are alike in everything that is counted. The store groups them, so that a year of a city fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// Grid of the camera, else the community.
    pub region: Region,
    /// 1 (most urgent) to 4.
    pub severity: u8,
    /// Where they stand now.
    pub state: State,
    /// What a person found.
    pub verdict: Option<Verdict>,
    /// Why they were false.
    pub reason: Option<Reason>,
    /// Parts of the work that were late, as deadlines wrote it into the log.
    pub late: BTreeSet<Stage>,
    /// Whether somebody in the security room took them.
    pub taken: bool,
    /// Whether somebody was ever told to handle them.
    pub dispatched: bool,
    /// Whether somebody was ever there.
    pub arrived: bool,
    /// Whether they are said to be done.
    pub handled: bool,
    /// Whether they came back from a check or were opened again.
    pub reworked: bool,
    /// Whether whoever was told sent them back.
    pub returned: bool,
    /// How many they are.
    pub cases: u64,
}

impl Alike {
    /// Whether they count at all: void ones should never have been cases.
    pub fn counts(&self) -> bool {
        self.state != State::Void
    }

    /// 立案: found real, and a case of its own.
    pub fn is_filed(&self) -> bool {
        self.verdict == Some(Verdict::Real) && !matches!(self.state, State::Void | State::Merged)
    }
}

/// A part of a whole. There is no share of nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct Rate {
    /// How many of them.
    pub of: u64,
    /// Of how many.
    pub all: u64,
    /// 0..1; none where `all` is 0.
    pub share: Option<f64>,
}

impl Rate {
    /// `of` out of `all`.
    pub fn new(of: u64, all: u64) -> Self {
        // counts are far below 2^53
        let share = (all > 0).then(|| of as f64 / all as f64);
        Self { of, all, share }
    }
}

/// What is counted. Sums of parts are the counts of the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReportCounts)]
pub struct Counts {
    /// 上报: registered in the period.
    pub reported: u64,
    /// 立案: found real.
    pub filed: u64,
    /// 应结案: of the filed ones those that are closed, or whose time for handling is over.
    pub due: u64,
    /// 结案: of those due, closed.
    pub closed: u64,
    /// 按期结案: of those closed, handled within their time.
    pub closed_in_time: u64,
    /// 超期未处置: of those due, not handled yet.
    pub overdue: u64,
    /// Said to be done at least once.
    pub handled: u64,
    /// 返工: of those, come back from a check or opened again.
    pub reworked: u64,
    /// 派遣: somebody was told to handle it.
    pub dispatched: u64,
    /// 回退: of those, sent back.
    pub returned: u64,
    /// 重复案件: merged into another one, or put away as a duplicate.
    pub duplicates: u64,
    /// Judged: real or false. Tests and duplicates say nothing about the machine, nor does what nobody looked at.
    pub judged: u64,
    /// 误报: of those, false.
    pub false_alarms: u64,
    /// 超时未核实: nobody looked in time.
    pub missed: u64,
    /// Not decided yet.
    pub undecided: u64,
}

/// Whether a verdict says anything about the machine, and whether it was wrong. 非管辖范围 was real, but not ours.
pub fn judgement(verdict: Option<Verdict>, reason: Option<Reason>) -> Option<bool> {
    match (verdict?, reason) {
        (Verdict::Real, _) => Some(false),
        (Verdict::FalseAlarm, Some(Reason::Duplicate | Reason::Test)) => None,
        (Verdict::FalseAlarm, Some(Reason::Foreign)) => Some(false),
        (Verdict::FalseAlarm, _) => Some(true),
        (Verdict::Unclear | Verdict::Missed, _) => None,
    }
}

impl Counts {
    /// The counts of these cases.
    pub fn of(alike: &Alike) -> Self {
        let all = |yes: bool| if yes { alike.cases } else { 0 };
        if !alike.counts() {
            return Self::default();
        }
        let merged = alike.state == State::Merged;
        let filed = alike.is_filed();
        let closed = filed && alike.state == State::Closed;
        let late = filed && alike.late.contains(&Stage::Handle);
        let working = matches!(alike.state, State::Filed | State::Dispatched | State::Handling);
        let handled = filed && (alike.handled || alike.reworked || closed);
        let judged = if merged { None } else { judgement(alike.verdict, alike.reason) };
        let duplicate = alike.verdict == Some(Verdict::FalseAlarm) && alike.reason == Some(Reason::Duplicate);
        Self {
            reported: alike.cases,
            filed: all(filed),
            due: all(closed || late),
            closed: all(closed),
            closed_in_time: all(closed && !late),
            overdue: all(late && working),
            handled: all(handled),
            reworked: all(filed && alike.reworked),
            dispatched: all(filed && alike.dispatched),
            returned: all(filed && alike.dispatched && alike.returned),
            duplicates: all(merged || duplicate),
            judged: all(judged.is_some()),
            false_alarms: all(judged == Some(true)),
            missed: all(!merged && alike.verdict == Some(Verdict::Missed)),
            undecided: all(alike.state.takes_alerts()),
        }
    }

    /// The counts of all of these.
    pub fn of_all<'a>(all: impl IntoIterator<Item = &'a Alike>) -> Self {
        let mut counts = Self::default();
        for alike in all {
            counts += Self::of(alike);
        }
        counts
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.reported += other.reported;
        self.filed += other.filed;
        self.due += other.due;
        self.closed += other.closed;
        self.closed_in_time += other.closed_in_time;
        self.overdue += other.overdue;
        self.handled += other.handled;
        self.reworked += other.reworked;
        self.dispatched += other.dispatched;
        self.returned += other.returned;
        self.duplicates += other.duplicates;
        self.judged += other.judged;
        self.false_alarms += other.false_alarms;
        self.missed += other.missed;
        self.undecided += other.undecided;
    }
}

/// What follows from the counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Rates {
    /// 立案率: filed of reported.
    pub filed: Rate,
    /// 结案率: closed of due.
    pub closed: Rate,
    /// 按期结案率: closed in time of due.
    pub closed_in_time: Rate,
    /// 超期未处置率: overdue of due.
    pub overdue: Rate,
    /// 返工率: reworked of handled.
    pub reworked: Rate,
    /// 回退率: returned of dispatched.
    pub returned: Rate,
    /// 重复案件率: duplicates of reported.
    pub duplicates: Rate,
    /// 误报率: false of judged.
    pub false_alarms: Rate,
    /// 超时未核实率: missed of reported.
    pub missed: Rate,
}

impl From<Counts> for Rates {
    fn from(counts: Counts) -> Self {
        Self {
            filed: Rate::new(counts.filed, counts.reported),
            closed: Rate::new(counts.closed, counts.due),
            closed_in_time: Rate::new(counts.closed_in_time, counts.due),
            overdue: Rate::new(counts.overdue, counts.due),
            reworked: Rate::new(counts.reworked, counts.handled),
            returned: Rate::new(counts.returned, counts.dispatched),
            duplicates: Rate::new(counts.duplicates, counts.reported),
            false_alarms: Rate::new(counts.false_alarms, counts.judged),
            missed: Rate::new(counts.missed, counts.reported),
        }
    }
}

/// Counts with what follows from them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Indicators {
    /// How many.
    pub counts: Counts,
    /// Which share.
    pub rates: Rates,
}

impl From<Counts> for Indicators {
    fn from(counts: Counts) -> Self {
        Self { counts, rates: counts.into() }
    }
}
