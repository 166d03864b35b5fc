//! The days that a report is about, and those that it is compared with. Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

/// Most days of one report: a leap year.
pub const MOST_DAYS: i32 = 366;

/// Days that no report can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadPeriod {
    /// It ends before it begins.
    #[error("the last day is before the first")]
    Backwards,
    /// It is too long.
    #[error("a report covers {MOST_DAYS} days at most")]
    TooLong,
    /// Outside of what calendars here know.
    #[error("a report covers days from 2000 to 2199")]
    OutOfRange,
}

/// Days as the clock on the wall has them, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReportPeriod)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Period {
    /// The days from one to another.
    pub fn new(from: Date, to: Date) -> Result<Self, BadPeriod> {
        let known = |day: Date| (2000..2200).contains(&day.year());
        if !known(from) || !known(to) {
            return Err(BadPeriod::OutOfRange);
        }
        let period = Self { from, to };
        match period.days() {
            ..=0 => Err(BadPeriod::Backwards),
            days if days > MOST_DAYS => Err(BadPeriod::TooLong),
            _ => Ok(period),
        }
    }

    /// The whole month that this day is in.
    pub fn month_of(day: Date) -> Self {
        Self { from: day.first_of_month(), to: day.last_of_month() }
    }

    /// How many days.
    pub fn days(&self) -> i32 {
        self.from.until(self.to).map_or(0, |span| span.get_days()) + 1
    }

    /// Whether it is exactly a calendar month, so that it is compared with months.
    pub fn is_month(&self) -> bool {
        *self == Self::month_of(self.from)
    }

    /// 环比: the month before a month, otherwise as many days right before.
    #[must_use]
    pub fn previous(&self) -> Self {
        let to = self.from.checked_sub(1.day()).unwrap_or(self.from);
        if self.is_month() {
            return Self::month_of(to);
        }
        Self { from: to.checked_sub((self.days() - 1).days()).unwrap_or(to), to }
    }

    /// 同比: the same days of the year before; of a month that month.
    #[must_use]
    pub fn last_year(&self) -> Self {
        let before = |day: Date| day.checked_sub(1.year()).unwrap_or(day);
        if self.is_month() {
            return Self::month_of(before(self.from));
        }
        Self { from: before(self.from), to: before(self.to) }
    }

    /// From when, and until when (not included).
    pub fn bounds(&self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let start = |day: Date| {
            day.to_zoned(zone.clone()).map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp())
        };
        (start(self.from), start(self.to.checked_add(1.day()).unwrap_or(self.to)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn period(from: Date, to: Date) -> Period {
        Period::new(from, to).unwrap()
    }

    #[test]
    fn months_are_compared_with_months() {
        let march = period(date(2026, 3, 1), date(2026, 3, 31));
        assert_eq!(march.previous(), period(date(2026, 2, 1), date(2026, 2, 28)));
        assert_eq!(march.last_year(), period(date(2025, 3, 1), date(2025, 3, 31)));
        let february = period(date(2029, 2, 1), date(2029, 2, 28));
        assert_eq!(february.last_year(), period(date(2028, 2, 1), date(2028, 2, 29)), "a leap year");
    }

    #[test]
    fn other_days_are_compared_with_as_many_before() {
        let week = period(date(2026, 3, 2), date(2026, 3, 8));
        assert_eq!(week.previous(), period(date(2026, 2, 23), date(2026, 3, 1)));
        assert_eq!(week.last_year(), period(date(2025, 3, 2), date(2025, 3, 8)));
        let day = period(date(2028, 2, 29), date(2028, 2, 29));
        assert_eq!(day.previous(), period(date(2028, 2, 28), date(2028, 2, 28)));
        assert_eq!(day.last_year(), period(date(2027, 2, 28), date(2027, 2, 28)));
    }

    #[test]
    fn days_begin_at_midnight_on_the_wall() {
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(8));
        let (from, until) = period(date(2026, 3, 1), date(2026, 3, 31)).bounds(&zone);
        assert_eq!(from.to_string(), "2026-02-28T16:00:00Z");
        assert_eq!(until.to_string(), "2026-03-31T16:00:00Z");
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Period::new(date(2026, 3, 2), date(2026, 3, 1)), Err(BadPeriod::Backwards));
        assert_eq!(Period::new(date(2026, 1, 1), date(2027, 1, 2)), Err(BadPeriod::TooLong));
        assert_eq!(Period::new(date(1999, 12, 31), date(2000, 1, 1)), Err(BadPeriod::OutOfRange));
        assert_eq!(Period::new(date(2028, 1, 1), date(2028, 12, 31)).unwrap().days(), 366);
    }
}
