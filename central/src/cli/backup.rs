//! `backup` and `restore`.

use std::path::Path;

use anyhow::Result;
use xunge_central::backup::{self, Centre};
use xunge_central::case::number;
use xunge_central::clock::Clock;
use xunge_central::store::Settings;

use super::{evidence_store, load, open_store, place, say};

/// Takes a backup while the centre may be running.
pub async fn backup(file: &Path, to: &Path) -> Result<()> {
    let config = load(file)?;
    let store = open_store(&config).await?;
    let evidence = evidence_store(&config)?;
    let centre = Centre { data_dir: &config.data_dir, evidence: &evidence, config: file };
    let made = backup::backup(&store, centre, to, Clock::system().now()).await?;
    store.close().await;
    let manifest = &made.manifest;
    say(&format!("backup: {}", made.folder.display()));
    say(&format!(
        "{} rows, {} evidence files ({} bytes), {} of them new; {} purged ones were dropped. 备份完成。",
        manifest.rows.values().sum::<u64>(),
        manifest.evidence_files,
        manifest.evidence_bytes,
        made.copied,
        made.dropped
    ));
    for sha256 in &manifest.missing {
        say(&format!("  not where the centre keeps its evidence: {sha256}"));
    }
    say(&format!("last hashes: log {} ledger {}", manifest.log_head, manifest.ledger_head));
    Ok(())
}

/// Checks a backup without restoring it.
pub fn check(folder: &Path) -> Result<()> {
    let folder = backup::newest(folder)?;
    let (manifest, gone) = backup::check(&folder)?;
    say(&format!(
        "{} of {} is whole: {} files, {} evidence files ({} purged since). 备份完整。",
        folder.display(),
        manifest.taken_utc,
        manifest.files.len(),
        manifest.evidence_files,
        gone.len()
    ));
    Ok(())
}

/// Restores a backup into the empty place that the configuration names.
pub async fn restore(file: &Path, from: &Path) -> Result<()> {
    let config = load(file)?;
    let folder = backup::newest(from)?;
    let settings = Settings::usual(number::zone(&config.timezone)?);
    let place = place(&config)?;
    let (manifest, store) =
        backup::restore(&folder, (&config.data_dir, &evidence_store(&config)?), &place, settings).await?;
    store.close().await;
    say(&format!(
        "{} of {} is restored to {}, and its log is whole. 恢复完成，日志完整。",
        folder.display(),
        manifest.taken_utc,
        config.data_dir.display()
    ));
    say("Everybody has to log in again. 所有人员须重新登录。");
    Ok(())
}
