//! Load generator for the running server: what it can take, next to what the machine can give.
//!
//! It knows the server from outside only: a program, a data folder, bytes over HTTP. The one
//! exception is `preload.rs`, which fills a data folder through the store before the server starts.
//! To add a load: its bytes in `requests.rs`, its row in `rest.rs`.

mod connection;
mod hello;
mod load;
mod preload;
mod process;
mod report;
mod requests;
mod rest;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The server's allocator here too, so that the ceiling differs from the server in nothing else.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Drives a running Halloo and prints what it could take.
#[derive(Debug, Parser)]
#[command(name = "halloo-bench", version)]
struct Cli {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Load on the REST gate, and on a bare axum server as the ceiling.
    Rest(rest::Options),
    /// The ceiling: serves "hello" on a free port until the standard input ends.
    #[command(hide = true)]
    Hello,
}

fn main() -> ExitCode {
    let done = match Cli::parse().action {
        Action::Rest(options) => rest::run(&options),
        Action::Hello => hello::serve(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("halloo-bench: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}
