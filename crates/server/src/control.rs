//! The control socket: how the command line reaches a running server.
//!
//! `control.sock` in the data folder, which only its owner may enter. One JSON command on a line in,
//! one JSON line back: `{"ok": …}` or `{"error": "…"}`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use halloo_core::Core;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::commands::{self, Command};

/// Bytes of a command.
const MAX_COMMAND_BYTES: u64 = 64 * 1024;
/// Longest path of a Unix socket that every system takes.
const MAX_SOCKET_PATH: usize = 100;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Ok(Value),
    Error(String),
}

/// A path to the socket, and the open folder that a short form of it goes through.
struct SocketPath {
    path: PathBuf,
    _folder: Option<std::fs::File>,
}

impl SocketPath {
    /// A long path is reached through the open folder, since the system limits its length.
    fn in_folder(folder: &Path) -> Result<Self> {
        let path = folder.join("control.sock");
        if path.as_os_str().len() <= MAX_SOCKET_PATH {
            return Ok(Self {
                path,
                _folder: None,
            });
        }
        let open = std::fs::File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/control.sock", open.as_raw_fd()));
        Ok(Self {
            path,
            _folder: Some(open),
        })
    }
}

/// Listens in `folder` until `stop`; every connection is a task of `tasks`.
/// # Errors
/// When the socket can not be made.
pub fn listen(
    folder: &Path,
    core: Core,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> Result<()> {
    let socket = SocketPath::in_folder(folder)?;
    // We hold the folder's lock, so whatever is there was left by a process that is gone.
    let _ = std::fs::remove_file(&socket.path);
    let listener = UnixListener::bind(&socket.path).context("cannot make the control socket")?;
    std::fs::set_permissions(&socket.path, std::fs::Permissions::from_mode(0o600))?;
    let connections = tasks.clone();
    tasks.spawn(async move {
        // Whole, so that the folder stays open as long as the socket's path goes through it.
        let socket = socket;
        loop {
            let stream = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match stream {
                Ok((stream, _)) => {
                    let core = core.clone();
                    connections.spawn(async move {
                        if let Err(error) = answer(&core, stream).await {
                            warn!("A control connection failed: {error:#}");
                        }
                    });
                }
                Err(error) => {
                    warn!("The control socket failed: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        let _ = std::fs::remove_file(&socket.path);
    });
    Ok(())
}

async fn answer(core: &Core, stream: UnixStream) -> Result<()> {
    let mut stream = BufStream::new(stream);
    let mut line = String::new();
    (&mut stream)
        .take(MAX_COMMAND_BYTES)
        .read_line(&mut line)
        .await?;
    let answer = match serde_json::from_str::<Command>(&line) {
        Ok(command) => match commands::execute(core, command).await {
            Ok(value) => Answer::Ok(value),
            Err(error) => Answer::Error(format!("{error:#}")),
        },
        Err(error) => Answer::Error(format!("the command can not be read: {error}")),
    };
    stream.write_all(&serde_json::to_vec(&answer)?).await?;
    stream.write_all(b"\n").await?;
    stream.flush().await?;
    Ok(())
}

/// Reaches the server that owns `folder`.
/// # Errors
/// When none listens there.
pub fn connect(folder: &Path) -> Result<BlockingStream> {
    Ok(BlockingStream::connect(
        &SocketPath::in_folder(folder)?.path,
    )?)
}

/// Has the server carry `command` out.
/// # Errors
/// What the server refused, or that it went away.
pub fn request(mut server: BlockingStream, command: &Command) -> Result<Value> {
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    server.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(server).read_line(&mut answer)?;
    match serde_json::from_str(&answer).context("the server went away")? {
        Answer::Ok(value) => Ok(value),
        Answer::Error(why) => bail!(why),
    }
}
