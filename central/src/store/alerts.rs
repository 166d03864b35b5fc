//! One alert message: history, happening, incident, case.

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;
use xunge_alert::{Alert, Phase};

use super::edges::{ensure, name_of};
use super::take::Batch;
use super::{Doing, StoreError, cases, count, level, series, time, us, uuid};
use crate::case::Change;
use crate::incident::{self, Candidate};
use crate::intake::message::{AlertMessage, BadMessage, Sender};

/// A message that comes later than this after it was seen is late (补传).
const LATE_SECS: i64 = 300;

pub(super) async fn take(work: &mut Batch, message: &AlertMessage) -> Result<(), StoreError> {
    let AlertMessage { alert, payload, .. } = message;
    ensure(&mut work.tx, &alert.site, &alert.edge, work.now).await?;
    let late = work.now.duration_since(alert.utc).as_secs() > LATE_SECS;
    // a number beyond the store's range was refused when the message was read
    let seq = i64::try_from(alert.seq).unwrap_or(i64::MAX);
    let written = sqlx::query(
        "INSERT INTO alert_message (edge, outbox, seq, alert_id, revision, received_us, late, payload)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (edge, outbox, seq) DO NOTHING",
    )
    .bind(&alert.edge)
    .bind(alert.outbox.to_string())
    .bind(seq)
    .bind(alert.alert_id.to_string())
    .bind(i64::from(alert.revision))
    .bind(us(work.now))
    .bind(i64::from(late))
    .bind(payload)
    .execute(&mut *work.tx)
    .await
    .doing("keep an alert message")?
    .rows_affected();
    if written == 0 {
        return repeat(work, message, seq).await;
    }
    series::note(&mut work.tx, &alert.edge, alert.outbox, seq, work.now).await?;
    happening(work, alert, payload, seq, late).await?;
    work.confirm(&alert.site, &alert.edge, alert.outbox, alert.seq);
    Ok(())
}

/// The number has come before. The same message is confirmed again; another one under its number is refused.
async fn repeat(work: &mut Batch, message: &AlertMessage, seq: i64) -> Result<(), StoreError> {
    let doing = "compare a repeated message";
    let alert = &message.alert;
    let row = sqlx::query(
        "SELECT alert_id, revision FROM alert_message WHERE edge = $1 AND outbox = $2 AND seq = $3",
    )
    .bind(&alert.edge)
    .bind(alert.outbox.to_string())
    .bind(seq)
    .fetch_one(&mut *work.tx)
    .await
    .doing(doing)?;
    let same = uuid(row.try_get("alert_id").doing(doing)?)? == alert.alert_id
        && row.try_get::<i64, _>("revision").doing(doing)? == i64::from(alert.revision);
    if same {
        work.confirm(&alert.site, &alert.edge, alert.outbox, alert.seq);
        return Ok(());
    }
    let bad = BadMessage {
        topic: message.topic.clone(),
        payload: message.payload.clone().into_bytes(),
        reason: format!("number {} of this series is already taken by another message", alert.seq),
        sender: Some(Sender {
            site: alert.site.clone(),
            edge: alert.edge.clone(),
            outbox: alert.outbox,
            seq: alert.seq,
        }),
    };
    work.set_aside(&bad).await
}

/// Brings the row of the happening and its case up to date.
async fn happening(
    work: &mut Batch,
    alert: &Alert,
    payload: &str,
    seq: i64,
    late: bool,
) -> Result<(), StoreError> {
    let doing = "read a happening";
    let known = sqlx::query("SELECT case_id, revision FROM alert WHERE edge = $1 AND alert_id = $2")
        .bind(&alert.edge)
        .bind(alert.alert_id.to_string())
        .fetch_optional(&mut *work.tx)
        .await
        .doing(doing)?;
    let case_id = match &known {
        Some(row) => {
            let highest: i64 = row.try_get("revision").doing(doing)?;
            if i64::from(alert.revision) <= highest {
                return Ok(()); // an older state came later: it is in the history, and changes nothing
            }
            uuid(row.try_get("case_id").doing(doing)?)?
        }
        None => {
            let case_id = case_of(work, alert).await?;
            work.taken.cases.insert(case_id);
            case_id
        }
    };
    write_alert(work, alert, case_id, payload, seq, late).await?;
    write_evidence(work, alert).await?;
    cases::refresh(&mut work.tx, case_id, &alert.camera_name, work.now).await?;
    work.taken.cases.insert(case_id);
    Ok(())
}

/// The open case that a new happening joins, or a new one.
async fn case_of(work: &mut Batch, alert: &Alert) -> Result<Uuid, StoreError> {
    let doing = "look for the case of an alert";
    let rows = sqlx::query(
        "SELECT c.id, c.severity, c.test, c.since_us, c.last_us, c.phase, c.alert_count FROM case_ c
         WHERE c.edge = $1 AND c.camera = $2 AND c.rule = $3 AND c.behavior = $4 AND c.zone = $5
           AND c.state IN ('registered', 'verifying')
         ORDER BY c.last_us DESC LIMIT 50",
    )
    .bind(&alert.edge)
    .bind(&alert.camera)
    .bind(&alert.rule)
    .bind(&alert.behavior)
    .bind(alert.zone.as_deref().unwrap_or(""))
    .fetch_all(&mut *work.tx)
    .await
    .doing(doing)?;
    let mut open = Vec::with_capacity(rows.len());
    for row in &rows {
        open.push(Candidate {
            case_id: uuid(row.try_get("id").doing(doing)?)?,
            severity: level(row.try_get("severity").doing(doing)?)?,
            test: row.try_get::<i64, _>("test").doing(doing)? != 0,
            since: time(row.try_get("since_us").doing(doing)?)?,
            last: time(row.try_get("last_us").doing(doing)?)?,
            ongoing: row.try_get::<&str, _>("phase").doing(doing)? != "ended",
            alerts: count(row.try_get("alert_count").doing(doing)?),
        });
    }
    match incident::joins(alert, &open) {
        Some(case) => {
            let change = Change::Joined { edge: alert.edge.clone(), alert_id: alert.alert_id };
            cases::change(&mut work.tx, case.case_id, &change, "system", None, work.now).await?;
            Ok(case.case_id)
        }
        None => cases::register(&mut work.tx, alert, &work.zone, work.now).await,
    }
}

async fn write_alert(
    work: &mut Batch,
    alert: &Alert,
    case_id: Uuid,
    payload: &str,
    seq: i64,
    late: bool,
) -> Result<(), StoreError> {
    let ended: Option<Timestamp> = (alert.phase == Phase::Ended).then_some(alert.utc);
    sqlx::query(
        "INSERT INTO alert (edge, alert_id, case_id, outbox, seq, revision, phase, since_us, utc_us, ended_us,
                            severity, score, box, late, first_received_us, received_us, payload)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)
         ON CONFLICT (edge, alert_id) DO UPDATE SET outbox = $4, seq = $5, revision = $6, phase = $7,
           since_us = $8, utc_us = $9, ended_us = $10, severity = $11, score = $12, box = $13,
           received_us = $15, payload = $16",
    )
    .bind(&alert.edge)
    .bind(alert.alert_id.to_string())
    .bind(case_id.to_string())
    .bind(alert.outbox.to_string())
    .bind(seq)
    .bind(i64::from(alert.revision))
    .bind(name_of(&alert.phase)?)
    .bind(us(alert.since_utc))
    .bind(us(alert.utc))
    .bind(ended.map(us))
    .bind(i64::from(alert.severity.level()))
    .bind(f64::from(alert.score))
    .bind(cases::box_text(alert.bounds))
    .bind(i64::from(late))
    .bind(us(work.now))
    .bind(payload)
    .execute(&mut *work.tx)
    .await
    .doing("keep a happening")?;
    Ok(())
}

async fn write_evidence(work: &mut Batch, alert: &Alert) -> Result<(), StoreError> {
    for (place, file) in (0_i64..).zip(&alert.evidence) {
        sqlx::query(
            "INSERT INTO alert_evidence (edge, alert_id, sha256, place, kind, bytes, media_type)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (edge, alert_id, sha256) DO NOTHING",
        )
        .bind(&alert.edge)
        .bind(alert.alert_id.to_string())
        .bind(&file.sha256)
        .bind(place)
        .bind(name_of(&file.kind)?)
        .bind(i64::try_from(file.bytes).unwrap_or(i64::MAX))
        .bind(&file.media_type)
        .execute(&mut *work.tx)
        .await
        .doing("note the evidence of an alert")?;
    }
    Ok(())
}
