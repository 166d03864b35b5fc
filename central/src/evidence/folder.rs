//! Evidence in a folder: `ab/<sha256>`.

use std::fs::TryLockError;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};
use tokio_util::io::ReaderStream;
use tracing::warn;

use super::kept::damaged_size;
use super::{EvidenceError, Flow, disk};

/// Bytes that are read at a time.
const READ: usize = 64 * 1024;

/// That a folder is used, or kept for somebody.
#[derive(Debug)]
pub(super) struct Held(std::fs::File);

impl Drop for Held {
    fn drop(&mut self) {
        // a program that is being started may still have the file: closing it here would not be enough
        if let Err(error) = self.0.unlock() {
            warn!("a folder of evidence stays locked until this program ends: {error}");
        }
    }
}

/// A folder of evidence.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// One at this place.
    pub fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Says that it is used, for as long as the answer lives: many may say so at once.
    pub(super) fn used(&self) -> Result<Option<Held>, EvidenceError> {
        let why = "being moved by `evidence copy --remove`: start again when that has ended";
        self.locked(std::fs::File::try_lock_shared, why)
    }

    /// Keeps it for somebody who empties it, for as long as the answer lives.
    pub(super) fn emptied(&self) -> Result<Option<Held>, EvidenceError> {
        let why =
            "used by a centre that runs: restart that with `[evidence.s3]` before files are removed here";
        self.locked(std::fs::File::try_lock, why)
    }

    fn locked(
        &self,
        lock: impl FnOnce(&std::fs::File) -> Result<(), TryLockError>,
        why: &'static str,
    ) -> Result<Option<Held>, EvidenceError> {
        let opened = std::fs::File::open(&self.0).map_err(disk("read", &self.0))?;
        match lock(&opened) {
            Ok(()) => Ok(Some(Held(opened))),
            Err(TryLockError::WouldBlock) => Err(EvidenceError::InUse { folder: self.0.clone(), why }),
            Err(TryLockError::Error(error)) => {
                // some network disks have no locks
                warn!("{} cannot be locked: {error}; nothing tells others that it is used", self.0.display());
                Ok(None)
            }
        }
    }

    /// Gives a written file its name, for good: on return file, name and folder are on the disk.
    pub(super) async fn adopt(&self, part: &Path, sha256: &str) -> Result<(), EvidenceError> {
        let file = File::open(part).await.map_err(disk("read", part))?;
        file.sync_all().await.map_err(disk("write", part))?;
        let path = path_in(&self.0, sha256);
        let folder = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder).await.map_err(disk("make", folder))?;
        fs::rename(part, &path).await.map_err(disk("make", &path))?;
        // the name is on the disk too, and so is the folder's own name
        for folder in [folder, &self.0] {
            let opened = File::open(folder).await.map_err(disk("read", folder))?;
            opened.sync_all().await.map_err(disk("write", folder))?;
        }
        Ok(())
    }

    pub(super) async fn size(&self, sha256: &str) -> Result<Option<u64>, EvidenceError> {
        let path = path_in(&self.0, sha256);
        match fs::metadata(&path).await {
            Ok(found) => Ok(found.is_file().then_some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk("read", &path)(error)),
        }
    }

    pub(super) async fn read(
        &self,
        sha256: &str,
        bytes: u64,
        range: Range<u64>,
    ) -> Result<Option<Flow>, EvidenceError> {
        let path = path_in(&self.0, sha256);
        let mut file = match File::open(&path).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(disk("read", &path)(error)),
        };
        let found = file.metadata().await.map_err(disk("read", &path))?.len();
        if found != bytes {
            return Err(damaged_size(sha256, &self.0.display(), found, bytes));
        }
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start)).await.map_err(disk("read", &path))?;
        }
        let length = range.end.saturating_sub(range.start);
        let flow = ReaderStream::with_capacity(file.take(length), READ);
        Ok(Some(flow.map(move |chunk| chunk.map_err(disk("read", &path))).boxed()))
    }

    pub(super) async fn remove(&self, sha256: &str) -> Result<(), EvidenceError> {
        let path = path_in(&self.0, sha256);
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
