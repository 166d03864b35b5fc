//! What may happen to a case. Pure: no clock, no store.
//!
//! 已登记 registered → 待核实 verifying → 已立案 filed, or 不予立案 rejected. What follows filing (dispatch, handling,
//! check, closing) gets its states here: one variant of [`State`], one of [`Change`], one arm of [`apply`].

pub mod log;
pub mod number;
mod reason;

pub use reason::Reason;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// Longest note, in characters.
pub const NOTE_CHARS: usize = 2000;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 已登记: it is known, nobody looks at it yet.
    Registered,
    /// 待核实: the security room is to look at it.
    Verifying,
    /// 已立案: it is real and will be worked on.
    Filed,
    /// 不予立案: it is not real.
    Rejected,
}

impl State {
    /// All states, in the order of the work.
    pub const ALL: [Self; 4] = [Self::Registered, Self::Verifying, Self::Filed, Self::Rejected];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Verifying => "verifying",
            Self::Filed => "filed",
            Self::Rejected => "rejected",
        }
    }

    /// The state with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether new alerts may still join: nobody has decided yet.
    pub fn takes_alerts(self) -> bool {
        matches!(self, Self::Registered | Self::Verifying)
    }
}

/// What a person found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 属实.
    Real,
    /// 误报.
    FalseAlarm,
}

impl Verdict {
    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::FalseAlarm => "false_alarm",
        }
    }

    /// The verdict with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Real, Self::FalseAlarm].into_iter().find(|verdict| verdict.as_str() == name)
    }
}

/// A verdict with everything that was said with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What was found.
    pub verdict: Verdict,
    /// Why it was a false alarm.
    pub reason: Option<Reason>,
    /// In the person's own words.
    pub note: Option<String>,
    /// Who decided.
    pub by: String,
    /// When.
    pub utc: Timestamp,
}

/// The part of a case that changes follow rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Where it stands.
    pub state: State,
    /// Counts the changes of state. A person's change names the version that was on screen.
    pub version: u64,
    /// What a person found.
    pub decision: Option<Decision>,
}

/// One change, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The case begins with this alert.
    Registered {
        /// Box that saw it.
        edge: String,
        /// Happening that the case begins with.
        alert_id: Uuid,
    },
    /// The security room is asked to look.
    Verifying,
    /// Another alert belongs to the same episode. State and version stay.
    Joined {
        /// Box that saw it.
        edge: String,
        /// Happening that joined.
        alert_id: Uuid,
    },
    /// A person has looked.
    Decided {
        /// What was found.
        verdict: Verdict,
        /// Why it was a false alarm.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
        /// In the person's own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

/// A change that may not happen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// Somebody was faster.
    #[error("the case has changed since it was shown (version {shown}, now {now}); look at it again")]
    VersionDiffers {
        /// On the person's screen.
        shown: u64,
        /// In the store.
        now: u64,
    },
    /// There is a verdict already.
    #[error("the case has already been decided by {by}")]
    AlreadyDecided {
        /// Who decided.
        by: String,
    },
    /// A false alarm without a reason.
    #[error("a false alarm needs a reason; choose one")]
    ReasonMissing,
    /// A reason with a real one.
    #[error("a real warning takes no reason for a false alarm; leave it out")]
    ReasonNotWanted,
    /// A note beyond [`NOTE_CHARS`].
    #[error("the note is longer than {NOTE_CHARS} characters; shorten it")]
    NoteTooLong,
    /// The change does not follow from the state.
    #[error("a case in state {} cannot take the change {change}", .state.as_str())]
    WrongState {
        /// Where the case stands.
        state: State,
        /// What was asked.
        change: &'static str,
    },
}

impl Case {
    /// A case as it begins.
    pub fn registered() -> Self {
        Self { state: State::Registered, version: 1, decision: None }
    }

    /// Refuses a person's change that was made while looking at an older version.
    pub fn expect_version(&self, shown: u64) -> Result<(), Refused> {
        if shown == self.version { Ok(()) } else { Err(Refused::VersionDiffers { shown, now: self.version }) }
    }
}

/// The case after `change`, or why that may not be.
pub fn apply(case: &Case, change: &Change, actor: &str, now: Timestamp) -> Result<Case, Refused> {
    let wrong = |change| Err(Refused::WrongState { state: case.state, change });
    match change {
        Change::Registered { .. } => wrong("registered"),
        Change::Verifying => match case.state {
            State::Registered => {
                Ok(Case { state: State::Verifying, version: case.version + 1, decision: None })
            }
            _ => wrong("verifying"),
        },
        Change::Joined { .. } => {
            if case.state.takes_alerts() {
                Ok(case.clone())
            } else {
                wrong("joined")
            }
        }
        Change::Decided { verdict, reason, note } => {
            if let Some(decision) = &case.decision {
                return Err(Refused::AlreadyDecided { by: decision.by.clone() });
            }
            if case.state != State::Verifying {
                return wrong("decided");
            }
            if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS) {
                return Err(Refused::NoteTooLong);
            }
            let state = match (verdict, reason) {
                (Verdict::Real, None) => State::Filed,
                (Verdict::Real, Some(_)) => return Err(Refused::ReasonNotWanted),
                (Verdict::FalseAlarm, Some(_)) => State::Rejected,
                (Verdict::FalseAlarm, None) => return Err(Refused::ReasonMissing),
            };
            let decision = Decision {
                verdict: *verdict,
                reason: *reason,
                note: note.clone(),
                by: actor.to_owned(),
                utc: now,
            };
            Ok(Case { state, version: case.version + 1, decision: Some(decision) })
        }
    }
}

#[cfg(test)]
mod tests;
