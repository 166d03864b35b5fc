//! Which deadlines run on a case, and when they fall. Pure: the calendar and the limits are given.
//!
//! A clock runs for one part of the work. It has a limit, and steps at parts of it: at 80 % somebody is warned, at
//! 100 % it is late, beyond that it goes up the ladder. A step that has come is written to the case's log as
//! [`super::Change::Timer`]; what it does is in [`super::apply`]. Clocks stand while a case is suspended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Case, Change, Rules, State};
use crate::org::{Calendar, Span};

/// A part of the work that has a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 签收: until somebody in the security room takes it.
    Ack,
    /// 核实: until somebody has decided whether it is real.
    Verify,
    /// 派遣: from filing until somebody is told to handle it.
    Dispatch,
    /// 到场: from dispatch until the handler is there.
    Arrive,
    /// 处置: from filing until it is said to be done.
    Handle,
    /// 核查: until somebody has checked it.
    Check,
    /// 挂账复查: until a suspended case is looked at again.
    Review,
    /// 超时未核实: nobody looked for a day at something of little urgency.
    AutoClose,
}

impl Stage {
    /// All stages.
    pub const ALL: [Self; 8] = [
        Self::Ack,
        Self::Verify,
        Self::Dispatch,
        Self::Arrive,
        Self::Handle,
        Self::Check,
        Self::Review,
        Self::AutoClose,
    ];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Verify => "verify",
            Self::Dispatch => "dispatch",
            Self::Arrive => "arrive",
            Self::Handle => "handle",
            Self::Check => "check",
            Self::Review => "review",
            Self::AutoClose => "auto_close",
        }
    }

    /// The stage with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }

    /// Whether its clock runs on a case that stands like this.
    pub fn runs(self, case: &Case) -> bool {
        let state = case.state;
        match self {
            Self::Ack => state.takes_alerts() && case.taken.is_none(),
            Self::Verify => state.takes_alerts(),
            Self::Dispatch => state == State::Filed,
            Self::Arrive => {
                matches!(state, State::Dispatched | State::Handling) && case.arrived_utc.is_none()
            }
            Self::Handle => matches!(state, State::Filed | State::Dispatched | State::Handling),
            Self::Check => state == State::Checking,
            Self::Review => state == State::Suspended,
            // P1 and P2 are never put away by themselves
            Self::AutoClose => state.takes_alerts() && case.taken.is_none() && case.severity >= 3,
        }
    }

    /// Parts of the limit at which something happens, percent.
    fn steps(self, severity: u8) -> &'static [u16] {
        match self {
            // the tenth minute of a P1 that should have been taken within 60 s
            Self::Ack if severity == 1 => &[100, 200, 400, 1000],
            Self::Ack => &[100, 200, 400],
            Self::Verify | Self::Dispatch | Self::Check => &[100, 200],
            Self::Handle => &[80, 100, 150, 200],
            Self::Arrive | Self::Review | Self::AutoClose => &[100],
        }
    }
}

/// One running deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Of which part of the work.
    pub stage: Stage,
    /// When it began, or went on.
    pub started_utc: Timestamp,
    /// How long that part may take.
    pub limit: Span,
    /// Seconds that had passed before it stood still.
    #[serde(default)]
    pub spent_secs: f64,
    /// Since when it stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood_utc: Option<Timestamp>,
    /// Steps that have come, percent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fired: Vec<u16>,
}

/// A step that is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timer {
    /// Of which part of the work.
    pub stage: Stage,
    /// Percent of the limit.
    pub percent: u16,
    /// When.
    pub due_utc: Timestamp,
}

impl Clock {
    /// When this part of the limit is used up.
    pub fn at(&self, percent: u16, calendar: &Calendar) -> Timestamp {
        let secs = self.limit.secs() * f64::from(percent) / 100.0 - self.spent_secs;
        calendar.after(self.started_utc, self.limit.of_secs(secs.max(0.0)))
    }

    /// Its next step; none where all have come or it stands still.
    pub fn next(&self, severity: u8, calendar: &Calendar) -> Option<Timer> {
        if self.stood_utc.is_some() {
            return None;
        }
        let percent = *self.stage.steps(severity).iter().find(|step| !self.fired.contains(step))?;
        Some(Timer { stage: self.stage, percent, due_utc: self.at(percent, calendar) })
    }
}

/// All clocks of a case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Clocks(pub Vec<Clock>);

impl Clocks {
    /// The clocks after a change that made `after` of the case.
    #[must_use]
    pub fn follow(&self, after: &Case, change: &Change, now: Timestamp, rules: &Rules) -> Self {
        let kept = |stage: Stage| {
            let clock = self.0.iter().find(|clock| clock.stage == stage)?;
            let anew = match change {
                // another level, or another try: all the time anew
                Change::Escalated { .. }
                | Change::Checked { passed: false, .. }
                | Change::Reopened { .. } => stage == Stage::Handle,
                Change::Dispatched { .. } => stage == Stage::Arrive,
                // somebody goes there: that takes its own time
                Change::Decided { .. } => stage == Stage::Verify,
                _ => false,
            };
            (!anew).then(|| clock.clone())
        };
        let suspended = after.state == State::Suspended;
        let mut clocks = Vec::new();
        for stage in Stage::ALL {
            let waits = suspended && stage == Stage::Handle;
            if !stage.runs(after) && !waits {
                continue;
            }
            let Some(limit) = rules.limit(stage, after, now) else { continue };
            let mut clock = kept(stage).unwrap_or(Clock {
                stage,
                started_utc: now,
                limit,
                spent_secs: 0.0,
                stood_utc: None,
                fired: Vec::new(),
            });
            if stage != Stage::Review {
                clock.limit = limit;
            }
            match (waits, clock.stood_utc) {
                (true, None) => {
                    clock.spent_secs += rules.calendar.between(clock.started_utc, now, clock.limit);
                    clock.stood_utc = Some(now);
                }
                (false, Some(_)) => {
                    clock.started_utc = now;
                    clock.stood_utc = None;
                }
                _ => {}
            }
            if let Change::Timer { stage: fired, percent } = change
                && *fired == stage
                && !clock.fired.contains(percent)
            {
                clock.fired.push(*percent);
            }
            clocks.push(clock);
        }
        Self(clocks)
    }

    /// The next step of each clock.
    pub fn timers<'a>(&'a self, severity: u8, calendar: &'a Calendar) -> impl Iterator<Item = Timer> + 'a {
        self.0.iter().filter_map(move |clock| clock.next(severity, calendar))
    }

    /// When the part of the work that is being done has to be done: the earliest deadline that is not a warning.
    pub fn due(&self, calendar: &Calendar) -> Option<(Stage, Timestamp)> {
        self.0
            .iter()
            .filter(|clock| clock.stood_utc.is_none() && clock.stage != Stage::AutoClose)
            .map(|clock| (clock.stage, clock.at(100, calendar)))
            .min_by_key(|(_, due)| *due)
    }
}
