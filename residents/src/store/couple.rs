//! A married couple that lives together is told once, where a rule says so: one of the two is.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use xunge_database::{Sql, Tx, parts};
use xunge_reminder::person::Marital;

use super::StoreError;
use super::task::{New, without_effect};
use crate::code::Relation;
use crate::resident::Facts;

#[derive(Deserialize)]
struct Pair {
    person: i64,
    facts: String,
    other: i64,
    others: String,
}

#[derive(Deserialize)]
struct Told {
    person: i64,
    occasion: String,
    outcome: Option<String>,
}

/// Husbands and wives of these people: married, of one household, and its head and the head's spouse.
async fn spouses(tx: &mut Tx, people: &[i64]) -> Result<HashMap<i64, i64>, StoreError> {
    let mut found = HashMap::new();
    for part in parts(people, 1) {
        let mut sql = Sql::packed("p.person, p.facts, o.person, o.facts");
        sql.push(" FROM person p JOIN person o ON o.dwelling = p.dwelling AND o.person <> p.person");
        sql.push(" WHERE o.died_day IS NULL AND o.moved_out_day IS NULL AND p.person IN ");
        sql.list(part.iter().copied());
        for pair in sql.unpack::<Pair>(tx, "look for husbands and wives").await? {
            let read = |person: i64, text: &str| -> Result<Facts, StoreError> {
                serde_json::from_str(text)
                    .map_err(|error| StoreError::Corrupt(format!("facts of person {person}: {error}")))
            };
            if are_a_couple(&read(pair.person, &pair.facts)?, &read(pair.other, &pair.others)?) {
                found.insert(pair.person, pair.other);
            }
        }
    }
    Ok(found)
}

fn are_a_couple(one: &Facts, other: &Facts) -> bool {
    let married = |facts: &Facts| facts.marital == Some(Marital::Married) && facts.heard.is_none();
    let together = one.household.is_some() && one.household == other.household;
    let relations = matches!(
        (one.relation, other.relation),
        (Some(Relation::Head), Some(Relation::Spouse)) | (Some(Relation::Spouse), Some(Relation::Head))
    );
    married(one) && married(other) && together && relations
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
