//! Where a database is, how a connection to it is made, and how its tables come about.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{AnyPool, AssertSqlSafe, Executor, SqlSafeStr};
use url::Url;
use xunge_config::Secret;

use super::Error;

/// How long a connection may take, or wait for its turn.
const CONNECT: Duration = Duration::from_secs(30);
const READERS: u32 = 4;

/// SQLite: what is committed survives a power cut, and nobody waits for a reader.
const SQLITE: [&str; 5] = [
    // a command-line tool may write at the same time; milliseconds
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    // memory for the pages that are read again and again, KiB
    "PRAGMA cache_size = -32768",
];
/// Besides, for the one connection that writes. What a whole city sends touches the same index pages again and again (1,400
/// boxes, eight indexes, 4 KiB each: some 45 MiB): with less memory a commit reads them anew, and writes some several times.
const SQLITE_WRITER: [&str; 3] = [
    "PRAGMA cache_size = -262144",
    // pages until the log is brought into the file, 128 MiB: a page that every commit changes is written there once
    "PRAGMA wal_autocheckpoint = 32768",
    "PRAGMA journal_size_limit = 268435456",
];

/// PostgreSQL: a centre that froze or lost its network in the middle of a write must not hold up the others for ever.
const POSTGRES: [&str; 5] = [
    "SET synchronous_commit = on",
    "SET idle_in_transaction_session_timeout = '60s'",
    // one whose machine is gone is noticed after 25 s
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
];

/// What a database is to hold, and how it is used.
#[derive(Debug)]
pub struct Setup {
    /// How its tables come about. Plain SQL: on PostgreSQL only BLOB is called otherwise, and lines behind `-- postgres: `
    /// are for it alone.
    pub migrations: &'static Migrator,
    /// Number of the lock that every write on PostgreSQL takes; another one for each kind of database.
    pub writing: i64,
}

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A file on this machine; made where there is none.
    File(PathBuf),
    /// A PostgreSQL database. It exists; its tables are made where there are none.
    Postgres {
        /// `postgres://user@host:port/database`, without a password.
        url: Url,
        /// The user's password, where one is needed.
        password: Option<Secret>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Postgres { url, .. } => write!(f, "{url}"),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Place {
    /// Whether it is PostgreSQL, which other centres may be using too.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Connects, and brings the tables up to date: who writes, and who reads.
    pub(crate) async fn connect(&self, setup: &Setup) -> Result<(AnyPool, AnyPool), Error> {
        sqlx::any::install_default_drivers();
        match self {
            Self::File(path) => {
                // `run` and a command-line tool may open a new store at the same moment
                let turn =
                    lock(path.with_extension("lock")).await.map_err(|error| self.broken(error.into()))?;
                let path = std::path::absolute(path).map_err(|error| self.broken(error.into()))?;
                let writer = self.pool(1, &file_url(&path, "rwc"), &writing()).await?;
                setup.migrations.run(&writer).await?;
                drop(turn);
                let reading: Vec<_> = SQLITE.into_iter().chain(["PRAGMA query_only = ON"]).collect();
                let readers = self.pool(READERS, &file_url(&path, "rw"), &reading).await?;
                Ok((writer, readers))
            }
            Self::Postgres { url, password } => {
                let url = whole_url(url, password.as_ref());
                let writer = self.pool(1, url.as_str(), &POSTGRES).await?;
                self.check_encoding(&writer).await?;
                // sqlx holds a lock of the database's own meanwhile: centres may start at the same moment
                for_postgres(setup.migrations).run(&writer).await?;
                let reading: Vec<_> =
                    POSTGRES.into_iter().chain(["SET default_transaction_read_only = on"]).collect();
                let readers = self.pool(READERS, url.as_str(), &reading).await?;
                Ok((writer, readers))
            }
        }
    }

    /// Makes the tables as they were in a version, where there are none yet; gives a connection that writes.
    pub async fn prepare(&self, setup: &Setup, version: i64) -> Result<AnyPool, Error> {
        sqlx::any::install_default_drivers();
        let until = |migrations: &Migrator| {
            let earlier = migrations.iter().filter(|migration| migration.version <= version);
            Migrator::with_migrations(earlier.cloned().collect())
        };
        let not_empty = || Error::NotEmpty(self.to_string());
        match self {
            Self::File(path) => {
                let path = std::path::absolute(path).map_err(|error| self.broken(error.into()))?;
                if path.exists() {
                    return Err(not_empty());
                }
                let writer = self.pool(1, &file_url(&path, "rwc"), &writing()).await?;
                until(setup.migrations).run(&writer).await?;
                Ok(writer)
            }
            Self::Postgres { url, password } => {
                let writer = self.pool(1, whole_url(url, password.as_ref()).as_str(), &POSTGRES).await?;
                self.check_encoding(&writer).await?;
                let tables: i64 = sqlx::query_scalar(
                    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()",
                )
                .fetch_one(&writer)
                .await
                .map_err(|error| self.broken(error))?;
                if tables > 0 {
                    return Err(not_empty());
                }
                until(&for_postgres(setup.migrations)).run(&writer).await?;
                Ok(writer)
            }
        }
    }

    /// How to make a connection of one's own to PostgreSQL, and what to say first; none for a file.
    pub fn single(&self) -> Option<(String, &'static [&'static str])> {
        match self {
            Self::File(_) => None,
            Self::Postgres { url, password } => Some((whole_url(url, password.as_ref()).into(), &POSTGRES)),
        }
    }

    async fn pool(&self, most: u32, url: &str, first: &[&'static str]) -> Result<AnyPool, Error> {
        let options = AnyConnectOptions::from_str(url).map_err(|error| self.broken(error))?;
        let first: Arc<[&'static str]> = first.into();
        AnyPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(CONNECT)
            .after_connect(move |connection, _| {
                let first = first.clone();
                Box::pin(async move {
                    for statement in &*first {
                        connection.execute(*statement).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await
            .map_err(|error| self.broken(error))
    }

    async fn check_encoding(&self, pool: &AnyPool) -> Result<(), Error> {
        let encoding: String = sqlx::query_scalar("SELECT current_setting('server_encoding')")
            .fetch_one(pool)
            .await
            .map_err(|error| self.broken(error))?;
        if encoding == "UTF8" {
            return Ok(());
        }
        Err(Error::Encoding { place: self.to_string(), encoding })
    }

    fn broken(&self, source: sqlx::Error) -> Error {
        Error::Open { place: self.to_string(), shared: self.is_shared(), source }
    }
}

/// What a connection to SQLite that writes begins with.
fn writing() -> Vec<&'static str> {
    SQLITE.into_iter().chain(SQLITE_WRITER).collect()
}

fn whole_url(url: &Url, password: Option<&Secret>) -> Url {
    let mut url = url.clone();
    if let Some(password) = password {
        // fails only for URLs that cannot have a user, which `postgres://` always can
        let _ = url.set_password(Some(password.expose()));
    }
    url
}

/// The URL by which sqlx finds a file, whatever its name.
fn file_url(path: &Path, mode: &str) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt;
    let mut url = String::from("sqlite://");
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            // writing to a string cannot fail
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url + "?mode=" + mode
}

/// The same migrations for PostgreSQL, where bytes are called otherwise, and with what only it knows.
fn for_postgres(migrations: &Migrator) -> Migrator {
    let translated = migrations.iter().map(|migration| {
        let sql = migration.sql.as_str().replace(" BLOB", " BYTEA").replace("-- postgres: ", "");
        sqlx::migrate::Migration::new(
            migration.version,
            migration.description.clone(),
            migration.migration_type,
            AssertSqlSafe(sql).into_sql_str(),
            migration.no_tx,
        )
    });
    Migrator::with_migrations(translated.collect())
}

/// Waits for its turn; the lock goes with the file.
async fn lock(path: PathBuf) -> std::io::Result<std::fs::File> {
    let locked = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::create(path)?;
        file.lock().map(|()| file)
    });
    locked.await.map_err(std::io::Error::other)?
}
