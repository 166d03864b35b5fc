//! When a reminder is told: days before, on working days, again and again until there is an outcome or it has expired.

use jiff::civil::Date;

use crate::age::{after, before};
use crate::judge::Due;
use crate::rule::{Backfill, Rule, Window};

/// No run of days on which nobody works is longer.
pub(crate) const HOLIDAYS: u16 = 15;

/// A reminder of somebody, as long as nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is due.
    pub due: Due,
    /// The day from which it can be applied for: the due day, or the next day on which applications are taken.
    pub apply: Date,
    /// Days on which it is told, the earliest first, none twice. The first is when it comes into being.
    pub tell: Vec<Date>,
    /// After this day it is given up.
    pub expires: Date,
}

impl Plan {
    /// Something that is for people to do now, and does not run out.
    pub fn at_once(today: Date) -> Self {
        let due = Due { day: today, occasion: String::new(), amount: String::new() };
        Self { due, apply: today, tell: vec![today], expires: Date::MAX }
    }

    /// As it is made today, by a scan that wants it: what is filled in from before the rule runs out so many days from now.
    pub fn filled_in(mut self, rule: &Rule, scan: Scan) -> Self {
        if self.expires < scan.began && self.expires < scan.today {
            self.expires = after(scan.today, rule.expire_days);
        }
        self
    }
}

/// Plans a reminder. `works` says whether a day is a working day.
pub fn plan(rule: &Rule, due: Due, works: impl Fn(Date) -> bool) -> Plan {
    let apply = rule.window.map_or(due.day, |window| window.next(due.day));
    let expires = after(apply, rule.expire_days);
    // nobody knocks on a holiday, and later would be too late
    let workday = |mut day: Date| {
        for _ in 0..HOLIDAYS {
            if works(day) {
                break;
            }
            day = before(day, 1);
        }
        day
    };
    let mut tell: Vec<Date> = rule.lead_days.iter().map(|lead| workday(before(apply, *lead))).collect();
    if tell.is_empty() {
        tell.push(workday(apply));
    }
    if let Some(repeat) = rule.repeat_days.filter(|days| *days > 0) {
        let mut day = before(apply, rule.lead_days.iter().copied().min().unwrap_or(0));
        while tell.len() < usize::from(rule.max_times) {
            day = after(day, repeat);
            if day > expires {
                break;
            }
            tell.push(workday(day));
        }
    }
    tell.sort_unstable();
    tell.dedup();
    tell.truncate(usize::from(rule.max_times.max(1)));
    Plan { due, apply, tell, expires }
}

impl Window {
    /// The first day from this one on that lies in it.
    pub(crate) fn next(self, day: Date) -> Date {
        let at = |year: i16, (month, of_month): (i8, i8)| {
            // 29 February is 28 in other years
            Date::new(year, month, of_month)
                .or_else(|_| Date::new(year, month, of_month.saturating_sub(1)))
                .unwrap_or(day)
        };
        let year = day.year();
        // one that began last year may go on
        for begins in [year - 1, year, year + 1] {
            let from = at(begins, self.from);
            let ends = if self.until < self.from { begins + 1 } else { begins };
            if at(ends, self.until) >= day {
                return from.max(day);
            }
        }
        day
    }
}

/// When a rule is looked at, and since when it is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    /// The day of the first scan with this rule.
    pub began: Date,
    /// Today. Days on which nothing was scanned make no difference.
    pub today: Date,
}

/// Whether a reminder ought to be there today: its first day has come, it has not expired, it is not of a time before the
/// rule. Whether it was there already is for the store to know.
pub fn is_wanted(rule: &Rule, plan: &Plan, scan: Scan) -> bool {
    let opens = plan.tell.first().is_some_and(|day| *day <= scan.today);
    let early = match rule.backfill {
        Backfill::All => false,
        Backfill::None => plan.apply < scan.began,
        Backfill::Days(days) => plan.apply < before(scan.began, days),
    };
    // what is filled in from before the rule cannot have expired before anybody was told
    let over = plan.expires < scan.today && plan.expires >= scan.began;
    opens && !early && !over
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::{Weekday, date};
    use proptest::prelude::*;

    use super::*;
    use crate::rule::read::read;

    fn rule(more: &str) -> Rule {
        let text = format!(
            "[[rule]]\nid = \"r\"\ntitle = \"r\"\nbasis = \"b\"\nregions = [\"42\"]\n{more}\n[rule.when]\nage = 60\n"
        );
        let (mut rules, problems) = read("r.toml", &text);
        assert!(problems.is_empty(), "{}", problems.english());
        rules.remove(0)
    }

    fn due(day: Date) -> Due {
        Due { day, occasion: String::new(), amount: String::new() }
    }

    /// Monday to Friday, and no holiday from 1 to 7 October.
    fn works(day: Date) -> bool {
        let holiday = day.month() == 10 && day.day() <= 7;
        !holiday && !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    #[test]
    fn nobody_is_told_on_a_holiday_but_before_it() {
        // 30 days before 4 November 2026 is a Monday in the holidays
        let planned = plan(&rule("lead_days = [30, 0]"), due(date(2026, 11, 4)), works);
        assert_eq!(planned.tell, [date(2026, 9, 30), date(2026, 11, 4)]);
        // a Sunday
        let planned = plan(&rule("lead_days = [0]"), due(date(2026, 11, 29)), works);
        assert_eq!(planned.tell, [date(2026, 11, 27)]);
    }

    #[test]
    fn it_is_told_again_until_it_is_enough_or_over() {
        let again = rule("lead_days = [30, 0]\nrepeat_days = 10\nmax_times = 4");
        let planned = plan(&again, due(date(2026, 6, 15)), |_| true);
        assert_eq!(planned.tell, [date(2026, 5, 16), date(2026, 6, 15), date(2026, 6, 25), date(2026, 7, 5)]);
        let short = rule("lead_days = [0]\nrepeat_days = 10\nmax_times = 50\nexpire_days = 25");
        let planned = plan(&short, due(date(2026, 6, 15)), |_| true);
        assert_eq!((planned.tell.len(), planned.expires), (3, date(2026, 7, 10)));
        let once = rule("lead_days = [60, 30, 0]\nmax_times = 1");
        assert_eq!(plan(&once, due(date(2026, 6, 15)), |_| true).tell, [date(2026, 4, 16)]);
    }

    #[test]
    fn what_was_before_the_rule_is_filled_in_as_it_says() {
        let began = date(2026, 6, 1);
        let scan = Scan { began, today: began };
        let wanted = |more: &str, day: Date| {
            let rule = rule(more);
            is_wanted(&rule, &plan(&rule, due(day), |_| true), scan)
        };
        assert!(!wanted("backfill = \"none\"", date(2026, 5, 31)));
        assert!(wanted("backfill = \"none\"", date(2026, 6, 1)));
        assert!(wanted("backfill = \"none\"", date(2026, 6, 30)), "a month before");
        assert!(!wanted("backfill = \"none\"", date(2026, 7, 2)), "not yet");
        assert!(wanted("backfill_days = 30", date(2026, 5, 2)));
        assert!(!wanted("backfill_days = 30", date(2026, 5, 1)));
        assert!(wanted("backfill = \"all\"", date(1999, 1, 1)));
        // one that ran out while nothing was scanned is over
        let rule = rule("expire_days = 10\nbackfill = \"all\"");
        let late = Scan { began, today: date(2026, 9, 1) };
        assert!(!is_wanted(&rule, &plan(&rule, due(date(2026, 7, 1)), |_| true), late));
    }

    proptest! {
        /// Scanning now and then finds what scanning every night finds, as long as it has not run out.
        #[test]
        fn missed_nights_lose_nothing(offset in 0..700_i32, gap in 1..40_i32, backfill in 0..120_u16) {
            let rule = rule(&format!("lead_days = [30, 0]\nexpire_days = 365\nbackfill_days = {}", backfill.max(1)));
            let began = date(2026, 1, 1);
            let planned = plan(&rule, due(date(2025, 6, 1) + offset.days()), works);
            let end = 400;
            let found = |step: i32| {
                (0..=end / step).any(|n| is_wanted(&rule, &planned, Scan { began, today: began + (n * step).days() }))
                    || is_wanted(&rule, &planned, Scan { began, today: began + end.days() })
            };
            prop_assert_eq!(found(1), found(gap));
        }

        #[test]
        fn days_of_telling_are_sound(offset in 0..2000_i32, lead in prop::collection::vec(0..400_u16, 0..5), repeat in 1..90_u16, most in 1..12_u16) {
            let text = format!("lead_days = {lead:?}\nrepeat_days = {repeat}\nmax_times = {most}");
            let planned = plan(&rule(&text), due(date(2026, 1, 1) + offset.days()), works);
            prop_assert!(!planned.tell.is_empty() && planned.tell.len() <= usize::from(most));
            prop_assert!(planned.tell.windows(2).all(|two| two[0] < two[1]));
            prop_assert!(planned.tell.iter().all(|day| works(*day) && *day <= planned.expires));
        }
    }
}
