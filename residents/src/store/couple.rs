//! A married couple that lives together is told once, where a rule says so: one of the two is.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;
use xunge_database::{Sql, Tx, parts};
use xunge_reminder::person::Marital;

use super::StoreError;
use super::task::{New, without_effect};
use crate::code::Relation;
use crate::resident::Facts;

#[derive(Deserialize)]
struct Row {
    person: i64,
    dwelling: i64,
    facts: String,
}

/// Somebody who may be one of a couple: head of a household, or the head's spouse.
struct Half {
    person: i64,
    /// Dwelling and household: who shares both lives together.
    home: (i64, String),
    relation: Relation,
}

impl Row {
    fn half(self) -> Result<Option<Half>, StoreError> {
        let facts: Facts = serde_json::from_str(&self.facts)
            .map_err(|error| StoreError::Corrupt(format!("facts of person {}: {error}", self.person)))?;
        let married = facts.marital == Some(Marital::Married) && facts.heard.is_none();
        let relation = facts.relation.filter(|one| matches!(one, Relation::Head | Relation::Spouse));
        Ok(facts.household.zip(relation).filter(|_| married).map(|(household, relation)| Half {
            person: self.person,
            home: (self.dwelling, household),
            relation,
        }))
    }
}

#[derive(Deserialize)]
struct Told {
    person: i64,
    occasion: String,
    outcome: Option<String>,
}

/// Husbands and wives of these people: married, of one household, and its head and the head's spouse. Of whom no address is known
/// nobody knows who lives together.
async fn spouses(tx: &mut Tx, people: &[i64]) -> Result<HashMap<i64, i64>, StoreError> {
    let doing = "look for husbands and wives";
    let mut asked: Vec<Half> = Vec::new();
    for part in parts(people, 1) {
        let mut sql = Sql::packed("p.person, p.dwelling, p.facts");
        sql.push(" FROM person p JOIN dwelling d ON d.dwelling = p.dwelling WHERE d.address <> '' AND p.person IN ");
        sql.list(part.iter().copied());
        for row in sql.unpack::<Row>(tx, doing).await? {
            asked.extend(row.half()?);
        }
    }
    // all of a home are read once: people of a dormitory share one
    let homes: BTreeSet<i64> = asked.iter().map(|one| one.home.0).collect();
    let homes: Vec<i64> = homes.into_iter().collect();
    let mut there: HashMap<(i64, String), Vec<Half>> = HashMap::new();
    for part in parts(&homes, 1) {
        let mut sql = Sql::packed("o.person, o.dwelling, o.facts");
        sql.push(" FROM person o WHERE o.died_day IS NULL AND o.moved_out_day IS NULL AND o.dwelling IN ");
        sql.list(part.iter().copied());
        for row in sql.unpack::<Row>(tx, doing).await? {
            if let Some(half) = row.half()? {
                there.entry(half.home.clone()).or_default().push(half);
            }
        }
    }
    let other = |one: Half| {
        let others = there.get(&one.home)?;
        let other =
            others.iter().find(|other| other.person != one.person && other.relation != one.relation)?;
        Some((one.person, other.person))
    };
    Ok(asked.into_iter().filter_map(other).collect())
}

/// Occasions of a rule of which these people were told, and which came to something or may yet.
async fn told(tx: &mut Tx, rule: &str, people: &[i64]) -> Result<HashSet<(i64, String)>, StoreError> {
    let mut found = HashSet::new();
    for part in parts(people, 1) {
        let mut sql = Sql::packed("person, occasion, outcome");
        sql.push(" FROM task WHERE rule = ").bind(rule).push(" AND person IN ").list(part.iter().copied());
        let rows = sql.unpack::<Told>(tx, "look who was told").await?;
        let counts = rows.into_iter().filter(|row| !without_effect(row.outcome.as_deref()));
        found.extend(counts.map(|row| (row.person, row.occasion)));
    }
    Ok(found)
}

/// Leaves out whose husband or wife is told of the same, or was.
pub(super) async fn once(tx: &mut Tx, rule: &str, mut wanted: Vec<New>) -> Result<Vec<New>, StoreError> {
    let people: Vec<i64> = wanted.iter().map(New::person).collect();
    let spouses = spouses(tx, &people).await?;
    let others: Vec<i64> = spouses.values().copied().collect();
    let mut told = told(tx, rule, &others).await?;
    // of two who are told tonight, whoever was filed first
    wanted.sort_by_key(New::person);
    wanted.retain(|one| {
        if one.is_handed() {
            return true;
        }
        let occasion = one.occasion().to_owned();
        if spouses.get(&one.person()).is_some_and(|other| told.contains(&(*other, occasion.clone()))) {
            return false;
        }
        told.insert((one.person(), occasion));
        true
    });
    Ok(wanted)
}

/// Occasions of a rule of which somebody's husband or wife was told.
pub(super) async fn told_to_the_other(
    tx: &mut Tx,
    rule: &str,
    person: i64,
) -> Result<HashSet<String>, StoreError> {
    let others: Vec<i64> = spouses(tx, &[person]).await?.into_values().collect();
    Ok(told(tx, rule, &others).await?.into_iter().map(|(_, occasion)| occasion).collect())
}
