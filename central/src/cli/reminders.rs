//! `reminders`: rules are checked, tried, put to use; why somebody was reminded.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use xunge_central::clock::Clock;
use xunge_reminder::id_number::IdNumber;
use xunge_reminder::rule::read::read;
use xunge_reminder::rule::{Rule, shipped};
use xunge_residents::store::{Explained, Release, Unmet, Verdict, What, Why};

use super::residents::{deed, half, open, today};
use super::{load, say};

/// The rules of a file; all that is wrong with it.
fn rules(file: &Path) -> Result<(String, Vec<Rule>)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let (rules, problems) = read(&file.display().to_string(), &text);
    if !problems.is_empty() {
        bail!("{problems}");
    }
    Ok((text, rules))
}

/// `check`: says whether rules read.
pub fn check(files: &[std::path::PathBuf]) -> Result<()> {
    for file in files {
        let (_, rules) = rules(file)?;
        for rule in &rules {
            say(&format!("{} v{}  {}", rule.id, rule.version, rule.title));
        }
        say(&format!("{} is fine: {} rules. 规则无误，共 {} 条。", file.display(), rules.len(), rules.len()));
    }
    Ok(())
}

/// `shipped`: the rules that come along, to be edited and added: on standard output, or as files of a folder, whose names are said.
pub fn shipped_rules(to: Option<&Path>) -> Result<()> {
    if let Some(folder) = to {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    for (name, text) in shipped() {
        let Some(folder) = to else {
            say(&format!("# {name}\n{text}"));
            continue;
        };
        let path = folder.join(name);
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        // somebody may have edited it
        let file = file.and_then(|mut file| file.write_all(text.as_bytes()));
        file.with_context(|| format!("cannot write {}", path.display()))?;
        say(&path.display().to_string());
    }
    Ok(())
}

/// `dry-run`: says whom rules would remind today.
pub async fn dry_run(config: &Path, file: &Path, day: Option<Date>) -> Result<()> {
    let config = load(config)?;
    let (_, rules) = rules(file)?;
    let store = open(&config).await?;
    let day = day.unwrap_or_else(today);
    let workdays = store.workdays().await?;
    for rule in &rules {
        let counted = store.dry_run(rule, (day, Clock::system().now()), &workdays).await?;
        say(&format!(
            "{} v{} {}: 将新增 {} 人（{} 个网格），待补资料 {} 人，转人工 {} 人，已有 {} 人。\
             {} would be reminded in {} grids, {} lack facts, {} are handed to a person, {} are reminded already.",
            rule.id,
            rule.version,
            rule.title,
            counted.reminded,
            counted.grids.len(),
            counted.pending,
            counted.handed_over,
            counted.there,
            counted.reminded,
            counted.grids.len(),
            counted.pending,
            counted.handed_over,
            counted.there
        ));
    }
    store.close().await;
    Ok(())
}

/// `add`: adds versions, and puts them to use where asked.
pub async fn add(config: &Path, file: &Path, to_use: bool) -> Result<()> {
    let config = load(config)?;
    let (text, _) = rules(file)?;
    let store = open(&config).await?;
    let now = Clock::system().now();
    let new = store.add_rules((&file.display().to_string(), &text), &deed(What::RuleAdded, now)).await?;
    for (rule, version) in &new {
        let used = to_use && store.use_rule(rule, *version, &deed(What::RuleUsed, now)).await?;
        let what = match (to_use, used) {
            (false, _) => "",
            (true, true) => "  in use 已启用",
            (true, false) => {
                "  reaches back without end: a second person has to put it to use in the console \
                 补提醒全部往期，须由第二人在页面上同意"
            }
        };
        say(&format!("{rule} v{version}{what}"));
    }
    store.close().await;
    if new.is_empty() {
        say("Nothing new: these versions are there. 没有新版本。");
    }
    Ok(())
}

/// `scan`: scans now, as every night does.
pub async fn scan(config: &Path) -> Result<()> {
    let config = load(config)?;
    let per_grid = half(&config)?.per_grid;
    let store = open(&config).await?;
    let workdays = store.workdays().await?;
    let day = today();
    let scanned = store.scan((day, Clock::system().now()), &workdays, Release { per_grid }).await?;
    store.close().await;
    say(&format!(
        "{} looked at, {} made, {} lack facts, {} came out, {} told again, {} over. \
         查看 {} 人次，新增 {}，待补资料 {}，派出 {}，再次提醒 {}，结束 {}。",
        scanned.looked_at,
        scanned.made,
        scanned.pending,
        scanned.released,
        scanned.told,
        scanned.ended,
        scanned.looked_at,
        scanned.made,
        scanned.pending,
        scanned.released,
        scanned.told,
        scanned.ended
    ));
    Ok(())
}

/// `explain`: why the person whose identity number stands on standard input was reminded on a day, or was not. A number in the
/// command line would stand in the list of processes.
pub async fn explain(config: &Path, day: Option<Date>) -> Result<()> {
    let config = load(config)?;
    let mut text = String::new();
    std::io::stdin().lock().take(100).read_to_string(&mut text).context("cannot read standard input")?;
    let number = IdNumber::parse(text.lines().next().unwrap_or_default())
        .map_err(|bad| anyhow::anyhow!("{bad} {}", bad.zh()))?;
    let store = open(&config).await?;
    let day = day.unwrap_or_else(today);
    let workdays = store.workdays().await?;
    let found = match store.find_number(&number).await? {
        Some(person) => store.explain(person, day, &workdays).await?,
        None => None,
    };
    store.close().await;
    let Some(explained) = found else {
        bail!("nobody with the number {} is known. 库中没有此人。", number.masked());
    };
    say(&format!("{} {day}", number.masked()));
    for one in &explained {
        say(&line(one));
    }
    if explained.is_empty() {
        say("No rule was in use on that day. 当日没有启用的规则。");
    }
    Ok(())
}

fn lacking(facts: &[String]) -> String {
    format!("  待补资料 missing: {}\n", facts.join(" "))
}

fn line(one: &Explained) -> String {
    let mut text = format!("{} v{} {}\n", one.rule, one.version, one.title);
    match &one.verdict {
        Verdict::Matched { occasions, missing } => {
            for due in occasions {
                let why = match due.why {
                    Why::Wanted => "应提醒 to be reminded",
                    Why::NotYet => "未到提醒日 not yet",
                    Why::Expired => "已过期 over",
                    Why::BeforeTheRule => "早于规则启用 before the rule",
                    Why::SpouseTold => "已提醒配偶 the husband or wife was told",
                };
                let tell: Vec<String> = due.tell.iter().map(Date::to_string).collect();
                text.push_str(&format!(
                    "  可能符合，以主管部门审核为准 {} {}: {why}; {}\n",
                    due.due,
                    due.occasion,
                    tell.join(" ")
                ));
            }
            if !missing.is_empty() {
                text.push_str(&lacking(missing));
            }
        }
        Verdict::Pending { missing } => text.push_str(&lacking(missing)),
        Verdict::Unmatched { reasons } => {
            for Unmet { wanted, found } in reasons {
                text.push_str(&format!("  不符合 not for this person: {wanted} ({found})\n"));
            }
        }
        Verdict::HandedOver { .. } => text.push_str("  转人工 handed to a person\n"),
    }
    for task in &one.tasks {
        text.push_str(&format!(
            "  任务 task {} {} v{}: {} {} ×{}\n",
            task.task,
            task.occasion,
            task.version,
            task.state,
            task.outcome.as_deref().unwrap_or_default(),
            task.told
        ));
    }
    text.trim_end().to_owned()
}
