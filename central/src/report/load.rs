//! The alarm load of security rooms beside the figures of EEMUA 191 and ISA-18.2. Pure.
//!
//! An alarm is a case that rang: what joins it is shown as a count and makes no sound of its own, and what came too late to
//! ring is none. A room is a community's (社区), which keeps the round-the-clock watch.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use super::count::Rate;
use super::falses::SourceRow;
use crate::incident::Standing;
use crate::org::Region;

/// Seconds in which alarms are counted together.
pub const BUCKET_SECS: i64 = 600;
/// EEMUA 191: "very likely to be acceptable", alarms in 10 minutes on average.
pub const AVERAGE: f64 = 1.0;
/// EEMUA 191: a flood begins with more than so many alarms in 10 minutes; so many are the most a peak should have.
pub const FLOOD_BEGINS: u64 = 10;
/// EEMUA 191: a flood ends with fewer than so many in 10 minutes.
pub const FLOOD_ENDS: u64 = 5;
/// ISA-18.2: share of the time in flood.
pub const FLOOD_SHARE: f64 = 0.01;
/// ISA-18.2: about 5 % of all alarms of the highest priority.
pub const HIGH_SHARE: f64 = 0.05;
/// ISA-18.2: about 15 % of medium priority; the other 80 % are low.
pub const MEDIUM_SHARE: f64 = 0.15;
/// ISA-18.2: fewer than so many alarms a day that stand for more than 24 hours.
pub const STALE: u64 = 5;
/// ISA-18.2: the ten most frequent sources have at most so much of the load.
pub const TOP_SHARE: f64 = 0.05;
/// How many sources are the most frequent ones.
pub const TOP: usize = 10;
/// Where ten of the sources are more than [`TOP_SHARE`] of them all, not even an even spread could keep to it: not judged.
const SOURCES_TO_JUDGE: u64 = 200;
/// Ten minutes of a day; on a day of 23 or 25 hours the average is off by a twenty-fourth.
const DAY_BUCKETS: u64 = 144;

/// Ten minutes in which a room had [`FLOOD_ENDS`] alarms or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// Room.
    pub room: Region,
    /// Which ten minutes, counted from 1970 UTC.
    pub bucket: i64,
    /// How many alarms.
    pub alarms: u64,
}

/// An hour with alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// Which hour, counted from 1970 UTC.
    pub hour: i64,
    /// How many alarms in all rooms.
    pub alarms: u64,
    /// Most alarms in ten minutes of one room.
    pub busiest: u64,
}

/// A rule that shelved itself because it rang too often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Chatter {
    /// Room.
    pub room: Region,
    /// Box.
    pub edge: String,
    /// Camera.
    pub camera: String,
    /// Configured rule.
    pub rule: String,
    /// How often.
    pub times: u64,
}

/// What the store counts of alarms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadRows {
    /// Rooms whose boxes are known.
    pub rooms: BTreeSet<Region>,
    /// Alarms by room and priority.
    pub severities: Vec<(Region, u8, u64)>,
    /// Most alarms in ten minutes, by room.
    pub peaks: Vec<(Region, u64)>,
    /// Busy ten minutes, by room and time.
    pub busy: Vec<Busy>,
    /// Hours with alarms.
    pub hours: Vec<Hour>,
    /// Alarms that nobody decided within 24 hours, by room and the day (from 1970) on which those were over.
    pub stale: Vec<(Region, i64, u64)>,
    /// Rules that shelved themselves.
    pub chatter: Vec<Chatter>,
    /// Alerts of boxes, by what became of them.
    pub alerts: Vec<(Standing, u64)>,
}

/// A measured figure and whether it is as it should be; none where it cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Figure {
    /// What was measured; none where there was nothing to measure.
    pub value: Option<f64>,
    /// Whether it is as it should be.
    pub met: Option<bool>,
}

impl Figure {
    fn at_most(value: Option<f64>, limit: f64) -> Self {
        Self { value, met: value.map(|value| value <= limit) }
    }

    fn below(value: Option<f64>, limit: f64) -> Self {
        Self { value, met: value.map(|value| value < limit) }
    }
}

/// All figures of a room, or of all rooms of a region.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// Alarms in 10 minutes, on average. At most 1.
    pub average: Figure,
    /// Most alarms in 10 minutes in a room. At most 10.
    pub peak: Figure,
    /// Share of the time in flood, 0..1. Below 1 %.
    pub flood: Figure,
    /// Share of P1, 0..1. At most 5 %.
    pub high: Figure,
    /// Share of P2, 0..1. At most 15 %.
    pub medium: Figure,
    /// Most alarms of a room that turned 24 hours old on one day without a decision. Fewer than 5.
    pub stale: Figure,
    /// Rules that shelved themselves because they rang three times a minute or ten times in ten. None.
    pub chattering: Figure,
    /// Share of the ten most frequent sources, 0..1. At most 5 %; not judged below 200 sources.
    pub top: Figure,
}

/// The load of one room.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RoomLoad {
    /// Code of its community.
    pub region: Region,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// How many alarms.
    pub alarms: u64,
    /// By priority, P1 to P4.
    pub priorities: [u64; 4],
    /// Of all 10 minutes, those in flood.
    pub flood: Rate,
    /// Figures.
    pub figures: Figures,
}

/// The load of one day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct DayLoad {
    /// Day on the wall.
    pub day: Date,
    /// How many alarms in all rooms.
    pub alarms: u64,
    /// Alarms in 10 minutes of a room, on average.
    pub average: f64,
    /// Most alarms in 10 minutes of one room.
    pub peak: u64,
}

/// A camera and rule, and how often it rang.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LoadSource)]
pub struct Source {
    /// Box.
    pub edge: String,
    /// Camera.
    pub camera: String,
    /// Configured rule.
    pub rule: String,
    /// The camera's name for people.
    pub camera_name: String,
    /// How many alarms.
    pub alarms: u64,
}

/// What became of the alerts that boxes sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LoadAlerts)]
pub struct Alerts {
    /// All of them.
    pub received: u64,
    /// Held back by maintenance or a covered camera.
    pub inhibited: u64,
    /// Held back by a shelf.
    pub shelved: u64,
}

/// The alarm load of a region.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Load {
    /// How many rooms.
    pub rooms: u64,
    /// How many alarms in all of them.
    pub alarms: u64,
    /// By priority, P1 to P4.
    pub priorities: [u64; 4],
    /// Of all 10 minutes of all rooms, those in flood.
    pub flood: Rate,
    /// What boxes sent.
    pub alerts: Alerts,
    /// Figures over all rooms.
    pub figures: Figures,
    /// Each room, the most alarms first.
    pub by_room: Vec<RoomLoad>,
    /// Each day that has begun.
    pub days: Vec<DayLoad>,
    /// The most frequent sources.
    pub top: Vec<Source>,
    /// How many sources rang at all.
    pub sources: u64,
    /// Rules that shelved themselves, the most often first.
    pub chatter: Vec<Chatter>,
}

/// How many of a room's ten minutes were in flood. `busy` are its buckets with [`FLOOD_ENDS`] alarms or more, in order: a
/// bucket that is not among them ends a flood.
pub fn flooded<'a>(busy: impl IntoIterator<Item = &'a Busy>) -> u64 {
    let mut flooded = 0;
    let mut flood_until = None;
    for one in busy {
        let goes_on = flood_until == Some(one.bucket) && one.alarms >= FLOOD_ENDS;
        if goes_on || one.alarms > FLOOD_BEGINS {
            flooded += 1;
            flood_until = Some(one.bucket + 1);
        }
    }
    flooded
}

#[derive(Default)]
struct Room<'r> {
    priorities: [u64; 4],
    peak: u64,
    busy: Vec<&'r Busy>,
    stale: u64,
    chattering: u64,
}

fn share(of: u64, all: u64) -> Option<f64> {
    Rate::new(of, all).share
}

/// The alarm load of these rooms, from the beginning to the end of what has passed of the period.
pub fn load(
    rows: &LoadRows,
    sources: &[SourceRow],
    (from, until): (Timestamp, Timestamp),
    zone: &TimeZone,
    name: impl Fn(&Region) -> Option<String>,
) -> Load {
    let secs = until.duration_since(from).as_secs().max(0);
    let buckets = u64::try_from(secs).unwrap_or(0).div_ceil(BUCKET_SECS.unsigned_abs());
    let mut rooms: BTreeMap<&Region, Room<'_>> =
        rows.rooms.iter().map(|room| (room, Room::default())).collect();
    for (room, severity, alarms) in &rows.severities {
        let place = usize::from((*severity).clamp(1, 4)) - 1;
        rooms.entry(room).or_default().priorities[place] += alarms;
    }
    for (room, peak) in &rows.peaks {
        let room = rooms.entry(room).or_default();
        room.peak = room.peak.max(*peak);
    }
    for busy in &rows.busy {
        rooms.entry(&busy.room).or_default().busy.push(busy);
    }
    for (room, _, alarms) in &rows.stale {
        let room = rooms.entry(room).or_default();
        room.stale = room.stale.max(*alarms);
    }
    for chatter in &rows.chatter {
        rooms.entry(&chatter.room).or_default().chattering += 1;
    }

    let (top, rang, count) = frequent(sources);
    let mut by_room: Vec<RoomLoad> = rooms
        .iter()
        .map(|(region, room)| {
            let flood = Rate::new(flooded(room.busy.iter().copied()).min(buckets), buckets);
            RoomLoad {
                region: (*region).clone(),
                name: name(region),
                alarms: room.priorities.iter().sum(),
                priorities: room.priorities,
                flood,
                figures: figures(room, flood, buckets, None),
            }
        })
        .collect();
    by_room.sort_by_key(|room| std::cmp::Reverse(room.alarms));

    let mut whole = Room::default();
    for room in rooms.values() {
        for (sum, part) in whole.priorities.iter_mut().zip(room.priorities) {
            *sum += part;
        }
        whole.peak = whole.peak.max(room.peak);
        whole.stale = whole.stale.max(room.stale);
        whole.chattering += room.chattering;
    }
    let count_of_rooms = rooms.len() as u64;
    let flood = Rate::new(by_room.iter().map(|room| room.flood.of).sum(), buckets * count_of_rooms);
    let top_share = share(top.iter().map(|source| source.alarms).sum(), rang);
    let top_figure = Figure {
        value: top_share,
        met: top_share.filter(|_| count >= SOURCES_TO_JUDGE).map(|share| share <= TOP_SHARE),
    };
    let mut chatter = rows.chatter.clone();
    chatter.sort_by_key(|one| std::cmp::Reverse(one.times));
    Load {
        rooms: count_of_rooms,
        alarms: whole.priorities.iter().sum(),
        priorities: whole.priorities,
        flood,
        alerts: alerts(&rows.alerts),
        figures: figures(&whole, flood, buckets * count_of_rooms, Some(top_figure)),
        by_room,
        days: days(&rows.hours, (from, until), zone, count_of_rooms),
        top,
        sources: count,
        chatter,
    }
}

fn figures(room: &Room<'_>, flood: Rate, buckets: u64, top: Option<Figure>) -> Figures {
    let alarms: u64 = room.priorities.iter().sum();
    let measured = |value: u64| (buckets > 0).then_some(value as f64);
    Figures {
        average: Figure::at_most(share(alarms, buckets), AVERAGE),
        peak: Figure::at_most(measured(room.peak), FLOOD_BEGINS as f64),
        flood: Figure::below(flood.share, FLOOD_SHARE),
        high: Figure::at_most(share(room.priorities[0], alarms), HIGH_SHARE),
        medium: Figure::at_most(share(room.priorities[1], alarms), MEDIUM_SHARE),
        stale: Figure::below(measured(room.stale), STALE as f64),
        chattering: Figure::at_most(measured(room.chattering), 0.0),
        top: top.unwrap_or(Figure { value: None, met: None }),
    }
}

/// The sources that rang most, how often all rang, and how many rang at all.
fn frequent(sources: &[SourceRow]) -> (Vec<Source>, u64, u64) {
    let mut by_source: BTreeMap<(&str, &str, &str), (u64, &str)> = BTreeMap::new();
    for row in sources.iter().filter(|row| row.rang > 0) {
        let key = (row.edge.as_str(), row.camera.as_str(), row.rule.as_str());
        let entry = by_source.entry(key).or_insert((0, &row.camera_name));
        entry.0 += row.rang;
    }
    let (rang, count) = (by_source.values().map(|(alarms, _)| alarms).sum(), by_source.len() as u64);
    let mut top: Vec<Source> = by_source
        .into_iter()
        .map(|((edge, camera, rule), (alarms, name))| Source {
            edge: edge.to_owned(),
            camera: camera.to_owned(),
            rule: rule.to_owned(),
            camera_name: name.to_owned(),
            alarms,
        })
        .collect();
    top.sort_by_key(|source| std::cmp::Reverse(source.alarms));
    top.truncate(TOP);
    (top, rang, count)
}

fn alerts(rows: &[(Standing, u64)]) -> Alerts {
    let mut alerts = Alerts::default();
    for (standing, count) in rows {
        alerts.received += count;
        match standing {
            Standing::Case => {}
            Standing::Inhibited => alerts.inhibited += count,
            Standing::Shelved => alerts.shelved += count,
        }
    }
    alerts
}

/// Every day that has begun, with or without alarms.
fn days(hours: &[Hour], (from, until): (Timestamp, Timestamp), zone: &TimeZone, rooms: u64) -> Vec<DayLoad> {
    let day_of = |at: Timestamp| at.to_zoned(zone.clone()).date();
    if until <= from {
        return Vec::new();
    }
    let last = day_of(Timestamp::from_nanosecond(until.as_nanosecond() - 1).unwrap_or(until));
    let mut counted: BTreeMap<Date, (u64, u64)> = day_of(from)
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= last)
        .map(|day| (day, (0, 0)))
        .collect();
    for hour in hours {
        let Ok(at) = Timestamp::from_second(hour.hour * 3600) else { continue };
        if let Some((alarms, peak)) = counted.get_mut(&day_of(at)) {
            *alarms += hour.alarms;
            *peak = (*peak).max(hour.busiest);
        }
    }
    let of_day = |day: Date| {
        // the day that goes on counts as far as it has gone
        let start = day.to_zoned(zone.clone()).map_or(from, |start| start.timestamp());
        let secs = until.duration_since(start).as_secs().max(0);
        u64::try_from(secs).unwrap_or(0).div_ceil(BUCKET_SECS.unsigned_abs()).clamp(1, DAY_BUCKETS)
    };
    counted
        .into_iter()
        .map(|(day, (alarms, peak))| DayLoad {
            day,
            alarms,
            average: share(alarms, rooms * of_day(day)).unwrap_or(0.0),
            peak,
        })
        .collect()
}
