//! A real Mosquitto.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{Running, answers, free_port, installed};

/// A Mosquitto on this machine.
#[derive(Debug)]
pub struct Mosquitto {
    folder: TempDir,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    child: Option<Running>,
}

impl Mosquitto {
    /// One that lets anybody do anything, and forgets everything when it ends.
    pub fn start() -> Result<Self> {
        Self::with("persistence false\nallow_anonymous true\n")
    }

    /// One that keeps sessions and queued messages over [`Mosquitto::kill`] and [`Mosquitto::restart`].
    pub fn lasting() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let lines = format!(
            "persistence true\npersistence_location {}/\nautosave_interval 1\nautosave_on_changes false\n\
             max_queued_messages 100000\nmax_inflight_messages 0\nallow_anonymous true\n",
            folder.path().display()
        );
        Self::in_folder(folder, &lines)
    }

    /// One with these lines in its configuration.
    pub fn with(lines: &str) -> Result<Self> {
        Self::in_folder(tempfile::tempdir()?, lines)
    }

    fn in_folder(folder: TempDir, lines: &str) -> Result<Self> {
        let port = free_port()?;
        let text = format!("user root\nlistener {port} 127.0.0.1\n{lines}");
        std::fs::write(folder.path().join("mosquitto.conf"), text)
            .context("no configuration for Mosquitto")?;
        let mut mosquitto = Self { folder, port, child: None };
        mosquitto.restart()?;
        Ok(mosquitto)
    }

    /// `mqtt://…`, as configurations want it.
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// Starts it again on the same port, after SIGKILL where it still runs.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        let places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];
        let child = Command::new(installed("mosquitto", &places)?)
            .arg("-c")
            .arg(self.folder.path().join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("Mosquitto does not start")?;
        let running = self.child.insert(Running(child));
        answers("Mosquitto", &mut running.0, self.port)
    }
}
