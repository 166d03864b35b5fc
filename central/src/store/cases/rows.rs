//! Rows to views.

use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use std::collections::HashMap;
use uuid::Uuid;
use xunge_alert::Alert;

use crate::case::{Case, Change, Decision, Reason, State, Verdict};
use crate::store::sql::Sql;
use crate::store::{Doing, StoreError, count, level, opt_time, time, uuid};
use crate::view::{AlertView, CaseDetail, CaseSummary, EvidenceView, LogView};

/// A case with the first snapshot and clip of it that are stored.
pub(super) const SUMMARY: &str = "SELECT c.*,
    (SELECT f.sha256 FROM alert a JOIN alert_evidence f ON f.edge = a.edge AND f.alert_id = a.alert_id
       JOIN evidence e ON e.sha256 = f.sha256
       WHERE a.case_id = c.id AND f.kind = 'snapshot' ORDER BY a.first_received_us, f.place LIMIT 1) AS snapshot,
    (SELECT f.sha256 FROM alert a JOIN alert_evidence f ON f.edge = a.edge AND f.alert_id = a.alert_id
       JOIN evidence e ON e.sha256 = f.sha256
       WHERE a.case_id = c.id AND f.kind = 'clip' ORDER BY a.first_received_us, f.place LIMIT 1) AS clip
    FROM case_ c";

const DOING: &str = "read a case";

fn named<T>(parse: impl Fn(&str) -> Option<T>, name: &str) -> Result<T, StoreError> {
    parse(name).ok_or_else(|| StoreError::Corrupt(format!("the name `{name}`")))
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt(format!("JSON that does not read: {error}")))
}

fn json_name<T: DeserializeOwned>(name: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|_| StoreError::Corrupt(format!("the name `{name}`")))
}

/// The part of a case row that changes follow rules.
pub(in crate::store) fn case(row: &AnyRow) -> Result<Case, StoreError> {
    Ok(Case {
        state: named(State::parse, row.try_get("state").doing(DOING)?)?,
        version: count(row.try_get("version").doing(DOING)?),
        decision: decision(row)?,
    })
}

fn decision(row: &AnyRow) -> Result<Option<Decision>, StoreError> {
    let Some(verdict) = row.try_get::<Option<&str>, _>("verdict").doing(DOING)? else { return Ok(None) };
    let reason: Option<&str> = row.try_get("reason").doing(DOING)?;
    Ok(Some(Decision {
        verdict: named(Verdict::parse, verdict)?,
        reason: reason.map(|code| named(Reason::parse, code)).transpose()?,
        note: row.try_get("note").doing(DOING)?,
        by: row.try_get::<Option<String>, _>("verdict_by").doing(DOING)?.unwrap_or_default(),
        utc: time(row.try_get::<Option<i64>, _>("verdict_us").doing(DOING)?.unwrap_or_default())?,
    }))
}

pub(super) fn summary(row: &AnyRow) -> Result<CaseSummary, StoreError> {
    let zone: String = row.try_get("zone").doing(DOING)?;
    Ok(CaseSummary {
        id: uuid(row.try_get("id").doing(DOING)?)?,
        number: row.try_get("number").doing(DOING)?,
        state: named(State::parse, row.try_get("state").doing(DOING)?)?,
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

pub(super) async fn detail(
    tx: &mut Transaction<'_, Any>,
    id: Uuid,
) -> Result<Option<CaseDetail>, StoreError> {
    let mut query = Sql::new(SUMMARY);
    query.push(" WHERE c.id = ").bind(id.to_string());
    let Some(row) = query.query(DOING)?.fetch_optional(&mut **tx).await.doing(DOING)? else {
        return Ok(None);
    };
    Ok(Some(CaseDetail {
        summary: summary(&row)?,
        verdict: decision(&row)?,
        alerts: alerts(tx, id).await?,
        log: log(tx, id).await?,
    }))
}

async fn alerts(tx: &mut Transaction<'_, Any>, id: Uuid) -> Result<Vec<AlertView>, StoreError> {
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
    let rows = sqlx::query(
        "SELECT payload, first_received_us FROM alert WHERE case_id = $1 ORDER BY since_us, alert_id",
    )
    .bind(id.to_string())
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    rows.iter()
        .map(|row| {
            let alert: Alert = json(row.try_get("payload").doing(DOING)?)?;
            let received = time(row.try_get("first_received_us").doing(DOING)?)?;
            Ok(alert_view(alert, received, &media))
        })
        .collect()
}

fn alert_view(
    alert: Alert,
    received_utc: jiff::Timestamp,
    stored: &HashMap<(String, String), String>,
) -> AlertView {
    let id = alert.alert_id.to_string();
    let evidence = alert.evidence.into_iter().map(|file| {
        let here = stored.get(&(id.clone(), file.sha256.clone()));
        EvidenceView {
            kind: file.kind,
            media_type: here.cloned().unwrap_or(file.media_type),
            bytes: file.bytes,
            stored: here.is_some(),
            sha256: file.sha256,
        }
    });
    AlertView {
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
        evidence: evidence.collect(),
    }
}

async fn log(tx: &mut Transaction<'_, Any>, id: Uuid) -> Result<Vec<LogView>, StoreError> {
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
            let note = match &change {
                Change::Decided { note, .. } => note.clone(),
                _ => None,
            };
            Ok(LogView {
                index: count(row.try_get("place").doing(DOING)?),
                utc: time(row.try_get("utc_us").doing(DOING)?)?,
                actor: row.try_get("actor").doing(DOING)?,
                change,
                note,
                hash: row.try_get("hash").doing(DOING)?,
            })
        })
        .collect()
}
