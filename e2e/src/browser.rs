//! The console's own browser tests (`central/console/tests/browser`), and a box that sends what they ask for.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rumqttc::{Client, MqttOptions, QoS};
use serde_json::Value;

use crate::{
    process::{Process, eventually},
    world::{EDGE, SITE, World, cache},
};

/// Lines that a script prints to have an alert sent: the word, then what is special about the alert.
const ASKS: &str = "alert ";
/// What every alert has that says nothing else.
const SAMPLE: &str = include_str!("../../alert/samples/v1/alert-began.json");

/// A browser test of the console, running against a world's centre.
pub struct Browser {
    process: Process,
    shots: PathBuf,
}

impl Browser {
    /// Starts the script of this name as `admin`; its screenshots go to `shots`, which is emptied.
    pub fn start(world: &World, script: &str, shots: &Path) -> Result<Self> {
        Self::start_with(world, script, shots, &[])
    }

    /// The same, with more in its environment.
    pub fn start_with(
        world: &World,
        script: &str,
        shots: &Path,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        if shots.exists() {
            std::fs::remove_dir_all(shots)?;
        }
        std::fs::create_dir_all(shots)?;
        let console = Path::new(env!("CARGO_MANIFEST_DIR")).join("../central/console");
        let ours = cache().join("node/bin/node");
        let mut command = Command::new(if ours.is_file() { ours } else { "node".into() });
        command
            .arg(format!("tests/browser/{script}.mjs"))
            .current_dir(console)
            .env("XUNGE_URL", format!("http://{}", world.web))
            .env("XUNGE_USER", "admin")
            .env("XUNGE_PASSWORD", &world.password)
            .env("XUNGE_SHOTS", shots)
            .envs(environment.iter().copied());
        let process = Process::start(script, &mut command, world.folder())?;
        Ok(Self { process, shots: shots.to_owned() })
    }

    /// What it has printed.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Whether it has ended.
    pub fn is_over(&mut self) -> bool {
        self.process.ended().ok().flatten().is_some()
    }

    /// Waits until it ends, and prints its steps; fails with all it said where one of them failed.
    pub fn finish(mut self, limit: Duration) -> Result<()> {
        self.finish_with(limit, |_| Ok(()))
    }

    /// The same; meanwhile the box sends every alert that the script asks for.
    pub fn finish_with_box(self, limit: Duration, gateway: &mut Gateway) -> Result<()> {
        self.finish_answering(limit, ASKS, |asked| gateway.send(asked))
    }

    /// The same; meanwhile each line that begins so is answered once.
    pub fn finish_answering(
        mut self,
        limit: Duration,
        asks: &str,
        mut answer: impl FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        let mut done = 0;
        self.finish_with(limit, |output| {
            // a line is complete once the next one has begun
            let complete = output.rfind('\n').map_or("", |end| &output[..end]);
            for asked in complete.lines().filter_map(|line| line.strip_prefix(asks)).skip(done) {
                done += 1;
                answer(asked)?;
            }
            Ok(())
        })
    }

    #[allow(clippy::print_stdout, reason = "the steps of the test are its result")]
    fn finish_with(&mut self, limit: Duration, mut meanwhile: impl FnMut(&str) -> Result<()>) -> Result<()> {
        let started = Instant::now();
        let status = eventually("the browser test ends", limit, || {
            if let Err(error) = meanwhile(&self.output()) {
                return Some(Err(error));
            }
            self.process.ended().transpose()
        });
        println!("{}\nafter {:.0} s", self.output(), started.elapsed().as_secs_f64());
        match status {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => bail!("the browser test failed ({status}), see {}", self.shots.display()),
            Ok(Err(error)) | Err(error) => Err(error.context(self.output())),
        }
    }
}

/// The world's box, as far as MQTT goes.
pub struct Gateway {
    client: Client,
    seq: u64,
}

impl Gateway {
    /// Connects to the world's own Mosquitto.
    pub fn connect(world: &World) -> Result<Self> {
        let mut options = MqttOptions::new(EDGE, world.broker.ip().to_string(), world.broker.port());
        options.set_keep_alive(Duration::from_secs(5));
        let (client, mut connection) = Client::new(options, 100);
        // ends with the client: then nobody asks for anything any more
        std::thread::spawn(move || connection.iter().take_while(Result::is_ok).count());
        Ok(Self { client, seq: 0 })
    }

    /// Sends an alert; `special` is a JSON object of the fields in which it differs from the sample.
    fn send(&mut self, special: &str) -> Result<()> {
        self.seq += 1;
        let mut alert: Value = serde_json::from_str(SAMPLE)?;
        let special: Value = serde_json::from_str(special).with_context(|| format!("asked for {special}"))?;
        let fields = alert.as_object_mut().context("the sample is no object")?;
        fields.extend(special.as_object().context("what is asked for is no object")?.clone());
        fields.insert("seq".into(), self.seq.into());
        fields.insert("edge".into(), EDGE.into());
        fields.insert("site".into(), SITE.into());
        fields.insert("evidence".into(), Value::Array(Vec::new()));
        let topic = xunge_alert::topic::alert(SITE, EDGE);
        self.client.publish(topic, QoS::AtLeastOnce, false, alert.to_string())?;
        Ok(())
    }
}
