//! Where a case stands.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = CaseState)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 已登记: it is known, nobody looks at it yet.
    Registered,
    /// 待核实: the security room is to look at it, or somebody on the spot.
    Verifying,
    /// 已立案: it is real and will be worked on.
    Filed,
    /// 已派遣: somebody has been told to handle it.
    Dispatched,
    /// 处理中: somebody has taken it on.
    Handling,
    /// 待核查: it is said to be done; somebody else checks it.
    Checking,
    /// 已结案.
    Closed,
    /// 不予立案: it is not real, or not ours.
    Rejected,
    /// 已并案: it is part of another case.
    Merged,
    /// 挂账: it cannot go on before a day that is named.
    Suspended,
    /// 作废: it should never have been one. Kept all the same.
    Void,
}

impl State {
    /// All states, in the order of the work.
    pub const ALL: [Self; 11] = [
        Self::Registered,
        Self::Verifying,
        Self::Filed,
        Self::Dispatched,
        Self::Handling,
        Self::Checking,
        Self::Closed,
        Self::Rejected,
        Self::Merged,
        Self::Suspended,
        Self::Void,
    ];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Verifying => "verifying",
            Self::Filed => "filed",
            Self::Dispatched => "dispatched",
            Self::Handling => "handling",
            Self::Checking => "checking",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::Merged => "merged",
            Self::Suspended => "suspended",
            Self::Void => "void",
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

    /// Whether alerts of it may still be moved into another case: nobody has been sent yet.
    pub fn splits(self) -> bool {
        matches!(self, Self::Registered | Self::Verifying | Self::Filed)
    }

    /// Whether somebody still has to do something.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Rejected | Self::Merged | Self::Void)
    }
}
