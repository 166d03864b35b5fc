//! What the person who started the demo sees.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command that a person types

use super::place::Place;

/// One line of progress.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// What went wrong, with its causes in one sentence.
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("xunge-demo: {error:#}");
}

/// Where to go and how to get in.
pub(crate) fn welcome(url: &str, login: Option<&(String, String)>, place: &Place) {
    let (user, password) = match login {
        Some((user, password)) => (user.as_str(), password.as_str()),
        None => ("admin", "(as before · 同上次)"),
    };
    let rule = "━".repeat(64);
    println!("{rule}");
    println!("  Xunge 巡格 · demo 演示");
    println!();
    println!("  console  控制台   {url}");
    println!("  user     用户     {user}");
    println!("  password 密码     {password}");
    println!();
    println!("  logs     日志     {}", place.folder.join("log").display());
    println!("  Ctrl-C stops everything · 按 Ctrl-C 停止全部程序");
    println!("{rule}");
}
