//! The last seconds of a camera as it sent them: coded, not decoded. Evidence is cut from here.

use std::collections::VecDeque;
use std::time::Duration;

use xunge_scene::time::StreamTime;

use crate::ingest::Packet;

/// Packets bounded by time and bytes, always beginning at a keyframe.
#[derive(Debug)]
pub struct Ring {
    packets: VecDeque<Packet>,
    keep: Duration,
    max_bytes: usize,
    bytes: usize,
    dropped: u64,
    newest: StreamTime,
}

impl Ring {
    /// Keeps at least `keep` (and up to one group of pictures more), but never more than `max_bytes`.
    pub fn new(keep: Duration, max_bytes: usize) -> Self {
        Self { packets: VecDeque::new(), keep, max_bytes, bytes: 0, dropped: 0, newest: StreamTime::ZERO }
    }

    /// Adds the next packet in decoding order.
    pub fn push(&mut self, packet: &Packet) {
        if self.packets.is_empty() && !packet.keyframe {
            return;
        }
        self.newest = self.newest.max(packet.at);
        self.bytes += packet.bytes();
        self.packets.push_back(packet.clone());
        while self.newest.since(self.second_group()) > self.keep && self.drop_group() {}
        while self.bytes > self.max_bytes {
            // short of room the oldest go, and in the end the group that is still growing: it cannot be cut in half
            let before = self.packets.len();
            if !self.drop_group() {
                self.packets.clear();
                self.bytes = 0;
            }
            self.dropped += (before - self.packets.len()) as u64;
        }
    }

    /// Where the second group begins; the newest when there is none, so that nothing is old.
    fn second_group(&self) -> StreamTime {
        self.packets.iter().skip(1).find(|p| p.keyframe).map_or(self.newest, |p| p.at)
    }

    /// Drops the oldest group unless it is the only one.
    fn drop_group(&mut self) -> bool {
        let Some(end) = self.packets.iter().skip(1).position(|p| p.keyframe) else { return false };
        for packet in self.packets.drain(..=end) {
            self.bytes -= packet.bytes();
        }
        true
    }

    /// Latest time in the ring; the moment when a clip up to there can be cut.
    pub fn newest(&self) -> StreamTime {
        self.newest
    }

    /// Coded bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Packets given up because there was no room for them.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The packets that show `from..=to`, from the keyframe at or before `from` (or the oldest there is), in decoding
    /// order. Only packets of one connection and one picture size: those that show `at`.
    pub fn cut(&self, from: StreamTime, at: StreamTime, to: StreamTime) -> Vec<Packet> {
        let Some(anchor) = self.packets.iter().rposition(|p| p.at <= at).or_else(|| self.first()) else {
            return Vec::new();
        };
        let alike =
            |p: &Packet| self.packets.get(anchor).is_some_and(|a| p.session == a.session && p.caps == a.caps);
        let run_start = (0..=anchor).rev().take_while(|&i| alike(&self.packets[i])).last().unwrap_or(anchor);
        let run_end =
            (anchor..self.packets.len()).take_while(|&i| alike(&self.packets[i])).last().unwrap_or(anchor);
        let keyframes = (run_start..=run_end).filter(|&i| self.packets[i].keyframe);
        let mut start = None;
        for i in keyframes {
            if start.is_none() || self.packets[i].at <= from {
                start = Some(i);
            }
        }
        let Some(start) = start else { return Vec::new() };
        let Some(end) = (start..=run_end).rev().find(|&i| self.packets[i].at <= to) else {
            return Vec::new();
        };
        let begin = self.packets[start].at;
        // pictures shown before the first keyframe need others that are not here
        self.packets.range(start..=end).filter(|p| p.at >= begin).cloned().collect()
    }

    /// Everything from the keyframe at or before `from` on, up to the newest packet, in decoding order; nothing when that
    /// keyframe is gone, or does not belong to the connection and picture size of the newest.
    pub fn since(&self, from: StreamTime) -> Vec<Packet> {
        let Some(newest) = self.packets.back() else { return Vec::new() };
        let alike = |p: &&Packet| p.session == newest.session && p.caps == newest.caps;
        let run = self.packets.iter().rev().take_while(alike).count();
        let begin = self.packets.len() - run;
        let start = (begin..self.packets.len())
            .rev()
            .find(|&i| self.packets[i].keyframe && self.packets[i].at <= from);
        start.map(|start| self.packets.range(start..).cloned().collect()).unwrap_or_default()
    }

    fn first(&self) -> Option<usize> {
        (!self.packets.is_empty()).then_some(0)
    }
}

#[cfg(test)]
mod tests {
    use gstreamer as gst;

    use super::*;

    const MS: i64 = 1_000_000;

    fn packet(session: u32, ms: i64, keyframe: bool, bytes: usize, width: i32) -> Packet {
        gst::init().unwrap();
        let mut buffer = gst::Buffer::with_size(bytes).unwrap();
        if !keyframe {
            buffer.get_mut().unwrap().set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        let caps = gst::Caps::builder("video/x-h264").field("width", width).build();
        Packet::new(buffer, caps, session, Some(ms * MS), None)
    }

    /// Ten pictures a second, a keyframe every second.
    fn filled(secs: i64, keep: u64, max_bytes: usize) -> Ring {
        let mut ring = Ring::new(Duration::from_secs(keep), max_bytes);
        for n in 0..secs * 10 {
            ring.push(&packet(1, n * 100, n % 10 == 0, 100, 640));
        }
        ring
    }

    fn span(packets: &[Packet]) -> (f64, f64, usize) {
        (packets[0].at.secs(), packets[packets.len() - 1].at.secs(), packets.len())
    }

    fn secs(s: f64) -> StreamTime {
        StreamTime::from_secs(s)
    }

    #[test]
    fn it_holds_the_wanted_seconds_and_at_most_a_group_more() {
        let ring = filled(60, 15, usize::MAX);
        assert!((150..=161).contains(&(ring.bytes() / 100)), "{}", ring.bytes());
        assert_eq!(ring.dropped(), 0);
        assert_eq!(ring.newest(), secs(59.9));
    }

    #[test]
    fn a_cut_begins_at_the_keyframe_at_or_before() {
        let ring = filled(20, 15, usize::MAX);
        assert_eq!(span(&ring.cut(secs(10.5), secs(12.0), secs(14.05))), (10.0, 14.0, 41));
        assert_eq!(span(&ring.cut(secs(10.0), secs(12.0), secs(14.0))), (10.0, 14.0, 41));
        let oldest = ring.cut(secs(0.0), secs(12.0), secs(14.0));
        assert!(oldest[0].keyframe && (4.0..=5.0).contains(&oldest[0].at.secs()));
        assert!(Ring::new(Duration::from_secs(1), 1).cut(secs(0.0), secs(0.0), secs(1.0)).is_empty());
    }

    #[test]
    fn bytes_are_bounded_and_the_loss_is_counted() {
        let ring = filled(60, 15, 5_000);
        assert!(ring.bytes() <= 5_000);
        assert!(ring.dropped() > 0);
        let mut one_group = Ring::new(Duration::from_secs(15), 1_000);
        for n in 0..100 {
            one_group.push(&packet(1, n * 100, n == 0, 100, 640));
            assert!(one_group.bytes() <= 1_000);
        }
        assert!(one_group.dropped() > 0);
        assert!(one_group.cut(secs(0.0), secs(5.0), secs(9.0)).is_empty());
    }

    #[test]
    fn sessions_and_sizes_are_not_mixed() {
        let mut ring = Ring::new(Duration::from_secs(60), usize::MAX);
        for n in 0..90 {
            let (session, width) = if n < 30 { (1, 640) } else { (2, if n < 60 { 640 } else { 320 }) };
            ring.push(&packet(session, n * 100, n % 10 == 0, 100, width));
        }
        assert_eq!(span(&ring.cut(secs(0.0), secs(2.0), secs(8.0))), (0.0, 2.9, 30));
        assert_eq!(span(&ring.cut(secs(0.0), secs(4.0), secs(8.0))), (3.0, 5.9, 30));
        assert_eq!(span(&ring.cut(secs(5.0), secs(7.0), secs(8.05))), (6.0, 8.0, 21));
    }

    #[test]
    fn what_came_since_begins_at_a_keyframe_and_ends_with_the_newest() {
        let mut ring = filled(20, 15, usize::MAX);
        assert_eq!(span(&ring.since(secs(17.0))), (17.0, 19.9, 30));
        assert_eq!(span(&ring.since(secs(17.9))), (17.0, 19.9, 30));
        assert!(ring.since(secs(1.0)).is_empty(), "it is gone");
        assert!(Ring::new(Duration::from_secs(1), 1).since(secs(0.0)).is_empty());
        for n in 0..5 {
            ring.push(&packet(2, 20_000 + n * 100, n == 0, 100, 640));
        }
        assert!(ring.since(secs(19.0)).is_empty(), "another connection");
        assert_eq!(span(&ring.since(secs(20.1))), (20.0, 20.4, 5));
    }

    #[test]
    fn pictures_before_their_keyframe_are_left_out() {
        let mut ring = Ring::new(Duration::from_secs(60), usize::MAX);
        for (ms, keyframe) in
            [(0, true), (200, false), (100, false), (500, true), (300, false), (400, false), (600, false)]
        {
            ring.push(&packet(1, ms, keyframe, 10, 640));
        }
        let cut = ring.cut(secs(0.5), secs(0.5), secs(0.6));
        assert_eq!(cut.iter().map(|p| p.at.secs()).collect::<Vec<_>>(), [0.5, 0.6]);
    }
}
