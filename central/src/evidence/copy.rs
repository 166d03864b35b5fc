//! Copying evidence from the folder into the object store, or back, while the centre runs.

use std::path::Path;

use thiserror::Error;
use tokio::fs;
use uuid::Uuid;

use super::{EvidenceError, EvidenceStore, FOLDER, Part, disk, empty};
use crate::store::{Store, StoreError};

/// Files that are asked for at a time.
const PAGE: u32 = 500;

/// Copying ended before its end. What was copied stays, and is not copied again.
#[derive(Debug, Error)]
pub enum CopyError {
    /// A file, or everything: the disk, the object store.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The case store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files that the case store names.
    pub files: u64,
    /// Those looked at so far.
    pub seen: u64,
    /// Those that were copied.
    pub copied: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that were there already.
    pub there: u64,
    /// Those that were removed where they came from.
    pub removed: u64,
    /// Those that are in neither place, or damaged: name and what is wrong.
    pub lost: Vec<(String, String)>,
}

/// Copies everything that the case store names. Each file is compared with its hash on the way; what is there already with its
/// size is left alone. With `remove` a file goes from where it was once it is seen where it is wanted; a folder that a centre works
/// with is refused.
pub async fn copy(
    store: &Store,
    (from, to): (&EvidenceStore, &EvidenceStore),
    data_dir: &Path,
    remove: bool,
    mut tell: impl FnMut(&Copied),
) -> Result<Copied, CopyError> {
    // not where the running centre writes: it empties that when it starts
    let folder = data_dir.join(FOLDER).join("copying");
    empty(&folder).await?;
    let _kept = match (remove, from) {
        (true, EvidenceStore::Folder(folder)) => folder.emptied()?,
        _ => None,
    };
    let mut done = Copied { files: store.evidence_files().await?, ..Copied::default() };
    let mut after = String::new();
    loop {
        let page = store.evidence_after(&after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.sha256);
        for file in &page {
            let sha256 = &file.sha256;
            done.seen += 1;
            if to.size(sha256).await? == Some(file.bytes) {
                done.there += 1;
            } else {
                match one(sha256, (from, to), &folder).await {
                    Ok(Some(bytes)) => {
                        done.copied += 1;
                        done.bytes += bytes;
                    }
                    Ok(None) => {
                        // purged since the page was read, or lost
                        if store.stored_evidence(sha256).await?.is_some() {
                            done.lost.push((sha256.clone(), format!("it is not in {from}")));
                        }
                        continue;
                    }
                    Err(error @ EvidenceError::Damaged { .. }) => {
                        done.lost.push((sha256.clone(), error.to_string()));
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            if remove && to.size(sha256).await? == Some(file.bytes) {
                from.remove(sha256).await?;
                done.removed += 1;
            }
            tell(&done);
        }
    }
    fs::remove_dir(&folder).await.map_err(disk("remove", &folder))?;
    Ok(done)
}

async fn one(
    sha256: &str,
    (from, to): (&EvidenceStore, &EvidenceStore),
    folder: &Path,
) -> Result<Option<u64>, EvidenceError> {
    let part = Part(folder.join(format!("{}.part", Uuid::new_v4())));
    let Some(bytes) = from.fetch(sha256, &part.0, 0o640).await? else { return Ok(None) };
    to.adopt(&part.0, sha256, bytes).await?;
    Ok(Some(bytes))
}
