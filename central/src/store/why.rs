//! "Why did it ring, why not": the way of one alert, and what was going on at a camera at a moment.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use xunge_alert::codes::codes;
use xunge_alert::{Codes, Severity};
use xunge_database::Sql;

use super::names::{json, named};
use super::quiet::{Quiet, QuietPage, WindowView};
use super::{Doing, Store, StoreError, level, time, us, uuid};
use crate::incident::{Standing, Step};

/// How long before and after a moment its alerts are shown.
const AROUND: SignedDuration = SignedDuration::from_mins(15);
/// Most alerts of a moment.
const MOST: i64 = 200;
/// Most shelves, and most maintenance, that are looked at.
const WINDOWS: u32 = 1000;

/// The way of one alert.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AlertWhy {
    /// Box.
    pub edge: String,
    /// Identity of the happening.
    pub alert_id: Uuid,
    /// Grid of the camera, else the community.
    pub region: String,
    /// Camera.
    pub camera: String,
    /// Configured rule.
    pub rule: String,
    /// What happened.
    pub behavior: String,
    /// 1 to 4, as it counts here.
    pub severity: u8,
    /// What became of it.
    pub standing: Standing,
    /// Its case; none while it is held back.
    pub case_id: Option<Uuid>,
    /// When it began, by the box's clock.
    pub since_utc: Timestamp,
    /// When it was last heard of, by the box's clock.
    pub utc: Timestamp,
    /// When the first message about it came.
    pub received_utc: Timestamp,
    /// 补传.
    pub late: bool,
    /// The same in the codes of GB/T 28181 and ONVIF, with the urgency that counts here.
    pub codes: Codes,
    /// Its way, step by step. Empty for alerts of before that is kept.
    pub path: Vec<Step>,
}

/// A time in which a camera saw nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BlindView {
    /// From.
    pub began_utc: Timestamp,
    /// Until; none while it goes on.
    pub ended_utc: Option<Timestamp>,
    /// Why.
    pub cause: String,
}

/// What was going on at a camera at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CameraWhy {
    /// The moment.
    pub at_utc: Timestamp,
    /// Since when its box is known; none where it never was, or only later.
    pub box_known_utc: Option<Timestamp>,
    /// Times in which it saw nothing, that hold the moment.
    pub blind: Vec<BlindView>,
    /// Shelves that held the moment.
    pub shelves: Vec<WindowView>,
    /// Maintenance that held the moment.
    pub maintenance: Vec<WindowView>,
    /// Numbers that never came from its box: what they said is not known.
    pub missing: u64,
    /// Its alerts a quarter of an hour around, with their ways.
    pub alerts: Vec<AlertWhy>,
}

const ALERT: &str =
    "SELECT edge, alert_id, region, camera, rule, behavior, severity, standing, case_id, since_us, utc_us,
    first_received_us, late, path,
    (SELECT i.detail FROM incident i WHERE i.id = alert.incident_id) AS detail FROM alert";

fn alert(row: &sqlx::any::AnyRow) -> Result<AlertWhy, StoreError> {
    let doing = "read the way of an alert";
    let case_id: Option<&str> = row.try_get("case_id").doing(doing)?;
    let behavior: String = row.try_get("behavior").doing(doing)?;
    let severity = level(row.try_get("severity").doing(doing)?)?;
    let urgency = Severity::try_from(severity).map_err(StoreError::Corrupt)?;
    Ok(AlertWhy {
        edge: row.try_get("edge").doing(doing)?,
        alert_id: uuid(row.try_get("alert_id").doing(doing)?)?,
        region: row.try_get("region").doing(doing)?,
        camera: row.try_get("camera").doing(doing)?,
        rule: row.try_get("rule").doing(doing)?,
        codes: codes(&behavior, row.try_get("detail").doing(doing)?, urgency),
        behavior,
        severity,
        standing: named(Standing::parse, row.try_get("standing").doing(doing)?)?,
        case_id: case_id.map(uuid).transpose()?,
        since_utc: time(row.try_get("since_us").doing(doing)?)?,
        utc: time(row.try_get("utc_us").doing(doing)?)?,
        received_utc: time(row.try_get("first_received_us").doing(doing)?)?,
        late: row.try_get::<i64, _>("late").doing(doing)? != 0,
        path: json(row.try_get("path").doing(doing)?)?,
    })
}

impl Store {
    /// The way of one alert; none where it never came.
    pub async fn alert_why(&self, edge: &str, alert_id: Uuid) -> Result<Option<AlertWhy>, StoreError> {
        let mut sql = Sql::new(ALERT);
        sql.push(" WHERE edge = ").bind(edge).push(" AND alert_id = ").bind(alert_id.to_string());
        let doing = "read the way of an alert";
        let row = sql.first(&mut *self.reader().await?, doing).await?;
        row.as_ref().map(alert).transpose()
    }

    /// What was going on at a camera at a moment.
    pub async fn camera_why(&self, edge: &str, camera: &str, at: Timestamp) -> Result<CameraWhy, StoreError> {
        let doing = "read what was going on at a camera";
        let around = |by: SignedDuration| at.checked_add(by).unwrap_or(at);
        let mut sql = Sql::new(ALERT);
        sql.push(" WHERE edge = ").bind(edge).push(" AND camera = ").bind(camera);
        sql.push(" AND since_us <= ").bind(us(around(AROUND)));
        sql.push(" AND since_us >= ").bind(us(around(-SignedDuration::from_hours(24))));
        sql.push(" AND utc_us >= ").bind(us(around(-AROUND)));
        sql.push(" ORDER BY since_us LIMIT ").bind(MOST);
        let rows = sql.all(&mut *self.reader().await?, doing).await?;
        let alerts = rows.iter().map(alert).collect::<Result<Vec<_>, _>>()?;
        let known: Option<i64> = sqlx::query_scalar("SELECT first_seen_us FROM edge WHERE edge = $1")
            .bind(edge)
            .fetch_optional(self.db.readers())
            .await
            .doing(doing)?;
        let missing: i64 = sqlx::query_scalar(
            "SELECT CAST(COALESCE(SUM(last_seq - first_seq + 1), 0) AS BIGINT) FROM gap WHERE edge = $1",
        )
        .bind(edge)
        .fetch_one(self.db.readers())
        .await
        .doing(doing)?;
        let blind = self.blind_intervals(edge, camera).await?;
        let blind = blind
            .into_iter()
            .filter(|(began, ended, _)| *began <= at && ended.is_none_or(|ended| ended > at))
            .map(|(began_utc, ended_utc, cause)| BlindView { began_utc, ended_utc, cause });
        let held = |window: &WindowView| {
            window.edge == edge
                && !window.pending
                && window.camera.as_deref().is_none_or(|of| of == camera)
                && (window.from_utc..window.ended_utc.unwrap_or(window.until_utc)).contains(&at)
        };
        let all = QuietPage { past: true, limit: WINDOWS, ..QuietPage::default() };
        let mut shelves = self.quiet(Quiet::Shelf, &all, at).await?;
        shelves.retain(held);
        let mut maintenance = self.quiet(Quiet::Maintenance, &all, at).await?;
        maintenance.retain(held);
        Ok(CameraWhy {
            at_utc: at,
            box_known_utc: known.map(time).transpose()?.filter(|known| *known <= at),
            blind: blind.collect(),
            shelves,
            maintenance,
            missing: super::count(missing),
            alerts,
        })
    }
}
