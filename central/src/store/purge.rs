//! 清除 (purging): what goes when its time is over, in steps, and the proof of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_database::{Sql, insert};

use super::keep::{stays, with_kept};
use super::ledger::{Line, append};
use super::names::{json, json_text};
use super::{Doing, Store, StoreError, Tx, count, opt_time, time, us, uuid};
use crate::case::book::id_at;
use crate::law::ledger::{Fact, Proof};

/// Files that go in one transaction: others who want to write wait for milliseconds.
const STEP: i64 = 200;
/// Files that are erased between two looks at the store.
const ERASED: i64 = 1000;

/// What is to be purged, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeOrder {
    /// What was stored before this goes.
    pub cutoff: Timestamp,
    /// Who; `system` every night.
    pub by: String,
    /// Before the regular time: the request that a second person agreed to.
    pub approval: Option<Uuid>,
}

/// A purge that ended, and its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PurgeView {
    /// Identity.
    pub id: Uuid,
    /// Who; `system` every night.
    pub by: String,
    /// When it ended.
    pub ended_utc: Timestamp,
    /// Place in the ledger.
    pub seq: u64,
    /// Hash of that entry in the chain.
    pub hash: String,
    /// Cut-off, count, bytes, root.
    #[serde(flatten)]
    pub proof: Proof,
}

/// A file that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PurgedFile {
    /// SHA-256.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// Media type.
    pub media_type: String,
    /// Box that brought it.
    pub edge: String,
    /// When it came.
    pub stored_utc: Timestamp,
    /// When it went.
    pub purged_utc: Timestamp,
    /// When its bytes were gone from the disk or the object store; none where they are not yet.
    pub erased_utc: Option<Timestamp>,
    /// What named it.
    pub belonged: Vec<Belonged>,
}

/// An alert that named a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Belonged {
    /// Box.
    pub edge: String,
    /// Alert.
    pub alert: String,
    /// Number of its case; none where it never made one.
    pub case: Option<String>,
}

/// A place in the list of files by age.
type Mark = (i64, String);

impl Store {
    /// Begins a purge. One that a stop or a crash has interrupted is ended first, see [`Store::unfinished_purge`].
    pub async fn begin_purge(&self, order: &PurgeOrder, now: Timestamp) -> Result<Uuid, StoreError> {
        let doing = "begin a purge";
        let id = id_at(now);
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO purge_run (id, by_, early, approval, cutoff_us, began_us) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.to_string())
        .bind(&order.by)
        .bind(i64::from(order.approval.is_some()))
        .bind(order.approval.map(|id| id.to_string()))
        .bind(us(order.cutoff))
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(id)
    }

    /// A purge that began and has no proof yet.
    pub async fn unfinished_purge(&self) -> Result<Option<Uuid>, StoreError> {
        let id: Option<String> =
            sqlx::query_scalar("SELECT id FROM purge_run WHERE ended_us IS NULL ORDER BY began_us LIMIT 1")
                .fetch_optional(self.db.readers())
                .await
                .doing("look for a purge")?;
        id.as_deref().map(uuid).transpose()
    }

    /// When the last regular purge began.
    pub async fn last_purge(&self) -> Result<Option<Timestamp>, StoreError> {
        let began: Option<i64> =
            sqlx::query_scalar("SELECT MAX(began_us) FROM purge_run WHERE early = 0 AND by_ = 'system'")
                .fetch_one(self.db.readers())
                .await
                .doing("look for a purge")?;
        opt_time(began)
    }

    /// Takes the next files from the store, and notes what they were. Gives where it got to; none when nothing is left.
    pub async fn purge_step(
        &self,
        run: Uuid,
        after: Option<&Mark>,
        now: Timestamp,
    ) -> Result<Option<Mark>, StoreError> {
        let doing = "purge evidence";
        let mut tx = self.begin().await?;
        let cutoff: Option<i64> =
            sqlx::query_scalar("SELECT cutoff_us FROM purge_run WHERE id = $1 AND ended_us IS NULL")
                .bind(run.to_string())
                .fetch_optional(&mut *tx)
                .await
                .doing(doing)?;
        let Some(cutoff) = cutoff else { return Ok(None) };
        let mut query = with_kept(now);
        query.push("SELECT e.* FROM evidence e WHERE e.stored_us < ").bind(cutoff);
        if let Some((stored_us, sha256)) = after {
            query.push(" AND (e.stored_us > ").bind(*stored_us).push(" OR (e.stored_us = ").bind(*stored_us);
            query.push(" AND e.sha256 > ").bind(sha256).push("))");
        }
        query.push(" AND NOT ");
        stays(&mut query, now);
        query.push(" ORDER BY e.stored_us, e.sha256 LIMIT ").bind(STEP);
        let rows = query.all(&mut tx, doing).await?;
        let mut files = Vec::with_capacity(rows.len());
        for row in &rows {
            files.push(PurgedFile {
                sha256: row.try_get("sha256").doing(doing)?,
                bytes: count(row.try_get("bytes").doing(doing)?),
                media_type: row.try_get("media_type").doing(doing)?,
                edge: row.try_get("edge").doing(doing)?,
                stored_utc: time(row.try_get("stored_us").doing(doing)?)?,
                purged_utc: now,
                erased_utc: None,
                belonged: Vec::new(),
            });
        }
        let Some(last) = files.last().map(|file| (us(file.stored_utc), file.sha256.clone())) else {
            return Ok(None);
        };
        owners(&mut tx, &mut files).await?;
        note(&mut tx, run, &files).await?;
        tx.commit().await.doing(doing)?;
        Ok(Some(last))
    }

    /// Ends a purge: its proof stands in the ledger. None where it has ended already.
    pub async fn end_purge(&self, run: Uuid, now: Timestamp) -> Result<Option<Proof>, StoreError> {
        let doing = "end a purge";
        let mut tx = self.begin().await?;
        let row = sqlx::query("SELECT * FROM purge_run WHERE id = $1 AND ended_us IS NULL")
            .bind(run.to_string())
            .fetch_optional(&mut *tx)
            .await
            .doing(doing)?;
        let Some(row) = row else { return Ok(None) };
        let sum = sqlx::query(
            "SELECT COUNT(*) AS files, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM purged WHERE run = $1",
        )
        .bind(run.to_string())
        .fetch_one(&mut *tx)
        .await
        .doing(doing)?;
        let (files, bytes): (i64, i64) =
            (sum.try_get("files").doing(doing)?, sum.try_get("bytes").doing(doing)?);
        let approval: Option<&str> = row.try_get("approval").doing(doing)?;
        let proof = Proof {
            cutoff_utc: time(row.try_get("cutoff_us").doing(doing)?)?,
            began_utc: time(row.try_get("began_us").doing(doing)?)?,
            approval: approval.map(uuid).transpose()?,
            files: count(files),
            bytes: count(bytes),
            root: super::ledger::root(&mut tx, run).await?,
        };
        sqlx::query("UPDATE purge_run SET ended_us = $2, files = $3, bytes = $4 WHERE id = $1")
            .bind(run.to_string())
            .bind(us(now))
            .bind(files)
            .bind(bytes)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        let by: String = row.try_get("by_").doing(doing)?;
        let fact = Fact::Purged(proof.clone());
        append(&mut tx, &[Line { region: "", about: run, fact: &fact }], &by, now).await?;
        tx.commit().await.doing(doing)?;
        Ok(Some(proof))
    }

    /// Files that were purged and whose bytes may still be there.
    pub async fn to_erase(&self) -> Result<Vec<String>, StoreError> {
        // one that came again meanwhile stays
        sqlx::query_scalar(
            "SELECT DISTINCT p.sha256 FROM purged p WHERE p.erased_us IS NULL
             AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.sha256 = p.sha256) ORDER BY p.sha256 LIMIT $1",
        )
        .bind(ERASED)
        .fetch_all(self.db.readers())
        .await
        .doing("look for purged files")
    }

    /// Whether a file was purged whose bytes are about to go: one that comes again now would go with them.
    pub async fn is_being_erased(&self, sha256: &str) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM purged p WHERE p.sha256 = $1 AND p.erased_us IS NULL
             AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.sha256 = p.sha256)",
        )
        .bind(sha256)
        .fetch_one(self.db.readers())
        .await
        .doing("look for a purged file")?;
        Ok(found > 0)
    }

    /// Notes that the bytes of these files are gone.
    pub async fn erased(&self, files: &[String], now: Timestamp) -> Result<(), StoreError> {
        let doing = "note that files are erased";
        if files.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let mut sql = Sql::new("UPDATE purged SET erased_us = ");
        sql.bind(us(now)).push(" WHERE erased_us IS NULL AND sha256 IN ").list(files.iter());
        sql.run(&mut tx, doing).await?;
        tx.commit().await.doing(doing)
    }

    /// Proofs of purges, newest first.
    pub async fn purges(&self, limit: u32) -> Result<Vec<PurgeView>, StoreError> {
        let doing = "read the purges";
        let rows = sqlx::query(
            "SELECT r.id, r.by_, r.ended_us, l.seq, l.hash, l.body FROM purge_run r JOIN ledger l ON l.about = r.id AND l.kind = 'purged'
             ORDER BY l.seq DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.db.readers())
        .await
        .doing(doing)?;
        rows.iter()
            .map(|row| {
                let Fact::Purged(proof) = super::ledger::fact(row)? else {
                    return Err(StoreError::Corrupt("a purge without a proof".into()));
                };
                Ok(PurgeView {
                    id: uuid(row.try_get("id").doing(doing)?)?,
                    by: row.try_get("by_").doing(doing)?,
                    ended_utc: time(row.try_get("ended_us").doing(doing)?)?,
                    seq: count(row.try_get("seq").doing(doing)?),
                    hash: row.try_get("hash").doing(doing)?,
                    proof,
                })
            })
            .collect()
    }

    /// What went in a purge, by SHA-256, behind this one.
    pub async fn purged_files(
        &self,
        run: Uuid,
        after: &str,
        limit: u32,
    ) -> Result<Vec<PurgedFile>, StoreError> {
        let doing = "read what was purged";
        let rows =
            sqlx::query("SELECT * FROM purged WHERE run = $1 AND sha256 > $2 ORDER BY sha256 LIMIT $3")
                .bind(run.to_string())
                .bind(after)
                .bind(i64::from(limit))
                .fetch_all(self.db.readers())
                .await
                .doing(doing)?;
        rows.iter()
            .map(|row| {
                Ok(PurgedFile {
                    sha256: row.try_get("sha256").doing(doing)?,
                    bytes: count(row.try_get("bytes").doing(doing)?),
                    media_type: row.try_get("media_type").doing(doing)?,
                    edge: row.try_get("edge").doing(doing)?,
                    stored_utc: time(row.try_get("stored_us").doing(doing)?)?,
                    purged_utc: time(row.try_get("purged_us").doing(doing)?)?,
                    erased_utc: opt_time(row.try_get("erased_us").doing(doing)?)?,
                    belonged: json(row.try_get("belonged").doing(doing)?)?,
                })
            })
            .collect()
    }
}

/// Finds what named these files.
async fn owners(tx: &mut Tx, files: &mut [PurgedFile]) -> Result<(), StoreError> {
    let doing = "read what files belong to";
    let mut query = Sql::new(
        "SELECT f.sha256, f.edge, f.alert_id, c.number FROM alert_evidence f
         LEFT JOIN alert a ON a.edge = f.edge AND a.alert_id = f.alert_id
         LEFT JOIN case_ c ON c.id = a.case_id WHERE f.sha256 IN ",
    );
    query.list(files.iter().map(|file| &file.sha256));
    // pictures that people brought belong to a case, and come from no box and no alert
    query.push(
        " UNION ALL SELECT p.sha256, '' AS edge, '' AS alert_id, c.number FROM case_picture p
         JOIN case_ c ON c.id = p.case_id WHERE p.sha256 IN ",
    );
    query.list(files.iter().map(|file| &file.sha256));
    for row in &query.all(tx, doing).await? {
        let sha256: &str = row.try_get("sha256").doing(doing)?;
        let owner = Belonged {
            edge: row.try_get("edge").doing(doing)?,
            alert: row.try_get("alert_id").doing(doing)?,
            case: row.try_get("number").doing(doing)?,
        };
        if let Some(file) = files.iter_mut().find(|file| file.sha256 == sha256) {
            file.belonged.push(owner);
        }
    }
    files.iter_mut().for_each(|file| file.belonged.sort_unstable());
    Ok(())
}

/// Writes down what goes, and takes it out of the store.
async fn note(tx: &mut Tx, run: Uuid, files: &[PurgedFile]) -> Result<(), StoreError> {
    let doing = "purge evidence";
    let mut rows = Vec::with_capacity(files.len());
    for file in files {
        rows.push((file, json_text(&file.belonged)?));
    }
    let head = "INSERT INTO purged (run, sha256, bytes, media_type, edge, stored_us, purged_us, belonged)";
    // the same file may come again and go again within one run that took days
    let tail = " ON CONFLICT (run, sha256) DO UPDATE SET erased_us = NULL";
    insert(tx, doing, (head, tail), 8, &rows, |values, (file, belonged)| {
        values.bind(run.to_string()).bind(&file.sha256).bind(i64::try_from(file.bytes).unwrap_or(i64::MAX));
        values.bind(&file.media_type).bind(&file.edge).bind(us(file.stored_utc)).bind(us(file.purged_utc));
        values.bind(belonged);
    })
    .await?;
    let mut sql = Sql::new("DELETE FROM evidence WHERE sha256 IN ");
    sql.list(files.iter().map(|file| &file.sha256));
    sql.run(tx, doing).await?;
    Ok(())
}
