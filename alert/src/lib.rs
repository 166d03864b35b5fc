//! The contract between edge and centre, and nothing else: every JSON shape that crosses the network lives here.
//!
//! - [`Alert`] is the durable message. One happening (one person on the lawn, one crowd) has one `alert_id`; the
//!   edge sends it again with a higher `revision` when something changed. Each message carries the whole state.
//! - [`Confirm`] is the centre's answer *after its own commit*; only then does the edge forget a message.
//! - [`Status`] and [`CameraState`] are retained: what is known of a box and of a camera now.
//! - [`Notice`] is what the centre tells other systems, [`codes`] an alert in the codes of their standards.
//! - [`topic`] builds and takes apart the topics.
//!
//! A reader tolerates unknown fields and unknown names of behaviors. A writer never makes them: see the golden
//! schemas in `schema/`, which a test compares with these types.

mod alert;
pub mod codes;
mod confirm;
mod ids;
mod notice;
mod status;
pub mod topic;

pub use alert::{Alert, ClockQuality, EndReason, Evidence, EvidenceKind, Phase, Severity};
pub use codes::Codes;
pub use confirm::{Confirm, Refused};
pub use ids::{BadId, check_edge_id, check_name, check_site};
pub use notice::{Notice, NoticeCase};
pub use status::{BlindCause, CameraState, EdgeState, Status, View, Watch};

/// Version of every message in this crate. A reader refuses a higher one and says so.
pub const VERSION: u16 = 1;
