//! Episodes between their table and [`Incident`].

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;
use xunge_database::{Sql, insert, parts};

use super::names::{box_text, json, named};
use super::{StoreError, Tx, hour, level, time, us};
use crate::incident::{Episode, Incident, Standing, TAMPER};

/// Columns of [`Row`], of `incident i`.
pub(super) const COLUMNS: &str =
    "i.id, i.edge, i.camera, i.rule, i.behavior, i.zone, i.detail, i.standing, i.case_id, i.severity, i.test,
    i.since_us, i.last_us, i.alerts, i.open_alerts, i.score, i.box";

#[derive(Deserialize)]
pub(super) struct Row {
    id: Uuid,
    edge: String,
    camera: String,
    rule: String,
    behavior: String,
    zone: String,
    detail: Option<String>,
    standing: String,
    case_id: Option<Uuid>,
    severity: i64,
    test: i64,
    since_us: i64,
    last_us: i64,
    alerts: u64,
    open_alerts: u64,
    score: f32,
    bounds: String,
}

impl Row {
    pub(super) fn read(self) -> Result<Incident, StoreError> {
        Ok(Incident {
            id: self.id,
            episode: Episode {
                edge: self.edge,
                camera: self.camera,
                rule: self.rule,
                behavior: self.behavior,
                zone: self.zone,
            },
            detail: self.detail,
            standing: named(Standing::parse, &self.standing)?,
            case_id: self.case_id,
            severity: level(self.severity)?,
            test: self.test != 0,
            since: time(self.since_us)?,
            last: time(self.last_us)?,
            alerts: self.alerts,
            open_alerts: self.open_alerts,
            score: f64::from(self.score),
            bounds: json(&self.bounds)?,
        })
    }
}

/// Episodes by their ids. One that is not there is left out.
pub(super) async fn of(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Incident>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for part in parts(ids, 1) {
        let mut sql = Sql::packed(COLUMNS);
        sql.push(" FROM incident i WHERE i.id IN ").list(part.iter().map(Uuid::to_string));
        for row in sql.unpack::<Row>(tx, "read incidents").await? {
            found.push(row.read()?);
        }
    }
    Ok(found)
}

/// Writes episodes that are new.
pub(super) async fn insert_new(tx: &mut Tx, incidents: &[&Incident]) -> Result<(), StoreError> {
    let head = "INSERT INTO incident (id, edge, camera, rule, behavior, zone, detail, standing, case_id, severity, test, since_us,
        last_us, alerts, open_alerts, score, box, last_hour, tampers)";
    insert(tx, "write incidents", (head, ""), 19, incidents, |values, incident| {
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
            .bind(box_text(incident.bounds))
            .bind(hour(incident.last))
            .bind(i64::from(incident.tampers()));
    })
    .await?;
    Ok(())
}

/// Writes what has changed of episodes that are stored, each with when it had last been heard of.
pub(super) async fn write_on(tx: &mut Tx, incidents: &[(&Incident, Timestamp)]) -> Result<(), StoreError> {
    let doing = "write incidents";
    for part in parts(incidents, 8) {
        let mut sql = Sql::new(
            "UPDATE incident SET severity = k.column2, since_us = k.column3, last_us = k.column4, alerts = k.column5,
                open_alerts = k.column6, score = k.column7, box = k.column8 FROM ",
        );
        sql.values(part, |values, (incident, _)| {
            values
                .bind(incident.id.to_string())
                .bind(i64::from(incident.severity))
                .bind(us(incident.since))
                .bind(us(incident.last))
                .bind(i64::try_from(incident.alerts).unwrap_or(i64::MAX))
                .bind(i64::try_from(incident.open_alerts).unwrap_or(i64::MAX))
                .bind(incident.score)
                .bind(box_text(incident.bounds));
        });
        sql.push(" AS k WHERE incident.id = k.column1");
        sql.run(tx, doing).await?;
    }
    // what an index holds is named only where it may be another: see migration 12
    let marked: Vec<&Incident> = incidents
        .iter()
        .filter(|(incident, before)| {
            hour(incident.last) != hour(*before) || incident.episode.behavior == TAMPER
        })
        .map(|(incident, _)| *incident)
        .collect();
    for part in parts(&marked, 3) {
        let mut sql = Sql::new("UPDATE incident SET last_hour = k.column2, tampers = k.column3 FROM ");
        sql.values(part, |values, incident| {
            values
                .bind(incident.id.to_string())
                .bind(hour(incident.last))
                .bind(i64::from(incident.tampers()));
        });
        sql.push(" AS k WHERE incident.id = k.column1");
        sql.run(tx, doing).await?;
    }
    Ok(())
}
