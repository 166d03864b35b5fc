//! Reports: what the store counts, and who is told.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::http::{StatusCode, header};
use jiff::civil::date;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use uuid::Uuid;
use xunge_alert::Severity;
use xunge_central::case::guard::{Post, Role};
use xunge_central::case::{Assignee, Change, Reason, Stage, Verdict, Work};
use xunge_central::org::{Level, Region};
use xunge_central::report::Ask;
use xunge_central::report::period::Period;
use xunge_central::store::{ImportKind, Store};

use crate::support::{EDGE, Kind, SITE, Shop, alert, at, decided, everywhere, inbound, on_both};
use crate::web::{Console, body, get};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// 23 November 2026, on whose morning the tests begin (11:20 in Shanghai).
fn today() -> Period {
    Period::new(date(2026, 11, 23), date(2026, 11, 23)).unwrap()
}

fn ask(period: Period, region: Option<&str>) -> Ask {
    let regions = region.map(|code| vec![Region::parse(code).unwrap()]);
    Ask { period, regions, with_cases: true }
}

/// A case of a camera at a site, registered at `secs`.
async fn case_at(shop: &Shop, n: u64, site: &str, camera: &str, severity: u8, secs: i64) -> Uuid {
    let mut one = alert(u128::from(n), n, 1, secs);
    one.site = site.into();
    one.edge = format!("{EDGE}-{site}");
    one.camera = camera.into();
    one.camera_name = format!("{camera} 号");
    one.severity = Severity::try_from(severity).unwrap();
    let taken = shop.store.take(&[inbound(&one)], at(secs)).await.unwrap();
    assert_eq!(taken.news.cases.len(), 1, "case {n}");
    *taken.news.cases.first().unwrap()
}

async fn step(store: &Store, id: Uuid, change: Change, who: &str, secs: i64) {
    let shown = store.case_summary(id).await.unwrap().unwrap().version;
    let who = everywhere(who, Role::Admin);
    let name = change.name();
    let done = store.change_case(id, change, &who, shown, at(secs)).await;
    assert!(matches!(done, Ok(Some(_))), "{name}: {done:?}");
}

fn dispatched() -> Change {
    Change::Dispatched { to: Assignee { region: Region::parse(SITE).unwrap(), user: None }, note: None }
}

fn handled() -> Change {
    Change::Handled(Work {
        note: "已处理".into(),
        pictures: Vec::new(),
        fix: None,
        distance_m: None,
        excuse: Some("无照片".into()),
    })
}

fn checked(passed: bool) -> Change {
    Change::Checked { passed, note: Some("看过".into()) }
}

fn returned() -> Change {
    Change::Returned { reason: "不归我们".into() }
}

/// From filing to closing, one step every `pace` seconds.
async fn close(store: &Store, id: Uuid, from: i64, pace: i64) {
    let way = [
        (Change::Taken, "wang"),
        (decided(Verdict::Real, None), "wang"),
        (dispatched(), "chen"),
        (Change::Accepted, "li"),
        (Change::Arrived { fix: None }, "li"),
        (handled(), "li"),
        (checked(true), "zhao"),
    ];
    for (place, (change, who)) in (1..).zip(way) {
        step(store, id, change, who, from + place * pace).await;
    }
}

/// All deadlines up to then.
async fn ring(store: &Store, secs: i64) {
    while store.fire_timers(at(secs)).await.unwrap().1 {}
}

/// A morning of two communities: something of everything.
async fn morning(shop: &Shop) -> BTreeMap<&'static str, Uuid> {
    let store = &shop.store;
    let other = "420502001002";
    let mut cases = BTreeMap::new();
    // closed in time, after it was sent back and checked twice
    let id = case_at(shop, 1, SITE, "gate", 3, 0).await;
    step(store, id, Change::Taken, "wang", 10).await;
    step(store, id, decided(Verdict::Real, None), "wang", 40).await;
    step(store, id, dispatched(), "chen", 50).await;
    step(store, id, returned(), "li", 60).await;
    step(store, id, dispatched(), "chen", 100).await;
    step(store, id, Change::Accepted, "li", 110).await;
    step(store, id, handled(), "li", 200).await;
    step(store, id, checked(false), "zhao", 210).await;
    step(store, id, handled(), "li", 340).await;
    step(store, id, checked(true), "zhao", 400).await;
    cases.insert("closed", id);
    // false, a duplicate, somebody else's
    for (n, reason) in [(2, Reason::Animal), (3, Reason::Duplicate), (4, Reason::Foreign)] {
        let id = case_at(shop, n, SITE, "pond", 3, 1000 * i64::try_from(n).unwrap()).await;
        step(
            store,
            id,
            decided(Verdict::FalseAlarm, Some(reason)),
            "wang",
            1000 * i64::try_from(n).unwrap() + 20,
        )
        .await;
    }
    // urgent and never handled, elsewhere
    let id = case_at(shop, 5, other, "yard", 1, 0).await;
    step(store, id, decided(Verdict::Real, None), "wang", 30).await;
    step(store, id, dispatched(), "chen", 40).await;
    cases.insert("overdue", id);
    // nobody looks
    cases.insert("waiting", case_at(shop, 6, SITE, "gate", 2, 5000).await);
    ring(store, 3 * HOUR).await;
    cases
}

on_both! {
    async fn a_report_counts_what_happened(kind: Kind) {
        let shop = Shop::of(kind).await;
        morning(&shop).await;
        let report = shop.store.report(&ask(today(), None), at(3 * HOUR)).await.unwrap();
        let cases = report.cases.unwrap();
        let counts = cases.now.counts;
        assert_eq!((counts.reported, counts.filed, counts.due), (6, 2, 2));
        assert_eq!((counts.closed, counts.closed_in_time, counts.overdue), (1, 1, 1));
        assert_eq!((counts.handled, counts.reworked), (1, 1));
        assert_eq!((counts.dispatched, counts.returned), (2, 1));
        assert_eq!((counts.duplicates, counts.judged, counts.false_alarms), (1, 4, 1));
        assert_eq!((counts.undecided, counts.missed), (1, 0));
        assert_eq!((cases.previous.indicators.counts.reported, cases.last_year.indicators.counts.reported), (0, 0));

        let line = |code: &str| cases.regions.iter().find(|row| row.code.as_str() == code).unwrap();
        assert_eq!(line(SITE).indicators.counts.reported, 5);
        assert_eq!(line("420502001002").indicators.rates.overdue.share, Some(1.0));
        assert_eq!(line("420502001").level, Level::Street);
        assert_eq!(line("420502001").indicators, cases.now);

        let time = |stage: Stage| cases.times.iter().find(|time| time.stage == stage).unwrap();
        let dispatch = time(Stage::Dispatch);
        assert_eq!((dispatch.measured, dispatch.median_secs, dispatch.p90_secs), (2, Some(10.0), Some(10.0)), "the first one counts");
        assert_eq!((time(Stage::Ack).measured, time(Stage::Ack).median_secs), (5, Some(20.0)));
        assert_eq!((time(Stage::Handle).measured, time(Stage::Handle).median_secs), (1, Some(300.0)));
        assert_eq!((time(Stage::Handle).kept.of, time(Stage::Handle).kept.all), (1, 2));
        assert_eq!((time(Stage::Check).measured, time(Stage::Check).median_secs), (1, Some(60.0)));
        assert_eq!((time(Stage::Arrive).kept.of, time(Stage::Arrive).kept.all), (0, 1));

        assert_eq!(cases.false_alarms.worst.len(), 1);
        let worst = &cases.false_alarms.worst[0];
        assert_eq!((worst.camera.as_str(), worst.camera_name.as_str()), ("pond", "pond 号"));
        assert_eq!((worst.false_alarms.of, worst.false_alarms.all), (1, 2));
        assert_eq!(worst.reasons[0].reason, Reason::Animal);
    }

    async fn a_report_is_of_its_days_and_its_region(kind: Kind) {
        let shop = Shop::of(kind).await;
        morning(&shop).await;
        // the evening before, in Shanghai still the 22nd
        let id = case_at(&shop, 7, SITE, "gate", 3, -12 * HOUR).await;
        close(&shop.store, id, -12 * HOUR, 5).await;
        let now = at(4 * HOUR);
        let of = async |ask: &Ask| shop.store.report(ask, now).await.unwrap().cases.unwrap();
        let here = of(&ask(today(), Some(SITE))).await;
        assert_eq!(here.now.counts.reported, 5);
        assert_eq!(here.previous.indicators.counts.reported, 1, "yesterday");
        assert_eq!(here.previous.indicators.rates.closed_in_time.share, Some(1.0));
        assert!(here.regions.is_empty(), "no grid is known below");
        assert_eq!(of(&ask(today(), Some("420502001002"))).await.now.counts.reported, 1);
        assert_eq!(of(&ask(today(), Some("4205"))).await.now.counts.reported, 6);
        assert_eq!(of(&ask(today(), Some("420503"))).await.now.counts.reported, 0);
        let month = Period::month_of(date(2026, 11, 1));
        assert_eq!(of(&ask(month, Some("420502"))).await.now.counts.reported, 7);
        let next_year = Period::month_of(date(2027, 11, 1));
        assert_eq!(of(&ask(next_year, None)).await.last_year.indicators.counts.reported, 7);
    }

    async fn tests_and_void_cases_are_not_counted(kind: Kind) {
        let shop = Shop::of(kind).await;
        let id = case_at(&shop, 1, SITE, "gate", 3, 0).await;
        step(&shop.store, id, Change::VoidAsked { reason: "录入错误".into() }, "a", 5).await;
        step(&shop.store, id, Change::VoidAnswered { approved: true }, "b", 6).await;
        let mut test = alert(2, 2, 1, 0);
        test.test = true;
        shop.store.take(&[inbound(&test)], at(1)).await.unwrap();
        let report = shop.store.report(&ask(today(), None), at(60)).await.unwrap();
        assert_eq!(report.cases.unwrap().now.counts, Default::default());
        assert_eq!((report.load.alarms, report.load.alerts.received), (1, 1), "a void one has rung; a test never counts");
    }

    async fn the_alarm_load_is_counted_by_room_and_ten_minutes(kind: Kind) {
        let shop = Shop::of(kind).await;
        // twelve cameras in one ten minutes (11:20 to 11:30), five in the next, one much later
        for n in 0..18_u64 {
            let secs = match n { 0..12 => 5 + i64::try_from(n).unwrap(), 12..17 => 605, _ => 2 * HOUR };
            case_at(&shop, n + 1, SITE, &format!("c{n}"), if n == 0 { 1 } else { 3 }, secs).await;
        }
        case_at(&shop, 50, "420502001002", "yard", 4, 7).await;
        ring(&shop.store, 30 * HOUR).await;
        let load = shop.store.report(&ask(today(), None), at(30 * HOUR)).await.unwrap().load;
        assert_eq!((load.rooms, load.alarms, load.priorities), (2, 19, [1, 0, 17, 1]));
        assert_eq!((load.flood.of, load.flood.all), (2, 288));
        assert_eq!(load.figures.peak.value, Some(12.0));
        let room = &load.by_room[0];
        assert_eq!((room.region.as_str(), room.alarms, room.flood.of), (SITE, 18, 2));
        assert_eq!(room.figures.average.value, Some(18.0 / 144.0));
        assert_eq!(room.figures.stale.value, Some(18.0), "nobody looked for a day");
        assert_eq!((load.days.len(), load.days[0].alarms, load.days[0].peak), (1, 19, 12));
        assert_eq!((load.sources, load.top.len()), (19, 10));
        assert_eq!((load.alerts.received, load.alerts.shelved), (19, 0));
        let grid = shop.store.report(&ask(today(), Some("420502001001007")), at(DAY)).await.unwrap().load;
        assert_eq!((grid.rooms, grid.alarms), (1, 0), "its grid is known of no camera");
    }

    async fn a_rule_that_shelved_itself_chatters(kind: Kind) {
        let shop = Shop::of(kind).await;
        for n in 1..=4_u64 {
            let mut one = alert(u128::from(n), n, 1, i64::try_from(n).unwrap());
            one.severity = Severity::try_from(3).unwrap();
            shop.store.take(&[inbound(&one)], at(i64::try_from(n).unwrap())).await.unwrap();
        }
        let load = shop.store.report(&ask(today(), Some(SITE)), at(HOUR)).await.unwrap().load;
        assert_eq!(load.figures.chattering.value, Some(1.0));
        assert_eq!(load.figures.chattering.met, Some(false));
        assert_eq!((load.chatter[0].camera.as_str(), load.chatter[0].times), ("gate-east", 1));
        assert_eq!(load.alerts.received, 4);
        assert!(load.alerts.shelved >= 1, "{:?}", load.alerts);
        let elsewhere = shop.store.report(&ask(today(), Some("420503")), at(HOUR)).await.unwrap().load;
        assert_eq!((elsewhere.chatter.len(), elsewhere.alerts.received, elsewhere.rooms), (0, 0, 0));
    }

    async fn quantiles_are_times_that_were_really_taken(kind: Kind) {
        let shop = Shop::of(kind).await;
        let took = [7, 3, 90, 11, 5, 42, 8, 13, 2, 6, 77];
        for (n, secs) in (1_u64..).zip(took) {
            let id = case_at(&shop, n, SITE, &format!("c{n}"), 3, 0).await;
            step(&shop.store, id, Change::Taken, "wang", secs).await;
        }
        let cases = shop.store.report(&ask(today(), None), at(HOUR)).await.unwrap().cases.unwrap();
        let mut sorted = took.to_vec();
        sorted.sort_unstable();
        let rank = |part: f64| sorted[(part * 11.0_f64).ceil() as usize - 1] as f64;
        let ack = cases.times.iter().find(|time| time.stage == Stage::Ack).unwrap();
        assert_eq!((ack.measured, ack.median_secs, ack.p90_secs), (11, Some(rank(0.5)), Some(rank(0.9))));
    }

    async fn what_is_late_is_listed_page_by_page(kind: Kind) {
        let shop = Shop::of(kind).await;
        for n in 1..=5_u64 {
            case_at(&shop, n, SITE, &format!("c{n}"), 2, i64::try_from(n / 2).unwrap()).await;
        }
        let elsewhere = case_at(&shop, 6, "420503001001", "x", 2, 0).await;
        let now = at(HOUR);
        let here = [Region::parse("420502").unwrap()];
        let mut after = None;
        let mut seen = Vec::new();
        for wanted in [2, 2, 1] {
            let page = shop.store.overdue(Some(&here), after, 2, now).await.unwrap();
            assert_eq!((page.cases.len(), page.total), (wanted, 5));
            assert!(page.cases.iter().all(|case| case.stage == Some(Stage::Ack) && case.overdue_secs > 3000));
            let last = page.cases.last().unwrap();
            after = Some((last.due_utc, last.id));
            assert_eq!(page.next.is_some(), wanted == 2);
            seen.extend(page.cases.into_iter().map(|case| case.id));
        }
        seen.sort();
        seen.dedup();
        assert!(seen.len() == 5 && !seen.contains(&elsewhere));
        assert_eq!(shop.store.overdue(None, None, 9, now).await.unwrap().total, 6);
        assert_eq!(shop.store.overdue(None, None, 9, at(60)).await.unwrap().total, 0, "not late yet");
    }

    async fn moments_of_before_are_read_from_the_log(kind: Kind) {
        let shop = Shop::of(kind).await;
        morning(&shop).await;
        let id = case_at(&shop, 9, SITE, "hall", 3, 2 * HOUR).await;
        close(&shop.store, id, 2 * HOUR, 20).await;
        let raw = shop.raw().await;
        let kept = async || {
            let rows: Vec<(String, Option<i64>, Option<i64>, i64)> =
                sqlx::query_as("SELECT case_id, dispatched_us, arrived_us, returns FROM case_moment ORDER BY case_id")
                    .fetch_all(&raw)
                    .await
                    .unwrap();
            rows
        };
        let noted = kept().await;
        assert_eq!(noted.len(), 3);
        assert_eq!(noted.iter().map(|row| row.3).sum::<i64>(), 1);
        sqlx::query("DELETE FROM case_moment").execute(&raw).await.unwrap();
        let migration = include_str!("../../migrations/0006_reports.sql");
        let fill = migration.split(';').find(|part| part.contains("INSERT INTO case_moment")).unwrap();
        sqlx::query(AssertSqlSafe(fill.to_owned())).execute(&raw).await.unwrap();
        assert_eq!(kept().await, noted, "an update makes the same of an old log");
        raw.close().await;
    }
}

async fn town() -> Console {
    let console = Console::open().await;
    let store = &console.shop.store;
    let regions =
        format!("code,name\n420502,西陵区\n420502001,西陵街道\n{SITE},土街头社区\n420502001002,学院街社区\n");
    let admin = everywhere("admin", Role::Admin);
    assert!(
        store.import(ImportKind::Regions, regions.as_bytes(), &admin, false, at(0)).await.unwrap().applied
    );
    let people: [(&str, &[(Role, &str)]); 4] = [
        ("boss", &[(Role::Supervisor, "420502001")]),
        ("room", &[(Role::Operator, SITE)]),
        ("both", &[(Role::Operator, SITE), (Role::Supervisor, "420502001002")]),
        ("worker", &[(Role::GridWorker, SITE)]),
    ];
    for (name, posts) in people {
        let posts: Vec<Post> = posts
            .iter()
            .map(|(role, code)| Post { role: *role, region: Some(Region::parse(code).unwrap()) })
            .collect();
        assert!(store.add_user(name, &posts, "!", at(0)).await.unwrap());
        store.begin_session(name, name, at(0), at(DAY)).await.unwrap();
    }
    morning(&console.shop).await;
    console.hands.move_to(3 * HOUR);
    console
}

async fn ask_as(console: &Console, who: &str, path: &str) -> (StatusCode, Value) {
    let answer = console.send(get(path, Some(&format!("xunge_session={who}")))).await;
    (answer.status(), body(answer).await)
}

#[tokio::test]
async fn who_supervises_is_told_everything_and_a_room_its_own_load() {
    let console = town().await;
    let day = "from=2026-11-23&to=2026-11-23";
    let (status, report) = ask_as(&console, "boss", &format!("/api/v1/reports?{day}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(report["regions"][0]["name"], "西陵街道");
    assert_eq!(report["cases"]["now"]["counts"]["reported"], 6);
    assert_eq!(report["cases"]["now"]["rates"]["closed"]["share"], 0.5);
    assert_eq!(report["cases"]["regions"][0]["name"], "土街头社区");
    let (status, _) = ask_as(&console, "boss", &format!("/api/v1/reports?region=420503&{day}")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, wider) = ask_as(&console, "boss", &format!("/api/v1/reports?region=4205&{day}")).await;
    assert_eq!(
        (status, &wider["regions"][0]["code"]),
        (StatusCode::OK, &"420502001".into()),
        "as far as the posts go"
    );

    let (status, own) = ask_as(&console, "room", &format!("/api/v1/reports?{day}")).await;
    assert_eq!((status, &own["cases"]), (StatusCode::OK, &Value::Null));
    assert_eq!((&own["load"]["rooms"], &own["load"]["alarms"]), (&1.into(), &5.into()));
    let (status, _) = ask_as(&console, "room", "/api/v1/reports/overdue").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (_, mixed) = ask_as(&console, "both", &format!("/api/v1/reports?region={SITE}&{day}")).await;
    assert_eq!((&mixed["cases"], &mixed["load"]["alarms"]), (&Value::Null, &5.into()));
    let (_, mixed) = ask_as(&console, "both", &format!("/api/v1/reports?region=420502001&{day}")).await;
    assert_eq!(mixed["cases"]["now"]["counts"]["reported"], 1, "only what is supervised");
    for path in ["/api/v1/reports", "/api/v1/reports/overdue", "/api/v1/reports/export?format=csv"] {
        assert_eq!(ask_as(&console, "worker", path).await.0, StatusCode::FORBIDDEN, "{path}");
    }

    let (_, late) = ask_as(&console, "boss", "/api/v1/reports/overdue?limit=1").await;
    assert_eq!((&late["total"], &late["cases"][0]["stage"]), (&2.into(), &"arrive".into()));
    let next = late["next"].as_str().unwrap();
    let (_, rest) = ask_as(&console, "boss", &format!("/api/v1/reports/overdue?limit=1&after={next}")).await;
    assert_eq!((&rest["cases"][0]["stage"], &rest["next"]), (&"ack".into(), &Value::Null));
}

#[tokio::test]
async fn days_that_make_no_report_are_refused_in_words() {
    let console = town().await;
    for (query, status) in [
        ("from=2026-11-23&to=2026-11-22", StatusCode::UNPROCESSABLE_ENTITY),
        ("from=2026-01-01&to=2027-06-01", StatusCode::UNPROCESSABLE_ENTITY),
        ("from=yesterday", StatusCode::BAD_REQUEST),
        ("region=abc", StatusCode::BAD_REQUEST),
        ("colour=red", StatusCode::BAD_REQUEST),
    ] {
        let (got, problem) = ask_as(&console, "boss", &format!("/api/v1/reports?{query}")).await;
        assert_eq!(got, status, "{query}");
        assert!(!problem["title"].as_str().unwrap().is_ascii(), "{query}: {problem}");
    }
    assert_eq!(
        ask_as(&console, "boss", "/api/v1/reports/export?format=doc").await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(ask_as(&console, "boss", "/api/v1/reports/overdue?after=x").await.0, StatusCode::BAD_REQUEST);
    // without days: the month that goes on
    let (_, month) = ask_as(&console, "boss", "/api/v1/reports").await;
    assert_eq!(month["period"], serde_json::json!({"from": "2026-11-01", "to": "2026-11-30"}));
}

#[tokio::test]
async fn a_report_is_saved_as_a_file_of_each_kind() {
    let console = town().await;
    for (format, lang, kind, begins) in [
        ("csv", "zh", "text/csv; charset=utf-8", "\u{feff}智能预警监督考核月报".as_bytes()),
        ("csv", "en", "text/csv; charset=utf-8", "\u{feff}Early warning: monthly report".as_bytes()),
        ("xlsx", "zh", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("pdf", "zh", "application/pdf", b"%PDF-"),
    ] {
        let path =
            format!("/api/v1/reports/export?from=2026-11-01&to=2026-11-30&format={format}&lang={lang}");
        let answer = console.send(get(&path, Some("xunge_session=boss"))).await;
        assert_eq!(answer.status(), StatusCode::OK, "{format}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], kind);
        let named = answer.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().to_owned();
        assert_eq!(named, format!("attachment; filename=\"xunge-2026-11-01-2026-11-30.{format}\""));
        let bytes = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
        assert!(bytes.starts_with(begins), "{format}");
    }
    // a room's file tells its load and nothing of cases
    let path = "/api/v1/reports/export?from=2026-11-01&to=2026-11-30&format=csv";
    let answer = console.send(get(path, Some("xunge_session=room"))).await;
    let text = String::from_utf8(to_bytes(answer.into_body(), 1 << 24).await.unwrap().to_vec()).unwrap();
    assert!(text.starts_with("\u{feff}报警负荷报告") && !text.contains("按期结案,"), "{text}");
}

#[tokio::test]
async fn regions_that_lie_in_each_other_are_told_once() {
    let console = Console::open().await;
    let posts = [
        Post { role: Role::Admin, region: Some(Region::parse("420502").unwrap()) },
        Post { role: Role::Supervisor, region: Some(Region::parse(SITE).unwrap()) },
    ];
    let store = &console.shop.store;
    assert!(store.add_user("two", &posts, "!", at(0)).await.unwrap());
    store.begin_session("two", "two", at(0), at(DAY)).await.unwrap();
    let (_, report) = ask_as(&console, "two", "/api/v1/reports").await;
    assert_eq!(report["regions"].as_array().unwrap().len(), 1);
    assert_eq!(report["regions"][0]["code"], "420502");
}
