//! The built centre on a real Mosquitto, with its database.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rumqttc::{Client, Connection, MqttOptions, QoS};
use tempfile::TempDir;
use xunge_parts::{Mosquitto, Running};

use super::CLIENT_BYTES;
use crate::throughput::process::{cpu, resident};

/// How long the centre may take to start.
const STARTS: Duration = Duration::from_secs(60);
const CONFIG: &str = "central.toml";

/// Where the centre keeps its cases.
pub struct Store<'a> {
    /// What it is called in the report.
    pub name: &'a str,
    /// The `[store]` section of its configuration; empty for SQLite.
    pub section: String,
}

/// A centre that runs; ended with this value.
pub struct Centre {
    /// Its broker.
    pub broker: Mosquitto,
    folder: TempDir,
    program: PathBuf,
    running: Option<Running>,
    rss: u64,
    looked: Instant,
}

impl Centre {
    /// Prepares one; nothing of it runs but the broker.
    pub fn prepare(program: &Path, store: &Store<'_>) -> Result<Self> {
        let broker = Mosquitto::lasting()?;
        let folder = tempfile::tempdir()?;
        let config = format!(
            "data_dir = \"data\"\n[broker]\nmode = \"external\"\nurl = \"{}\"\n{}[web]\nlisten = \"127.0.0.1:0\"\n",
            broker.url(),
            store.section
        );
        std::fs::write(folder.path().join(CONFIG), config)?;
        let program = program.to_owned();
        Ok(Self { broker, folder, program, running: None, rss: 0, looked: Instant::now() })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).args(["--config", CONFIG]).current_dir(self.folder.path());
        command
    }

    /// Makes a token that sees everything, by the centre's own command.
    pub fn token(&self, name: &str) -> Result<String> {
        let made = self.command(&["token", "add", "--name", name, "--role", "operator"]).output()?;
        let said =
            String::from_utf8_lossy(&made.stdout).into_owned() + &String::from_utf8_lossy(&made.stderr);
        let token = said.lines().find_map(|line| line.split_once("token: "));
        token.map(|(_, token)| token.trim().to_owned()).with_context(|| format!("no token was made: {said}"))
    }

    /// Starts it, and waits until it hears what the broker is told.
    pub fn start(&mut self) -> Result<()> {
        let log = std::fs::File::create(self.folder.path().join("log"))?;
        let centre = self
            .command(&["run"])
            .stdout(std::fs::File::create(self.folder.path().join("said"))?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}: build it first", self.program.display()))?;
        self.running = Some(Running(centre));
        let until = Instant::now() + STARTS;
        while !self.text("log").contains("intake is connected") {
            if Instant::now() > until {
                bail!("the centre does not connect to the broker: {:#?}", self.last_words());
            }
            std::thread::sleep(Duration::from_millis(50)); // polls a real process
        }
        // the broker takes the subscription: what is published before is for nobody
        std::thread::sleep(Duration::from_millis(500)); // lets the real centre subscribe
        Ok(())
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap_or_default()
    }

    /// What it logged last.
    pub fn last_words(&self) -> Vec<String> {
        let log = self.text("log");
        let mut words: Vec<String> = log.lines().rev().take(5).map(str::to_owned).collect();
        words.reverse();
        words
    }

    /// `http://…` of its console.
    pub fn console(&self) -> Result<String> {
        let said = self.text("said") + &self.text("log");
        let line = said.lines().find_map(|line| line.split_once("console: "));
        let (_, url) = line.context("the centre does not say where its console is")?;
        Ok(url.trim().to_owned())
    }

    fn pid(&self) -> Result<u32> {
        Ok(self.running.as_ref().context("the centre does not run")?.0.id())
    }

    /// Processor time so far.
    pub fn cpu(&self) -> Result<Duration> {
        cpu(self.pid()?)
    }

    /// Looks how large it is, a few times a second at most.
    pub fn weigh(&mut self) -> Result<()> {
        if self.looked.elapsed() > Duration::from_millis(200) {
            self.looked = Instant::now();
            self.rss = self.rss.max(resident(self.pid()?)?);
        }
        Ok(())
    }

    /// The most that was seen by [`Centre::weigh`], MiB.
    #[allow(clippy::cast_precision_loss)] // far below 2^52
    pub fn rss_mib(&self) -> f64 {
        self.rss as f64 / f64::from(1 << 20)
    }

    /// Somebody who hears all confirms.
    pub fn confirms(&self) -> Result<(Client, Connection)> {
        let mut options = MqttOptions::new("confirms", "127.0.0.1", self.broker.port);
        options.set_max_packet_size(CLIENT_BYTES, CLIENT_BYTES);
        let (client, connection) = Client::new(options, 1000);
        client.subscribe("xunge/v1/+/+/confirm", QoS::AtLeastOnce)?;
        Ok((client, connection))
    }
}

/// The centre that was built beside this program.
pub fn built_centre() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.with_file_name("xunge-central"))
}
