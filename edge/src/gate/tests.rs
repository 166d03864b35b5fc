use std::sync::{Arc, Mutex};
use std::time::Duration;

use xunge_demo::clips::{self, ClipSpec};
use xunge_scene::StreamTime;

use super::{Feed, Gate, Order, Sleep};
use crate::decode::{DecodeOptions, Decoder, Mode};
use crate::ingest::{Ingest, IngestOptions, Packet, Signal, Source};
use crate::ring::Ring;

const LIMIT: Duration = Duration::from_secs(2);

/// A feed with a real decoder whose frames are kept.
struct Rig {
    gate: Arc<Gate>,
    ring: Arc<Mutex<Ring>>,
    feed: Feed,
    frames: Arc<Mutex<Vec<(f64, Mode)>>>,
}

impl Rig {
    fn new(sleep: Sleep) -> Self {
        let frames: Arc<Mutex<Vec<(f64, Mode)>>> = Arc::default();
        let taken = frames.clone();
        let options = DecodeOptions::new(160, 120, Some(5.0), true);
        let decoder = Decoder::new(
            options,
            Arc::new(move |frame| {
                taken.lock().unwrap().push((frame.at.secs(), frame.mode));
                true
            }),
        );
        let gate = Arc::new(Gate::default());
        let ring = Arc::new(Mutex::new(Ring::new(Duration::from_secs(15), usize::MAX)));
        let feed = Feed::live("test", ring.clone(), decoder, gate.clone(), sleep);
        Self { gate, ring, feed, frames }
    }

    /// One in whose first picture there is somebody.
    fn awake(sleep: Sleep, packets: &[Packet]) -> Self {
        let mut rig = Self::new(sleep);
        rig.push(&packets[..1]);
        rig.gate.order(Order::Wake);
        rig.push(&packets[1..]);
        rig
    }

    /// One that was told to sleep between the two, and sleeps after them.
    fn asleep(awake: &[Packet], then: &[Packet]) -> Self {
        let mut rig = Self::awake(Sleep::Within(LIMIT), awake);
        rig.gate.order(Order::Sleep);
        rig.push(then);
        assert!(rig.gate.stats().asleep);
        rig
    }

    fn push(&mut self, packets: &[Packet]) {
        for packet in packets {
            self.feed.packet(packet).unwrap();
        }
    }

    /// All frames so far; whatever was pushed is waited for.
    fn frames(self) -> Vec<(f64, Mode)> {
        self.feed.finish().unwrap();
        // the decoder's threads may be on their way out
        std::mem::take(&mut *self.frames.lock().unwrap())
    }
}

/// Twelve seconds at 25 pictures a second.
fn packets(keyframe_secs: f64) -> Vec<Packet> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    clips::make(&ClipSpec { fps: 25, secs: 12.0, keyframe_secs, ..ClipSpec::default() }, &path).unwrap();
    let (packet_in, packets) = crossbeam_channel::unbounded();
    let (signal_in, signals) = crossbeam_channel::unbounded();
    let source = Source::File { path, as_camera: false };
    let on_packet = Arc::new(move |packet| drop(packet_in.send(packet)));
    let ingest =
        Ingest::start("test", source, IngestOptions::default(), on_packet, move |s| drop(signal_in.send(s)))
            .unwrap();
    while signals.recv_timeout(Duration::from_secs(60)).unwrap() != Signal::Ended {}
    ingest.stop();
    packets.try_iter().collect()
}

fn at(secs: f64) -> StreamTime {
    StreamTime::from_secs(secs)
}

fn times(frames: &[(f64, Mode)], mode: Mode) -> Vec<f64> {
    frames.iter().filter(|(_, found)| *found == mode).map(|(at, _)| (at * 100.0).round() / 100.0).collect()
}

#[test]
fn asleep_only_keyframes_are_shown_and_awake_again_nothing_is_missing() {
    let packets = packets(2.0);
    let mut rig = Rig::asleep(&packets[..90], &packets[90..210]);
    // the scene has been shown the keyframe at 6 s, and that at 8 s is another
    rig.gate.done(Some(at(6.0)));
    rig.gate.order(Order::Wake);
    rig.push(&packets[210..]);
    let stats = rig.gate.stats();
    assert_eq!((stats.asleep, stats.sleeps, stats.wakes), (false, 1, 2));
    let frames = rig.frames();
    assert_eq!(times(&frames, Mode::Keyframes), [0.0, 4.0, 6.0, 8.0]);
    let made_good = times(&frames, Mode::CatchUp);
    assert!(made_good[0] > 6.0 && made_good[0] < 6.25, "{made_good:?}");
    assert!((8.2..8.5).contains(&made_good[made_good.len() - 1]), "{made_good:?}");
    let awake = times(&frames, Mode::All);
    let (before, after): (Vec<f64>, Vec<f64>) = awake.iter().partition(|at| **at < 5.0);
    assert!(before[0] < 0.25 && after[after.len() - 1] > 11.7, "{awake:?}");
    let shown: Vec<f64> =
        [0.0].into_iter().chain(before).chain([4.0, 6.0]).chain(made_good).chain(after).collect();
    assert!(shown.windows(2).all(|w| w[1] > w[0] && (w[1] - w[0] < 0.25 || w[1] == 6.0)), "{shown:?}");
}

#[test]
fn a_wish_to_sleep_is_withdrawn_before_the_next_keyframe() {
    let packets = packets(2.0);
    let mut rig = Rig::awake(Sleep::Within(LIMIT), &packets[..160]);
    rig.gate.order(Order::Sleep);
    rig.push(&packets[160..180]);
    rig.gate.order(Order::Wake);
    rig.push(&packets[180..]);
    assert_eq!(rig.gate.stats().sleeps, 0);
    // and the first, which was a keyframe by itself
    assert!((59..=60).contains(&times(&rig.frames(), Mode::All).len()));
}

#[test]
fn nobody_sleeps_when_keyframes_are_rarer_than_the_rules_bear_or_not_known() {
    let packets = packets(3.0);
    for (sleep, from) in
        [(Sleep::Within(LIMIT), 160), (Sleep::Within(Duration::from_secs(4)), 20), (Sleep::Never, 160)]
    {
        let mut rig = Rig::awake(sleep.clone(), &packets[..from]);
        rig.gate.order(Order::Sleep);
        rig.push(&packets[from..from + 80]);
        assert!(!rig.gate.stats().asleep, "{sleep:?}");
    }
}

#[test]
fn a_keyframe_that_stays_away_wakes() {
    let packets = packets(2.0);
    let mut rig = Rig::awake(Sleep::Within(LIMIT), &packets[..120]);
    rig.gate.done(Some(at(6.0)));
    rig.gate.order(Order::Sleep);
    rig.push(&packets[120..200]);
    assert!(rig.gate.stats().asleep);
    // without the one of 8 s
    rig.push(&packets[201..]);
    assert!(!rig.gate.stats().asleep);
    let frames = rig.frames();
    assert_eq!(times(&frames, Mode::Keyframes), [0.0, 6.0]);
    assert!(times(&frames, Mode::CatchUp).len() >= 9, "{frames:?}");
}

#[test]
fn a_connection_begins_asleep() {
    let packets = packets(2.0);
    let mut rig = Rig::awake(Sleep::Within(LIMIT), &packets[..120]);
    let again: Vec<Packet> = packets[200..].iter().map(|p| Packet { session: 2, ..p.clone() }).collect();
    rig.push(&again);
    assert!(rig.gate.stats().asleep);
    let frames = rig.frames();
    assert_eq!(times(&frames, Mode::Keyframes), [0.0, 8.0, 10.0]);
    assert!(times(&frames, Mode::All).iter().all(|at| *at < 5.0), "{frames:?}");
}

#[test]
fn a_connection_of_rare_keyframes_is_awake_as_soon_as_that_shows() {
    let packets = packets(6.0);
    let mut rig = Rig::new(Sleep::Within(LIMIT));
    rig.push(&packets[..100]);
    assert!(!rig.gate.stats().asleep);
    let frames = rig.frames();
    assert_eq!(times(&frames, Mode::Keyframes), [0.0]);
    let awake = times(&frames, Mode::All);
    assert!((2.2..2.5).contains(&awake[0]) && awake[awake.len() - 1] > 3.7, "{frames:?}");
    assert!(awake.windows(2).all(|w| w[1] - w[0] < 0.25), "{awake:?}");
}

#[test]
fn what_the_second_keyframe_of_a_connection_shows_is_made_good() {
    let packets = packets(2.0);
    let mut rig = Rig::new(Sleep::Within(LIMIT));
    rig.push(&packets[..51]);
    rig.gate.done(Some(at(0.0)));
    rig.gate.order(Order::Wake);
    rig.push(&packets[51..60]);
    let frames = rig.frames();
    let made_good = times(&frames, Mode::CatchUp);
    assert!(made_good[0] < 0.25 && made_good.windows(2).all(|w| w[1] - w[0] < 0.25), "{frames:?}");
}

#[test]
fn without_any_keyframe_the_connection_is_given_up() {
    let packets = packets(20.0);
    let mut rig = Rig::new(Sleep::Within(LIMIT));
    let mut fault = None;
    for n in 0..300 {
        let late = StreamTime::from_secs(f64::from(n) * 0.3);
        let packet = Packet { at: late, ..packets[1].clone() };
        fault = fault.or(rig.feed.packet(&packet).err());
    }
    assert!(fault.unwrap().to_string().contains("no keyframe"));
}

#[test]
fn who_wakes_to_nothing_in_the_ring_is_awake_from_the_next_keyframe_on() {
    let packets = packets(2.0);
    let mut rig = Rig::asleep(&packets[..120], &packets[120..170]);
    // as if the picture's size had changed, or the scene had been shown nothing for longer than the ring keeps
    *rig.ring.lock().unwrap() = Ring::new(Duration::from_secs(15), usize::MAX);
    rig.gate.order(Order::Wake);
    rig.push(&packets[170..]);
    let frames = rig.frames();
    assert_eq!(times(&frames, Mode::Keyframes), [0.0, 6.0]);
    let awake: Vec<f64> = times(&frames, Mode::All).into_iter().filter(|at| *at > 6.0).collect();
    assert_eq!(awake[0], 8.0, "{frames:?}");
    assert!((19..=21).contains(&awake.len()), "at the usual pace: {awake:?}");
}

#[test]
fn a_surge_of_packets_wakes_before_the_next_keyframe() {
    let packets = packets(1.0);
    let mut rig = Rig::awake(Sleep::Within(LIMIT), &packets[..60]);
    rig.gate.order(Order::Sleep);
    // what was usual of ten groups of pictures, by packets that stand for more than the clip has
    for group in 0..12 {
        let from = 75 + 25 * (group % 3);
        rig.push(&packets[from..from + 25]);
    }
    assert!(rig.gate.stats().asleep);
    let mut large = packets[160..185].to_vec();
    for packet in &mut large {
        let filler = gstreamer::Buffer::from_slice(vec![0_u8; 4000]);
        packet.buffer = gstreamer::Buffer::clone(&packet.buffer);
        packet.buffer.make_mut().append_memory(filler.all_memory().unwrap());
    }
    rig.push(&large);
    let stats = rig.gate.stats();
    assert_eq!((stats.asleep, stats.surges), (false, 1));
}
