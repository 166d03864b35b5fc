//! What came of reminders, in numbers.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use xunge_database::Sql;

use super::dwelling::in_regions;
use super::{Store, StoreError, day_number, times};

/// What is counted.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Only of these regions; none is everywhere.
    pub regions: Option<Vec<String>>,
    /// Only of this region besides.
    pub region: Option<String>,
    /// Only reminders that were made from this day.
    pub from: Option<Date>,
    /// Only reminders that were made until this day.
    pub until: Option<Date>,
    /// By parts of regions of so many digits: 6 is by district, 15 by grid.
    pub digits: u8,
}

/// How many reminders ended how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReminderCount)]
pub struct Count {
    /// Rule.
    pub rule: String,
    /// What people read; empty for what is handed over.
    pub title: String,
    /// Code of the part; empty where nobody knows where people live.
    pub part: String,
    /// `waiting`, `open`, `done` or `over`.
    pub state: String,
    /// What came of it.
    pub outcome: Option<String>,
    /// How many.
    pub tasks: i64,
    /// Those of them whose deadline was over when they ended, or is over by today.
    pub late: i64,
}

/// How many people a rule cannot judge for want of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReminderGap)]
pub struct Gap {
    /// Rule.
    pub rule: String,
    /// What people read.
    pub title: String,
    /// Names of the facts.
    #[serde(deserialize_with = "words")]
    pub missing: Vec<String>,
    /// How many people.
    pub people: i64,
}

/// Reads names between blanks.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

/// A scan that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanView {
    /// The place's day.
    #[serde(deserialize_with = "times::read_day")]
    pub day: Date,
    /// When; of several on one day the last.
    #[serde(deserialize_with = "times::read")]
    pub utc: Timestamp,
    /// People who were looked at, once for each rule that might want them.
    pub looked_at: i64,
    /// New reminders.
    pub made: i64,
    /// People of whom something is to be found out first.
    pub pending: i64,
    /// Reminders that came out.
    pub released: i64,
    /// Reminders that were told again.
    pub told: i64,
    /// Reminders that ended by themselves.
    pub ended: i64,
}

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;
/// The place's day begins so much before UTC's: +08:00.
const OFFSET_US: i64 = 28_800_000_000;

impl Store {
    /// Counts reminders by rule, part, state and outcome.
    pub async fn count_tasks(&self, asked: &Asked, today: Date) -> Result<Vec<Count>, StoreError> {
        let mut sql =
            Sql::packed("g.rule, COALESCE(r.title, ''), g.part, g.state, g.outcome, g.tasks, g.late");
        sql.push(" FROM (SELECT rule, SUBSTR(grid, 1, CAST(").bind(i64::from(asked.digits));
        // PostgreSQL cuts texts at small numbers only
        sql.push(" AS INTEGER)) AS part, state, outcome, COUNT(*) AS tasks, CAST(SUM(CASE WHEN deadline_day < COALESCE((ended_us + ");
        sql.bind(OFFSET_US).push(") / ").bind(DAY_US).push(", ").bind(day_number(today));
        sql.push(") THEN 1 ELSE 0 END) AS BIGINT) AS late FROM task WHERE 1 = 1");
        if let Some(region) = &asked.region {
            in_regions(&mut sql, "grid", std::slice::from_ref(region));
        }
        if let Some(regions) = &asked.regions {
            in_regions(&mut sql, "grid", regions);
        }
        if let Some(from) = asked.from {
            sql.push(" AND made_day >= ").bind(day_number(from));
        }
        if let Some(until) = asked.until {
            sql.push(" AND made_day <= ").bind(day_number(until));
        }
        sql.push(" GROUP BY 1, 2, 3, 4) g LEFT JOIN rule r ON r.rule = g.rule");
        let mut counts: Vec<Count> = sql.unpack(&mut *self.db.reader().await?, "count reminders").await?;
        counts.sort_by(|one, other| {
            (&one.rule, &one.part, &one.state, &one.outcome).cmp(&(
                &other.rule,
                &other.part,
                &other.state,
                &other.outcome,
            ))
        });
        Ok(counts)
    }

    /// The last scans, the latest first.
    pub async fn scans(&self, limit: u32) -> Result<Vec<ScanView>, StoreError> {
        let mut sql =
            Sql::packed("s.day, s.at_us, s.looked_at, s.made, s.pending, s.released, s.told, s.ended");
        sql.push(" FROM (SELECT * FROM scan_run ORDER BY day DESC LIMIT ").bind(i64::from(limit)).push(") s");
        let mut scans: Vec<ScanView> = sql.unpack(&mut *self.db.reader().await?, "read the scans").await?;
        scans.sort_by_key(|scan| std::cmp::Reverse(scan.day));
        Ok(scans)
    }

    /// Counts what is to be found out before rules can say anything.
    pub async fn count_gaps(&self, asked: &Asked) -> Result<Vec<Gap>, StoreError> {
        let mut sql = Sql::packed("g.rule, COALESCE(r.title, ''), g.missing, g.people");
        sql.push(" FROM (SELECT q.rule, q.missing, COUNT(*) AS people FROM person_gap q");
        if asked.regions.is_some() || asked.region.is_some() {
            sql.push(" JOIN person p ON p.person = q.person JOIN dwelling d ON d.dwelling = p.dwelling WHERE 1 = 1");
            if let Some(region) = &asked.region {
                in_regions(&mut sql, "d.grid", std::slice::from_ref(region));
            }
            if let Some(regions) = &asked.regions {
                in_regions(&mut sql, "d.grid", regions);
            }
        }
        sql.push(" GROUP BY 1, 2) g LEFT JOIN rule r ON r.rule = g.rule");
        let mut gaps: Vec<Gap> =
            sql.unpack(&mut *self.db.reader().await?, "count what is to be found out").await?;
        gaps.sort_by(|one, other| (&one.rule, &one.missing).cmp(&(&other.rule, &other.missing)));
        Ok(gaps)
    }
}
