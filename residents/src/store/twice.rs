//! One person under two numbers: whoever comes with a name, day of birth and dwelling that somebody has already.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use xunge_database::{Sql, Tx, parts};
use xunge_reminder::person::Birth;

use super::conflict::Found;
use super::dwelling::{self, Key};
use super::person::Filed;
use super::{StoreError, day_number};
use crate::resident::Conflict;

#[derive(Deserialize)]
struct Row {
    person: i64,
    dwelling: i64,
    name: String,
    born_day: i64,
}

/// What makes two people one: dwelling, name, day of birth.
type Same = (i64, String, i64);

fn same(one: &Filed, homes: &HashMap<Key, i64>) -> Option<Same> {
    let home = one.resident.dwelling.as_ref().and_then(|home| homes.get(&dwelling::key(home)))?;
    let Birth::Known(born) = one.resident.birth() else { return None };
    Some((*home, one.resident.name.clone(), day_number(born)))
}

/// Looks for those who are there already, among people who were just written and in dwellings up to `known`, which were there
/// before: an import of a whole city asks of few.
pub(super) async fn look(
    tx: &mut Tx,
    new: &[Filed],
    homes: &HashMap<Key, i64>,
    known: i64,
) -> Result<Vec<Found>, StoreError> {
    let mut there: HashMap<Same, i64> = HashMap::with_capacity(new.len());
    let asked: BTreeSet<i64> = new
        .iter()
        .filter_map(|one| same(one, homes))
        .map(|(home, ..)| home)
        .filter(|home| *home <= known)
        .collect();
    let asked: Vec<i64> = asked.into_iter().collect();
    let first = new.first().map_or(i64::MAX, |one| one.number);
    for part in parts(&asked, 1) {
        let mut sql = Sql::packed("p.person, p.dwelling, p.name, p.born_day");
        sql.push(
            " FROM person p WHERE p.born_day IS NOT NULL AND p.died_day IS NULL AND p.moved_out_day IS NULL",
        );
        sql.push(" AND p.person < ").bind(first).push(" AND p.dwelling IN ").list(part.iter().copied());
        let rows: Vec<Row> = sql.unpack(tx, "look who is there already").await?;
        for row in rows {
            // of several, whoever was there first
            let first = there.entry((row.dwelling, row.name, row.born_day)).or_insert(row.person);
            *first = row.person.min(*first);
        }
    }
    let mut found = Vec::new();
    for one in new {
        let gone = one.resident.facts.died.is_some() || one.resident.facts.left().is_some();
        let Some(same) = same(one, homes).filter(|_| !gone) else { continue };
        match there.get(&same) {
            Some(other) => found.push(Found::new(one.number, Conflict::Twice, format!("#{other}"))),
            None => drop(there.insert(same, one.number)),
        }
    }
    Ok(found)
}
