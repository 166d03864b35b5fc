//! 留存: how long evidence is kept, when it is purged, and the hash over what went.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sha2::{Digest, Sha256};

/// Public video is kept so many days at least (799号令 art. 17); no purge goes below it, whoever agrees.
pub const LEAST_DAYS: u32 = 30;
/// The hour of the night at which it is purged.
pub const HOUR: i8 = 3;

/// What was stored before this is over its time.
pub fn cutoff(now: Timestamp, days: u32) -> Timestamp {
    let age = SignedDuration::from_hours(i64::from(days) * 24);
    now.checked_sub(age).unwrap_or(Timestamp::MIN)
}

/// The moment of the night at or before `now` at which it is purged.
pub fn last_night(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let local = now.to_zoned(zone.clone());
    let night = |day: jiff::civil::Date| day.at(HOUR, 0, 0, 0).to_zoned(zone.clone());
    let today = night(local.date());
    let chosen = match today {
        Ok(today) if today.timestamp() <= now => Ok(today),
        _ => local.date().checked_sub(1.day()).and_then(night),
    };
    chosen.map_or(now, |night| night.timestamp())
}

/// The next moment at which it is purged.
pub fn next_night(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let later = now.checked_add(SignedDuration::from_hours(24)).unwrap_or(now);
    last_night(later, zone)
}

/// Whether a regular purge is due: none has begun since the last night, a missed one is made up for.
pub fn due(now: Timestamp, last_began: Option<Timestamp>, zone: &TimeZone) -> bool {
    last_began.is_none_or(|began| began < last_night(now, zone))
}

/// The hash over a list of what went: SHA-256 over one line each, `sha256 bytes purged_us belonged\n`, by SHA-256 ascending.
#[derive(Debug, Default)]
pub struct Root(Sha256);

impl Root {
    /// The next file, in order.
    pub fn add(&mut self, sha256: &str, bytes: u64, purged_us: i64, belonged: &str) {
        self.0.update(format!("{sha256} {bytes} {purged_us} {belonged}\n"));
    }

    /// The hash, hex.
    pub fn end(self) -> String {
        hex::encode(self.0.finalize())
    }
}
