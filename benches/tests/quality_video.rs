//! Clips made on the spot: what the edge is shown of them, and the whole program.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use gstreamer as gst;
use gstreamer::prelude::*;
use opencv::{imgcodecs, prelude::MatTraitConst};
use serde_json::Value;
use xunge_benches::quality::{
    edge::{self, Picture},
    prepare::{self, Wanted},
    seen::Seen,
};

/// Writes colour bars, ten pictures a second.
fn bars(path: &Path, size: (u32, u32), pictures: u32, coding: &str) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers={pictures} pattern=smpte ! \
         video/x-raw,format=I420,width={},height={},framerate=10/1 ! {coding} ! filesink location={}",
        size.0,
        size.1,
        path.display()
    ))
    .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let last = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(60),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    assert_eq!(last.unwrap().type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
}

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
    assert_eq!((size(&copy(Seen::Mirrored)), size(&copy(Seen::Coarse))), ((320, 240), (160, 120)));
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

fn pedestrians() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let cache = set("XUNGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("xunge")))
        .unwrap_or_else(|| set("HOME").unwrap().join(".cache/xunge"));
    let path = cache.join("clips/vtest.avi");
    assert!(path.is_file(), "{} is missing: run `make setup`", path.display());
    path
}

/// The front lawn of the pedestrians' clip: somebody steps on it at 50.9 s. A second label is wrong on purpose.
const PEDESTRIANS: &str = r#"{"file": "made/street/vtest.avi", "duration_s": 79.5, "events": [
  {"type": "intrusion", "start_s": 50.9, "end_s": 73.5, "zone_polygon":
   [[0, 0.41], [0.12, 0.43], [0.33, 0.52], [0.52, 0.66], [0.98, 1], [0, 1]]},
  {"type": "loitering", "start_s": 20, "end_s": 70, "region": [0.0, 0.0, 0.01, 0.01]}], "negatives_for": ["crowd"]}"#;
const BARS: &str = r#"{"file": "made/bars/bars.avi", "duration_s": 2.5, "events": [], "negatives_for":
  ["loitering", "crowd", "intrusion"], "weather": "none"}"#;
const GONE: &str = r#"{"file": "made/bars/gone.mp4", "duration_s": 9, "events":
  [{"type": "crowd", "start_s": 1, "end_s": 9}], "negatives_for": []}"#;

/// The program in a folder of clips, with so many jobs.
fn quality(folder: &Path, clips: &[&str], jobs: usize, more: &[&str]) -> (Output, Value) {
    let json = folder.join("out.json");
    std::fs::write(folder.join("truth.json"), format!("{{\"clips\": [{}]}}", clips.join(","))).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_quality"))
        .arg("--truth")
        .arg(folder.join("truth.json"))
        .arg("--clips")
        .arg(folder)
        .arg("--json")
        .arg(&json)
        .arg("--report")
        .arg(folder.join("out.md"))
        .args(["--jobs", &jobs.to_string()])
        .args(more)
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&json).unwrap_or_default();
    assert!(!text.is_empty(), "no report: {}", String::from_utf8_lossy(&output.stderr));
    (output, serde_json::from_str(&text).unwrap())
}

#[test]
fn the_program_counts_goes_on_after_a_failure_and_does_not_depend_on_jobs() {
    let folder = tempfile::tempdir().unwrap();
    for source in ["street", "bars"] {
        std::fs::create_dir_all(folder.path().join("made").join(source)).unwrap();
    }
    std::fs::copy(pedestrians(), folder.path().join("made/street/vtest.avi")).unwrap();
    // raw pictures are nothing that a camera sends: the edge gets a copy
    bars(&folder.path().join("made/bars/bars.avi"), (320, 240), 25, "avimux");
    let sheets = folder.path().join("sheets");
    let clips = [PEDESTRIANS, BARS, GONE];
    let (output, first) = quality(folder.path(), &clips, 1, &["--sheets", sheets.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "a clip failed");
    let (_, second) = quality(folder.path(), &clips, 3, &[]);
    assert_eq!(first, second);

    let row = |behavior: &str| {
        first["headline"].as_array().unwrap().iter().find(|row| row["behavior"] == behavior).unwrap().clone()
    };
    let intrusion = row("intrusion");
    assert_eq!(
        (intrusion["found"].as_u64(), intrusion["missed"].as_u64()),
        (Some(1), Some(0)),
        "{intrusion}"
    );
    assert_eq!(row("loitering")["missed"], 1);
    assert_eq!(row("crowd")["missed"], 1, "the clip that failed");
    let alarms = first["clips"][0]["alarms"].as_array().unwrap();
    let lawn = alarms.iter().find(|alarm| alarm["behavior"] == "intrusion").unwrap();
    assert_eq!(lawn["counted"], serde_json::json!({"found": 0}));
    let group = alarms.iter().position(|alarm| alarm["behavior"] == "crowd").unwrap();
    assert_eq!(alarms[group]["counted"], "false_alarm");
    assert!(first["clips"][1]["error"].is_null(), "{}", first["clips"][1]["error"]);
    assert!(first["clips"][2]["error"].as_str().unwrap().contains("gone.mp4"));

    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.trim_end(), std::fs::read_to_string(folder.path().join("out.md")).unwrap().trim_end());
    for part in ["## Misses", "gone.mp4", "`weather` of a clip is not understood", "| street "] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    for name in ["loitering-miss-street-vtest-1.jpg", &format!("crowd-false-street-vtest-{group}.jpg")] {
        let sheet = sheets.join(name);
        let picture = imgcodecs::imread(sheet.to_str().unwrap(), imgcodecs::IMREAD_COLOR).unwrap();
        assert_eq!((picture.cols(), picture.rows()), (3 * 480, 2 * 360), "{name}");
    }
}

#[test]
fn a_choice_of_clips_and_behaviors_leaves_the_rest_out() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("made/bars")).unwrap();
    bars(&folder.path().join("made/bars/bars.avi"), (320, 240), 25, "avenc_mpeg4 ! avimux");
    let (output, found) =
        quality(folder.path(), &[BARS, GONE], 2, &["--only", "bars.avi", "--behavior", "crowd"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(found["clips"].as_array().unwrap().len(), 1);
    assert_eq!(found["clips"][0]["watched"], serde_json::json!(["crowd"]));
    assert_eq!(found["headline"][0]["false_alarms"], 0);
}
