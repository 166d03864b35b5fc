//! A resident, as the database has it: no more than rules and whoever knocks at the door need.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_reminder::age::{Feb29, age_on};
use xunge_reminder::id_number::IdNumber;
use xunge_reminder::person::{Birth, Certificate, Child, Marital, Person, Sex};

use crate::code::Relation;

/// Nobody has become older: whoever seems to be has died without its having been entered, or was entered wrongly.
pub(crate) const OLDEST: i16 = 120;

/// What is known of somebody beside name, number and dwelling. Everything may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ResidentFacts)]
pub struct Facts {
    /// Sex in the household book, where that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Day of birth in the household book, where that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth: Option<Date>,
    /// Region code of the registered home (户籍地).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hukou: Option<String>,
    /// A rural one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hukou_rural: Option<bool>,
    /// Lives in the dwelling since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lives_since: Option<Date>,
    /// Number of the household (户号).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household: Option<String>,
    /// To the head of the household (GB/T 4761).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// GB/T 2261.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marital: Option<Marital>,
    /// 低保, 特困 …; empty where somebody has looked and there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<BTreeSet<String>>,
    /// Of an organisation's staff, also retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employed: Option<bool>,
    /// Day of retirement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retirement: Option<Date>,
    /// Day of death.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub died: Option<Date>,
    /// Left for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_out: Option<Date>,
    /// What a worker has heard at the door, and the register does not say yet: until somebody has looked, nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
    /// Somebody has decided that this is the same person as another one of ours: what is known here is out of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<SameAs>,
    /// The day of birth on which somebody has decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_birth: Option<SettledBirth>,
    /// The sex on which somebody has decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_sex: Option<Sex>,
    /// Children, living and dead; empty where somebody has asked and there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<Child>>,
    /// Certificates by name; none under a name where somebody has asked and there is none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub certificates: BTreeMap<String, Option<Certificate>>,
    /// Other days by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub days: BTreeMap<String, Date>,
}

/// One person, who stands here under another number, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SameAs {
    /// Our number of the one that counts.
    pub person: i64,
    /// The day on which that was decided.
    pub since: Date,
}

/// Somebody is no longer here, as a worker was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Heard {
    /// How.
    pub gone: Gone,
    /// The day on which the worker was told.
    pub day: Date,
}

/// How somebody is no longer here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// 已去世.
    Died,
    /// 已迁出.
    MovedOut,
}

/// A day of birth that somebody has decided on, against another one: it holds as long as the papers say these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettledBirth {
    /// The one that counts.
    pub day: Date,
    /// The other one.
    pub against: Date,
}

/// Where somebody lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dwelling {
    /// Code of the grid, or of the community where nobody knows the grid.
    pub grid: String,
    /// As people write it, without the region.
    pub address: String,
}

/// Somebody.
#[derive(Clone, PartialEq, Eq)]
pub struct Resident {
    /// Name.
    pub name: String,
    /// 公民身份号码.
    pub number: IdNumber,
    /// Telephone.
    pub phone: Option<String>,
    /// Where the person lives.
    pub dwelling: Option<Dwelling>,
    /// What else is known.
    pub facts: Facts,
}

/// What papers contradict each other in, or cannot be: people have to settle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaperConflict)]
pub enum Conflict {
    /// Day of birth: identity number against household book.
    Birth,
    /// Sex: identity number against household book.
    Sex,
    /// Older than anybody ever was, and not entered as dead.
    Age,
    /// Several rows that seem to be one person under two numbers.
    Twice,
    /// One number, and another name in a later file.
    Name,
    /// A worker was told that this person has died, and the register does not say so.
    Died,
    /// A worker was told that this person has left, and the register does not say so.
    MovedOut,
    /// Receives something that is not due any more.
    Stop,
}

/// What follows from what is known of one person alone: it is over when that no longer says so.
pub(crate) const OF_ONE: &[Conflict] =
    &[Conflict::Birth, Conflict::Sex, Conflict::Age, Conflict::Died, Conflict::MovedOut];

impl Conflict {
    /// As the database has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Age => "age",
            Self::Twice => "twice",
            Self::Name => "name",
            Self::Died => "died",
            Self::MovedOut => "moved_out",
            Self::Stop => "stop",
        }
    }
}

impl Resident {
    /// Day of birth, if the papers agree or somebody has decided between them.
    pub fn birth(&self) -> Birth {
        let id = self.number.birth();
        match (self.facts.birth, self.facts.settled_birth) {
            (Some(hukou), Some(SettledBirth { day, against }))
                if (day, against) == (id, hukou) || (day, against) == (hukou, id) =>
            {
                Birth::Known(day)
            }
            (Some(hukou), _) if hukou != id => Birth::Disputed { id, hukou },
            _ => Birth::Known(id),
        }
    }

    /// Sex, if the papers agree or somebody has decided between them.
    pub fn sex(&self) -> Option<Sex> {
        let id = self.number.sex();
        if self.facts.sex.is_none_or(|sex| sex == id) { Some(id) } else { self.facts.settled_sex }
    }

    /// What does not fit together.
    pub fn conflicts(&self, today: Date) -> BTreeSet<Conflict> {
        let mut found = BTreeSet::new();
        match self.birth() {
            Birth::Disputed { .. } => {
                found.insert(Conflict::Birth);
            }
            Birth::Known(born) => {
                let gone = self.facts.died.is_some() || self.facts.left().is_some();
                if !gone && age_on(born, today, Feb29::MonthEnd) > OLDEST {
                    found.insert(Conflict::Age);
                }
            }
        }
        if self.sex().is_none() {
            found.insert(Conflict::Sex);
        }
        match self.facts.heard {
            Some(Heard { gone: Gone::Died, .. }) if self.facts.died.is_none() => {
                found.insert(Conflict::Died);
            }
            Some(Heard { gone: Gone::MovedOut, .. }) if self.facts.moved_out.is_none() => {
                found.insert(Conflict::MovedOut);
            }
            _ => {}
        }
        found
    }
}

impl Facts {
    /// Since when nobody is to be found here under this number: left, or known under another one.
    pub fn left(&self) -> Option<Date> {
        self.moved_out.or(self.same_as.map(|other| other.since))
    }

    /// Whether somebody is gone so, as the register says or a worker has heard.
    pub fn is_gone(&self, gone: Gone) -> bool {
        let day = match gone {
            Gone::Died => self.died,
            Gone::MovedOut => self.left(),
        };
        day.is_some() || self.heard.is_some_and(|heard| heard.gone == gone)
    }

    /// The person that rules judge, with what stands elsewhere: birth, sex and the grid where the person lives. Whoever is said
    /// to be gone is so for rules, until somebody knows better.
    pub fn person(self, birth: Option<Birth>, sex: Option<Sex>, grid: Option<String>) -> Person {
        let heard = |wanted: Gone| self.heard.filter(|heard| heard.gone == wanted).map(|heard| heard.day);
        Person {
            birth,
            sex,
            marital: self.marital,
            died: self.died.or(heard(Gone::Died)),
            moved_out: self.left().or(heard(Gone::MovedOut)),
            hukou: self.hukou,
            hukou_rural: self.hukou_rural,
            residence: grid,
            residence_since: self.lives_since,
            identity: self.identity,
            employed: self.employed,
            retirement: self.retirement,
            children: self.children,
            certificates: self.certificates,
            days: self.days,
        }
    }
}

/// `138****1234`: as it is shown to whoever has given no reason.
pub fn masked_phone(phone: &str) -> String {
    let letters: Vec<char> = phone.chars().collect();
    let shown = match letters.len() {
        0..=4 => 0,
        5..=7 => 2,
        _ => 3,
    };
    let last = if letters.len() > 7 { 4 } else { shown };
    let hidden = letters.len() - shown - last;
    let part = |range: std::ops::Range<usize>| letters[range].iter().collect::<String>();
    format!("{}{}{}", part(0..shown), "*".repeat(hidden), part(letters.len() - last..letters.len()))
}

/// `王**`: as it is shown where a name is not needed in full.
pub(crate) fn masked_name(name: &str) -> String {
    let mut letters = name.chars();
    let first: String = letters.next().into_iter().collect();
    first + &"*".repeat(letters.count())
}

/// Nobody's number is in a log by accident.
impl std::fmt::Debug for Resident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resident")
            .field("name", &masked_name(&self.name))
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
