//! The file `outbox.db`: opening, checking, migrating, and moving aside what cannot be read any more.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode};
use uuid::Uuid;

use super::{Limits, OutboxError};
use crate::spool::sync_dir;

/// One entry per schema version; `user_version` counts how many are applied. Never change one that was released.
const MIGRATIONS: &[&str] = &[V1];

/// Counters live in the one row of `series` and are kept by triggers, so that they are always those of the commit.
/// Times are milliseconds since 1970, UTC.
const V1: &str = "
CREATE TABLE series (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    outbox TEXT NOT NULL,                             -- UUID, made with this file
    last_seq INTEGER NOT NULL DEFAULT 0,              -- numbers are never given twice, even after a row is gone
    depth INTEGER NOT NULL DEFAULT 0,
    depth_bytes INTEGER NOT NULL DEFAULT 0,
    last_confirmed_ms INTEGER,
    refused INTEGER NOT NULL DEFAULT 0,               -- ever; table refused keeps the newest
    backlog_files INTEGER NOT NULL DEFAULT 0,
    backlog_bytes INTEGER NOT NULL DEFAULT 0,
    evidence_bytes INTEGER NOT NULL DEFAULT 0,
    evidence_lost INTEGER NOT NULL DEFAULT 0          -- files that went before the centre had them
) STRICT;
CREATE TABLE pending (
    seq INTEGER PRIMARY KEY,
    utc_ms INTEGER NOT NULL,
    payload TEXT NOT NULL
) STRICT;
CREATE TRIGGER pending_grows AFTER INSERT ON pending BEGIN
    UPDATE series SET last_seq = new.seq, depth = depth + 1,
        depth_bytes = depth_bytes + length(CAST(new.payload AS BLOB));
END;
CREATE TRIGGER pending_shrinks AFTER DELETE ON pending BEGIN
    UPDATE series SET depth = depth - 1,
        depth_bytes = depth_bytes - length(CAST(old.payload AS BLOB));
END;
CREATE TABLE refused (
    seq INTEGER PRIMARY KEY,
    refused_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload TEXT NOT NULL
) STRICT;
CREATE TABLE open (
    alert_id TEXT PRIMARY KEY,
    payload TEXT NOT NULL                             -- the happening's last message
) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (
    sha256 TEXT PRIMARY KEY,
    clip INTEGER NOT NULL CHECK (clip IN (0, 1)),
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    uploaded_ms INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_ms INTEGER NOT NULL DEFAULT 0,               -- not tried again before
    last_error TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_waits ON evidence (clip, created_ms) WHERE uploaded_ms IS NULL;
CREATE INDEX evidence_age ON evidence (created_ms);
CREATE TRIGGER evidence_comes AFTER INSERT ON evidence BEGIN
    UPDATE series SET evidence_bytes = evidence_bytes + new.bytes,
        backlog_files = backlog_files + (new.uploaded_ms IS NULL),
        backlog_bytes = backlog_bytes + iif(new.uploaded_ms IS NULL, new.bytes, 0);
END;
CREATE TRIGGER evidence_uploaded AFTER UPDATE OF uploaded_ms ON evidence
WHEN old.uploaded_ms IS NULL AND new.uploaded_ms IS NOT NULL BEGIN
    UPDATE series SET backlog_files = backlog_files - 1, backlog_bytes = backlog_bytes - old.bytes;
END;
CREATE TRIGGER evidence_goes AFTER DELETE ON evidence BEGIN
    UPDATE series SET evidence_bytes = evidence_bytes - old.bytes,
        backlog_files = backlog_files - (old.uploaded_ms IS NULL),
        backlog_bytes = backlog_bytes - iif(old.uploaded_ms IS NULL, old.bytes, 0),
        evidence_lost = evidence_lost + (old.uploaded_ms IS NULL);
END;
";

/// An open database with the current schema.
pub(super) struct Database {
    pub conn: Connection,
    pub outbox: Uuid,
    /// The series began with this call.
    pub fresh: bool,
    /// Where an unreadable file of before was moved to, and what is wrong with it.
    pub moved_aside: Option<(PathBuf, String)>,
}

enum Trouble {
    /// The file is damaged or is no outbox: a new one must be begun.
    Unreadable(String),
    Other(OutboxError),
}

/// Opens the database in `path`; one that cannot be read is moved aside, never deleted.
pub(super) fn open(path: &Path, limits: &Limits, now: Timestamp) -> Result<Database, OutboxError> {
    match open_once(path, limits) {
        Ok(database) => Ok(database),
        Err(Trouble::Other(error)) => Err(error),
        Err(Trouble::Unreadable(reason)) => {
            let aside = move_aside(path, now)?;
            match open_once(path, limits) {
                Ok(database) => Ok(Database { moved_aside: Some((aside, reason)), ..database }),
                Err(Trouble::Other(error)) => Err(error),
                Err(Trouble::Unreadable(_)) => Err(OutboxError::Undone { path: path.to_owned() }),
            }
        }
    }
}

fn open_once(path: &Path, limits: &Limits) -> Result<Database, Trouble> {
    let trouble = |doing| {
        move |source: rusqlite::Error| match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Trouble::Unreadable(source.to_string())
            }
            Some(ErrorCode::DiskFull) => Trouble::Other(OutboxError::DiskFull { path: path.to_owned() }),
            _ => Trouble::Other(OutboxError::Database {
                doing,
                path: path.to_owned(),
                source: Arc::new(source),
            }),
        }
    };
    let mut conn = Connection::open(path).map_err(trouble("open the outbox"))?;
    conn.busy_timeout(Duration::from_secs(5)).map_err(trouble("set the waiting time"))?;
    let version: usize = conn
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(trouble("read the schema version"))?;
    if version > MIGRATIONS.len() {
        let (path, known) = (path.to_owned(), MIGRATIONS.len());
        return Err(Trouble::Other(OutboxError::Newer { path, found: version, known }));
    }
    let verdict: String =
        conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(trouble("check the outbox"))?;
    if verdict != "ok" {
        return Err(Trouble::Unreadable(verdict));
    }
    if version == 0 {
        let tables: u64 = conn
            .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
            .map_err(trouble("look into the outbox"))?;
        if tables > 0 {
            return Err(Trouble::Unreadable("it is a database, but no outbox".to_owned()));
        }
        conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL").map_err(trouble("prepare the outbox"))?;
    }
    // FULL: a commit is on the disk when it returns, also in WAL mode
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .and_then(|()| conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF"))
        .and_then(|()| conn.pragma_update(None, "journal_size_limit", 64 << 20))
        .map_err(trouble("prepare the outbox"))?;
    limit_size(&conn, limits).map_err(trouble("limit the size of the outbox"))?;
    migrate(&mut conn, version).map_err(trouble("migrate the outbox"))?;
    let fresh = version == 0;
    if fresh && let Some(folder) = path.parent() {
        sync_dir(folder).map_err(|error| Trouble::Other(error.into()))?;
    }
    let outbox: String = conn
        .query_row("SELECT outbox FROM series", [], |row| row.get(0))
        .map_err(|_| Trouble::Unreadable("its series is missing".to_owned()))?;
    let outbox = Uuid::parse_str(&outbox)
        .map_err(|_| Trouble::Unreadable(format!("its series `{outbox}` is not a UUID")))?;
    Ok(Database { conn, outbox, fresh, moved_aside: None })
}

fn limit_size(conn: &Connection, limits: &Limits) -> rusqlite::Result<()> {
    let page: u64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = (limits.max_file_bytes / page.max(1)).clamp(64, u64::from(u32::MAX) - 2);
    conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
}

fn migrate(conn: &mut Connection, version: usize) -> rusqlite::Result<()> {
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(version) {
        let transaction = conn.transaction()?;
        transaction.execute_batch(sql)?;
        if index == 0 {
            transaction
                .execute("INSERT INTO series (one, outbox) VALUES (1, ?1)", [Uuid::new_v4().to_string()])?;
        }
        transaction.pragma_update(None, "user_version", index + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// `outbox.db` → `outbox.db.unreadable-20261123T072000Z`, with its journal files.
fn move_aside(path: &Path, now: Timestamp) -> Result<PathBuf, OutboxError> {
    let failed = |source: io::Error| OutboxError::Directory {
        path: path.parent().unwrap_or(path).to_owned(),
        source: Arc::new(source),
    };
    let beside = |from: &Path, tail: &str| {
        let mut name = from.as_os_str().to_owned();
        name.push(tail);
        PathBuf::from(name)
    };
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut aside = beside(path, &format!(".unreadable-{stamp}"));
    let mut number = 1;
    while aside.exists() {
        number += 1;
        aside = beside(path, &format!(".unreadable-{stamp}-{number}"));
    }
    for tail in ["", "-wal", "-shm"] {
        match fs::rename(beside(path, tail), beside(&aside, tail)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    if let Some(folder) = path.parent() {
        sync_dir(folder)?;
    }
    Ok(aside)
}
