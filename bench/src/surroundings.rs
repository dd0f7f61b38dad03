//! What figures depend on beside the server.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::options::Common;

/// The command, the commit, the settings, the machine and the runs, as a Markdown list.
pub(crate) async fn list(options: &Common, data: &Path) -> String {
    let runs = format!(
        "- {} connections; every load ran {} times for {} s: median (least..greatest)\n",
        options.connections, options.repeat, options.seconds,
    );
    machine(data).await + &runs
}

/// The command, the commit, the settings and the machine, as a Markdown list.
pub(crate) async fn machine(data: &Path) -> String {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let settings: Vec<_> = std::env::vars()
        .filter(|(name, _)| name.starts_with("HALLOO_"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let settings = if settings.is_empty() {
        "the defaults".to_owned()
    } else {
        settings.join(", ")
    };
    format!(
        "- `halloo-bench {}`, commit {}, settings: {settings}\n\
         - {} cores, {}, data folder on {}\n",
        arguments.join(" "),
        commit().await.unwrap_or_else(|| "unknown".to_owned()),
        std::thread::available_parallelism().map_or(0, usize::from),
        processor().unwrap_or_else(|| "unknown processor".to_owned()),
        file_system(data).unwrap_or_else(|| "an unknown file system".to_owned()),
    )
}

/// The commit of the working folder.
async fn commit() -> Option<String> {
    let git = async |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().await.ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).await?;
    let changes = git(&["status", "--porcelain"]).await?;
    Some(if changes.is_empty() {
        commit
    } else {
        format!("{commit} with changes")
    })
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

/// What kind of file system `path` is on.
fn file_system(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((PathBuf::from(fields.next()?), fields.next()?))
    });
    let (_, kind) = mounts
        .filter(|(point, _)| path.starts_with(point))
        .max_by_key(|(point, _)| point.as_os_str().len())?;
    Some(kind.to_owned())
}
