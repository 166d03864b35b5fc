//! What the system is worth, measured.
//!
//! - [`quality`]: replays labelled video and says what was found, missed and wrongly reported.
//! - [`compose`]: makes labelled scenes from footage that any machine can get.
//! - [`throughput`]: says what live cameras cost.
//! - [`ingest`]: says what the centre takes.
//! - [`reminders`]: says what residents and reminders of a city cost.

pub mod compose;
pub mod ingest;
pub mod quality;
pub mod reminders;
pub mod throughput;
