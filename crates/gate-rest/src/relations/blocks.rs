//! Block lists. Source: Easemob REST 3.15 to 3.17.

use std::collections::HashSet;

use axum::response::{IntoResponse as _, Response};
use halloo_core::Error;
use halloo_core::users::Named;
use serde_json::Value;

use super::{path_of, texts};
use crate::body::{self, JsonBody};
use crate::call::{NotInteger, Owner};
use crate::cursor::{self, List};
use crate::error::Failure;
use crate::reply::Envelope;

/// Whom a user has blocked, newest first: all of them, or a page.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/blocks/users", operation_id = "block.list",
    tag = "blocks", security(("app_token" = []), ("user_token" = [])),
    params(
        ("pageSize" = Option<u32>, Query, description = "Names in one answer, 1 to 50; all if absent"),
        ("cursor" = Option<String>, Query, description = "`cursor` of the page before"),
    ),
    responses((status = 200, description = "Names in `data`; `cursor` while more follow"))
)]
pub(crate) async fn list(call: Owner) -> Result<Response, Failure> {
    let owner = call.user().await?;
    let blocks = &call.gate.core.blocks;
    let app = call.app.id;
    let before = call
        .query("cursor")
        .map(|text| cursor::decode(text, List::Blocks, app));
    let before = before.transpose()?;
    let invalid = || Failure::illegal("pageSize is invalid");
    let size = call
        .query_count("pageSize")
        .map_err(|NotInteger| invalid())?;
    if size == Some(0) {
        return Err(invalid());
    }
    let (users, next) = if size.is_none() && before.is_none() {
        (blocks.list(app, &owner).await?, None)
    } else {
        let page = blocks
            .page(app, &owner, before, size.unwrap_or(u32::MAX))
            .await?;
        (page.users, page.next)
    };
    let next = next.map(|position| cursor::encode(List::Blocks, app, position));
    let reply = Envelope::read(&call)
        .data(texts(&users))
        .cursor(next)
        .count(users.len());
    Ok(reply.into_response())
}

/// Block users, all or none.
#[utoipa::path(
    post, path = "/{org}/{app}/users/{username}/blocks/users", operation_id = "block.add",
    tag = "blocks", security(("app_token" = []), ("user_token" = [])),
    request_body(content = Object, example = json!({"usernames": ["omar", "ines"]})),
    responses((status = 200, description = "The names of the request in `data`"))
)]
pub(crate) async fn add(call: Owner, body: JsonBody) -> Result<Response, Failure> {
    let owner = call.user().await?;
    let missing = || Failure::illegal("usernames must be provided");
    let fields = body.object()?;
    let Some(Value::Array(sent)) = fields.value("usernames") else {
        return Err(missing());
    };
    let sent = sent
        .iter()
        .map(body::text)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(missing)?;
    if sent.is_empty() {
        return Err(missing());
    }
    // Each spelling is looked up once, and there may be no more of them than a list holds.
    let mut seen = HashSet::new();
    let mut targets = sent;
    targets.retain(|target| seen.insert(target.to_ascii_lowercase()));
    if targets.len() > call.gate.core.limits().blocks as usize {
        return Err(Error::BlockLimit.into());
    }
    let mut users: Vec<Named> = Vec::new();
    for target in targets {
        let found = call.gate.core.users.find(call.app.id, &target).await;
        let user = found.map_err(|error| match error {
            Error::UnknownUser if !call.gate.settings.unknown_block_target_is_404 => Failure::illegal(format!(
                "attempt to adding new block[{target}] for user[{}],but user[{target}] not found.",
                owner.name
            )),
            other => other.into(),
        })?;
        if !users.iter().any(|known| known.id == user.id) {
            users.push(user.named());
        }
    }
    let ids = users.iter().map(|user| user.id).collect();
    call.gate.core.blocks.add(call.app.id, &owner, ids).await?;
    Ok(Envelope::app(&call).data(texts(&users)).into_response())
}

/// Unblock a user.
#[utoipa::path(
    delete, path = "/{org}/{app}/users/{username}/blocks/users/{blocked}",
    operation_id = "block.remove", tag = "blocks",
    security(("app_token" = []), ("user_token" = [])),
    responses((status = 200, description = "The unblocked user in `entities`"))
)]
pub(crate) async fn remove(call: Owner) -> Result<Response, Failure> {
    let owner = call.user().await?;
    let blocked = call
        .gate
        .core
        .users
        .find(call.app.id, call.segment("blocked"))
        .await?;
    call.gate
        .core
        .blocks
        .remove(call.app.id, &owner, &blocked)
        .await?;
    let reply = Envelope::write(&call, path_of(&owner, "blocks"));
    Ok(reply.users([&*blocked]).into_response())
}
