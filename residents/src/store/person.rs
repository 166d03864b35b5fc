//! People: rows read and written, many at a time.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Deserialize;
use sqlx::AnyConnection;
use xunge_database::{Sql, Tx, insert, parts};
use xunge_reminder::id_number::IdNumber;
use xunge_reminder::person::{Birth, Person, Sex};

use super::{StoreError, day, day_number, us};
use crate::key::{Field, Index, Keys};
use crate::resident::{Dwelling, Facts, Resident};

/// Somebody who is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filed {
    pub(super) number: i64,
    pub(super) resident: Resident,
    /// Days by which rules find somebody, as they are filed; none of somebody new.
    pub(super) moments: Moments,
}

/// Kind of the days that papers disagree on. No day has a name with a colon.
pub(super) const DISPUTED: &str = "birth:disputed";

/// Days by which rules find somebody, beside the birthday: kind and day.
type Moments = BTreeSet<(String, i64)>;

impl Filed {
    /// Somebody new.
    pub(super) fn new(number: i64, resident: Resident) -> Self {
        Self { number, resident, moments: Moments::new() }
    }
}

#[derive(Deserialize)]
struct Row {
    person: i64,
    name: String,
    id_sealed: String,
    phone_sealed: Option<String>,
    key_number: i64,
    facts: String,
    grid: Option<String>,
    address: Option<String>,
}

const COLUMNS: &str =
    "p.person, p.name, p.id_sealed, p.phone_sealed, p.key_number, p.facts, d.grid, d.address";

impl Row {
    fn filed(self, keys: &Keys) -> Result<Filed, StoreError> {
        let number = keys.open(Field::IdNumber, self.person, self.key_number, &self.id_sealed)?;
        let number = IdNumber::parse(&number).map_err(|bad| {
            StoreError::Corrupt(format!("an identity number of person {}: {bad}", self.person))
        })?;
        let phone = self
            .phone_sealed
            .map(|sealed| keys.open(Field::Phone, self.person, self.key_number, &sealed))
            .transpose()?;
        let facts = facts_of(self.person, &self.facts)?;
        let dwelling = self.grid.zip(self.address).map(|(grid, address)| Dwelling { grid, address });
        let resident = Resident { name: self.name, number, phone, dwelling, facts };
        Ok(Filed { number: self.person, moments: moments_of(&resident), resident })
    }
}

/// What is filed of somebody, read.
pub(super) fn facts_of(person: i64, text: &str) -> Result<Facts, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt(format!("facts of person {person}: {error}")))
}

/// Those of whom these numbers are, under whichever key they were filed; by the index of the newest. An index is no proof: the
/// number itself is to be compared.
pub(super) async fn by_numbers(
    connection: &mut AnyConnection,
    keys: &Keys,
    numbers: &[(Index, IdNumber)],
) -> Result<HashMap<Index, Filed>, StoreError> {
    let doing = "look for people by their numbers";
    let mut found = HashMap::with_capacity(numbers.len());
    let all: Vec<i64> = if keys.count() == 1 {
        numbers.iter().map(|(index, _)| index.value()).collect()
    } else {
        numbers.iter().flat_map(|(_, number)| keys.indexes(number)).map(Index::value).collect()
    };
    for part in parts(&all, 1) {
        let mut sql = Sql::packed(COLUMNS);
        sql.push(" FROM person p LEFT JOIN dwelling d ON d.dwelling = p.dwelling WHERE p.id_index IN ")
            .list(part.iter().copied());
        for row in sql.unpack::<Row>(connection, doing).await? {
            let filed = row.filed(keys)?;
            found.insert(keys.index(&filed.resident.number), filed);
        }
    }
    Ok(found)
}

/// Those with these numbers of ours.
pub(super) async fn by_keys(tx: &mut Tx, keys: &Keys, people: &[i64]) -> Result<Vec<Filed>, StoreError> {
    let mut found = Vec::with_capacity(people.len());
    for part in parts(people, 1) {
        let mut sql = Sql::packed(COLUMNS);
        sql.push(" FROM person p LEFT JOIN dwelling d ON d.dwelling = p.dwelling WHERE p.person IN ");
        sql.list(part.iter().copied());
        let rows = sql.unpack::<Row>(tx, "look for people").await?;
        found.extend(rows.into_iter().map(|row| row.filed(keys)).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// What is written of somebody.
pub(super) struct Written<'w> {
    pub(super) filed: &'w Filed,
    pub(super) dwelling: Option<i64>,
}

/// Values of a row.
struct Sealed {
    number: i64,
    name: String,
    id_index: i64,
    id_sealed: String,
    phone_sealed: Option<String>,
    key: i64,
    sex: Option<&'static str>,
    born: Option<i64>,
    died: Option<i64>,
    moved_out: Option<i64>,
    hukou: Option<String>,
    dwelling: Option<i64>,
    facts: String,
}

impl Sealed {
    fn of(written: &Written<'_>, keys: &Keys) -> Result<Self, StoreError> {
        let (number, one) = (written.filed.number, &written.filed.resident);
        let id = keys.seal(Field::IdNumber, number, one.number.reveal())?;
        let phone = one.phone.as_ref().map(|phone| keys.seal(Field::Phone, number, phone)).transpose()?;
        Ok(Self {
            number,
            name: one.name.clone(),
            id_index: keys.index(&one.number).value(),
            id_sealed: id.text,
            phone_sealed: phone.map(|sealed| sealed.text),
            key: id.key,
            sex: one.sex().map(Sex::as_str),
            born: match one.birth() {
                Birth::Known(day) => Some(day_number(day)),
                Birth::Disputed { .. } => None,
            },
            died: one.facts.died.map(day_number),
            moved_out: one.facts.left().map(day_number),
            hukou: one.facts.hukou.clone(),
            dwelling: written.dwelling,
            facts: serde_json::to_string(&one.facts)
                .map_err(|error| StoreError::Corrupt(format!("facts that cannot be written: {error}")))?,
        })
    }
}

/// Keeps what is known of people just now, before it changes.
pub(super) async fn remember(tx: &mut Tx, people: &[i64], now: Timestamp) -> Result<(), StoreError> {
    for part in parts(people, 1) {
        let mut sql = Sql::new(
            "INSERT INTO person_was (person, until_us, sex, born_day, grid, facts) SELECT p.person, ",
        );
        sql.bind(us(now)).push(", p.sex, p.born_day, d.grid, p.facts");
        sql.push(" FROM person p LEFT JOIN dwelling d ON d.dwelling = p.dwelling WHERE p.person IN ");
        sql.list(part.iter().copied()).push(" ON CONFLICT (person, until_us) DO NOTHING");
        sql.run(tx, "keep what was known of residents").await?;
    }
    Ok(())
}

/// What rules may ask of somebody, as it is filed: no key is needed for it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Known {
    /// By what it was found.
    pub(super) at: i64,
    pub(super) person: i64,
    sex: Option<String>,
    born_day: Option<i64>,
    pub(super) grid: Option<String>,
    facts: String,
}

/// Its columns, of `p` (with `at`) and `d`.
pub(super) const KNOWN: &str = "p.at, p.person, p.sex, p.born_day, d.grid, p.facts";

/// What rules may ask of these people.
pub(super) async fn known(tx: &mut Tx, people: &[i64]) -> Result<Vec<Known>, StoreError> {
    let mut sql = Sql::packed(KNOWN);
    sql.push(" FROM (SELECT p.*, 0 AS at FROM person p WHERE p.person IN ").list(people.iter().copied());
    sql.push(") p LEFT JOIN dwelling d ON d.dwelling = p.dwelling");
    Ok(sql.unpack(tx, "look for people").await?)
}

impl Known {
    /// Whether another row of the same person counts: see [`Facts::same_as`].
    pub(super) fn is_out_of_use(&self) -> Result<bool, StoreError> {
        Ok(facts_of(self.person, &self.facts)?.same_as.is_some())
    }

    /// The person that rules judge. Papers that contradict each other say nothing here.
    pub(super) fn judged(&self) -> Result<Person, StoreError> {
        let facts = facts_of(self.person, &self.facts)?;
        let sex = match self.sex.as_deref() {
            Some("male") => Some(Sex::Male),
            Some("female") => Some(Sex::Female),
            _ => None,
        };
        let birth = self.born_day.map(day).transpose()?.map(Birth::Known);
        Ok(facts.person(birth, sex, self.grid.clone()))
    }
}

const HEAD: &str = "INSERT INTO person (person, name, id_index, id_sealed, phone_sealed, key_number, sex, born_day, \
     died_day, moved_out_day, hukou, dwelling, facts, changed_us)";
/// Somebody who is there already keeps the number.
const TAIL: &str = " ON CONFLICT (person) DO UPDATE SET name = excluded.name, id_index = excluded.id_index, \
     id_sealed = excluded.id_sealed, phone_sealed = excluded.phone_sealed, key_number = excluded.key_number, \
     sex = excluded.sex, born_day = excluded.born_day, died_day = excluded.died_day, moved_out_day = excluded.moved_out_day, \
     hukou = excluded.hukou, dwelling = excluded.dwelling, facts = excluded.facts, changed_us = excluded.changed_us";

/// Writes people, new ones and others.
pub(super) async fn write(
    tx: &mut Tx,
    keys: &Keys,
    (new, changed): (&[Written<'_>], &[Written<'_>]),
    now: Timestamp,
) -> Result<(), StoreError> {
    let doing = "write residents";
    let sealed =
        |all: &[Written<'_>]| all.iter().map(|one| Sealed::of(one, keys)).collect::<Result<Vec<_>, _>>();
    for (rows, tail) in [(sealed(new)?, ""), (sealed(changed)?, TAIL)] {
        insert(tx, doing, (HEAD, tail), 14, &rows, |values, row| {
            values.bind(row.number).bind(&row.name).bind(row.id_index).bind(&row.id_sealed);
            values
                .bind(row.phone_sealed.as_deref())
                .bind(row.key)
                .bind(row.sex)
                .bind(row.born)
                .bind(row.died);
            values
                .bind(row.moved_out)
                .bind(row.hukou.as_deref())
                .bind(row.dwelling)
                .bind(&row.facts)
                .bind(us(now));
        })
        .await?;
    }
    let (mut gone, mut moments) = (Vec::new(), BTreeSet::new());
    for one in new.iter().chain(changed).map(|written| written.filed) {
        let after = moments_of(&one.resident);
        let of = |(kind, day): &(String, i64)| (kind.clone(), *day, one.number);
        gone.extend(one.moments.difference(&after).map(of));
        moments.extend(after.difference(&one.moments).map(of));
    }
    for part in parts(&gone, 3) {
        let mut sql = Sql::new(
            "DELETE FROM moment WHERE (kind, day, person) IN (SELECT column1, column2, column3 FROM ",
        );
        sql.values(part, |values, (kind, day, person)| {
            values.bind(kind).bind(*day).bind(*person);
        });
        sql.push(" AS k)");
        sql.run(tx, doing).await?;
    }
    // in the order of the table
    let moments: Vec<_> = moments.into_iter().collect();
    let head = "INSERT INTO moment (kind, day, person)";
    insert(tx, doing, (head, ""), 3, &moments, |values, (kind, day, person)| {
        values.bind(kind).bind(*day).bind(*person);
    })
    .await?;
    Ok(())
}

fn moments_of(resident: &Resident) -> Moments {
    let facts = &resident.facts;
    let mut found = Moments::new();
    if let Birth::Disputed { id, hukou } = resident.birth() {
        found.extend([id, hukou].map(|day| (DISPUTED.to_owned(), day_number(day))));
    }
    found.extend(facts.retirement.map(|day| ("retirement".to_owned(), day_number(day))));
    found.extend(facts.days.iter().map(|(name, day)| (name.clone(), day_number(*day))));
    for (name, certificate) in &facts.certificates {
        let issued = certificate.as_ref().and_then(|certificate| certificate.issued);
        found.extend(issued.map(|day| (format!("certificate:{name}"), day_number(day))));
    }
    for child in facts.children.iter().flatten() {
        found.extend(child.birth.map(|day| ("child".to_owned(), day_number(day))));
    }
    found
}
