//! `xunge-demo` as people start and stop it: whatever ends it, nothing of it is left running.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot go on says so

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const DEMO: &str = env!("CARGO_BIN_EXE_xunge-demo");
const PATIENCE: Duration = Duration::from_secs(60);

/// A demo in a folder of its own. Every process of it has that folder in its command line.
struct Demo {
    folder: tempfile::TempDir,
    process: Child,
    output: Receiver<String>,
}

impl Demo {
    /// None, and a loud word, where the other programs or the clip are missing.
    fn start(arguments: &[&str]) -> Option<Self> {
        let clip = clip()?;
        let folder = tempfile::tempdir().unwrap();
        symlink(clip, folder.path().join("clip.mp4")).unwrap();
        let (process, output) = Self::spawn(folder.path(), arguments);
        Some(Self { folder, process, output })
    }

    /// Starts another one where one has ended.
    fn start_again(&mut self, arguments: &[&str]) {
        (self.process, self.output) = Self::spawn(self.folder.path(), arguments);
    }

    fn spawn(folder: &Path, arguments: &[&str]) -> (Child, Receiver<String>) {
        let mut process = Command::new(DEMO)
            .args(["--port", "0", "--directory"])
            .arg(folder.join("run"))
            .arg("--clip")
            .arg(folder.join("clip.mp4"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, output) = channel();
        let (out, error) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
        let errors = sender.clone();
        std::thread::spawn(move || lines(out, &sender));
        std::thread::spawn(move || lines(error, &errors));
        (process, output)
    }

    /// Reads what it says until a line contains `text`.
    fn wait_for(&self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        let mut all = String::new();
        while let Ok(line) = self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            all.push_str(&line);
            all.push('\n');
        }
        panic!("it did not say `{text}` but:\n{all}{}", self.logs());
    }

    fn logs(&self) -> String {
        let folder = self.folder.path().join("run/log");
        let logs = fs::read_dir(folder).into_iter().flatten().flatten();
        logs.map(|log| {
            format!("{}:\n{}", log.path().display(), fs::read_to_string(log.path()).unwrap_or_default())
        })
        .collect()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    fn ended(&mut self, patience: Duration) -> ExitStatus {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(50)); // polls real processes
        }
    }

    /// Its programs that run, by process id.
    fn running(&self) -> Vec<(i32, String)> {
        running(self.folder.path())
            .into_iter()
            .filter(|(pid, _)| *pid != self.process.id().cast_signed())
            .collect()
    }

    fn assert_nothing_left(&self) {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let left = self.running();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < until, "still running: {left:?}");
            std::thread::sleep(Duration::from_millis(50)); // polls real processes
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // a test that failed leaves nothing either
        let _ = self.process.kill();
        let _ = self.process.wait();
        for (pid, _) in self.running() {
            let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
        }
    }
}

fn lines(from: impl std::io::Read, to: &std::sync::mpsc::Sender<String>) {
    for line in BufReader::new(from).lines().map_while(Result::ok) {
        if to.send(line).is_err() {
            return;
        }
    }
}

/// The clip of setup, if it and all programs are there.
fn clip() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = of("XUNGE_CACHE")
        .or_else(|| of("XDG_CACHE_HOME").map(|folder| folder.join("xunge")))
        .or_else(|| of("HOME").map(|folder| folder.join(".cache/xunge")))?;
    let clip = cache.join("clips/vtest.mp4");
    let model = cache.join("models");
    let programs =
        ["xunge-central", "xunge-edge", "xunge-rtsp"].map(|name| Path::new(DEMO).with_file_name(name));
    if let Some(missing) = programs.iter().chain([&clip, &model]).find(|path| !path.exists()) {
        eprintln!("SKIPPED: {} is missing; `make test` makes it", missing.display());
        return None;
    }
    Some(clip)
}

fn running(folder: &Path) -> Vec<(i32, String)> {
    let folder = folder.display().to_string();
    let pids =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(&folder).then_some((pid, line))
    })
    .collect()
}

#[test]
fn every_kind_of_alert_stands_in_the_console_within_90_s() {
    let Some(mut demo) = Demo::start(&["--check"]) else { return };
    let status = demo.ended(Duration::from_secs(180));
    let said: Vec<String> = demo.output.try_iter().collect();
    assert!(status.success(), "{}\n{}", said.join("\n"), demo.logs());
    assert!(said.iter().any(|line| line.contains("all kinds, each with snapshot and clip")), "{said:?}");
    demo.assert_nothing_left();
}

#[test]
fn ctrl_c_stops_everything() {
    let Some(mut demo) = Demo::start(&[]) else { return };
    demo.wait_for("[4/4]");
    assert_eq!(demo.running().len(), 3, "{:?}", demo.running());
    demo.signal(Signal::INT);
    let status = demo.ended(PATIENCE);
    assert!(status.success(), "{status}");
    demo.wait_for("everything has stopped");
    demo.assert_nothing_left();
}

#[test]
fn the_kernel_stops_everything_if_the_demo_itself_is_killed() {
    let Some(mut demo) = Demo::start(&[]) else { return };
    demo.wait_for("[4/4]");
    assert_eq!(demo.running().len(), 3, "{:?}", demo.running());
    demo.signal(Signal::KILL);
    demo.ended(PATIENCE);
    demo.assert_nothing_left();
}

#[test]
fn if_one_program_dies_the_others_are_stopped_and_it_is_named() {
    let Some(mut demo) = Demo::start(&[]) else { return };
    demo.wait_for("[4/4]");
    let central = demo.running().into_iter().find(|(_, line)| line.contains("xunge-central")).unwrap();
    kill_process(Pid::from_raw(central.0).unwrap(), Signal::KILL).unwrap();
    demo.wait_for("xunge-central ended unexpectedly");
    assert!(!demo.ended(PATIENCE).success());
    demo.assert_nothing_left();
}

#[test]
fn a_stop_while_it_starts_leaves_nothing() {
    let Some(mut demo) = Demo::start(&[]) else { return };
    demo.wait_for("[2/4]");
    demo.signal(Signal::TERM);
    demo.ended(PATIENCE);
    demo.assert_nothing_left();
}

#[test]
fn an_import_that_was_broken_off_is_made_good_and_one_that_was_not_is_kept() {
    let Some(mut demo) = Demo::start(&[]) else { return };
    demo.wait_for("outlines");
    demo.signal(Signal::TERM);
    demo.ended(PATIENCE);
    assert!(!demo.folder.path().join("run/logins").exists(), "it was not broken off");

    demo.start_again(&["--keep"]);
    let admin = demo.wait_for("    admin ");
    demo.wait_for("[4/4]");
    demo.signal(Signal::INT);
    assert!(demo.ended(PATIENCE).success());

    demo.start_again(&["--keep"]);
    let mut said = Vec::new();
    while said.last() != Some(&admin) {
        said.push(demo.output.recv_timeout(PATIENCE).unwrap());
    }
    assert!(!said.iter().any(|line| line.contains("outlines")), "it imports again: {said:?}");
    demo.wait_for("[4/4]");
    demo.signal(Signal::INT);
    assert!(demo.ended(PATIENCE).success());
    demo.assert_nothing_left();
}

#[test]
fn a_missing_clip_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let answer = Command::new(DEMO)
        .args(["--clip", "/nowhere/clip.mp4", "--directory"])
        .arg(folder.path().join("run"))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert!(!answer.status.success());
    assert!(error.contains("/nowhere/clip.mp4") && error.contains("make setup"), "{error}");
}
