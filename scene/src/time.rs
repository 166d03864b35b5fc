//! Time as the scene knows it: the camera's own timeline, and the local time of day that arming needs.
//! Both are passed in; nothing here reads a clock.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

/// Position on one camera's own timeline, from frame PTS. Never the wall clock. Nanoseconds, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StreamTime(pub Duration);

impl StreamTime {
    /// The beginning of the timeline.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// From seconds. What is no time (negative, not a number, too large) becomes 0.
    pub fn from_secs(secs: f64) -> Self {
        Self(duration(secs))
    }

    /// In seconds.
    pub fn secs(self) -> f64 {
        self.0.as_secs_f64()
    }

    /// Time passed since `earlier`; 0 when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for StreamTime {
    type Output = Self;
    fn add(self, passed: Duration) -> Self {
        Self(self.0.saturating_add(passed))
    }
}

impl fmt::Display for StreamTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} s", self.secs())
    }
}

/// Seconds as a duration. What is no duration (negative, not a number, too large) becomes 0.
pub(crate) fn duration(secs: f64) -> Duration {
    Duration::try_from_secs_f64(secs).unwrap_or_default()
}

/// Day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All seven, Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// 0 is Monday, 6 is Sunday.
    pub fn index(self) -> u16 {
        self as u16
    }
}

/// Day of the week and minute of the day where the camera hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocalTime {
    weekday: Weekday,
    minute: u16,
}

impl LocalTime {
    /// `hour` 0..24, `minute` 0..60; none for anything else.
    pub fn new(weekday: Weekday, hour: u8, minute: u8) -> Option<Self> {
        (hour < 24 && minute < 60).then(|| Self { weekday, minute: u16::from(hour) * 60 + u16::from(minute) })
    }

    /// So much later, around the end of the week where needed.
    pub fn after(self, passed: Duration) -> Self {
        const DAY: u64 = 1440;
        let minute = (u64::from(self.minute_of_week()) + passed.as_secs() / 60) % (7 * DAY);
        let day = usize::try_from(minute / DAY).unwrap_or(0);
        Self { weekday: Weekday::ALL[day], minute: u16::try_from(minute % DAY).unwrap_or(0) }
    }

    /// Minutes since Monday 00:00, 0..10080.
    pub fn minute_of_week(self) -> u16 {
        self.weekday.index() * 1440 + self.minute
    }
}
