//! Replays labelled video and says what was found, missed and wrongly reported.
#![allow(clippy::print_stdout, reason = "the report is what a person asked for")]

use std::{
    io::{self, IsTerminal, Write as _},
    path::PathBuf,
    process::ExitCode,
    thread,
};

use anyhow::{Context, Result};
use clap::Parser;
use serde::Serialize;
use xunge_benches::quality::{
    clip::ClipResult,
    gate::Gated,
    leave_one_out::Sweep,
    report::Report,
    rules::Rules,
    run::{ANALYSIS_FPS, Bench, Options},
    seen::{Seen, report::Compared},
};

/// Replays labelled video and says what was found, missed and wrongly reported.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// The labels.
    #[arg(long, value_name = "FILE.json")]
    truth: PathBuf,
    /// The folder that the clips' paths start from.
    #[arg(long, value_name = "DIR")]
    clips: PathBuf,
    /// Writes the report, Markdown.
    #[arg(long, value_name = "FILE.md")]
    report: Option<PathBuf>,
    /// Writes everything: each alarm of each clip and what it was counted as.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
    /// Draws a contact sheet for each miss and each false alarm into this folder.
    #[arg(long, value_name = "DIR")]
    sheets: Option<PathBuf>,
    /// Only clips whose path contains this; may be given again.
    #[arg(long, value_name = "SUBSTRING")]
    only: Vec<String>,
    /// Only this behavior; may be given again.
    #[arg(long, value_name = "NAME")]
    behavior: Vec<String>,
    /// A folder of <behavior>.toml that replace the built-in ones.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Also as another camera would have seen them: mirrored, closer, dimmed, bright, coarse, noisy, or all; may be
    /// given again. The report compares.
    #[arg(long, value_name = "VARIANT")]
    seen: Vec<String>,
    /// Replays with each value of a key of the one behavior, and judges each set of footage with the value that is best
    /// on all others.
    #[arg(long, value_name = "KEY=V1,V2", conflicts_with_all = ["seen", "sheets"])]
    leave_one_out: Option<String>,
    /// Everything is decoded always: no gate.
    #[arg(long, conflicts_with = "compare_gate")]
    no_gate: bool,
    /// Replays with and without the gate and says what differs; fails when anything does.
    #[arg(long, conflicts_with_all = ["seen", "leave_one_out", "sheets"])]
    compare_gate: bool,
    /// Pictures looked at per second.
    #[arg(long, default_value_t = ANALYSIS_FPS)]
    fps: f64,
    /// Clips at once; left out, as many as the machine has cores.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("XUNGE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,ort=error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    match quality(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            tell(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn quality(cli: Cli) -> Result<ExitCode> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        truth: cli.truth,
        clips: cli.clips,
        rules: cli.rules,
        only: cli.only,
        behaviors: cli.behavior,
        fps: cli.fps,
        gate: !cli.no_gate,
        jobs: cli.jobs.unwrap_or(cores),
        sheets: cli.sheets,
    };
    let rules = Rules::load(options.rules.as_deref())?;
    let seen = Seen::chosen(&cli.seen)?;
    let sweep = cli.leave_one_out.map(|text| Sweep::parse(&text, &options.behaviors, &rules)).transpose()?;
    let bench = Bench::open(&options, &tell)?;
    let out = Out { report: cli.report, json: cli.json };
    if let Some(sweep) = sweep {
        let left_out = sweep.run(&bench, &rules, &tell)?;
        return out.write(&left_out.markdown(), &left_out, left_out.clips());
    }
    if cli.compare_gate {
        let (with, without) =
            (bench.run_gated(&rules, Seen::Plain, true)?, bench.run_gated(&rules, Seen::Plain, false)?);
        let compared = Gated::new(with.clips, without.clips);
        let code = out.write(&compared.markdown(), &compared, compared.clips())?;
        return Ok(if compared.is_same() { code } else { ExitCode::FAILURE });
    }
    if cli.seen.is_empty() {
        let report = Report::new(bench.run(&rules, Seen::Plain)?);
        return out.write(&report.markdown(), &report, report.clips());
    }
    let mut outcomes = Vec::new();
    for seen in seen {
        tell(&format!("as seen: {}", seen.name()));
        outcomes.push((seen, bench.run(&rules, seen)?));
    }
    let compared = Compared::new(outcomes);
    out.write(&compared.markdown(), &compared, compared.clips())
}

/// Where the outcome goes.
struct Out {
    report: Option<PathBuf>,
    json: Option<PathBuf>,
}

impl Out {
    fn write<'a>(
        self,
        text: &str,
        all: &impl Serialize,
        clips: impl Iterator<Item = &'a ClipResult>,
    ) -> Result<ExitCode> {
        println!("{text}");
        if let Some(path) = self.report {
            std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        if let Some(path) = self.json {
            let json = serde_json::to_string_pretty(all)? + "\n";
            std::fs::write(&path, json).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        let failed = clips.filter(|clip| clip.error.is_some()).count();
        if failed > 0 {
            tell(&format!("{failed} clips failed: their events count as missed"));
            return Ok(ExitCode::FAILURE);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// To whoever waits; a closed terminal is no reason to stop.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
