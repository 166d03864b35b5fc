//! What the open consoles are told, as it happens. A console that is too slow loses events, is told so, and reads
//! everything again. Each event is written once: all streams share its bytes, and what one commit changed wakes each of them
//! once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until};
use tracing::warn;
use uuid::Uuid;

use crate::org::Region;
use crate::store::{News, Store, StoreError};

/// Most events that one which comes back can be given.
const DEPTH: usize = 1024;
/// Most commits that wait for a slow console, each of [`MANY`] events at most.
const COMMITS: usize = 256;
/// Changes of one batch beyond which the consoles are told to read everything again, so that intake is not held up.
const MANY: usize = 100;
/// Reading everything again is the dearest thing that a console does, and all do it at once: no sooner again than this.
const RELOAD_PAUSE: Duration = Duration::from_secs(2);

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

/// What one commit changed.
pub type Commit = Arc<[Event]>;

/// An event that has no number yet.
struct Draft {
    kind: &'static str,
    text: String,
    region: Option<Region>,
}

impl Draft {
    /// None where the view cannot be written.
    fn of<T: Serialize>(kind: &'static str, view: &T, region: Option<Region>) -> Option<Self> {
        match serde_json::to_string(view) {
            Ok(text) => Some(Self { kind, text, region }),
            Err(error) => {
                warn!("an event of kind {kind} cannot be written: {error}");
                None
            }
        }
    }

    fn reload() -> Self {
        Self { kind: "reload", text: "{}".into(), region: None }
    }
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
    sender: broadcast::Sender<Commit>,
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
    /// When all may be told again to read everything.
    reload: Instant,
    /// Whether they will be told so then.
    owed: bool,
}

impl Feed {
    /// A feed that nobody listens to yet.
    pub fn new(store: Store) -> Self {
        let run = hex::encode(rand::random::<[u8; 6]>()).into();
        // from 1, so that 0 is an id of before the first
        let recent = Arc::new(Mutex::new(Recent {
            events: VecDeque::new(),
            next: 1,
            reload: Instant::now(),
            owed: false,
        }));
        Self { sender: broadcast::channel(COMMITS).0, store, recent, run }
    }

    /// Listens from now on; with the id of the last event that was heard, also to what has come since.
    pub fn subscribe(&self, last: Option<&str>) -> (broadcast::Receiver<Commit>, Missed) {
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
            self.reload();
            return Ok(());
        }
        let mut drafts = Vec::new();
        if !news.cases.is_empty() {
            for case in self.store.case_summaries(&news.cases).await? {
                drafts.push(Draft::of("case", &case, Some(Region::of_site(&case.region))));
            }
        }
        for edge in &news.edges {
            for view in self.store.edges(Some(edge)).await? {
                drafts.push(Draft::of("edge", &view, Some(Region::of_site(&view.site))));
            }
        }
        for (edge, camera) in &news.cameras {
            let Some(site) = self.store.site_of(edge).await? else { continue };
            for view in self.store.cameras(Some(edge), Some(camera)).await? {
                drafts.push(Draft::of("camera", &view, Some(Region::of_site(&site))));
            }
        }
        self.send(drafts.into_iter().flatten());
        Ok(())
    }

    /// Has everybody read everything again: at once, or together with what comes until a pause is over.
    fn reload(&self) {
        let now = Instant::now();
        let mut recent = self.recent();
        if recent.owed {
            return;
        }
        let due = recent.reload;
        if due <= now {
            recent.reload = now + RELOAD_PAUSE;
            drop(recent);
            return self.send([Draft::reload()]);
        }
        recent.owed = true;
        drop(recent);
        let feed = self.clone();
        tokio::spawn(async move {
            sleep_until(due).await;
            {
                let mut recent = feed.recent();
                recent.owed = false;
                recent.reload = Instant::now() + RELOAD_PAUSE;
            }
            feed.send([Draft::reload()]);
        });
    }

    fn send(&self, drafts: impl IntoIterator<Item = Draft>) {
        let mut recent = self.recent();
        let number = |Draft { kind, text, region }: Draft| {
            let seq = recent.next;
            recent.next += 1;
            // JSON as serde writes it is one line
            let frame = format!("event: {kind}\nid: {}\ndata: {text}\n\n", self.id(seq)).into();
            Event { kind, frame, region, seq }
        };
        let commit: Commit = drafts.into_iter().map(number).collect();
        if commit.is_empty() {
            return;
        }
        recent.events.extend(commit.iter().cloned());
        let over = recent.events.len().saturating_sub(DEPTH);
        recent.events.drain(..over);
        // an error means only that the last console has gone
        drop(self.sender.send(commit));
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
