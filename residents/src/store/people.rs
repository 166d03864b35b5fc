//! People as they are seen. Numbers and telephones are masked; who sees one in full has given a
//! reason, and that is logged first.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xunge_database::{Sql, Tx};
use xunge_reminder::person::Sex;

use super::audit::{self, Deed};
use super::explain::{TASK_LINE, TaskLine};
use super::person::{self, Filed};
use super::statistics::words;
use super::{Store, StoreError, times};
use crate::resident::{Facts, masked_phone};

/// Somebody as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ResidentLine)]
pub struct PersonLine {
    /// Our number.
    pub person: i64,
    /// Name.
    pub name: String,
    /// Identity number, masked.
    pub id_masked: String,
    /// Where the papers agree.
    pub sex: Option<Sex>,
    /// Where the papers agree.
    pub born: Option<Date>,
    /// Day of death.
    pub died: Option<Date>,
    /// Day of departure.
    pub moved_out: Option<Date>,
    /// Where the person lives.
    pub home: Option<Home>,
}

/// A dwelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Home {
    /// Our number.
    pub dwelling: i64,
    /// Code of its grid, or of the community where nobody knows the grid.
    pub grid: String,
    /// As people write it.
    pub address: String,
}

/// Everything that is known of somebody.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ResidentView)]
pub struct PersonView {
    /// As in a list.
    #[serde(flatten)]
    pub line: PersonLine,
    /// Telephone, masked.
    pub phone_masked: Option<String>,
    /// What else is known.
    pub facts: Facts,
    /// What papers contradict each other in.
    pub conflicts: Vec<ConflictLine>,
    /// Reminders, the oldest first.
    pub tasks: Vec<TaskLine>,
    /// Rules that may want the person, and what they need to know.
    pub gaps: Vec<PersonGap>,
}

/// A rule that cannot say anything of somebody yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonGap {
    /// Rule.
    pub rule: String,
    /// What people read.
    pub title: String,
    /// Names of the facts that it needs to know.
    #[serde(deserialize_with = "words")]
    pub missing: Vec<String>,
}

/// A contradiction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConflictLine {
    /// Whose.
    pub person: i64,
    /// Name of the person.
    pub name: String,
    /// Code of the grid.
    pub grid: Option<String>,
    /// What: see [`crate::resident::Conflict`].
    #[schema(value_type = crate::resident::Conflict)]
    pub kind: String,
    /// Both sides of it.
    pub detail: String,
    /// Since when.
    #[serde(deserialize_with = "times::read")]
    pub found_utc: Timestamp,
    /// When it was settled.
    #[serde(deserialize_with = "times::read_option")]
    pub settled_utc: Option<Timestamp>,
    /// By whom; empty where the papers agree again.
    pub settled_by: Option<String>,
    /// How.
    pub settlement: Option<String>,
}

/// What is seen in full, of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// Identity number.
    IdNumber,
    /// Telephone.
    Phone,
}

impl PersonLine {
    pub(super) fn of(filed: &Filed, home: Option<Home>) -> Self {
        let one = &filed.resident;
        Self {
            person: filed.number,
            name: one.name.clone(),
            id_masked: one.number.masked(),
            sex: one.sex(),
            born: match one.birth() {
                xunge_reminder::person::Birth::Known(day) => Some(day),
                xunge_reminder::person::Birth::Disputed { .. } => None,
            },
            died: one.facts.died,
            moved_out: one.facts.moved_out,
            home,
        }
    }
}

impl Store {
    /// The grid of somebody, by which it is known who may see that person; empty where nobody knows it.
    pub async fn grid_of(&self, person: i64) -> Result<Option<String>, StoreError> {
        let mut sql = Sql::packed("COALESCE(d.grid, '')");
        sql.push(" FROM person p LEFT JOIN dwelling d ON d.dwelling = p.dwelling WHERE p.person = ")
            .bind(person);
        let found: Vec<(String,)> =
            sql.unpack(&mut *self.db.reader().await?, "look where somebody lives").await?;
        Ok(found.into_iter().next().map(|(grid,)| grid))
    }

    /// Everything that is known of somebody. That it was looked at is logged.
    pub async fn person(&self, person: i64, deed: &Deed) -> Result<Option<PersonView>, StoreError> {
        let doing = "read what is known of somebody";
        let mut tx = self.begin().await?;
        let keys = self.keys()?;
        let Some(filed) = person::by_keys(&mut tx, &keys, &[person]).await?.into_iter().next() else {
            return Ok(None);
        };
        let home = homes(&mut tx, &[person]).await?.remove(&person);
        let mut sql = Sql::packed(TASK_LINE);
        sql.push(" FROM (SELECT * FROM task WHERE person = ").bind(person).push(" ORDER BY task) t");
        let tasks = sql.unpack(&mut tx, doing).await?;
        let mut sql = Sql::packed("g.rule, r.title, g.missing");
        sql.push(" FROM person_gap g JOIN rule r ON r.rule = g.rule WHERE g.person = ").bind(person);
        let gaps = sql.unpack(&mut tx, doing).await?;
        let mut sql = Sql::packed(CONFLICT);
        sql.push(" FROM conflict c JOIN person p ON p.person = c.person LEFT JOIN dwelling d ON d.dwelling = p.dwelling");
        sql.push(" WHERE c.person = ").bind(person);
        let conflicts = sql.unpack(&mut tx, doing).await?;
        audit::write(&mut tx, deed, Some(person), &()).await?;
        xunge_database::Doing::doing(tx.commit().await, doing)?;
        Ok(Some(PersonView {
            line: PersonLine::of(&filed, home),
            phone_masked: filed.resident.phone.as_deref().map(masked_phone),
            facts: filed.resident.facts,
            conflicts,
            tasks,
            gaps,
        }))
    }

    /// A number or telephone in full: logged, with the reason, before anybody sees it.
    pub async fn reveal(&self, person: i64, what: Hidden, deed: &Deed) -> Result<Option<String>, StoreError> {
        let doing = "show a number in full";
        let mut tx = self.begin().await?;
        let keys = self.keys()?;
        let Some(filed) = person::by_keys(&mut tx, &keys, &[person]).await?.into_iter().next() else {
            return Ok(None);
        };
        audit::write(&mut tx, deed, Some(person), &what).await?;
        xunge_database::Doing::doing(tx.commit().await, doing)?;
        Ok(match what {
            Hidden::IdNumber => Some(filed.resident.number.reveal().to_owned()),
            Hidden::Phone => filed.resident.phone,
        })
    }
}

/// Columns of a [`ConflictLine`], of `c`, `p` and `d`.
pub(super) const CONFLICT: &str =
    "c.person, p.name, d.grid, c.kind, c.detail, c.found_us, c.settled_us, c.settled_by, c.settlement";

/// Where people live.
pub(super) async fn homes(tx: &mut Tx, people: &[i64]) -> Result<HashMap<i64, Home>, StoreError> {
    let mut homes = HashMap::with_capacity(people.len());
    for part in xunge_database::parts(people, 1) {
        let mut sql = Sql::packed("p.person, d.dwelling, d.grid, d.address");
        sql.push(" FROM person p JOIN dwelling d ON d.dwelling = p.dwelling WHERE p.person IN ");
        sql.list(part.iter().copied());
        let rows: Vec<(i64, i64, String, String)> = sql.unpack(tx, "look where people live").await?;
        homes.extend(
            rows.into_iter()
                .map(|(person, dwelling, grid, address)| (person, Home { dwelling, grid, address })),
        );
    }
    Ok(homes)
}
