//! What the centre takes: alerts of a whole city, into its store and through a real broker.

pub mod live;
pub mod load;
pub mod plain;
pub mod stored;

use serde::Serialize;

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
}

/// The value below which `part` of all lie.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    // small counts
    let place = (last as f64 * part).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
