//! Many messages in one transaction. What this returns may be confirmed: it is committed.
//!
//! Whatever is known of them is loaded with a few statements, decided in memory by [`crate::incident::Desk`], and written
//! with a few statements again: a batch of five hundred costs hardly more than one message.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;
use xunge_alert::{Confirm, Refused, VERSION};

use super::{Doing, News, Store, StoreError, Tx, alerts, edges, quarantine, series};
use crate::intake::message::{AlertMessage, BadMessage, Inbound};

/// What a committed batch did.
#[derive(Debug, Default)]
pub struct Taken {
    /// Answers to the boxes, one per series: (site, edge, answer).
    pub confirms: Vec<(String, String, Confirm)>,
    /// What changed.
    pub news: News,
}

type Key = (String, String, Uuid);

/// A batch on its way.
pub(super) struct Batch {
    pub(super) tx: Tx,
    pub(super) now: Timestamp,
    pub(super) taken: Taken,
    answers: BTreeMap<Key, Confirm>,
    /// Whether a message was put into the quarantine.
    kept: bool,
    /// Boxes that have a row once this is committed.
    pub(super) boxes: Vec<String>,
}

impl Batch {
    fn answer(&mut self, site: &str, edge: &str, outbox: Uuid) -> &mut Confirm {
        self.answers.entry((site.to_owned(), edge.to_owned(), outbox)).or_insert_with(|| Confirm {
            version: VERSION,
            outbox,
            confirmed: Vec::new(),
            refused: Vec::new(),
        })
    }

    pub(super) fn confirm(&mut self, message: &AlertMessage) {
        let alert = &message.alert;
        self.answer(&alert.site, &alert.edge, alert.outbox).confirmed.push(alert.seq);
    }

    /// Puts a message into the quarantine, where it can be looked at.
    pub(super) async fn keep(&mut self, topic: &str, payload: &[u8], reason: &str) -> Result<(), StoreError> {
        self.kept = true;
        quarantine::keep(&mut self.tx, topic, payload, reason, self.now).await
    }

    /// Sets a message aside, and says so to the box where it can be named.
    pub(super) async fn set_aside(&mut self, bad: &BadMessage) -> Result<(), StoreError> {
        self.keep(&bad.topic, &bad.payload, &bad.reason).await?;
        let Some(sender) = &bad.sender else { return Ok(()) };
        // a conflicting number has come before, as another message: that one stays confirmed
        if let Ok(seq) = i64::try_from(sender.seq) {
            series::note(&mut self.tx, &[(sender.edge.clone(), sender.outbox, seq)], self.now).await?;
        }
        let refused = Refused { seq: sender.seq, reason: bad.reason.clone() };
        let answer = self.answer(&sender.site, &sender.edge, sender.outbox);
        if !answer.refused.contains(&refused) {
            answer.refused.push(refused);
        }
        Ok(())
    }
}

impl Store {
    /// Takes a batch in one transaction: all of it, or on error none. Repeats are taken again without effect.
    pub async fn take(&self, batch: &[Inbound], now: Timestamp) -> Result<Taken, StoreError> {
        let tx = self.begin().await?;
        let mut work = Batch {
            tx,
            now,
            taken: Taken::default(),
            answers: BTreeMap::new(),
            kept: false,
            boxes: Vec::new(),
        };
        let mut messages = Vec::new();
        for message in batch {
            match message {
                Inbound::Alert(message) => messages.push(&**message),
                Inbound::Status { site, status } => edges::take_status(&mut work, site, status).await?,
                Inbound::Camera { site, state } => edges::take_camera(&mut work, site, state).await?,
                Inbound::Bad(bad) => work.set_aside(bad).await?,
            }
        }
        if !messages.is_empty() {
            alerts::take(self, &mut work, &messages).await?;
        }
        if work.kept {
            quarantine::make_room(&mut work.tx).await?;
        }
        let Batch { mut tx, mut taken, answers, boxes, .. } = work;
        self.announce(&mut tx, &taken.news).await?;
        tx.commit().await.doing("commit a batch of messages")?;
        self.have_rows(boxes);
        taken.confirms = answers
            .into_iter()
            .map(|((site, edge, _), mut confirm)| {
                let mut seen = BTreeSet::new();
                confirm.confirmed.retain(|seq| seen.insert(*seq));
                (site, edge, confirm)
            })
            .collect();
        Ok(taken)
    }
}
