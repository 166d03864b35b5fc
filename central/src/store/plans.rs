//! Emergency plans: all their versions. What is kept is never changed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use xunge_database::insert;

use super::names::{json, json_text};
use super::org::Report;
use super::{Doing, Store, StoreError, Tx, count, time, us};
use crate::case::guard::{Actor, Role};
use crate::org::Region;
use crate::org::import::Problem;
use crate::plan::{self, Body, Plan};

/// Who plans are by that came with the program.
const BROUGHT: &str = "system";

/// A version of a plan, and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanView {
    /// The version.
    #[serde(flatten)]
    pub plan: Plan,
    /// Who made it; `system` where it came with the program.
    pub by: String,
    /// When.
    pub made_utc: Timestamp,
}

/// What became of a plan that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is this version now.
    As(u64),
    /// Somebody else has made a newer version than the one that was shown.
    Newer(u64),
    /// There is no such plan.
    Missing,
}

fn view(row: &AnyRow) -> Result<PlanView, StoreError> {
    let doing = "read the plans";
    Ok(PlanView {
        plan: Plan {
            id: row.try_get("id").doing(doing)?,
            version: count(row.try_get("version").doing(doing)?),
            body: json(row.try_get("body").doing(doing)?)?,
        },
        by: row.try_get("by_").doing(doing)?,
        made_utc: time(row.try_get("made_us").doing(doing)?)?,
    })
}

/// The newest version of each plan.
const NEWEST: &str = "SELECT p.id, p.version, p.body, p.by_, p.made_us FROM plan p
    WHERE p.version = (SELECT MAX(q.version) FROM plan q WHERE q.id = p.id) ORDER BY p.id";

async fn newest(tx: &mut Tx) -> Result<Vec<PlanView>, StoreError> {
    let rows = sqlx::query(NEWEST).fetch_all(&mut **tx).await.doing("read the plans")?;
    rows.iter().map(view).collect()
}

/// The plans that open with new cases.
pub(super) async fn in_force(tx: &mut Tx) -> Result<Vec<Plan>, StoreError> {
    let plans = newest(tx).await?.into_iter().map(|view| view.plan);
    Ok(plans.filter(|plan| plan.body.enabled).collect())
}

async fn write(tx: &mut Tx, plans: &[Plan], by: &str, now: Timestamp) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(plans.len());
    for plan in plans {
        rows.push((plan, json_text(&plan.body)?));
    }
    let head = "INSERT INTO plan (id, version, body, by_, made_us)";
    insert(tx, "keep plans", (head, ""), 5, &rows, |values, (plan, body)| {
        values
            .bind(&plan.id)
            .bind(i64::try_from(plan.version).unwrap_or(i64::MAX))
            .bind(body)
            .bind(by)
            .bind(us(now));
    })
    .await?;
    Ok(())
}

impl Store {
    /// Keeps the plans that came with this version of the program, where it has newer ones and nobody here has written their
    /// own version. Says how many.
    pub async fn bring_plans(&self, plans: &[Plan], now: Timestamp) -> Result<usize, StoreError> {
        let mut tx = self.begin().await?;
        let known: BTreeMap<String, PlanView> =
            newest(&mut tx).await?.into_iter().map(|view| (view.plan.id.clone(), view)).collect();
        let coming: Vec<Plan> = plans
            .iter()
            .filter(|plan| {
                known.get(&plan.id).is_none_or(|own| own.by == BROUGHT && own.plan.version < plan.version)
            })
            .cloned()
            .collect();
        if !coming.is_empty() {
            write(&mut tx, &coming, BROUGHT, now).await?;
            Self::org_changed(&mut tx).await?;
            tx.commit().await.doing("keep plans")?;
        }
        Ok(coming.len())
    }

    /// The newest version of every plan.
    pub async fn plans(&self) -> Result<Vec<PlanView>, StoreError> {
        let mut tx = self.reading().await?;
        newest(&mut tx).await
    }

    /// All versions of a plan, the newest first.
    pub async fn plan_versions(&self, id: &str) -> Result<Vec<PlanView>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, version, body, by_, made_us FROM plan WHERE id = $1 ORDER BY version DESC LIMIT 200",
        )
        .bind(id)
        .fetch_all(self.db.readers())
        .await
        .doing("read the plans")?;
        rows.iter().map(view).collect()
    }

    /// One version of a plan.
    pub async fn plan(&self, id: &str, version: u64) -> Result<Option<Plan>, StoreError> {
        let row =
            sqlx::query("SELECT id, version, body, by_, made_us FROM plan WHERE id = $1 AND version = $2")
                .bind(id)
                .bind(i64::try_from(version).unwrap_or(i64::MAX))
                .fetch_optional(self.db.readers())
                .await
                .doing("read a plan")?;
        Ok(row.as_ref().map(view).transpose()?.map(|view| view.plan))
    }

    /// Keeps a new version of a plan, or a new plan. `shown` is the version that whoever wrote it saw; none is a new plan.
    pub async fn keep_plan(
        &self,
        id: &str,
        body: &Body,
        shown: Option<u64>,
        by: &str,
        now: Timestamp,
    ) -> Result<Kept, StoreError> {
        let doing = "keep a plan";
        let mut tx = self.begin().await?;
        let last: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM plan WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *tx)
            .await
            .doing(doing)?;
        let last = last.map(count);
        match (last, shown) {
            (Some(last), shown) if shown != Some(last) => return Ok(Kept::Newer(last)),
            (None, Some(_)) => return Ok(Kept::Missing),
            _ => {}
        }
        let version = last.unwrap_or(0) + 1;
        write(&mut tx, &[Plan { id: id.to_owned(), version, body: body.clone() }], by, now).await?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        Ok(Kept::As(version))
    }

    /// Imports a file of plans: what differs becomes a new version. Nothing is written in a dry run, or where anything is wrong.
    pub async fn import_plans(
        &self,
        bytes: &[u8],
        actor: &Actor,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Report, StoreError> {
        let read = plan::read(bytes);
        let mut report = Report { problems: read.problems, ..Report::default() };
        let mut tx = self.begin().await?;
        let known: BTreeMap<String, Plan> =
            newest(&mut tx).await?.into_iter().map(|view| (view.plan.id.clone(), view.plan)).collect();
        let mut coming = Vec::new();
        for (line, row) in read.rows {
            let before = known.get(&row.id);
            let places: BTreeSet<Option<&Region>> = before
                .into_iter()
                .map(|plan| plan.body.region.as_ref())
                .chain([row.body.region.as_ref()])
                .collect();
            if !places.iter().all(|region| may_write(actor, *region)) {
                report.problems.push(Problem {
                    line,
                    zh: format!("预案 {} 不在您的管辖范围内", row.id),
                    en: format!("the plan {} is not for a region of yours", row.id),
                });
                continue;
            }
            match before {
                Some(before) if before.body == row.body => report.same += 1,
                before => {
                    let version = before.map_or(1, |before| before.version + 1);
                    if version == 1 {
                        report.new += 1
                    } else {
                        report.changed += 1
                    }
                    coming.push(Plan { id: row.id, version, body: row.body });
                }
            }
        }
        report.problems.sort_by_key(|problem| problem.line);
        if dry_run || !report.problems.is_empty() {
            return Ok(report);
        }
        if !coming.is_empty() {
            write(&mut tx, &coming, &actor.name, now).await?;
            Self::org_changed(&mut tx).await?;
        }
        tx.commit().await.doing("commit an import of plans")?;
        report.applied = true;
        Ok(report)
    }
}

/// Whether somebody may write plans for a region; none is everywhere.
pub fn may_write(actor: &Actor, region: Option<&Region>) -> bool {
    const WRITERS: [Role; 2] = [Role::Admin, Role::Supervisor];
    match region {
        Some(region) => actor.holds(&WRITERS, region),
        None => actor.posts.iter().any(|post| WRITERS.contains(&post.role) && post.region.is_none()),
    }
}
