//! Child processes, and what the system says about a process.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a server may take to start.
const START_PATIENCE: Duration = Duration::from_mins(1);
/// The unit of processor time in `/proc`, the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A server as a child process. Killed when dropped.
pub(crate) struct Served {
    /// Where it serves.
    pub(crate) address: SocketAddr,
    /// From the start of the process to its saying that it is ready.
    pub(crate) started_in: Duration,
    /// Its process id.
    pub(crate) pid: u32,
    _child: Child,
    /// Open as long as it shall serve.
    _input: Option<ChildStdin>,
    /// Kept open, so that it can go on printing.
    output: Lines<BufReader<ChildStdout>>,
}

impl Served {
    /// Runs `command` and waits until it prints a line with `mark` and its address.
    /// # Errors
    /// When it ends before that or takes too long.
    pub(crate) async fn start(mut command: Command, mark: &str) -> Result<Self> {
        let begun = Instant::now();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().context("the server can not be started")?;
        let pid = child.id().context("the server ended at once")?;
        let output = child.stdout.take().context("no output")?;
        let mut output = BufReader::new(output).lines();
        let address = address_beside(&mut output, mark).await?;
        let started_in = begun.elapsed();
        let input = child.stdin.take();
        Ok(Self {
            address,
            started_in,
            pid,
            _child: child,
            _input: input,
            output,
        })
    }

    /// The address in the next line that it prints with `mark`.
    /// # Errors
    /// When none comes.
    pub(crate) async fn further_address(&mut self, mark: &str) -> Result<SocketAddr> {
        address_beside(&mut self.output, mark).await
    }
}

async fn address_beside(
    output: &mut Lines<BufReader<ChildStdout>>,
    mark: &str,
) -> Result<SocketAddr> {
    let address = async {
        while let Some(line) = output.next_line().await? {
            if line.contains(mark) {
                let mut words = line.split_ascii_whitespace();
                let address =
                    words.find_map(|word| word.trim_start_matches("http://").parse().ok());
                return address.with_context(|| format!("no address stands in {line:?}"));
            }
        }
        bail!("the server ended before it was ready")
    };
    let address = tokio::time::timeout(START_PATIENCE, address).await;
    address.context("the server does not get ready")?
}

/// Ends this process with its standard input: whoever started it holds the other end of the pipe; when
/// he is gone, so is this.
pub(crate) fn end_with_input() {
    std::thread::spawn(|| {
        let mut byte = [0];
        while std::io::stdin().read(&mut byte).is_ok_and(|read| read > 0) {}
        std::process::exit(0);
    });
}

/// The processor time that a process took so far, in user and system mode, with all its threads.
/// # Errors
/// When there is no such process.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the server is gone")?;
    // The name of the program may hold anything, so count from the end of it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    let (user, system) = ticks()
        .zip(ticks())
        .context("/proc/PID/stat is not as expected")?;
    Ok(TICK * (user + system))
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// In memory now.
    pub(crate) resident: u64,
    /// The part of it that is no file: what goes when the process ends.
    pub(crate) anonymous: u64,
    /// The most that ever was in memory.
    pub(crate) peak: u64,
}

impl Memory {
    /// Of the process `pid`.
    /// # Errors
    /// When there is no such process.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let status =
            fs::read_to_string(format!("/proc/{pid}/status")).context("the server is gone")?;
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?;
            value
                .trim()
                .trim_end_matches("kB")
                .trim()
                .parse::<u64>()
                .ok()
                .map(|kib| kib * 1024)
        };
        let fields = (field("VmRSS:"), field("RssAnon:"), field("VmHWM:"));
        let (Some(resident), Some(anonymous), Some(peak)) = fields else {
            bail!("/proc/PID/status is not as expected")
        };
        Ok(Self {
            resident,
            anonymous,
            peak,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_about_this_process() {
        let own = std::process::id();
        let before = cpu_time(own).unwrap();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(60) {}
        assert!(cpu_time(own).unwrap() >= before + TICK);
        let memory = Memory::of(own).unwrap();
        assert!(memory.anonymous < memory.resident && memory.resident <= memory.peak);
    }
}
