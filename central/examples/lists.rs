//! What the lists of a centre with years of cases cost: fills a store with cases and alerts, as many as are asked for, and
//! measures every list that the console offers, first pages and deep ones, the counts, what is late, and reports.
//!
//! ```text
//! cargo run --release -p xunge-central --example lists -- [--postgres] [--cases 1000000] [--alerts 2000000] [--rounds 30]
//! ```
//!
//! Rows are written past the store, in bulk: what is measured is reading.

// a program that a person runs and that stops at the first thing that goes wrong
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan};
use sqlx::AnyPool;
use uuid::Uuid;
use xunge_central::case::{State, number};
use xunge_central::org::{Level, Region};
use xunge_central::report::Ask;
use xunge_central::report::period::Period;
use xunge_central::store::{CaseFilter, Place, Quiet, QuietPage, Settings, Store};
use xunge_parts::Postgres;

/// One case in so many is open.
const OPEN_OF: u64 = 100;
const STREETS: u64 = 20;
const COMMUNITIES: u64 = 15;
const GRIDS: u64 = 10;
const PEOPLE: u64 = 400;
const BOXES: u64 = 200;
/// Microseconds between two cases.
const STEP_US: i64 = 60_000_000;
const FIRST_US: i64 = 1_700_000_000_000_000;
/// Reports are not asked for by the second.
const REPORTS: usize = 5;
/// A time that never comes.
const LATER_US: i64 = 4_000_000_000_000_000;

struct Asked {
    postgres: bool,
    cases: u64,
    alerts: u64,
    rounds: usize,
}

fn asked() -> Asked {
    let mut asked = Asked { postgres: false, cases: 200_000, alerts: 400_000, rounds: 30 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|n| n.parse::<u64>().ok()).expect("a number follows");
        match word.as_str() {
            "--postgres" => asked.postgres = true,
            "--cases" => asked.cases = number().max(1000),
            "--alerts" => asked.alerts = number().max(1000),
            "--rounds" => asked.rounds = usize::try_from(number()).unwrap().max(1),
            other => panic!("{other} is not known: --postgres, --cases N, --alerts N, --rounds N"),
        }
    }
    asked
}

/// How rows are made of numbers, which each database does in its own words. `n` counts from 0.
struct Maker {
    postgres: bool,
}

impl Maker {
    fn numbers(&self, count: u64) -> String {
        if self.postgres {
            return format!("(SELECT n FROM generate_series(0::bigint, {count} - 1) AS n) g");
        }
        let next = format!("SELECT n + 1 FROM r WHERE n + 1 < {count}");
        format!("(WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL {next}) SELECT n FROM r) g")
    }

    fn digits(&self, what: &str, width: usize) -> String {
        if self.postgres {
            format!("LPAD(CAST({what} AS TEXT), {width}, '0')")
        } else {
            format!("printf('%0{width}d', {what})")
        }
    }

    fn id(&self, kind: u64, what: &str) -> String {
        format!("('0000000{kind}-0000-4000-8000-' || {})", self.digits(what, 12))
    }

    fn edge(&self, case: &str) -> String {
        format!("('gw-' || {})", self.digits(&format!("({case} % {BOXES})"), 4))
    }
}

fn pick(words: &[&str], of: &str) -> String {
    let arms: String =
        words.iter().enumerate().map(|(place, word)| format!("WHEN {place} THEN '{word}' ")).collect();
    format!("(CASE {of} % {} {arms} END)", words.len())
}

fn cases(make: &Maker, count: u64) -> String {
    let street = format!("('420502' || {})", make.digits(&format!("(n % {STREETS} + 1)"), 3));
    let community =
        format!("({street} || {})", make.digits(&format!("(n / {STREETS} % {COMMUNITIES} + 1)"), 3));
    let communities = STREETS * COMMUNITIES;
    let grid = format!("({community} || {})", make.digits(&format!("(n / {communities} % {GRIDS} + 1)"), 3));
    let open = format!("(CASE WHEN n % {OPEN_OF} = 0 THEN 1 ELSE 0 END)");
    let open_states = ["registered", "verifying", "filed", "dispatched", "handling", "checking"];
    let open_state = pick(&open_states, &format!("(n / {OPEN_OF})"));
    let ended_state = pick(&["closed", "rejected", "closed", "rejected", "closed", "closed"], "n");
    let behaviors = ["intrusion", "loitering", "crowd", "running", "abandoned", "tamper", "fall"];
    let time = format!("({FIRST_US} + n * {STEP_US})");
    // as long as the body of a case that was worked on
    let body = format!("'{{\"state\":\"closed\",\"note\":\"{}\"}}'", "x".repeat(900));
    format!(
        "INSERT INTO case_ (id, ordinal, number, state, version, log_length, behavior, severity, edge, site, camera, camera_name,
           rule, zone, test, since_us, last_us, ended_us, phase, alert_count, score, box, late, registered_us, updated_us, body,
           clocks, open_, region, district, street, community, told, handler, late_stages, last_hour)
         SELECT {id}, n + 1, '420502' || {number},
           CASE WHEN {open} = 1 THEN {open_state} WHEN n % 5000 = 1 THEN 'merged' ELSE {ended_state} END,
           9, 9, {behavior}, n % 4 + 1, {edge}, {community}, 'c' || CAST(n % 16 AS TEXT), 'Camera', 'rule', '', 0,
           {time}, {time}, {time}, 'ended', 2, 0.8, '[0.1,0.1,0.1,0.1]', 0, {time}, {time}, {body}, '[]', {open},
           {grid}, '420502', {street}, {community}, CASE WHEN n % 50 = 0 THEN 'street' ELSE 'grid' END,
           CASE WHEN n % 3 = 0 THEN 'u' || CAST(n / 3 % {PEOPLE} AS TEXT) END,
           CASE WHEN n % 20 = 0 THEN 'handle' ELSE '' END, {time} / 3600000000
         FROM {rows}",
        id = make.id(1, "n"),
        number = make.digits("n", 13),
        behavior = pick(&behaviors, "(n / 3)"),
        edge = make.edge("n"),
        rows = make.numbers(count),
    )
}

fn alerts(make: &Maker, cases: u64, count: u64) -> Vec<String> {
    // alert n is of case n % cases; one in ten was held back and has none
    let case = format!("(n % {cases})");
    let time = format!("({FIRST_US} + {case} * {STEP_US})");
    vec![
        format!(
            "INSERT INTO incident (id, edge, camera, rule, behavior, zone, standing, case_id, severity, test, since_us, last_us,
               alerts, open_alerts, score, box)
             SELECT {}, {}, 'c1', 'rule', 'fall', '', 'case', {}, 2, 0, 0, 0, 2, 0, 0.8, '[]' FROM {}",
            make.id(2, "n"),
            make.edge("n"),
            make.id(1, "n"),
            make.numbers(cases),
        ),
        format!(
            "INSERT INTO alert (edge, alert_id, incident_id, case_id, standing, site, region, camera, rule, behavior, outbox, seq,
               revision, phase, since_us, utc_us, severity, score, late, test, first_received_us, received_us, path)
             SELECT {edge}, {alert}, {incident}, CASE WHEN n % 10 <> 9 THEN {case} END,
               CASE WHEN n % 10 = 9 THEN 'shelved' ELSE 'case' END, '420502001001', '420502001001', 'c1', 'rule', 'fall', 'o', n, 1,
               'ended', {time}, {time}, 2, 0.8, 0, 0, {time}, {time}, '[]' FROM {rows}",
            edge = make.edge(&case),
            alert = make.id(3, "n"),
            incident = make.id(2, &case),
            case = make.id(1, &case),
            rows = make.numbers(count),
        ),
        format!(
            "INSERT INTO alert_evidence (edge, alert_id, sha256, place, kind, bytes, media_type)
             SELECT {}, {}, 'sha' || CAST(n AS TEXT), 0, CASE n / {cases} % 2 WHEN 0 THEN 'snapshot' ELSE 'clip' END, 4, 'image/jpeg'
             FROM {}",
            make.edge(&case),
            make.id(3, "n"),
            make.numbers(count),
        ),
        format!(
            "INSERT INTO evidence (sha256, bytes, media_type, edge, stored_us)
             SELECT 'sha' || CAST(n AS TEXT), 4, 'image/jpeg', 'gw-0000', 0 FROM {}",
            make.numbers(count),
        ),
    ]
}

fn rest(make: &Maker) -> Vec<String> {
    vec![
        format!(
            "INSERT INTO edge (edge, site, first_seen_us) SELECT {}, '420502001001', 0 FROM {}",
            make.edge("n"),
            make.numbers(BOXES),
        ),
        format!(
            "INSERT INTO shelf (id, edge, camera, rule, reason, by_, from_us, until_us)
             SELECT {}, {}, '', '', 'r', 'u', {FIRST_US}, {LATER_US} FROM {}",
            make.id(4, "n"),
            make.edge("n"),
            make.numbers(300),
        ),
    ]
}

/// Half of the calls were quicker than the first, nineteen of twenty quicker than the second; milliseconds.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    (at(50), at(95))
}

async fn measure<F: Future<Output = u64>>(what: &str, rounds: usize, mut call: impl FnMut() -> F) {
    let mut times = Vec::with_capacity(rounds);
    let mut found = 0;
    for _ in 0..rounds {
        let began = Instant::now();
        found = call().await;
        times.push(began.elapsed());
    }
    let (median, high) = percentiles(times);
    println!("{what:<46} {median:>9.2} ms {high:>9.2} ms {found:>8}");
}

/// Every filter that the console offers, and two that only others ask for.
fn filters() -> Vec<(&'static str, CaseFilter)> {
    let base = CaseFilter { limit: 50, ..CaseFilter::default() };
    let working = [State::Filed, State::Dispatched, State::Handling, State::Checking];
    vec![
        ("all", base.clone()),
        ("undecided", CaseFilter { states: vec![State::Registered, State::Verifying], ..base.clone() }),
        ("working", CaseFilter { states: working.to_vec(), ..base.clone() }),
        ("overdue", CaseFilter { late: true, open: true, ..base.clone() }),
        ("urged", CaseFilter { told: Some(Level::Community), open: true, ..base.clone() }),
        ("mine", CaseFilter { handler: Some("u7".into()), ..base.clone() }),
        ("closed", CaseFilter { states: vec![State::Closed], ..base.clone() }),
        ("rejected", CaseFilter { states: vec![State::Rejected], ..base.clone() }),
        ("merged", CaseFilter { states: vec![State::Merged], ..base.clone() }),
        ("of one behavior", CaseFilter { behaviors: vec!["fall".into()], ..base }),
    ]
}

#[tokio::main]
async fn main() {
    let asked = asked();
    let folder = tempfile::tempdir().unwrap();
    let place = if asked.postgres {
        let url = tokio::task::spawn_blocking(Postgres::shared_database).await.unwrap().unwrap();
        Place::Postgres { url: url.parse().unwrap(), password: None }
    } else {
        Place::File(folder.path().join("central.db"))
    };
    let zone = number::zone("Asia/Shanghai").unwrap();
    let store = Store::open(&place, Settings::usual(zone)).await.unwrap();
    let url = match &place {
        Place::File(path) => format!("sqlite://{}", path.display()),
        Place::Postgres { url, .. } => url.to_string(),
    };
    let began = Instant::now();
    let make = Maker { postgres: asked.postgres };
    let raw: AnyPool = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let mut statements = vec![cases(&make, asked.cases)];
    statements.extend(alerts(&make, asked.cases, asked.alerts));
    statements.extend(rest(&make));
    if asked.postgres {
        // as autovacuum would, in its time
        statements.push("ANALYZE".to_owned());
    }
    for statement in statements {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&raw).await.unwrap();
    }
    raw.close().await;
    store.refresh_plans().await.unwrap();
    let secs = began.elapsed().as_secs();
    println!("{} cases, {} alerts, filled in {secs} s", asked.cases, asked.alerts);
    println!("{:<46} {:>12} {:>12} {:>8}", "", "median", "p95", "found");

    let region = |code: &str| Some(vec![Region::parse(code).unwrap()]);
    let places = [
        ("everywhere", None),
        ("city", region("4205")),
        ("district", region("420502")),
        ("street", region("420502007")),
        ("community", region("420502007003")),
        ("grid", region("420502007003005")),
    ];
    let id = |n: u64| Some(format!("00000001-0000-4000-8000-{n:012}").parse::<Uuid>().unwrap());
    let depths = [("first", None), ("middle", id(asked.cases / 2)), ("last", id(asked.cases / 100))];
    for (name, filter) in filters() {
        for (place, regions) in &places {
            for (depth, before) in depths {
                let filter = CaseFilter { regions: regions.clone(), before, ..filter.clone() };
                measure(&format!("{name}, {place}, {depth} page"), asked.rounds, || async {
                    store.list_cases(&filter).await.unwrap().0.len() as u64
                })
                .await;
            }
        }
    }
    let steps = i64::try_from(asked.cases).unwrap();
    let now = Timestamp::from_microsecond(FIRST_US + steps * STEP_US).unwrap();
    for (place, regions) in &places {
        measure(&format!("counts, {place}"), asked.rounds, || async {
            store.counts(regions.as_deref(), now).await.unwrap().open
        })
        .await;
    }
    let page = QuietPage { limit: 51, ..QuietPage::default() };
    measure("shelves, and how much each held back", asked.rounds, || async {
        store.quiet(Quiet::Shelf, &page, now).await.unwrap().len() as u64
    })
    .await;
    measure("late now, city", asked.rounds, || async {
        store.overdue(region("4205").as_deref(), None, 50, now).await.unwrap().cases.len() as u64
    })
    .await;
    let today = now.to_zoned(store.zone().clone()).date();
    for (name, days) in [("a month", 30), ("a year", 365)] {
        let period = Period::new(today - days.days(), today - 1.day()).unwrap();
        let ask = Ask { period, regions: region("4205"), with_cases: true };
        measure(&format!("report of {name}, city"), asked.rounds.min(REPORTS), || async {
            let report = store.report(&ask, now).await.unwrap();
            report.cases.map_or(0, |cases| cases.now.counts.reported)
        })
        .await;
    }
    store.close().await;
    println!("most memory of this program: {} MiB", most_memory_kib() / 1024);
}

/// The most that this program has used, as the kernel counts it.
fn most_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
