//! Clips made on the spot: what the edge is shown of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use bars::bars;
use gstreamer as gst;
use gstreamer::prelude::*;
use xunge_benches::quality::{
    edge::{self, Picture},
    prepare::{self, Wanted},
    seen::Seen,
};

mod bars;

fn pictures(video: &Path, fit: (usize, usize)) -> Vec<Picture> {
    let mut all = Vec::new();
    edge::pictures(video, fit, None, |picture| {
        all.push(picture);
        true
    })
    .unwrap();
    all
}

/// Blue, green and red of the picture at a place given in fractions.
fn colour(picture: &Picture, x: f64, y: f64) -> [i32; 3] {
    let (column, row) = ((picture.width as f64 * x) as usize, (picture.height as f64 * y) as usize);
    let at = 3 * (row * picture.width + column);
    [0, 1, 2].map(|n| i32::from(picture.bgr[at + n]))
}

fn close(a: [i32; 3], b: [i32; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 6)
}

#[test]
fn a_crop_keeps_its_part_of_the_picture_and_all_times() {
    let folder = tempfile::tempdir().unwrap();
    let (video, copy) = (folder.path().join("bars.mp4"), folder.path().join("copy.mp4"));
    bars(&video, (320, 240), 25, "x264enc pass=quant quantizer=4 ! h264parse ! mp4mux");
    prepare::prepare(&video, &copy, Wanted { crop: Some([0.5, 0.0, 0.5, 1.0]), ..Wanted::default() })
        .unwrap();
    let (before, after) = (pictures(&video, (320, 240)), pictures(&copy, (160, 240)));
    let times = |all: &[Picture]| all.iter().map(|p| (p.at_s * 1e3).round() as i64).collect::<Vec<_>>();
    assert_eq!(times(&before), times(&after));
    assert_eq!(after.len(), 25);
    assert_eq!((after[0].width, after[0].height), (160, 240));
    for (before, after) in before.iter().zip(&after) {
        for (x, y) in [(0.05, 0.1), (0.2, 0.5), (0.5, 0.3), (0.95, 0.6)] {
            let (whole, part) = (colour(before, 0.5 + x / 2.0, y), colour(after, x, y));
            assert!(close(whole, part), "{whole:?} became {part:?} at {x}, {y}");
        }
    }
}

#[test]
fn a_mask_is_black_and_the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (video, copy) = (folder.path().join("bars.avi"), folder.path().join("copy.mp4"));
    bars(&video, (321, 241), 12, "avenc_mpeg4 bitrate=4000000 ! avimux");
    prepare::prepare(&video, &copy, Wanted { mask: Some([0.0, 0.0, 0.66, 0.14]), ..Wanted::default() })
        .unwrap();
    let (before, after) = (pictures(&video, (320, 240)), pictures(&copy, (320, 240)));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        for (x, y) in [(0.01, 0.01), (0.3, 0.07), (0.64, 0.12)] {
            assert!(close(colour(after, x, y), [0, 0, 0]), "{:?} at {x}, {y}", colour(after, x, y));
            assert!(!close(colour(before, x, y), [0, 0, 0]));
        }
        for (x, y) in [(0.69, 0.05), (0.07, 0.18), (0.3, 0.4), (0.93, 0.5)] {
            let (a, b) = (colour(before, x, y), colour(after, x, y));
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 12), "{a:?} became {b:?} at {x}, {y}");
        }
    }
}

/// Columns and rows of a coded video.
fn size(video: &Path) -> (i32, i32) {
    let pipeline = gst::parse::launch(&format!(
        "filesrc location={} ! qtdemux ! h264parse ! fakesink name=s",
        video.display()
    ));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Paused).unwrap();
    pipeline.state(gst::ClockTime::from_seconds(20)).0.unwrap();
    let caps = pipeline.by_name("s").unwrap().static_pad("sink").unwrap().current_caps().unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    let said = |name: &str| caps.structure(0).unwrap().get::<i32>(name).unwrap();
    (said("width"), said("height"))
}

/// Bars as a camera would have seen them, beside what they are.
fn seen_bars(folder: &Path, seen: Seen) -> (Vec<Picture>, Vec<Picture>) {
    let (video, copy) = (folder.join("bars.mp4"), folder.join(format!("{}.mp4", seen.name())));
    if !video.is_file() {
        bars(&video, (320, 240), 12, "x264enc pass=quant quantizer=4 ! h264parse ! mp4mux");
    }
    prepare::prepare(&video, &copy, Wanted { seen, ..Wanted::default() }).unwrap();
    let (before, after) = (pictures(&video, (320, 240)), pictures(&copy, (320, 240)));
    let times = |all: &[Picture]| all.iter().map(|p| (p.at_s * 1e3).round() as i64).collect::<Vec<_>>();
    assert_eq!(times(&before), times(&after));
    (before, after)
}

#[test]
fn other_cameras_see_the_same_times_in_their_own_way() {
    let folder = tempfile::tempdir().unwrap();
    let places = [(0.07, 0.3), (0.2, 0.3), (0.36, 0.3), (0.63, 0.3), (0.93, 0.3)];

    let (before, after) = seen_bars(folder.path(), Seen::Mirrored);
    for (x, y) in places {
        let (a, b) = (colour(&before[3], x, y), colour(&after[3], 1.0 - x, y));
        assert!(close(a, b), "{a:?} became {b:?} at {x}, {y}");
    }
    // gain, and the shift of blue, green and red
    for (seen, gain, shift) in [(Seen::Dimmed, 0.6, [-7, 0, 6]), (Seen::Bright, 1.3, [0, 0, 0])] {
        let (before, after) = seen_bars(folder.path(), seen);
        // brightened colours leave what three planes can say: white and grey do not
        let places = if seen == Seen::Bright { &places[..1] } else { &places };
        for &(x, y) in places {
            let (was, is) = (colour(&before[3], x, y), colour(&after[3], x, y));
            let expected = was.iter().zip(shift).map(|(v, shift)| (gain * f64::from(*v)) as i32 + shift);
            let near = expected.zip(is).all(|(a, b)| (a.clamp(0, 255) - b).abs() <= 15);
            assert!(near, "{}: {was:?} became {is:?}", seen.name());
        }
    }
    seen_bars(folder.path(), Seen::Coarse);
    let copy = |seen: Seen| folder.path().join(format!("{}.mp4", seen.name()));
    assert_eq!((size(&copy(Seen::Mirrored)), size(&copy(Seen::Coarse))), ((320, 240), (320, 240)));
    let bytes = |seen: Seen| copy(seen).metadata().unwrap().len();
    assert!(2 * bytes(Seen::Coarse) < bytes(Seen::Mirrored));

    let (before, noisy) = seen_bars(folder.path(), Seen::Noisy);
    let (_, again) = seen_bars(folder.path(), Seen::Noisy);
    assert!(noisy.iter().zip(&again).all(|(a, b)| a.bgr == b.bgr), "the same each time");
    // green stands for luma
    let off = |n: usize| before[n].bgr.iter().zip(&noisy[n].bgr).skip(1).step_by(3);
    let square: f64 = off(3).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    let sigma = (square / (320.0 * 240.0)).sqrt();
    assert!((4.0..9.0).contains(&sigma), "{sigma}");
    assert_ne!(noisy[3].bgr, noisy[4].bgr, "new in each picture");
}

#[test]
fn what_is_no_video_cannot_be_prepared() {
    let folder = tempfile::tempdir().unwrap();
    let (video, copy) = (folder.path().join("garbage.mp4"), folder.path().join("copy.mp4"));
    std::fs::write(&video, vec![7; 10_000]).unwrap();
    let error = format!("{:#}", prepare::prepare(&video, &copy, Wanted::default()).unwrap_err());
    assert!(error.contains("garbage.mp4 cannot be prepared"), "{error}");
}
