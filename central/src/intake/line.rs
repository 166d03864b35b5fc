//! The line: polls the MQTT client and never waits for the desk, or the client could not send what the desk asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rumqttc::{ConnectionError, Event, EventLoop, Incoming, Outgoing, Publish, SubscribeReasonCode};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};

use super::IntakeState;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a stop waits for the client to send what was asked of it.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the line hands to the desk.
#[derive(Debug)]
pub(super) enum Handed {
    /// A connection began: the desk subscribes.
    Connected,
    /// A message of this connection.
    Message {
        /// Which connection: a message is released only on the one that it came on.
        generation: u64,
        publish: Publish,
    },
}

pub(super) struct Line {
    events: EventLoop,
    desk: mpsc::Sender<Handed>,
    generation: Arc<AtomicU64>,
    state: Arc<IntakeState>,
    pause: Duration,
    failing: bool,
}

impl Line {
    pub(super) fn new(
        events: EventLoop,
        desk: mpsc::Sender<Handed>,
        generation: Arc<AtomicU64>,
        state: Arc<IntakeState>,
    ) -> Self {
        Self { events, desk, generation, state, pause: FIRST_PAUSE, failing: false }
    }

    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            let polled = tokio::select! {
                polled = self.events.poll() => polled,
                () = self.desk.closed() => return self.farewell().await,
            };
            match polled {
                Ok(event) => {
                    if !self.handle(event) {
                        self.hang_up(&mut stopped).await;
                    }
                }
                Err(ConnectionError::RequestsDone) => return,
                Err(error) => {
                    if *stopped.borrow() {
                        return;
                    }
                    self.lost(&error, &mut stopped).await;
                }
            }
        }
    }

    /// Sends what the desk has asked for to the end: confirms, releases, and the good-bye.
    async fn farewell(mut self) {
        let last = async {
            while let Ok(event) = self.events.poll().await {
                if matches!(event, Event::Outgoing(Outgoing::Disconnect)) {
                    return;
                }
            }
        };
        // unsent is not lost: the boxes and the broker send again
        if tokio::time::timeout(FAREWELL, last).await.is_err() {
            debug!("the broker did not take the last requests in time");
        }
    }

    /// False when the desk cannot take the message.
    fn handle(&mut self, event: Event) -> bool {
        match event {
            Event::Incoming(Incoming::ConnAck(_)) => {
                self.generation.fetch_add(1, Ordering::SeqCst);
                self.state.connected.store(true, Ordering::Relaxed);
                if self.failing {
                    info!("intake is connected to the broker again");
                } else {
                    info!("intake is connected to the broker");
                }
                (self.failing, self.pause) = (false, FIRST_PAUSE);
                self.desk.try_send(Handed::Connected).is_ok()
            }
            Event::Incoming(Incoming::Publish(publish)) => {
                let generation = self.generation.load(Ordering::SeqCst);
                match self.desk.try_send(Handed::Message { generation, publish }) {
                    Ok(()) | Err(TrySendError::Closed(_)) => true,
                    Err(TrySendError::Full(_)) => false,
                }
            }
            Event::Incoming(Incoming::SubAck(answer)) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    error!(
                        "the broker refuses a subscription of the centre: let the user or certificate of the \
                         centre read xunge/v1/# and write xunge/v1/+/+/confirm"
                    );
                }
                true
            }
            other => {
                debug!("mqtt: {other:?}");
                true
            }
        }
    }

    /// More has come than may wait: what was not released comes again on the next connection.
    async fn hang_up(&mut self, stopped: &mut watch::Receiver<bool>) {
        self.state.overflows.fetch_add(1, Ordering::Relaxed);
        warn!("intake has more messages waiting than it may hold; it reconnects and takes them again");
        self.events.clean();
        self.end_connection();
        // until the desk has worked off half of what waits
        while self.desk.capacity() < self.desk.max_capacity() / 2 && !self.desk.is_closed() {
            wait(FIRST_PAUSE, stopped).await;
            if *stopped.borrow() {
                return;
            }
        }
    }

    async fn lost(&mut self, error: &ConnectionError, stopped: &mut watch::Receiver<bool>) {
        self.end_connection();
        if self.failing {
            debug!("intake still has no broker: {error}");
        } else {
            warn!("intake has no broker: {error}; it tries again until one answers");
        }
        self.failing = true;
        let jitter = rand::random_range(0.5..1.0);
        wait(self.pause.mul_f64(jitter), stopped).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    fn end_connection(&self) {
        self.state.connected.store(false, Ordering::Relaxed);
        // messages of the broken connection that the desk still holds are committed, but not released
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}

async fn wait(pause: Duration, stopped: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        _ = stopped.changed() => {}
    }
}
