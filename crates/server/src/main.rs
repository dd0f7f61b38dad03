//! The `halloo` program.

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match halloo::cli::run(halloo::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever the depth of the causes.
            eprintln!("halloo: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}
