//! The desk: commits many messages in one transaction, then confirms, then releases.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rumqttc::QoS;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};
use xunge_alert::{Confirm, topic};

use super::IntakeState;
use super::line::{Handed, Replies};
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
pub(super) struct Desk {
    replies: mpsc::Sender<Replies>,
    store: Store,
    feed: Feed,
    clock: Clock,
    state: Arc<IntakeState>,
}

impl Desk {
    pub(super) fn new(
        replies: mpsc::Sender<Replies>,
        store: Store,
        feed: Feed,
        clock: Clock,
        state: Arc<IntakeState>,
    ) -> Self {
        Self { replies, store, feed, clock, state }
    }

    /// Runs until it is stopped or the line has gone. What still waits then was not released: the broker sends it
    /// again.
    pub(super) async fn run(self, mut inbox: mpsc::Receiver<Handed>, mut stopped: watch::Receiver<bool>) {
        loop {
            let first = tokio::select! {
                handed = inbox.recv() => handed,
                _ = stopped.changed() => None,
            };
            let Some(first) = first else { return };
            let batch = collect(first, &mut inbox).await;
            if !self.work(batch, &mut stopped).await {
                return;
            }
        }
    }

    /// Commit, confirm, release. False when intake is to stop before that came about.
    async fn work(&self, batch: Vec<Handed>, stopped: &mut watch::Receiver<bool>) -> bool {
        let messages: Vec<Inbound> =
            batch.iter().filter_map(|handed| read(&handed.publish.topic, &handed.publish.payload)).collect();
        for bad in messages.iter().filter_map(|message| match message {
            Inbound::Bad(bad) => Some(bad),
            _ => None,
        }) {
            warn!("a message on {} cannot be taken: {}", bad.topic, bad.reason);
        }
        let Some(taken) = self.commit(messages, stopped).await else { return false };
        self.state.batches.fetch_add(1, Ordering::Relaxed);
        let releases = batch
            .iter()
            .filter(|handed| handed.publish.qos == QoS::AtLeastOnce)
            .map(|handed| (handed.generation, handed.publish.pkid));
        let replies =
            Replies { confirms: taken.iter().flat_map(confirms).collect(), releases: releases.collect() };
        if self.replies.send(replies).await.is_err() {
            return false;
        }
        for taken in &taken {
            self.feed.tell(&taken.news).await;
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
}

/// One batch: what is there, and what comes within a moment.
async fn collect(first: Handed, inbox: &mut mpsc::Receiver<Handed>) -> Vec<Handed> {
    let until = Instant::now() + LINGER;
    let mut batch = vec![first];
    while batch.len() < BATCH {
        let next = match inbox.try_recv() {
            Ok(next) => Some(next),
            Err(_) => timeout_at(until.min(Instant::now() + IDLE), inbox.recv()).await.ok().flatten(),
        };
        match next {
            Some(next) => batch.push(next),
            None => break,
        }
    }
    batch
}

/// Topic and answer of each confirm.
fn confirms(taken: &Taken) -> impl Iterator<Item = (String, Confirm)> {
    taken.confirms.iter().map(|(site, edge, confirm)| (topic::confirm(site, edge), confirm.clone()))
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
