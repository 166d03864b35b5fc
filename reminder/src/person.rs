//! What is known of a resident, as far as rules may ask. Everything may be unknown: a gap is never a yes or a no.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sex as papers have it (GB/T 2261.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

impl Sex {
    /// As rules write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// Marital status (GB/T 2261.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Marital {
    /// 10 未婚.
    Single,
    /// 20 已婚.
    Married,
    /// 30 丧偶.
    Widowed,
    /// 40 离婚.
    Divorced,
}

impl Marital {
    /// As rules write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Married => "married",
            Self::Widowed => "widowed",
            Self::Divorced => "divorced",
        }
    }
}

/// A day of birth, and whether the papers agree on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Birth {
    /// All papers that were seen say the same.
    Known(Date),
    /// 身份证 and 户口簿 differ: people have to settle that, nobody is judged by one of them.
    Disputed {
        /// In the identity number.
        id: Date,
        /// In the household book.
        hukou: Date,
    },
}

/// A certificate, such as 独生子女父母光荣证.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Certificate {
    /// Day of issue; none where nobody has entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued: Option<Date>,
    /// Taken back since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Date>,
}

/// A child, as far as rules for its parents ask.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Child {
    /// Day of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth: Option<Date>,
    /// Sex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Day of death.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub died: Option<Date>,
    /// Whether it is severely disabled (三级以上); unknown where nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Born together with another one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub twin: bool,
    /// Adopted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
}

/// A resident.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Day of birth.
    pub birth: Option<Birth>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Marital status.
    pub marital: Option<Marital>,
    /// Day of death.
    pub died: Option<Date>,
    /// Day on which the person left for good.
    pub moved_out: Option<Date>,
    /// Region code of the registered home (户籍地).
    pub hukou: Option<String>,
    /// Whether that is a rural one (农业户口).
    pub hukou_rural: Option<bool>,
    /// Region code of where the person lives (现住地): the grid.
    pub residence: Option<String>,
    /// Since when.
    pub residence_since: Option<Date>,
    /// 低保, 特困, 低保边缘 …; none where nobody has looked.
    pub identity: Option<BTreeSet<String>>,
    /// Whether an organisation employs or employed the person.
    pub employed: Option<bool>,
    /// The day of retirement, as the person or the employer says.
    pub retirement: Option<Date>,
    /// Children, living and dead; none where nobody has asked.
    pub children: Option<Vec<Child>>,
    /// Certificates by name. A name that is missing was not asked for; none under it: asked for, and there is none.
    pub certificates: BTreeMap<String, Option<Certificate>>,
    /// Other facts by name, such as `applied`.
    pub days: BTreeMap<String, Date>,
}

impl Person {
    /// The day of birth, if it can be relied on.
    pub fn born(&self) -> Option<Date> {
        match self.birth {
            Some(Birth::Known(day)) => Some(day),
            _ => None,
        }
    }

    /// The children that live on a day; none where nobody has asked.
    pub fn living_children(&self, day: Date) -> Option<impl Iterator<Item = &Child>> {
        let lives = move |child: &&Child| child.died.is_none_or(|died| died > day);
        self.children.as_ref().map(|children| children.iter().filter(lives))
    }
}
