use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use halloo_testkit::{Client, Program, Reply};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// A temporary folder with one data folder in it, and the program that runs there.
pub(crate) struct Site {
    folder: TempDir,
    data: PathBuf,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with_data("data")
    }

    /// The data folder is `path` below the temporary folder.
    pub(crate) fn with_data(path: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join(path);
        let parent = data.parent().expect("it is below the temporary folder");
        std::fs::create_dir_all(parent).expect("a folder can be made");
        Self { folder, data }
    }

    /// The program under test.
    pub(crate) fn binary() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_halloo"))
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// `name` beside the data folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file beside the data folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.beside(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    }

    /// The program with these arguments, in the temporary folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Program::command(Self::binary(), &self.data);
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    /// The program serving on a free port.
    pub(crate) fn serving(&self) -> Command {
        self.command(&["serve", "--http", "127.0.0.1:0"])
    }

    pub(crate) async fn start(&self) -> Program {
        Program::serve(self.serving()).await
    }

    /// Starts the program with settings from the environment.
    pub(crate) async fn start_with(&self, environment: &[(&str, &str)]) -> Program {
        let mut command = self.serving();
        command.envs(environment.iter().copied());
        Program::serve(command).await
    }

    /// What a sub-command prints when it succeeds.
    pub(crate) async fn run(&self, arguments: &[&str]) -> String {
        succeeded(
            self.command(arguments)
                .output()
                .await
                .expect("the program runs"),
        )
    }

    /// The one JSON value that a sub-command prints with `--json`.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(printed.lines().count(), 1, "{printed}");
        serde_json::from_str(&printed).expect("JSON")
    }

    /// The line with which the program refuses these arguments.
    pub(crate) async fn refused(&self, arguments: &[&str]) -> String {
        refused(self.command(arguments)).await
    }
}

/// What the program printed, after checking that it succeeded and complained about nothing.
pub(crate) fn succeeded(output: Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    assert_eq!(complaint, "");
    String::from_utf8(output.stdout).expect("text")
}

/// The one line that `command` writes to the standard error when it fails.
pub(crate) async fn refused(mut command: Command) -> String {
    let command = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().expect("the program starts");
    let mut printed = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    // Whatever goes ahead instead of failing may never end.
    let went_ahead = printed.next_line().await.expect("text");
    assert_eq!(went_ahead, None, "it goes ahead: {command:?}");
    let output = child.wait_with_output().await.expect("it ends");
    let line = String::from_utf8(output.stderr).expect("text");
    let code = output.status.code().expect("it ends by itself");
    assert_ne!(code, 0, "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("halloo: "), "{line}");
    line
}

/// The first app of a running program, called with an app token.
pub(crate) struct DemoApp {
    pub(crate) token: String,
    pub(crate) client: Client,
}

impl DemoApp {
    pub(crate) const KEY: &str = "demo-org/demo-app";

    /// Fetches a token with what `app show` says.
    pub(crate) async fn enter(site: &Site, program: &Program) -> Self {
        let mut app = Self {
            token: String::new(),
            client: program.client(),
        };
        let shown = site.json(&["app", "show", Self::KEY, "--secrets"]).await;
        let granted = app.grant_app(&shown).await.ok();
        granted["access_token"]
            .as_str()
            .expect("a token")
            .clone_into(&mut app.token);
        app
    }

    /// Asks for an app token with the credentials that `app show --secrets` printed.
    pub(crate) async fn grant_app(&mut self, shown: &Value) -> Reply {
        let credentials = json!({
            "grant_type": "client_credentials",
            "client_id": shown["client_id"],
            "client_secret": shown["client_secret"],
        });
        self.call_as(None, "POST", "/token", Some(&credentials))
            .await
    }

    /// Calls `path` below the app with the app token.
    pub(crate) async fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let token = self.token.clone();
        self.call_as(Some(&token), method, path, body).await
    }

    /// Calls `path` below the app with this token.
    pub(crate) async fn call_as(
        &mut self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Reply {
        let path = format!("/{}{path}", Self::KEY);
        self.client.call(method, &path, token, body).await
    }

    /// Registers a user.
    pub(crate) async fn register(&mut self, name: &str, password: &str) {
        let user = json!({"username": name, "password": password});
        self.call("POST", "/users", Some(&user)).await.ok();
    }

    /// Asks for a user token by password.
    pub(crate) async fn log_in(&mut self, name: &str, password: &str) -> Reply {
        let body = json!({"grant_type": "password", "username": name, "password": password});
        self.call_as(None, "POST", "/token", Some(&body)).await
    }
}
