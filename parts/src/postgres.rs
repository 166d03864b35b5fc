//! A real PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{PATIENCE, Running, answers, free_port};

/// The user that Debian's package makes: the server refuses to run as root.
const SYSTEM_USER: &str = "postgres";
/// Who owns everything in it.
const OWNER: &str = "xunge";

/// A PostgreSQL server on this machine, with databases of its own.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    janitor: Child,
    programs: PathBuf,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    child: Option<Running>,
}

impl Postgres {
    /// A server for tests: nothing is forced to the disk, so it is fast and a power cut would ruin it.
    pub fn start() -> Result<Self> {
        Self::with("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
    }

    /// A server with these lines in its configuration; without any it is as durable as a real one.
    pub fn with(lines: &str) -> Result<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir()?.keep();
        let janitor = janitor(&folder)?;
        let data = folder.join("data");
        if rustix::process::geteuid().is_root() {
            hand_over(&folder)?;
        }
        let made = as_user(&programs.join("initdb"))
            .args(["--username", OWNER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"])
            .args(["--no-sync", "--pgdata"])
            .arg(&data)
            .output()
            .context("initdb does not start")?;
        if !made.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        }
        let port = free_port()?;
        let config = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\n\
             shared_buffers = 128MB\nlogging_collector = off\n{lines}"
        );
        append(&data.join("postgresql.conf"), &config)?;
        let mut postgres = Self { folder, janitor, programs, port, child: None };
        postgres.restart()?;
        Ok(postgres)
    }

    /// One server for all tests of a program, and an empty database in it for each that asks: its URL.
    pub fn shared_database() -> Result<String> {
        static SERVER: OnceLock<Result<Postgres, String>> = OnceLock::new();
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let server = SERVER.get_or_init(|| Self::start().map_err(|error| format!("{error:#}")));
        match server {
            Ok(server) => server.database(&format!("t{}", DATABASES.fetch_add(1, Ordering::Relaxed))),
            Err(error) => bail!("PostgreSQL: {error}"),
        }
    }

    /// SIGKILL, to the server's head; its other processes follow.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// Starts it again on the same port, after SIGKILL where it still runs.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        let child = as_user(&self.programs.join("postgres"))
            .arg("-D")
            .arg(self.folder.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("PostgreSQL does not start")?;
        let running = self.child.insert(Running(child));
        answers("PostgreSQL", &mut running.0, self.port)?;
        // it listens a moment before it answers
        let until = Instant::now() + PATIENCE;
        while let Err(error) = self.sql("postgres", "SELECT 1") {
            if Instant::now() > until {
                return Err(error);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Makes an empty database and gives its URL.
    pub fn database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""))?;
        Ok(self.url(name))
    }

    /// `postgres://…`, as configurations want it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{OWNER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs a statement with psql, and gives what it prints: one line a row, columns between `|`.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String> {
        let done = Command::new(self.programs.join("psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set",
                "ON_ERROR_STOP=1",
                "--command",
            ])
            .arg(statement)
            .arg(self.url(database))
            .output()
            .context("psql does not start")?;
        if !done.status.success() {
            bail!("psql: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(String::from_utf8_lossy(&done.stdout).trim_end().to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        match &mut self.child {
            Some(running) => stop(&mut running.0),
            // killed: the number in there may be somebody else's by now
            None => drop(std::fs::remove_file(self.folder.join("data/postmaster.pid"))),
        }
        drop(self.janitor.stdin.take());
        // fails only where it has ended already
        let _ = self.janitor.wait();
    }
}

/// Stops the server and removes its folder when this program ends, however it does: the value for all tests of a program
/// is never dropped, and a test may be killed.
fn janitor(folder: &Path) -> Result<Child> {
    const SCRIPT: &str = r#"trap '' INT TERM
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -INT "$pid" && while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
rm -rf "$1""#;
    Command::new("sh")
        .args(["-c", SCRIPT, "janitor"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("sh does not start")
}

/// SIGINT is a fast, orderly end; SIGKILL would leave shared memory and other processes behind for a moment.
fn stop(child: &mut Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid
        && rustix::process::kill_process(pid, rustix::process::Signal::INT).is_ok()
    {
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            match child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(5)),
                _ => return,
            }
        }
    }
}

/// The newest server that is installed.
fn programs() -> Result<PathBuf> {
    let missing = "the package `postgresql` is missing: run `make setup-test`";
    let versions = std::fs::read_dir("/usr/lib/postgresql").context(missing)?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("postgres").exists())
        .collect();
    found.sort();
    Ok(found.pop().context(missing)?.1)
}

/// A program as an ordinary user.
fn as_user(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let who = [format!("--reuid={SYSTEM_USER}"), format!("--regid={SYSTEM_USER}")];
    command.args(who).arg("--clear-groups");
    if root_is_closed() {
        // it asks access(2) whether it may run itself, which heeds no capability without the last one
        command.args([
            "--inh-caps=+dac_read_search",
            "--ambient-caps=+dac_read_search",
            "--securebits=+no_setuid_fixup",
        ]);
    }
    command.arg(program).current_dir("/");
    command
}

/// Whether only root may enter `/`, as in a root folder made by `mktemp -d`: no other user would reach a library there.
fn root_is_closed() -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata("/").is_ok_and(|root| root.permissions().mode() & 0o001 == 0)
}

/// Gives the folder to the user that the server runs as.
fn hand_over(folder: &Path) -> Result<()> {
    let owner = format!("{SYSTEM_USER}:{SYSTEM_USER}");
    let done = Command::new("chown").arg(owner).arg(folder).status().context("chown does not start")?;
    if !done.success() {
        bail!("the folder {} cannot be given to {SYSTEM_USER}", folder.display());
    }
    Ok(())
}

fn append(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().append(true).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}
