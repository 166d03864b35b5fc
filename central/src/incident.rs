//! What becomes of an alert: an episode of its own or one that goes on, a case of its own or one nearby, or nothing that
//! rings, with the reason. Pure: the store brings what is known, [`Desk`] decides, the store writes what came of it.
//!
//! ```text
//! alert ─▶ how urgent? ─▶ held back? ─▶ which episode? ─▶ which case?
//!          severity.rs    suppress.rs    episode.rs        correlate.rs
//! ```
//!
//! Every step is noted ([`Step`]) and kept with the alert, so that "why did it ring, why not" has an answer for any
//! moment. An *incident* is one episode: what a guard would call one happening. A case is made of one or more.

mod correlate;
mod desk;
mod episode;
mod path;
mod severity;
pub mod split;
mod suppress;

pub use correlate::{Neighbour, REACH_M, WITHIN};
pub use desk::{Desk, KnownAlert, Outcome, RuleKey};
pub use episode::{Episode, Incident, MAX_ALERTS, SILENCE, Standing, TAMPER, WhyNew, merge_window};
pub use path::Step;
pub use severity::{Because, Period, Raise, Raises};
pub use split::Piece;
pub use suppress::{Held, Maintenance, Pulse, Shelf, Suppression, blinds};

#[cfg(test)]
mod tests;
