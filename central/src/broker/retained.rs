//! Retained messages: matched in memory, kept in SQLite so that they survive a restart.
//!
//! A failing disk costs only that: the message still goes to whoever is subscribed now, and the failure is logged
//! once, until writing works again.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rmqtt::codec::types::{Publish as Packet, QoS};
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::types::{From as Origin, Id, Publish, Retain, TopicFilter, TopicName};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row, SqliteConnection};

use super::BrokerError;

/// Retained topics that one box may fill: its status, its configuration and one per camera.
const MAX_TOPICS_PER_BOX: usize = 256;
/// `xunge/v1/{site}/{edge}`: what a box's topics have in common.
const BOX_LEVELS: usize = 4;

/// All retained messages.
pub(super) struct Retained {
    memory: DefaultRetainStorage,
    topics: Mutex<HashMap<String, HashSet<String>>>,
    pool: SqlitePool,
    failing: AtomicBool,
}

/// What rmqtt is given; a type of our own because both sides are shared.
pub(super) struct Storage(pub(super) Arc<Retained>);

impl Retained {
    /// Opens the database and loads every message. A file that is no database is set aside: what it held comes
    /// again from the boxes.
    pub(super) async fn open(path: &Path) -> Result<Self, BrokerError> {
        let failed = |e: sqlx::Error| BrokerError::Retained { path: path.to_owned(), reason: e.to_string() };
        let pool = match connect(path).await {
            Err(e) if is_damaged(&e) => {
                let aside = path.with_extension("damaged");
                tracing::error!("{} is damaged ({e}); set aside as {}", path.display(), aside.display());
                std::fs::rename(path, &aside).map_err(|e| failed(sqlx::Error::Io(e)))?;
                for journal in ["db-wal", "db-shm"] {
                    // Usually not there.
                    let _ = std::fs::remove_file(path.with_extension(journal));
                }
                connect(path).await
            }
            other => other,
        }
        .map_err(failed)?;
        let retained = Retained {
            memory: DefaultRetainStorage::new(),
            topics: Mutex::default(),
            pool,
            failing: AtomicBool::new(false),
        };
        retained.load().await.map_err(failed)?;
        Ok(retained)
    }

    /// Closes the database; later messages stay in memory only.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    async fn load(&self) -> Result<(), sqlx::Error> {
        let rows =
            sqlx::query("SELECT topic, qos, client, payload FROM retained").fetch_all(&self.pool).await?;
        for row in rows {
            let topic: String = row.try_get("topic")?;
            let client: String = row.try_get("client")?;
            let payload: Vec<u8> = row.try_get("payload")?;
            let qos = if row.try_get::<i64, _>("qos")? == 0 { QoS::AtMostOnce } else { QoS::AtLeastOnce };
            let name = TopicName::from(topic.as_str());
            let packet = Packet {
                dup: false,
                retain: true,
                qos,
                topic: name.clone(),
                packet_id: None,
                payload: payload.into(),
                properties: None,
            };
            let from = Origin::from_custom(Id::new(0, 0, None, None, TopicName::from(client.as_str()), None));
            let retain = Retain { msg_id: None, from, publish: Publish::from(packet) };
            if let Err(e) = self.memory.set_with_timeout(&name, retain, None).await {
                tracing::warn!("retained message on `{topic}` is left out: {e}");
                continue;
            }
            self.has_room(&topic);
        }
        Ok(())
    }

    /// Counts a topic in; false if its box has too many already.
    fn has_room(&self, topic: &str) -> bool {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let of_box = topics.entry(box_of(topic)).or_default();
        if of_box.contains(topic) {
            return true;
        }
        if of_box.len() >= MAX_TOPICS_PER_BOX {
            return false;
        }
        of_box.insert(topic.to_owned())
    }

    fn forget(&self, topic: &str) {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let key = box_of(topic);
        if let Some(of_box) = topics.get_mut(&key) {
            of_box.remove(topic);
            if of_box.is_empty() {
                topics.remove(&key);
            }
        }
    }

    async fn write(&self, topic: &str, retain: &Retain) -> Result<(), sqlx::Error> {
        let payload: &[u8] = &retain.publish.payload;
        if payload.is_empty() {
            sqlx::query("DELETE FROM retained WHERE topic = ?").bind(topic).execute(&self.pool).await?;
        } else {
            let qos = if retain.publish.qos == QoS::AtMostOnce { 0_i64 } else { 1 };
            sqlx::query(
                "INSERT INTO retained (topic, qos, client, payload) VALUES (?, ?, ?, ?) \
                 ON CONFLICT (topic) DO UPDATE SET qos = excluded.qos, client = excluded.client, \
                 payload = excluded.payload",
            )
            .bind(topic)
            .bind(qos)
            .bind(retain.from.id.client_id.to_string())
            .bind(payload)
            .execute(&self.pool)
            .await?;
        }
        Ok(())
    }

    fn report(&self, written: Result<(), sqlx::Error>) {
        match written {
            Ok(()) if self.failing.swap(false, Ordering::Relaxed) => {
                tracing::info!("retained messages are written to disk again");
            }
            Ok(()) => {}
            Err(e) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::error!(
                    "retained messages are not written to disk and would not survive a restart: {e}"
                );
            }
            Err(_) => {}
        }
    }
}

#[async_trait]
impl RetainStorage for Storage {
    fn enable(&self) -> bool {
        true
    }

    async fn set(&self, topic: &TopicName, retain: Retain, _expiry: Option<Duration>) -> rmqtt::Result<()> {
        let retained = &self.0;
        if retain.publish.payload.is_empty() {
            retained.forget(topic);
        } else if !retained.has_room(topic) {
            tracing::warn!(
                "`{topic}` is not retained: its box already has {MAX_TOPICS_PER_BOX} retained topics"
            );
            return Ok(());
        }
        let written = retained.write(topic, &retain).await;
        retained.report(written);
        retained.memory.set_with_timeout(topic, retain, None).await
    }

    async fn get(&self, filter: &TopicFilter) -> rmqtt::Result<Vec<(TopicName, Retain)>> {
        self.0.memory.get_message(filter).await
    }

    async fn count(&self) -> isize {
        self.0.memory.count().await
    }

    async fn max(&self) -> isize {
        self.0.memory.max().await
    }
}

fn box_of(topic: &str) -> String {
    topic.split('/').take(BOX_LEVELS).collect::<Vec<_>>().join("/")
}

async fn connect(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::from_str("sqlite:")?
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A power cut may cost the last moments: boxes publish their state again when they reconnect.
        .synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let mut connection = pool.acquire().await?;
    create_table(&mut connection).await?;
    drop(connection);
    Ok(pool)
}

async fn create_table(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS retained (topic TEXT PRIMARY KEY, qos INTEGER NOT NULL, client TEXT NOT NULL, \
         payload BLOB NOT NULL) WITHOUT ROWID",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// SQLITE_CORRUPT or SQLITE_NOTADB: the file itself is wrong, not the disk or the rights.
fn is_damaged(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if matches!(e.code().as_deref(), Some("11" | "26")))
}
