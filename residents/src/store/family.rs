//! Families: what a household knows together of its children, and which two of it are a couple. Rules judge one person; a child
//! that has died stands in one parent's row, or in its own.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use serde::Deserialize;
use xunge_database::{Sql, Tx, parts};
use xunge_reminder::person::{Child, Marital, Person};

use super::person::facts_of;
use super::task::{HAND_OVER, New, without_effect};
use super::{StoreError, day};
use crate::code::Relation;
use crate::resident::Gone;

#[derive(Deserialize)]
struct Row {
    person: i64,
    dwelling: i64,
    born_day: Option<i64>,
    facts: String,
}

/// Dwelling and household: who shares both lives together.
type Home = (i64, String);

/// Somebody of a household.
struct Member {
    person: i64,
    relation: Option<Relation>,
    married: bool,
    born: Option<Date>,
    died: Option<Date>,
    /// Has died or left, or is said to have.
    gone: bool,
    /// Is somebody else of ours, too: see [`crate::resident::Facts::same_as`].
    twice: bool,
    children: Vec<Child>,
}

impl Row {
    fn member(self) -> Result<Option<(Home, Member)>, StoreError> {
        let facts = facts_of(self.person, &self.facts)?;
        let gone = facts.died.is_some() || facts.left().is_some() || facts.heard.is_some();
        let Some(household) = facts.household else { return Ok(None) };
        let heard = facts.heard.filter(|heard| heard.gone == Gone::Died).map(|heard| heard.day);
        let member = Member {
            person: self.person,
            relation: facts.relation,
            married: facts.marital == Some(Marital::Married),
            born: self.born_day.map(day).transpose()?,
            died: facts.died.or(heard),
            gone,
            twice: facts.same_as.is_some(),
            children: facts.children.unwrap_or_default(),
        };
        Ok(Some(((self.dwelling, household), member)))
    }
}

impl Member {
    /// Head of the household and the head's spouse.
    fn is_parent_with(&self, other: &Self) -> bool {
        matches!(
            (self.relation, other.relation),
            (Some(Relation::Head), Some(Relation::Spouse)) | (Some(Relation::Spouse), Some(Relation::Head))
        )
    }

    fn is_married_to(&self, other: &Self) -> bool {
        self.is_parent_with(other) && self.married && other.married && !other.gone
    }
}

/// Households of some people, with everybody in them.
#[derive(Default)]
pub(super) struct Families {
    homes: HashMap<Home, Vec<Member>>,
    /// Who of those that were asked for lives where.
    of: HashMap<i64, Home>,
}

impl Families {
    /// The households of these people. Of whom no address is known nobody knows who lives together.
    pub(super) async fn of(tx: &mut Tx, people: &[i64]) -> Result<Self, StoreError> {
        let doing = "look for families";
        let mut dwellings: BTreeSet<i64> = BTreeSet::new();
        for part in parts(people, 1) {
            let mut sql = Sql::packed("p.dwelling");
            sql.push(" FROM person p JOIN dwelling d ON d.dwelling = p.dwelling WHERE d.address <> '' AND p.person IN ");
            sql.list(part.iter().copied());
            let rows: Vec<(i64,)> = sql.unpack(tx, doing).await?;
            dwellings.extend(rows.into_iter().map(|(dwelling,)| dwelling));
        }
        // all of a dwelling are read once: people of a dormitory share one
        let dwellings: Vec<i64> = dwellings.into_iter().collect();
        let asked: HashSet<i64> = people.iter().copied().collect();
        let mut families = Self::default();
        for part in parts(&dwellings, 1) {
            let mut sql = Sql::packed("o.person, o.dwelling, o.born_day, o.facts");
            sql.push(" FROM person o WHERE o.dwelling IN ").list(part.iter().copied());
            for row in sql.unpack::<Row>(tx, doing).await? {
                let Some((home, member)) = row.member()? else { continue };
                if asked.contains(&member.person) {
                    families.of.insert(member.person, home.clone());
                }
                families.homes.entry(home).or_default().push(member);
            }
        }
        Ok(families)
    }

    fn with(&self, person: i64) -> Option<(&Member, impl Iterator<Item = &Member>)> {
        let home = self.homes.get(self.of.get(&person)?)?;
        let one = home.iter().find(|one| one.person == person)?;
        Some((one, home.iter().filter(move |other| other.person != person)))
    }

    /// Tells a person's children as the household knows them: one that has died or is severely disabled by another row is so here.
    pub(super) fn tell(&self, number: i64, person: &mut Person) {
        let (Some((one, others)), Some(children)) = (self.with(number), &mut person.children) else { return };
        let mut dead: Vec<Child> = Vec::new();
        for other in others.filter(|other| !other.twice) {
            dead.extend(other.born.zip(other.died).map(|(birth, died)| Child {
                birth: Some(birth),
                died: Some(died),
                ..Child::default()
            }));
            if one.is_parent_with(other) {
                agree(children, &other.children, true);
            }
        }
        // whoever has died here is a child only by the birthday
        agree(children, &dead, false);
    }

    /// The husband or wife of somebody who was asked for: married, of one household, its head and the head's spouse.
    fn spouse(&self, person: i64) -> Option<i64> {
        let (one, mut others) = self.with(person).filter(|(one, _)| !one.gone)?;
        others.find(|other| one.is_married_to(other)).map(|other| other.person)
    }

    /// The other head of a household: whoever is handed to a person is so with that one.
    fn partner(&self, person: i64) -> Option<i64> {
        let (one, mut others) = self.with(person)?;
        others.find(|other| one.is_parent_with(other) && !other.gone).map(|other| other.person)
    }

    /// With whom somebody is told as one.
    fn together(&self, one: &New) -> Option<i64> {
        if one.is_handed() { self.partner(one.person()) } else { self.spouse(one.person()) }
    }

    /// Leaves out whose husband or wife is told of the same, or was: of all rules where a family is handed to a person, else where
    /// the rule is for couples.
    pub(super) async fn once(
        &self,
        tx: &mut Tx,
        (rule, couples): (&str, bool),
        mut wanted: Vec<New>,
        known: &mut Told,
    ) -> Result<Vec<New>, StoreError> {
        let (mut others, mut handed) = (Vec::new(), Vec::new());
        for one in &wanted {
            if let Some(other) = self.together(one) {
                if one.is_handed() { &mut handed } else { &mut others }.push(other);
            }
        }
        known.extend(told(tx, HAND_OVER, &handed).await?);
        if couples {
            known.extend(told(tx, rule, &others).await?);
        }
        // of two who are told tonight, whoever was filed first
        wanted.sort_by_key(New::person);
        wanted.retain(|one| {
            if !couples && !one.is_handed() {
                return true;
            }
            let occasion = one.occasion().to_owned();
            if self.together(one).is_some_and(|other| known.contains(&(other, occasion.clone()))) {
                return false;
            }
            known.insert((one.person(), occasion));
            true
        });
        Ok(wanted)
    }
}

/// Lets what another row says of children count here: of as many that were born on one day as it says, for twins are two. Of
/// `parents` who name one child each it is the same, also where nobody has entered its birthday.
fn agree(children: &mut [Child], said: &[Child], parents: bool) {
    let one_each = parents && children.len() == 1 && said.len() == 1;
    let births: BTreeSet<Option<Date>> = children.iter().map(|child| child.birth).collect();
    for birth in births {
        let meant = |child: &&Child| match (birth, child.birth) {
            (Some(birth), Some(said)) => birth == said,
            _ => one_each,
        };
        let of_day = || said.iter().filter(meant);
        let deaths: Vec<Date> = of_day().filter_map(|child| child.died).collect();
        let disabled = of_day().filter(|child| child.died.is_none() && child.disabled == Some(true)).count();
        let mut here: Vec<&mut Child> = children.iter_mut().filter(|child| child.birth == birth).collect();
        let known = here.iter().filter(|child| child.died.is_some()).count();
        let living = here.iter_mut().filter(|child| child.died.is_none());
        for (child, died) in living.zip(deaths.into_iter().skip(known)) {
            child.died = Some(died);
        }
        let known = here.iter().filter(|child| child.died.is_none() && child.disabled == Some(true)).count();
        let others = here.iter_mut().filter(|child| child.died.is_none() && child.disabled != Some(true));
        for child in others.take(disabled.saturating_sub(known)) {
            child.disabled = Some(true);
        }
    }
}

/// Who is told of which occasion. Occasions of what is handed over have names of their own.
pub(super) type Told = HashSet<(i64, String)>;

#[derive(Deserialize)]
struct ToldRow {
    person: i64,
    occasion: String,
    outcome: Option<String>,
}

/// Occasions of a rule of which these people were told, and which came to something or may yet.
async fn told(tx: &mut Tx, rule: &str, people: &[i64]) -> Result<Told, StoreError> {
    let mut found = HashSet::new();
    for part in parts(people, 1) {
        let mut sql = Sql::packed("person, occasion, outcome");
        sql.push(" FROM task WHERE rule = ").bind(rule).push(" AND person IN ").list(part.iter().copied());
        let rows = sql.unpack::<ToldRow>(tx, "look who was told").await?;
        let counts = rows.into_iter().filter(|row| !without_effect(row.outcome.as_deref()));
        found.extend(counts.map(|row| (row.person, row.occasion)));
    }
    Ok(found)
}

/// Occasions of a rule of which somebody's husband or wife was told.
pub(super) async fn told_to_the_other(
    tx: &mut Tx,
    families: &Families,
    (rule, person): (&str, i64),
) -> Result<HashSet<String>, StoreError> {
    let other: Vec<i64> = families.spouse(person).into_iter().collect();
    Ok(told(tx, rule, &other).await?.into_iter().map(|(_, occasion)| occasion).collect())
}

/// Everybody who lives where one of these people does, and those themselves.
pub(super) async fn housemates(tx: &mut Tx, people: &[i64]) -> Result<BTreeSet<i64>, StoreError> {
    let mut all: BTreeSet<i64> = people.iter().copied().collect();
    for part in parts(people, 1) {
        let mut sql = Sql::packed("o.person");
        sql.push(" FROM person o JOIN person p ON o.dwelling = p.dwelling JOIN dwelling d ON d.dwelling = p.dwelling");
        sql.push(" WHERE d.address <> '' AND p.person IN ").list(part.iter().copied());
        let rows: Vec<(i64,)> = sql.unpack(tx, "look who lives together").await?;
        all.extend(rows.into_iter().map(|(person,)| person));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const DAY: Date = date(2020, 5, 1);

    fn child(birth: Option<Date>, died: bool, disabled: bool) -> Child {
        let died = died.then_some(date(2026, 1, 1));
        Child { birth, died, disabled: Some(disabled), ..Child::default() }
    }

    fn after(mut mine: Vec<Child>, said: &[Child]) -> (usize, usize) {
        agree(&mut mine, said, true);
        let dead = mine.iter().filter(|child| child.died.is_some()).count();
        (dead, mine.iter().filter(|child| child.died.is_none() && child.disabled == Some(true)).count())
    }

    #[test]
    fn of_twins_one_dies_once() {
        let (lives, dead) = (child(Some(DAY), false, false), child(Some(DAY), true, false));
        let twins = vec![lives.clone(), lives.clone()];
        assert_eq!(after(twins.clone(), &[lives.clone(), dead.clone()]), (1, 0));
        // the same again is the same child
        assert_eq!(after(vec![lives.clone(), dead.clone()], &[dead.clone(), lives.clone()]), (1, 0));
        assert_eq!(after(twins.clone(), &[dead.clone(), dead]), (2, 0));
        let disabled = child(Some(DAY), false, true);
        assert_eq!(after(twins, &[disabled.clone(), lives.clone()]), (0, 1));
        assert_eq!(after(vec![lives, disabled.clone()], &[disabled]), (0, 1));
    }

    #[test]
    fn an_only_child_is_the_same_without_its_birthday() {
        let (lives, dead) = (child(Some(DAY), false, false), child(None, true, false));
        assert_eq!(after(vec![lives.clone()], std::slice::from_ref(&dead)), (1, 0));
        // of two children nobody can say which
        assert_eq!(after(vec![lives.clone(), lives.clone()], std::slice::from_ref(&dead)), (0, 0));
        // a grandmother is no child
        let mut mine = vec![child(None, false, false)];
        agree(&mut mine, &[child(Some(date(1940, 1, 1)), true, false)], false);
        assert_eq!(mine[0].died, None);
        // another child
        let other = child(Some(date(2011, 1, 1)), true, false);
        assert_eq!(after(vec![lives], &[other]), (0, 0));
    }
}
