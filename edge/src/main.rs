//! `xunge-edge`: run, replay, check, approve-view, models.
#![allow(clippy::print_stdout, reason = "commands that a person types print their answer")]

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use jiff::civil::DateTime;
use xunge_edge::{
    approve,
    config::{For, Setup},
    engine::Engine,
    memory, models,
    replay::{self, annotate},
    run,
};
use xunge_scene::{LocalTime, StreamTime, Weekday};

/// 巡格边缘程序：看视频，发告警。 Watches cameras and sends alerts.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 监看全部摄像机，直到收到停止信号。 Watches all cameras until told to stop.
    Run {
        /// 配置文件。 Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// 用同一流水线处理一个录像文件。 Runs the same pipeline on a video file.
    Replay(Replay),
    /// 检查配置，一次列出全部错误。 Names every mistake of a configuration at once.
    Check {
        /// 配置文件。 Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// 认可一路摄像机当前的画面为其视角：移位后恢复其规则。
    /// Approves what a camera sees now as its view: after it was moved, its rules work again.
    ApproveView {
        /// 配置文件。 Configuration file.
        #[arg(long)]
        config: PathBuf,
        /// 摄像机编号。 The camera's id.
        #[arg(long)]
        camera: String,
    },
    /// 列出模型及其文件状态。 Lists the models and whether their files are right.
    Models,
}

#[derive(clap::Args)]
struct Replay {
    /// 配置文件。 Configuration file.
    #[arg(long)]
    config: PathBuf,
    /// 使用哪个摄像机的区域和规则。 Whose zones and rules are used; its url is not opened.
    #[arg(long)]
    camera: String,
    /// 录像文件。 Video file.
    #[arg(long)]
    video: PathBuf,
    /// 事件输出文件，每行一个 JSON。 Where events go, one JSON line each.
    #[arg(long)]
    events: PathBuf,
    /// 把结果画在画面上另存为 MP4。 Also draws what was seen into an MP4.
    #[arg(long)]
    annotate: Option<PathBuf>,
    /// 录像开始的当地时间（如 2026-11-23T22:00），用于布防时段；不填则始终布防。
    /// Local time at which the video begins, for armed hours; without it every rule is always armed.
    #[arg(long)]
    begins: Option<DateTime>,
}

fn main() -> ExitCode {
    memory::settle();
    let cli = Cli::parse();
    // what retina says holds whole requests, with the password of a camera that has it in its path: only when asked for
    let wanted = std::env::var("XUNGE_LOG").ok().filter(|wanted| !wanted.trim().is_empty());
    let wanted = wanted.unwrap_or_else(|| "info,ort=warn".into());
    let quiet = if wanted.contains("retina") { "" } else { ",retina=off" };
    let filter = tracing_subscriber::EnvFilter::try_new(format!("{wanted}{quiet}"))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,ort=warn,retina=off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let result = match cli.command {
        Command::Run { config } => run::run(&config),
        Command::Replay(options) => replay(&options),
        Command::Check { config } => check(&config),
        Command::ApproveView { config, camera } => {
            approve::approve(&config, &camera).map(|told| println!("{told}"))
        }
        Command::Models => list_models(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // to the terminal whatever the log's level: this is the answer
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn replay(options: &Replay) -> Result<()> {
    let setup = Setup::load(&options.config, None, For::Replay)?;
    let camera = setup.config.camera(&options.camera).with_context(|| {
        let ids: Vec<&str> = setup.config.cameras.iter().map(|c| c.id.as_str()).collect();
        format!("{} has no camera `{}`; it has: {}", options.config.display(), options.camera, ids.join(", "))
    })?;
    let engine = Engine::start(&setup.config.detector, 1, camera.scene.needs())?;
    let mut meter = Meter::new();
    let mut notes = annotate::Notes::new(options.annotate.is_some());
    let summary = replay::replay(
        camera,
        engine.pool.looker(),
        &options.video,
        &options.events,
        options.begins.and_then(local_time),
        |at| meter.tick(at),
        |analysis, at, events| notes.take(analysis, camera, at, events),
    )
    .with_context(|| format!("{} could not be replayed", options.video.display()))?;
    engine.pool.stop();
    meter.end();
    eprintln_summary(&summary, &options.events);
    if let Some(path) = &options.annotate {
        annotate::write(camera, &options.video, &notes, path)?;
    }
    Ok(())
}

fn eprintln_summary(summary: &replay::Summary, events: &Path) {
    let _ = writeln!(
        std::io::stderr(),
        "{:.1} s · {} looks · {} events → {}",
        summary.length.secs(),
        summary.looks,
        summary.events,
        events.display()
    );
}

/// Tells on a terminal how far a replay is.
struct Meter {
    shown_secs: u64,
    on: bool,
}

impl Meter {
    fn new() -> Self {
        Self { shown_secs: 0, on: std::io::stderr().is_terminal() }
    }

    fn tick(&mut self, at: StreamTime) {
        let secs = at.0.as_secs();
        if self.on && secs != self.shown_secs {
            self.shown_secs = secs;
            let _ = write!(std::io::stderr(), "\r{secs} s");
        }
    }

    fn end(&self) {
        if self.on {
            let _ = write!(std::io::stderr(), "\r");
        }
    }
}

fn local_time(begins: DateTime) -> Option<LocalTime> {
    let weekday = Weekday::ALL[usize::from(begins.weekday().to_monday_zero_offset().unsigned_abs())];
    LocalTime::new(weekday, begins.hour().unsigned_abs(), begins.minute().unsigned_abs())
}

fn check(path: &Path) -> Result<()> {
    let provided = std::env::var_os("CREDENTIALS_DIRECTORY");
    let setup = Setup::load(path, provided.as_deref().map(Path::new), For::Run)?;
    print!("{}", setup.summary());
    Ok(())
}

fn list_models() -> Result<()> {
    let folders = models::model_folders();
    let mut missing = false;
    for card in models::cards() {
        let state = match models::locate(&card, &folders) {
            Ok(model) => format!("✓ {}", model.path.display()),
            Err(error) => {
                missing |= card.default;
                format!("{} {error}", if card.default { "✗" } else { "–" })
            }
        };
        println!("{:<24} {:<9} {:<11} {}", card.name, card.role, card.licence, &card.sha256[..12]);
        println!("  {state}");
    }
    if missing { bail!("a model that every box needs is missing or damaged") } else { Ok(()) }
}
