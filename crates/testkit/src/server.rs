use std::net::SocketAddr;
use std::sync::Arc;

use halloo::config::{Config, Overrides};
use halloo::data_folder::{Claim, DataFolder};
use halloo::rtm::Addresses;
use halloo::serve::{Server, Surroundings};
use halloo::system::SystemEntropy;
use halloo_core::Core;
use halloo_core::apps::{App, AppKey, Registration};
use serde_json::{Value, json};

use crate::{Client, ManualClock, Reply};

/// When a test server's clock begins: 1 January 2025.
const BEGINNING: i64 = 1_735_689_600_000;

/// A whole server inside the test: real sockets, a real database in a temporary folder, a clock
/// moved by hand, cheap password hashes.
pub struct TestServer {
    /// The domain, for what no gate can do yet.
    pub core: Core,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Where it serves HTTP.
    pub address: SocketAddr,
    /// Where RTM server SDKs connect.
    pub rtm: Addresses,
    server: Option<Server>,
    folder: Option<tempfile::TempDir>,
    adjust: fn(&mut Config),
}

/// An app of a test server with a token of its own.
#[derive(Clone, Debug)]
pub struct TestApp {
    /// The app as it was when made.
    pub app: Arc<App>,
    /// An app token.
    pub token: String,
    address: SocketAddr,
}

impl TestServer {
    /// Starts a server with the default settings.
    /// # Panics
    /// When it can not start.
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// Starts a server whose settings `adjust` changes.
    /// # Panics
    /// When it can not start.
    pub async fn start_with(adjust: fn(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::serve(folder, Arc::new(ManualClock::at(BEGINNING)), adjust).await
    }

    /// Stops the server politely and starts it again on the same data, at another port.
    /// # Panics
    /// When it can not start.
    pub async fn restart(mut self) -> Self {
        self.stop().await;
        let folder = self.folder.take().expect("only a restart takes the folder");
        Self::serve(folder, Arc::clone(&self.clock), self.adjust).await
    }

    /// Stops the server politely.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    async fn serve(
        folder: tempfile::TempDir,
        clock: Arc<ManualClock>,
        adjust: fn(&mut Config),
    ) -> Self {
        let overrides = Overrides {
            data: Some(folder.path().to_owned()),
            http: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            rtm_server: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            rtm_client: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            rtm_dispatch: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        };
        let mut config = Config::load(None, &overrides).expect("the default settings are good");
        config.passwords.memory.0 = 64 * 1024;
        config.passwords.passes = 1;
        adjust(&mut config);
        let Claim::Owned(data) = DataFolder::claim(folder.path()).expect("a private folder") else {
            panic!("the temporary folder is in use");
        };
        let surroundings = Surroundings {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SystemEntropy),
            metrics: None,
        };
        let server = Server::start(data, config, surroundings)
            .await
            .expect("the server starts");
        Self {
            core: server.core.clone(),
            clock,
            address: server.http_address,
            rtm: server.rtm,
            server: Some(server),
            folder: Some(folder),
            adjust,
        }
    }

    /// A client without a connection yet.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Makes an app `org/name` and fetches a token for it over HTTP.
    /// # Panics
    /// When the app exists.
    pub async fn app(&self, org: &str, name: &str, registration: Registration) -> TestApp {
        let key = AppKey::new(org, name).expect("a legal key");
        let app = self
            .core
            .apps
            .create(key, registration)
            .await
            .expect("a new app");
        self.enter(app).await
    }

    /// Fetches a token for an app that exists.
    /// # Panics
    /// When its credentials are refused.
    pub async fn enter(&self, app: Arc<App>) -> TestApp {
        let mut entered = TestApp {
            app,
            token: String::new(),
            address: self.address,
        };
        let credentials = json!({
            "grant_type": "client_credentials",
            "client_id": entered.app.client_id,
            "client_secret": entered.app.client_secret.reveal(),
        });
        let granted = entered
            .call_as(None, "POST", "/token", Some(credentials))
            .await
            .ok();
        entered.token = text(&granted, "/access_token");
        entered
    }
}

impl TestApp {
    /// `/org/app`
    pub fn base(&self) -> String {
        format!("/{}/{}", self.app.key.org, self.app.key.name)
    }

    /// Calls `path` below the app with the app token, on a fresh connection.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.call_as(Some(&self.token), method, path, body).await
    }

    /// Calls `path` below the app with this token, on a fresh connection.
    pub async fn call_as(
        &self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Reply {
        let path = format!("{}{path}", self.base());
        Client::new(self.address)
            .call(method, &path, token, body.as_ref())
            .await
    }

    /// Registers a user with password `pw-NAME`.
    /// # Panics
    /// When he is refused.
    #[track_caller]
    pub fn register(&self, name: &str) -> impl Future<Output = Value> {
        let body = json!({"username": name, "password": format!("pw-{name}")});
        let app = self.clone();
        async move {
            app.call("POST", "/users", Some(body))
                .await
                .ok()
                .pointer("/entities/0")
                .expect("a user")
                .clone()
        }
    }

    /// A user token by password `pw-NAME`.
    /// # Panics
    /// When he is refused.
    pub async fn log_in(&self, name: &str) -> String {
        let body = json!({
            "grant_type": "password", "username": name, "password": format!("pw-{name}"),
        });
        let granted = self.call_as(None, "POST", "/token", Some(body)).await.ok();
        text(&granted, "/access_token")
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .expect("a text")
        .to_owned()
}
