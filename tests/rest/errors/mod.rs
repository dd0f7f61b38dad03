//! Every refusal that the specification lists for an endpoint, provoked.

mod accounts;
mod generic;
mod limits;
mod messages;
mod older;
mod rates;
mod relations;
mod tokens;

use std::collections::BTreeSet;

use bytes::Bytes;
use halloo::config::Config;
use halloo_core::apps::Registration;
use halloo_testkit::{Reply, TestServer};
use serde_json::Value;

use crate::endpoints::{Access, Endpoint};
use crate::world::{Cast, Credential, Names, World};

pub(crate) use limits::crowd;

/// A request and the refusal that it gets.
pub(crate) struct Row {
    pub(crate) endpoint: &'static str,
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    /// With `{…}` where the request shows through; empty for text that callers must not rely on.
    pub(crate) description: &'static str,
    method: &'static str,
    path: String,
    body: Bytes,
    credential: Credential,
    app: &'static str,
    open: bool,
    filled: Vec<(&'static str, String)>,
}

impl Row {
    /// A refusal of the endpoint's sample request; the methods below change the request.
    pub(crate) fn new(
        endpoint: &'static str,
        status: u16,
        error: &'static str,
        description: &'static str,
    ) -> Self {
        let listed = Endpoint::of(endpoint);
        let credential = match listed.access {
            Access::Open => Credential::Nobody,
            Access::App | Access::Own | Access::Any => Credential::App,
        };
        Self {
            endpoint,
            status,
            error,
            description,
            method: listed.method,
            path: listed.sample_path.to_owned(),
            body: listed.sample_body.unwrap_or_default().into(),
            credential,
            app: "chat",
            open: endpoint == "user.register.open",
            filled: Vec::new(),
        }
    }

    fn by(self, credential: Credential) -> Self {
        Self { credential, ..self }
    }

    fn path(self, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { path, ..self }
    }

    fn body(self, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { body, ..self }
    }

    fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    /// While the app's registration is closed.
    fn while_closed(self) -> Self {
        Self {
            open: false,
            ..self
        }
    }

    /// Fills `{key}` of the description.
    fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.filled.push((key, value.into()));
        self
    }

    /// The body, with the app's own client id where it names one.
    fn sent(&self, world: &World) -> Bytes {
        match std::str::from_utf8(&self.body) {
            Ok(text) => text.replace("{client_id}", &world.app.app.client_id).into(),
            Err(_) => self.body.clone(),
        }
    }

    /// What has to come back as `error_description`.
    fn text(&self, application: &str) -> String {
        let text = self.description.replace("{application}", application);
        self.filled.iter().fold(text, |text, (key, value)| {
            text.replace(&format!("{{{key}}}"), value)
        })
    }
}

/// Every row.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = generic::rows();
    rows.extend(tokens::rows());
    rows.extend(accounts::rows());
    rows.extend(relations::rows());
    rows.extend(messages::rows());
    rows
}

/// The `exception` that goes with an `error`. Source: Easemob REST 1.6.
fn exception(error: &str) -> Option<&'static str> {
    Some(match error {
        "unauthorized" | "auth_bad_access_token" => "EasemobSecurityException",
        "invalid_grant" => "InvalidGrantException",
        "illegal_argument" => "java.lang.IllegalArgumentException",
        "duplicate_unique_property_exists" => "DuplicateUniquePropertyExistsException",
        "required_property_not_found" => "RequiredPropertyNotFoundException",
        "json_parse" => "JsonParseException",
        "organization_application_not_found" => "OrganizationApplicationNotFoundException",
        "service_resource_not_found" => "UserNotFoundException",
        "entity_not_found" => "EntityNotFoundException",
        "exceed_limit" => "EasemobExceedLimitException",
        "resource_limited" => "ResourceLimitedException",
        "reach_limit" => "ReachLimitException",
        "web_application" => "WebApplicationException",
        "unsupported_service_operation" => "UnsupportedServiceOperationException",
        "message_send_error" => "MessageSendException",
        "invalid_request_body" => "InvalidRequestBodyException",
        _ => return None,
    })
}

/// What is wrong with a refusal's envelope. Source: Easemob REST 1.6.
pub(crate) fn envelope_faults(reply: &Reply) -> Vec<String> {
    let mut faults = Vec::new();
    let json = reply.json();
    let keys: BTreeSet<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let five = [
        "duration",
        "error",
        "error_description",
        "exception",
        "timestamp",
    ];
    if keys != BTreeSet::from(five) {
        faults.push(format!("keys {keys:?}"));
    }
    for (header, value) in [
        ("content-type", "application/json;charset=UTF-8"),
        ("access-control-allow-origin", "*"),
    ] {
        if reply.headers.get(header).is_none_or(|sent| sent != value) {
            faults.push(format!("{header} {:?}", reply.headers.get(header)));
        }
    }
    faults
}

const NAMES: Names<'_> = Names {
    owner: "maya.lin",
    other: "omar",
    banned: "ivan",
    deleted: "gone",
};

/// An app may have four users, a user one friend and two blocked users.
fn crowd_limits(config: &mut Config) {
    config.limits.users_per_app = 4;
    config.limits.contacts = 1;
    config.limits.blocks = 2;
}

/// Four users in an app that may have four. Everybody may have one friend, who for Maya is Omar,
/// and block two users, who for Maya are Omar and Ivan.
async fn crowded(adjust: fn(&mut Config)) -> (World, Cast) {
    let server = TestServer::start_with(adjust).await;
    let world = World::on(server, Registration::Authorised).await;
    let cast = world.cast(NAMES).await;
    world.register(&world.app, "ines").await;
    let add = world
        .app
        .call("POST", "/users/maya.lin/contacts/users/omar", None);
    add.await.ok();
    let body = serde_json::json!({"usernames": ["omar", "ivan"]});
    let block = world
        .app
        .call("POST", "/users/maya.lin/blocks/users", Some(body));
    block.await.ok();
    (world, cast)
}

/// Everything that a refused call could have changed.
async fn state(world: &World) -> Vec<Value> {
    let mut state = Vec::new();
    for path in [
        "/users?limit=100",
        "/users/maya.lin/contacts/users",
        "/users/maya.lin/blocks/users",
        "/users/omar/contacts/users",
        "/users/omar/offline_msg_count",
    ] {
        let seen = world.app.call("GET", path, None).await.ok();
        state.push(seen["entities"].clone());
        state.push(seen["data"].clone());
    }
    state
}

/// Sends every row and tells which are not answered as listed. `exception` says what goes with an
/// `error`.
async fn provoke(
    world: &World,
    cast: &Cast,
    rows: Vec<Row>,
    exception: fn(&str) -> Option<&'static str>,
) -> Vec<String> {
    let application = world.app.app.application.to_string();
    let (open, closed): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.open);
    let mut client = world.server.client();
    let mut wrong = Vec::new();
    for row in closed.iter().chain(&open) {
        let mode = if row.open {
            Registration::Open
        } else {
            Registration::Authorised
        };
        let set = world
            .server
            .core
            .apps
            .set_registration(&world.app.app.key, mode);
        set.await.unwrap();
        let bearer = cast
            .token(row.credential)
            .map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer
            .iter()
            .map(|b| ("authorization", b.as_str()))
            .collect();
        let path = format!("/acme-im/{}{}", row.app, row.path);
        let reply = client
            .send(row.method, &path, &headers, row.sent(world))
            .await
            .unwrap();
        let json = reply.json();
        let mut faults = envelope_faults(&reply);
        let text = row.text(&application);
        let named = exception(row.error);
        for (key, expected) in [
            ("error", Some(row.error)),
            (
                "error_description",
                Some(&*text).filter(|text| !text.is_empty()),
            ),
            ("exception", named),
        ] {
            if expected.is_some_and(|expected| json[key] != expected) {
                faults.push(format!("expected {key} {expected:?}"));
            }
        }
        if reply.status.as_u16() != row.status {
            faults.push(format!("expected {}", row.status));
        }
        if !faults.is_empty() {
            let sent: String = String::from_utf8_lossy(&row.body)
                .chars()
                .take(100)
                .collect();
            wrong.push(format!(
                "{} by {:?}: {} {path} {sent} was answered {} {json}: {}",
                row.endpoint,
                row.credential,
                row.method,
                reply.status,
                faults.join(", ")
            ));
        }
    }
    wrong
}

#[tokio::test]
async fn every_listed_refusal_is_answered_as_listed_and_changes_nothing() {
    let (world, cast) = crowded(crowd_limits).await;
    let before = state(&world).await;
    let wrong = provoke(&world, &cast, rows(), exception).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(state(&world).await, before);
}
