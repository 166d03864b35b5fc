//! One change of a case, as it stands in the log. Names and fields are for ever: old logs are read with them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::clock::Stage;
use super::{NAME_CHARS, Reason};
use crate::org::{Level, Region};

/// What a person found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 属实.
    Real,
    /// 误报, or not ours; the reason says which.
    FalseAlarm,
    /// 无法核实: somebody has to go there.
    Unclear,
    /// 超时未核实: nobody looked in time. Not a false alarm: a miss of the room.
    Missed,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Self; 4] = [Self::Real, Self::FalseAlarm, Self::Unclear, Self::Missed];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::FalseAlarm => "false_alarm",
            Self::Unclear => "unclear",
            Self::Missed => "missed",
        }
    }

    /// The verdict with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == name)
    }
}

/// The four ways in which a matter is handled (四种处理机制).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// 一般性工作: 现场处理，登记备案. The grid worker does it on the spot.
    OnSite,
    /// 协调性工作: 现场受理，带回社区商处. The community settles it.
    Coordinated,
    /// 突发性工作: 立即上报，社区紧急处理. The community acts at once, by the clock on the wall.
    Emergency,
    /// 审批性工作: 上报社区或街道受理审定，全程跟踪. The street decides before it is done.
    Approval,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 4] = [Self::OnSite, Self::Coordinated, Self::Emergency, Self::Approval];

    /// The name in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnSite => "on_site",
            Self::Coordinated => "coordinated",
            Self::Emergency => "emergency",
            Self::Approval => "approval",
        }
    }

    /// The class with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }
}

/// Who is to handle a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assignee {
    /// Region whose people are meant.
    pub region: Region,
    /// One person of them; none means whoever takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// Where somebody was, WGS-84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Fix {
    /// Longitude, −180..180.
    pub lon: f64,
    /// Latitude, −90..90.
    pub lat: f64,
}

/// What has been done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Work {
    /// In the handler's own words.
    pub note: String,
    /// Pictures of afterwards (处置后), by their SHA-256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<String>,
    /// Where the handler was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Metres from the camera, computed by the centre where both places are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// Why there is no picture, or why it was not on the spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excuse: Option<String>,
}

/// What a picture of the work shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PictureMoment)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// 处置前.
    Before,
    /// 处置后.
    After,
}

/// A picture that the handler brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = BroughtPicture)]
pub struct Picture {
    /// SHA-256 of what is kept.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Before the work, or after it.
    pub moment: Moment,
    /// SHA-256 of what was sent, before all but the picture was taken out of it.
    pub original: String,
    /// Where it was taken, as it said itself, where whoever brought it agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// One change, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The case begins with this alert.
    Registered {
        /// Box that saw it.
        edge: String,
        /// Happening that the case begins with.
        alert_id: Uuid,
        /// How urgent it is, 1 to 4; logs of before say nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<u8>,
        /// Case out of which it was split (拆分).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Uuid>,
        /// Why it was split off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The security room is asked to look.
    Verifying,
    /// Another alert belongs to it. State and version stay.
    Joined {
        /// Box that saw it.
        edge: String,
        /// Happening that joined.
        alert_id: Uuid,
        /// Case out of which it was split (拆分).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Uuid>,
        /// Why it was split off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An alert of it was taken out by hand (拆分).
    Split {
        /// Box that saw it.
        edge: String,
        /// Happening that left.
        alert_id: Uuid,
        /// Case that it is in now.
        to: Uuid,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It has become more urgent.
    Raised {
        /// 1 to 4.
        severity: u8,
    },
    /// 签收: somebody in the security room looks at it. It stops ringing.
    Taken,
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
        /// How it is to be handled; none leaves it to its urgency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<Class>,
        /// What it is in the event catalogue (小类).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<String>,
    },
    /// 派遣, or 转派 where somebody had it already.
    Dispatched {
        /// To whom.
        to: Assignee,
        /// What to do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// 接单: the handler takes it on.
    Accepted,
    /// 到场: the handler is there.
    Arrived {
        /// Where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fix: Option<Fix>,
    },
    /// 回退: whoever was told says that it is not theirs.
    Returned {
        /// Why.
        reason: String,
    },
    /// 上报: the level above takes over; this one goes on helping.
    Escalated {
        /// Why.
        reason: String,
    },
    /// 审定: the level that decides has agreed (审批性工作).
    Approved {
        /// What was agreed.
        note: String,
    },
    /// 督办: somebody above demands it.
    Urged {
        /// What is demanded.
        reason: String,
    },
    /// 呼叫: something was late, and the next one was called. State and version stay.
    Called {
        /// A user's name.
        user: String,
        /// For which level.
        level: Level,
    },
    /// 申请挂账.
    PauseAsked {
        /// Why it cannot go on.
        cause: String,
        /// When it is looked at again.
        review_utc: Timestamp,
    },
    /// The level above answers.
    PauseAnswered {
        /// Whether it may wait.
        approved: bool,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// 恢复办理.
    Resumed,
    /// 处置完成.
    Handled(Work),
    /// 核查.
    Checked {
        /// Whether it is really done.
        passed: bool,
        /// What was found.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// 重新办理: it was closed, and is not done.
    Reopened {
        /// Why.
        reason: String,
    },
    /// 并案.
    Merged {
        /// The case that goes on.
        master: Uuid,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// 撤销并案.
    Detached {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// 申请作废.
    VoidAsked {
        /// Why.
        reason: String,
    },
    /// A second person answers.
    VoidAnswered {
        /// Whether it is void.
        approved: bool,
    },
    /// A remark. State and version stay.
    Noted {
        /// What was said.
        note: String,
    },
    /// 启动预案: an emergency plan's checklist opens. State and version stay.
    PlanOpened {
        /// Plan.
        plan: String,
        /// Version of it that the case keeps to.
        version: u64,
        /// How many steps it has.
        steps: u16,
        /// Steps that handing in without is worth a warning, by their place from 0.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        required: Vec<u16>,
    },
    /// A step of the checklist was done, or a tick taken back. State and version stay.
    Ticked {
        /// Place of the step, from 0.
        step: u16,
        /// Done, or taken back.
        done: bool,
        /// In the person's own words; why, where a tick is taken back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// 上传照片: the handler brought a picture. State and version stay.
    Pictured(Picture),
    /// A deadline has come.
    Timer {
        /// Of which part of the work.
        stage: Stage,
        /// Percent of the time that was given: 80, 100, 150, 200 …
        percent: u16,
    },
}

impl Change {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "registered",
            Self::Verifying => "verifying",
            Self::Joined { .. } => "joined",
            Self::Split { .. } => "split",
            Self::Raised { .. } => "raised",
            Self::Taken => "taken",
            Self::Decided { .. } => "decided",
            Self::Dispatched { .. } => "dispatched",
            Self::Accepted => "accepted",
            Self::Arrived { .. } => "arrived",
            Self::Returned { .. } => "returned",
            Self::Escalated { .. } => "escalated",
            Self::Approved { .. } => "approved",
            Self::Urged { .. } => "urged",
            Self::Called { .. } => "called",
            Self::PauseAsked { .. } => "pause_asked",
            Self::PauseAnswered { .. } => "pause_answered",
            Self::Resumed => "resumed",
            Self::Handled(_) => "handled",
            Self::Checked { .. } => "checked",
            Self::Reopened { .. } => "reopened",
            Self::Merged { .. } => "merged",
            Self::Detached { .. } => "detached",
            Self::VoidAsked { .. } => "void_asked",
            Self::VoidAnswered { .. } => "void_answered",
            Self::Noted { .. } => "noted",
            Self::PlanOpened { .. } => "plan_opened",
            Self::Ticked { .. } => "ticked",
            Self::Pictured(_) => "pictured",
            Self::Timer { .. } => "timer",
        }
    }

    /// Every text that a person wrote into it.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Decided { note, .. }
            | Self::Checked { note, .. }
            | Self::PauseAnswered { note, .. }
            | Self::Ticked { note, .. }
            | Self::Dispatched { note, .. } => note.iter().map(String::as_str).collect(),
            Self::Returned { reason }
            | Self::Escalated { reason }
            | Self::Urged { reason }
            | Self::Reopened { reason }
            | Self::VoidAsked { reason } => vec![reason],
            Self::Registered { reason, .. }
            | Self::Joined { reason, .. }
            | Self::Merged { reason, .. }
            | Self::Detached { reason }
            | Self::Split { reason, .. } => reason.iter().map(String::as_str).collect(),
            Self::PauseAsked { cause, .. } => vec![cause],
            Self::Noted { note } | Self::Approved { note } => vec![note],
            Self::Handled(work) => {
                std::iter::once(work.note.as_str()).chain(work.excuse.as_deref()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The same with its texts trimmed, and those that may be missing left out where they say nothing.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        let trim = |text: &mut String| *text = text.trim().to_owned();
        let tidy = |text: &mut Option<String>| {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        };
        match &mut self {
            Self::Decided { note, category, .. } => {
                tidy(note);
                tidy(category);
            }
            Self::Checked { note, .. }
            | Self::PauseAnswered { note, .. }
            | Self::Ticked { note, .. }
            | Self::Dispatched { note, .. } => tidy(note),
            Self::Merged { reason, .. } | Self::Detached { reason } | Self::Split { reason, .. } => {
                tidy(reason)
            }
            Self::Returned { reason: text }
            | Self::Escalated { reason: text }
            | Self::Urged { reason: text }
            | Self::Reopened { reason: text }
            | Self::VoidAsked { reason: text }
            | Self::PauseAsked { cause: text, .. }
            | Self::Noted { note: text }
            | Self::Approved { note: text } => trim(text),
            Self::Handled(work) => {
                trim(&mut work.note);
                tidy(&mut work.excuse);
            }
            _ => {}
        }
        self
    }

    /// Whether a user or a category that it names can be none.
    pub(super) fn has_bad_name(&self) -> bool {
        let name = match self {
            Self::Decided { category, .. } => category.as_deref(),
            Self::Dispatched { to, .. } => to.user.as_deref(),
            _ => None,
        };
        let bad = |name: &str| name.chars().count() > NAME_CHARS || name.chars().any(char::is_control);
        name.is_some_and(bad)
    }

    /// Whether a text that must say something says nothing.
    pub(super) fn lacks_words(&self) -> bool {
        match self {
            Self::Returned { reason: text }
            | Self::Escalated { reason: text }
            | Self::Urged { reason: text }
            | Self::Reopened { reason: text }
            | Self::VoidAsked { reason: text }
            | Self::PauseAsked { cause: text, .. }
            | Self::Noted { note: text }
            | Self::Approved { note: text } => text.trim().is_empty(),
            Self::Handled(work) => work.note.trim().is_empty(),
            Self::Checked { passed: false, note } | Self::Ticked { done: false, note, .. } => {
                note.as_ref().is_none_or(|note| note.trim().is_empty())
            }
            _ => false,
        }
    }
}
