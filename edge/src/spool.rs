//! Evidence on disk: `{state_dir}/evidence/ab/{sha256}`, one file per hash.
//!
//! A file is whole or absent: it is written beside its place, fsynced, renamed, and the folder is fsynced. Only then
//! does the caller get the [`Evidence`] that an alert may name. What is stored here and when it goes is the outbox's
//! business ([`crate::outbox`]); this module knows files only.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use sha2::{Digest, Sha256};
use thiserror::Error;
use xunge_alert::{Evidence, EvidenceKind};

const BLOCK: usize = 64 * 1024;

/// Why a piece of evidence could not be stored.
#[derive(Debug, Clone, Error)]
pub enum SpoolError {
    /// No space left.
    #[error(
        "the disk that holds {} is full: free some space or lower storage.evidence_max_mb", .path.display()
    )]
    DiskFull {
        /// What was to be written.
        path: PathBuf,
    },
    /// Anything else.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
}

pub(crate) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => SpoolError::DiskFull { path },
        _ => SpoolError::Io { doing, path, source: Arc::new(source) },
    }
}

/// The evidence folder of one box. Cheap to clone; safe to use from several threads.
#[derive(Debug, Clone)]
pub struct Spool {
    root: PathBuf,
    unique: Arc<AtomicU64>,
}

/// A file found by [`Spool::scan`].
pub(crate) struct Found {
    pub sha256: String,
    pub bytes: u64,
    pub modified: SystemTime,
}

impl Spool {
    /// Opens (makes, when missing) the evidence folder and throws away what an earlier run left half written.
    pub fn open(state_dir: &Path) -> Result<Self, SpoolError> {
        let spool = Self { root: state_dir.join("evidence"), unique: Arc::default() };
        let halves = spool.halves();
        match fs::remove_dir_all(&halves) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("empty", &halves)(error));
            }
            _ => {}
        }
        fs::create_dir_all(&halves).map_err(failed("make the folder", &halves))?;
        sync_dir(&spool.root)?;
        Ok(spool)
    }

    fn halves(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// A path of its own on the spool's file system for a file in the making, e.g. a clip that is being muxed.
    /// When finished, hand it to [`Self::store_file`]. What is left there is gone after the next start.
    pub fn temporary(&self, extension: &str) -> PathBuf {
        let number = self.unique.fetch_add(1, Ordering::Relaxed);
        self.halves().join(format!("{number}.{extension}"))
    }

    /// Stores bytes, durable on return.
    pub fn store_bytes(&self, kind: EvidenceKind, bytes: &[u8]) -> Result<Evidence, SpoolError> {
        let half = self.temporary("part");
        let written = File::create(&half).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        if let Err(error) = written {
            let _ = fs::remove_file(&half); // the first error is the one to tell
            return Err(failed("write", &half)(error));
        }
        self.settle(&half, hex::encode(Sha256::digest(bytes)), bytes.len() as u64, kind)
    }

    /// Moves a finished file in, durable on return. `finished` is gone afterwards.
    pub fn store_file(&self, kind: EvidenceKind, finished: &Path) -> Result<Evidence, SpoolError> {
        let (sha256, bytes) = hash_file(finished).map_err(failed("read", finished))?;
        match self.settle(finished, sha256.clone(), bytes, kind) {
            // another file system: copy, then it is like a file of our own
            Err(SpoolError::Io { source, .. }) if source.kind() == io::ErrorKind::CrossesDevices => {
                let half = self.temporary("part");
                let copied = fs::copy(finished, &half);
                if let Err(error) = copied {
                    let _ = fs::remove_file(&half);
                    return Err(failed("copy", finished)(error));
                }
                let stored = self.settle(&half, sha256, bytes, kind)?;
                fs::remove_file(finished).map_err(failed("remove", finished))?;
                Ok(stored)
            }
            other => other,
        }
    }

    /// fsync, rename to the place that the hash names, fsync of the folder.
    fn settle(
        &self,
        half: &Path,
        sha256: String,
        bytes: u64,
        kind: EvidenceKind,
    ) -> Result<Evidence, SpoolError> {
        File::open(half).and_then(|file| file.sync_all()).map_err(failed("write", half))?;
        let place = self.place(&sha256);
        let folder = place.parent().unwrap_or(&self.root);
        match fs::create_dir(folder) {
            Ok(()) => sync_dir(&self.root)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("make the folder", folder)(error)),
        }
        fs::rename(half, &place).map_err(failed("write", &place))?;
        sync_dir(folder)?;
        Ok(Evidence { kind, sha256, bytes, media_type: media_type(kind).to_owned() })
    }

    fn place(&self, sha256: &str) -> PathBuf {
        self.root.join(sha256.get(..2).unwrap_or("__")).join(sha256)
    }

    /// Where the file with this hash is or would be; none for a text that is no SHA-256.
    pub fn path(&self, sha256: &str) -> Option<PathBuf> {
        is_sha256(sha256).then(|| self.place(sha256))
    }

    /// Size of the file with this hash; none when it is not here.
    pub(crate) fn size(&self, sha256: &str) -> Option<u64> {
        fs::metadata(self.path(sha256)?).ok().map(|found| found.len())
    }

    /// Removes a file; one that is not here is no error.
    pub(crate) fn remove(&self, sha256: &str) -> Result<(), SpoolError> {
        let Some(path) = self.path(sha256) else { return Ok(()) };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path)(error)),
            _ => Ok(()),
        }
    }

    /// Bytes that are free on the spool's file system for this user.
    pub(crate) fn free_bytes(&self) -> Result<u64, SpoolError> {
        let stat = rustix::fs::statvfs(&self.root)
            .map_err(|error| failed("ask for the free space of", &self.root)(error.into()))?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// Every stored file, unsorted. Foreign names are left alone.
    pub(crate) fn scan(&self) -> Result<Vec<Found>, SpoolError> {
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        for folder in fs::read_dir(&self.root).map_err(failed("list", &self.root))? {
            let folder = folder.map_err(failed("list", &self.root))?.path();
            let two = folder.file_name().is_some_and(|name| name.len() == 2);
            if !two || !folder.is_dir() {
                continue;
            }
            for file in fs::read_dir(&folder).map_err(failed("list", &folder))? {
                let file = file.map_err(failed("list", &folder))?;
                let Ok(sha256) = file.file_name().into_string() else { continue };
                let Ok(about) = file.metadata() else { continue };
                if !is_sha256(&sha256) || !about.is_file() || self.place(&sha256) != file.path() {
                    continue;
                }
                if seen.insert(sha256.clone()) {
                    let modified = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    all.push(Found { sha256, bytes: about.len(), modified });
                }
            }
        }
        Ok(all)
    }

    /// What a stored file shows, by its first bytes; none for anything that is not ours.
    pub(crate) fn sniff(&self, sha256: &str) -> Option<EvidenceKind> {
        let mut head = [0; 12];
        File::open(self.path(sha256)?).and_then(|mut file| file.read_exact(&mut head)).ok()?;
        match head {
            [0xff, 0xd8, 0xff, ..] => Some(EvidenceKind::Snapshot),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(EvidenceKind::Clip),
            _ => None,
        }
    }
}

/// Media type of each kind of evidence that a box makes.
pub fn media_type(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Snapshot => "image/jpeg",
        EvidenceKind::Clip => "video/mp4",
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Hash and size, read block by block: a clip is never whole in memory.
fn hash_file(path: &Path) -> io::Result<(String, u64)> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => return Ok((hex::encode(hash.finalize()), bytes)),
            read => {
                hash.update(block.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
        }
    }
}

pub(crate) fn sync_dir(path: &Path) -> Result<(), SpoolError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(failed("write the folder", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_files_stand_under_their_hash() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        let stored = spool.store_bytes(EvidenceKind::Snapshot, b"test").unwrap();
        assert_eq!(stored.sha256, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        assert_eq!((stored.bytes, stored.media_type.as_str()), (4, "image/jpeg"));
        let place = dir.path().join("evidence/9f").join(&stored.sha256);
        assert_eq!(fs::read(&place).unwrap(), b"test");
        assert_eq!(spool.path(&stored.sha256), Some(place));

        // the same content from a file elsewhere, larger than one block too
        let other = tempfile::tempdir().unwrap();
        let clip = other.path().join("clip.mp4");
        let content = vec![7; BLOCK * 2 + 5];
        fs::write(&clip, &content).unwrap();
        let stored = spool.store_file(EvidenceKind::Clip, &clip).unwrap();
        assert_eq!(stored.sha256, hex::encode(Sha256::digest(&content)));
        assert_eq!((stored.bytes, stored.media_type.as_str()), (content.len() as u64, "video/mp4"));
        assert!(!clip.exists());
        assert_eq!(fs::read(spool.path(&stored.sha256).unwrap()).unwrap(), content);

        // twice the same is one file
        let again = spool.store_bytes(EvidenceKind::Clip, &content).unwrap();
        assert_eq!(again, stored);
        assert_eq!(spool.scan().unwrap().len(), 2);
        spool.remove(&stored.sha256).unwrap();
        spool.remove(&stored.sha256).unwrap();
        assert_eq!(spool.size(&stored.sha256), None);
        assert!(fs::read_dir(spool.halves()).unwrap().next().is_none(), "nothing half written stays");
    }

    #[test]
    fn a_name_that_is_no_hash_has_no_path() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        for bad in ["", "../../etc/passwd", &"A".repeat(64), &"a".repeat(63)] {
            assert_eq!(spool.path(bad), None, "{bad}");
        }
    }

    #[test]
    fn half_written_files_are_gone_after_a_start_and_foreign_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        let half = spool.temporary("mp4");
        fs::write(&half, b"half").unwrap();
        fs::create_dir(dir.path().join("evidence/zz")).unwrap();
        let foreign = dir.path().join("evidence/zz/notes.txt");
        fs::write(&foreign, b"mine").unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        assert!(!half.exists());
        assert!(foreign.exists());
        assert!(spool.scan().unwrap().is_empty());
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        let error = spool.store_file(EvidenceKind::Clip, &dir.path().join("none.mp4")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read ") && error.to_string().contains("none.mp4"));
    }
}
