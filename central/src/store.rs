//! The case store: SQLite in WAL mode, `synchronous=FULL`: what is committed survives a power cut.
//!
//! One connection writes, so batches never wait for each other's locks; a few others read. Every write is one
//! transaction. SQL is checked by the tests of this crate, not at compile time, and is kept plain enough that
//! PostgreSQL can stand behind the same functions.

mod alerts;
mod cases;
mod chain;
mod edges;
mod evidence;
mod quarantine;
mod series;
mod take;
mod users;

pub use cases::CaseFilter;
pub use chain::ChainReport;
pub use evidence::{Named, StoredEvidence};
pub use take::Taken;
pub use users::{Role, Session};

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use thiserror::Error;

use crate::case::Refused;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// How long a write waits for a command-line tool that writes at the same time.
const BUSY: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

/// A write in progress.
type Tx = Transaction<'static, Sqlite>;

/// The store. Clones share the same connections.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Whose days number the cases.
    zone: TimeZone,
}

/// What can go wrong with the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file cannot be opened or made.
    #[error("cannot open the case store {}: {source}; check that the folder exists and this user may write there", .path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// Cause.
        source: sqlx::Error,
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
    /// A rule of the case forbids it.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl StoreError {
    /// Whether the data itself is at fault, so that trying again cannot help.
    pub fn is_about_data(&self) -> bool {
        match self {
            Self::Database { source: sqlx::Error::Database(error), .. } => {
                !matches!(error.kind(), sqlx::error::ErrorKind::Other)
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
    /// Opens the store file, makes it where there is none, and brings its tables up to date.
    pub async fn open(path: &Path, zone: TimeZone) -> Result<Self, StoreError> {
        let broken = |source| StoreError::Open { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        // `run` and a command-line tool may open a new store at the same moment
        let turn = lock(path.with_extension("lock")).await.map_err(|error| broken(error.into()))?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(broken)?;
        MIGRATIONS.run(&writer).await?;
        drop(turn);
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.create_if_missing(false).pragma("query_only", "ON"))
            .await
            .map_err(broken)?;
        Ok(Self { writer, readers, zone })
    }

    /// Closes all connections; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Fails when the store cannot be read.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await.doing("read the store")?;
        Ok(())
    }

    /// The time zone whose days number the cases.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    async fn begin(&self) -> Result<Tx, StoreError> {
        // takes the write lock at once: a reader that becomes a writer could be refused half way
        self.writer.begin_with("BEGIN IMMEDIATE").await.doing("begin to write")
    }
}

/// Waits for its turn; the lock goes with the file.
async fn lock(path: PathBuf) -> std::io::Result<std::fs::File> {
    let locked = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::create(path)?;
        file.lock().map(|()| file)
    });
    locked.await.map_err(std::io::Error::other)?
}

fn us(at: Timestamp) -> i64 {
    at.as_microsecond()
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

fn uuid(text: &str) -> Result<uuid::Uuid, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt(format!("the id `{text}`")))
}
