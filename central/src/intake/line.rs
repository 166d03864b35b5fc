//! The line: speaks MQTT. What the desk asks goes out first and in bulk; new messages are read only while the desk has
//! room for them, so a centre that cannot follow is felt by the broker as a slow reader, and nothing piles up here.
//!
//! It drives rumqttc's event loop itself instead of going through its client: the client sends one request for every
//! ten packets that it reads, so under a flood the releases would never catch up with the messages.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rumqttc::{
    ConnectionError, Disconnect, Event, EventLoop, Incoming, PingReq, PubAck, Publish, QoS, Request,
    StateError, Subscribe, SubscribeFilter, SubscribeReasonCode,
};
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};
use uuid::Uuid;
use xunge_alert::{Confirm, topic};

use super::{INFLIGHT, IntakeState};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A broker that takes nothing for so long is given up.
const FLUSH: Duration = Duration::from_secs(10);
/// Boxes whose confirms wait for the broker. Beyond it the oldest goes: its box sends its messages again.
const UNSENT: usize = 50_000;
/// Numbers of one confirm: what waits for the broker grows together, but a box must be able to read it.
const NUMBERS: usize = 5000;

/// A message, and the connection that it came on.
pub(super) struct Handed {
    pub(super) generation: u64,
    pub(super) publish: Publish,
}

/// What the desk asks after a commit.
#[derive(Default)]
pub(super) struct Replies {
    /// Topic and answer.
    pub(super) confirms: Vec<(String, Confirm)>,
    /// Connection and packet id. A message is released only on the connection that it came on.
    pub(super) releases: Vec<(u64, u16)>,
}

/// Confirms that the broker has no room for yet. Those to the same box become one, so a broker or a centre that is slow for
/// a while costs a box one message, not hundreds.
#[derive(Default)]
struct Unsent {
    order: VecDeque<(String, Uuid)>,
    waiting: HashMap<(String, Uuid), Confirm>,
}

impl Unsent {
    fn len(&self) -> usize {
        self.order.len()
    }

    /// Puts a confirm behind the others; says whether one had to go for it.
    fn add(&mut self, topic: String, confirm: Confirm) -> bool {
        let key = (topic, confirm.outbox);
        if let Some(before) = self.waiting.get_mut(&key)
            && before.confirmed.len() + confirm.confirmed.len() <= NUMBERS
        {
            before.confirmed.extend(confirm.confirmed);
            before.refused.extend(confirm.refused);
            return false;
        }
        let replaced = self.waiting.insert(key.clone(), confirm).is_some();
        if !replaced {
            self.order.push_back(key);
        }
        let full = self.order.len() > UNSENT;
        if full && let Some(oldest) = self.order.pop_front() {
            self.waiting.remove(&oldest);
        }
        full || replaced
    }

    fn next(&mut self) -> Option<(String, Confirm)> {
        let key = self.order.pop_front()?;
        let confirm = self.waiting.remove(&key)?;
        Some((key.0, confirm))
    }
}

/// What a turn begins with.
enum Next {
    Replies(Option<Replies>),
    Event(Event),
    Room,
    Beat,
}

pub(super) struct Line {
    events: EventLoop,
    desk: mpsc::Sender<Handed>,
    replies: mpsc::Receiver<Replies>,
    unsent: Unsent,
    generation: u64,
    state: Arc<IntakeState>,
    pause: Duration,
    failing: bool,
    /// While nothing is read for want of room the broker hears from the centre so often.
    beat: Duration,
}

impl Line {
    pub(super) fn new(
        events: EventLoop,
        desk: mpsc::Sender<Handed>,
        replies: mpsc::Receiver<Replies>,
        state: Arc<IntakeState>,
    ) -> Self {
        let unsent = Unsent::default();
        let beat = match events.mqtt_options.keep_alive() {
            Duration::ZERO => Duration::MAX,
            keep_alive => keep_alive / 3,
        };
        Self { events, desk, replies, unsent, generation: 0, state, pause: FIRST_PAUSE, failing: false, beat }
    }

    /// Runs until the desk has gone.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            let done = if self.events.network.is_some() { self.turn().await } else { self.connect().await };
            match done {
                Ok(true) => {}
                Ok(false) => return,
                Err(_) if *stopped.borrow() => return,
                Err(error) => self.lost(&error, &mut stopped).await,
            }
        }
    }

    async fn connect(&mut self) -> Result<bool, ConnectionError> {
        let event = self.events.poll().await?;
        self.handle(event).await?;
        Ok(true)
    }

    /// One thing at a time on a connection. False when the desk has gone.
    async fn turn(&mut self) -> Result<bool, ConnectionError> {
        self.send_unsent().await?;
        let room = self.desk.capacity() > 0;
        if !room {
            self.lives();
        }
        let next = tokio::select! {
            biased;
            replies = self.replies.recv() => Next::Replies(replies),
            // reading may be broken off: a packet is in the event loop's own buffer or still in the connection's
            event = self.events.poll(), if room => Next::Event(event?),
            _ = self.desk.reserve(), if !room => Next::Room,
            () = tokio::time::sleep(self.beat), if !room => Next::Beat,
        };
        match next {
            Next::Replies(Some(replies)) => self.reply(replies).await?,
            Next::Replies(None) => {
                self.send([Request::Disconnect(Disconnect)]).await?;
                return Ok(false);
            }
            Next::Event(event) => {
                if matches!(event, Event::Incoming(_)) {
                    self.lives();
                }
                self.handle(event).await?;
            }
            Next::Room => {}
            Next::Beat => {
                self.send([Request::PingReq(PingReq)]).await?;
                // room may have come meanwhile: the event loop, whose own ping is overdue by then, would give the connection up
                // before it reads the answer
                self.lives();
            }
        }
        Ok(true)
    }

    /// What comes in, and what waits to be read while there is no room, is as good as an answer to a ping: under a flood that
    /// answer stands behind thousands of messages. Whenever reading begins again, none is awaited.
    fn lives(&mut self) {
        self.events.state.await_pingresp = false;
    }

    async fn handle(&mut self, event: Event) -> Result<(), ConnectionError> {
        match event {
            Event::Incoming(Incoming::ConnAck(_)) => {
                self.generation += 1;
                self.state.connected.store(true, Ordering::Relaxed);
                self.state.connections.fetch_add(1, Ordering::Relaxed);
                info!("intake is connected to the broker{}", if self.failing { " again" } else { "" });
                (self.failing, self.pause) = (false, FIRST_PAUSE);
                let filters =
                    topic::centre_filters().map(|path| SubscribeFilter::new(path, QoS::AtLeastOnce));
                self.send([Request::Subscribe(Subscribe::new_many(filters))]).await?;
            }
            Event::Incoming(Incoming::Publish(publish)) => {
                // there was room before the event was taken, and only the line sends: it fails when the desk has gone
                let _ = self.desk.try_send(Handed { generation: self.generation, publish });
            }
            Event::Incoming(Incoming::SubAck(answer)) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    error!(
                        "the broker refuses a subscription of the centre: let the user or certificate of the \
                         centre read xunge/v1/# and write xunge/v1/+/+/confirm"
                    );
                }
            }
            other => debug!("mqtt: {other:?}"),
        }
        Ok(())
    }

    async fn reply(&mut self, replies: Replies) -> Result<(), ConnectionError> {
        for (topic, confirm) in replies.confirms {
            let dropped = self.unsent.add(topic, confirm);
            self.state.unsent_confirms.fetch_add(u64::from(dropped), Ordering::Relaxed);
        }
        self.send_unsent().await?;
        let now = self.generation;
        let releases = replies.releases.into_iter().filter(|(generation, _)| *generation == now);
        self.send(releases.map(|(_, pkid)| Request::PubAck(PubAck::new(pkid)))).await
    }

    /// Sends the confirms that the broker has room for.
    async fn send_unsent(&mut self) -> Result<(), ConnectionError> {
        let state = &self.events.state;
        let now = usize::from(INFLIGHT.saturating_sub(state.inflight())).min(self.unsent.len());
        if now == 0 {
            return Ok(());
        }
        let mut confirms = Vec::with_capacity(now);
        for _ in 0..now {
            let Some((topic, confirm)) = self.unsent.next() else { break };
            match serde_json::to_vec(&confirm) {
                Ok(payload) => {
                    confirms.push(Request::Publish(Publish::new(topic, QoS::AtLeastOnce, payload)))
                }
                Err(error) => error!("a confirm on {topic} cannot be written: {error}"),
            }
        }
        self.send(confirms).await
    }

    async fn send(&mut self, requests: impl IntoIterator<Item = Request>) -> Result<(), ConnectionError> {
        let events = &mut self.events;
        let Some(network) = events.network.as_mut() else { return Ok(()) };
        let mut collided = Vec::new();
        let all = async {
            for request in requests {
                let packet = events.state.handle_outgoing_packet(request)?;
                // its number is still in use: it waits for another one, where rumqttc would hold up all, and forget all but one
                collided.extend(events.state.collision.take());
                // the note of it is for the event loop's user, who is us
                if matches!(events.state.events.back(), Some(Event::Outgoing(_))) {
                    events.state.events.pop_back();
                }
                if let Some(packet) = packet {
                    network.write(packet).await?;
                }
            }
            network.flush().await
        };
        let sent = tokio::time::timeout(FLUSH, all).await;
        for publish in collided {
            self.take_back(publish);
        }
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(broken(error)),
            Err(_) => Err(ConnectionError::FlushTimeout),
        }
    }

    /// A confirm waits with the others again.
    fn take_back(&mut self, publish: Publish) {
        match serde_json::from_slice(&publish.payload) {
            Ok(confirm) => {
                let dropped = self.unsent.add(publish.topic, confirm);
                self.state.unsent_confirms.fetch_add(u64::from(dropped), Ordering::Relaxed);
            }
            Err(error) => error!("a confirm on {} cannot be read again: {error}", publish.topic),
        }
    }

    async fn lost(&mut self, error: &ConnectionError, stopped: &mut watch::Receiver<bool>) {
        self.events.clean();
        // the event loop would send what the broker has not acknowledged under its old numbers, among new ones that are the same
        for request in std::mem::take(&mut self.events.pending) {
            if let Request::Publish(publish) = request {
                self.take_back(publish);
            }
        }
        self.state.connected.store(false, Ordering::Relaxed);
        if self.failing {
            debug!("intake still has no broker: {error}");
        } else {
            warn!("intake has no broker: {error}; it tries again until one answers");
        }
        self.failing = true;
        let jitter = rand::random_range(0.5..1.0);
        tokio::select! {
            () = tokio::time::sleep(self.pause.mul_f64(jitter)) => {}
            _ = stopped.changed() => {}
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

fn broken(error: StateError) -> ConnectionError {
    ConnectionError::MqttState(error)
}
