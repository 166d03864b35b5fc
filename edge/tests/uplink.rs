//! The uplink against a real Mosquitto: nothing is lost, whatever dies, and a row goes only when the centre confirms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail loudly")]

use std::{
    collections::BTreeSet,
    io::Read,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::runtime::Handle;
use uuid::Uuid;
use xunge_alert::{BlindCause, CameraState, EdgeState, Refused, VERSION, Watch};
use xunge_edge::{
    outbox::{Limits, Outbox},
    uplink::{Timing, TlsFiles, Uplink, UplinkOptions},
};
use xunge_parts::Mosquitto;

#[path = "support/alerts.rs"]
mod alerts;
#[path = "support/centre.rs"]
mod centre;
use alerts::{EDGE, SITE, at, began, confirm};
use centre::{Centre, until};

fn options(mqtt: String) -> UplinkOptions {
    UplinkOptions {
        site: SITE.into(),
        edge: EDGE.into(),
        software: "0.1.0".into(),
        mqtt,
        user: None,
        password: None,
        tls: TlsFiles::default(),
        evidence: None,
        token: None,
        timing: Timing {
            retry: Duration::from_millis(50),
            retry_longest: Duration::from_millis(300),
            ..Timing::default()
        },
    }
}

struct Edge {
    outbox: Outbox,
    dir: TempDir,
}

fn edge() -> Edge {
    let dir = tempfile::tempdir().unwrap();
    let (outbox, _) = Outbox::open(dir.path(), Limits::default(), at(0)).unwrap();
    Edge { outbox, dir }
}

/// Appends from a thread, as the rules do.
async fn append(outbox: &Outbox, count: usize) {
    let outbox = outbox.clone();
    tokio::task::spawn_blocking(move || {
        for _ in 0..count {
            outbox.append(began()).unwrap();
        }
    })
    .await
    .unwrap();
}

fn start(outbox: &Outbox, options: UplinkOptions) -> Uplink {
    Uplink::start(options, outbox.clone(), &Handle::current()).unwrap()
}

/// Confirms what comes, from behind a number to another one.
async fn confirm_as_they_come(centre: &Centre, series: Uuid, mut done: u64, last: u64) {
    while done < last {
        centre.until("more came", |centre| centre.seqs().len() as u64 > done).await;
        let came = last.min(centre.seqs().len() as u64);
        centre.confirm(series, &(done + 1..=came).collect::<Vec<u64>>()).await;
        done = came;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_arrive_in_order_and_stay_until_the_centre_confirms() {
    let broker = Mosquitto::start().unwrap();
    let edge = edge();
    let centre = Centre::start(broker.port).await;
    append(&edge.outbox, 100).await; // more than the window
    let uplink = start(&edge.outbox, options(broker.url()));
    centre.until("a window of alerts came", |centre| centre.seqs().len() >= 8).await;
    assert_eq!(
        centre.seqs(),
        (1..=8).collect::<Vec<u64>>(),
        "in order, and no more than may be unconfirmed at first"
    );
    assert_eq!(edge.outbox.stats().depth, 100, "the broker has them all, but the centre has confirmed none");

    // confirms that are not for this series, and nonsense, change nothing
    centre.confirm(Uuid::new_v4(), &[1, 2, 3]).await;
    centre.answer_bytes(b"{\"version\":1}".to_vec()).await;
    until("both were heard", || uplink.handle().stats().strange_confirms == 2).await;
    assert_eq!(edge.outbox.stats().depth, 100);

    // each confirmed row makes room for one more
    confirm_as_they_come(&centre, edge.outbox.series(), 0, 60).await;
    until("the rows are gone", || edge.outbox.stats().depth == 40).await;
    confirm_as_they_come(&centre, edge.outbox.series(), 60, 98).await;
    centre.until("the rest came", |centre| centre.seqs().len() >= 100).await;
    assert_eq!(centre.seqs(), (1..=100).collect::<Vec<u64>>());
    append(&edge.outbox, 1).await; // wakes the uplink
    centre.until("the new one came", |centre| centre.seqs().last() == Some(&101)).await;
    assert!(edge.outbox.stats().last_confirmed_utc.is_some());

    // refused rows are set aside, the others go on
    let mut answer = confirm(edge.outbox.series(), &[99]);
    answer.refused = vec![Refused { seq: 100, reason: "no such site".into() }];
    centre.answer(&answer).await;
    until("one is left", || edge.outbox.stats().depth == 1).await;
    assert_eq!(edge.outbox.stats().refused, 1);
    let stats = uplink.handle().stats();
    assert_eq!((stats.connected, stats.connections, stats.sent, stats.sent_again), (true, 1, 101, 0));
    uplink.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_confirm_heals_by_sending_again() {
    let broker = Mosquitto::start().unwrap();
    let edge = edge();
    let centre = Centre::start(broker.port).await;
    let mut options = options(broker.url());
    options.timing.confirm = Duration::from_millis(200);
    options.timing.confirm_longest = Duration::from_millis(400);
    let uplink = start(&edge.outbox, options);
    append(&edge.outbox, 3).await;
    centre
        .until("each came twice", |centre| {
            (1..=3).all(|seq| centre.seqs().iter().filter(|heard| **heard == seq).count() >= 2)
        })
        .await;
    assert_eq!(centre.seqs()[..3], [1, 2, 3]);
    assert_eq!(edge.outbox.stats().depth, 3);
    assert!(uplink.handle().stats().sent_again >= 3);
    centre.confirm(edge.outbox.series(), &[1, 2, 3]).await;
    until("all are confirmed", || edge.outbox.stats().depth == 0).await;
    uplink.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_loses_nothing() {
    let mut broker = Mosquitto::start().unwrap();
    let edge = edge();
    let centre = Centre::start(broker.port).await;
    // the centre of this test may come back after the box and miss what is said before
    let mut options = options(broker.url());
    options.timing.confirm = Duration::from_secs(2);
    let uplink = start(&edge.outbox, options);
    let handle = uplink.handle();
    handle.set_camera_state(camera("gate-east", Watch::Watching));
    // no more than a box sends to a centre that confirms nothing
    append(&edge.outbox, 5).await;
    centre.until("five came", |centre| centre.seqs().len() >= 5).await;
    centre.confirm(edge.outbox.series(), &[1, 2]).await;
    until("two are confirmed", || edge.outbox.stats().depth == 3).await;
    for round in 1..=3_usize {
        broker.kill();
        append(&edge.outbox, 1).await;
        until("the uplink has noticed", || !handle.stats().connected).await;
        assert!(handle.stats().last_error.unwrap().contains("127.0.0.1"));
        let before = centre.seqs().len();
        broker.restart().unwrap();
        let last = 5 + round as u64;
        centre
            .until("everything unconfirmed came after the restart", |centre| {
                let since: BTreeSet<u64> = centre.seqs()[before..].iter().copied().collect();
                (3..=last).all(|seq| since.contains(&seq))
            })
            .await;
        until("the uplink says so", || handle.stats().connected).await;
    }
    // a broker without a memory is told again what is retained
    let other = Centre::with(rumqttc::MqttOptions::new("other", "127.0.0.1", broker.port)).await;
    other
        .until("the retained state is there", |centre| {
            centre.camera("gate-east").is_some() && centre.status().is_some()
        })
        .await;
    centre.confirm(edge.outbox.series(), &(1..=8).collect::<Vec<u64>>()).await;
    until("nothing is left", || edge.outbox.stats().depth == 0).await;
    assert!(handle.stats().connections >= 4);
    uplink.stop().await;
}

fn camera(id: &str, watch: Watch) -> CameraState {
    let blind = watch == Watch::Blind;
    CameraState {
        version: VERSION,
        edge: EDGE.into(),
        camera: id.into(),
        name: "东门".into(),
        watch,
        cause: blind.then_some(BlindCause::Unreachable),
        detail: blind.then(|| "connection refused by 10.0.0.5:554".to_owned()),
        since_utc: at(0),
        view: None,
        view_since_utc: None,
        suspended_rules: Vec::new(),
        strained_since_utc: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_box_and_cameras_is_retained() {
    let broker = Mosquitto::start().unwrap();
    let edge = edge();
    append(&edge.outbox, 2).await;
    let uplink = start(&edge.outbox, options(broker.url()));
    let handle = uplink.handle();
    for index in 0..300 {
        // far more changes than the connection takes at once: only the last of each camera counts
        handle.set_camera_state(camera("gate-east", Watch::Blind));
        handle.set_camera_state(camera(&format!("cam-{}", index % 100), Watch::Starting));
        handle.set_camera_state(camera("gate-east", Watch::Watching));
    }
    until("the uplink is connected", || handle.stats().connected).await;

    // who comes later finds it
    let centre = Centre::start(broker.port).await;
    let online = |centre: &Centre| centre.status().is_some_and(|status| status.state == EdgeState::Online);
    centre.until("the box is online", online).await;
    let status = centre.status().unwrap();
    assert_eq!((status.edge.as_str(), status.software.as_str(), status.outbox_depth), (EDGE, "0.1.0", 2));
    let watching =
        |centre: &Centre| centre.camera("gate-east").is_some_and(|state| state.watch == Watch::Watching);
    centre.until("the camera is watched", watching).await;
    centre
        .until("all cameras are known", |centre| {
            (0..100).all(|i| centre.camera(&format!("cam-{i}")).is_some())
        })
        .await;
    handle.set_camera_state(camera("gate-east", Watch::Blind));
    centre.until("the camera is blind", |centre| !watching(centre)).await;
    assert_eq!(centre.camera("gate-east").unwrap().cause, Some(BlindCause::Unreachable));

    // a clean stop says so; nobody calls the box offline
    uplink.stop().await;
    let state = |centre: &Centre| centre.status().map(|status| status.state);
    centre.until("the box has stopped", |centre| state(centre) == Some(EdgeState::Stopped)).await;
    drop(centre);
    let later = Centre::start(broker.port).await;
    later.until("that is retained", |centre| state(centre) == Some(EdgeState::Stopped)).await;

    // a connection that just ends is the last will
    let uplink = start(&edge.outbox, options(broker.url()));
    later.until("the box is back", online).await;
    drop(uplink);
    later.until("the broker says offline", |centre| state(centre) == Some(EdgeState::Offline)).await;
    drop(edge.dir);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_too_large_to_take_does_not_come_back_for_ever() {
    let broker = Mosquitto::start().unwrap();
    let edge = edge();
    let mut big = rumqttc::MqttOptions::new("centre", "127.0.0.1", broker.port);
    big.set_max_packet_size(2 << 20, 2 << 20);
    let centre = Centre::with(big).await;
    let uplink = start(&edge.outbox, options(broker.url()));
    append(&edge.outbox, 1).await;
    centre.until("the alert came", |centre| centre.seqs() == [1]).await;
    centre.answer_bytes(vec![b' '; 1 << 20]).await;
    until("the uplink threw the message away and is back", || {
        let stats = uplink.handle().stats();
        stats.connected && stats.connections == 2
    })
    .await;
    centre.confirm(edge.outbox.series(), &[1]).await;
    until("confirms are heard", || edge.outbox.stats().depth == 0).await;
    assert_eq!(uplink.handle().stats().connections, 2);
    uplink.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_and_password_are_sent_and_a_refusal_is_a_sentence_without_them() {
    let broker = Mosquitto::with("persistence false\nallow_anonymous false\n").unwrap(); // and nobody has a password there
    let edge = edge();
    let mut options = options(broker.url());
    options.user = Some("gw-0001".into());
    options.password = Some("hunter2".into());
    let uplink = start(&edge.outbox, options);
    until("the refusal is told", || uplink.handle().stats().last_error.is_some()).await;
    let told = uplink.handle().stats().last_error.unwrap();
    assert!(told.contains("does not accept this box's user or certificate"), "{told}");
    assert!(!told.contains("hunter2"));
    uplink.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_speaks_garbage_is_not_hammered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 16]);
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let edge = edge();
    let mut options = options(format!("mqtt://127.0.0.1:{port}"));
    options.timing.retry = Duration::from_millis(200);
    options.timing.retry_longest = Duration::from_millis(400);
    let uplink = start(&edge.outbox, options);
    until("it was tried four times", || calls.load(Ordering::SeqCst) >= 4).await;
    // waits of 100 ms and more lie between the calls: a loop that spins would make thousands
    assert!(calls.load(Ordering::SeqCst) <= 20);
    let stats = uplink.handle().stats();
    assert!(!stats.connected && stats.last_error.is_some(), "{stats:?}");
    uplink.stop().await;
}

#[tokio::test]
async fn impossible_options_are_refused_at_once() {
    let edge = edge();
    let missing = edge.dir.path().join("ca.pem");
    let nonsense = edge.dir.path().join("nonsense.pem");
    std::fs::write(&nonsense, "no certificate\n").unwrap();
    let tls = |ca: &std::path::Path| TlsFiles { ca: Some(ca.to_owned()), ..TlsFiles::default() };
    let good = || options("mqtts://central.example".into());
    let cases = [
        (UplinkOptions { mqtt: "central.example".into(), ..good() }, "uplink.mqtt"),
        (UplinkOptions { site: "42".into(), ..good() }, "community code"),
        (UplinkOptions { edge: "a/b".into(), ..good() }, "cannot name a box"),
        (UplinkOptions { evidence: Some("central".into()), ..good() }, "uplink.evidence"),
        (UplinkOptions { tls: tls(&missing), ..good() }, "ca.pem"),
        (UplinkOptions { tls: tls(&nonsense), ..good() }, "nonsense.pem"),
        (
            UplinkOptions { tls: TlsFiles { key: Some(missing.clone()), ..TlsFiles::default() }, ..good() },
            "without its certificate",
        ),
    ];
    for (options, expected) in cases {
        let Err(error) = Uplink::start(options, edge.outbox.clone(), &Handle::current()) else {
            panic!("{expected}: started");
        };
        assert!(error.to_string().contains(expected), "{error}");
    }
}
