//! A camera as it should be, and what networks do to it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::tempdir;
use xunge_alert::BlindCause;
use xunge_demo::clips::{ClipSpec, Codec};
use xunge_demo::rtsp::{Content, Mount, RtspServer};
use xunge_edge::decode::{DecodeOptions, Decoder, Latest, Taken};
use xunge_edge::frame::Frame;
use xunge_edge::ingest::{Packet, RtspSource, Signal, Source, Transport};

use super::rig::{PATIENCE, Rig, clip, quick};

/// So many that a machine that stalls for seconds, and sends what was due then at once, does not bend the median.
const TAKEN: usize = 90;

#[test]
fn live_pictures_keep_their_times_through_the_loop() {
    let folder = tempdir().unwrap();
    for (name, codec, b_frames) in
        [("a.mp4", Codec::H264, 0), ("b.mp4", Codec::H264, 2), ("c.mp4", Codec::H265, 0)]
    {
        let spec = ClipSpec { codec, b_frames, secs: 2.0, ..ClipSpec::default() };
        let file = clip(folder.path(), name, &spec);
        let server = RtspServer::start("127.0.0.1:0", vec![Mount::clip("/lawn", file)]).unwrap();
        let rig = Rig::camera(&server.url("/lawn"));
        assert_eq!(rig.wait_flowing(), 1);
        let mut packets: Vec<Packet> = (0..TAKEN + 5).map(|_| rig.packet()).collect();
        assert!(packets[0].keyframe);
        assert_eq!(packets[0].at.secs(), 0.0);
        packets.sort_by_key(|p| p.at);
        let mut gaps: Vec<f64> =
            packets.windows(2).take(TAKEN).map(|w| w[1].at.since(w[0].at).as_secs_f64()).collect();
        gaps.sort_by(f64::total_cmp);
        // a busy machine sends late, and the smoothing of jitter bends single times, but not the pace
        assert!(gaps[0] > 0.0 && gaps[TAKEN - 1] < 0.6, "{name}: {gaps:?}");
        assert!((0.09..0.11).contains(&gaps[TAKEN / 2]), "{name}: {gaps:?}");
        let whole = packets[TAKEN].at.secs();
        assert!((8.5..10.0).contains(&whole), "{name}: {TAKEN} pictures in {whole} s");
    }
}

#[test]
fn the_newest_frame_is_there_for_whoever_takes_it() {
    let folder = tempdir().unwrap();
    let spec = ClipSpec { fps: 25, width: 640, height: 360, ..ClipSpec::default() };
    let file = clip(folder.path(), "c.mp4", &spec);
    let server = RtspServer::start("127.0.0.1:0", vec![Mount::clip("/lawn", file)]).unwrap();
    let rig = Rig::camera(&server.url("/lawn"));
    let latest: Arc<Latest<Frame>> = Arc::default();
    let slot = latest.clone();
    let mut decoder =
        Decoder::new(DecodeOptions::new(416, 256, Some(5.0), false), Arc::new(move |f| slot.put(f)));
    let Rig { packets, ingest: _running, .. } = rig;
    let feeder = std::thread::spawn(move || {
        for _ in 0..75 {
            decoder.push(&packets.recv_timeout(PATIENCE).unwrap()).unwrap();
        }
        decoder.stats()
    });
    let mut frames = Vec::new();
    while frames.len() < 8 {
        match latest.take(PATIENCE) {
            Taken::Item(frame) => frames.push(frame),
            other => panic!("{other:?}"),
        }
    }
    assert!(frames.windows(2).all(|w| w[1].at.since(w[0].at) >= Duration::from_millis(140)));
    assert_eq!((frames[0].width, frames[0].height, frames[0].full_width), (416, 234, 640));
    let stats = feeder.join().unwrap();
    assert!(stats.frames <= 17, "25 a second were thinned to 5: {stats:?}");
}

#[test]
fn a_lost_connection_is_a_gap_on_one_timeline() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let server = RtspServer::start("127.0.0.1:0", vec![Mount::clip("/lawn", file)]).unwrap();
    let rig = Rig::camera(&server.url("/lawn"));
    assert_eq!(rig.wait_flowing(), 1);
    rig.packet();
    server.drop_clients();
    let detail = rig.wait_blind(BlindCause::Ended);
    assert!(detail.contains("/lawn"), "{detail}");
    assert_eq!(rig.wait_flowing(), 2);
    let deadline = Instant::now() + PATIENCE;
    let mut last = rig.packet();
    while last.session == 1 && Instant::now() < deadline {
        let next = rig.packet();
        assert!(next.at > last.at);
        last = next;
    }
    assert_eq!(last.session, 2);
    assert!(last.keyframe);
}

#[test]
fn a_camera_that_changes_its_picture_size_goes_on() {
    let folder = tempdir().unwrap();
    let spec = |width, height| ClipSpec { width, height, secs: 2.0, ..ClipSpec::default() };
    let wide = clip(folder.path(), "a.mp4", &spec(640, 360));
    let square = clip(folder.path(), "b.mp4", &spec(240, 240));
    let mounts = vec![Mount::new("/lawn", Content::Clips(vec![wide, square]))];
    let server = RtspServer::start("127.0.0.1:0", mounts).unwrap();
    let rig = Rig::camera(&server.url("/lawn"));
    let sizes: Arc<Mutex<Vec<(usize, usize)>>> = Arc::default();
    let taken = sizes.clone();
    let on_frame = Arc::new(move |f: Frame| {
        taken.lock().unwrap().push((f.full_width, f.full_height));
        true
    });
    let mut decoder = Decoder::new(DecodeOptions::new(416, 256, Some(5.0), false), on_frame);
    let deadline = Instant::now() + PATIENCE;
    loop {
        decoder.push(&rig.packet()).unwrap();
        let mut seen = sizes.lock().unwrap().clone();
        seen.dedup();
        if seen.len() >= 3 {
            assert_eq!(seen[..3], [(640, 360), (240, 240), (640, 360)]);
            break;
        }
        assert!(Instant::now() < deadline, "{seen:?}");
    }
    assert_eq!(decoder.stats().errors, 0);
    assert!(rig.signals.try_iter().all(|s| !matches!(s, Signal::Blind { .. })));
}

#[test]
fn a_camera_that_only_speaks_udp_is_heard_in_the_end() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let server = RtspServer::start("127.0.0.1:0", vec![Mount::clip("/udp", file).udp_only()]).unwrap();
    assert_eq!(Transport::default(), Transport::Tcp);
    let rig = Rig::camera(&server.url("/udp"));
    let detail = rig.wait_blind(BlindCause::Unreachable);
    assert!(detail.contains("UDP"), "{detail}");
    rig.wait_flowing();
}

#[test]
fn an_encrypted_camera_is_watched_only_when_its_certificate_is_trusted_or_need_not_be() {
    let folder = tempdir().unwrap();
    let file = clip(folder.path(), "c.mp4", &ClipSpec::default());
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let pem = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    let server = RtspServer::start_tls("127.0.0.1:0", vec![Mount::clip("/lawn", file)], &pem).unwrap();
    let url = server.url("/lawn");
    assert!(url.starts_with("rtsps://"));
    let camera = |tls_verify| {
        let source = RtspSource { tls_verify, ..RtspSource::new(url.clone()) };
        Rig::start(Source::Rtsp(source), quick())
    };
    camera(false).wait_flowing();
    let detail = camera(true).wait_blind(BlindCause::Unreachable);
    assert!(detail.contains("certificate"), "{detail}");
}
