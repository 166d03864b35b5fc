//! What the open consoles are told, as it happens. A console that is too slow loses events, is told so, and reads
//! everything again. Each event is written once: all streams share its bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::broadcast;
use tracing::warn;
use uuid::Uuid;

use crate::org::Region;
use crate::store::{News, Store, StoreError};

/// Most events that wait for a slow console, and that one which comes back can be given.
const DEPTH: usize = 1024;
/// Changes of one batch beyond which the consoles are told to read everything again, so that intake is not held up.
const MANY: usize = 100;

/// Something that changed.
#[derive(Debug, Clone)]
pub struct Event {
    /// `case`, `edge`, `camera` or `reload`.
    pub kind: &'static str,
    /// As it goes out in an event stream: name, id, JSON of the view.
    pub frame: Bytes,
    /// Where it is; none concerns everybody.
    pub region: Option<Region>,
    seq: u64,
}

/// What somebody who comes back has not been told.
#[derive(Debug)]
pub enum Missed {
    /// These.
    Events(Vec<Event>),
    /// Nobody knows: everything is to be read again.
    Unknown,
}

/// Tells the consoles. Clones tell the same ones.
#[derive(Debug, Clone)]
pub struct Feed {
    sender: broadcast::Sender<Event>,
    store: Store,
    recent: Arc<Mutex<Recent>>,
    /// Of this run: ids of another one mean nothing here.
    run: Arc<str>,
}

/// The newest events, and the number of the next one.
#[derive(Debug)]
struct Recent {
    events: VecDeque<Event>,
    next: u64,
}

impl Feed {
    /// A feed that nobody listens to yet.
    pub fn new(store: Store) -> Self {
        let run = hex::encode(rand::random::<[u8; 6]>()).into();
        // from 1, so that 0 is an id of before the first
        let recent = Arc::new(Mutex::new(Recent { events: VecDeque::new(), next: 1 }));
        Self { sender: broadcast::channel(DEPTH).0, store, recent, run }
    }

    /// Listens from now on; with the id of the last event that was heard, also to what has come since.
    pub fn subscribe(&self, last: Option<&str>) -> (broadcast::Receiver<Event>, Missed) {
        // nothing is sent between looking back and listening
        let recent = self.recent();
        let events = self.sender.subscribe();
        let Some(last) = last else { return (events, Missed::Events(Vec::new())) };
        let seq = last
            .split_once('-')
            .filter(|(run, _)| *run == &*self.run)
            .and_then(|(_, seq)| seq.parse::<u64>().ok())
            .filter(|seq| *seq < recent.next);
        let first = recent.events.front().map_or(recent.next, |event| event.seq);
        let missed = match seq {
            Some(seq) if seq + 1 >= first => {
                Missed::Events(recent.events.iter().filter(|event| event.seq > seq).cloned().collect())
            }
            _ => Missed::Unknown,
        };
        (events, missed)
    }

    /// The id of the newest event, for a stream that has had none yet.
    pub fn now(&self) -> String {
        self.id(self.recent().next.saturating_sub(1))
    }

    /// Tells what a commit changed.
    pub async fn tell(&self, news: &News) {
        if self.sender.receiver_count() == 0 {
            self.forget();
            return;
        }
        if let Err(error) = self.try_tell(news).await {
            // the consoles stand still until the next event or reload; nothing is lost
            warn!("the consoles could not be told of a change: {error}");
            self.forget();
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
        let text = match serde_json::to_string(view) {
            Ok(text) => text,
            Err(error) => return warn!("an event of kind {kind} cannot be written: {error}"),
        };
        let mut recent = self.recent();
        let seq = recent.next;
        recent.next += 1;
        // JSON as serde writes it is one line
        let frame = format!("event: {kind}\nid: {}\ndata: {text}\n\n", self.id(seq)).into();
        let event = Event { kind, frame, region, seq };
        if recent.events.len() >= DEPTH {
            recent.events.pop_front();
        }
        recent.events.push_back(event.clone());
        // an error means only that the last console has gone
        drop(self.sender.send(event));
    }

    /// Something happened that nobody was told: who was away must read everything again.
    fn forget(&self) {
        let mut recent = self.recent();
        recent.events.clear();
        recent.next += 1;
    }

    fn id(&self, seq: u64) -> String {
        format!("{}-{seq}", self.run)
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
