//! Rows of the evidence: what waits for its upload, what was uploaded, what had to go.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::params;
use xunge_alert::{Alert, EvidenceKind};

use super::{Opened, OutboxError, PruneLimits, Pruned, Upload, Uploads, store::Store};
use crate::spool::media_type;

/// A retry further away than this was planned by a clock that was wrong.
const LONGEST_WAIT_MS: i64 = 2 * 3600 * 1000;

impl Store {
    /// Enters the files that an alert names. A file that is neither known nor here was pruned, or never was:
    /// the alert goes all the same.
    pub(super) fn register_evidence(&mut self, alert: &Alert) -> Result<(), OutboxError> {
        for file in &alert.evidence {
            let known = self
                .conn
                .prepare_cached("SELECT 1 FROM evidence WHERE sha256 = ?1")
                .and_then(|mut select| select.exists([&file.sha256]));
            if self.at("look up a piece of evidence", known)? {
                continue;
            }
            match self.spool.size(&file.sha256) {
                Some(bytes) => {
                    self.insert(&file.sha256, file.kind, &file.media_type, bytes, alert.utc.as_millisecond())?
                }
                None if alert.revision <= 1 => {
                    tracing::error!(sha256 = file.sha256, "an alert names evidence that is not on the disk");
                }
                None => {}
            }
        }
        Ok(())
    }

    fn insert(
        &mut self,
        sha256: &str,
        kind: EvidenceKind,
        media_type: &str,
        bytes: u64,
        created_ms: i64,
    ) -> Result<(), OutboxError> {
        let clip = kind == EvidenceKind::Clip;
        let done = self
            .conn
            .prepare_cached(
                "INSERT INTO evidence (sha256, clip, media_type, bytes, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut insert| insert.execute(params![sha256, clip, media_type, bytes, created_ms]));
        self.at("enter a piece of evidence", done).map(drop)
    }

    /// Snapshots before clips, older before younger.
    pub(super) fn next_uploads(&self, limit: usize, now: Timestamp) -> Result<Uploads, OutboxError> {
        let now = now.as_millisecond();
        let due = self
            .conn
            .prepare_cached(
                "SELECT sha256, clip, media_type, bytes, attempts FROM evidence
                 WHERE uploaded_ms IS NULL AND (next_ms <= ?1 OR next_ms > ?1 + ?2)
                 ORDER BY clip, created_ms, sha256 LIMIT ?3",
            )
            .and_then(|mut select| {
                select
                    .query_map(params![now, LONGEST_WAIT_MS, limit], |row| {
                        Ok(Upload {
                            sha256: row.get(0)?,
                            clip: row.get(1)?,
                            media_type: row.get(2)?,
                            bytes: row.get(3)?,
                            attempts: row.get(4)?,
                        })
                    })?
                    .collect::<Result<Vec<_>, _>>()
            });
        let due = self.at("read the next uploads", due)?;
        let next = self.conn.query_row(
            "SELECT min(next_ms) FROM evidence WHERE uploaded_ms IS NULL AND next_ms > ?1 AND next_ms <= ?1 + ?2",
            params![now, LONGEST_WAIT_MS],
            |row| row.get::<_, Option<i64>>(0),
        );
        let next = self.at("read the next retry", next)?;
        Ok(Uploads { due, next_utc: next.and_then(|ms| Timestamp::from_millisecond(ms).ok()) })
    }

    pub(super) fn uploaded(&mut self, sha256: &str, now: Timestamp) -> Result<(), OutboxError> {
        let done = self.conn.execute(
            "UPDATE evidence SET uploaded_ms = ?2, last_error = NULL WHERE sha256 = ?1 AND uploaded_ms IS NULL",
            params![sha256, now.as_millisecond()],
        );
        self.at("note an upload", done).map(drop)
    }

    pub(super) fn upload_failed(
        &mut self,
        sha256: &str,
        reason: &str,
        retry_utc: Timestamp,
    ) -> Result<(), OutboxError> {
        let reason: String = reason.chars().take(500).collect();
        let done = self.conn.execute(
            "UPDATE evidence SET attempts = attempts + 1, next_ms = ?2, last_error = ?3 WHERE sha256 = ?1",
            params![sha256, retry_utc.as_millisecond(), reason],
        );
        self.at("note a failed upload", done).map(drop)
    }

    /// Forgets a file that is not on the disk any more; it counts as lost when the centre does not have it.
    pub(super) fn evidence_missing(&mut self, sha256: &str) -> Result<(), OutboxError> {
        let done = self.conn.execute("DELETE FROM evidence WHERE sha256 = ?1", [sha256]);
        self.at("forget a missing file", done).map(drop)
    }

    /// Makes room: what the centre has first, then clips, then snapshots, each from the oldest.
    pub(super) fn prune(&mut self, limits: &PruneLimits) -> Result<Pruned, OutboxError> {
        let mut pruned = Pruned::default();
        let used: u64 = self.at(
            "read the size of the evidence",
            self.conn.query_row("SELECT evidence_bytes FROM series", [], |row| row.get(0)),
        )?;
        let free = self.spool.free_bytes()?;
        let mut excess =
            used.saturating_sub(limits.max_bytes).max(limits.min_free_bytes.saturating_sub(free));
        while excess > 0 {
            let batch = self
                .conn
                .prepare_cached(
                    "SELECT sha256, bytes, uploaded_ms IS NULL FROM evidence
                     ORDER BY uploaded_ms IS NULL, clip = 0, created_ms, sha256 LIMIT 64",
                )
                .and_then(|mut select| {
                    select
                        .query_map([], |row| {
                            Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?, row.get::<_, bool>(2)?))
                        })?
                        .collect::<Result<Vec<_>, _>>()
                });
            let batch = self.at("choose what to prune", batch)?;
            if batch.is_empty() {
                break;
            }
            for (sha256, bytes, needed) in batch {
                if excess == 0 {
                    break;
                }
                // the file first: on a full disk its space is what lets the row be written
                self.spool.remove(&sha256)?;
                self.evidence_missing(&sha256)?;
                excess = excess.saturating_sub(bytes.max(1));
                pruned.files += 1;
                pruned.bytes += bytes;
                pruned.lost += u64::from(needed);
            }
        }
        Ok(pruned)
    }

    /// Makes rows and files agree after a start. A file without a row was stored just before a crash and no alert
    /// names it: it goes. But when the database is new, the rows are what was lost, and the files are kept.
    pub(super) fn reconcile_evidence(
        &mut self,
        fresh: bool,
        now: Timestamp,
        opened: &mut Opened,
    ) -> Result<(), OutboxError> {
        let rows =
            self.conn.prepare("SELECT sha256, uploaded_ms IS NULL FROM evidence").and_then(|mut all| {
                all.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?
                    .collect::<Result<HashMap<_, _>, _>>()
            });
        let mut rows = self.at("read the evidence", rows)?;
        for file in self.spool.scan()? {
            if rows.remove(&file.sha256).is_some() {
                continue;
            }
            match self.spool.sniff(&file.sha256) {
                Some(kind) if fresh => {
                    let created = Timestamp::try_from(file.modified).unwrap_or(now);
                    let created_ms = created.as_millisecond();
                    self.insert(&file.sha256, kind, media_type(kind), file.bytes, created_ms)?;
                    opened.evidence_adopted += 1;
                }
                _ => self.spool.remove(&file.sha256)?,
            }
        }
        for (sha256, needed) in rows {
            self.evidence_missing(&sha256)?;
            opened.evidence_lost += u64::from(needed);
        }
        Ok(())
    }
}
