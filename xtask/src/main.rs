//! `cargo xtask check`: what no compiler checks. One line per finding; with any, it fails.
//!
//! To add a rule: a file with a function from what it looks at to its findings, and a line in
//! [`check`].

mod edges;
mod files;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

fn main() -> Result<ExitCode> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments != ["check"] {
        eprintln!("usage: cargo xtask check");
        return Ok(ExitCode::from(2));
    }
    let findings = check()?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

/// What every rule finds in the repository.
fn check() -> Result<Vec<String>> {
    let metadata = metadata()?;
    let root = metadata.get("workspace_root").and_then(Value::as_str);
    let root = PathBuf::from(root.context("cargo metadata names no workspace_root")?);
    let mut findings = edges::findings(&edges::packages(&metadata)?);
    for name in tracked(&root)? {
        let path = root.join(&name);
        // Not there: removed, but not yet from the index. No file: a link.
        if path.symlink_metadata().is_ok_and(|found| found.is_file()) {
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {name}"))?;
            findings.extend(files::findings(&name, &String::from_utf8_lossy(&bytes)));
        }
    }
    Ok(findings)
}

fn metadata() -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--no-deps"]);
    Ok(serde_json::from_slice(&output(command)?)?)
}

/// The files that git knows, relative to `root`.
fn tracked(root: &Path) -> Result<Vec<String>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(["ls-files", "-z"]);
    let names = String::from_utf8(output(command)?).context("a file name is not UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

fn output(mut command: Command) -> Result<Vec<u8>> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed: {told}");
    Ok(output.stdout)
}
