//! How people settle what does not fit together: with a word of why, and, where there is something to choose, with a choice that
//! rules go by from then on.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use utoipa::ToSchema;
use xunge_database::{Doing, Sql, Tx};
use xunge_reminder::person::Birth;

use super::audit::{self, Deed};
use super::conflict::{self, Found};
use super::ending::{BY_ITSELF, Ending};
use super::{Store, StoreError, filing, heard, people, person, task, times, us};
use crate::resident::{Conflict, OF_ONE, Resident, SameAs, SettledBirth};

/// What is so, of two things that were said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettlementChoice)]
pub enum Choice {
    /// What the identity number says.
    IdNumber,
    /// What the household book says.
    HouseholdBook,
    /// It is as the worker was told.
    Confirmed,
    /// It is not.
    Mistaken,
    /// The name of the later file.
    NewName,
    /// It is one person: this row is out of use from now on.
    KeepOther,
    /// It is one person: the other row is out of use from now on.
    KeepThis,
}

/// How something is settled; the words stand in the deed's reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Settlement {
    /// What is so; without it rules know no more than before.
    pub choice: Option<Choice>,
    /// The day of death or departure, where that is known better than by the worker's word.
    pub day: Option<Date>,
}

impl Store {
    /// Settles something; false where there is nothing to settle.
    pub async fn settle(
        &self,
        person: i64,
        kind: Conflict,
        settlement: Settlement,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let doing = "settle what does not fit together";
        let mut tx = self.begin().await?;
        let mut sql = Sql::new("UPDATE conflict SET settled_us = ");
        sql.bind(us(deed.at))
            .push(", settled_by = ")
            .bind(&deed.account)
            .push(", settlement = ")
            .bind(&deed.reason);
        sql.push(" WHERE settled_us IS NULL AND person = ")
            .bind(person)
            .push(" AND kind = ")
            .bind(kind.as_str())
            .push(" RETURNING detail");
        let Some(row) = sql.first(&mut tx, doing).await? else { return Ok(false) };
        let detail: String = row.try_get(0).doing(doing)?;
        let today = times::place_day(deed.at);
        let keys = self.keys()?;
        let (target, other) = sides(person, settlement.choice, &detail);
        let filed = person::by_keys(&mut tx, &keys, &[target]).await?;
        if let (Conflict::Twice, Some(_)) = (kind, settlement.choice) {
            check_same_home(&mut tx, (target, other)).await?;
        }
        if let (Some(Choice::KeepOther | Choice::KeepThis), Some(kept)) = (settlement.choice, other) {
            task::hand_on(&mut tx, target, kept).await?;
        }
        let mut changed = filed.clone();
        for one in &mut changed {
            decide(&mut one.resident, (kind, &detail, other), settlement, today)?;
        }
        let mistaken = settlement.choice == Some(Choice::Mistaken);
        for gone in filed.iter().filter_map(|one| one.resident.facts.heard).filter(|_| mistaken) {
            heard::take_back(&mut tx, (person, gone.gone), today).await?;
        }
        if changed != filed {
            let ending = Ending { today, now: deed.at, by: BY_ITSELF };
            filing::write(&mut tx, &keys, (&[], &changed), ending).await?;
            let found: Vec<Found> =
                changed.iter().flat_map(|one| Found::all_of(one.number, &one.resident, today)).collect();
            conflict::write(&mut tx, (&[target], OF_ONE), &found, deed.at).await?;
        }
        audit::write(&mut tx, deed, Some(person), &(kind, settlement)).await?;
        tx.commit().await.doing(doing)?;
        Ok(true)
    }
}

/// Whose row is changed, and which other one there is.
fn sides(person: i64, choice: Option<Choice>, detail: &str) -> (i64, Option<i64>) {
    let other = detail.strip_prefix('#').and_then(|number| number.parse().ok());
    match (choice, other) {
        (Some(Choice::KeepThis), Some(other)) => (other, Some(person)),
        _ => (person, other),
    }
}

/// Refuses to call two people one who live in two places by now: whoever decides may see one of them only.
async fn check_same_home(tx: &mut Tx, (one, other): (i64, Option<i64>)) -> Result<(), StoreError> {
    let people: Vec<i64> = [Some(one), other].into_iter().flatten().collect();
    let homes = people::homes(tx, &people).await?;
    let mut homes = people.iter().map(|person| homes.get(person).map(|home| home.dwelling));
    match (homes.next().flatten(), homes.next().flatten()) {
        (Some(one), Some(other)) if one == other => Ok(()),
        _ => Err(StoreError::refused(
            "两条记录的住处已不相同，请先核对住处",
            "the two do not live in one dwelling any more: look at where they live first",
        )),
    }
}

/// Enters what was decided on.
fn decide(
    resident: &mut Resident,
    (kind, detail, other): (Conflict, &str, Option<i64>),
    settlement: Settlement,
    today: Date,
) -> Result<(), StoreError> {
    let Settlement { choice, day } = settlement;
    let facts = &resident.facts;
    let misfit = || {
        StoreError::refused(
            "此项矛盾不能这样处理，请按页面所列选择",
            "this cannot be settled so: choose one of what the page offers",
        )
    };
    match (kind, choice) {
        (Conflict::Birth, Some(Choice::IdNumber | Choice::HouseholdBook)) => {
            if let Birth::Disputed { id, hukou } = resident.birth() {
                let (day, against) = if choice == Some(Choice::IdNumber) { (id, hukou) } else { (hukou, id) };
                resident.facts.settled_birth = Some(SettledBirth { day, against });
            }
        }
        (Conflict::Sex, Some(Choice::IdNumber)) => {
            resident.facts.settled_sex = Some(resident.number.sex());
        }
        (Conflict::Sex, Some(Choice::HouseholdBook)) => resident.facts.settled_sex = facts.sex,
        (Conflict::Died | Conflict::MovedOut, Some(Choice::Confirmed)) => {
            let day = day.or(facts.heard.map(|heard| heard.day)).ok_or_else(misfit)?;
            if day > today {
                return Err(StoreError::refused("日期在今天之后", "the day lies in the future"));
            }
            match kind {
                Conflict::Died => resident.facts.died = Some(day),
                _ => resident.facts.moved_out = Some(day),
            }
            resident.facts.heard = None;
        }
        (Conflict::Died | Conflict::MovedOut, Some(Choice::Mistaken)) => resident.facts.heard = None,
        (Conflict::Died | Conflict::MovedOut, _) => return Err(misfit()),
        (Conflict::Twice, Some(Choice::KeepOther | Choice::KeepThis)) => {
            let person = other.ok_or_else(misfit)?;
            resident.facts.same_as = Some(SameAs { person, since: today });
        }
        // earlier versions kept a name as 李*
        (Conflict::Name, Some(Choice::NewName)) if !detail.contains('*') => {
            detail.clone_into(&mut resident.name);
        }
        (_, None) => {}
        (_, Some(_)) => return Err(misfit()),
    }
    Ok(())
}
