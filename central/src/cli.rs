//! What a person types.

pub mod backup;
mod duty;
pub mod enroll;
pub mod import;
pub mod run;
pub mod tokens;
pub mod users;

use std::io::IsTerminal;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tracing_subscriber::EnvFilter;
use xunge_central::case::number;
use xunge_central::config::{CentralConfig, StoreChoice};
use xunge_central::store::{Place, Settings, Store};
use xunge_config::Secret;

/// Log to standard error; `RUST_LOG` says how much.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

/// Prints a line for the person at the terminal, or for the program that started this one.
#[allow(clippy::print_stdout)] // the answer to a command
pub fn say(line: &str) {
    println!("{line}");
}

/// Prints why a command failed.
#[allow(clippy::print_stderr)] // the answer to a command
pub fn say_error(sentence: &str) {
    eprintln!("xunge-central: {sentence}");
}

/// Reads the configuration; all mistakes at once.
fn load(file: &Path) -> Result<CentralConfig> {
    CentralConfig::load(file).map_err(|problems| anyhow::anyhow!("{problems}"))
}

/// Makes the data folder where there is none.
fn make_data_dir(config: &CentralConfig) -> Result<()> {
    let folder = &config.data_dir;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| {
        format!("cannot make the data folder {}; see `data_dir` in the configuration", folder.display())
    })
}

/// Where the case store is.
fn place(config: &CentralConfig) -> Result<Place> {
    let StoreChoice::Postgres { url, password_file } = &config.store else {
        return Ok(Place::File(config.data_dir.join("central.db")));
    };
    let password = match password_file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| {
                format!(
                    "cannot read the database password in {}; see `[store] password_file`",
                    file.display()
                )
            })?;
            Some(Secret::new(text.lines().next().unwrap_or_default().to_owned()))
        }
        None => None,
    };
    Ok(Place::Postgres { url: url.clone(), password })
}

/// Opens the store, and makes the data folder where there is none.
async fn open_store(config: &CentralConfig) -> Result<Store> {
    make_data_dir(config)?;
    let mut settings = Settings::usual(number::zone(&config.timezone)?);
    settings.limits = config.cases.limits;
    settings.auto_dispatch = config.cases.auto_dispatch;
    if !config.cases.raises.is_empty() {
        settings.raises.clone_from(&config.cases.raises);
    }
    settings.outside = config.outside.clone();
    Ok(Store::open(&place(config)?, settings).await?)
}

/// `check`: says whether the configuration can be used.
pub fn check(file: &Path) -> Result<()> {
    let config = load(file)?;
    say(&format!("{} is fine. 配置无误。", file.display()));
    say(&format!("  data   {}", config.data_dir.display()));
    say(&format!("  store  {}", place(&config)?));
    say(&format!("  web    http://{}", config.web.listen));
    Ok(())
}

/// `verify`: reads the whole log of the cases.
pub async fn verify(file: &Path) -> Result<()> {
    let config = load(file)?;
    if let Place::File(file) = place(&config)?
        && !file.is_file()
    {
        bail!("there is no case store in {}; run the centre once", config.data_dir.display());
    }
    let store = open_store(&config).await?;
    let report = store.verify_chain().await?;
    store.close().await;
    for problem in &report.problems {
        say(&format!("  {problem}"));
    }
    say(&format!("{} cases, {} log entries, last hash {}", report.cases, report.entries, report.head));
    say(&format!("{} ledger entries, last hash {}", report.ledger_entries, report.ledger_head));
    if report.problems.is_empty() {
        say("The log is whole. 日志完整。");
        Ok(())
    } else {
        bail!("the log of the cases was changed ({} problems). 日志已被改动。", report.problems.len())
    }
}
