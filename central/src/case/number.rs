//! Case numbers: 6-digit district, day, 5-digit sequence, as the community offices write them.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use thiserror::Error;

/// A time zone that this machine does not know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the time zone `{0}` is not known here: use a name such as Asia/Shanghai, or install the package tzdata"
)]
pub struct UnknownZone(pub String);

/// The time zone with this name. `Asia/Shanghai` is known without tzdata too.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    match TimeZone::get(name) {
        Ok(zone) => Ok(zone),
        // no summer time since 1991, and no case is older
        Err(_) if name == "Asia/Shanghai" => Ok(TimeZone::fixed(Offset::constant(8))),
        Err(_) => Err(UnknownZone(name.to_owned())),
    }
}

/// The district of a site: the first six digits of its code.
pub fn district(site: &str) -> &str {
    site.get(..6).unwrap_or(site)
}

/// The day of a case number, `yyyymmdd`, as the clock on the wall shows it.
pub fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y%m%d").to_string()
}

/// When that day began.
pub fn day_start(at: Timestamp, zone: &TimeZone) -> Timestamp {
    at.to_zoned(zone.clone()).start_of_day().map_or(at, |start| start.timestamp())
}

/// The whole number. Beyond 99999 cases in a day it grows by a digit rather than repeat.
pub fn format(district: &str, day: &str, sequence: u64) -> String {
    format!("{district}{day}{sequence:05}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_day_of_the_wall_clock() {
        let shanghai = zone("Asia/Shanghai").unwrap();
        let before: Timestamp = "2026-11-23T15:59:59Z".parse().unwrap();
        let after: Timestamp = "2026-11-23T16:00:00Z".parse().unwrap();
        assert_eq!(day(before, &shanghai), "20261123");
        assert_eq!(day(after, &shanghai), "20261124");
        assert_eq!(day_start(before, &shanghai).to_string(), "2026-11-22T16:00:00Z");
    }

    #[test]
    fn a_number_has_nineteen_digits() {
        assert_eq!(format(district("420502001001"), "20261123", 7), "4205022026112300007");
        assert_eq!(format("420502", "20261123", 123_456), "42050220261123123456");
    }

    #[test]
    fn an_unknown_zone_is_named() {
        assert!(zone("Asia/Nowhere").unwrap_err().to_string().contains("Asia/Nowhere"));
    }
}
