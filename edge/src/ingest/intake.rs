//! Where a session's pictures come in, whoever reads them: they are placed on the camera's timeline, counted, handed on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;

use super::timeline::Timeline;
use super::{OnPacket, Packet, Shared};

/// What the streaming thread tells the supervisor.
#[derive(Debug)]
pub(super) struct Flow {
    began: Instant,
    open: AtomicBool,
    packets: AtomicU64,
    /// Milliseconds from the beginning to the latest packet.
    latest_ms: AtomicU64,
    first_ms: AtomicU64,
    newest_ns: AtomicI64,
}

impl Flow {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            open: AtomicBool::new(true),
            packets: AtomicU64::new(0),
            latest_ms: AtomicU64::new(0),
            first_ms: AtomicU64::new(0),
            newest_ns: AtomicI64::new(0),
        }
    }

    /// Since reading began.
    pub(super) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// Pictures have come.
    pub(super) fn any(&self) -> bool {
        self.packets.load(Ordering::Acquire) > 0
    }

    /// Since the last picture, or since the beginning.
    pub(super) fn silent_for(&self) -> Duration {
        self.age().saturating_sub(Duration::from_millis(self.latest_ms.load(Ordering::Relaxed)))
    }

    /// From the first picture to the last.
    pub(super) fn lasted(&self) -> Duration {
        let latest = self.latest_ms.load(Ordering::Relaxed);
        Duration::from_millis(latest.saturating_sub(self.first_ms.load(Ordering::Relaxed)))
    }

    /// Latest time on the timeline; none before the first picture.
    pub(super) fn newest_ns(&self) -> Option<i64> {
        self.any().then(|| self.newest_ns.load(Ordering::Relaxed))
    }

    /// Nothing more is taken.
    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Release);
    }
}

/// The next session's first picture stands at least this long after the last one's last.
const GAP_NS: i64 = 1_000_000;

/// Takes the pictures of one session.
pub(super) struct Intake {
    pub flow: Arc<Flow>,
    pub shared: Arc<Shared>,
    pub on_packet: OnPacket,
    pub session: u32,
    /// Read without GStreamer.
    pub direct: bool,
    /// Made when the first picture comes, unless it is a file's.
    pub timeline: Option<Timeline>,
    /// Latest time of the sessions before.
    pub before_ns: Option<i64>,
    /// Since when the camera's timeline runs.
    pub epoch: Instant,
}

impl Intake {
    /// Hands one access unit on; false when nobody wants more. `shown`, `decoded`: by the source's own clock, ns.
    pub(super) fn take(
        &mut self,
        buffer: gst::Buffer,
        caps: gst::Caps,
        (shown, decoded): (Option<i64>, Option<i64>),
    ) -> bool {
        let flow = &self.flow;
        if !flow.open.load(Ordering::Acquire) {
            return false;
        }
        let arrived = flow.age();
        let timeline = self.timeline.get_or_insert_with(|| {
            let now_ns = i64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(i64::MAX);
            Timeline::of_session(self.before_ns.map_or(0, |newest| (newest + GAP_NS).max(now_ns)))
        });
        let placed = timeline.place(shown, decoded, arrived);
        flow.newest_ns.store(timeline.newest_ns(), Ordering::Relaxed);
        let packet = Packet::new(buffer, caps, self.session, placed.shown_ns, placed.decoded_ns);
        let arrived_ms = u64::try_from(arrived.as_millis()).unwrap_or(u64::MAX);
        flow.latest_ms.store(arrived_ms, Ordering::Relaxed);
        if flow.packets.fetch_add(1, Ordering::Release) == 0 {
            flow.first_ms.store(arrived_ms, Ordering::Relaxed);
        }
        self.shared.counters.direct.fetch_add(u64::from(self.direct), Ordering::Relaxed);
        self.shared.counters.packets.fetch_add(1, Ordering::Relaxed);
        self.shared.counters.bytes.fetch_add(packet.bytes() as u64, Ordering::Relaxed);
        (self.on_packet)(packet);
        true
    }
}
