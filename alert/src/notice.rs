//! What the centre tells other systems about a case: the body of an outgoing webhook.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codes::Codes;

/// One piece of news about one case. It carries the case as it stood at that moment, so the newest one is enough. A reader
/// tolerates unknown fields, and drops what it has seen before by the header `webhook-id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// Always [`crate::VERSION`].
    pub version: u16,
    /// `case.opened`, `case.changed`, `case.escalated`, `case.closed`; `test` has no case.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened (RFC 3339, UTC).
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub timestamp: Timestamp,
    /// The case; none in a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<NoticeCase>,
}

/// A case as others see it. No name of a person, no note, no picture: who needs those logs in at the centre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeCase {
    /// Identity.
    pub id: Uuid,
    /// Number that people say: district, day, sequence.
    pub number: String,
    /// Place in the case's log that this is of: a higher one is newer.
    pub revision: u64,
    /// `registered`, `verifying`, `filed`, `dispatched`, `handling`, `checking`, `closed`, `rejected`, `merged`, `suspended`
    /// or `void`. A reader keeps names it does not know.
    pub state: String,
    /// Whether somebody still has to do something.
    pub open: bool,
    /// Which level is responsible: `grid`, `community`, `street`, `district`, `city`.
    pub level: String,
    /// `real`, `false_alarm`, `missed`; none while nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// 1 (most urgent) to 4.
    #[schemars(range(min = 1, max = 4))]
    pub severity: u8,
    /// What happened.
    pub behavior: String,
    /// The same in the codes of other systems.
    pub codes: Codes,
    /// Region's code: grid (15 digits) or community (12).
    pub region: String,
    /// 12-digit community code of the box.
    pub site: String,
    /// Box.
    pub edge: String,
    /// Camera of the first alert.
    pub camera: String,
    /// Its name for people.
    pub camera_name: String,
    /// Where the camera stands, longitude and latitude (WGS-84); none where nobody has entered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<[f64; 2]>,
    /// When the first alert began, by the box's clock.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since_utc: Timestamp,
    /// When the case was registered.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub registered_utc: Timestamp,
    /// How many alerts it has.
    pub alerts: u64,
    /// Made of an installer's test alarms.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
}
