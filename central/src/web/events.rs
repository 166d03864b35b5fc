//! Changes as they happen: server-sent events `case`, `edge`, `camera`, and `reload` when some were missed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use futures_util::{StreamExt, stream};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Web;
use super::caller::{Address, Credential, Shown};
use super::guard::LoggedIn;
use super::problem::Problem;
use crate::case::guard::Actor;
use crate::feed::{Commit, Event, Missed};

/// How often a stream says that it lives, and looks whether its listener still may listen, and where.
const BEAT: Duration = Duration::from_secs(15);
/// A stream ends after so long; the browser opens the next one.
const LONGEST: Duration = Duration::from_secs(15 * 60);
const RECONNECT_MS: u32 = 1000;
/// Tells proxies (nginx) that events are not to be held back.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

const ALIVE: Bytes = Bytes::from_static(b":\n\n");

/// 实时推送
///
/// Server-sent events of what your posts cover: `case` (a CaseSummary), `edge` (an EdgeView), `camera` (a CameraView), and
/// `reload` where some were missed: read the lists again. A comment comes every 15 seconds; the stream ends after 15 minutes,
/// and whoever comes back with `Last-Event-ID` is told what came meanwhile.
#[utoipa::path(get, path = "/events", tag = "live", operation_id = "events",
    params(("Last-Event-ID" = Option<String>, Header, description = "上次收到的事件标识 Id of the last event that was heard")),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(super) async fn stream(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    shown: Shown,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let Shown(credential, address) = shown;
    let seat = Seat::take(&web, &session.user)?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let actor = session.actor();
    // before what was missed is looked up: nothing falls between
    let newest = web.feed.now();
    let (events, missed) = web.feed.subscribe(last);
    let hello = match last {
        // its own id stays until it has been told what it missed
        Some(_) => format!("retry: {RECONNECT_MS}\n: xunge\n\n"),
        None => format!("retry: {RECONNECT_MS}\nid: {newest}\n: xunge\n\n"),
    };
    let mut waiting = VecDeque::from([Bytes::from(hello)]);
    match missed {
        Missed::Events(events) => waiting.extend(events.iter().filter_map(|event| seen(event, &actor))),
        Missed::Unknown => waiting.push_back(reload(&newest)),
    }
    let now = Instant::now();
    let listener = Listener {
        stopped: web.stopped.clone(),
        web,
        credential,
        address,
        actor,
        events,
        waiting,
        beat: now + BEAT,
        end: now + LONGEST,
        _seat: seat,
    };
    let frames = stream::unfold(listener, Listener::next).map(Ok::<_, Infallible>);
    let head = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        (UNBUFFERED, "no"),
    ];
    Ok((head, Body::from_stream(frames)))
}

/// Everything is to be read again; `id` is what will have been heard by then.
fn reload(id: &str) -> Bytes {
    format!("event: reload\nid: {id}\ndata: {{}}\n\n").into()
}

/// The event's bytes, if it is for this person.
fn seen(event: &Event, actor: &Actor) -> Option<Bytes> {
    event.region.as_ref().is_none_or(|region| actor.sees(region)).then(|| event.frame.clone())
}

/// One open stream.
struct Listener {
    web: Arc<Web>,
    credential: Credential,
    address: Address,
    actor: Actor,
    events: Receiver<Commit>,
    waiting: VecDeque<Bytes>,
    stopped: watch::Receiver<bool>,
    beat: Instant,
    end: Instant,
    _seat: Seat,
}

impl Listener {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        let frame = match self.waiting.pop_front() {
            Some(frame) => frame,
            None => self.frame().await?,
        };
        Some((frame, self))
    }

    /// What comes next; none at its end.
    async fn frame(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                received = self.events.recv() => match received {
                    Ok(commit) => {
                        self.waiting.extend(commit.iter().filter_map(|event| seen(event, &self.actor)));
                        if let Some(frame) = self.waiting.pop_front() {
                            return Some(frame);
                        }
                    }
                    Err(RecvError::Lagged(_)) => {
                        // what still waits is older than what will be read: it goes on from now
                        let newest = self.web.feed.now();
                        self.events = self.events.resubscribe();
                        return Some(reload(&newest));
                    }
                    Err(RecvError::Closed) => return None,
                },
                () = sleep_until(self.beat) => {
                    self.beat = Instant::now() + BEAT;
                    match self.web.who(&self.credential, self.address).await {
                        Ok(Some(session)) => self.actor = session.actor(),
                        Ok(None) => return None,
                        // the store is away for a moment: the stream ends in time anyway
                        Err(_) => {}
                    }
                    return Some(ALIVE);
                }
                () = sleep_until(self.end) => return None,
                () = stop(&mut self.stopped) => return None,
            }
        }
    }
}

/// Comes back when the centre stops.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    // an error means that nobody is left to say it: stop as well; what it gives holds a lock and must not live on
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// One of the streams that somebody may have open at a time.
struct Seat {
    web: Arc<Web>,
    user: String,
}

impl Seat {
    fn take(web: &Arc<Web>, user: &str) -> Result<Self, Problem> {
        let most = web.streams;
        let mut seats = web.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(user.to_owned()).or_insert(0);
        if *taken >= most {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_streams",
                format!("同一用户同时打开的实时推送不超过 {most} 路，请关闭不用的页面。"),
                format!("At most {most} event streams of one user are open at a time; close pages that nobody needs."),
            )
            .retry_after(15));
        }
        *taken += 1;
        Ok(Self { web: web.clone(), user: user.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.web.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.user) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.user);
            }
        }
    }
}
