//! The organisation in the store: regions with outlines, where cameras stand, the calendar.

pub(super) mod catalogue;
mod duty;
mod import;
mod people;
mod period;

pub use duty::{DutyView, OnDutyView};
pub(super) use duty::{all_duties, workers};
pub use import::{ImportKind, Report};
pub use people::{PersonQuery, PersonView};
pub use period::PeriodView;
pub(super) use period::all_periods;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;
use xunge_database::{Sql, insert};

use super::names::{json, json_text, named};
use super::{Doing, Store, StoreError, Tx, us};
use crate::org::calendar::{DayKind, SpecialDay};
use crate::org::{Level, PlaceKind, Region};

/// A region.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RegionView {
    /// Code without the zeros that fill it up.
    pub code: Region,
    /// Which level.
    pub level: Level,
    /// Name.
    pub name: String,
    /// Demo data.
    pub demo: bool,
    /// GeoJSON geometry, where it is known and asked for.
    #[schema(value_type = Option<Object>)]
    pub outline: Option<Value>,
}

/// A camera, as far as the organisation knows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CameraPlaceView {
    /// Box.
    pub edge: String,
    /// Camera.
    pub camera: String,
    /// Its name for people; none before it was heard of.
    pub name: Option<String>,
    /// Where; none where nobody has said it.
    pub region: Option<String>,
    /// Longitude, WGS-84.
    pub lon: Option<f64>,
    /// Latitude, WGS-84.
    pub lat: Option<f64>,
    /// What it looks at.
    pub kind: Option<PlaceKind>,
    /// Neighbours: (box, camera).
    pub adjacent: Vec<(String, String)>,
}

fn region(row: &AnyRow) -> Result<RegionView, StoreError> {
    let doing = "read a region";
    let code: &str = row.try_get("code").doing(doing)?;
    let code = Region::parse(code).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let outline: Option<&str> = row.try_get("outline").doing(doing)?;
    Ok(RegionView {
        level: code.level(),
        code,
        name: row.try_get("name").doing(doing)?,
        demo: row.try_get::<i64, _>("demo").doing(doing)? != 0,
        outline: outline.map(json).transpose()?,
    })
}

impl Store {
    /// Regions right below `parent`, by their codes; below none: the highest that there are.
    pub async fn regions_below(
        &self,
        parent: Option<&Region>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RegionView>, StoreError> {
        let doing = "read the regions";
        let mut sql = Sql::new("SELECT code, name, demo, NULL AS outline FROM region WHERE ");
        match parent {
            Some(parent) => {
                let below = Level::ALL.into_iter().rev().find(|level| *level < parent.level());
                let digits = below.map_or(0, Level::digits);
                sql.push("LENGTH(code) = ").bind(i64::try_from(digits).unwrap_or(0));
                // a code is digits only, so nothing in it means anything to LIKE
                sql.push(" AND code LIKE ").bind(format!("{parent}%"));
            }
            None => {
                sql.push("LENGTH(code) = (SELECT MIN(LENGTH(code)) FROM region)");
            }
        }
        if let Some(after) = after {
            sql.push(" AND code > ").bind(after);
        }
        sql.push(" ORDER BY code LIMIT ").bind(i64::from(limit));
        let rows = sql.all(&mut *self.reader().await?, doing).await?;
        rows.iter().map(region).collect()
    }

    /// One region with its outline.
    pub async fn region(&self, code: &Region) -> Result<Option<RegionView>, StoreError> {
        let row = sqlx::query("SELECT code, name, demo, outline FROM region WHERE code = $1")
            .bind(code.as_str())
            .fetch_optional(self.db.readers())
            .await
            .doing("read a region")?;
        row.as_ref().map(region).transpose()
    }

    /// Names of regions, for showing codes as words.
    pub async fn region_names(&self, codes: &[Region]) -> Result<BTreeMap<Region, String>, StoreError> {
        let doing = "read the names of regions";
        let mut sql = Sql::new("SELECT code, name FROM region WHERE code IN ");
        sql.list(codes.iter().map(Region::as_str));
        let rows = sql.all(&mut *self.reader().await?, doing).await?;
        let mut names = BTreeMap::new();
        for row in &rows {
            names.insert(
                Region::of_site(row.try_get("code").doing(doing)?),
                row.try_get("name").doing(doing)?,
            );
        }
        Ok(names)
    }

    /// Names of all regions that there are.
    pub async fn all_region_names(&self) -> Result<BTreeMap<Region, String>, StoreError> {
        let doing = "read the names of regions";
        let sql = Sql::new("SELECT code, name FROM region");
        let rows = sql.all(&mut *self.reader().await?, doing).await?;
        let name = |row: &AnyRow| {
            let code = Region::of_site(row.try_get("code").doing(doing)?);
            Ok((code, row.try_get("name").doing(doing)?))
        };
        rows.iter().map(name).collect()
    }

    /// Cameras in these regions, by box and name: placed there, or of boxes of their communities.
    pub async fn camera_places(
        &self,
        within: Option<&[Region]>,
        after: Option<&(String, String)>,
        limit: u32,
    ) -> Result<Vec<CameraPlaceView>, StoreError> {
        let doing = "read where cameras stand";
        let mut sql = Sql::new(
            "SELECT k.edge, k.camera, c.name, p.region, e.site, p.lon, p.lat, p.kind, p.adjacent FROM
               (SELECT edge, camera FROM camera UNION SELECT edge, camera FROM camera_place) k
             LEFT JOIN camera c ON c.edge = k.edge AND c.camera = k.camera
             LEFT JOIN camera_place p ON p.edge = k.edge AND p.camera = k.camera
             LEFT JOIN edge e ON e.edge = k.edge WHERE 1 = 1",
        );
        if let Some(regions) = within {
            begins_with(&mut sql, "COALESCE(p.region, e.site)", regions);
        }
        if let Some((edge, camera)) = after {
            sql.push(" AND (k.edge > ").bind(edge).push(" OR k.edge = ").bind(edge);
            sql.push(" AND k.camera > ").bind(camera).push(")");
        }
        sql.push(" ORDER BY k.edge, k.camera LIMIT ").bind(i64::from(limit));
        let rows = sql.all(&mut *self.reader().await?, doing).await?;
        let mut cameras = Vec::with_capacity(rows.len());
        for row in &rows {
            let placed: Option<String> = row.try_get("region").doing(doing)?;
            let kind: Option<&str> = row.try_get("kind").doing(doing)?;
            let adjacent: Option<&str> = row.try_get("adjacent").doing(doing)?;
            cameras.push(CameraPlaceView {
                edge: row.try_get("edge").doing(doing)?,
                camera: row.try_get("camera").doing(doing)?,
                name: row.try_get("name").doing(doing)?,
                region: placed,
                lon: row.try_get("lon").doing(doing)?,
                lat: row.try_get("lat").doing(doing)?,
                kind: kind.map(|kind| named(PlaceKind::parse, kind)).transpose()?,
                adjacent: adjacent.map(json).transpose()?.unwrap_or_default(),
            });
        }
        Ok(cameras)
    }

    /// The special days of a year, as entered; none where this year's notice came with the program or is missing.
    pub async fn calendar_days(&self, year: i16) -> Result<Vec<SpecialDay>, StoreError> {
        let doing = "read the calendar";
        let rows =
            sqlx::query("SELECT day, kind, name FROM calendar_day WHERE SUBSTR(day, 1, 4) = $1 ORDER BY day")
                .bind(format!("{year:04}"))
                .fetch_all(self.db.readers())
                .await
                .doing(doing)?;
        rows.iter().map(day).collect()
    }

    /// Enters the notice of a year in place of what was there, and sets all running deadlines anew.
    pub async fn set_calendar(
        &self,
        year: i16,
        days: &[SpecialDay],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let doing = "enter the calendar";
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM calendar_day WHERE SUBSTR(day, 1, 4) = $1")
            .bind(format!("{year:04}"))
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        let head = "INSERT INTO calendar_day (day, kind, name)";
        insert(&mut tx, doing, (head, ""), 3, days, |values, day| {
            values.bind(day.date.to_string()).bind(day.kind.as_str()).bind(&day.name);
        })
        .await?;
        Self::org_changed(&mut tx).await?;
        tx.commit().await.doing(doing)?;
        self.wind_clocks(false, now).await?;
        Ok(())
    }

    /// Says that the organisation has changed; it counts once the transaction is committed.
    pub(super) async fn org_changed(tx: &mut Tx) -> Result<(), StoreError> {
        sqlx::query("UPDATE version SET value = value + 1 WHERE what = 'org'")
            .execute(&mut **tx)
            .await
            .doing("note a change of the organisation")?;
        Ok(())
    }
}

/// Only rows whose code begins with that of one of these regions.
pub(super) fn begins_with(sql: &mut Sql, code: &'static str, regions: &[Region]) {
    sql.push(" AND (1 = 0");
    for region in regions {
        // a code is digits only, so nothing in it means anything to LIKE
        sql.push(" OR ").push(code).push(" LIKE ").bind(format!("{region}%"));
    }
    sql.push(")");
}

/// A special day from its row.
pub(super) fn day(row: &AnyRow) -> Result<SpecialDay, StoreError> {
    let doing = "read the calendar";
    let day: &str = row.try_get("day").doing(doing)?;
    let date: Date = day.parse().map_err(|_| StoreError::Corrupt(format!("the day `{day}`")))?;
    Ok(SpecialDay {
        date,
        kind: named(DayKind::parse, row.try_get("kind").doing(doing)?)?,
        name: row.try_get("name").doing(doing)?,
    })
}

/// Writes where cameras stand.
async fn write_places(
    tx: &mut Tx,
    cameras: &[&crate::org::import::CameraRow],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(cameras.len());
    for camera in cameras {
        rows.push((camera, json_text(&camera.place.adjacent)?));
    }
    let head = "INSERT INTO camera_place (edge, camera, region, lon, lat, kind, adjacent, updated_us)";
    let tail = " ON CONFLICT (edge, camera) DO UPDATE SET region = excluded.region, lon = excluded.lon, lat = excluded.lat,
        kind = excluded.kind, adjacent = excluded.adjacent, updated_us = excluded.updated_us";
    insert(tx, "write where cameras stand", (head, tail), 8, &rows, |values, (camera, adjacent)| {
        let place = &camera.place;
        values
            .bind(&camera.edge)
            .bind(&camera.camera)
            .bind(place.region.as_str())
            .bind(place.position.map(|position| position.lon))
            .bind(place.position.map(|position| position.lat))
            .bind(place.kind.map(PlaceKind::as_str))
            .bind(adjacent)
            .bind(us(now));
    })
    .await?;
    Ok(())
}
