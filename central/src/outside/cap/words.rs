//! The words of a CAP message, in both languages, and the categories of the standard.

use crate::case::{Case, State, Verdict};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    Zh,
    En,
}

impl Lang {
    /// RFC 3066.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en-US",
        }
    }

    fn of(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// What happened. A behavior of tomorrow is a warning all the same.
pub(super) fn event(behavior: &str, lang: Lang) -> &'static str {
    let (zh, en) = match behavior {
        "intrusion" => ("区域入侵", "Intrusion"),
        "line_crossing" => ("越线", "Line crossing"),
        "loitering" => ("人员徘徊", "Loitering"),
        "crowd" => ("人群聚集", "Crowd"),
        "fall" => ("人员倒地", "Fall"),
        "abandoned_object" => ("物品遗留", "Abandoned object"),
        "removed_object" => ("物品移除", "Removed object"),
        "running" => ("突然加速", "Sudden acceleration"),
        "tamper" => ("摄像机遮挡或移动", "Camera covered or moved"),
        _ => ("视频预警", "Video warning"),
    };
    lang.of(zh, en)
}

/// CAP category.
pub(super) fn category(behavior: &str) -> &'static str {
    match behavior {
        "fall" => "Rescue",
        "crowd" | "running" => "Safety",
        _ => "Security",
    }
}

pub(super) fn severity_name(level: u8, lang: Lang) -> &'static str {
    let (zh, en) = match level {
        1 => ("一级（紧急）", "Priority 1 (critical)"),
        2 => ("二级（重要）", "Priority 2 (high)"),
        3 => ("三级（一般）", "Priority 3 (medium)"),
        _ => ("四级（提示）", "Priority 4 (low)"),
    };
    lang.of(zh, en)
}

pub(super) fn state_name(state: State, lang: Lang) -> &'static str {
    let (zh, en) = match state {
        State::Registered => ("已登记", "registered"),
        State::Verifying => ("待核实", "being verified"),
        State::Filed => ("已立案", "filed"),
        State::Dispatched => ("已派遣", "dispatched"),
        State::Handling => ("处理中", "being handled"),
        State::Checking => ("待核查", "being checked"),
        State::Closed => ("已结案", "closed"),
        State::Rejected => ("不予立案", "rejected"),
        State::Merged => ("已并案", "merged"),
        State::Suspended => ("挂账", "suspended"),
        State::Void => ("作废", "void"),
    };
    lang.of(zh, en)
}

pub(super) fn verdict_name(case: &Case, lang: Lang) -> &'static str {
    let (zh, en) = match case.decision.as_ref().map(|decision| decision.verdict) {
        Some(Verdict::Real) => ("属实", "real"),
        Some(Verdict::FalseAlarm) => ("不属实", "false alarm"),
        Some(Verdict::Unclear) => ("无法核实", "unclear"),
        Some(Verdict::Missed) => ("超时未核实", "nobody looked in time"),
        None => ("尚未核实", "not yet"),
    };
    lang.of(zh, en)
}
