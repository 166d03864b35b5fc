//! Working time: which days are worked and at which hours, and when a deadline falls.
//!
//! Weekends are free unless a notice makes them working days (调休), weekdays are worked unless a notice frees them. A
//! year is *known* when somebody has entered its notice; in a year that is not known only weekends are free, and
//! whoever is concerned is warned.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::{Date, Time, Weekday, date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Days that a deadline may reach into the future; beyond it the last one is taken.
const HORIZON_DAYS: u32 = 3660;

/// Seconds of a working day as offices count them: 8 hours.
pub const WORKDAY_SECS: f64 = 8.0 * 3600.0;

/// How long something may take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "clock", content = "secs", rename_all = "snake_case")]
pub enum Span {
    /// Seconds of the clock on the wall, nights and holidays included (紧急工作时).
    Continuous(f64),
    /// Seconds of working time (工作时).
    Working(f64),
}

impl Span {
    /// Its length in seconds of its own kind of time.
    pub fn secs(self) -> f64 {
        match self {
            Self::Continuous(secs) | Self::Working(secs) => secs,
        }
    }

    /// Reads `90s`, `30min`, `2h`, `1d` (by the clock on the wall), `4wh`, `2wd` (working hours, working days of 8 hours).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let unit = text.find(|letter: char| letter.is_ascii_alphabetic())?;
        let (number, unit) = text.split_at(unit);
        let number: f64 = number.trim().parse().ok()?;
        if !(number > 0.0 && number <= 100_000.0) {
            return None;
        }
        Some(match unit {
            "s" => Self::Continuous(number),
            "min" => Self::Continuous(number * 60.0),
            "h" => Self::Continuous(number * 3600.0),
            "d" => Self::Continuous(number * 86_400.0),
            "wh" => Self::Working(number * 3600.0),
            "wd" => Self::Working(number * WORKDAY_SECS),
            _ => return None,
        })
    }

    /// The same kind of time, of another length.
    pub fn of_secs(self, secs: f64) -> Self {
        match self {
            Self::Continuous(_) => Self::Continuous(secs),
            Self::Working(_) => Self::Working(secs),
        }
    }
}

/// As it is written: in the largest unit that fits.
impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let units: &[(f64, &str)] = match self {
            Self::Continuous(_) => &[(86_400.0, "d"), (3600.0, "h"), (60.0, "min")],
            Self::Working(_) => &[(WORKDAY_SECS, "wd"), (3600.0, "wh")],
        };
        let secs = self.secs();
        let whole = units.iter().find(|(unit, _)| secs >= *unit && secs % unit == 0.0);
        match (whole, self) {
            (Some((unit, name)), _) => write!(f, "{}{name}", secs / unit),
            (None, Self::Continuous(_)) => write!(f, "{secs}s"),
            (None, Self::Working(_)) => write!(f, "{}wh", secs / 3600.0),
        }
    }
}

/// What a notice says of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// 放假.
    Off,
    /// 调休上班.
    Work,
}

impl DayKind {
    /// The name in the store and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Work => "work",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Off, Self::Work].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A day that is not what its weekday says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct SpecialDay {
    /// Which day.
    pub date: Date,
    /// What it is.
    pub kind: DayKind,
    /// Why, e.g. 国庆节.
    pub name: String,
}

/// Working days and hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    zone: TimeZone,
    hours: Vec<(Time, Time)>,
    special: BTreeMap<Date, DayKind>,
    known: BTreeSet<i16>,
}

/// 8 to 12 and 14 to 18: eight hours, as the urban-management offices count a working day.
const HOURS: [(Time, Time); 2] =
    [(time(8, 0, 0, 0), time(12, 0, 0, 0)), (time(14, 0, 0, 0), time(18, 0, 0, 0))];

impl Calendar {
    /// A calendar of the given special days. Years without any are not known.
    pub fn new(zone: TimeZone, days: impl IntoIterator<Item = SpecialDay>) -> Self {
        let special: BTreeMap<Date, DayKind> = days.into_iter().map(|day| (day.date, day.kind)).collect();
        let known = special.keys().map(|day| day.year()).collect();
        Self { zone, hours: HOURS.to_vec(), special, known }
    }

    /// Whose days and hours these are.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Seconds of a working day.
    pub fn day_secs(&self) -> f64 {
        self.hours.iter().map(|(from, to)| (*to - *from).total(jiff::Unit::Second).unwrap_or(0.0)).sum()
    }

    /// Whether this day is worked.
    pub fn is_workday(&self, day: Date) -> bool {
        match self.special.get(&day) {
            Some(kind) => *kind == DayKind::Work,
            None => !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
        }
    }

    /// Whether the notice of this year has been entered.
    pub fn knows(&self, year: i16) -> bool {
        self.known.contains(&year)
    }

    /// Years whose notice is missing: this one, and from November on the next one, since notices come out then.
    pub fn missing_years(&self, now: Timestamp) -> Vec<i16> {
        let today = now.to_zoned(self.zone.clone()).date();
        let next = (today.month() >= 11).then(|| today.year().saturating_add(1));
        [Some(today.year()), next].into_iter().flatten().filter(|year| !self.knows(*year)).collect()
    }

    /// When `span` is over that began at `from`.
    pub fn after(&self, from: Timestamp, span: Span) -> Timestamp {
        match span {
            Span::Continuous(secs) => from.checked_add(length(secs)).unwrap_or(Timestamp::MAX),
            Span::Working(secs) => self.after_working(from, secs),
        }
    }

    /// How much of this kind of time passes from one moment to another; none where `to` is not later.
    pub fn between(&self, from: Timestamp, to: Timestamp, kind: Span) -> f64 {
        match kind {
            Span::Continuous(_) => to.duration_since(from).as_secs_f64().max(0.0),
            Span::Working(_) => {
                let mut secs = 0.0;
                self.shifts(from, |begin, end| {
                    if begin >= to {
                        return true;
                    }
                    secs += end.min(to).duration_since(begin).as_secs_f64();
                    end >= to
                });
                secs
            }
        }
    }

    fn after_working(&self, from: Timestamp, secs: f64) -> Timestamp {
        let mut left = secs.max(0.0);
        let mut last = from;
        self.shifts(from, |begin, end| {
            let whole = end.duration_since(begin).as_secs_f64();
            if whole >= left {
                last = begin.checked_add(length(left)).unwrap_or(end);
                return true;
            }
            left -= whole;
            last = end;
            false
        });
        last
    }

    /// Shows all shifts from a moment on, the first one cut to what is left of it, until `enough`.
    fn shifts(&self, from: Timestamp, mut enough: impl FnMut(Timestamp, Timestamp) -> bool) {
        let mut day = from.to_zoned(self.zone.clone()).date();
        for _ in 0..HORIZON_DAYS {
            if self.is_workday(day) {
                for (begin, end) in &self.hours {
                    let (Some(begin), Some(end)) = (self.moment(day, *begin), self.moment(day, *end)) else {
                        continue;
                    };
                    if end > from && enough(begin.max(from), end) {
                        return;
                    }
                }
            }
            match day.checked_add(1.day()) {
                Ok(next) => day = next,
                Err(_) => return,
            }
        }
    }

    fn moment(&self, day: Date, at: Time) -> Option<Timestamp> {
        day.to_datetime(at).to_zoned(self.zone.clone()).ok().map(|zoned| zoned.timestamp())
    }
}

fn length(secs: f64) -> Duration {
    Duration::try_from_secs_f64(secs.max(0.0)).unwrap_or(Duration::MAX)
}

/// The State Council's notice for 2026, as npm chinese-days 1.5.7 (MIT) has it.
pub fn notice_2026() -> Vec<SpecialDay> {
    let off = [
        ("元旦", date(2026, 1, 1), date(2026, 1, 3)),
        ("春节", date(2026, 2, 15), date(2026, 2, 23)),
        ("清明节", date(2026, 4, 4), date(2026, 4, 6)),
        ("劳动节", date(2026, 5, 1), date(2026, 5, 5)),
        ("端午节", date(2026, 6, 19), date(2026, 6, 21)),
        ("中秋节", date(2026, 9, 25), date(2026, 9, 27)),
        ("国庆节", date(2026, 10, 1), date(2026, 10, 7)),
    ];
    let work = [
        ("元旦", date(2026, 1, 4)),
        ("春节", date(2026, 2, 14)),
        ("春节", date(2026, 2, 28)),
        ("劳动节", date(2026, 5, 9)),
        ("国庆节", date(2026, 9, 20)),
        ("国庆节", date(2026, 10, 10)),
    ];
    let mut days = Vec::new();
    for (name, first, last) in off {
        let all = first.series(1.day()).take_while(|day| *day <= last);
        days.extend(all.map(|date| SpecialDay { date, kind: DayKind::Off, name: name.to_owned() }));
    }
    days.extend(work.map(|(name, date)| SpecialDay {
        date,
        kind: DayKind::Work,
        name: format!("{name}调休"),
    }));
    days
}

#[cfg(test)]
mod tests;
