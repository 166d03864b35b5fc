//! What reports count of alarms, by room and ten minutes.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::Row;
use xunge_database::Sql;

use super::{DOING, Scope, beginning};
use crate::incident::Standing;
use crate::org::{Level, Region};
use crate::report::load::{BUCKET_SECS, Busy, Chatter, FLOOD_ENDS, Hour, LoadRows};
use crate::store::names::named;
use crate::store::{Doing, StoreError, Tx, count, level, us};

/// Microseconds of a day, after which an alarm that nobody decided is stale.
const DAY_US: i64 = 24 * 3600 * 1_000_000;

/// The room of a case, its community.
const ROOM: &str = "CASE WHEN c.community = '' THEN c.site ELSE c.community END";

pub(super) async fn rows(
    tx: &mut Tx,
    scope: &Scope<'_>,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<LoadRows, StoreError> {
    Ok(LoadRows {
        rooms: rooms(tx, scope).await?,
        severities: severities(tx, scope).await?,
        peaks: peaks(tx, scope).await?,
        busy: busy(tx, scope).await?,
        hours: hours(tx, scope).await?,
        stale: stale(tx, scope, zone, now).await?,
        chatter: chatter(tx, scope).await?,
        alerts: alerts(tx, scope).await?,
    })
}

/// Rooms whose boxes are known.
async fn rooms(tx: &mut Tx, scope: &Scope<'_>) -> Result<std::collections::BTreeSet<Region>, StoreError> {
    let rows = Sql::new("SELECT DISTINCT site FROM edge").all(tx, DOING).await?;
    let mut rooms = std::collections::BTreeSet::new();
    for row in &rows {
        let room = Region::of_site(row.try_get("site").doing(DOING)?);
        // whoever asks for a grid is told the load that the grid brings to its community's room
        if scope.covers(&room) || scope.regions.is_some_and(|own| own.iter().any(|own| room.covers(own))) {
            rooms.insert(room);
        }
    }
    Ok(rooms)
}

/// A statement over the ten minutes of each room: `b (room, bucket, alarms)`.
fn buckets(scope: &Scope<'_>) -> Sql {
    let mut sql = Sql::new("WITH b AS (SELECT ");
    sql.push(ROOM).push(" AS room, c.registered_us / ").bind(BUCKET_SECS * 1_000_000);
    sql.push(" AS bucket, COUNT(*) AS alarms FROM case_ c");
    scope.cases(&mut sql).push(" AND c.late = 0 GROUP BY 1, 2) ");
    sql
}

async fn peaks(tx: &mut Tx, scope: &Scope<'_>) -> Result<Vec<(Region, u64)>, StoreError> {
    let mut sql = buckets(scope);
    sql.push("SELECT room, MAX(alarms) AS peak FROM b GROUP BY room ORDER BY room");
    let rows = sql.all(tx, DOING).await?;
    rows.iter()
        .map(|row| {
            let room = Region::of_site(row.try_get("room").doing(DOING)?);
            Ok((room, count(row.try_get("peak").doing(DOING)?)))
        })
        .collect()
}

async fn busy(tx: &mut Tx, scope: &Scope<'_>) -> Result<Vec<Busy>, StoreError> {
    let mut sql = buckets(scope);
    sql.push("SELECT room, bucket, alarms FROM b WHERE alarms >= ");
    sql.bind(i64::try_from(FLOOD_ENDS).unwrap_or(i64::MAX)).push(" ORDER BY room, bucket");
    let rows = sql.all(tx, DOING).await?;
    rows.iter()
        .map(|row| {
            Ok(Busy {
                room: Region::of_site(row.try_get("room").doing(DOING)?),
                bucket: row.try_get("bucket").doing(DOING)?,
                alarms: count(row.try_get("alarms").doing(DOING)?),
            })
        })
        .collect()
}

async fn hours(tx: &mut Tx, scope: &Scope<'_>) -> Result<Vec<Hour>, StoreError> {
    let mut sql = buckets(scope);
    sql.push(
        "SELECT bucket / 6 AS hour, CAST(SUM(alarms) AS BIGINT) AS alarms, MAX(alarms) AS busiest FROM b
         GROUP BY 1 ORDER BY 1",
    );
    let rows = sql.all(tx, DOING).await?;
    rows.iter()
        .map(|row| {
            Ok(Hour {
                hour: row.try_get("hour").doing(DOING)?,
                alarms: count(row.try_get("alarms").doing(DOING)?),
                busiest: count(row.try_get("busiest").doing(DOING)?),
            })
        })
        .collect()
}

async fn severities(tx: &mut Tx, scope: &Scope<'_>) -> Result<Vec<(Region, u8, u64)>, StoreError> {
    let mut sql = Sql::new("SELECT ");
    sql.push(ROOM).push(" AS room, c.severity AS severity, COUNT(*) AS alarms FROM case_ c");
    scope.cases(&mut sql).push(" AND c.late = 0 GROUP BY 1, 2 ORDER BY 1, 2");
    let rows = sql.all(tx, DOING).await?;
    rows.iter()
        .map(|row| {
            Ok((
                Region::of_site(row.try_get("room").doing(DOING)?),
                level(row.try_get("severity").doing(DOING)?)?,
                count(row.try_get("alarms").doing(DOING)?),
            ))
        })
        .collect()
}

/// Alarms that nobody decided within a day, by the day on the wall on which that was over.
async fn stale(
    tx: &mut Tx,
    scope: &Scope<'_>,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Vec<(Region, i64, u64)>, StoreError> {
    let from = Timestamp::from_microsecond(scope.from).unwrap_or(now);
    let offset = i64::from(zone.to_offset(from).seconds()) * 1_000_000;
    let mut sql = Sql::new("SELECT ");
    sql.push(ROOM).push(" AS room, (c.registered_us + ").bind(DAY_US + offset).push(") / ").bind(DAY_US);
    sql.push(" AS day, COUNT(*) AS alarms FROM case_ c");
    scope.cases(&mut sql).push(" AND c.late = 0 AND (c.decided_us - c.registered_us >= ").bind(DAY_US);
    sql.push(" OR (c.decided_us IS NULL AND c.state IN ('registered', 'verifying') AND c.registered_us <= ");
    sql.bind(us(now) - DAY_US).push(")) GROUP BY 1, 2 ORDER BY 1, 2");
    let rows = sql.all(tx, DOING).await?;
    rows.iter()
        .map(|row| {
            Ok((
                Region::of_site(row.try_get("room").doing(DOING)?),
                row.try_get("day").doing(DOING)?,
                count(row.try_get("alarms").doing(DOING)?),
            ))
        })
        .collect()
}

/// Rules that shelved themselves because they rang too often.
async fn chatter(tx: &mut Tx, scope: &Scope<'_>) -> Result<Vec<Chatter>, StoreError> {
    let mut sql = Sql::new(
        "SELECT s.edge, s.camera, s.rule, COUNT(*) AS times, MAX(COALESCE(p.region, e.site)) AS region
         FROM shelf s JOIN edge e ON e.edge = s.edge
         LEFT JOIN camera_place p ON p.edge = s.edge AND p.camera = s.camera
         WHERE s.reason = 'chatter' AND s.by_ = 'system' AND COALESCE(s.ended_us, s.until_us) >= ",
    );
    sql.bind(scope.from)
        .push(" AND s.from_us >= ")
        .bind(scope.from)
        .push(" AND s.from_us < ")
        .bind(scope.until);
    sql.push(" GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
    let mut chatter = Vec::new();
    for row in &sql.all(tx, DOING).await? {
        let region = Region::of_site(row.try_get("region").doing(DOING)?);
        if scope.covers(&region) {
            chatter.push(Chatter {
                room: region.at(Level::Community).unwrap_or(region),
                edge: row.try_get("edge").doing(DOING)?,
                camera: row.try_get("camera").doing(DOING)?,
                rule: row.try_get("rule").doing(DOING)?,
                times: count(row.try_get("times").doing(DOING)?),
            });
        }
    }
    Ok(chatter)
}

fn region_begins(level: Level) -> &'static str {
    match level {
        Level::Grid => "region = ",
        Level::Community => "SUBSTR(region, 1, 12) = ",
        Level::Street => "SUBSTR(region, 1, 9) = ",
        Level::District => "SUBSTR(region, 1, 6) = ",
        Level::City => "SUBSTR(region, 1, 4) = ",
    }
}

/// Alerts by what became of them; the index has all that this asks for.
async fn alerts(tx: &mut Tx, scope: &Scope<'_>) -> Result<Vec<(Standing, u64)>, StoreError> {
    let mut sql = Sql::new("SELECT standing, COUNT(*) AS alerts FROM alert WHERE first_received_us >= ");
    sql.bind(scope.from).push(" AND first_received_us < ").bind(scope.until).push(" AND test = 0");
    if let Some(regions) = scope.regions {
        beginning(&mut sql, regions, region_begins);
    }
    sql.push(" GROUP BY standing ORDER BY standing");
    let rows = sql.all(tx, DOING).await?;
    rows.iter()
        .map(|row| {
            let standing = named(Standing::parse, row.try_get("standing").doing(DOING)?)?;
            Ok((standing, count(row.try_get("alerts").doing(DOING)?)))
        })
        .collect()
}
