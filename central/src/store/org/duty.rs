//! Rotas in the store.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_database::{Sql, insert};

use crate::case::guard::Role;
use crate::org::Region;
use crate::org::roster::{Duty, KeptDuty, OnDuty};
use crate::store::names::{json, json_text, named};
use crate::store::{Doing, Store, StoreError, Tx, uuid};

/// A row of a rota with the person's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DutyView {
    /// What it says.
    #[serde(flatten)]
    pub kept: KeptDuty,
    /// Name for people; empty where nobody has entered one.
    pub full_name: String,
}

/// Somebody on duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OnDutyView {
    /// Who.
    pub user: String,
    /// Name for people.
    pub full_name: String,
    /// Telephone.
    pub phone: String,
    /// 单位.
    pub unit: String,
    /// As what.
    pub role: Role,
    /// Where.
    pub region: Region,
    /// Since when.
    pub since_utc: Timestamp,
    /// Until when.
    pub until_utc: Timestamp,
}

const DOING: &str = "read the rota";

impl Store {
    /// Rows of rotas in these regions and in what they lie in, the earliest first; none means everywhere.
    pub async fn duties(&self, within: Option<&[Region]>) -> Result<Vec<DutyView>, StoreError> {
        let mut sql =
            Sql::new("SELECT d.*, u.full_name FROM duty d JOIN user_ u ON u.name = d.user_ WHERE (1 = ");
        sql.bind(i64::from(within.is_none()));
        for region in within.unwrap_or_default() {
            // a code is digits only, so nothing in it means anything to LIKE
            sql.push(" OR d.region LIKE ").bind(format!("{region}%"));
            let above: Vec<Region> = std::iter::successors(region.parent(), Region::parent).collect();
            sql.push(" OR d.region IN ").list(above.iter().map(Region::as_str));
        }
        sql.push(") ORDER BY d.from_day, d.region, d.start_, d.place, d.user_ LIMIT 10000");
        let rows = sql.all(&mut *self.reader().await?, DOING).await?;
        rows.iter()
            .map(|row| {
                let id = uuid(row.try_get("id").doing(DOING)?)?;
                let kept = KeptDuty { id, duty: duty(row)? };
                Ok(DutyView { kept, full_name: row.try_get("full_name").doing(DOING)? })
            })
            .collect()
    }

    /// Who is on duty for a place, nearest first; no behavior: whatever for.
    pub async fn on_duty(
        &self,
        region: &Region,
        behavior: Option<&str>,
        at: Timestamp,
    ) -> Result<Vec<OnDutyView>, StoreError> {
        let mut tx = self.reading().await?;
        let policy = self.current_policy(&mut tx).await?;
        let on = policy.rules.roster.on_duty(region, &[], behavior, at);
        let mut sql = Sql::new("SELECT name, full_name, phone, unit FROM user_ WHERE name IN ");
        sql.list(on.iter().map(|on| on.duty.user.as_str()));
        let rows = sql.all(&mut tx, DOING).await?;
        let mut known = HashMap::with_capacity(rows.len());
        for row in &rows {
            let name: String = row.try_get("name").doing(DOING)?;
            known.insert(name, row);
        }
        let view = |on: OnDuty<'_>| {
            let user = on.duty.user.clone();
            let row = known
                .get(&user)
                .ok_or_else(|| StoreError::Corrupt(format!("{user} stands in a rota and is nobody")))?;
            Ok(OnDutyView {
                full_name: row.try_get("full_name").doing(DOING)?,
                phone: row.try_get("phone").doing(DOING)?,
                unit: row.try_get("unit").doing(DOING)?,
                user,
                role: on.duty.role,
                region: on.duty.region.clone(),
                since_utc: on.since,
                until_utc: on.until,
            })
        };
        on.into_iter().map(view).collect()
    }

    /// Enters a row of a rota; none where there is no such user, or the row is there already.
    pub async fn add_duty(&self, duty: &Duty) -> Result<Option<Uuid>, StoreError> {
        let mut tx = self.begin().await?;
        let known: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM user_ WHERE name = $1 AND disabled_us IS NULL")
                .bind(&duty.user)
                .fetch_one(&mut *tx)
                .await
                .doing(DOING)?;
        if known == 0 {
            return Ok(None);
        }
        if all_duties(&mut tx).await?.iter().any(|own| own.is_row_of(duty)) {
            return Ok(None);
        }
        let ids = write_duties(&mut tx, &[duty]).await?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing("write the rota")?;
        Ok(ids.first().copied())
    }

    /// Where a row of a rota counts; none where there is no such row.
    pub async fn duty_region(&self, id: Uuid) -> Result<Option<Region>, StoreError> {
        let region: Option<String> = sqlx::query_scalar("SELECT region FROM duty WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.db.readers())
            .await
            .doing(DOING)?;
        Ok(region.map(|code| Region::of_site(&code)))
    }

    /// Takes a row of a rota away; false where there was none.
    pub async fn remove_duty(&self, id: Uuid) -> Result<bool, StoreError> {
        let doing = "remove a row of the rota";
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM duty WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(gone.rows_affected() == 1)
    }
}

/// Writes rows of rotas; one that is there already stays as it is, but for its order.
pub(super) async fn write_duties(tx: &mut Tx, duties: &[&Duty]) -> Result<Vec<Uuid>, StoreError> {
    let mut rows = Vec::with_capacity(duties.len());
    for duty in duties {
        rows.push((Uuid::now_v7(), *duty, json_text(&duty.weekdays)?, json_text(&duty.behaviors)?));
    }
    let head = "INSERT INTO duty (id, user_, role, region, from_day, until_day, weekdays, start_, end_, behaviors, place)";
    let tail = " ON CONFLICT (user_, role, region, from_day, until_day, weekdays, start_, end_, behaviors)
        DO UPDATE SET place = excluded.place";
    insert(tx, "write the rota", (head, tail), 11, &rows, |values, (id, duty, weekdays, behaviors)| {
        values
            .bind(id.to_string())
            .bind(&duty.user)
            .bind(duty.role.as_str())
            .bind(duty.region.as_str())
            .bind(duty.from.to_string())
            .bind(duty.until.to_string())
            .bind(weekdays)
            .bind(duty.start.to_string())
            .bind(duty.end.to_string())
            .bind(behaviors)
            .bind(i64::from(duty.place));
    })
    .await?;
    Ok(rows.into_iter().map(|(id, ..)| id).collect())
}

/// All rows, for the policy.
pub(in crate::store) async fn all_duties(tx: &mut Tx) -> Result<Vec<Duty>, StoreError> {
    // whoever may not log in cannot be on duty
    let rows =
        sqlx::query("SELECT d.* FROM duty d JOIN user_ u ON u.name = d.user_ WHERE u.disabled_us IS NULL")
            .fetch_all(&mut **tx)
            .await
            .doing(DOING)?;
    rows.iter().map(duty).collect()
}

/// Regions in which somebody may handle cases; none in it is everywhere.
pub(in crate::store) async fn workers(tx: &mut Tx) -> Result<Vec<Option<Region>>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT p.region FROM post p JOIN user_ u ON u.name = p.user_
         WHERE p.role = 'grid_worker' AND u.disabled_us IS NULL",
    )
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    rows.iter()
        .map(|row| {
            let code: &str = row.try_get("region").doing(DOING)?;
            Ok(Region::parse(code).ok())
        })
        .collect()
}

fn duty(row: &AnyRow) -> Result<Duty, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt(format!("the rota's `{what}`"));
    let text = |column| row.try_get::<&str, _>(column).doing(DOING);
    let place: i64 = row.try_get("place").doing(DOING)?;
    Ok(Duty {
        user: text("user_")?.to_owned(),
        role: named(Role::parse, text("role")?)?,
        region: Region::parse(text("region")?).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        from: text("from_day")?.parse().map_err(|_| corrupt("from_day"))?,
        until: text("until_day")?.parse().map_err(|_| corrupt("until_day"))?,
        weekdays: json(text("weekdays")?)?,
        start: text("start_")?.parse().map_err(|_| corrupt("start_"))?,
        end: text("end_")?.parse().map_err(|_| corrupt("end_"))?,
        behaviors: json(text("behaviors")?)?,
        place: u8::try_from(place).map_err(|_| corrupt("place"))?,
    })
}
