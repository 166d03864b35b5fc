//! What conditions may ask of a person.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;

use super::About;
use crate::age::age_on;
use crate::person::{Child, Sex};

/// What kind of thing a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    YesNo,
    /// A number of things.
    Count,
    /// One of some words.
    Text,
    /// Some words at once.
    Names,
    /// A region code.
    Region,
    /// A day.
    Day,
}

impl Kind {
    /// For people, in English.
    pub fn en(self) -> &'static str {
        match self {
            Self::YesNo => "true or false",
            Self::Count => "a number",
            Self::Text | Self::Names => "a text in single quotes",
            Self::Region => "a region code in single quotes",
            Self::Day => "a day such as 2026-01-31",
        }
    }

    /// In Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::YesNo => "true 或 false",
            Self::Count => "数字",
            Self::Text | Self::Names => "单引号内的文字",
            Self::Region => "单引号内的区划代码",
            Self::Day => "日期，如 2026-01-31",
        }
    }
}

/// Something that can be known of a person.
pub struct Fact {
    /// As conditions call it.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// For people, in English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    pub(super) of: fn(About<'_>) -> Option<Value>,
}

impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What a fact is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    YesNo(bool),
    Count(i64),
    Text(String),
    Names(BTreeSet<String>),
    Day(Date),
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Count(one), Self::Count(two)) => Some(one.cmp(two)),
            (Self::Day(one), Self::Day(two)) => Some(one.cmp(two)),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::YesNo(yes) => write!(f, "{yes}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Text(text) => f.write_str(text),
            Self::Names(names) => {
                f.write_str(&names.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
            }
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

const fn fact(
    name: &'static str,
    kind: Kind,
    (en, zh): (&'static str, &'static str),
    of: fn(About<'_>) -> Option<Value>,
) -> Fact {
    Fact { name, kind, en, zh, of }
}

fn of_children(about: About<'_>, which: fn(&Child) -> Option<bool>) -> Option<i64> {
    let mut count = 0;
    for child in about.person.living_children(about.day)? {
        // one child of whom it is not known makes the number unknown
        count += i64::from(which(child)?);
    }
    Some(count)
}

/// How often children were born: those that were born together came at once.
pub(crate) fn births<'c>(children: impl Iterator<Item = &'c Child>) -> i64 {
    let mut together: BTreeSet<Option<Date>> = BTreeSet::new();
    let count = children.filter(|child| !child.twin || together.insert(child.birth)).count();
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn any_child(about: About<'_>, which: fn(&Child) -> Option<bool>) -> Option<Value> {
    let known: Vec<Option<bool>> = about.person.living_children(about.day)?.map(which).collect();
    if known.contains(&Some(true)) {
        return Some(Value::YesNo(true));
    }
    (!known.contains(&None)).then_some(Value::YesNo(false))
}

fn months_between(from: Date, to: Date) -> i64 {
    let months = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month())
        - i64::from(from.month());
    if to.day() < from.day() { months - 1 } else { months }
}

/// All facts.
pub static FACTS: &[Fact] = &[
    fact("age", Kind::Count, ("full years on that day", "当日周岁"), |about| {
        about.person.born().map(|born| Value::Count(age_on(born, about.day, about.feb29).into()))
    }),
    fact("born", Kind::Day, ("day of birth", "出生日期"), |about| about.person.born().map(Value::Day)),
    fact("sex", Kind::Text, ("male or female", "性别（male 男、female 女）"), |about| {
        about.person.sex.map(|sex| Value::Text(sex.as_str().to_owned()))
    }),
    fact(
        "marital",
        Kind::Text,
        (
            "single, married, widowed or divorced",
            "婚姻状况（single 未婚、married 已婚、widowed 丧偶、divorced 离婚）",
        ),
        |about| about.person.marital.map(|marital| Value::Text(marital.as_str().to_owned())),
    ),
    fact("hukou", Kind::Region, ("registered home", "户籍地"), |about| {
        about.person.hukou.clone().map(Value::Text)
    }),
    fact("hukou_rural", Kind::YesNo, ("a rural registered home", "农业户口"), |about| {
        about.person.hukou_rural.map(Value::YesNo)
    }),
    fact("residence", Kind::Region, ("where the person lives", "现住地"), |about| {
        about.person.residence.clone().map(Value::Text)
    }),
    fact(
        "residence_months",
        Kind::Count,
        ("full months of living there", "在现住地居住的整月数"),
        |about| about.person.residence_since.map(|since| Value::Count(months_between(since, about.day))),
    ),
    fact(
        "employed",
        Kind::YesNo,
        ("of an organisation's staff, also retired", "单位职工（含退休）"),
        |about| about.person.employed.map(Value::YesNo),
    ),
    fact("identity", Kind::Names, ("such as 低保", "身份类别，如 低保"), |about| {
        about.person.identity.clone().map(Value::Names)
    }),
    fact("retirement", Kind::Day, ("day of retirement", "退休日期"), |about| {
        about.person.retirement.map(Value::Day)
    }),
    fact("living_children", Kind::Count, ("children that live", "现存子女数"), |about| {
        of_children(about, |_| Some(true)).map(Value::Count)
    }),
    fact("sons", Kind::Count, ("sons that live", "现存儿子数"), |about| {
        of_children(about, |child| child.sex.map(|sex| sex == Sex::Male)).map(Value::Count)
    }),
    fact("daughters", Kind::Count, ("daughters that live", "现存女儿数"), |about| {
        of_children(about, |child| child.sex.map(|sex| sex == Sex::Female)).map(Value::Count)
    }),
    fact(
        "children_ever",
        Kind::Count,
        ("children, also those who have died", "曾有子女数（含已故）"),
        |about| {
            let children = about.person.children.as_ref()?;
            Some(Value::Count(i64::try_from(children.len()).unwrap_or(i64::MAX)))
        },
    ),
    fact(
        "living_births",
        Kind::Count,
        ("births of children that live; twins are one", "现存子女的生育次数（双胞胎计一次）"),
        |about| about.person.living_children(about.day).map(|children| Value::Count(births(children))),
    ),
    fact(
        "twins",
        Kind::YesNo,
        ("children that were born together", "有双胞胎或多胞胎子女"),
        |about| any_child(about, |child| Some(child.twin)),
    ),
    fact(
        "disabled_child",
        Kind::YesNo,
        ("a severely disabled child", "有三级以上残疾子女"),
        |about| any_child(about, |child| child.disabled),
    ),
    fact("adopted_child", Kind::YesNo, ("an adopted child", "有收养子女"), |about| {
        any_child(about, |child| Some(child.adopted))
    }),
];
