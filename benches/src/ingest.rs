//! What the centre takes: alerts of a whole city, into its store and through a real broker, and what it tells open consoles.

pub mod backlog;
pub mod centre;
pub mod listeners;
pub mod live;
pub mod load;
pub mod plain;
pub mod sender;
pub mod stored;

use std::time::Duration;

use serde::Serialize;

/// Largest packet that the clients here read.
const CLIENT_BYTES: usize = 1 << 20;

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// What was measured.
    pub what: String,
    /// Messages.
    pub messages: u64,
    /// From the first sent to the last answered.
    pub secs: f64,
    /// Messages a second.
    pub rate: f64,
    /// From sending to the centre's own confirm, after its commit, milliseconds: half and 99 of 100.
    pub confirm_ms: Option<(f64, f64)>,
    /// Processor seconds of the centre for each thousand messages.
    pub cpu_secs_per_1000: Option<f64>,
    /// Largest resident memory of the centre, MiB.
    pub rss_mib: Option<f64>,
    /// Messages that were sent again because no confirm came in time.
    pub again: Option<u64>,
    /// What open consoles were told.
    pub heard: Option<Heard>,
}

impl Measured {
    #[allow(clippy::cast_precision_loss)] // counts
    fn of(what: String, messages: u64, length: Duration) -> Self {
        let secs = length.as_secs_f64();
        Self {
            what,
            messages,
            secs,
            rate: messages as f64 / secs,
            confirm_ms: None,
            cpu_secs_per_1000: None,
            rss_mib: None,
            again: None,
            heard: None,
        }
    }
}

/// What all event streams together were told.
#[derive(Debug, Clone, Serialize)]
pub struct Heard {
    /// Streams.
    pub listeners: usize,
    /// Events of cases.
    pub events: u64,
    /// New cases, of which each stream was to hear.
    pub cases: u64,
    /// New cases of which a stream did not hear by itself.
    pub unheard: u64,
    /// Times that a stream was told to read everything again.
    pub reloads: u64,
    /// From sending an alert to its new case in a stream, milliseconds: half, 99 of 100, longest.
    pub delay_ms: (f64, f64, f64),
}

/// The value below which `part` of all lie.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    // small counts
    let place = (last as f64 * part).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
