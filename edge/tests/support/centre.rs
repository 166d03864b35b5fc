//! A centre that hears everything and confirms when the test says so, or at once.

#![allow(dead_code)] // each test binary uses its part

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tokio::task::JoinHandle;
use uuid::Uuid;
use xunge_alert::{Alert, CameraState, Confirm, Status, topic};

use super::alerts::{EDGE, SITE};

#[derive(Default)]
struct Heard {
    alerts: Vec<Alert>,
    status: Vec<Status>,
    cameras: BTreeMap<String, CameraState>,
    connected: bool,
    confirms: bool,
    unconfirmed: Vec<(Uuid, u64)>,
}

pub struct Centre {
    client: AsyncClient,
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Centre {
    /// The same, and confirms every alert at once: a box sends no more than a few to a centre that confirms nothing.
    pub async fn confirming(port: u16) -> Self {
        let centre = Self::start(port).await;
        centre.heard.lock().unwrap().confirms = true;
        centre
    }

    /// Connects, and connects again, with a clean session: what came while it was away is not repeated to it.
    pub async fn start(port: u16) -> Self {
        let mut options = MqttOptions::new("centre", "127.0.0.1", port);
        options.set_max_packet_size(256 * 1024, 256 * 1024);
        Self::with(options).await
    }

    pub async fn with(options: MqttOptions) -> Self {
        let (client, mut events) = AsyncClient::new(options, 64);
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (asking, hearing) = (client.clone(), heard.clone());
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        for filter in topic::centre_filters() {
                            asking.try_subscribe(filter, QoS::AtLeastOnce).unwrap();
                        }
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => hearing.lock().unwrap().connected = true,
                    Ok(Event::Incoming(Packet::Publish(message))) => {
                        hear(&hearing, &message);
                        let mut heard = hearing.lock().unwrap();
                        if heard.confirms {
                            for (outbox, seq) in std::mem::take(&mut heard.unconfirmed) {
                                let bytes =
                                    serde_json::to_vec(&super::alerts::confirm(outbox, &[seq])).unwrap();
                                // a repeat comes when there is no room for it
                                let place = topic::confirm(SITE, EDGE);
                                let _ = asking.try_publish(place, QoS::AtLeastOnce, false, bytes);
                            }
                        }
                    }
                    Ok(_) => {}
                    Err(_) => {
                        hearing.lock().unwrap().connected = false;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            }
        });
        let centre = Self { client, heard, task };
        centre.until("the centre is connected", |_| centre.heard.lock().unwrap().connected).await;
        centre
    }

    pub async fn confirm(&self, outbox: Uuid, seqs: &[u64]) {
        self.answer(&super::alerts::confirm(outbox, seqs)).await;
    }

    pub async fn answer(&self, confirm: &Confirm) {
        self.answer_bytes(serde_json::to_vec(confirm).unwrap()).await;
    }

    pub async fn answer_bytes(&self, bytes: Vec<u8>) {
        let place = topic::confirm(SITE, EDGE);
        self.client.publish(place, QoS::AtLeastOnce, false, bytes).await.unwrap();
    }

    /// All alerts that were heard, in that order, repeats included.
    pub fn alerts(&self) -> Vec<Alert> {
        self.heard.lock().unwrap().alerts.clone()
    }

    /// Numbers of all alerts that were heard, in that order, repeats included.
    pub fn seqs(&self) -> Vec<u64> {
        self.heard.lock().unwrap().alerts.iter().map(|alert| alert.seq).collect()
    }

    pub fn status(&self) -> Option<Status> {
        self.heard.lock().unwrap().status.last().cloned()
    }

    pub fn camera(&self, id: &str) -> Option<CameraState> {
        self.heard.lock().unwrap().cameras.get(id).cloned()
    }

    pub async fn until(&self, what: &str, ready: impl Fn(&Self) -> bool) {
        until(what, || ready(self)).await;
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn hear(heard: &Mutex<Heard>, message: &rumqttc::Publish) {
    let mut heard = heard.lock().unwrap();
    match topic::parse(&message.topic).map(|topic| topic.kind) {
        Some(topic::Kind::Alert) => {
            let alert: Alert = serde_json::from_slice(&message.payload).expect("alerts are valid");
            heard.unconfirmed.push((alert.outbox, alert.seq));
            heard.alerts.push(alert);
        }
        Some(topic::Kind::Status) => {
            heard.status.push(serde_json::from_slice(&message.payload).expect("the status is valid"));
        }
        Some(topic::Kind::CameraState(id)) => {
            let state = serde_json::from_slice(&message.payload).expect("camera states are valid");
            heard.cameras.insert(id, state);
        }
        other => panic!("an edge says {other:?} on {}", message.topic),
    }
}

/// Looks again and again until `ready`, for 30 s at most.
pub async fn until(what: &str, ready: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !ready() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
