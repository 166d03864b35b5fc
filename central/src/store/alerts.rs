//! Alert messages of a batch: history, happenings, episodes, cases.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use xunge_alert::Alert;
use xunge_database::{Sql, insert, parts};

use super::names::{json_text, name_of, phase_name};
use super::take::Batch;
use super::{Store, StoreError, Tx, desk, edges, quiet, series, us};
use crate::incident::{Outcome, Step};
use crate::intake::message::{AlertMessage, BadMessage, Sender};

/// A message that comes later than this after it was seen is late (补传).
const LATE_SECS: i64 = 300;

/// Nothing was seen before the system existed.
const FIRST_POSSIBLE: Timestamp = Timestamp::constant(1_704_067_200, 0); // 2024-01-01
/// A box's clock may run ahead by so much.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

type Number = series::Number;

fn number(message: &AlertMessage) -> Number {
    let alert = &message.alert;
    // a number beyond the store's range was refused when the message was read
    (alert.edge.clone(), alert.outbox, i64::try_from(alert.seq).unwrap_or(i64::MAX))
}

fn is_late(alert: &Alert, now: Timestamp) -> bool {
    now.duration_since(alert.utc).as_secs() > LATE_SECS
}

/// Takes the alert messages of a batch, in the order in which they came.
pub(super) async fn take(
    store: &Store,
    work: &mut Batch,
    messages: &[&AlertMessage],
) -> Result<(), StoreError> {
    let boxes: BTreeSet<(&str, &str)> = messages
        .iter()
        .map(|message| (message.alert.edge.as_str(), message.alert.site.as_str()))
        .filter(|(edge, _)| !store.has_row(edge))
        .collect();
    edges::ensure(&mut work.tx, &boxes.iter().copied().collect::<Vec<_>>(), work.now).await?;
    work.boxes.extend(boxes.into_iter().map(|(edge, _)| edge.to_owned()));
    let mut first: BTreeMap<Number, &AlertMessage> = BTreeMap::new();
    for message in messages {
        first.entry(number(message)).or_insert(message);
    }
    let stored = stored(&mut work.tx, &first).await?;
    first_time(&mut work.tx, &first, &stored, work.now).await?;
    let mut fresh = Vec::new();
    for message in messages {
        let number = number(message);
        let is_first = first.get(&number).is_some_and(|first| std::ptr::eq(*first, *message));
        let same = match stored.get(&number) {
            Some(known) => *known == (message.alert.alert_id, i64::from(message.alert.revision)),
            None => first.get(&number).is_some_and(|first| {
                (first.alert.alert_id, first.alert.revision)
                    == (message.alert.alert_id, message.alert.revision)
            }),
        };
        if same {
            work.confirm(message);
        } else {
            work.set_aside(&taken_already(message)).await?;
        }
        if is_first && !stored.contains_key(&number) {
            fresh.push(*message);
        }
    }
    let numbers: Vec<Number> = fresh.iter().map(|message| number(message)).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    series::note(&mut work.tx, &numbers, work.now).await?;
    happenings(store, work, &fresh).await
}

/// The number has come before, as another message: this one is refused.
fn taken_already(message: &AlertMessage) -> BadMessage {
    let alert = &message.alert;
    BadMessage {
        topic: message.topic.clone(),
        payload: message.payload.clone().into_bytes(),
        reason: format!("number {} of this series is already taken by another message", alert.seq),
        sender: Some(Sender {
            site: alert.site.clone(),
            edge: alert.edge.clone(),
            outbox: alert.outbox,
            seq: alert.seq,
        }),
    }
}

/// What came before under the same numbers: which happening, which revision.
async fn stored(
    tx: &mut Tx,
    messages: &BTreeMap<Number, &AlertMessage>,
) -> Result<BTreeMap<Number, (Uuid, i64)>, StoreError> {
    let numbers: Vec<&Number> = messages.keys().collect();
    let mut stored = BTreeMap::new();
    for part in parts(&numbers, 3) {
        let mut sql = Sql::packed("m.edge, m.outbox, m.seq, m.alert_id, m.revision");
        sql.push(" FROM ").values(part, |values, (edge, outbox, seq)| {
            values.bind(edge).bind(outbox.to_string()).bind(*seq);
        });
        sql.push(
            " AS k CROSS JOIN alert_message m WHERE m.edge = k.column1 AND m.outbox = k.column2 AND m.seq = k.column3",
        );
        for (edge, outbox, seq, alert, revision) in sql.unpack(tx, "compare repeated messages").await? {
            stored.insert((edge, outbox, seq), (alert, revision));
        }
    }
    Ok(stored)
}

/// Keeps the messages whose number has not come before. Nobody else writes meanwhile.
async fn first_time(
    tx: &mut Tx,
    messages: &BTreeMap<Number, &AlertMessage>,
    stored: &BTreeMap<Number, (Uuid, i64)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows: Vec<_> = messages.iter().filter(|(number, _)| !stored.contains_key(*number)).collect();
    let head =
        "INSERT INTO alert_message (edge, outbox, seq, alert_id, revision, received_us, late, payload)";
    insert(tx, "keep alert messages", (head, ""), 8, &rows, |values, ((edge, outbox, seq), message)| {
        values
            .bind(edge)
            .bind(outbox.to_string())
            .bind(*seq)
            .bind(message.alert.alert_id.to_string())
            .bind(i64::from(message.alert.revision))
            .bind(us(now))
            .bind(i64::from(is_late(&message.alert, now)))
            .bind(&message.payload);
    })
    .await?;
    Ok(())
}

/// A happening as it stands after the batch.
struct Happening<'m> {
    alert: &'m Alert,
    outcome: Outcome,
    path: Option<Vec<Step>>,
    late: bool,
    /// Whether its row says the same of where it belongs: only what goes on with it is written.
    goes_on: bool,
}

/// An alert whose time cannot be right, with the centre's time instead: a box that has lost its clock still sees who lies
/// there. None where the time may be right.
fn set_right(alert: &Alert, now: Timestamp) -> Option<Alert> {
    let ahead = alert.utc.duration_since(now);
    if alert.utc >= FIRST_POSSIBLE && ahead <= MOST_AHEAD {
        return None;
    }
    let lasted = alert.utc.duration_since(alert.since_utc);
    let mut right = alert.clone();
    right.utc = now;
    right.since_utc = now.checked_sub(lasted).unwrap_or(now).max(FIRST_POSSIBLE);
    Some(right)
}

/// Brings happenings, episodes and cases up to date.
async fn happenings(store: &Store, work: &mut Batch, messages: &[&AlertMessage]) -> Result<(), StoreError> {
    let now = work.now;
    let right: Vec<Option<Alert>> = messages.iter().map(|message| set_right(&message.alert, now)).collect();
    for (message, _) in messages.iter().zip(&right).filter(|(_, right)| right.is_some()) {
        let reason =
            format!("its time {} cannot be right: it was taken with the centre's", message.alert.utc);
        work.keep(&message.topic, message.payload.as_bytes(), &reason).await?;
    }
    let alerts: Vec<&Alert> = messages
        .iter()
        .zip(&right)
        .map(|(message, right)| right.as_ref().unwrap_or(&message.alert))
        .collect();
    let policy = store.current_policy(&mut work.tx).await?;
    let mut desk = desk::open(&mut work.tx, store, &policy, &alerts, work.now).await?;
    let mut changed: BTreeMap<(String, Uuid), Happening<'_>> = BTreeMap::new();
    let stored = desk.known.clone();
    for ((alert, message), right) in alerts.iter().zip(messages).zip(&right) {
        let late = is_late(alert, work.now);
        let Some(mut outcome) = desk.take(alert, late) else { continue };
        let mut path = outcome.path.take();
        if let (Some(path), true) = (&mut path, right.is_some()) {
            path.insert(1, Step::ClockWrong { said_utc: message.alert.utc });
        }
        let key = (alert.edge.clone(), alert.alert_id);
        let before = changed.remove(&key);
        let path = path.or_else(|| before.as_ref().and_then(|before| before.path.clone()));
        let late = before.map_or(late, |before| before.late);
        let goes_on = path.is_none()
            && stored.get(&key).is_some_and(|known| {
                (known.incident, known.case_id, known.standing, us(known.since))
                    == (outcome.incident, outcome.case_id, outcome.standing, us(alert.since_utc))
            });
        changed.insert(key, Happening { alert, outcome, path, late, goes_on });
    }
    crate::plan::open(&mut desk.book, &policy.plans, &policy.atlas);
    let (going_on, rows): (Vec<Happening<'_>>, Vec<_>) = changed.into_values().partition(|row| row.goes_on);
    work.taken.news.cases.extend(desk::save(&mut work.tx, store, desk, work.now).await?);
    write(&mut work.tx, &rows, &policy, work.now).await?;
    let held = quiet::HeldBack::of(rows.iter().filter_map(|row| row.path.as_ref()).flatten());
    quiet::count_held(&mut work.tx, held).await?;
    write_on(&mut work.tx, &going_on, work.now).await?;
    write_evidence(&mut work.tx, &alerts).await
}

const INSERT: &str = "INSERT INTO alert (edge, alert_id, incident_id, case_id, standing, site, region, camera, rule, behavior,
    outbox, seq, revision, phase, since_us, utc_us, severity, score, late, test, first_received_us, received_us, path)";
const UPDATE: &str = " ON CONFLICT (edge, alert_id) DO UPDATE SET incident_id = excluded.incident_id, case_id = excluded.case_id,
    standing = excluded.standing, outbox = excluded.outbox, seq = excluded.seq, revision = excluded.revision,
    phase = excluded.phase, since_us = excluded.since_us, utc_us = excluded.utc_us, severity = excluded.severity,
    score = excluded.score, received_us = excluded.received_us,
    path = CASE WHEN excluded.path = '[]' THEN alert.path ELSE excluded.path END";

async fn write(
    tx: &mut Tx,
    rows: &[Happening<'_>],
    policy: &super::Policy,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut texts = Vec::with_capacity(rows.len());
    for row in rows {
        // a later revision of what is on its way already says nothing new about its way
        texts.push(json_text(&row.path.as_deref().unwrap_or_default())?);
    }
    let rows: Vec<_> = rows.iter().zip(&texts).collect();
    insert(tx, "keep happenings", (INSERT, UPDATE), 23, &rows, |values, (row, path)| {
        let alert = row.alert;
        values
            .bind(&alert.edge)
            .bind(alert.alert_id.to_string())
            .bind(row.outcome.incident.to_string())
            .bind(row.outcome.case_id.map(|id| id.to_string()))
            .bind(row.outcome.standing.as_str())
            .bind(&alert.site)
            .bind(policy.region_of(alert))
            .bind(&alert.camera)
            .bind(&alert.rule)
            .bind(&alert.behavior)
            .bind(alert.outbox.to_string())
            .bind(i64::try_from(alert.seq).unwrap_or(i64::MAX))
            .bind(i64::from(alert.revision))
            .bind(phase_name(alert.phase))
            .bind(us(alert.since_utc))
            .bind(us(alert.utc))
            .bind(i64::from(row.outcome.severity))
            .bind(f64::from(alert.score))
            .bind(i64::from(row.late))
            .bind(i64::from(alert.test))
            .bind(us(now))
            .bind(us(now))
            .bind(*path);
    })
    .await?;
    Ok(())
}

/// Writes what has changed of alerts that go on or end, as most messages say: no index holds any of it.
async fn write_on(tx: &mut Tx, rows: &[Happening<'_>], now: Timestamp) -> Result<(), StoreError> {
    for part in parts(rows, 10) {
        let mut sql = Sql::new(
            "UPDATE alert SET outbox = k.column3, seq = k.column4, revision = k.column5, phase = k.column6, utc_us = k.column7,
                severity = k.column8, score = k.column9, received_us = k.column10 FROM ",
        );
        sql.values(part, |values, row| {
            let alert = row.alert;
            values
                .bind(&alert.edge)
                .bind(alert.alert_id.to_string())
                .bind(alert.outbox.to_string())
                .bind(i64::try_from(alert.seq).unwrap_or(i64::MAX))
                .bind(i64::from(alert.revision))
                .bind(phase_name(alert.phase))
                .bind(us(alert.utc))
                .bind(i64::from(row.outcome.severity))
                .bind(f64::from(alert.score))
                .bind(us(now));
        });
        sql.push(" AS k WHERE alert.edge = k.column1 AND alert.alert_id = k.column2");
        sql.run(tx, "keep happenings").await?;
    }
    Ok(())
}

async fn write_evidence(tx: &mut Tx, alerts: &[&Alert]) -> Result<(), StoreError> {
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for alert in alerts {
        for (place, file) in (0_i64..).zip(&alert.evidence) {
            if seen.insert((&alert.edge, alert.alert_id, &file.sha256)) {
                rows.push((alert, place, file, name_of(&file.kind)?));
            }
        }
    }
    let head = "INSERT INTO alert_evidence (edge, alert_id, sha256, place, kind, bytes, media_type)";
    let tail = " ON CONFLICT (edge, alert_id, sha256) DO NOTHING";
    insert(
        tx,
        "note the evidence of alerts",
        (head, tail),
        7,
        &rows,
        |values, (alert, place, file, kind)| {
            values
                .bind(&alert.edge)
                .bind(alert.alert_id.to_string())
                .bind(&file.sha256)
                .bind(*place)
                .bind(kind)
                .bind(i64::try_from(file.bytes).unwrap_or(i64::MAX))
                .bind(&file.media_type);
        },
    )
    .await?;
    Ok(())
}
