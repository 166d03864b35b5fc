//! The residents' database: SQLite in one file, or PostgreSQL. It shares nothing with the case store, neither tables nor keys
//! nor people.

mod account;
mod audit;
mod conflict;
mod copy;
mod dwelling;
mod ending;
mod explain;
mod family;
mod filing;
mod find;
mod heard;
mod import;
mod people;
mod person;
mod present;
mod recheck;
mod region;
mod release;
mod rotate;
mod rules;
mod scan;
mod settle;
mod statistics;
mod step;
mod task;
mod times;
mod twice;
mod workdays;
mod worklist;

pub use account::{AccountChange, AccountView};
pub use audit::{AuditFilter, Checked, Deed, Entry, What};
pub use conflict::ConflictFilter;
pub use explain::{Explained, Occasion, TaskLine, Unmet, Verdict, Why};
pub use find::{PersonFilter, Place as PersonPlace};
pub use import::{Done, ImportView, Order, Progress};
pub use people::{ConflictLine, Hidden, Home, PersonGap, PersonLine, PersonView};
pub use region::{RegionView, read_regions};
pub use rules::{RuleView, Use, VersionView};
pub use scan::{Counted, Release, Scanned};
pub use settle::{Choice, Settlement};
pub use statistics::{Asked, Count, Gap, ScanView};
pub use task::Outcome;
pub use times::{place_day, zone};
pub use worklist::{Call, Mark, SHEET, TaskDetail, TaskFilter, TaskView};

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use sqlx::migrate::Migrator;
use thiserror::Error;
use xunge_database::{Database, Doing, Place, Setup, Tx};

use crate::key::{BadKeys, Keys};
use crate::table::BadTable;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
static SETUP: Setup = Setup { migrations: &MIGRATIONS, writing: 0x78_75_6e_67_70 };

/// The first day that days are counted from.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// What can go wrong with the residents' store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] xunge_database::Error),
    /// A number cannot be sealed or opened.
    #[error(transparent)]
    Keys(#[from] BadKeys),
    /// A file is no table.
    #[error(transparent)]
    Table(#[from] BadTable),
    /// It may not be done so; what and what to do instead.
    #[error("{en}")]
    Refused {
        /// In Chinese.
        zh: String,
        /// In English.
        en: String,
    },
    /// What is stored makes no sense.
    #[error("the residents' database holds something impossible: {0}; restore a backup")]
    Corrupt(String),
}

impl StoreError {
    fn refused(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Refused { zh: zh.into(), en: en.into() }
    }
}

/// The residents' store. Clones share the same connections.
#[derive(Clone, Debug)]
pub struct Store {
    db: Database,
    key_file: PathBuf,
    /// The keys, and when the file was written that they are from.
    keys: Arc<Mutex<(SystemTime, Arc<Keys>)>>,
}

impl Store {
    /// Opens the store and brings its tables up to date. Its keys are in a file; a new one is made for a store that is new.
    pub async fn open(place: &Place, key_file: &Path) -> Result<Self, StoreError> {
        let db = Database::open(place, &SETUP).await?;
        if !key_file.exists() {
            let people: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM (SELECT person FROM person LIMIT 1) p")
                    .fetch_one(db.readers())
                    .await
                    .doing("look whether the store is new")?;
            if people > 0 {
                // without them nobody can read a number; new ones would only hide that
                return Err(Keys::load(key_file).err().unwrap_or(BadKeys::Empty).into());
            }
            Keys::make()?.save(key_file)?;
        }
        let keys = Mutex::new((written(key_file)?, Arc::new(Keys::load(key_file)?)));
        Ok(Self { db, key_file: key_file.to_owned(), keys: Arc::new(keys) })
    }

    /// Closes all connections; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Lets the database look again at how its tables have grown: see [`Database::refresh_plans`].
    pub async fn refresh_plans(&self) -> Result<(), StoreError> {
        Ok(self.db.refresh_plans().await?)
    }

    /// The keys that numbers are sealed with, as the file has them now. Whoever writes asks for them after it has begun: a
    /// rotation ends while nobody writes.
    pub fn keys(&self) -> Result<Arc<Keys>, StoreError> {
        let held = || self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let now = written(&self.key_file)?;
        let (when, keys) = held().clone();
        if when == now {
            return Ok(keys);
        }
        let keys = Arc::new(Keys::load(&self.key_file)?);
        *held() = (now, keys.clone());
        Ok(keys)
    }

    /// Begins to write, when nobody else does.
    async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(self.db.begin().await?)
    }
}

/// When a file was written.
fn written(file: &Path) -> Result<SystemTime, BadKeys> {
    std::fs::metadata(file)
        .and_then(|about| about.modified())
        .map_err(|source| BadKeys::File { path: file.to_owned(), source })
}

fn us(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Days since 1970.
fn day_number(day: Date) -> i64 {
    // dates of the calendar are less than 10 million days apart
    day.since(EPOCH).map_or(0, |span| i64::from(span.get_days()))
}

/// The day with this number.
fn day(number: i64) -> Result<Date, StoreError> {
    i32::try_from(number)
        .ok()
        .and_then(|days| EPOCH.checked_add(days.days()).ok())
        .ok_or_else(|| StoreError::Corrupt(format!("the day {number}")))
}
