//! Messages that cannot be taken, kept for the installer to look at.

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::org::Region;
use sqlx::Row;
use utoipa::ToSchema;
use xunge_database::Sql;

use super::org::begins_with;
use super::{Doing, Store, StoreError, Tx, count, time, us};

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
            .fetch_one(self.db.readers())
            .await
            .doing("count the bad messages")?;
        Ok(count(rows))
    }

    /// Bad messages with their digests, the newest first; of these regions' boxes, or all. `after`: when one last came, and
    /// its digest.
    pub async fn quarantine(
        &self,
        within: Option<&[Region]>,
        after: Option<&(i64, String)>,
        limit: u32,
    ) -> Result<Vec<(String, QuarantineView)>, StoreError> {
        let doing = "read the bad messages";
        let mut sql = Sql::new("SELECT * FROM quarantine WHERE 1 = 1");
        if let Some(regions) = within {
            // xunge/v1/{site}/…
            begins_with(&mut sql, "SUBSTR(topic, 10)", regions);
        }
        if let Some((last_us, digest)) = after {
            sql.push(" AND (last_us < ").bind(*last_us).push(" OR last_us = ").bind(*last_us);
            sql.push(" AND digest > ").bind(digest).push(")");
        }
        sql.push(" ORDER BY last_us DESC, digest LIMIT ").bind(i64::from(limit));
        let rows = sql.all(&mut *self.reader().await?, doing).await?;
        rows.iter()
            .map(|row| {
                let payload: Vec<u8> = row.try_get("payload").doing(doing)?;
                let shown = payload.get(..SHOWN_BYTES).unwrap_or(&payload);
                let view = QuarantineView {
                    topic: row.try_get("topic").doing(doing)?,
                    reason: row.try_get("reason").doing(doing)?,
                    times: count(row.try_get("times").doing(doing)?),
                    bytes: count(row.try_get("bytes").doing(doing)?),
                    first_utc: time(row.try_get("first_us").doing(doing)?)?,
                    last_utc: time(row.try_get("last_us").doing(doing)?)?,
                    payload: String::from_utf8_lossy(shown).into_owned(),
                };
                Ok((row.try_get("digest").doing(doing)?, view))
            })
            .collect()
    }
}

/// Bytes of a bad message that a page shows.
const SHOWN_BYTES: usize = 4096;

/// A bad message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuarantineView {
    /// Where it was published.
    pub topic: String,
    /// What is wrong with it.
    pub reason: String,
    /// How often the same came.
    pub times: u64,
    /// Its size.
    pub bytes: u64,
    /// When it first came.
    pub first_utc: Timestamp,
    /// When it last came.
    pub last_utc: Timestamp,
    /// Its beginning, as text.
    pub payload: String,
}
