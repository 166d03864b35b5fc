//! The centre, tested from outside with real parts: SQLite files, PostgreSQL, Mosquitto, the built program.

// helpers of tests are tests too; clippy sees only what is marked #[test]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod backup;
mod cases;
mod chain;
mod document;
mod duty;
mod export;
mod intake;
mod keeping;
mod live;
mod migrate;
mod objects;
mod org;
mod outage;
mod outside;
mod pictures;
mod plans;
mod process;
mod reports;
mod residents;
mod rights;
mod shared;
mod split;
mod store;
mod support;
mod tokens;
mod views;
mod web;
mod web_evidence;
