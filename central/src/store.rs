//! The case store: SQLite in one file, or PostgreSQL that several centres share. One set of functions, one set of
//! statements, one suite of tests for both.
//!
//! There is one writer at a time: on SQLite by its lock, on PostgreSQL by an advisory lock that every write takes, in
//! whichever centre. So what a write has read stays true until it commits, numbers have no holes, and the log's chain
//! has one end. Batches make up for it: what waits is written together. Every write is one transaction.

mod alerts;
mod approval;
mod book;
mod cases;
mod chain;
mod desk;
mod dump;
mod duty;
mod edges;
mod evidence;
mod hooks;
mod incidents;
mod keep;
mod known;
mod ledger;
mod moments;
mod names;
mod news;
mod org;
mod outage;
mod outbox;
mod pictures;
mod place;
mod plans;
mod policy;
mod purge;
mod quarantine;
mod quiet;
mod report;
mod resources;
mod series;
mod sql;
mod take;
mod tokens;
mod users;
mod views;
mod why;

pub use approval::Approval;
pub use cases::{CaseFilter, Split};
pub use chain::ChainReport;
pub use dump::Dumped;
pub use duty::Duty;
pub use evidence::{Named, StoredEvidence};
pub use hooks::{Hook, HookView, MOST_HOOKS};
pub use keep::{Held, HoldView, Keeping};
pub use news::{Listener, News};
pub use org::{
    CameraPlaceView, DutyView, ImportKind, OnDutyView, PeriodView, PersonQuery, PersonView, RegionView,
    Report,
};
pub use outage::{BOX_OFFLINE, CAMERA_BLIND, Patience};
pub use outbox::{Failure, MOST_WAITING, MessageView, Outgoing};
pub use place::Place;
pub use plans::{Kept, PlanView, may_write};
pub use policy::{Policy, Settings};
pub use purge::{Belonged, PurgeOrder, PurgeView, PurgedFile};
pub use quarantine::QuarantineView;
pub use quiet::{Quiet, QuietPage, SECOND_PERSON_AFTER, Window, WindowView};
pub use take::Taken;
pub use tokens::{Machine, TokenView};
pub use users::{Session, UserView};
pub use views::{Grant, ShownFile, ViewFilter, ViewLine, Viewer, Wanted};
pub use why::{AlertWhy, BlindView, CameraWhy};

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::{Any, AnyPool, Transaction};
use thiserror::Error;

use crate::case::Refused;

/// What every write on PostgreSQL locks: one writer at a time, in all centres.
const WRITING: i64 = 0x78_75_6e_67_65;

/// A transaction in progress.
type Tx = Transaction<'static, Any>;

/// The store. Clones share the same connections.
#[derive(Clone, Debug)]
pub struct Store {
    writer: AnyPool,
    readers: AnyPool,
    place: Place,
    /// Names this centre among others.
    own: uuid::Uuid,
    settings: Settings,
    policy: Arc<RwLock<Arc<Policy>>>,
    /// Boxes that have a row.
    boxes: Arc<RwLock<HashSet<String>>>,
    /// Cases as they were last read or written here.
    known: Arc<Mutex<known::Known>>,
}

/// What can go wrong with the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database cannot be opened or made.
    #[error("cannot open the case store {place}: {source}; check that {}",
        if *.shared { "the server runs, the database exists, and its user may make tables in it" }
        else { "the folder exists and this user may write there" })]
    Open {
        /// File, or URL without a password.
        place: String,
        /// Whether it is PostgreSQL.
        shared: bool,
        /// Cause.
        source: sqlx::Error,
    },
    /// A database that cannot hold Chinese text.
    #[error("the case store {place} is encoded in {encoding}: make the database with ENCODING 'UTF8'")]
    Encoding {
        /// URL without a password.
        place: String,
        /// What it is encoded in.
        encoding: String,
    },
    /// The tables cannot be brought up to date.
    #[error(
        "cannot bring the case store up to date: {0}; if a newer version has used it, install that one again"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A statement failed.
    #[error("cannot {doing}: {source}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// Cause.
        source: sqlx::Error,
    },
    /// What is stored makes no sense.
    #[error(
        "the case store holds something impossible: {0}; run `xunge-central verify` and restore a backup"
    )]
    Corrupt(String),
    /// A file of a backup cannot be written or read.
    #[error("cannot write or read the backup: {0}; check the disk and its free space")]
    Backup(std::io::Error),
    /// Something is there already.
    #[error("{0} already holds a case store: restore only into a new file or an empty database")]
    NotEmpty(String),
    /// A rule of the case forbids it.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl StoreError {
    /// Whether the data itself is at fault, so that trying again cannot help.
    pub fn is_about_data(&self) -> bool {
        match self {
            Self::Database { source: sqlx::Error::Database(error), .. } => {
                // PostgreSQL: class 22 is data that it cannot hold
                !matches!(error.kind(), sqlx::error::ErrorKind::Other)
                    || error.code().is_some_and(|code| code.len() == 5 && code.starts_with("22"))
            }
            Self::Corrupt(_) | Self::Refused(_) => true,
            _ => false,
        }
    }
}

/// Says what was tried when a statement fails.
trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Database { doing: what, source })
    }
}

impl Store {
    /// Opens the store and brings its tables up to date.
    pub async fn open(place: &Place, settings: Settings) -> Result<Self, StoreError> {
        let place::Pools { writer, readers } = place.connect().await?;
        let mut tx = readers.begin().await.doing("begin to read")?;
        let policy = policy::first(&mut tx, &settings).await?;
        drop(tx);
        let policy = Arc::new(RwLock::new(Arc::new(policy)));
        Ok(Self {
            writer,
            readers,
            place: place.clone(),
            own: uuid::Uuid::new_v4(),
            settings,
            policy,
            boxes: Arc::default(),
            known: Arc::default(),
        })
    }

    /// Closes all connections; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Fails when the store cannot be read.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await.doing("read the store")?;
        Ok(())
    }

    /// Lets SQLite look again at how its tables have grown, which its plans rest on: at a part of each, and only where
    /// there is ten times as much as before. PostgreSQL does it by itself. Other connections see it when they are renewed,
    /// within half an hour.
    pub async fn refresh_plans(&self) -> Result<(), StoreError> {
        if !self.is_shared() {
            // all tables, with a limit: https://sqlite.org/pragma.html#pragma_optimize
            sqlx::query("PRAGMA optimize = 0x10012")
                .execute(&self.writer)
                .await
                .doing("look at the tables")?;
        }
        Ok(())
    }

    /// Whether other centres may be using it too.
    pub fn is_shared(&self) -> bool {
        self.place.is_shared()
    }

    /// What the configuration says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time zone whose days number the cases.
    pub fn zone(&self) -> &TimeZone {
        &self.settings.zone
    }

    fn has_row(&self, edge: &str) -> bool {
        self.boxes.read().unwrap_or_else(PoisonError::into_inner).contains(edge)
    }

    fn known(&self) -> MutexGuard<'_, known::Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Their rows are committed.
    fn have_rows(&self, edges: Vec<String>) {
        if !edges.is_empty() {
            self.boxes.write().unwrap_or_else(PoisonError::into_inner).extend(edges);
        }
    }

    /// Begins to write, when nobody else does.
    async fn begin(&self) -> Result<Tx, StoreError> {
        let doing = "begin to write";
        if !self.place.is_shared() {
            // takes the write lock at once: a reader that becomes a writer could be refused half way
            return self.writer.begin_with("BEGIN IMMEDIATE").await.doing(doing);
        }
        let mut tx = self.writer.begin().await.doing(doing)?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITING).execute(&mut *tx).await.doing(doing)?;
        Ok(tx)
    }

    /// A connection that reads.
    async fn reader(&self) -> Result<sqlx::pool::PoolConnection<Any>, StoreError> {
        self.readers.acquire().await.doing("begin to read")
    }

    /// Begins to read: everything that is read in it is of the same moment.
    async fn reading(&self) -> Result<Tx, StoreError> {
        let begin =
            if self.place.is_shared() { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" };
        self.readers.begin_with(begin).await.doing("begin to read")
    }
}

fn us(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Hours since 1970, for indexes that are to stand still while time goes on.
fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

fn time(us: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(us).map_err(|_| StoreError::Corrupt(format!("the time {us} µs")))
}

fn opt_time(us: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    us.map(time).transpose()
}

/// Sequence numbers and counts are never negative in the store.
fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A severity, 1 the most urgent.
fn level(value: i64) -> Result<u8, StoreError> {
    u8::try_from(value).map_err(|_| StoreError::Corrupt(format!("the severity {value}")))
}

fn uuid(text: &str) -> Result<uuid::Uuid, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt(format!("the id `{text}`")))
}
