//! Intake against a real Mosquitto.

use std::collections::BTreeSet;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, QoS};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use xunge_alert::{Alert, Confirm, topic};
use xunge_central::clock::Clock;
use xunge_central::feed::Feed;
use xunge_central::intake::{CLIENT_ID, Intake};
use xunge_central::store::Store;
use xunge_parts::Mosquitto;

use crate::support::{EDGE, OUTBOX, SITE, Shop, alert, eventually};

/// A box, as far as MQTT goes. Sends what it is told, and hands over the confirms.
pub struct Gateway {
    client: AsyncClient,
    confirms: mpsc::Receiver<Confirm>,
    poll: tokio::task::JoinHandle<()>,
}

impl Gateway {
    pub async fn connect(port: u16) -> Self {
        let mut options = MqttOptions::new(EDGE, "127.0.0.1", port);
        // rumqttc's own limit for what it sends is 10 KiB
        options
            .set_clean_session(false)
            .set_keep_alive(Duration::from_secs(5))
            .set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut events) = AsyncClient::new(options, 1000);
        let (sender, confirms) = mpsc::channel(1000);
        let asking = client.clone();
        let (ready, mut is_ready) = mpsc::channel(10);
        let poll = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                        let _ = asking.try_subscribe(topic::confirm(SITE, EDGE), QoS::AtLeastOnce);
                    }
                    Ok(Event::Incoming(Incoming::SubAck(_))) => {
                        let _ = ready.try_send(());
                    }
                    Ok(Event::Incoming(Incoming::Publish(publish))) => {
                        let confirm = serde_json::from_slice(&publish.payload).expect("a confirm reads");
                        if sender.send(confirm).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        tokio::time::timeout(Duration::from_secs(20), is_ready.recv()).await.unwrap().unwrap();
        Self { client, confirms, poll }
    }

    pub async fn send(&self, alert: &Alert) {
        self.send_bytes(&serde_json::to_vec(alert).unwrap()).await;
    }

    pub async fn send_bytes(&self, payload: &[u8]) {
        self.client.publish(topic::alert(SITE, EDGE), QoS::AtLeastOnce, false, payload).await.unwrap();
    }

    pub async fn next(&mut self) -> Confirm {
        let next = tokio::time::timeout(Duration::from_secs(30), self.confirms.recv()).await;
        next.expect("no confirm within 30 s").unwrap()
    }

    /// Waits until these numbers are confirmed.
    pub async fn confirmed(&mut self, wanted: impl IntoIterator<Item = u64>) {
        let mut open: BTreeSet<u64> = wanted.into_iter().collect();
        while !open.is_empty() {
            for seq in self.next().await.confirmed {
                open.remove(&seq);
            }
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.poll.abort();
    }
}

fn intake(port: u16, store: &Store) -> Intake {
    intake_that_pings(port, store, Duration::from_secs(60))
}

fn intake_that_pings(port: u16, store: &Store, every: Duration) -> Intake {
    let mut options = MqttOptions::new(CLIENT_ID, "127.0.0.1", port);
    options.set_keep_alive(every);
    Intake::start(options, store.clone(), Feed::new(store.clone()), Clock::system())
}

async fn subscribed(intake: &Intake) {
    let state = intake.state();
    eventually("intake is connected", || {
        let state = state.clone();
        async move { state.connected().then_some(()) }
    })
    .await;
}

fn spread(n: u64) -> Alert {
    let mut one = alert(u128::from(n), n, 1, 0);
    one.camera = format!("c{}", n % 7);
    one
}

#[tokio::test]
async fn repeats_disorder_gaps_and_poison_between_good_ones() {
    let broker = Mosquitto::lasting().unwrap();
    let shop = Shop::open().await;
    let intake = intake(broker.port, &shop.store);
    subscribed(&intake).await;
    let mut gateway = Gateway::connect(broker.port).await;

    let mut poison: Value = serde_json::to_value(spread(3)).unwrap();
    poison["severity"] = json!(9);
    gateway.send(&spread(2)).await;
    gateway.send_bytes(b"{ this is not JSON").await;
    gateway.send_bytes(poison.to_string().as_bytes()).await;
    gateway.send(&spread(1)).await;
    gateway.send_bytes(&vec![b'x'; 300_000]).await;
    gateway.send(&spread(2)).await;
    gateway.send(&spread(6)).await;

    let (mut confirmed, mut refused) = (BTreeSet::new(), BTreeSet::new());
    while confirmed.len() < 3 || refused.is_empty() {
        let confirm = gateway.next().await;
        assert_eq!(confirm.outbox, OUTBOX);
        confirmed.extend(confirm.confirmed);
        for one in confirm.refused {
            assert!(one.reason.contains("severity 9"), "{}", one.reason);
            refused.insert(one.seq);
        }
    }
    assert_eq!(confirmed, BTreeSet::from([1, 2, 6]));
    assert_eq!(refused, BTreeSet::from([3]));
    assert_eq!(shop.number("SELECT COUNT(*) FROM alert").await, 3);
    assert_eq!(shop.number("SELECT COUNT(*) FROM quarantine").await, 3);
    assert_eq!(shop.store.edges(None).await.unwrap()[0].missing, [4, 5]);
    gateway.send(&spread(4)).await;
    gateway.send(&spread(5)).await;
    gateway.confirmed([4, 5]).await;
    assert!(shop.store.edges(None).await.unwrap()[0].missing.is_empty());
    intake.stop().await;
}

#[tokio::test]
async fn a_confirm_is_never_earlier_than_the_commit() {
    let broker = Mosquitto::lasting().unwrap();
    let shop = Shop::open().await;
    let intake = intake(broker.port, &shop.store);
    subscribed(&intake).await;
    let mut gateway = Gateway::connect(broker.port).await;

    // somebody else holds the store's write lock
    let raw = shop.raw().await;
    let held = raw.begin_with("BEGIN IMMEDIATE").await.unwrap();
    gateway.send(&spread(1)).await;
    let early = tokio::time::timeout(Duration::from_millis(700), gateway.confirms.recv()).await;
    assert!(early.is_err(), "confirmed what cannot have been committed: {early:?}");
    held.rollback().await.unwrap();
    raw.close().await;
    gateway.confirmed([1]).await;

    for n in 2..=40 {
        gateway.send(&spread(n)).await;
    }
    let mut seen = 1;
    while seen < 40 {
        for seq in gateway.next().await.confirmed {
            let raw = shop.raw().await;
            let there: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM alert_message WHERE seq = $1")
                .bind(i64::try_from(seq).unwrap())
                .fetch_one(&raw)
                .await
                .unwrap();
            assert_eq!(there, 1, "number {seq} is confirmed and not in the store");
            raw.close().await;
            seen += 1;
        }
    }
    intake.stop().await;
}

#[tokio::test]
async fn what_comes_while_the_centre_is_away_waits_at_the_broker() {
    let broker = Mosquitto::lasting().unwrap();
    let shop = Shop::open().await;
    let first = intake(broker.port, &shop.store);
    subscribed(&first).await;
    let mut gateway = Gateway::connect(broker.port).await;
    gateway.send(&spread(1)).await;
    gateway.confirmed([1]).await;
    first.stop().await;

    for n in 2..=300 {
        gateway.send(&spread(n)).await;
    }
    let second = intake(broker.port, &shop.store);
    gateway.confirmed(2..=300).await;
    assert_eq!(shop.number("SELECT COUNT(*) FROM alert").await, 300);
    assert!(second.state().batches() < 299, "many messages, few commits: {}", second.state().batches());
    second.stop().await;
}

#[tokio::test]
async fn a_broker_that_is_killed_loses_nothing_that_is_not_sent_again() {
    let mut broker = Mosquitto::lasting().unwrap();
    let shop = Shop::open().await;
    let intake = intake(broker.port, &shop.store);
    subscribed(&intake).await;
    let mut gateway = Gateway::connect(broker.port).await;
    let mut open: BTreeSet<u64> = (1..=60).collect();
    let mut round = 0;
    // the box sends what is not confirmed, again and again, as its outbox does
    while !open.is_empty() {
        for n in open.clone() {
            gateway.send(&spread(n)).await;
        }
        if round < 3 {
            broker.kill();
            broker.restart().unwrap();
        }
        round += 1;
        while let Ok(Some(confirm)) =
            tokio::time::timeout(Duration::from_secs(2), gateway.confirms.recv()).await
        {
            for seq in confirm.confirmed {
                open.remove(&seq);
            }
            if open.is_empty() {
                break;
            }
        }
        assert!(round < 30, "still open: {open:?}");
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM alert").await, 60);
    assert_eq!(shop.number("SELECT COUNT(*) FROM alert_message").await, 60);
    assert_eq!(shop.number("SELECT COUNT(*) FROM gap").await, 0);
    intake.stop().await;
}

#[tokio::test]
async fn retained_states_of_box_and_camera_are_known() {
    let broker = Mosquitto::lasting().unwrap();
    let shop = Shop::open().await;
    let gateway = Gateway::connect(broker.port).await;
    let status = include_str!("../../../alert/samples/v1/status-online.json");
    let camera = include_str!("../../../alert/samples/v1/camera-state-blind.json");
    for (path, text) in
        [(topic::status(SITE, EDGE), status), (topic::camera_state(SITE, EDGE, "gate-east"), camera)]
    {
        gateway.client.publish(path, QoS::AtLeastOnce, true, text).await.unwrap();
    }
    let intake = intake(broker.port, &shop.store);
    let edge = eventually("the box is known", || async {
        let edges = shop.store.edges(None).await.unwrap();
        edges.into_iter().find(|edge| edge.state == "online" && !edge.cameras.is_empty())
    })
    .await;
    assert_eq!(edge.cameras[0].cause.as_deref(), Some("unreachable"));
    intake.stop().await;
}

#[tokio::test]
async fn a_flood_while_the_store_stands_still_is_bounded_and_loses_nothing() {
    const FLOOD: u64 = 3000;
    let broker = Mosquitto::lasting().unwrap();
    let shop = Shop::open().await;
    let intake = intake(broker.port, &shop.store);
    subscribed(&intake).await;
    let mut gateway = Gateway::connect(broker.port).await;
    let raw = shop.raw().await;
    let held = raw.begin_with("BEGIN IMMEDIATE").await.unwrap();
    for n in 1..=FLOOD {
        gateway.send(&spread(n)).await;
    }
    assert_eq!(intake.state().batches(), 0);
    held.rollback().await.unwrap();
    raw.close().await;
    gateway.confirmed(1..=FLOOD).await;
    let messages = shop.number("SELECT COUNT(*) FROM alert_message").await;
    assert_eq!(messages, i64::try_from(FLOOD).unwrap());
    assert_eq!(intake.state().connections(), 1, "a slow store breaks no connection");
    assert_eq!(shop.number("SELECT COUNT(*) FROM alert").await, i64::try_from(FLOOD).unwrap());
    assert_eq!(shop.number("SELECT COUNT(*) FROM gap").await, 0);
    intake.stop().await;
}

#[tokio::test]
async fn answers_that_stand_behind_a_flood_break_no_connection() {
    const FLOOD: u64 = 6000;
    let mut broker = Mosquitto::lasting().unwrap();
    let shop = Shop::open().await;
    // far shorter than what it takes to read the flood, or than the store stands still
    let intake = intake_that_pings(broker.port, &shop.store, Duration::from_secs(2));
    subscribed(&intake).await;
    let mut gateway = Gateway::connect(broker.port).await;
    let raw = shop.raw().await;
    let held = raw.begin_with("BEGIN IMMEDIATE").await.unwrap();
    for n in 1..=FLOOD {
        gateway.send(&spread(n)).await;
    }
    tokio::time::sleep(Duration::from_secs(8)).await; // the store stands still for several times that
    held.rollback().await.unwrap();
    raw.close().await;
    gateway.confirmed(1..=FLOOD).await;
    assert_eq!(intake.state().connections(), 1);

    // confirms that are on their way when the connection breaks are told again, and stand in nobody's way
    for n in FLOOD + 1..=FLOOD + 2000 {
        gateway.send(&spread(n)).await;
    }
    broker.kill();
    broker.restart().unwrap();
    let mut open: BTreeSet<u64> = (FLOOD + 1..=FLOOD + 2000).collect();
    while !open.is_empty() {
        for n in &open {
            gateway.send(&spread(*n)).await;
        }
        while let Ok(Some(confirm)) =
            tokio::time::timeout(Duration::from_secs(2), gateway.confirms.recv()).await
        {
            for seq in confirm.confirmed {
                open.remove(&seq);
            }
        }
    }
    assert_eq!(intake.state().connections(), 2);
    intake.stop().await;
}
