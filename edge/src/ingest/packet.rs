//! A coded picture, as the camera sent it.

use std::time::Duration;

use gstreamer as gst;
use xunge_scene::time::StreamTime;

/// Added to every time inside a GStreamer buffer, because those cannot say "before the beginning": B-frames and files
/// cut by an edit list need decoding times, and pictures, before 0.
const LEAD_NS: i64 = 3_600_000_000_000;

/// One access unit. Cloning shares the bytes.
#[derive(Debug, Clone)]
pub struct Packet {
    /// When it is shown, on the camera's own timeline. Packets come in decoding order, so this may step back.
    pub at: StreamTime,
    /// Number of the connection it came by, from 1. Pictures of different sessions have nothing to do with each other.
    pub session: u32,
    /// Decoding can begin here.
    pub keyframe: bool,
    /// Coding and size.
    pub caps: gst::Caps,
    /// The bytes; its times are shifted, so use [`Packet::at`].
    pub buffer: gst::Buffer,
}

impl Packet {
    /// `shown_ns`, `decoded_ns`: on the camera's timeline, may be negative.
    pub(crate) fn new(
        mut buffer: gst::Buffer,
        caps: gst::Caps,
        session: u32,
        shown_ns: Option<i64>,
        decoded_ns: Option<i64>,
    ) -> Self {
        let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let at = stream_time(shown_ns.or(decoded_ns).unwrap_or(0));
        let meta = buffer.make_mut();
        meta.set_pts(shown_ns.map(clock_time));
        meta.set_dts(decoded_ns.map(clock_time));
        Self { at, session, keyframe, caps, buffer }
    }

    /// Coded bytes.
    pub fn bytes(&self) -> usize {
        self.buffer.size()
    }

    /// Shown on the camera's timeline, in nanoseconds; negative for what only later pictures need.
    pub(crate) fn shown_ns(&self) -> i64 {
        self.buffer.pts().or(self.buffer.dts()).map_or(0, media_ns)
    }
}

/// A time inside a buffer.
pub(crate) fn clock_time(ns: i64) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(ns.saturating_add(LEAD_NS).max(0).unsigned_abs())
}

/// What a time inside a buffer means on the camera's timeline.
pub(crate) fn media_ns(time: gst::ClockTime) -> i64 {
    i64::try_from(time.nseconds()).unwrap_or(i64::MAX).saturating_sub(LEAD_NS)
}

/// Nanoseconds as stream time; before the beginning is the beginning.
pub(crate) fn stream_time(ns: i64) -> StreamTime {
    StreamTime(Duration::from_nanos(ns.max(0).unsigned_abs()))
}

/// Stream time as nanoseconds.
pub(crate) fn stream_ns(at: StreamTime) -> i64 {
    i64::try_from(at.0.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_beginning_survive_a_buffer() {
        for ns in [-2_000_000_000, -1, 0, 1, 90_000_000_000] {
            assert_eq!(media_ns(clock_time(ns)), ns);
        }
        assert_eq!(stream_time(-5), StreamTime::ZERO);
        assert_eq!(stream_ns(stream_time(40_000_000)), 40_000_000);
    }
}
