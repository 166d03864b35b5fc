//! 双人复核: requests that a second person has to agree to. The rules are in [`crate::law::approval`].

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_database::Sql;

use super::ledger::{Line, append};
use super::names::{json, json_text, named};
use super::{Doing, Store, StoreError, opt_time, time, us, uuid};
use crate::case::book::id_at;
use crate::law::approval::{Course, Kind, Standing};
use crate::law::ledger::Fact;
use crate::org::Region;

/// Most rows of the list.
const LISTED: i64 = 200;
const DOING: &str = "read a request";

/// A request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Approval {
    /// Identity.
    pub id: Uuid,
    /// What two people are needed for.
    pub kind: Kind,
    /// Where; empty is everywhere.
    pub regions: Vec<Region>,
    /// What exactly: it is good for this and nothing else.
    pub scope: Value,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub by: String,
    /// When.
    pub asked_utc: Timestamp,
    /// When the second person answered.
    pub answered_utc: Option<Timestamp>,
    /// Who.
    pub answered_by: Option<String>,
    /// What.
    pub agreed: Option<bool>,
    /// When it was done.
    pub used_utc: Option<Timestamp>,
    /// Where it stands now.
    pub standing: Standing,
}

impl Store {
    /// Asks for a second person.
    pub async fn ask(
        &self,
        kind: Kind,
        regions: &[Region],
        (scope, reason): (&Value, &str),
        by: &str,
        now: Timestamp,
    ) -> Result<Uuid, StoreError> {
        let doing = "ask for a second person";
        let id = id_at(now);
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO approval (id, kind, regions, scope, reason, by_, asked_us) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.to_string())
        .bind(kind.as_str())
        .bind(json_text(&regions)?)
        .bind(json_text(scope)?)
        .bind(reason)
        .bind(by)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        let fact = Fact::Asked { kind, scope: scope.clone(), reason: reason.to_owned() };
        append(&mut tx, &[Line { region: one(regions), about: id, fact: &fact }], by, now).await?;
        tx.commit().await.doing(doing)?;
        Ok(id)
    }

    /// The second person answers; false where it no longer waits or it is his own request. Whether the posts suffice is asked before.
    pub async fn answer(&self, id: Uuid, agreed: bool, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "answer a request";
        let mut tx = self.begin().await?;
        let row = sqlx::query("SELECT * FROM approval WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut *tx)
            .await
            .doing(doing)?;
        let Some(asked) = row.as_ref().map(|row| approval(row, now)).transpose()? else { return Ok(false) };
        if asked.standing != Standing::Waiting || asked.by == by {
            return Ok(false);
        }
        sqlx::query("UPDATE approval SET answered_us = $2, answered_by = $3, agreed = $4 WHERE id = $1")
            .bind(id.to_string())
            .bind(us(now))
            .bind(by)
            .bind(i64::from(agreed))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        let fact = Fact::Answered { agreed };
        append(&mut tx, &[Line { region: one(&asked.regions), about: id, fact: &fact }], by, now).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }

    /// Uses an agreed request of this person, once, for exactly this; false where it is none.
    pub async fn use_approval(
        &self,
        id: Uuid,
        (kind, scope): (Kind, &Value),
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "use a request";
        let mut tx = self.begin().await?;
        let row = sqlx::query("SELECT * FROM approval WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut *tx)
            .await
            .doing(doing)?;
        let Some(asked) = row.as_ref().map(|row| approval(row, now)).transpose()? else { return Ok(false) };
        let fits = asked.standing == Standing::Agreed && asked.by == by && asked.kind == kind;
        if !fits || asked.scope != *scope {
            return Ok(false);
        }
        sqlx::query("UPDATE approval SET used_us = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(us(now))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }

    /// One request.
    pub async fn approval(&self, id: Uuid, now: Timestamp) -> Result<Option<Approval>, StoreError> {
        let row = sqlx::query("SELECT * FROM approval WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.db.readers())
            .await
            .doing(DOING)?;
        row.as_ref().map(|row| approval(row, now)).transpose()
    }

    /// The newest requests.
    pub async fn approvals(&self, now: Timestamp) -> Result<Vec<Approval>, StoreError> {
        let mut query = Sql::new("SELECT * FROM approval ORDER BY asked_us DESC, id LIMIT ");
        query.bind(LISTED);
        let rows = query.all(&mut *self.reader().await?, DOING).await?;
        rows.iter().map(|row| approval(row, now)).collect()
    }
}

/// Where the ledger files a request: in its region where it has exactly one.
fn one(regions: &[Region]) -> &str {
    match regions {
        [only] => only.as_str(),
        _ => "",
    }
}

fn approval(row: &AnyRow, now: Timestamp) -> Result<Approval, StoreError> {
    let asked_utc = time(row.try_get("asked_us").doing(DOING)?)?;
    let answered_utc = opt_time(row.try_get("answered_us").doing(DOING)?)?;
    let agreed = row.try_get::<Option<i64>, _>("agreed").doing(DOING)?.map(|agreed| agreed != 0);
    let used_utc = opt_time(row.try_get("used_us").doing(DOING)?)?;
    let course = Course { asked_utc, answered: answered_utc.zip(agreed), used_utc };
    Ok(Approval {
        id: uuid(row.try_get("id").doing(DOING)?)?,
        kind: named(Kind::parse, row.try_get("kind").doing(DOING)?)?,
        regions: json(row.try_get("regions").doing(DOING)?)?,
        scope: json(row.try_get("scope").doing(DOING)?)?,
        reason: row.try_get("reason").doing(DOING)?,
        by: row.try_get("by_").doing(DOING)?,
        asked_utc,
        answered_utc,
        answered_by: row.try_get("answered_by").doing(DOING)?,
        agreed,
        used_utc,
        standing: course.at(now),
    })
}
