//! Pictures of the work: who may bring them, what is kept of them, who sees them, and what becomes of them.

use std::io::Cursor;

use axum::body::to_bytes;
use axum::http::{Method, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use xunge_central::case::guard::{Actor, Post, Role};
use xunge_central::case::{Assignee, Change, Moment, Picture, Verdict};
use xunge_central::evidence::EvidenceFiles;
use xunge_central::org::Region;
use xunge_central::retention::{self, Keep};
use xunge_central::store::{Held, PurgeOrder, Store, StoredEvidence};

use crate::support::{Kind, SITE, Shop, alert, at, decided, everywhere, inbound, on_both};
use crate::views::session;
use crate::web::{Console, body, change, get};

const DAY: i64 = 24 * 3600;
const KEEP: Keep = Keep { days: 30 };

/// A case that li handles.
async fn handled_by_li(store: &Store) -> Uuid {
    let taken = store.take(&[inbound(&alert(1, 1, 1, 0))], at(1)).await.unwrap();
    let id = *taken.news.cases.first().unwrap();
    let li = everywhere("li", Role::Acceptor);
    let to = Assignee { region: Region::parse(SITE).unwrap(), user: None };
    for next in [decided(Verdict::Real, None), Change::Dispatched { to, note: None }, Change::Accepted] {
        step(store, id, next, &li, 5).await;
    }
    id
}

async fn step(store: &Store, id: Uuid, next: Change, who: &Actor, secs: i64) {
    let shown = store.case_summary(id).await.unwrap().unwrap().version;
    store.change_case(id, next, who, shown, at(secs)).await.unwrap().unwrap();
}

fn png() -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    RgbImage::from_fn(64, 32, |x, _| image::Rgb([if x < 32 { 10 } else { 240 }; 3]))
        .write_to(&mut png, ImageFormat::Png)
        .unwrap();
    png.into_inner()
}

async fn send(console: &Console, who: &str, id: Uuid, bytes: &[u8]) -> Response<axum::body::Body> {
    let what = json!({"content": STANDARD.encode(bytes), "moment": "after", "keep_place": true});
    console.send(change(Method::POST, &format!("/api/v1/cases/{id}/pictures"), Some(who), &what)).await
}

#[tokio::test]
async fn the_handler_brings_a_picture_that_others_see_once_they_said_why() {
    let console = Console::open().await;
    let store = &console.shop.store;
    let id = handled_by_li(store).await;
    let (li, sun, wang) = (
        session(&console, "li", Role::Acceptor).await,
        session(&console, "sun", Role::GridWorker).await,
        console.log_in().await,
    );
    for (who, code) in [(&sun, "not_handler"), (&wang, "not_yours")] {
        let answer = send(&console, who, id, &png()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(body(answer).await["code"], code);
    }
    for bytes in [&b"<svg/>"[..], b"", &png()[..60]] {
        let answer = send(&console, &li, id, bytes).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(body(answer).await["code"], "not_a_picture");
    }
    let answer = send(&console, &li, id, &vec![0; 13 * 1024 * 1024]).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(console.shop.number("SELECT COUNT(*) FROM evidence").await, 0, "nothing of all that is kept");

    let answer = send(&console, &li, id, &png()).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let shown = body(answer).await;
    let picture = &shown["pictures"][0];
    let sha256 = picture["sha256"].as_str().unwrap().to_owned();
    assert_eq!(
        (&picture["by"], &picture["stored"], &picture["fix"]),
        (&json!("li"), &json!(true), &Value::Null)
    );
    let entry = &shown["log"].as_array().unwrap().last().unwrap()["change"];
    assert_eq!(entry["change"], "pictured");
    assert_eq!(entry["original"], hex::encode(Sha256::digest(png())), "what was sent can be proved");

    // whoever works on the case sees it, others say why first
    let path = format!("/api/v1/evidence/{sha256}");
    let answer = console.send(get(&path, Some(&li))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    assert_eq!(hex::encode(Sha256::digest(&bytes)), sha256);
    assert!(bytes.starts_with(&[0xFF, 0xD8, 0xFF]), "kept as JPEG");
    for path in [path.clone(), format!("{path}/preview")] {
        assert_eq!(console.send(get(&path, Some(&wang))).await.status(), StatusCode::FORBIDDEN);
    }
    let why = json!({"reason": "checking", "case": id});
    let said = console.send(change(Method::POST, "/api/v1/views", Some(&wang), &why)).await;
    assert_eq!(said.status(), StatusCode::CREATED);
    for path in [path.clone(), format!("{path}/preview")] {
        assert_eq!(console.send(get(&path, Some(&wang))).await.status(), StatusCode::OK);
    }
    // from elsewhere it is as if it were not there
    let far = Post { role: Role::Supervisor, region: Some(Region::parse("420503").unwrap()) };
    assert!(store.add_user("far", &[far], "!", at(0)).await.unwrap());
    store.begin_session("far", "far", at(0), at(86_400)).await.unwrap();
    assert_eq!(console.send(get(&path, Some("xunge_session=far"))).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(store.verify_chain().await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_picture_leaves_with_its_case_masked_or_not() {
    let console = Console::open().await;
    let id = handled_by_li(&console.shop.store).await;
    let li = session(&console, "li", Role::Acceptor).await;
    assert_eq!(send(&console, &li, id, &png()).await.status(), StatusCode::CREATED);
    let what = json!({"cases": [id], "reason": "complaint", "recipient": "业主委员会"});
    let answer = console.send(change(Method::POST, "/api/v1/exports", Some(&li), &what)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let name = names.into_iter().find(|name| name.contains("/pictures/"));
    assert!(name.as_deref().is_some_and(|name| name.ends_with("0-after.jpg")), "{name:?}");
    let mut manifest = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("manifest.json").unwrap(), &mut manifest).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let item =
        manifest["files"].as_array().unwrap().iter().find(|item| item["path"] == name.clone().unwrap());
    assert_eq!(item.unwrap()["masked"], true);
}

#[tokio::test]
async fn what_a_request_cannot_say_is_told_by_name() {
    let console = Console::open().await;
    let id = handled_by_li(&console.shop.store).await;
    let li = session(&console, "li", Role::Acceptor).await;
    let path = format!("/api/v1/cases/{id}/changes");
    let asked = json!({"change": {"change": "returned", "reasn": "x", "reason": "y"}, "version": 1});
    let answer = console.send(change(Method::POST, &path, Some(&li), &asked)).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let problem = body(answer).await;
    assert!(
        problem["zh"].as_str().unwrap().contains("没有名为 `reasn` 的项，是否应为 `reason`"),
        "{problem}"
    );
}

on_both! {
    async fn a_picture_is_kept_as_long_as_its_case_needs_it(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let files = EvidenceFiles::open(shop.folder.path(), 1000).await.unwrap();
        let id = handled_by_li(store).await;
        let li = everywhere("li", Role::Acceptor);
        let mut names = Vec::new();
        for n in [1_u8, 2] {
            let bytes = [n; 10];
            let sha256 = hex::encode(Sha256::digest(bytes));
            let stream = futures_util::stream::iter([Ok::<_, String>(bytes.to_vec())]);
            files.put(&sha256, stream).await.unwrap();
            let file = StoredEvidence { sha256: sha256.clone(), bytes: 10, media_type: "image/jpeg".into() };
            store.evidence_stored("", &file, at(6)).await.unwrap();
            let picture =
                Picture { sha256: sha256.clone(), bytes: 10, moment: Moment::After, original: sha256.clone(), fix: None };
            store.add_picture(id, picture, &li, at(6)).await.unwrap().unwrap();
            names.push(sha256);
        }
        let purge = async |secs: i64| {
            let order = PurgeOrder { cutoff: KEEP.cutoff(at(secs)), by: "system".into(), approval: None };
            retention::purge(store, &files, &order, at(secs)).await.unwrap().files
        };
        assert_eq!(purge(31 * DAY).await, 0, "its case is open");
        let void = Change::VoidAsked { reason: "演练".into() };
        step(store, id, void, &everywhere("a", Role::Admin), 31 * DAY).await;
        step(store, id, Change::VoidAnswered { approved: true }, &everywhere("b", Role::Admin), 31 * DAY).await;
        let held = store.hold(&Held::File(names[0].clone()), "诉讼", None, "li", at(31 * DAY)).await.unwrap();
        assert!(held.is_some());
        assert_eq!(store.holds(None, Some(id), false, at(31 * DAY)).await.unwrap().len(), 1, "a hold of the case");
        assert_eq!(purge(32 * DAY).await, 1, "one is held");
        let run = store.purges(1).await.unwrap()[0].id;
        let gone = store.purged_files(run, "", 9).await.unwrap();
        assert_eq!(gone[0].sha256, names[1]);
        let number = store.case_summary(id).await.unwrap().unwrap().number;
        assert_eq!(gone[0].belonged[0].case.as_deref(), Some(number.as_str()), "the proof names its case");
        let shown = store.case_detail(id, &li, at(33 * DAY)).await.unwrap().unwrap().pictures;
        let state: Vec<_> = shown.iter().map(|one| (one.stored, one.purged_utc)).collect();
        assert_eq!(state, [(true, None), (false, Some(at(32 * DAY)))]);
        assert_eq!(store.verify_chain().await.unwrap().problems, Vec::<String>::new());
    }
}
