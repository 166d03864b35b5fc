//! What the open consoles are told, as it happens. A console that is too slow loses events, is told so, and reads
//! everything again.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::broadcast;
use tracing::warn;
use uuid::Uuid;

use crate::org::Region;
use crate::store::{News, Store, StoreError};

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
    /// Where it is; none concerns everybody.
    pub region: Option<Region>,
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

    /// Tells what a commit changed.
    pub async fn tell(&self, news: &News) {
        if self.sender.receiver_count() == 0 {
            return;
        }
        if let Err(error) = self.try_tell(news).await {
            // the consoles stand still until the next event or reload; nothing is lost
            warn!("the consoles could not be told of a change: {error}");
        }
    }

    /// Tells that these cases changed.
    pub async fn tell_cases(&self, cases: impl IntoIterator<Item = Uuid>) {
        self.tell(&News::of_cases(cases)).await;
    }

    async fn try_tell(&self, news: &News) -> Result<(), StoreError> {
        if news.everything || news.cases.len() + news.edges.len() + news.cameras.len() > MANY {
            self.send("reload", &serde_json::json!({}), None);
            return Ok(());
        }
        for id in &news.cases {
            if let Some(case) = self.store.case_summary(*id).await? {
                let region = Region::of_site(&case.region);
                self.send("case", &case, Some(region));
            }
        }
        for edge in &news.edges {
            for view in self.store.edges(Some(edge)).await? {
                let region = Region::of_site(&view.site);
                self.send("edge", &view, Some(region));
            }
        }
        for (edge, camera) in &news.cameras {
            let Some(site) = self.store.site_of(edge).await? else { continue };
            for view in self.store.cameras(Some(edge), Some(camera)).await? {
                self.send("camera", &view, Some(Region::of_site(&site)));
            }
        }
        Ok(())
    }

    fn send<T: Serialize>(&self, kind: &'static str, view: &T, region: Option<Region>) {
        match serde_json::to_string(view) {
            // an error means only that the last console has gone
            Ok(text) => drop(self.sender.send(Event { kind, data: text.into(), region })),
            Err(error) => warn!("an event of kind {kind} cannot be written: {error}"),
        }
    }
}
