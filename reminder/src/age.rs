//! 周岁: on which day somebody is so old. Days are those of the place's calendar (UTC+8); lunar birthdays are never used.

use jiff::ToSpan;
use jiff::civil::Date;

/// On which day an age counts as reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attain {
    /// The birthday itself.
    #[default]
    Birthday,
    /// The day after it (as courts count 周岁).
    NextDay,
    /// The first day of the birthday's month.
    MonthStart,
    /// The last day of it.
    MonthEnd,
    /// 31 December of that year.
    YearEnd,
}

/// When somebody who was born on 29 February has a birthday in a year without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Feb29 {
    /// 28 February.
    #[default]
    MonthEnd,
    /// 1 March.
    NextDay,
}

/// The birthday on which somebody is so many years old.
pub fn birthday(birth: Date, years: u8, feb29: Feb29) -> Date {
    let year = birth.year().saturating_add(i16::from(years));
    Date::new(year, birth.month(), birth.day()).unwrap_or_else(|_| {
        // only 29 February can be missing in a year that the calendar has
        let last = Date::new(year, 2, 28).unwrap_or(Date::MAX);
        match feb29 {
            Feb29::MonthEnd => last,
            Feb29::NextDay => last.tomorrow().unwrap_or(last),
        }
    })
}

/// The day from which an age counts as reached.
pub fn attained(birth: Date, years: u8, attain: Attain, feb29: Feb29) -> Date {
    let day = birthday(birth, years, feb29);
    match attain {
        Attain::Birthday => day,
        Attain::NextDay => day.tomorrow().unwrap_or(day),
        Attain::MonthStart => day.first_of_month(),
        Attain::MonthEnd => day.last_of_month(),
        Attain::YearEnd => Date::new(day.year(), 12, 31).unwrap_or(day),
    }
}

/// Full years on a day; below nought before birth.
pub fn age_on(birth: Date, day: Date, feb29: Feb29) -> i16 {
    let years = day.year() - birth.year();
    let had = u8::try_from(years).is_ok_and(|years| birthday(birth, years, feb29) <= day);
    if had { years } else { years - 1 }
}

/// So many days before.
pub fn before(day: Date, days: u16) -> Date {
    day.checked_sub(i32::from(days).days()).unwrap_or(Date::MIN)
}

/// So many days after.
pub fn after(day: Date, days: u16) -> Date {
    day.checked_add(i32::from(days).days()).unwrap_or(Date::MAX)
}

/// The first day of the month that is so many months later.
pub fn month_later(day: Date, months: i8) -> Date {
    day.first_of_month().checked_add(i32::from(months).months()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_age_is_reached_when_the_rule_says() {
        let birth = date(1966, 5, 17);
        for (attain, day) in [
            (Attain::Birthday, date(2026, 5, 17)),
            (Attain::NextDay, date(2026, 5, 18)),
            (Attain::MonthStart, date(2026, 5, 1)),
            (Attain::MonthEnd, date(2026, 5, 31)),
            (Attain::YearEnd, date(2026, 12, 31)),
        ] {
            assert_eq!(attained(birth, 60, attain, Feb29::MonthEnd), day, "{attain:?}");
        }
    }

    #[test]
    fn who_was_born_on_29_february_has_birthdays_every_year() {
        let birth = date(1944, 2, 29);
        // years that are leap years too
        for years in [16, 60, 80, 100] {
            assert_eq!(birthday(birth, years, Feb29::NextDay).day(), 29, "{years}");
        }
        for years in [14, 18, 55, 65, 70, 90] {
            let year = 1944 + i16::from(years);
            assert_eq!(birthday(birth, years, Feb29::MonthEnd), date(year, 2, 28));
            assert_eq!(birthday(birth, years, Feb29::NextDay), date(year, 3, 1));
        }
        // 2100 is divided by 4 and no leap year
        assert_eq!(birthday(date(2040, 2, 29), 60, Feb29::NextDay), date(2100, 3, 1));
        assert_eq!(attained(birth, 65, Attain::NextDay, Feb29::MonthEnd), date(2009, 3, 1));
        assert_eq!(attained(birth, 65, Attain::MonthStart, Feb29::NextDay), date(2009, 3, 1));
    }

    #[test]
    fn ages_count_full_years() {
        let birth = date(1966, 5, 17);
        assert_eq!(age_on(birth, date(2026, 5, 16), Feb29::MonthEnd), 59);
        assert_eq!(age_on(birth, date(2026, 5, 17), Feb29::MonthEnd), 60);
        assert_eq!(age_on(birth, date(1966, 5, 16), Feb29::MonthEnd), -1);
        assert_eq!(age_on(date(1944, 2, 29), date(2009, 2, 28), Feb29::NextDay), 64);
    }

    proptest! {
        #[test]
        fn age_and_birthday_agree(days in 0..90_000_i32, years in 0..=120_u8, next in any::<bool>()) {
            let birth = date(1880, 1, 1) + days.days();
            let feb29 = if next { Feb29::NextDay } else { Feb29::MonthEnd };
            let day = birthday(birth, years, feb29);
            prop_assert_eq!(age_on(birth, day, feb29), i16::from(years));
            prop_assert_eq!(age_on(birth, day.yesterday().unwrap(), feb29), i16::from(years) - 1);
        }
    }
}
