//! Detection quality on labelled video.
//!
//! ```text
//! truth file ─▶ truth ─▶ plan ─▶ (prepare) ─▶ edge: alarms ─▶ score ─▶ tally ─▶ report, sheet
//! ```
//!
//! Every clip is judged with one configuration, that of `benches/quality/`; only zone, line, crop and mask are the
//! clip's own. [`seen`] changes the pictures before, [`leave_one_out`] one key, [`gate`] how much is decoded.

pub mod clip;
pub mod edge;
pub mod expected;
pub mod gate;
pub mod goals;
pub mod leave_one_out;
pub mod plan;
pub mod prepare;
pub mod report;
pub mod rules;
pub mod run;
pub mod score;
pub mod seen;
pub mod sheet;
pub mod table;
pub mod tally;
pub mod truth;
