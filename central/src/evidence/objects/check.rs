//! Whether the object store can be used, and what is said when that changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use object_store::ObjectStoreExt;
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::super::EvidenceError;
use super::Objects;
use super::reason::{reason, says, slow};

/// What is known of the object store.
#[derive(Debug, Default)]
pub(super) struct State {
    /// What could not be done, and why.
    away: Mutex<Option<(&'static str, String)>>,
    /// One probe at a time: it has one name.
    probing: tokio::sync::Mutex<()>,
    tried: AtomicBool,
    versioned: AtomicBool,
}

impl Objects {
    /// Why it cannot be used, as far as is known; none while it can.
    pub fn outage(&self) -> Option<String> {
        self.reachable().err().map(|error| error.to_string())
    }

    /// Whether the bucket keeps what is removed as an older version.
    pub fn keeps_versions(&self) -> bool {
        self.state.versioned.load(Ordering::Relaxed)
    }

    /// Refuses at once where it is known that it cannot be used.
    pub(in super::super) fn reachable(&self) -> Result<(), EvidenceError> {
        let away = self.state.away.lock().unwrap_or_else(PoisonError::into_inner).clone();
        away.map_or(Ok(()), |(doing, why)| Err(self.away(doing, why)))
    }

    /// Looks whether it can be used, and remembers that. The first time, and after it was away, a file is written, read and
    /// removed; else it is only asked.
    pub async fn check(&self) -> bool {
        let whole = !self.state.tried.swap(true, Ordering::Relaxed) || self.outage().is_some();
        let _turn = self.state.probing.lock().await;
        let found = if whole { self.try_all().await } else { self.is_gone().await };
        self.note(found)
    }

    /// Remembers how it is; says it when that has changed.
    fn note(&self, found: Result<(), EvidenceError>) -> bool {
        let ok = found.is_ok();
        let mut away = self.state.away.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*away, &found) {
            (None, Err(error)) => {
                error!("{error}. Alerts are taken all the same; boxes keep their evidence and send it later")
            }
            (Some(_), Ok(())) => info!("the object store {} can be used again", self.place),
            _ => {}
        }
        *away = found.err().map(|error| match error {
            EvidenceError::Away { doing, why, .. } => (doing, why),
            other => ("use", other.to_string()),
        });
        ok
    }

    /// After a file could not be sent: whether it is the object store, or only this file.
    pub(super) async fn still_works(&self) -> bool {
        // many uploads fail at once where it is away: the first one finds that out for all
        let _turn = self.state.probing.lock().await;
        self.outage().is_none() && self.note(self.try_all().await)
    }

    async fn try_all(&self) -> Result<(), EvidenceError> {
        let put = self.client.put(&self.probe, Bytes::from_static(b"xunge").into());
        let made = self.within(self.limits.ask, "write to", put).await?;
        if made.version.is_some_and(|version| version != "null")
            && !self.state.versioned.swap(true, Ordering::Relaxed)
        {
            warn!(
                "the bucket of {} keeps old versions: what is purged would stay in it. Switch its versioning off, or let a \
                 lifecycle rule remove old versions after a day",
                self.place
            );
        }
        let got = self.within(self.limits.ask, "read from", self.client.get_range(&self.probe, 0..5)).await?;
        if got.as_ref() != b"xunge" {
            return Err(self.away("read from", "it gives back something else than was written".into()));
        }
        self.within(self.limits.ask, "remove from", self.client.delete(&self.probe)).await?;
        self.is_gone().await
    }

    /// Asks for what is not there: right keys, a bucket, and the right to know what is missing.
    async fn is_gone(&self) -> Result<(), EvidenceError> {
        match timeout(self.limits.ask, self.client.get(&self.probe)).await {
            // an answer without a body, as to HEAD, would not tell a missing file from a missing bucket
            Ok(Err(object_store::Error::NotFound { source, .. })) if !says(&*source, "NoSuchBucket") => {
                Ok(())
            }
            Ok(Err(object_store::Error::PermissionDenied { source, .. }))
                if says(&*source, "AccessDenied") =>
            {
                let why = "it does not say what is missing; the access key needs s3:ListBucket on the bucket, besides \
                           s3:GetObject, s3:PutObject and s3:DeleteObject";
                Err(self.away("ask", why.into()))
            }
            Ok(Err(error)) => Err(self.away("ask", reason(&error))),
            Ok(Ok(_)) => Err(self.away("remove from", "what was removed is still there".into())),
            Err(_) => Err(self.away("ask", slow(self.limits.ask))),
        }
    }
}
