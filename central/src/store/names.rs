//! Names and JSON between the tables and our types.

use serde::Serialize;
use serde::de::DeserializeOwned;
use xunge_alert::Phase;

use super::StoreError;

/// The value with this name.
pub(super) fn named<T>(parse: impl Fn(&str) -> Option<T>, name: &str) -> Result<T, StoreError> {
    parse(name).ok_or_else(|| StoreError::Corrupt(format!("the name `{name}`")))
}

/// The name of a JSON enum value, as serde writes it.
pub(super) fn name_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(StoreError::Corrupt("a value without a name".into())),
    }
}

/// What a phase is called, without asking serde for each of a thousand rows.
pub(super) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Began => "began",
        Phase::Updated => "updated",
        Phase::Ended => "ended",
    }
}

/// The value of a JSON enum with this name.
pub(super) fn json_name<T: DeserializeOwned>(name: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|_| StoreError::Corrupt(format!("the name `{name}`")))
}

pub(super) fn json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt(format!("JSON that does not read: {error}")))
}

pub(super) fn json_text<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Corrupt(format!("something that cannot be written: {error}")))
}

pub(super) fn box_text(bounds: [f32; 4]) -> String {
    // serialising four finite numbers cannot fail; a whole frame is the honest fallback
    serde_json::to_string(&bounds).unwrap_or_else(|_| "[0,0,1,1]".into())
}
