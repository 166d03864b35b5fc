//! The way of one alert through the centre, step by step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::episode::WhyNew;
use super::severity::Because;
use super::suppress::Held;

/// One step. Kept with the alert as JSON; names and fields are for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// It came, with this urgency from the box's rule.
    Received {
        /// When.
        utc: Timestamp,
        /// Number in its series.
        seq: u64,
        /// Revision.
        revision: u32,
        /// 1 to 4.
        severity: u8,
        /// 补传: long after it was seen; it makes no sound.
        late: bool,
    },
    /// The box's clock cannot be right: the centre's time was taken.
    ClockWrong {
        /// What the box said.
        said_utc: Timestamp,
    },
    /// It is more urgent here than the rule says.
    Raised {
        /// Before.
        from: u8,
        /// Now.
        to: u8,
        /// Why.
        because: Vec<Because>,
    },
    /// It does not ring.
    Held(Held),
    /// Something would have held it back, but it is of the most urgent kind.
    RingsAnyway(Held),
    /// It rings too often: its rule was shelved.
    Chatters {
        /// New alerts of its rule within the last minute.
        last_minute: u32,
        /// New alerts of its rule within the last ten minutes.
        last_ten_minutes: u32,
        /// The shelf that was made; none for the most urgent kind, which goes on ringing.
        shelf: Option<Uuid>,
    },
    /// It belongs to an episode that goes on.
    Episode {
        /// Which.
        incident: Uuid,
        /// Seconds since it was last heard of; negative inside it.
        pause_secs: f64,
        /// How long the pause may be.
        window_secs: f64,
    },
    /// It begins an episode.
    NewEpisode {
        /// Which.
        incident: Uuid,
        /// Why it joined none.
        because: WhyNew,
    },
    /// Its episode belongs to a case of something else nearby.
    Correlated {
        /// Which.
        case: Uuid,
        /// What that was.
        behavior: String,
        /// How far from this camera; none on the same one.
        metres: Option<f64>,
    },
    /// It makes a case.
    NewCase {
        /// Which.
        case: Uuid,
    },
    /// A person moved it.
    Moved {
        /// Who.
        by: String,
        /// When.
        utc: Timestamp,
        /// Into this case.
        case: Uuid,
    },
}
