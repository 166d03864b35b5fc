//! A rule: who is due what, when, and what is to be done then.

pub mod read;

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::age::{Attain, Feb29};
use crate::condition::Condition;
use crate::person::Sex;

/// An age, or one for each sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Of women.
    pub female: u8,
    /// Of men.
    pub male: u8,
}

impl Ages {
    /// The age for somebody; none where it differs and the sex is not known.
    pub fn of(self, sex: Option<Sex>) -> Option<u8> {
        match sex {
            Some(Sex::Female) => Some(self.female),
            Some(Sex::Male) => Some(self.male),
            None => (self.female == self.male).then_some(self.female),
        }
    }
}

/// A step of an allowance that grows with age (分档).
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// Names it among the others; part of what makes a reminder one.
    pub code: String,
    /// From this age on.
    pub age: u8,
    /// Only for these; of several tiers of one age the first that fits counts.
    pub who: Option<Condition>,
    /// How much, as the rule's basis has it: shown, never counted with.
    pub amount: String,
}

/// The event that everybody has who works, on a day that only they know.
pub const RETIREMENT: &str = "retirement";

/// On what day somebody is due.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// At an age.
    Age(Ages),
    /// At several ages, each a reminder of its own.
    Tiers(Vec<Tier>),
    /// On a day that is known of the person: `retirement`, or a name of [`crate::person::Person::days`].
    Event(String),
    /// While a certificate holds: a reminder to begin, and one before the end, when the youngest child is so old.
    Span {
        /// Name of the certificate.
        certificate: String,
        /// Age of the youngest child at the end.
        until_child_age: u8,
    },
}

/// Which of a person's places has to lie in the rule's regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// 户籍地.
    Hukou,
    /// 现住地.
    Residence,
    /// One of them.
    Either,
}

/// For whom a reminder is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each person.
    Person,
    /// A married couple that lives together: one of the two is reminded.
    Couple,
}

/// What happens with days that had passed when the rule came into use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// Nothing before the first scan.
    None,
    /// So many days before it.
    Days(u16),
    /// Everybody, however long ago; a second person agrees to that.
    All,
}

/// Applications are taken only in this part of a year, both days included; month and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First day.
    pub from: (i8, i8),
    /// Last day; before the first one it is of the next year.
    pub until: (i8, i8),
}

/// What somebody does about a reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Working days for it.
    pub working_days: u16,
    /// What to do, in order.
    pub steps: Vec<String>,
}

/// A version of a rule. Reminders keep to the one that made them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Identity of all its versions.
    pub id: String,
    /// From 1.
    pub version: u32,
    /// What people read.
    pub title: String,
    /// Who decides on it.
    pub department: String,
    /// Law or notice that it rests on.
    pub basis: String,
    /// Region codes, of any length; somebody in one of them.
    pub regions: Vec<String>,
    /// Which place counts.
    pub place: Place,
    /// Only days from here on.
    pub from: Option<Date>,
    /// Only days up to here.
    pub until: Option<Date>,
    /// Who else.
    pub who: Option<Condition>,
    /// For parents of an only child: who has lost it, or whose child is severely disabled, is handed to a person and never
    /// reminded.
    pub only_child: bool,
    /// For whom a reminder is one.
    pub per: Per,
    /// When.
    pub when: When,
    /// On which day an age counts as reached.
    pub attain: Attain,
    /// Birthdays of 29 February.
    pub feb29: Feb29,
    /// Days before, on which it is told; the largest first.
    pub lead_days: Vec<u16>,
    /// Told again after so many days without an outcome.
    pub repeat_days: Option<u16>,
    /// Told so many times at most.
    pub max_times: u16,
    /// Given up so many days after the day.
    pub expire_days: u16,
    /// For what is paid over time: whoever receives it is visited again after so many months, and whoever is not entitled any more
    /// is told to the office.
    pub recheck_months: Option<u16>,
    /// Applications are taken only then.
    pub window: Option<Window>,
    /// Days that had passed when it came into use.
    pub backfill: Backfill,
    /// What is to be done.
    pub work: Work,
}

impl Rule {
    /// Names of its occasions.
    fn occasions(&self) -> Vec<&str> {
        match &self.when {
            When::Age(_) | When::Event(_) => vec![""],
            When::Tiers(tiers) => tiers.iter().map(|tier| tier.code.as_str()).collect(),
            When::Span { .. } => vec!["begin", "end"],
        }
    }

    /// Whether it has several tiers of one age, between which people may change.
    pub fn has_alternatives(&self) -> bool {
        let When::Tiers(tiers) = &self.when else { return false };
        tiers.iter().enumerate().any(|(at, tier)| tiers[..at].iter().any(|other| other.age == tier.age))
    }

    /// Why it cannot follow its earlier versions, in Chinese and English: people who were reminded once would be
    /// reminded again under another name. Occasions may go, and others may come; none may be called otherwise.
    pub fn breaks(&self, earlier: &[Self]) -> Option<(String, String)> {
        let now = self.occasions();
        let then: BTreeSet<&str> = earlier.iter().flat_map(Self::occasions).collect();
        let gone: Vec<&str> = then.iter().copied().filter(|code| !now.contains(code)).collect();
        let came = now.iter().any(|code| !then.contains(code));
        if gone.is_empty() || !came || then.is_empty() {
            return None;
        }
        let (id, gone) = (&self.id, gone.join(", "));
        Some((
            format!(
                "规则 {id} 的新版本改掉了档次代码（{gone}），已提醒过的人会被再次提醒；请保留原代码，或另立新规则"
            ),
            format!(
                "the new version of {id} names its occasions otherwise ({gone}): people would be reminded twice. Keep the codes, or \
                 make another rule"
            ),
        ))
    }
}

/// The rules that come along, as files: name and text.
pub fn shipped() -> [(&'static str, &'static str); 2] {
    [
        ("elderly.toml", include_str!("../rules/elderly.toml")),
        ("only_child.toml", include_str!("../rules/only_child.toml")),
    ]
}

#[cfg(test)]
mod tests;
