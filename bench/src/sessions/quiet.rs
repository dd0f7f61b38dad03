//! Waiting until a server has nothing left to do.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::process::{Memory, cpu_time};

/// How long nothing may have changed.
const QUIET: Duration = Duration::from_secs(1);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(100);
/// After which it is measured as it is.
const PATIENCE: Duration = Duration::from_secs(15);
/// Processor time that a server without work takes in [`QUIET`] at most.
const IDLE: Duration = Duration::from_millis(20);
/// Processor time that it takes in [`LOOK`] at most.
const LITTLE: Duration = Duration::from_millis(10);
/// What memory may change by in [`QUIET`].
const SAME_BYTES: u64 = 256 * 1024;

/// Waits until the server `pid` takes hardly any processor time and its memory stays as it is. Returns
/// its memory then.
/// # Errors
/// When there is no such process.
pub(crate) async fn settled(pid: u32) -> Result<Memory> {
    let begun = Instant::now();
    loop {
        let (cpu, memory) = (cpu_time(pid)?, Memory::of(pid)?);
        tokio::time::sleep(QUIET).await;
        let after = Memory::of(pid)?;
        let changed = after.resident.abs_diff(memory.resident);
        let is_idle = cpu_time(pid)?.saturating_sub(cpu) <= IDLE;
        if (is_idle && changed < SAME_BYTES) || begun.elapsed() > PATIENCE {
            return Ok(after);
        }
    }
}

/// Waits until the server `pid` has not more than `most` sockets, and done what follows from that.
/// # Errors
/// When there is no such process.
pub(crate) async fn alone(pid: u32, most: usize) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let cpu = cpu_time(pid)?;
        tokio::time::sleep(LOOK).await;
        if sockets(pid)? <= most && cpu_time(pid)?.saturating_sub(cpu) <= LITTLE {
            break;
        }
    }
    Ok(())
}

/// Sockets that the process `pid` has open.
/// # Errors
/// When there is no such process.
pub(crate) fn sockets(pid: u32) -> Result<usize> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).context("the server is gone")?;
    let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    let is_socket = |link: &PathBuf| link.to_string_lossy().starts_with("socket:");
    Ok(links.filter(is_socket).count())
}
