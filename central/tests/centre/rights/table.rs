//! Who may make which call.

use axum::http::Method;
use serde_json::{Value, json};
use xunge_central::case::guard::Role;

use super::{Answer, Endpoint, HOME, Town, duty, plan, wish};
use crate::support::{EDGE, at};

/// Every call, as somebody at home makes it.
pub fn endpoints(town: &Town) -> Vec<Endpoint> {
    use Answer::{Forbidden, Hidden, Works};
    use Role::{
        Acceptor, Admin, Auditor, Dispatcher, GridWorker, Inspector, Installer, Operator, Supervisor,
    };
    let all = Role::ALL.to_vec();
    let endpoint = |method: Method, path: &str, body: Value, may: Vec<Role>, others, foreign| Endpoint {
        method,
        path: format!("/api/v1{path}"),
        body,
        may,
        others,
        foreign,
    };
    let change = |change: Value, may: Vec<Role>| {
        let path = format!("/cases/{}/changes", town.case);
        endpoint(Method::POST, &path, json!({"change": change, "version": 0}), may, Forbidden, Hidden)
    };
    let quiet = |what: &str, minutes: i64, may: Vec<Role>| {
        let body = json!({"edge": EDGE, "reason": "x", "until_utc": at(minutes * 60).to_string()});
        endpoint(Method::POST, &format!("/quiet/{what}"), body, may, Forbidden, Hidden)
    };
    let report = |path: &str, may: Vec<Role>, foreign| {
        endpoint(Method::GET, path, Value::Null, may, Forbidden, foreign)
    };
    let told = vec![Operator, Supervisor, Auditor, Admin];
    let importing = |kind: &str, may| {
        let body = json!({"kind": kind, "content": "", "apply": true});
        endpoint(Method::POST, "/org/import", body, may, Forbidden, Works)
    };
    let of_case = |what: &str| {
        let path = format!("/cases/{}/{what}", town.case);
        endpoint(Method::GET, &path, Value::Null, Role::ALL.to_vec(), Forbidden, Hidden)
    };
    vec![
        endpoint(Method::GET, "/session", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/cases", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, &format!("/cases/{}", town.case), Value::Null, all.clone(), Forbidden, Hidden),
        endpoint(Method::GET, "/overview", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/org/regions", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/org/regions/420502", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/org/region-search?words=x", Value::Null, all.clone(), Forbidden, Works),
        endpoint(
            Method::GET,
            &format!("/org/people?region={HOME}"),
            Value::Null,
            vec![Acceptor, Dispatcher, Supervisor, Auditor, Admin],
            Forbidden,
            Forbidden,
        ),
        endpoint(
            Method::GET,
            "/org/people",
            Value::Null,
            vec![Acceptor, Dispatcher, Supervisor, Auditor, Admin],
            Forbidden,
            Works,
        ),
        endpoint(Method::GET, "/org/cameras", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/org/calendar/2026", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::PUT, "/org/calendar/2026", json!({"days": []}), vec![], Forbidden, Forbidden),
        importing("regions", vec![Admin]),
        importing("posts", vec![Admin]),
        importing("cameras", vec![Admin, Installer]),
        importing("duties", vec![Admin, Acceptor]),
        importing("catalogue", vec![Admin]),
        endpoint(Method::GET, "/catalogue", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/org/duties", Value::Null, all.clone(), Forbidden, Works),
        endpoint(
            Method::GET,
            &format!("/org/on-duty?region={HOME}"),
            Value::Null,
            all.clone(),
            Forbidden,
            Forbidden,
        ),
        endpoint(
            Method::POST,
            "/org/duties",
            serde_json::to_value(duty(1)).unwrap(),
            vec![Admin, Acceptor],
            Forbidden,
            Forbidden,
        ),
        endpoint(Method::DELETE, "/org/duties/{duty}", Value::Null, vec![Admin, Acceptor], Forbidden, Hidden),
        endpoint(Method::GET, "/org/periods", Value::Null, all.clone(), Forbidden, Works),
        endpoint(
            Method::POST,
            "/org/periods",
            json!({"name": "x", "region": HOME, "from_utc": at(0), "until_utc": at(3600)}),
            vec![Admin, Supervisor],
            Forbidden,
            Forbidden,
        ),
        endpoint(
            Method::DELETE,
            "/org/periods/{period}",
            Value::Null,
            vec![Admin, Supervisor],
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::POST,
            &format!("/cases/{}/split", town.case),
            json!({"version": 0, "alerts": [], "into": null, "reason": "x"}),
            vec![Operator, Acceptor, Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(Method::GET, "/users", Value::Null, vec![Admin], Forbidden, Works),
        endpoint(
            Method::POST,
            "/users",
            json!({"name": "new", "posts": [{"role": "operator", "region": HOME}]}),
            vec![Admin],
            Forbidden,
            Forbidden,
        ),
        endpoint(
            Method::POST,
            "/users/somebody",
            json!({"change": "password"}),
            vec![Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(Method::GET, "/tokens", Value::Null, vec![Admin], Forbidden, Works),
        endpoint(
            Method::POST,
            "/tokens",
            json!({"name": "new", "role": "auditor", "region": HOME}),
            vec![Admin],
            Forbidden,
            Forbidden,
        ),
        endpoint(Method::DELETE, "/tokens/{token}", json!({}), vec![Admin], Forbidden, Hidden),
        endpoint(Method::GET, "/events", Value::Null, all.clone(), Forbidden, Works),
        endpoint(
            Method::GET,
            &format!("/evidence/{}", town.picture),
            Value::Null,
            all.clone(),
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::GET,
            &format!("/evidence/{}/preview", town.picture),
            Value::Null,
            all.clone(),
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::POST,
            "/quiet/shelves/{shelf}",
            json!({"act": "end"}),
            vec![Operator, Acceptor, Installer, Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::POST,
            "/quiet/shelves/{shelf}",
            json!({"act": "agree"}),
            vec![Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(Method::GET, "/quiet/shelves", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/quiet/maintenance", Value::Null, all.clone(), Forbidden, Works),
        quiet("shelves", 30, vec![Operator, Acceptor, Installer, Supervisor, Admin]),
        quiet("shelves", 31, vec![Installer, Supervisor, Admin]),
        quiet("maintenance", 30, vec![Installer, Admin]),
        endpoint(
            Method::GET,
            &format!("/alerts/{EDGE}/00000000-0000-0000-0000-000000000001/why"),
            Value::Null,
            all.clone(),
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::GET,
            &format!("/cameras/{EDGE}/gate-east/why?at=2026-11-23T03:20:00Z"),
            Value::Null,
            all,
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::POST,
            "/exports",
            json!({"cases": [town.case], "reason": "checking", "recipient": ""}),
            vec![Acceptor, Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(Method::GET, "/keeping", Value::Null, vec![Auditor, Supervisor, Admin], Forbidden, Works),
        endpoint(Method::GET, "/holds", Value::Null, Role::ALL.to_vec(), Forbidden, Works),
        endpoint(
            Method::POST,
            "/holds",
            json!({"case": town.case, "reason": "x"}),
            vec![Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::POST,
            &format!("/holds/{}", town.hold),
            json!({"reason": ""}),
            vec![Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(Method::GET, "/purges", Value::Null, vec![Auditor, Supervisor, Admin], Forbidden, Works),
        // everywhere only
        endpoint(Method::POST, "/purges", json!({}), vec![], Forbidden, Forbidden),
        endpoint(
            Method::GET,
            &format!("/purges/{}/files", uuid::Uuid::nil()),
            Value::Null,
            vec![],
            Forbidden,
            Forbidden,
        ),
        endpoint(
            Method::GET,
            "/approvals",
            Value::Null,
            vec![Acceptor, Supervisor, Auditor, Admin],
            Forbidden,
            Works,
        ),
        endpoint(
            Method::POST,
            "/approvals",
            json!({"kind": "unmasked_export", "cases": [town.case], "reason": "x"}),
            vec![Acceptor, Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::POST,
            &format!("/approvals/{}", town.request),
            json!({"agreed": true}),
            vec![Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(Method::GET, "/views", Value::Null, vec![Auditor, Supervisor, Admin], Forbidden, Works),
        endpoint(
            Method::POST,
            "/views",
            json!({"reason": "checking", "case": town.case}),
            Role::ALL.to_vec(),
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::GET,
            &format!("/views/case/{}", town.case),
            Value::Null,
            Role::ALL.to_vec(),
            Forbidden,
            Hidden,
        ),
        endpoint(Method::GET, "/plans", Value::Null, Role::ALL.to_vec(), Forbidden, Works),
        endpoint(Method::GET, "/plans/home", Value::Null, Role::ALL.to_vec(), Forbidden, Hidden),
        endpoint(
            Method::POST,
            "/plans",
            json!({"body": plan(Some(HOME))}),
            vec![Supervisor, Admin],
            Forbidden,
            Forbidden,
        ),
        endpoint(Method::POST, "/plans", json!({"body": plan(None)}), vec![], Forbidden, Forbidden),
        endpoint(
            Method::POST,
            "/plans/home",
            json!({"body": plan(Some(HOME)), "shown": 0}),
            vec![Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        importing("plans", vec![Supervisor, Admin]),
        importing("resources", vec![Supervisor, Admin]),
        endpoint(Method::GET, "/org/resources", Value::Null, Role::ALL.to_vec(), Forbidden, Works),
        endpoint(
            Method::POST,
            &format!("/org/resources/{}", town.resource),
            json!({"act": "remove"}),
            vec![Supervisor, Admin],
            Forbidden,
            Hidden,
        ),
        of_case("plan"),
        of_case("resources"),
        of_case("cap"),
        endpoint(Method::GET, "/hooks", Value::Null, vec![Admin], Forbidden, Works),
        endpoint(Method::POST, "/hooks", wish(Some(HOME)), vec![Admin], Forbidden, Forbidden),
        endpoint(Method::POST, "/hooks", wish(None), vec![], Forbidden, Forbidden),
        endpoint(
            Method::PUT,
            &format!("/hooks/{}", town.hook),
            wish(Some(HOME)),
            vec![Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::POST,
            &format!("/hooks/{}", town.hook),
            json!({"act": "test"}),
            vec![Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::GET,
            &format!("/hooks/{}/messages", town.hook),
            Value::Null,
            vec![Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(
            Method::POST,
            &format!("/hooks/{}/messages/{{message}}", town.hook),
            json!({"act": "resend"}),
            vec![Admin],
            Forbidden,
            Hidden,
        ),
        endpoint(Method::GET, "/quarantine", Value::Null, vec![Admin, Installer, Auditor], Forbidden, Works),
        report("/reports", told.clone(), Works),
        report(&format!("/reports?region={HOME}"), told.clone(), Forbidden),
        report("/reports/overdue", vec![Supervisor, Auditor, Admin], Works),
        report("/reports/export?format=csv", told, Works),
        change(
            json!({"change": "ticked", "step": 0, "done": true}),
            vec![Operator, Acceptor, Dispatcher, GridWorker, Supervisor, Admin],
        ),
        change(json!({"change": "taken"}), vec![Operator, Acceptor, Admin]),
        change(json!({"change": "decided", "verdict": "real"}), vec![Operator, Acceptor, Admin]),
        change(json!({"change": "dispatched", "to": {"region": HOME}}), vec![Dispatcher, Acceptor, Admin]),
        change(json!({"change": "accepted"}), vec![GridWorker, Acceptor, Admin]),
        change(json!({"change": "checked", "passed": true}), vec![Inspector, Acceptor, Admin]),
        change(json!({"change": "urged", "reason": "x"}), vec![Supervisor, Admin]),
        change(json!({"change": "void_asked", "reason": "x"}), vec![Admin]),
        endpoint(
            Method::POST,
            &format!("/cases/{}/pictures", town.case),
            json!({"content": "", "moment": "after"}),
            vec![GridWorker, Acceptor, Admin],
            Forbidden,
            Hidden,
        ),
    ]
}
