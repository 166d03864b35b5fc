//! Rows to views.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::HashMap;
use uuid::Uuid;
use xunge_alert::Alert;
use xunge_alert::codes::codes;
use xunge_database::Sql;

use crate::case::guard::{Actor, may_picture, may_split, possible};
use crate::case::{Call, Case, Change, Stage, State};
use crate::org::{Calendar, Level};
use crate::store::names::{json, json_name, named};
use crate::store::{Doing, StoreError, Tx, book, count, level, opt_time, pictures, time, uuid};
use crate::view::{AlertView, CaseDetail, CaseName, CaseSummary, EvidenceView, LogView};

/// Cases with the first snapshot and clip of each that are stored; what follows names `c`.
pub(super) const SUMMARY_OF: &str = "SELECT c.*,
    (SELECT f.sha256 FROM alert a JOIN alert_evidence f ON f.edge = a.edge AND f.alert_id = a.alert_id
       JOIN evidence e ON e.sha256 = f.sha256
       WHERE a.case_id = c.id AND f.kind = 'snapshot' ORDER BY a.first_received_us, f.place LIMIT 1) AS snapshot,
    (SELECT f.sha256 FROM alert a JOIN alert_evidence f ON f.edge = a.edge AND f.alert_id = a.alert_id
       JOIN evidence e ON e.sha256 = f.sha256
       WHERE a.case_id = c.id AND f.kind = 'clip' ORDER BY a.first_received_us, f.place LIMIT 1) AS clip
    FROM";

const DOING: &str = "read a case";

pub(super) fn summary(row: &AnyRow) -> Result<CaseSummary, StoreError> {
    let zone: String = row.try_get("zone").doing(DOING)?;
    let taken = row.try_get::<Option<i64>, _>("taken_us").doing(DOING)?.is_some();
    Ok(CaseSummary {
        id: uuid(row.try_get("id").doing(DOING)?)?,
        number: row.try_get("number").doing(DOING)?,
        state: named(State::parse, row.try_get("state").doing(DOING)?)?,
        level: named(Level::parse, row.try_get("level_").doing(DOING)?)?,
        told: named(Level::parse, row.try_get("told").doing(DOING)?)?,
        region: row.try_get("region").doing(DOING)?,
        handler: row.try_get("handler").doing(DOING)?,
        assignee: row.try_get("assignee").doing(DOING)?,
        called: called(row)?,
        taken,
        due_utc: opt_time(row.try_get("due_us").doing(DOING)?)?,
        late_stages: row
            .try_get::<&str, _>("late_stages")
            .doing(DOING)?
            .split(' ')
            .filter_map(Stage::parse)
            .collect(),
        behavior: row.try_get("behavior").doing(DOING)?,
        severity: level(row.try_get("severity").doing(DOING)?)?,
        edge: row.try_get("edge").doing(DOING)?,
        site: row.try_get("site").doing(DOING)?,
        camera: row.try_get("camera").doing(DOING)?,
        camera_name: row.try_get("camera_name").doing(DOING)?,
        rule: row.try_get("rule").doing(DOING)?,
        zone: (!zone.is_empty()).then_some(zone),
        since_utc: time(row.try_get("since_us").doing(DOING)?)?,
        updated_utc: time(row.try_get("updated_us").doing(DOING)?)?,
        ended_utc: opt_time(row.try_get("ended_us").doing(DOING)?)?,
        phase: json_name(row.try_get("phase").doing(DOING)?)?,
        alert_count: count(row.try_get("alert_count").doing(DOING)?),
        snapshot: row.try_get("snapshot").doing(DOING)?,
        clip: row.try_get("clip").doing(DOING)?,
        bounds: json(row.try_get("box").doing(DOING)?)?,
        score: row.try_get("score").doing(DOING)?,
        late: row.try_get::<i64, _>("late").doing(DOING)? != 0,
        test: row.try_get::<i64, _>("test").doing(DOING)? != 0,
        version: count(row.try_get("version").doing(DOING)?),
    })
}

/// Who was called and has not answered. Most cases have called nobody, and are not read for it.
fn called(row: &AnyRow) -> Result<Vec<Call>, StoreError> {
    match row.try_get::<Option<&str>, _>("body").doing(DOING)? {
        Some(body) if body.contains("\"called\"") => Ok(json::<Case>(body)?.unanswered()),
        _ => Ok(Vec::new()),
    }
}

pub(super) async fn detail(
    tx: &mut Tx,
    id: Uuid,
    calendar: &Calendar,
    actor: &Actor,
    now: Timestamp,
) -> Result<Option<CaseDetail>, StoreError> {
    let mut query = Sql::new(SUMMARY_OF);
    query.push(" case_ c WHERE c.id = ").bind(id.to_string());
    let Some(row) = query.first(tx, DOING).await? else {
        return Ok(None);
    };
    let Some(record) = book::record(tx, id).await? else { return Ok(None) };
    let merged = sqlx::query("SELECT id, number FROM case_ WHERE merged_into = $1 ORDER BY ordinal")
        .bind(id.to_string())
        .fetch_all(&mut **tx)
        .await
        .doing(DOING)?;
    let merged = merged.iter().map(|row| {
        Ok(CaseName {
            id: uuid(row.try_get("id").doing(DOING)?)?,
            number: row.try_get("number").doing(DOING)?,
        })
    });
    Ok(Some(CaseDetail {
        pictures: pictures::of_case(tx, id, &record.case).await?,
        summary: summary(&row)?,
        verdict: record.case.decision.clone(),
        may: {
            let mut may = possible(actor, &record.case, &record.facts.region, now);
            if record.facts.alerts > 1 && may_split(actor, &record.case, &record.facts.region) {
                may.push("split");
            }
            if may_picture(actor, &record.case, &record.facts.region).is_ok() {
                may.push("pictured");
            }
            may
        },
        deadlines: record.clocks.timers(record.case.severity, calendar).collect(),
        clocks: record.clocks.0.iter().map(|clock| (clock.stage, clock.at(100, calendar))).collect(),
        case: record.case,
        merged: merged.collect::<Result<_, StoreError>>()?,
        alerts: alerts(tx, id).await?,
        log: log(tx, id).await?,
    }))
}

async fn alerts(tx: &mut Tx, id: Uuid) -> Result<Vec<AlertView>, StoreError> {
    let stored = sqlx::query(
        "SELECT DISTINCT f.alert_id, f.sha256, e.media_type FROM alert a
         JOIN alert_evidence f ON f.edge = a.edge AND f.alert_id = a.alert_id
         JOIN evidence e ON e.sha256 = f.sha256 WHERE a.case_id = $1",
    )
    .bind(id.to_string())
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    let mut media: HashMap<(String, String), String> = HashMap::new();
    for row in &stored {
        let key = (row.try_get("alert_id").doing(DOING)?, row.try_get("sha256").doing(DOING)?);
        media.insert(key, row.try_get("media_type").doing(DOING)?);
    }
    let gone = sqlx::query(
        "SELECT f.sha256, MAX(p.purged_us) AS purged_us, MAX(l.seq) AS seq FROM alert a
         JOIN alert_evidence f ON f.edge = a.edge AND f.alert_id = a.alert_id
         JOIN purged p ON p.sha256 = f.sha256
         LEFT JOIN ledger l ON l.about = p.run AND l.kind = 'purged' WHERE a.case_id = $1 GROUP BY f.sha256",
    )
    .bind(id.to_string())
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    let mut purged = HashMap::new();
    for row in &gone {
        let sha256: String = row.try_get("sha256").doing(DOING)?;
        let seq: Option<i64> = row.try_get("seq").doing(DOING)?;
        purged.insert(sha256, (time(row.try_get("purged_us").doing(DOING)?)?, seq.map(count)));
    }
    let rows = sqlx::query(
        "SELECT m.payload, a.first_received_us, a.path FROM alert a
         JOIN alert_message m ON m.edge = a.edge AND m.outbox = a.outbox AND m.seq = a.seq
         WHERE a.case_id = $1 ORDER BY a.since_us, a.alert_id",
    )
    .bind(id.to_string())
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    rows.iter()
        .map(|row| {
            let alert: Alert = json(row.try_get("payload").doing(DOING)?)?;
            let received = time(row.try_get("first_received_us").doing(DOING)?)?;
            Ok(alert_view(alert, received, &media, &purged))
        })
        .collect()
}

fn alert_view(
    alert: Alert,
    received_utc: jiff::Timestamp,
    stored: &HashMap<(String, String), String>,
    purged: &HashMap<String, (Timestamp, Option<u64>)>,
) -> AlertView {
    let id = alert.alert_id.to_string();
    let codes = codes(&alert.behavior, alert.detail.as_deref(), alert.severity);
    let evidence = alert.evidence.into_iter().map(|file| {
        let here = stored.get(&(id.clone(), file.sha256.clone()));
        let gone = purged.get(&file.sha256).filter(|_| here.is_none());
        EvidenceView {
            kind: file.kind,
            media_type: here.cloned().unwrap_or(file.media_type),
            bytes: file.bytes,
            stored: here.is_some(),
            purged_utc: gone.map(|(utc, _)| *utc),
            purge_seq: gone.and_then(|(_, seq)| *seq),
            sha256: file.sha256,
        }
    });
    AlertView {
        edge: alert.edge,
        alert_id: alert.alert_id,
        phase: alert.phase,
        end_reason: alert.end_reason,
        detail: alert.detail,
        revision: alert.revision,
        seq: alert.seq,
        since_utc: alert.since_utc,
        utc: alert.utc,
        received_utc,
        dwell_secs: alert.dwell_secs,
        threshold: alert.threshold,
        measured: alert.measured,
        score: alert.score,
        bounds: alert.bounds,
        tracks: alert.tracks,
        clock_quality: alert.clock_quality,
        model_sha256: alert.model_sha256,
        codes,
        evidence: evidence.collect(),
    }
}

async fn log(tx: &mut Tx, id: Uuid) -> Result<Vec<LogView>, StoreError> {
    let rows = sqlx::query(
        "SELECT place, utc_us, actor, change, hash FROM case_log WHERE case_id = $1 ORDER BY place",
    )
    .bind(id.to_string())
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    rows.iter()
        .map(|row| {
            let change: Change = json(row.try_get("change").doing(DOING)?)?;
            Ok(LogView {
                index: count(row.try_get("place").doing(DOING)?),
                utc: time(row.try_get("utc_us").doing(DOING)?)?,
                actor: row.try_get("actor").doing(DOING)?,
                change,
                hash: row.try_get("hash").doing(DOING)?,
            })
        })
        .collect()
}
