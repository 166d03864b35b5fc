//! The whole: alerts through a real Mosquitto to the built centre, and its confirms back.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use uuid::Uuid;
use xunge_alert::{Confirm, topic};
use xunge_parts::{Mosquitto, Running};

use super::load::Load;
use super::{Measured, quantile};
use crate::throughput::process::{cpu, resident};

/// Largest packet that the clients here read.
pub const CLIENT_BYTES: usize = 1 << 20;
/// Connections that send at once.
const SENDERS: u32 = 4;

type Number = (Uuid, u64);

/// Sends alerts at a steady rate, each at its time.
pub struct Sender {
    threads: Vec<JoinHandle<Result<()>>>,
    sent: Arc<AtomicU64>,
    ended: Arc<AtomicU64>,
    times: Arc<Mutex<HashMap<Number, Instant>>>,
}

impl Sender {
    /// Starts sending.
    pub fn start(port: u16, rate: u32, length: Duration) -> Result<Self> {
        let load = Arc::new(Mutex::new(Load::new(rand::random())?));
        let (sent, ended): (Arc<AtomicU64>, Arc<AtomicU64>) = Default::default();
        let times: Arc<Mutex<HashMap<Number, Instant>>> = Arc::default();
        let begun = Instant::now();
        let threads = (0..SENDERS).map(|number| {
            let (load, sent, ended, times) = (load.clone(), sent.clone(), ended.clone(), times.clone());
            std::thread::spawn(move || {
                let mut options = MqttOptions::new(format!("boxes-{number}"), "127.0.0.1", port);
                options.set_max_packet_size(CLIENT_BYTES, CLIENT_BYTES).set_inflight(2000);
                let (client, mut connection) = Client::new(options, 4000);
                let stop = Arc::new(AtomicBool::new(false));
                let stopped = stop.clone();
                let polling = std::thread::spawn(move || {
                    for event in connection.iter() {
                        if event.is_err() && stopped.load(Ordering::Relaxed) {
                            return;
                        }
                        if let Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect)) = event {
                            return;
                        }
                    }
                });
                let pause = Duration::from_secs_f64(f64::from(SENDERS) / f64::from(rate));
                let mut due = begun;
                while begun.elapsed() < length {
                    if let Some(wait) = due.checked_duration_since(Instant::now()) {
                        std::thread::sleep(wait); // the rate is what is measured
                    }
                    due += pause;
                    let alert = load.lock().unwrap_or_else(PoisonError::into_inner).next(Timestamp::now());
                    let payload = serde_json::to_vec(&alert)?;
                    let number = (alert.outbox, alert.seq);
                    times.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Instant::now());
                    client.publish(
                        topic::alert(&alert.site, &alert.edge),
                        QoS::AtLeastOnce,
                        false,
                        payload,
                    )?;
                    sent.fetch_add(1, Ordering::Relaxed);
                }
                ended.fetch_add(1, Ordering::Relaxed);
                // what is in flight goes out before the connection ends
                std::thread::sleep(Duration::from_secs(2));
                stop.store(true, Ordering::Relaxed);
                client.disconnect()?;
                let _ = polling.join();
                Ok(())
            })
        });
        Ok(Self { threads: threads.collect(), sent, ended, times })
    }

    /// Messages so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether all have been sent.
    pub fn is_done(&self) -> bool {
        self.ended.load(Ordering::Relaxed) == u64::from(SENDERS)
    }

    /// When a message was sent; forgets it.
    fn take(&self, number: Number) -> Option<Instant> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).remove(&number)
    }

    /// Waits for the threads.
    pub fn finish(self) -> Result<()> {
        for thread in self.threads {
            match thread.join() {
                Ok(done) => done?,
                Err(_) => bail!("a sending thread failed"),
            }
        }
        Ok(())
    }
}

/// How long the centre may take to start.
const STARTS: Duration = Duration::from_secs(60);

/// Waits until the centre's intake is connected; it subscribes at once then.
fn await_intake(folder: &Path) -> Result<()> {
    let until = Instant::now() + STARTS;
    while !std::fs::read_to_string(folder.join("log"))?.contains("intake is connected") {
        if Instant::now() > until {
            bail!("the centre does not connect to the broker");
        }
        std::thread::sleep(Duration::from_millis(50)); // polls a real process
    }
    // the broker takes the subscription: what is published before is for nobody
    std::thread::sleep(Duration::from_millis(500));
    Ok(())
}

/// Where the centre keeps its cases.
pub struct Store<'a> {
    /// What it is called in the report.
    pub name: &'a str,
    /// The `[store]` section of its configuration; empty for SQLite.
    pub section: String,
}

/// Sends as many messages a second as asked, and waits for the centre's confirms.
pub fn measure(program: &Path, store: &Store<'_>, rate: u32, length: Duration) -> Result<Measured> {
    let broker = Mosquitto::lasting()?;
    let folder = tempfile::tempdir()?;
    let config = format!(
        "data_dir = \"data\"\n[broker]\nmode = \"external\"\nurl = \"{}\"\n{}[web]\nlisten = \"127.0.0.1:0\"\n",
        broker.url(),
        store.section
    );
    std::fs::write(folder.path().join("central.toml"), config)?;
    let log = std::fs::File::create(folder.path().join("log"))?;
    let centre = Command::new(program)
        .args(["run", "--config", "central.toml"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot start {}: build it first", program.display()))?;
    let pid = centre.id();
    let _centre = Running(centre);
    let mut options = MqttOptions::new("confirms", "127.0.0.1", broker.port);
    options.set_max_packet_size(CLIENT_BYTES, CLIENT_BYTES);
    let (client, mut connection) = Client::new(options, 1000);
    client.subscribe("xunge/v1/+/+/confirm", QoS::AtLeastOnce)?;
    await_intake(folder.path())?;
    let before = cpu(pid)?;
    let sender = Sender::start(broker.port, rate, length)?;
    let begun = Instant::now();
    let (mut confirmed, mut delays, mut last) = (0_u64, Vec::new(), begun);
    let mut rss = 0_u64;
    for event in connection.iter() {
        if let Ok(Event::Incoming(Packet::Publish(message))) = event {
            let confirm: Confirm = serde_json::from_slice(&message.payload)?;
            last = Instant::now();
            for seq in confirm.confirmed {
                if let Some(sent) = sender.take((confirm.outbox, seq)) {
                    confirmed += 1;
                    delays.push((last - sent).as_secs_f64() * 1000.0);
                }
            }
            if confirmed % 64 == 0 {
                rss = rss.max(resident(pid)?);
            }
        }
        if (sender.is_done() && confirmed >= sender.sent()) || begun.elapsed() > length * 4 {
            break;
        }
    }
    let used = (cpu(pid)? - before).as_secs_f64();
    let secs = (last - begun).as_secs_f64();
    let sent = sender.sent();
    sender.finish()?;
    if confirmed < sent {
        eprint_missing(sent - confirmed, folder.path());
    }
    delays.sort_by(f64::total_cmp);
    #[allow(clippy::cast_precision_loss)] // counts
    let (count, rate_measured, rss) =
        (confirmed as f64, confirmed as f64 / secs, rss as f64 / f64::from(1 << 20));
    Ok(Measured {
        what: format!("centre on {}, {rate} a second asked", store.name),
        messages: confirmed,
        secs,
        rate: rate_measured,
        confirm_ms: Some((quantile(&delays, 0.5), quantile(&delays, 0.99))),
        cpu_secs_per_1000: Some(used * 1000.0 / count),
        rss_mib: Some(rss),
    })
}

#[allow(clippy::print_stderr)] // a bench tells whoever runs it
fn eprint_missing(missing: u64, folder: &Path) {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let tail: Vec<&str> = log.lines().rev().take(5).collect();
    eprintln!("{missing} messages were never confirmed; the centre's last words: {tail:#?}");
}

/// The centre that was built beside this program.
pub fn built_centre() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.with_file_name("xunge-central"))
}
