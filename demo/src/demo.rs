//! The demo from start to stop.

mod child;
mod console;
mod furnish;
pub(crate) mod leash;
mod place;
mod residents;
pub(crate) mod screen;
mod settings;
mod shown;
mod stop;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, timeout, timeout_at};

use child::{Child, Children};
use console::Console;
use place::Place;
use settings::{Ports, Settings};
use shown::Shown;
use stop::Stop;

/// How long each program may take until it answers. A cold disk and a busy machine need some of it.
const START: Duration = Duration::from_secs(60);
/// Within this time after the start every kind of alert is promised to stand in the console.
const PROMISED: Duration = Duration::from_secs(90);

/// File of those who log in to the console, and of those who log in to the residents' half.
const LOGINS: &str = "logins";
const RESIDENTS: &str = "residents-logins";

/// What the command line asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) directory: PathBuf,
    pub(crate) keep: bool,
    pub(crate) port: u16,
    pub(crate) clip: Option<PathBuf>,
    pub(crate) check: bool,
}

/// Runs until Ctrl-C, SIGTERM or the end of one of its programs. No program of it is left afterwards.
pub(crate) async fn run(options: &Options) -> Result<()> {
    let mut stop = Stop::listen()?;
    let clip = match &options.clip {
        Some(clip) => clip.clone(),
        None => place::cache()?.join("clips/vtest.mp4"),
    };
    if !clip.is_file() {
        bail!("the clip {} is missing: run `make setup`\n缺少演示视频：请运行 make setup", clip.display());
    }
    let place = Place::prepare(&options.directory, options.keep)?;
    let mut children = Children::default();
    let mut outcome = tokio::select! {
        outcome = session(options, &place, &clip, &mut children) => outcome,
        signal = stop.first() => {
            screen::line(&format!("{signal}: stopping everything · 正在停止"));
            if options.check { Err(anyhow::anyhow!("stopped before every kind of alert was shown")) } else { Ok(()) }
        }
    };
    if outcome.is_err() {
        // whoever speaks to a program that dies may notice it before its end is known: the end is the better reason
        if let Ok(ended) = timeout(Duration::from_millis(500), children.first_end()).await {
            outcome = Err(ended);
        }
    }
    // a second Ctrl-C ends the waiting
    let hard = tokio::select! {
        () = children.stop() => false,
        _ = stop.again() => true,
    };
    if hard {
        children.kill().await;
    }
    if outcome.is_ok() {
        screen::line("everything has stopped · 已全部停止");
    }
    outcome
}

/// Starts everything and shows what happens. Ends only with an error, or when `--check` is satisfied.
async fn session(
    options: &Options,
    place: &Place,
    clip: &std::path::Path,
    children: &mut Children,
) -> Result<()> {
    let begun = Instant::now();
    let ports = Ports::find(options.port)?;
    if ports.console != options.port {
        screen::line(&format!(
            "port {} is taken by another program, so the console is on {} · 端口 {} 已被占用，改用 {}",
            options.port, ports.console, options.port, ports.console
        ));
    }

    screen::line("[1/4] two cameras · 两路摄像机");
    let mounts = settings::CAMERAS.map(|camera| {
        ["--mount".to_owned(), format!("{}={}@{}", camera.path, clip.display(), camera.start_at_secs)]
    });
    let arguments: Vec<String> = ["--listen".to_owned(), "127.0.0.1:0".to_owned()]
        .into_iter()
        .chain(mounts.into_iter().flatten())
        .collect();
    let mut cameras = Child::start("xunge-rtsp", &arguments, place)?;
    let ready = cameras.lines_until(settings::CAMERAS.len(), |line| line.starts_with("ready "), START).await;
    let urls = children.adopt(cameras, ready)?;
    let urls: Vec<String> =
        urls.iter().filter_map(|line| line.strip_prefix("ready ")).map(str::to_owned).collect();

    screen::line("[2/4] the centre · 中心服务");
    let settings = Settings::write(place, &ports, &urls)?;
    if !settings.edge_folder.exists() {
        enroll(&settings, place).await?;
    }
    let logins = match place.remembered(LOGINS) {
        Some(logins) => logins,
        None => {
            let logins = furnish::furnish(&settings, place).await?;
            // last: a demo that was stopped in the middle of it begins it anew
            place.remember(LOGINS, &logins)?;
            logins
        }
    };
    let others = match place.remembered(RESIDENTS) {
        Some(logins) => logins,
        None => {
            let logins = residents::furnish(&settings, place).await?;
            place.remember(RESIDENTS, &logins)?;
            logins
        }
    };
    let arguments = ["run".to_owned(), "--config".to_owned(), settings.central.display().to_string()];
    let mut central = Child::start("xunge-central", &arguments, place)?;
    let greeting = central.lines_until(1, |line| line.starts_with("console: "), START).await;
    let greeting = children.adopt(central, greeting)?;
    let url = greeting.iter().find_map(|line| line.strip_prefix("console: "));
    let url = url.context("the centre did not say where its console is")?;
    let mut console = Console::new(url)?;
    console.wait_until_it_answers(Instant::now() + START).await?;

    screen::line("[3/4] the box · 边缘网关");
    let arguments = ["run".to_owned(), "--config".to_owned(), settings.edge.display().to_string()];
    children.adopt(Child::start("xunge-edge", &arguments, place)?, Ok(()))?;

    screen::welcome(url, (&logins, &others), place);
    let admin = logins.first().context("nobody can log in")?;
    console.log_in(admin).await?;
    screen::line("[4/4] waiting for the first alerts, less than 90 s · 等待首批告警，不超过 90 秒");

    let mut shown = Shown::new(begun);
    let watching = watch(&mut console, &mut shown, options.check, begun + PROMISED);
    tokio::select! {
        ended = children.first_end() => Err(ended),
        outcome = watching => outcome,
    }
}

/// Says each new case. With `check` it ends: well when every kind has been shown, with an error when it is too late.
async fn watch(console: &mut Console, shown: &mut Shown, check: bool, promised: Instant) -> Result<()> {
    let mut told = false;
    loop {
        // the list once in a while until the promise is kept; after that only what the centre says by itself
        let next = if told { None } else { Some(promised.min(Instant::now() + Duration::from_secs(2))) };
        let event = match next {
            Some(until) => timeout_at(until, console.next_case()).await.ok(),
            None => Some(console.next_case().await),
        };
        match event {
            Some(case) => shown.see(&case?),
            None => {
                for case in console.cases().await? {
                    shown.see(&case);
                }
            }
        }
        if !told && shown.all() {
            told = true;
            shown.tell_all();
            if check {
                return Ok(());
            }
        }
        if !told && Instant::now() >= promised {
            told = true;
            shown.tell_missing();
            if check {
                bail!("not every kind of alert was shown within {} s", PROMISED.as_secs());
            }
        }
    }
}

/// Gives the box its certificate and its token, once.
async fn enroll(settings: &Settings, place: &Place) -> Result<()> {
    let arguments = [
        "enroll".to_owned(),
        "--config".to_owned(),
        settings.central.display().to_string(),
        "--edge".to_owned(),
        settings::EDGE.to_owned(),
        "--site".to_owned(),
        settings::SITE.to_owned(),
        "--out".to_owned(),
        settings.edge_folder.display().to_string(),
    ];
    Child::start_as("xunge-central", "enroll", &arguments, place)?.finish(START).await.map(drop)
}
