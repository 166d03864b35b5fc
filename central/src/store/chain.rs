//! The log of all changes of all cases, and the proof that nobody has touched it.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;
use xunge_database::insert;

use super::names::{json, json_text};
use super::{Doing, Store, StoreError, Tx, count, time, us, uuid};
use crate::case::log::{Entry, GENESIS, hash};
use crate::case::{Case, Change, apply, book};

/// Most problems that are told one by one.
const TOLD: usize = 100;

/// What a check of the whole chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainReport {
    /// Entries read.
    pub entries: u64,
    /// Cases compared with their log.
    pub cases: u64,
    /// Hash of the last entry. Written down elsewhere, it proves later that nothing was cut off the end.
    pub head: String,
    /// Entries of the ledger read.
    pub ledger_entries: u64,
    /// Hash of the ledger's last entry.
    pub ledger_head: String,
    /// What is wrong, one sentence each; the first hundred.
    pub problems: Vec<String>,
}

impl ChainReport {
    pub(super) fn problem(&mut self, sentence: String) {
        if self.problems.len() < TOLD {
            self.problems.push(sentence);
        }
    }
}

/// Writes changes behind the last one.
pub(super) async fn append(tx: &mut Tx, entries: &[book::Entry], now: Timestamp) -> Result<(), StoreError> {
    let doing = "write to the log of the cases";
    if entries.is_empty() {
        return Ok(());
    }
    let last = sqlx::query("SELECT seq, hash FROM case_log ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut **tx)
        .await
        .doing(doing)?;
    let (mut seq, mut prev_hash): (i64, String) = match &last {
        Some(row) => (row.try_get("seq").doing(doing)?, row.try_get("hash").doing(doing)?),
        None => (0, GENESIS.to_owned()),
    };
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        let change = json_text(&entry.change)?;
        let link = Entry {
            prev_hash: &prev_hash,
            seq,
            case_id: entry.case_id,
            place: entry.place,
            utc_us: us(now),
            actor: &entry.actor,
            change: &change,
        };
        let hash = hash(&link);
        let prev_hash = std::mem::replace(&mut prev_hash, hash.clone());
        rows.push((seq, entry, change, prev_hash, hash));
    }
    let head = "INSERT INTO case_log (seq, case_id, place, utc_us, actor, change, prev_hash, hash)";
    insert(tx, doing, (head, ""), 8, &rows, |values, (seq, entry, change, prev_hash, hash)| {
        values
            .bind(*seq)
            .bind(entry.case_id.to_string())
            .bind(entry.place)
            .bind(us(now))
            .bind(&entry.actor)
            .bind(change)
            .bind(prev_hash)
            .bind(hash);
    })
    .await?;
    Ok(())
}

/// A case as its log tells it.
#[derive(Default)]
struct Told {
    case: Option<Case>,
    places: i64,
}

impl Store {
    /// Reads the whole chain, recomputes every hash, and replays every case against its row. Then the ledger.
    pub async fn verify_chain(&self) -> Result<ChainReport, StoreError> {
        let doing = "read the log of the cases";
        let mut report = ChainReport { head: GENESIS.to_owned(), ..ChainReport::default() };
        let mut told: HashMap<Uuid, Told> = HashMap::new();
        let mut tx = self.reading().await?;
        {
            let mut rows = sqlx::query("SELECT * FROM case_log ORDER BY seq").fetch(&mut *tx);
            while let Some(row) = rows.try_next().await.doing(doing)? {
                report.entries += 1;
                check_entry(&row, &mut report, &mut told)?;
            }
        }
        let mut rows = sqlx::query("SELECT * FROM case_").fetch(&mut *tx);
        while let Some(row) = rows.try_next().await.doing(doing)? {
            report.cases += 1;
            let id = uuid(row.try_get("id").doing(doing)?)?;
            let number: &str = row.try_get("number").doing(doing)?;
            let log_length: i64 = row.try_get("log_length").doing(doing)?;
            let Some(told) = told.remove(&id) else {
                report.problem(format!("case {number} has no log"));
                continue;
            };
            if told.places != log_length {
                report.problem(format!(
                    "case {number} has {} log entries where there were {log_length}",
                    told.places
                ));
            }
            if !agrees(&row, told.case.as_ref())? {
                report.problem(format!("case {number} is not what its log says"));
            }
        }
        for id in told.keys() {
            report.problem(format!("the log tells of case {id}, which is gone"));
        }
        drop(rows);
        check_names(&mut tx, &mut report).await?;
        super::ledger::verify(&mut tx, &mut report).await?;
        Ok(report)
    }
}

/// Rows that name what is not there: where intake writes, the database itself does not look (migration 12).
async fn check_names(tx: &mut Tx, report: &mut ChainReport) -> Result<(), StoreError> {
    let names = [
        (
            "alerts name an episode that is gone",
            "SELECT COUNT(*) FROM alert a
            WHERE NOT EXISTS (SELECT 1 FROM incident i WHERE i.id = a.incident_id)",
        ),
        (
            "alerts name a case that is gone",
            "SELECT COUNT(*) FROM alert a
            WHERE a.case_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM case_ c WHERE c.id = a.case_id)",
        ),
        (
            "episodes name a case that is gone",
            "SELECT COUNT(*) FROM incident i
            WHERE i.case_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM case_ c WHERE c.id = i.case_id)",
        ),
        (
            "deadlines name a case that is gone",
            "SELECT COUNT(*) FROM timer t
            WHERE NOT EXISTS (SELECT 1 FROM case_ c WHERE c.id = t.case_id)",
        ),
    ];
    for (what, sql) in names {
        let found: i64 = sqlx::query_scalar(sql).fetch_one(&mut **tx).await.doing("check what names what")?;
        if found > 0 {
            report.problem(format!("{found} {what}"));
        }
    }
    Ok(())
}

/// Whether a case's row is what its log made of it.
fn agrees(row: &AnyRow, told: Option<&Case>) -> Result<bool, StoreError> {
    let doing = "read a case";
    let Some(told) = told else { return Ok(false) };
    let kept: Option<&str> = row.try_get("body").doing(doing)?;
    // a row of before holds no body, only its columns
    let same = kept.is_none_or(|body| json::<Case>(body).is_ok_and(|case| case == *told));
    let state: &str = row.try_get("state").doing(doing)?;
    let verdict: Option<&str> = row.try_get("verdict").doing(doing)?;
    let decided = told.decision.as_ref().map(|decision| decision.verdict.as_str());
    Ok(same && state == told.state.as_str() && verdict == decided)
}

fn check_entry(
    row: &AnyRow,
    report: &mut ChainReport,
    told: &mut HashMap<Uuid, Told>,
) -> Result<(), StoreError> {
    let doing = "read a log entry";
    let case_id = uuid(row.try_get("case_id").doing(doing)?)?;
    let entry = Entry {
        prev_hash: row.try_get("prev_hash").doing(doing)?,
        seq: row.try_get("seq").doing(doing)?,
        case_id,
        place: row.try_get("place").doing(doing)?,
        utc_us: row.try_get("utc_us").doing(doing)?,
        actor: row.try_get("actor").doing(doing)?,
        change: row.try_get("change").doing(doing)?,
    };
    let seq = entry.seq;
    if count(seq) != report.entries {
        report.problem(format!("log entry {} is missing before entry {seq}", report.entries));
        report.entries = count(seq);
    }
    if entry.prev_hash != report.head {
        report.problem(format!("log entry {seq} does not follow the entry before it"));
    }
    let stored: String = row.try_get("hash").doing(doing)?;
    if hash(&entry) != stored {
        report.problem(format!("log entry {seq} was changed: its hash does not fit"));
    }
    report.head = stored;

    let known = told.entry(case_id).or_default();
    known.places += 1;
    if entry.place != known.places {
        report.problem(format!("log entry {seq} is not the next one of its case"));
    }
    let Ok(change) = serde_json::from_str::<Change>(entry.change) else {
        report.problem(format!("log entry {seq} holds a change that does not read"));
        return Ok(());
    };
    known.case = match (known.case.take(), change) {
        (None, change) => {
            let case = Case::begun_by(&change);
            if case.is_none() {
                report.problem(format!("log entry {seq} changes a case before it was registered"));
            }
            case
        }
        (Some(case), change) => match apply(&case, &change, entry.actor, time(entry.utc_us)?) {
            Ok(next) => Some(next),
            Err(refused) => {
                report.problem(format!("log entry {seq} could not have happened: {refused}"));
                Some(case)
            }
        },
    };
    Ok(())
}
