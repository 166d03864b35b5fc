//! Residents and what they are reminded of (以人找房、以房找人、到龄和到期提醒): a half of its own, with a database, keys, people
//! and roles of its own. Nothing here knows of cameras, alerts or cases, and nothing there of residents.

pub mod code;
pub mod import;
pub mod key;
pub mod resident;
pub mod right;
pub mod store;
pub mod synthetic;
pub mod table;
pub mod workday;
