//! What the tests share: alerts, a store in a folder of its own, a clock that the test moves, Mosquitto.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;
use xunge_alert::{Alert, Evidence, EvidenceKind, Phase};
use xunge_central::case::number;
use xunge_central::clock::Clock;
use xunge_central::intake::message::{AlertMessage, Inbound};
use xunge_central::store::Store;

pub const SITE: &str = "420502001001";
pub const EDGE: &str = "gw-0001";
pub const OUTBOX: Uuid = Uuid::from_u128(0x0a0a);

/// 2026-11-23 03:20:00 UTC.
pub const START: i64 = 1_795_404_000;

pub fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(START + secs).unwrap()
}

/// A clock that stands until the test moves it.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(0)))
    }

    pub fn move_to(&self, secs: i64) {
        self.0.store(secs, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let hands = self.0.clone();
        Clock::of(move || at(hands.load(Ordering::SeqCst)))
    }
}

/// A store in a folder that goes with it.
pub struct Shop {
    pub store: Store,
    pub folder: TempDir,
}

impl Shop {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let zone = number::zone("Asia/Shanghai").unwrap();
        let store = Store::open(&folder.path().join("central.db"), zone).await.unwrap();
        Self { store, folder }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("central.db")
    }

    /// A second connection, to look (or tamper) past the store.
    pub async fn raw(&self) -> sqlx::SqlitePool {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.file()).foreign_keys(false);
        sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        let raw = self.raw().await;
        let number = sqlx::query_scalar(sql).fetch_one(&raw).await.unwrap();
        raw.close().await;
        number
    }
}

/// An alert that began `since` seconds after the start; `id` makes its identity.
pub fn alert(id: u128, seq: u64, revision: u32, since: i64) -> Alert {
    let sample = include_str!("../../../alert/samples/v1/alert-began.json");
    let mut alert: Alert = serde_json::from_str(sample).unwrap();
    alert.edge = EDGE.into();
    alert.site = SITE.into();
    alert.alert_id = Uuid::from_u128(id);
    alert.outbox = OUTBOX;
    alert.seq = seq;
    alert.revision = revision;
    alert.since_utc = at(since);
    alert.utc = at(since + i64::from(revision));
    alert.evidence = Vec::new();
    alert
}

pub fn ended(mut alert: Alert) -> Alert {
    alert.phase = Phase::Ended;
    alert
}

pub fn evidence(kind: EvidenceKind, sha256: &str, bytes: u64) -> Evidence {
    let media_type = if kind == EvidenceKind::Clip { "video/mp4" } else { "image/jpeg" };
    Evidence { kind, sha256: sha256.into(), bytes, media_type: media_type.into() }
}

pub fn inbound(alert: &Alert) -> Inbound {
    Inbound::Alert(Box::new(AlertMessage {
        topic: xunge_alert::topic::alert(&alert.site, &alert.edge),
        payload: serde_json::to_string(alert).unwrap(),
        alert: alert.clone(),
    }))
}

pub fn all_inbound(alerts: &[Alert]) -> Vec<Inbound> {
    alerts.iter().map(inbound).collect()
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Asks until there is an answer.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < until, "waited 60 s in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A child that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A real Mosquitto on a free port, with its state in a folder of its own.
pub struct Mosquitto {
    folder: TempDir,
    pub port: u16,
    child: Option<Running>,
}

impl Mosquitto {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let state = folder.path().display();
        let config = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {state}/\n\
             autosave_interval 1\nautosave_on_changes false\nuser root\nmax_queued_messages 100000\n\
             max_inflight_messages 0\n"
        );
        std::fs::write(folder.path().join("mosquitto.conf"), config).unwrap();
        let mut mosquitto = Self { folder, port, child: None };
        mosquitto.start_again().await;
        mosquitto
    }

    pub async fn start_again(&mut self) {
        let program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists())
            .expect("this test needs Mosquitto: apt-get install mosquitto");
        let child = Command::new(program)
            .arg("-c")
            .arg(self.folder.path().join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(Running(child));
        let port = self.port;
        eventually("Mosquitto answers", || async move {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await;
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child = None;
    }
}
