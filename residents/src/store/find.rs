//! People and dwellings as they are looked for: 以人找房, 以房找人.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use xunge_database::Sql;
use xunge_reminder::id_number::IdNumber;

use super::people::{Home, PersonLine, homes};
use super::person::{self, Filed};
use super::{Store, StoreError, dwelling};

/// Longest beginning of a name that is looked for.
const NAME_CHARS: usize = 50;

/// How people are looked for.
#[derive(Debug, Clone, Default)]
pub struct PersonFilter {
    /// Names that begin so.
    pub name: Option<String>,
    /// Who has this number.
    pub number: Option<IdNumber>,
    /// Who lives in this dwelling.
    pub dwelling: Option<i64>,
    /// Only of these regions; none is everywhere.
    pub regions: Option<Vec<String>>,
    /// Only of this region besides.
    pub region: Option<String>,
    /// Behind this one.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: u32,
}

/// Where somebody stands in a list: those of a name by their names, those of a region by their homes, others by our numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Our number.
    pub person: i64,
    /// Name.
    pub name: String,
    /// Code of the grid; empty where nobody knows the dwelling.
    pub grid: String,
    /// Our number of the dwelling.
    pub dwelling: i64,
}

/// By what a list is ordered: always what an index gives, so that a page of a city reads a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Number,
    Name,
    Home,
}

/// Digits of regions in which so few live that they are found faster by where they live than by their names.
const NARROW: usize = 12;

impl Order {
    fn of(filter: &PersonFilter) -> Self {
        if filter.number.is_some() || filter.dwelling.is_some() {
            Self::Number
        } else if filter.name.is_some() {
            Self::Name
        } else if filter.region.is_some() || filter.regions.is_some() {
            Self::Home
        } else {
            Self::Number
        }
    }

    fn compare(self, one: &Place, other: &Place) -> Ordering {
        let by = match self {
            Self::Number => Ordering::Equal,
            Self::Name => one.name.cmp(&other.name),
            Self::Home => (&one.grid, one.dwelling).cmp(&(&other.grid, other.dwelling)),
        };
        by.then(one.person.cmp(&other.person))
    }
}

fn select(filter: &PersonFilter, order: Order, same: Option<Vec<i64>>) -> Sql {
    let narrow = |code: &String| code.len() >= NARROW;
    let few = filter.region.as_ref().is_some_and(narrow)
        || filter.regions.as_ref().is_some_and(|regions| regions.iter().all(narrow));
    let bounded = filter.region.is_some() || filter.regions.is_some();
    let mut sql = Sql::packed("p.person, p.name, COALESCE(p.grid, ''), COALESCE(p.dwelling, 0)");
    sql.push(" FROM (SELECT p.person, p.name, d.grid, d.dwelling FROM ");
    // SQLite joins crosswise in this order and no other
    sql.push(match order {
        Order::Home => "dwelling d CROSS JOIN person p WHERE p.dwelling = d.dwelling",
        Order::Name if few => "dwelling d CROSS JOIN person p WHERE p.dwelling = d.dwelling",
        Order::Name if bounded => "person p CROSS JOIN dwelling d WHERE d.dwelling = p.dwelling",
        Order::Name | Order::Number => "person p LEFT JOIN dwelling d ON d.dwelling = p.dwelling WHERE 1 = 1",
    });
    if let Some(same) = same {
        sql.push(" AND p.person IN ").list(same);
    }
    if let Some(name) = &filter.name {
        let from: String = name.chars().take(NAME_CHARS).collect();
        // the highest character stands behind all that begin so
        let until = format!("{from}\u{10ffff}");
        sql.push(" AND p.name >= ").bind(from).push(" AND p.name < ").bind(until);
    }
    if let Some(home) = filter.dwelling {
        sql.push(" AND p.dwelling = ").bind(home);
    }
    if let Some(region) = &filter.region {
        dwelling::within(&mut sql, region);
    }
    if let Some(regions) = &filter.regions {
        dwelling::within_any(&mut sql, regions);
    }
    if let Some(Place { person, name, grid, dwelling }) = &filter.after {
        match order {
            Order::Number => sql.push(" AND p.person > ").bind(*person),
            Order::Name => {
                sql.push(" AND (p.name, p.person) > (").bind(name).push(", ").bind(*person).push(")")
            }
            Order::Home => {
                sql.push(" AND d.grid >= ").bind(grid).push(" AND (d.grid, d.dwelling, p.person) > (");
                sql.bind(grid).push(", ").bind(*dwelling).push(", ").bind(*person).push(")")
            }
        };
    }
    sql.push(match order {
        Order::Number => " ORDER BY p.person LIMIT ",
        Order::Name => " ORDER BY p.name, p.person LIMIT ",
        Order::Home => " ORDER BY d.grid, d.dwelling, p.person LIMIT ",
    });
    sql.bind(i64::from(filter.limit) + 1).push(") p");
    sql
}

impl Store {
    /// People, and where to go on from when there are more.
    pub async fn find_people(
        &self,
        filter: &PersonFilter,
    ) -> Result<(Vec<PersonLine>, Option<Place>), StoreError> {
        let mut tx = self.db.reading().await?;
        let keys = self.keys()?;
        let same = match &filter.number {
            Some(number) => {
                let found = person::by_numbers(&mut tx, &keys, &[(keys.index(number), *number)]).await?;
                let found = found.into_values().filter(|filed| filed.resident.number == *number);
                Some(found.map(|filed| filed.number).collect::<Vec<_>>())
            }
            None => None,
        };
        let order = Order::of(filter);
        let mut found: Vec<Place> = select(filter, order, same).unpack(&mut tx, "look for people").await?;
        found.sort_unstable_by(|one, other| order.compare(one, other));
        let more = found.len() > filter.limit as usize;
        found.truncate(filter.limit as usize);
        let numbers: Vec<i64> = found.iter().map(|one| one.person).collect();
        let filed = person::by_keys(&mut tx, &keys, &numbers).await?;
        let mut filed: HashMap<i64, Filed> = filed.into_iter().map(|one| (one.number, one)).collect();
        let mut homes = homes(&mut tx, &numbers).await?;
        let line = |number: &i64| Some(PersonLine::of(&filed.remove(number)?, homes.remove(number)));
        let lines = numbers.iter().filter_map(line).collect();
        Ok((lines, found.pop().filter(|_| more)))
    }

    /// Dwellings whose addresses hold this, in a region: 以房找人 begins here.
    pub async fn find_dwellings(
        &self,
        address: &str,
        (regions, region): (Option<&[String]>, Option<&str>),
        (after, limit): (i64, u32),
    ) -> Result<Vec<Home>, StoreError> {
        let mut sql = Sql::packed("d.dwelling, d.grid, d.address");
        sql.push(" FROM (SELECT * FROM dwelling d WHERE d.dwelling > ").bind(after);
        if !address.is_empty() {
            sql.push(" AND LOWER(d.address) LIKE ").bind(holding(address)).push(" ESCAPE '!'");
        }
        if let Some(region) = region {
            dwelling::within(&mut sql, region);
        }
        if let Some(regions) = regions {
            dwelling::within_any(&mut sql, regions);
        }
        sql.push(" ORDER BY d.dwelling LIMIT ").bind(i64::from(limit)).push(") d");
        let mut homes: Vec<Home> = sql.unpack(&mut *self.db.reader().await?, "look for dwellings").await?;
        homes.sort_unstable_by_key(|home| home.dwelling);
        Ok(homes)
    }
}

/// A pattern of texts in small letters that hold these words, of which no sign is one: for `LOWER(…) LIKE … ESCAPE '!'`. Both databases
/// know the small letters of ASCII only.
pub(super) fn holding(words: &str) -> String {
    let held: String = words.to_ascii_lowercase().chars().take(NAME_CHARS).flat_map(escaped).collect();
    format!("%{held}%")
}

fn escaped(letter: char) -> impl Iterator<Item = char> {
    let sign = matches!(letter, '%' | '_' | '!').then_some('!');
    sign.into_iter().chain([letter])
}
