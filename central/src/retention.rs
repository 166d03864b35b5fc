//! Removes evidence whose time is over, and the oldest when there is too much of it. Cases stay.

use std::time::Duration;

use jiff::Timestamp;
use tracing::{info, warn};

use crate::evidence::EvidenceFiles;
use crate::store::{Store, StoreError};

/// How often it is looked.
pub const EVERY: Duration = Duration::from_secs(3600);
/// A file that no alert names after so long will never be named.
const UNNAMED: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long and how much evidence is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days; public video must be kept 30 days or more.
    pub days: u32,
    /// Bytes of all files together.
    pub max_bytes: u64,
}

/// Removes what is over. Gives how many files went.
pub async fn sweep(
    store: &Store,
    files: &EvidenceFiles,
    keep: Keep,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let age = Duration::from_secs(u64::from(keep.days) * 24 * 3600);
    let before = now.checked_sub(age).unwrap_or(Timestamp::MIN);
    let unnamed = now.checked_sub(UNNAMED).unwrap_or(Timestamp::MIN);
    let gone = store.forget_evidence(before, unnamed, keep.max_bytes).await?;
    for sha256 in &gone {
        if let Err(error) = files.remove(sha256).await {
            warn!("{error}");
        }
    }
    if !gone.is_empty() {
        info!(
            "{} evidence files were removed: kept {} days and {} bytes",
            gone.len(),
            keep.days,
            keep.max_bytes
        );
    }
    Ok(gone.len())
}
