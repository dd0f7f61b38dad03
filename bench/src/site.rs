//! The server under test and what its command line tells about it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::options::Common;
use crate::preload::APP;
use crate::process::Served;

/// A running server on a data folder of its own.
pub(crate) struct Site {
    program: PathBuf,
    /// Its data folder.
    pub(crate) data: PathBuf,
    /// Where its RTM server gate is.
    pub(crate) rtm_server: SocketAddr,
    /// Where its RTM client gate is.
    pub(crate) rtm_client: SocketAddr,
    /// The process. Its address is that of REST.
    pub(crate) server: Served,
}

impl Site {
    /// Starts `program` on `data`.
    /// # Errors
    /// When it does not get ready.
    pub(crate) async fn start(program: &Path, data: &Path) -> Result<Self> {
        Self::start_logging(program, data, Stdio::inherit()).await
    }

    /// [`Site::start`] with its log in `log`.
    /// # Errors
    /// When it does not get ready.
    pub(crate) async fn start_logging(program: &Path, data: &Path, log: Stdio) -> Result<Self> {
        let mut serve = Command::new(program);
        serve.arg("serve").arg("--data").arg(data);
        for gate in ["--http", "--rtm-server", "--rtm-client", "--rtm-dispatch"] {
            serve.args([gate, "127.0.0.1:0"]);
        }
        // Away from any halloo.toml.
        serve.current_dir(data.parent().unwrap_or(data));
        serve.stderr(log);
        let mut server = Served::start(serve, "http://").await?;
        Ok(Self {
            program: program.to_owned(),
            data: data.to_owned(),
            rtm_server: server.further_address("RTM ").await?,
            rtm_client: server.further_address("for client SDKs, FPNN").await?,
            server,
        })
    }

    /// The app with its secrets.
    /// # Errors
    /// When the server does not show it.
    pub(crate) async fn app(&self) -> Result<Value> {
        let name = ["app", "show", APP, "--json", "--secrets"];
        let shown = self.printed(&name).await?;
        serde_json::from_slice(&shown).context("the app is not shown as JSON")
    }

    /// What the program's sub-command prints about its data folder.
    /// # Errors
    /// When it fails.
    pub(crate) async fn printed(&self, words: &[&str]) -> Result<Vec<u8>> {
        let data = &self.data;
        let mut command = Command::new(&self.program);
        command.args(words).arg("--data").arg(data);
        command.current_dir(data.parent().unwrap_or(data));
        let output = command.output().await?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("`halloo {}` fails: {}", words.join(" "), complaint.trim());
        }
        Ok(output.stdout)
    }
}

/// A text of the app that [`Site::app`] gave.
/// # Errors
/// When it has none of that name.
pub(crate) fn text<'a>(app: &'a Value, name: &str) -> Result<&'a str> {
    let text = app.get(name).and_then(Value::as_str);
    text.with_context(|| format!("the app has no {name}"))
}

/// A folder for data folders, gone when dropped.
/// # Errors
/// When it can not be made.
pub(crate) fn folder(options: &Common) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("halloo-bench-")
        .tempdir_in(options.folder.clone().unwrap_or_else(std::env::temp_dir))
        .context("cannot make a data folder")
}

/// A hidden sub-command of this program as a child process; its address is the one behind `mark`.
/// # Errors
/// When it does not get ready.
pub(crate) async fn own(arguments: &[&std::ffi::OsStr], mark: &str) -> Result<Served> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments);
    Served::start(command, mark).await
}
