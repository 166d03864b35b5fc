//! What every call has in common: refusals, pages, limits.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use std::net::SocketAddr;
use xunge_central::case::guard::{Post, Role};
use xunge_central::intake::message::{BadMessage, Inbound};
use xunge_central::org::Region;
use xunge_central::store::{ImportKind, Quiet, QuietPage, Window};
use xunge_central::web::limits::{Limits, Rate};

use crate::support::{EDGE, Kind, SITE, Shop, alert, all_inbound, at, everywhere, on_both};
use crate::web::{Console, body, change, get, login};

/// A refusal as programs read it, with what must be true of each.
async fn problem(answer: Response<Body>, status: u16) -> Value {
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    let problem = body(answer).await;
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], format!("urn:xunge:problem:{}", problem["code"].as_str().unwrap()));
    for field in ["title", "detail", "zh", "en"] {
        assert!(problem[field].as_str().is_some_and(|text| text.chars().count() > 4), "{field}: {problem}");
    }
    problem
}

fn request(method: &str, path: &str, cookie: &str, content: &str, text: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("X-Xunge", "1");
    let request = request.header(header::COOKIE, cookie).header(header::CONTENT_TYPE, content);
    request.body(text.into()).unwrap()
}

#[tokio::test]
async fn whatever_refuses_says_what_and_what_to_do() {
    let console = Console::open().await;
    let cookie = console.log_in().await;
    let json = "application/json";
    let login = "/api/v1/session";
    for (method, path, content, text, status, code, says) in [
        ("PATCH", "/api/v1/cases", json, "", 405, "method", "Allow"),
        ("POST", "/healthz", json, "", 405, "method", "Allow"),
        ("GET", "/api/v1/nothing", json, "", 404, "not_found", "nothing at this address"),
        ("GET", "/evidence/v1/a/b/c", json, "", 404, "not_found", "nothing at this address"),
        ("GET", "/evidence/v1/a/b", json, "", 405, "method", "Allow"),
        ("POST", login, "text/plain", "{}", 415, "not_json", "Content-Type: application/json"),
        ("POST", login, json, "{", 400, "bad_request", "line 1"),
        (
            "POST",
            login,
            json,
            r#"{"user": "w", "pasword": "x"}"#,
            400,
            "bad_request",
            "did you mean `password`?",
        ),
        ("POST", login, json, r#"{"user": "w"}"#, 400, "bad_request", "`password` is missing"),
        ("GET", "/api/v1/cases?staet=closed", json, "", 400, "bad_request", "did you mean `state`?"),
        ("GET", "/api/v1/cases?limit=many", json, "", 400, "bad_request", "limit"),
        ("GET", "/api/v1/cases?limit=201", json, "", 400, "limit", "1 to 200"),
        ("GET", "/api/v1/cases?state=open", json, "", 400, "bad_request", "registered"),
        ("GET", "/api/v1/org/regions?parents=4205", json, "", 400, "bad_request", "did you mean `parent`?"),
        ("GET", "/api/v1/org/calendar/next", json, "", 400, "bad_request", "openapi.json"),
        ("GET", "/api/v1/quiet/shelves?past=maybe", json, "", 400, "bad_request", "past"),
    ] {
        let what = format!("{method} {path} {text}");
        let answer = console.send(request(method, path, &cookie, content, text.to_owned())).await;
        let allow = answer.headers().get(header::ALLOW).cloned();
        let said = problem(answer, status).await;
        assert_eq!(said["code"], code, "{what}: {said}");
        assert!(said["en"].as_str().unwrap().contains(says), "{what}: {said}");
        assert!(status != 405 || allow.is_some(), "{what}");
    }
    let large = request("POST", login, &cookie, json, "x".repeat(70_000));
    assert_eq!(problem(console.send(large).await, 413).await["code"], "too_large");
}

#[tokio::test]
async fn a_refusal_speaks_the_language_that_is_asked_for() {
    let console = Console::open().await;
    let zh = "请先登录。";
    let en = "You are not logged in, or the session has ended. Log in.";
    for (asked, tag, title, detail) in [
        (None, None, zh, format!("{zh} {en}")),
        (Some("de"), None, zh, format!("{zh} {en}")),
        (Some("zh-CN,en;q=0.5"), Some("zh-CN"), zh, zh.to_owned()),
        (Some("en-GB"), Some("en"), en, en.to_owned()),
    ] {
        let mut request = get("/api/v1/cases", None);
        if let Some(asked) = asked {
            request.headers_mut().insert(header::ACCEPT_LANGUAGE, asked.parse().unwrap());
        }
        let answer = console.send(request).await;
        assert_eq!(answer.headers().get(header::CONTENT_LANGUAGE).map(|tag| tag.to_str().unwrap()), tag);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let said = problem(answer, 401).await;
        assert_eq!((&said["title"], &said["detail"]), (&json!(title), &json!(detail)));
        assert_eq!((&said["zh"], &said["en"]), (&json!(zh), &json!(en)));
    }
}

/// Reads a list to its end, with pages of this size.
async fn whole(console: &Console, cookie: &str, path: &str, key: &str, limit: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page =
            body(console.send(get(&format!("{path}{sign}limit={limit}{after}"), Some(cookie))).await).await;
        let found = page[key].as_array().unwrap_or_else(|| panic!("{path}: {page}"));
        assert!(found.len() <= limit);
        rows.extend(found.iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn every_list_is_the_same_by_pages_and_refuses_a_mark_that_is_none() {
    let console = Console::open().await;
    let store = &console.shop.store;
    let admin = everywhere("admin", Role::Admin);
    store.add_user("admin", &admin.posts, "!", at(0)).await.unwrap();
    store.begin_session("admin", "admin", at(0), at(86_400)).await.unwrap();
    let cookie = "xunge_session=admin";
    let alerts: Vec<_> = (1..=7)
        .map(|n| {
            let mut one = alert(n, u64::try_from(n).unwrap(), 1, 0);
            one.camera = format!("c{n}");
            one
        })
        .collect();
    store.take(&all_inbound(&alerts), at(1)).await.unwrap();
    let mut regions = String::from("code,name\n420502,a\n");
    for n in 1..=7 {
        regions += &format!("42050200{n},s{n}\n");
        store
            .add_user(&format!("u{n}"), &[Post { role: Role::Auditor, region: None }], "!", at(0))
            .await
            .unwrap();
        let window = Window {
            edge: EDGE.into(),
            camera: None,
            rule: None,
            reason: format!("r{n}"),
            // some begin at the same moment
            from_utc: at(n / 3),
            until_utc: at(1000),
        };
        store.hold_back(Quiet::Shelf, &window, "admin", at(0)).await.unwrap();
    }
    store.import(ImportKind::Regions, regions.as_bytes(), &admin, false, at(0)).await.unwrap();
    let places: String = (1..=7).map(|n| format!("{EDGE},c{n},{SITE},,,,\n")).collect();
    let places = format!("edge,camera,region,lon,lat,kind,adjacent\n{places}");
    store
        .import(ImportKind::Regions, format!("code,name\n{SITE},c\n").as_bytes(), &admin, false, at(0))
        .await
        .unwrap();
    assert!(
        store.import(ImportKind::Cameras, places.as_bytes(), &admin, false, at(0)).await.unwrap().applied
    );
    for (path, key, least) in [
        ("/api/v1/cases", "cases", 7),
        ("/api/v1/users", "users", 9),
        ("/api/v1/org/regions?parent=420502", "regions", 7),
        ("/api/v1/org/cameras", "cameras", 7),
        ("/api/v1/quiet/shelves", "windows", 7),
    ] {
        let all = whole(&console, cookie, path, key, 200).await;
        assert!(all.len() >= least, "{path}: {}", all.len());
        for limit in [1, 2, 3, all.len()] {
            assert_eq!(whole(&console, cookie, path, key, limit).await, all, "{path} by {limit}");
        }
        let sign = if path.contains('?') { '&' } else { '?' };
        for mark in ["x", "", "W10", "bnVsbA", "eyJhIjoxfQ"] {
            let answer = console.send(get(&format!("{path}{sign}after={mark}"), Some(cookie))).await;
            assert_eq!(problem(answer, 400).await["code"], "bad_cursor", "{path} {mark}");
        }
    }
}

on_both! {
    async fn pages_of_the_store_are_the_same_on_both(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let region = |code: &str| Region::parse(code).unwrap();
        for (name, posts) in [
            ("a", vec!["420502001001"]),
            ("b", vec!["420502001001", "420503"]),
            ("c", vec![""]),
            ("d", vec!["420502"]),
            ("王", vec!["420502001"]),
            ("none", vec![]),
        ] {
            let post = |code: &&str| Post { role: Role::Auditor, region: (!code.is_empty()).then(|| region(code)) };
            let posts: Vec<Post> = posts.iter().map(post).collect();
            assert!(store.add_user(name, &posts, "!", at(0)).await.unwrap());
        }
        let names = |users: Vec<xunge_central::store::UserView>| {
            let mut names: Vec<_> = users.into_iter().map(|user| user.name).collect();
            names.sort();
            names
        };
        assert_eq!(names(store.users_page(None, None, 100).await.unwrap()).len(), 6);
        let street = [region("420502001")];
        assert_eq!(names(store.users_page(Some(&street), None, 100).await.unwrap()), ["a", "none", "王"]);
        let all = store.users_page(None, None, 100).await.unwrap();
        let rest = store.users_page(None, Some(&all[2].name), 100).await.unwrap();
        assert_eq!(rest, all[3..]);
        assert_eq!(store.user("b").await.unwrap().unwrap().posts.len(), 2);
        assert_eq!(store.user("x").await.unwrap(), None);

        for n in 0..5 {
            let site = if n == 4 { "420503001001" } else { SITE };
            let topic = format!("xunge/v1/{site}/{EDGE}/alert");
            let bad = BadMessage { topic, payload: vec![n, 0, 255], reason: "x".into(), sender: None };
            store.take(&[Inbound::Bad(bad)], at(i64::from(n / 2))).await.unwrap();
        }
        let kept = store.quarantine(None, None, 10).await.unwrap();
        assert_eq!(kept.len(), 5);
        let key = |at: usize| (kept[at].1.last_utc.as_microsecond(), kept[at].0.clone());
        for first in 0..5 {
            assert_eq!(store.quarantine(None, Some(&key(first)), 10).await.unwrap(), kept[first + 1..]);
        }
        assert_eq!(store.quarantine(Some(&street), None, 10).await.unwrap().len(), 4);

        store.take(&all_inbound(&[alert(1, 1, 1, 0)]), at(1)).await.unwrap();
        for n in 0..4 {
            let window = Window {
                edge: EDGE.into(), camera: None, rule: None, reason: "r".into(), from_utc: at(n / 2), until_utc: at(100),
            };
            store.hold_back(Quiet::Maintenance, &window, "a", at(0)).await.unwrap();
        }
        let page = |regions: Option<&[Region]>, after| QuietPage { regions: regions.map(<[Region]>::to_vec), after, limit: 10, past: false };
        let all = store.quiet(Quiet::Maintenance, &page(Some(&street), None), at(1)).await.unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!(store.quiet(Quiet::Maintenance, &page(Some(&[region("420503")]), None), at(1)).await.unwrap(), []);
        for (first, window) in all.iter().enumerate() {
            let rest = store.quiet(Quiet::Maintenance, &page(None, Some((window.from_utc, window.id))), at(1)).await.unwrap();
            assert_eq!(rest, all[first + 1..]);
        }
        let found = store.quiet_window(Quiet::Maintenance, all[1].id, at(1)).await.unwrap().unwrap();
        assert_eq!(found.id, all[1].id);
        assert_eq!(store.quiet_window(Quiet::Maintenance, all[1].id, at(100)).await.unwrap(), None);
    }
}

/// The same request, as it comes over the network.
fn from(mut request: Request<Body>, peer: &str, forwarded: Option<&str>) -> Request<Body> {
    let peer: SocketAddr = format!("{peer}:1234").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    if let Some(forwarded) = forwarded {
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn who_asks_too_much_has_to_wait_and_nobody_else() {
    let limits = Limits {
        known: Rate { burst: 20.0, per_sec: 1.0 },
        unknown: Rate { burst: 20.0, per_sec: 0.5 },
        streams: 2,
    };
    let console = Console::limited(1 << 20, &limits).await;
    let cookie = console.log_in().await;
    let store = &console.shop.store;
    store.add_user("li", &[Post { role: Role::Auditor, region: None }], "!", at(0)).await.unwrap();
    store.begin_session("li", "li", at(0), at(86_400)).await.unwrap();
    // a list counts as four
    for _ in 0..5 {
        assert_eq!(console.send(get("/api/v1/cases", Some(&cookie))).await.status(), StatusCode::OK);
    }
    let answer = console.send(get("/api/v1/cases", Some(&cookie))).await;
    assert_eq!(answer.headers()[header::RETRY_AFTER], "4");
    assert_eq!(problem(answer, 429).await["code"], "too_many_calls");
    let other = console.send(get("/api/v1/cases", Some("xunge_session=li"))).await;
    assert_eq!(other.status(), StatusCode::OK, "somebody else");
    console.hands.move_to(1);
    assert_eq!(console.send(get("/api/v1/session", Some(&cookie))).await.status(), StatusCode::OK);

    // nobody in particular: by address, and behind our own proxy by whom it names
    let ask = |peer: &str, forwarded: Option<&str>| {
        console.send(from(get("/api/v1/session", None), peer, forwarded))
    };
    for _ in 0..20 {
        assert_eq!(ask("203.0.113.1", None).await.status(), StatusCode::UNAUTHORIZED);
    }
    let answer = ask("203.0.113.1", None).await;
    assert_eq!(answer.headers()[header::RETRY_AFTER], "2");
    problem(answer, 429).await;
    assert_eq!(
        ask("203.0.113.1", Some("198.51.100.7")).await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "made up"
    );
    assert_eq!(ask("203.0.113.2", None).await.status(), StatusCode::UNAUTHORIZED, "another address");
    assert_eq!(
        ask("10.0.0.1", Some("203.0.113.1")).await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "by our proxy"
    );
    assert_eq!(ask("10.0.0.1", Some("203.0.113.3")).await.status(), StatusCode::UNAUTHORIZED);
    // who is logged in is not held up by neighbours at the same address
    let mine = from(get("/api/v1/session", Some("xunge_session=li")), "203.0.113.1", None);
    assert_eq!(console.send(mine).await.status(), StatusCode::OK);
    let tries = console.send(from(login("wang", "x"), "203.0.113.1", None)).await;
    assert_eq!(tries.status(), StatusCode::TOO_MANY_REQUESTS, "logging in counts too");
}

#[tokio::test]
async fn one_user_has_only_so_many_streams_and_each_that_ends_makes_room() {
    let limits = Limits { streams: 2, ..Limits::default() };
    let console = Console::limited(1 << 20, &limits).await;
    let cookie = console.log_in().await;
    let open = || console.send(get("/api/v1/events", Some(&cookie)));
    let (first, second) = (open().await, open().await);
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
    let third = open().await;
    assert!(third.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(problem(third, 429).await["code"], "too_many_streams");
    drop(first);
    assert_eq!(open().await.status(), StatusCode::OK);
    drop(second);
}

#[tokio::test]
async fn a_text_that_no_database_can_hold_is_a_mistake_of_who_sent_it() {
    let console = Console::open().await;
    let cookie = console.log_in().await;
    let bad = json!({"edge": "a\u{0}b", "reason": "x", "until_utc": at(60).to_string()});
    let answer = console.send(change(Method::POST, "/api/v1/quiet/shelves", Some(&cookie), &bad)).await;
    assert!(answer.status().is_client_error(), "{}", answer.status());
    let answer = console
        .send(get("/api/v1/alerts/a%00b/00000000-0000-0000-0000-000000000001/why", Some(&cookie)))
        .await;
    assert!(answer.status().is_client_error(), "{}", answer.status());
}
