//! Evidence in a bucket that speaks S3: `{prefix}/ab/<sha256>`. Nobody else knows the crate `object_store`.
//!
//! Whatever the object store does, nothing here waits for long: each request has its own time limit, and is tried again a few
//! times within it. What is known to be away is not asked by uploads until [`Objects::check`] finds it again.

mod check;
mod reach;
mod reason;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::{GetOptions, MultipartUpload, ObjectStore, ObjectStoreExt};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tracing::warn;
use uuid::Uuid;

use super::kept::damaged_size;
use super::{EvidenceError, Flow, disk};
use check::State;
pub use reach::{Keys, Limits, S3};
use reason::{reason, says, slow};

/// Larger files are sent in parts of this size: the smallest that S3 takes. Sixteen uploads hold so many at once.
const PART: usize = 5 * 1024 * 1024;
/// What is read at a time: whoever looks at a clip slowly holds no connection to the object store.
const CHUNK: u64 = 1024 * 1024;
/// A bucket of evidence.
#[derive(Debug, Clone)]
pub struct Objects {
    client: Arc<AmazonS3>,
    place: Arc<str>,
    prefix: Key,
    /// What is written and removed again to see whether that works; each run has its own.
    probe: Key,
    limits: Limits,
    state: Arc<State>,
}

impl Objects {
    /// Makes a client. Nothing is asked of the object store yet.
    pub fn open(s3: &S3, keys: &Keys, limits: Limits) -> Result<Self, EvidenceError> {
        let place: Arc<str> = if s3.prefix.is_empty() {
            format!("s3://{}", s3.bucket).into()
        } else {
            format!("s3://{}/{}", s3.bucket, s3.prefix).into()
        };
        let client = reach::client(s3, keys, &limits, &place)?;
        let prefix = Key::parse(&s3.prefix).map_err(|error| reach::unusable(&place, error.to_string()))?;
        let probe = prefix.clone().join("probe").join(Uuid::new_v4().to_string());
        Ok(Self { client: Arc::new(client), place, prefix, probe, limits, state: Arc::default() })
    }

    /// `s3://bucket/prefix`.
    pub fn place(&self) -> &str {
        &self.place
    }

    fn away(&self, doing: &'static str, why: String) -> EvidenceError {
        EvidenceError::Away { doing, place: self.place.clone(), why }
    }

    fn key(&self, sha256: &str) -> Key {
        self.prefix.clone().join(sha256.get(..2).unwrap_or("00")).join(sha256)
    }

    async fn within<T>(
        &self,
        limit: Duration,
        doing: &'static str,
        asked: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, EvidenceError> {
        match timeout(limit, asked).await {
            Ok(done) => done.map_err(|error| self.away(doing, reason(&error))),
            Err(_) => Err(self.away(doing, slow(limit))),
        }
    }

    /// The same, for a file that may be missing.
    async fn find<T>(
        &self,
        limit: Duration,
        asked: impl Future<Output = object_store::Result<T>>,
    ) -> Result<Option<T>, EvidenceError> {
        match timeout(limit, asked).await {
            // a missing bucket looks like a missing file only by its status
            Ok(Err(object_store::Error::NotFound { source, .. })) if !says(&*source, "NoSuchBucket") => {
                Ok(None)
            }
            Ok(done) => done.map(Some).map_err(|error| self.away("read from", reason(&error))),
            Err(_) => Err(self.away("read from", slow(limit))),
        }
    }

    /// Sends a file. Where that fails it is asked whether it is the object store or only this file.
    pub(super) async fn put(&self, part: &Path, sha256: &str, bytes: u64) -> Result<(), EvidenceError> {
        match self.send(part, sha256, bytes).await {
            Err(EvidenceError::Away { doing, why, .. }) => {
                if self.still_works().await {
                    let (place, sha256) = (self.place.clone(), sha256.to_owned());
                    return Err(EvidenceError::Unkept { doing: "keep", place, sha256, why });
                }
                Err(self.away(doing, why))
            }
            done => done,
        }
    }

    async fn send(&self, part: &Path, sha256: &str, bytes: u64) -> Result<(), EvidenceError> {
        let key = self.key(sha256);
        let mut file = File::open(part).await.map_err(disk("read", part))?;
        let mut left = bytes;
        if left <= PART as u64 {
            let all = take(&mut file, part, left).await?;
            self.within(self.limits.send, "write to", self.client.put(&key, all.into())).await?;
        } else {
            let mut upload =
                self.within(self.limits.ask, "write to", self.client.put_multipart(&key)).await?;
            let sent = async {
                while left > 0 {
                    let next = left.min(PART as u64);
                    let chunk = take(&mut file, part, next).await?;
                    self.within(self.limits.send, "write to", upload.put_part(chunk.into())).await?;
                    left -= next;
                }
                self.within(self.limits.send, "write to", upload.complete()).await
            };
            if let Err(error) = sent.await {
                self.give_up(&mut *upload).await;
                return Err(error);
            }
        }
        // each request was signed over its bytes; this is for gateways that promise more than they do
        match self.size(sha256).await? {
            Some(found) if found == bytes => Ok(()),
            found => {
                let why = format!(
                    "after {bytes} bytes were sent it has {}",
                    found.map_or("none".into(), |n| n.to_string())
                );
                Err(self.away("write to", why))
            }
        }
    }

    /// Parts without an end are not seen, but paid for.
    async fn give_up(&self, upload: &mut dyn MultipartUpload) {
        if let Err(error) = self.within(self.limits.ask, "clear", upload.abort()).await {
            warn!(
                "{error}; parts of an upload may be left, a lifecycle rule of the bucket should remove them after a day"
            );
        }
    }

    pub(super) async fn size(&self, sha256: &str) -> Result<Option<u64>, EvidenceError> {
        let key = self.key(sha256);
        Ok(self.find(self.limits.ask, self.client.head(&key)).await?.map(|meta| meta.size))
    }

    pub(super) async fn read(
        &self,
        sha256: &str,
        bytes: u64,
        range: Range<u64>,
    ) -> Result<Option<Flow>, EvidenceError> {
        if range.is_empty() {
            return Ok(self.size(sha256).await?.map(|_| stream::empty().boxed()));
        }
        // the first chunk says whether it is there at all, before the first byte is answered
        let Some((first, found)) = self.chunk(sha256, &range).await? else { return Ok(None) };
        if found != bytes {
            return Err(damaged_size(sha256, &self.place, found, bytes));
        }
        let rest = range.start + first.len() as u64..range.end;
        let next = (self.clone(), sha256.to_owned(), rest);
        let rest = stream::try_unfold(next, |(objects, sha256, rest)| async move {
            if rest.is_empty() {
                return Ok(None);
            }
            let Some((chunk, _)) = objects.chunk(&sha256, &rest).await? else {
                let what = "it went while it was read".to_owned();
                return Err(EvidenceError::Damaged { sha256, place: objects.place.to_string(), what });
            };
            let rest = rest.start + chunk.len() as u64..rest.end;
            Ok(Some((chunk, (objects, sha256, rest))))
        });
        Ok(Some(stream::once(async { Ok(first) }).chain(rest.into_stream()).boxed()))
    }

    /// The first bytes of a range, and how large the whole file is.
    async fn chunk(&self, sha256: &str, range: &Range<u64>) -> Result<Option<(Bytes, u64)>, EvidenceError> {
        let key = self.key(sha256);
        let wanted = range.start..range.end.min(range.start + CHUNK);
        let length = wanted.end - wanted.start;
        let options = GetOptions { range: Some(wanted.into()), ..GetOptions::default() };
        let asked = async {
            let found = self.client.get_opts(&key, options).await?;
            let size = found.meta.size;
            Ok((found.bytes().await?, size))
        };
        let found = self.find(self.limits.read, asked).await?;
        if let Some((got, size)) = &found
            && got.len() as u64 != length
        {
            let what = format!("{length} of its {size} bytes were asked for and {} came", got.len());
            return Err(EvidenceError::Damaged {
                sha256: sha256.to_owned(),
                place: self.place.to_string(),
                what,
            });
        }
        Ok(found)
    }

    pub(super) async fn remove(&self, sha256: &str) -> Result<(), EvidenceError> {
        self.reachable()?;
        let key = self.key(sha256);
        match timeout(self.limits.ask, self.client.delete(&key)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(object_store::Error::NotFound { source, .. })) if !says(&*source, "NoSuchBucket") => {
                Ok(())
            }
            Ok(Err(error)) => Err(self.away("remove from", reason(&error))),
            Err(_) => Err(self.away("remove from", slow(self.limits.ask))),
        }
    }
}

/// The next bytes of a file.
async fn take(file: &mut File, path: &Path, bytes: u64) -> Result<Vec<u8>, EvidenceError> {
    let mut chunk = vec![0; usize::try_from(bytes).unwrap_or(PART)];
    file.read_exact(&mut chunk).await.map_err(disk("read", path))?;
    Ok(chunk)
}
