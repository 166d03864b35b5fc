//! Alert v1: the durable message.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One message about one happening. Carries the whole state, so the one with the highest `revision` is enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Always [`crate::VERSION`].
    pub version: u16,
    /// Identity of the happening (UUID v7, made at `began`); the same in all its messages.
    pub alert_id: Uuid,
    /// Box that saw it, unique in the whole system, e.g. `gw-0001`.
    pub edge: String,
    /// 12-digit community code of the box.
    pub site: String,
    /// Series that `seq` counts in: made once with the outbox database. A replaced disk begins a new series.
    pub outbox: Uuid,
    /// Place in the series, from 1, without gaps. A missing number is a lost message.
    #[schemars(range(min = 1))]
    pub seq: u64,
    /// Place among the messages of this happening, from 1. A reader keeps the highest it has seen.
    #[schemars(range(min = 1))]
    pub revision: u32,
    /// Where the happening stands.
    pub phase: Phase,
    /// Why it ended; only with `phase = ended`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<EndReason>,
    /// Wall clock of the box when this message's fact was seen (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub utc: Timestamp,
    /// Wall clock when the behavior truly started (for loitering: when the person came), never after `utc`.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since_utc: Timestamp,
    /// How far `utc` can be trusted.
    pub clock_quality: ClockQuality,
    /// What happened: `intrusion`, `line_crossing`, `loitering`, `crowd`, … A reader keeps names it does not know.
    pub behavior: String,
    /// Which of several things it is, for behaviors that know more than one: a tampered camera is `covered`, `moved`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Name of the configured rule.
    pub rule: String,
    /// Camera id, unique within the box.
    pub camera: String,
    /// Camera name for people, e.g. `东门`.
    pub camera_name: String,
    /// Zone or line of the rule; none is the whole frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Tracks that take part, ascending. Unique within one run of one camera only.
    pub tracks: Vec<u64>,
    /// Seconds since the behavior truly started, ≥ 0.
    #[schemars(range(min = 0.0))]
    pub dwell_secs: f64,
    /// The rule's first parameter when it fired (seconds, people, …); its unit is the behavior's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// What was measured against `threshold`, in the same unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
    /// Confidence 0..1 (best detection score of the tracks that take part).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub score: f32,
    /// Where: `[x, y, width, height]`, fractions of the frame 0..1, origin top left. Encloses all tracks.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
    /// 1 is the most urgent, as in GB/T 28181 AlarmPriority.
    pub severity: Severity,
    /// SHA-256 (hex) of the detector's weights.
    pub model_sha256: String,
    /// Pictures and clips. Each is on the box's disk before the message that names it is appended.
    pub evidence: Vec<Evidence>,
    /// True for an installer's test alarm.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
}

/// Where a happening stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It has just been recognised.
    Began,
    /// It goes on and something about it changed (a clip is ready, more people, longer).
    Updated,
    /// It is over; later revisions may still add evidence.
    Ended,
}

/// Why a happening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The behavior was seen to end.
    Cleared,
    /// The stream broke: nobody knows how it went on.
    StreamLost,
    /// The rule's armed hours ended.
    Disarmed,
    /// The box was restarted while it was open.
    Restarted,
}

/// How far the box's wall clock can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClockQuality {
    /// The kernel says that the clock is disciplined (NTP/PTP).
    Synchronised,
    /// The clock runs free.
    Unsynchronised,
}

/// Urgency, 1 (highest) to 4, as in GB/T 28181 AlarmPriority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Severity(u8);

impl Severity {
    /// P1: somebody's life or safety.
    pub const P1: Self = Self(1);
    /// P2: act now.
    pub const P2: Self = Self(2);
    /// P3: look when there is time.
    pub const P3: Self = Self(3);
    /// P4: a hint.
    pub const P4: Self = Self(4);

    /// The number, 1..=4.
    pub fn level(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Severity {
    type Error = String;
    fn try_from(level: u8) -> Result<Self, String> {
        if (1..=4).contains(&level) {
            Ok(Self(level))
        } else {
            Err(format!("severity {level} is not 1, 2, 3 or 4"))
        }
    }
}

impl From<Severity> for u8 {
    fn from(severity: Severity) -> u8 {
        severity.0
    }
}

impl JsonSchema for Severity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Severity".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "integer", "minimum": 1, "maximum": 4,
            "description": "1 (most urgent) to 4, as in GB/T 28181 AlarmPriority."
        })
    }
}

/// A file that proves the happening; delivered by HTTP PUT under its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What it shows.
    pub kind: EvidenceKind,
    /// SHA-256 of the file, 64 lower-case hex digits; also its name at the centre.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// `image/jpeg` or `video/mp4`.
    pub media_type: String,
}

/// What a piece of evidence shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// One picture with boxes, at `began`.
    Snapshot,
    /// Some seconds before and after `began`.
    Clip,
}
