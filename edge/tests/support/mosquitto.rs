//! A real broker as a child process.

#![allow(dead_code)] // each test binary uses its part

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub struct Mosquitto {
    pub port: u16,
    config: TempDir,
    child: Option<Child>,
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Mosquitto {
    /// Anybody may do anything.
    pub fn start() -> Self {
        Self::with("allow_anonymous true\n")
    }

    /// With own lines in the listener's configuration.
    pub fn with(lines: &str) -> Self {
        let config = tempfile::tempdir().unwrap();
        let port = free_port();
        let text = format!("user root\nlistener {port} 127.0.0.1\npersistence false\n{lines}");
        fs::write(config.path().join("mosquitto.conf"), text).unwrap();
        let mut broker = Self { port, config, child: None };
        broker.restart();
        broker
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    pub fn restart(&mut self) {
        self.kill();
        let program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
            .into_iter()
            .find(|path| Path::new(path).exists())
            .expect("these tests need the package `mosquitto`");
        let child = Command::new(program)
            .arg("-c")
            .arg(self.config.path().join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let exited = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(exited.is_none() && Instant::now() < deadline, "mosquitto does not listen: {exited:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGKILL. Persistence is off, so the broker forgets sessions, queued and retained messages.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}
