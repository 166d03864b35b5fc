//! Evidence files, named by what they hold (SHA-256). A file is whole or not there. They lie in a folder or in an object store
//! ([`EvidenceStore`]); what comes is written beside it first, and gets its name only when its hash is right.

pub mod copy;
mod folder;
mod kept;
mod objects;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::fs::{self, File};
use tokio::io::{AsyncWriteExt, BufWriter};
use tracing::warn;
use uuid::Uuid;

pub use folder::Folder;
pub(crate) use folder::path_in;
pub use kept::{EvidenceStore, Flow};
pub use objects::{Keys, Limits, Objects, S3};

/// In the data folder.
const FOLDER: &str = "evidence";

/// What can go wrong with a file.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// More bytes than may come.
    #[error("the file is larger than {limit} bytes; raise `[evidence] max_file_mb` or record shorter clips")]
    TooLarge {
        /// Most bytes of one file.
        limit: u64,
    },
    /// The bytes are not what the name says.
    #[error("the bytes that came have the SHA-256 {found}, not the one in the address; send the file again")]
    WrongHash {
        /// SHA-256 of what came.
        found: String,
    },
    /// As much is kept as there is room for.
    #[error("the centre has no room for more evidence; raise `[evidence] max_mb`, on a larger disk")]
    Full,
    /// The connection broke.
    #[error("the file did not come to its end: {0}")]
    Broken(String),
    /// The disk does not do what it should.
    #[error("cannot {doing} {}: {source}; check the disk and its free space", .path.display())]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A folder is used by one who does not go with another.
    #[error("the evidence in {} is {why}", folder.display())]
    InUse {
        /// Which folder.
        folder: PathBuf,
        /// By whom, and what to do.
        why: &'static str,
    },
    /// The object store cannot be used at all.
    #[error("cannot {doing} the object store {place}: {why}")]
    Away {
        /// What was tried.
        doing: &'static str,
        /// Which bucket.
        place: Arc<str>,
        /// Cause, and what to do.
        why: String,
    },
    /// The object store answers, but does not do this.
    #[error("the object store {place} did not {doing} {sha256}: {why}")]
    Unkept {
        /// What was tried.
        doing: &'static str,
        /// Which bucket.
        place: Arc<str>,
        /// Which file.
        sha256: String,
        /// Cause.
        why: String,
    },
    /// What was kept is not what its name says any more.
    #[error("the evidence {sha256} in {place} is damaged: {what}; take it from a backup")]
    Damaged {
        /// Which file.
        sha256: String,
        /// Where it lies.
        place: String,
        /// What is wrong.
        what: String,
    },
}

impl EvidenceError {
    /// Whether everything has to wait, not only this file.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away { .. })
    }
}

/// The files of a centre that runs.
#[derive(Debug, Clone)]
pub struct EvidenceFiles {
    store: EvidenceStore,
    incoming: PathBuf,
    max_file_bytes: u64,
    full: Arc<AtomicBool>,
    /// While this centre runs nobody empties its folder.
    _used: Option<Arc<folder::Held>>,
}

impl EvidenceFiles {
    /// Opens the folder in `data_dir`, makes it where there is none, and removes what was left half written.
    pub async fn open(data_dir: &Path, max_file_bytes: u64) -> Result<Self, EvidenceError> {
        Self::with(EvidenceStore::folder(data_dir), data_dir, max_file_bytes).await
    }

    /// With files in this store; what comes is written in `data_dir` first, and what was left half written there is removed.
    pub async fn with(
        store: EvidenceStore,
        data_dir: &Path,
        max_file_bytes: u64,
    ) -> Result<Self, EvidenceError> {
        let incoming = data_dir.join(FOLDER).join("incoming");
        empty(&incoming).await?;
        let used = match &store {
            EvidenceStore::Folder(folder) => folder.used()?.map(Arc::new),
            EvidenceStore::Objects(_) => None,
        };
        Ok(Self { store, incoming, max_file_bytes, full: Arc::default(), _used: used })
    }

    /// Where the files lie.
    pub fn store(&self) -> &EvidenceStore {
        &self.store
    }

    /// A name for a file that is made for one answer; what is left of it goes at the next start.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.incoming.join(format!("{}.zip", Uuid::new_v4()))
    }

    /// Most bytes of one file.
    pub fn max_file_bytes(&self) -> u64 {
        self.max_file_bytes
    }

    /// Says whether there is room for more.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// Whether a file would be taken now: a sender need not begin where it would not.
    pub fn takes(&self) -> Result<(), EvidenceError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(EvidenceError::Full);
        }
        self.store.reachable()
    }

    /// Writes a file as it comes. On return it is kept under its name, or nothing of it is. Gives its size.
    pub async fn put<B, E>(
        &self,
        sha256: &str,
        body: impl Stream<Item = Result<B, E>> + Unpin,
    ) -> Result<u64, EvidenceError>
    where
        B: AsRef<[u8]>,
        E: std::fmt::Display,
    {
        self.takes()?;
        let part = Part(self.incoming.join(format!("{}.part", Uuid::new_v4())));
        let bytes = self.write(&part.0, sha256, body).await?;
        self.store.adopt(&part.0, sha256, bytes).await?;
        Ok(bytes)
    }

    async fn write<B, E>(
        &self,
        part: &Path,
        sha256: &str,
        mut body: impl Stream<Item = Result<B, E>> + Unpin,
    ) -> Result<u64, EvidenceError>
    where
        B: AsRef<[u8]>,
        E: std::fmt::Display,
    {
        let file = File::create_new(part).await.map_err(disk("make", part))?;
        let mut file = BufWriter::with_capacity(256 * 1024, file);
        let mut sum = Sha256::new();
        let mut bytes = 0_u64;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| EvidenceError::Broken(error.to_string()))?;
            let chunk = chunk.as_ref();
            bytes += chunk.len() as u64;
            if bytes > self.max_file_bytes {
                return Err(EvidenceError::TooLarge { limit: self.max_file_bytes });
            }
            sum.update(chunk);
            file.write_all(chunk).await.map_err(disk("write", part))?;
        }
        let found = hex::encode(sum.finalize());
        if found != sha256 {
            return Err(EvidenceError::WrongHash { found });
        }
        file.flush().await.map_err(disk("write", part))?;
        Ok(bytes)
    }
}

/// A file that goes with this value, also where whoever writes it is ended in the middle.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            warn!("{} cannot be removed: {error}; it goes at the next start", self.0.display());
        }
    }
}

/// Makes a folder where there is none, and removes the files in it.
async fn empty(folder: &Path) -> Result<(), EvidenceError> {
    fs::create_dir_all(folder).await.map_err(disk("make", folder))?;
    let mut left = fs::read_dir(folder).await.map_err(disk("read", folder))?;
    while let Some(file) = left.next_entry().await.map_err(disk("read", folder))? {
        fs::remove_file(file.path()).await.map_err(disk("remove", &file.path()))?;
    }
    Ok(())
}

fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EvidenceError + use<> {
    let path = path.to_owned();
    move |source| EvidenceError::Disk { doing, path, source }
}
