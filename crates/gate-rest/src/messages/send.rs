//! Sending to users, groups and rooms. Source: Easemob REST 4.1.

use axum::response::{IntoResponse as _, Response};
use halloo_core::Error;
use halloo_core::messages::{MessageId, NamedSend};
use serde::ser::{Serialize, Serializer};

use super::request;
use super::targets::{Kind, Spellings};
use crate::body::{self, JsonBody};
use crate::call::{Admin, Call};
use crate::error::Failure;
use crate::reply::Envelope;

/// Send a message to users.
///
/// Neither sender nor users need to exist. Nothing is sent to whoever does not or blocks the sender, but there
/// is an id for him.
#[utoipa::path(
    post, path = "/{org}/{app}/messages/users", operation_id = "message.users",
    tag = "messages", security(("app_token" = [])),
    request_body(content = Object, example = json!({
        "from": "maya.lin", "to": ["omar", "ines"], "type": "txt", "body": {"msg": "hello"},
        "ext": {"room": "kitchen"}, "sync_device": true
    })),
    responses((status = 200, description = "`data` is each name with the id of its message"))
)]
pub(crate) async fn to_users(call: Admin, body: JsonBody) -> Result<Response, Failure> {
    send(&call, &body, Kind::Users, "/messages/users").await
}

/// Send a message to groups.
#[utoipa::path(
    post, path = "/{org}/{app}/messages/chatgroups", operation_id = "message.chatgroups",
    tag = "messages", security(("app_token" = [])),
    request_body(content = Object, example = json!({
        "from": "maya.lin", "to": ["71208405565441"], "type": "txt", "body": {"msg": "hello"}
    })),
    responses((status = 200, description = "`data` is each group with the id of its message"))
)]
pub(crate) async fn to_groups(call: Admin, body: JsonBody) -> Result<Response, Failure> {
    send(&call, &body, Kind::Groups, "/messages/chatgroups").await
}

/// Send a message to rooms.
#[utoipa::path(
    post, path = "/{org}/{app}/messages/chatrooms", operation_id = "message.chatrooms",
    tag = "messages", security(("app_token" = [])),
    request_body(content = Object, example = json!({
        "from": "maya.lin", "to": ["71208405565442"], "type": "txt", "body": {"msg": "hello"},
        "chatroom_msg_level": "normal"
    })),
    responses((status = 200, description = "`data` is each room with the id of its message"))
)]
pub(crate) async fn to_rooms(call: Admin, body: JsonBody) -> Result<Response, Failure> {
    send(&call, &body, Kind::Rooms, "/messages/chatrooms").await
}

/// Send a message, as older SDKs do.
#[utoipa::path(
    post, path = "/{org}/{app}/messages", operation_id = "message.older",
    tag = "messages", security(("app_token" = [])),
    params(("useMsgId" = Option<bool>, Query, description = "Whether ids are answered")),
    request_body(content = Object, example = json!({
        "target_type": "users", "target": ["omar"], "msg": {"type": "txt", "msg": "hello"},
        "from": "maya.lin"
    })),
    responses((
        status = 200,
        description = "`data` is each target with `success`, or with the id of its message"
    ))
)]
pub(crate) async fn as_before(call: Admin, body: JsonBody) -> Result<Response, Failure> {
    let fields = body.object().map_err(|_| Failure::invalid_request_body())?;
    let (message, spellings) = request::read_older(&fields)?;
    let sent = carry_out(&call, message, spellings).await?;
    let with_ids = call.query("useMsgId").map(serde_json::Value::from);
    let reply = Envelope::message(&call, "/messages");
    if with_ids.as_ref().and_then(body::boolean) == Some(true) {
        return Ok(reply.data(ById(sent)).into_response());
    }
    Ok(reply.data(Done(sent)).into_response())
}

async fn send(call: &Call, body: &JsonBody, kind: Kind, path: &str) -> Result<Response, Failure> {
    let fields = body.object().map_err(|_| Failure::invalid_request_body())?;
    let (message, spellings) = request::read(kind, &fields)?;
    let sent = carry_out(call, message, spellings).await?;
    Ok(Envelope::message(call, path)
        .data(ById(sent))
        .into_response())
}

/// Sends it. Every target as the caller spelt it, with the id of its message.
async fn carry_out(
    call: &Call,
    message: NamedSend,
    spellings: Spellings,
) -> Result<Vec<(String, MessageId)>, Failure> {
    let messages = &call.gate.core.messages;
    let sent = messages.send_named(&call.app, message).await;
    let ids = sent.map_err(|error| match error {
        Error::TooLong { .. } => Failure::message_send("message is too large"),
        other => other.into(),
    })?;
    Ok(spellings.with(&ids))
}

/// `{target: id}`; ids are text, since they are too long for numbers in some languages.
struct ById(Vec<(String, MessageId)>);

impl Serialize for ById {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let each = self.0.iter();
        serializer.collect_map(each.map(|(target, id)| (target, id.0.to_string())))
    }
}

/// `{target: "success"}`
struct Done(Vec<(String, MessageId)>);

impl Serialize for Done {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(target, _)| (target, "success")))
    }
}
