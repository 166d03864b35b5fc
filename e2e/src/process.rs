//! A child process that cannot outlive its test.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A running program; its output goes to a file in the world's folder.
pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

/// Path of a program of this workspace, beside the test's own.
pub fn binary(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("the test runs outside target/")?;
    let path = folder.join(name);
    if !path.is_file() {
        bail!("{} is missing: run `cargo build --workspace` first (make test does)", path.display());
    }
    Ok(path)
}

impl Process {
    /// Starts `command`; stdout and stderr are appended to `folder/name.log`.
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let out = File::options().create(true).append(true).open(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        Ok(Self { child, name: name.to_owned(), log })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Exit status, when it has ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// SIGKILL, as a power cut would; waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill().with_context(|| format!("cannot kill {}", self.name))?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM; waits until it has ended and gives its status.
    pub fn stop(&mut self, limit: Duration) -> Result<ExitStatus> {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // it may be gone already: then wait below tells
            let _ = kill_process(pid, Signal::TERM);
        }
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > until {
                self.kill()?;
                bail!("{} did not stop within {limit:?} after SIGTERM:\n{}", self.name, self.output());
            }
            std::thread::sleep(Duration::from_millis(20)); // polls a real process
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // already ended is fine; there is nobody to tell otherwise
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let output = self.output();
            let tail: Vec<&str> = output.lines().rev().take(40).collect();
            eprintln!("--- {} (last lines) ---", self.name);
            for line in tail.iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}

/// Polls until `found` gives something; fails with `what` after `limit`.
pub fn eventually<T>(what: &str, limit: Duration, mut found: impl FnMut() -> Option<T>) -> Result<T> {
    let until = Instant::now() + limit;
    loop {
        if let Some(value) = found() {
            return Ok(value);
        }
        if Instant::now() > until {
            bail!("within {limit:?} it did not happen that {what}");
        }
        std::thread::sleep(Duration::from_millis(50)); // polls real processes
    }
}
