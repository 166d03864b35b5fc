//! The case store: SQLite in one file, or PostgreSQL that several centres share. One set of functions, one set of
//! statements, one suite of tests for both.
//!
//! There is one writer at a time, in whichever centre (see `xunge_database`), so the log's chain has one end. Batches make up for
//! it: what waits is written together.

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
mod plans;
mod policy;
mod purge;
mod quarantine;
mod quiet;
mod report;
mod resources;
mod series;
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
pub use xunge_database::Place;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::Any;
use sqlx::migrate::Migrator;
use thiserror::Error;
use xunge_database::{Database, Setup, Tx};

use crate::case::Refused;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
static SETUP: Setup = Setup { migrations: &MIGRATIONS, writing: 0x78_75_6e_67_65 };

/// The store. Clones share the same connections.
#[derive(Clone, Debug)]
pub struct Store {
    db: Database,
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
    /// The database cannot be used.
    #[error(transparent)]
    Database(xunge_database::Error),
    /// What is stored makes no sense.
    #[error(
        "the case store holds something impossible: {0}; run `xunge-central verify` and restore a backup"
    )]
    Corrupt(String),
    /// A rule of the case forbids it.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// Says what was tried when a statement fails.
trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, what: &'static str) -> Result<T, StoreError> {
        Ok(xunge_database::Doing::doing(self, what)?)
    }
}

impl From<xunge_database::Error> for StoreError {
    fn from(error: xunge_database::Error) -> Self {
        match error {
            xunge_database::Error::Corrupt(what) => Self::Corrupt(what),
            other => Self::Database(other),
        }
    }
}

impl StoreError {
    /// Whether the data itself is at fault, so that trying again cannot help.
    pub fn is_about_data(&self) -> bool {
        match self {
            Self::Database(error) => error.is_about_data(),
            Self::Corrupt(_) | Self::Refused(_) => true,
        }
    }
}

impl Store {
    /// Opens the store and brings its tables up to date.
    pub async fn open(place: &Place, settings: Settings) -> Result<Self, StoreError> {
        let db = Database::open(place, &SETUP).await?;
        let mut tx = db.reading().await?;
        let policy = policy::first(&mut tx, &settings).await?;
        drop(tx);
        let policy = Arc::new(RwLock::new(Arc::new(policy)));
        Ok(Self {
            db,
            own: uuid::Uuid::new_v4(),
            settings,
            policy,
            boxes: Arc::default(),
            known: Arc::default(),
        })
    }

    /// Closes all connections; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Fails when the store cannot be read.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.db.ping().await?)
    }

    /// Lets the database look again at how its tables have grown: see [`Database::refresh_plans`].
    pub async fn refresh_plans(&self) -> Result<(), StoreError> {
        Ok(self.db.refresh_plans().await?)
    }

    /// Whether other centres may be using it too.
    pub fn is_shared(&self) -> bool {
        self.db.is_shared()
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
        Ok(self.db.begin().await?)
    }

    /// A connection that reads.
    async fn reader(&self) -> Result<sqlx::pool::PoolConnection<Any>, StoreError> {
        Ok(self.db.reader().await?)
    }

    /// Begins to read: everything that is read in it is of the same moment.
    async fn reading(&self) -> Result<Tx, StoreError> {
        Ok(self.db.reading().await?)
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
