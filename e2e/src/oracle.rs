//! What must be true at the end: every alert that was appended is exactly one row at the centre.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};

/// What one database says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Series and number of every message.
    pub messages: BTreeSet<(String, u64)>,
    /// Happenings.
    pub alerts: BTreeSet<String>,
    /// Rows in the table of happenings (more than `alerts` when one is there twice).
    pub alert_rows: u64,
    /// Rows in the table of messages.
    pub message_rows: u64,
}

impl Ledger {
    /// Reads the centre's database.
    pub fn of_centre(database: &Path) -> Result<Self> {
        let db = open(database)?;
        let mut ledger = Self::default();
        let mut rows = db.prepare("SELECT outbox, seq, alert_id FROM alert_message")?;
        let mut rows = rows.query([])?;
        let mut named = BTreeSet::new();
        while let Some(row) = rows.next()? {
            ledger.message_rows += 1;
            ledger.messages.insert((row.get(0)?, row.get(1)?));
            named.insert(row.get::<_, String>(2)?);
        }
        let mut rows = db.prepare("SELECT alert_id FROM alert")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            ledger.alert_rows += 1;
            ledger.alerts.insert(row.get(0)?);
        }
        anyhow::ensure!(
            named == ledger.alerts,
            "messages and happenings disagree: {:?}",
            named.symmetric_difference(&ledger.alerts).collect::<Vec<_>>()
        );
        Ok(ledger)
    }
}

/// Says what is wrong when `appended` numbers 1.. of `series` are not all at the centre exactly once.
pub fn compare(centre: &Ledger, series: &str, appended: u64) -> Result<()> {
    let missing: Vec<u64> =
        (1..=appended).filter(|seq| !centre.messages.contains(&(series.to_owned(), *seq))).collect();
    anyhow::ensure!(missing.is_empty(), "lost: {missing:?} of {appended}");
    let of_series = centre.messages.iter().filter(|(s, _)| s == series).count() as u64;
    anyhow::ensure!(of_series == appended, "{of_series} numbers at the centre, {appended} were appended");
    anyhow::ensure!(centre.message_rows == centre.messages.len() as u64, "a message is there twice");
    anyhow::ensure!(centre.alert_rows == centre.alerts.len() as u64, "a happening is there twice");
    Ok(())
}

fn open(path: &Path) -> Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("cannot open {}", path.display()))
}

/// What the edge's outbox says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbox {
    /// Identity of its numbers.
    pub series: String,
    /// Messages appended since it was made.
    pub appended: u64,
    /// Of these, not yet confirmed by the centre.
    pub unconfirmed: u64,
    /// Refused by the centre.
    pub refused: u64,
    /// Evidence that waits for its upload.
    pub uploads: u64,
}

impl Outbox {
    /// Reads the edge's database; the edge must not be running.
    pub fn read(database: &Path) -> Result<Self> {
        // a killed edge leaves a write-ahead log that only a writer may recover
        let db = Connection::open(database).with_context(|| format!("cannot open {}", database.display()))?;
        Ok(db.query_row("SELECT outbox, last_seq, depth, refused, backlog_files FROM series", [], |row| {
            Ok(Self {
                series: row.get(0)?,
                appended: row.get(1)?,
                unconfirmed: row.get(2)?,
                refused: row.get(3)?,
                uploads: row.get(4)?,
            })
        })?)
    }
}
