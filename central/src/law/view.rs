//! 调用登记: why somebody looks, and for how long that holds.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::case::{Case, Mark};

/// How long one may look after having said why.
pub const LOOK: SignedDuration = SignedDuration::from_mins(15);
/// Longest name of a terminal's program that is kept, characters.
const AGENT_CHARS: usize = 80;

/// 事由: why somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = ViewReason)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// 处置警情.
    Handling,
    /// 核查.
    Checking,
    /// 投诉处理.
    Complaint,
    /// 执法机关调取: the text names the organ and its paper.
    Authority,
    /// 设备维护.
    Maintenance,
    /// 培训演示.
    Training,
    /// 其他: the text says what.
    Other,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Handling,
        Self::Checking,
        Self::Complaint,
        Self::Authority,
        Self::Maintenance,
        Self::Training,
        Self::Other,
    ];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handling => "handling",
            Self::Checking => "checking",
            Self::Complaint => "complaint",
            Self::Authority => "authority",
            Self::Maintenance => "maintenance",
            Self::Training => "training",
            Self::Other => "other",
        }
    }

    /// What it is called in papers, Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Handling => "处置警情",
            Self::Checking => "核查",
            Self::Complaint => "投诉处理",
            Self::Authority => "执法机关调取",
            Self::Maintenance => "设备维护",
            Self::Training => "培训演示",
            Self::Other => "其他",
        }
    }

    /// The reason with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Whether it says nothing without a text.
    pub fn needs_text(self) -> bool {
        matches!(self, Self::Authority | Self::Other)
    }
}

/// From where somebody looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Terminal {
    /// Address of the connection; that of the proxy where one stands in front.
    pub address: String,
    /// What the browser calls itself, shortened.
    pub agent: String,
}

impl Terminal {
    /// A terminal, with what a browser says of itself made short and harmless.
    pub fn new(address: impl Into<String>, agent: &str) -> Self {
        let agent = agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect();
        Self { address: address.into(), agent }
    }
}

/// What somebody wants to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ViewContent)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Content {
    /// All files of a case.
    Case {
        /// Case.
        case: Uuid,
        /// Its number.
        number: String,
    },
    /// One file.
    File {
        /// SHA-256.
        sha256: String,
    },
}

/// One line of the register: 事由, 内容, 人, 单位.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ViewEntry)]
pub struct View {
    /// Name for people.
    pub full_name: String,
    /// 单位.
    pub unit: String,
    /// 事由.
    pub reason: Reason,
    /// 事由 in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// 内容.
    pub content: Content,
    /// From where.
    pub terminal: Terminal,
    /// Written by itself, since the person works on the case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto: bool,
}

/// Whether somebody works on a case: it is open, and that person has taken it (签收), or handles it, or is to handle it.
pub fn works_on(case: &Case, user: &str) -> bool {
    let by = |mark: &Option<Mark>| mark.as_ref().is_some_and(|mark| mark.by == user);
    let named = case.assigned.as_ref().and_then(|assigned| assigned.to.user.as_deref());
    case.state.is_open() && (by(&case.taken) || by(&case.handler) || named == Some(user))
}

/// Until when a view that was written by itself holds: one line for each person, case and hour of the wall clock.
pub fn hour_end(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let local = now.to_zoned(zone.clone());
    let hour = local.round(jiff::ZonedRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Trunc));
    let end = hour.and_then(|hour| hour.checked_add(SignedDuration::from_hours(1)));
    end.map_or_else(|_| now.checked_add(LOOK).unwrap_or(now), |end| end.timestamp())
}
