//! What every mode can be told.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The server's program; without it `halloo` beside this program.
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// Where the data folder is made and afterwards removed; without it the system's folder for
    /// temporary files. Name a real disk, so that durable writes are.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Length of a run.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
    /// Length of the run before the first of each load, which is not counted; 0: none.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub(crate) warm_up: u64,
    /// Connections that are kept alive.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,
    /// Runs of each load.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) repeat: u32,
}

impl Common {
    /// The server's program.
    /// # Errors
    /// When there is none.
    pub(crate) fn program(&self) -> Result<PathBuf> {
        let beside = || Ok(std::env::current_exe()?.with_file_name("halloo"));
        let program = self
            .server
            .clone()
            .map_or_else(beside, std::path::absolute)?;
        if !program.is_file() {
            bail!(
                "there is no server at {}: run `cargo build --release` first, or name it with --server",
                program.display()
            );
        }
        Ok(program)
    }
}
