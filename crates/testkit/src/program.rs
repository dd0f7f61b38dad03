use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::Client;

/// The real program, serving as a child process. Killed when dropped.
pub struct Program {
    /// Where it serves HTTP.
    pub address: SocketAddr,
    /// Where RTM server SDKs connect.
    pub rtm: SocketAddr,
    /// Where RTM client SDKs connect.
    pub rtm_client: SocketAddr,
    /// What it printed until it was ready.
    pub banner: String,
    child: Child,
    /// Kept open, so that the program can go on printing.
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts `binary` on a data folder and a free port, and waits until it says that it is ready.
    /// # Panics
    /// When it does not.
    pub async fn start(binary: &Path, data: &Path, more: &[&str]) -> Self {
        let mut command = Self::command(binary, data);
        command.args(["serve", "--http", "127.0.0.1:0"]).args(more);
        Self::serve(command).await
    }

    /// Starts `command`, which serves, and waits until it says that it is ready.
    /// # Panics
    /// When it does not.
    pub async fn serve(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (mut banner, mut address, mut rtm) = (String::new(), None, None);
        let mut rtm_client = None;
        while let Some(line) = output.next_line().await.expect("text") {
            if let Some(("REST", url)) = line.trim().split_once(' ') {
                address = url
                    .trim()
                    .strip_prefix("http://")
                    .map(|a| a.parse().expect("an address"));
            }
            if let Some(("RTM", place)) = line.trim().split_once(' ') {
                rtm = place
                    .split_whitespace()
                    .next()
                    .map(|a| a.parse().expect("an address"));
            }
            if let Some(place) = line
                .trim()
                .strip_suffix(" for client SDKs, FPNN and WebSocket")
            {
                rtm_client = Some(place.parse().expect("an address"));
            }
            banner.push_str(&line);
            banner.push('\n');
            if line.trim().starts_with("Data") {
                break;
            }
        }
        let address = address.unwrap_or_else(|| panic!("no address in {banner:?}"));
        let rtm = rtm.unwrap_or_else(|| panic!("no RTM address in {banner:?}"));
        let rtm_client = rtm_client.unwrap_or_else(|| panic!("no client gate in {banner:?}"));
        Self {
            address,
            rtm,
            rtm_client,
            banner,
            child,
            output,
        }
    }

    /// The next line that it prints after `banner`; `None` when it prints no more.
    /// # Panics
    /// When that is no text.
    pub async fn next_line(&mut self) -> Option<String> {
        self.output.next_line().await.expect("text")
    }

    /// Runs a sub-command to its end.
    /// # Panics
    /// When it can not be started.
    pub async fn run<S: AsRef<OsStr>>(binary: &Path, data: &Path, arguments: &[S]) -> Output {
        Self::command(binary, data)
            .args(arguments)
            .output()
            .await
            .expect("the program runs")
    }

    /// The program on a data folder, with cheap hashes and few logs; its arguments are still to come.
    pub fn command(binary: &Path, data: &Path) -> Command {
        let mut command = Command::new(binary);
        // On a free port of its own: many serve at the same time.
        for gate in ["RTM_SERVER", "RTM_CLIENT", "RTM_DISPATCH"] {
            command.env(format!("HALLOO_LISTEN__{gate}"), "127.0.0.1:0");
        }
        // A hash as cheap as it can be, so that tests do not wait for it.
        command
            .env("HALLOO_PASSWORDS__MEMORY", "64KiB")
            .env("HALLOO_PASSWORDS__PASSES", "1")
            .env("HALLOO_LOG__LEVEL", "warn")
            .current_dir(data.parent().unwrap_or(&PathBuf::from("/")))
            .arg("--data")
            .arg(data);
        command
    }

    /// Its process id.
    /// # Panics
    /// When it has ended.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// A client without a connection yet.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Kills it without a word.
    /// # Panics
    /// When it can not be killed.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a child can be killed");
    }

    /// Sends it a signal: `TERM`, `INT`.
    /// # Panics
    /// When it can not be sent.
    pub async fn signal(&self, name: &str) {
        let (flag, pid) = (format!("-{name}"), self.pid().to_string());
        let sent = Command::new("kill").args([&flag, &pid]).status().await;
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until it has ended. Returns whether with success, and what it printed after `banner`.
    /// # Panics
    /// When that is no text.
    pub async fn ended(mut self) -> (bool, String) {
        let mut rest = String::new();
        while let Some(line) = self.next_line().await {
            rest.push_str(&line);
            rest.push('\n');
        }
        (
            self.child.wait().await.expect("a child ends").success(),
            rest,
        )
    }

    /// Asks it to stop and waits until it has. Returns whether it ended with success.
    /// # Panics
    /// When it can not be asked.
    pub async fn terminate(self) -> bool {
        self.signal("TERM").await;
        self.ended().await.0
    }
}
