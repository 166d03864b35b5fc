//! The whole store as lines of JSON: see [`xunge_database::dump`].

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, Write};

use xunge_database::dump::{self, Copied, Layout};

use super::{Place, SETUP, Settings, Store, StoreError};

static LAYOUT: Layout = Layout {
    // who is logged in and who may look just now
    not_kept: &["session", "view_grant", "view_shown"],
    // what refers to others on SQLite only (migration 12): a backup of either database restores to the other
    refers: &[
        ("alert", "case_"),
        ("alert", "incident"),
        ("incident", "case_"),
        ("case_log", "case_"),
        ("timer", "case_"),
    ],
    // the last entry of a log is the end of its chain
    ordered: &[("case_log", "seq"), ("ledger", "seq"), ("case_", "ordinal")],
};

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dumped {
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// SHA-256 and size of every file that was kept at that moment.
    pub evidence: Vec<(String, u64)>,
    /// SHA-256 of files that were purged and have not come again.
    pub purged: Vec<String>,
    /// Hash of the last entry of the cases' log, empty where there is none.
    pub log_head: String,
    /// Hash of the last entry of the ledger, empty where there is none.
    pub ledger_head: String,
}

impl Dumped {
    fn see(&mut self, row: &Copied<'_>) {
        match row.table {
            "case_log" => self.log_head = row.text("hash"),
            "ledger" => self.ledger_head = row.text("hash"),
            "purged" => self.purged.push(row.text("sha256")),
            "evidence" => self.evidence.push((row.text("sha256"), row.number("bytes"))),
            _ => {}
        }
    }
}

impl Store {
    /// Writes everything of one moment, while others go on.
    pub async fn dump(&self, out: &mut (dyn Write + Send)) -> Result<Dumped, StoreError> {
        let mut tx = self.reading().await?;
        let mut dumped = Dumped::default();
        dumped.rows = dump::dump(&mut tx, &LAYOUT, out, &mut |row| dumped.see(&row)).await?;
        let kept: HashSet<&String> = dumped.evidence.iter().map(|(sha256, _)| sha256).collect();
        dumped.purged.retain(|sha256| !kept.contains(sha256));
        Ok(dumped)
    }

    /// Makes a store of what was copied, in a place where there is none, and brings it up to date.
    pub async fn load(
        place: &Place,
        settings: Settings,
        input: &mut (dyn BufRead + Send),
    ) -> Result<Self, StoreError> {
        dump::load(place, &SETUP, &LAYOUT, input).await?;
        Self::open(place, settings).await
    }
}
