//! The residents of the demo (合成数据): people whom nobody is, the rules that come along, and accounts of that half.

use anyhow::{Context, Result};
use xunge_demo::town;
use xunge_demo::town::layout::Town;

use super::furnish::{central, command};
use super::place::{Login, Place};
use super::screen;
use super::settings::{self, Settings};

/// People of the community.
const PEOPLE: &str = "3000";
/// Account, role, and whether it is for the community (else everywhere, or the first grid).
const ACCOUNTS: [(&str, &str, Where); 5] = [
    ("clerk", "clerk", Where::Community),
    ("worker", "worker", Where::Grid),
    ("supervisor", "supervisor", Where::Everywhere),
    ("auditor", "auditor", Where::Everywhere),
    ("admin", "admin", Where::Everywhere),
];

/// What an account is for.
#[derive(Clone, Copy)]
enum Where {
    Everywhere,
    Community,
    Grid,
}

/// What is not there need not be removed.
fn gone(removed: std::io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("what is left of the last time cannot be removed")
        }
        _ => Ok(()),
    }
}

/// Imports residents, puts rules to use, scans as a night does, and makes accounts.
pub(crate) async fn furnish(settings: &Settings, place: &Place) -> Result<Vec<Login>> {
    screen::line(
        "      3000 made-up residents and the reminders that they are due · 导入 3000 名合成居民并扫描到龄提醒",
    );
    // a demo that was stopped in the middle of it begins it anew
    for name in [
        "central/residents.db",
        "central/residents.db-wal",
        "central/residents.db-shm",
        "organisation/residents.csv",
    ] {
        gone(std::fs::remove_file(place.folder.join(name)))?;
    }
    gone(std::fs::remove_dir_all(place.folder.join("organisation/rules")))?;
    let town = Town::of(town::REGIONS)?;
    let grids: Vec<&str> = town.grids_of(settings::SITE)?.iter().map(|grid| grid.code.as_str()).collect();
    let names: String = town.areas.iter().map(|area| format!("{},{}\n", area.code, area.name)).collect();
    let file = |name: &str| place.folder.join("organisation").join(name).display().to_string();
    let (regions, people) = (file("names.csv"), file("residents.csv"));
    let write = |path: &str, text: &str| {
        std::fs::write(path, text).with_context(|| format!("{path} cannot be written"))
    };
    write(&regions, &format!("code,name\n4205,宜昌市\n{names}"))?;
    central(settings, place, &["residents", "regions", "--from", &regions]).await?;
    let mut made = vec!["residents", "synthetic", "--people", PEOPLE, "--to", &people];
    made.extend(grids.iter().flat_map(|grid| ["--grid", *grid]));
    command(place, &made).await?;
    central(settings, place, &["residents", "import", "--from", &people]).await?;
    let shipped = command(place, &["reminders", "shipped", "--to", &file("rules")]).await?;
    for rules in shipped {
        central(settings, place, &["reminders", "add", "--use", "--from", &rules]).await?;
    }
    central(settings, place, &["reminders", "scan"]).await?;
    let mut logins = Vec::with_capacity(ACCOUNTS.len());
    for (account, role, held) in ACCOUNTS {
        let region = match held {
            Where::Everywhere => None,
            Where::Community => Some(settings::SITE),
            Where::Grid => grids.first().copied(),
        };
        let mut arguments = vec!["residents", "account", "--name", account, "--role", role];
        arguments.extend(region.iter().flat_map(|region| ["--region", *region]));
        let said = central(settings, place, &arguments).await?;
        let password = said.iter().find_map(|line| line.strip_prefix("password: "));
        let password = password.with_context(|| format!("the centre gave {account} no password"))?;
        logins.push(Login { user: account.to_owned(), password: password.to_owned() });
    }
    Ok(logins)
}
