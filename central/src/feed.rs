//! What the open consoles are told, as it happens. A console that is too slow loses events, is told so, and reads
//! everything again.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::broadcast;
use tracing::warn;
use uuid::Uuid;

use crate::store::{Store, StoreError, Taken};

/// Most events that wait for a slow console.
const DEPTH: usize = 1024;
/// Changes of one batch beyond which the consoles are told to read everything again, so that intake is not held up.
const MANY: usize = 100;

/// Something that changed. The text is JSON, made once for all consoles.
#[derive(Debug, Clone)]
pub struct Event {
    /// `case`, `edge`, `camera` or `reload`.
    pub kind: &'static str,
    /// JSON of the view.
    pub data: Arc<str>,
}

/// Tells the consoles. Clones tell the same ones.
#[derive(Debug, Clone)]
pub struct Feed {
    sender: broadcast::Sender<Event>,
    store: Store,
}

impl Feed {
    /// A feed that nobody listens to yet.
    pub fn new(store: Store) -> Self {
        Self { sender: broadcast::channel(DEPTH).0, store }
    }

    /// Listens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    /// Tells what a committed batch changed.
    pub async fn tell(&self, taken: &Taken) {
        if self.sender.receiver_count() == 0 {
            return;
        }
        if let Err(error) = self.try_tell(taken).await {
            // the consoles stand still until the next event or reload; nothing is lost
            warn!("the consoles could not be told of a change: {error}");
        }
    }

    /// Tells that these cases changed.
    pub async fn tell_cases(&self, cases: impl IntoIterator<Item = Uuid>) {
        self.tell(&Taken { cases: cases.into_iter().collect(), ..Taken::default() }).await;
    }

    async fn try_tell(&self, taken: &Taken) -> Result<(), StoreError> {
        if taken.cases.len() + taken.edges.len() + taken.cameras.len() > MANY {
            self.send("reload", &serde_json::json!({}));
            return Ok(());
        }
        for id in &taken.cases {
            if let Some(case) = self.store.case_summary(*id).await? {
                self.send("case", &case);
            }
        }
        for edge in &taken.edges {
            for view in self.store.edges(Some(edge)).await? {
                self.send("edge", &view);
            }
        }
        for (edge, camera) in &taken.cameras {
            for view in self.store.cameras(Some(edge), Some(camera)).await? {
                self.send("camera", &view);
            }
        }
        Ok(())
    }

    fn send<T: Serialize>(&self, kind: &'static str, view: &T) {
        match serde_json::to_string(view) {
            // an error means only that the last console has gone
            Ok(text) => drop(self.sender.send(Event { kind, data: text.into() })),
            Err(error) => warn!("an event of kind {kind} cannot be written: {error}"),
        }
    }
}
