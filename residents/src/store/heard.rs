//! What workers hear at the door: somebody has died, or has left. From then on nothing is sent; whether it is so is for the office
//! to find out.

use jiff::civil::Date;
use xunge_database::{Sql, Tx};

use super::audit::Deed;
use super::conflict::{self, Found};
use super::ending::Ending;
use super::task::{Outcome, go_on};
use super::{StoreError, filing, person, times};
use crate::key::Keys;
use crate::resident::{Gone, Heard, OF_ONE};

fn outcome(gone: Gone) -> Outcome {
    match gone {
        Gone::Died => Outcome::Died,
        Gone::MovedOut => Outcome::MovedOut,
    }
}

/// Enters what was heard of somebody, and ends what reminders are left.
pub(super) async fn enter(
    tx: &mut Tx,
    keys: &Keys,
    (person, gone): (i64, Gone),
    deed: &Deed,
) -> Result<(), StoreError> {
    let today = times::place_day(deed.at);
    let mut people = person::by_keys(tx, keys, &[person]).await?;
    for one in &mut people {
        let facts = &mut one.resident.facts;
        let known = match gone {
            Gone::Died => facts.died,
            Gone::MovedOut => facts.left(),
        };
        // what the register says itself needs nobody who has heard it
        facts.heard = known.is_none().then_some(Heard { gone, day: today });
    }
    let ending = Ending { today, now: deed.at, by: &deed.account };
    filing::write(tx, keys, (&[], &people), ending).await?;
    let found: Vec<Found> =
        people.iter().flat_map(|one| Found::all_of(one.number, &one.resident, today)).collect();
    conflict::write(tx, (&[person], OF_ONE), &found, deed.at).await?;
    Ok(())
}

/// It was a mistake: what it ended goes on.
pub(super) async fn take_back(
    tx: &mut Tx,
    (person, gone): (i64, Gone),
    today: Date,
) -> Result<(), StoreError> {
    let mut sql = Sql::new("UPDATE task SET ");
    go_on(&mut sql, today);
    sql.push(" WHERE person = ").bind(person).push(" AND outcome = ").bind(outcome(gone).as_str());
    sql.run(tx, "let reminders go on").await?;
    Ok(())
}
