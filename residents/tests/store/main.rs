//! The residents' store on both databases.

// helpers of tests are tests too; clippy sees only what is marked #[test]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod care;
mod copy;
mod import;
mod keys;
mod people;
mod scan;
mod support;
