//! Loops clips as RTSP cameras, for trying things out.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use xunge_demo::rtsp::{Mount, RtspServer};

/// Loops clips as RTSP cameras. Stops at SIGINT or SIGTERM.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address and port; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8554")]
    listen: String,
    /// A camera: /path=clip.mp4, or /path=clip.mp4@35 to join the loop at 35 s. H.264 or H.265 in MP4.
    #[arg(long = "mount", value_name = "/PATH=FILE[@SECS]", required = true)]
    mounts: Vec<MountArgument>,
}

#[derive(Debug, Clone)]
struct MountArgument {
    path: String,
    file: PathBuf,
    start_at: Duration,
}

impl FromStr for MountArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, rest) = text.split_once('=').ok_or("write it as /lawn=clip.mp4 or /lawn=clip.mp4@35")?;
        if !path.starts_with('/') {
            return Err(format!("`{path}` must begin with `/`"));
        }
        // a file name may hold an @ of its own, so only a number counts as the place to begin
        let (file, start_at) = match rest.rsplit_once('@') {
            Some((file, secs)) => match secs.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok()) {
                Some(start_at) => (file, start_at),
                None => (rest, Duration::ZERO),
            },
            None => (rest, Duration::ZERO),
        };
        Ok(Self { path: path.to_owned(), file: PathBuf::from(file), start_at })
    }
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match serve(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout)] // a person, or the demo, reads the URLs
fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let paths: Vec<String> = arguments.mounts.iter().map(|m| m.path.clone()).collect();
    let mounts = arguments.mounts.into_iter().map(|m| Mount::clip(m.path, m.file).starting_at(m.start_at));
    let server = RtspServer::start(&arguments.listen, mounts.collect())?;
    for path in paths {
        println!("ready {}", server.url(&path));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("no runtime")?.block_on(signal()).context("signals cannot be waited for")?;
    server.stop();
    Ok(())
}

/// Returns at SIGINT or SIGTERM.
async fn signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read_from_the_command_line() {
        let read = |text: &str| {
            let mount: MountArgument = text.parse().ok()?;
            Some((mount.path, mount.file.display().to_string(), mount.start_at.as_secs_f64()))
        };
        assert_eq!(read("/lawn=a.mp4"), Some(("/lawn".into(), "a.mp4".into(), 0.0)));
        assert_eq!(read("/lawn=a=b.mp4@35.5"), Some(("/lawn".into(), "a=b.mp4".into(), 35.5)));
        assert_eq!(read("/lawn=me@home.mp4"), Some(("/lawn".into(), "me@home.mp4".into(), 0.0)));
        assert_eq!(read("lawn=a.mp4"), None);
        assert_eq!(read("/lawn"), None);
    }
}
