//! The organisation of the demo, brought into the centre before it runs for the first time.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::{ToSpan, Zoned};
use xunge_demo::town;
use xunge_demo::town::camera::Standing;

use super::child::Child;
use super::place::{Login, Place};
use super::screen;
use super::settings::{self, Settings};

/// How long one import may take. On a slow machine the longest, that of the outlines, takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Who gets a password: each sees another side of the same cases. The admin comes first.
const USERS: [&str; 4] = ["admin", "operator1", "acceptor", "worker1"];

/// Imports everything and gives the demo's users their passwords. Whatever was broken off may be done again.
pub(crate) async fn furnish(settings: &Settings, place: &Place) -> Result<Vec<Login>> {
    let cameras = settings::CAMERAS.map(|camera| Standing { camera: camera.id, kind: camera.kind });
    // yesterday, so that last night's shift is still on
    let first_day = Zoned::now().date().saturating_sub(1.day());
    let files = town::files(settings::SITE, settings::EDGE, &cameras, first_day)?;
    screen::line(
        "      a demo organisation: five districts of Yichang, their grids, people and rotas · 导入演示组织：宜昌市五个城区及网格、人员、值班表",
    );
    let folder = place.folder.join("organisation");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for file in &files {
        let path = folder.join(file.name);
        fs::write(&path, &file.text).with_context(|| format!("{} cannot be written", path.display()))?;
        let from = path.display().to_string();
        let arguments = ["import", "--demo", "--kind", file.kind, "--from", &from];
        central(settings, place, &arguments).await?;
        screen::line(&format!("      {:>5} {} · {}", file.rows, file.kind, chinese(file.kind)));
    }
    let mut logins = Vec::with_capacity(USERS.len());
    for user in USERS {
        let said = central(settings, place, &["user", "passwd", "--name", user]).await?;
        let password = said.iter().find_map(|line| line.strip_prefix("password: "));
        let password = password.with_context(|| format!("the centre gave {user} no password"))?;
        logins.push(Login { user: user.to_owned(), password: password.to_owned() });
    }
    Ok(logins)
}

/// Runs a command of the centre's program to its end; what it said.
pub(crate) async fn central(settings: &Settings, place: &Place, arguments: &[&str]) -> Result<Vec<String>> {
    let config = settings.central.display().to_string();
    command(place, &[arguments, &["--config", &config]].concat()).await
}

/// The same of a command that needs no configuration.
pub(crate) async fn command(place: &Place, arguments: &[&str]) -> Result<Vec<String>> {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Child::start_as("xunge-central", "organisation", &arguments, place)?.finish(PATIENCE).await
}

fn chinese(kind: &str) -> &'static str {
    match kind {
        "regions" => "区划",
        "outlines" => "边界（含网格）",
        "cameras" => "摄像机位置",
        "posts" => "人员岗位",
        "duties" => "值班",
        "catalogue" => "事件分类（示例）",
        _ => "",
    }
}
