//! The Halloo server: configuration, wiring, listeners, telemetry, shutdown, command line.
//!
//! The only crate, beside the test kit, that sees every other. It decides nothing about users or
//! messages. To add a gate: build it in `serve.rs` from the core, give it its listener, and its
//! address a key in `config.default.toml`.

pub mod cli;
pub mod commands;
pub mod config;
pub mod control;
pub mod data_folder;
mod guarded;
mod http;
mod open_files;
mod operations;
pub mod rtm;
pub mod serve;
pub mod system;
pub mod telemetry;
