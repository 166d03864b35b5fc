//! What the person who started the demo sees. Whether anybody still looks does not matter: a closed terminal is no error.

use std::io::Write as _;

use super::place::{Login, Place};

/// One line of progress.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// What went wrong, with its causes in one sentence.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "xunge-demo: {error:#}");
}

/// Where to go and how to get in.
pub(crate) fn welcome(url: &str, (logins, others): (&[Login], &[Login]), place: &Place) {
    let lines = |logins: &[Login]| -> String {
        logins.iter().map(|login| format!("\n    {:<12} {}", login.user, login.password)).collect()
    };
    let (logins, others) = (lines(logins), lines(others));
    let rule = "━".repeat(64);
    line(&format!(
        "{rule}
  Xunge 巡格 · demo 演示

  console  控制台   {url}
  user and password · 用户和密码{logins}

  residents 人口与到龄提醒   {url}/residents
  another login · 另一套账号{others}

  logs     日志     {}
  Ctrl-C stops everything · 按 Ctrl-C 停止全部程序
{rule}",
        place.folder.join("log").display()
    ));
}
