//! Whom a rule may want at all: ranges of birthdays and of other days, by which a store finds a few thousand people among
//! millions. Whoever is not found is not wanted; whoever is found may still not be.

use jiff::civil::Date;

use crate::age::{Attain, after, before};
use crate::person::{Birth, Person, Sex};
use crate::rule::{Ages, Backfill, RETIREMENT, Rule, When};
use crate::schedule::{HOLIDAYS, Scan};

/// Days of a year at most.
const YEAR: u16 = 366;
/// Ages at which people are asked when they retire, where nobody knows: the earliest by law, and where that moves to until 2040
/// (《国务院关于渐进式延迟法定退休年龄的办法》: women from 50 or 55 to 55 or 58, men from 60 to 63).
const ASKED: [(Sex, u8); 5] =
    [(Sex::Female, 50), (Sex::Female, 55), (Sex::Female, 58), (Sex::Male, 60), (Sex::Male, 63)];

/// A range of days, both included, and what happened then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// What.
    pub what: What,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Only of this sex.
    pub sex: Option<Sex>,
}

/// A day in somebody's life.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The birthday.
    Born,
    /// One of two birthdays that papers disagree on: whoever is found so is asked first.
    Disputed,
    /// A day that is known by this name: `retirement`, or one of [`Person::days`].
    Day(String),
    /// The day of issue of this certificate.
    Certificate(String),
    /// The birthday of a child.
    Child,
}

/// Where to look for those whom a scan may want.
pub fn ranges(rule: &Rule, scan: Scan) -> Vec<Range> {
    let (from, until) = due_days(rule, scan);
    if until < from {
        return Vec::new();
    }
    let range = |what| Range { what, from, until, sex: None };
    match &rule.when {
        When::Age(Ages { female, male }) => {
            let mut ages = vec![*female, *male];
            ages.dedup();
            birthdays(rule, &ages, (from, until))
        }
        When::Tiers(tiers) => {
            let mut ages: Vec<u8> = tiers.iter().map(|tier| tier.age).collect();
            ages.sort_unstable();
            ages.dedup();
            birthdays(rule, &ages, (from, until))
        }
        When::Event(name) if name == RETIREMENT => {
            // whoever has no day is found by age, so that somebody asks
            let asked = |(sex, age)| Range { sex: Some(sex), ..born(rule, age, What::Born, (from, until)) };
            let known = range(What::Day(name.clone()));
            ASKED.into_iter().map(asked).chain([known]).collect()
        }
        When::Event(name) => vec![range(What::Day(name.clone()))],
        When::Span { certificate, until_child_age } => vec![
            range(What::Certificate(certificate.clone())),
            born(rule, *until_child_age, What::Child, (from, until)),
        ],
    }
}

/// Birthdays of those who reach one of these ages between two days, agreed on or not.
fn birthdays(rule: &Rule, ages: &[u8], days: (Date, Date)) -> Vec<Range> {
    let both = |age: &u8| [What::Born, What::Disputed].map(|what| born(rule, *age, what, days));
    ages.iter().flat_map(both).collect()
}

/// The days on which something may be due that a scan wants: see [`crate::schedule::is_wanted`].
fn due_days(rule: &Rule, scan: Scan) -> (Date, Date) {
    let lead = rule.lead_days.iter().copied().max().unwrap_or(0);
    let apply_until = after(scan.today, lead.saturating_add(HOLIDAYS));
    let open = before(scan.today, rule.expire_days);
    let apply_from = match rule.backfill {
        Backfill::All => Date::MIN,
        Backfill::None => scan.began.max(open),
        // what ran out before the rule began is filled in all the same
        Backfill::Days(days) if days > rule.expire_days => before(scan.began, days),
        Backfill::Days(days) => before(scan.began, days).max(open),
    };
    // applications may be taken up to a year after the day
    let wait = if rule.window.is_some() { YEAR } else { 0 };
    let from = before(apply_from, wait).max(rule.from.unwrap_or(Date::MIN));
    (from, apply_until.min(rule.until.unwrap_or(Date::MAX)))
}

/// Birthdays of those who reach an age between two days.
fn born(rule: &Rule, age: u8, what: What, (from, until): (Date, Date)) -> Range {
    // how far the day on which an age counts may lie before and behind the birthday
    let (early, late) = match rule.attain {
        Attain::Birthday => (0, 0),
        Attain::NextDay => (0, 1),
        Attain::MonthStart => (30, 0),
        Attain::MonthEnd => (0, 30),
        Attain::YearEnd => (0, YEAR),
    };
    let back = |day: Date| {
        let year = day.year() - i16::from(age);
        // 29 February may be missing there
        let same = Date::new(year, day.month(), day.day());
        same.or_else(|_| Date::new(year, day.month(), 28)).unwrap_or(Date::MIN)
    };
    // and a day each way for those who were born on 29 February
    let from = back(before(from, late + 1).max(Date::constant(1, 1, 1)));
    Range { what, from: before(from, 1), until: after(back(after(until, early + 1)), 1), sex: None }
}

impl Range {
    /// Whether it finds somebody.
    pub fn finds(&self, person: &Person) -> bool {
        let holds = |day: Option<Date>| day.is_some_and(|day| self.from <= day && day <= self.until);
        if self.sex.is_some() && self.sex != person.sex {
            return false;
        }
        match &self.what {
            What::Born => holds(person.born()),
            What::Disputed => match person.birth {
                Some(Birth::Disputed { id, hukou }) => holds(Some(id)) || holds(Some(hukou)),
                _ => false,
            },
            What::Day(name) if name == RETIREMENT => holds(person.retirement),
            What::Day(name) => holds(person.days.get(name).copied()),
            What::Certificate(name) => {
                holds(person.certificates.get(name).and_then(Option::as_ref).and_then(|one| one.issued))
            }
            What::Child => person.children.iter().flatten().any(|child| holds(child.birth)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::judge::{Judgement, judge};
    use crate::person::{Certificate, Child};
    use crate::rule::read::read;
    use crate::schedule::{is_wanted, plan};

    fn rule(more: &str, when: &str) -> Rule {
        let text = format!(
            "[[rule]]\nid = \"r\"\ntitle = \"r\"\nbasis = \"b\"\nregions = [\"42\"]\n{more}\n[rule.when]\n{when}\n"
        );
        let (mut rules, problems) = read("r.toml", &text);
        assert!(problems.is_empty(), "{}", problems.english());
        rules.remove(0)
    }

    #[test]
    fn few_are_looked_at() {
        let card = rule("lead_days = [30, 0]\nexpire_days = 365", "age = 60");
        let scan = Scan { began: date(2026, 1, 1), today: date(2026, 11, 27) };
        let [range, other] = &ranges(&card, scan)[..] else { panic!("two ranges") };
        assert_eq!((&range.what, &other.what), (&What::Born, &What::Disputed));
        assert_eq!((range.from, range.until), (other.from, other.until));
        // those who have turned 60 within a year, and who will within a month and a half
        assert_eq!((range.from, range.until), (date(1965, 11, 25), date(1967, 1, 13)));
    }

    fn whens() -> impl Strategy<Value = &'static str> {
        prop_oneof![
            Just("age = 60"),
            Just("age_female = 55\nage_male = 60"),
            Just("[[rule.when.tier]]\ncode = \"80\"\nage = 80\n[[rule.when.tier]]\ncode = \"90\"\nage = 90"),
            Just("event = \"retirement\""),
            Just("event = \"applied\""),
            Just("certificate = \"C\"\nuntil_child_age = 18"),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        /// Nobody whom a scan wants is missed.
        #[test]
        fn whoever_is_wanted_is_found(
            when in whens(),
            attain in prop_oneof![Just("birthday"), Just("next_day"), Just("month_start"), Just("month_end"), Just("year_end")],
            feb29 in prop_oneof![Just("month_end"), Just("next_day")],
            backfill in prop_oneof![Just("\"none\""), Just("\"all\""), Just("\"window\"\nbackfill_days = 40"), Just("\"window\"\nbackfill_days = 700")],
            window in any::<bool>(),
            (lead, expire) in (0..200_u16, 1..500_u16),
            (began, later) in (0..800_i32, 0..900_i32),
            // close to what may be wanted
            (years, offset) in (prop_oneof![Just(60_i16), Just(55), Just(80), Just(90), Just(0), Just(18)], -1200..1200_i32),
        ) {
            let mut more = format!("attain = \"{attain}\"\nfeb29 = \"{feb29}\"\nbackfill = {backfill}\nlead_days = [{lead}, 0]\nexpire_days = {expire}");
            if window {
                more.push_str("\nwindow = [\"11-01\", \"02-29\"]");
            }
            let rule = rule(&more, when);
            let began = date(2024, 1, 1) + began.days();
            let scan = Scan { began, today: began + later.days() };
            let day = scan.today + offset.days();
            let born = Date::new(day.year() - years, day.month(), day.day()).unwrap_or(date(day.year() - years, 2, 28));
            let person = Person {
                birth: Some(Birth::Known(born)),
                hukou: Some("420502".into()),
                retirement: Some(day),
                days: BTreeMap::from([("applied".to_owned(), day)]),
                children: Some(vec![Child { birth: Some(born), ..Child::default() }]),
                certificates: BTreeMap::from([("C".to_owned(), Some(Certificate { issued: Some(day), revoked: None }))]),
                sex: Some(crate::person::Sex::Female),
                ..Person::default()
            };
            let works = |day: Date| !matches!(day.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday);
            let Judgement::Matched { dues, .. } = judge(&rule, &person) else { return Err(TestCaseError::fail("not matched")) };
            let wanted = dues.into_iter().any(|due| is_wanted(&rule, &plan(&rule, due, works), scan));
            let found = ranges(&rule, scan).iter().any(|range| range.finds(&person));
            prop_assert!(found || !wanted, "{:?}", ranges(&rule, scan));
        }
    }
}
