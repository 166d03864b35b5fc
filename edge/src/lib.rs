//! The daemon on the camera gateway: video in, durable alerts out.
//!
//! Modules in the order of the pipeline; only [`camera`] wires them together.

pub mod ingest;
pub mod ring;

pub mod decode;
pub mod frame;
pub mod observe;

pub mod analysis;
pub mod gate;

pub mod alerting;
pub mod clip;
pub mod draw;
pub mod spool;
pub mod still;

pub mod outbox;
pub mod uplink;
pub mod views;

pub mod approve;
pub mod camera;
pub mod engine;
pub mod memory;
pub mod metrics;
pub mod models;
pub mod replay;
pub mod run;

pub mod backoff;
pub mod clock;
pub mod config;
pub mod credentials;
