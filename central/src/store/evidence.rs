//! What is known of evidence files; the bytes are in [`crate::evidence`].

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;

use crate::org::Region;

use super::{Doing, Store, StoreError, count, us, uuid};

/// A file that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvidence {
    /// SHA-256, also its name.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// Media type.
    pub media_type: String,
}

/// What alerts of a box say about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Media type in the alert.
    pub media_type: String,
    /// Size in the alert.
    pub bytes: u64,
}

impl Store {
    /// What an alert of this box says about the file; none where it has not come yet.
    pub async fn named_by(&self, edge: &str, sha256: &str) -> Result<Option<Named>, StoreError> {
        let doing = "read what an alert says about a file";
        let row = sqlx::query(
            "SELECT media_type, bytes FROM alert_evidence WHERE sha256 = $1 AND edge = $2 LIMIT 1",
        )
        .bind(sha256)
        .bind(edge)
        .fetch_optional(self.db.readers())
        .await
        .doing(doing)?;
        row.map(|row| {
            Ok(Named {
                media_type: row.try_get("media_type").doing(doing)?,
                bytes: count(row.try_get("bytes").doing(doing)?),
            })
        })
        .transpose()
    }

    /// Where the alerts that name this file happened, and the cases that it was brought to as a picture.
    pub async fn evidence_regions(&self, sha256: &str) -> Result<Vec<Region>, StoreError> {
        let regions: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT a.region FROM alert_evidence f
             JOIN alert a ON a.edge = f.edge AND a.alert_id = f.alert_id WHERE f.sha256 = $1
             UNION SELECT c.region FROM case_picture p JOIN case_ c ON c.id = p.case_id WHERE p.sha256 = $1",
        )
        .bind(sha256)
        .fetch_all(self.db.readers())
        .await
        .doing("read where a file belongs to")?;
        Ok(regions.iter().map(|code| Region::of_site(code)).collect())
    }

    /// The newest message of each alert of a case, exactly as its box sent it.
    pub async fn messages_of(&self, case: Uuid) -> Result<Vec<(Uuid, String)>, StoreError> {
        let doing = "read the messages of a case";
        let rows = sqlx::query(
            "SELECT a.alert_id, m.payload FROM alert a
             JOIN alert_message m ON m.edge = a.edge AND m.outbox = a.outbox AND m.seq = a.seq
             WHERE a.case_id = $1 ORDER BY a.since_us, a.alert_id",
        )
        .bind(case.to_string())
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        let row = |row: &sqlx::any::AnyRow| {
            Ok((uuid(row.try_get("alert_id").doing(doing)?)?, row.try_get("payload").doing(doing)?))
        };
        rows.iter().map(row).collect()
    }

    /// Notes that a file is kept. Twice is the same as once.
    pub async fn evidence_stored(
        &self,
        edge: &str,
        file: &StoredEvidence,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO evidence (sha256, bytes, media_type, edge, stored_us) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (sha256) DO NOTHING",
        )
        .bind(&file.sha256)
        .bind(i64::try_from(file.bytes).unwrap_or(i64::MAX))
        .bind(&file.media_type)
        .bind(edge)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing("note a file")?;
        tx.commit().await.doing("note a file")
    }

    /// A stored file.
    pub async fn stored_evidence(&self, sha256: &str) -> Result<Option<StoredEvidence>, StoreError> {
        let doing = "look for a file";
        let row = sqlx::query("SELECT sha256, bytes, media_type FROM evidence WHERE sha256 = $1")
            .bind(sha256)
            .fetch_optional(self.db.readers())
            .await
            .doing(doing)?;
        row.map(|row| stored(&row, doing)).transpose()
    }

    /// Stored files behind this name, by name.
    pub async fn evidence_after(&self, after: &str, limit: u32) -> Result<Vec<StoredEvidence>, StoreError> {
        let doing = "list the files";
        let rows = sqlx::query(
            "SELECT sha256, bytes, media_type FROM evidence WHERE sha256 > $1 ORDER BY sha256 LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        rows.iter().map(|row| stored(row, doing)).collect()
    }

    /// How many files are stored.
    pub async fn evidence_files(&self) -> Result<u64, StoreError> {
        let files: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM evidence")
            .fetch_one(self.db.readers())
            .await
            .doing("count the files")?;
        Ok(count(files))
    }

    /// Bytes of all stored files.
    pub async fn evidence_bytes(&self) -> Result<u64, StoreError> {
        let bytes: i64 = sqlx::query_scalar("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM evidence")
            .fetch_one(self.db.readers())
            .await
            .doing("count the bytes of the files")?;
        Ok(count(bytes))
    }
}

fn stored(row: &sqlx::any::AnyRow, doing: &'static str) -> Result<StoredEvidence, StoreError> {
    Ok(StoredEvidence {
        sha256: row.try_get("sha256").doing(doing)?,
        bytes: count(row.try_get("bytes").doing(doing)?),
        media_type: row.try_get("media_type").doing(doing)?,
    })
}
