//! Cases between the tables and the pure [`Book`]: loading those that a write is about, and writing what came of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use sqlx::Row as _;
use uuid::Uuid;
use xunge_alert::Phase;
use xunge_database::{Sql, insert, parts};

use super::names::{json, json_name, json_text, phase_name};
use super::{Doing, Store, StoreError, Tx, chain, hour, moments, opt_time, outbox, time, us};
use crate::case::book::{Book, Closed, Facts, Numbers, Record};
use crate::case::clock::Clocks;
use crate::case::{Case, Change, apply, number};
use crate::org::{Level, Region};

/// Begins a table of cases. `districts` are those in which new ones may be made.
pub(super) async fn open(
    tx: &mut Tx,
    store: &Store,
    districts: &[String],
    now: Timestamp,
) -> Result<Book, StoreError> {
    let doing = "read the case numbers";
    let mark: i64 = sqlx::query_scalar("SELECT value FROM version WHERE what = 'cases'")
        .fetch_one(&mut **tx)
        .await
        .doing(doing)?;
    store.known().begin(mark);
    let mut numbers = Numbers::default();
    if !districts.is_empty() {
        let day = number::day(now, store.zone());
        numbers.ordinal = sqlx::query_scalar("SELECT COALESCE(MAX(ordinal), 0) FROM case_")
            .fetch_one(&mut **tx)
            .await
            .doing(doing)?;
        let mut sql = Sql::new("SELECT district, last FROM case_number WHERE day = ");
        sql.bind(&day).push(" AND district IN ").list(districts.iter());
        for row in sql.all(tx, doing).await? {
            let district = row.try_get("district").doing(doing)?;
            numbers.last.insert((district, day.clone()), row.try_get("last").doing(doing)?);
        }
    }
    Ok(Book::new(store.policy().rules.clone(), now, numbers))
}

/// Loads cases onto the table: those that are known as they are known. One that is not there is left out.
pub(super) async fn lay(tx: &mut Tx, store: &Store, book: &mut Book, ids: &[Uuid]) -> Result<(), StoreError> {
    let mut unknown = Vec::new();
    let mut known = Vec::new();
    {
        let mut kept = store.known();
        for id in ids.iter().collect::<BTreeSet<_>>().into_iter().filter(|id| book.get(**id).is_none()) {
            match kept.get(*id) {
                Some(record) => known.push(record),
                None => unknown.push(*id),
            }
        }
    }
    if cfg!(debug_assertions) {
        compare(tx, &known).await?;
    }
    let read = records(tx, &unknown).await?;
    {
        let mut kept = store.known();
        read.iter().for_each(|record| kept.keep(record.clone()));
    }
    known.into_iter().chain(read).for_each(|record| book.lay(record));
    Ok(())
}

/// Tests and debug builds look whether what is known is what is stored.
async fn compare(tx: &mut Tx, known: &[Record]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = known.iter().map(|record| record.id).collect();
    let mut stored: BTreeMap<Uuid, Record> =
        records(tx, &ids).await?.into_iter().map(|record| (record.id, record)).collect();
    for record in known {
        assert_eq!(
            Some(record),
            stored.remove(&record.id).as_ref(),
            "a case is known otherwise than it is stored"
        );
    }
    Ok(())
}

/// Columns of [`Row`].
const ROW: &str = "id, number, ordinal, body, clocks, log_length, registered_us, updated_us, behavior, edge, site, region, camera,
    camera_name, rule, zone, test, since_us, last_us, ended_us, phase, alert_count, open_alerts, score, box, late";

#[derive(Deserialize)]
struct Row {
    id: Uuid,
    number: String,
    ordinal: i64,
    body: Option<String>,
    clocks: Option<String>,
    log_length: i64,
    registered_us: i64,
    updated_us: i64,
    behavior: String,
    edge: String,
    site: String,
    region: String,
    camera: String,
    camera_name: String,
    rule: String,
    zone: String,
    test: i64,
    since_us: i64,
    last_us: i64,
    ended_us: Option<i64>,
    phase: String,
    alert_count: u64,
    open_alerts: u64,
    score: f32,
    bounds: String,
    late: i64,
}

/// A case; none where there is no such case.
pub(super) async fn record(tx: &mut Tx, id: Uuid) -> Result<Option<Record>, StoreError> {
    Ok(records(tx, &[id]).await?.pop())
}

async fn records(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Record>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for part in parts(ids, 1) {
        let mut sql = Sql::packed(ROW);
        sql.push(" FROM case_ WHERE id IN ").list(part.iter().map(Uuid::to_string));
        for row in sql.unpack::<Row>(tx, "read cases").await? {
            found.push(read(tx, row).await?);
        }
    }
    Ok(found)
}

/// A case from its row; one of before its body was kept, from its log.
async fn read(tx: &mut Tx, row: Row) -> Result<Record, StoreError> {
    let case = match &row.body {
        Some(body) => json(body)?,
        None => replayed(tx, row.id).await?,
    };
    Ok(Record {
        id: row.id,
        case,
        clocks: row.clocks.as_deref().map_or_else(|| Ok(Clocks::default()), json)?,
        log_length: row.log_length,
        registered: time(row.registered_us)?,
        updated: time(row.updated_us)?,
        number: row.number,
        ordinal: row.ordinal,
        facts: Facts {
            behavior: row.behavior,
            edge: row.edge,
            region: Region::parse(&row.region).unwrap_or_else(|_| Region::of_site(&row.site)),
            site: row.site,
            camera: row.camera,
            camera_name: row.camera_name,
            rule: row.rule,
            zone: row.zone,
            test: row.test != 0,
            since: time(row.since_us)?,
            last: time(row.last_us)?,
            ended: opt_time(row.ended_us)?,
            phase: json_name::<Phase>(&row.phase)?,
            alerts: row.alert_count,
            open_alerts: row.open_alerts,
            score: f64::from(row.score),
            bounds: json(&row.bounds)?,
            late: row.late != 0,
        },
    })
}

async fn replayed(tx: &mut Tx, id: Uuid) -> Result<Case, StoreError> {
    let doing = "read the log of a case";
    let rows = sqlx::query("SELECT utc_us, actor, change FROM case_log WHERE case_id = $1 ORDER BY place")
        .bind(id.to_string())
        .fetch_all(&mut **tx)
        .await
        .doing(doing)?;
    let mut case: Option<Case> = None;
    for row in &rows {
        let change: Change = json(row.try_get("change").doing(doing)?)?;
        case = match case {
            None => Case::begun_by(&change),
            Some(case) => Some(apply(
                &case,
                &change,
                row.try_get("actor").doing(doing)?,
                time(row.try_get("utc_us").doing(doing)?)?,
            )?),
        };
    }
    case.ok_or_else(|| StoreError::Corrupt(format!("case {id} without a log")))
}

/// Writes what came of the table.
pub(super) async fn save(
    tx: &mut Tx,
    store: &Store,
    closed: &Closed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let doing = "write cases";
    let (worked, told): (Vec<&Record>, Vec<&Record>) =
        closed.changed.iter().partition(|record| closed.worked.contains(&record.id));
    let rows: Vec<CaseRow<'_>> =
        worked.iter().map(|record| CaseRow::of(record, closed)).collect::<Result<_, _>>()?;
    insert(tx, doing, (INSERT, UPDATE), 51, &rows, |values, row| row.bind(values)).await?;
    save_facts(tx, &told).await?;
    save_hours(tx, &told, closed).await?;
    chain::append(tx, &closed.entries, now).await?;
    moments::note(tx, &closed.entries, now).await?;
    outbox::write(tx, store, closed, now).await?;
    save_timers(tx, closed).await?;
    save_numbers(tx, closed).await?;
    mark(tx, store, closed).await
}

/// Leaves a mark, by which this centre will see that nobody else has written since.
async fn mark(tx: &mut Tx, store: &Store, closed: &Closed) -> Result<(), StoreError> {
    if closed.changed.is_empty() {
        return Ok(());
    }
    let mark = rand::random::<i64>();
    sqlx::query("UPDATE version SET value = $1 WHERE what = 'cases'")
        .bind(mark)
        .execute(&mut **tx)
        .await
        .doing("write cases")?;
    store.known().write(mark, closed.changed.iter());
    Ok(())
}

/// What alerts say of cases in which nothing else has changed: most messages are about an alert that goes on, ends or joins.
async fn save_facts(tx: &mut Tx, records: &[&Record]) -> Result<(), StoreError> {
    for part in parts(records, 13) {
        let mut sql = Sql::new(
            "UPDATE case_ SET camera_name = k.column2, since_us = k.column3, last_us = k.column4, ended_us = k.column5,
                 phase = k.column6, alert_count = k.column7, open_alerts = k.column8, score = k.column9, box = k.column10,
                 late = k.column11, updated_us = k.column12, log_length = k.column13 FROM ",
        );
        sql.values(part, |values, record| {
            let facts = &record.facts;
            values
                .bind(record.id.to_string())
                .bind(&facts.camera_name)
                .bind(us(facts.since))
                .bind(us(facts.last))
                .bind(facts.ended.map(us))
                .bind(phase_name(facts.phase))
                .bind(i64::try_from(facts.alerts).unwrap_or(i64::MAX))
                .bind(i64::try_from(facts.open_alerts).unwrap_or(i64::MAX))
                .bind(facts.score)
                .bind(super::names::box_text(facts.bounds))
                .bind(i64::from(facts.late))
                .bind(us(record.updated))
                .bind(record.log_length);
        });
        sql.push(" AS k WHERE case_.id = k.column1");
        sql.run(tx, "write what alerts say of cases").await?;
    }
    Ok(())
}

/// In which hour cases were last heard of. Rarely another one, so the index over it mostly stands still.
async fn save_hours(tx: &mut Tx, records: &[&Record], closed: &Closed) -> Result<(), StoreError> {
    let moved = |record: &&&Record| {
        closed.heard_before.get(&record.id).is_none_or(|before| hour(*before) != hour(record.facts.last))
    };
    let rows: Vec<&Record> = records.iter().filter(moved).copied().collect();
    for part in parts(&rows, 2) {
        let mut sql = Sql::new("UPDATE case_ SET last_hour = k.column2 FROM ");
        sql.values(part, |values, record| {
            values.bind(record.id.to_string()).bind(hour(record.facts.last));
        });
        sql.push(" AS k WHERE case_.id = k.column1");
        sql.run(tx, "write when cases were last heard of").await?;
    }
    Ok(())
}

async fn save_timers(tx: &mut Tx, closed: &Closed) -> Result<(), StoreError> {
    let doing = "write deadlines";
    let old: Vec<String> = closed
        .changed
        .iter()
        .filter(|record| closed.retimed.contains(&record.id) && !closed.new.contains(&record.id))
        .map(|record| record.id.to_string())
        .collect();
    for part in parts(&old, 1) {
        let mut sql = Sql::new("DELETE FROM timer WHERE case_id IN ");
        sql.list(part.iter());
        sql.run(tx, doing).await?;
    }
    let mut timers = Vec::new();
    for record in closed.changed.iter().filter(|record| closed.retimed.contains(&record.id)) {
        let running = record.clocks.timers(record.case.severity, &closed.rules.calendar);
        timers.extend(running.map(|timer| (record.id.to_string(), timer)));
    }
    let head = "INSERT INTO timer (case_id, stage, percent, due_us)";
    insert(tx, doing, (head, ""), 4, &timers, |values, (id, timer)| {
        values.bind(id).bind(timer.stage.as_str()).bind(i64::from(timer.percent)).bind(us(timer.due_utc));
    })
    .await?;
    Ok(())
}

async fn save_numbers(tx: &mut Tx, closed: &Closed) -> Result<(), StoreError> {
    if closed.new.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = closed.numbers.last.iter().collect();
    let head = "INSERT INTO case_number (district, day, last)";
    let tail = " ON CONFLICT (district, day) DO UPDATE SET last = excluded.last";
    insert(tx, "write the case numbers", (head, tail), 3, &rows, |values, ((district, day), last)| {
        values.bind(district).bind(day).bind(**last);
    })
    .await?;
    Ok(())
}

const INSERT: &str = "INSERT INTO case_ (id, ordinal, number, state, version, log_length, behavior, severity, edge, site, camera,
    camera_name, rule, zone, test, since_us, last_us, ended_us, phase, alert_count, score, box, late, registered_us,
    updated_us, verdict, reason, body, clocks, open_, region, district, street, community, level_, told, category, class, handler,
    assignee, due_us, late_stages, open_alerts, reworks, urges, taken_us, decided_us, handled_us, closed_us, merged_into,
    last_hour)";

const UPDATE: &str = " ON CONFLICT (id) DO UPDATE SET state = excluded.state, version = excluded.version,
    log_length = excluded.log_length, severity = excluded.severity, camera_name = excluded.camera_name,
    since_us = excluded.since_us, last_us = excluded.last_us, ended_us = excluded.ended_us, phase = excluded.phase,
    alert_count = excluded.alert_count, score = excluded.score, box = excluded.box, late = excluded.late,
    updated_us = excluded.updated_us, verdict = excluded.verdict, reason = excluded.reason, body = excluded.body,
    clocks = excluded.clocks, open_ = excluded.open_, level_ = excluded.level_, told = excluded.told,
    category = excluded.category, class = excluded.class, handler = excluded.handler, assignee = excluded.assignee,
    due_us = excluded.due_us, late_stages = excluded.late_stages, open_alerts = excluded.open_alerts,
    reworks = excluded.reworks, urges = excluded.urges, taken_us = excluded.taken_us, decided_us = excluded.decided_us,
    handled_us = excluded.handled_us, closed_us = excluded.closed_us, merged_into = excluded.merged_into,
    last_hour = excluded.last_hour";

/// A case as its row.
struct CaseRow<'r> {
    record: &'r Record,
    body: String,
    clocks: String,
    due: Option<Timestamp>,
    late_stages: String,
}

impl<'r> CaseRow<'r> {
    fn of(record: &'r Record, closed: &Closed) -> Result<Self, StoreError> {
        let late: Vec<&str> = record.case.late.iter().map(|stage| stage.as_str()).collect();
        Ok(Self {
            record,
            body: json_text(&record.case)?,
            clocks: json_text(&record.clocks)?,
            due: record.clocks.due(&closed.rules.calendar).map(|(_, due)| due),
            late_stages: late.join(" "),
        })
    }

    fn bind(&self, values: &mut xunge_database::Values<'_>) {
        let Record { facts, case, .. } = self.record;
        let decision = case.decision.as_ref();
        let at = |level: Level| facts.region.at(level).map(String::from).unwrap_or_default();
        let outcome = case.outcome.as_ref().map(|outcome| us(outcome.mark.utc));
        values
            .bind(self.record.id.to_string())
            .bind(self.record.ordinal)
            .bind(&self.record.number)
            .bind(case.state.as_str())
            .bind(i64::try_from(case.version).unwrap_or(i64::MAX))
            .bind(self.record.log_length)
            .bind(&facts.behavior)
            .bind(i64::from(case.severity))
            .bind(&facts.edge)
            .bind(&facts.site)
            .bind(&facts.camera)
            .bind(&facts.camera_name)
            .bind(&facts.rule)
            .bind(&facts.zone)
            .bind(i64::from(facts.test))
            .bind(us(facts.since))
            .bind(us(facts.last))
            .bind(facts.ended.map(us))
            .bind(phase_name(facts.phase))
            .bind(i64::try_from(facts.alerts).unwrap_or(i64::MAX))
            .bind(facts.score)
            .bind(super::names::box_text(facts.bounds))
            .bind(i64::from(facts.late))
            .bind(us(self.record.registered))
            .bind(us(self.record.updated))
            .bind(decision.map(|decision| decision.verdict.as_str()))
            .bind(decision.and_then(|decision| decision.reason).map(|reason| reason.as_str()))
            .bind(&self.body)
            .bind(&self.clocks)
            .bind(i64::from(case.state.is_open()))
            .bind(facts.region.as_str())
            .bind(at(Level::District))
            .bind(at(Level::Street))
            .bind(at(Level::Community))
            .bind(case.level.as_str())
            .bind(case.told.as_str())
            .bind(&case.category)
            .bind(case.class.map(|class| class.as_str()))
            .bind(case.handler.as_ref().map(|mark| mark.by.as_str()))
            .bind(case.assigned.as_ref().and_then(|assigned| assigned.to.user.as_deref()))
            .bind(self.due.map(us))
            .bind(&self.late_stages)
            .bind(i64::try_from(facts.open_alerts).unwrap_or(i64::MAX))
            .bind(i64::from(case.reworks))
            .bind(i64::try_from(case.urges.len()).unwrap_or(i64::MAX))
            .bind(case.taken.as_ref().map(|mark| us(mark.utc)))
            .bind(decision.map(|decision| us(decision.utc)))
            .bind(outcome)
            .bind(case.closed_utc.map(us))
            .bind(case.merged.as_ref().map(|merged| merged.master.to_string()))
            .bind(hour(facts.last));
    }
}
