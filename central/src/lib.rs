//! The centre: broker, intake, incidents, cases, evidence, console.
//!
//! ```text
//! broker ─▶ intake ─▶ store ◀─ web ◀─ console
//!             │  ▲      │        ▲
//!   message ──┘  │      ├─ incident, case (pure)
//!                └─ confirm      └─ feed
//! ```
//!
//! [`intake`] reads messages, hands whole batches to [`store`], and confirms what was committed. Inside the
//! transaction [`incident`] says which open case an alert joins and [`case`] what may happen to a case; both are pure.
//! [`web`] serves the console, [`feed`] pushes changes to it, [`evidence`] keeps the files.

pub mod backup;
pub mod broker;
pub mod case;
pub mod clock;
pub mod config;
pub mod enrolment;
pub mod evidence;
pub mod export;
pub mod feed;
pub mod incident;
pub mod intake;
pub mod law;
pub mod net;
pub mod nightly;
pub mod org;
pub mod outside;
pub mod password;
pub mod picture;
pub mod pki;
pub mod plan;
pub mod report;
pub mod retention;
pub mod store;
pub mod token;
pub mod view;
pub mod web;
