//! The durable queue between the cameras and the centre: nothing leaves the edge except through here.
//!
//! **Durable.** [`Outbox::append`] returns when the alert is on the disk (SQLite, WAL, `synchronous = FULL`). Its
//! number is given in the same transaction: gapless from 1 within a *series*, and never given twice. A series is made
//! with the database file; a box that lost its disk begins a new one, and the centre can tell the two apart.
//!
//! **Kept until the centre has it.** A row goes only when the centre's own commit is confirmed by number
//! ([`Outbox::settle`]). Refused rows are set aside, counted, and kept for a person.
//!
//! **Bounded, never dropping.** At the limit, or on a full disk, `append` fails and [`Stats::trouble`] says so.
//! [`Outbox::append_until_durable`] then holds the calling camera's rule thread until there is room: frames are
//! dropped and counted in front of it, alerts are not.
//!
//! **Open happenings.** The last message of each happening that has not ended is kept, so that a start after a crash
//! can end what nobody watches any more ([`Outbox::close_interrupted`]).
//!
//! **Evidence.** The files that an alert names are entered in the alert's own transaction; the uploader works
//! through them, and [`Outbox::prune`] makes room.
//!
//! One thread owns the database. Callers hand it work over a bounded channel and wait; what has gathered while it
//! was busy is committed together, so ten cameras cost one fsync. No lock is held over the disk, and reading
//! [`Outbox::stats`] never waits for it.

mod error;
mod evidence;
mod schema;
mod store;
mod worker;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;
use xunge_alert::{Alert, ClockQuality, Confirm};

pub use error::OutboxError;
use store::Store;
use worker::Worker;

use crate::spool::Spool;

/// The largest message that [`Outbox::append`] takes; brokers and the centre take at least 256 KiB.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// How much may wait.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Alerts that may wait for the centre.
    pub max_rows: u64,
    /// Bytes of their messages.
    pub max_bytes: u64,
    /// Size of the database file, with everything in it.
    pub max_file_bytes: u64,
}

impl Default for Limits {
    /// A million alerts or 2 GiB: a busy box reaches that after months without its centre.
    fn default() -> Self {
        Self { max_rows: 1_000_000, max_bytes: 2 << 30, max_file_bytes: 6 << 30 }
    }
}

/// How much evidence may lie on the disk.
#[derive(Debug, Clone)]
pub struct PruneLimits {
    /// Bytes of all files together.
    pub max_bytes: u64,
    /// What must stay free on the file system, so that alerts can always be written.
    pub min_free_bytes: u64,
}

/// What [`Outbox::prune`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Files that went.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// How many of them the centre does not have.
    pub lost: u64,
}

/// What was found and put right when the outbox was opened.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// The database could not be read: where it was moved to, and what is wrong with it. A new series has begun.
    pub moved_aside: Option<(PathBuf, String)>,
    /// Files that stood on the disk without a row and are uploaded now (only after a database was lost).
    pub evidence_adopted: u64,
    /// Files that should have been uploaded and are not on the disk any more.
    pub evidence_lost: u64,
}

/// What a confirm changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Rows that were deleted. Numbers that were gone already do not count.
    pub confirmed: usize,
    /// Rows that were set aside.
    pub refused: usize,
    /// The confirm was for another series and changed nothing.
    pub foreign: bool,
}

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its hash, which is also its name on the disk and at the centre.
    pub sha256: String,
    /// A clip, not a snapshot.
    pub clip: bool,
    /// `image/jpeg` or `video/mp4`.
    pub media_type: String,
    /// Its size.
    pub bytes: u64,
    /// Failed attempts so far.
    pub attempts: u32,
}

/// What to upload now.
#[derive(Debug, Clone, Default)]
pub struct Uploads {
    /// Files whose time has come: snapshots before clips, older before younger.
    pub due: Vec<Upload>,
    /// When the next retry is due, for those that wait.
    pub next_utc: Option<Timestamp>,
}

/// How things stand, for health reports. As of the last commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// The last number that was given.
    pub last_seq: u64,
    /// Alerts that wait for the centre's confirm.
    pub depth: u64,
    /// Bytes of their messages.
    pub depth_bytes: u64,
    /// `utc` of the oldest of them.
    pub oldest_utc: Option<Timestamp>,
    /// When the centre last confirmed something.
    pub last_confirmed_utc: Option<Timestamp>,
    /// Alerts that the centre refused, ever.
    pub refused: u64,
    /// Files that wait for their upload.
    pub backlog_files: u64,
    /// Bytes of them.
    pub backlog_bytes: u64,
    /// Bytes of all evidence on the disk.
    pub evidence_bytes: u64,
    /// Files that went before the centre had them, ever.
    pub evidence_lost: u64,
    /// Why alerts cannot be appended at the moment: the loudest thing a box can say.
    pub trouble: Option<String>,
}

/// The outbox of one box. Cheap to clone. The last clone to go closes the database.
///
/// All methods but [`Self::stats`] and [`Self::watch`] wait for the disk: call them from threads, or from async code
/// through `spawn_blocking`.
#[derive(Clone)]
pub struct Outbox {
    worker: Arc<Worker>,
    outbox: Uuid,
    spool: Spool,
}

impl Outbox {
    /// Opens (makes, when missing) the outbox in `state_dir`. Only one process may have it open.
    pub fn open(state_dir: &Path, limits: Limits, now: Timestamp) -> Result<(Self, Opened), OutboxError> {
        let (store, opened) = Store::open(state_dir, limits, now)?;
        if let Some((aside, reason)) = &opened.moved_aside {
            tracing::error!(
                "the outbox could not be read ({reason}) and was moved to {}; a new series begins. \
                 Alerts in the old file were not delivered: keep it",
                aside.display()
            );
        }
        let (outbox, spool) = (store.outbox(), store.spool.clone());
        let worker = Arc::new(Worker::start(store)?);
        Ok((Self { worker, outbox, spool }, opened))
    }

    /// The series that numbers are counted in.
    pub fn series(&self) -> Uuid {
        self.outbox
    }

    /// Where evidence is stored before an alert names it.
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// How things stand. Never waits.
    pub fn stats(&self) -> Stats {
        self.worker.stats().borrow().clone()
    }

    /// Tells of every change.
    pub fn watch(&self) -> watch::Receiver<Stats> {
        self.worker.stats().clone()
    }

    /// Appends a message, durable on return, and gives its number. `version`, `outbox` and `seq` of `alert` are
    /// filled in here, whatever they were. The evidence that it names must be in the [`Spool`] already.
    ///
    /// `began` and `updated` leave the happening open, `ended` closes it; a later revision that only adds evidence
    /// to an ended happening keeps `phase = ended`.
    pub fn append(&self, alert: Alert) -> Result<u64, OutboxError> {
        self.worker.append(move |store| store.append(alert))
    }

    /// [`Self::append`], tried again until there is room or `go_on` says no. Blocks the caller meanwhile, which is
    /// how a camera is slowed down instead of its alerts being dropped. Fails only with what no waiting can cure.
    pub fn append_until_durable(&self, alert: Alert, go_on: impl Fn() -> bool) -> Result<u64, OutboxError> {
        const FIRST: Duration = Duration::from_millis(200);
        const LONGEST: Duration = Duration::from_secs(5);
        const SLICE: Duration = Duration::from_millis(100); // how soon a stop is noticed
        let mut pause = FIRST;
        loop {
            match self.append(alert.clone()) {
                Err(error) if error.is_passing() => {
                    tracing::error!(%error, camera = alert.camera, "an alert waits to be written");
                }
                done => return done,
            }
            let mut waited = Duration::ZERO;
            while waited < pause {
                if !go_on() {
                    return Err(OutboxError::Closed);
                }
                std::thread::sleep(SLICE); // the caller is meant to wait: see the module
                waited += SLICE;
            }
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// Ends every happening that an earlier run left open: one message each, `ended`, `restarted`, the next revision.
    /// Call once at start, before the first camera. Gives the numbers.
    pub fn close_interrupted(&self, now: Timestamp, quality: ClockQuality) -> Result<Vec<u64>, OutboxError> {
        self.worker.write(move |store| store.close_interrupted(now, quality))
    }

    /// The oldest unconfirmed messages with a number above `after_seq`, ascending.
    pub fn pending(&self, limit: usize, after_seq: u64) -> Result<Vec<(u64, String)>, OutboxError> {
        self.worker.read(move |store| store.pending(limit, after_seq))
    }

    /// Does what the centre's confirm says: deletes exactly the confirmed rows, sets the refused ones aside.
    /// A confirm for another series changes nothing.
    pub fn settle(&self, confirm: Confirm, now: Timestamp) -> Result<Settled, OutboxError> {
        let settled = self.worker.write(move |store| store.settle(&confirm, now))?;
        if settled.refused > 0 {
            tracing::error!(
                count = settled.refused,
                "the centre refused alerts; they are kept in the outbox"
            );
        }
        Ok(settled)
    }

    /// The newest refused messages: number and reason.
    pub fn refused(&self, limit: usize) -> Result<Vec<(u64, String)>, OutboxError> {
        self.worker.read(move |store| store.refused(limit))
    }

    /// The last message of a happening that has not ended.
    pub fn open_happening(&self, alert_id: Uuid) -> Result<Option<Alert>, OutboxError> {
        self.worker.read(move |store| store.open_happening(alert_id))
    }

    /// Files whose upload is due.
    pub fn next_uploads(&self, limit: usize, now: Timestamp) -> Result<Uploads, OutboxError> {
        self.worker.read(move |store| store.next_uploads(limit, now))
    }

    /// The centre has this file.
    pub fn uploaded(&self, sha256: &str, now: Timestamp) -> Result<(), OutboxError> {
        let sha256 = sha256.to_owned();
        self.worker.write(move |store| store.uploaded(&sha256, now))
    }

    /// The centre did not take this file; it is due again at `retry_utc`.
    pub fn upload_failed(&self, sha256: &str, reason: &str, retry_utc: Timestamp) -> Result<(), OutboxError> {
        let (sha256, reason) = (sha256.to_owned(), reason.to_owned());
        self.worker.write(move |store| store.upload_failed(&sha256, &reason, retry_utc))
    }

    /// This file is not on the disk any more.
    pub fn evidence_missing(&self, sha256: &str) -> Result<(), OutboxError> {
        let sha256 = sha256.to_owned();
        self.worker.write(move |store| store.evidence_missing(&sha256))
    }

    /// Makes room on the disk: what the centre has goes first, then clips, then snapshots, each from the oldest.
    /// Call every minute or so.
    pub fn prune(&self, limits: PruneLimits) -> Result<Pruned, OutboxError> {
        let pruned = self.worker.write(move |store| store.prune(&limits))?;
        if pruned.lost > 0 {
            tracing::error!(
                files = pruned.lost,
                "evidence was deleted to make room before the centre had it"
            );
        }
        Ok(pruned)
    }
}
