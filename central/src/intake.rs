//! Intake: takes what the boxes say, commits it, and only then confirms it.
//!
//! Two tasks: the *line* speaks MQTT (clean_session = false, a fixed client id, manual acknowledgements) and hands
//! messages over; the *desk* commits many of them in one transaction, and asks the line for a
//! [`xunge_alert::Confirm`] to each box, and then to release the messages at the broker. Killed anywhere in between, nothing
//! is lost: what was not released comes again from the broker, what was not confirmed comes again from the box, and
//! the store takes a repeat without effect.

mod desk;
mod line;
pub mod message;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rumqttc::{EventLoop, MqttOptions};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::error;

use crate::clock::Clock;
use crate::feed::Feed;
use crate::store::Store;

/// The fixed client id: the broker keeps the session under this name.
pub const CLIENT_ID: &str = "xunge-central";
/// Messages that may wait between line and desk; the line reads no further.
const WAITING: usize = 2048;
/// Answers of the desk that may wait for the line.
const REPLIES: usize = 8;
/// Confirms that the broker has not yet acknowledged.
const INFLIGHT: u16 = 512;
/// The broker limits messages; a message that the client could not read would come again for ever.
const CLIENT_MAX_BYTES: usize = 268_435_455;

/// What intake can tell of itself.
#[derive(Debug, Default)]
pub struct IntakeState {
    connected: AtomicBool,
    connections: AtomicU64,
    unsent_confirms: AtomicU64,
    batches: AtomicU64,
}

impl IntakeState {
    /// Whether the broker is connected.
    pub fn connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// How often a broker was connected.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Confirms that were dropped because the broker took none; their boxes send again.
    pub fn unsent_confirms(&self) -> u64 {
        self.unsent_confirms.load(Ordering::Relaxed)
    }

    /// Committed batches.
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }
}

/// What others may see of intake, whether this centre is on duty or not.
#[derive(Debug, Default)]
pub struct IntakeWatch(RwLock<Option<Arc<IntakeState>>>);

impl IntakeWatch {
    /// This centre is on duty.
    pub fn on_duty(&self, state: Arc<IntakeState>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    /// Another centre is.
    pub fn stand_by(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Intake's own state; none while another centre is on duty.
    pub fn state(&self) -> Option<Arc<IntakeState>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Intake, running.
#[derive(Debug)]
pub struct Intake {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    state: Arc<IntakeState>,
}

impl Intake {
    /// Starts intake. `options` say where the broker is and who we are; the rest is set here.
    pub fn start(mut options: MqttOptions, store: Store, feed: Feed, clock: Clock) -> Self {
        options
            .set_clean_session(false)
            .set_manual_acks(true)
            .set_inflight(INFLIGHT)
            .set_max_packet_size(CLIENT_MAX_BYTES, CLIENT_MAX_BYTES);
        let events = EventLoop::new(options, 1);
        let (messages, inbox) = mpsc::channel(WAITING);
        let (answers, replies) = mpsc::channel(REPLIES);
        let (stop, stopped) = watch::channel(false);
        let state = Arc::new(IntakeState::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(line::Line::new(events, messages, replies, state.clone()).run(stopped.clone()));
        tasks.spawn(desk::Desk::new(answers, store, feed, clock, state.clone()).run(inbox, stopped));
        Self { stop, tasks, state }
    }

    /// What intake can tell of itself.
    pub fn state(&self) -> Arc<IntakeState> {
        self.state.clone()
    }

    /// Commits what is at the desk, hangs up, and returns when both tasks have ended.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(failed) = ended {
                error!("a part of intake failed: {failed}");
            }
        }
    }
}
