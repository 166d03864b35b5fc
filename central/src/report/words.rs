//! The words of a report, Chinese first. The console has its own files of texts; these are for what is handed in on paper.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::case::{Reason, Stage, State};
use crate::org::Level;

/// Language of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// 中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// One of two texts.
    pub(super) fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    pub(super) fn stage(self, stage: Stage) -> &'static str {
        match stage {
            Stage::Ack => self.say("签收", "Take"),
            Stage::Verify => self.say("核实", "Verify"),
            Stage::Dispatch => self.say("派遣", "Dispatch"),
            Stage::Arrive => self.say("到场", "Arrive"),
            Stage::Handle => self.say("处置", "Handle"),
            Stage::Check => self.say("核查", "Check"),
            Stage::Review => self.say("挂账复查", "Review"),
            Stage::AutoClose => self.say("超时未核实", "Not verified in time"),
        }
    }

    pub(super) fn state(self, state: State) -> &'static str {
        match state {
            State::Registered => self.say("已登记", "Registered"),
            State::Verifying => self.say("待核实", "Verifying"),
            State::Filed => self.say("已立案", "Filed"),
            State::Dispatched => self.say("已派遣", "Dispatched"),
            State::Handling => self.say("处理中", "Handling"),
            State::Checking => self.say("待核查", "Checking"),
            State::Closed => self.say("已结案", "Closed"),
            State::Rejected => self.say("不予立案", "Not filed"),
            State::Merged => self.say("已并案", "Merged"),
            State::Suspended => self.say("挂账", "Suspended"),
            State::Void => self.say("作废", "Void"),
        }
    }

    pub(super) fn level(self, level: Level) -> &'static str {
        match level {
            Level::Grid => self.say("网格", "Grid"),
            Level::Community => self.say("社区", "Community"),
            Level::Street => self.say("街道", "Street"),
            Level::District => self.say("区县", "District"),
            Level::City => self.say("市", "City"),
        }
    }

    pub(super) fn reason(self, reason: Reason) -> &'static str {
        match reason {
            Reason::Animal => self.say("动物", "Animal"),
            Reason::Light => self.say("光影", "Light and shadow"),
            Reason::RainSnow => self.say("雨雪", "Rain or snow"),
            Reason::Foliage => self.say("树叶", "Foliage"),
            Reason::Headlights => self.say("车灯", "Headlights"),
            Reason::Staff => self.say("熟人作业", "Staff at work"),
            Reason::Zone => self.say("规则区域不当", "Zone is wrong"),
            Reason::Schedule => self.say("时段不当", "Hours are wrong"),
            Reason::Duplicate => self.say("重复", "Duplicate"),
            Reason::Test => self.say("测试", "Test"),
            Reason::Unclear => self.say("无法判定", "Cannot be told"),
            Reason::Foreign => self.say("非管辖范围", "Not ours"),
        }
    }

    /// What the installer should try first.
    pub(super) fn advice(self, reason: Reason) -> &'static str {
        match reason {
            Reason::Animal => self.say(
                "区域避开动物活动处，或提高起报时长",
                "Keep the zone off where animals are, or ask for longer",
            ),
            Reason::Light | Reason::Headlights => self.say(
                "调整朝向、补光或区域，避开光影与车灯",
                "Turn the camera, add light, or keep the zone off lights",
            ),
            Reason::RainSnow => {
                self.say("清洁镜头、加遮雨罩，提高起报时长", "Clean or shield the lens; ask for longer")
            }
            Reason::Foliage => {
                self.say("修剪枝叶，或把树木划出区域", "Cut the branches, or draw the zone without them")
            }
            Reason::Staff => {
                self.say("作业时登记维护，或调整布防时段", "Enter maintenance, or change the armed hours")
            }
            Reason::Zone => self.say("重画区域", "Draw the zone anew"),
            Reason::Schedule => self.say("调整布防时段", "Change the armed hours"),
            Reason::Duplicate | Reason::Test | Reason::Unclear | Reason::Foreign => {
                self.say("查看现场与回放后再定", "Look at the place and the clips first")
            }
        }
    }

    /// What a behavior is called; one that is not known stays as it is.
    pub(super) fn behavior(self, name: &str) -> &str {
        match name {
            "intrusion" => self.say("入侵", "Intrusion"),
            "line_crossing" => self.say("越界", "Line crossing"),
            "loitering" => self.say("徘徊", "Loitering"),
            "fall" => self.say("倒地", "Fall"),
            "abandoned_object" => self.say("遗留物", "Object left"),
            "removed_object" => self.say("物品移除", "Object removed"),
            "running" => self.say("突然加速", "Running"),
            "crowd" => self.say("群体聚集", "Crowd"),
            "tamper" => self.say("遮挡或移动", "Tampering"),
            other => other,
        }
    }
}

/// How each indicator is defined, as a report says it at its end: word, formula, source. `docs/centre.md` says the same.
pub(super) const DEFINITIONS: [[&str; 3]; 12] = [
    [
        "上报 / Reported",
        "本期登记的案件，测试与作废除外 · registered in the period, without tests and void ones",
        "数字化城管评价",
    ],
    ["立案率 / Filed", "核实属实且未并案 ÷ 上报 · found real and not merged ÷ reported", "数字化城管评价"],
    [
        "应结案 / Due",
        "已立案中：已结案，或处置期限已到 · of the filed: closed, or time for handling is over",
        "数字化城管评价",
    ],
    ["结案率 / Closed", "已结案 ÷ 应结案 · closed ÷ due", "数字化城管评价"],
    [
        "按期结案率 / In time",
        "已结案且处置未超期 ÷ 应结案 · closed, handling was never late ÷ due",
        "数字化城管评价",
    ],
    [
        "超期未处置率 / Overdue",
        "处置超期且仍未办完 ÷ 应结案 · handling late and still not done ÷ due",
        "数字化城管评价",
    ],
    [
        "返工率 / Reworked",
        "核查退回或结案后重办 ÷ 报过办结 · sent back by a check or reopened ÷ said to be done",
        "数字化城管评价",
    ],
    [
        "回退率 / Returned",
        "被承办方退回 ÷ 派遣 · sent back by whom it was given to ÷ dispatched",
        "数字化城管评价",
    ],
    [
        "重复案件率 / Duplicates",
        "并案或按重复不予立案 ÷ 上报 · merged, or put away as duplicate ÷ reported",
        "数字化城管评价",
    ],
    [
        "误报率 / False alarms",
        "误报 ÷（属实＋误报），不计重复与测试 · false ÷ (real + false), without duplicates and tests",
        "核实结论",
    ],
    [
        "平均 / 高峰 / 报警洪水",
        "每室每 10 分钟 ≤1；高峰 ≤10；>10 起、<5 止 · per room and 10 minutes",
        "EEMUA 191",
    ],
    [
        "优先级 / 陈旧 / 频报 / 前十",
        "5/15/80；>24 h 每日 <5；0；≤5% · priorities, stale, chattering, top ten",
        "ISA-18.2",
    ],
];
