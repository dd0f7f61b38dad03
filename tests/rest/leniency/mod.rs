//! What clients really send. Source: Easemob REST 1.1 to 1.3 and 6.4.

mod bodies;
mod headers;
mod paths;

use bytes::Bytes;
use halloo_core::apps::Registration;
use halloo_testkit::{Reply, TestApp, TestServer};
use serde_json::Value;

use crate::world::Line;

/// A server with one app of two users.
struct Place {
    server: TestServer,
    app: TestApp,
}

impl Place {
    async fn make() -> Self {
        Self::on(TestServer::start().await).await
    }

    async fn on(server: TestServer) -> Self {
        let app = server
            .app("acme-im", "chat", Registration::Authorised)
            .await;
        for name in ["maya.lin", "omar"] {
            app.register(name).await;
        }
        Self { server, app }
    }

    /// Sends exactly this, with the app token.
    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        Line::to(&self.server, &self.app)
            .send(method, path, headers, body)
            .await
    }

    /// The user as shown now.
    async fn user(&self, name: &str) -> Value {
        let shown = self
            .app
            .call("GET", &format!("/users/{name}"), None)
            .await
            .ok();
        shown["entities"][0].clone()
    }

    /// Whether a password opens an account.
    async fn opens(&self, name: &str, password: Value) -> bool {
        let body = serde_json::json!({
            "grant_type": "password", "username": name, "password": password,
        });
        let reply = self.app.call_as(None, "POST", "/token", Some(body)).await;
        reply.status == 200
    }
}
