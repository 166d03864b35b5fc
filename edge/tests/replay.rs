//! Replay of real footage through the real program: what must be found, what must not, and the same every time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

#[path = "support/cache.rs"]
mod cache;
use cache::clip;

/// The lawn in front of the path, as labelled by a person.
const LAWN: &str = "[[0, 0.41], [0.12, 0.43], [0.33, 0.52], [0.52, 0.66], [0.98, 1], [0, 1]]";
/// The floor of the room.
const FLOOR: &str = "[[0.1, 0.36], [0.9, 0.36], [1, 1], [0, 1]]";

/// A labelled clip beside the checkout, if it is there.
fn labelled(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/clips/dev").join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is not there; this test needs the labelled clips", path.display());
    None
}

fn config(folder: &Path, zone: &str) -> PathBuf {
    let path = folder.join("edge.toml");
    let text = format!(
        "edge_id = \"gw-0001\"\nsite = \"420502001001\"\n\
         [[camera]]\nid = \"yard\"\nurl = \"rtsp://192.0.2.1/never-opened\"\n\
         [camera.zone]\nground = {zone}\n[[camera.rule.intrusion]]\nname = \"ground\"\nzone = \"ground\"\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn replay(config: &Path, video: &Path, events: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xunge-edge"))
        .args(["replay", "--camera", "yard", "--config"])
        .arg(config)
        .arg("--video")
        .arg(video)
        .arg("--events")
        .arg(events)
        .args(more)
        .output()
        .unwrap()
}

fn lines(events: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(events).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn begins(events: &[Value]) -> Vec<f64> {
    events.iter().filter(|e| e["phase"] == "began").map(|e| e["at_s"].as_f64().unwrap()).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn somebody_on_the_lawn_is_seen_once_in_time_and_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), LAWN);
    let (first, second) = (folder.path().join("1.jsonl"), folder.path().join("2.jsonl"));
    for events in [&first, &second] {
        let output = replay(&config, &clip("vtest.avi"), events, &[]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let found = lines(&first);
    let begins = begins(&found);
    assert_eq!(begins.len(), 1, "{found:#?}");
    assert!((50.9..=55.0).contains(&begins[0]), "{begins:?}");
    assert_eq!(found.last().unwrap()["phase"], "ended");
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
}

#[test]
fn four_entries_of_the_room_are_four_and_no_fifth() {
    let Some(clip) = labelled("yassim/people-detection_12fps.mp4") else { return };
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events.jsonl");
    let output = replay(&config(folder.path(), FLOOR), &clip, &events, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let begins = begins(&lines(&events));
    assert_eq!(begins.len(), 4, "{begins:?}");
    for (begin, (from, to)) in begins.iter().zip([(1.6, 6.3), (14.8, 20.2), (27.8, 34.3), (43.6, 46.2)]) {
        assert!((from..=to).contains(begin), "{begins:?}");
    }
}

#[test]
fn the_annotated_video_can_be_replayed_and_changes_no_event() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), LAWN);
    let (plain, drawn) = (folder.path().join("plain.jsonl"), folder.path().join("drawn.jsonl"));
    let film = folder.path().join("film.mp4");
    let clip = clip("vtest.avi");
    assert!(replay(&config, &clip, &plain, &[]).status.success());
    let output = replay(&config, &clip, &drawn, &["--annotate", film.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(std::fs::read(&plain).unwrap(), std::fs::read(&drawn).unwrap());
    let again = replay(&config, &film, &folder.path().join("again.jsonl"), &[]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert!(stderr(&again).contains("398 looks"), "{}", stderr(&again));
}

#[test]
fn armed_hours_are_those_of_the_given_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), LAWN);
    let text = std::fs::read_to_string(&config).unwrap() + "armed = \"22:00-06:00\"\n";
    std::fs::write(&config, text).unwrap();
    let events = folder.path().join("events.jsonl");
    assert!(replay(&config, &clip("vtest.avi"), &events, &["--begins", "2026-11-23T12:00"]).status.success());
    assert!(lines(&events).is_empty(), "nobody is wrong on the lawn at noon");
    assert!(replay(&config, &clip("vtest.avi"), &events, &["--begins", "2026-11-23T21:59"]).status.success());
    assert!(!lines(&events).is_empty(), "the watch begins at ten, one minute into the clip");
}

#[test]
fn what_cannot_be_replayed_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), LAWN);
    let events = folder.path().join("events.jsonl");
    let missing = replay(&config, Path::new("no-such.mp4"), &events, &[]);
    assert!(!missing.status.success());
    assert!(stderr(&missing).contains("no-such.mp4"), "{}", stderr(&missing));

    let garbage = folder.path().join("garbage.mp4");
    std::fs::write(&garbage, vec![7; 100_000]).unwrap();
    let output = replay(&config, &garbage, &events, &[]);
    assert!(!output.status.success() && stderr(&output).contains("garbage.mp4"), "{}", stderr(&output));

    let wrong = Command::new(env!("CARGO_BIN_EXE_xunge-edge"))
        .args(["replay", "--camera", "jard", "--video", "x", "--events", "y", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    assert!(!wrong.status.success() && stderr(&wrong).contains("yard"), "{}", stderr(&wrong));
}
