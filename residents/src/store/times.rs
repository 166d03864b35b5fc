//! Times and days as the database has them, and as people and programs are told them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::StoreError;

/// The time of so many microseconds since 1970 UTC.
pub(super) fn of(us: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(us).map_err(|_| StoreError::Corrupt(format!("the time {us}")))
}

/// The place's time: the whole country goes by it, without summer time since 1992. Birthdays and deadlines do so wherever the centre is.
pub fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}

/// The day that it is in the place.
pub fn place_day(at: Timestamp) -> Date {
    at.to_zoned(zone()).date()
}

/// When a day begins there, in microseconds since 1970 UTC.
pub(super) fn begins(day: Date) -> i64 {
    day.to_zoned(zone()).map_or(i64::MAX, |at| at.timestamp().as_microsecond())
}

/// Reads a time.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    Timestamp::from_microsecond(i64::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Reads a time that may be none.
pub(super) fn read_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let us = Option::<i64>::deserialize(deserializer)?;
    us.map(Timestamp::from_microsecond).transpose().map_err(D::Error::custom)
}

/// Reads a day.
pub(super) fn read_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    super::day(i64::deserialize(deserializer)?).map_err(D::Error::custom)
}
