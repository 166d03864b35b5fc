//! Conditions as rules write them: `hukou_rural && (living_children == 1 || daughters == 2 && sons == 0)`.
//!
//! ```text
//! any    = all { "||" all }            all  = one { "&&" one }
//! one    = "!" one | "(" any ")" | call | fact [ compare value ]
//! call   = "in" "(" fact "," "[" value { "," value } "]" ")"     one of these
//!        | "under" "(" fact "," text ")"                         a region of that region
//!        | "has" "(" text ")"                                    a certificate that holds
//! value  = number | 'text' | 2026-01-31 | true | false
//! ```
//!
//! What a fact is compared with must be of its kind; that is found when the rule is read, with the place in the text.

mod fact;
mod parse;
mod word;

use jiff::civil::Date;
use thiserror::Error;

pub use fact::{FACTS, Fact, Kind};

use crate::age::Feb29;
use crate::person::Person;
use crate::truth::Truth;
use fact::Value;
pub(crate) use fact::births;

/// A condition that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    root: Node,
}

/// What does not read, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("character {place}: {en}")]
pub struct BadCondition {
    /// Character, from 1.
    pub place: usize,
    /// What is wrong and what to do.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Not {
        inner: Box<Node>,
        text: String,
    },
    /// `text` is how the rule has it.
    Test {
        fact: &'static Fact,
        compare: Compare,
        text: String,
    },
    Has {
        certificate: String,
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
enum Compare {
    Is(Value),
    IsNot(Value),
    Below(Value),
    AtMost(Value),
    Above(Value),
    AtLeast(Value),
    OneOf(Vec<Value>),
    Under(String),
}

/// Whom and when.
#[derive(Debug, Clone, Copy)]
pub struct About<'p> {
    /// Who.
    pub person: &'p Person,
    /// The day on which it has to hold.
    pub day: Date,
    /// How birthdays of 29 February are counted.
    pub feb29: Feb29,
}

impl Condition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Self, BadCondition> {
        let root = parse::condition(text)?;
        Ok(Self { text: text.trim().to_owned(), root })
    }

    /// As the rule has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it comes to for somebody.
    pub fn judge(&self, about: About<'_>) -> Truth {
        judge(&self.root, about)
    }
}

fn judge(node: &Node, about: About<'_>) -> Truth {
    match node {
        Node::Any(nodes) => {
            nodes.iter().map(|node| judge(node, about)).reduce(Truth::or).unwrap_or(Truth::Yes)
        }
        Node::All(nodes) => {
            nodes.iter().map(|node| judge(node, about)).reduce(Truth::and).unwrap_or(Truth::Yes)
        }
        Node::Not { inner, text } => judge(inner, about).not(text),
        Node::Test { fact, compare, text } => match (fact.of)(about) {
            None => Truth::unknown(fact.name),
            Some(found) => Truth::of(holds(&found, compare), text.clone(), found.to_string()),
        },
        Node::Has { certificate, text } => match about.person.certificates.get(certificate) {
            None => Truth::unknown("certificates"),
            Some(None) => Truth::of(false, text.clone(), "none"),
            Some(Some(one)) => {
                // taken back since: nothing can be applied for with it, whatever was due before
                Truth::of(one.revoked.is_none(), text.clone(), "revoked")
            }
        },
    }
}

/// Names are compared one by one: `identity == '低保'` asks whether it is among them.
fn holds(found: &Value, compare: &Compare) -> bool {
    let is = |wanted: &Value| match (found, wanted) {
        (Value::Names(names), Value::Text(name)) => names.contains(name),
        (found, wanted) => found == wanted,
    };
    let order = |wanted: &Value| found.partial_cmp(wanted);
    match compare {
        Compare::Is(wanted) => is(wanted),
        Compare::IsNot(wanted) => !is(wanted),
        Compare::Below(wanted) => order(wanted).is_some_and(|order| order.is_lt()),
        Compare::AtMost(wanted) => order(wanted).is_some_and(|order| order.is_le()),
        Compare::Above(wanted) => order(wanted).is_some_and(|order| order.is_gt()),
        Compare::AtLeast(wanted) => order(wanted).is_some_and(|order| order.is_ge()),
        Compare::OneOf(all) => all.iter().any(is),
        Compare::Under(region) => matches!(found, Value::Text(code) if code.starts_with(region.as_str())),
    }
}

#[cfg(test)]
mod tests;
