//! Every endpoint, tried by every role, at home and from a foreign region.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use xunge_alert::EvidenceKind;
use xunge_central::case::guard::{Post, Role};
use xunge_central::incident::Period;
use xunge_central::org::Region;
use xunge_central::org::roster::{Duty, Weekdays};
use xunge_central::store::{ImportKind, StoredEvidence};

use crate::support::{EDGE, SITE, alert, at, everywhere, evidence, inbound};
use crate::web::{Console, body, change, get};

const HOME: &str = SITE;
const FOREIGN: &str = "420503001001";

/// What an endpoint answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    /// It does what was asked, or says what is wrong with the words.
    Works,
    /// 403.
    Forbidden,
    /// 404: as if it were not there.
    Hidden,
}

fn answer(status: StatusCode, what: &str) -> Answer {
    match status {
        StatusCode::FORBIDDEN => Answer::Forbidden,
        StatusCode::NOT_FOUND => Answer::Hidden,
        status if status.is_success() => Answer::Works,
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => Answer::Works,
        other => panic!("{what}: {other}"),
    }
}

/// Who may, and what the others are answered.
struct Endpoint {
    method: Method,
    path: String,
    body: Value,
    may: Vec<Role>,
    others: Answer,
    /// What whoever may at home is answered from elsewhere.
    foreign: Answer,
}

struct Town {
    console: Console,
    case: String,
}

async fn town() -> Town {
    let console = Console::open().await;
    let store = &console.shop.store;
    let regions = format!("code,name\n420502,a\n420502001,b\n{HOME},c\n420503,d\n420503001,e\n{FOREIGN},f\n");
    let admin = everywhere("admin", Role::Admin);
    assert!(
        store.import(ImportKind::Regions, regions.as_bytes(), &admin, false, at(0)).await.unwrap().applied
    );
    for role in Role::ALL {
        for (who, region) in [("home", HOME), ("foreign", FOREIGN)] {
            let name = format!("{who}-{}", role.as_str());
            let post = Post { role, region: Some(Region::parse(region).unwrap()) };
            assert!(store.add_user(&name, &[post], "!", at(0)).await.unwrap());
            store.begin_session(&name, &name, at(0), at(86_400)).await.unwrap();
        }
    }
    let post = Post { role: Role::Auditor, region: Some(Region::parse(HOME).unwrap()) };
    assert!(store.add_user("somebody", &[post], "!", at(0)).await.unwrap());
    let mut one = alert(1, 1, 1, 0);
    one.evidence = vec![evidence(EvidenceKind::Snapshot, &"a".repeat(64), 4)];
    let taken = store.take(&[inbound(&one)], at(1)).await.unwrap();
    let file = StoredEvidence { sha256: "a".repeat(64), bytes: 4, media_type: "image/jpeg".into() };
    store.evidence_stored(EDGE, &file, at(1)).await.unwrap();
    let case = taken.news.cases.first().unwrap().to_string();
    Town { console, case }
}

fn endpoints(town: &Town) -> Vec<Endpoint> {
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
    let importing = |kind: &str, may| {
        let body = json!({"kind": kind, "content": "", "apply": true});
        endpoint(Method::POST, "/org/import", body, may, Forbidden, Works)
    };
    vec![
        endpoint(Method::GET, "/session", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/cases", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, &format!("/cases/{}", town.case), Value::Null, all.clone(), Forbidden, Hidden),
        endpoint(Method::GET, "/overview", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/org/regions", Value::Null, all.clone(), Forbidden, Works),
        endpoint(Method::GET, "/org/regions/420502", Value::Null, all.clone(), Forbidden, Works),
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
        endpoint(Method::GET, "/quarantine", Value::Null, vec![Admin, Installer, Auditor], Forbidden, Works),
        change(json!({"change": "taken"}), vec![Operator, Acceptor, Admin]),
        change(json!({"change": "decided", "verdict": "real"}), vec![Operator, Acceptor, Admin]),
        change(json!({"change": "dispatched", "to": {"region": HOME}}), vec![Dispatcher, Acceptor, Admin]),
        change(json!({"change": "accepted"}), vec![GridWorker, Acceptor, Admin]),
        change(json!({"change": "checked", "passed": true}), vec![Inspector, Acceptor, Admin]),
        change(json!({"change": "urged", "reason": "x"}), vec![Supervisor, Admin]),
        change(json!({"change": "void_asked", "reason": "x"}), vec![Admin]),
        change(json!({"change": "timer", "stage": "ack", "percent": 100}), vec![]),
    ]
}

fn duty(day: i8) -> Duty {
    Duty {
        user: "somebody".into(),
        role: Role::Operator,
        region: Region::parse(HOME).unwrap(),
        from: jiff::civil::date(2026, 11, day),
        until: jiff::civil::date(2026, 11, day),
        weekdays: Weekdays::all(),
        start: jiff::civil::time(8, 0, 0, 0),
        end: jiff::civil::time(20, 0, 0, 0),
        behaviors: Vec::new(),
        place: 1,
    }
}

/// The path, with something new to take away where it names one.
async fn path(town: &Town, endpoint: &Endpoint) -> String {
    let store = &town.console.shop.store;
    if endpoint.path.contains("{duty}") {
        let rows = store.duties(None).await.unwrap();
        let kept = rows.iter().find(|row| row.kept.duty == duty(2)).map(|row| row.kept.id);
        let id = match kept {
            Some(id) => id,
            None => store.add_duty(&duty(2)).await.unwrap().unwrap(),
        };
        return endpoint.path.replace("{duty}", &id.to_string());
    }
    if endpoint.path.contains("{period}") {
        let region = Region::parse(HOME).unwrap();
        let period = Period { name: "x".into(), region, from_utc: at(0), until_utc: at(3600) };
        let id = store.add_period(&period, "somebody").await.unwrap();
        return endpoint.path.replace("{period}", &id.to_string());
    }
    endpoint.path.clone()
}

async fn ask(town: &Town, who: &str, endpoint: &Endpoint) -> (StatusCode, Value) {
    let cookie = format!("xunge_session={who}");
    let path = path(town, endpoint).await;
    let request: Request<Body> = if endpoint.method == Method::GET {
        get(&path, Some(&cookie))
    } else {
        change(endpoint.method.clone(), &path, Some(&cookie), &endpoint.body)
    };
    let answer = town.console.send(request).await;
    let status = answer.status();
    let value = if status == StatusCode::NO_CONTENT { Value::Null } else { body(answer).await };
    (status, value)
}

#[tokio::test]
async fn every_endpoint_by_every_role_at_home_and_from_elsewhere() {
    let town = town().await;
    for endpoint in endpoints(&town) {
        for role in Role::ALL {
            let (status, _) = ask(&town, &format!("home-{}", role.as_str()), &endpoint).await;
            let wanted = if endpoint.may.contains(&role) { Answer::Works } else { endpoint.others };
            let what =
                format!("{} {} {} by {}", endpoint.method, endpoint.path, endpoint.body, role.as_str());
            assert_eq!(answer(status, &what), wanted, "{what}");

            let (status, value) = ask(&town, &format!("foreign-{}", role.as_str()), &endpoint).await;
            let got = answer(status, &what);
            let wanted = if endpoint.may.contains(&role) { endpoint.foreign } else { got };
            assert_eq!(got, wanted, "{what} from elsewhere");
            assert!(got != Answer::Works || endpoint.foreign == Answer::Works, "{what} from elsewhere");
            // what may be asked from everywhere shows nothing of here
            let text = value.to_string();
            let plain = endpoint.path.contains("/org/regions") || endpoint.path.ends_with("/session");
            assert!(plain || !text.contains(HOME) && !text.contains(EDGE), "{what} from elsewhere: {text}");
        }
    }
}

#[tokio::test]
async fn nobody_is_served_without_a_session() {
    let town = town().await;
    for endpoint in endpoints(&town) {
        let (status, _) = ask(&town, "nobody", &endpoint).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {}", endpoint.method, endpoint.path);
    }
}
