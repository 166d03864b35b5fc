//! The whole program on real and made clips.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use bars::bars;
use opencv::{imgcodecs, prelude::MatTraitConst};
use serde_json::Value;

mod bars;

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

/// The street and, in another set of footage, bars.
fn street_and_bars() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for source in ["street", "bars"] {
        std::fs::create_dir_all(folder.path().join("made").join(source)).unwrap();
    }
    std::fs::copy(pedestrians(), folder.path().join("made/street/vtest.avi")).unwrap();
    // raw pictures are nothing that a camera sends: the edge gets a copy
    bars(&folder.path().join("made/bars/bars.avi"), (320, 240), 25, "avimux");
    folder
}

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
    let folder = street_and_bars();
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

#[test]
fn another_camera_finds_who_is_in_the_mirrored_zone() {
    let folder = street_and_bars();
    let (output, found) =
        quality(folder.path(), &[PEDESTRIANS], 1, &["--behavior", "intrusion", "--seen", "mirrored"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = found["rows"].as_array().unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row["seen"].as_str().unwrap(), &row["found"])).collect();
    assert_eq!(told, [("plain", &Value::from(1)), ("mirrored", &Value::from(1))]);
    assert_eq!(found["changes"], serde_json::json!([]));
}

#[test]
fn a_value_is_chosen_without_the_footage_that_it_is_judged_by() {
    let folder = street_and_bars();
    let options = ["--behavior", "crowd", "--leave-one-out", "count=50"];
    let (output, found) = quality(folder.path(), &[PEDESTRIANS, BARS], 2, &options);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(found["sweep"]["values"], serde_json::json!([5.0, 50.0]), "the default is there");
    let sets = found["sets"].as_array().unwrap();
    let told: Vec<_> = sets
        .iter()
        .map(|set| {
            let wrong = set["left_out"]["false_alarms"].as_u64().unwrap();
            (set["source"].as_str().unwrap(), set["chosen"].as_f64().unwrap(), wrong > 0)
        })
        .collect();
    // groups walk in the street that are no crowd by the labels; bars say nothing against the default
    assert_eq!(told, [("bars", 50.0, false), ("street", 5.0, true)]);
}
