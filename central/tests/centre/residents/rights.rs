//! Every call of the residents' half by every one of its roles, at home and from elsewhere.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use xunge_residents::right::Role;
use xunge_residents::right::Role::{Admin, Auditor, Clerk, Supervisor, Worker};
use xunge_residents::store::What;

use super::{FOREIGN, HOME, Half, SIXTY, deed};
use crate::rights::{Answer, answer};

/// A call as somebody at home makes it.
struct Call {
    method: Method,
    path: String,
    body: Value,
    may: Vec<Role>,
    /// What the others are answered.
    others: Answer,
    /// What whoever may at home is answered from elsewhere.
    foreign: Answer,
}

fn calls(person: i64, task: i64) -> Vec<Call> {
    use Answer::{Forbidden, Hidden, Works};
    let all = || Role::ALL.to_vec();
    let call = |method: Method, path: &str, body: Value, may: Vec<Role>, others, foreign| Call {
        method,
        path: path.to_owned(),
        body,
        may,
        others,
        foreign,
    };
    let show = |path: &str, may: Vec<Role>| call(Method::GET, path, Value::Null, may, Forbidden, Works);
    let make =
        |path: &str, body: Value, may: Vec<Role>| call(Method::POST, path, body, may, Forbidden, Works);
    let of_person = format!("/people/{person}");
    let of_task = format!("/tasks/{task}");
    let rules = || vec![Clerk, Supervisor];
    vec![
        show("/session", all()),
        show("/regions", all()),
        show("/regions/names?codes=420502", all()),
        make("/people/find", json!({"name": "王"}), vec![Clerk, Supervisor]),
        call(Method::GET, &of_person, Value::Null, vec![Worker, Clerk, Supervisor], Hidden, Hidden),
        call(
            Method::POST,
            &format!("{of_person}/reveal"),
            json!({"what": "phone", "reason": "核对"}),
            vec![Worker, Clerk],
            Forbidden,
            Hidden,
        ),
        call(
            Method::GET,
            &format!("{of_person}/why"),
            Value::Null,
            vec![Worker, Clerk, Supervisor],
            Hidden,
            Hidden,
        ),
        make("/dwellings/find", json!({"address": "一号楼"}), vec![Clerk, Supervisor]),
        show("/tasks", vec![Worker, Clerk]),
        call(Method::GET, &of_task, Value::Null, vec![Worker, Clerk], Hidden, Hidden),
        call(
            Method::POST,
            &format!("{of_task}/steps"),
            json!({"done": [0]}),
            vec![Worker, Clerk],
            Hidden,
            Hidden,
        ),
        call(
            Method::POST,
            &format!("{of_task}/outcome"),
            json!({"outcome": "unreachable"}),
            vec![Worker, Clerk],
            Hidden,
            Hidden,
        ),
        make("/tasks/sheet", json!({"reason": "电话告知"}), vec![Worker, Clerk]),
        show("/rules", rules()),
        show("/rules/shipped", rules()),
        make("/rules/check", json!({"text": SIXTY}), rules()),
        make("/rules/try", json!({"text": SIXTY}), rules()),
        make("/rules", json!({"name": "sixty.toml", "text": SIXTY}), vec![Supervisor]),
        make("/rules/sixty", json!({"change": "use", "version": 1}), vec![Supervisor]),
        show("/statistics", vec![Clerk, Supervisor, Auditor]),
        show("/imports", vec![Clerk]),
        show("/import/columns", vec![Clerk]),
        show("/conflicts", vec![Clerk]),
        call(
            Method::POST,
            &format!("/conflicts/{}/birth", person + 1),
            json!({"settlement": "以身份证为准"}),
            vec![Clerk],
            Hidden,
            Hidden,
        ),
        show("/workdays", rules()),
        make("/workdays", json!({"days": []}), vec![Supervisor]),
        show("/accounts", vec![Admin]),
        make("/accounts", json!({"account": "somebody", "posts": [{"role": "auditor"}]}), vec![Admin]),
        make("/accounts/spare", json!({"unit": "x"}), vec![Admin]),
        show("/audit", vec![Auditor, Admin]),
        show("/audit/check", vec![Auditor, Admin]),
    ]
}

/// Calls that ask for no login, or whose body is no JSON: they are tried elsewhere here.
const OTHERS: [(Method, &str); 3] =
    [(Method::POST, "/session"), (Method::DELETE, "/session"), (Method::POST, "/import")];

/// People with a reminder.
async fn settled() -> (Half, i64, i64) {
    let half = Half::open().await;
    half.settle_in().await;
    half.store.add_rules(("sixty.toml", SIXTY), &deed(What::RuleAdded)).await.unwrap();
    half.store.use_rule("sixty", 1, &deed(What::RuleUsed)).await.unwrap();
    half.scan("2026-03-01").await;
    half.somebody("spare", Role::Auditor, "").await;
    let clerk = half.somebody("clerk", Role::Clerk, "").await;
    let tasks = half.show(&format!("/tasks?region={HOME}"), &clerk).await;
    let task = &tasks["tasks"][0];
    (half, task["person"].as_i64().unwrap(), task["task"].as_i64().unwrap())
}

#[tokio::test]
async fn every_call_by_every_role_at_home_and_from_elsewhere() {
    let (half, person, task) = settled().await;
    let mut cookies = Vec::new();
    for role in Role::ALL {
        let regions =
            if role.is_everywhere() { vec![("home", "")] } else { vec![("home", HOME), ("away", FOREIGN)] };
        for (who, region) in regions {
            let name = format!("{who}-{}", role.as_str());
            cookies.push((role, who, half.somebody(&name, role, region).await));
        }
    }
    for call in calls(person, task) {
        for (role, who, cookie) in &cookies {
            let what = format!("{} {} {} by {who} {}", call.method, call.path, call.body, role.as_str());
            let (status, value) = half.ask(call.method.clone(), &call.path, cookie, &call.body).await;
            let may = call.may.contains(role);
            let wanted = match (*who, may) {
                ("home", true) => Answer::Works,
                (_, true) => call.foreign,
                _ => call.others,
            };
            let got = answer(status, &what);
            // who may do nothing of the kind need not know whether it is there
            let refused = !may && matches!(got, Answer::Forbidden | Answer::Hidden);
            assert!(got == wanted || refused, "{what}: {status} {value}");
            if *who == "away" {
                let text = value.to_string();
                let of_all = call.path.starts_with("/regions") || call.path.contains("rules");
                assert!(of_all || !text.contains(HOME) && !text.contains("王芳"), "{what}: {text}");
            }
        }
        for nobody in ["xunge_residents=nobody", "xunge_residents=", "x=y"] {
            let (status, value) = half.ask(call.method.clone(), &call.path, nobody, &call.body).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {} by nobody", call.method, call.path);
            assert_eq!(value["code"], "login_needed");
        }
    }
}

#[tokio::test]
async fn every_call_of_this_half_is_tried_here() {
    let half = Half::open().await;
    let operations = half.document.operations.iter();
    let mut untried: BTreeSet<_> =
        operations.filter(|(_, path)| path.starts_with("/api/v1/residents/")).cloned().collect();
    assert!(untried.len() > 30);
    for call in calls(1, 1) {
        let path = format!("/api/v1/residents{}", call.path);
        untried.remove(&half.document.operation(&call.method, &path));
    }
    for (method, path) in OTHERS {
        untried.remove(&(method, format!("/api/v1/residents{path}")));
    }
    assert!(untried.is_empty(), "add a line for each of {untried:?}");
}

#[tokio::test]
async fn a_clerk_brings_people_of_the_own_regions_only() {
    let half = Half::open().await;
    half.settle_in().await;
    let clerk = half.somebody("clerk", Role::Clerk, "420502").await;
    let head = "姓名,身份证号,网格编码,住址\n";
    let row = |name: &str, sequence, grid: &str| {
        format!(
            "{name},{},{grid},{}\n",
            super::number("19400101", sequence),
            if grid.is_empty() { "" } else { "三号楼" }
        )
    };
    let csv =
        [head.to_owned(), row("孙一", 11, HOME), row("孙二", 12, FOREIGN), row("孙三", 13, "")].concat();
    let lines = half.bring("file=b.csv", &clerk, &csv).await.unwrap();
    let done = &lines.last().unwrap()["done"];
    assert_eq!((&done["added"], &done["refused"]), (&json!(1), &json!(2)), "{done}");
    assert_eq!(done["problems"][0]["line"], 3);
    // somebody who lives elsewhere, in a row that does not say where
    let csv = format!("{head}赵六,{},,\n", super::number("19660321", 3));
    let lines = half.bring("file=c.csv", &clerk, &csv).await.unwrap();
    assert_eq!(lines.last().unwrap()["done"]["refused"], 1, "{lines:?}");
    // who lists everybody must keep all of the region
    let refused = half.bring("file=d.csv&complete=4205", &clerk, head).await.unwrap_err();
    assert_eq!(refused.0, StatusCode::FORBIDDEN);
    for role in [Role::Worker, Role::Supervisor, Role::Auditor, Role::Admin] {
        let region = if role.is_everywhere() { "" } else { HOME };
        let cookie = half.somebody(role.as_str(), role, region).await;
        assert_eq!(half.bring("file=e.csv", &cookie, &csv).await.unwrap_err().0, StatusCode::FORBIDDEN);
    }
    let nobody = half.bring("file=e.csv", "xunge_residents=x", &csv).await.unwrap_err();
    assert_eq!(nobody.0, StatusCode::UNAUTHORIZED);
}
