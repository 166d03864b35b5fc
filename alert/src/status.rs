//! Retained state of boxes and cameras.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Retained at `…/status`; also the box's last will (with `state = offline`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Always [`crate::VERSION`].
    pub version: u16,
    /// Box.
    pub edge: String,
    /// What the box does now.
    pub state: EdgeState,
    /// When this state began, by the box's clock. In a last will: when the session began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since_utc: Timestamp,
    /// Version of the software.
    pub software: String,
    /// Alerts that wait for the centre's confirm.
    pub outbox_depth: u64,
}

/// What a box does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EdgeState {
    /// Connected and running.
    Online,
    /// The connection was lost (published by the broker as last will).
    Offline,
    /// Stopped on purpose.
    Stopped,
}

/// Retained at `…/camera/{id}/state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CameraState {
    /// Always [`crate::VERSION`].
    pub version: u16,
    /// Box.
    pub edge: String,
    /// Camera id within the box.
    pub camera: String,
    /// Camera name for people.
    pub name: String,
    /// Whether the camera is being watched.
    pub watch: Watch,
    /// Why it is blind; only with `watch = blind`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<BlindCause>,
    /// One sentence for the installer, never with a password; only with `watch = blind`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When this state began, by the box's clock.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since_utc: Timestamp,
    /// Whether the camera looks where it should; none when no rule watches that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// Since when it does not, by the box's clock; only with `view = moved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub view_since_utc: Option<Timestamp>,
    /// Rules with a zone or a line, which say nothing meanwhile; only with `view = moved`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspended_rules: Vec<String>,
    /// Since when the box has been too short of time to look at as many of its pictures as it should, by the box's clock; none
    /// when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub strained_since_utc: Option<Timestamp>,
}

/// Whether a camera looks where it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// As far as is known.
    Ok,
    /// It looks elsewhere, until the old view is back or somebody at the box approves the new one.
    Moved,
}

/// Whether a camera is being watched. "No alert" means "nothing happened" only while `watching`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Not yet a frame since start.
    Starting,
    /// Frames are analysed.
    Watching,
    /// Nothing is seen; `cause` says why.
    Blind,
}

/// Why a camera is blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlindCause {
    /// No connection to the camera (refused, no route, name not found, timed out).
    Unreachable,
    /// The camera refuses the user or the password.
    Unauthorised,
    /// The camera has no such stream.
    NotFound,
    /// The stream is not H.264 or H.265 video, or this box has no decoder for it.
    WrongCodec,
    /// The stream ended.
    Ended,
    /// Connected, but no frame came for a while.
    Stalled,
    /// Data comes but cannot be decoded.
    Garbage,
    /// The box cannot keep up.
    Overloaded,
    /// A part of the box itself failed.
    Internal,
}

impl BlindCause {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unauthorised => "unauthorised",
            Self::NotFound => "not_found",
            Self::WrongCodec => "wrong_codec",
            Self::Ended => "ended",
            Self::Stalled => "stalled",
            Self::Garbage => "garbage",
            Self::Overloaded => "overloaded",
            Self::Internal => "internal",
        }
    }
}
