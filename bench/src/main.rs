//! Load generator for the running server: what it can take, next to what the machine can give.
//!
//! It knows the server from outside only: a program, a data folder, bytes over HTTP, FPNN and WebSocket.
//! There is one exception: `preload.rs` fills a data folder through the store before the server starts.
//! To add a load: for REST its bytes in `requests.rs` and its row in `rest.rs`; for FPNN its quest in
//! `fpnn/asks.rs` and its row in `fpnn/rows.rs`; for sessions and messages its part in their `mod.rs`.

mod connection;
mod fpnn;
mod hello;
mod host;
mod load;
mod messages;
mod options;
mod preload;
mod process;
mod random;
mod report;
mod requests;
mod rest;
mod sessions;
mod site;
mod surroundings;
mod table;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

/// The server's allocator here too, so that the ceilings differ from the server in nothing else.
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
    /// Load on the RTM server gate, and on a bare echo server as the ceiling.
    Fpnn(fpnn::Options),
    /// Logins, idle sessions, kicks and status at the RTM client gate.
    Sessions(sessions::Options),
    /// Messages at the RTM client gate: pairs, users who are offline, a large group, a growing log.
    Messages(messages::Options),
    /// The ceiling of `rest`: serves "hello" on a free port until the standard input ends.
    #[command(hide = true)]
    Hello,
    /// The ceiling of `fpnn`: answers quests unread on a free port until the standard input ends.
    #[command(hide = true)]
    Echo,
    /// The ceiling of `messages`: passes messages on at a free port until the standard input ends.
    #[command(hide = true)]
    Relay,
}

fn main() -> ExitCode {
    let done = match Cli::parse().action {
        Action::Rest(options) => run(rest::measure(&options)),
        Action::Fpnn(options) => run(fpnn::measure(&options)),
        Action::Sessions(options) => run(sessions::measure(&options)),
        Action::Messages(options) => run(messages::measure(&options)),
        Action::Hello => hello::serve(),
        Action::Echo => fpnn::echo::serve(),
        Action::Relay => messages::relay::serve(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("halloo-bench: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// Measures until it is done or interrupted.
fn run(measure: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        tokio::select! {
            done = measure => done,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    });
    runtime.shutdown_background();
    done
}
