//! The centre, tested from outside with real parts: SQLite files, a Mosquitto child, the built program.

mod chain;
mod intake;
mod process;
mod store;
mod support;
mod web;
mod web_evidence;
