//! What the centre takes. `cargo build --release -p xunge-central -p xunge-benches`, then `target/release/ingest --help`.

use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use xunge_benches::ingest::{Measured, live, plain, stored};
use xunge_central::store::Place;
use xunge_parts::Postgres;

/// Measures how many alerts the centre takes.
#[derive(Parser)]
struct Cli {
    /// What to measure; may be given again
    #[arg(long, value_enum, default_values = ["stored", "live", "plain"])]
    part: Vec<Part>,
    /// Messages a second
    #[arg(long, default_value_t = 2000)]
    rate: u32,
    /// How long each part is measured, seconds
    #[arg(long, default_value_t = 30)]
    secs: u64,
    /// Messages of one transaction, for the store alone
    #[arg(long, default_value_t = 500)]
    batch: usize,
    /// Only this store
    #[arg(long, value_enum)]
    store: Option<Kind>,
    /// Also write the numbers as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<std::path::PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Straight into the store
    Stored,
    /// Through a broker, with confirms back
    Live,
    /// The broker alone, to somebody who keeps nothing
    Plain,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let length = Duration::from_secs(cli.secs);
    // as durable as a real one: what is confirmed survives a power cut
    let postgres =
        if cli.store == Some(Kind::Sqlite) { None } else { Some(Postgres::with("max_wal_size = 4GB\n")?) };
    let folder = tempfile::tempdir()?;
    let mut all = Vec::new();
    let mut number = 0;
    let mut database = |postgres: &Postgres| {
        number += 1;
        postgres.database(&format!("bench{number}"))
    };
    for part in &cli.part {
        match part {
            Part::Stored => {
                let runtime = tokio::runtime::Runtime::new()?;
                if cli.store != Some(Kind::Postgres) {
                    let place = Place::File(folder.path().join("stored.db"));
                    tell(
                        &mut all,
                        runtime.block_on(stored::measure("SQLite alone", &place, cli.batch, length))?,
                    );
                }
                if let Some(postgres) = &postgres {
                    let place = Place::Postgres { url: database(postgres)?.parse()?, password: None };
                    tell(
                        &mut all,
                        runtime.block_on(stored::measure("PostgreSQL alone", &place, cli.batch, length))?,
                    );
                }
            }
            Part::Live => {
                let program = live::built_centre()?;
                if cli.store != Some(Kind::Postgres) {
                    let store = live::Store { name: "SQLite", section: String::new() };
                    tell(&mut all, live::measure(&program, &store, cli.rate, length)?);
                }
                if let Some(postgres) = &postgres {
                    let section = format!("[store]\npostgres = \"{}\"\n", database(postgres)?);
                    let store = live::Store { name: "PostgreSQL", section };
                    tell(&mut all, live::measure(&program, &store, cli.rate, length)?);
                }
            }
            Part::Plain => tell(&mut all, plain::measure(cli.rate, length)?),
        }
    }
    if let Some(file) = cli.json {
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

#[allow(clippy::print_stdout)] // the answer to a command
fn tell(all: &mut Vec<Measured>, measured: Measured) {
    let confirm = measured.confirm_ms.map_or_else(String::new, |(half, most)| {
        format!("  confirmed after {half:.0} ms, 99 % {most:.0} ms")
    });
    let cpu = measured
        .cpu_secs_per_1000
        .map_or_else(String::new, |secs| format!("  {:.0} CPU-ms per 1000", secs * 1000.0));
    let memory = measured.rss_mib.map_or_else(String::new, |mib| format!("  {mib:.0} MiB"));
    println!(
        "{:44} {:9} messages  {:7.1} s  {:7.0} a second{confirm}{cpu}{memory}",
        measured.what, measured.messages, measured.secs, measured.rate
    );
    all.push(measured);
}
