//! Programs that end with the demo, however it ends.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use tokio::process::Command;

/// A command that runs `program` on a leash: if the demo is killed, the kernel kills it too. Its own group, so that
/// Ctrl-C reaches the demo alone, which stops everything in order.
pub(crate) fn command(program: &std::path::Path) -> Result<Command> {
    let own = std::env::current_exe().context("this program's own path is not known")?;
    let mut command = Command::new(own);
    command.arg("leash").arg(std::process::id().to_string()).arg("--").arg(program).process_group(0);
    Ok(command)
}

/// Turns this process into `program`. Returns only if that fails.
pub(crate) fn become_program(parent: i32, program: &[OsString]) -> anyhow::Error {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return anyhow::Error::from(error).context("the kernel gives no leash");
    }
    // the parent may have ended before the line above
    if getppid().map(Pid::as_raw_pid) != Some(parent) {
        return anyhow::anyhow!("the demo has ended");
    }
    let Some((name, arguments)) = program.split_first() else {
        return anyhow::anyhow!("no program was named");
    };
    let error = std::process::Command::new(name).args(arguments).exec();
    anyhow::Error::from(error).context(format!("{} does not start", std::path::Path::new(name).display()))
}
