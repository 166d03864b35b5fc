//! Files, whole and broken.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;
use tempfile::tempdir;
use xunge_alert::BlindCause;
use xunge_demo::clips::{ClipSpec, Codec};
use xunge_edge::decode::{DecodeOptions, Decoder};
use xunge_edge::frame::Frame;
use xunge_edge::ingest::{Signal, Source};

use super::rig::{Rig, clip, frames_of, packets_of, quick, shared_clip};

fn times(frames: &[Frame]) -> Vec<f64> {
    frames.iter().map(|f| (f.at.secs() * 1000.0).round() / 1000.0).collect()
}

fn fingerprint(frames: &[Frame]) -> Vec<(Duration, u64)> {
    let hash = |frame: &Frame| {
        let mut hasher = DefaultHasher::new();
        for row in frame.bgr().chunks(frame.stride).take(frame.height) {
            row[..3 * frame.width].hash(&mut hasher);
        }
        hasher.finish()
    };
    frames.iter().map(|f| (f.at.0, hash(f))).collect()
}

#[test]
fn every_picture_comes_once_in_order_and_in_the_wanted_size() {
    let folder = tempdir().unwrap();
    for (name, codec, b_frames) in
        [("plain.mp4", Codec::H264, 0), ("b.mp4", Codec::H264, 2), ("h265.mp4", Codec::H265, 2)]
    {
        let path = clip(folder.path(), name, &ClipSpec { codec, b_frames, ..ClipSpec::default() });
        let frames = frames_of(&path, None, (416, 256));
        let wanted: Vec<f64> = (0..40).map(|n| f64::from(n) / 10.0).collect();
        assert_eq!(times(&frames), wanted, "{name}");
        for frame in &frames {
            assert_eq!((frame.width, frame.height), (341, 256));
            assert_eq!((frame.full_width, frame.full_height), (320, 240));
        }
        let thinned = frames_of(&path, Some(5.0), (416, 256));
        assert_eq!(times(&thinned), (0..20).map(|n| f64::from(n) / 5.0).collect::<Vec<_>>(), "{name}");
        assert_eq!(fingerprint(&thinned), fingerprint(&frames_of(&path, Some(5.0), (416, 256))), "{name}");
        let prints = fingerprint(&frames);
        assert!(prints.windows(2).all(|w| w[0].1 != w[1].1), "the ball moves in {name}");
    }
}

#[test]
fn real_footage_of_other_kinds_is_read_whole() {
    // DivX 3 in AVI, without presentation times
    if let Some(path) = shared_clip("dev/opencv/vtest.avi") {
        let frames = frames_of(&path, Some(5.0), (416, 256));
        assert_eq!(frames.len(), 398);
        assert_eq!(times(&frames)[..3], [0.0, 0.2, 0.4]);
        assert_eq!((frames[0].width, frames[0].height), (341, 256));
    }
    // cut by an edit list in the middle of a group of pictures
    if let Some(path) = shared_clip("dev/yassim/people-detection_12fps.mp4") {
        let frames = frames_of(&path, None, (416, 256));
        // it has 596 pictures, two of them before the cut, and no presentation times although it has B-frames
        assert!((592..=594).contains(&frames.len()), "{}", frames.len());
        assert!(frames[0].at.secs() < 0.1);
        assert!((frames[frames.len() - 1].at.secs() - 593.0 / 12.0).abs() < 0.01);
        assert!(frames.windows(2).all(|w| w[0].at < w[1].at));
    }
}

#[test]
fn a_picture_size_that_changes_changes_the_frames_and_nothing_else() {
    let folder = tempdir().unwrap();
    let wide = clip(folder.path(), "a.mp4", &ClipSpec { width: 640, height: 360, ..ClipSpec::default() });
    let square = clip(folder.path(), "b.mp4", &ClipSpec { width: 240, height: 240, ..ClipSpec::default() });
    let sizes: Arc<Mutex<Vec<(usize, usize, usize)>>> = Arc::default();
    let taken = sizes.clone();
    let on_frame = Arc::new(move |f: Frame| {
        taken.lock().unwrap().push((f.width, f.height, f.full_width));
        true
    });
    let mut decoder = Decoder::new(DecodeOptions::new(416, 256, None, true), on_frame);
    for (n, file) in (0..).zip([&wide, &square, &wide]) {
        for mut packet in packets_of(file) {
            let later = gst::ClockTime::from_seconds(4 * n);
            let (pts, dts) = (packet.buffer.pts(), packet.buffer.dts());
            let times = packet.buffer.make_mut();
            times.set_pts(pts.map(|t| t + later));
            times.set_dts(dts.map(|t| t + later));
            decoder.push(&packet).unwrap();
        }
    }
    assert_eq!(decoder.stats().errors, 0);
    decoder.finish().unwrap();
    let mut seen = std::mem::take(&mut *sizes.lock().unwrap());
    assert_eq!(seen.len(), 120);
    seen.dedup();
    assert_eq!(seen, [(416, 234, 640), (256, 256, 240), (416, 234, 640)]);
}

#[test]
fn a_live_decoder_that_cannot_keep_up_skips_and_goes_on() {
    let folder = tempdir().unwrap();
    let spec = ClipSpec { secs: 20.0, ..ClipSpec::default() };
    let packets = packets_of(&clip(folder.path(), "long.mp4", &spec));
    let on_frame = Arc::new(|_: Frame| {
        std::thread::sleep(Duration::from_millis(5)); // a slow detector
        true
    });
    let mut decoder = Decoder::new(DecodeOptions::new(416, 256, None, false), on_frame);
    for packet in &packets {
        decoder.push(packet).unwrap();
    }
    let handle = decoder.handle();
    decoder.finish().unwrap();
    let stats = handle.stats();
    assert!(stats.skipped > 0, "{stats:?}");
    assert_eq!(stats.packets + stats.skipped, 200);
}

#[test]
fn who_wants_no_more_frames_stops_the_decoder_without_waiting() {
    let folder = tempdir().unwrap();
    let packets = packets_of(&clip(folder.path(), "c.mp4", &ClipSpec { secs: 10.0, ..ClipSpec::default() }));
    let mut decoder = Decoder::new(DecodeOptions::new(416, 256, None, true), Arc::new(|_: Frame| false));
    for packet in &packets {
        decoder.push(packet).unwrap();
    }
    assert_eq!(decoder.stats().frames, 1);
    decoder.finish().unwrap();
}

#[test]
fn files_that_are_none_are_given_up_with_the_reason() {
    let folder = tempdir().unwrap();
    let whole = std::fs::read(clip(folder.path(), "whole.mp4", &ClipSpec::default())).unwrap();
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let cases: [(&str, Option<&[u8]>, BlindCause); 5] = [
        ("missing.mp4", None, BlindCause::NotFound),
        ("text.mp4", Some(b"not a video, but a letter to the grid worker"), BlindCause::Garbage),
        ("noise.mp4", Some(&noise), BlindCause::Garbage),
        ("empty.mp4", Some(b""), BlindCause::Garbage),
        ("cut.mp4", Some(&whole[..whole.len() / 2]), BlindCause::Garbage),
    ];
    for (name, bytes, wanted) in cases {
        let path = folder.path().join(name);
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let rig = Rig::start(Source::File { path, as_camera: false }, quick());
        match rig.wait_for(|_| true) {
            Signal::Blind { cause, detail, retry_in: None } => {
                assert_eq!(cause, wanted, "{name}: {detail}");
                assert!(detail.contains(name), "{detail}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_file_can_stand_for_a_camera() {
    let folder = tempdir().unwrap();
    let path = clip(folder.path(), "loop.mp4", &ClipSpec { secs: 1.0, ..ClipSpec::default() });
    let rig = Rig::start(Source::File { path, as_camera: true }, quick());
    assert_eq!(rig.wait_flowing(), 1);
    rig.wait_blind(BlindCause::Ended);
    assert_eq!(rig.wait_flowing(), 2);
    rig.ingest.stop();
    let packets: Vec<_> = rig.packets.try_iter().collect();
    assert!(packets.len() >= 11);
    assert!(packets.windows(2).all(|w| w[0].at < w[1].at), "time never steps back");
}
