//! Sequence numbers: which came, which are missing.

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;

use super::{Doing, StoreError, Tx, us};

/// Notes that `seq` of a series has come (or was refused: it is not missing either).
pub(super) async fn note(
    tx: &mut Tx,
    edge: &str,
    outbox: Uuid,
    seq: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let doing = "note a sequence number";
    let outbox = outbox.to_string();
    let row = sqlx::query("SELECT highest FROM series WHERE edge = $1 AND outbox = $2")
        .bind(edge)
        .bind(&outbox)
        .fetch_optional(&mut **tx)
        .await
        .doing(doing)?;
    // numbers begin at 1: the first message of a series already proves what is missing before it
    let highest: i64 = match &row {
        Some(row) => row.try_get("highest").doing(doing)?,
        None => 0,
    };
    if seq > highest {
        if seq > highest + 1 {
            insert_gap(tx, edge, &outbox, highest + 1, seq - 1, us(now)).await?;
        }
    } else {
        fill(tx, edge, &outbox, seq).await?;
    }
    sqlx::query(
        "INSERT INTO series (edge, outbox, highest, first_seen_us, last_seen_us) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (edge, outbox) DO UPDATE SET highest = $5, last_seen_us = $4",
    )
    .bind(edge)
    .bind(&outbox)
    .bind(seq)
    .bind(us(now))
    .bind(highest.max(seq))
    .execute(&mut **tx)
    .await
    .doing(doing)?;
    Ok(())
}

/// Takes one number out of the gap that it lies in, if any.
async fn fill(tx: &mut Tx, edge: &str, outbox: &str, seq: i64) -> Result<(), StoreError> {
    let doing = "fill a gap";
    let gap = sqlx::query(
        "SELECT first_seq, last_seq, noticed_us FROM gap
         WHERE edge = $1 AND outbox = $2 AND first_seq <= $3 AND last_seq >= $3",
    )
    .bind(edge)
    .bind(outbox)
    .bind(seq)
    .fetch_optional(&mut **tx)
    .await
    .doing(doing)?;
    let Some(gap) = gap else { return Ok(()) };
    let first: i64 = gap.try_get("first_seq").doing(doing)?;
    let last: i64 = gap.try_get("last_seq").doing(doing)?;
    let noticed: i64 = gap.try_get("noticed_us").doing(doing)?;
    sqlx::query("DELETE FROM gap WHERE edge = $1 AND outbox = $2 AND first_seq = $3")
        .bind(edge)
        .bind(outbox)
        .bind(first)
        .execute(&mut **tx)
        .await
        .doing(doing)?;
    if first < seq {
        insert_gap(tx, edge, outbox, first, seq - 1, noticed).await?;
    }
    if seq < last {
        insert_gap(tx, edge, outbox, seq + 1, last, noticed).await?;
    }
    Ok(())
}

async fn insert_gap(
    tx: &mut Tx,
    edge: &str,
    outbox: &str,
    first: i64,
    last: i64,
    noticed_us: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO gap (edge, outbox, first_seq, last_seq, noticed_us) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(edge)
    .bind(outbox)
    .bind(first)
    .bind(last)
    .bind(noticed_us)
    .execute(&mut **tx)
    .await
    .doing("note a gap")?;
    Ok(())
}
