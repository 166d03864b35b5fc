//! What a person types.

pub mod backup;
mod duty;
pub mod enroll;
pub mod evidence;
pub mod import;
pub mod reminders;
pub mod residents;
pub mod run;
pub mod tokens;
pub mod users;

use std::io::{ErrorKind, IsTerminal, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use tracing_subscriber::EnvFilter;
use xunge_central::case::number;
use xunge_central::config::{BrokerChoice, CentralConfig, StoreChoice};
use xunge_central::evidence::{EvidenceStore, Keys, Limits, Objects, S3};
use xunge_central::store::{Place, Settings, Store};
use xunge_config::Secret;

static UNSAID: AtomicBool = AtomicBool::new(false);

/// Log to standard error; `RUST_LOG` says how much.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

/// Prints a line for the person at the terminal, or for the program that started this one.
pub fn say(line: &str) {
    match writeln!(std::io::stdout(), "{line}") {
        Ok(()) => {}
        // who has closed the other end of the pipe (`| head`) has read enough
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            if !UNSAID.swap(true, Ordering::Relaxed) {
                say_error(&format!("cannot write the answer: {error}"));
            }
        }
    }
}

/// Whether something that was to be said could not be written: a token that is on a full disk only is nowhere.
pub fn unsaid() -> bool {
    UNSAID.load(Ordering::Relaxed)
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
    place_of(&config.store, &config.data_dir.join("central.db"), "[store]")
}

/// Where a store is that the configuration speaks of in this section.
fn place_of(store: &StoreChoice, file: &Path, section: &str) -> Result<Place> {
    let StoreChoice::Postgres { url, password_file } = store else {
        return Ok(Place::File(file.to_owned()));
    };
    let password = match password_file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| {
                format!(
                    "cannot read the database password in {}; see `{section} password_file`",
                    file.display()
                )
            })?;
            Some(Secret::new(text.lines().next().unwrap_or_default().to_owned()))
        }
        None => None,
    };
    Ok(Place::Postgres { url: url.clone(), password })
}

/// Where evidence lies.
fn evidence_store(config: &CentralConfig) -> Result<EvidenceStore> {
    match &config.evidence.s3 {
        None => Ok(EvidenceStore::folder(&config.data_dir)),
        Some(s3) => bucket(s3),
    }
}

/// The bucket that the configuration names, with the keys from their files or else from the environment.
fn bucket(s3: &S3) -> Result<EvidenceStore> {
    let from = |file: &Option<PathBuf>, key: &str, variable: &str| -> Result<Secret> {
        let text = match file {
            Some(file) => std::fs::read_to_string(file).with_context(|| {
                format!("cannot read the key in {}; see `[evidence.s3] {key}`", file.display())
            })?,
            None => std::env::var(variable).with_context(|| {
                format!(
                    "`[evidence.s3]` names no `{key}` and the environment has no {variable}: give the object store's keys in one \
                     of these ways"
                )
            })?,
        };
        let line = text.lines().next().unwrap_or_default().trim().to_owned();
        if line.is_empty() {
            bail!("the key for the object store is empty; see `[evidence.s3] {key}` and {variable}");
        }
        Ok(Secret::new(line))
    };
    let token = if s3.access_key_file.is_none() { std::env::var("AWS_SESSION_TOKEN").ok() } else { None };
    let keys = Keys {
        access: from(&s3.access_key_file, "access_key_file", "AWS_ACCESS_KEY_ID")?,
        secret: from(&s3.secret_key_file, "secret_key_file", "AWS_SECRET_ACCESS_KEY")?,
        token: token.filter(|token| !token.is_empty()).map(Secret::new),
    };
    let mut s3 = s3.clone();
    s3.region = s3.region.or_else(|| {
        ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| std::env::var(name).ok())
    });
    Ok(EvidenceStore::Objects(Objects::open(&s3, &keys, Limits::default())?))
}

/// What is to be said where several centres are possible and evidence lies in a folder of one.
fn not_shared(config: &CentralConfig) -> Option<String> {
    let several = matches!(config.store, StoreChoice::Postgres { .. })
        && matches!(config.broker, BrokerChoice::External { .. });
    (several && config.evidence.s3.is_none()).then(|| {
        format!(
            "evidence lies in {} on this machine: another centre on the same database cannot show it, unless that folder is on \
             storage that all of them share, or evidence lies in an object store ([evidence.s3])",
            config.data_dir.join("evidence").display()
        )
    })
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
    let evidence = match &config.evidence.s3 {
        None => EvidenceStore::folder(&config.data_dir).to_string(),
        Some(s3) => format!(
            "s3://{}/{} at {}",
            s3.bucket,
            s3.prefix,
            s3.endpoint.as_ref().map_or("Amazon", |url| url.as_str())
        ),
    };
    say(&format!("  files  {evidence}"));
    say(&format!("  web    http://{}", config.web.listen));
    if let Some(note) = not_shared(&config) {
        say(&format!("note: {note}"));
    }
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
