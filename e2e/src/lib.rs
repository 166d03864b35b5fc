//! The whole, tested by real processes: RTSP server, centre with its broker, edge, and a browser.
//!
//! [`World`] starts them on free ports with folders of their own; dropping it ends them by process id.

mod browser;
mod oracle;
mod process;
mod world;

pub use browser::{Browser, Gateway};
pub use oracle::{Ledger, Outbox, compare};
pub use process::{Process, binary, eventually};
pub use world::{EDGE, SITE, World, cache, clip, free_port};
