//! 调用登记: nobody looks without a reason, and every look is in the register.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use xunge_alert::EvidenceKind;
use xunge_central::case::Change;
use xunge_central::case::guard::{Post, Role};
use xunge_central::law::view::{Reason, Terminal};
use xunge_central::org::Region;
use xunge_central::store::{StoredEvidence, ViewFilter, Viewer, Wanted};

use crate::support::{EDGE, Kind, SITE, Shop, alert, at, decided, evidence, guard, inbound, on_both};
use crate::web::{Console, body, change, get, login};

/// A picture of a camera: grey with a bright middle.
pub fn picture() -> Vec<u8> {
    let mut image = image::RgbImage::from_pixel(640, 360, image::Rgb([90, 90, 90]));
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        if (200..300).contains(&x) && (100..300).contains(&y) {
            // stripes, so that something is there to lose
            *pixel = if (x / 4) % 2 == 0 { image::Rgb([250, 250, 250]) } else { image::Rgb([10, 10, 10]) };
        }
    }
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90).encode_image(&image).unwrap();
    jpeg
}

/// A case with a picture and a clip that are really there. Gives case, picture, clip.
pub async fn case_with_files(console: &Console) -> (Uuid, String, String) {
    let (jpeg, clip) = (picture(), b"not really a clip".to_vec());
    let names = [hex::encode(Sha256::digest(&jpeg)), hex::encode(Sha256::digest(&clip))];
    let mut one = alert(1, 1, 1, 0);
    one.evidence = vec![
        evidence(EvidenceKind::Snapshot, &names[0], jpeg.len() as u64),
        evidence(EvidenceKind::Clip, &names[1], clip.len() as u64),
    ];
    let taken = console.shop.store.take(&[inbound(&one)], at(0)).await.unwrap();
    for (name, bytes, media_type) in [(&names[0], &jpeg, "image/jpeg"), (&names[1], &clip, "video/mp4")] {
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes.clone())]);
        let written = console.files.put(name, stream).await.unwrap();
        let file = StoredEvidence { sha256: name.clone(), bytes: written, media_type: media_type.into() };
        console.shop.store.evidence_stored(EDGE, &file, at(0)).await.unwrap();
    }
    let [picture, clip] = names;
    (*taken.news.cases.first().unwrap(), picture, clip)
}

/// Logs somebody in who holds this post everywhere.
pub async fn session(console: &Console, name: &str, role: Role) -> String {
    console.shop.store.add_user(name, &[Post { role, region: None }], "!", at(0)).await.unwrap();
    console.shop.store.begin_session(name, name, at(0), at(1 << 24)).await.unwrap();
    format!("xunge_session={name}")
}

async fn status(console: &Console, path: &str, cookie: &str) -> StatusCode {
    console.send(get(path, Some(cookie))).await.status()
}

async fn register(console: &Console, cookie: &str, query: &str) -> Vec<Value> {
    let page = body(console.send(get(&format!("/api/v1/views{query}"), Some(cookie))).await).await;
    page["views"].as_array().unwrap().clone()
}

#[tokio::test]
async fn nobody_looks_without_a_reason_and_the_reason_is_kept() {
    let console = Console::open().await;
    let (case, snapshot, clip) = case_with_files(&console).await;
    let zhang = session(&console, "zhang", Role::Inspector).await;
    let auditor = session(&console, "audit", Role::Auditor).await;
    let clip_path = format!("/api/v1/evidence/{clip}");
    let refused = console.send(get(&clip_path, Some(&zhang))).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(body(refused).await["code"], "view_reason");
    assert_eq!(
        status(&console, &format!("/api/v1/evidence/{snapshot}"), &zhang).await,
        StatusCode::FORBIDDEN
    );

    let say = |why: Value| console.send(change(Method::POST, "/api/v1/views", Some(&zhang), &why));
    for wordless in
        [json!({"reason": "authority", "case": case}), json!({"reason": "other", "text": " ", "case": case})]
    {
        assert_eq!(say(wordless).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    for vague in [json!({"reason": "checking"}), json!({"reason": "checking", "case": case, "sha256": clip})]
    {
        assert_eq!(say(vague).await.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(say(json!({"reason": "checking", "case": Uuid::nil()})).await.status(), StatusCode::NOT_FOUND);
    assert!(register(&console, &auditor, "").await.is_empty());

    let mut request = change(
        Method::POST,
        "/api/v1/views",
        Some(&zhang),
        &json!({"reason": "authority", "text": "西陵分局 调证字〔2026〕12号", "case": case}),
    );
    request.headers_mut().insert(header::USER_AGENT, "Mozilla/5.0 (X11)".parse().unwrap());
    assert_eq!(console.send(request).await.status(), StatusCode::CREATED);
    for _ in 0..3 {
        assert_eq!(status(&console, &clip_path, &zhang).await, StatusCode::OK);
    }
    let lines = register(&console, &auditor, "").await;
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!((line["user"].as_str(), line["reason"].as_str()), (Some("zhang"), Some("authority")));
    assert_eq!(line["text"], "西陵分局 调证字〔2026〕12号");
    assert_eq!(
        (line["content"]["case"].as_str(), line["region"].as_str()),
        (Some(&*case.to_string()), Some(SITE))
    );
    assert_eq!(line["terminal"]["agent"], "Mozilla/5.0 (X11)");
    // the first look is written down, the player's other requests are the same look
    assert_eq!(line["shown"].as_array().unwrap().len(), 1);
    assert_eq!(line["shown"][0]["sha256"], clip);

    // a reason holds for a quarter of an hour, and for this session only
    console.shop.store.begin_session("other", "zhang", at(0), at(1 << 24)).await.unwrap();
    assert_eq!(status(&console, &clip_path, "xunge_session=other").await, StatusCode::FORBIDDEN);
    console.hands.move_to(15 * 60 - 1);
    assert_eq!(status(&console, &clip_path, &zhang).await, StatusCode::OK);
    console.hands.move_to(15 * 60);
    assert_eq!(status(&console, &clip_path, &zhang).await, StatusCode::FORBIDDEN);
    assert_eq!(console.shop.store.verify_chain().await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn whoever_works_on_a_case_is_not_asked_and_is_written_down_once_an_hour() {
    let console = Console::open().await;
    let (case, snapshot, clip) = case_with_files(&console).await;
    let wang = console.log_in().await;
    let auditor = session(&console, "audit", Role::Auditor).await;
    let path = format!("/api/v1/evidence/{clip}");
    let asks = |cookie: String| {
        let console = &console;
        async move { body(console.send(get(&format!("/api/v1/views/case/{case}"), Some(&cookie))).await).await }
    };
    assert_eq!(status(&console, &path, &wang).await, StatusCode::FORBIDDEN);
    assert_eq!(asks(wang.clone()).await, json!({"grant": null, "auto": false}));

    // 签收
    console.shop.store.change_case(case, Change::Taken, &guard("wang"), 2, at(1)).await.unwrap().unwrap();
    assert_eq!(asks(wang.clone()).await["auto"], true);
    for file in [&clip, &snapshot, &clip] {
        assert_eq!(status(&console, &format!("/api/v1/evidence/{file}"), &wang).await, StatusCode::OK);
    }
    let lines = register(&console, &auditor, "").await;
    assert_eq!(lines.len(), 1, "one line for the case, the person and the hour");
    assert_eq!((lines[0]["reason"].as_str(), lines[0]["auto"].as_bool()), (Some("handling"), Some(true)));
    assert_eq!(lines[0]["shown"].as_array().unwrap().len(), 2);
    // 03:20 UTC + 40 min
    console.hands.move_to(40 * 60);
    assert_eq!(status(&console, &path, &wang).await, StatusCode::OK);
    assert_eq!(register(&console, &auditor, "").await.len(), 2);

    // when the case is over, so is the work
    let version = console.shop.store.case_summary(case).await.unwrap().unwrap().version;
    let tree = decided(
        xunge_central::case::Verdict::FalseAlarm,
        Some(xunge_central::case::Reason::ALL.into_iter().next().unwrap()),
    );
    console.shop.store.change_case(case, tree, &guard("wang"), version, at(2401)).await.unwrap().unwrap();
    assert_eq!(status(&console, &path, &wang).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_small_picture_of_an_undecided_alarm_needs_no_reason() {
    let console = Console::open().await;
    let (case, snapshot, clip) = case_with_files(&console).await;
    let wang = console.log_in().await;
    let path = format!("/api/v1/evidence/{snapshot}/preview");
    let small = console.send(get(&path, Some(&wang))).await;
    assert_eq!(
        (small.status(), &small.headers()[header::CONTENT_TYPE]),
        (StatusCode::OK, &"image/jpeg".parse().unwrap())
    );
    let small = axum::body::to_bytes(small.into_body(), 1 << 20).await.unwrap();
    let small = image::load_from_memory(&small).unwrap();
    assert_eq!((small.width(), small.height()), (320, 180));
    assert_eq!(
        status(&console, &format!("/api/v1/evidence/{clip}/preview"), &wang).await,
        StatusCode::NOT_FOUND
    );

    let tree = decided(xunge_central::case::Verdict::Real, None);
    console.shop.store.change_case(case, tree, &guard("li"), 2, at(5)).await.unwrap().unwrap();
    assert_eq!(status(&console, &path, &wang).await, StatusCode::FORBIDDEN);
    console.say_why(&wang, &snapshot).await;
    assert_eq!(status(&console, &path, &wang).await, StatusCode::OK);
    assert_eq!(console.send(login("audit", "x")).await.status(), StatusCode::UNAUTHORIZED);
}

on_both! {
    async fn the_register_is_listed_by_person_reason_time_region_and_page(kind: Kind) {
        let shop = Shop::of(kind).await;
        let mut far = alert(2, 2, 1, 0);
        far.site = "420503001001".into();
        far.edge = "gw-0002".into();
        let first = shop.store.take(&[inbound(&alert(1, 1, 1, 0))], at(0)).await.unwrap();
        let second = shop.store.take(&[inbound(&far)], at(0)).await.unwrap();
        let cases = [first, second].map(|taken| *taken.news.cases.first().unwrap());
        let look = async |user: &str, case: Uuid, reason: Reason, secs: i64| {
            let viewer = Viewer { user: user.into(), session: "s".into(), terminal: Terminal::new("10.0.0.5", "") };
            shop.store.view(&viewer, Wanted::Case(case), (reason, None), at(secs)).await.unwrap().unwrap();
        };
        look("wang", cases[0], Reason::Checking, 10).await;
        look("li", cases[1], Reason::Training, 20).await;
        look("wang", cases[1], Reason::Training, 30).await;
        let list = async |filter: ViewFilter| {
            let (lines, next) = shop.store.views(&ViewFilter { limit: 2, ..filter }).await.unwrap();
            (lines.iter().map(|line| line.seq).collect::<Vec<_>>(), next)
        };
        assert_eq!(list(ViewFilter::default()).await, (vec![3, 2], Some(2)));
        assert_eq!(list(ViewFilter { before: Some(2), ..ViewFilter::default() }).await, (vec![1], None));
        assert_eq!(list(ViewFilter { user: Some("wang".into()), ..ViewFilter::default() }).await.0, [3, 1]);
        assert_eq!(list(ViewFilter { reason: Some(Reason::Checking), ..ViewFilter::default() }).await.0, [1]);
        let district = vec![Region::parse("420502").unwrap()];
        assert_eq!(list(ViewFilter { regions: Some(district), ..ViewFilter::default() }).await.0, [1]);
        assert_eq!(list(ViewFilter { regions: Some(Vec::new()), ..ViewFilter::default() }).await.0, [0_u64; 0]);
        let span = ViewFilter { from: Some(at(20)), until: Some(at(30)), ..ViewFilter::default() };
        assert_eq!(list(span).await.0, [2]);
        let report = shop.store.verify_chain().await.unwrap();
        assert_eq!((report.ledger_entries, report.problems), (3, Vec::<String>::new()));
    }
}

on_both! {
    async fn whoever_touches_the_register_is_found_out(kind: Kind) {
        let table: [(&'static str, &'static str); 6] = [
            ("UPDATE ledger SET actor = 'li' WHERE seq = 2", "ledger entry 2 was changed"),
            ("UPDATE ledger SET body = REPLACE(body, 'checking', 'handling') WHERE seq = 1", "ledger entry 1 was changed"),
            ("UPDATE ledger SET region = '' WHERE seq = 1", "ledger entry 1 was changed"),
            ("UPDATE ledger SET hash = prev_hash WHERE seq = 1", "ledger entry 2 does not follow"),
            ("DELETE FROM ledger WHERE seq = 1", "ledger entry 1 is missing before entry 2"),
            ("UPDATE ledger SET code = 'x' WHERE seq = 3", "ledger entry 3 was changed"),
        ];
        for (tampering, expected) in table {
            let shop = Shop::of(kind).await;
            let taken = shop.store.take(&[inbound(&alert(1, 1, 1, 0))], at(0)).await.unwrap();
            let case = *taken.news.cases.first().unwrap();
            let viewer = Viewer { user: "wang".into(), session: "s".into(), terminal: Terminal::new("?", "") };
            for secs in 0..3 {
                let why = (Reason::Checking, None);
                shop.store.view(&viewer, Wanted::Case(case), why, at(secs)).await.unwrap().unwrap();
            }
            let raw = shop.raw().await;
            let touched = sqlx::query(tampering).execute(&raw).await.unwrap().rows_affected();
            assert!(touched > 0, "{tampering}");
            raw.close().await;
            let report = shop.store.verify_chain().await.unwrap();
            assert!(report.problems.iter().any(|p| p.contains(expected)), "{tampering}: {:?}", report.problems);
        }
    }
}
