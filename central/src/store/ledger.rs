//! The ledger of what was done with evidence: written behind its last entry, read as lists, and checked from its first to its
//! last entry.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;
use xunge_database::{Sql, insert};

use super::chain::ChainReport;
use super::names::{json, json_text};
use super::{Doing, StoreError, Tx, count, opt_time, us, uuid};
use crate::case::log::GENESIS;
use crate::law::keep::Root;
use crate::law::ledger::{Entry, Fact, Proof, hash};
use crate::org::Region;

const DOING: &str = "read the ledger";

/// A fact that is to be written down.
pub(super) struct Line<'a> {
    /// Where; empty is everywhere.
    pub(super) region: &'a str,
    /// What it belongs to.
    pub(super) about: Uuid,
    /// What happened.
    pub(super) fact: &'a Fact,
}

/// Writes facts behind the last entry, in the transaction that makes them true.
pub(super) async fn append(
    tx: &mut Tx,
    lines: &[Line<'_>],
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let doing = "write to the ledger";
    let last = sqlx::query("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut **tx)
        .await
        .doing(doing)?;
    let (mut seq, mut prev_hash): (i64, String) = match &last {
        Some(row) => (row.try_get("seq").doing(doing)?, row.try_get("hash").doing(doing)?),
        None => (0, GENESIS.to_owned()),
    };
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        seq += 1;
        let (body, about) = (json_text(line.fact)?, line.about.to_string());
        let hash = hash(&Entry {
            prev_hash: &prev_hash,
            seq,
            utc_us: us(now),
            kind: line.fact.kind(),
            actor,
            region: line.region,
            about: &about,
            code: line.fact.code(),
            body: &body,
        });
        let prev_hash = std::mem::replace(&mut prev_hash, hash.clone());
        rows.push((seq, line, about, body, prev_hash, hash));
    }
    let head = "INSERT INTO ledger (seq, utc_us, kind, actor, region, about, code, body, prev_hash, hash)";
    insert(tx, doing, (head, ""), 10, &rows, |values, (seq, line, about, body, prev_hash, hash)| {
        values.bind(*seq).bind(us(now)).bind(line.fact.kind()).bind(actor).bind(line.region).bind(about);
        values.bind(line.fact.code()).bind(body).bind(prev_hash).bind(hash);
    })
    .await?;
    Ok(())
}

/// Only rows of these regions. What concerns everywhere is for those who may see everywhere.
pub(super) fn within(query: &mut Sql, column: &'static str, regions: &[Region]) {
    query.push(" AND (1 = 0");
    for region in regions {
        // codes are digits only: nothing in them is a pattern
        query.push(" OR ").push(column).push(" LIKE ").bind(format!("{}%", region.as_str()));
    }
    query.push(")");
}

/// The fact of an entry.
pub(super) fn fact(row: &AnyRow) -> Result<Fact, StoreError> {
    json(row.try_get("body").doing(DOING)?)
}

/// Reads the whole ledger, recomputes every hash, and compares what stands in other tables with it.
pub(super) async fn verify(tx: &mut Tx, report: &mut ChainReport) -> Result<(), StoreError> {
    report.ledger_head = GENESIS.to_owned();
    let mut proofs: HashMap<Uuid, Proof> = HashMap::new();
    let mut holds: HashMap<Uuid, (Fact, bool)> = HashMap::new();
    {
        let mut rows = sqlx::query("SELECT * FROM ledger ORDER BY seq").fetch(&mut **tx);
        while let Some(row) = rows.try_next().await.doing(DOING)? {
            report.ledger_entries += 1;
            check_entry(&row, report)?;
            let about = uuid(row.try_get("about").doing(DOING)?)?;
            match fact(&row) {
                Ok(Fact::Purged(proof)) => drop(proofs.insert(about, proof)),
                Ok(fact @ Fact::Held { .. }) => drop(holds.insert(about, (fact, false))),
                Ok(Fact::Lifted { .. }) => {
                    if let Some(held) = holds.get_mut(&about) {
                        held.1 = true;
                    }
                }
                Ok(_) => {}
                Err(_) => {
                    let seq: i64 = row.try_get("seq").doing(DOING)?;
                    report.problem(format!("ledger entry {seq} holds a fact that does not read"));
                }
            }
        }
    }
    check_holds(tx, report, holds).await?;
    check_proofs(tx, report, proofs).await
}

fn check_entry(row: &AnyRow, report: &mut ChainReport) -> Result<(), StoreError> {
    let entry = Entry {
        prev_hash: row.try_get("prev_hash").doing(DOING)?,
        seq: row.try_get("seq").doing(DOING)?,
        utc_us: row.try_get("utc_us").doing(DOING)?,
        kind: row.try_get("kind").doing(DOING)?,
        actor: row.try_get("actor").doing(DOING)?,
        region: row.try_get("region").doing(DOING)?,
        about: row.try_get("about").doing(DOING)?,
        code: row.try_get("code").doing(DOING)?,
        body: row.try_get("body").doing(DOING)?,
    };
    let seq = entry.seq;
    if count(seq) != report.ledger_entries {
        report.problem(format!("ledger entry {} is missing before entry {seq}", report.ledger_entries));
        report.ledger_entries = count(seq);
    }
    if entry.prev_hash != report.ledger_head {
        report.problem(format!("ledger entry {seq} does not follow the entry before it"));
    }
    let stored: String = row.try_get("hash").doing(DOING)?;
    if hash(&entry) != stored {
        report.problem(format!("ledger entry {seq} was changed: its hash does not fit"));
    }
    report.ledger_head = stored;
    Ok(())
}

/// A hold that was quietly taken away would let evidence be purged.
async fn check_holds(
    tx: &mut Tx,
    report: &mut ChainReport,
    mut told: HashMap<Uuid, (Fact, bool)>,
) -> Result<(), StoreError> {
    let rows = sqlx::query("SELECT * FROM hold").fetch_all(&mut **tx).await.doing(DOING)?;
    for row in &rows {
        let id = uuid(row.try_get("id").doing(DOING)?)?;
        let case: Option<&str> = row.try_get("case_id").doing(DOING)?;
        let kept = Fact::Held {
            case: case.map(uuid).transpose()?,
            sha256: row.try_get("sha256").doing(DOING)?,
            reason: row.try_get("reason").doing(DOING)?,
            until_utc: opt_time(row.try_get("until_us").doing(DOING)?)?,
        };
        let lifted = row.try_get::<Option<i64>, _>("lifted_us").doing(DOING)?.is_some();
        if told.remove(&id) != Some((kept, lifted)) {
            report.problem(format!("the hold {id} is not what the ledger says"));
        }
    }
    for id in told.keys() {
        report.problem(format!("the ledger tells of the hold {id}, which is gone"));
    }
    Ok(())
}

/// The list of what was purged has to give the hash that stands in its proof.
async fn check_proofs(
    tx: &mut Tx,
    report: &mut ChainReport,
    mut told: HashMap<Uuid, Proof>,
) -> Result<(), StoreError> {
    let runs = sqlx::query("SELECT id FROM purge_run WHERE ended_us IS NOT NULL")
        .fetch_all(&mut **tx)
        .await
        .doing(DOING)?;
    for row in &runs {
        let id = uuid(row.try_get("id").doing(DOING)?)?;
        match told.remove(&id) {
            Some(proof) if root(tx, id).await? == proof.root => {}
            Some(_) => report.problem(format!("the list of the purge {id} does not fit its proof")),
            None => report.problem(format!("the purge {id} has no proof in the ledger")),
        }
    }
    for id in told.keys() {
        report.problem(format!("the ledger tells of the purge {id}, which is gone"));
    }
    Ok(())
}

/// The hash over what a purge removed.
pub(super) async fn root(tx: &mut Tx, run: Uuid) -> Result<String, StoreError> {
    let mut root = Root::default();
    let run = run.to_string();
    let mut rows = sqlx::query("SELECT sha256, bytes, purged_us, belonged FROM purged WHERE run = $1")
        .bind(&run)
        .fetch(&mut **tx);
    // sorted here: databases differ in how they order text
    let mut lines = Vec::new();
    while let Some(row) = rows.try_next().await.doing(DOING)? {
        lines.push((
            row.try_get::<String, _>("sha256").doing(DOING)?,
            count(row.try_get("bytes").doing(DOING)?),
            row.try_get::<i64, _>("purged_us").doing(DOING)?,
            row.try_get::<String, _>("belonged").doing(DOING)?,
        ));
    }
    lines.sort_unstable();
    for (sha256, bytes, purged_us, belonged) in &lines {
        root.add(sha256, *bytes, *purged_us, belonged);
    }
    Ok(root.end())
}
