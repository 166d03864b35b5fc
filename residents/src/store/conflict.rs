//! What papers contradict each other in, until somebody has settled it or a later file agrees.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use xunge_database::{Doing, Sql, Tx, insert, parts};
use xunge_reminder::age::{Feb29, age_on};
use xunge_reminder::person::{Birth, Sex};

use super::dwelling::within_any;
use super::ending::BY_ITSELF;
use super::people::{CONFLICT, ConflictLine};
use super::scan::Night;
use super::{Store, StoreError, day, day_number, us};
use crate::resident::{Conflict, OLDEST, Resident};

/// A contradiction.
pub(super) struct Found {
    person: i64,
    kind: Conflict,
    detail: String,
}

impl Found {
    pub(super) fn new(person: i64, kind: Conflict, detail: String) -> Self {
        Self { person, kind, detail }
    }

    /// Everything that does not fit together in what is known of somebody.
    pub(super) fn all_of(person: i64, resident: &Resident, today: Date) -> impl Iterator<Item = Self> {
        resident.conflicts(today).into_iter().map(move |kind| {
            let detail = match (kind, resident.birth(), resident.facts.heard) {
                (Conflict::Birth, Birth::Disputed { id, hukou }, _) => format!("{id} / {hukou}"),
                (Conflict::Sex, ..) => {
                    let (id, book) = (resident.number.sex(), resident.facts.sex);
                    format!("{} / {}", id.as_str(), book.map_or("", Sex::as_str))
                }
                (Conflict::Died | Conflict::MovedOut, _, Some(heard)) => heard.day.to_string(),
                (_, Birth::Known(day), _) => day.to_string(),
                (_, Birth::Disputed { .. }, _) => String::new(),
            };
            Self { person, kind, detail }
        })
    }
}

#[derive(Deserialize)]
struct Row {
    person: i64,
    kind: String,
    detail: String,
    settled_by: Option<String>,
}

/// Which contradictions are wanted.
#[derive(Debug, Clone, Default)]
pub struct ConflictFilter {
    /// Those that are settled, and not those that are to be.
    pub settled: bool,
    /// Only of this person.
    pub person: Option<i64>,
    /// Only of these regions; none is everywhere.
    pub regions: Option<Vec<String>>,
    /// Behind this one: person and kind.
    pub after: (i64, String),
    /// At most so many.
    pub limit: u32,
}

impl Store {
    /// Finds those who have become older than anybody: no file has to come for that.
    pub(super) async fn find_too_old(&self, night: Night<'_>) -> Result<(), StoreError> {
        let doing = "look for whom nobody is as old";
        let mut tx = self.begin().await?;
        let before = night.today.checked_sub(i32::from(OLDEST).years()).unwrap_or(night.today);
        let mut sql = Sql::packed("p.person, p.born_day");
        sql.push(" FROM person p WHERE p.died_day IS NULL AND p.moved_out_day IS NULL AND p.born_day < ");
        sql.bind(day_number(before));
        let rows: Vec<(i64, i64)> = sql.unpack(&mut tx, doing).await?;
        let old = |born: &Date| age_on(*born, night.today, Feb29::MonthEnd) > OLDEST;
        let mut found = Vec::new();
        for (person, born) in rows {
            found.extend(
                Some(day(born)?).filter(old).map(|born| Found::new(person, Conflict::Age, born.to_string())),
            );
        }
        write(&mut tx, (&[], &[]), &found, night.now).await?;
        tx.commit().await.doing(doing)?;
        Ok(())
    }

    /// What is to be settled, or was, by person and kind.
    pub async fn conflicts(&self, filter: &ConflictFilter) -> Result<Vec<ConflictLine>, StoreError> {
        let (person, kind) = &filter.after;
        let mut sql = Sql::packed(CONFLICT);
        sql.push(" FROM (SELECT f.* FROM conflict f JOIN person p ON p.person = f.person LEFT JOIN dwelling d ON d.dwelling = p.dwelling");
        sql.push(" WHERE (f.person, f.kind) > (").bind(*person).push(", ").bind(kind).push(")");
        sql.push(if filter.settled { " AND f.settled_us IS NOT NULL" } else { " AND f.settled_us IS NULL" });
        if let Some(person) = filter.person {
            sql.push(" AND f.person = ").bind(person);
        }
        if let Some(regions) = &filter.regions {
            within_any(&mut sql, regions);
        }
        sql.push(" ORDER BY f.person, f.kind LIMIT ").bind(i64::from(filter.limit));
        sql.push(") c JOIN person p ON p.person = c.person LEFT JOIN dwelling d ON d.dwelling = p.dwelling");
        let mut found: Vec<ConflictLine> =
            sql.unpack(&mut *self.db.reader().await?, "read what does not fit together").await?;
        found.sort_by(|one, other| (one.person, &one.kind).cmp(&(other.person, &other.kind)));
        Ok(found)
    }
}

/// Writes what was found and says how many are new; what was looked for in these people, of these kinds, and is there no more
/// settles by itself.
pub(super) async fn write(
    tx: &mut Tx,
    (judged, kinds): (&[i64], &[Conflict]),
    found: &[Found],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let doing = "write what does not fit together";
    let mut known: HashMap<(i64, String), Row> = HashMap::new();
    let people: Vec<i64> = judged.iter().copied().chain(found.iter().map(|one| one.person)).collect();
    for part in parts(&people, 1) {
        let mut sql = Sql::packed("person, kind, detail, settled_by");
        sql.push(" FROM conflict WHERE person IN ").list(part.iter().copied());
        let rows = sql.unpack::<Row>(tx, doing).await?;
        known.extend(rows.into_iter().map(|row| ((row.person, row.kind.clone()), row)));
    }
    let is_new = |one: &&Found| match known.get(&(one.person, one.kind.as_str().to_owned())) {
        None => true,
        Some(Row { settled_by: None, .. }) => false,
        // what a person has settled stays settled as long as it is the same
        Some(Row { settled_by: Some(by), detail, .. }) => by == BY_ITSELF || *detail != one.detail,
    };
    let new: Vec<&Found> = found.iter().filter(is_new).collect();
    // what is still to be settled is so as it was found last
    let stale = found.iter().filter(|one| {
        let row = known.get(&(one.person, one.kind.as_str().to_owned()));
        row.is_some_and(|row| row.settled_by.is_none() && row.detail != one.detail)
    });
    for one in stale {
        let mut sql = Sql::new("UPDATE conflict SET detail = ");
        sql.bind(&one.detail).push(" WHERE person = ").bind(one.person);
        sql.push(" AND kind = ").bind(one.kind.as_str());
        sql.run(tx, doing).await?;
    }
    let head = "INSERT INTO conflict (person, kind, detail, found_us)";
    let tail = " ON CONFLICT (person, kind) DO UPDATE SET detail = excluded.detail, found_us = excluded.found_us, \
         settled_us = NULL, settled_by = NULL, settlement = NULL";
    insert(tx, doing, (head, tail), 4, &new, |values, one| {
        values.bind(one.person).bind(one.kind.as_str()).bind(&one.detail).bind(us(now));
    })
    .await?;
    let still: HashSet<(i64, &str)> = found.iter().map(|one| (one.person, one.kind.as_str())).collect();
    let judged: HashSet<i64> = judged.iter().copied().collect();
    let open = known.into_iter().filter(|(_, row)| row.settled_by.is_none());
    for ((person, kind), _) in open {
        let ends = judged.contains(&person)
            && kinds.iter().any(|looked_for| looked_for.as_str() == kind)
            && !still.contains(&(person, kind.as_str()));
        if ends {
            let mut sql = Sql::new("UPDATE conflict SET settled_us = ");
            sql.bind(us(now)).push(", settled_by = ").bind(BY_ITSELF).push(" WHERE person = ").bind(person);
            sql.push(" AND kind = ").bind(&kind);
            sql.run(tx, doing).await?;
        }
    }
    Ok(new.len() as u64)
}
