//! What residents are due, by age or by event (到龄和到期提醒): facts, conditions, three-valued results, days.
//!
//! Pure: it reads no clock, disk or socket. Nothing here knows of cameras, alerts or cases, and nothing there of residents.

pub mod age;
pub mod condition;
pub mod find;
pub mod id_number;
pub mod judge;
pub mod person;
pub mod rule;
pub mod schedule;
pub mod standing;
pub mod synthetic;
pub mod truth;
