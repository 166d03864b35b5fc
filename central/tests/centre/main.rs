//! The centre, tested from outside with real parts: SQLite files, a Mosquitto child, the built program.

// helpers of tests are tests too; clippy sees only what is marked #[test]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod chain;
mod intake;
mod process;
mod store;
mod support;
mod web;
mod web_evidence;
