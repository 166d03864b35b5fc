//! Evidence: a box brings it, a person sees it.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use sha2::{Digest, Sha256};
use xunge_alert::EvidenceKind;

use crate::support::{EDGE, Lies, SITE, alert, at, evidence, in_both, inbound};
use crate::web::{Console, body, get};

pub fn sha(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub fn put(edge: &str, name: &str, token: &str, bytes: &[u8]) -> Request<Body> {
    Request::put(format!("/evidence/v1/{edge}/{name}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(bytes.to_vec()))
        .unwrap()
}

/// Every file in the evidence folder, and in the bucket.
pub fn files(console: &Console) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![console.shop.folder.path().join("evidence")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    if let Some(server) = &console.s3 {
        let objects = server.objects().unwrap();
        found.extend(objects.iter().map(|name| name.rsplit('/').next().unwrap().to_owned()));
    }
    found
}

in_both! {
    async fn a_file_that_comes_is_kept_and_twice_is_once(lies: Lies) {
        let console = Console::where_it_lies(lies, 64 * 1024 * 1024).await;
        let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
        let clip = b"not really a clip".to_vec();
        let name = sha(&clip);
        let mut one = alert(1, 1, 1, 0);
        one.evidence = vec![evidence(EvidenceKind::Clip, &name, 17)];
        console.shop.store.take(&[inbound(&one)], at(0)).await.unwrap();

        assert_eq!(console.send(put(EDGE, &name, &token, &clip)).await.status(), StatusCode::CREATED);
        assert_eq!(console.send(put(EDGE, &name, &token, &clip)).await.status(), StatusCode::OK);
        assert_eq!(files(&console), std::slice::from_ref(&name));

        let cookie = console.log_in().await;
        let list = body(console.send(get("/api/v1/cases", Some(&cookie))).await).await;
        assert_eq!(list["cases"][0]["clip"], name);

        console.say_why(&cookie, &name).await;
        let seen = console.send(get(&format!("/api/v1/evidence/{name}"), Some(&cookie))).await;
        assert_eq!(seen.status(), StatusCode::OK);
        assert_eq!(seen.headers()[header::CONTENT_TYPE], "video/mp4");
        assert_eq!(seen.headers()[header::ACCEPT_RANGES], "bytes");
        assert_eq!(to_bytes(seen.into_body(), 100).await.unwrap(), clip);
    }
}

in_both! {
    async fn a_player_seeks(lies: Lies) {
        let console = Console::where_it_lies(lies, 64 * 1024 * 1024).await;
        let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
        // longer than what is read from an object store at a time, and than what is sent to it at once
        let clip: Vec<u8> = (0..6_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
        let name = sha(&clip);
        console.send(put(EDGE, &name, &token, &clip)).await;
        let cookie = console.log_in().await;
        console.say_why(&cookie, &name).await;
        let path = format!("/api/v1/evidence/{name}");
        let ask = |range: &str| {
            let mut request = get(&path, Some(&cookie));
            request.headers_mut().insert(header::RANGE, range.parse().unwrap());
            console.send(request)
        };
        for (range, first, last) in
            [
            ("bytes=0-", 0, 5_999_999),
            ("bytes=1000000-3500000", 1_000_000, 3_500_000),
            ("bytes=-5", 5_999_995, 5_999_999),
        ]
        {
            let part = ask(range).await;
            assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
            assert_eq!(part.headers()[header::CONTENT_RANGE], format!("bytes {first}-{last}/6000000"));
            assert_eq!(part.headers()[header::CONTENT_LENGTH], (last - first + 1).to_string());
            assert_eq!(to_bytes(part.into_body(), 1 << 24).await.unwrap(), clip[first..=last]);
        }
        let beyond = ask("bytes=6000000-").await;
        assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.headers()[header::CONTENT_RANGE], "bytes */6000000");

        let mut known = get(&path, Some(&cookie));
        known.headers_mut().insert(header::IF_NONE_MATCH, format!("\"{name}\"").parse().unwrap());
        assert_eq!(console.send(known).await.status(), StatusCode::NOT_MODIFIED);
    }
}

in_both! {
    async fn wrong_bytes_leave_nothing_behind(lies: Lies) {
        let console = Console::where_it_lies(lies, 1000).await;
        let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
        let good = vec![7; 1000];
        let name = sha(&good);
        let wrong = console.send(put(EDGE, &name, &token, b"something else")).await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(body(wrong).await["code"], "wrong_hash");

        let large = vec![7; 1001];
        let announced = Request::put(format!("/evidence/v1/{EDGE}/{}", sha(&large)))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_LENGTH, "1001")
            .body(Body::from(large.clone()))
            .unwrap();
        assert_eq!(console.send(announced).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let chunks = [Ok::<_, std::io::Error>(vec![7; 600]), Ok(vec![7; 401])];
        let unannounced = Request::put(format!("/evidence/v1/{EDGE}/{}", sha(&large)))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from_stream(futures_util::stream::iter(chunks)))
            .unwrap();
        assert_eq!(console.send(unannounced).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let broken = [Ok(vec![7; 600]), Err(std::io::Error::other("the line broke"))];
        let broken = Request::put(format!("/evidence/v1/{EDGE}/{name}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from_stream(futures_util::stream::iter(broken)))
            .unwrap();
        assert_eq!(console.send(broken).await.status(), StatusCode::BAD_REQUEST);
        assert!(files(&console).is_empty());

        assert_eq!(console.send(put(EDGE, &name, &token, &good)).await.status(), StatusCode::CREATED);
    }
}

in_both! {
    async fn only_the_box_itself_may_bring_files(lies: Lies) {
        let console = Console::where_it_lies(lies, 64 * 1024 * 1024).await;
        let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
        console.shop.store.enroll(SITE, "gw-0002", "02", at(0)).await.unwrap();
        let name = sha(b"x");
        for request in [
            put(EDGE, &name, "wrong", b"x"),
            put("gw-0002", &name, &token, b"x"),
            put("gw-0003", &name, &token, b"x"),
            Request::put(format!("/evidence/v1/{EDGE}/{name}")).body(Body::from("x")).unwrap(),
        ] {
            let answer = console.send(request).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
            assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer");
        }
        for bad in ["..%2f..%2fx", "ABCDEF", &"A".repeat(64)] {
            let answer = console.send(put(EDGE, bad, &token, b"x")).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        }
        assert!(files(&console).is_empty());
    }
}

in_both! {
    async fn what_a_browser_could_run_is_only_a_download(lies: Lies) {
        let console = Console::where_it_lies(lies, 64 * 1024 * 1024).await;
        let token = console.shop.store.enroll(SITE, EDGE, "01", at(0)).await.unwrap();
        let page = b"<script>alert(1)</script>";
        let name = sha(page);
        let mut request = put(EDGE, &name, &token, page);
        request.headers_mut().insert(header::CONTENT_TYPE, "text/html".parse().unwrap());
        console.send(request).await;
        let cookie = console.log_in().await;
        console.say_why(&cookie, &name).await;
        let seen = console.send(get(&format!("/api/v1/evidence/{name}"), Some(&cookie))).await;
        assert_eq!(seen.headers()[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(seen.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}

#[tokio::test]
async fn what_was_half_written_goes_at_the_next_start() {
    let console = Console::open().await;
    let part = console.shop.folder.path().join("evidence/incoming/left.part");
    std::fs::write(&part, b"half").unwrap();
    xunge_central::evidence::EvidenceFiles::open(console.shop.folder.path(), 10).await.unwrap();
    assert!(!part.exists());
}
