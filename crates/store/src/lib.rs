//! The Store port of the domain: on SQLite inside the process, later on PostgreSQL.
//!
//! One call is one atomic operation and no transaction crosses the port, so each backend batches as
//! suits it. This crate knows SQL and no rules: what is legal was decided before it is called.
//!
//! To add a backend: a folder beside `sqlite` with one file per noun, and one line in `tests/it` that
//! stamps the laws of `conformance` out for it.

#[cfg(feature = "conformance")]
pub mod conformance;
mod sqlite;

pub use sqlite::Sqlite;
