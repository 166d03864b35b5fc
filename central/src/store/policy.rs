//! What decisions go by, in memory: the organisation, the calendar, the limits. Read anew when it has changed in the
//! store, by this centre or another one.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};

use jiff::tz::TimeZone;
use sqlx::Row;
use sqlx::any::AnyRow;
use xunge_alert::Alert;

use super::hooks::Hook;
use super::names::{json, named};
use super::org::{all_duties, all_periods, catalogue, workers};
use super::{Doing, Store, StoreError, Tx};
use crate::case::rules::{AUTO_DISPATCH, Limits, Rules};
use crate::incident::{REACH_M, Raise, Raises};
use crate::org::calendar::{SpecialDay, notice_2026};
use crate::org::{Atlas, Calendar, CameraPlace, PlaceKind, Position, Region, Roster};
use crate::outside::Outside;
use crate::plan::Plan;

/// What the configuration says; the rest of the policy is in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Whose days and hours count.
    pub zone: TimeZone,
    /// How long each part of the work may take, P1 to P4.
    pub limits: [Limits; 4],
    /// What makes things more urgent.
    pub raises: Vec<Raise>,
    /// What is filed with this urgency or more goes to whoever is on duty at once; 0: nothing does.
    pub auto_dispatch: u8,
    /// Other systems.
    pub outside: Outside,
}

impl Settings {
    /// The usual ones.
    pub fn usual(zone: TimeZone) -> Self {
        let limits = Rules::usual(Calendar::new(zone.clone(), [])).limits;
        let raises = Raises::usual(zone.clone()).table;
        Self { zone, limits, raises, auto_dispatch: AUTO_DISPATCH, outside: Outside::default() }
    }
}

/// What decisions go by.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Which edition of the organisation it was read from.
    pub(super) version: i64,
    /// Where cameras stand.
    pub atlas: Atlas,
    /// Cameras that may see the same, of each whose place is known.
    near: HashMap<(String, String), Vec<(String, String)>>,
    /// What makes things more urgent.
    pub raises: Raises,
    /// Calendar and limits.
    pub rules: Arc<Rules>,
    /// Emergency plans that open with new cases.
    pub plans: Vec<Plan>,
    /// Other systems that are told of cases.
    pub hooks: Vec<Hook>,
}

impl Policy {
    /// Cameras that may see the same as this one.
    pub fn near(&self, edge: &str, camera: &str) -> impl Iterator<Item = (&str, &str)> {
        let near = self.near.get(&(edge.to_owned(), camera.to_owned()));
        near.into_iter().flatten().map(|(edge, camera)| (edge.as_str(), camera.as_str()))
    }

    /// The region of an alert: its camera's grid, else its box's community.
    pub fn region_of<'r>(&'r self, alert: &'r Alert) -> &'r str {
        self.atlas.of(&alert.edge, &alert.camera).map_or(&alert.site, |place| place.region.as_str())
    }
}

const VERSION: &str = "SELECT value FROM version WHERE what = 'org'";

impl Store {
    /// What decisions go by, as last read.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What decisions go by, as it stands in the store at this moment.
    pub(super) async fn current_policy(&self, tx: &mut Tx) -> Result<Arc<Policy>, StoreError> {
        let version: i64 = sqlx::query_scalar(VERSION)
            .fetch_one(&mut **tx)
            .await
            .doing("read the edition of the organisation")?;
        let held = self.policy();
        if held.version == version {
            return Ok(held);
        }
        let read = Arc::new(read(tx, &self.settings, version).await?);
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
        Ok(read)
    }
}

/// Reads everything.
pub(super) async fn read(tx: &mut Tx, settings: &Settings, version: i64) -> Result<Policy, StoreError> {
    let calendar = Calendar::new(settings.zone.clone(), days(tx).await?);
    let atlas = atlas(tx).await?;
    Ok(Policy {
        version,
        near: atlas.near(REACH_M),
        atlas,
        raises: Raises {
            table: settings.raises.clone(),
            periods: all_periods(tx).await?,
            zone: settings.zone.clone(),
        },
        rules: Arc::new(Rules {
            roster: Roster::new(settings.zone.clone(), all_duties(tx).await?, workers(tx).await?),
            calendar,
            limits: settings.limits,
            catalogue: catalogue::read(tx).await?,
            auto_dispatch: settings.auto_dispatch,
        }),
        plans: super::plans::in_force(tx).await?,
        hooks: super::hooks::in_force(tx).await?,
    })
}

/// The edition of the organisation, and what it says.
pub(super) async fn first(tx: &mut Tx, settings: &Settings) -> Result<Policy, StoreError> {
    let version = sqlx::query_scalar(VERSION)
        .fetch_one(&mut **tx)
        .await
        .doing("read the edition of the organisation")?;
    read(tx, settings, version).await
}

async fn days(tx: &mut Tx) -> Result<Vec<SpecialDay>, StoreError> {
    let doing = "read the calendar";
    let rows = sqlx::query("SELECT day, kind, name FROM calendar_day ORDER BY day")
        .fetch_all(&mut **tx)
        .await
        .doing(doing)?;
    let kept: Vec<SpecialDay> = rows.iter().map(super::org::day).collect::<Result<_, _>>()?;
    // what this version brings along counts for years of which nobody has entered anything
    let entered: BTreeSet<i16> = kept.iter().map(|day| day.date.year()).collect();
    let brought = notice_2026().into_iter().filter(|day| !entered.contains(&day.date.year()));
    Ok(kept.iter().cloned().chain(brought).collect())
}

async fn atlas(tx: &mut Tx) -> Result<Atlas, StoreError> {
    let doing = "read where cameras stand";
    let rows = sqlx::query("SELECT edge, camera, region, lon, lat, kind, adjacent FROM camera_place")
        .fetch_all(&mut **tx)
        .await
        .doing(doing)?;
    let mut places = HashMap::with_capacity(rows.len());
    for row in &rows {
        places.insert((row.try_get("edge").doing(doing)?, row.try_get("camera").doing(doing)?), place(row)?);
    }
    Ok(Atlas(places))
}

/// Where a camera stands, from its row.
pub(super) fn place(row: &AnyRow) -> Result<CameraPlace, StoreError> {
    let doing = "read where a camera stands";
    let region: &str = row.try_get("region").doing(doing)?;
    let lon: Option<f64> = row.try_get("lon").doing(doing)?;
    let lat: Option<f64> = row.try_get("lat").doing(doing)?;
    let kind: Option<&str> = row.try_get("kind").doing(doing)?;
    Ok(CameraPlace {
        region: Region::parse(region).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        position: lon.zip(lat).and_then(|(lon, lat)| Position::new(lon, lat)),
        kind: kind.map(|kind| named(PlaceKind::parse, kind)).transpose()?,
        adjacent: json(row.try_get("adjacent").doing(doing)?)?,
    })
}
