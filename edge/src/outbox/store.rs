//! The durable rows. One thread owns this; see [`super`] for the face that others use.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use uuid::Uuid;
use xunge_alert::{Alert, ClockQuality, Confirm, EndReason, Phase};

use super::{Limits, MAX_MESSAGE_BYTES, Opened, OutboxError, Settled, Stats, schema};
use crate::spool::Spool;

/// The newest refused messages are kept for a person to look at.
const REFUSED_KEPT: u64 = 10_000;

pub(super) struct Store {
    pub(super) conn: Connection,
    pub(super) spool: Spool,
    outbox: Uuid,
    limits: Limits,
    path: PathBuf,
    /// The last field: given back after the database is closed.
    _lock: Lock,
}

/// Keeps other processes out; the kernel gives it back when this one dies.
struct Lock(File);

impl Drop for Lock {
    /// Closing the file is not enough: a child that this process is starting may still hold a copy of it.
    fn drop(&mut self) {
        let _ = self.0.unlock(); // closing follows anyway
    }
}

/// One row of `series`.
struct Series {
    last_seq: u64,
    depth: u64,
    depth_bytes: u64,
}

impl Store {
    pub(super) fn open(
        state_dir: &Path,
        limits: Limits,
        now: Timestamp,
    ) -> Result<(Self, Opened), OutboxError> {
        let directory =
            |source| OutboxError::Directory { path: state_dir.to_owned(), source: Arc::new(source) };
        fs::create_dir_all(state_dir).map_err(directory)?;
        let lock = File::create(state_dir.join("outbox.lock")).map_err(directory)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OutboxError::InUse { path: state_dir.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(directory(error)),
        }
        let spool = Spool::open(state_dir)?;
        let path = state_dir.join("outbox.db");
        let database = schema::open(&path, &limits, now)?;
        let mut store =
            Self { conn: database.conn, spool, outbox: database.outbox, limits, path, _lock: Lock(lock) };
        let mut opened = Opened { moved_aside: database.moved_aside, ..Opened::default() };
        store.begin(true)?;
        store.reconcile_evidence(database.fresh, now, &mut opened)?;
        store.commit()?;
        Ok((store, opened))
    }

    pub(super) fn outbox(&self) -> Uuid {
        self.outbox
    }

    /// Names the place and the action in what SQLite says.
    pub(super) fn at<T>(&self, doing: &'static str, result: rusqlite::Result<T>) -> Result<T, OutboxError> {
        result.map_err(|source| match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => OutboxError::DiskFull { path: self.path.clone() },
            _ => OutboxError::Database { doing, path: self.path.clone(), source: Arc::new(source) },
        })
    }

    pub(super) fn begin(&mut self, write: bool) -> Result<(), OutboxError> {
        // IMMEDIATE waits for a person's sqlite3 shell; a deferred transaction would fail at its first write
        let sql = if write { "BEGIN IMMEDIATE" } else { "BEGIN DEFERRED" };
        self.at("begin a transaction", self.conn.execute_batch(sql))
    }

    pub(super) fn commit(&mut self) -> Result<(), OutboxError> {
        if self.conn.is_autocommit() {
            return Err(OutboxError::Undone { path: self.path.clone() });
        }
        let done = self.at("commit", self.conn.execute_batch("COMMIT"));
        if done.is_err() && !self.conn.is_autocommit() {
            let _ = self.conn.execute_batch("ROLLBACK"); // the commit's error is the one to tell
        }
        done
    }

    /// True when SQLite itself has undone the running transaction (full disk, I/O error).
    pub(super) fn was_undone(&self) -> bool {
        self.conn.is_autocommit()
    }

    /// Runs one caller's work so that its failure undoes its own changes only.
    pub(super) fn savepoint<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, OutboxError>,
    ) -> Result<T, OutboxError> {
        self.at("begin a change", self.conn.execute_batch("SAVEPOINT work"))?;
        let done = work(self).and_then(|value| {
            self.at("finish a change", self.conn.execute_batch("RELEASE work"))?;
            Ok(value)
        });
        if done.is_err() && !self.was_undone() {
            let _ = self.conn.execute_batch("ROLLBACK TO work; RELEASE work"); // as above
        }
        done
    }

    fn series(&self) -> Result<Series, OutboxError> {
        let row = self.conn.query_row("SELECT last_seq, depth, depth_bytes FROM series", [], |row| {
            Ok(Series { last_seq: row.get(0)?, depth: row.get(1)?, depth_bytes: row.get(2)? })
        });
        self.at("read the series", row)
    }

    pub(super) fn stats(&self) -> Result<Stats, OutboxError> {
        let row = self.conn.query_row(
            "SELECT last_seq, depth, depth_bytes, last_confirmed_ms, refused, backlog_files, backlog_bytes,
                    evidence_bytes, evidence_lost, (SELECT utc_ms FROM pending ORDER BY seq LIMIT 1)
             FROM series",
            [],
            |row| {
                let time = |ms: Option<i64>| ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
                Ok(Stats {
                    last_seq: row.get(0)?,
                    depth: row.get(1)?,
                    depth_bytes: row.get(2)?,
                    last_confirmed_utc: time(row.get(3)?),
                    refused: row.get(4)?,
                    backlog_files: row.get(5)?,
                    backlog_bytes: row.get(6)?,
                    evidence_bytes: row.get(7)?,
                    evidence_lost: row.get(8)?,
                    oldest_utc: time(row.get(9)?),
                    trouble: None,
                })
            },
        );
        self.at("read the counters", row)
    }

    pub(super) fn append(&mut self, alert: Alert) -> Result<u64, OutboxError> {
        let series = self.series()?;
        let full = series.depth >= self.limits.max_rows || series.depth_bytes >= self.limits.max_bytes;
        if full {
            return Err(OutboxError::Full { rows: series.depth, mib: series.depth_bytes >> 20 });
        }
        self.append_unlimited(alert, series.last_seq + 1)
    }

    fn append_unlimited(&mut self, mut alert: Alert, seq: u64) -> Result<u64, OutboxError> {
        (alert.version, alert.outbox, alert.seq) = (xunge_alert::VERSION, self.outbox, seq);
        make_finite(&mut alert);
        let json = serde_json::to_string(&alert).map_err(|error| OutboxError::Encode(Arc::new(error)))?;
        if json.len() > MAX_MESSAGE_BYTES {
            return Err(OutboxError::TooLarge { bytes: json.len(), limit: MAX_MESSAGE_BYTES });
        }
        self.register_evidence(&alert)?;
        let id = alert.alert_id.to_string();
        let done = self
            .conn
            .prepare_cached("INSERT INTO pending (seq, utc_ms, payload) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute(params![seq, alert.utc.as_millisecond(), json]))
            .and_then(|_| match alert.phase {
                Phase::Began | Phase::Updated => self
                    .conn
                    .prepare_cached("INSERT OR REPLACE INTO open (alert_id, payload) VALUES (?1, ?2)")?
                    .execute([&id, &json]),
                Phase::Ended => {
                    self.conn.prepare_cached("DELETE FROM open WHERE alert_id = ?1")?.execute([&id])
                }
            });
        self.at("append an alert", done)?;
        Ok(seq)
    }

    /// Ends every happening that an earlier run left open. Past the limits too: there are few, and they end things.
    pub(super) fn close_interrupted(
        &mut self,
        now: Timestamp,
        quality: ClockQuality,
    ) -> Result<Vec<u64>, OutboxError> {
        let open =
            self.conn.prepare("SELECT alert_id, payload FROM open ORDER BY alert_id").and_then(|mut all| {
                all.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
                    .collect::<Result<Vec<_>, _>>()
            });
        let mut seqs = Vec::new();
        for (id, payload) in self.at("read the open happenings", open)? {
            let Ok(mut alert) = serde_json::from_str::<Alert>(&payload) else {
                tracing::error!(alert_id = id, "an open happening cannot be read any more and is forgotten");
                let gone = self.conn.execute("DELETE FROM open WHERE alert_id = ?1", [&id]);
                self.at("forget an open happening", gone)?;
                continue;
            };
            alert.revision = alert.revision.saturating_add(1);
            alert.phase = Phase::Ended;
            alert.end_reason = Some(EndReason::Restarted);
            alert.utc = now.max(alert.utc); // a box without a battery may wake up in the past
            alert.clock_quality = quality;
            let next = self.series()?.last_seq + 1;
            seqs.push(self.append_unlimited(alert, next)?);
        }
        Ok(seqs)
    }

    pub(super) fn pending(&self, limit: usize, after_seq: u64) -> Result<Vec<(u64, String)>, OutboxError> {
        let rows = self
            .conn
            .prepare_cached("SELECT seq, payload FROM pending WHERE seq > ?1 ORDER BY seq LIMIT ?2")
            .and_then(|mut select| {
                select
                    .query_map(params![after_seq, limit], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<Result<Vec<_>, _>>()
            });
        self.at("read the pending alerts", rows)
    }

    /// Deletes exactly the confirmed rows and sets the refused ones aside. Numbers of another series mean nothing here.
    pub(super) fn settle(&mut self, confirm: &Confirm, now: Timestamp) -> Result<Settled, OutboxError> {
        if confirm.outbox != self.outbox {
            return Ok(Settled { foreign: true, ..Settled::default() });
        }
        let mut settled = Settled::default();
        for seq in &confirm.confirmed {
            settled.confirmed += self.delete(*seq)?;
        }
        if !confirm.confirmed.is_empty() {
            let noted = self.conn.execute("UPDATE series SET last_confirmed_ms = ?1", [now.as_millisecond()]);
            self.at("note the confirm", noted)?;
        }
        for refused in &confirm.refused {
            settled.refused += self.set_aside(refused.seq, &refused.reason, now)?;
        }
        if settled.refused > 0 {
            let bounded = self.conn.execute(
                "DELETE FROM refused WHERE seq IN (SELECT seq FROM refused ORDER BY seq DESC LIMIT -1 OFFSET ?1)",
                [REFUSED_KEPT],
            );
            self.at("bound the refused alerts", bounded)?;
        }
        Ok(settled)
    }

    fn delete(&mut self, seq: u64) -> Result<usize, OutboxError> {
        let gone = self
            .conn
            .prepare_cached("DELETE FROM pending WHERE seq = ?1")
            .and_then(|mut delete| delete.execute([seq]));
        self.at("delete a confirmed alert", gone)
    }

    fn set_aside(&mut self, seq: u64, reason: &str, now: Timestamp) -> Result<usize, OutboxError> {
        let reason: String = reason.chars().take(1000).collect();
        let moved = self.conn.execute(
            "INSERT OR REPLACE INTO refused (seq, refused_ms, reason, payload)
             SELECT seq, ?2, ?3, payload FROM pending WHERE seq = ?1",
            params![seq, now.as_millisecond(), reason],
        );
        if self.at("set a refused alert aside", moved)? == 0 {
            return Ok(0);
        }
        let counted = self.conn.execute("UPDATE series SET refused = refused + 1", []);
        self.at("count a refused alert", counted)?;
        self.delete(seq)
    }

    pub(super) fn refused(&self, limit: usize) -> Result<Vec<(u64, String)>, OutboxError> {
        let rows = self.conn.prepare("SELECT seq, reason FROM refused ORDER BY seq DESC LIMIT ?1").and_then(
            |mut select| {
                select.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()
            },
        );
        self.at("read the refused alerts", rows)
    }

    /// Last message of a happening that has not ended.
    pub(super) fn open_happening(&self, alert_id: Uuid) -> Result<Option<Alert>, OutboxError> {
        let payload: Option<String> = self.at(
            "read an open happening",
            self.conn
                .query_row("SELECT payload FROM open WHERE alert_id = ?1", [alert_id.to_string()], |row| {
                    row.get(0)
                })
                .optional(),
        )?;
        Ok(payload.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Gives free pages back to the file system, a few at a time. Called when little else is to do.
    pub(super) fn shrink(&mut self) -> Result<(), OutboxError> {
        let done = self.conn.prepare_cached("PRAGMA incremental_vacuum(256)").and_then(|mut vacuum| {
            let mut rows = vacuum.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        });
        self.at("shrink the outbox", done)
    }
}

/// JSON has no NaN and no infinity. An alert with an unusable number is still an alert.
fn make_finite(alert: &mut Alert) {
    alert.threshold = alert.threshold.filter(|number| number.is_finite());
    alert.measured = alert.measured.filter(|number| number.is_finite());
    if !alert.dwell_secs.is_finite() {
        alert.dwell_secs = 0.0;
    }
    for number in alert.bounds.iter_mut().chain([&mut alert.score]) {
        if !number.is_finite() {
            *number = 0.0;
        }
    }
}
