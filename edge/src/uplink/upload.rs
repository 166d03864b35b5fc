//! Evidence to the centre: `PUT {base}/evidence/v1/{edge}/{sha256}`.
//!
//! Three kinds of failure are told apart. The *centre* is away or does not know the box (no connection, 401, 429,
//! 503): everything waits. One *file* fails (500, a timeout half way): that file waits, longer each time, and the
//! others go on. A file is *refused* (413, 422, …): it is offered again every hour, because somebody may have put
//! the centre right; it never blocks the others.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{StatusCode, header};
use tokio::{fs::File, task::JoinSet, time::sleep};

use super::{Shared, UplinkError, tls};
use crate::backoff::{self, Backoff};
use crate::{clock, outbox::Upload};

/// Uploads at the same time.
const PARALLEL: usize = 2;
/// Longest wait of one file that fails again and again.
const FILE_LONGEST: Duration = Duration::from_secs(600);
/// Looks at the outbox at least this often.
const IDLE: Duration = Duration::from_secs(30);
/// A line slower than this is no line; it bounds how long one upload may take.
const SLOWEST_BYTES_PER_SEC: u64 = 8 * 1024;

/// Where evidence goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    base: String,
    pub https: bool,
}

impl Target {
    pub(super) fn read(url: &str) -> Result<Self, UplinkError> {
        let bad = |why| UplinkError::BadEvidence { why };
        let parsed = reqwest::Url::parse(url).map_err(|_| bad("it is no URL"))?;
        let https = match parsed.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(bad("it begins with neither https:// nor http://")),
        };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(bad(
                "a user or a password does not belong there; the token is in the credentials file",
            ));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(bad("nothing may follow the path"));
        }
        Ok(Self { base: parsed.as_str().trim_end_matches('/').to_owned(), https })
    }
}

enum Outcome {
    Stored,
    /// The file is not on the disk any more.
    Missing,
    /// All uploads must wait.
    Away(String),
    /// This file must wait.
    Failed(String),
    /// The centre does not want this file.
    Refused(String),
}

/// Uploads until told to stop. What is half uploaded then begins anew after the next start.
pub(super) async fn run(shared: Arc<Shared>, target: Target) {
    let timing = &shared.options.timing;
    let mut changed = shared.outbox.watch();
    let mut backoff = Backoff::new(timing.retry, timing.retry_longest);
    let mut client: Option<reqwest::Client> = None;
    let mut running: JoinSet<(Upload, Outcome)> = JoinSet::new();
    let mut on_the_way: HashSet<String> = HashSet::new();
    let mut away_until: Option<Instant> = None;
    loop {
        let now = clock::monotonic();
        let mut wait = IDLE;
        match away_until {
            Some(until) if until > now => wait = until - now,
            _ => match start_due(&shared, &target, &mut client, &mut running, &mut on_the_way).await {
                Ok(until_next) => wait = wait.min(until_next),
                Err(why) => {
                    let pause = pause(&shared, &mut backoff, why);
                    (away_until, wait) = (Some(now + pause), pause);
                }
            },
        }
        tokio::select! {
            () = shared.stop.cancelled() => return, // dropping the set ends what runs
            done = running.join_next(), if !running.is_empty() => {
                let Some(Ok((upload, outcome))) = done else {
                    on_the_way.clear(); // a task that panicked took its name along
                    continue;
                };
                if let Outcome::Away(why) = &outcome {
                    // a new client after trouble: new connections, and certificates read anew
                    client = None;
                    away_until = Some(clock::monotonic() + pause(&shared, &mut backoff, why.clone()));
                } else if matches!(outcome, Outcome::Stored) {
                    backoff.reset();
                    away_until = None;
                }
                on_the_way.remove(&upload.sha256);
                note(&shared, &upload, outcome).await;
            }
            told = changed.changed(), if away_until.is_none_or(|until| until <= now) => {
                if told.is_err() {
                    return;
                }
            }
            () = sleep(wait) => {}
        }
    }
}

/// Fills the free places. Gives how long nothing else will be due.
async fn start_due(
    shared: &Arc<Shared>,
    target: &Target,
    client: &mut Option<reqwest::Client>,
    running: &mut JoinSet<(Upload, Outcome)>,
    on_the_way: &mut HashSet<String>,
) -> Result<Duration, String> {
    if running.len() >= PARALLEL || shared.outbox.stats().backlog_files <= running.len() as u64 {
        return Ok(IDLE);
    }
    let now = clock::utc_now();
    let uploads = shared
        .with_outbox(move |outbox| outbox.next_uploads(PARALLEL * 2, now))
        .await
        .map_err(|error| error.to_string())?;
    for upload in uploads.due {
        if running.len() >= PARALLEL || on_the_way.contains(&upload.sha256) {
            continue;
        }
        let client = match client {
            Some(client) => client.clone(),
            None => {
                let made =
                    tls::http_client(&shared.options.tls, target.https).map_err(|error| error.to_string())?;
                client.insert(made).clone()
            }
        };
        on_the_way.insert(upload.sha256.clone());
        let (shared, target) = (shared.clone(), target.clone());
        running.spawn(async move {
            let outcome = put(&shared, &target, &client, &upload).await;
            (upload, outcome)
        });
    }
    let next = uploads.next_utc.map(|next| next.duration_since(now).unsigned_abs());
    Ok(next.unwrap_or(IDLE))
}

/// Notes that everything waits, and for how long.
fn pause(shared: &Shared, backoff: &mut Backoff, why: String) -> Duration {
    shared.stats.send_modify(|stats| {
        if stats.upload_error.as_ref() != Some(&why) {
            tracing::warn!("evidence waits: {why}");
        }
        stats.upload_error = Some(why);
    });
    backoff.next(backoff::random_bits())
}

async fn put(shared: &Shared, target: &Target, client: &reqwest::Client, upload: &Upload) -> Outcome {
    let Some(path) = shared.outbox.spool().path(&upload.sha256) else { return Outcome::Missing };
    let file = match File::open(&path).await {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Outcome::Missing,
        Err(error) => return Outcome::Failed(format!("cannot read {}: {error}", path.display())),
    };
    let url = format!("{}/evidence/v1/{}/{}", target.base, shared.options.edge, upload.sha256);
    let longest = Duration::from_secs(60 + upload.bytes / SLOWEST_BYTES_PER_SEC);
    let mut request = client
        .put(url)
        .timeout(longest)
        .header(header::CONTENT_TYPE, &upload.media_type)
        .header(header::CONTENT_LENGTH, upload.bytes)
        .body(file);
    if let Some(token) = &shared.options.token {
        request = request.bearer_auth(token);
    }
    match request.send().await {
        Ok(response) => judge(response.status()),
        Err(error) if error.is_connect() || error.is_builder() => {
            Outcome::Away(format!("cannot reach {}: {}", target.base, tls::chain(&error.without_url())))
        }
        Err(error) => Outcome::Failed(format!("the upload broke off: {}", tls::chain(&error.without_url()))),
    }
}

fn judge(status: StatusCode) -> Outcome {
    match status {
        StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => Outcome::Stored,
        StatusCode::UNAUTHORIZED => {
            Outcome::Away("the centre does not know this box's token: enrol it again (401)".to_owned())
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => {
            Outcome::Away(format!("the centre is busy or not ready ({status})"))
        }
        StatusCode::REQUEST_TIMEOUT => Outcome::Failed("the centre waited too long for it (408)".to_owned()),
        _ if status.is_client_error() => Outcome::Refused(format!("the centre does not want it ({status})")),
        _ => Outcome::Failed(format!("the centre answers {status}")),
    }
}

/// Writes down how an upload went.
async fn note(shared: &Shared, upload: &Upload, outcome: Outcome) {
    let (now, sha256) = (clock::utc_now(), upload.sha256.clone());
    let timing = &shared.options.timing;
    let later = |wait: Duration| now.checked_add(wait).unwrap_or(Timestamp::MAX);
    let by_failures = backoff::doubled(timing.retry, upload.attempts, FILE_LONGEST);
    let (failure, retry) = match outcome {
        Outcome::Stored => {
            shared.stats.send_modify(|stats| {
                stats.uploaded += 1;
                stats.upload_error = None;
            });
            let noted = shared.with_outbox(move |outbox| outbox.uploaded(&sha256, now)).await;
            return log(noted);
        }
        Outcome::Missing => {
            tracing::error!(sha256, "a piece of evidence is not on the disk any more; it is lost");
            return log(shared.with_outbox(move |outbox| outbox.evidence_missing(&sha256)).await);
        }
        // not the file's fault: it is due again as soon as the pause is over
        Outcome::Away(_) => {
            return shared.stats.send_modify(|stats| stats.uploads_failed += 1);
        }
        Outcome::Failed(why) => (why, by_failures),
        Outcome::Refused(why) => (why, timing.refused_upload),
    };
    tracing::warn!(sha256, "a piece of evidence waits: {failure}");
    shared.stats.send_modify(|stats| {
        stats.uploads_failed += 1;
        stats.upload_error = Some(failure.clone());
    });
    let retry_utc = later(retry);
    log(shared.with_outbox(move |outbox| outbox.upload_failed(&sha256, &failure, retry_utc)).await);
}

fn log(noted: Result<(), crate::outbox::OutboxError>) {
    if let Err(error) = noted {
        tracing::error!(%error, "the state of an upload could not be written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let base = |url| Target::read(url).map(|target| (target.base, target.https));
        assert_eq!(base("https://central.example/").unwrap(), ("https://central.example".into(), true));
        assert_eq!(base("http://127.0.0.1:8080").unwrap(), ("http://127.0.0.1:8080".into(), false));
        assert_eq!(base("https://c.example/xunge/").unwrap(), ("https://c.example/xunge".into(), true));
        for bad in ["central.example", "ftp://x", "https://x?y", "https://", "https://u:hunter2@x"] {
            let error = Target::read(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn answers_are_told_apart() {
        let kind = |code: u16| match judge(StatusCode::from_u16(code).unwrap()) {
            Outcome::Stored => "stored",
            Outcome::Away(_) => "away",
            Outcome::Failed(_) => "failed",
            Outcome::Refused(_) => "refused",
            Outcome::Missing => "missing",
        };
        let all = [
            (200, "stored"),
            (201, "stored"),
            (301, "failed"),
            (400, "refused"),
            (401, "away"),
            (408, "failed"),
            (413, "refused"),
            (422, "refused"),
            (429, "away"),
            (500, "failed"),
            (503, "away"),
        ];
        for (code, expected) in all {
            assert_eq!(kind(code), expected, "{code}");
        }
    }
}
