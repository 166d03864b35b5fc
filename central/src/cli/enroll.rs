//! `enroll`: a box gets its certificate and its token.

use std::path::Path;

use anyhow::{Result, bail};
use xunge_central::clock::Clock;
use xunge_central::pki::{Pki, write_bundle};

use super::{load, open_store, say};

/// Writes what a box needs into a new folder. A box that is enrolled again gets a new certificate and a new token;
/// the old ones stop working.
pub async fn enroll(file: &Path, edge: &str, site: &str, out: &Path, days: u32) -> Result<()> {
    let config = load(file)?;
    // before anything is made: the old credentials of a box must not be void while the new ones have no place
    if out.exists() && std::fs::read_dir(out).is_ok_and(|mut files| files.next().is_some()) {
        bail!("{} is not empty; choose a new folder for the files of {edge}", out.display());
    }
    let now = Clock::system().now();
    let store = open_store(&config).await?;
    let pki = Pki::open(&config.data_dir.join("pki"), now)?;
    let bundle = pki.issue_edge(site, edge, days, now)?;
    let token = store.enroll(site, edge, &bundle.serial, now).await?;
    write_bundle(out, &bundle, &token)?;
    store.close().await;
    say(&format!("{edge} is enrolled for site {site}. 网关 {edge} 已注册到社区 {site}。"));
    say(&format!(
        "Copy {} to the box, and name {}/credentials.toml in its configuration as `credentials`.",
        out.display(),
        out.display()
    ));
    Ok(())
}
