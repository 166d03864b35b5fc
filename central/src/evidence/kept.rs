//! Where evidence lies: one face for the folder and the object store.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use axum::body::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sha2::{Digest, Sha256};
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;

use super::{EvidenceError, FOLDER, Folder, Objects, disk};

/// Bytes of a file as they are read.
pub type Flow = BoxStream<'static, Result<Bytes, EvidenceError>>;

/// Where evidence lies. Names are SHA-256 in 64 hex digits.
#[derive(Debug, Clone)]
pub enum EvidenceStore {
    /// In a folder of this machine.
    Folder(Folder),
    /// In a bucket that speaks S3.
    Objects(Objects),
}

impl fmt::Display for EvidenceStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.path().display()),
            Self::Objects(objects) => write!(f, "{}", objects.place()),
        }
    }
}

impl EvidenceStore {
    /// The folder in the data folder of a centre.
    pub fn folder(data_dir: &Path) -> Self {
        Self::Folder(Folder::at(data_dir.join(FOLDER)))
    }

    /// Refuses at once where it is known that the object store is away.
    pub fn reachable(&self) -> Result<(), EvidenceError> {
        match self {
            Self::Folder(_) => Ok(()),
            Self::Objects(objects) => objects.reachable(),
        }
    }

    /// Keeps a file under its name. It has this hash and size. In a folder it becomes that file itself, so it must lie beside it.
    pub async fn adopt(&self, part: &Path, sha256: &str, bytes: u64) -> Result<(), EvidenceError> {
        match self {
            Self::Folder(folder) => folder.adopt(part, sha256).await,
            Self::Objects(objects) => objects.put(part, sha256, bytes).await,
        }
    }

    /// Size of a file; none where it is not there.
    pub async fn size(&self, sha256: &str) -> Result<Option<u64>, EvidenceError> {
        match self {
            Self::Folder(folder) => folder.size(sha256).await,
            Self::Objects(objects) => objects.size(sha256).await,
        }
    }

    /// Reads a part of a file that is so large; none where it is not there. What fails later fails in the flow.
    pub async fn read(
        &self,
        sha256: &str,
        bytes: u64,
        range: Range<u64>,
    ) -> Result<Option<Flow>, EvidenceError> {
        match self {
            Self::Folder(folder) => folder.read(sha256, bytes, range).await,
            Self::Objects(objects) => objects.read(sha256, bytes, range).await,
        }
    }

    /// All bytes of a file, which are what its name says; none where it is not there. No file is larger than what may come.
    pub async fn load(&self, sha256: &str) -> Result<Option<Vec<u8>>, EvidenceError> {
        let Some(mut whole) = self.whole(sha256).await? else { return Ok(None) };
        let mut all = Vec::new();
        while let Some(chunk) = whole.next().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(Some(all))
    }

    /// Writes a file to a disk, whole and with the right hash, or fails. Gives its size; none where it is not in the store.
    pub async fn fetch(&self, sha256: &str, to: &Path, mode: u32) -> Result<Option<u64>, EvidenceError> {
        let Some(mut whole) = self.whole(sha256).await? else { return Ok(None) };
        let mut file = OpenOptions::new();
        file.write(true).create(true).truncate(true).mode(mode);
        let mut file = file.open(to).await.map_err(disk("make", to))?;
        let mut bytes = 0;
        while let Some(chunk) = whole.next().await? {
            file.write_all(&chunk).await.map_err(disk("write", to))?;
            bytes += chunk.len() as u64;
        }
        file.flush().await.map_err(disk("write", to))?;
        file.sync_all().await.map_err(disk("write", to))?;
        Ok(Some(bytes))
    }

    async fn whole(&self, sha256: &str) -> Result<Option<Whole>, EvidenceError> {
        let Some(bytes) = self.size(sha256).await? else { return Ok(None) };
        let flow = self.read(sha256, bytes, 0..bytes).await?;
        let (sha256, place) = (sha256.to_owned(), self.to_string());
        Ok(flow.map(|flow| Whole { flow, sum: Sha256::new(), sha256, place }))
    }

    /// Removes a file. One that is not there is removed already.
    pub async fn remove(&self, sha256: &str) -> Result<(), EvidenceError> {
        match self {
            Self::Folder(folder) => folder.remove(sha256).await,
            Self::Objects(objects) => objects.remove(sha256).await,
        }
    }
}

/// A whole file as it is read, compared with its name at its end.
struct Whole {
    flow: Flow,
    sum: Sha256,
    sha256: String,
    place: String,
}

impl Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, EvidenceError> {
        if let Some(chunk) = self.flow.next().await {
            let chunk = chunk?;
            self.sum.update(&chunk);
            return Ok(Some(chunk));
        }
        let found = hex::encode(std::mem::take(&mut self.sum).finalize());
        if found == self.sha256 {
            return Ok(None);
        }
        let what = format!("its bytes have the SHA-256 {found}");
        Err(EvidenceError::Damaged { sha256: self.sha256.clone(), place: self.place.clone(), what })
    }
}

/// A file that has not the size that the case store knows.
pub(super) fn damaged_size(sha256: &str, place: &dyn fmt::Display, found: u64, known: u64) -> EvidenceError {
    let what = format!("it has {found} bytes instead of {known}");
    EvidenceError::Damaged { sha256: sha256.to_owned(), place: place.to_string(), what }
}
