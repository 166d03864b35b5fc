//! A real broker, and the alerts that reach it. Each is confirmed, as the centre does it: else a box would send no more.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use xunge_alert::{Alert, Confirm, Phase, VERSION, topic};
use xunge_parts::Mosquitto;

/// What was heard.
#[derive(Default)]
struct Heard {
    delays: Vec<Duration>,
    first: Option<Instant>,
}

/// Mosquitto as a child, with a listener that times what it hears.
pub struct Broker {
    mosquitto: Mosquitto,
    client: Client,
    thread: Option<JoinHandle<()>>,
    heard: Arc<Mutex<Heard>>,
    /// Where it listens.
    pub url: String,
}

impl Broker {
    /// Starts it.
    pub fn start() -> Result<Self> {
        let mosquitto = Mosquitto::start()?;
        let options = MqttOptions::new("throughput", "127.0.0.1", mosquitto.port);
        let (client, mut connection) = Client::new(options, 1000);
        let heard: Arc<Mutex<Heard>> = Arc::default();
        let (noted, subscriber) = (heard.clone(), client.clone());
        let thread = std::thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        if subscriber.subscribe("xunge/v1/+/+/alert", QoS::AtMostOnce).is_err() {
                            return;
                        }
                    }
                    Ok(Event::Incoming(Packet::Publish(message))) => {
                        let now = Timestamp::now();
                        let Ok(alert) = serde_json::from_slice::<Alert>(&message.payload) else { continue };
                        confirm(&subscriber, &alert);
                        let delay = delay(&alert, now);
                        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                        noted.delays.extend(delay);
                        noted.first.get_or_insert_with(Instant::now);
                    }
                    Ok(
                        Event::Incoming(Packet::Disconnect) | Event::Outgoing(rumqttc::Outgoing::Disconnect),
                    ) => return,
                    Ok(_) => {}
                    // it is not up yet: a real process is waited for
                    Err(_) => std::thread::sleep(Duration::from_millis(100)), // polls a real process
                }
            }
        });
        let url = mosquitto.url();
        Ok(Self { mosquitto, client, thread: Some(thread), heard, url })
    }

    /// From the picture to here, of each alert so far, shortest first.
    pub fn delays(&self) -> Vec<Duration> {
        let mut delays = self.heard.lock().unwrap_or_else(PoisonError::into_inner).delays.clone();
        delays.sort();
        delays
    }

    /// When the first alert came.
    pub fn first(&self) -> Option<Instant> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).first
    }
}

/// Says that an alert was taken. Where the connection has no room for it the box sends it again.
fn confirm(client: &Client, alert: &Alert) {
    let confirm =
        Confirm { version: VERSION, outbox: alert.outbox, confirmed: vec![alert.seq], refused: Vec::new() };
    if let Ok(bytes) = serde_json::to_vec(&confirm) {
        let _ = client.try_publish(topic::confirm(&alert.site, &alert.edge), QoS::AtMostOnce, false, bytes);
    }
}

/// How old an alert is: since the picture on which it began. Later words about it, and those that are sent again, do not
/// count.
fn delay(alert: &Alert, now: Timestamp) -> Option<Duration> {
    let fresh = alert.phase == Phase::Began && alert.revision == 1;
    let delay = Duration::try_from(now.duration_since(alert.utc)).ok()?;
    (fresh && delay < SENT_AGAIN).then_some(delay)
}

/// What was not confirmed is sent again after twice this time.
const SENT_AGAIN: Duration = Duration::from_secs(5);

impl Drop for Broker {
    fn drop(&mut self) {
        // it may be gone already, with what was wanted of it
        let _ = self.client.disconnect();
        self.mosquitto.kill();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
