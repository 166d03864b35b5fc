//! What people do there, from an import to an outcome.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use xunge_residents::right::Role;
use xunge_residents::store::What;

use super::{COMMUNITY, HOME, Half, SIXTY, deed, number, sought};
use crate::support::at;
use crate::web::{body, change};

#[tokio::test]
async fn from_a_table_to_an_outcome() {
    let half = Half::open().await;
    half.settle_in().await;
    let clerk = half.somebody("clerk", Role::Clerk, COMMUNITY).await;
    let boss = half.somebody("boss", Role::Supervisor, "").await;
    let worker = half.somebody("worker", Role::Worker, HOME).await;
    let auditor = half.somebody("auditor", Role::Auditor, "").await;

    // a rule is tried, added, put to use
    let tried = half.make("/rules/try", &boss, &json!({"text": SIXTY, "day": "2026-03-01"})).await;
    assert_eq!(tried["rules"][0]["reminded"], 2, "{tried}");
    assert_eq!(tried["rules"][0]["pending"], 1, "whose papers differ is asked first: {tried}");
    half.make("/rules", &boss, &json!({"name": "sixty.toml", "text": SIXTY})).await;
    assert_eq!(
        half.make("/rules/sixty", &boss, &json!({"change": "use", "version": 1})).await["in_use"],
        true
    );
    half.scan("2026-03-01").await;

    // the clerk sees the community's, the worker the grid's
    let tasks = half.show("/tasks?state=open", &clerk).await;
    assert_eq!(tasks["tasks"].as_array().unwrap().len(), 1, "{tasks}");
    let task = &tasks["tasks"][0];
    assert_eq!(
        (&task["name"], &task["grid"], &task["due"]),
        (&json!("王芳"), &json!(HOME), &json!("2026-03-20"))
    );
    let path = format!("/tasks/{}", task["task"]);
    let detail = half.show(&path, &worker).await;
    assert_eq!(detail["phone_masked"], "138****1234");
    assert_eq!(detail["steps"], json!(["告知", "收材料"]));
    half.make(&format!("{path}/steps"), &worker, &json!({"done": [1, 0, 1]})).await;
    assert_eq!(half.show(&path, &worker).await["done"], json!([0, 1]));
    let (status, refused) =
        half.ask(Method::POST, &format!("{path}/steps"), &worker, &json!({"done": [0, 2]})).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("refused")));
    assert_eq!(half.show(&path, &worker).await["done"], json!([0, 1]));
    let reveal = format!("/people/{}/reveal", task["person"]);
    let (status, refused) =
        half.ask(Method::POST, &reveal, &worker, &json!({"what": "phone", "reason": " "})).await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("reason")));
    // of whose reminders none came out nobody there is told anything
    let other =
        half.make("/people/find", &clerk, &json!({"name": "李强"})).await["people"][0]["person"].clone();
    assert_eq!(
        half.ask(Method::GET, &format!("/people/{other}"), &worker, &Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    half.show(&format!("/people/{}", task["person"]), &worker).await;
    // a worker telephones; identity numbers are for whoever keeps the residents
    let number = json!({"what": "id_number", "reason": "联系本人"});
    assert_eq!(half.ask(Method::POST, &reveal, &worker, &number).await.0, StatusCode::FORBIDDEN);
    assert!(half.make(&reveal, &clerk, &number).await["value"].as_str().unwrap().starts_with("999999"));
    let phone = half.make(&reveal, &worker, &json!({"what": "phone", "reason": "联系本人"})).await;
    assert_eq!(phone["value"], "13800001234");
    let outcome = json!({"outcome": "handled", "note": "已领证"});
    half.make(&format!("{path}/outcome"), &worker, &outcome).await;
    let (status, again) = half.ask(Method::POST, &format!("{path}/outcome"), &worker, &outcome).await;
    assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("not_open")));

    // in numbers, and in the log
    let numbers = half.show("/statistics?digits=15", &clerk).await;
    assert_eq!(numbers["counts"][0]["outcome"], "handled");
    assert_eq!(numbers["gaps"][0]["people"], 1);
    assert_eq!(numbers["scans"][0]["day"], "2026-03-01");
    let log = half.show("/audit", &auditor).await;
    let entry = |what: &str| {
        let found = log["entries"].as_array().unwrap().iter().find(|entry| entry["what"] == what);
        found.unwrap_or_else(|| panic!("{what} is not in {log}")).clone()
    };
    assert_eq!(
        // the last of them
        (&entry("reveal")["account"], &entry("reveal")["reason"]),
        (&json!("worker"), &json!("联系本人"))
    );
    assert_eq!(entry("outcome")["account"], "worker");
    assert!(!log.to_string().contains("13800001234"));
    let checked = half.show("/audit/check", &auditor).await;
    assert_eq!(checked["broken_at"], Value::Null);
    assert!(checked["entries"].as_u64().unwrap() >= 8);
}

#[tokio::test]
async fn people_are_found_and_seen_without_their_numbers() {
    let half = Half::open().await;
    half.settle_in().await;
    let clerk = half.somebody("clerk", Role::Clerk, COMMUNITY).await;
    let found = half.make("/people/find", &clerk, &sought("王")).await;
    let line = &found["people"][0];
    assert_eq!(line["id_masked"], "99**************2X".replace("2X", &number("19660320", 2)[16..]));
    let by_number = half.make("/people/find", &clerk, &json!({"number": number("19660320", 2)})).await;
    assert_eq!(by_number["people"][0]["name"], "王芳");
    let elsewhere = half.make("/people/find", &clerk, &json!({"number": number("19660321", 3)})).await;
    assert_eq!(elsewhere["people"], json!([]));
    let dwellings = half.make("/dwellings/find", &clerk, &json!({"address": "102"})).await;
    let dwelling = &dwellings["dwellings"][0]["dwelling"];
    let lives = half.make("/people/find", &clerk, &json!({"dwelling": dwelling})).await;
    assert_eq!(lives["people"][0]["name"], "李强");
    let person = half.show(&format!("/people/{}", lives["people"][0]["person"]), &clerk).await;
    assert_eq!(person["conflicts"][0]["kind"], "birth");
    assert!(!person.to_string().contains(&number("19660301", 1)));
    for (bad, code) in [
        (json!({}), "sought"),
        (json!({"number": "123"}), "id_number"),
        (json!({"name": "x".repeat(60)}), "too_long"),
    ] {
        let (status, refused) = half.ask(Method::POST, "/people/find", &clerk, &bad).await;
        assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)));
    }
    // a contradiction is settled once
    let conflict = format!("/conflicts/{}/birth", lives["people"][0]["person"]);
    half.make(&conflict, &clerk, &json!({"settlement": "已核对户口簿", "choice": "id_number"})).await;
    let (status, _) = half.ask(Method::POST, &conflict, &clerk, &json!({"settlement": "再次"})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(half.show("/conflicts", &clerk).await["conflicts"], json!([]));
    let found = half.show(&format!("/people/{}", lives["people"][0]["person"]), &clerk).await;
    assert_ne!(found["born"], json!(null), "it counts from now on");
    assert_eq!(
        half.show("/conflicts?settled=true", &clerk).await["conflicts"][0]["settlement"],
        "已核对户口簿"
    );
}

#[tokio::test]
async fn why_somebody_was_not_reminded_is_told() {
    let half = Half::open().await;
    half.settle_in().await;
    let clerk = half.somebody("clerk", Role::Clerk, COMMUNITY).await;
    half.store.add_rules(("sixty.toml", SIXTY), &deed(What::RuleAdded)).await.unwrap();
    half.store.use_rule("sixty", 1, &deed(What::RuleUsed)).await.unwrap();
    half.scan("2026-03-01").await;
    let found = half.make("/people/find", &clerk, &json!({"region": COMMUNITY})).await;
    let kind = async |person: &Value| {
        let day = at(0).to_zoned(jiff::tz::TimeZone::UTC).date();
        let why = half.show(&format!("/people/{}/why?day={day}", person["person"]), &clerk).await;
        why["rules"][0]["verdict"]["kind"].clone()
    };
    assert_eq!(kind(&found["people"][0]).await, "matched");
    assert_eq!(kind(&found["people"][1]).await, "pending");
}

#[tokio::test]
async fn a_file_is_tried_before_it_is_taken_and_bad_rows_are_named() {
    let half = Half::open().await;
    let clerk = half.somebody("clerk", Role::Clerk, "").await;
    let csv = format!(
        "姓名,证件,网格编码,住址\n孙一,{},{HOME},一号楼\n孙二,123,{HOME},一号楼\n",
        number("19400101", 11)
    );
    let done = |lines: Vec<Value>| lines.last().unwrap()["done"].clone();
    let unread = done(half.bring("file=a.csv&dry_run=true", &clerk, &csv).await.unwrap());
    assert_eq!((&unread["applied"], &unread["problems"][0]["line"]), (&json!(false), &json!(1)));
    let columns = "columns=%7B%22%E8%AF%81%E4%BB%B6%22%3A%22id_number%22%7D";
    let tried = done(half.bring(&format!("file=a.csv&dry_run=true&{columns}"), &clerk, &csv).await.unwrap());
    assert_eq!(
        (&tried["added"], &tried["refused"], &tried["applied"]),
        (&json!(1), &json!(1), &json!(false))
    );
    assert_eq!(tried["problems"][0]["line"], 3);
    assert_eq!(half.show("/imports", &clerk).await["imports"], json!([]));
    let lines = half.bring(&format!("file=a.csv&{columns}"), &clerk, &csv).await.unwrap();
    assert_eq!(lines[0]["rows"], 2);
    assert_eq!(done(lines)["applied"], true);
    assert_eq!(half.show("/imports", &clerk).await["imports"][0]["added"], 1);
    // what is no table at all
    let lines = half.bring("file=b.xlsx", &clerk, "PK\u{3}\u{4}nothing").await.unwrap();
    assert_eq!(lines.last().unwrap()["problem"]["code"], "table", "{lines:?}");
    let wrong = half.bring("file=b.csv&columns=x", &clerk, &csv).await.unwrap_err();
    assert_eq!((wrong.0, &wrong.1["code"]), (StatusCode::BAD_REQUEST, &json!("columns")));
}

#[tokio::test]
async fn an_import_that_runs_is_seen_by_others_and_its_file_by_whoever_may() {
    let half = Half::open().await;
    let clerk = half.somebody("clerk", Role::Clerk, COMMUNITY).await;
    let other = half.somebody("other", Role::Clerk, COMMUNITY).await;
    let everywhere = half.somebody("everywhere", Role::Clerk, "").await;
    let csv = format!("姓名,身份证号,网格编码,住址\n孙一,{},{HOME},一号楼\n", number("19400101", 11));
    let (go_on, waits) = oneshot::channel::<()>();
    let rest = async move {
        waits.await.unwrap();
        Ok::<_, Infallible>(csv)
    };
    let import = half.bring_slowly("file=a.csv", &clerk, Body::from_stream(stream::once(rest)));
    let watch = async {
        while half.show("/imports", &clerk).await["running"].is_null() {
            tokio::task::yield_now().await;
        }
        let running = |file: Value| json!({"by": "clerk", "file": file, "dry_run": false, "rows": 0});
        for (cookie, file) in [(&clerk, json!("a.csv")), (&other, json!(null)), (&everywhere, json!("a.csv"))]
        {
            assert_eq!(half.show("/imports", cookie).await["running"], running(file));
        }
        let refused = half.bring("file=b.csv", &other, "").await.unwrap_err();
        assert_eq!((refused.0, &refused.1["code"]), (StatusCode::CONFLICT, &json!("import_running")));
        go_on.send(()).unwrap();
    };
    let (lines, ()) = tokio::join!(import, watch);
    assert_eq!(lines.unwrap().last().unwrap()["done"]["added"], 1);
    for (cookie, count) in [(&clerk, 1), (&other, 0), (&everywhere, 1)] {
        let shown = half.show("/imports", cookie).await;
        assert_eq!((&shown["running"], shown["imports"].as_array().unwrap().len()), (&json!(null), count));
    }
}

#[tokio::test]
async fn an_account_is_made_logs_in_and_is_closed() {
    let half = Half::open().await;
    let admin = half.somebody("admin", Role::Admin, "").await;
    let new = json!({"account": "王芳", "full_name": "王芳", "unit": "和平社区", "posts": [{"role": "worker", "region": HOME}]});
    let made = half.make("/accounts", &admin, &new).await;
    let login = |password: &Value| json!({"account": "王芳", "password": password});
    let log_in = async |password: &Value| {
        let request = change(Method::POST, "/api/v1/residents/session", None, &login(password));
        half.console.send(request).await
    };
    let answer = log_in(&made["password"]).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();
    let me = half.show("/session", cookie).await;
    assert_eq!((&me["unit"], &me["rights"]), (&json!("和平社区"), &json!(["work", "reveal"])));
    // another password ends what was begun with the old one
    let again = half
        .make(
            "/accounts/王芳".replace("王芳", "%E7%8E%8B%E8%8A%B3").as_str(),
            &admin,
            &json!({"new_password": true}),
        )
        .await;
    assert_eq!(half.ask(Method::GET, "/session", cookie, &Value::Null).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&made["password"]).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&again["password"]).await.status(), StatusCode::NO_CONTENT);
    half.make("/accounts/%E7%8E%8B%E8%8A%B3", &admin, &json!({"closed": true})).await;
    let closed = log_in(&again["password"]).await;
    assert_eq!(
        (closed.status(), body(closed).await["code"].clone()),
        (StatusCode::UNAUTHORIZED, json!("wrong_password"))
    );
    // nobody takes the own rights away, and posts have to mean something
    let (status, _) = half.ask(Method::POST, "/accounts/admin", &admin, &json!({"closed": true})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for posts in
        [json!([]), json!([{"role": "worker", "region": "42"}]), json!([{"role": "admin", "region": HOME}])]
    {
        let (status, said) =
            half.ask(Method::POST, "/accounts", &admin, &json!({"account": "x", "posts": posts})).await;
        assert!(status.is_client_error(), "{said}");
    }
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let half = Half::open().await;
    let request = || {
        let login = json!({"account": "admin", "password": "wrong password"});
        change(Method::POST, "/api/v1/residents/session", None, &login)
    };
    for _ in 0..5 {
        assert_eq!(half.console.send(request()).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(half.console.send(request()).await.status(), StatusCode::TOO_MANY_REQUESTS);
}
