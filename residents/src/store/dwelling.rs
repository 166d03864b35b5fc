//! Dwellings: an address is one place within its community; its grid may be drawn anew. People of whom only the grid is known are
//! filed with that grid.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use xunge_database::{Sql, Tx, insert};

use super::StoreError;
use super::task::{OPEN, WAITING};
use crate::resident::Dwelling;

/// Digits of a community's code.
const COMMUNITY: usize = 12;

/// By what a dwelling is one: community and address; the grid alone where there is no address, so that nobody moves when somebody
/// else without one is filed in the next grid.
pub(super) type Key = (String, String);

/// The key of a dwelling.
pub(super) fn key(home: &Dwelling) -> Key {
    let digits = if home.address.is_empty() { usize::MAX } else { COMMUNITY };
    (home.grid.chars().take(digits).collect(), home.address.clone())
}

#[derive(Deserialize)]
struct Row {
    dwelling: i64,
    community: String,
    address: String,
    grid: String,
}

/// The dwellings of these keys, made where there are none; in a grid that is named now, where it was another.
pub(super) async fn of(tx: &mut Tx, homes: &BTreeMap<Key, String>) -> Result<HashMap<Key, i64>, StoreError> {
    let mut known: HashMap<Key, i64> = HashMap::with_capacity(homes.len());
    let mut redrawn: Vec<(i64, &String)> = Vec::new();
    for row in rows(tx, homes.keys()).await? {
        let key = (row.community, row.address);
        if let Some(grid) = homes.get(&key)
            && *grid != row.grid
            // a community says less than the grid that is known
            && grid.len() > COMMUNITY
        {
            redrawn.push((row.dwelling, grid));
        }
        known.insert(key, row.dwelling);
    }
    let mut next = last(tx).await?;
    let mut new = Vec::new();
    for (key, grid) in homes {
        if !known.contains_key(key) {
            next += 1;
            known.insert(key.clone(), next);
            new.push((next, key, grid));
        }
    }
    let head = "INSERT INTO dwelling (dwelling, community, grid, address)";
    insert(tx, "add dwellings", (head, ""), 4, &new, |values, (number, (community, address), grid)| {
        values.bind(*number).bind(community).bind(*grid).bind(address);
    })
    .await?;
    for (number, grid) in redrawn {
        let mut sql = Sql::new("UPDATE dwelling SET grid = ");
        sql.bind(grid).push(" WHERE dwelling = ").bind(number);
        sql.run(tx, "move a dwelling to another grid").await?;
        let mut sql = Sql::new("UPDATE task SET grid = ");
        sql.bind(grid).push(" WHERE state IN ").list([WAITING, OPEN]);
        sql.push(" AND person IN (SELECT person FROM person WHERE dwelling = ").bind(number).push(")");
        sql.run(tx, "let reminders follow a dwelling").await?;
    }
    Ok(known)
}

/// The grids of those of these dwellings that are known.
pub(super) async fn grids(tx: &mut Tx, homes: &BTreeSet<Key>) -> Result<HashMap<Key, String>, StoreError> {
    let rows = rows(tx, homes).await?;
    Ok(rows.into_iter().map(|row| ((row.community, row.address), row.grid)).collect())
}

/// Those of these dwellings that are known.
async fn rows(
    tx: &mut Tx,
    homes: impl IntoIterator<Item = &Key, IntoIter: ExactSizeIterator>,
) -> Result<Vec<Row>, StoreError> {
    let homes = homes.into_iter();
    if homes.len() == 0 {
        return Ok(Vec::new());
    }
    let mut sql = Sql::packed("d.dwelling, d.community, d.address, d.grid");
    sql.push(" FROM ").values(homes, |values, (community, address)| {
        values.bind(community).bind(address);
    });
    sql.push(" AS k JOIN dwelling d ON d.community = k.column1 AND d.address = k.column2");
    Ok(sql.unpack(tx, "look for dwellings").await?)
}

/// Narrows `d` to what lies in a region.
pub(super) fn within(sql: &mut Sql, region: &str) {
    within_any(sql, std::slice::from_ref(&region));
}

/// Narrows `d` to what lies in any of these regions; none is nothing.
pub(super) fn within_any(sql: &mut Sql, regions: &[impl AsRef<str>]) {
    in_regions(sql, "d.grid", regions);
}

/// Narrows a column that holds grids to what lies in any of these regions.
pub(super) fn in_regions(sql: &mut Sql, column: &'static str, regions: &[impl AsRef<str>]) {
    sql.push(" AND (");
    for (place, region) in regions.iter().enumerate() {
        let region = region.as_ref();
        sql.push(if place == 0 { "(" } else { " OR (" });
        // a code is digits, and `:` stands behind them
        sql.push(column).push(" >= ").bind(region).push(" AND ").push(column).push(" < ");
        sql.bind(format!("{region}:")).push(")");
    }
    sql.push(if regions.is_empty() { "1 = 0)" } else { ")" });
}

/// The highest number of a dwelling.
pub(super) async fn last(tx: &mut Tx) -> Result<i64, StoreError> {
    let doing = "count the dwellings";
    let last =
        sqlx::query_scalar("SELECT COALESCE(MAX(dwelling), 0) FROM dwelling").fetch_one(&mut **tx).await;
    Ok(xunge_database::Doing::doing(last, doing)?)
}
