//! The programs of the demo: started, watched, stopped by their process id.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, Lines};
use tokio::process::ChildStdout;
use tokio::time::{Instant, timeout, timeout_at};

use super::leash;
use super::place::Place;

/// How long a program may take to finish what it is doing when it is told to stop.
const FAREWELL: Duration = Duration::from_secs(15);
/// Lines of a log that are shown when a program ends by itself.
const LAST_LINES: usize = 8;

/// One program.
#[derive(Debug)]
pub(crate) struct Child {
    name: &'static str,
    log: PathBuf,
    process: tokio::process::Child,
    output: Lines<tokio::io::BufReader<ChildStdout>>,
}

impl Child {
    /// Starts one of our programs. What it says on stderr goes to a log of its name.
    pub(crate) fn start(name: &'static str, arguments: &[String], place: &Place) -> Result<Self> {
        Self::start_as(name, name, arguments, place)
    }

    /// The same, with another name for the log.
    pub(crate) fn start_as(
        name: &'static str,
        log_name: &str,
        arguments: &[String],
        place: &Place,
    ) -> Result<Self> {
        let program = beside_us(name)?;
        let log = place.log(log_name);
        let file = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
        let mut process = leash::command(&program)?
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        let output = process.stdout.take().context("a program has no output")?;
        let output = tokio::io::BufReader::new(output).lines();
        Ok(Self { name, log, process, output })
    }

    /// The first `count` lines of its output that are `wanted`.
    pub(crate) async fn lines_until(
        &mut self,
        count: usize,
        wanted: impl Fn(&str) -> bool,
        patience: Duration,
    ) -> Result<Vec<String>> {
        let until = Instant::now() + patience;
        let mut lines = Vec::new();
        while lines.len() < count {
            match timeout_at(until, self.output.next_line()).await {
                Ok(Ok(Some(line))) if wanted(&line) => lines.push(line),
                Ok(Ok(Some(_))) => {}
                Ok(_) => {
                    let status = self.process.wait().await?;
                    return Err(self.unexpected_end(status));
                }
                Err(_) => bail!(
                    "{} was not ready after {} s; see {}\n{} 启动超时",
                    self.name,
                    patience.as_secs(),
                    self.log.display(),
                    self.name
                ),
            }
        }
        Ok(lines)
    }

    /// Waits until it ends. What it still says is read, or it would stop at a full pipe.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        while let Ok(Some(_)) = self.output.next_line().await {}
        self.process.wait().await.unwrap_or_default()
    }

    /// Waits until it has done its work; what it said. For programs that end by themselves.
    pub(crate) async fn finish(&mut self, patience: Duration) -> Result<Vec<String>> {
        let until = Instant::now() + patience;
        let mut lines = Vec::new();
        loop {
            match timeout_at(until, self.output.next_line()).await {
                Ok(Ok(Some(line))) => lines.push(line),
                Ok(_) => break,
                Err(_) => {
                    self.kill().await;
                    bail!("{} took longer than {} s · 超时", self.name, patience.as_secs());
                }
            }
        }
        let status = self.process.wait().await?;
        if status.success() {
            return Ok(lines);
        }
        // it says on stdout what is wrong with a file, and on stderr that something is
        let error = self.unexpected_end(status);
        lines.truncate(LAST_LINES);
        Err(if lines.is_empty() { error } else { error.context(lines.join("\n    ")) })
    }

    /// The sentence for a program that should still run.
    pub(crate) fn unexpected_end(&self, status: ExitStatus) -> anyhow::Error {
        let mut text = format!("{} ended unexpectedly ({status}) · 意外退出", self.name);
        for line in last_lines(&self.log) {
            text.push_str("\n    ");
            text.push_str(&line);
        }
        anyhow!("{text}\n    (all of it: {})", self.log.display())
    }

    /// SIGTERM; SIGKILL if it does not listen.
    async fn stop(&mut self) {
        self.signal(Signal::TERM);
        if timeout(FAREWELL, self.ended()).await.is_err() {
            super::screen::line(&format!("{} does not stop and is killed · 强制结束", self.name));
            self.kill().await;
        }
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::KILL);
        // a process that was killed always ends
        let _ = self.process.wait().await;
    }

    fn signal(&self, signal: Signal) {
        // no id: it has ended and been waited for, so the number may be another's by now
        if let Some(pid) = self.process.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            // it may end in this very moment, which is what we want
            let _ = kill_process(pid, signal);
        }
    }
}

/// All programs that run, in the order in which they were started.
#[derive(Debug, Default)]
pub(crate) struct Children {
    running: Vec<Child>,
}

impl Children {
    /// From now on the child is stopped with the others, even if what was expected of it failed.
    pub(crate) fn adopt<T>(&mut self, child: Child, outcome: Result<T>) -> Result<T> {
        self.running.push(child);
        outcome
    }

    /// Waits until one of them ends by itself.
    pub(crate) async fn first_end(&mut self) -> anyhow::Error {
        let mut waiting: futures_util::stream::FuturesUnordered<_> = self
            .running
            .iter_mut()
            .map(|child| async move {
                let status = child.ended().await;
                child.unexpected_end(status)
            })
            .collect();
        match futures_util::StreamExt::next(&mut waiting).await {
            Some(error) => error,
            None => std::future::pending().await,
        }
    }

    /// Stops them, the last started first: the box may still say farewell to the centre.
    pub(crate) async fn stop(&mut self) {
        for child in self.running.iter_mut().rev() {
            child.stop().await;
        }
        self.running.clear();
    }

    /// Kills them.
    pub(crate) async fn kill(&mut self) {
        for child in &mut self.running {
            child.kill().await;
        }
        self.running.clear();
    }
}

/// Our programs are built into one folder.
fn beside_us(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("this program's own path is not known")?;
    let path = own.with_file_name(name);
    if !path.is_file() {
        bail!(
            "{} is missing: run `make demo`, which builds it\n缺少 {name}：请运行 make demo",
            path.display()
        );
    }
    Ok(path)
}

fn last_lines(log: &Path) -> VecDeque<String> {
    let mut lines = VecDeque::new();
    if let Ok(file) = File::open(log) {
        for line in BufReader::new(file).lines().map_while(Result::ok) {
            if lines.len() == LAST_LINES {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    }
    lines
}
