//! The scene as the edge uses it: a configuration, looks in, events out.

mod behaviors;
mod properties;
mod script;
mod windows;
