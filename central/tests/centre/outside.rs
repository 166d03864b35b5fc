//! What other systems are told: written with the change, sent in order, again until it is taken.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use uuid::Uuid;
use xunge_alert::{Notice, Severity};
use xunge_central::case::guard::{Post, Role};
use xunge_central::case::{Change, Reason, Verdict};
use xunge_central::org::Region;
use xunge_central::outside::deliver::{Sender, send_due};
use xunge_central::outside::hook::{Format, Wish, new_secret, signature};
use xunge_central::outside::turn::Turn;
use xunge_central::store::{Failure, ImportKind, MOST_WAITING, MessageView, Settings, Store};

use crate::support::{
    Hands, Kind, Shop, alert, all_inbound, at, decided, eventually, everywhere, guard, inbound, on_both,
    settings,
};
use crate::web::{Console, body, change, get};

const HOUR: i64 = 3600;

/// How a receiver answers.
#[derive(Clone, Copy)]
enum Mood {
    Takes,
    Answers(u16),
    Hangs,
    Redirects,
}

struct Letter {
    headers: HeaderMap,
    body: String,
}

impl Letter {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn notice(&self) -> Notice {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver: a real HTTP server that answers as it is told.
#[derive(Clone)]
struct Receiver {
    url: String,
    letters: Arc<Mutex<Vec<Letter>>>,
    moods: Arc<Mutex<VecDeque<Mood>>>,
    came: Arc<Notify>,
}

async fn answer(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    receiver
        .letters
        .lock()
        .unwrap()
        .push(Letter { headers, body: String::from_utf8(body.to_vec()).unwrap() });
    receiver.came.notify_waiters();
    let mood = receiver.moods.lock().unwrap().pop_front().unwrap_or(Mood::Takes);
    match mood {
        Mood::Takes => StatusCode::NO_CONTENT.into_response(),
        Mood::Answers(status) => (StatusCode::from_u16(status).unwrap(), "我们不要 <b>").into_response(),
        Mood::Hangs => std::future::pending().await,
        Mood::Redirects => Redirect::temporary("/elsewhere").into_response(),
    }
}

impl Receiver {
    async fn open(moods: impl IntoIterator<Item = Mood>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/in", listener.local_addr().unwrap()),
            letters: Arc::default(),
            moods: Arc::new(Mutex::new(moods.into_iter().collect())),
            came: Arc::default(),
        };
        let app = Router::new().fallback(any(answer)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    fn wish(&self) -> Wish {
        Wish {
            name: "应急指挥平台".into(),
            url: self.url.clone(),
            region: None,
            news: BTreeSet::from(Turn::ALL),
            severity: 4,
            format: Format::Json,
            enabled: true,
        }
    }

    fn count(&self) -> usize {
        self.letters.lock().unwrap().len()
    }

    fn kinds(&self) -> Vec<String> {
        self.letters.lock().unwrap().iter().map(|letter| letter.notice().kind).collect()
    }
}

fn plain() -> Settings {
    let mut settings = settings();
    settings.outside.allow_http = true;
    settings
}

async fn open(kind: Kind) -> (Shop, Store) {
    let shop = Shop::of(kind).await;
    let store = Store::open(&shop.place, plain()).await.unwrap();
    (shop, store)
}

async fn add(store: &Store, wish: &Wish) -> (Uuid, String) {
    let secret = new_secret();
    (store.add_hook(wish, &secret, "admin", at(0)).await.unwrap().unwrap(), secret)
}

fn sender(store: &Store, hands: &Hands) -> Sender {
    Sender::with_limit(store.clone(), hands.clock(), Duration::from_millis(400)).unwrap()
}

async fn case(store: &Store, id: u128, severity: Severity) -> Uuid {
    let mut one = alert(id, u64::try_from(id).unwrap(), 1, 0);
    one.camera = format!("c{id}");
    one.severity = severity;
    let taken = store.take(&[inbound(&one)], at(1)).await.unwrap();
    *taken.news.cases.first().unwrap()
}

async fn log(store: &Store, hook: Uuid) -> Vec<MessageView> {
    store.hook_messages(hook, None, 200).await.unwrap().0
}

async fn reject(store: &Store, case: Uuid, secs: i64) {
    let version = store.case_summary(case).await.unwrap().unwrap().version;
    let change = decided(Verdict::FalseAlarm, Some(Reason::Animal));
    store.change_case(case, change, &guard("wang"), version, at(secs)).await.unwrap();
}

on_both! {
    async fn a_receiver_is_told_with_a_signature_that_fits(kind: Kind) {
        let (_shop, store) = open(kind).await;
        let (receiver, hands) = (Receiver::open([]).await, Hands::new());
        let (hook, secret) = add(&store, &receiver.wish()).await;
        let case = case(&store, 1, Severity::P2).await;
        hands.move_to(2);
        assert_eq!(send_due(&sender(&store, &hands)).await.unwrap(), 1);
        {
            let letters = receiver.letters.lock().unwrap();
            let letter = &letters[0];
            let (id, sent) = (letter.header("webhook-id"), letter.header("webhook-timestamp"));
            assert_eq!(sent, at(2).as_second().to_string());
            let signed = signature(&secret, id, at(2).as_second(), &letter.body).unwrap();
            assert_eq!(letter.header("webhook-signature"), signed);
            assert_eq!(letter.header("content-type"), "application/json");
            let notice = letter.notice();
            let told = notice.case.unwrap();
            assert_eq!((notice.kind.as_str(), told.id, told.severity, told.revision), ("case.opened", case, 2, 2));
            assert_eq!(told.codes.alarm_priority, 2);
        }
        let message = &log(&store, hook).await[0];
        assert_eq!((message.state.as_str(), message.status, message.attempts), ("sent", Some(204), 1));
        assert_eq!((message.case_id, message.id.to_string().as_str()), (Some(case), receiver.letters.lock().unwrap()[0].header("webhook-id")));
        assert_eq!(send_due(&sender(&store, &hands)).await.unwrap(), 0, "once is enough");
    }

    async fn only_what_was_asked_for_is_told(kind: Kind) {
        let (_shop, store) = open(kind).await;
        let receiver = Receiver::open([]).await;
        let region = |code| Some(Region::parse(code).unwrap());
        let wish = receiver.wish();
        let hooks = [
            Wish { severity: 1, ..wish.clone() },
            Wish { region: region("420503"), ..wish.clone() },
            Wish { enabled: false, ..wish.clone() },
            Wish { news: BTreeSet::from([Turn::Closed]), ..wish.clone() },
            Wish { region: region("420502001"), ..wish },
        ];
        let mut ids = Vec::new();
        for wish in &hooks {
            ids.push(add(&store, wish).await.0);
        }
        let one = case(&store, 1, Severity::P2).await;
        let noted = Change::Noted { note: "x".into() };
        let version = store.case_summary(one).await.unwrap().unwrap().version;
        store.change_case(one, noted, &guard("wang"), version, at(3)).await.unwrap();
        reject(&store, one, 4).await;
        let mut news = Vec::new();
        for id in ids {
            news.push(log(&store, id).await.into_iter().map(|message| message.news).rev().collect::<Vec<_>>());
        }
        let none: Vec<String> = Vec::new();
        assert_eq!(news, [none.clone(), none.clone(), none, vec!["closed".into()], vec!["opened".into(), "closed".into()]]);
    }

    /// What fails, hangs, answers nonsense: everything comes in the end, of each case in order.
    async fn a_bad_receiver_gets_everything_in_order_in_the_end(kind: Kind) {
        let (_shop, store) = open(kind).await;
        let moods = [Mood::Answers(500), Mood::Hangs, Mood::Redirects, Mood::Answers(400), Mood::Answers(429)];
        let (receiver, hands) = (Receiver::open(moods).await, Hands::new());
        let (hook, _) = add(&store, &receiver.wish()).await;
        let case = case(&store, 1, Severity::P2).await;
        reject(&store, case, 2).await;
        let sender = sender(&store, &hands);
        let mut errors = Vec::new();
        for turn in 1..=5 {
            hands.move_to(turn * HOUR);
            assert_eq!(send_due(&sender).await.unwrap(), 1, "the second message waits for the first");
            let first = log(&store, hook).await.pop().unwrap();
            assert_eq!((first.state.as_str(), first.attempts), ("waiting", turn.unsigned_abs()));
            assert!(first.due_utc.unwrap() > at(turn * HOUR), "not at once again");
            assert_eq!(send_due(&sender).await.unwrap(), 0);
            errors.push((first.status, first.error));
        }
        let statuses: Vec<_> = errors.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [Some(500), None, Some(307), Some(400), Some(429)]);
        assert!(errors[1].1.contains("no answer") && errors[2].1.contains("redirect") && errors[0].1.contains("不要"), "{errors:?}");
        let view = &store.hooks().await.unwrap()[0];
        assert!(view.failures > 0 && view.waiting == 2 && view.waiting_since_utc == Some(at(1)));
        hands.move_to(6 * HOUR);
        assert_eq!(send_due(&sender).await.unwrap(), 1);
        assert_eq!(send_due(&sender).await.unwrap(), 1);
        let kinds = receiver.kinds();
        assert_eq!(kinds[..6], ["case.opened"; 6]);
        assert_eq!(kinds[6..], ["case.closed"]);
        let ids: BTreeSet<String> = receiver.letters.lock().unwrap()[..6].iter().map(|letter| letter.header("webhook-id").to_owned()).collect();
        assert_eq!(ids.len(), 1, "the same id at every try");
        let view = &store.hooks().await.unwrap()[0];
        assert_eq!((view.failures, view.waiting, view.rests_until_utc), (0, 0, None));
    }

    async fn one_bad_message_does_not_hold_up_other_cases(kind: Kind) {
        let (_shop, store) = open(kind).await;
        let (receiver, hands) = (Receiver::open([Mood::Answers(422)]).await, Hands::new());
        add(&store, &receiver.wish()).await;
        hands.move_to(1);
        case(&store, 1, Severity::P2).await;
        let sender = sender(&store, &hands);
        send_due(&sender).await.unwrap();
        for n in 2..=9 {
            case(&store, n, Severity::P2).await;
        }
        while send_due(&sender).await.unwrap() > 0 {}
        assert_eq!(receiver.count(), 9);
        assert_eq!(store.hooks().await.unwrap()[0].waiting, 1);
    }

    /// A centre dies between sending and noting: another one sends again what was claimed, and nothing else.
    async fn what_a_dead_centre_had_claimed_is_sent_by_the_next(kind: Kind) {
        let (shop, store) = open(kind).await;
        let (receiver, hands) = (Receiver::open([]).await, Hands::new());
        let (hook, _) = add(&store, &receiver.wish()).await;
        case(&store, 1, Severity::P2).await;
        case(&store, 2, Severity::P2).await;
        let claimed = store.claim_messages(1, at(2)).await.unwrap();
        assert_eq!(claimed.len(), 1);
        store.close().await;
        let next = Store::open(&shop.place, plain()).await.unwrap();
        let sender = sender(&next, &hands);
        hands.move_to(3);
        assert_eq!(send_due(&sender).await.unwrap(), 1, "what is claimed is left alone");
        hands.move_to(100);
        assert_eq!(send_due(&sender).await.unwrap(), 1, "the claim is over");
        assert!(log(&next, hook).await.iter().all(|message| message.state == "sent"));
        // the dead one comes back and is too late
        let late = Failure { status: None, error: "x".into(), receiver: true };
        next.message_failed(&claimed[0], &late, at(101)).await.unwrap();
        assert!(log(&next, hook).await.iter().all(|message| message.state == "sent"));
        next.close().await;
    }

    async fn what_nobody_takes_is_given_up_counted_and_can_be_sent_again(kind: Kind) {
        let (_shop, store) = open(kind).await;
        let moods = [Mood::Answers(500), Mood::Answers(500)];
        let (receiver, hands) = (Receiver::open(moods).await, Hands::new());
        let (hook, _) = add(&store, &receiver.wish()).await;
        let one = case(&store, 1, Severity::P2).await;
        reject(&store, one, 2).await;
        let sender = sender(&store, &hands);
        hands.move_to(10);
        send_due(&sender).await.unwrap();
        hands.move_to(80 * HOUR);
        send_due(&sender).await.unwrap();
        let messages = log(&store, hook).await;
        assert_eq!((messages[1].state.as_str(), messages[1].due_utc), ("given_up", None));
        assert_eq!(store.hooks().await.unwrap()[0].given_up, 1);
        assert!(store.resend(hook, messages[1].id, at(80 * HOUR)).await.unwrap());
        assert!(!store.resend(Uuid::nil(), messages[1].id, at(80 * HOUR)).await.unwrap(), "of another receiver");
        while send_due(&sender).await.unwrap() > 0 {}
        let messages = log(&store, hook).await;
        assert!(messages.iter().all(|message| message.state == "sent"), "{messages:?}");
        assert_eq!(receiver.kinds()[2..], ["case.opened", "case.closed"]);
    }

    async fn the_outbox_is_bounded_and_forgets_what_is_long_done(kind: Kind) {
        let (_shop, store) = open(kind).await;
        let (receiver, hands) = (Receiver::open([]).await, Hands::new());
        let (hook, _) = add(&store, &receiver.wish()).await;
        let alerts: Vec<_> = (1..=9_u64).map(|n| {
            let mut one = alert(n.into(), n, 1, 0);
            one.camera = format!("c{n}");
            one
        }).collect();
        store.take(&all_inbound(&alerts), at(1)).await.unwrap();
        assert_eq!(store.sweep_outbox(5, at(2)).await.unwrap(), 4);
        let view = store.hooks().await.unwrap().remove(0);
        assert_eq!((view.waiting, view.given_up), (5, 4));
        let states: Vec<_> = log(&store, hook).await.into_iter().map(|message| message.state).collect();
        assert_eq!(states[..5], ["waiting"; 5], "the newest are kept");
        hands.move_to(3);
        let sender = sender(&store, &hands);
        while send_due(&sender).await.unwrap() > 0 {}
        assert_eq!(receiver.count(), 5);
        assert_eq!(store.sweep_outbox(MOST_WAITING, at(29 * 24 * HOUR)).await.unwrap(), 0);
        assert_eq!(log(&store, hook).await.len(), 9);
        store.sweep_outbox(MOST_WAITING, at(31 * 24 * HOUR)).await.unwrap();
        assert_eq!(log(&store, hook).await.len(), 0);
        assert!(store.remove_hook(hook).await.unwrap() && store.hooks().await.unwrap().is_empty());
    }

    async fn cap_is_pushed_for_urgent_cases_and_names_what_was_sent(kind: Kind) {
        let (_shop, store) = open(kind).await;
        let (receiver, hands) = (Receiver::open([]).await, Hands::new());
        let admin = everywhere("admin", Role::Admin);
        let regions = "code,name\n4205,宜昌市\n420502,西陵区\n420502001,西陵街道\n420502001001,土街头社区\n";
        store.import(ImportKind::Regions, regions.as_bytes(), &admin, false, at(0)).await.unwrap();
        add(&store, &Wish { format: Format::Cap, severity: 2, ..receiver.wish() }).await;
        let one = case(&store, 1, Severity::P1).await;
        reject(&store, one, 2).await;
        case(&store, 2, Severity::P3).await;
        hands.move_to(3);
        while send_due(&sender(&store, &hands)).await.unwrap() > 0 {}
        let letters = receiver.letters.lock().unwrap();
        assert_eq!(letters.len(), 2);
        let within = |n: usize, tag: &str| {
            let body = &letters[n].body;
            let (_, rest) = body.split_once(&format!("<{tag}>")).unwrap_or_default();
            rest.split_once(&format!("</{tag}>")).map(|(text, _)| text.to_owned()).unwrap_or_default()
        };
        assert_eq!(letters[0].header("content-type"), "application/cap+xml");
        assert_eq!((within(0, "msgType").as_str(), within(1, "msgType").as_str()), ("Alert", "Cancel"));
        let first = format!("{},{},{}", within(0, "sender"), within(0, "identifier"), within(0, "sent"));
        assert_eq!(within(1, "references"), first, "the second names the first as it was sent");
        assert!(within(0, "areaDesc").starts_with("宜昌市西陵区西陵街道土街头社区"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_centres_send_each_message_once_and_in_order() {
    const CASES: u128 = 30;
    let (shop, store) = open(Kind::Postgres).await;
    let (receiver, hands) = (Receiver::open([]).await, Hands::new());
    add(&store, &receiver.wish()).await;
    for n in 1..=CASES {
        let one = case(&store, n, Severity::P2).await;
        reject(&store, one, 2).await;
    }
    hands.move_to(3);
    let (stop, stopped) = watch::channel(false);
    let mut centres = Vec::new();
    for _ in 0..3 {
        let store = Store::open(&shop.place, plain()).await.unwrap();
        let sender = Sender::new(store, hands.clock()).unwrap();
        centres.push(tokio::spawn(sender.run(stopped.clone())));
    }
    let all = usize::try_from(CASES).unwrap() * 2;
    eventually("all are sent", || async { (store.hooks().await.unwrap()[0].waiting == 0).then_some(()) })
        .await;
    stop.send_replace(true);
    for centre in centres {
        centre.await.unwrap();
    }
    let letters = receiver.letters.lock().unwrap();
    let ids: BTreeSet<&str> = letters.iter().map(|letter| letter.header("webhook-id")).collect();
    assert_eq!((letters.len(), ids.len()), (all, all), "each once");
    let mut opened = BTreeSet::new();
    for letter in letters.iter() {
        let notice = letter.notice();
        let case = notice.case.unwrap().id;
        if notice.kind == "case.opened" {
            opened.insert(case);
        } else {
            assert!(opened.contains(&case), "closed before it was opened");
        }
    }
}

#[tokio::test]
async fn nothing_goes_to_this_machine_or_over_plain_http_unless_it_may() {
    let shop = Shop::open().await;
    let (receiver, hands) = (Receiver::open([]).await, Hands::new());
    // as if an older configuration had allowed it
    let (plain, _) = add(&shop.store, &receiver.wish()).await;
    let https = receiver.url.replace("http://127.0.0.1", "https://127.0.0.1");
    let (named, _) = add(&shop.store, &Wish { url: https, ..receiver.wish() }).await;
    case(&shop.store, 1, Severity::P2).await;
    hands.move_to(2);
    send_due(&sender(&shop.store, &hands)).await.unwrap();
    assert_eq!(receiver.count(), 0);
    for hook in [plain, named] {
        let message = &log(&shop.store, hook).await[0];
        assert_eq!((message.state.as_str(), message.attempts), ("waiting", 1));
    }
    assert!(log(&shop.store, named).await[0].error.contains("Nothing is sent to this machine"));
}

async fn admin(console: &Console) -> Option<&'static str> {
    let store = &console.shop.store;
    store.add_user("root", &[Post { role: Role::Admin, region: None }], "!", at(0)).await.unwrap();
    store.begin_session("root", "root", at(0), at(86_400)).await.unwrap();
    Some("xunge_session=root")
}

#[tokio::test]
async fn receivers_are_managed_on_their_page() {
    let console = Console::open().await;
    let cookie = admin(&console).await;
    let send = async |method, path: &str, value: Value| {
        let answer = console.send(change(method, path, cookie, &value)).await;
        let status = answer.status();
        (status, if status == StatusCode::NO_CONTENT { Value::Null } else { body(answer).await })
    };
    let mut wish = json!({"name": "指挥平台", "url": "http://receiver.example/in", "news": ["opened", "closed"], "severity": 2,
                          "format": "json", "enabled": true});
    let (status, problem) = send(Method::POST, "/api/v1/hooks", wish.clone()).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("url")));
    wish["url"] = json!("https://receiver.example/in");
    let (status, made) = send(Method::POST, "/api/v1/hooks", wish.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"));
    let path = format!("/api/v1/hooks/{}", made["id"].as_str().unwrap());
    let listed = body(console.send(get("/api/v1/hooks", cookie)).await).await;
    assert!(!listed.to_string().contains(&secret), "told once");
    assert_eq!(
        (&listed["hooks"][0]["news"], &listed["hooks"][0]["waiting"]),
        (&json!(["closed", "opened"]), &json!(0))
    );
    let (_, tested) = send(Method::POST, &path, json!({"act": "test"})).await;
    let messages = body(console.send(get(&format!("{path}/messages"), cookie)).await).await;
    assert_eq!(
        (&messages["messages"][0]["id"], &messages["messages"][0]["news"]),
        (&tested["message"], &json!("test"))
    );
    let (_, renewed) = send(Method::POST, &path, json!({"act": "secret"})).await;
    assert!(renewed["secret"].as_str().is_some_and(|new| new != secret));
    wish["enabled"] = json!(false);
    assert_eq!(send(Method::PUT, &path, wish).await.0, StatusCode::NO_CONTENT);
    assert_eq!(send(Method::POST, &path, json!({"act": "test"})).await.0, StatusCode::CONFLICT);
    let again = format!("{path}/messages/{}", tested["message"].as_str().unwrap());
    assert_eq!(send(Method::POST, &again, json!({"act": "resend"})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(send(Method::POST, &path, json!({"act": "remove"})).await.0, StatusCode::OK);
    assert_eq!(send(Method::POST, &path, json!({"act": "test"})).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_case_is_exported_as_cap_where_it_is_urgent() {
    let console = Console::open().await;
    let cookie = console.log_in().await;
    let store = &console.shop.store;
    let urgent = case(store, 1, Severity::P2).await;
    let quiet = case(store, 2, Severity::P3).await;
    let answer = console.send(get(&format!("/api/v1/cases/{urgent}/cap"), Some(&cookie))).await;
    assert_eq!(answer.headers()["content-type"], "application/cap+xml; charset=utf-8");
    let text = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(
        text.contains("<identifier>4205022026112300001-1</identifier>")
            && text.contains("<status>Actual</status>"),
        "{text}"
    );
    let refused = console.send(get(&format!("/api/v1/cases/{quiet}/cap"), Some(&cookie))).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
}
