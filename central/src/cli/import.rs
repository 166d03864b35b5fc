//! `import`: the organisation from files.

use std::path::Path;

use anyhow::{Context, Result, bail};
use xunge_central::case::guard::{Actor, Post, Role};
use xunge_central::clock::Clock;
use xunge_central::store::ImportKind;

use super::{load, open_store, say};

/// What is to be imported, and how.
pub struct Import<'a> {
    pub kind: ImportKind,
    pub file: &'a Path,
    pub dry_run: bool,
    pub demo: bool,
}

/// Imports a file, or says what would happen.
pub async fn import(config: &Path, import: &Import<'_>) -> Result<()> {
    let bytes =
        std::fs::read(import.file).with_context(|| format!("cannot read {}", import.file.display()))?;
    let store = open_store(&load(config)?).await?;
    let posts = vec![Post { role: Role::Admin, region: None }];
    let actor = Actor { name: "command line".into(), posts };
    let now = Clock::system().now();
    let report = store.import_as(import.kind, &bytes, &actor, import.dry_run, import.demo, now).await?;
    store.close().await;
    for problem in &report.problems {
        let place = if problem.line == 0 { String::new() } else { format!(":{}", problem.line) };
        say(&format!("{}{place}: {} {}", import.file.display(), problem.zh, problem.en));
    }
    say(&format!(
        "{} new, {} changed, {} as before. 新增 {}，变更 {}，不变 {}。",
        report.new, report.changed, report.same, report.new, report.changed, report.same
    ));
    if !report.problems.is_empty() {
        bail!(
            "{} rows are wrong: nothing was imported. {} 行有误，未导入任何内容。",
            report.problems.len(),
            report.problems.len()
        );
    }
    if import.dry_run {
        say("This was a dry run: nothing was written. 此为试运行，未写入任何内容。");
    }
    Ok(())
}
