//! What a table of cases says that has to be written.

use std::sync::Arc;

use super::*;
use crate::case::book::{Book, Facts, Numbers, Record};
use crate::case::clock::Clocks;
use crate::case::number::zone;
use crate::case::{Rules, Stage};
use crate::org::{Calendar, Region};

fn at(secs: i64) -> Timestamp {
    "2026-11-27T02:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(secs)
}

fn book(secs: i64) -> Book {
    let rules = Rules::usual(Calendar::new(zone("Asia/Shanghai").unwrap(), []));
    Book::new(Arc::new(rules), at(secs), Numbers::default())
}

fn facts() -> Facts {
    Facts {
        behavior: "fall".into(),
        edge: "gw".into(),
        site: "420502001001".into(),
        region: Region::of_site("420502001001"),
        camera: "c1".into(),
        camera_name: "c1".into(),
        rule: "fall".into(),
        zone: String::new(),
        test: false,
        since: at(0),
        last: at(0),
        ended: None,
        phase: xunge_alert::Phase::Began,
        alerts: 1,
        open_alerts: 1,
        score: 0.5,
        bounds: [0.0; 4],
        late: false,
    }
}

fn registered() -> Change {
    Change::Registered {
        edge: "gw".into(),
        alert_id: Uuid::from_u128(1),
        severity: Some(2),
        from: None,
        reason: None,
    }
}

/// A case that was registered just now.
pub(crate) fn record(n: u128) -> Record {
    Record {
        id: Uuid::from_u128(n),
        number: n.to_string(),
        ordinal: 1,
        facts: facts(),
        case: Case::begun_by(&registered()).unwrap(),
        clocks: Clocks::default(),
        log_length: 1,
        registered: at(0),
        updated: at(0),
    }
}

fn joined(id: u128) -> Change {
    Change::Joined { edge: "gw".into(), alert_id: Uuid::from_u128(id), from: None, reason: None }
}

#[test]
fn deadlines_are_written_only_where_they_are_other_ones() {
    let mut first = book(0);
    let id = first.register(facts(), 2, "20261127", registered());
    first.must(id, Change::Verifying);
    let closed = first.close();
    assert!(closed.retimed.contains(&id) && closed.heard_before.is_empty());
    let record = closed.changed[0].clone();

    let after = |does: &dyn Fn(&mut Book)| {
        let mut book = book(20);
        book.lay(record.clone());
        does(&mut book);
        let closed = book.close();
        (closed.worked.contains(&id), closed.retimed.contains(&id))
    };
    assert_eq!(after(&|book| book.facts(id).unwrap().last = at(20)), (false, false));
    // one more alert is one more line in the log
    assert_eq!(after(&|book| book.must(id, joined(2))), (false, false));
    assert_eq!(after(&|book| book.must(id, Change::Raised { severity: 1 })), (true, true));
    assert_eq!(after(&|book| book.wind(id)), (true, true));
    let timer = || Change::Timer { stage: Stage::Ack, percent: 100 };
    assert_eq!(after(&|book| book.must(id, timer())), (true, true));
}

#[test]
fn a_case_says_when_it_had_last_been_heard_of() {
    let mut first = book(0);
    let id = first.register(facts(), 2, "20261127", registered());
    let record = first.close().changed[0].clone();
    let mut second = book(20);
    second.lay(record.clone());
    second.facts(id).unwrap().last = at(20);
    // what lies there already is not laid anew
    second.lay(record);
    let closed = second.close();
    assert_eq!(closed.heard_before[&id], at(0));
    assert_eq!(closed.changed[0].facts.last, at(20));
}
