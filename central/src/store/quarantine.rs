//! Messages that cannot be taken, kept for the installer to look at.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Doing, Store, StoreError, Tx, count, us};

/// Most bytes of a bad message that are kept.
pub const PAYLOAD_BYTES: usize = 64 * 1024;
/// Most different bad messages that are kept; the oldest make room.
const ROWS: i64 = 10_000;

/// Keeps a bad message; the same one again only counts.
pub(super) async fn keep(
    tx: &mut Tx,
    topic: &str,
    payload: &[u8],
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let doing = "keep a bad message";
    let mut sum = Sha256::new();
    sum.update((topic.len() as u64).to_be_bytes());
    sum.update(topic.as_bytes());
    sum.update(payload);
    let kept = payload.get(..PAYLOAD_BYTES).unwrap_or(payload);
    sqlx::query(
        "INSERT INTO quarantine (digest, topic, payload, bytes, reason, times, first_us, last_us)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $6)
         ON CONFLICT (digest) DO UPDATE SET times = quarantine.times + 1, last_us = $6, reason = $5",
    )
    .bind(hex::encode(sum.finalize()))
    .bind(topic)
    .bind(kept)
    .bind(i64::try_from(payload.len()).unwrap_or(i64::MAX))
    .bind(reason)
    .bind(us(now))
    .execute(&mut **tx)
    .await
    .doing(doing)?;
    Ok(())
}

/// Lets the oldest go where there are too many.
pub(super) async fn make_room(tx: &mut Tx) -> Result<(), StoreError> {
    let doing = "make room among the bad messages";
    let rows: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM quarantine").fetch_one(&mut **tx).await.doing(doing)?;
    if rows > ROWS {
        sqlx::query(
            "DELETE FROM quarantine WHERE digest IN (SELECT digest FROM quarantine ORDER BY last_us LIMIT $1)",
        )
        .bind(rows - ROWS)
        .execute(&mut **tx)
        .await
        .doing(doing)?;
    }
    Ok(())
}

impl Store {
    /// How many different bad messages are kept.
    pub async fn quarantined(&self) -> Result<u64, StoreError> {
        let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM quarantine")
            .fetch_one(&self.readers)
            .await
            .doing("count the bad messages")?;
        Ok(count(rows))
    }
}
