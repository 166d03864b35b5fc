//! Whether a rule is for somebody: due on these days, not for these reasons, or not known for want of these facts.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::age::attained;
use crate::condition::{About, births};
use crate::person::{Certificate, Child, Person};
use crate::rule::{Ages, Place, RETIREMENT, Rule, Tier, When};
use crate::truth::{Reason, Truth};

/// Age at which people retire, for whom nobody knows when.
const USUAL: u8 = 60;

/// What a rule says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Due on some days. Possibly: the authority decides (可能符合，以主管部门审核为准).
    Matched {
        /// The days, the earliest first; never none.
        dues: Vec<Due>,
        /// Other occasions, of which nothing can be said yet.
        undecided: Vec<Undecided>,
    },
    /// Of all occasions that are left nothing can be said yet; never none.
    Pending(Vec<Undecided>),
    /// Not for this person.
    Unmatched(Vec<Reason>),
    /// Nobody is to be reminded by a machine: a person looks at it.
    HandOver(HandOver),
}

/// Why a person has to look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOver {
    /// The only child has died.
    ChildLost,
    /// The only child is severely disabled.
    ChildDisabled,
}

/// A day on which somebody is due something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The day.
    pub day: Date,
    /// Which of the rule's occasions: a tier's code, `begin`, `end`, or empty where there is only one. Person, rule and
    /// occasion make a reminder one, for ever.
    pub occasion: String,
    /// How much, as the rule has it.
    pub amount: String,
}

/// Occasions that depend on facts that are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The day, if that is known.
    pub day: Option<Date>,
    /// Which of the rule's occasions it may be: one of these.
    pub occasions: Vec<String>,
    /// Names of the facts.
    pub missing: BTreeSet<&'static str>,
}

impl Judgement {
    /// Whether an occasion is due, or may be for all that is known.
    pub fn may_be(&self, occasion: &str) -> bool {
        let open = |undecided: &[Undecided]| {
            undecided.iter().any(|one| one.occasions.iter().any(|other| other == occasion))
        };
        match self {
            Self::Matched { dues, undecided } => {
                dues.iter().any(|due| due.occasion == occasion) || open(undecided)
            }
            Self::Pending(undecided) => open(undecided),
            Self::Unmatched(_) | Self::HandOver(_) => false,
        }
    }
}

/// Names of all facts that these occasions depend on.
pub fn missing<'u>(undecided: impl IntoIterator<Item = &'u Undecided>) -> BTreeSet<&'static str> {
    undecided.into_iter().flat_map(|one| one.missing.iter().copied()).collect()
}

/// Judges somebody by a rule. It depends on nothing but the two: not on the day on which it is asked.
pub fn judge(rule: &Rule, person: &Person) -> Judgement {
    if rule.only_child
        && let Some(reason) = bereaved(person)
        && !matches!(always(rule, person), Truth::No(_))
    {
        return Judgement::HandOver(reason);
    }
    let mut found = Found::default();
    match &rule.when {
        When::Age(ages) => found.at_age(rule, person, *ages),
        When::Tiers(tiers) => found.at_tiers(rule, person, tiers),
        When::Event(name) => found.at_event(rule, person, name),
        When::Span { certificate, until_child_age } => {
            found.over_span(rule, person, certificate, *until_child_age)
        }
    }
    found.judgement()
}

/// Whether somebody has lost the only child, or it is severely disabled.
pub fn bereaved(person: &Person) -> Option<HandOver> {
    let children = person.children.as_ref().filter(|children| !children.is_empty())?;
    let living: Vec<&Child> = children.iter().filter(|child| child.died.is_none()).collect();
    if living.is_empty() {
        return Some(HandOver::ChildLost);
    }
    // twins are one
    let only = births(living.iter().copied()) == 1;
    (only && living.iter().all(|child| child.disabled == Some(true))).then_some(HandOver::ChildDisabled)
}

/// What was found of all occasions of a rule.
#[derive(Default)]
struct Found {
    dues: Vec<Due>,
    undecided: Vec<Undecided>,
    reasons: Vec<Reason>,
}

impl Found {
    /// One occasion, on a day that is known: whether it is for this person then.
    fn take(&mut self, rule: &Rule, person: &Person, due: Due) {
        match on_day(rule, person, due.day) {
            Truth::Yes => self.dues.push(due),
            Truth::Unknown(missing) => {
                self.undecided.push(Undecided { day: Some(due.day), occasions: vec![due.occasion], missing });
            }
            Truth::No(reasons) => self.refuse(reasons),
        }
    }

    fn refuse(&mut self, reasons: Vec<Reason>) {
        for reason in reasons {
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
    }

    /// Occasions of which too little is known. What would refuse them on any day still does.
    fn lacks(
        &mut self,
        rule: &Rule,
        person: &Person,
        facts: impl IntoIterator<Item = &'static str>,
        (day, occasions): (Option<Date>, &[&str]),
    ) {
        let mut missing = match always(rule, person) {
            Truth::No(reasons) => return self.refuse(reasons),
            Truth::Unknown(missing) => missing,
            Truth::Yes => BTreeSet::new(),
        };
        missing.extend(facts);
        let occasions = occasions.iter().map(|&occasion| occasion.to_owned()).collect();
        self.undecided.push(Undecided { day, occasions, missing });
    }

    fn at_age(&mut self, rule: &Rule, person: &Person, ages: Ages) {
        let Some(born) = person.born() else { return self.lacks(rule, person, ["born"], (None, &[""])) };
        let Some(age) = ages.of(person.sex) else { return self.lacks(rule, person, ["sex"], (None, &[""])) };
        let day = attained(born, age, rule.attain, rule.feb29);
        self.take(rule, person, Due { day, occasion: String::new(), amount: String::new() });
    }

    fn at_tiers(&mut self, rule: &Rule, person: &Person, tiers: &[Tier]) {
        let codes = |age: Option<u8>| -> Vec<&str> {
            let fits = |tier: &&Tier| age.is_none_or(|age| tier.age == age);
            tiers.iter().filter(fits).map(|tier| tier.code.as_str()).collect()
        };
        let Some(born) = person.born() else {
            return self.lacks(rule, person, ["born"], (None, &codes(None)));
        };
        let mut done: BTreeSet<u8> = BTreeSet::new();
        for tier in tiers {
            if done.contains(&tier.age) {
                continue;
            }
            let day = attained(born, tier.age, rule.attain, rule.feb29);
            let about = About { person, day, feb29: rule.feb29 };
            match tier.who.as_ref().map_or(Truth::Yes, |who| who.judge(about)) {
                Truth::Yes => {
                    done.insert(tier.age);
                    let due = Due { day, occasion: tier.code.clone(), amount: tier.amount.clone() };
                    self.take(rule, person, due);
                }
                // which of the tiers of this age it is cannot be said
                Truth::Unknown(missing) => {
                    done.insert(tier.age);
                    self.lacks(rule, person, missing, (Some(day), &codes(Some(tier.age))));
                }
                Truth::No(reasons) => self.refuse(reasons),
            }
        }
    }

    fn at_event(&mut self, rule: &Rule, person: &Person, name: &str) {
        let day = if name == RETIREMENT { person.retirement } else { person.days.get(name).copied() };
        match day {
            Some(day) => self.take(rule, person, Due { day, occasion: String::new(), amount: String::new() }),
            None if name == RETIREMENT => {
                // nobody is asked who would not be meant at the usual age either
                let usual = person.born().map(|born| attained(born, USUAL, rule.attain, rule.feb29));
                let who = rule.who.as_ref().zip(usual);
                match who.map(|(who, day)| who.judge(About { person, day, feb29: rule.feb29 })) {
                    Some(Truth::No(reasons)) => self.refuse(reasons),
                    Some(Truth::Unknown(missing)) => {
                        self.lacks(rule, person, missing.into_iter().chain(["retirement"]), (None, &[""]));
                    }
                    Some(Truth::Yes) | None => self.lacks(rule, person, ["retirement"], (None, &[""])),
                }
            }
            None => self.lacks(rule, person, ["event"], (None, &[""])),
        }
    }

    fn over_span(&mut self, rule: &Rule, person: &Person, name: &str, child_age: u8) {
        let refused = |found: &str| vec![Reason { wanted: name.to_owned(), found: found.to_owned() }];
        let issued = match person.certificates.get(name) {
            None => return self.lacks(rule, person, ["certificates"], (None, &["begin", "end"])),
            Some(None) => return self.refuse(refused("")),
            Some(Some(Certificate { revoked: Some(_), .. })) => return self.refuse(refused("revoked")),
            Some(Some(Certificate { issued, .. })) => *issued,
        };
        match issued {
            Some(day) => {
                self.take(rule, person, Due { day, occasion: "begin".into(), amount: String::new() });
            }
            None => self.lacks(rule, person, ["certificates"], (None, &["begin"])),
        }
        let Some(children) = &person.children else {
            return self.lacks(rule, person, ["living_children"], (None, &["end"]));
        };
        // what would have been a child's birthday ends nothing
        let living = children.iter().filter(|child| child.died.is_none());
        match living.map(|child| child.birth).collect::<Option<Vec<Date>>>() {
            None => self.lacks(rule, person, ["child_birth"], (None, &["end"])),
            Some(births) => match births.into_iter().max() {
                Some(youngest) => {
                    let day = attained(youngest, child_age, rule.attain, rule.feb29);
                    self.take(rule, person, Due { day, occasion: "end".into(), amount: String::new() });
                }
                None => {
                    self.refuse(vec![Reason { wanted: "living_children >= 1".into(), found: "0".into() }]);
                }
            },
        }
    }

    /// A day that is sure counts, whatever else is missing; what is missing counts before what is refused.
    fn judgement(mut self) -> Judgement {
        if !self.dues.is_empty() {
            self.dues.sort();
            return Judgement::Matched { dues: self.dues, undecided: self.undecided };
        }
        if !self.undecided.is_empty() {
            return Judgement::Pending(self.undecided);
        }
        Judgement::Unmatched(self.reasons)
    }
}

/// What does not depend on the day. Nobody is reminded of somebody who has died or left, whatever was due before.
pub(crate) fn always(rule: &Rule, person: &Person) -> Truth {
    let here = |name: &str, gone: Option<Date>| match gone {
        Some(day) => Truth::of(false, name, day.to_string()),
        None => Truth::Yes,
    };
    let under = |code: &String| rule.regions.iter().any(|region| code.starts_with(region.as_str()));
    let place = |name: &'static str, code: &Option<String>| match code {
        None => Truth::unknown(name),
        Some(code) => Truth::of(under(code), format!("{name}: {}", rule.regions.join(" ")), code.clone()),
    };
    let (hukou, residence) = (|| place("hukou", &person.hukou), || place("residence", &person.residence));
    let there = match rule.place {
        Place::Hukou => hukou(),
        Place::Residence => residence(),
        Place::Either => hukou().or(residence()),
    };
    here("alive", person.died).and(here("resident", person.moved_out)).and(there)
}

/// Whether somebody is meant on a day.
fn on_day(rule: &Rule, person: &Person, day: Date) -> Truth {
    let from =
        rule.from.map_or(Truth::Yes, |from| Truth::of(from <= day, format!("from {from}"), day.to_string()));
    let until = rule
        .until
        .map_or(Truth::Yes, |until| Truth::of(day <= until, format!("until {until}"), day.to_string()));
    let who = rule.who.as_ref().map_or(Truth::Yes, |who| who.judge(About { person, day, feb29: rule.feb29 }));
    always(rule, person).and(from).and(until).and(who)
}
