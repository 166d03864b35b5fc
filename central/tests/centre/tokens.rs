//! Tokens of machines: made, used, taken back; through the store, the API and the command line.

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use xunge_central::case::guard::{Actor, Post, Role};
use xunge_central::org::Region;
use xunge_central::store::Store;
use xunge_central::token::{self, NewToken};

use crate::support::{Kind, SITE, Shop, alert, at, inbound, on_both};
use crate::web::{Console, body, change, get};

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

fn new(name: &str, role: Role, code: Option<&str>) -> NewToken {
    NewToken::check(name, Post { role, region: code.map(region) }, None, Some(10), at(0)).unwrap()
}

async fn is_good(store: &Store, secret: &str, secs: i64) -> bool {
    store.machine(secret, at(secs)).await.unwrap().is_some()
}

on_both! {
    async fn a_token_is_good_until_it_runs_out_or_is_taken_back(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let secret = token::secret();
        let one = new("screen", Role::Auditor, Some("420502"));
        assert!(store.add_token(&one, &secret, None, at(0)).await.unwrap());
        assert!(!store.add_token(&one, &token::secret(), None, at(0)).await.unwrap(), "one name, one token");
        let machine = store.machine(&secret, at(1)).await.unwrap().unwrap();
        assert_eq!(machine.session.actor(), Actor { name: "token:screen".into(), posts: vec![one.post.clone()] });
        assert!(!is_good(store, &secret[..secret.len() - 1], 1).await);
        assert!(!is_good(store, "", 1).await);
        let days = 10 * 86_400;
        assert!(is_good(store, &secret, days - 1).await && !is_good(store, &secret, days).await);
        // its use is kept by the minute
        for (secs, kept) in [(1, 1), (60, 1), (61, 61), (70, 61)] {
            let machine = store.machine(&secret, at(secs)).await.unwrap().unwrap();
            store.token_used(&machine, at(secs)).await.unwrap();
            assert_eq!(store.token("screen").await.unwrap().unwrap().last_used_utc, Some(at(kept)), "{secs}");
        }
        assert!(store.revoke_token("screen", "admin", at(80)).await.unwrap());
        assert!(!store.revoke_token("screen", "admin", at(81)).await.unwrap());
        assert!(!is_good(store, &secret, 82).await);
        let view = store.token("screen").await.unwrap().unwrap();
        assert_eq!((view.revoked_utc, view.revoked_by.as_deref()), (Some(at(80)), Some("admin")));
        let texts = shop.number("SELECT CAST(COUNT(*) AS BIGINT) FROM token WHERE token_hash LIKE 'xunge%'").await;
        assert_eq!(texts, 0, "only its hash is kept");
    }

    async fn a_token_is_worth_no_more_than_its_maker(kind: Kind) {
        let shop = Shop::of(kind).await;
        let store = &shop.store;
        let admin = |code: Option<&str>| [Post { role: Role::Admin, region: code.map(region) }];
        store.add_user("chief", &admin(None), "!", at(0)).await.unwrap();
        store.add_user("local", &admin(Some("420502")), "!", at(0)).await.unwrap();
        let (wide, near) = (token::secret(), token::secret());
        store.add_token(&new("wide", Role::Auditor, None), &wide, Some("chief"), at(0)).await.unwrap();
        store.add_token(&new("near", Role::Auditor, Some(SITE)), &near, Some("local"), at(0)).await.unwrap();
        assert!(is_good(store, &wide, 1).await && is_good(store, &near, 1).await);
        store.set_posts("chief", &admin(Some("420502")), at(1)).await.unwrap();
        assert!(!is_good(store, &wide, 2).await, "its maker is no longer for everywhere");
        store.set_posts("local", &[Post { role: Role::Auditor, region: None }], at(1)).await.unwrap();
        assert!(!is_good(store, &near, 2).await, "its maker is no admin any more");
        store.set_posts("local", &admin(Some(SITE)), at(1)).await.unwrap();
        assert!(is_good(store, &near, 2).await);
        store.disable_user("local", true, at(3)).await.unwrap();
        assert!(!is_good(store, &near, 4).await, "its maker is gone");

        let names = |tokens: Vec<xunge_central::store::TokenView>| {
            tokens.into_iter().map(|token| token.name).collect::<Vec<_>>()
        };
        assert_eq!(names(store.tokens(None, None, 10).await.unwrap()), ["near", "wide"]);
        assert_eq!(names(store.tokens(None, Some("near"), 10).await.unwrap()), ["wide"]);
        assert_eq!(names(store.tokens(Some(&[region("420502")]), None, 10).await.unwrap()), ["near"]);
    }
}

fn shown(mut request: Request<Body>, secret: &str) -> Request<Body> {
    request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {secret}").parse().unwrap());
    request
}

async fn make(console: &Console, asked: &Value) -> Response<Body> {
    console.send(change(Method::POST, "/api/v1/tokens", Some("xunge_session=admin"), asked)).await
}

async fn with_admin(role_region: Option<&str>) -> Console {
    let console = Console::open().await;
    let post = Post { role: Role::Admin, region: role_region.map(region) };
    console.shop.store.add_user("admin", &[post], "!", at(0)).await.unwrap();
    console.shop.store.begin_session("admin", "admin", at(0), at(86_400)).await.unwrap();
    console
}

#[tokio::test]
async fn a_machine_works_with_what_an_admin_gave_it_and_the_log_names_it() {
    let console = with_admin(None).await;
    console.shop.store.take(&[inbound(&alert(1, 1, 1, 0))], at(1)).await.unwrap();
    let made = make(&console, &json!({"name": "值班助手", "role": "operator", "region": SITE})).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let made = body(made).await;
    let secret = made["token"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("xunge_") && secret.len() == 49);
    assert_eq!(made["expires_utc"], at(365 * 86_400).to_string());

    let who = body(console.send(shown(get("/api/v1/session", None), &secret)).await).await;
    assert_eq!(who, json!({"user": "token:值班助手", "posts": [{"role": "operator", "region": SITE}]}));
    let list = body(console.send(shown(get("/api/v1/cases", None), &secret)).await).await;
    let path = format!("/api/v1/cases/{}/changes", list["cases"][0]["id"].as_str().unwrap());
    // no page of another site can show a token: nothing else is asked for, even where a browser says it is foreign
    let take = json!({"change": {"change": "taken"}, "version": 2});
    let request = Request::post(&path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(take.to_string()))
        .unwrap();
    let taken = body(console.send(shown(request, &secret)).await).await;
    assert_eq!(taken["log"][2]["actor"], "token:值班助手", "{taken}");
    assert!(console.shop.store.verify_chain().await.unwrap().problems.is_empty());

    let tokens = body(console.send(get("/api/v1/tokens", Some("xunge_session=admin"))).await).await;
    assert_eq!(tokens["tokens"][0]["last_used_utc"], at(0).to_string());
    assert!(!tokens.to_string().contains("xunge_"), "shown once");
    // what it shows counts, not the cookie beside it
    let mut both = get("/api/v1/session", Some("xunge_session=admin"));
    both.headers_mut().insert(header::AUTHORIZATION, "Bearer xunge_none".parse().unwrap());
    let refused = console.send(both).await;
    assert_eq!(refused.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(body(refused).await["code"], "token");

    let gone = change(
        Method::DELETE,
        "/api/v1/tokens/%E5%80%BC%E7%8F%AD%E5%8A%A9%E6%89%8B",
        Some("xunge_session=admin"),
        &json!({}),
    );
    assert_eq!(console.send(gone).await.status(), StatusCode::NO_CONTENT);
    let after = console.send(shown(get("/api/v1/cases", None), &secret)).await;
    assert_eq!(after.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_makes_a_token_that_is_worth_more_than_himself() {
    let console = with_admin(Some("420502")).await;
    for (asked, status, code) in [
        (json!({"name": "a", "role": "admin", "region": SITE}), 422, "token"),
        (json!({"name": "a", "role": "auditor"}), 403, "not_yours"),
        (json!({"name": "a", "role": "auditor", "region": "420503"}), 403, "not_yours"),
        (json!({"name": "a", "role": "auditor", "region": SITE, "days": 731}), 422, "token"),
        (json!({"name": "a:b", "role": "auditor", "region": SITE}), 422, "token"),
        (json!({"name": "a", "role": "auditor", "region": SITE, "prefix": "10.0.0.0/99"}), 422, "token"),
        (json!({"name": "a", "role": "boss", "region": SITE}), 400, "bad_request"),
        (json!({"name": "a", "role": "auditor", "region": SITE, "admin": true}), 400, "bad_request"),
    ] {
        let answer = make(&console, &asked).await;
        assert_eq!(answer.status().as_u16(), status, "{asked}");
        assert_eq!(body(answer).await["code"], code, "{asked}");
    }
    let fine = json!({"name": "a", "role": "auditor", "region": SITE, "prefix": "10.2.0.0/16"});
    assert_eq!(make(&console, &fine).await.status(), StatusCode::CREATED);
    assert_eq!(make(&console, &fine).await.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_token_for_one_network_is_good_nowhere_else() {
    let console = with_admin(None).await;
    let asked = json!({"name": "screen", "role": "auditor", "prefix": "10.2.0.0/16"});
    let secret = body(make(&console, &asked).await).await["token"].as_str().unwrap().to_owned();
    let ask = |peer: Option<&str>, forwarded: Option<&str>| {
        let mut request = shown(get("/api/v1/session", None), &secret);
        if let Some(peer) = peer {
            let peer: std::net::SocketAddr = format!("{peer}:1").parse().unwrap();
            request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        }
        if let Some(forwarded) = forwarded {
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        console.send(request)
    };
    assert_eq!(ask(Some("10.2.9.9"), None).await.status(), StatusCode::OK);
    assert_eq!(ask(Some("10.3.0.1"), None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ask(None, None).await.status(), StatusCode::UNAUTHORIZED, "from nowhere that is known");
    assert_eq!(ask(Some("10.3.0.1"), Some("10.2.9.9")).await.status(), StatusCode::UNAUTHORIZED, "made up");
    assert_eq!(ask(Some("10.0.0.1"), Some("10.2.9.9")).await.status(), StatusCode::OK, "said by our proxy");
}

#[test]
fn the_command_line_makes_lists_and_takes_back_tokens() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("central.toml"), "data_dir = \"data\"\n").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_xunge-central"));
        let done = command
            .arg("token")
            .args(arguments)
            .args(["--config", "central.toml"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.success(), text)
    };
    let add =
        ["add", "--name", "screen", "--role", "auditor", "--region", "420502", "--prefix", "10.0.0.0/8"];
    let (done, said) = run(&add);
    assert!(done && said.starts_with("token: xunge_"), "{said}");
    assert!(!run(&add).0, "one name, one token");
    let (done, said) = run(&["add", "--name", "boss", "--role", "admin"]);
    assert!(!done && said.contains("cannot be an admin"), "{said}");
    let (done, said) = run(&["list"]);
    assert!(done && said.contains("screen\tauditor\t420502\t10.0.0.0/8\tgood"), "{said}");
    assert!(run(&["revoke", "--name", "screen"]).0);
    assert!(run(&["list"]).1.contains("\trevoked"));
    assert!(!run(&["revoke", "--name", "screen"]).0);
}
