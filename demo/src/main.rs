//! `xunge-demo`: the centre, a box and two cameras on this machine, started and stopped together.

mod demo;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use demo::leash;
use demo::screen;

/// Starts the centre and a box with two cameras, and stops them together at Ctrl-C.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Folder for configuration, data and logs. It is emptied first unless --keep is given.
    #[arg(long, default_value = "run/demo")]
    directory: PathBuf,
    /// Go on with the cases of the last time.
    #[arg(long)]
    keep: bool,
    /// Port of the console; if it is taken, the next free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// H.264 clip that the cameras show; left out, the one that `make setup` made.
    #[arg(long)]
    clip: Option<PathBuf>,
    /// Stop as soon as every kind of alert stands in the console with its snapshot and its clip; fail if that takes
    /// longer than 90 s.
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Becomes another program that ends with its parent. The demo starts its programs in this way.
    #[command(hide = true)]
    Leash {
        /// Process id of the parent.
        parent: i32,
        /// The program and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        program: Vec<std::ffi::OsString>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Command::Leash { parent, program }) = arguments.command {
        screen::complain(&leash::become_program(parent, &program));
        return ExitCode::FAILURE;
    }
    let options = demo::Options {
        directory: arguments.directory,
        keep: arguments.keep,
        port: arguments.port,
        clip: arguments.clip,
        check: arguments.check,
    };
    // One thread for everything: the kernel ends a child on a leash when the *thread* that started it ends.
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(demo::run(&options)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen::complain(&error);
            ExitCode::FAILURE
        }
    }
}
