//! The desk: commits many messages in one transaction, then confirms, then releases.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rumqttc::{AsyncClient, Publish, QoS};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{error, warn};
use xunge_alert::topic;

use super::IntakeState;
use super::line::Handed;
use super::message::{BadMessage, Inbound, Sender, read};
use crate::clock::Clock;
use crate::feed::Feed;
use crate::store::{Store, StoreError, Taken};

/// Most messages of one transaction.
const BATCH: usize = 500;
/// A batch closes when nothing more comes for so long.
const IDLE: Duration = Duration::from_millis(2);
/// A batch closes at the latest after so long.
const LINGER: Duration = Duration::from_millis(20);
/// Pause before a commit is tried again, e.g. when the disk is full.
const RETRY: Duration = Duration::from_secs(1);
/// How long a stop waits for the client to send what is asked of it.
const FAREWELL: Duration = Duration::from_secs(2);

pub(super) struct Desk {
    client: AsyncClient,
    store: Store,
    feed: Feed,
    clock: Clock,
    generation: Arc<AtomicU64>,
    state: Arc<IntakeState>,
}

impl Desk {
    pub(super) fn new(
        client: AsyncClient,
        store: Store,
        feed: Feed,
        clock: Clock,
        generation: Arc<AtomicU64>,
        state: Arc<IntakeState>,
    ) -> Self {
        Self { client, store, feed, clock, generation, state }
    }

    pub(super) async fn run(self, mut inbox: mpsc::Receiver<Handed>, mut stopped: watch::Receiver<bool>) {
        loop {
            let first = tokio::select! {
                handed = inbox.recv() => handed,
                _ = stopped.changed() => None,
            };
            let Some(first) = first else { break };
            let batch = self.collect(first, &mut inbox).await;
            if !batch.is_empty() && !self.work(batch, &mut stopped).await {
                break;
            }
        }
        // what still waits was not released: the broker sends it again
        let _ = timeout(FAREWELL, self.client.disconnect()).await;
    }

    /// One batch: what is there, and what comes within a moment.
    async fn collect(&self, first: Handed, inbox: &mut mpsc::Receiver<Handed>) -> Vec<(u64, Publish)> {
        let mut batch = Vec::new();
        let until = Instant::now() + LINGER;
        let mut handed = first;
        loop {
            match handed {
                Handed::Connected => self.subscribe().await,
                Handed::Message { generation, publish } => batch.push((generation, publish)),
            }
            if batch.len() >= BATCH {
                return batch;
            }
            handed = match inbox.try_recv() {
                Ok(next) => next,
                Err(_) => match timeout_at(until.min(Instant::now() + IDLE), inbox.recv()).await {
                    Ok(Some(next)) => next,
                    Ok(None) | Err(_) => return batch,
                },
            };
        }
    }

    async fn subscribe(&self) {
        let filters = topic::centre_filters().map(|path| rumqttc::SubscribeFilter::new(path, QoS::AtLeastOnce));
        if let Err(error) = self.client.subscribe_many(filters).await {
            error!("intake cannot subscribe: {error}");
        }
    }

    /// Commit, confirm, release. False when intake is to stop before the commit came about.
    async fn work(&self, batch: Vec<(u64, Publish)>, stopped: &mut watch::Receiver<bool>) -> bool {
        let messages: Vec<Inbound> =
            batch.iter().filter_map(|(_, publish)| read(&publish.topic, &publish.payload)).collect();
        for bad in messages.iter().filter_map(|message| match message {
            Inbound::Bad(bad) => Some(bad),
            _ => None,
        }) {
            warn!("a message on {} cannot be taken: {}", bad.topic, bad.reason);
        }
        let Some(taken) = self.commit(messages, stopped).await else { return false };
        self.state.batches.fetch_add(1, Ordering::Relaxed);
        for taken in &taken {
            self.confirm(taken).await;
        }
        for (generation, publish) in &batch {
            let alive = *generation == self.generation.load(Ordering::SeqCst);
            if alive && let Err(error) = self.client.ack(publish).await {
                error!("a message cannot be released at the broker: {error}");
            }
        }
        for taken in &taken {
            self.feed.tell(taken).await;
        }
        true
    }

    /// Commits the messages: in one transaction, or where one of them cannot be stored, one by one without it.
    /// None when intake is to stop while the store does not work.
    async fn commit(
        &self,
        messages: Vec<Inbound>,
        stopped: &mut watch::Receiver<bool>,
    ) -> Option<Vec<Taken>> {
        if messages.is_empty() {
            return Some(Vec::new());
        }
        match self.take(&messages, stopped).await? {
            Ok(taken) => Some(vec![taken]),
            Err(_) => {
                let mut all = Vec::with_capacity(messages.len());
                for message in messages {
                    let one = std::slice::from_ref(&message);
                    match self.take(one, stopped).await? {
                        Ok(taken) => all.push(taken),
                        Err(error) => {
                            error!("the store cannot take a message, it is set aside: {error}");
                            if let Some(bad) = unstorable(&message)
                                && let Ok(taken) = self.take(&[Inbound::Bad(bad)], stopped).await?
                            {
                                all.push(taken);
                            }
                        }
                    }
                }
                Some(all)
            }
        }
    }

    /// Tries until it is committed, or fails because of the data itself. None when intake is to stop.
    async fn take(
        &self,
        messages: &[Inbound],
        stopped: &mut watch::Receiver<bool>,
    ) -> Option<Result<Taken, StoreError>> {
        loop {
            match self.store.take(messages, self.clock.now()).await {
                Ok(taken) => return Some(Ok(taken)),
                Err(error) if error.is_about_data() => return Some(Err(error)),
                Err(error) => {
                    error!("{error}; intake confirms nothing and tries again");
                    tokio::select! {
                        () = tokio::time::sleep(RETRY) => {}
                        _ = stopped.changed() => return None,
                    }
                }
            }
        }
    }

    async fn confirm(&self, taken: &Taken) {
        for (site, edge, confirm) in &taken.confirms {
            let payload = match serde_json::to_vec(confirm) {
                Ok(payload) => payload,
                Err(error) => {
                    error!("a confirm for {edge} cannot be written: {error}");
                    continue;
                }
            };
            let topic = topic::confirm(site, edge);
            if let Err(error) = self.client.publish(topic, QoS::AtLeastOnce, false, payload).await {
                error!("a confirm for {edge} cannot be sent: {error}; the box sends its messages again");
            }
        }
    }
}

/// A message that reads well but cannot be stored.
fn unstorable(message: &Inbound) -> Option<BadMessage> {
    let Inbound::Alert(message) = message else { return None };
    let alert = &message.alert;
    Some(BadMessage {
        topic: message.topic.clone(),
        payload: message.payload.clone().into_bytes(),
        reason: "the store of the centre cannot hold it; its log says why".into(),
        sender: Some(Sender {
            site: alert.site.clone(),
            edge: alert.edge.clone(),
            outbox: alert.outbox,
            seq: alert.seq,
        }),
    })
}
