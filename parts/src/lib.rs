//! Real parts that tests and benches start: brokers and databases of Debian, an S3 server, each on a free port, with a folder of its
//! own, stopped when its value is dropped.

mod both;
mod mosquitto;
mod postgres;
mod s3;

pub use both::Kind;
pub use mosquitto::Mosquitto;
pub use postgres::Postgres;
pub use s3::S3Server;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a part may take to answer on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A port that was free a moment ago.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A child process that ends with this value.
#[derive(Debug)]
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // fails only where it has ended already
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first of these files that is there.
fn installed(package: &str, places: &[&str]) -> Result<PathBuf> {
    let found = places.iter().map(Path::new).find(|path| path.exists());
    let missing = || format!("the package `{package}` is missing: run `make setup-test`");
    Ok(found.with_context(missing)?.to_owned())
}

/// Waits until somebody answers at the port, or the child has ended.
fn answers(name: &str, child: &mut Child, port: u16) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = child.try_wait()? {
            bail!("{name} has ended at once: {status}");
        }
        if Instant::now() > until {
            bail!("{name} does not answer on port {port}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
