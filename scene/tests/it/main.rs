//! The scene as the edge uses it: a configuration, looks in, events out.

#![allow(clippy::expect_used, clippy::panic, reason = "these are tests, helpers included")]

mod behaviors;
mod classes;
mod crowd;
mod fall;
mod footage;
mod ground;
mod loitering;
mod objects;
mod properties;
mod quiet;
mod running;
mod script;
mod signal;
mod stage;
mod view;
mod windows;
