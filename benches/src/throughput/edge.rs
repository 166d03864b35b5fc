//! The edge as a child, and what it costs.

use std::fmt::Write as _;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use super::metrics::Page;
use super::process;

/// Rules of every camera: all behaviors that need no place, with their defaults.
const RULES: &str = "[[camera.rule.loitering]]\n[[camera.rule.fall]]\n[[camera.rule.running]]\n[[camera.rule.crowd]]\n\
                     [[camera.rule.abandoned_object]]\n[[camera.rule.removed_object]]\n[[camera.rule.tamper]]\n";

/// What is asked of the box.
#[derive(Debug, Clone)]
pub struct Load {
    /// Address of each camera.
    pub urls: Vec<String>,
    /// Rules, or tracking alone.
    pub rules: bool,
    /// Keyframes only while nothing happens.
    pub gate: bool,
    /// Detectors at the same time; none: the box decides.
    pub workers: Option<usize>,
    /// Not measured: cameras connect, backgrounds are learned, quiet cameras fall asleep.
    pub warm_up: Duration,
    /// Measured.
    pub measured: Duration,
}

/// What it took. Of the measured time, unless it says otherwise.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cost {
    /// CPU time for one second of one camera, milliseconds.
    pub cpu_ms: f64,
    /// Resident memory at the end, MiB.
    pub resident_mib: f64,
    /// Frames that the rules were shown, a second and camera.
    pub looks_fps: f64,
    /// Frames that were replaced before anybody looked, a second and camera.
    pub dropped_fps: f64,
    /// Frames that were older than half a second when they were looked at, a second and camera.
    pub late_fps: f64,
    /// Coded pictures that found no room in the decoder, a second and camera.
    pub undecoded_fps: f64,
    /// How old the latest frame of a camera was when it was looked at, the oldest of all that were asked for, seconds.
    pub oldest_secs: f64,
    /// Share of the time in which a camera counted as blind.
    pub blind: f64,
    /// Cameras that sleep at the end.
    pub asleep: f64,
    /// How often one was woken by what it saw.
    pub wakes: f64,
    /// From the start of the program until a first camera, and until all were watched, seconds.
    pub first_up_secs: Option<f64>,
    /// None when it never happened.
    pub all_up_secs: Option<f64>,
}

/// Runs the box in `folder` under this load.
pub fn run(folder: &Path, broker: &str, load: &Load) -> Result<Cost> {
    let listen = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    let config = folder.join("edge.toml");
    std::fs::write(&config, toml(folder, broker, listen, load)).context("no configuration for the edge")?;
    let mut edge = Edge::start(&config, &folder.join("edge.log"))?;
    let cameras = load.urls.len() as f64;
    let (mut first_up, mut all_up) = (None, None);
    edge.wait(load.warm_up, listen, |age, page| {
        let up = page.sum("xunge_camera_up");
        if up > 0.0 {
            first_up.get_or_insert(age.as_secs_f64());
        }
        if up >= cameras {
            all_up.get_or_insert(age.as_secs_f64());
        }
    })?;
    let (before, page, at) = (process::cpu(edge.child.id())?, Page::read(listen)?, Instant::now());
    let mut oldest_secs: f64 = 0.0;
    edge.wait(load.measured, listen, |_, page| {
        oldest_secs = page.each("xunge_camera_frame_age_seconds").fold(oldest_secs, f64::max);
    })?;
    let spent = process::cpu(edge.child.id())?.saturating_sub(before).as_secs_f64();
    let (secs, end) = (at.elapsed().as_secs_f64(), Page::read(listen)?);
    let resident = process::resident(edge.child.id())?;
    edge.stop()?;
    let grown = |name: &str| end.sum(name) - page.sum(name);
    let each = |name: &str| grown(name) / secs / cameras;
    Ok(Cost {
        cpu_ms: spent * 1e3 / secs / cameras,
        resident_mib: resident as f64 / f64::from(1 << 20),
        looks_fps: each("xunge_camera_frames_total"),
        dropped_fps: each("xunge_camera_frames_skipped_total"),
        late_fps: each("xunge_camera_frames_late_total"),
        undecoded_fps: each("xunge_camera_packets_skipped_total"),
        oldest_secs,
        blind: each("xunge_camera_blind_seconds_total"),
        asleep: end.sum("xunge_camera_asleep"),
        wakes: grown("xunge_camera_wakes_total"),
        first_up_secs: first_up,
        all_up_secs: all_up,
    })
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr())?.port())
}

fn toml(folder: &Path, broker: &str, listen: SocketAddr, load: &Load) -> String {
    let state = folder.join("state");
    let mut text = format!(
        "edge_id = \"bench\"\nsite = \"420502001001\"\n[uplink]\nmqtt = \"{broker}\"\n[storage]\ndirectory = {:?}\n[metrics]\nlisten = \"{listen}\"\n",
        state.display().to_string()
    );
    if let Some(workers) = load.workers {
        let _ = write!(text, "[detector]\nworkers = {workers}\n");
    }
    for (number, url) in load.urls.iter().enumerate() {
        let _ = write!(
            text,
            "[[camera]]\nid = \"c{number}\"\nurl = \"{url}\"\n[camera.gate]\nenabled = {}\n",
            load.gate
        );
        text.push_str(if load.rules { RULES } else { "" });
    }
    text
}

struct Edge {
    child: Child,
    log: PathBuf,
    begun: Instant,
}

impl Edge {
    fn start(config: &Path, log: &Path) -> Result<Self> {
        let own = std::env::current_exe().context("this program's own path is not known")?;
        let program = own.with_file_name("xunge-edge");
        ensure!(program.is_file(), "{} is missing: cargo build --release -p xunge-edge", program.display());
        let child = Command::new(program)
            .args(["run", "--config"])
            .arg(config)
            .stderr(File::create(log)?)
            .spawn()
            .context("the edge does not start")?;
        Ok(Self { child, log: log.to_owned(), begun: Instant::now() })
    }

    /// Waits, and shows each second what the box says of itself, and how long it has run.
    fn wait(
        &mut self,
        time: Duration,
        listen: SocketAddr,
        mut show: impl FnMut(Duration, &Page),
    ) -> Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the edge ended ({status}): {}",
                    std::fs::read_to_string(&self.log).unwrap_or_default()
                );
            }
            // not yet while it starts
            if let Ok(page) = Page::read(listen) {
                show(self.begun.elapsed(), &page);
            }
            // the time that is measured
            std::thread::sleep(Duration::from_secs(1).min(until.saturating_duration_since(Instant::now()))); // a second of what is measured
        }
        Ok(())
    }

    fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        let asked =
            Command::new("kill").args(["-TERM", &id]).status().context("the edge cannot be stopped")?;
        ensure!(asked.success(), "the edge cannot be stopped");
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the edge failed ({status})");
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50)); // polls a real process
        }
        bail!("the edge did not stop within 30 s")
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        // gone already unless something failed before
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
