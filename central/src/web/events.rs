//! Changes as they happen: server-sent events `case`, `edge`, `camera`, and `reload` when some were missed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::Web;
use super::guard::LoggedIn;
use super::problem::Problem;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after so long; the browser opens the next one and shows its session anew.
const LONGEST: Duration = Duration::from_secs(15 * 60);
const RECONNECT: Duration = Duration::from_secs(1);

pub(super) async fn stream(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let events = web.feed.subscribe();
    let actor = session.actor();
    let state = (events, web.stopped.clone(), actor);
    let changes = stream::unfold(state, |(mut events, mut stopped, actor)| async move {
        loop {
            let received = tokio::select! {
                received = events.recv() => received,
                _ = stopped.wait_for(|stopped| *stopped) => return None,
            };
            let event = match received {
                Ok(event) if event.region.as_ref().is_some_and(|region| !actor.sees(region)) => continue,
                Ok(event) => Event::default().event(event.kind).id("x").data(&*event.data),
                Err(RecvError::Lagged(_)) => Event::default().event("reload").data("{}"),
                Err(RecvError::Closed) => return None,
            };
            return Some((Ok(event), (events, stopped, actor)));
        }
    });
    // the id says nothing but that this browser has had events before: what came in between it has missed
    let again =
        headers.contains_key("last-event-id").then(|| Ok(Event::default().event("reload").data("{}")));
    let first = stream::once(async { Ok(Event::default().retry(RECONNECT).id("x").comment("xunge")) });
    let end = Instant::now() + LONGEST;
    let all = first.chain(stream::iter(again)).chain(changes).take_until(tokio::time::sleep_until(end));
    Ok(Sse::new(all).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
