//! Which changes of a case are news for others.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::case::{Change, Stage, Verdict};

/// A turn that a case has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It has gone on.
    Changed,
    /// It has become more urgent, is late, or a higher level has it or was told.
    Escalated,
    /// Nobody has to do anything any more.
    Closed,
    /// It is new.
    Opened,
}

impl Turn {
    /// All turns.
    pub const ALL: [Self; 4] = [Self::Opened, Self::Changed, Self::Escalated, Self::Closed];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Escalated => "escalated",
            Self::Closed => "closed",
        }
    }

    /// The turn with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|turn| turn.as_str() == name)
    }

    /// The turn that one change makes; none for what others need not hear: remarks, ticks, one alert more.
    pub fn of(change: &Change) -> Option<Self> {
        Some(match change {
            Change::Registered { .. } => Self::Opened,
            Change::Decided { verdict: Verdict::FalseAlarm | Verdict::Missed, .. }
            | Change::Checked { passed: true, .. }
            | Change::Merged { .. }
            | Change::VoidAnswered { approved: true }
            | Change::Timer { stage: Stage::AutoClose, .. } => Self::Closed,
            Change::Timer { stage: Stage::Review, .. } => Self::Changed,
            Change::Timer { percent, .. } if *percent < 100 => return None,
            Change::Escalated { .. }
            | Change::Raised { .. }
            | Change::Urged { .. }
            | Change::Timer { .. } => Self::Escalated,
            Change::Verifying
            | Change::Joined { .. }
            | Change::Noted { .. }
            | Change::PlanOpened { .. }
            | Change::Ticked { .. }
            | Change::Pictured(_)
            | Change::VoidAsked { .. } => return None,
            _ => Self::Changed,
        })
    }

    /// The turn that several changes at once make.
    pub fn of_all<'c>(changes: impl IntoIterator<Item = &'c Change>) -> Option<Self> {
        changes.into_iter().filter_map(Self::of).max()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_happens_at_once_is_one_turn() {
        let registered = Change::Registered {
            edge: "gw".into(),
            alert_id: Uuid::nil(),
            severity: Some(2),
            from: None,
            reason: None,
        };
        let late = |percent| Change::Timer { stage: Stage::Handle, percent };
        let false_alarm = Change::Decided {
            verdict: Verdict::FalseAlarm,
            reason: None,
            note: None,
            class: None,
            category: None,
        };
        let raised = Change::Raised { severity: 1 };
        let turn = |changes: &[&Change]| Turn::of_all(changes.iter().copied());
        assert_eq!(turn(&[&registered, &Change::Verifying, &raised]), Some(Turn::Opened));
        assert_eq!(turn(&[&Change::Taken, &late(150)]), Some(Turn::Escalated));
        assert_eq!(turn(&[&raised, &false_alarm]), Some(Turn::Closed));
        assert_eq!(turn(&[&late(80), &Change::Noted { note: "x".into() }]), None);
        assert_eq!(turn(&[&Change::Timer { stage: Stage::AutoClose, percent: 100 }]), Some(Turn::Closed));
        assert_eq!(turn(&[&Change::Checked { passed: false, note: None }]), Some(Turn::Changed));
        assert_eq!(turn(&[]), None);
        for turn in Turn::ALL {
            assert_eq!(serde_json::to_value(turn).unwrap(), turn.as_str());
            assert_eq!(Turn::parse(turn.as_str()), Some(turn));
        }
    }
}
