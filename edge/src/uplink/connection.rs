//! One MQTT connection after the other.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use rumqttc::{AsyncClient, Event, Packet, Publish, QoS, SubscribeReasonCode};
use tokio::time::{sleep, sleep_until, timeout};
use xunge_alert::{Confirm, EdgeState, VERSION, topic};

use super::{FAREWELL, LinkStats, Shared, mqtt, options::Broker, window::Window};
use crate::backoff::{self, Backoff};
use crate::{clock, outbox::MAX_MESSAGE_BYTES};

/// A connection that lasted this long was a good one: the next failure begins with the shortest wait.
const GOOD: Duration = Duration::from_secs(15);
/// Rows that are read from the outbox at once.
const ROWS: usize = 32;
/// Wait after the outbox's disk failed.
const DISK_RETRY: Duration = Duration::from_secs(1);

enum End {
    Stopped,
    Failed { why: String, too_large: bool },
}

/// Connects, and connects again, until told to stop.
pub(super) async fn run(shared: Arc<Shared>, broker: Broker) {
    let timing = &shared.options.timing;
    let mut backoff = Backoff::new(timing.retry, timing.retry_longest);
    let mut clean = false;
    while !shared.stop.is_cancelled() {
        let began = clock::monotonic();
        let end = Box::pin(Connection::new(&shared, &broker).run(clean)).await;
        let End::Failed { why, too_large } = end else { break };
        if clock::monotonic().duration_since(began) >= GOOD {
            backoff.reset();
        }
        clean = too_large;
        note_failure(&shared, why);
        let wait = backoff.next(backoff::random_bits());
        tokio::select! {
            () = sleep(wait) => {}
            () = shared.stop.cancelled() => {}
        }
    }
    shared.stats.send_modify(|stats| {
        (stats.connected, stats.since_utc) = (false, Some(clock::utc_now()));
    });
}

/// Says it loudly once, quietly when it says the same again.
fn note_failure(shared: &Shared, why: String) {
    shared.stats.send_modify(|stats| {
        if stats.last_error.as_ref() == Some(&why) && !stats.connected {
            tracing::debug!("{why}");
        } else {
            tracing::warn!("{why}");
        }
        if stats.connected || stats.since_utc.is_none() {
            stats.since_utc = Some(clock::utc_now());
        }
        stats.connected = false;
        stats.last_error = Some(why);
    });
}

struct Connection<'a> {
    shared: &'a Shared,
    broker: &'a Broker,
    window: Window,
    since_utc: Timestamp,
    status_due: Instant,
    /// The outbox is not asked before this, because it failed.
    outbox_due: Instant,
}

impl<'a> Connection<'a> {
    fn new(shared: &'a Shared, broker: &'a Broker) -> Self {
        let timing = &shared.options.timing;
        let now = clock::monotonic();
        Self {
            shared,
            broker,
            window: Window::new(timing.window, timing.confirm, timing.confirm_longest),
            since_utc: clock::utc_now(),
            status_due: now,
            outbox_due: now,
        }
    }

    async fn run(mut self, clean: bool) -> End {
        let shared = self.shared;
        let depth = shared.outbox.stats().depth;
        let made = mqtt::client(&shared.options, self.broker, clean, self.since_utc, depth);
        let (client, events) = match made {
            Ok(made) => made,
            Err(error) => return End::Failed { why: error.to_string(), too_large: false },
        };
        // the stream keeps a half-done poll across turns of the loop: rumqttc must not be cut off in the middle
        let mut events = pin!(stream::unfold(events, |mut events| async move {
            let event = events.poll().await;
            Some((event, events))
        }));
        let mut outbox_changed = shared.outbox.watch();
        let mut connected = false;
        loop {
            let due = self.next_due();
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(Event::Incoming(packet))) => {
                        connected |= matches!(packet, Packet::ConnAck(_));
                        if let Some(why) = self.take(packet, &client).await {
                            return End::Failed { why, too_large: false };
                        }
                    }
                    Some(Ok(Event::Outgoing(_))) => {}
                    Some(Err(error)) => {
                        let too_large = mqtt::is_too_large(&error);
                        return End::Failed { why: mqtt::explain(&error, self.broker), too_large };
                    }
                    None => return End::Stopped,
                },
                () = shared.stop.cancelled() => {
                    if connected {
                        self.say_stopped(&client);
                        // the broker closes when it has read everything; closing first could cut it off
                        let _ = timeout(FAREWELL, async {
                            while events.next().await.is_some_and(|event| event.is_ok()) {}
                        }).await;
                    }
                    return End::Stopped;
                }
                changed = outbox_changed.changed(), if connected => {
                    if changed.is_err() {
                        return End::Stopped;
                    }
                }
                () = shared.cameras_changed.notified(), if connected => {}
                () = sleep_until(due.into()), if connected => {}
            }
            if connected {
                self.pump(&client).await;
            }
        }
    }

    fn next_due(&self) -> Instant {
        let mut due = self.status_due;
        if let Some(overdue) = self.window.next_due() {
            due = due.min(overdue);
        }
        let now = clock::monotonic();
        if self.outbox_due > now { due.min(self.outbox_due) } else { due }
    }

    /// A packet from the broker. Gives the reason when this connection is of no use.
    async fn take(&mut self, packet: Packet, client: &AsyncClient) -> Option<String> {
        let options = &self.shared.options;
        match packet {
            Packet::ConnAck(_) => {
                self.window.forget();
                self.since_utc = clock::utc_now();
                self.status_due = clock::monotonic();
                let mut cameras = self.shared.cameras();
                cameras.unpublished = cameras.states.keys().cloned().collect();
                drop(cameras);
                let confirm = topic::confirm(&options.site, &options.edge);
                if client.try_subscribe(confirm, QoS::AtLeastOnce).is_err() {
                    return Some("the MQTT client takes no request".to_owned());
                }
                None
            }
            Packet::SubAck(answer) if answer.return_codes.contains(&SubscribeReasonCode::Failure) => {
                Some(format!(
                    "the broker at {}:{} does not let this box hear the centre's confirms: \
                     its rules for {} are wrong",
                    self.broker.host, self.broker.port, options.edge
                ))
            }
            // only a box that hears confirms is connected
            Packet::SubAck(_) => {
                let since = self.since_utc;
                self.note(|stats| {
                    (stats.connected, stats.since_utc) = (true, Some(since));
                    stats.connections += 1;
                    stats.last_error = None;
                });
                tracing::info!("connected to the broker at {}:{}", self.broker.host, self.broker.port);
                None
            }
            Packet::Publish(message) => {
                self.settle(&message).await;
                None
            }
            _ => None,
        }
    }

    async fn settle(&mut self, message: &Publish) {
        let options = &self.shared.options;
        if message.topic != topic::confirm(&options.site, &options.edge) {
            return;
        }
        let confirm = match serde_json::from_slice::<Confirm>(&message.payload) {
            Ok(confirm) if confirm.version <= VERSION => confirm,
            Ok(confirm) => {
                tracing::error!(
                    "the centre confirms in version {}, which this box cannot read",
                    confirm.version
                );
                return self.note(|stats| stats.strange_confirms += 1);
            }
            Err(error) => {
                tracing::error!(%error, "a confirm of the centre cannot be read");
                return self.note(|stats| stats.strange_confirms += 1);
            }
        };
        let seqs: Vec<u64> = confirm
            .confirmed
            .iter()
            .copied()
            .chain(confirm.refused.iter().map(|refused| refused.seq))
            .collect();
        let now = clock::utc_now();
        match self.shared.with_outbox(move |outbox| outbox.settle(confirm, now)).await {
            Ok(settled) if settled.foreign => {
                tracing::warn!("a confirm for another series was ignored");
                self.note(|stats| stats.strange_confirms += 1);
            }
            Ok(_) => {
                self.window.settled(seqs, clock::monotonic());
            }
            // the rows stay on their way: they are sent again, and confirmed again
            Err(error) => tracing::error!(%error, "a confirm could not be written"),
        }
    }

    /// Hands over whatever is due, as far as the connection takes it. The rest waits for the next turn.
    async fn pump(&mut self, client: &AsyncClient) {
        self.publish_status(client);
        self.publish_cameras(client);
        self.send_again(client);
        self.send_new(client).await;
    }

    fn publish_status(&mut self, client: &AsyncClient) {
        let now = clock::monotonic();
        if self.status_due > now {
            return;
        }
        let options = &self.shared.options;
        let depth = self.shared.outbox.stats().depth;
        let status = mqtt::status(options, EdgeState::Online, self.since_utc, depth);
        let place = topic::status(&options.site, &options.edge);
        let taken = client.try_publish(place, QoS::AtLeastOnce, true, status).is_ok();
        let wait = if taken { options.timing.status } else { Duration::from_secs(1) };
        self.status_due = now + wait;
    }

    fn publish_cameras(&self, client: &AsyncClient) {
        let options = &self.shared.options;
        loop {
            let mut cameras = self.shared.cameras();
            let Some(camera) = cameras.unpublished.pop_first() else { return };
            let Some(state) = cameras.states.get(&camera).cloned() else { continue };
            drop(cameras);
            let place = topic::camera_state(&options.site, &options.edge, &camera);
            let Ok(json) = serde_json::to_vec(&state) else { continue }; // strings and a time: it cannot fail
            if client.try_publish(place, QoS::AtLeastOnce, true, json).is_err() {
                self.shared.cameras().unpublished.insert(camera);
                return;
            }
        }
    }

    fn send_again(&mut self, client: &AsyncClient) {
        let now = clock::monotonic();
        while let Some((seq, payload)) = self.window.overdue(now) {
            if !self.publish_alert(client, payload) {
                return;
            }
            self.window.sent_again(seq, now);
            self.note(|stats| stats.sent_again += 1);
        }
    }

    async fn send_new(&mut self, client: &AsyncClient) {
        loop {
            let stats = self.shared.outbox.stats();
            let more = stats.last_seq > self.window.cursor() && stats.depth > self.window.len() as u64;
            let room = self.window.room().min(ROWS);
            if !more || room == 0 || self.outbox_due > clock::monotonic() {
                return;
            }
            let cursor = self.window.cursor();
            let rows = match self.shared.with_outbox(move |outbox| outbox.pending(room, cursor)).await {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::error!(%error, "the pending alerts cannot be read");
                    self.outbox_due = clock::monotonic() + DISK_RETRY;
                    return;
                }
            };
            if rows.is_empty() {
                return; // confirmed meanwhile
            }
            let now = clock::monotonic();
            for (seq, payload) in rows {
                debug_assert!(payload.len() <= MAX_MESSAGE_BYTES, "append lets no larger one in");
                if !self.publish_alert(client, payload.clone()) {
                    return;
                }
                self.window.sent(seq, payload, now);
            }
        }
    }

    fn publish_alert(&self, client: &AsyncClient, payload: String) -> bool {
        let options = &self.shared.options;
        let place = topic::alert(&options.site, &options.edge);
        let taken = client.try_publish(place, QoS::AtLeastOnce, false, payload).is_ok();
        if taken {
            self.note(|stats| stats.sent += 1);
        }
        taken
    }

    fn say_stopped(&self, client: &AsyncClient) {
        let options = &self.shared.options;
        let depth = self.shared.outbox.stats().depth;
        let status = mqtt::status(options, EdgeState::Stopped, clock::utc_now(), depth);
        let place = topic::status(&options.site, &options.edge);
        let said = client.try_publish(place, QoS::AtLeastOnce, true, status).is_ok();
        if !said || client.try_disconnect().is_err() {
            tracing::warn!("the connection takes no farewell; the broker will call this box offline");
        }
    }

    fn note(&self, change: impl FnOnce(&mut LinkStats)) {
        self.shared.stats.send_modify(change);
    }
}
