//! Says what live cameras cost, beside the floor of the same run.
#![allow(clippy::print_stdout, reason = "the report is what a person asked for")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use xunge_benches::compose::footage;
use xunge_benches::quality::edge::Edge;
use xunge_benches::throughput::{
    broker::Broker,
    clips::{self, Content},
    edge::{self, Load},
    floor::{self, Floor},
    peer, process,
    report::{Measured, Report},
};
use xunge_demo::rtsp::{Mount, RtspServer};

/// 测量实时摄像机的开销，并与同次测得的下限相比。 Says what live cameras cost, beside the floor of the same run.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// 场景，可多次给出。 What the cameras show; may be given again.
    #[arg(long, value_enum, default_values_t = [Scene::Busy, Scene::Idle])]
    scene: Vec<Scene>,
    /// 摄像机路数。 How many cameras.
    #[arg(long, default_value_t = 4, overrides_with = "cameras")]
    cameras: usize,
    /// 测量时长（秒），不含预热。 Seconds that are measured, after the warm-up.
    #[arg(long, default_value_t = 40)]
    secs: u64,
    /// 预热时长（秒）。 Seconds before that: cameras connect, backgrounds are learned, quiet cameras fall asleep.
    #[arg(long, default_value_t = 30)]
    warm_up_secs: u64,
    /// 不配规则，只跟踪。 Tracking alone, without rules.
    #[arg(long)]
    no_rules: bool,
    /// 始终完整解码。 Everything is decoded always.
    #[arg(long)]
    no_gate: bool,
    /// 检测器个数，不给则由网关自定。 Detectors at the same time; the box decides when it is not given.
    #[arg(long)]
    workers: Option<usize>,
    /// 同时测量 Python 方案：已安装 benches/peers/requirements.txt 的解释器。 Also measures the Python stack: an interpreter that has its packages.
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// 录像所在文件夹，没有则生成。 Folder of the clips; they are made when they are not there.
    #[arg(long)]
    clips: Option<PathBuf>,
    /// 结果 JSON。 Writes everything.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scene {
    /// People all the time.
    Busy,
    /// Nobody ever.
    Idle,
    /// One camera of four is busy.
    Mixed,
}

impl Scene {
    fn content(self, camera: usize) -> Content {
        match self {
            Self::Busy => Content::Busy,
            Self::Idle => Content::Empty,
            Self::Mixed if camera.is_multiple_of(4) => Content::Busy,
            Self::Mixed => Content::Empty,
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((first, part)) if first == floor::COMMAND => floor::main(part).map(|ms| println!("{ms}")),
        _ => run(&Cli::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    ensure!(cli.cameras > 0 && cli.secs > 0, "there is nothing to measure");
    let source = footage::default_source().context("HOME is not set")?;
    let folder = match (&cli.clips, source.parent()) {
        (Some(folder), _) => folder.clone(),
        (None, Some(cache)) => cache.join("load"),
        (None, None) => PathBuf::from("load"),
    };
    clips::make(&source, &folder, &tell)?;
    tell("the floor is measured");
    let measure = || floor::measure(&Content::Busy.path(&folder), &Content::Empty.path(&folder));
    let mut floor = measure()?;
    let mut runs = Vec::new();
    for &scene in &cli.scene {
        tell(&format!("{scene:?}: {} cameras, {} s", cli.cameras, cli.warm_up_secs + cli.secs));
        let measured = one(cli, scene, &folder)?;
        tell("the floor is measured again");
        // shared machines drift while the cameras are measured
        let after = measure()?;
        runs.push(measured.above(least_ms(cli, scene, &floor.mean(&after))));
        floor = after;
    }
    let report = Report {
        machine: process::machine(),
        commit: commit(),
        model_sha256: Edge::start(1)?.model().to_owned(),
        floor,
        runs,
    };
    println!("{}", report.markdown());
    if let Some(path) = &cli.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn one(cli: &Cli, scene: Scene, clips: &std::path::Path) -> Result<Measured> {
    let contents = contents(cli, scene);
    let mounts = contents.iter().enumerate().map(|(camera, content)| {
        // not all keyframes at the same time
        let start_at =
            Duration::from_millis(camera as u64 * 60_000 / cli.cameras as u64 + camera as u64 * 77);
        Mount::clip(format!("/c{camera}"), content.path(clips)).starting_at(start_at)
    });
    let server = RtspServer::start("127.0.0.1:0", mounts.collect())?;
    let folder = tempfile::tempdir()?;
    let broker = Broker::start()?;
    let load = Load {
        urls: (0..cli.cameras).map(|camera| server.url(&format!("/c{camera}"))).collect(),
        rules: !cli.no_rules,
        gate: !cli.no_gate,
        workers: cli.workers,
        warm_up: Duration::from_secs(cli.warm_up_secs),
        measured: Duration::from_secs(cli.secs),
    };
    let begun = Instant::now();
    let cost = edge::run(folder.path(), &broker.url, &load)?;
    let first = broker.first();
    let peer = match &cli.peer {
        Some(python) => {
            tell("the same with Python");
            let model = xunge_edge::models::find("detector", None)?;
            Some(peer::run(python, &model.path, &load)?)
        }
        None => None,
    };
    server.stop();
    let delays = broker.delays();
    let within = |share: f64| {
        let last = delays.len().checked_sub(1)?;
        delays.get((share * last as f64).round() as usize).map(|delay| delay.as_secs_f64() * 1e3)
    };
    Ok(Measured {
        scene: format!("{scene:?}").to_lowercase(),
        cameras: cli.cameras,
        rules: load.rules,
        gate: load.gate,
        cost,
        peer_ratio: peer.map(|peer| cost.cpu_ms / peer.cpu_ms),
        peer,
        alerts: delays.len(),
        first_alert_secs: first.map(|first| first.saturating_duration_since(begun).as_secs_f64()),
        delay_p50_ms: within(0.5),
        delay_p99_ms: within(0.99),
    })
}

/// Looks a second of a camera that is awake.
const LOOKS_FPS: f64 = 5.0;

fn contents(cli: &Cli, scene: Scene) -> Vec<Content> {
    (0..cli.cameras).map(|camera| scene.content(camera)).collect()
}

/// Decoding of their own modes, and the detector's looks where it looks; for one camera.
fn least_ms(cli: &Cli, scene: Scene, floor: &Floor) -> f64 {
    let looks_ms = LOOKS_FPS * floor.detect_ms;
    let least = |content: Content| match content {
        Content::Busy => floor.decode_busy_ms + looks_ms,
        Content::Empty if !cli.no_gate => floor.keyframes_empty_ms,
        Content::Empty => floor.decode_empty_ms + looks_ms,
    };
    contents(cli, scene).into_iter().map(least).sum::<f64>() / cli.cameras as f64
}

fn commit() -> String {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output().ok();
    let text = output.filter(|output| output.status.success()).map(|output| output.stdout);
    text.map_or("unknown".to_owned(), |text| String::from_utf8_lossy(&text).trim().to_owned())
}

/// To whoever waits; a closed terminal is no reason to stop.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
