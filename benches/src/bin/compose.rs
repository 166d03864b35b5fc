//! Makes labelled scenes from real footage.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use xunge_benches::compose::footage;
use xunge_benches::compose::material::Material;
use xunge_benches::compose::produce::{Order, produce};
use xunge_benches::compose::sets::Set;
use xunge_benches::compose::truth;

/// 用真实录像合成带标注的场景。 Makes labelled scenes from real footage.
#[derive(Parser)]
#[command(version, about)]
struct Options {
    /// 输出文件夹。 Folder for the clips and their truth file.
    #[arg(long)]
    out: PathBuf,
    /// 场景集，可多次给出。 Which set; may be given several times: all, loitering, objects, running, crowd, tamper, deserted, eventless.
    #[arg(long, default_value = "all")]
    set: Vec<String>,
    /// 无事件场景的总时长（小时）。 Hours in which nothing happens, in clips of ten minutes.
    #[arg(long, default_value_t = 0.2)]
    hours: f64,
    /// 随机种子：相同种子得到相同画面。 The same seed gives the same pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 素材录像。 The footage; without it, what `make setup` fetched.
    #[arg(long)]
    source: Option<PathBuf>,
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("XUNGE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // this is the answer, whatever the log's level
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let order = order(options)?;
    let source = options.source.clone().or_else(footage::default_source);
    let source = source.context("HOME is not set: name the footage with --source")?;
    prepare(&options.out)?;
    let mut line = Line { open: false, terminal: std::io::stderr().is_terminal() };
    let material = Material::read(&source, &mut |what| line.show(what, true))?;
    let people = material.people.len();
    line.show(&format!("{}: an empty place and {people} people", source.display()), false);
    let count = produce(&material, &order, &options.out, &mut |what, more| line.show(what, more))?;
    line.show(&format!("{count} clips → {}", options.out.join(truth::FILE).display()), false);
    Ok(())
}

/// More hours than this in one folder are a slip of the finger.
const MAX_HOURS: f64 = 200.0;

fn order(options: &Options) -> Result<Order> {
    let hours = options.hours;
    if !(hours > 0.0 && hours <= MAX_HOURS) {
        bail!("--hours {hours}: give a number above 0 and up to {MAX_HOURS}");
    }
    let sets = if options.set.iter().any(|name| name == "all") {
        Set::ALL.to_vec()
    } else {
        options.set.iter().map(|name| name.parse()).collect::<Result<_>>()?
    };
    Ok(Order { sets, seed: options.seed, hours })
}

fn prepare(folder: &Path) -> Result<()> {
    if folder.exists() && !folder.is_dir() {
        bail!("{} is a file: name a folder with --out", folder.display());
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

/// One line on stderr that is written over while something goes on.
struct Line {
    open: bool,
    terminal: bool,
}

impl Line {
    fn show(&mut self, what: &str, more: bool) {
        if more && !self.terminal {
            return;
        }
        let begin = if self.open { "\r\x1b[K" } else { "" };
        let end = if more { "" } else { "\n" };
        // progress that nobody can see is no reason to stop
        let _ = write!(std::io::stderr(), "{begin}{what}{end}");
        self.open = more;
    }
}
