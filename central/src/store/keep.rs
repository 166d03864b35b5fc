//! 留存 (keeping) and 依法保全 (legal holds): what stays beyond its time, and what left as an export.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_database::Sql;

use super::ledger::{Line, append, within};
use super::{Doing, Store, StoreError, count, opt_time, time, us, uuid};
use crate::case::book::id_at;
use crate::law::ledger::{Export, Fact};
use crate::org::Region;

/// Most rows of one list.
const LISTED: i64 = 1000;

/// What is to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// All evidence of a case, whenever it comes.
    Case(Uuid),
    /// One file.
    File(String),
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldView {
    /// Identity.
    pub id: Uuid,
    /// Case, or
    pub case: Option<Uuid>,
    /// its number,
    pub number: Option<String>,
    /// or one file.
    pub sha256: Option<String>,
    /// Where.
    pub region: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// Since.
    pub from_utc: Timestamp,
    /// Until; none is until somebody lifts it.
    pub until_utc: Option<Timestamp>,
    /// When it was lifted.
    pub lifted_utc: Option<Timestamp>,
    /// By whom.
    pub lifted_by: Option<String>,
    /// Why.
    pub lift_reason: Option<String>,
}

/// What is kept now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Keeping {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When the oldest one came.
    pub oldest_utc: Option<Timestamp>,
    /// Files whose time is over.
    pub over: u64,
    /// Those of them that stay, for an open case or a hold.
    pub kept: u64,
}

/// Cases whose evidence stays: open, held, or merged into one that is. The caller binds the moment.
pub(super) fn with_kept(now: Timestamp) -> Sql {
    let mut query = Sql::new(
        "WITH RECURSIVE kept (id) AS (
           SELECT c.id FROM case_ c WHERE c.open_ = 1 OR EXISTS (SELECT 1 FROM hold h WHERE h.case_id = c.id
             AND h.lifted_us IS NULL AND (h.until_us IS NULL OR h.until_us > ",
    );
    query.bind(us(now)).push("))\n UNION SELECT m.id FROM case_ m JOIN kept k ON m.merged_into = k.id) ");
    query
}

/// The condition under which a file `e` stays although its time is over.
pub(super) fn stays(query: &mut Sql, now: Timestamp) {
    query.push(
        "(EXISTS (SELECT 1 FROM alert_evidence f JOIN alert a ON a.edge = f.edge AND a.alert_id = f.alert_id
            WHERE f.sha256 = e.sha256 AND a.case_id IN (SELECT id FROM kept))
          OR EXISTS (SELECT 1 FROM case_picture p WHERE p.sha256 = e.sha256 AND p.case_id IN (SELECT id FROM kept))
          OR EXISTS (SELECT 1 FROM hold h WHERE h.sha256 = e.sha256 AND h.lifted_us IS NULL
            AND (h.until_us IS NULL OR h.until_us > ",
    );
    query.bind(us(now)).push(")))");
}

impl Store {
    /// Holds evidence beyond its time. None where there is no such case or file.
    pub async fn hold(
        &self,
        what: &Held,
        reason: &str,
        until: Option<Timestamp>,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Uuid>, StoreError> {
        let doing = "hold evidence";
        let mut tx = self.begin().await?;
        let (mut query, key) = match what {
            Held::Case(case) => (Sql::new("SELECT region FROM case_ WHERE id = "), case.to_string()),
            Held::File(sha256) => (
                Sql::new(
                    "SELECT x.region FROM (SELECT e.sha256, a.region FROM evidence e JOIN alert_evidence f ON f.sha256 = e.sha256
                       JOIN alert a ON a.edge = f.edge AND a.alert_id = f.alert_id
                     UNION ALL SELECT e.sha256, c.region FROM evidence e JOIN case_picture p ON p.sha256 = e.sha256
                       JOIN case_ c ON c.id = p.case_id) x WHERE x.sha256 = ",
                ),
                sha256.clone(),
            ),
        };
        query.bind(&key).push(" LIMIT 1");
        let Some(row) = query.first(&mut tx, doing).await? else { return Ok(None) };
        let region: String = row.try_get("region").doing(doing)?;
        let id = id_at(now);
        let (case, sha256) = match what {
            Held::Case(case) => (Some(*case), None),
            Held::File(sha256) => (None, Some(sha256.clone())),
        };
        sqlx::query(
            "INSERT INTO hold (id, case_id, sha256, region, reason, by_, from_us, until_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.to_string())
        .bind(case.map(|case| case.to_string()))
        .bind(sha256.clone())
        .bind(&region)
        .bind(reason)
        .bind(by)
        .bind(us(now))
        .bind(until.map(us))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        // as precise as the table keeps it, so that both say the same
        let until_utc = opt_time(until.map(us))?;
        let fact = Fact::Held { case, sha256, reason: reason.to_owned(), until_utc };
        append(&mut tx, &[Line { region: &region, about: id, fact: &fact }], by, now).await?;
        tx.commit().await.doing(doing)?;
        Ok(Some(id))
    }

    /// Lifts a hold; false where none stands.
    pub async fn lift(&self, id: Uuid, reason: &str, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "lift a hold";
        let mut tx = self.begin().await?;
        let lifted = sqlx::query(
            "UPDATE hold SET lifted_us = $2, lifted_by = $3, lift_reason = $4
             WHERE id = $1 AND lifted_us IS NULL AND (until_us IS NULL OR until_us > $2)",
        )
        .bind(id.to_string())
        .bind(us(now))
        .bind(by)
        .bind(reason)
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        if lifted.rows_affected() == 0 {
            return Ok(false);
        }
        let region: String = sqlx::query_scalar("SELECT region FROM hold WHERE id = $1")
            .bind(id.to_string())
            .fetch_one(&mut *tx)
            .await
            .doing(doing)?;
        let fact = Fact::Lifted { reason: reason.to_owned() };
        append(&mut tx, &[Line { region: &region, about: id, fact: &fact }], by, now).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }

    /// Holds that stand, newest first; with `past` also those of before. Of these regions, and of one case where it is given.
    pub async fn holds(
        &self,
        regions: Option<&[Region]>,
        case: Option<Uuid>,
        past: bool,
        now: Timestamp,
    ) -> Result<Vec<HoldView>, StoreError> {
        let mut query =
            Sql::new("SELECT h.*, c.number FROM hold h LEFT JOIN case_ c ON c.id = h.case_id WHERE 1 = 1");
        if let Some(regions) = regions {
            within(&mut query, "h.region", regions);
        }
        if let Some(case) = case {
            // of the case, and of single files of it
            query.push(" AND (h.case_id = ").bind(case.to_string()).push(
                " OR h.sha256 IN (SELECT f.sha256 FROM alert_evidence f JOIN alert a ON a.edge = f.edge AND a.alert_id = f.alert_id
                 WHERE a.case_id = ",
            );
            query
                .bind(case.to_string())
                .push(" UNION SELECT p.sha256 FROM case_picture p WHERE p.case_id = ");
            query.bind(case.to_string()).push("))");
        }
        if !past {
            query
                .push(" AND h.lifted_us IS NULL AND (h.until_us IS NULL OR h.until_us > ")
                .bind(us(now))
                .push(")");
        }
        query.push(" ORDER BY h.from_us DESC, h.id LIMIT ").bind(LISTED);
        let rows = query.all(&mut *self.reader().await?, "read the holds").await?;
        rows.iter().map(hold_view).collect()
    }

    /// Writes down that evidence left the centre.
    pub async fn exported(
        &self,
        id: Uuid,
        export: Export,
        (region, by): (&str, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let fact = Fact::Exported(export);
        append(&mut tx, &[Line { region, about: id, fact: &fact }], by, now).await?;
        tx.commit().await.doing("write down an export")
    }

    /// What is kept, and how much of it is over its time.
    pub async fn keeping(&self, cutoff: Timestamp, now: Timestamp) -> Result<Keeping, StoreError> {
        let doing = "count what is kept";
        let mut tx = self.reading().await?;
        let all = sqlx::query(
            "SELECT COUNT(*) AS files, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes, MIN(stored_us) AS oldest FROM evidence",
        )
        .fetch_one(&mut *tx)
        .await
        .doing(doing)?;
        let mut query = with_kept(now);
        query.push("SELECT COUNT(*) AS over_, CAST(COALESCE(SUM(CASE WHEN ");
        stays(&mut query, now);
        query.push(" THEN 1 ELSE 0 END), 0) AS BIGINT) AS kept FROM evidence e WHERE e.stored_us < ");
        query.bind(us(cutoff));
        let over = query.first(&mut tx, doing).await?;
        let of = |name: &str| match &over {
            Some(row) => row.try_get::<i64, _>(name).doing(doing),
            None => Ok(0),
        };
        Ok(Keeping {
            files: count(all.try_get("files").doing(doing)?),
            bytes: count(all.try_get("bytes").doing(doing)?),
            oldest_utc: opt_time(all.try_get("oldest").doing(doing)?)?,
            over: count(of("over_")?),
            kept: count(of("kept")?),
        })
    }
}

fn hold_view(row: &AnyRow) -> Result<HoldView, StoreError> {
    let doing = "read a hold";
    let case: Option<&str> = row.try_get("case_id").doing(doing)?;
    Ok(HoldView {
        id: uuid(row.try_get("id").doing(doing)?)?,
        case: case.map(uuid).transpose()?,
        number: row.try_get("number").doing(doing)?,
        sha256: row.try_get("sha256").doing(doing)?,
        region: row.try_get("region").doing(doing)?,
        reason: row.try_get("reason").doing(doing)?,
        by: row.try_get("by_").doing(doing)?,
        from_utc: time(row.try_get("from_us").doing(doing)?)?,
        until_utc: opt_time(row.try_get("until_us").doing(doing)?)?,
        lifted_utc: opt_time(row.try_get("lifted_us").doing(doing)?)?,
        lifted_by: row.try_get("lifted_by").doing(doing)?,
        lift_reason: row.try_get("lift_reason").doing(doing)?,
    })
}
