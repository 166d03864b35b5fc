//! 拆分 in the store: alerts move from one case into another one, with their episodes, and both logs say so.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;
use xunge_alert::Alert;

use crate::case::book::{Book, Record};
use crate::case::guard::{Actor, may_split};
use crate::case::{Change, NOTE_CHARS, Refused, number};
use crate::incident::{Incident, MAX_ALERTS, Piece, Step, split};
use crate::org::Region;
use crate::store::names::{json, json_text};
use crate::store::{Doing, News, Store, StoreError, Tx, book, incidents, level, time, uuid};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Split {
    /// Which alerts: (box, happening).
    pub alerts: Vec<(String, Uuid)>,
    /// Into this case; none makes a new one.
    pub into: Option<Uuid>,
    /// Why.
    pub reason: String,
    /// The version that was on screen.
    pub shown: u64,
}

const DOING: &str = "split a case";

/// Alerts with what is kept beside them.
struct Kept {
    piece: Piece,
    path: Vec<Step>,
    /// When the first message about it came.
    received: Timestamp,
}

impl Store {
    /// Moves alerts out of a case. Gives the case that they went to; none where there is no such case.
    pub async fn split_case(
        &self,
        id: Uuid,
        asked: &Split,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Record>, StoreError> {
        let reason = asked.reason.trim();
        if reason.is_empty() {
            return Err(Refused::WordsMissing.into());
        }
        if reason.chars().count() > NOTE_CHARS {
            return Err(Refused::NoteTooLong.into());
        }
        let mut tx = self.begin().await?;
        self.current_policy(&mut tx).await?;
        let Some(district) = self.case_region(id).await? else { return Ok(None) };
        let district = number::district(district.as_str()).to_owned();
        let mut book = book::open(&mut tx, self, &[district], now).await?;
        book::lay(&mut tx, self, &mut book, &[id]).await?;
        let Some(record) = book.get(id) else { return Ok(None) };
        if !may_split(actor, &record.case, &record.facts.region) {
            let wanted =
                Change::Split { edge: String::new(), alert_id: Uuid::nil(), to: Uuid::nil(), reason: None };
            return Err(match record.case.state.splits() {
                true => Refused::NotYours { wanted: "operator, acceptor, admin".into() },
                false => Refused::WrongState { state: record.case.state, change: wanted.name() },
            }
            .into());
        }
        record.case.expect_version(asked.shown)?;
        let first = first_alert(&mut tx, id).await?;
        let kept = pieces(&mut tx, id).await?;
        let wanted: BTreeSet<(&str, Uuid)> =
            asked.alerts.iter().map(|(edge, alert)| (edge.as_str(), *alert)).collect();
        let (moved, stay): (Vec<&Kept>, Vec<&Kept>) = kept
            .iter()
            .partition(|kept| wanted.contains(&(kept.piece.alert.edge.as_str(), kept.piece.alert.alert_id)));
        let takes_first = wanted.iter().any(|(edge, alert)| (*edge, *alert) == (first.0.as_str(), first.1));
        if moved.is_empty() || moved.len() != wanted.len() || stay.is_empty() || takes_first {
            return Err(Refused::BadSplit.into());
        }
        let to = self.receiving(&mut tx, &mut book, id, asked, &moved, actor).await?;
        for kept in &moved {
            let (edge, alert_id) = (kept.piece.alert.edge.clone(), kept.piece.alert.alert_id);
            let change = Change::Split { edge, alert_id, to, reason: Some(reason.to_owned()) };
            made(&mut book, id, change, actor)?;
        }
        let remaining: Vec<&Piece> = stay.iter().map(|kept| &kept.piece).collect();
        if let (Some(facts), Some(of_stay)) = (book.facts(id), split::facts(&remaining)) {
            let (edge, camera, rule) = (facts.edge.clone(), facts.camera.clone(), facts.rule.clone());
            // what it is called stays: that is its first alert's
            *facts = crate::case::book::Facts {
                behavior: facts.behavior.clone(),
                region: facts.region.clone(),
                zone: facts.zone.clone(),
                edge,
                camera,
                rule,
                ..of_stay
            };
        }
        let closed = book.close();
        book::save(&mut tx, self, &closed, now).await?;
        move_alerts(&mut tx, to, &moved, &stay, &actor.name, now).await?;
        self.announce(&mut tx, &News::of_cases([id, to])).await?;
        tx.commit().await.doing(DOING)?;
        Ok(closed.changed.into_iter().find(|record| record.id == to))
    }

    /// The case that the alerts go to, with the alerts in its log and in what it says.
    async fn receiving(
        &self,
        tx: &mut Tx,
        book: &mut Book,
        from: Uuid,
        asked: &Split,
        moved: &[&Kept],
        actor: &Actor,
    ) -> Result<Uuid, StoreError> {
        let pieces: Vec<&Piece> = moved.iter().map(|kept| &kept.piece).collect();
        let Some(facts) = split::facts(&pieces) else { return Err(Refused::BadSplit.into()) };
        let reason = Some(asked.reason.trim().to_owned());
        let joined = |piece: &Piece| Change::Joined {
            edge: piece.alert.edge.clone(),
            alert_id: piece.alert.alert_id,
            from: Some(from),
            reason: reason.clone(),
        };
        if let Some(to) = asked.into {
            book::lay(tx, self, book, &[to]).await?;
            let fits = to != from
                && book.get(to).is_some_and(|record| {
                    record.case.state.takes_alerts()
                        && actor.sees(&record.facts.region)
                        && record.facts.test == facts.test
                        && record.facts.alerts + facts.alerts <= MAX_ALERTS
                });
            if !fits {
                return Err(Refused::BadMaster.into());
            }
            for piece in &pieces {
                made(book, to, joined(piece), actor)?;
            }
            let severity = pieces.iter().map(|piece| piece.severity).min().unwrap_or(4);
            if book.get(to).is_some_and(|record| severity < record.case.severity) {
                book.must(to, Change::Raised { severity });
            }
            let mut all: Vec<Piece> =
                self::pieces(tx, to).await?.into_iter().map(|kept| kept.piece).collect();
            all.extend(pieces.iter().map(|piece| (*piece).clone()));
            let whole = split::facts(&all.iter().collect::<Vec<_>>());
            if let (Some(own), Some(whole)) = (book.facts(to), whole) {
                own.since = whole.since;
                own.last = whole.last;
                own.ended = whole.ended;
                own.phase = whole.phase;
                own.alerts = whole.alerts;
                own.open_alerts = whole.open_alerts;
                own.score = whole.score;
                own.bounds = whole.bounds;
                own.late = whole.late;
            }
            return Ok(to);
        }
        let by_time = |piece: &&&Piece| (piece.alert.since_utc, piece.alert.alert_id);
        let Some(first) = pieces.iter().min_by_key(by_time) else { return Err(Refused::BadSplit.into()) };
        let severity = pieces.iter().map(|piece| piece.severity).min();
        let begins = Change::Registered {
            edge: first.alert.edge.clone(),
            alert_id: first.alert.alert_id,
            severity,
            from: Some(from),
            reason: reason.clone(),
        };
        let day = number::day(book.now(), self.zone());
        // by the centre's clock, as for every case: what came late was not late here
        let since = moved.iter().map(|kept| kept.received).min().unwrap_or(book.now());
        let to = book.register_since(facts, severity.unwrap_or(3), &day, (begins, &actor.name), since);
        book.must(to, Change::Verifying);
        // whoever takes it apart has looked: nobody is rung up for what is on somebody's screen
        made(book, to, Change::Taken, actor)?;
        for piece in pieces.iter().filter(|piece| piece.alert.alert_id != first.alert.alert_id) {
            made(book, to, joined(piece), actor)?;
        }
        Ok(to)
    }
}

fn made(book: &mut Book, id: Uuid, change: Change, actor: &Actor) -> Result<(), StoreError> {
    match book.change(id, change, &actor.name) {
        Some(Ok(_)) => Ok(()),
        Some(Err(refused)) => Err(refused.into()),
        None => Err(StoreError::Corrupt(format!("case {id} is gone"))),
    }
}

/// The alert that a case began with.
async fn first_alert(tx: &mut Tx, id: Uuid) -> Result<(String, Uuid), StoreError> {
    let change: String = sqlx::query_scalar("SELECT change FROM case_log WHERE case_id = $1 AND place = 1")
        .bind(id.to_string())
        .fetch_one(&mut **tx)
        .await
        .doing(DOING)?;
    match json(&change)? {
        Change::Registered { edge, alert_id, .. } => Ok((edge, alert_id)),
        other => Err(StoreError::Corrupt(format!("the log of case {id} begins with {}", other.name()))),
    }
}

async fn pieces(tx: &mut Tx, id: Uuid) -> Result<Vec<Kept>, StoreError> {
    let rows = sqlx::query(
        "SELECT m.payload, a.incident_id, a.region, a.severity, a.late, a.path, a.first_received_us FROM alert a
         JOIN alert_message m ON m.edge = a.edge AND m.outbox = a.outbox AND m.seq = a.seq
         WHERE a.case_id = $1",
    )
    .bind(id.to_string())
    .fetch_all(&mut **tx)
    .await
    .doing(DOING)?;
    rows.iter()
        .map(|row| {
            let alert: Alert = json(row.try_get("payload").doing(DOING)?)?;
            let piece = Piece {
                alert,
                incident: uuid(row.try_get("incident_id").doing(DOING)?)?,
                region: Region::of_site(row.try_get("region").doing(DOING)?),
                severity: level(row.try_get("severity").doing(DOING)?)?,
                late: row.try_get::<i64, _>("late").doing(DOING)? != 0,
            };
            let received = time(row.try_get("first_received_us").doing(DOING)?)?;
            Ok(Kept { piece, path: json(row.try_get("path").doing(DOING)?)?, received })
        })
        .collect()
}

/// Moves the alerts' rows and their episodes: an episode of which some stay becomes two.
async fn move_alerts(
    tx: &mut Tx,
    to: Uuid,
    moved: &[&Kept],
    stay: &[&Kept],
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut by_incident: BTreeMap<Uuid, Vec<&Piece>> = BTreeMap::new();
    for kept in moved {
        by_incident.entry(kept.piece.incident).or_default().push(&kept.piece);
    }
    let ids: Vec<Uuid> = by_incident.keys().copied().collect();
    let mut new: Vec<Incident> = Vec::new();
    let mut smaller: Vec<(Incident, Timestamp)> = Vec::new();
    let mut now_in: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    for whole in incidents::of(tx, &ids).await? {
        let Some(leaving) = by_incident.get(&whole.id) else { continue };
        let staying: Vec<&Piece> =
            stay.iter().map(|kept| &kept.piece).filter(|piece| piece.incident == whole.id).collect();
        if staying.is_empty() {
            sqlx::query("UPDATE incident SET case_id = $2 WHERE id = $1")
                .bind(whole.id.to_string())
                .bind(to.to_string())
                .execute(&mut **tx)
                .await
                .doing(DOING)?;
            now_in.insert(whole.id, whole.id);
            continue;
        }
        let id = crate::case::book::id_at(now);
        now_in.insert(whole.id, id);
        new.extend(split::episode(&whole, id, Some(to), leaving));
        let rest = split::episode(&whole, whole.id, whole.case_id, &staying);
        smaller.extend(rest.map(|rest| (rest, whole.last)));
    }
    incidents::insert_new(tx, &new.iter().collect::<Vec<_>>()).await?;
    let smaller: Vec<_> = smaller.iter().map(|(incident, before)| (incident, *before)).collect();
    incidents::write_on(tx, &smaller).await?;
    for kept in moved {
        let alert = &kept.piece.alert;
        let mut path = kept.path.clone();
        path.push(Step::Moved { by: by.to_owned(), utc: now, case: to });
        let incident = now_in.get(&kept.piece.incident).copied().unwrap_or(kept.piece.incident);
        sqlx::query(
            "UPDATE alert SET case_id = $3, incident_id = $4, path = $5 WHERE edge = $1 AND alert_id = $2",
        )
        .bind(&alert.edge)
        .bind(alert.alert_id.to_string())
        .bind(to.to_string())
        .bind(incident.to_string())
        .bind(json_text(&path)?)
        .execute(&mut **tx)
        .await
        .doing(DOING)?;
    }
    Ok(())
}
