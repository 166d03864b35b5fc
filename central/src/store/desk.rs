//! Lays out what is known of a batch of alerts, and writes what came of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;
use xunge_alert::Alert;

use super::names::{box_text, json, json_text, named};
use super::sql::{Sql, insert, parts};
use super::{Doing, Policy, Store, StoreError, Tx, book, count, level, time, us, uuid};
use crate::case::number;
use crate::incident::{
    Desk, Episode, Incident, KnownAlert, Maintenance, Neighbour, Pulse, RuleKey, SILENCE, Shelf, Standing,
    Suppression, WITHIN, blinds, merge_window,
};
use crate::org::Region;

type Camera = (String, String);

/// Lays out everything that these alerts may have to do with.
pub(super) async fn open<'p>(
    tx: &mut Tx,
    store: &Store,
    policy: &'p Policy,
    alerts: &[&Alert],
    now: Timestamp,
) -> Result<Desk<'p>, StoreError> {
    let districts: BTreeSet<String> =
        alerts.iter().map(|alert| number::district(&alert.site).to_owned()).collect();
    let book = book::open(tx, store, &districts.into_iter().collect::<Vec<_>>(), now).await?;
    let mut desk = Desk {
        atlas: &policy.atlas,
        raises: &policy.raises,
        suppression: Suppression::default(),
        incidents: HashMap::new(),
        by_episode: HashMap::new(),
        known: known(tx, alerts).await?,
        pulses: HashMap::new(),
        neighbours: Vec::new(),
        book,
        changed: BTreeSet::new(),
        shelved: Vec::new(),
    };
    for incident in incidents(tx, alerts, &desk.known).await? {
        desk.lay(incident);
    }
    desk.neighbours = neighbours(tx, policy, alerts).await?;
    let mut cases: BTreeSet<Uuid> = desk.known.values().filter_map(|known| known.case_id).collect();
    cases.extend(desk.incidents.values().filter_map(|incident| incident.case_id));
    cases.extend(desk.neighbours.iter().map(|neighbour| neighbour.case_id));
    book::lay(tx, &mut desk.book, &cases.into_iter().collect::<Vec<_>>()).await?;
    let masters: BTreeSet<Uuid> = desk
        .book
        .records()
        .filter_map(|record| record.case.merged.as_ref().map(|merged| merged.master))
        .collect();
    book::lay(tx, &mut desk.book, &masters.into_iter().collect::<Vec<_>>()).await?;
    // who has begun something before has a pulse; later revisions beat none
    let beginning: Vec<&Alert> = alerts
        .iter()
        .copied()
        .filter(|alert| !desk.known.contains_key(&(alert.edge.clone(), alert.alert_id)))
        .collect();
    if !beginning.is_empty() {
        let first = beginning.iter().map(|alert| alert.utc).min().unwrap_or(now).min(now);
        desk.suppression = suppression(tx, &beginning, first).await?;
        desk.pulses = pulses(tx, &beginning).await?;
    }
    Ok(desk)
}

async fn known(tx: &mut Tx, alerts: &[&Alert]) -> Result<HashMap<(String, Uuid), KnownAlert>, StoreError> {
    let doing = "read happenings";
    let keys: BTreeSet<(&str, Uuid)> =
        alerts.iter().map(|alert| (alert.edge.as_str(), alert.alert_id)).collect();
    let keys: Vec<_> = keys.into_iter().collect();
    let mut known = HashMap::new();
    for part in parts(&keys, 2) {
        let mut sql = Sql::new(
            "SELECT a.edge, a.alert_id, a.incident_id, a.case_id, a.revision, a.severity, a.phase FROM ",
        );
        sql.values(part, |values, (edge, id)| {
            values.bind(*edge).bind(id.to_string());
        });
        sql.push(" AS k CROSS JOIN alert a WHERE a.edge = k.column1 AND a.alert_id = k.column2");
        for row in sql.all(tx, doing).await? {
            let key = (row.try_get("edge").doing(doing)?, uuid(row.try_get("alert_id").doing(doing)?)?);
            let case_id: Option<&str> = row.try_get("case_id").doing(doing)?;
            let revision: i64 = row.try_get("revision").doing(doing)?;
            let alert = KnownAlert {
                incident: uuid(row.try_get("incident_id").doing(doing)?)?,
                case_id: case_id.map(uuid).transpose()?,
                revision: u32::try_from(revision).unwrap_or(u32::MAX),
                severity: level(row.try_get("severity").doing(doing)?)?,
                ended: row.try_get::<&str, _>("phase").doing(doing)? == "ended",
            };
            known.insert(key, alert);
        }
    }
    Ok(known)
}

const INCIDENT: &str = "SELECT i.* FROM ";

/// Episodes of known alerts, and those that new ones may join.
async fn incidents(
    tx: &mut Tx,
    alerts: &[&Alert],
    known: &HashMap<(String, Uuid), KnownAlert>,
) -> Result<Vec<Incident>, StoreError> {
    let doing = "read incidents";
    let mut found: BTreeMap<Uuid, Incident> = BTreeMap::new();
    let ids: BTreeSet<Uuid> = known.values().map(|known| known.incident).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    for part in parts(&ids, 1) {
        let mut sql = Sql::new("SELECT * FROM incident WHERE id IN ");
        sql.list(part.iter().map(Uuid::to_string));
        for row in sql.all(tx, doing).await? {
            let incident = incident(&row)?;
            found.insert(incident.id, incident);
        }
    }
    let mut wanted: BTreeMap<Episode, (Timestamp, Timestamp)> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| !known.contains_key(&(alert.edge.clone(), alert.alert_id))) {
        let (since, last) = wanted.entry(Episode::of(alert)).or_insert((alert.since_utc, alert.utc));
        (*since, *last) = ((*since).min(alert.since_utc), (*last).max(alert.utc));
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    for part in parts(&wanted, 8) {
        let mut sql = Sql::new(INCIDENT);
        sql.values(part, |values, (episode, (since, last))| {
            let window = merge_window(&episode.behavior);
            let before = |reach: Duration| us(since.checked_sub(reach).unwrap_or(Timestamp::MIN));
            values
                .bind(&episode.edge)
                .bind(&episode.camera)
                .bind(&episode.rule)
                .bind(&episode.behavior)
                .bind(&episode.zone)
                .bind(before(window))
                .bind(before(window.max(SILENCE)))
                .bind(us(last.checked_add(window).unwrap_or(Timestamp::MAX)));
        });
        sql.push(
            " AS k CROSS JOIN incident i LEFT JOIN case_ c ON c.id = i.case_id
              WHERE i.edge = k.column1 AND i.camera = k.column2 AND i.rule = k.column3
                AND i.behavior = k.column4 AND i.zone = k.column5
                AND i.last_us >= k.column7 AND (i.last_us >= k.column6 OR i.open_alerts > 0) AND i.since_us <= k.column8
                AND (i.case_id IS NULL OR c.state IN ('registered', 'verifying', 'merged'))",
        );
        for row in sql.all(tx, doing).await? {
            let incident = incident(&row)?;
            found.insert(incident.id, incident);
        }
    }
    Ok(found.into_values().collect())
}

pub(super) fn incident(row: &AnyRow) -> Result<Incident, StoreError> {
    let doing = "read an incident";
    let case_id: Option<&str> = row.try_get("case_id").doing(doing)?;
    Ok(Incident {
        id: uuid(row.try_get("id").doing(doing)?)?,
        episode: Episode {
            edge: row.try_get("edge").doing(doing)?,
            camera: row.try_get("camera").doing(doing)?,
            rule: row.try_get("rule").doing(doing)?,
            behavior: row.try_get("behavior").doing(doing)?,
            zone: row.try_get("zone").doing(doing)?,
        },
        detail: row.try_get("detail").doing(doing)?,
        standing: named(Standing::parse, row.try_get("standing").doing(doing)?)?,
        case_id: case_id.map(uuid).transpose()?,
        severity: level(row.try_get("severity").doing(doing)?)?,
        test: row.try_get::<i64, _>("test").doing(doing)? != 0,
        since: time(row.try_get("since_us").doing(doing)?)?,
        last: time(row.try_get("last_us").doing(doing)?)?,
        alerts: count(row.try_get("alerts").doing(doing)?),
        open_alerts: count(row.try_get("open_alerts").doing(doing)?),
        score: row.try_get("score").doing(doing)?,
        bounds: json(row.try_get("box").doing(doing)?)?,
    })
}

/// Undecided cases of the cameras that may have seen the same.
async fn neighbours(tx: &mut Tx, policy: &Policy, alerts: &[&Alert]) -> Result<Vec<Neighbour>, StoreError> {
    let doing = "read cases nearby";
    let mut wanted: BTreeMap<(&str, &str), (Timestamp, Timestamp)> = BTreeMap::new();
    for alert in alerts {
        let own = (alert.edge.as_str(), alert.camera.as_str());
        for camera in std::iter::once(own).chain(policy.near(&alert.edge, &alert.camera)) {
            let (since, last) = wanted.entry(camera).or_insert((alert.since_utc, alert.utc));
            (*since, *last) = ((*since).min(alert.since_utc), (*last).max(alert.utc));
        }
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let mut found = Vec::new();
    for part in parts(&wanted, 4) {
        let mut sql = Sql::new(
            "SELECT c.id, c.behavior, c.severity, c.test, c.region, c.edge, c.camera, c.since_us, c.last_us, c.alert_count FROM ",
        );
        sql.values(part, |values, ((edge, camera), (since, last))| {
            values
                .bind(*edge)
                .bind(*camera)
                .bind(us(since.checked_sub(WITHIN).unwrap_or(Timestamp::MIN)))
                .bind(us(last.checked_add(WITHIN).unwrap_or(Timestamp::MAX)));
        });
        sql.push(
            " AS k CROSS JOIN case_ c WHERE c.edge = k.column1 AND c.camera = k.column2
              AND c.state IN ('registered', 'verifying') AND c.last_us >= k.column3 AND c.since_us <= k.column4",
        );
        for row in sql.all(tx, doing).await? {
            found.push(Neighbour {
                case_id: uuid(row.try_get("id").doing(doing)?)?,
                behavior: row.try_get("behavior").doing(doing)?,
                severity: level(row.try_get("severity").doing(doing)?)?,
                test: row.try_get::<i64, _>("test").doing(doing)? != 0,
                grid: Region::of_site(row.try_get("region").doing(doing)?),
                camera: (row.try_get("edge").doing(doing)?, row.try_get("camera").doing(doing)?),
                since: time(row.try_get("since_us").doing(doing)?)?,
                last: time(row.try_get("last_us").doing(doing)?)?,
                alerts: count(row.try_get("alert_count").doing(doing)?),
            });
        }
    }
    Ok(found)
}

/// What may hold these alerts back, of which the first was seen at `first`.
async fn suppression(tx: &mut Tx, alerts: &[&Alert], first: Timestamp) -> Result<Suppression, StoreError> {
    let doing = "read what holds alerts back";
    let mut suppression = Suppression::default();
    let cameras: BTreeSet<(&str, &str)> =
        alerts.iter().map(|alert| (alert.edge.as_str(), alert.camera.as_str())).collect();
    let cameras: Vec<_> = cameras.into_iter().collect();
    for part in parts(&cameras, 2) {
        let mut sql = Sql::new(INCIDENT);
        sql.values(part, |values, (edge, camera)| {
            values.bind(*edge).bind(*camera);
        });
        sql.push(
            " AS k CROSS JOIN incident i WHERE i.edge = k.column1 AND i.camera = k.column2
              AND i.behavior = 'tamper' AND i.open_alerts > 0",
        );
        for row in sql.all(tx, doing).await? {
            let incident = incident(&row)?;
            if blinds(incident.detail.as_deref()) {
                let camera: Camera = (incident.episode.edge, incident.episode.camera);
                suppression.tampered.insert(camera, (incident.id, incident.since, incident.last));
            }
        }
    }
    let rows = sqlx::query("SELECT * FROM maintenance WHERE COALESCE(ended_us, until_us) > $1")
        .bind(us(first))
        .fetch_all(&mut **tx)
        .await
        .doing(doing)?;
    for row in &rows {
        suppression.maintenance.push(Maintenance {
            id: uuid(row.try_get("id").doing(doing)?)?,
            edge: row.try_get("edge").doing(doing)?,
            camera: some(row.try_get("camera").doing(doing)?),
            from_utc: time(row.try_get("from_us").doing(doing)?)?,
            until_utc: ended_or(row)?,
        });
    }
    let rows = sqlx::query("SELECT * FROM shelf WHERE COALESCE(ended_us, until_us) > $1 AND pending = 0")
        .bind(us(first))
        .fetch_all(&mut **tx)
        .await
        .doing(doing)?;
    for row in &rows {
        suppression.shelves.push(Shelf {
            id: uuid(row.try_get("id").doing(doing)?)?,
            edge: row.try_get("edge").doing(doing)?,
            camera: some(row.try_get("camera").doing(doing)?),
            rule: some(row.try_get("rule").doing(doing)?),
            from_utc: time(row.try_get("from_us").doing(doing)?)?,
            until_utc: ended_or(row)?,
        });
    }
    Ok(suppression)
}

/// When a window ended, or is to end.
fn ended_or(row: &AnyRow) -> Result<Timestamp, StoreError> {
    let doing = "read what holds alerts back";
    let ended: Option<i64> = row.try_get("ended_us").doing(doing)?;
    time(ended.unwrap_or(row.try_get("until_us").doing(doing)?))
}

/// An empty text in the store means all of them.
fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

async fn pulses(tx: &mut Tx, alerts: &[&Alert]) -> Result<HashMap<RuleKey, Pulse>, StoreError> {
    let doing = "read how often rules begin";
    let keys: BTreeSet<(&str, &str, &str)> = alerts
        .iter()
        .map(|alert| (alert.edge.as_str(), alert.camera.as_str(), alert.rule.as_str()))
        .collect();
    let keys: Vec<_> = keys.into_iter().collect();
    let mut pulses = HashMap::new();
    for part in parts(&keys, 3) {
        let mut sql = Sql::new("SELECT p.edge, p.camera, p.rule, p.beats FROM ");
        sql.values(part, |values, (edge, camera, rule)| {
            values.bind(*edge).bind(*camera).bind(*rule);
        });
        sql.push(" AS k CROSS JOIN pulse p WHERE p.edge = k.column1 AND p.camera = k.column2 AND p.rule = k.column3");
        for row in sql.all(tx, doing).await? {
            let key = (
                row.try_get("edge").doing(doing)?,
                row.try_get("camera").doing(doing)?,
                row.try_get("rule").doing(doing)?,
            );
            pulses.insert(key, json(row.try_get("beats").doing(doing)?)?);
        }
    }
    Ok(pulses)
}

/// Writes what came of it; gives the cases that are new or changed.
pub(super) async fn save(
    tx: &mut Tx,
    store: &Store,
    desk: Desk<'_>,
    now: Timestamp,
) -> Result<Vec<Uuid>, StoreError> {
    let Desk { incidents, pulses, changed, shelved, book: cases, .. } = desk;
    let closed = cases.close();
    book::save(tx, store, &closed, now).await?;
    let rows: Vec<&Incident> = changed.iter().filter_map(|id| incidents.get(id)).collect();
    save_incidents(tx, &rows).await?;
    let mut beats = Vec::with_capacity(pulses.len());
    for (key, pulse) in &pulses {
        beats.push((key, json_text(pulse)?));
    }
    let head = "INSERT INTO pulse (edge, camera, rule, beats)";
    let tail = " ON CONFLICT (edge, camera, rule) DO UPDATE SET beats = excluded.beats";
    insert(
        tx,
        "note how often rules begin",
        (head, tail),
        4,
        &beats,
        |values, ((edge, camera, rule), beats)| {
            values.bind(edge).bind(camera).bind(rule).bind(beats);
        },
    )
    .await?;
    let head = "INSERT INTO shelf (id, edge, camera, rule, reason, by_, from_us, until_us)";
    insert(tx, "shelve rules that chatter", (head, ""), 8, &shelved, |values, shelf| {
        values
            .bind(shelf.id.to_string())
            .bind(&shelf.edge)
            .bind(shelf.camera.as_deref().unwrap_or_default())
            .bind(shelf.rule.as_deref().unwrap_or_default())
            .bind("chatter")
            .bind("system")
            .bind(us(shelf.from_utc))
            .bind(us(shelf.until_utc));
    })
    .await?;
    Ok(closed.changed.iter().map(|record| record.id).collect())
}

/// Writes episodes that are new or changed.
pub(super) async fn save_incidents(tx: &mut Tx, incidents: &[&Incident]) -> Result<(), StoreError> {
    let head = "INSERT INTO incident (id, edge, camera, rule, behavior, zone, detail, standing, case_id, severity, test, since_us,
        last_us, alerts, open_alerts, score, box)";
    let tail = " ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, since_us = excluded.since_us,
        last_us = excluded.last_us, alerts = excluded.alerts, open_alerts = excluded.open_alerts,
        score = excluded.score, box = excluded.box";
    insert(tx, "write incidents", (head, tail), 17, incidents, |values, incident| {
        let episode = &incident.episode;
        values
            .bind(incident.id.to_string())
            .bind(&episode.edge)
            .bind(&episode.camera)
            .bind(&episode.rule)
            .bind(&episode.behavior)
            .bind(&episode.zone)
            .bind(&incident.detail)
            .bind(incident.standing.as_str())
            .bind(incident.case_id.map(|id| id.to_string()))
            .bind(i64::from(incident.severity))
            .bind(i64::from(incident.test))
            .bind(us(incident.since))
            .bind(us(incident.last))
            .bind(i64::try_from(incident.alerts).unwrap_or(i64::MAX))
            .bind(i64::try_from(incident.open_alerts).unwrap_or(i64::MAX))
            .bind(incident.score)
            .bind(box_text(incident.bounds));
    })
    .await
}
