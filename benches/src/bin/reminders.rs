//! What reminders of a whole city cost. `cargo build --release -p xunge-benches --bin reminders`, then
//! `target/release/reminders --help`.

use anyhow::Result;
use clap::{Parser, ValueEnum};
use jiff::civil::Date;
use xunge_benches::reminders::{Measured, measure, write_table};
use xunge_database::Place;
use xunge_parts::Postgres;

/// The day of the measured city: as many of each age as then.
const TODAY: Date = Date::constant(2026, 11, 27);

/// Measures import and scan of a city's residents
#[derive(Parser)]
struct Cli {
    /// Residents
    #[arg(long, default_value_t = 4_150_000)]
    people: u64,
    /// Only this store
    #[arg(long, value_enum)]
    store: Option<Kind>,
    /// A further line for postgresql.conf; may be given again
    #[arg(long, value_name = "LINE")]
    postgres: Vec<String>,
    /// Also write the numbers as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<std::path::PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let folder = tempfile::tempdir()?;
    let table = folder.path().join("city.csv");
    write_table(&table, cli.people, TODAY)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut all = Vec::new();
    if cli.store != Some(Kind::Postgres) {
        let place = Place::File(folder.path().join("residents.db"));
        runtime.block_on(measure(("SQLite", &place), &table, TODAY, |one| tell(&mut all, one)))?;
    }
    if cli.store != Some(Kind::Sqlite) {
        let server = Postgres::with(&format!("max_wal_size = 4GB\n{}\n", cli.postgres.join("\n")))?;
        let place = Place::Postgres { url: server.database("residents")?.parse()?, password: None };
        runtime.block_on(measure(("PostgreSQL", &place), &table, TODAY, |one| tell(&mut all, one)))?;
    }
    if let Some(file) = cli.json {
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

#[allow(clippy::print_stdout)] // the answer to a command
fn tell(all: &mut Vec<Measured>, one: &Measured) {
    println!("{:9} {:9.2} s  {:5.0} MiB  {}", one.count, one.secs, one.rss_mib, one.what);
    all.push(one.clone());
}
