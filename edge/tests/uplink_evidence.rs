//! Evidence by HTTP PUT against a real server, and MQTT over TLS with client certificates.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail loudly")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{Path as UrlPath, State},
    http::{HeaderMap, StatusCode},
    routing::put,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use xunge_alert::{Evidence, EvidenceKind};
use xunge_edge::{
    outbox::{Limits, Outbox},
    uplink::{Timing, TlsFiles, Uplink, UplinkOptions},
};
use xunge_parts::{Mosquitto, free_port};

#[path = "support/alerts.rs"]
mod alerts;
#[path = "support/centre.rs"]
mod centre;
use alerts::{EDGE, SITE, at, naming};
use centre::until;

const TOKEN: &str = "t0ken-of-the-box";

/// A centre that stores evidence, and fails when told to.
#[derive(Default)]
struct Store {
    /// In the order of their coming.
    names: Mutex<Vec<String>>,
    /// How often each was offered.
    offers: Mutex<BTreeMap<String, usize>>,
    /// What is answered to which file, instead of storing it.
    answers: Mutex<BTreeMap<String, StatusCode>>,
    running: AtomicUsize,
    most_running: AtomicUsize,
    port: AtomicU16,
}

impl Store {
    fn port(&self) -> u16 {
        self.port.load(Ordering::SeqCst)
    }
}

async fn take(
    State(store): State<Arc<Store>>,
    UrlPath((edge, sha256)): UrlPath<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> StatusCode {
    let running = store.running.fetch_add(1, Ordering::SeqCst) + 1;
    store.most_running.fetch_max(running, Ordering::SeqCst);
    let status = judge(&store, &edge, &sha256, &headers, body).await;
    store.running.fetch_sub(1, Ordering::SeqCst);
    status
}

async fn judge(store: &Store, edge: &str, sha256: &str, headers: &HeaderMap, body: Body) -> StatusCode {
    *store.offers.lock().unwrap().entry(sha256.to_owned()).or_default() += 1;
    if edge != EDGE || headers["authorization"] != format!("Bearer {TOKEN}") {
        return StatusCode::UNAUTHORIZED;
    }
    // read to the end before any answer: hanging up in mid-body would look like a broken connection
    let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    if let Some(status) = store.answers.lock().unwrap().get(sha256) {
        return *status;
    }
    assert_eq!(headers["content-length"], bytes.len().to_string());
    let expected = if bytes.starts_with(&[0xff, 0xd8]) { "image/jpeg" } else { "video/mp4" };
    assert_eq!(headers["content-type"], expected);
    if hex::encode(Sha256::digest(&bytes)) != sha256 {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    store.names.lock().unwrap().push(sha256.to_owned());
    StatusCode::CREATED
}

async fn serve(port: u16) -> (Arc<Store>, tokio::task::JoinHandle<()>) {
    let store = Arc::new(Store::default());
    let app = Router::new().route("/evidence/v1/{edge}/{sha256}", put(take)).with_state(store.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    store.port.store(listener.local_addr().unwrap().port(), Ordering::SeqCst);
    let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (store, task)
}

fn options(evidence_port: u16, token: &str) -> UplinkOptions {
    UplinkOptions {
        site: SITE.into(),
        edge: EDGE.into(),
        software: "0.1.0".into(),
        mqtt: format!("mqtt://127.0.0.1:{}", free_port().unwrap()), // nobody there: evidence does not wait for MQTT
        user: None,
        password: None,
        tls: TlsFiles::default(),
        evidence: Some(format!("http://127.0.0.1:{evidence_port}/")),
        token: Some(token.into()),
        timing: Timing {
            retry: Duration::from_millis(30),
            retry_longest: Duration::from_millis(200),
            refused_upload: Duration::from_millis(600),
            ..Timing::default()
        },
    }
}

fn picture(outbox: &Outbox, mark: u8) -> Evidence {
    let bytes = [&[0xff, 0xd8, 0xff, mark][..], &vec![mark; 20_000]].concat();
    outbox.spool().store_bytes(EvidenceKind::Snapshot, &bytes).unwrap()
}

fn clip(outbox: &Outbox, mark: u8) -> Evidence {
    let half = outbox.spool().temporary("mp4");
    fs::write(&half, vec![mark; 3_000_000]).unwrap();
    outbox.spool().store_file(EvidenceKind::Clip, &half).unwrap()
}

fn open(dir: &Path) -> Outbox {
    Outbox::open(dir, Limits::default(), at(0)).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_go_before_clips_two_at_a_time() {
    let (store, _server) = serve(0).await;
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let clips: Vec<Evidence> = (1..4).map(|mark| clip(&outbox, mark)).collect();
    let pictures: Vec<Evidence> = (1..6).map(|mark| picture(&outbox, mark)).collect();
    for file in clips.iter().chain(&pictures) {
        outbox.append(naming(&[file])).unwrap();
    }
    let uplink = Uplink::start(options(store.port(), TOKEN), outbox.clone(), &Handle::current()).unwrap();
    until("everything is uploaded", || outbox.stats().backlog_files == 0).await;
    let names = store.names.lock().unwrap().clone();
    assert_eq!(names.len(), 8, "each once");
    // two are under way at once, so a clip may overtake the last snapshot by one place
    let clip_names: Vec<&str> = clips.iter().map(|clip| &*clip.sha256).collect();
    let first_clip = names.iter().position(|name| clip_names.contains(&&**name)).unwrap();
    assert!(first_clip >= 4, "{names:?}");
    assert!(store.most_running.load(Ordering::SeqCst) <= 2);
    assert_eq!(outbox.stats().backlog_bytes, 0);
    assert!(outbox.stats().evidence_bytes > 9_000_000, "kept until room is needed");
    let stats = uplink.handle().stats();
    assert_eq!((stats.uploaded, stats.upload_error), (8, None));

    // one more wakes the uploader
    let late = picture(&outbox, 99);
    outbox.append(naming(&[&late])).unwrap();
    until("the late one is uploaded", || outbox.stats().backlog_files == 0).await;
    uplink.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_file_does_not_hold_up_the_others() {
    let (store, _server) = serve(0).await;
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let files: Vec<Evidence> = (1..6).map(|mark| picture(&outbox, mark)).collect();
    let [broken, unwanted, spoilt, gone, good] = &files[..] else { panic!() };
    outbox.append(naming(&files.iter().collect::<Vec<_>>())).unwrap();
    fs::remove_file(outbox.spool().path(&gone.sha256).unwrap()).unwrap();
    let mut other = vec![0xff; 20_004];
    other[1] = 0xd8; // still a picture, but not the one that its name says
    fs::write(outbox.spool().path(&spoilt.sha256).unwrap(), other).unwrap();
    {
        let mut answers = store.answers.lock().unwrap();
        answers.insert(broken.sha256.clone(), StatusCode::INTERNAL_SERVER_ERROR);
        answers.insert(unwanted.sha256.clone(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    let start = Instant::now();
    let options = options(store.port(), TOKEN);
    let refused_wait = options.timing.refused_upload;
    let uplink = Uplink::start(options, outbox.clone(), &Handle::current()).unwrap();
    let offers = |file: &Evidence| store.offers.lock().unwrap().get(&file.sha256).copied().unwrap_or(0);
    until("the good one is stored", || store.names.lock().unwrap().contains(&good.sha256)).await;
    until("the broken one was tried again and again", || offers(broken) >= 4).await;
    // offers first: the clock goes on while they are read; due times are whole milliseconds of the wall clock
    let offered = offers(unwanted) as u128;
    let rounds = (start.elapsed().as_millis() + 50) / refused_wait.as_millis();
    assert!(offered <= rounds + 1, "a refused file is not offered again soon: {offered} in {rounds} waits");
    assert_eq!((offers(good), offers(gone)), (1, 0));
    until("the missing one is given up", || outbox.stats().evidence_lost == 1).await;
    assert_eq!(outbox.stats().backlog_files, 3);
    assert!(uplink.handle().stats().uploads_failed >= 5);
    // somebody puts the centre right
    store.answers.lock().unwrap().clear();
    until("the rest is stored", || outbox.stats().backlog_files == 1).await;
    assert_eq!(store.names.lock().unwrap().len(), 3, "what does not fit its hash is not stored");
    uplink.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_centre_that_is_away_or_does_not_know_the_box_is_waited_for() {
    let port = free_port().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let file = picture(&outbox, 1);
    outbox.append(naming(&[&file])).unwrap();
    let uplink = Uplink::start(options(port, TOKEN), outbox.clone(), &Handle::current()).unwrap();
    let error = || uplink.handle().stats().upload_error.unwrap_or_default();
    until("it is said that the centre is away", || error().contains("cannot reach")).await;
    let (store, _server) = serve(port).await;
    until("it is uploaded", || outbox.stats().backlog_files == 0).await;
    assert_eq!(*store.names.lock().unwrap(), [file.sha256]);
    assert_eq!(uplink.handle().stats().upload_error, None);
    uplink.stop().await;

    let file = picture(&outbox, 2);
    outbox.append(naming(&[&file])).unwrap();
    let stranger = Uplink::start(options(port, "forged"), outbox.clone(), &Handle::current()).unwrap();
    let error = || stranger.handle().stats().upload_error.unwrap_or_default();
    until("it is said that the box is unknown", || error().contains("enrol it again")).await;
    assert!(!error().contains("forged"));
    assert_eq!(outbox.stats().backlog_files, 1);
    stranger.stop().await;
}

struct Pki {
    dir: tempfile::TempDir,
}

impl Pki {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority");
        let key = KeyPair::generate().unwrap();
        let ca = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        fs::write(dir.path().join("ca.pem"), ca.pem()).unwrap();
        for (name, host) in [("server", "127.0.0.1"), ("edge", EDGE)] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
            params.distinguished_name.push(DnType::CommonName, host);
            let certificate = params.signed_by(&key, &issuer).unwrap();
            fs::write(dir.path().join(format!("{name}.pem")), certificate.pem()).unwrap();
            fs::write(dir.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_over_tls_wants_certificates_on_both_sides() {
    let (pki, strangers) = (Pki::new(), Pki::new());
    let show = |name| pki.path(name).display().to_string();
    let broker = Mosquitto::with(&format!(
        "persistence false\nallow_anonymous true\ncafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\n",
        show("ca.pem"),
        show("server.pem"),
        show("server.key")
    ))
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let with = |ca: &Pki, own: &Pki| UplinkOptions {
        mqtt: format!("mqtts://127.0.0.1:{}", broker.port),
        evidence: None,
        tls: TlsFiles {
            ca: Some(ca.path("ca.pem")),
            certificate: Some(own.path("edge.pem")),
            key: Some(own.path("edge.key")),
        },
        ..options(1, TOKEN)
    };
    let start = |options| Uplink::start(options, outbox.clone(), &Handle::current()).unwrap();

    let wrong_centre = start(with(&strangers, &pki));
    let told = || wrong_centre.handle().stats().last_error.unwrap_or_default();
    until("the broker's certificate is not trusted", || told().contains("no secure connection")).await;
    wrong_centre.stop().await;

    let wrong_box = start(with(&pki, &strangers));
    let told = || wrong_box.handle().stats().last_error.unwrap_or_default();
    until("the broker does not trust the box", || told().contains("this box's certificate")).await;
    assert_eq!(wrong_box.handle().stats().connections, 0);
    wrong_box.stop().await;

    let uplink = start(with(&pki, &pki));
    until("the connection stands", || uplink.handle().stats().connected).await;
    assert_eq!(uplink.handle().stats().connections, 1);
    uplink.stop().await;
}
