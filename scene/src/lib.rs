//! What happens in front of one camera.
//!
//! The edge shows a [`Watch`] what its detector found, look by look, and gets [`Event`]s. Nothing here reads a clock,
//! a disk or a socket, or sees a pixel: the same looks give the same events, on every machine, every time.
//!
//! ```text
//! Look ─▶ track ─▶ Scene ─▶ behavior (what is going on) ─▶ rule (armed? told already?) ─▶ Event
//! ```
//!
//! - [`geometry`]: points, boxes, zones and lines as fractions of the frame.
//! - [`track`]: who is who over time.
//! - [`behavior`]: one file each; a machine that is shown scenes and says what is going on.
//! - [`rule`]: one configured behavior, and all that rules have in common.
//! - [`config`]: `[camera.zone]`, `[camera.line]`, `[camera.track]` and `[[camera.rule.<behavior>]]`.

pub mod armed;
pub mod behavior;
pub mod config;
pub mod detection;
pub mod event;
pub mod facts;
mod freeze;
pub mod geometry;
mod posture;
pub mod rule;
#[cfg(test)]
mod samples;
pub mod scene;
mod stature;
mod stillness;
pub mod time;
pub mod track;
pub mod watch;

pub use behavior::Kind;
pub use config::{CameraScene, TABLES};
pub use detection::{Class, Detection};
pub use event::{EndReason, Event, Phase};
pub use facts::{Closer, Closeup, Facts, Needs, Wants};
pub use geometry::{Bounds, Point};
pub use scene::{Evidence, Look, Scene};
pub use stature::Statures;
pub use time::{LocalTime, StreamTime, Weekday};
pub use track::{State, Track};
pub use watch::Watch;
