//! The centre's answer to alerts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Published by the centre to `…/confirm` after its own commit. The edge deletes exactly the rows that are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirm {
    /// Always [`crate::VERSION`].
    pub version: u16,
    /// Series that the numbers belong to; an edge ignores confirms of another series.
    pub outbox: Uuid,
    /// Numbers whose messages are committed at the centre.
    pub confirmed: Vec<u64>,
    /// Numbers whose messages the centre will never take. The edge sets them aside and reports them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

/// A message that the centre will never take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// Its number.
    pub seq: u64,
    /// What is wrong with it, one sentence.
    pub reason: String,
}
