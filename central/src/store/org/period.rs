//! Times in which everything in a region is more serious (重点时期).

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_database::Sql;

use crate::incident::Period;
use crate::org::Region;
use crate::store::{Doing, Store, StoreError, Tx, time, us, uuid};

/// A period as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodView {
    /// Identity.
    pub id: Uuid,
    /// What it says.
    #[serde(flatten)]
    pub period: Period,
    /// Who entered it.
    pub by: String,
}

const DOING: &str = "read the periods";

impl Store {
    /// Periods that concern these regions, the latest first; none means everywhere.
    pub async fn periods(&self, within: Option<&[Region]>) -> Result<Vec<PeriodView>, StoreError> {
        let sql = Sql::new("SELECT * FROM period ORDER BY from_us DESC LIMIT 1000");
        let rows = sql.all(&mut *self.reader().await?, DOING).await?;
        let mut periods = Vec::with_capacity(rows.len());
        for row in &rows {
            let period = period(row)?;
            let concerns = |own: &Region| own.covers(&period.region) || period.region.covers(own);
            if within.is_none_or(|regions| regions.iter().any(concerns)) {
                let id = uuid(row.try_get("id").doing(DOING)?)?;
                periods.push(PeriodView { id, period, by: row.try_get("by_").doing(DOING)? });
            }
        }
        Ok(periods)
    }

    /// Enters a period.
    pub async fn add_period(&self, period: &Period, by: &str) -> Result<Uuid, StoreError> {
        let doing = "enter a period";
        let id = Uuid::now_v7();
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO period (id, name, region, from_us, until_us, by_) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.to_string())
        .bind(&period.name)
        .bind(period.region.as_str())
        .bind(us(period.from_utc))
        .bind(us(period.until_utc))
        .bind(by)
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(id)
    }

    /// Where a period counts; none where there is no such period.
    pub async fn period_region(&self, id: Uuid) -> Result<Option<Region>, StoreError> {
        let region: Option<String> = sqlx::query_scalar("SELECT region FROM period WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.db.readers())
            .await
            .doing(DOING)?;
        Ok(region.map(|code| Region::of_site(&code)))
    }

    /// Ends a period that runs, takes away one that has not begun; one that is over stays, since cases tell of it. False
    /// where nothing changed.
    pub async fn end_period(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "end a period";
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM period WHERE id = $1 AND from_us > $2")
            .bind(id.to_string())
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        let ended = sqlx::query("UPDATE period SET until_us = $2 WHERE id = $1 AND until_us > $2")
            .bind(id.to_string())
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(gone.rows_affected() + ended.rows_affected() > 0)
    }
}

/// All of them, for the policy.
pub(in crate::store) async fn all_periods(tx: &mut Tx) -> Result<Vec<Period>, StoreError> {
    let rows = sqlx::query("SELECT * FROM period").fetch_all(&mut **tx).await.doing(DOING)?;
    rows.iter().map(period).collect()
}

fn period(row: &AnyRow) -> Result<Period, StoreError> {
    let region: &str = row.try_get("region").doing(DOING)?;
    Ok(Period {
        name: row.try_get("name").doing(DOING)?,
        region: Region::parse(region).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        from_utc: time(row.try_get("from_us").doing(DOING)?)?,
        until_utc: time(row.try_get("until_us").doing(DOING)?)?,
    })
}
