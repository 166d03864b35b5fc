//! What is late now, the longest first.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;
use xunge_database::Sql;

use crate::case::State;
use crate::case::clock::Clocks;
use crate::org::{Calendar, Level, Region};
use crate::report::{OverdueCase, OverduePage};
use crate::store::cases::within;
use crate::store::names::{json, named};
use crate::store::{Doing, Store, StoreError, count, level, time, us, uuid};

const DOING: &str = "read what is late";

fn late(sql: &mut Sql, regions: Option<&[Region]>, now: Timestamp) {
    sql.push(" FROM case_ c WHERE c.open_ = 1 AND c.test = 0 AND c.due_us < ").bind(us(now));
    if let Some(regions) = regions {
        within(sql, regions);
    }
}

impl Store {
    /// Open cases in which a part of the work should have been done, the longest late first. `after` is where the page
    /// before ended.
    pub async fn overdue(
        &self,
        regions: Option<&[Region]>,
        after: Option<(Timestamp, Uuid)>,
        limit: u32,
        now: Timestamp,
    ) -> Result<OverduePage, StoreError> {
        let mut tx = self.reading().await?;
        let mut sql = Sql::new("SELECT COUNT(*) AS cases");
        late(&mut sql, regions, now);
        let total = match sql.first(&mut tx, DOING).await? {
            Some(row) => count(row.try_get("cases").doing(DOING)?),
            None => 0,
        };
        let mut sql = Sql::new(
            "SELECT c.id, c.number, c.region, c.camera_name, c.behavior, c.severity, c.state, c.level_, c.told, c.handler,
                 c.assignee, c.due_us, c.clocks, c.urges",
        );
        late(&mut sql, regions, now);
        if let Some((due, id)) = after {
            sql.push(" AND (c.due_us > ").bind(us(due)).push(" OR (c.due_us = ").bind(us(due));
            sql.push(" AND c.id > ").bind(id.to_string()).push("))");
        }
        sql.push(" ORDER BY c.due_us, c.id LIMIT ").bind(i64::from(limit) + 1);
        let calendar = &self.policy().rules.calendar;
        let rows = sql.all(&mut tx, DOING).await?;
        let mut cases =
            rows.iter().map(|row| overdue(row, calendar, now)).collect::<Result<Vec<_>, StoreError>>()?;
        let more = cases.len() > limit as usize;
        cases.truncate(limit as usize);
        let next = cases.last().filter(|_| more);
        let next = next.map(|case| format!("{}_{}", us(case.due_utc), case.id));
        Ok(OverduePage { cases, next, total })
    }
}

fn overdue(row: &AnyRow, calendar: &Calendar, now: Timestamp) -> Result<OverdueCase, StoreError> {
    let due_utc = time(row.try_get("due_us").doing(DOING)?)?;
    let clocks: Option<&str> = row.try_get("clocks").doing(DOING)?;
    let clocks: Clocks = clocks.map(json).transpose()?.unwrap_or_default();
    Ok(OverdueCase {
        id: uuid(row.try_get("id").doing(DOING)?)?,
        number: row.try_get("number").doing(DOING)?,
        region: row.try_get("region").doing(DOING)?,
        camera_name: row.try_get("camera_name").doing(DOING)?,
        behavior: row.try_get("behavior").doing(DOING)?,
        severity: level(row.try_get("severity").doing(DOING)?)?,
        state: named(State::parse, row.try_get("state").doing(DOING)?)?,
        level: named(Level::parse, row.try_get("level_").doing(DOING)?)?,
        told: named(Level::parse, row.try_get("told").doing(DOING)?)?,
        handler: row.try_get("handler").doing(DOING)?,
        assignee: row.try_get("assignee").doing(DOING)?,
        stage: clocks.due(calendar).map(|(stage, _)| stage),
        due_utc,
        overdue_secs: now.duration_since(due_utc).as_secs(),
        urges: count(row.try_get("urges").doing(DOING)?),
    })
}
