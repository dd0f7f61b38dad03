//! The Store port of the domain, on SQLite inside the process, and the log of messages, in an engine of its own.
//!
//! One call is one atomic operation and no transaction crosses the port, so each backend batches as
//! suits it. This crate knows SQL and no rules: what is legal was decided before it is called.
//!
//! To add a backend: a folder beside `sqlite` with one file per noun, and one line in `tests/it` that
//! stamps the laws of `conformance` out for it.

#[cfg(feature = "conformance")]
pub mod conformance;
mod log;
mod sqlite;

pub use log::Log;
pub use sqlite::Sqlite;
