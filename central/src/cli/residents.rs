//! `residents`: import, accounts, names of regions, made-up people, backup and restore, the log, rotation of the keys.

use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use xunge_central::clock::Clock;
use xunge_central::config::{CentralConfig, ResidentsConfig};
use xunge_central::password;
use xunge_central::store::Place;
use xunge_residents::import::{COLUMNS, Mapping, Problem};
use xunge_residents::right::{Post, Role, is_region};
use xunge_residents::store::{AccountChange, Deed, Order, Store, What, place_day, read_regions};
use xunge_residents::table::Table;

use super::{load, make_data_dir, place_of, say};

/// Who does what is done at the command line.
const BY: &str = "command line";
/// The same people every time.
const SEED: u64 = 1;
/// Rows after which it is said how far an import is.
const TOLD_EVERY: u64 = 100_000;

/// Said where nobody can log in to the residents' half yet.
pub(super) const NO_ACCOUNT: &str = "residents: nobody has an account there yet; make one with `xunge-central residents account \
    --role admin --name NAME`. 人口与提醒尚无账号，请用此命令添加管理员。";

/// What is done at the command line, for the log.
pub(super) fn deed(what: What, at: Timestamp) -> Deed {
    Deed { account: BY.into(), place: "cli".into(), what, reason: String::new(), at }
}

/// The residents' half of a configuration.
pub(super) fn half(config: &CentralConfig) -> Result<&ResidentsConfig> {
    config
        .residents
        .as_ref()
        .context("the configuration has no table `[residents]`: that half is off. 配置中没有 [residents]，未启用人口与提醒")
}

/// Where a configuration has the residents' database, and the file of its keys.
fn places(config: &CentralConfig) -> Result<(Place, PathBuf)> {
    let half = half(config)?;
    make_data_dir(config)?;
    let place = place_of(&half.store, &config.data_dir.join("residents.db"), "[residents]")?;
    let key_file = half.key_file.clone().unwrap_or_else(|| config.data_dir.join("residents.key"));
    Ok((place, key_file))
}

/// Opens the residents' store, and makes the data folder where there is none.
pub(super) async fn open(config: &CentralConfig) -> Result<Store> {
    let (place, key_file) = places(config)?;
    Ok(Store::open(&place, &key_file).await?)
}

/// The place's day.
pub(super) fn today() -> jiff::civil::Date {
    place_day(Clock::system().now())
}

/// How a table is imported.
pub struct Import<'a> {
    pub file: &'a Path,
    /// `HEADING=NAME`.
    pub columns: &'a [String],
    pub dry_run: bool,
    pub complete: Option<String>,
    pub many_departures: bool,
}

/// Imports a table, or says what would happen.
pub async fn import(config: &Path, import: Import<'_>) -> Result<()> {
    let config = load(config)?;
    if let Some(bad) = import.complete.as_ref().filter(|code| !is_region(code)) {
        bail!("`--complete {bad}` is no code of a region: 4, 6, 9, 12 or 15 digits. “{bad}”不是区划编码。");
    }
    let own = columns(import.columns)?;
    let name = import.file.display().to_string();
    let table = Table::open(import.file).map_err(|bad| anyhow::anyhow!("{name}: {bad} {}", bad.zh()))?;
    let mapping = match Mapping::find(table.headings(), &own) {
        Ok(mapping) => mapping,
        Err(problems) => {
            tell(&name, &problems);
            bail!("the headings of {name} cannot be used. 表头有误。");
        }
    };
    if !mapping.ignored.is_empty() {
        say(&format!("columns that mean nothing here 未采用的列: {}", mapping.ignored.join(", ")));
    }
    let order = Order {
        mapping,
        dry_run: import.dry_run,
        complete: import.complete,
        many_departures: import.many_departures,
        regions: None,
        file: import.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: digest(import.file)?,
        today: today(),
        deed: deed(What::Import, Clock::system().now()),
    };
    let store = open(&config).await?;
    let mut told = 0;
    let done = store
        .import(table, &order, |progress| {
            if progress.rows / TOLD_EVERY > told {
                told = progress.rows / TOLD_EVERY;
                say(&format!("{} rows … {} 行", progress.rows, progress.rows));
            }
        })
        .await?;
    store.close().await;
    tell(&name, &done.problems);
    say(&format!(
        "{} new, {} changed, {} as before, {} departed, {} rows not taken, {} contradictions to settle. \
         新增 {}，变更 {}，不变 {}，迁出 {}，未采用 {} 行，待核实矛盾 {} 处。",
        done.added,
        done.changed,
        done.same,
        done.departed,
        done.refused,
        done.conflicts,
        done.added,
        done.changed,
        done.same,
        done.departed,
        done.refused,
        done.conflicts
    ));
    if !done.applied {
        say("This was a dry run: nothing was written. 此为试运行，未写入任何内容。");
    }
    Ok(())
}

fn tell(file: &str, problems: &[Problem]) {
    for problem in problems {
        let place = if problem.line == 0 { String::new() } else { format!(":{}", problem.line) };
        say(&format!("{file}{place}: {} {}", problem.zh, problem.en));
    }
}

/// What other headings mean.
fn columns(words: &[String]) -> Result<BTreeMap<String, String>> {
    let pair = |word: &String| {
        let known = || COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let (heading, name) = word
            .split_once('=')
            .with_context(|| format!("`{word}` is not HEADING=NAME; names are {}", known()))?;
        Ok((heading.trim().to_owned(), name.trim().to_owned()))
    };
    words.iter().map(pair).collect()
}

fn digest(file: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut open = std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    std::io::copy(&mut open, &mut hash).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(hex::encode(hash.finalize()))
}

/// Backs up the residents' database into a file, while the centre runs.
pub async fn backup(config: &Path, to: &Path) -> Result<()> {
    let store = open(&load(config)?).await?;
    if to.exists() {
        bail!("{} is there already: name another file. 文件已存在，请另起文件名。", to.display());
    }
    let part = to.with_extension("part");
    let cannot = || format!("cannot write {}", part.display());
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
    let mut out = GzEncoder::new(BufWriter::new(file.with_context(cannot)?), Compression::default());
    let (rows, head) = store.dump(&mut out).await?;
    let file = out.finish().with_context(cannot)?.into_inner().map_err(|error| error.into_error());
    file.and_then(|file| file.sync_all()).with_context(cannot)?;
    std::fs::rename(&part, to).with_context(cannot)?;
    store.close().await;
    let people = rows.get("person").copied().unwrap_or(0);
    say(&format!(
        "{} holds {people} people; the last hash of the log is {head}. It is of no use without the file of keys: keep a copy of that \
         elsewhere. 备份完成，共 {people} 人；没有密钥文件无法使用，请另行保存密钥文件副本。",
        to.display()
    ));
    Ok(())
}

/// Restores the residents' database from a file into a place where there is none.
pub async fn restore(config: &Path, from: &Path) -> Result<()> {
    let config = load(config)?;
    let (place, key_file) = places(&config)?;
    let file = std::fs::File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    let store = Store::load(&place, &key_file, &mut BufReader::new(GzDecoder::new(file))).await?;
    let checked = store.check_audit().await?;
    store.close().await;
    if let Some(at) = checked.broken_at {
        bail!(
            "restored, but the log does not fit together from entry {at} on. 已恢复，但审计日志自第 {at} 条起不符。"
        );
    }
    say(&format!(
        "restored into {place}; the last hash of the log is {}. Everybody has to log in again. 已恢复，所有人须重新登录。",
        checked.head
    ));
    Ok(())
}

/// Makes an account, or gives the one of this name another password.
pub async fn account(
    config: &Path,
    name: &str,
    role: Option<(&str, Option<String>)>,
    from_stdin: bool,
) -> Result<()> {
    password::check_name(name)?;
    let store = open(&load(config)?).await?;
    let (secret, random) = super::users::secret(from_stdin)?;
    let mut change =
        AccountChange { password_hash: Some(password::hash(&secret)?), ..AccountChange::default() };
    let deed = deed(What::Account, Clock::system().now());
    match role {
        Some((role, region)) => {
            let Some(role) = Role::parse(role) else {
                let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
                bail!("`{role}` is not a role of this half: use {}", names.join(", "))
            };
            change.posts = Some(vec![Post { role, region: region.unwrap_or_default() }]);
            if !store.add_account(name, &change, &deed).await? {
                bail!("there is an account {name} already; without `--role` it gets a new password");
            }
        }
        None => {
            if !store.change_account(name, &change, &deed).await? {
                bail!("there is no account {name}; with `--role` it is made");
            }
        }
    }
    store.close().await;
    super::users::tell(name, random.then_some(&secret));
    Ok(())
}

/// Writes a table of residents whom nobody is.
pub fn synthetic(people: u64, grids: &[String], to: &Path) -> Result<()> {
    if let Some(bad) = grids.iter().find(|grid| !is_region(grid)) {
        bail!("`{bad}` is no code of a grid: 15 digits. “{bad}”不是网格编码（15 位数字）。");
    }
    let cannot = || format!("cannot write {}", to.display());
    let file = std::fs::File::create_new(to).with_context(cannot)?;
    let mut out = BufWriter::new(file);
    xunge_residents::synthetic::table(&mut out, people, grids, (SEED, today())).with_context(cannot)?;
    out.flush().with_context(cannot)?;
    say(&format!("{} holds {people} people whom nobody is. 已写入 {people} 名合成居民。", to.display()));
    Ok(())
}

/// Names regions by a table with the columns `code` and `name`.
pub async fn regions(config: &Path, file: &Path) -> Result<()> {
    let config = load(config)?;
    let name = file.display().to_string();
    let table = Table::open(file).map_err(|bad| anyhow::anyhow!("{name}: {bad} {}", bad.zh()))?;
    let regions = match read_regions(table) {
        Ok(regions) => regions,
        Err(problems) => {
            tell(&name, &problems);
            bail!("nothing was taken of {name}. 未采用任何内容。");
        }
    };
    let store = open(&config).await?;
    store.set_regions(&regions, &deed(What::Regions, Clock::system().now())).await?;
    store.close().await;
    say(&format!("{} regions have names. 已命名 {} 个辖区。", regions.len(), regions.len()));
    Ok(())
}

/// Checks that nobody has changed the log of who did what with whose data.
pub async fn verify(config: &Path) -> Result<()> {
    let store = open(&load(config)?).await?;
    let checked = store.check_audit().await?;
    store.close().await;
    if let Some(place) = checked.broken_at {
        bail!(
            "the log does not fit together from entry {place} on: it was changed. 审计日志自第 {place} 条起被改动。"
        );
    }
    say(&format!(
        "{} entries fit together; the last hash is {}. 审计日志 {} 条，前后相符。",
        checked.entries, checked.head, checked.entries
    ));
    Ok(())
}

/// Seals everything with a new key.
pub async fn rotate(config: &Path) -> Result<()> {
    let config = load(config)?;
    let store = open(&config).await?;
    let mut told = 0;
    let sealed = store
        .rotate_keys(&deed(What::Rotate, Clock::system().now()), |sealed| {
            if sealed / TOLD_EVERY > told {
                told = sealed / TOLD_EVERY;
                say(&format!("{sealed} … 人"));
            }
        })
        .await?;
    store.close().await;
    say(&format!(
        "{sealed} people are sealed with a new key; keep a copy of its file apart from backups. \
         已用新密钥重新加密 {sealed} 人，请另行保存密钥文件副本。"
    ));
    Ok(())
}
