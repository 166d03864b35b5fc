//! The API, called without a network.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;
use xunge_central::case::guard::{Post, Role};
use xunge_central::evidence::{EvidenceFiles, EvidenceStore};
use xunge_central::feed::Feed;
use xunge_central::net::IpPrefix;
use xunge_central::password;
use xunge_central::retention::Keep;
use xunge_central::web::limits::{Limits, Rate};
use xunge_central::web::{Residents, Web, router};
use xunge_parts::S3Server;

use crate::support::{Hands, Lies, Shop, alert, at, inbound, right_bucket};

const PASSWORD: &str = "correct horse battery";

/// A centre without broker and network.
pub struct Console {
    pub shop: Shop,
    pub feed: Feed,
    pub hands: Hands,
    pub app: Router,
    pub files: EvidenceFiles,
    /// Where evidence lies in an object store.
    pub s3: Option<S3Server>,
    stop: watch::Sender<bool>,
}

/// The cookie of the residents' half.
pub const OTHER_COOKIE: &str = "xunge_residents";

/// The pages of a centre that keeps evidence for so many days.
fn pages(
    shop: &Shop,
    feed: &Feed,
    files: &EvidenceFiles,
    hands: &Hands,
    days: u32,
    (limits, residents): (&Limits, Option<Arc<Residents>>),
) -> (Router, watch::Sender<bool>) {
    let (stop, stopped) = watch::channel(false);
    let mut web =
        Web::new(shop.store.clone(), feed.clone(), files.clone(), hands.clock(), stopped).limited(limits);
    web.trusted_proxies = vec![IpPrefix::parse("10.0.0.1").unwrap()];
    web.keep = Keep { days };
    (router(Arc::new(web), residents), stop)
}

/// One test is faster than any person.
pub fn generous() -> Limits {
    let rate = Rate { burst: 1e9, per_sec: 1.0 };
    Limits { known: rate, unknown: rate, ..Limits::default() }
}

impl Console {
    pub async fn open() -> Self {
        Self::with_limit(64 * 1024 * 1024).await
    }

    pub async fn with_limit(max_file_bytes: u64) -> Self {
        Self::limited(max_file_bytes, &generous()).await
    }

    pub async fn limited(max_file_bytes: u64, limits: &Limits) -> Self {
        let shop = Shop::open().await;
        let kept = EvidenceStore::folder(shop.folder.path());
        Self::of(shop, kept, max_file_bytes, limits).await
    }

    /// With evidence in a folder or an object store of its own.
    pub async fn where_it_lies(lies: Lies, max_file_bytes: u64) -> Self {
        if lies == Lies::InFolder {
            return Self::with_limit(max_file_bytes).await;
        }
        let server = S3Server::start().unwrap();
        let mut console = Self::on(Shop::open().await, right_bucket(&server), max_file_bytes).await;
        console.s3 = Some(server);
        console
    }

    /// On this store, with evidence here.
    pub async fn on(shop: Shop, kept: EvidenceStore, max_file_bytes: u64) -> Self {
        Self::of(shop, kept, max_file_bytes, &generous()).await
    }

    async fn of(shop: Shop, kept: EvidenceStore, max_file_bytes: u64, limits: &Limits) -> Self {
        let hands = Hands::new();
        let feed = Feed::new(shop.store.clone());
        let files = EvidenceFiles::with(kept, shop.folder.path(), max_file_bytes).await.unwrap();
        let hash = password::hash(PASSWORD).unwrap();
        // another centre on the same database has made him already
        let posts = [Post { role: Role::Operator, region: None }];
        shop.store.add_user("wang", &posts, &hash, at(0)).await.unwrap();
        let (app, stop) = pages(&shop, &feed, &files, &hands, 30, (limits, None));
        Self { app, shop, feed, hands, files, s3: None, stop }
    }

    /// Starts the pages anew for a centre that keeps evidence longer.
    pub fn keep_days(&mut self, days: u32) {
        (self.app, self.stop) =
            pages(&self.shop, &self.feed, &self.files, &self.hands, days, (&generous(), None));
    }

    /// Puts the residents' half beside it.
    pub fn with_residents(&mut self, residents: Arc<Residents>) {
        (self.app, self.stop) =
            pages(&self.shop, &self.feed, &self.files, &self.hands, 30, (&generous(), Some(residents)));
    }

    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// Logs in; gives the cookie.
    pub async fn log_in(&self) -> String {
        let answer = self.send(login("wang", PASSWORD)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Says why, so that this session may look at a file.
    pub async fn say_why(&self, cookie: &str, sha256: &str) {
        let why = json!({"reason": "checking", "sha256": sha256});
        let answer = self.send(change(Method::POST, "/api/v1/views", Some(cookie), &why)).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
    }
}

pub fn login(user: &str, password: &str) -> Request<Body> {
    change(Method::POST, "/api/v1/session", None, &json!({"user": user, "password": password}))
}

pub fn get(path: &str, cookie: Option<&str>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    request.body(Body::empty()).unwrap()
}

pub fn change(method: Method, path: &str, cookie: Option<&str>, body: &Value) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("X-Xunge", "1")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

pub async fn body(answer: Response<Body>) -> Value {
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&bytes)))
}

#[tokio::test]
async fn nothing_is_shown_without_a_session() {
    let console = Console::open().await;
    let sha = "a".repeat(64);
    for path in [
        "/api/v1/session",
        "/api/v1/cases",
        "/api/v1/cases/00000000-0000-0000-0000-000000000000",
        "/api/v1/events",
        "/api/v1/overview",
        &format!("/api/v1/evidence/{sha}"),
        &format!("/api/v1/evidence/{sha}/preview"),
        "/api/v1/views",
    ] {
        for cookie in [None, Some("xunge_session="), Some("xunge_session=AAAA")] {
            let answer = console.send(get(path, cookie)).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
            let problem = body(answer).await;
            assert_eq!(problem["code"], "login_needed");
            assert_eq!(problem["status"], 401);
        }
    }
}

#[tokio::test]
async fn a_person_logs_in_and_out() {
    let console = Console::open().await;
    let cookie = console.log_in().await;
    let who = body(console.send(get("/api/v1/session", Some(&cookie))).await).await;
    assert_eq!(who, json!({"user": "wang", "posts": [{"role": "operator", "region": null}]}));
    let out = console.send(change(Method::DELETE, "/api/v1/session", Some(&cookie), &json!({}))).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    let after = console.send(get("/api/v1/session", Some(&cookie))).await;
    assert_eq!(after.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_after_its_time() {
    let console = Console::open().await;
    let cookie = console.log_in().await;
    console.hands.move_to(12 * 3600 - 1);
    assert_eq!(console.send(get("/api/v1/cases", Some(&cookie))).await.status(), StatusCode::OK);
    console.hands.move_to(12 * 3600);
    assert_eq!(console.send(get("/api/v1/cases", Some(&cookie))).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_the_same_and_are_slowed_down() {
    let console = Console::open().await;
    let mut seen = Vec::new();
    for user in ["wang", "nobody"] {
        let answer = console.send(login(user, "wrong password")).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        seen.push(body(answer).await);
    }
    assert_eq!(seen[0], seen[1]);
    for _ in 0..4 {
        console.send(login("wang", "wrong password")).await;
    }
    let answer = console.send(login("wang", PASSWORD)).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "2");
    console.hands.move_to(2);
    console.log_in().await;
}

#[tokio::test]
async fn a_change_from_a_foreign_page_is_refused() {
    let console = Console::open().await;
    let plain = |header_name: &str, value: &str| {
        Request::post("/api/v1/session")
            .header(header_name, value)
            .body(Body::from(json!({"user": "wang", "password": PASSWORD}).to_string()))
            .unwrap()
    };
    let mut foreign = login("wang", PASSWORD);
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    for request in [plain("content-type", "application/json"), foreign] {
        assert_eq!(console.send(request).await.status(), StatusCode::FORBIDDEN);
    }
    let not_json = console.send(plain("x-xunge", "1")).await;
    assert_eq!(not_json.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_body_that_does_not_read_is_told_without_repeating_it() {
    let console = Console::open().await;
    let bad = json!({"user": "wang", "password": ["s3cret-s3cret"]});
    let answer = console.send(change(Method::POST, "/api/v1/session", None, &bad)).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(!body(answer).await.to_string().contains("s3cret"));
    let large = json!({"user": "w", "password": "x".repeat(70_000)});
    let answer = console.send(change(Method::POST, "/api/v1/session", None, &large)).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_case_is_listed_shown_and_decided_once() {
    let console = Console::open().await;
    let cookie = console.log_in().await;
    console.shop.store.take(&[inbound(&alert(1, 1, 1, 0))], at(1)).await.unwrap();

    let list = body(console.send(get("/api/v1/cases?state=registered,verifying", Some(&cookie))).await).await;
    let case = &list["cases"][0];
    assert_eq!(list["next"], Value::Null);
    for (field, value) in [
        ("state", json!("verifying")),
        ("behavior", json!("intrusion")),
        ("severity", json!(2)),
        ("camera_name", json!("东门")),
        ("zone", json!("lawn")),
        ("phase", json!("began")),
        ("box", json!([0.25, 0.5, 0.125, 0.25])),
        ("alert_count", json!(1)),
        ("snapshot", Value::Null),
        ("version", json!(2)),
    ] {
        assert_eq!(case[field], value, "{field}");
    }

    let path = format!("/api/v1/cases/{}", case["id"].as_str().unwrap());
    let detail = body(console.send(get(&path, Some(&cookie))).await).await;
    assert_eq!(detail["verdict"], Value::Null);
    assert_eq!(detail["alerts"][0]["clock_quality"], "synchronised");
    assert_eq!(detail["log"][0]["change"]["change"], "registered");

    let changes = format!("{path}/changes");
    let decide = |mut request: Value| {
        let version = request.as_object_mut().unwrap().remove("version");
        request["change"] = "decided".into();
        let request = json!({"change": request, "version": version});
        console.send(change(Method::POST, &changes, Some(&cookie), &request))
    };
    let no_reason = decide(json!({"verdict": "false_alarm", "version": 2})).await;
    assert_eq!(no_reason.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let old = decide(json!({"verdict": "real", "version": 1})).await;
    assert_eq!(
        (old.status(), body(old).await["code"].clone()),
        (StatusCode::CONFLICT, json!("version_differs"))
    );
    let said = json!({"verdict": "false_alarm", "reason": "animal", "note": " 一只猫 ", "version": 2});
    let decided = body(decide(said.clone()).await).await;
    assert_eq!(decided["state"], "rejected");
    assert_eq!(decided["verdict"]["note"], "一只猫");
    assert_eq!(decided["verdict"]["by"], "wang");
    assert_eq!(decided["log"][2]["change"]["reason"], "animal");
    let again = decide(said).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    assert!(body(again).await["detail"].as_str().unwrap().contains("wang"));
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_not_there() {
    let console = Console::open().await;
    let cookie = console.log_in().await;
    for (path, status) in [
        ("/api/v1/cases/not-an-id", 404),
        ("/api/v1/cases/00000000-0000-0000-0000-000000000001", 404),
        ("/api/v1/nothing", 404),
        ("/api/v2/cases", 404),
        ("/assets/none.js", 404),
        ("/api/v1/cases?state=open", 400),
        ("/api/v1/cases?limit=x", 400),
        ("/api/v1/cases?after=x", 400),
        ("/api/v1/cases?before=00000000-0000-0000-0000-000000000001", 400),
    ] {
        let answer = console.send(get(path, Some(&cookie))).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let console = Console::open().await;
    for path in ["/", "/cases/1", "/api/v1/cases", "/healthz"] {
        let answer = console.send(get(path, None)).await;
        let headers = answer.headers();
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'"));
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
    }
    let api = console.send(get("/api/v1/cases", None)).await;
    assert_eq!(api.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn the_console_or_a_sentence_answers_every_page() {
    let console = Console::open().await;
    for path in ["/", "/cases/8c0b0a3e-0000-4000-8000-000000000000"] {
        let answer = console.send(get(path, None)).await;
        let built = answer.status() == StatusCode::OK;
        assert!(built || answer.status() == StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let page = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let page = String::from_utf8_lossy(&page);
        assert!(built || page.contains("npm run build"), "{page}");
    }
}

#[tokio::test]
async fn the_overview_shows_boxes_gaps_and_counts() {
    let console = Console::open().await;
    let cookie = console.log_in().await;
    console.shop.store.take(&[inbound(&alert(1, 3, 1, 0))], at(1)).await.unwrap();
    let overview = body(console.send(get("/api/v1/overview", Some(&cookie))).await).await;
    assert_eq!(overview["counts"], json!({"open": 1, "today": 1, "quarantined": 0}));
    assert_eq!(overview["edges"][0]["missing"], json!([1, 2]));
    assert_eq!(overview["edges"][0]["last_seq"], 3);
    assert_eq!(overview["edges"][0]["state"], "unknown");
    let health = body(console.send(get("/healthz", None)).await).await;
    assert_eq!(health["store"], "ok");
}

#[tokio::test]
async fn events_come_as_they_happen_and_a_second_connection_is_told_to_reload() {
    use futures_util::StreamExt;
    let console = Console::open().await;
    let cookie = console.log_in().await;
    let open = async |last: Option<&str>| {
        let mut request = get("/api/v1/events", Some(&cookie));
        if let Some(last) = last {
            request.headers_mut().insert("last-event-id", last.parse().unwrap());
        }
        let answer = console.send(request).await;
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        answer.into_body().into_data_stream()
    };
    let mut first = open(None).await;
    let mut second = open(Some("x")).await;
    let read = async |stream: &mut axum::body::BodyDataStream| {
        let chunk = tokio::time::timeout(std::time::Duration::from_secs(10), stream.next()).await;
        String::from_utf8(chunk.unwrap().unwrap().unwrap().to_vec()).unwrap()
    };
    assert!(read(&mut first).await.contains("retry: 1000"));
    read(&mut second).await;
    assert!(read(&mut second).await.starts_with("event: reload\n"));

    let taken = console.shop.store.take(&[inbound(&alert(1, 1, 1, 0))], at(1)).await.unwrap();
    console.feed.tell(&taken.news).await;
    for stream in [&mut first, &mut second] {
        let event = read(stream).await;
        assert!(event.starts_with("event: case\n"), "{event}");
        let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let case: Value = serde_json::from_str(data).unwrap();
        assert_eq!(case["state"], "verifying");
    }

    for _ in 0..3000 {
        console.feed.tell(&taken.news).await;
    }
    assert!(read(&mut first).await.starts_with("event: reload\n"), "too slow: told to read everything again");
    // and goes on from then, not with what had waited for it
    console.feed.tell(&taken.news).await;
    assert!(read(&mut first).await.starts_with("event: case\n"));

    console.stop.send_replace(true);
    while let Some(chunk) = first.next().await {
        chunk.unwrap();
    }
}
