//! Video in: real files, a real RTSP server, and servers that are none.
// the lints spare test functions, but not what they share
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "ingest/evidence.rs"]
mod evidence;
#[path = "ingest/faults.rs"]
mod faults;
#[path = "ingest/files.rs"]
mod files;
#[path = "ingest/live.rs"]
mod live;
#[path = "ingest/quirks.rs"]
mod quirks;
#[path = "ingest/rig.rs"]
mod rig;
