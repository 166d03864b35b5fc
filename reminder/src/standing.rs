//! Whether somebody who receives what a rule is about still may: entitled, over as planned, to be stopped, or for a person.

use jiff::civil::Date;

use crate::age::attained;
use crate::condition::About;
use crate::judge::{Due, HandOver, Judgement, always, bereaved, judge};
use crate::person::Person;
use crate::rule::{Rule, Tier, When};
use crate::truth::{Reason, Truth};

/// How it stands with what somebody receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It goes on, as far as is known.
    Entitled,
    /// It has ended as it was to: a higher tier came, the child is of age, the rule has run out.
    Over,
    /// It has to stop, for these reasons: the office asks for what was paid since.
    Stop(Vec<Reason>),
    /// A person looks at it.
    HandOver(HandOver),
}

/// The name of the reminder that an occasion is a later look at: `80@2027-01` is one at `80`.
pub fn first_occasion(occasion: &str) -> &str {
    occasion.split_once('@').map_or(occasion, |(first, _)| first)
}

/// The occasion of a later look, in a month.
pub fn later_look(occasion: &str, month: Date) -> String {
    format!("{occasion}@{}", month.strftime("%Y-%m"))
}

/// How it stands today with what somebody receives since an occasion. What is not known stops nothing.
pub fn standing(rule: &Rule, person: &Person, occasion: &str, today: Date) -> Standing {
    let here = always(rule, person);
    if rule.only_child
        && let Some(why) = bereaved(person)
        && !matches!(here, Truth::No(_))
    {
        return Standing::HandOver(why);
    }
    if rule.until.is_some_and(|until| until < today) || is_over(rule, person, occasion, today) {
        return Standing::Over;
    }
    let about = About { person, day: today, feb29: rule.feb29 };
    let tier = tier(rule, occasion).and_then(|tier| tier.who.as_ref());
    let wanted = [rule.who.as_ref(), tier].into_iter().flatten();
    match wanted.map(|who| who.judge(about)).fold(here, Truth::and) {
        Truth::No(reasons) => Standing::Stop(reasons),
        Truth::Yes | Truth::Unknown(_) => Standing::Entitled,
    }
}

/// Another tier of the same age that fits by now: whoever receives one changes to it.
pub fn other_tier(rule: &Rule, person: &Person, occasion: &str) -> Option<Due> {
    let (When::Tiers(tiers), Some(now)) = (&rule.when, tier(rule, occasion)) else { return None };
    let Judgement::Matched { dues, .. } = judge(rule, person) else { return None };
    let of_age = |due: &Due| tiers.iter().any(|tier| tier.code == due.occasion && tier.age == now.age);
    dues.into_iter().find(|due| due.occasion != occasion && of_age(due))
}

fn tier<'r>(rule: &'r Rule, occasion: &str) -> Option<&'r Tier> {
    match &rule.when {
        When::Tiers(tiers) => tiers.iter().find(|tier| tier.code == occasion),
        _ => None,
    }
}

fn is_over(rule: &Rule, person: &Person, occasion: &str, today: Date) -> bool {
    match &rule.when {
        When::Age(_) | When::Event(_) => false,
        When::Tiers(tiers) => {
            let (Some(tier), Some(born)) = (tier(rule, occasion), person.born()) else { return false };
            let about = About { person, day: today, feb29: rule.feb29 };
            tiers.iter().any(|other| {
                other.age > tier.age
                    && attained(born, other.age, rule.attain, rule.feb29) <= today
                    && other.who.as_ref().is_none_or(|who| who.judge(about).is_yes())
            })
        }
        When::Span { until_child_age, .. } => {
            let living = person.children.iter().flatten().filter(|child| child.died.is_none());
            let births = living.filter_map(|child| child.birth);
            occasion == "end"
                || births
                    .max()
                    .is_some_and(|born| attained(born, *until_child_age, rule.attain, rule.feb29) <= today)
        }
    }
}
