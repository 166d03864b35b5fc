//! Sends what waits in the outbox, in every centre: each message is claimed in the store before it is sent, so that no two centres
//! send it, and what a centre had claimed when it died is sent by whoever comes next.

use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, header};
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, warn};

use super::hook::{TIME_LIMIT, check_url, signature};
use super::may_send_to;
use crate::clock::Clock;
use crate::store::{Failure, MOST_WAITING, Outgoing, Store, StoreError};

/// How soon a new message is noticed.
const EVERY: Duration = Duration::from_millis(500);
/// How often the outbox is tidied.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Messages on their way at the same time.
const AT_ONCE: usize = 32;
/// How long a stop waits for answers.
const FAREWELL: Duration = Duration::from_secs(3);
/// Of an answer's body only so much is looked at, to say why a message was refused.
const ANSWER_BYTES: usize = 200;

/// The HTTP client cannot be made.
#[derive(Debug, Error)]
#[error("cannot prepare to send to other systems: {0}; check the system's OpenSSL and its certificates")]
pub struct CannotSend(#[from] reqwest::Error);

/// Finds addresses, without those that nobody can mean: also where a name that was checked means another address today.
#[derive(Debug)]
struct Careful {
    own_machine: bool,
}

impl Resolve for Careful {
    fn resolve(&self, name: Name) -> Resolving {
        let own_machine = self.own_machine;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<_> = found.filter(|address| may_send_to(address.ip(), own_machine)).collect();
            if good.is_empty() {
                return Err(format!("{} has no address that may be sent to", name.as_str()).into());
            }
            let addresses: Addrs = Box::new(good.into_iter());
            Ok(addresses)
        })
    }
}

/// Sends messages.
#[derive(Debug, Clone)]
pub struct Sender {
    store: Store,
    clock: Clock,
    client: Client,
}

impl Sender {
    /// Gets ready. TLS is the system's OpenSSL with the system's certificates.
    pub fn new(store: Store, clock: Clock) -> Result<Self, CannotSend> {
        Self::with_limit(store, clock, TIME_LIMIT)
    }

    /// The same with another time limit.
    pub fn with_limit(store: Store, clock: Clock, limit: Duration) -> Result<Self, CannotSend> {
        let allow_http = store.settings().outside.allow_http;
        let client = Client::builder()
            .timeout(limit)
            .redirect(Policy::none())
            .https_only(!allow_http)
            .no_proxy()
            .dns_resolver(std::sync::Arc::new(Careful { own_machine: allow_http }))
            .user_agent(concat!("xunge-central/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { store, clock, client })
    }

    /// Sends until it is told to stop.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut going = JoinSet::new();
        let mut swept: Option<Instant> = None;
        let mut failing = false;
        loop {
            if swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
                swept = Some(Instant::now());
                match self.store.sweep_outbox(MOST_WAITING, self.clock.now()).await {
                    Ok(0) => {}
                    Ok(over) => {
                        warn!("{over} messages to other systems were given up; see the page 对外推送")
                    }
                    Err(error) => error!("{error}"),
                }
            }
            let claimed =
                match self.store.claim_messages(AT_ONCE - going.len().min(AT_ONCE), self.clock.now()).await {
                    Ok(claimed) => {
                        failing = false;
                        claimed
                    }
                    Err(error) => {
                        if !failing {
                            error!("{error}");
                        }
                        failing = true;
                        Vec::new()
                    }
                };
            let none = claimed.is_empty();
            for message in claimed {
                let sender = self.clone();
                going.spawn(async move { sender.send_one(&message).await });
            }
            if none || going.len() >= AT_ONCE {
                tokio::select! {
                    _ = stopped.wait_for(|stopped| *stopped) => break,
                    // an answer makes room, and may let the next message of its case go
                    Some(_) = going.join_next(), if !going.is_empty() => {}
                    () = sleep(EVERY) => {}
                }
            }
            while going.try_join_next().is_some() {}
            if *stopped.borrow() {
                break;
            }
        }
        // what gets no answer now is sent again by whoever comes next
        let _ = timeout(FAREWELL, async { while going.join_next().await.is_some() {} }).await;
    }

    /// Sends one message and notes what became of it.
    pub async fn send_one(&self, message: &Outgoing) {
        let noted = match self.post(message).await {
            Ok(status) => self.store.message_sent(message, status, self.clock.now()).await,
            Err(failure) => self.store.message_failed(message, &failure, self.clock.now()).await,
        };
        if let Err(error) = noted {
            error!("{error}; the message {} will be sent again", message.id);
        }
    }

    async fn post(&self, message: &Outgoing) -> Result<u16, Failure> {
        let timestamp = self.clock.now().as_second();
        let id = message.id.to_string();
        let failed = |error: String| Failure { status: None, error, receiver: true };
        check_url(&message.url, self.store.settings().outside.allow_http)
            .map_err(|(_, zh, en)| failed(format!("{zh} {en}")))?;
        let signed = signature(&message.secret, &id, timestamp, &message.body)
            .ok_or_else(|| failed("the secret is damaged: make a new one".into()))?;
        let request = self
            .client
            .post(&message.url)
            .header(header::CONTENT_TYPE, &message.content_type)
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signed)
            .body(message.body.clone());
        let mut answer = request.send().await.map_err(|error| failed(reason(&error)))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(status.as_u16());
        }
        let body = answer.chunk().await.ok().flatten().unwrap_or_default();
        let body = String::from_utf8_lossy(body.get(..ANSWER_BYTES.min(body.len())).unwrap_or_default())
            .into_owned();
        // not the message's fault: overload, a proxy, a login page in between
        let receiver = status.is_server_error()
            || status.is_redirection()
            || [401, 403, 404, 408, 410, 429].contains(&status.as_u16());
        let error = if status.is_redirection() {
            "answered with a redirect, which is not followed: enter the address where it really is".to_owned()
        } else {
            body
        };
        Err(Failure { status: Some(status.as_u16()), error, receiver })
    }
}

/// The innermost cause says most.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIME_LIMIT.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Claims and sends everything that is due, once; says how many. For tests and tools.
pub async fn send_due(sender: &Sender) -> Result<usize, StoreError> {
    let claimed = sender.store.claim_messages(AT_ONCE, sender.clock.now()).await?;
    let mut going = JoinSet::new();
    let number = claimed.len();
    for message in claimed {
        let sender = sender.clone();
        going.spawn(async move { sender.send_one(&message).await });
    }
    while going.join_next().await.is_some() {}
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that was checked may mean another address today.
    #[tokio::test]
    async fn a_name_that_means_this_machine_has_no_address_unless_it_may() {
        let find = async |own_machine| {
            let found = Careful { own_machine }.resolve("localhost".parse().unwrap()).await;
            found.map(|addresses| addresses.count()).map_err(|error| error.to_string())
        };
        assert!(find(false).await.unwrap_err().contains("no address that may be sent to"));
        assert!(find(true).await.unwrap() > 0);
    }
}
