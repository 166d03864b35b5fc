//! The edge as a child, and what it costs.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

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
    /// Not measured: cameras connect, backgrounds are learned, quiet cameras fall asleep.
    pub warm_up: Duration,
    /// Measured.
    pub measured: Duration,
}

/// What it took.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cost {
    /// CPU time for one second of one camera, milliseconds.
    pub cpu_ms: f64,
    /// Resident memory at the end, MiB.
    pub resident_mib: f64,
    /// Frames that the rules were shown, a second and camera, over the whole run.
    pub looks_fps: f64,
    /// Frames that were replaced before anybody looked, a second and camera, over the whole run.
    pub dropped_fps: f64,
    /// Frames that were older than half a second when they were looked at, a second and camera, over the whole run.
    pub late_fps: f64,
    /// How often a camera fell asleep, over the whole run and all cameras.
    pub sleeps: f64,
    /// How often one was woken by what it saw.
    pub wakes: f64,
}

/// Runs the box in `folder` under this load.
pub fn run(folder: &Path, broker: &str, load: &Load) -> Result<Cost> {
    let config = folder.join("edge.toml");
    std::fs::write(&config, toml(folder, broker, load)).context("no configuration for the edge")?;
    let log = folder.join("edge.log");
    let mut edge = Edge::start(&config, &log)?;
    let begun = Instant::now();
    edge.wait(load.warm_up)?;
    let (before, at) = (process::cpu(edge.child.id())?, Instant::now());
    edge.wait(load.measured)?;
    let spent = process::cpu(edge.child.id())?.saturating_sub(before).as_secs_f64();
    let secs = at.elapsed().as_secs_f64();
    let resident = process::resident(edge.child.id())?;
    let lasted = begun.elapsed().as_secs_f64();
    edge.stop()?;
    let text = std::fs::read_to_string(&log)?;
    let cameras = load.urls.len() as f64;
    Ok(Cost {
        cpu_ms: spent * 1e3 / secs / cameras,
        resident_mib: resident as f64 / f64::from(1 << 20),
        looks_fps: sum(&text, "looks") / lasted / cameras,
        dropped_fps: sum(&text, "dropped") / lasted / cameras,
        late_fps: sum(&text, "late") / lasted / cameras,
        sleeps: sum(&text, "sleeps"),
        wakes: sum(&text, "wakes"),
    })
}

fn toml(folder: &Path, broker: &str, load: &Load) -> String {
    let state = folder.join("state");
    let mut text = format!(
        "edge_id = \"bench\"\nsite = \"420502001001\"\n[uplink]\nmqtt = \"{broker}\"\n[storage]\ndirectory = {:?}\n",
        state.display().to_string()
    );
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

/// The sum of a number that each camera says when it stops.
fn sum(log: &str, name: &str) -> f64 {
    let key = format!(" {name}=");
    let said = log.lines().filter(|line| line.contains("a camera has stopped"));
    let number = |line: &str| line.split_once(&key)?.1.split_whitespace().next()?.parse::<f64>().ok();
    said.filter_map(number).sum()
}

struct Edge {
    child: Child,
    log: PathBuf,
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
        Ok(Self { child, log: log.to_owned() })
    }

    fn wait(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the edge ended ({status}): {}",
                    std::fs::read_to_string(&self.log).unwrap_or_default()
                );
            }
            // the time that is measured
            std::thread::sleep(
                Duration::from_millis(200).min(until.saturating_duration_since(Instant::now())),
            );
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
