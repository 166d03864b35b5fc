//! Writes people with where they live, and keeps what was known of them before.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use xunge_database::Tx;

use super::person::{self, Filed, Written};
use super::{StoreError, dwelling};
use crate::key::Keys;

/// Writes people and where they live; gives the dwellings by their keys.
pub(super) async fn write<'w>(
    tx: &mut Tx,
    keys: &Keys,
    (new, changed): (&'w [Filed], &'w [Filed]),
    now: Timestamp,
) -> Result<HashMap<dwelling::Key, i64>, StoreError> {
    let before: Vec<i64> = changed.iter().map(|one| one.number).collect();
    person::remember(tx, &before, now).await?;
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
    person::write(tx, keys, (&rows(new), &rows(changed)), now).await?;
    Ok(homes)
}
