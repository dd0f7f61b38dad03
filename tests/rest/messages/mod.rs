//! What REST sends, where it arrives and what it looks like there. Sources: Easemob REST 4.1, RTM client gate
//! sections 3.9 and 4.3.

mod places;
mod senders;
mod targets;
mod types;
mod waiting;

use std::sync::Arc;

use halloo::config::Config;
use halloo_core::apps::Registration;
use halloo_testkit::rtm::{Caller, Project, RtmClient, Wire};
use halloo_testkit::{Reply, TestApp, TestServer};
use serde_json::{Value, json};

/// A server with an app that REST sends in and RTM clients are online in.
struct Scene {
    server: TestServer,
    app: TestApp,
}

impl Scene {
    /// With users of these names, which RTM takes for uids.
    async fn with(uids: &[i64]) -> Self {
        Self::adjusted(|_| (), uids).await
    }

    async fn adjusted(adjust: fn(&mut Config), uids: &[i64]) -> Self {
        let server = TestServer::start_with(adjust).await;
        let app = server
            .app("acme-im", "chat", Registration::Authorised)
            .await;
        for uid in uids {
            app.register(&uid.to_string()).await;
        }
        Self { server, app }
    }

    async fn back_end(&self) -> Caller {
        let wire = Wire::open(self.server.rtm.server).await;
        let clock = Arc::clone(&self.server.clock);
        Caller::over(wire, Project::of(&self.app.app), clock)
    }

    /// A client that is logged in.
    async fn client(&self, uid: i64) -> RtmClient {
        let token = self
            .back_end()
            .await
            .field("gettoken", json!({"uid": uid}), "token")
            .await;
        let project = Project::of(&self.app.app);
        let mut client = RtmClient::open(self.server.rtm.client, &project).await;
        assert_eq!(client.log_in(uid, token.as_str().unwrap()).await, Ok(true));
        client
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.app.call("POST", path, Some(body)).await
    }

    /// Sends and returns `data`.
    async fn sent(&self, path: &str, body: Value) -> Value {
        self.post(path, body).await.ok()["data"].clone()
    }

    /// Sends a text from 1001 and returns the id of its message to 1002.
    async fn text(&self, text: &str) -> String {
        let data = self.sent("/messages/users", said(text)).await;
        data["1002"].as_str().expect("an id").to_owned()
    }

    /// How many messages wait for a user.
    async fn waiting(&self, name: &str) -> u64 {
        let path = format!("/users/{name}/offline_msg_count");
        let count = self.app.call("GET", &path, None).await.ok();
        count["data"][name].as_u64().expect("a number")
    }

    /// Whether a message waits for a user, as `offline_msg_status` says.
    async fn status(&self, name: &str, id: &str) -> String {
        let path = format!("/users/{name}/offline_msg_status/{id}");
        let status = self.app.call("GET", &path, None).await.ok();
        status["data"][id].as_str().expect("a word").to_owned()
    }
}

/// A text from 1001 to 1002.
fn said(text: &str) -> Value {
    json!({"from": "1001", "to": ["1002"], "type": "txt", "body": {"msg": text}})
}

/// `first` with what `more` has, which wins.
fn with(mut first: Value, more: Value) -> Value {
    let (Some(object), Value::Object(more)) = (first.as_object_mut(), more) else {
        panic!("objects");
    };
    object.extend(more);
    first
}

/// The rows of a log's first page, oldest first.
async fn rows(client: &mut RtmClient, method: &str, of: Value) -> Vec<Value> {
    let asked = with(json!({"desc": false, "num": 20}), of);
    let answer = client.call(method, asked).await.expect("a page");
    answer["msgs"].as_array().expect("a list").clone()
}

/// `mtype`, `msg` and `attrs` of the rows of the pair with `other`.
async fn history(client: &mut RtmClient, other: i64) -> Vec<Value> {
    let rows = rows(client, "getp2pmsg", json!({"ouid": other})).await;
    rows.into_iter()
        .map(|row| json!([row[2], row[5], row[6]]))
        .collect()
}
