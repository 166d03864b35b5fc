//! Databases as this system uses them: SQLite in one file, or PostgreSQL that several processes share, behind one set of
//! statements and one set of migrations.
//!
//! There is one writer at a time: on SQLite by its lock, on PostgreSQL by an advisory lock that every write takes, in
//! whichever process. So what a write has read stays true until it commits, and numbers have no holes. Every write is one
//! transaction.

pub mod dump;
mod place;
mod sql;

use sqlx::{Any, AnyPool, Transaction};
use thiserror::Error;

pub use place::{Place, Setup};
pub use sql::{Cell, Sort, Sql, Value, Values, insert, parts};

/// A transaction in progress.
pub type Tx = Transaction<'static, Any>;

/// What can go wrong with a database.
#[derive(Debug, Error)]
pub enum Error {
    /// The database cannot be opened or made.
    #[error("cannot open the database {place}: {source}; check that {}",
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
    #[error("the database {place} is encoded in {encoding}: make it with ENCODING 'UTF8'")]
    Encoding {
        /// URL without a password.
        place: String,
        /// What it is encoded in.
        encoding: String,
    },
    /// The tables cannot be brought up to date.
    #[error(
        "cannot bring the database up to date: {0}; if a newer version has used it, install that one again"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Something is there already.
    #[error("{0} already holds a database: restore only into a new file or an empty database")]
    NotEmpty(String),
    /// A statement failed.
    #[error("cannot {doing}: {source}")]
    Statement {
        /// What was tried.
        doing: &'static str,
        /// Cause.
        source: sqlx::Error,
    },
    /// A copy of it cannot be written or read.
    #[error("cannot write or read the backup: {0}; check the disk and its free space")]
    Copy(std::io::Error),
    /// What is stored makes no sense.
    #[error("the database holds something impossible: {0}; restore a backup")]
    Corrupt(String),
}

impl Error {
    /// Whether the data itself is at fault, so that trying again cannot help.
    pub fn is_about_data(&self) -> bool {
        match self {
            Self::Statement { source: sqlx::Error::Database(error), .. } => {
                !matches!(error.kind(), sqlx::error::ErrorKind::Other) || self.is_unfit()
            }
            Self::Corrupt(_) => true,
            _ => false,
        }
    }

    /// Whether PostgreSQL cannot hold a value: a NUL in a text, a number out of its range (its class 22).
    pub fn is_unfit(&self) -> bool {
        let Self::Statement { source: sqlx::Error::Database(error), .. } = self else { return false };
        error.code().is_some_and(|code| code.len() == 5 && code.starts_with("22"))
    }
}

/// Says what was tried when a statement fails.
pub trait Doing<T> {
    /// `what` stands behind "cannot".
    fn doing(self, what: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Statement { doing: what, source })
    }
}

/// An open database. Clones share the same connections.
#[derive(Clone, Debug)]
pub struct Database {
    /// One connection: batches of this process never wait for each other's locks.
    writer: AnyPool,
    readers: AnyPool,
    place: Place,
    /// What every write on PostgreSQL locks: one writer at a time, in all processes.
    writing: i64,
}

impl Database {
    /// Opens a database and brings its tables up to date.
    pub async fn open(place: &Place, setup: &Setup) -> Result<Self, Error> {
        let (writer, readers) = place.connect(setup).await?;
        Ok(Self { writer, readers, place: place.clone(), writing: setup.writing })
    }

    /// Closes all connections; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Fails when the database cannot be read.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").execute(&self.readers).await.doing("read the database")?;
        Ok(())
    }

    /// Lets SQLite look again at how its tables have grown, which its plans rest on: at a part of each, and only where
    /// there is ten times as much as before. PostgreSQL does it by itself. Other connections see it when they are renewed,
    /// within half an hour.
    pub async fn refresh_plans(&self) -> Result<(), Error> {
        if !self.is_shared() {
            // all tables, with a limit: https://sqlite.org/pragma.html#pragma_optimize
            sqlx::query("PRAGMA optimize = 0x10012")
                .execute(&self.writer)
                .await
                .doing("look at the tables")?;
        }
        Ok(())
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether it is PostgreSQL, which other processes may be using too.
    pub fn is_shared(&self) -> bool {
        self.place.is_shared()
    }

    /// Connections that read.
    pub fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// Begins to write, when nobody else does.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let doing = "begin to write";
        if !self.place.is_shared() {
            // takes the write lock at once: a reader that becomes a writer could be refused half way
            return self.writer.begin_with("BEGIN IMMEDIATE").await.doing(doing);
        }
        let mut tx = self.writer.begin().await.doing(doing)?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(self.writing)
            .execute(&mut *tx)
            .await
            .doing(doing)?;
        Ok(tx)
    }

    /// A connection that reads.
    pub async fn reader(&self) -> Result<sqlx::pool::PoolConnection<Any>, Error> {
        self.readers.acquire().await.doing("begin to read")
    }

    /// Begins to read: everything that is read in it is of the same moment.
    pub async fn reading(&self) -> Result<Tx, Error> {
        let begin =
            if self.place.is_shared() { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" };
        self.readers.begin_with(begin).await.doing("begin to read")
    }
}
