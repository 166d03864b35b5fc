//! What reports count. Everything is grouped by the database: a city has two million cases a year and a million alerts a
//! day, and none of them is read here one by one.

mod load;
mod overdue;

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use xunge_database::Sql;

use super::cases::within;
use super::names::named;
use super::{Doing, Store, StoreError, Tx, count, level, us};
use crate::case::{Reason, Stage, State, Verdict};
use crate::org::{Level, Region};
use crate::report::count::{Alike, Counts};
use crate::report::falses::SourceRow;
use crate::report::times::{MEASURED, Took};
use crate::report::{Ask, CaseRows, Report, Rows};

const DOING: &str = "count for a report";

/// From when until when, and where.
struct Scope<'a> {
    from: i64,
    until: i64,
    regions: Option<&'a [Region]>,
}

impl Scope<'_> {
    /// Cases of the period and the regions that are no tests.
    fn cases<'s>(&self, sql: &'s mut Sql) -> &'s mut Sql {
        sql.push(" WHERE c.registered_us >= ").bind(self.from);
        sql.push(" AND c.registered_us < ").bind(self.until).push(" AND c.test = 0");
        if let Some(regions) = self.regions {
            within(sql, regions);
        }
        sql
    }

    fn covers(&self, region: &Region) -> bool {
        self.regions.is_none_or(|regions| regions.iter().any(|own| own.covers(region)))
    }
}

/// Only rows whose code, in the column that `column` names for a level, begins with one of these.
fn beginning(sql: &mut Sql, regions: &[Region], column: fn(Level) -> &'static str) {
    sql.push(" AND (1 = 0");
    for region in regions {
        sql.push(" OR ").push(column(region.level())).bind(region.as_str());
    }
    sql.push(")");
}

impl Store {
    /// The report of a period and a region: what was counted, and what it means.
    pub async fn report(&self, ask: &Ask, now: Timestamp) -> Result<Report, StoreError> {
        let rows = self.report_rows(ask, now).await?;
        let policy = self.policy();
        Ok(Report::of(ask, &rows, &policy.rules.limits, self.zone(), now))
    }

    /// What a report counts, all of the same moment.
    pub async fn report_rows(&self, ask: &Ask, now: Timestamp) -> Result<Rows, StoreError> {
        let scope_of = |period: crate::report::period::Period| {
            let (from, until) = period.bounds(self.zone());
            Scope { from: us(from), until: us(until), regions: ask.regions.as_deref() }
        };
        let scope = scope_of(ask.period);
        let mut tx = self.reading().await?;
        let cases = if ask.with_cases {
            let previous = alike(&mut tx, &scope_of(ask.period.previous()), false).await?;
            let last_year = alike(&mut tx, &scope_of(ask.period.last_year()), false).await?;
            Some(CaseRows {
                alike: alike(&mut tx, &scope, true).await?,
                previous: Counts::of_all(&previous),
                last_year: Counts::of_all(&last_year),
                took: took(&mut tx, &scope).await?,
            })
        } else {
            None
        };
        Ok(Rows {
            cases,
            sources: sources(&mut tx, &scope).await?,
            load: load::rows(&mut tx, &scope, self.zone(), now).await?,
            names: region_names(&mut tx, &scope).await?,
        })
    }
}

const ALIKE: &str =
    " AS region, c.severity AS severity, c.state AS state, c.verdict AS verdict, c.reason AS reason,
    c.late_stages AS late_stages,
    CASE WHEN c.taken_us IS NULL THEN 0 ELSE 1 END AS taken,
    CASE WHEN m.dispatched_us IS NULL THEN 0 ELSE 1 END AS dispatched,
    CASE WHEN m.arrived_us IS NULL THEN 0 ELSE 1 END AS arrived,
    CASE WHEN c.handled_us IS NULL THEN 0 ELSE 1 END AS handled,
    CASE WHEN c.reworks > 0 THEN 1 ELSE 0 END AS reworked,
    CASE WHEN m.returns > 0 THEN 1 ELSE 0 END AS returned, COUNT(*) AS cases
    FROM case_ c LEFT JOIN case_moment m ON m.case_id = c.id";

/// Cases that are alike, of each region or of all together.
async fn alike(tx: &mut Tx, scope: &Scope<'_>, by_region: bool) -> Result<Vec<Alike>, StoreError> {
    let mut sql = Sql::new("SELECT ");
    sql.push(if by_region { "CASE WHEN c.region = '' THEN c.site ELSE c.region END" } else { "''" });
    sql.push(ALIKE);
    scope.cases(&mut sql).push(" GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12");
    sql.all(tx, DOING).await?.iter().map(alike_of).collect()
}

fn alike_of(row: &AnyRow) -> Result<Alike, StoreError> {
    let yes = |column: &str| Ok::<bool, StoreError>(row.try_get::<i64, _>(column).doing(DOING)? != 0);
    let late: &str = row.try_get("late_stages").doing(DOING)?;
    Ok(Alike {
        region: Region::of_site(row.try_get("region").doing(DOING)?),
        severity: level(row.try_get("severity").doing(DOING)?)?,
        state: named(State::parse, row.try_get("state").doing(DOING)?)?,
        verdict: verdict(row)?,
        reason: reason(row)?,
        late: late.split(' ').filter_map(Stage::parse).collect(),
        taken: yes("taken")?,
        dispatched: yes("dispatched")?,
        arrived: yes("arrived")?,
        handled: yes("handled")?,
        reworked: yes("reworked")?,
        returned: yes("returned")?,
        cases: count(row.try_get("cases").doing(DOING)?),
    })
}

fn verdict(row: &AnyRow) -> Result<Option<Verdict>, StoreError> {
    let name: Option<&str> = row.try_get("verdict").doing(DOING)?;
    name.map(|name| named(Verdict::parse, name)).transpose()
}

fn reason(row: &AnyRow) -> Result<Option<Reason>, StoreError> {
    let code: Option<&str> = row.try_get("reason").doing(DOING)?;
    code.map(|code| named(Reason::parse, code)).transpose()
}

/// How long each part of the work took: nearest-rank quantiles, by the database.
async fn took(tx: &mut Tx, scope: &Scope<'_>) -> Result<Vec<Took>, StoreError> {
    let mut sql = Sql::new(
        "WITH k AS (SELECT c.registered_us, c.taken_us, c.decided_us, c.handled_us, c.closed_us, c.verdict,
             m.dispatched_us, m.arrived_us
         FROM case_ c LEFT JOIN case_moment m ON m.case_id = c.id",
    );
    scope.cases(&mut sql).push(
        " AND c.state NOT IN ('void', 'merged')),
         d AS (SELECT 'ack' AS stage, taken_us - registered_us AS took FROM k WHERE taken_us IS NOT NULL
         UNION ALL SELECT 'verify', decided_us - registered_us FROM k WHERE decided_us IS NOT NULL AND verdict <> 'missed'
         UNION ALL SELECT 'dispatch', dispatched_us - decided_us FROM k
             WHERE dispatched_us IS NOT NULL AND decided_us IS NOT NULL
         UNION ALL SELECT 'arrive', arrived_us - dispatched_us FROM k
             WHERE arrived_us IS NOT NULL AND dispatched_us IS NOT NULL
         UNION ALL SELECT 'handle', handled_us - decided_us FROM k WHERE handled_us IS NOT NULL AND verdict = 'real'
         UNION ALL SELECT 'check', closed_us - handled_us FROM k WHERE closed_us IS NOT NULL AND handled_us IS NOT NULL),
         r AS (SELECT stage, took, ROW_NUMBER() OVER (PARTITION BY stage ORDER BY took) AS place,
             COUNT(*) OVER (PARTITION BY stage) AS cases FROM d)
         SELECT stage, cases, MIN(CASE WHEN place * 2 >= cases THEN took END) AS median,
             MIN(CASE WHEN place * 10 >= cases * 9 THEN took END) AS ninth
         FROM r GROUP BY stage, cases",
    );
    let mut all = Vec::with_capacity(MEASURED.len());
    for row in sql.all(tx, DOING).await? {
        all.push(Took {
            stage: named(Stage::parse, row.try_get("stage").doing(DOING)?)?,
            cases: count(row.try_get("cases").doing(DOING)?),
            median_us: row.try_get("median").doing(DOING)?,
            p90_us: row.try_get("ninth").doing(DOING)?,
        });
    }
    all.sort_by_key(|took| took.stage);
    Ok(all)
}

/// Cases by camera, rule and verdict.
async fn sources(tx: &mut Tx, scope: &Scope<'_>) -> Result<Vec<SourceRow>, StoreError> {
    let mut sql = Sql::new(
        "SELECT c.edge, c.camera, c.rule,
             CASE WHEN c.state IN ('void', 'merged') THEN NULL ELSE c.verdict END AS verdict,
             CASE WHEN c.state IN ('void', 'merged') THEN NULL ELSE c.reason END AS reason,
             MAX(c.camera_name) AS camera_name, MAX(c.region) AS region, COUNT(*) AS cases,
             CAST(SUM(1 - c.late) AS BIGINT) AS rang
         FROM case_ c",
    );
    scope.cases(&mut sql).push(" GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3");
    let rows = sql.all(tx, DOING).await?;
    rows.iter()
        .map(|row| {
            Ok(SourceRow {
                edge: row.try_get("edge").doing(DOING)?,
                camera: row.try_get("camera").doing(DOING)?,
                rule: row.try_get("rule").doing(DOING)?,
                camera_name: row.try_get("camera_name").doing(DOING)?,
                region: row.try_get("region").doing(DOING)?,
                verdict: verdict(row)?,
                reason: reason(row)?,
                cases: count(row.try_get("cases").doing(DOING)?),
                rang: count(row.try_get("rang").doing(DOING)?),
            })
        })
        .collect()
}

fn code_begins(level: Level) -> &'static str {
    match level {
        Level::Grid => "code = ",
        Level::Community => "SUBSTR(code, 1, 12) = ",
        Level::Street => "SUBSTR(code, 1, 9) = ",
        Level::District => "SUBSTR(code, 1, 6) = ",
        Level::City => "SUBSTR(code, 1, 4) = ",
    }
}

/// Names of the regions that are asked for and of all below.
async fn region_names(tx: &mut Tx, scope: &Scope<'_>) -> Result<BTreeMap<String, String>, StoreError> {
    let mut sql = Sql::new("SELECT code, name FROM region WHERE 1 = 1");
    if let Some(regions) = scope.regions {
        beginning(&mut sql, regions, code_begins);
    }
    let rows = sql.all(tx, DOING).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("code").doing(DOING)?, row.try_get("name").doing(DOING)?)))
        .collect()
}
