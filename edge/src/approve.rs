//! `approve-view`: a person says that what a camera sees now is its view.
//!
//! The daemon is another process, perhaps of another user, perhaps not running: it is told by a file
//! ([`crate::views`]), which it takes away when it has done it.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use xunge_config::Problems;

use crate::{
    clock,
    config::{CameraConfig, EdgeConfig, For, Setup},
    views::{self, ViewFiles},
};

/// The daemon looks for requests once a second, and a look at a frame may last.
const PATIENCE: Duration = Duration::from_secs(8);
const TICK: Duration = Duration::from_millis(100);

/// Asks the daemon of the configuration `path` to approve the view of `camera`; returns what to tell the person.
pub fn approve(path: &Path, camera: &str) -> Result<String> {
    let setup = Setup::load(path, None, For::Replay)?;
    let file = path.display().to_string();
    let known = suspendable(&setup.config, &file, camera)?;
    let state_dir = &setup.config.storage.directory;
    if !views::folder(state_dir).is_dir() {
        bail!(
            "{0} 中没有本程序的数据，或无权读取：xunge-edge 从未以此目录运行过吗？请检查 storage.directory，或以 root 运行\n    \
             {0} holds no data of this program, or may not be read: has xunge-edge ever run with this folder? \
             Look at storage.directory, or run this as root",
            state_dir.display()
        );
    }
    let files = ViewFiles::of(state_dir, &known.id);
    let now = clock::utc_now();
    let asked = files.moved(now).and_then(|moved| files.ask(now).map(|()| moved.is_some()));
    let was_moved = asked.map_err(|error| {
        anyhow::anyhow!(
            "无法登记：请用运行 xunge-edge 的用户或 root 执行\n    \
             this could not be noted: run it as the user of xunge-edge or as root ({error})"
        )
    })?;
    let mut told = String::new();
    if !was_moved {
        told += &format!(
            "摄像机 {0} 并未被判为移位；仍将重新学习其画面。\n\
             Camera {0} was not taken for moved; its view is learned anew all the same.\n",
            known.id
        );
    }
    told += &if taken(&files) {
        format!(
            "已认可：摄像机 {0} 当前的画面即为其视角，带区域或线的规则已恢复。\n\
             Approved: what camera {0} sees now is its view; its rules with a zone or a line work again.",
            known.id
        )
    } else {
        format!(
            "已登记：xunge-edge 未运行或没有响应，摄像机 {0} 将在其下次启动时生效。\n\
             Noted: xunge-edge does not run or does not answer; for camera {0} it takes effect at the next start.",
            known.id
        )
    };
    Ok(told)
}

/// The camera, if its rules could ever wait for an approval.
fn suspendable<'a>(config: &'a EdgeConfig, file: &str, camera: &str) -> Result<&'a CameraConfig> {
    let Some(known) = config.camera(camera) else {
        let ids: Vec<&str> = config.cameras.iter().map(|camera| camera.id.as_str()).collect();
        let ids = ids.join(", ");
        let said = (
            format!("there is no camera `{camera}`; there are: {ids}"),
            format!("没有摄像机 `{camera}`；现有：{ids}"),
        );
        return Err(Problems::of_file(file, said).into());
    };
    let said = if !known.enabled {
        (
            format!("camera `{camera}` is disabled: it has no view to approve"),
            format!("摄像机 `{camera}` 已停用，没有可认可的视角"),
        )
    } else if !known.scene.needs().picture {
        (
            format!("camera `{camera}` has no [[camera.rule.tamper]]: nothing suspends its rules"),
            format!("摄像机 `{camera}` 没有 [[camera.rule.tamper]]：其规则不会因移位而暂停"),
        )
    } else {
        return Ok(known);
    };
    Err(Problems::of_file(file, said).into())
}

/// Waits a while for the daemon to do it.
fn taken(files: &ViewFiles) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if !files.is_asked() {
            return true;
        }
        thread::sleep(TICK); // a command that a person waits for, not the daemon
    }
    false
}
