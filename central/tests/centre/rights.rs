//! Every call of the API's document, tried by every role, at home and from a foreign region, by people and by machines; and
//! what it answers, held against the document.

mod table;

use std::cell::Cell;
use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use xunge_alert::EvidenceKind;
use xunge_central::case::guard::{Post, Role};
use xunge_central::incident::Period;
use xunge_central::law::approval::Kind as TwoPeople;
use xunge_central::org::Region;
use xunge_central::org::roster::{Duty, Weekdays};
use xunge_central::store::{Held, ImportKind, Quiet, StoredEvidence, Window};
use xunge_central::token::{self, NewToken};

use crate::document::Document;
use crate::support::{EDGE, SITE, alert, at, everywhere, evidence, inbound};
use crate::web::{Console, body, change, get, login};
pub use table::endpoints;

const HOME: &str = SITE;
const FOREIGN: &str = "420503001001";

/// What an endpoint answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It does what was asked, or says what is wrong with the words.
    Works,
    /// 403.
    Forbidden,
    /// 404: as if it were not there.
    Hidden,
}

pub fn answer(status: StatusCode, what: &str) -> Answer {
    match status {
        StatusCode::FORBIDDEN => Answer::Forbidden,
        StatusCode::NOT_FOUND => Answer::Hidden,
        status if status.is_success() => Answer::Works,
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => Answer::Works,
        other => panic!("{what}: {other}"),
    }
}

/// Who may, and what the others are answered.
pub struct Endpoint {
    pub method: Method,
    pub path: String,
    pub body: Value,
    may: Vec<Role>,
    others: Answer,
    /// What whoever may at home is answered from elsewhere.
    foreign: Answer,
}

pub struct Town {
    pub console: Console,
    case: String,
    /// A picture of the case.
    picture: String,
    /// Token of the box.
    edge_token: String,
    hold: String,
    request: String,
    resource: String,
    hook: String,
    document: Document,
    /// Things that were made for one call each.
    made: Cell<u32>,
}

fn plan(region: Option<&str>) -> Value {
    json!({"title": {"zh": "x"}, "behaviors": [], "severity": 2, "region": region, "enabled": true, "steps": [{"zh": "x"}]})
}

fn wish(region: Option<&str>) -> Value {
    json!({"name": "x", "url": "https://receiver.example/", "region": region, "news": ["opened"], "severity": 2, "format": "json",
           "enabled": true})
}

pub async fn town() -> Town {
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
            if role != Role::Admin {
                let post = Post { role, region: Some(Region::parse(region).unwrap()) };
                let token = NewToken::check(&name, post, None, None, at(0)).unwrap();
                let maker = format!("{who}-admin");
                assert!(
                    store.add_token(&token, &format!("xunge_{name}"), Some(&maker), at(0)).await.unwrap()
                );
            }
        }
    }
    let post = Post { role: Role::Auditor, region: Some(Region::parse(HOME).unwrap()) };
    assert!(store.add_user("somebody", &[post], "!", at(0)).await.unwrap());
    let mut one = alert(1, 1, 1, 0);
    let picture = hex::encode(Sha256::digest(b"JPEG"));
    one.evidence = vec![evidence(EvidenceKind::Snapshot, &picture, 4)];
    let taken = store.take(&[inbound(&one)], at(1)).await.unwrap();
    let bytes = futures_util::stream::iter([Ok::<_, String>(b"JPEG".to_vec())]);
    console.files.put(&picture, bytes).await.unwrap();
    let file = StoredEvidence { sha256: picture.clone(), bytes: 4, media_type: "image/jpeg".into() };
    store.evidence_stored(EDGE, &file, at(1)).await.unwrap();
    let case = taken.news.cases.first().unwrap().to_string();
    let edge_token = store.enroll(SITE, EDGE, "01", at(1)).await.unwrap();
    let id = case.parse().unwrap();
    let hold = store.hold(&Held::Case(id), "x", None, "somebody", at(1)).await.unwrap().unwrap().to_string();
    let home = [Region::parse(HOME).unwrap()];
    let scope = json!({"cases": [id], "masked": false});
    let request =
        store.ask(TwoPeople::UnmaskedExport, &home, (&scope, "x"), "somebody", at(1)).await.unwrap();
    let request = request.to_string();
    let plan = serde_json::from_value(plan(Some(HOME))).unwrap();
    store.keep_plan("home", &plan, None, "admin", at(1)).await.unwrap();
    let resources = format!("kind,name,region\naed,x,{HOME}\n");
    store.import(ImportKind::Resources, resources.as_bytes(), &admin, false, at(1)).await.unwrap();
    let resource = store.resources(None).await.unwrap()[0].id.to_string();
    let wish = serde_json::from_value(wish(Some(HOME))).unwrap();
    let hook = store.add_hook(&wish, "whsec_AAAA", "admin", at(1)).await.unwrap().unwrap().to_string();
    let (document, made) = (Document::read(), Cell::new(0));
    Town { console, case, picture, edge_token, hold, request, resource, hook, document, made }
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

/// What is shown with a call.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Cookie(&'a str),
    Token(&'a str),
    Nothing,
}

impl Town {
    /// The address of a call, with something of its own where the call uses it up.
    async fn path(&self, endpoint: &Endpoint) -> String {
        let store = &self.console.shop.store;
        let number = self.made.get();
        self.made.set(number + 1);
        if endpoint.path.contains("{token}") {
            let name = format!("spare-{number}");
            let post = Post { role: Role::Auditor, region: Some(Region::parse(HOME).unwrap()) };
            let token = NewToken::check(&name, post, None, None, at(0)).unwrap();
            assert!(store.add_token(&token, &token::secret(), None, at(0)).await.unwrap());
            return endpoint.path.replace("{token}", &name);
        }
        if endpoint.path.contains("{shelf}") {
            let window = Window {
                edge: EDGE.into(),
                camera: None,
                rule: None,
                reason: "x".into(),
                from_utc: at(0),
                until_utc: at(9 * 3600),
            };
            let id = store.hold_back(Quiet::Shelf, &window, "somebody", at(0)).await.unwrap();
            return endpoint.path.replace("{shelf}", &id.to_string());
        }
        if endpoint.path.ends_with(&self.resource) {
            // the one before may have struck it off
            let raw = self.console.shop.raw().await;
            let again = "INSERT INTO resource (id, kind, name, region, phone, note, updated_us)
                         VALUES ($1, 'aed', 'x', $2, '', '', 0) ON CONFLICT DO NOTHING";
            sqlx::query(again).bind(&self.resource).bind(HOME).execute(&raw).await.unwrap();
            raw.close().await;
        }
        if endpoint.path.contains("{message}") {
            let message = store.test_hook(self.hook.parse().unwrap(), at(1)).await.unwrap().unwrap();
            return endpoint.path.replace("{message}", &message.to_string());
        }
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
}

async fn ask(town: &Town, shown: Shown<'_>, endpoint: &Endpoint) -> (StatusCode, Value) {
    let path = town.path(endpoint).await;
    let mut request: Request<Body> = if endpoint.method == Method::GET {
        get(&path, None)
    } else {
        change(endpoint.method.clone(), &path, None, &endpoint.body)
    };
    let (name, value) = match shown {
        Shown::Cookie(id) => (header::COOKIE, format!("xunge_session={id}")),
        Shown::Token(secret) => (header::AUTHORIZATION, format!("Bearer {secret}")),
        Shown::Nothing => (header::ACCEPT, "*/*".to_owned()),
    };
    request.headers_mut().insert(name.clone(), value.parse().unwrap());
    if path.ends_with(&town.picture) {
        // nobody sees a picture before it was said why
        let why = json!({"reason": "checking", "sha256": town.picture});
        let mut first = change(Method::POST, "/api/v1/views", None, &why);
        first.headers_mut().insert(name, value.parse().unwrap());
        town.console.send(first).await;
    }
    let answer = town.console.send(request).await;
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let json = kind.is_some_and(|kind| kind.contains("json"));
    let csv = kind.is_some_and(|kind| kind.starts_with("text/csv"));
    // a stream has no end, and pictures are nothing to read here
    let value = if json {
        body(answer).await
    } else if csv {
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        Value::String(String::from_utf8(bytes.to_vec()).unwrap())
    } else {
        Value::Null
    };
    if json || status == StatusCode::NO_CONTENT {
        town.document.check(&endpoint.method, &path, status, &value);
    }
    (status, value)
}

/// One call by one role, by a person or a machine, from elsewhere and at home.
async fn try_both(town: &Town, endpoint: &Endpoint, role: Role, by_token: bool) {
    let what = format!("{} {} {} by {}", endpoint.method, endpoint.path, endpoint.body, role.as_str());
    let what = if by_token { format!("{what} with a token") } else { what };
    let shown = |name: &str| if by_token { format!("xunge_{name}") } else { name.to_owned() };
    let (home, foreign) =
        (shown(&format!("home-{}", role.as_str())), shown(&format!("foreign-{}", role.as_str())));
    let show = |text| if by_token { Shown::Token(text) } else { Shown::Cookie(text) };

    let (status, value) = ask(town, show(&foreign), endpoint).await;
    let got = answer(status, &what);
    let wanted = if endpoint.may.contains(&role) { endpoint.foreign } else { got };
    assert_eq!(got, wanted, "{what} from elsewhere");
    assert!(got != Answer::Works || endpoint.foreign == Answer::Works, "{what} from elsewhere");
    // what may be asked from everywhere shows nothing of here
    let text = value.to_string();
    let plain = endpoint.path.contains("/org/regions") || endpoint.path.ends_with("/session");
    assert!(plain || !text.contains(HOME) && !text.contains(EDGE), "{what} from elsewhere: {text}");

    let (status, _) = ask(town, show(&home), endpoint).await;
    let wanted = if endpoint.may.contains(&role) { Answer::Works } else { endpoint.others };
    assert_eq!(answer(status, &what), wanted, "{what}");
}

#[tokio::test]
async fn every_call_by_every_role_at_home_and_from_elsewhere_by_people_and_machines() {
    let town = town().await;
    for endpoint in endpoints(&town) {
        for role in Role::ALL {
            try_both(&town, &endpoint, role, false).await;
            if role != Role::Admin {
                try_both(&town, &endpoint, role, true).await;
            }
        }
    }
}

/// Calls that ask for no session, and what they answer to nobody.
fn open_calls() -> Vec<(Method, &'static str, StatusCode)> {
    vec![
        (Method::POST, "/api/v1/session", StatusCode::UNAUTHORIZED),
        (Method::DELETE, "/api/v1/session", StatusCode::NO_CONTENT),
        (Method::GET, "/api/v1/openapi.json", StatusCode::OK),
        (Method::GET, "/healthz", StatusCode::OK),
    ]
}

/// Calls of boxes.
const BOX_CALLS: [(Method, &str); 1] = [(Method::PUT, "/evidence/v1/{edge}/{sha256}")];

#[tokio::test]
async fn every_call_of_the_document_is_tried_here() {
    let town = town().await;
    let mut untried = town.document.operations.clone();
    for endpoint in endpoints(&town) {
        untried.remove(&town.document.operation(&endpoint.method, &endpoint.path));
    }
    for (method, path, _) in open_calls() {
        untried.remove(&(method, path.to_owned()));
    }
    for (method, path) in BOX_CALLS {
        untried.remove(&(method, path.to_owned()));
    }
    // the residents' half is tried by its own roles: see `residents`
    untried.retain(|(_, path)| !path.starts_with("/api/v1/residents/"));
    assert!(untried.is_empty(), "add a line for each of {untried:?}");
}

#[tokio::test]
async fn nobody_is_served_without_a_session() {
    let town = town().await;
    for endpoint in endpoints(&town) {
        for shown in
            [Shown::Nothing, Shown::Cookie("nobody"), Shown::Token("nobody"), Shown::Token(&town.edge_token)]
        {
            let (status, value) = ask(&town, shown, &endpoint).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {}", endpoint.method, endpoint.path);
            assert!(!value.to_string().contains(HOME));
        }
    }
    for (method, path, wanted) in open_calls() {
        let request = match method {
            Method::GET => get(path, None),
            Method::POST => login("nobody", "nothing at all"),
            _ => change(method.clone(), path, None, &json!({})),
        };
        let answer = town.console.send(request).await;
        assert_eq!(answer.status(), wanted, "{method} {path}");
        if wanted != StatusCode::NO_CONTENT {
            let value = body(answer).await;
            town.document.check(&method, path, wanted, &value);
            // the document's own example names a community
            assert!(path.ends_with("openapi.json") || !value.to_string().contains(HOME), "{path}");
        }
    }
}

#[tokio::test]
async fn only_the_box_itself_brings_its_files() {
    let town = town().await;
    let store = &town.console.shop.store;
    let other = store.enroll(FOREIGN, "gw-0002", "02", at(1)).await.unwrap();
    let put = |edge: &str, shown: Option<(header::HeaderName, String)>| {
        let mut request = Request::put(format!("/evidence/v1/{edge}/{}", town.picture));
        if let Some((name, value)) = shown {
            request = request.header(name, value);
        }
        town.console.send(request.body(Body::from("JPEG")).unwrap())
    };
    let bearer = |token: &str| Some((header::AUTHORIZATION, format!("Bearer {token}")));
    let mut tried = BTreeMap::new();
    for (who, edge, shown) in [
        ("nobody", EDGE, None),
        ("an admin", EDGE, Some((header::COOKIE, "xunge_session=home-admin".to_owned()))),
        ("a machine", EDGE, bearer("xunge_home-installer")),
        ("another box", EDGE, bearer(&other)),
        ("the box, as another", "gw-0002", bearer(&town.edge_token)),
        ("the box", EDGE, bearer(&town.edge_token)),
        ("the other box, its own", "gw-0002", bearer(&other)),
    ] {
        tried.insert(who, put(edge, shown).await.status().as_u16());
    }
    let wanted = [
        ("nobody", 401),
        ("an admin", 401),
        ("a machine", 401),
        ("another box", 401),
        ("the box, as another", 401),
        ("the box", 200),
        ("the other box, its own", 200),
    ];
    assert_eq!(tried, BTreeMap::from(wanted));
}
