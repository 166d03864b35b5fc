//! What reminders of a whole city cost: a table of residents that nobody is, imported, scanned for the first time and the next
//! night; beside it what a database administrator would write by hand for one rule.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use xunge_database::Place;
use xunge_reminder::rule::shipped;
use xunge_residents::import::Mapping;
use xunge_residents::store::{Deed, Order, Release, Store, What};
use xunge_residents::table::Table;
use xunge_residents::workday::Workdays;

use crate::throughput::process::resident;

/// Communities of the city, and grids of each: one of 300 people.
const COMMUNITIES: u32 = 1383;
const GRIDS: u32 = 10;
/// An allowance that is paid over time, for everybody who is old enough already.
const ALLOWANCE: &str = r#"
[[rule]]
id = "allowance"
title = "高龄津贴"
basis = "bench"
regions = ["4205"]
place = "residence"
backfill = "all"
recheck_months = 1
[[rule.when.tier]]
code = "80"
age = 80
[[rule.when.tier]]
code = "90"
age = 90
"#;
/// The same people each time.
const SEED: u64 = 1;

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// What.
    pub what: String,
    /// How many.
    pub count: u64,
    /// How long, seconds.
    pub secs: f64,
    /// Largest resident memory of this program meanwhile, MiB.
    pub rss_mib: f64,
}

/// Writes the table of a city.
pub fn write_table(path: &Path, people: u64, today: Date) -> Result<()> {
    let file = std::fs::File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
    let mut out = BufWriter::new(file);
    let grids: Vec<String> = (0..COMMUNITIES)
        .flat_map(|community| {
            let code = format!(
                "4205{:02}{:03}{:03}",
                2 + community % 5,
                1 + community / 5 / 20,
                1 + community / 5 % 20
            );
            (1..=GRIDS).map(move |grid| format!("{code}{grid:03}"))
        })
        .collect();
    xunge_residents::synthetic::table(&mut out, people, &grids, (SEED, today))?;
    out.flush()?;
    Ok(())
}

/// Measures everything on one database.
pub async fn measure(
    (name, place): (&str, &Place),
    table: &Path,
    today: Date,
    mut tell: impl FnMut(&Measured),
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(place, &folder.path().join("residents.key")).await?;
    let workdays = Workdays::default();
    let weighed = Weighed::start();
    let begun = Instant::now();
    let done = import(&store, table, today).await?;
    tell(&weighed.measured(format!("{name}: import"), done.added, begun));
    let begun = Instant::now();
    let again = import(&store, table, today).await?;
    tell(&weighed.measured(format!("{name}: the same table again"), again.same, begun));
    for (file, text) in shipped() {
        for (rule, version) in store.add_rules((file, text), &deed(What::RuleAdded)).await? {
            store.use_rule(&rule, version, &deed(What::RuleUsed)).await?;
        }
    }
    for (night, what) in [(0, "the first scan"), (1, "the next night"), (8, "after a week")] {
        let begun = Instant::now();
        let day = today + night.days();
        let scanned = store.scan((day, Timestamp::now()), &workdays, Release::default()).await?;
        tell(&weighed.measured(
            format!(
                "{name}: {what}; {} made, {} pending, {} out, {} over",
                scanned.made, scanned.pending, scanned.released, scanned.ended
            ),
            scanned.looked_at,
            begun,
        ));
    }
    let day = today + 9.days();
    for account in ["one", "another"] {
        let mut deed = deed(What::RuleUsed);
        account.clone_into(&mut deed.account);
        store.add_rules(("allowance.toml", ALLOWANCE), &deed).await?;
        store.use_rule("allowance", 1, &deed).await?;
    }
    for (what, night) in [
        ("an allowance for everybody over 80", 0),
        ("the night after all of them have it", 1),
        ("a month later, when they are visited again", 31),
    ] {
        let begun = Instant::now();
        let day = day + night.days();
        let scanned = store.scan((day, noon(day)?), &workdays, Release::default()).await?;
        tell(&weighed.measured(
            format!("{name}: {what}; {} made, {} out", scanned.made, scanned.released),
            scanned.looked_at,
            begun,
        ));
        if night == 0 {
            receive(place, noon(day)?).await?;
        }
    }
    store.close().await;
    let (count, begun) = by_hand(place, today).await?;
    tell(&weighed.measured(format!("{name}: by hand, who turns 60 in 30 days"), count, begun));
    Ok(())
}

/// Noon of a day in the place.
fn noon(day: Date) -> Result<Timestamp> {
    Ok(day.at(12, 0, 0, 0).to_zoned(TimeZone::fixed(jiff::tz::offset(8)))?.timestamp())
}

/// Notes of all reminders of the allowance that they came to something, as workers would one by one.
async fn receive(place: &Place, at: Timestamp) -> Result<()> {
    let pool = past_the_store(place).await?;
    sqlx::query(
        "UPDATE task SET state = 'done', outcome = 'handled', next_day = NULL, ended_us = $1, ended_by = 'bench' WHERE rule = 'allowance'",
    )
    .bind(at.as_microsecond())
    .execute(&pool)
    .await?;
    pool.close().await;
    Ok(())
}

/// A connection of somebody who has a client.
async fn past_the_store(place: &Place) -> Result<sqlx::AnyPool> {
    let url = match place {
        Place::File(path) => format!("sqlite://{}", path.display()),
        Place::Postgres { url, .. } => url.to_string(),
    };
    Ok(sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await?)
}

fn deed(what: What) -> Deed {
    Deed { account: "bench".into(), place: "cli".into(), what, reason: String::new(), at: Timestamp::now() }
}

async fn import(store: &Store, table: &Path, today: Date) -> Result<xunge_residents::store::Done> {
    let table = Table::open(table)?;
    let mapping = Mapping::find(table.headings(), &BTreeMap::new())
        .map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let order = Order {
        mapping,
        dry_run: false,
        complete: None,
        many_departures: false,
        regions: None,
        file: "city.csv".into(),
        sha256: String::new(),
        today,
        deed: deed(What::Import),
    };
    let mut told = Instant::now();
    let done = store
        .import(table, &order, |progress| {
            if told.elapsed() > Duration::from_secs(30) {
                told = Instant::now();
                tell_progress(progress.rows);
            }
        })
        .await?;
    Ok(done)
}

#[allow(clippy::print_stderr)] // a bench tells whoever runs it
fn tell_progress(rows: u64) {
    eprintln!("{rows:9} rows");
}

/// The statement of somebody who has a table, a client and one rule.
async fn by_hand(place: &Place, today: Date) -> Result<(u64, Instant)> {
    let pool = past_the_store(place).await?;
    let turns = today + 30.days() - 60.years();
    let day = i64::from(turns.since(Date::constant(1970, 1, 1))?.get_days());
    let begun = Instant::now();
    let rows = sqlx::query(
        "SELECT p.person, p.name, d.grid, d.address FROM person p JOIN dwelling d ON d.dwelling = p.dwelling
         WHERE p.born_day = $1 AND p.died_day IS NULL AND p.moved_out_day IS NULL ORDER BY d.grid",
    )
    .bind(day)
    .fetch_all(&pool)
    .await?;
    pool.close().await;
    Ok((rows.len() as u64, begun))
}

/// Looks how large this program is.
struct Weighed {
    most: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Weighed {
    fn start() -> Self {
        let (most, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (heaviest, ended) = (most.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                heaviest.fetch_max(resident(std::process::id()).unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(100)); // looks at a real process
            }
        });
        Self { most, stop, thread: Mutex::new(Some(thread)) }
    }

    #[allow(clippy::cast_precision_loss)] // far below 2^52
    fn measured(&self, what: String, count: u64, begun: Instant) -> Measured {
        let rss_mib = self.most.swap(0, Ordering::Relaxed) as f64 / f64::from(1 << 20);
        Measured { what, count, secs: begun.elapsed().as_secs_f64(), rss_mib }
    }
}

impl Drop for Weighed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.get_mut().ok().and_then(Option::take) {
            // it ends within a tenth of a second
            let _ = thread.join();
        }
    }
}
