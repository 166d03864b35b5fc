//! Sends alerts at a steady rate, each at its time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use jiff::Timestamp;
use rumqttc::{Client, Event, MqttOptions, QoS};
use uuid::Uuid;
use xunge_alert::topic;

use super::CLIENT_BYTES;
use super::load::Load;

/// Connections that send at once.
const SENDERS: u32 = 4;

/// Series and number of a message.
pub type Number = (Uuid, u64);

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
                std::thread::sleep(Duration::from_secs(2)); // lets the real broker take the last of it
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
    pub fn take(&self, number: Number) -> Option<Instant> {
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
