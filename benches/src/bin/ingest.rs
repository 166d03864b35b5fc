//! What the centre takes. `cargo build --release -p xunge-central -p xunge-benches`, then `target/release/ingest --help`.

use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use xunge_benches::ingest::centre::{Store, built_centre};
use xunge_benches::ingest::{Measured, backlog, listeners, live, plain, stored};
use xunge_central::store::Place;
use xunge_parts::Postgres;

/// Measures how many alerts the centre takes.
#[derive(Parser)]
struct Cli {
    /// What to measure; may be given again
    #[arg(long, value_enum, default_values = ["stored", "live", "plain"])]
    part: Vec<Part>,
    /// Messages a second; 2000, with listeners 200
    #[arg(long)]
    rate: Option<u32>,
    /// How long each part is measured, seconds
    #[arg(long, default_value_t = 30)]
    secs: u64,
    /// Messages of one transaction, for the store alone
    #[arg(long, default_value_t = 500)]
    batch: usize,
    /// Messages of a backlog
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Open consoles
    #[arg(long, default_value_t = 500)]
    listeners: usize,
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
enum Part {
    /// Straight into the store
    Stored,
    /// Through a broker, with confirms back
    Live,
    /// The broker alone, to somebody who keeps nothing
    Plain,
    /// A city's boxes come back after an outage with all that they kept
    Backlog,
    /// Open consoles are told of new cases
    Listeners,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

/// A database that is as durable as a real one: what is confirmed survives a power cut.
enum Base {
    Sqlite(tempfile::TempDir),
    Postgres { server: Postgres, made: u32 },
}

impl Base {
    fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres { .. } => "PostgreSQL",
        }
    }

    /// An empty place for a store that is opened here.
    fn place(&mut self) -> Result<Place> {
        Ok(match self {
            Self::Sqlite(folder) => Place::File(folder.path().join("stored.db")),
            Self::Postgres { .. } => Place::Postgres { url: self.database()?.parse()?, password: None },
        })
    }

    /// The same for a centre of its own.
    fn store(&mut self) -> Result<Store<'static>> {
        let section = match self {
            Self::Sqlite(_) => String::new(),
            Self::Postgres { .. } => format!("[store]\npostgres = \"{}\"\n", self.database()?),
        };
        Ok(Store { name: self.name(), section })
    }

    fn database(&mut self) -> Result<String> {
        let Self::Postgres { server, made } = self else { anyhow::bail!("SQLite has no databases") };
        *made += 1;
        server.database(&format!("bench{made}"))
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let length = Duration::from_secs(cli.secs);
    let mut bases = Vec::new();
    if cli.store != Some(Kind::Postgres) {
        bases.push(Base::Sqlite(tempfile::tempdir()?));
    }
    if cli.store != Some(Kind::Sqlite) {
        bases.push(Base::Postgres {
            server: Postgres::with(&format!("max_wal_size = 4GB\n{}\n", cli.postgres.join("\n")))?,
            made: 0,
        });
    }
    let rate = cli.rate.unwrap_or(2000);
    let mut all = Vec::new();
    for part in &cli.part {
        if *part == Part::Plain {
            tell(&mut all, plain::measure(rate, length)?);
            continue;
        }
        for base in &mut bases {
            let measured = match part {
                Part::Plain => continue,
                Part::Stored => {
                    let (what, place) = (format!("{} alone", base.name()), base.place()?);
                    tokio::runtime::Runtime::new()?
                        .block_on(stored::measure(&what, &place, cli.batch, length))?
                }
                Part::Live => live::measure(&built_centre()?, &base.store()?, rate, length)?,
                Part::Backlog => backlog::measure(&built_centre()?, &base.store()?, cli.messages)?,
                Part::Listeners => {
                    let load = (cli.rate.unwrap_or(200), length);
                    listeners::measure(&built_centre()?, &base.store()?, load, cli.listeners)?
                }
            };
            tell(&mut all, measured);
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
    let again = measured.again.map_or_else(String::new, |again| format!("  {again} sent again"));
    println!(
        "{:44} {:9} messages  {:7.1} s  {:7.0} a second{confirm}{cpu}{memory}{again}",
        measured.what, measured.messages, measured.secs, measured.rate
    );
    if let Some(heard) = &measured.heard {
        let (half, most, longest) = heard.delay_ms;
        println!(
            "{:44} {:9} events, of {} new cases after {half:.0} ms, 99 % {most:.0} ms, longest {longest:.0} ms; \
             {} unheard, {} times told to read all again",
            "", heard.events, heard.cases, heard.unheard, heard.reloads
        );
    }
    all.push(measured);
}
