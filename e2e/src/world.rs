//! Everything that a community needs, on one machine, in a folder of its own.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::{
    oracle::Outbox,
    process::{Process, binary, eventually},
};

/// The box of every world.
pub const EDGE: &str = "gw-0001";
/// Its community.
pub const SITE: &str = "420502001001";

/// Where things are and who runs.
pub struct World {
    folder: TempDir,
    /// Address of the console.
    pub web: SocketAddr,
    /// Address of the broker.
    pub broker: SocketAddr,
    /// First password of `admin`, once the centre has printed it.
    pub password: String,
    /// Whether the broker is a Mosquitto of its own, and not inside the centre.
    external: bool,
    mosquitto: Option<Process>,
    centre: Option<Process>,
    edge: Option<Process>,
    cameras: Option<Process>,
    camera_url: String,
}

/// A port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The folder that `make setup` fills.
pub fn cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("XUNGE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|c| c.join("xunge")))
        .or_else(|| set("HOME").map(|h| h.join(".cache/xunge")))
        .unwrap_or_else(|| "/var/cache/xunge".into())
}

/// The pedestrian clip as H.264.
pub fn clip() -> Result<PathBuf> {
    let path = cache().join("clips/vtest.mp4");
    if !path.is_file() {
        bail!("{} is missing: run `make setup`", path.display());
    }
    Ok(path)
}

impl World {
    /// A world with nothing running, whose broker will be inside the centre.
    pub fn new() -> Result<Self> {
        Self::with_broker(false)
    }

    /// A world with nothing running, whose broker will be a Mosquitto that keeps nothing over a restart.
    pub fn with_mosquitto() -> Result<Self> {
        let world = Self::with_broker(true)?;
        let port = world.broker.port();
        world.write(
            "mosquitto.conf",
            &format!("user root\nlistener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"),
        )?;
        Ok(world)
    }

    fn with_broker(external: bool) -> Result<Self> {
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (web, broker) = (loopback(free_port()?), loopback(free_port()?));
        let folder = tempfile::Builder::new().prefix("xunge-e2e-").tempdir()?;
        let world = Self {
            folder,
            web,
            broker,
            password: String::new(),
            external,
            mosquitto: None,
            centre: None,
            edge: None,
            cameras: None,
            camera_url: String::new(),
        };
        let how = if external {
            format!("mode = \"external\"\nurl = \"mqtt://{broker}\"")
        } else {
            format!("listen = \"{broker}\"")
        };
        world.write(
            "central.toml",
            &format!("data_dir = \"central\"\n[broker]\n{how}\n[web]\nlisten = \"{web}\"\n"),
        )?;
        Ok(world)
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into its folder.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Adds to the centre's configuration, before it starts.
    pub fn configure(&self, toml: &str) -> Result<()> {
        let before = std::fs::read_to_string(self.folder().join("central.toml"))?;
        self.write("central.toml", &(before + toml))?;
        Ok(())
    }

    /// Starts cameras that loop the pedestrian clip from second `start_at_secs`.
    pub fn start_cameras(&mut self, start_at_secs: f64) -> Result<()> {
        let listen = format!("127.0.0.1:{}", free_port()?);
        let mount = format!("/lawn={}@{start_at_secs}", clip()?.display());
        let mut command = Command::new(binary("xunge-rtsp")?);
        command.args(["--listen", &listen, "--mount", &mount]);
        let cameras = Process::start("cameras", &mut command, self.folder())?;
        eventually("the cameras are ready", Duration::from_secs(20), || {
            cameras.output().contains("ready rtsp://").then_some(())
        })
        .with_context(|| cameras.output())?;
        self.cameras = Some(cameras);
        self.camera_url = format!("rtsp://{listen}/lawn");
        Ok(())
    }

    /// URL of the lawn's camera.
    pub fn camera_url(&self) -> &str {
        &self.camera_url
    }

    /// Starts (again) the Mosquitto of [`Self::with_mosquitto`].
    pub fn start_mosquitto(&mut self) -> Result<()> {
        let mut command = Command::new("/usr/sbin/mosquitto");
        command.args(["-c", "mosquitto.conf"]).current_dir(self.folder());
        let mosquitto = Process::start("mosquitto", &mut command, self.folder())?;
        eventually("the broker answers", Duration::from_secs(20), || {
            std::net::TcpStream::connect_timeout(&self.broker, Duration::from_millis(300)).ok()
        })
        .with_context(|| mosquitto.output())?;
        self.mosquitto = Some(mosquitto);
        Ok(())
    }

    /// The broker's process.
    pub fn mosquitto(&mut self) -> Result<&mut Process> {
        self.mosquitto.as_mut().context("no broker of its own runs")
    }

    /// Starts (again) the centre and waits until its console answers.
    pub fn start_centre(&mut self) -> Result<()> {
        let mut command = Command::new(binary("xunge-central")?);
        command.args(["run", "--config", "central.toml"]).current_dir(self.folder());
        let mut centre = Process::start("centre", &mut command, self.folder())?;
        eventually("the console answers", Duration::from_secs(30), || {
            if let Ok(Some(status)) = centre.ended() {
                return Some(Err(anyhow::anyhow!("the centre ended: {status}\n{}", centre.output())));
            }
            std::net::TcpStream::connect_timeout(&self.web, Duration::from_millis(300)).ok().map(|_| Ok(()))
        })??;
        if self.password.is_empty() {
            self.password = eventually("the centre prints the password", Duration::from_secs(10), || {
                let output = centre.output();
                output.lines().find_map(|l| l.trim().strip_prefix("password: ").map(str::to_owned))
            })
            .with_context(|| centre.output())?;
        }
        self.centre = Some(centre);
        Ok(())
    }

    /// Enrols the box and writes its configuration; `cameras` is TOML with `{url}` for the camera's address.
    pub fn enrol_edge(&self, cameras: &str) -> Result<()> {
        self.tell_centre(&["enroll", "--edge", EDGE, "--site", SITE, "--out", "edge-credentials"])?;
        let head = format!(
            "edge_id = \"{EDGE}\"\nsite = \"{SITE}\"\ncredentials = \"edge-credentials/credentials.toml\"\n\n\
             [uplink]\nmqtt = \"{}://{}\"\nevidence = \"http://{}\"\n\n[storage]\ndirectory = \"edge\"\n\n",
            if self.external { "mqtt" } else { "mqtts" },
            self.broker,
            self.web
        );
        self.write("edge.toml", &(head + &cameras.replace("{url}", &self.camera_url)))?;
        Ok(())
    }

    /// Runs a command of the centre's program to its end; gives what it said.
    pub fn tell_centre(&self, arguments: &[&str]) -> Result<String> {
        let out = Command::new(binary("xunge-central")?)
            .args(arguments)
            .args(["--config", "central.toml"])
            .current_dir(self.folder())
            .output()?;
        if !out.status.success() {
            bail!("{} failed: {}", arguments.join(" "), String::from_utf8_lossy(&out.stderr));
        }
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }

    /// Starts (again) the edge.
    pub fn start_edge(&mut self) -> Result<()> {
        let mut command = Command::new(binary("xunge-edge")?);
        command.args(["run", "--config", "edge.toml"]).current_dir(self.folder());
        self.edge = Some(Process::start("edge", &mut command, self.folder())?);
        Ok(())
    }

    /// The centre's process.
    pub fn centre(&mut self) -> Result<&mut Process> {
        self.centre.as_mut().context("no centre runs")
    }

    /// The edge's process.
    pub fn edge(&mut self) -> Result<&mut Process> {
        self.edge.as_mut().context("no edge runs")
    }

    /// The centre's database.
    pub fn centre_database(&self) -> PathBuf {
        self.folder().join("central/central.db")
    }

    /// The edge's outbox.
    pub fn outbox_database(&self) -> PathBuf {
        self.folder().join("edge/outbox.db")
    }

    /// Takes the cameras away and waits until the centre has confirmed everything; the edge is stopped afterwards.
    pub fn settle(&mut self, limit: Duration) -> Result<Outbox> {
        self.cameras = None;
        let until = std::time::Instant::now() + limit;
        loop {
            std::thread::sleep(Duration::from_secs(2)); // lets the real uplink work
            self.edge()?.stop(Duration::from_secs(30))?;
            let outbox = Outbox::read(&self.outbox_database())?;
            if outbox.unconfirmed == 0 {
                return Ok(outbox);
            }
            if std::time::Instant::now() > until {
                bail!("the outbox does not empty: {outbox:?}\n{}", self.edge()?.output());
            }
            self.start_edge()?;
        }
    }

    /// Runs the check of the cases' log.
    pub fn verify_cases(&mut self) -> Result<()> {
        self.centre()?.stop(Duration::from_secs(30))?;
        let out = Command::new(binary("xunge-central")?)
            .args(["verify", "--config", "central.toml"])
            .current_dir(self.folder())
            .output()?;
        if !out.status.success() {
            bail!("verify: {}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        }
        Ok(())
    }
}
