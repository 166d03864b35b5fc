//! What may happen to a case. Pure: no clock, no store.
//!
//! The way of a case, 登记→核实→立案→派遣→处理→核查→结案 with 上报 on the way (`level` rises, the state stays):
//!
//! ```text
//! registered ─▶ verifying ─▶ filed ─▶ dispatched ─▶ handling ─▶ checking ─▶ closed
//!                  │  ▲         ▲          │         ▲  │  ▲  ▲      │         │
//!                  │  └ unclear └ returned ┘         │  ▼  │  └ rework┘         │
//!                  ▼    (go there)                   │ suspended               │
//!               rejected                             └──────── reopened ◀──────┘
//! registered, verifying, filed ─▶ merged ─▶ (detached) back      anything ─▶ void, by two people
//! ```
//!
//! [`apply`] says what a change makes of a case and never looks at a calendar, so that the log can be replayed years
//! later: [`clock`] says which deadlines run and when they fall, [`guard`] who may do what.

mod apply;
pub mod book;
mod change;
mod checklist;
pub mod clock;
pub mod guard;
pub mod log;
pub mod number;
mod reason;
mod refused;
pub mod rules;
mod state;

pub use apply::apply;
pub use change::{Assignee, Change, Class, Fix, Moment, Picture, Verdict, Work};
pub use checklist::{Checklist, Tick};
pub use clock::Stage;
pub use reason::Reason;
pub use refused::Refused;
pub use rules::{Limits, Rules};
pub use state::State;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::org::Level;

/// Longest note, in characters.
pub const NOTE_CHARS: usize = 2000;
/// Longest name of a user or a category, in characters.
pub const NAME_CHARS: usize = 100;
/// Most pictures of a case, and of a finished work.
pub const PICTURES: usize = 20;
/// A closed case may be opened again for so many days; later a new one is made that names it.
pub const REOPEN_DAYS: i64 = 7;
/// How often a case may be suspended.
pub const PAUSES: u32 = 2;
/// Urges that a case keeps; its log has all.
const URGES_KEPT: usize = 50;
/// Calls that a case keeps; its log has all.
const CALLS_KEPT: usize = 50;

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    /// A user's name, or `system`.
    pub by: String,
    /// When.
    pub utc: Timestamp,
}

/// A verdict with everything that was said with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// Who is to handle it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assigned {
    /// To whom.
    pub to: Assignee,
    /// Who said so, and when.
    pub mark: Mark,
    /// What to do.
    pub note: Option<String>,
}

/// A pause that was asked for or is on (挂账).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pause {
    /// Why it cannot go on.
    pub cause: String,
    /// When it is looked at again.
    pub review_utc: Timestamp,
    /// Who asked, and when.
    pub asked: Mark,
    /// Who agreed, and when; none while nobody has.
    pub approved: Option<Mark>,
}

/// Work that is said to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// What was done.
    pub work: Work,
    /// By whom, and when.
    pub mark: Mark,
}

/// A demand from above (督办).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Urge {
    /// Which level demands it.
    pub level: Level,
    /// Who, and when; `system` where a deadline did.
    pub mark: Mark,
    /// What is demanded; none where a deadline did.
    pub reason: Option<String>,
}

/// Somebody who was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Call {
    /// A user's name.
    pub user: String,
    /// For which level.
    pub level: Level,
    /// When.
    pub utc: Timestamp,
}

/// A picture, with who brought it and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Shot {
    /// The picture.
    pub picture: Picture,
    /// Who, and when.
    pub mark: Mark,
}

/// What a case was merged into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MergedInto {
    /// The case that goes on.
    pub master: Uuid,
    /// Where this one stood.
    pub from: State,
}

/// A request that a second person must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = VoidRequest)]
pub struct Asked {
    /// Why.
    pub reason: String,
    /// Who, and when.
    pub mark: Mark,
}

/// A case, as far as its changes make it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Case {
    /// Where it stands.
    pub state: State,
    /// Counts what people and the state did. A person's change names the version that was on screen.
    pub version: u64,
    /// 1 (most urgent) to 4.
    pub severity: u8,
    /// Which level is responsible (网格→社区→街镇→区).
    pub level: Level,
    /// Highest level that has been told that something is late.
    pub told: Level,
    /// How often it rang anew because nobody took it.
    pub rung: u32,
    /// Who looks at it in the security room.
    pub taken: Option<Mark>,
    /// Whether it could not be told from the pictures, and somebody has to go there.
    pub on_site: bool,
    /// What a person found.
    pub decision: Option<Decision>,
    /// How it is to be handled.
    pub class: Option<Class>,
    /// What it is in the event catalogue.
    pub category: Option<String>,
    /// Who is to handle it.
    pub assigned: Option<Assigned>,
    /// Who has taken it on.
    pub handler: Option<Mark>,
    /// Since when the handler is there.
    pub arrived_utc: Option<Timestamp>,
    /// What was agreed, for work that needs it.
    pub approval: Option<Mark>,
    /// A pause that is asked for or is on.
    pub pause: Option<Pause>,
    /// How often it was suspended.
    pub pauses: u32,
    /// What was done.
    pub outcome: Option<Outcome>,
    /// Who checked last, and when.
    pub checked: Option<Mark>,
    /// How often it came back: from a check, or after it was closed.
    pub reworks: u32,
    /// Demands from above, newest last.
    pub urges: Vec<Urge>,
    /// Parts of the work that were late.
    pub late: BTreeSet<Stage>,
    /// What it was merged into.
    pub merged: Option<MergedInto>,
    /// Who wants it void.
    pub void_asked: Option<Asked>,
    /// When it was closed.
    pub closed_utc: Option<Timestamp>,
    /// Who was called because something was late, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub called: Vec<Call>,
    /// Pictures that its handlers brought, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Shot>,
    /// The checklist of the emergency plan that opened with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Checklist>,
}

impl Case {
    /// A case as it begins.
    pub fn registered(severity: u8) -> Self {
        Self {
            state: State::Registered,
            version: 1,
            severity,
            level: Level::Grid,
            told: Level::Grid,
            rung: 0,
            taken: None,
            on_site: false,
            decision: None,
            class: None,
            category: None,
            assigned: None,
            handler: None,
            arrived_utc: None,
            approval: None,
            pause: None,
            pauses: 0,
            outcome: None,
            checked: None,
            reworks: 0,
            urges: Vec::new(),
            late: BTreeSet::new(),
            merged: None,
            void_asked: None,
            closed_utc: None,
            called: Vec::new(),
            pictures: Vec::new(),
            plan: None,
        }
    }

    /// The case that a log begins: none where its first entry is not one that registers.
    pub fn begun_by(change: &Change) -> Option<Self> {
        match change {
            // logs of before do not say how urgent it was
            Change::Registered { severity, .. } => Some(Self::registered(severity.unwrap_or(3))),
            _ => None,
        }
    }

    /// Calls that nobody has answered: no person has moved the case on since. A call for late handling stays until somebody
    /// does something, and does not end with 签收, which was long before.
    pub fn unanswered(&self) -> Vec<Call> {
        if !self.state.is_open() {
            return Vec::new();
        }
        let pause = self.pause.as_ref();
        let marks = [
            self.taken.as_ref(),
            self.assigned.as_ref().map(|assigned| &assigned.mark),
            self.handler.as_ref(),
            self.approval.as_ref(),
            pause.map(|pause| &pause.asked),
            pause.and_then(|pause| pause.approved.as_ref()),
            self.outcome.as_ref().map(|outcome| &outcome.mark),
            self.checked.as_ref(),
        ];
        let marks = marks.into_iter().flatten().chain(self.urges.iter().map(|urge| &urge.mark));
        let acts = marks.map(|mark| (mark.by.as_str(), mark.utc));
        let decided = self.decision.iter().map(|decision| (decision.by.as_str(), decision.utc));
        let people = acts.chain(decided).filter(|(by, _)| *by != apply::SYSTEM).map(|(_, utc)| utc);
        let last = people.chain(self.arrived_utc).max();
        self.called.iter().filter(|call| last.is_none_or(|last| call.utc > last)).cloned().collect()
    }

    /// Refuses a person's change that was made while looking at an older version.
    pub fn expect_version(&self, shown: u64) -> Result<(), Refused> {
        if shown == self.version { Ok(()) } else { Err(Refused::VersionDiffers { shown, now: self.version }) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
