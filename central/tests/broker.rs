//! The broker as its clients meet it: real TLS, real MQTT clients, a real process that is killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "broker/support.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rumqttc::{ConnectReturnCode, ConnectionError, LastWill, QoS, SubscribeReasonCode};
use support::{Client, Place, SITE, eventually};
use xunge_alert::topic;
use xunge_central::broker::{Admission, BrokerError, MAX_PACKET_BYTES, MAX_QUEUED};

fn will(topic: String) -> LastWill {
    LastWill::new(topic, "offline", QoS::AtLeastOnce, true)
}

#[tokio::test]
async fn a_box_and_the_centre_talk() {
    let place = Place::new().await;
    let mut centre = place.centre("xunge-central").await;
    for filter in topic::centre_filters() {
        centre.subscribe(&filter).await;
    }
    let mut gw = place.edge("gw-1").await;
    gw.subscribe(&topic::confirm(SITE, "gw-1")).await;
    gw.subscribe(&topic::config_desired(SITE, "gw-1")).await;

    for (topic, retain) in [
        (topic::alert(SITE, "gw-1"), false),
        (topic::status(SITE, "gw-1"), true),
        (topic::camera_state(SITE, "gw-1", "gate"), true),
        (topic::config_reported(SITE, "gw-1"), true),
    ] {
        gw.publish(&topic, retain, "from the box").await;
        assert_eq!(centre.message().await, (topic, "from the box".to_owned()));
    }
    for topic in [topic::confirm(SITE, "gw-1"), topic::config_desired(SITE, "gw-1")] {
        centre.publish(&topic, false, "from the centre").await;
        assert_eq!(gw.message().await, (topic, "from the centre".to_owned()));
    }
    assert_eq!(place.broker().connections(), 2);
    assert_eq!((place.broker().refused(), place.broker().dropped()), (0, 0));
    place.stop().await;
}

#[tokio::test]
async fn only_certificates_of_our_ca_get_in() {
    let place = Place::new().await;
    let stranger = Place::new().await;

    // A box of another centre, with the right names in its certificate.
    let bundle = stranger.issue("gw-1");
    let options = place.options_with("gw-1", &place.ca(), &bundle.cert_pem, &bundle.key_pem);
    Client::refused(options).await;
    // One of our own that has expired.
    let bundle = place.issue_long_ago("gw-1");
    let options = place.options_with("gw-1", &bundle.ca_pem, &bundle.cert_pem, &bundle.key_pem);
    Client::refused(options).await;
    // No certificate at all.
    Client::refused(place.options_without_certificate("gw-1")).await;
    // No TLS at all.
    Client::refused(place.options_without_tls("gw-1")).await;
    // A box does not trust a broker of another centre either.
    let bundle = place.issue("gw-1");
    let options = place.options_with("gw-1", &stranger.ca(), &bundle.cert_pem, &bundle.key_pem);
    Client::refused(options).await;

    // The same box with its own certificate.
    place.edge("gw-1").await;
    place.stop().await;
    stranger.stop().await;
}

#[tokio::test]
async fn a_foreign_publish_closes_the_connection_and_reaches_nobody() {
    let place = Place::new().await;
    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("#").await;
    for foreign in [
        topic::alert(SITE, "gw-2"),
        topic::alert("420502001002", "gw-1"),
        topic::confirm(SITE, "gw-1"),
        topic::config_desired(SITE, "gw-1"),
        "elsewhere".to_owned(),
    ] {
        let mut gw = place.edge("gw-1").await;
        gw.publish(&foreign, false, "forged").await;
        gw.closed().await;
    }
    assert_eq!(place.broker().refused(), 5);
    let gw = place.edge("gw-1").await;
    gw.publish(&topic::alert(SITE, "gw-1"), false, "real").await;
    assert_eq!(
        centre.message().await,
        (topic::alert(SITE, "gw-1"), "real".to_owned()),
        "and nothing before it"
    );
    place.stop().await;
}

#[tokio::test]
async fn a_foreign_subscription_is_refused_and_the_box_stays() {
    let place = Place::new().await;
    let mut gw = place.edge("gw-1").await;
    for foreign in ["#", "xunge/v1/+/+/confirm", "xunge/v1/420502001001/gw-2/confirm", "$SYS/#", "$share/g/#"]
    {
        assert_eq!(gw.try_subscribe(foreign).await, SubscribeReasonCode::Failure, "{foreign}");
    }
    gw.subscribe(&topic::confirm(SITE, "gw-1")).await;
    let centre = place.centre("xunge-central").await;
    centre.publish(&topic::confirm(SITE, "gw-2"), false, "for another").await;
    centre.publish(&topic::confirm(SITE, "gw-1"), false, "for us").await;
    assert_eq!(gw.message().await.1, "for us");
    place.stop().await;
}

#[tokio::test]
async fn nobody_takes_another_ones_place() {
    let place = Place::new().await;
    let mut victim = place.edge("gw-2").await;
    victim.subscribe(&topic::confirm(SITE, "gw-2")).await;

    // The client id of another box would push it off and inherit its queue.
    let thief = place.issue("gw-1");
    let options = place.options_with("gw-2", &thief.ca_pem, &thief.cert_pem, &thief.key_pem);
    let error = Client::refused(options).await;
    assert!(
        matches!(error, ConnectionError::ConnectionRefused(ConnectReturnCode::NotAuthorized)),
        "refused by name: {error:?}"
    );
    // A last will is a publish too.
    let mut options = place.edge_options("gw-1");
    options.set_last_will(will(topic::status(SITE, "gw-2")));
    Client::refused(options).await;

    let centre = place.centre("xunge-central").await;
    centre.publish(&topic::confirm(SITE, "gw-2"), false, "still there").await;
    assert_eq!(victim.message().await.1, "still there");
    place.stop().await;
}

#[tokio::test]
async fn the_same_rules_hold_for_mqtt_5() {
    let place = Place::new().await;
    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("#").await;
    support::v5::publish(&place, "gw-1", &topic::alert(SITE, "gw-2"), "forged").await;
    support::v5::publish(&place, "gw-1", &topic::alert(SITE, "gw-1"), "real").await;
    assert_eq!(centre.message().await, (topic::alert(SITE, "gw-1"), "real".to_owned()));
    place.stop().await;
}

#[tokio::test]
async fn a_last_will_speaks_for_a_box_that_is_gone() {
    let place = Place::new().await;
    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("xunge/v1/+/+/status").await;

    let mut options = place.edge_options("gw-1");
    options.set_last_will(will(topic::status(SITE, "gw-1")));
    let gw = Client::connect(options).await;
    gw.publish(&topic::status(SITE, "gw-1"), true, "online").await;
    assert_eq!(centre.message().await.1, "online");
    gw.kill().await;
    assert_eq!(centre.message().await.1, "offline");

    // It is retained: who comes later hears it too.
    let mut late = place.centre("xunge-central-late").await;
    late.subscribe("xunge/v1/+/+/status").await;
    assert_eq!(late.message().await, (topic::status(SITE, "gw-1"), "offline".to_owned()));
    place.stop().await;
}

#[tokio::test]
async fn a_box_that_comes_back_before_it_was_missed_stays_online() {
    let place = Place::new().await;
    let status = topic::status(SITE, "gw-1");
    let connect = || {
        let mut options = place.edge_options("gw-1");
        options.set_last_will(will(status.clone())).set_clean_session(false);
        Client::connect(options)
    };
    // The old connection is still open, as after a network change.
    let old = connect().await;
    old.publish(&status, true, "online").await;
    let mut new = connect().await;
    new.publish(&status, true, "online again").await;
    new.acknowledged().await;

    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("xunge/v1/+/+/status").await;
    assert_eq!(centre.message().await.1, "online again");
    old.kill().await;
    place.stop().await;
}

#[tokio::test]
async fn a_box_that_is_no_longer_enrolled_is_out_at_once() {
    let enrolled = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&enrolled);
    let place =
        Place::with(Admission::new(move |edge| edge.edge != "gw-1" || asked.load(Ordering::Relaxed))).await;
    let mut gw = place.edge("gw-1").await;
    let other = place.edge("gw-2").await;
    place.broker().disconnect("gw-1").await.unwrap();
    gw.closed().await;

    let mut gw = place.edge("gw-1").await;
    enrolled.store(false, Ordering::Relaxed);
    gw.publish(&topic::alert(SITE, "gw-1"), false, "too late").await;
    gw.closed().await;
    Client::refused(place.edge_options("gw-1")).await;

    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("#").await;
    other.publish(&topic::alert(SITE, "gw-2"), false, "still welcome").await;
    assert_eq!(centre.message().await.1, "still welcome");
    place.broker().disconnect("gw-never-seen").await.unwrap();
    place.stop().await;
}

#[tokio::test]
async fn a_packet_too_large_costs_only_its_sender() {
    let place = Place::new().await;
    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("#").await;
    let limit = usize::try_from(MAX_PACKET_BYTES).unwrap();
    let mut options = place.edge_options("gw-1");
    options.set_max_packet_size(4 * limit, 4 * limit);
    let mut gw = Client::connect(options).await;
    gw.publish(&topic::alert(SITE, "gw-1"), false, "x".repeat(2 * limit)).await;
    gw.closed().await;

    let gw = place.edge("gw-1").await;
    let large = "x".repeat(limit - 1024);
    gw.publish(&topic::alert(SITE, "gw-1"), false, large.as_str()).await;
    assert_eq!(centre.message().await.1.len(), large.len(), "what fits arrives whole");
    place.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_costs_a_bounded_queue() {
    let place = Place::new().await;
    let mut asleep = place.centre("xunge-central-asleep").await;
    asleep.subscribe("xunge/v1/+/+/alert").await;
    asleep.stop_reading();
    let mut awake = place.centre("xunge-central").await;
    awake.subscribe("xunge/v1/+/+/alert").await;

    let mut gw = place.edge("gw-1").await;
    let sent = MAX_QUEUED + 1_000;
    for number in 0..sent {
        gw.publish(&topic::alert(SITE, "gw-1"), false, number.to_string()).await;
        gw.acknowledged().await;
        assert_eq!(awake.message().await.1, number.to_string(), "the other one gets everything, in order");
    }
    eventually("messages are dropped and counted", || place.broker().dropped() > 0).await;
    assert!(place.broker().dropped() < u64::try_from(sent).unwrap());
    place.stop().await;
}

#[tokio::test]
async fn silence_and_garbage_cost_only_their_sender() {
    let place = Place::new().await;
    // Sockets that never begin TLS must not hold up anybody.
    let silent: Vec<_> =
        (0..50).map(|_| std::net::TcpStream::connect(place.broker().address()).unwrap()).collect();
    let gw = place.edge("gw-1").await;
    for garbage in [
        &[0xff; 64][..],
        b"\x10\xff\xff\xff\x7f",
        b"\x10\x00",
        b"\x30\x02\x00\x10",
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        place.send_garbage("gw-2", garbage).await;
    }
    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("xunge/v1/+/+/alert").await;
    gw.publish(&topic::alert(SITE, "gw-1"), false, "unharmed").await;
    assert_eq!(centre.message().await.1, "unharmed");
    drop(silent);
    place.stop().await;
}

#[tokio::test]
async fn after_a_clean_restart_everybody_comes_back() {
    let mut place = Place::new().await;
    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("xunge/v1/+/+/alert").await;
    let address = place.broker().address();
    place.restart().await;
    assert_eq!(place.broker().address(), address, "the port was free again");
    assert!(!centre.reconnected().await, "sessions are not kept: CONNACK says so");
    centre.subscribe("xunge/v1/+/+/alert").await;
    let gw = place.edge("gw-1").await;
    gw.publish(&topic::alert(SITE, "gw-1"), false, "after").await;
    assert_eq!(centre.message().await.1, "after");
    place.stop().await;
}

#[tokio::test]
async fn a_session_outlives_its_connection_but_not_the_broker() {
    let place = Place::new().await;
    let persistent = || {
        let mut options = place.edge_options("gw-1");
        options.set_clean_session(false);
        options
    };
    let mut gw = Client::connect(persistent()).await;
    gw.subscribe(&topic::confirm(SITE, "gw-1")).await;
    gw.kill().await;
    eventually("the broker notices", || place.broker().connections() == 0).await;
    let mut centre = place.centre("xunge-central").await;
    centre.publish(&topic::confirm(SITE, "gw-1"), false, "while away").await;
    centre.acknowledged().await;
    let mut gw = Client::connect(persistent()).await;
    assert!(gw.session_present);
    assert_eq!(gw.message().await.1, "while away");
    place.stop().await;
}

#[tokio::test]
async fn retained_messages_survive_sigkill() {
    let mut process = support::Process::start(None);
    let place = process.place();
    let mut gw = place.edge("gw-1").await;
    gw.publish(&topic::status(SITE, "gw-1"), true, "online").await;
    gw.publish(&topic::camera_state(SITE, "gw-1", "gate"), true, "seeing").await;
    gw.publish(&topic::camera_state(SITE, "gw-1", "gone"), true, "seeing").await;
    gw.publish(&topic::camera_state(SITE, "gw-1", "gone"), true, "").await;
    for _ in 0..4 {
        gw.acknowledged().await;
    }
    process.kill();
    let process = support::Process::start(Some(process));
    assert!(!gw.reconnected().await, "the session went with the process");

    let mut centre = process.place().centre("xunge-central").await;
    centre.subscribe("xunge/v1/#").await;
    let mut got = [centre.message().await, centre.message().await];
    got.sort();
    let expected = [
        (topic::camera_state(SITE, "gw-1", "gate"), "seeing".to_owned()),
        (topic::status(SITE, "gw-1"), "online".to_owned()),
    ];
    assert_eq!(got, expected);
    gw.publish(&topic::alert(SITE, "gw-1"), false, "after").await;
    assert_eq!(centre.message().await.1, "after", "and nothing came in between");
}

/// Not a test of its own: the process that `retained_messages_survive_sigkill` starts and kills.
#[tokio::test]
async fn broker_process() {
    support::run_if_child().await;
}

#[tokio::test]
async fn one_box_cannot_fill_the_store_of_retained_messages() {
    let place = Place::new().await;
    let mut gw = place.edge("gw-1").await;
    for number in 0..300 {
        gw.publish(&topic::camera_state(SITE, "gw-1", &format!("c{number:03}")), true, "seeing").await;
        gw.acknowledged().await;
    }
    let mut other = place.edge("gw-2").await;
    other.publish(&topic::status(SITE, "gw-2"), true, "online").await;
    other.acknowledged().await;
    let mut centre = place.centre("xunge-central").await;
    centre.subscribe("xunge/v1/#").await;
    let (mut cameras, mut others) = (0, 0);
    while (cameras, others) != (256, 1) {
        match centre.message().await.1.as_str() {
            "online" => others += 1,
            _ => cameras += 1,
        }
    }
    gw.publish(&topic::alert(SITE, "gw-1"), false, "live").await;
    assert_eq!(centre.message().await.1, "live", "no other one was kept");
    place.stop().await;
}

#[tokio::test]
async fn a_damaged_store_is_set_aside() {
    let mut place = Place::new().await;
    let store = place.data_dir().join("broker/retained.db");
    place
        .restart_with(|| std::fs::write(&store, "this is no database, whatever its name says").unwrap())
        .await;
    assert!(store.with_extension("damaged").exists());
    place.edge("gw-1").await;
    place.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_a_sentence_not_a_crash() {
    let place = Place::new().await;
    let error = place.second_broker().await.err().expect("the port is taken");
    assert!(matches!(error, BrokerError::Listen { .. }));
    assert!(error.to_string().contains(&place.broker().address().to_string()), "{error}");
    // Dropping instead of stopping is allowed, inside a runtime too.
    let address = place.broker().address();
    drop(place);
    eventually("the port is free", || std::net::TcpStream::connect(address).is_err()).await;
}
