//! Ctrl-C and SIGTERM.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// One press of Ctrl-C may arrive twice, from the terminal and from `make`.
const SAME_PRESS: Duration = Duration::from_millis(500);

/// Hears the signals that ask us to stop.
#[derive(Debug)]
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    heard: Option<Instant>,
}

impl Stop {
    /// From now on these signals do not end the program by themselves.
    pub(crate) fn listen() -> Result<Self> {
        let hear = |kind| signal(kind).context("signals cannot be heard");
        Ok(Self {
            interrupt: hear(SignalKind::interrupt())?,
            terminate: hear(SignalKind::terminate())?,
            hangup: hear(SignalKind::hangup())?,
            heard: None,
        })
    }

    /// The next one, by name.
    pub(crate) async fn first(&mut self) -> &'static str {
        let name = tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hangup.recv() => "the terminal was closed",
        };
        self.heard = Some(Instant::now());
        name
    }

    /// The next one that is not the echo of the last.
    pub(crate) async fn again(&mut self) -> &'static str {
        loop {
            let before = self.heard;
            let name = self.first().await;
            if before.is_none_or(|then| then.elapsed() > SAME_PRESS) {
                return name;
            }
        }
    }
}
