//! What people hold back: shelving (搁置) and maintenance.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_database::{Sql, parts};

use super::org::begins_with;
use super::{Doing, Store, StoreError, Tx, opt_time, time, us, uuid};
use crate::case::book::id_at;
use crate::incident::{Held, Step};
use crate::org::Region;

/// A longer shelf counts only once a second person has agreed.
pub const SECOND_PERSON_AFTER: SignedDuration = SignedDuration::from_hours(8);

/// What is to be held back, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Box.
    pub edge: String,
    /// Camera; none means all of the box.
    pub camera: Option<String>,
    /// Rule; none means all of the camera. Maintenance has none.
    pub rule: Option<String>,
    /// Why.
    pub reason: String,
    /// From.
    pub from_utc: Timestamp,
    /// Until.
    pub until_utc: Timestamp,
}

/// A shelf or a maintenance window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WindowView {
    /// Identity.
    pub id: Uuid,
    /// Box.
    pub edge: String,
    /// Camera; none means all of the box.
    pub camera: Option<String>,
    /// Rule; none means all of the camera.
    pub rule: Option<String>,
    /// Why; `chatter` where a rule shelved itself.
    pub reason: String,
    /// Who.
    pub by: String,
    /// Waits for a second person.
    pub pending: bool,
    /// Who agreed.
    pub second: Option<String>,
    /// From.
    pub from_utc: Timestamp,
    /// Until.
    pub until_utc: Timestamp,
    /// When somebody ended it before its time.
    pub ended_utc: Option<Timestamp>,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// How many alerts it has held back.
    pub held: u64,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// 搁置.
    Shelf,
    /// 维护.
    Maintenance,
}

/// Which part of the list.
#[derive(Debug, Clone, Default)]
pub struct QuietPage {
    /// Also those of before.
    pub past: bool,
    /// Only what is in these regions; none means everywhere.
    pub regions: Option<Vec<Region>>,
    /// Only those behind this one: when it begins, and its identity.
    pub after: Option<(Timestamp, Uuid)>,
    /// At most so many.
    pub limit: u32,
}

impl Quiet {
    fn columns(self) -> &'static str {
        match self {
            Self::Shelf => {
                "SELECT id, edge, camera, rule, reason, by_, pending, second, from_us, until_us, ended_us, ended_by, held
             FROM shelf"
            }
            Self::Maintenance => {
                "SELECT id, edge, camera, '' AS rule, reason, by_, CAST(0 AS BIGINT) AS pending, NULL AS second, from_us, until_us,
                        ended_us, ended_by, held FROM maintenance"
            }
        }
    }
}

impl Store {
    /// Holds back from now on, or once a second person has agreed. Gives its identity.
    pub async fn hold_back(
        &self,
        what: Quiet,
        window: &Window,
        by: &str,
        now: Timestamp,
    ) -> Result<Uuid, StoreError> {
        let doing = "hold alerts back";
        let id = id_at(now);
        let mut tx = self.begin().await?;
        let mut sql = match what {
            Quiet::Shelf => {
                let long = window.until_utc.duration_since(window.from_utc) > SECOND_PERSON_AFTER;
                let mut sql = Sql::new(
                    "INSERT INTO shelf (pending, rule, id, edge, camera, reason, by_, from_us, until_us) VALUES (",
                );
                sql.bind(i64::from(long))
                    .push(", ")
                    .bind(window.rule.as_deref().unwrap_or_default())
                    .push(", ");
                sql
            }
            Quiet::Maintenance => Sql::new(
                "INSERT INTO maintenance (id, edge, camera, reason, by_, from_us, until_us) VALUES (",
            ),
        };
        sql.bind(id.to_string()).push(", ").bind(&window.edge).push(", ");
        sql.bind(window.camera.as_deref().unwrap_or_default()).push(", ").bind(&window.reason).push(", ");
        sql.bind(by).push(", ").bind(us(window.from_utc)).push(", ").bind(us(window.until_utc)).push(")");
        sql.run(&mut tx, doing).await?;
        tx.commit().await.doing(doing)?;
        Ok(id)
    }

    /// Ends one before its time; false where there is none that runs.
    pub async fn end_quiet(
        &self,
        what: Quiet,
        id: Uuid,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "stop holding alerts back";
        let mut tx = self.begin().await?;
        let table = match what {
            Quiet::Shelf => {
                "UPDATE shelf SET ended_us = $2, ended_by = $3 WHERE id = $1 AND ended_us IS NULL AND until_us > $2"
            }
            Quiet::Maintenance => {
                "UPDATE maintenance SET ended_us = $2, ended_by = $3 WHERE id = $1 AND ended_us IS NULL AND until_us > $2"
            }
        };
        let ended = sqlx::query(table)
            .bind(id.to_string())
            .bind(us(now))
            .bind(by)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(ended.rows_affected() == 1)
    }

    /// A second person agrees to a long shelf; false where none waits, or the same person asks.
    pub async fn agree_to_shelf(&self, id: Uuid, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "agree to a shelf";
        let mut tx = self.begin().await?;
        let agreed = sqlx::query(
            "UPDATE shelf SET pending = 0, second = $2
             WHERE id = $1 AND pending = 1 AND by_ <> $2 AND ended_us IS NULL AND until_us > $3",
        )
        .bind(id.to_string())
        .bind(by)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .doing(doing)?;
        tx.commit().await.doing(doing)?;
        Ok(agreed.rows_affected() == 1)
    }

    /// A page of those that run, are announced or wait, and with `past` of those of before: the newest first.
    pub async fn quiet(
        &self,
        what: Quiet,
        page: &QuietPage,
        now: Timestamp,
    ) -> Result<Vec<WindowView>, StoreError> {
        let mut sql = Sql::new(what.columns());
        sql.push(" q WHERE 1 = 1");
        if !page.past {
            sql.push(" AND COALESCE(ended_us, until_us) > ").bind(us(now));
        }
        if let Some(regions) = &page.regions {
            let place = "COALESCE((SELECT p.region FROM camera_place p WHERE p.edge = q.edge AND p.camera = q.camera),
                                  (SELECT e.site FROM edge e WHERE e.edge = q.edge))";
            begins_with(&mut sql, place, regions);
        }
        if let Some((from_utc, id)) = page.after {
            sql.push(" AND (from_us < ").bind(us(from_utc)).push(" OR from_us = ").bind(us(from_utc));
            sql.push(" AND id > ").bind(id.to_string()).push(")");
        }
        sql.push(" ORDER BY from_us DESC, id LIMIT ").bind(i64::from(page.limit));
        self.read_windows(sql).await
    }

    /// One that runs, is announced or waits.
    pub async fn quiet_window(
        &self,
        what: Quiet,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<WindowView>, StoreError> {
        let mut sql = Sql::new(what.columns());
        sql.push(" WHERE id = ").bind(id.to_string());
        sql.push(" AND COALESCE(ended_us, until_us) > ").bind(us(now));
        Ok(self.read_windows(sql).await?.pop())
    }

    async fn read_windows(&self, sql: Sql) -> Result<Vec<WindowView>, StoreError> {
        let rows = sql.all(&mut *self.reader().await?, "read what holds alerts back").await?;
        rows.iter().map(view).collect()
    }
}

fn view(row: &AnyRow) -> Result<WindowView, StoreError> {
    let doing = "read what holds alerts back";
    let some = |text: String| (!text.is_empty()).then_some(text);
    Ok(WindowView {
        id: uuid(row.try_get("id").doing(doing)?)?,
        edge: row.try_get("edge").doing(doing)?,
        camera: some(row.try_get("camera").doing(doing)?),
        rule: some(row.try_get("rule").doing(doing)?),
        reason: row.try_get("reason").doing(doing)?,
        by: row.try_get("by_").doing(doing)?,
        pending: row.try_get::<i64, _>("pending").doing(doing)? != 0,
        second: row.try_get("second").doing(doing)?,
        from_utc: time(row.try_get("from_us").doing(doing)?)?,
        until_utc: time(row.try_get("until_us").doing(doing)?)?,
        ended_utc: opt_time(row.try_get("ended_us").doing(doing)?)?,
        ended_by: row.try_get("ended_by").doing(doing)?,
        held: super::count(row.try_get("held").doing(doing)?),
    })
}

/// How many alerts each shelf and each window of maintenance holds back.
#[derive(Default)]
pub(super) struct HeldBack {
    shelves: BTreeMap<Uuid, i64>,
    maintenance: BTreeMap<Uuid, i64>,
}

impl HeldBack {
    /// What the ways of these alerts say.
    pub(super) fn of<'s>(steps: impl Iterator<Item = &'s Step>) -> Self {
        let mut of = Self::default();
        for step in steps {
            match step {
                Step::Held(Held::Shelved { shelf, .. }) => *of.shelves.entry(*shelf).or_default() += 1,
                Step::Held(Held::Maintenance { window, .. }) => {
                    *of.maintenance.entry(*window).or_default() += 1
                }
                // what tampering holds back, nobody has asked for
                _ => {}
            }
        }
        of
    }
}

/// Counts what was held back.
pub(super) async fn count_held(tx: &mut Tx, held: HeldBack) -> Result<(), StoreError> {
    let tables = [
        ("UPDATE shelf SET held = held + k.column2 FROM ", " AS k WHERE shelf.id = k.column1", held.shelves),
        (
            "UPDATE maintenance SET held = held + k.column2 FROM ",
            " AS k WHERE maintenance.id = k.column1",
            held.maintenance,
        ),
    ];
    for (head, tail, counts) in tables {
        let counts: Vec<_> = counts.into_iter().collect();
        for part in parts(&counts, 2) {
            let mut sql = Sql::new(head);
            sql.values(part, |values, (id, more)| {
                values.bind(id.to_string()).bind(*more);
            });
            sql.push(tail);
            sql.run(tx, "count what was held back").await?;
        }
    }
    Ok(())
}
