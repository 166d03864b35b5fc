//! Writes people with where they live, keeps what was known of them before, and ends what reminders are over by that.

use std::collections::{BTreeMap, HashMap};

use xunge_database::Tx;
use xunge_reminder::person::Child;

use super::ending::{self, Ending};
use super::person::{self, Filed, Written};
use super::{StoreError, dwelling};
use crate::key::Keys;
use crate::resident::Facts;

/// Writes people and where they live, and ends what is over; gives the dwellings by their keys.
pub(super) async fn write<'w>(
    tx: &mut Tx,
    keys: &Keys,
    (new, changed): (&'w [Filed], &'w [Filed]),
    ending: Ending<'_>,
) -> Result<HashMap<dwelling::Key, i64>, StoreError> {
    let before: Vec<i64> = changed.iter().map(|one| one.number).collect();
    person::remember(tx, &before, ending.now).await?;
    let mut homes = BTreeMap::new();
    for home in new.iter().chain(changed).filter_map(|one| one.resident.dwelling.as_ref()) {
        homes.insert(dwelling::key(home), home.grid.clone());
    }
    let homes = dwelling::of(tx, &homes).await?;
    let rows = |people: &'w [Filed]| -> Vec<Written<'w>> {
        let row = |one: &'w Filed| Written {
            filed: one,
            dwelling: one
                .resident
                .dwelling
                .as_ref()
                .and_then(|home| homes.get(&dwelling::key(home)).copied()),
        };
        people.iter().map(row).collect()
    };
    person::write(tx, keys, (&rows(new), &rows(changed)), ending.now).await?;
    let grieving: Vec<i64> = new
        .iter()
        .chain(changed)
        .filter(|one| tells_of_loss(&one.resident.facts))
        .map(|one| one.number)
        .collect();
    ending::of_people(tx, (&before, &grieving), ending).await?;
    Ok(homes)
}

/// Whether others of the household may have to be left alone by it.
fn tells_of_loss(facts: &Facts) -> bool {
    let lost = |child: &Child| child.died.is_some() || child.disabled == Some(true);
    facts.died.is_some() || facts.heard.is_some() || facts.children.iter().flatten().any(lost)
}
