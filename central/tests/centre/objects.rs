//! Evidence in an object store: what is different from a folder. What is the same is tried in both places by its own tests.

use std::time::{Duration, Instant};

use axum::body::to_bytes;
use axum::http::{Method, StatusCode, header};
use serde_json::json;
use xunge_alert::EvidenceKind;
use xunge_central::backup::{self, Centre as Consists};
use xunge_central::case::guard::Role;
use xunge_central::case::{Reason, Verdict};
use xunge_central::evidence::copy::copy;
use xunge_central::evidence::{EvidenceError, EvidenceFiles, EvidenceStore, Limits, Objects};
use xunge_central::pki::Pki;
use xunge_central::retention::{self, Keep, PurgeError};
use xunge_central::store::{PurgeOrder, Store};
use xunge_parts::S3Server;

use crate::export::{export, one, unpack};
use crate::process::{Centre, embedded, run, text};
use crate::support::{
    EDGE, Kind, SITE, Shop, alert, at, bucket, bucket_of, decided, eventually, evidence, guard, inbound,
    right_bucket, settings,
};
use crate::views::{case_with_files, session};
use crate::web::{Console, body, change, get};
use crate::web_evidence::{files, put, sha};

const DAY: i64 = 24 * 3600;
const KEEP: Keep = Keep { days: 30 };

/// A console whose evidence lies in a server that the test may kill.
async fn console(server: &S3Server) -> Console {
    Console::on(Shop::open().await, right_bucket(server), 1 << 26).await
}

fn objects(store: &EvidenceStore) -> &Objects {
    let EvidenceStore::Objects(objects) = store else { panic!("{store}") };
    objects
}

/// 误报 for the only case.
async fn reject(console: &Console, case: uuid::Uuid) {
    let tree = decided(Verdict::FalseAlarm, Some(Reason::ALL[0]));
    console.shop.store.change_case(case, tree, &guard("wang"), 2, at(5)).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_purged_is_gone_from_the_bucket_and_the_list_says_when() {
    let server = S3Server::start().unwrap();
    let console = console(&server).await;
    let (case, snapshot, _) = case_with_files(&console).await;
    assert_eq!(server.objects().unwrap().len(), 2);
    assert!(server.objects().unwrap().contains(&format!("xiling/{}/{snapshot}", &snapshot[..2])));
    reject(&console, case).await;
    let zhou = session(&console, "zhou", Role::Supervisor).await;
    console.hands.move_to(40 * DAY);
    let purged = console.send(change(Method::POST, "/api/v1/purges", Some(&zhou), &json!({}))).await;
    assert_eq!((purged.status(), body(purged).await["files"].as_u64()), (StatusCode::CREATED, Some(2)));
    assert_eq!(server.objects().unwrap(), Vec::<String>::new());
    let purges = body(console.send(get("/api/v1/purges", Some(&zhou))).await).await;
    let path = format!("/api/v1/purges/{}/files", purges["purges"][0]["id"].as_str().unwrap());
    let list = body(console.send(get(&path, Some(&zhou))).await).await;
    assert_eq!(list["files"][0]["erased_utc"], json!(at(40 * DAY)));
}

#[tokio::test]
async fn there_is_no_proof_while_the_bytes_cannot_be_removed() {
    let mut server = S3Server::start().unwrap();
    let console = console(&server).await;
    let (case, snapshot, clip) = case_with_files(&console).await;
    let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
    reject(&console, case).await;
    let (store, files, now) = (&console.shop.store, &console.files, at(40 * DAY));
    let order = PurgeOrder { cutoff: KEEP.cutoff(now), by: "system".into(), approval: None };
    server.kill();
    // it is found out in the middle: the rows are gone, the bytes are not
    let broken = retention::purge(store, files, &order, now).await;
    assert!(matches!(broken, Err(PurgeError::Evidence(EvidenceError::Away { .. }))), "{broken:?}");
    assert!(store.purges(9).await.unwrap().is_empty());
    assert_eq!((store.to_erase().await.unwrap().len(), server.objects().unwrap().len()), (2, 2));
    // known to be away: nothing more is begun
    assert!(!objects(files.store()).check().await);
    assert!(retention::purge(store, files, &order, now).await.is_err());
    assert!(retention::resume(store, files, now).await.is_err());

    server.restart().unwrap();
    assert!(objects(files.store()).check().await);
    // what comes again would go with the bytes that are about to go: it is to come later
    let again = || put(EDGE, &clip, &token, b"not really a clip");
    let refused = console.send(again()).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()[header::RETRY_AFTER], "30");
    assert_eq!(body(refused).await["code"], "being_erased");
    assert!(store.is_being_erased(&snapshot).await.unwrap());
    retention::resume(store, files, now).await.unwrap();
    assert_eq!(server.objects().unwrap(), Vec::<String>::new());
    assert!(!store.is_being_erased(&snapshot).await.unwrap());
    assert_eq!(console.send(again()).await.status(), StatusCode::CREATED);
    assert_eq!(files.store().load(&clip).await.unwrap().unwrap(), b"not really a clip");
    let purges = store.purges(9).await.unwrap();
    assert_eq!((purges.len(), purges[0].proof.files), (1, 2));
    assert_eq!(store.verify_chain().await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_store_that_cannot_be_used_is_said_with_what_to_do() {
    let server = S3Server::start().unwrap();
    let (right, limits) = ((S3Server::ACCESS_KEY, S3Server::SECRET_KEY), Limits::default());
    for (keys, said) in [
        ((S3Server::ACCESS_KEY, "another"), "check `secret_key_file`"),
        (("AKANOTHER", S3Server::SECRET_KEY), "check `access_key_file`"),
    ] {
        let store = bucket(&server, keys, limits);
        assert!(!objects(&store).check().await);
        let why = objects(&store).outage().unwrap();
        assert!(why.contains(said) && why.contains("s3://evidence/xiling") && !why.contains('<'), "{why}");
        assert!(!why.contains(keys.1), "{why}");
    }
    let down = S3Server::down().unwrap();
    let store = bucket(&down, right, limits);
    assert!(!objects(&store).check().await);
    let why = objects(&store).outage().unwrap();
    assert!(why.contains("check `endpoint`"), "{why}");
}

#[tokio::test]
async fn a_server_is_believed_only_with_a_certificate_of_an_authority_that_is_known() {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let server = S3Server::secured(&own.cert.pem(), &own.signing_key.serialize_pem()).unwrap();
    let keys = (S3Server::ACCESS_KEY, S3Server::SECRET_KEY);
    let stranger = bucket(&server, keys, Limits::default());
    assert!(!objects(&stranger).check().await);
    let why = objects(&stranger).outage().unwrap();
    assert!(why.contains("certificate verify failed"), "{why}");

    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, own.cert.pem()).unwrap();
    let known = bucket_of(&server, keys, Limits::default(), Some(ca));
    assert!(objects(&known).check().await, "{:?}", objects(&known).outage());
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for_and_everything_else_goes_on() {
    let mut server = S3Server::down().unwrap();
    let console = console(&server).await;
    let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
    let (clip, cookie) = (b"not really a clip".to_vec(), console.log_in().await);
    let name = sha(&clip);
    // the first one finds it out, the second is refused before it is sent
    for _ in 0..2 {
        let refused = console.send(put(EDGE, &name, &token, &clip)).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()[header::RETRY_AFTER], "30");
        assert_eq!(body(refused).await["code"], "evidence_away");
    }
    assert_eq!(files(&console), Vec::<String>::new(), "nothing is left beside it");
    // alerts become cases, and pages say what is wrong
    let mut first = alert(1, 1, 1, 0);
    first.evidence = vec![evidence(EvidenceKind::Clip, &name, 17)];
    console.shop.store.take(&[inbound(&first)], at(0)).await.unwrap();
    let list = body(console.send(get("/api/v1/cases", Some(&cookie))).await).await;
    assert_eq!(list["cases"].as_array().unwrap().len(), 1);
    let overview = body(console.send(get("/api/v1/overview", Some(&cookie))).await).await;
    assert_eq!(overview["evidence"], json!({"kept_in": "s3", "away": true, "keeps_versions": false}));
    let health = console.send(get("/healthz", None)).await;
    assert_eq!((health.status(), body(health).await["evidence"].as_str()), (StatusCode::OK, Some("away")));

    server.restart().unwrap();
    assert!(objects(console.files.store()).check().await);
    assert_eq!(console.send(put(EDGE, &name, &token, &clip)).await.status(), StatusCode::CREATED);
    let health = body(console.send(get("/healthz", None)).await).await;
    assert_eq!(health["evidence"], "ok");

    // what was kept cannot be shown or handed over meanwhile: in words, and not for ever
    console.say_why(&cookie, &name).await;
    let path = format!("/api/v1/evidence/{name}");
    server.kill();
    let shown = console.send(get(&path, Some(&cookie))).await;
    assert_eq!(
        (shown.status(), body(shown).await["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("evidence_away"))
    );
    let zhou = session(&console, "zhou", Role::Supervisor).await;
    let case = list["cases"][0]["id"].as_str().unwrap().parse().unwrap();
    let taken_out = export(&console, &zhou, one(case)).await;
    assert_eq!(taken_out.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(console.shop.number("SELECT COUNT(*) FROM ledger WHERE kind = 'exported'").await, 0);
    server.restart().unwrap();
    assert_eq!(console.send(get(&path, Some(&cookie))).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_an_upload_leaves_nothing_that_is_seen() {
    let mut server = S3Server::start().unwrap();
    let console = console(&server).await;
    let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
    let clip: Vec<u8> = (0..12_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
    let name = sha(&clip);
    // the upload is begun and its first part taken, of three
    server.dies_after(2);
    let broken = console.send(put(EDGE, &name, &token, &clip)).await;
    assert_eq!(broken.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(files(&console), Vec::<String>::new());
    assert_eq!(server.objects().unwrap(), Vec::<String>::new());
    assert_eq!(console.shop.store.stored_evidence(&name).await.unwrap(), None);

    server.restart().unwrap();
    assert!(objects(console.files.store()).check().await);
    assert_eq!(console.send(put(EDGE, &name, &token, &clip)).await.status(), StatusCode::CREATED);
    assert_eq!(server.objects().unwrap(), [format!("xiling/{}/{name}", &name[..2])]);
    assert_eq!(console.files.store().load(&name).await.unwrap().unwrap(), clip);
}

#[tokio::test]
async fn what_is_known_and_gone_or_damaged_is_said_in_words() {
    let server = S3Server::start().unwrap();
    let console = console(&server).await;
    let (case, snapshot, clip) = case_with_files(&console).await;
    let cookie = console.log_in().await;
    let file = |name: &str| server.bucket().join("xiling").join(&name[..2]).join(name);
    std::fs::remove_file(file(&snapshot)).unwrap();
    std::fs::write(file(&clip), b"not really a CLIP").unwrap();
    for path in [format!("/api/v1/evidence/{snapshot}"), format!("/api/v1/evidence/{snapshot}/preview")] {
        console.say_why(&cookie, &snapshot).await;
        let answer = console.send(get(&path, Some(&cookie))).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let said = body(answer).await;
        assert_eq!(said["code"], "evidence_lost");
        assert!(said["zh"].as_str().unwrap().contains("从备份恢复"), "{said}");
    }
    // another size is noticed before the first byte is sent, another content when it is handed over
    std::fs::write(file(&clip), b"short").unwrap();
    console.say_why(&cookie, &clip).await;
    let short = console.send(get(&format!("/api/v1/evidence/{clip}"), Some(&cookie))).await;
    assert_eq!(
        (short.status(), body(short).await["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("evidence_lost"))
    );
    std::fs::write(file(&clip), b"not really a CLIP").unwrap();
    assert!(matches!(console.files.store().load(&clip).await, Err(EvidenceError::Damaged { .. })));
    let zhou = session(&console, "zhou", Role::Supervisor).await;
    let parcel = unpack(export(&console, &zhou, one(case)).await).await;
    let manifest: serde_json::Value = serde_json::from_slice(&parcel["manifest.json"]).unwrap();
    let left_out: Vec<&str> =
        manifest["left_out"].as_array().unwrap().iter().map(|file| file["en"].as_str().unwrap()).collect();
    assert_eq!(left_out, ["the evidence store does not have the file, or it is damaged"; 2]);
}

#[tokio::test]
async fn a_store_that_does_not_answer_holds_nobody_up() {
    // takes connections and says nothing
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut server = S3Server::down().unwrap();
    server.port = silent.local_addr().unwrap().port();
    let short = Duration::from_millis(300);
    let limits = Limits { connect: short, ask: short, read: short, send: short };
    let keys = (S3Server::ACCESS_KEY, S3Server::SECRET_KEY);
    let console = Console::on(Shop::open().await, bucket(&server, keys, limits), 1000).await;
    let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
    let name = sha(b"x");
    let begun = Instant::now();
    let (upload, page) = tokio::join!(console.send(put(EDGE, &name, &token, b"x")), async {
        let page = console.send(get("/healthz", None)).await;
        (page.status(), begun.elapsed())
    });
    assert_eq!(upload.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.0, StatusCode::OK);
    assert!(page.1 < begun.elapsed(), "the page did not wait for the upload");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    // what follows does not even try
    let begun = Instant::now();
    assert_eq!(console.send(put(EDGE, &name, &token, b"x")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(begun.elapsed() < short, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn two_centres_on_one_database_share_what_either_has_taken() {
    let server = S3Server::start().unwrap();
    let shop = Shop::of(Kind::Postgres).await;
    let store = Store::open(&shop.place, settings()).await.unwrap();
    let beside = Shop { store, folder: tempfile::tempdir().unwrap(), place: shop.place.clone() };
    let first = Console::on(shop, right_bucket(&server), 1 << 20).await;
    let second = Console::on(beside, right_bucket(&server), 1 << 20).await;
    let token = first.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
    let clip = b"not really a clip".to_vec();
    let name = sha(&clip);
    assert_eq!(first.send(put(EDGE, &name, &token, &clip)).await.status(), StatusCode::CREATED);
    assert_eq!(second.send(put(EDGE, &name, &token, &clip)).await.status(), StatusCode::OK);
    let cookie = second.log_in().await;
    second.say_why(&cookie, &name).await;
    let seen = second.send(get(&format!("/api/v1/evidence/{name}"), Some(&cookie))).await;
    assert_eq!(to_bytes(seen.into_body(), 100).await.unwrap(), clip);
}

#[tokio::test]
async fn evidence_is_copied_there_and_back_and_copying_goes_on_where_it_was() {
    let server = S3Server::start().unwrap();
    let console = Console::open().await;
    let (_, snapshot, clip) = case_with_files(&console).await;
    let ended = |console: Console| console.shop;
    let (folder, s3) = (EvidenceStore::folder(console.shop.folder.path()), right_bucket(&server));
    // a centre that works with the folder keeps it from being emptied
    let (store, data_dir) = (&console.shop.store, console.shop.folder.path());
    let refused = copy(store, (&folder, &s3), data_dir, true, |_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("used by a centre that runs"), "{refused}");
    let shop = ended(console);
    let (store, data_dir) = (&shop.store, shop.folder.path());
    let path = |name: &str| data_dir.join("evidence").join(&name[..2]).join(name);
    // whoever empties it keeps centres from starting
    let emptying = std::fs::File::open(data_dir.join("evidence")).unwrap();
    emptying.try_lock().unwrap();
    let refused = EvidenceFiles::with(EvidenceStore::folder(data_dir), data_dir, 1 << 20).await.unwrap_err();
    assert!(refused.to_string().contains("start again"), "{refused}");
    emptying.unlock().unwrap();
    // one of them is there already, one was changed on the disk
    s3.adopt(&path(&snapshot), &snapshot, std::fs::metadata(path(&snapshot)).unwrap().len()).await.unwrap();
    std::fs::write(path(&clip), b"not really a CLIP").unwrap();
    let copied = copy(store, (&folder, &s3), data_dir, true, |_| ()).await.unwrap();
    assert_eq!((copied.files, copied.copied, copied.there, copied.removed), (2, 0, 1, 1));
    assert_eq!(copied.lost.len(), 1);
    assert!(copied.lost[0].1.contains("is damaged"), "{:?}", copied.lost);
    assert!(path(&clip).exists() && !path(&snapshot).exists(), "only what is there was removed here");

    std::fs::write(path(&clip), b"not really a clip").unwrap();
    let mut told = 0;
    let copied = copy(store, (&folder, &s3), data_dir, false, |_| told += 1).await.unwrap();
    assert_eq!((copied.copied, copied.there, copied.lost.len(), told), (1, 1, 0, 2));
    assert_eq!(s3.load(&clip).await.unwrap().unwrap(), b"not really a clip");
    assert!(path(&clip).exists(), "nothing goes unless it is said");

    let copied = copy(store, (&s3, &folder), data_dir, true, |_| ()).await.unwrap();
    assert_eq!((copied.copied, copied.there, copied.removed), (1, 1, 2));
    assert_eq!(server.objects().unwrap(), Vec::<String>::new());
    assert!(folder.load(&snapshot).await.unwrap().is_some());
    assert!(!data_dir.join("evidence/copying").exists());
}

#[tokio::test]
async fn a_backup_holds_what_lies_in_the_bucket_and_restores_it_there() {
    let mut server = S3Server::start().unwrap();
    let console = console(&server).await;
    let (_, snapshot, clip) = case_with_files(&console).await;
    let (data_dir, kept) = (console.shop.folder.path(), tempfile::tempdir().unwrap());
    Pki::open(&data_dir.join("pki"), at(0)).unwrap();
    let config = data_dir.join("central.toml");
    std::fs::write(&config, "data_dir = \".\"\n").unwrap();
    let consists = Consists { data_dir, evidence: console.files.store(), config: &config };
    let made = backup::backup(&console.shop.store, consists, kept.path(), at(100)).await.unwrap();
    assert_eq!((made.copied, made.manifest.evidence_files, made.manifest.missing.len()), (2, 2, 0));
    assert!(backup::check(&made.folder).is_ok());
    server.kill();
    let away = backup::backup(&console.shop.store, consists, kept.path(), at(200)).await.unwrap();
    assert_eq!(away.copied, 0, "what is in the backups already is not asked for");
    server.restart().unwrap();

    // one object is left, the other is lost with everything else
    std::fs::remove_file(server.bucket().join("xiling").join(&clip[..2]).join(&clip)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let place = xunge_central::store::Place::File(home.path().join("central.db"));
    let to = (home.path(), console.files.store());
    let (_, store) = backup::restore(&made.folder, to, &place, settings()).await.unwrap();
    assert_eq!(console.files.store().load(&clip).await.unwrap().unwrap(), b"not really a clip");
    assert!(console.files.store().load(&snapshot).await.unwrap().is_some());
    assert!(!home.path().join("evidence").exists());
    store.close().await;
}

#[tokio::test]
async fn the_program_starts_without_its_object_store_and_takes_evidence_when_it_is_there() {
    let mut server = S3Server::down().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    embedded(folder);
    let config = std::fs::read_to_string(folder.join("central.toml")).unwrap();
    let s3 = format!(
        "[evidence.s3]\nbucket = \"{}\"\nendpoint = \"{}\"\naccess_key_file = \"s3.id\"\nsecret_key_file = \"s3.key\"\n",
        S3Server::BUCKET,
        server.url()
    );
    std::fs::write(folder.join("central.toml"), config + &s3).unwrap();
    let unread = run(folder, &["run", "--config", "central.toml"]);
    assert!(!unread.status.success());
    assert!(text(&unread.stderr).contains("access_key_file"), "{}", text(&unread.stderr));
    std::fs::write(folder.join("s3.id"), S3Server::ACCESS_KEY).unwrap();
    std::fs::write(folder.join("s3.key"), format!("{}\n", S3Server::SECRET_KEY)).unwrap();
    let checked = run(folder, &["check", "--config", "central.toml"]);
    assert!(text(&checked.stdout).contains("s3://evidence"), "{}", text(&checked.stdout));

    let centre = Centre::start(folder);
    let url = centre.line("console: ").await;
    let enrolled =
        run(folder, &["enroll", "--config", "central.toml", "--edge", EDGE, "--site", SITE, "--out", "box"]);
    assert!(enrolled.status.success(), "{}", text(&enrolled.stderr));
    let credentials = std::fs::read_to_string(folder.join("box/credentials.toml")).unwrap();
    let token = credentials
        .lines()
        .find_map(|line| line.trim().strip_prefix("token = \""))
        .unwrap()
        .trim_end_matches('"');
    let client = reqwest::Client::new();
    // so large that the refusal comes before the sender is at its end
    let clip = vec![7; 8_000_000];
    let name = sha(&clip);
    let send = async || {
        let request =
            client.put(format!("{url}/evidence/v1/{EDGE}/{name}")).bearer_auth(token).body(clip.clone());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(send().await, 503);
    server.restart().unwrap();
    eventually("the evidence is taken", async || (send().await == 201).then_some(())).await;
    let health: serde_json::Value = serde_json::from_str(
        &client.get(format!("{url}/healthz")).send().await.unwrap().text().await.unwrap(),
    )
    .unwrap();
    assert_eq!(health["evidence"], "ok");

    // back into the folder, by the command, while it runs
    let back = run(folder, &["evidence", "copy", "--config", "central.toml", "--to", "folder"]);
    assert!(back.status.success(), "{}", text(&back.stderr));
    assert!(text(&back.stdout).contains("1 of 1 files: 1 copied"), "{}", text(&back.stdout));
    assert!(folder.join("data/evidence").join(&name[..2]).join(&name).exists());
    server.kill();
    let failed = run(folder, &["evidence", "copy", "--config", "central.toml", "--to", "s3"]);
    assert!(
        text(&failed.stderr).contains("cannot write to the object store s3://evidence"),
        "{}",
        text(&failed.stderr)
    );
    // it stops in time with a store that takes connections and says nothing, and an upload that waits for it
    let _silent =
        eventually("the port is free", async || std::net::TcpListener::bind(("127.0.0.1", server.port)).ok())
            .await;
    let waiting = tokio::spawn(
        client.put(format!("{url}/evidence/v1/{EDGE}/{}", sha(b"y"))).bearer_auth(token).body("y").send(),
    );
    let begun = Instant::now();
    assert!(centre.stop().await.success());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    waiting.abort();
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    assert!(log.contains("can be used again") && !log.contains(S3Server::SECRET_KEY), "{log}");
}
