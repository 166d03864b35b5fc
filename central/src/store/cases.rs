//! Cases: registering, changing, listing.

mod rows;

pub(super) use rows::case as case_row;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::Row;
use uuid::Uuid;
use xunge_alert::Alert;

use super::edges::name_of;
use super::sql::Sql;
use super::{Doing, Store, StoreError, Tx, chain, count, us, uuid};
use crate::case::{self, Case, Change, State, number};
use crate::view::{CaseDetail, CaseSummary, Counts};

/// Which cases a list shows.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Only these states; none means all.
    pub states: Vec<State>,
    /// Only cases that were registered before this one.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: u32,
}

pub(super) fn box_text(bounds: [f32; 4]) -> String {
    // serialising four finite numbers cannot fail; a whole frame is the honest fallback
    serde_json::to_string(&bounds).unwrap_or_else(|_| "[0,0,1,1]".into())
}

/// Makes a case that begins with `alert`, and asks the security room to look at it.
pub(super) async fn register(
    tx: &mut Tx,
    alert: &Alert,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Uuid, StoreError> {
    let doing = "register a case";
    let (district, day) = (number::district(&alert.site), number::day(now, zone));
    let sequence: i64 = sqlx::query_scalar(
        "INSERT INTO case_number (district, day, last) VALUES ($1, $2, 1)
         ON CONFLICT (district, day) DO UPDATE SET last = case_number.last + 1 RETURNING last",
    )
    .bind(district)
    .bind(&day)
    .fetch_one(&mut **tx)
    .await
    .doing(doing)?;
    let case = Case::registered();
    let id = Uuid::new_v4();
    sqlx::query(
        "INSERT INTO case_ (id, ordinal, number, state, version, log_length, behavior, severity, edge, site, camera,
                            camera_name, rule, zone, test, since_us, last_us, phase, alert_count, score, box, late,
                            registered_us, updated_us)
         VALUES ($1, (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM case_), $2, $3, $4, 0, $5, $6, $7, $8, $9,
                 $10, $11, $12, $13, $14, $15, $16, 0, $17, $18, 0, $19, $19)",
    )
    .bind(id.to_string())
    .bind(number::format(district, &day, count(sequence)))
    .bind(case.state.as_str())
    .bind(1_i64)
    .bind(&alert.behavior)
    .bind(i64::from(alert.severity.level()))
    .bind(&alert.edge)
    .bind(&alert.site)
    .bind(&alert.camera)
    .bind(&alert.camera_name)
    .bind(&alert.rule)
    .bind(alert.zone.as_deref().unwrap_or(""))
    .bind(i64::from(alert.test))
    .bind(us(alert.since_utc))
    .bind(us(alert.utc))
    .bind(name_of(&alert.phase)?)
    .bind(f64::from(alert.score))
    .bind(box_text(alert.bounds))
    .bind(us(now))
    .execute(&mut **tx)
    .await
    .doing(doing)?;
    let begins = Change::Registered { edge: alert.edge.clone(), alert_id: alert.alert_id };
    chain::append(tx, id, "system", &begins, now).await?;
    // R→V by itself: what a camera sees in public space is always looked at
    change(tx, id, &Change::Verifying, "system", None, now).await?;
    Ok(id)
}

/// Applies a change and writes it to the log. `shown` is the version that a person had on screen.
pub(super) async fn change(
    tx: &mut Tx,
    id: Uuid,
    change: &Change,
    actor: &str,
    shown: Option<u64>,
    now: Timestamp,
) -> Result<Option<Case>, StoreError> {
    let doing = "change a case";
    let row = sqlx::query("SELECT * FROM case_ WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .doing(doing)?;
    let Some(row) = row else { return Ok(None) };
    let case = rows::case(&row)?;
    if let (Some(shown), None) = (shown, &case.decision) {
        case.expect_version(shown)?;
    }
    let next = case::apply(&case, change, actor, now)?;
    let decision = next.decision.as_ref();
    sqlx::query(
        "UPDATE case_ SET state = $2, version = $3, verdict = $4, reason = $5, note = $6, verdict_by = $7,
                          verdict_us = $8, updated_us = $9 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(next.state.as_str())
    .bind(i64::try_from(next.version).unwrap_or(i64::MAX))
    .bind(decision.map(|d| d.verdict.as_str()))
    .bind(decision.and_then(|d| d.reason).map(case::Reason::as_str))
    .bind(decision.and_then(|d| d.note.as_deref()))
    .bind(decision.map(|d| d.by.as_str()))
    .bind(decision.map(|d| us(d.utc)))
    .bind(us(now))
    .execute(&mut **tx)
    .await
    .doing(doing)?;
    chain::append(tx, id, actor, change, now).await?;
    Ok(Some(next))
}

/// Brings what a case says about its alerts up to date.
pub(super) async fn refresh(
    tx: &mut Tx,
    id: Uuid,
    camera_name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE case_ SET
           alert_count = (SELECT COUNT(*) FROM alert a WHERE a.case_id = case_.id),
           since_us    = (SELECT MIN(a.since_us) FROM alert a WHERE a.case_id = case_.id),
           last_us     = (SELECT MAX(a.utc_us) FROM alert a WHERE a.case_id = case_.id),
           severity    = (SELECT MIN(a.severity) FROM alert a WHERE a.case_id = case_.id),
           score       = (SELECT MAX(a.score) FROM alert a WHERE a.case_id = case_.id),
           late        = (SELECT MIN(a.late) FROM alert a WHERE a.case_id = case_.id),
           ended_us    = (SELECT CASE WHEN COUNT(a.ended_us) = COUNT(*) THEN MAX(a.ended_us) END
                          FROM alert a WHERE a.case_id = case_.id),
           phase       = (SELECT CASE WHEN COUNT(a.ended_us) = COUNT(*) THEN 'ended'
                                      WHEN COUNT(*) = 1 THEN MAX(a.phase) ELSE 'updated' END
                          FROM alert a WHERE a.case_id = case_.id),
           box         = (SELECT a.box FROM alert a WHERE a.case_id = case_.id
                          ORDER BY a.score DESC, a.first_received_us, a.alert_id LIMIT 1),
           camera_name = $2,
           updated_us  = $3
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(camera_name)
    .bind(us(now))
    .execute(&mut **tx)
    .await
    .doing("bring a case up to date")?;
    Ok(())
}

impl Store {
    /// Cases, newest registration first, and the id to go on from when there are more.
    pub async fn list_cases(
        &self,
        filter: &CaseFilter,
    ) -> Result<(Vec<CaseSummary>, Option<Uuid>), StoreError> {
        let doing = "read the cases";
        let mut query = Sql::new(rows::SUMMARY);
        query.push(" WHERE 1 = 1");
        if !filter.states.is_empty() {
            query.push(" AND c.state IN ").list(filter.states.iter().map(|state| state.as_str()));
        }
        if let Some(before) = filter.before {
            query.push(" AND c.ordinal < (SELECT b.ordinal FROM case_ b WHERE b.id = ");
            query.bind(before.to_string()).push(")");
        }
        query.push(" ORDER BY c.ordinal DESC LIMIT ").bind(i64::from(filter.limit) + 1);
        let found = query.query(doing)?.fetch_all(&self.readers).await.doing(doing)?;
        let mut cases = found.iter().map(rows::summary).collect::<Result<Vec<_>, _>>()?;
        let more = cases.len() > filter.limit as usize;
        cases.truncate(filter.limit as usize);
        let next = if more { cases.last().map(|case| case.id) } else { None };
        Ok((cases, next))
    }

    /// One case as the list shows it.
    pub async fn case_summary(&self, id: Uuid) -> Result<Option<CaseSummary>, StoreError> {
        let doing = "read a case";
        let mut query = Sql::new(rows::SUMMARY);
        query.push(" WHERE c.id = ").bind(id.to_string());
        let found = query.query(doing)?.fetch_optional(&self.readers).await.doing(doing)?;
        found.as_ref().map(rows::summary).transpose()
    }

    /// One case with everything about it.
    pub async fn case_detail(&self, id: Uuid) -> Result<Option<CaseDetail>, StoreError> {
        // one transaction, so that summary, alerts and log are of the same moment
        let mut tx = self.reading().await?;
        rows::detail(&mut tx, id).await
    }

    /// Records a person's verdict. None when there is no such case.
    pub async fn decide(
        &self,
        id: Uuid,
        decided: &Change,
        actor: &str,
        shown: u64,
        now: Timestamp,
    ) -> Result<Option<Case>, StoreError> {
        let mut tx = self.begin().await?;
        let case = change(&mut tx, id, decided, actor, Some(shown), now).await?;
        tx.commit().await.doing("commit a verdict")?;
        Ok(case)
    }

    /// Cases in which an alert names this file.
    pub async fn cases_with(&self, sha256: &str) -> Result<Vec<Uuid>, StoreError> {
        let doing = "read the cases of a file";
        let rows = sqlx::query(
            "SELECT DISTINCT a.case_id FROM alert a
             JOIN alert_evidence e ON e.edge = a.edge AND e.alert_id = a.alert_id
             WHERE e.sha256 = $1 LIMIT 1000",
        )
        .bind(sha256)
        .fetch_all(&self.readers)
        .await
        .doing(doing)?;
        rows.iter().map(|row| uuid(row.try_get("case_id").doing(doing)?)).collect()
    }

    /// Numbers for the top of the console.
    pub async fn counts(&self, now: Timestamp) -> Result<Counts, StoreError> {
        let doing = "count the cases";
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM case_ WHERE state IN ('registered', 'verifying')) AS open_cases,
                    (SELECT COUNT(*) FROM case_ WHERE registered_us >= $1) AS today",
        )
        .bind(us(number::day_start(now, &self.zone)))
        .fetch_one(&self.readers)
        .await
        .doing(doing)?;
        Ok(Counts {
            open: count(row.try_get("open_cases").doing(doing)?),
            today: count(row.try_get("today").doing(doing)?),
            quarantined: self.quarantined().await?,
        })
    }
}
