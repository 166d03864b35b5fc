//! Evidence files: `evidence/ab/<sha256>`, named by what they hold. A file is whole or not there.

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
}

/// The folder of evidence files.
#[derive(Debug, Clone)]
pub struct EvidenceFiles {
    folder: PathBuf,
    incoming: PathBuf,
    max_file_bytes: u64,
    full: Arc<AtomicBool>,
}

impl EvidenceFiles {
    /// Opens the folder in `data_dir`, makes it where there is none, and removes what was left half written.
    pub async fn open(data_dir: &Path, max_file_bytes: u64) -> Result<Self, EvidenceError> {
        let folder = data_dir.join("evidence");
        let incoming = folder.join("incoming");
        fs::create_dir_all(&incoming).await.map_err(disk("make", &incoming))?;
        let mut left = fs::read_dir(&incoming).await.map_err(disk("read", &incoming))?;
        while let Some(file) = left.next_entry().await.map_err(disk("read", &incoming))? {
            fs::remove_file(file.path()).await.map_err(disk("remove", &file.path()))?;
        }
        Ok(Self { folder, incoming, max_file_bytes, full: Arc::default() })
    }

    /// Where the files lie.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
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

    /// Where the file with this name is. `sha256` must be 64 hex digits.
    fn path(&self, sha256: &str) -> PathBuf {
        path_in(&self.folder, sha256)
    }

    /// Writes a file as it comes. On return it is on the disk under its name, or nothing of it is. Gives its size.
    pub async fn put<B, E>(
        &self,
        sha256: &str,
        body: impl Stream<Item = Result<B, E>> + Unpin,
    ) -> Result<u64, EvidenceError>
    where
        B: AsRef<[u8]>,
        E: std::fmt::Display,
    {
        if self.full.load(Ordering::Relaxed) {
            return Err(EvidenceError::Full);
        }
        let part = self.incoming.join(format!("{}.part", Uuid::new_v4()));
        let written = self.write(&part, sha256, body).await;
        if written.is_err()
            && let Err(error) = fs::remove_file(&part).await
            && error.kind() != io::ErrorKind::NotFound
        {
            warn!("{} cannot be removed: {error}; it goes at the next start", part.display());
        }
        written
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
        file.get_ref().sync_all().await.map_err(disk("write", part))?;
        let path = self.path(sha256);
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).await.map_err(disk("make", folder))?;
        fs::rename(part, &path).await.map_err(disk("make", &path))?;
        // the name is on the disk too, and so is the folder's own name
        for folder in [folder, &self.folder] {
            let opened = File::open(folder).await.map_err(disk("read", folder))?;
            opened.sync_all().await.map_err(disk("write", folder))?;
        }
        Ok(bytes)
    }

    /// Whether the file is there with this size.
    pub async fn holds(&self, sha256: &str, bytes: u64) -> bool {
        fs::metadata(self.path(sha256)).await.is_ok_and(|found| found.is_file() && found.len() == bytes)
    }

    /// Opens a file to read; none when it is not there.
    pub async fn read(&self, sha256: &str) -> Result<Option<(File, u64)>, EvidenceError> {
        let path = self.path(sha256);
        match File::open(&path).await {
            Ok(file) => {
                let bytes = file.metadata().await.map_err(disk("read", &path))?.len();
                Ok(Some((file, bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk("read", &path)(error)),
        }
    }

    /// All bytes of a file; none when it is not there. No file is larger than what may come.
    pub async fn load(&self, sha256: &str) -> Result<Option<Vec<u8>>, EvidenceError> {
        let path = self.path(sha256);
        match fs::read(&path).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk("read", &path)(error)),
        }
    }

    /// Removes a file. One that is not there is removed already.
    pub async fn remove(&self, sha256: &str) -> Result<(), EvidenceError> {
        let path = self.path(sha256);
        match fs::remove_file(&path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk("remove", &path)(error)),
            _ => Ok(()),
        }
    }
}

/// Where a file is in a folder of evidence. `sha256` must be 64 hex digits.
pub(crate) fn path_in(folder: &Path, sha256: &str) -> PathBuf {
    folder.join(sha256.get(..2).unwrap_or("00")).join(sha256)
}

fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EvidenceError + use<> {
    let path = path.to_owned();
    move |source| EvidenceError::Disk { doing, path, source }
}
