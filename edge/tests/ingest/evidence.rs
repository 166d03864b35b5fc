//! Clips and stills from the ring.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use image::RgbImage;
use tempfile::tempdir;
use xunge_demo::clips::{ClipSpec, Codec};
use xunge_edge::clip::{self, ClipError};
use xunge_edge::ingest::Packet;
use xunge_edge::ring::Ring;
use xunge_edge::still::{self, Drawing, Mark, StillError, StillOptions};
use xunge_scene::{Bounds, Point, StreamTime};

use super::rig;

fn secs(s: f64) -> StreamTime {
    StreamTime::from_secs(s)
}

fn ring_of(path: &Path) -> Ring {
    let mut ring = Ring::new(Duration::from_secs(60), 48 << 20);
    for packet in rig::packets_of(path) {
        ring.push(&packet);
    }
    ring
}

/// The coded pictures of a byte stream, without parameter sets and the like.
fn slices(packets: &[Packet], codec: Codec) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for packet in packets {
        let map = packet.buffer.map_readable().unwrap();
        let bytes = map.as_slice();
        let starts: Vec<usize> =
            (0..bytes.len() - 3).filter(|&i| bytes[i..i + 3] == [0, 0, 1]).map(|i| i + 3).collect();
        for (n, &start) in starts.iter().enumerate() {
            let end = starts.get(n + 1).map_or(bytes.len(), |next| next - 3);
            let is_picture = match codec {
                Codec::H264 => matches!(bytes[start] & 0x1f, 1 | 5),
                Codec::H265 => (bytes[start] >> 1) & 0x3f < 32,
            };
            if is_picture {
                let unit = &bytes[start..end];
                let zeros = unit.iter().rev().take_while(|b| **b == 0).count();
                found.push(unit[..unit.len() - zeros].to_vec());
            }
        }
    }
    found
}

#[test]
fn a_clip_holds_the_cameras_own_pictures_from_a_keyframe_on() {
    let folder = tempdir().unwrap();
    for (name, codec, b_frames) in
        [("p.mp4", Codec::H264, 0), ("b.mp4", Codec::H264, 2), ("h.mp4", Codec::H265, 2)]
    {
        let spec = ClipSpec { codec, b_frames, secs: 20.0, keyframe_secs: 2.0, ..ClipSpec::default() };
        let ring = ring_of(&rig::clip(folder.path(), name, &spec));
        let cut = ring.cut(secs(2.5), secs(12.0), secs(17.0));
        let path = folder.path().join(format!("out-{name}"));
        let info = clip::write(&cut, &path).unwrap();
        assert_eq!((info.from, info.pictures), (secs(2.0), cut.len()), "{name}");
        assert_eq!(info.bytes, std::fs::metadata(&path).unwrap().len());
        assert!((16.9..=17.2).contains(&info.to.secs()), "{name}: {}", info.to);

        let again = rig::packets_of(&path);
        assert_eq!(slices(&again, codec), slices(&cut, codec), "{name}: not coded again");
        let frames = rig::frames_of(&path, None, (320, 240));
        assert_eq!(frames.len(), cut.len(), "{name}: all pictures decode");
        assert!(frames[0].at.secs() < 0.01, "{name} begins at {}", frames[0].at);
        let length = frames[frames.len() - 1].at.secs();
        assert!((length - info.to.since(info.from).as_secs_f64()).abs() < 0.05, "{name}: {length}");
        // the index stands before the pictures, so that a browser can play at once
        let bytes = std::fs::read(&path).unwrap();
        let find = |what: &[u8]| bytes.windows(4).position(|w| w == what).unwrap();
        assert!(find(b"moov") < find(b"mdat"), "{name}");
    }
    let left: HashSet<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().path().extension().unwrap().to_owned())
        .collect();
    assert_eq!(left.len(), 1, "only .mp4 is left: {left:?}");
}

#[test]
fn a_clip_that_cannot_be_written_leaves_nothing() {
    let folder = tempdir().unwrap();
    let ring = ring_of(&rig::clip(folder.path(), "c.mp4", &ClipSpec::default()));
    let cut = ring.cut(secs(0.0), secs(1.0), secs(2.0));
    assert!(matches!(clip::write(&[], &folder.path().join("no.mp4")), Err(ClipError::Empty)));
    let nowhere = folder.path().join("no-such-folder/clip.mp4");
    let error = clip::write(&cut, &nowhere).unwrap_err();
    assert!(error.to_string().contains("no-such-folder"), "{error}");
    let noise = Packet { caps: "video/x-vp8".parse().unwrap(), ..cut[0].clone() };
    assert!(matches!(clip::write(&[noise], &folder.path().join("v.mp4")), Err(ClipError::Codec(_))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn picture(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory(jpeg).unwrap().into_rgb8()
}

fn difference(seen: &RgbImage, frame: &xunge_edge::frame::Frame) -> f64 {
    let mut sum = 0_u64;
    for y in 0..frame.height {
        for x in 0..frame.width {
            let seen = seen.get_pixel(x as u32, y as u32);
            for c in 0..3 {
                sum += u64::from(seen[2 - c].abs_diff(frame.bgr()[y * frame.stride + 3 * x + c]));
            }
        }
    }
    sum as f64 / (3 * frame.width * frame.height) as f64
}

#[test]
fn a_still_is_the_picture_of_the_moment() {
    let folder = tempdir().unwrap();
    for (name, codec, b_frames) in [("b.mp4", Codec::H264, 2), ("h.mp4", Codec::H265, 0)] {
        let path = rig::clip(folder.path(), name, &ClipSpec { codec, b_frames, ..ClipSpec::default() });
        let frames = rig::frames_of(&path, None, (320, 240));
        let ring = ring_of(&path);
        for n in [0, 7, 10, 11, 12, 13, 29] {
            let at = frames[n].at + Duration::from_millis(40);
            let cut = ring.cut(at, at, at);
            let still = still::take(&cut, at, &Drawing::default(), StillOptions::default()).unwrap();
            assert_eq!((still.at, still.width, still.height), (frames[n].at, 320, 240), "{name} {n}");
            let seen = picture(&still.jpeg);
            let right = difference(&seen, &frames[n]);
            assert!(right < 2.5, "{name} {n}: {right}");
            for other in [n.wrapping_sub(1), n + 1] {
                if let Some(frame) = frames.get(other) {
                    assert!(difference(&seen, frame) > right + 0.3, "{name} {n} looks like {other}");
                }
            }
        }
    }
}

#[test]
fn the_picture_that_is_still_there_makes_the_same_still() {
    let folder = tempdir().unwrap();
    let spec = ClipSpec { width: 640, height: 360, b_frames: 2, ..ClipSpec::default() };
    let path = rig::clip(folder.path(), "c.mp4", &spec);
    let ring = ring_of(&path);
    let frames = rig::live_frames_of(&path);
    assert!(frames.len() > 10);
    for frame in &frames {
        let cut = ring.cut(frame.at, frame.at, frame.at);
        let drawing = Drawing { caption: "c".into(), ..Drawing::default() };
        let options = StillOptions::default();
        let decoded = still::take(&cut, frame.at, &drawing, options).unwrap();
        let kept = still::of(frame.original.as_ref().unwrap(), frame.at, &drawing, options).unwrap();
        assert_eq!((kept.at, kept.width, kept.height), (frame.at, 640, 360));
        assert!(kept.jpeg == decoded.jpeg, "at {}", frame.at);
    }
    let whole = rig::frames_of(&path, None, (320, 240));
    assert!(whole.iter().all(|frame| frame.original.is_none()), "of files nobody wants a snapshot");
}

#[test]
fn boxes_zones_and_the_caption_are_drawn_where_they_belong() {
    let folder = tempdir().unwrap();
    let spec = ClipSpec { width: 1920, height: 1080, secs: 1.0, pattern: "black", ..ClipSpec::default() };
    let ring = ring_of(&rig::clip(folder.path(), "big.mp4", &spec));
    let at = secs(0.5);
    let cut = ring.cut(at, at, at);
    let drawing = Drawing {
        marks: vec![
            Mark {
                bounds: Bounds { x: 0.25, y: 0.25, w: 0.25, h: 0.5 },
                label: "person 人 #3 83%".into(),
                main: true,
            },
            // partly outside, which must not fail
            Mark { bounds: Bounds { x: 0.9, y: -0.1, w: 0.3, h: 0.3 }, label: "x".repeat(300), main: false },
        ],
        outlines: vec![vec![Point { x: 0.6, y: 0.6 }, Point { x: 0.9, y: 0.6 }, Point { x: 0.75, y: 0.9 }]],
        grid: vec![[Point { x: 0.1, y: 0.3 }, Point { x: 0.1, y: 0.7 }]],
        caption: "gate-east 2026-11-23 20:15:01 +08".into(),
    };
    let still = still::take(&cut, at, &drawing, StillOptions::default()).unwrap();
    assert_eq!((still.width, still.height), (1280, 720));
    let seen = picture(&still.jpeg);
    let bright = |x: f64, y: f64| {
        seen.get_pixel((x * 1280.0) as u32, (y * 720.0) as u32).0.into_iter().max().unwrap() > 100
    };
    assert!(bright(0.25, 0.5) && bright(0.5, 0.5) && bright(0.4, 0.75), "the box");
    assert!(bright(0.7, 0.6), "the zone");
    assert!(bright(0.1, 0.5), "the grid");
    assert!(bright(0.002, 0.995), "the caption");
    assert!(!bright(0.4, 0.5) && !bright(0.1, 0.1), "and nothing else");
    assert!(matches!(still::take(&[], at, &drawing, StillOptions::default()), Err(StillError::Empty(_))));
}
