//! What a call changes beyond its answer. Source: Easemob REST 3.27.

mod deletion;
mod identity;
mod offline;
mod races;
mod relations;
mod sessions;
mod tokens;

use std::sync::Arc;

use halloo_core::apps::Registration;
use halloo_core::sessions::{CloseReason, Resource, Session};
use halloo_core::users::UserId;
use halloo_testkit::{TestApp, TestServer, open_session};
use serde_json::{Value, json};

/// A server with one app.
struct Place {
    server: TestServer,
    app: TestApp,
}

impl Place {
    async fn with(names: &[&str]) -> Self {
        Self::on(TestServer::start().await, names).await
    }

    async fn on(server: TestServer, names: &[&str]) -> Self {
        let app = server
            .app("acme-im", "chat", Registration::Authorised)
            .await;
        for name in names {
            app.register(name).await;
        }
        Self { server, app }
    }

    async fn get(&self, path: &str) -> Value {
        self.app.call("GET", path, None).await.ok()
    }

    /// The user as shown now.
    async fn user(&self, name: &str) -> Value {
        self.get(&format!("/users/{name}")).await["entities"][0].clone()
    }

    /// `data` of a GET about a user.
    async fn data(&self, name: &str, what: &str) -> Value {
        self.get(&format!("/users/{name}/{what}")).await["data"].clone()
    }

    async fn id(&self, name: &str) -> UserId {
        let found = self.server.core.users.find(self.app.app.id, name).await;
        found.unwrap().id
    }

    /// Opens a session of a user on `resource`.
    async fn connect(&self, app: &TestApp, name: &str, resource: &str) -> Arc<Session> {
        let core = &self.server.core;
        let user = core.users.find(app.app.id, name).await.unwrap();
        open_session(core, &app.app, &user, device(resource))
            .await
            .unwrap()
    }

    /// Whether a token opens what is its owner's.
    async fn opens(&self, token: &str, owner: &str) -> bool {
        let path = format!("/users/{owner}/contacts/users");
        self.app
            .call_as(Some(token), "GET", &path, None)
            .await
            .status
            == 200
    }

    /// What logging in with a password is answered: a token or `error_description`.
    async fn log_in(&self, name: &str, password: &str) -> Result<String, String> {
        let body = json!({"grant_type": "password", "username": name, "password": password});
        let reply = self.app.call_as(None, "POST", "/token", Some(body)).await;
        if reply.status == 200 {
            return Ok(reply.json()["access_token"].as_str().unwrap().to_owned());
        }
        Err(reply.refusal().2)
    }
}

fn device(id: &str) -> Resource {
    halloo_testkit::device(id, &format!("uuid of {id}"), &format!("name of {id}"))
}

/// Why a session has ended.
fn end(session: &Session) -> CloseReason {
    session.closed().expect("the session has ended")
}
