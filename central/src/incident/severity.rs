//! How urgent something is here: what the box's rule says, raised by where and when it happens. Never lowered: the
//! installer who set the rule saw the place.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_alert::Alert;

use crate::org::{PlaceKind, Region};

/// One reason to take something more seriously.
#[derive(Debug, Clone, PartialEq)]
pub struct Raise {
    /// Which behaviors; empty means all.
    pub behaviors: Vec<String>,
    /// At which kinds of place (重点部位); empty means any.
    pub places: Vec<PlaceKind>,
    /// Between which hours of the day; may pass midnight.
    pub hours: Option<(Time, Time)>,
    /// By how many steps.
    pub by: u8,
}

/// A time in which everything in a region is more serious (重点时期).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Period {
    /// Name, e.g. 国庆安保.
    pub name: String,
    /// Where.
    pub region: Region,
    /// From.
    pub from_utc: Timestamp,
    /// Until.
    pub until_utc: Timestamp,
}

/// Why something is more urgent here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RaisedBecause)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Because {
    /// It happens at such a place.
    Place {
        /// Kind of place.
        place: PlaceKind,
    },
    /// It happens at such an hour.
    Hour,
    /// It happens in such a time.
    Period {
        /// Its name.
        name: String,
    },
}

/// All of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Raises {
    /// By place and hour.
    pub table: Vec<Raise>,
    /// By time.
    pub periods: Vec<Period>,
    /// Whose clock the hours are on.
    pub zone: TimeZone,
}

impl Raises {
    /// The usual ones: a fall where old or sick people live is always of the first urgency; whoever gets in at night
    /// where children are by day or where the city's supply is, is more than a trespasser.
    pub fn usual(zone: TimeZone) -> Self {
        let night = Some((Time::constant(22, 0, 0, 0), Time::constant(6, 0, 0, 0)));
        let table = vec![
            Raise {
                behaviors: vec!["fall".into()],
                places: vec![PlaceKind::ElderlyCare, PlaceKind::Hospital, PlaceKind::Stairwell],
                hours: None,
                by: 3,
            },
            Raise {
                behaviors: vec!["intrusion".into(), "line_crossing".into()],
                places: vec![PlaceKind::School, PlaceKind::Utility],
                hours: night,
                by: 1,
            },
            Raise {
                behaviors: vec!["crowd".into(), "running".into()],
                places: vec![PlaceKind::School, PlaceKind::Hospital, PlaceKind::Government],
                hours: None,
                by: 1,
            },
        ];
        Self { table, periods: Vec::new(), zone }
    }

    /// How urgent `alert` is at such a place, and why it is more than its rule says.
    pub fn assess(&self, alert: &Alert, place: Option<PlaceKind>, region: &Region) -> (u8, Vec<Because>) {
        let said = alert.severity.level();
        let mut because = Vec::new();
        // a test must show what the rule does, and nothing else
        if alert.test {
            return (said, because);
        }
        let mut by = 0;
        let hour = alert.since_utc.to_zoned(self.zone.clone()).time();
        for raise in self.table.iter().filter(|raise| raise.by > 0) {
            let of_it = raise.behaviors.is_empty() || raise.behaviors.contains(&alert.behavior);
            let there = raise.places.is_empty() || place.is_some_and(|place| raise.places.contains(&place));
            let then = raise.hours.is_none_or(|(from, to)| within(hour, from, to));
            if !(of_it && there && then) {
                continue;
            }
            by = by.max(raise.by);
            if let Some(place) = place.filter(|_| !raise.places.is_empty()) {
                because.push(Because::Place { place });
            }
            if raise.hours.is_some() {
                because.push(Because::Hour);
            }
        }
        for period in &self.periods {
            if period.region.covers(region) && (period.from_utc..period.until_utc).contains(&alert.since_utc)
            {
                by = by.max(1);
                because.push(Because::Period { name: period.name.clone() });
            }
        }
        let severity = said.saturating_sub(by).max(1);
        if severity == said {
            because.clear();
        }
        (severity, because)
    }
}

fn within(hour: Time, from: Time, to: Time) -> bool {
    if from <= to { from <= hour && hour < to } else { hour >= from || hour < to }
}
