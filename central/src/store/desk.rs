//! Lays out what is known of a batch of alerts, and writes what came of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;
use xunge_alert::Alert;
use xunge_database::{Sql, insert, parts};

use super::names::{json, json_text, named};
use super::{Doing, Policy, Store, StoreError, Tx, book, hour, incidents, level, time, us, uuid};
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
        heard_before: HashMap::new(),
        known: known(tx, alerts).await?,
        pulses: HashMap::new(),
        neighbours: HashMap::new(),
        book,
        changed: BTreeSet::new(),
        shelved: Vec::new(),
    };
    for incident in incidents(tx, alerts, &desk.known).await? {
        desk.lay(incident);
    }
    // whoever has a case needs none nearby
    let caseless: Vec<&Alert> = alerts
        .iter()
        .copied()
        .filter(|alert| desk.known.get(&(alert.edge.clone(), alert.alert_id)).is_none_or(KnownAlert::is_held))
        .collect();
    for case in neighbours(tx, policy, &caseless).await? {
        desk.beside(case);
    }
    let mut cases: BTreeSet<Uuid> = desk.known.values().filter_map(|known| known.case_id).collect();
    cases.extend(desk.incidents.values().filter_map(|incident| incident.case_id));
    cases.extend(desk.neighbours.values().flatten().map(|neighbour| neighbour.case_id));
    book::lay(tx, store, &mut desk.book, &cases.into_iter().collect::<Vec<_>>()).await?;
    let masters: BTreeSet<Uuid> = desk
        .book
        .records()
        .filter_map(|record| record.case.merged.as_ref().map(|merged| merged.master))
        .collect();
    book::lay(tx, store, &mut desk.book, &masters.into_iter().collect::<Vec<_>>()).await?;
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

#[derive(Deserialize)]
struct KnownRow {
    edge: String,
    alert_id: Uuid,
    incident_id: Uuid,
    case_id: Option<Uuid>,
    standing: String,
    revision: u32,
    severity: i64,
    phase: String,
    since_us: i64,
}

async fn known(tx: &mut Tx, alerts: &[&Alert]) -> Result<HashMap<(String, Uuid), KnownAlert>, StoreError> {
    let keys: BTreeSet<(&str, Uuid)> =
        alerts.iter().map(|alert| (alert.edge.as_str(), alert.alert_id)).collect();
    let keys: Vec<_> = keys.into_iter().collect();
    let mut known = HashMap::new();
    for part in parts(&keys, 2) {
        let mut sql = Sql::packed(
            "a.edge, a.alert_id, a.incident_id, a.case_id, a.standing, a.revision, a.severity, a.phase, a.since_us",
        );
        sql.push(" FROM ").values(part, |values, (edge, id)| {
            values.bind(*edge).bind(id.to_string());
        });
        sql.push(" AS k CROSS JOIN alert a WHERE a.edge = k.column1 AND a.alert_id = k.column2");
        for row in sql.unpack::<KnownRow>(tx, "read happenings").await? {
            let alert = KnownAlert {
                incident: row.incident_id,
                case_id: row.case_id,
                standing: named(Standing::parse, &row.standing)?,
                revision: row.revision,
                severity: level(row.severity)?,
                ended: row.phase == "ended",
                since: time(row.since_us)?,
            };
            known.insert((row.edge, row.alert_id), alert);
        }
    }
    Ok(known)
}

/// Episodes of known alerts, and those that new ones may join.
async fn incidents(
    tx: &mut Tx,
    alerts: &[&Alert],
    known: &HashMap<(String, Uuid), KnownAlert>,
) -> Result<Vec<Incident>, StoreError> {
    let ids: BTreeSet<Uuid> = known.values().map(|known| known.incident).collect();
    let of_known = incidents::of(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut found: BTreeMap<Uuid, Incident> =
        of_known.into_iter().map(|incident| (incident.id, incident)).collect();
    let mut wanted: BTreeMap<Episode, (Timestamp, Timestamp)> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| !known.contains_key(&(alert.edge.clone(), alert.alert_id))) {
        let (since, last) = wanted.entry(Episode::of(alert)).or_insert((alert.since_utc, alert.utc));
        (*since, *last) = ((*since).min(alert.since_utc), (*last).max(alert.utc));
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    for part in parts(&wanted, 9) {
        let mut sql = Sql::packed(incidents::COLUMNS);
        sql.push(" FROM ").values(part, |values, (episode, (since, last))| {
            let window = merge_window(&episode.behavior);
            let before = |reach: Duration| since.checked_sub(reach).unwrap_or(Timestamp::MIN);
            let oldest = before(window.max(SILENCE));
            values
                .bind(&episode.edge)
                .bind(&episode.camera)
                .bind(&episode.rule)
                .bind(&episode.behavior)
                .bind(&episode.zone)
                .bind(us(before(window)))
                .bind(us(oldest))
                .bind(us(last.checked_add(window).unwrap_or(Timestamp::MAX)))
                .bind(hour(oldest));
        });
        sql.push(
            " AS k CROSS JOIN incident i LEFT JOIN case_ c ON c.id = i.case_id
              WHERE i.edge = k.column1 AND i.camera = k.column2 AND i.rule = k.column3
                AND i.behavior = k.column4 AND i.zone = k.column5
                AND i.last_hour >= k.column9 AND i.last_us >= k.column7 AND (i.last_us >= k.column6 OR i.open_alerts > 0) AND i.since_us <= k.column8
                AND (i.case_id IS NULL OR c.state IN ('registered', 'verifying', 'merged'))",
        );
        for row in sql.unpack::<incidents::Row>(tx, "read incidents").await? {
            let incident = row.read()?;
            found.insert(incident.id, incident);
        }
    }
    Ok(found.into_values().collect())
}

#[derive(Deserialize)]
struct NeighbourRow {
    id: Uuid,
    behavior: String,
    severity: i64,
    test: i64,
    region: String,
    edge: String,
    camera: String,
    since_us: i64,
    last_us: i64,
    alert_count: u64,
}

/// Undecided cases of the cameras that may have seen the same.
async fn neighbours(tx: &mut Tx, policy: &Policy, alerts: &[&Alert]) -> Result<Vec<Neighbour>, StoreError> {
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
    for part in parts(&wanted, 5) {
        let mut sql = Sql::packed(
            "c.id, c.behavior, c.severity, c.test, c.region, c.edge, c.camera, c.since_us, c.last_us, c.alert_count",
        );
        sql.push(" FROM ").values(part, |values, ((edge, camera), (since, last))| {
            let oldest = since.checked_sub(WITHIN).unwrap_or(Timestamp::MIN);
            values
                .bind(*edge)
                .bind(*camera)
                .bind(us(oldest))
                .bind(us(last.checked_add(WITHIN).unwrap_or(Timestamp::MAX)))
                .bind(hour(oldest));
        });
        sql.push(
            " AS k CROSS JOIN case_ c WHERE c.edge = k.column1 AND c.camera = k.column2
              AND c.state IN ('registered', 'verifying') AND c.last_hour >= k.column5 AND c.last_us >= k.column3 AND c.since_us <= k.column4",
        );
        for row in sql.unpack::<NeighbourRow>(tx, "read cases nearby").await? {
            found.push(Neighbour {
                case_id: row.id,
                behavior: row.behavior,
                severity: level(row.severity)?,
                test: row.test != 0,
                grid: Region::of_site(&row.region),
                camera: (row.edge, row.camera),
                since: time(row.since_us)?,
                last: time(row.last_us)?,
                alerts: row.alert_count,
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
        let mut sql = Sql::packed(incidents::COLUMNS);
        sql.push(" FROM ").values(part, |values, (edge, camera)| {
            values.bind(*edge).bind(*camera);
        });
        sql.push(
            " AS k CROSS JOIN incident i WHERE i.edge = k.column1 AND i.camera = k.column2
              AND i.tampers = 1",
        );
        for row in sql.unpack::<incidents::Row>(tx, doing).await? {
            let incident = row.read()?;
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
        let mut sql = Sql::packed("p.edge, p.camera, p.rule, p.beats");
        sql.push(" FROM ").values(part, |values, (edge, camera, rule)| {
            values.bind(*edge).bind(*camera).bind(*rule);
        });
        sql.push(" AS k CROSS JOIN pulse p WHERE p.edge = k.column1 AND p.camera = k.column2 AND p.rule = k.column3");
        for (edge, camera, rule, beats) in sql.unpack::<(String, String, String, String)>(tx, doing).await? {
            pulses.insert((edge, camera, rule), json(&beats)?);
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
    let Desk { incidents, heard_before, pulses, changed, shelved, book: cases, .. } = desk;
    let closed = cases.close();
    book::save(tx, store, &closed, now).await?;
    let (mut stored, mut new) = (Vec::new(), Vec::new());
    for incident in changed.iter().filter_map(|id| incidents.get(id)) {
        match heard_before.get(&incident.id) {
            Some(before) => stored.push((incident, *before)),
            None => new.push(incident),
        }
    }
    incidents::insert_new(tx, &new).await?;
    incidents::write_on(tx, &stored).await?;
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
