//! What the office that supervises (综治办) measures: the evaluation words of the field over the cases of a period, response
//! times, false alarms, and the alarm load of security rooms. Pure: the store counts, this says what the counts mean, and
//! [`sheet`] makes tables of it that [`csv`], [`xlsx`] and [`pdf`] write.
//!
//! Deadlines are not computed anew: whether one was kept stands in the case's log, by the calendar and the limits of then.

pub mod count;
pub mod csv;
pub mod falses;
pub mod load;
pub mod pdf;
pub mod period;
pub mod sheet;
pub mod times;
mod words;
pub mod xlsx;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::case::Limits;
use crate::case::{Stage, State};
use crate::org::{Level, Region};
use count::{Alike, Counts, Indicators};
use falses::{FalseAlarms, SourceRow};
use load::{Load, LoadRows};
use period::Period;
use times::{StageTime, Took};

pub use words::Lang;

/// What a report is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Which days.
    pub period: Period,
    /// Only of these regions; none means everywhere.
    pub regions: Option<Vec<Region>>,
    /// Whether the cases are told too, or only the alarm load of the rooms.
    pub with_cases: bool,
}

/// What the store counts of cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseRows {
    /// Cases of the period.
    pub alike: Vec<Alike>,
    /// Counts of the period before.
    pub previous: Counts,
    /// Counts of the year before.
    pub last_year: Counts,
    /// How long parts of the work took.
    pub took: Vec<Took>,
}

/// What the store counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Cases; none where only the alarm load is asked for.
    pub cases: Option<CaseRows>,
    /// Cases by camera and rule.
    pub sources: Vec<SourceRow>,
    /// Alarms.
    pub load: LoadRows,
    /// Names of regions, by code.
    pub names: BTreeMap<String, String>,
}

/// A region and its name, where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedRegion {
    /// Code.
    pub code: Region,
    /// Name for people.
    pub name: Option<String>,
}

/// Another period beside the one that is told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Compared {
    /// Which days.
    pub period: Period,
    /// Of its cases.
    #[serde(flatten)]
    pub indicators: Indicators,
}

/// A region's line in the table.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RegionRow {
    /// Code.
    pub code: Region,
    /// Which level it is of.
    pub level: Level,
    /// Name for people.
    pub name: Option<String>,
    /// Of its cases.
    #[serde(flatten)]
    pub indicators: Indicators,
}

/// What is said of cases.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CasesReport {
    /// The period that is told.
    pub now: Indicators,
    /// 环比.
    pub previous: Compared,
    /// 同比.
    pub last_year: Compared,
    /// How long each part of the work took.
    pub times: Vec<StageTime>,
    /// Every region below, by code.
    pub regions: Vec<RegionRow>,
    /// Who is wrong how often.
    pub false_alarms: FalseAlarms,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Report {
    /// Which days.
    pub period: Period,
    /// Of which regions; none means everywhere.
    pub regions: Option<Vec<NamedRegion>>,
    /// When it was made: cases stand as they stood then.
    pub made_utc: Timestamp,
    /// Cases; none where only the alarm load is told.
    pub cases: Option<CasesReport>,
    /// The alarm load of the rooms.
    pub load: Load,
}

impl Report {
    /// Makes a report of what the store has counted.
    pub fn of(ask: &Ask, rows: &Rows, limits: &[Limits; 4], zone: &TimeZone, now: Timestamp) -> Self {
        let name = |region: &Region| rows.names.get(region.as_str()).cloned();
        let (from, until) = ask.period.bounds(zone);
        let passed = (from, until.min(now).max(from));
        let named = |codes: &Vec<Region>| {
            codes.iter().map(|code| NamedRegion { code: code.clone(), name: name(code) }).collect()
        };
        Self {
            period: ask.period,
            regions: ask.regions.as_ref().map(named),
            made_utc: now,
            cases: rows.cases.as_ref().map(|cases| CasesReport {
                now: Counts::of_all(&cases.alike).into(),
                previous: Compared { period: ask.period.previous(), indicators: cases.previous.into() },
                last_year: Compared { period: ask.period.last_year(), indicators: cases.last_year.into() },
                times: times::times(&cases.alike, &cases.took, limits),
                regions: region_rows(ask.regions.as_deref(), &cases.alike, &rows.names),
                false_alarms: falses::false_alarms(&rows.sources),
            }),
            load: load::load(&rows.load, &rows.sources, passed, zone, name),
        }
    }
}

/// A line for every region below those that are asked for: those that are known, and those that cases name.
fn region_rows(
    asked: Option<&[Region]>,
    alike: &[Alike],
    names: &BTreeMap<String, String>,
) -> Vec<RegionRow> {
    let below = |region: &Region| {
        asked.is_none_or(|asked| asked.iter().any(|one| one.covers(region) && one != region))
    };
    let mut counts: BTreeMap<Region, Counts> = BTreeMap::new();
    for region in names.keys().filter_map(|code| Region::parse(code).ok()).filter(|region| below(region)) {
        counts.entry(region).or_default();
    }
    for one in alike {
        let own = Counts::of(one);
        for region in Level::ALL.into_iter().filter_map(|level| one.region.at(level)) {
            if below(&region) {
                *counts.entry(region).or_default() += own;
            }
        }
    }
    counts
        .into_iter()
        .map(|(code, counts)| RegionRow {
            level: code.level(),
            name: names.get(code.as_str()).cloned(),
            indicators: counts.into(),
            code,
        })
        .collect()
}

/// A case that is late now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OverdueCase {
    /// Identity.
    pub id: Uuid,
    /// Number that people say.
    pub number: String,
    /// Grid of the camera, else the community.
    pub region: String,
    /// Camera name for people.
    pub camera_name: String,
    /// What happened.
    pub behavior: String,
    /// 1 (most urgent) to 4.
    pub severity: u8,
    /// Where it stands.
    pub state: State,
    /// Which level is responsible.
    pub level: Level,
    /// Highest level that has been told.
    pub told: Level,
    /// Who has taken it on.
    pub handler: Option<String>,
    /// Who is to handle it, where one person is named.
    pub assignee: Option<String>,
    /// Which part of the work is late.
    pub stage: Option<Stage>,
    /// When it should have been done.
    pub due_utc: Timestamp,
    /// Seconds since then, by the clock on the wall.
    pub overdue_secs: i64,
    /// How often it was urged (督办).
    pub urges: u64,
}

/// One page of what is late now, the longest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OverduePage {
    /// Cases.
    pub cases: Vec<OverdueCase>,
    /// Where the next page begins; none where there is none.
    pub next: Option<String>,
    /// How many are late in all.
    pub total: u64,
}

#[cfg(test)]
mod tests;
