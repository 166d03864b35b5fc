//! The way out of the box: alerts over MQTT, evidence over HTTP.
//!
//! **Alerts.** Pending rows of the [outbox](crate::outbox) are published in the order of their numbers, a window at a
//! time. A row goes only when the centre confirms it; the broker's own receipt means nothing here. What is not
//! confirmed in time, or was on its way when a connection broke, is sent again. The centre makes one of many.
//!
//! **State.** The box's status and each camera's state are retained: published at every connection, and when they
//! change. `offline` is the last will; `stopped` is said on a clean stop.
//!
//! **Evidence.** Files are PUT under their hash, snapshots before clips, at most two at a time, whether or not MQTT
//! is up.
//!
//! Each connection is a new MQTT client: what must survive is in the outbox, so nothing that an old connection left
//! half done can come back to life. The session at the broker persists, and confirms wait there.

mod connection;
mod mqtt;
mod options;
mod tls;
mod upload;
mod window;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use thiserror::Error;
use tokio::{
    runtime,
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use xunge_alert::CameraState;

pub use options::{Timing, TlsFiles, UplinkOptions};
pub use window::Window;

use crate::outbox::Outbox;

/// Cameras whose state is kept; far more than one box can watch.
const CAMERAS: usize = 1024;
/// How long a clean stop may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// Why the uplink cannot be started or a connection cannot be made.
#[derive(Debug, Clone, Error)]
pub enum UplinkError {
    /// The broker's address.
    #[error("uplink.mqtt is not the address of a broker, such as mqtts://central.example:8883: {why}")]
    BadBroker {
        /// What is wrong; never the address itself, which may hold a password.
        why: &'static str,
    },
    /// The centre's address.
    #[error("uplink.evidence is not the address of a centre, such as https://central.example: {why}")]
    BadEvidence {
        /// What is wrong, as above.
        why: &'static str,
    },
    /// A site or edge id that cannot stand in a topic.
    #[error(transparent)]
    BadId(#[from] xunge_alert::BadId),
    /// A certificate or key.
    #[error("cannot use {}: {why}", .path.display())]
    BadPem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// TLS as a whole.
    #[error("cannot prepare TLS: {why}")]
    Tls {
        /// What is wrong.
        why: String,
    },
}

/// How the uplink does, for health reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Connected to the broker, and able to hear the centre's confirms.
    pub connected: bool,
    /// Since when that is so.
    pub since_utc: Option<Timestamp>,
    /// Connections that were made.
    pub connections: u64,
    /// Why there is no connection, one sentence.
    pub last_error: Option<String>,
    /// Alerts handed to a connection, repeats included.
    pub sent: u64,
    /// Of those, the repeats for want of a confirm.
    pub sent_again: u64,
    /// Confirms that could not be read or were for another series.
    pub strange_confirms: u64,
    /// Files that the centre took.
    pub uploaded: u64,
    /// Attempts to upload that failed.
    pub uploads_failed: u64,
    /// Why the last upload failed; none after one that worked.
    pub upload_error: Option<String>,
}

/// What the tasks share with the rest of the program.
struct Shared {
    options: UplinkOptions,
    outbox: Outbox,
    stats: watch::Sender<LinkStats>,
    cameras: Mutex<Cameras>,
    cameras_changed: Notify,
    stop: CancellationToken,
}

/// Latest state of each camera, and whose is not yet published on this connection.
#[derive(Default)]
struct Cameras {
    states: BTreeMap<String, CameraState>,
    unpublished: BTreeSet<String>,
}

impl Shared {
    fn cameras(&self) -> std::sync::MutexGuard<'_, Cameras> {
        self.cameras.lock().unwrap_or_else(PoisonError::into_inner) // plain data, whole at every moment
    }

    /// Runs what waits for the disk beside the async threads.
    async fn with_outbox<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Outbox) -> Result<T, crate::outbox::OutboxError> + Send + 'static,
    ) -> Result<T, crate::outbox::OutboxError> {
        let outbox = self.outbox.clone();
        tokio::task::spawn_blocking(move || work(&outbox))
            .await
            .unwrap_or(Err(crate::outbox::OutboxError::Closed))
    }
}

/// Tells the uplink what the cameras do. Cheap to clone; never waits.
#[derive(Clone)]
pub struct UplinkHandle(Arc<Shared>);

impl UplinkHandle {
    /// Sets what is known of a camera. Only the latest state is published; it is published again at every connection.
    pub fn set_camera_state(&self, state: CameraState) {
        let mut cameras = self.0.cameras();
        let known = cameras.states.contains_key(&state.camera);
        if !known && cameras.states.len() >= CAMERAS {
            drop(cameras);
            tracing::error!(
                camera = state.camera,
                "more than {CAMERAS} cameras: this one's state is not published"
            );
            return;
        }
        cameras.unpublished.insert(state.camera.clone());
        cameras.states.insert(state.camera.clone(), state);
        drop(cameras);
        self.0.cameras_changed.notify_one();
    }

    /// How the uplink does. Never waits.
    pub fn stats(&self) -> LinkStats {
        self.0.stats.borrow().clone()
    }

    /// Tells of every change.
    pub fn watch(&self) -> watch::Receiver<LinkStats> {
        self.0.stats.subscribe()
    }
}

/// The running uplink.
pub struct Uplink {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl Uplink {
    /// Starts the tasks on `runtime`. Fails only with what is wrong in the options; a broker or centre that is away is
    /// waited for.
    pub fn start(
        options: UplinkOptions,
        outbox: Outbox,
        runtime: &runtime::Handle,
    ) -> Result<Self, UplinkError> {
        xunge_alert::check_site(&options.site)?;
        xunge_alert::check_edge_id(&options.edge)?;
        let broker = options::Broker::read(&options.mqtt)?;
        if broker.tls {
            tls::connector(&options.tls)?;
        }
        let evidence = options.evidence.as_deref().map(upload::Target::read).transpose()?;
        if let Some(target) = &evidence {
            tls::http_client(&options.tls, target.https)?;
        }
        let shared = Arc::new(Shared {
            options,
            outbox,
            stats: watch::Sender::new(LinkStats::default()),
            cameras: Mutex::default(),
            cameras_changed: Notify::new(),
            stop: CancellationToken::new(),
        });
        let mut tasks = vec![runtime.spawn(connection::run(shared.clone(), broker))];
        if let Some(target) = evidence {
            tasks.push(runtime.spawn(upload::run(shared.clone(), target)));
        }
        Ok(Self { shared, tasks })
    }

    /// For cameras and health.
    pub fn handle(&self) -> UplinkHandle {
        UplinkHandle(self.shared.clone())
    }

    /// Says `stopped` to the centre, when it can be reached, and ends. Takes 6 seconds at most.
    pub async fn stop(mut self) {
        self.shared.stop.cancel();
        for task in self.tasks.drain(..) {
            let abort = task.abort_handle();
            if tokio::time::timeout(FAREWELL + Duration::from_secs(1), task).await.is_err() {
                abort.abort();
            }
        }
    }
}

impl Drop for Uplink {
    /// Without [`Self::stop`] the connection just ends, and the broker publishes the last will.
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
