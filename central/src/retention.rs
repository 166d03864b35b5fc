//! 留存与清除: evidence is purged every night when its time is over, unless it is needed or held. Cases stay.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::evidence::{EvidenceError, EvidenceFiles, EvidenceStore};
use crate::law::keep::{LEAST_DAYS, cutoff, due};
use crate::law::ledger::Proof;
use crate::store::{PurgeOrder, Store, StoreError};

/// How often it is looked whether a night has come, and whether there is still room.
const EVERY: Duration = Duration::from_secs(600);
/// Files that are removed at the same time.
const AT_ONCE: usize = 8;
/// How soon an object store that is away is tried again, and how often one that is there is asked.
const AWAY_EVERY: Duration = Duration::from_secs(3);
const THERE_EVERY: Duration = Duration::from_secs(30);
/// Between two steps others write.
const BREATH: Duration = Duration::from_millis(50);

/// A purge cannot be made or ended now. It goes on where it was.
#[derive(Debug, Error)]
pub enum PurgeError {
    /// The object store is away.
    #[error("nothing more is purged for now: {0}")]
    Evidence(#[from] EvidenceError),
    /// The case store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How long evidence is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days, [`LEAST_DAYS`] at least.
    pub days: u32,
}

impl Keep {
    /// What was stored before this is over its time.
    pub fn cutoff(self, now: Timestamp) -> Timestamp {
        cutoff(now, self.days.max(LEAST_DAYS))
    }
}

/// Purges what the order says, in steps, and erases the bytes. What a stop or a crash has interrupted is ended first.
pub async fn purge(
    store: &Store,
    files: &EvidenceFiles,
    order: &PurgeOrder,
    now: Timestamp,
) -> Result<Proof, PurgeError> {
    files.store().reachable()?;
    resume(store, files, now).await?;
    let run = store.begin_purge(order, now).await?;
    match work(store, files, run, now).await? {
        Some(proof) => Ok(proof),
        // another centre has ended it meanwhile
        None => {
            let all = store.purges(1000).await?;
            let ended = all.into_iter().find(|purge| purge.id == run);
            ended
                .map(|purge| purge.proof)
                .ok_or_else(|| StoreError::Corrupt("a purge that ended without a proof".into()).into())
        }
    }
}

async fn work(
    store: &Store,
    files: &EvidenceFiles,
    run: uuid::Uuid,
    now: Timestamp,
) -> Result<Option<Proof>, PurgeError> {
    erase(store, files, now).await?;
    let mut mark = None;
    while let Some(next) = store.purge_step(run, mark.as_ref(), now).await? {
        mark = Some(next);
        erase(store, files, now).await?;
        tokio::time::sleep(BREATH).await;
    }
    let proof = store.end_purge(run, now).await?;
    if let Some(proof) = &proof
        && proof.files > 0
    {
        info!("{} evidence files ({} bytes) were purged; root {}", proof.files, proof.bytes, proof.root);
    }
    Ok(proof)
}

/// Removes the bytes of what was purged. What cannot be removed now is tried again; while the object store is away there is no
/// proof, since nothing is gone.
async fn erase(store: &Store, files: &EvidenceFiles, now: Timestamp) -> Result<(), PurgeError> {
    loop {
        let mut gone = Vec::new();
        let wanted = store.to_erase().await?;
        let mut away = None;
        let mut removed = stream::iter(wanted.clone())
            .map(|sha256| async move { (files.store().remove(&sha256).await, sha256) })
            .buffer_unordered(AT_ONCE);
        while let Some((done, sha256)) = removed.next().await {
            match done {
                Ok(()) => gone.push(sha256),
                Err(error) if error.is_away() => {
                    away = Some(error);
                    break;
                }
                Err(error) => warn!("{error}"),
            }
        }
        drop(removed);
        store.erased(&gone, now).await?;
        if let Some(error) = away {
            return Err(error.into());
        }
        if gone.is_empty() || gone.len() < wanted.len() {
            return Ok(());
        }
    }
}

/// Purges every night and looks after the plans of the store, for as long as this centre is on duty. It may be ended at any moment.
pub async fn follow(store: Store, files: EvidenceFiles, keep: Keep, clock: Clock) {
    loop {
        if let Err(error) = resume(&store, &files, clock.now()).await {
            error!("{error}");
        } else if let Err(error) = night(&store, &files, keep, clock.now()).await {
            error!("{error}");
        }
        if let Err(error) = store.refresh_plans().await {
            error!("{error}");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Ends what was interrupted: by a stop, or because the object store was away.
pub async fn resume(store: &Store, files: &EvidenceFiles, now: Timestamp) -> Result<(), PurgeError> {
    while let Some(run) = store.unfinished_purge().await? {
        files.store().reachable()?;
        work(store, files, run, now).await?;
    }
    Ok(())
}

/// Purges if a night has come since the last time.
pub async fn night(
    store: &Store,
    files: &EvidenceFiles,
    keep: Keep,
    now: Timestamp,
) -> Result<Option<Proof>, PurgeError> {
    if !due(now, store.last_purge().await?, store.zone()) {
        return Ok(None);
    }
    let order = PurgeOrder { cutoff: keep.cutoff(now), by: "system".into(), approval: None };
    purge(store, files, &order, now).await.map(Some)
}

/// Looks whether there is room for more. Nothing is deleted before its time: where there is none, boxes keep their files and come
/// again, and somebody is told.
pub async fn follow_room(
    store: Store,
    files: EvidenceFiles,
    max_bytes: u64,
    mut stopped: watch::Receiver<bool>,
) {
    let mut before = false;
    loop {
        match store.evidence_bytes().await {
            Ok(bytes) => {
                let full = bytes >= max_bytes;
                if full && !before {
                    error!(
                        "{bytes} bytes of evidence are kept, as many as `[evidence] max_mb` allows: boxes keep theirs until there \
                         is room. Nothing may be deleted before its time: raise max_mb, on a larger disk"
                    );
                }
                files.set_full(full);
                before = full;
            }
            Err(error) => error!("{error}"),
        }
        if timeout(EVERY, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            return;
        }
    }
}

/// Watches whether the object store can be used: says it when that changes, and lets uploads in again.
pub async fn follow_objects(files: EvidenceFiles, mut stopped: watch::Receiver<bool>) {
    let EvidenceStore::Objects(objects) = files.store() else { return };
    loop {
        let there = tokio::select! {
            there = objects.check() => there,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let pause = if there { THERE_EVERY } else { AWAY_EVERY };
        if timeout(pause, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            return;
        }
    }
}
