//! Why an alert was false. The installer learns from these which rule to change.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why an alert was false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// 动物.
    Animal,
    /// 光影.
    Light,
    /// 雨雪.
    RainSnow,
    /// 树叶.
    Foliage,
    /// 车灯.
    Headlights,
    /// 熟人作业.
    Staff,
    /// 规则区域不当.
    Zone,
    /// 时段不当.
    Schedule,
    /// 重复.
    Duplicate,
    /// 测试.
    Test,
    /// 无法判定.
    Unclear,
    /// 非管辖范围: real, but not ours.
    Foreign,
}

impl Reason {
    /// All reasons, in the order they are offered.
    pub const ALL: [Self; 12] = [
        Self::Animal,
        Self::Light,
        Self::RainSnow,
        Self::Foliage,
        Self::Headlights,
        Self::Staff,
        Self::Zone,
        Self::Schedule,
        Self::Duplicate,
        Self::Test,
        Self::Unclear,
        Self::Foreign,
    ];

    /// The code in the store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Animal => "animal",
            Self::Light => "light",
            Self::RainSnow => "rain_snow",
            Self::Foliage => "foliage",
            Self::Headlights => "headlights",
            Self::Staff => "staff",
            Self::Zone => "zone",
            Self::Schedule => "schedule",
            Self::Duplicate => "duplicate",
            Self::Test => "test",
            Self::Unclear => "unclear",
            Self::Foreign => "foreign",
        }
    }

    /// The reason with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }
}
