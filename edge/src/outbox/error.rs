//! What can go wrong with the outbox, as sentences for the people who run the box.

use std::{io, path::PathBuf, sync::Arc};

use thiserror::Error;

use crate::spool::SpoolError;

/// Why the outbox could not do something. Cheap to clone: one failed commit answers several callers.
#[derive(Debug, Clone, Error)]
pub enum OutboxError {
    /// The state directory cannot be used.
    #[error("cannot use the state directory {}: {source}", .path.display())]
    Directory {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// Another process has it.
    #[error(
        "{} is in use by another xunge-edge: stop that one, or give this one a storage.directory of its own",
        .path.display()
    )]
    InUse {
        /// The state directory.
        path: PathBuf,
    },
    /// Written by a later version of this program.
    #[error(
        "{} was written by a newer xunge-edge (schema {found}, this one knows up to {known}): \
         install the newer version again", .path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: usize,
        /// The last schema that this program knows.
        known: usize,
    },
    /// The configured limit is reached.
    #[error(
        "the outbox is full: {rows} alerts ({mib} MiB) wait for the centre. New ones are held back, not dropped: \
         restore the connection to the centre"
    )]
    Full {
        /// Alerts that wait.
        rows: u64,
        /// Their size.
        mib: u64,
    },
    /// No space left.
    #[error("the disk that holds {} is full: free some space; alerts are held back until then", .path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// One message that no broker would take.
    #[error("an alert of {bytes} bytes is more than the {limit} bytes that one message may have")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The most.
        limit: usize,
    },
    /// An alert that cannot be written as JSON.
    #[error("an alert cannot be written as JSON: {0}")]
    Encode(Arc<serde_json::Error>),
    /// SQLite refuses.
    #[error("cannot {doing} in {}: {source}", .path.display())]
    Database {
        /// What was tried.
        doing: &'static str,
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: Arc<rusqlite::Error>,
    },
    /// A commit that other work needed was undone by SQLite.
    #[error("{} undid a change: the disk failed or is full", .path.display())]
    Undone {
        /// The database.
        path: PathBuf,
    },
    /// The system gives no thread.
    #[error("cannot start the outbox's thread: {0}")]
    Thread(Arc<io::Error>),
    /// A file of the evidence spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The outbox was closed.
    #[error("the outbox is closed: the program is stopping")]
    Closed,
}

impl OutboxError {
    /// True when the same call may succeed later, with nothing lost.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Full { .. }
            | Self::DiskFull { .. }
            | Self::Database { .. }
            | Self::Undone { .. }
            | Self::Directory { .. }
            | Self::Spool(_) => true,
            Self::InUse { .. }
            | Self::Newer { .. }
            | Self::TooLarge { .. }
            | Self::Encode(_)
            | Self::Thread(_)
            | Self::Closed => false,
        }
    }
}
