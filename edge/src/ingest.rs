//! A camera's or file's video as coded pictures, kept flowing.
//!
//! One thread supervises one source: it opens a session, hands each access unit to a function, notices when nothing
//! comes any more, says why the camera is blind, waits and tries again. It stops at the packet: what is done with
//! packets (ring, decoder) is somebody else's, so that decoding can sleep while the stream goes on.
//!
//! Nothing here blocks without a limit, and nothing is shared with other cameras.

mod direct;
mod fault;
mod intake;
mod knock;
mod packet;
mod piped;
mod pipeline;
mod seen;
mod session;
mod source;
mod teardown;
mod timeline;
mod watch;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use gstreamer as gst;
use xunge_alert::BlindCause;

use crate::backoff::{Backoff, random_bits};

pub use fault::Fault;
pub use packet::Packet;
pub(crate) use packet::{clock_time, media_ns, stream_ns, stream_time};
use session::{Outcome, Place, Session, Way};
pub use source::{Login, RtspSource, Source, Transport};
pub use teardown::abandoned;
pub(crate) use teardown::{play, stop};

/// Limits of an ingest.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// Jitter that is smoothed out at the price of delay.
    pub latency: Duration,
    /// Time from the start of a session to its first picture.
    pub connect_timeout: Duration,
    /// Silence after which a stream is taken for dead.
    pub stall_timeout: Duration,
    /// First wait before another try; it doubles.
    pub retry_first: Duration,
    /// Longest wait before another try.
    pub retry_longest: Duration,
    /// A session that lasted this long was a good one: the next wait is the first again.
    pub settled_after: Duration,
    /// How long a pipeline may take to stop before it is left behind.
    pub stop_timeout: Duration,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(200),
            connect_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(10),
            retry_first: Duration::from_secs(1),
            retry_longest: Duration::from_secs(30),
            settled_after: Duration::from_secs(30),
            stop_timeout: Duration::from_secs(5),
        }
    }
}

/// What happened to a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Pictures come. They are not decoded yet: "watching" begins with the first decoded frame.
    Flowing {
        /// See [`Packet::session`].
        session: u32,
    },
    /// Nothing comes, and why.
    Blind {
        /// For machines.
        cause: BlindCause,
        /// For the installer, one sentence, never with a password.
        detail: String,
        /// When it is tried again; none for a file that is read once, which is given up.
        retry_in: Option<Duration>,
    },
    /// A file was read to its end.
    Ended,
}

/// Counters of one source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IngestStats {
    /// Sessions begun.
    pub sessions: u64,
    /// Access units handed on.
    pub packets: u64,
    /// Those of them that were read without GStreamer.
    pub direct: u64,
    /// Their bytes.
    pub bytes: u64,
}

#[derive(Debug, Default)]
struct Counters {
    sessions: AtomicU64,
    packets: AtomicU64,
    direct: AtomicU64,
    bytes: AtomicU64,
}

/// Takes every access unit, on the thread that reads the source. It may block only with a file that is read once.
pub type OnPacket = Arc<dyn Fn(Packet) + Send + Sync>;

/// A running source. Dropping it stops it.
pub struct Ingest {
    shared: Arc<Shared>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    failed: Mutex<Option<(u32, Fault)>>,
    counters: Counters,
}

/// Tells an ingest from elsewhere that its session is of no use.
#[derive(Clone)]
pub struct IngestHandle(Arc<Shared>);

impl IngestHandle {
    /// The session is ended, reported blind with this fault and tried again. An older session's fault changes nothing.
    pub fn fail(&self, session: u32, fault: Fault) {
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.as_ref().is_none_or(|(older, _)| *older < session) {
            *failed = Some((session, fault));
        }
    }

    /// Counters.
    pub fn stats(&self) -> IngestStats {
        let counters = &self.0.counters;
        IngestStats {
            sessions: counters.sessions.load(Ordering::Relaxed),
            packets: counters.packets.load(Ordering::Relaxed),
            direct: counters.direct.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
        }
    }
}

impl Ingest {
    /// Starts the source `name` on a thread of its own. `on_signal` is called on that thread.
    pub fn start(
        name: &str,
        source: Source,
        options: IngestOptions,
        on_packet: OnPacket,
        on_signal: impl FnMut(Signal) + Send + 'static,
    ) -> Result<Self, Fault> {
        gst::init().map_err(|e| Fault::new(BlindCause::Internal, format!("GStreamer cannot start: {e}")))?;
        let shared = Arc::new(Shared { failed: Mutex::new(None), counters: Counters::default() });
        let (stop, stopped) = bounded(1);
        let backoff = Backoff::new(options.retry_first, options.retry_longest);
        let supervisor = Supervisor {
            name: name.to_owned(),
            source,
            options,
            on_packet,
            on_signal: Box::new(on_signal),
            shared: shared.clone(),
            stopped,
            backoff,
        };
        let thread = std::thread::Builder::new()
            .name(format!("ingest-{name}"))
            .spawn(move || supervisor.run())
            .map_err(|e| Fault::new(BlindCause::Internal, format!("no thread for camera {name}: {e}")))?;
        Ok(Self { shared, stop: Some(stop), thread: Some(thread) })
    }

    /// For whoever finds out that a session is of no use.
    pub fn handle(&self) -> IngestHandle {
        IngestHandle(self.shared.clone())
    }

    /// Counters.
    pub fn stats(&self) -> IngestStats {
        self.handle().stats()
    }

    /// Stops within the options' `stop_timeout` and a little.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Ingest {
    fn drop(&mut self) {
        self.shut_down();
    }
}

struct Supervisor {
    name: String,
    source: Source,
    options: IngestOptions,
    on_packet: OnPacket,
    on_signal: Box<dyn FnMut(Signal) + Send>,
    shared: Arc<Shared>,
    stopped: Receiver<()>,
    backoff: Backoff,
}

impl Supervisor {
    fn run(mut self) {
        let epoch = Instant::now();
        let mut way = Way::first(&self.source);
        let mut newest_ns = None;
        for number in 1.. {
            self.shared.counters.sessions.fetch_add(1, Ordering::Relaxed);
            let session = Session { number, epoch, newest_ns, way };
            let place = Place {
                source: &self.source,
                options: &self.options,
                on_packet: &self.on_packet,
                shared: &self.shared,
                stopped: &self.stopped,
            };
            let ended = session.run(&place, &mut self.on_signal);
            newest_ns = ended.newest_ns.or(newest_ns);
            if ended.flowed_for >= self.options.settled_after {
                self.backoff.reset();
            }
            let again = !matches!(self.source, Source::File { as_camera: false, .. });
            let fault = match ended.outcome {
                Outcome::Stopped => return,
                Outcome::FileEnded if !again => {
                    (self.on_signal)(Signal::Ended);
                    return;
                }
                Outcome::FileEnded => {
                    Fault::new(BlindCause::Ended, "the file ended; it begins again".to_owned())
                }
                Outcome::Fault(fault) => fault,
                Outcome::OtherWay(other, fault) => {
                    way = other;
                    fault
                }
            };
            let retry_in = again.then(|| self.backoff.next(random_bits()));
            tracing::warn!(camera = self.name, cause = ?fault.cause, ?retry_in, "{}", fault.detail);
            let Fault { cause, detail } = fault;
            (self.on_signal)(Signal::Blind { cause, detail, retry_in });
            let Some(wait) = retry_in else { return };
            // anything but a timeout means that nobody wants the source any more
            if self.stopped.recv_timeout(wait) != Err(crossbeam_channel::RecvTimeoutError::Timeout) {
                return;
            }
        }
    }
}
