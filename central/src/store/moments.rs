//! First moments of cases that only their log tells, kept beside them so that reports need not read the log.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;
use xunge_database::insert;

use super::{StoreError, Tx, us};
use crate::case::Change;
use crate::case::book::Entry;

#[derive(Default)]
struct Moments {
    dispatched: Option<i64>,
    arrived: Option<i64>,
    returns: i64,
}

/// Notes what these entries of the log, all of this moment, say.
pub(super) async fn note(tx: &mut Tx, entries: &[Entry], now: Timestamp) -> Result<(), StoreError> {
    let now = us(now);
    let mut moments: BTreeMap<Uuid, Moments> = BTreeMap::new();
    for entry in entries {
        let of = |moments: &mut BTreeMap<Uuid, Moments>, set: fn(&mut Moments, i64)| {
            set(moments.entry(entry.case_id).or_default(), now);
        };
        match entry.change {
            Change::Dispatched { .. } => of(&mut moments, |of, now| of.dispatched = Some(now)),
            Change::Arrived { .. } => of(&mut moments, |of, now| of.arrived = Some(now)),
            Change::Returned { .. } => of(&mut moments, |of, _| of.returns += 1),
            _ => {}
        }
    }
    let rows: Vec<_> = moments.into_iter().collect();
    let head = "INSERT INTO case_moment (case_id, dispatched_us, arrived_us, returns)";
    let tail = " ON CONFLICT (case_id) DO UPDATE SET
        dispatched_us = COALESCE(case_moment.dispatched_us, excluded.dispatched_us),
        arrived_us = COALESCE(case_moment.arrived_us, excluded.arrived_us),
        returns = case_moment.returns + excluded.returns";
    insert(tx, "note the moments of cases", (head, tail), 4, &rows, |values, (id, of)| {
        values.bind(id.to_string()).bind(of.dispatched).bind(of.arrived).bind(of.returns);
    })
    .await?;
    Ok(())
}
