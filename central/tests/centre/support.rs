//! What the tests share: alerts, stores of both kinds, a clock that the test moves.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;
use xunge_alert::{Alert, Evidence, EvidenceKind, Phase};
use xunge_central::case::guard::{Actor, Post, Role};
use xunge_central::case::{Change, Reason, Verdict, number};
use xunge_central::clock::Clock;
use xunge_central::evidence::{EvidenceStore, Keys, Limits, Objects, S3};
use xunge_central::intake::message::{AlertMessage, Inbound};
use xunge_central::store::{Place, Settings, Store};
use xunge_config::Secret;
pub use xunge_parts::{Kind, on_both};
use xunge_parts::{Postgres, S3Server};

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

/// Where evidence lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    InFolder,
    InS3,
}

/// Writes each test twice, once for each place of evidence: `in_both! { async fn what_is_tested(lies: Lies) { … } }`.
macro_rules! in_both {
    ($($(#[$doc:meta])* async fn $name:ident($lies:ident: Lies) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            async fn run($lies: Lies) $body

            #[tokio::test]
            async fn in_a_folder() {
                run(Lies::InFolder).await;
            }

            #[tokio::test]
            async fn in_s3() {
                run(Lies::InS3).await;
            }
        }
    )*};
}
pub(crate) use in_both;

/// The bucket of a server, reached with these keys.
pub fn bucket(server: &S3Server, keys: (&str, &str), limits: Limits) -> EvidenceStore {
    bucket_of(server, keys, limits, None)
}

/// The same, with a server that this authority has signed.
pub fn bucket_of(
    server: &S3Server,
    (access, secret): (&str, &str),
    limits: Limits,
    ca: Option<PathBuf>,
) -> EvidenceStore {
    let s3 = S3 {
        bucket: S3Server::BUCKET.into(),
        endpoint: Some(server.url().parse().unwrap()),
        allow_http: false,
        region: None,
        prefix: "xiling".into(),
        path_style: true,
        ca,
        access_key_file: None,
        secret_key_file: None,
    };
    let keys = Keys { access: Secret::new(access.into()), secret: Secret::new(secret.into()), token: None };
    EvidenceStore::Objects(Objects::open(&s3, &keys, limits).unwrap())
}

/// The same, with the right keys.
pub fn right_bucket(server: &S3Server) -> EvidenceStore {
    bucket(server, (S3Server::ACCESS_KEY, S3Server::SECRET_KEY), Limits::default())
}

/// A store of its own, and a folder that goes with it.
pub struct Shop {
    pub store: Store,
    pub folder: TempDir,
    pub place: Place,
}

impl Shop {
    /// On SQLite, where the database does not matter to the test.
    pub async fn open() -> Self {
        Self::of(Kind::Sqlite).await
    }

    pub async fn of(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = match kind {
            Kind::Sqlite => Place::File(folder.path().join("central.db")),
            Kind::Postgres => {
                let url = tokio::task::spawn_blocking(Postgres::shared_database).await.unwrap().unwrap();
                Place::Postgres { url: url.parse().unwrap(), password: None }
            }
        };
        let store = Store::open(&place, settings()).await.unwrap();
        Self { store, folder, place }
    }

    /// A connection past the store, to look or to tamper.
    pub async fn raw(&self) -> sqlx::AnyPool {
        let url = match &self.place {
            // without foreign keys: a tamperer does not mind them
            Place::File(path) => format!("sqlite://{}", path.display()),
            Place::Postgres { url, .. } => url.to_string(),
        };
        let pool = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
        if !self.place.is_shared() {
            sqlx::query("PRAGMA foreign_keys = OFF").execute(&pool).await.unwrap();
        } else {
            sqlx::query("SET session_replication_role = replica").execute(&pool).await.unwrap();
        }
        pool
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        let raw = self.raw().await;
        let number = sqlx::query_scalar(sql).fetch_one(&raw).await.unwrap();
        raw.close().await;
        number
    }
}

pub fn settings() -> Settings {
    Settings::usual(number::zone("Asia/Shanghai").unwrap())
}

/// Somebody with one post everywhere.
pub fn everywhere(name: &str, role: Role) -> Actor {
    Actor { name: name.into(), posts: vec![Post { role, region: None }] }
}

/// 值班员.
pub fn guard(name: &str) -> Actor {
    everywhere(name, Role::Operator)
}

pub fn decided(verdict: Verdict, reason: Option<Reason>) -> Change {
    Change::Decided { verdict, reason, note: None, class: None, category: None }
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
