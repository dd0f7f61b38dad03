//! Whether users are online. Source: Easemob REST 3.18 and 3.19.

use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::body::{self, JsonBody};
use crate::call::{Admin, Call};
use crate::error::Failure;
use crate::reply::Envelope;
use crate::wire::Pair;

/// Whether one user is online.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/status", operation_id = "user.status",
    tag = "presence", security(("app_token" = [])),
    responses((status = 200, description = "`data` is the name with `online` or `offline`"))
)]
pub(crate) async fn one(call: Admin) -> Result<Response, Failure> {
    show(&call, call.segment("username")).await
}

/// The status of a user called "batch".
pub(crate) async fn of_batch(call: Admin) -> Result<Response, Failure> {
    show(&call, "batch").await
}

async fn show(call: &Call, name: &str) -> Result<Response, Failure> {
    let user = call.gate.core.users.find(call.app.id, name).await?;
    let online = call
        .gate
        .core
        .sessions
        .is_online(call.app.id, user.name.as_str());
    Ok(Envelope::read(call)
        .data(Pair(name, word(online)))
        .into_response())
}

/// Whether up to 100 users are online; names that nobody has are offline.
#[utoipa::path(
    post, path = "/{org}/{app}/users/batch/status", operation_id = "user.status.batch",
    tag = "presence", security(("app_token" = [])),
    request_body(content = Object, example = json!({"usernames": ["maya.lin", "omar"]})),
    responses((status = 200, description = "`data` has one name with `online` or `offline` per name asked for"))
)]
pub(crate) async fn batch(call: Admin, body: JsonBody) -> Result<Response, Failure> {
    let missing = || Failure::illegal("usernames must be provided");
    let fields = body.object()?;
    let Some(Value::Array(sent)) = fields.value("usernames") else {
        return Err(missing());
    };
    let most = call.gate.core.limits().batch_status;
    if sent.len() > most {
        return Err(Failure::illegal(format!(
            "request body exceeds maximum limit, maximum limit is {most}"
        )));
    }
    let names = sent
        .iter()
        .map(body::text)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(missing)?;
    let sessions = &call.gate.core.sessions;
    let online = sessions.online_among(call.app.id, names.iter().map(String::as_str));
    let data: Vec<_> = names
        .iter()
        .zip(online)
        .map(|(name, online)| Pair(name, word(online)))
        .collect();
    Ok(Envelope::brief(&call, "get batch user status")
        .data(data)
        .into_response())
}

fn word(online: bool) -> &'static str {
    if online { "online" } else { "offline" }
}
