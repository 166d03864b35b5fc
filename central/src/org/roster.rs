//! 值班表: who is on duty where, and who is called for what.
//!
//! A duty is a row of a rota: a person, a role, a region, days and hours. Whoever is nearest to a place comes first: a
//! grid's own people, then those of its community, its street, its district.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Level, Region};
use crate::case::guard::Role;

/// Days of a week, Monday first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(value_type = Vec<i8>)]
#[serde(try_from = "Vec<i8>", into = "Vec<i8>")]
pub struct Weekdays(BTreeSet<i8>);

impl Weekdays {
    /// All seven.
    pub fn all() -> Self {
        Self((1..=7).collect())
    }

    /// These days, 1 (Monday) to 7; none where one is none, or where there is none at all.
    pub fn new(days: impl IntoIterator<Item = i8>) -> Option<Self> {
        let days: BTreeSet<i8> = days.into_iter().collect();
        let fits = !days.is_empty() && days.iter().all(|day| (1..=7).contains(day));
        fits.then_some(Self(days))
    }

    /// Reads `1-5`, `6,7` or `1-3,7`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut days = Vec::new();
        for part in text.split([',', '，', '、', ' ']).filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (i8, i8) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            if !(1..=7).contains(&first) || !(first..=7).contains(&last) {
                return None;
            }
            days.extend(first..=last);
        }
        Self::new(days)
    }
}

impl TryFrom<Vec<i8>> for Weekdays {
    type Error = &'static str;
    fn try_from(days: Vec<i8>) -> Result<Self, Self::Error> {
        Self::new(days).ok_or("weekdays are numbers from 1 (Monday) to 7, one at least")
    }
}

impl From<Weekdays> for Vec<i8> {
    fn from(days: Weekdays) -> Self {
        days.0.into_iter().collect()
    }
}

/// A row of a rota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Duty {
    /// Who.
    pub user: String,
    /// As what.
    pub role: Role,
    /// Where.
    pub region: Region,
    /// First day on which a shift begins.
    pub from: Date,
    /// Last day on which one begins.
    pub until: Date,
    /// On which days of the week shifts begin.
    pub weekdays: Weekdays,
    /// When a shift begins.
    #[serde(with = "hour_minute")]
    #[schema(value_type = String, example = "20:00")]
    pub start: Time,
    /// When it ends; not later than it begins: on the next day.
    #[serde(with = "hour_minute")]
    #[schema(value_type = String, example = "08:00")]
    pub end: Time,
    /// For what only; empty is for everything.
    #[serde(default)]
    pub behaviors: Vec<String>,
    /// 1 is called first, then 2, up to 9.
    #[serde(default = "first")]
    pub place: u8,
}

/// Times as people write them: `20:00`.
mod hour_minute {
    use jiff::civil::Time;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", time.hour(), time.minute()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("a time is written 20:00"))
    }
}

fn first() -> u8 {
    1
}

/// Longest rota, so that a mistyped year is noticed.
const LONGEST_DAYS: i32 = 366 * 3;

/// Why a row of a rota is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDuty {
    /// It ends before it begins.
    #[error("the last day lies before the first one")]
    Backwards,
    /// It goes on for more than three years.
    #[error("a rota is entered for three years at most")]
    TooLong,
    /// Its place is none.
    #[error("the order is a number from 1 to 9")]
    BadPlace,
}

impl BadDuty {
    /// The same in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Backwards => "结束日期早于开始日期",
            Self::TooLong => "排班最长三年",
            Self::BadPlace => "次序须为 1 到 9",
        }
    }
}

impl Duty {
    /// Refuses what cannot be meant.
    pub fn check(&self) -> Result<(), BadDuty> {
        if self.until < self.from {
            return Err(BadDuty::Backwards);
        }
        if self.from.until(self.until).map_or(i32::MAX, |span| span.get_days()) > LONGEST_DAYS {
            return Err(BadDuty::TooLong);
        }
        if !(1..=9).contains(&self.place) {
            return Err(BadDuty::BadPlace);
        }
        Ok(())
    }

    /// Whether it is the same row of a rota, whatever its order.
    pub fn is_row_of(&self, other: &Self) -> bool {
        Self { place: other.place, ..self.clone() } == *other
    }

    /// The shift that is on at this moment, from its beginning to its end; none where none is on.
    pub fn on_shift(&self, at: Timestamp, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let today = at.to_zoned(zone.clone()).date();
        // yesterday's night shift may still be on
        let begins = [today.yesterday().ok(), Some(today)];
        begins.into_iter().flatten().find_map(|day| {
            let (from, until) = self.shift(day, zone)?;
            (from <= at && at < until).then_some((from, until))
        })
    }

    /// The shift that begins on this day.
    fn shift(&self, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let worked = (self.from..=self.until).contains(&day)
            && self.weekdays.0.contains(&day.weekday().to_monday_one_offset());
        if !worked {
            return None;
        }
        let last = if self.end <= self.start { day.checked_add(1.day()).ok()? } else { day };
        let moment = |day: Date, time: Time| {
            day.to_datetime(time).to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
        };
        Some((moment(day, self.start)?, moment(last, self.end)?))
    }
}

/// Somebody on duty at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDuty<'r> {
    /// Which row says so.
    pub duty: &'r Duty,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// All duties, and who else could be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Roster {
    zone: TimeZone,
    by_region: BTreeMap<Region, Vec<Duty>>,
    /// Regions in which somebody may handle cases, whether a rota says so or not; none in it is everywhere.
    workers: BTreeSet<Option<Region>>,
}

impl Roster {
    /// A roster. `workers`: where somebody may handle cases.
    pub fn new(
        zone: TimeZone,
        duties: impl IntoIterator<Item = Duty>,
        workers: impl IntoIterator<Item = Option<Region>>,
    ) -> Self {
        let mut by_region: BTreeMap<Region, Vec<Duty>> = BTreeMap::new();
        for duty in duties {
            by_region.entry(duty.region.clone()).or_default().push(duty);
        }
        Self { zone, by_region, workers: workers.into_iter().collect() }
    }

    /// Who is on duty for a place, nearest first, then by order and name. No roles: all; no behavior: whatever for.
    pub fn on_duty(
        &self,
        region: &Region,
        roles: &[Role],
        behavior: Option<&str>,
        at: Timestamp,
    ) -> Vec<OnDuty<'_>> {
        let mut found = Vec::new();
        let mut there = Some(region.clone());
        while let Some(region) = there {
            let mut here: Vec<OnDuty<'_>> = self
                .by_region
                .get(&region)
                .into_iter()
                .flatten()
                .filter(|duty| roles.is_empty() || roles.contains(&duty.role))
                .filter(|duty| {
                    behavior.is_none_or(|behavior| {
                        duty.behaviors.is_empty() || duty.behaviors.iter().any(|own| own == behavior)
                    })
                })
                .filter_map(|duty| {
                    let (since, until) = duty.on_shift(at, &self.zone)?;
                    Some(OnDuty { duty, since, until })
                })
                .collect();
            here.sort_by_key(|on| (on.duty.place, on.duty.user.clone()));
            found.append(&mut here);
            there = region.parent();
        }
        found
    }

    /// To whom a case of this region goes by itself: the nearest handler on duty; where no rota names one, whoever of the
    /// region's handlers takes it; nobody where there is none.
    pub fn handler(
        &self,
        region: &Region,
        behavior: &str,
        at: Timestamp,
    ) -> Option<(Region, Option<String>)> {
        if let Some(on) = self.on_duty(region, &[Role::GridWorker], Some(behavior), at).first() {
            return Some((on.duty.region.clone(), Some(on.duty.user.clone())));
        }
        // a handler of the city is nobody's neighbour: a dispatcher chooses
        let near = |level: Level| region.at(level).filter(|near| self.workers.contains(&Some(near.clone())));
        [Level::Grid, Level::Community].into_iter().find_map(near).map(|near| (near, None))
    }

    /// Who is called next at this level, of those who were not called: the security room below a community's level, whoever
    /// files there at it, whoever supervises above.
    pub fn next(
        &self,
        region: &Region,
        level: Level,
        behavior: &str,
        called: &BTreeSet<&str>,
        at: Timestamp,
    ) -> Option<String> {
        let roles: &[Role] = match level {
            Level::Grid => &[Role::Operator],
            Level::Community => &[Role::Acceptor],
            Level::Street | Level::District | Level::City => &[Role::Acceptor, Role::Supervisor],
        };
        let of_level = |on: &OnDuty<'_>| level == Level::Grid || on.duty.region.level() == level;
        let on = self.on_duty(region, roles, Some(behavior), at);
        on.into_iter()
            .find(|on| of_level(on) && !called.contains(on.duty.user.as_str()))
            .map(|on| on.duty.user.clone())
    }
}

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptDuty {
    /// Identity.
    pub id: Uuid,
    /// What it says.
    #[serde(flatten)]
    pub duty: Duty,
}

#[cfg(test)]
mod tests;
