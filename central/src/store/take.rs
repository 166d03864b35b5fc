//! Many messages in one transaction. What this returns may be confirmed: it is committed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;
use xunge_alert::{Confirm, Refused, VERSION};

use super::{Doing, Store, StoreError, Tx, alerts, edges, quarantine, series};
use crate::intake::message::{BadMessage, Inbound};

/// What a committed batch did.
#[derive(Debug, Default)]
pub struct Taken {
    /// Answers to the boxes, one per series: (site, edge, answer).
    pub confirms: Vec<(String, String, Confirm)>,
    /// Cases that are new or changed.
    pub cases: BTreeSet<Uuid>,
    /// Boxes whose state changed.
    pub edges: BTreeSet<String>,
    /// Cameras whose state changed: (edge, camera).
    pub cameras: BTreeSet<(String, String)>,
}

type Key = (String, String, Uuid);

/// A batch on its way.
pub(super) struct Batch {
    pub(super) tx: Tx,
    pub(super) now: Timestamp,
    pub(super) zone: jiff::tz::TimeZone,
    pub(super) taken: Taken,
    answers: BTreeMap<Key, Confirm>,
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

    pub(super) fn confirm(&mut self, site: &str, edge: &str, outbox: Uuid, seq: u64) {
        let answer = self.answer(site, edge, outbox);
        if !answer.confirmed.contains(&seq) {
            answer.confirmed.push(seq);
        }
    }

    /// Sets a message aside, and says so to the box where it can be named.
    pub(super) async fn set_aside(&mut self, bad: &BadMessage) -> Result<(), StoreError> {
        quarantine::keep(&mut self.tx, &bad.topic, &bad.payload, &bad.reason, self.now).await?;
        let Some(sender) = &bad.sender else { return Ok(()) };
        // a conflicting number has come before, as another message: that one stays confirmed
        if let Ok(seq) = i64::try_from(sender.seq) {
            series::note(&mut self.tx, &sender.edge, sender.outbox, seq, self.now).await?;
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
        let mut work = Batch {
            tx: self.begin().await?,
            now,
            zone: self.zone.clone(),
            taken: Taken::default(),
            answers: BTreeMap::new(),
        };
        for message in batch {
            match message {
                Inbound::Alert(message) => alerts::take(&mut work, message).await?,
                Inbound::Status { site, status } => edges::take_status(&mut work, site, status).await?,
                Inbound::Camera { site, state } => edges::take_camera(&mut work, site, state).await?,
                Inbound::Bad(bad) => work.set_aside(bad).await?,
            }
        }
        let Batch { tx, mut taken, answers, .. } = work;
        tx.commit().await.doing("commit a batch of messages")?;
        taken.confirms =
            answers.into_iter().map(|((site, edge, _), confirm)| (site, edge, confirm)).collect();
        Ok(taken)
    }
}
