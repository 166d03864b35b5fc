//! Working days: Monday to Friday, but for holidays and the weekends that are worked for them (调休).

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

/// Which days are worked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workdays {
    /// Days that are otherwise than their weekday says.
    exceptions: BTreeMap<Date, bool>,
}

impl Workdays {
    /// With these exceptions: a day, and whether it is worked.
    pub fn with(exceptions: impl IntoIterator<Item = (Date, bool)>) -> Self {
        Self { exceptions: exceptions.into_iter().collect() }
    }

    /// Whether a day is worked.
    pub fn works(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.exceptions.get(&day).copied().unwrap_or(!weekend)
    }

    /// The last day of a time of so many working days that begins after a day.
    pub fn after(&self, day: Date, count: u16) -> Date {
        let mut last = day;
        let mut left = count;
        while left > 0 {
            let Ok(next) = last.tomorrow() else { break };
            last = next;
            left -= u16::from(self.works(last));
        }
        last
    }

    /// The exceptions of a year.
    pub fn of_year(&self, year: i16) -> impl Iterator<Item = (Date, bool)> {
        self.exceptions.iter().filter(move |(day, _)| day.year() == year).map(|(day, works)| (*day, *works))
    }

    /// Whether any day of a year is an exception: a year without holidays was not entered yet.
    pub fn knows(&self, year: i16) -> bool {
        self.exceptions.keys().any(|day| day.year() == year)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn holidays_do_not_count_and_worked_weekends_do() {
        // Friday 25 September 2026 is a holiday here, and Sunday 27 is worked
        let days = Workdays::with([(date(2026, 9, 25), false), (date(2026, 9, 27), true)]);
        assert!(
            !days.works(date(2026, 9, 25)) && days.works(date(2026, 9, 27)) && !days.works(date(2026, 9, 26))
        );
        assert_eq!(days.after(date(2026, 9, 24), 1), date(2026, 9, 27));
        assert_eq!(days.after(date(2026, 9, 24), 3), date(2026, 9, 29));
        assert_eq!(days.after(date(2026, 9, 24), 0), date(2026, 9, 24));
        assert!(days.knows(2026) && !days.knows(2027));
    }
}
