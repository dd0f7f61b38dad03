//! Users, page by page. Source: Easemob REST 3.5.

use axum::response::{IntoResponse as _, Response};
use halloo_core::users::{User, UserId};

use crate::call::{Admin, Call, NotInteger};
use crate::cursor::{self, List};
use crate::error::Failure;
use crate::reply::Envelope;

/// List users in order of registration.
#[utoipa::path(
    get, path = "/{org}/{app}/users", operation_id = "user.list", tag = "users",
    security(("app_token" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "Users in one answer, 1 to 100, 10 if absent"),
        ("cursor" = Option<String>, Query, description = "`cursor` of the page before"),
    ),
    responses((status = 200, description = "Users in `entities`; `cursor` while more follow"))
)]
pub(crate) async fn list(call: Admin) -> Result<Response, Failure> {
    let limit = limit(&call)?.filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(call.gate.core.limits().default_page);
    let after = after(&call)?;
    let (users, more) = call.gate.core.users.list(call.app.id, after, limit).await?;
    let cursor = cursor_after(&call, &users, more);
    let reply = Envelope::read(&call)
        .path("/users")
        .uri(call.app_uri("/users"));
    Ok(reply
        .users(&users)
        .cursor(cursor)
        .count(users.len())
        .into_response())
}

/// The `limit` parameter.
/// # Errors
/// 400 when it is no integer.
pub(super) fn limit(call: &Call) -> Result<Option<u32>, Failure> {
    call.query_count("limit").map_err(|NotInteger| bad_limit())
}

pub(super) fn bad_limit() -> Failure {
    Failure::illegal("limit is invalid")
}

/// The row that the `cursor` parameter points behind.
pub(super) fn after(call: &Call) -> Result<Option<UserId>, Failure> {
    let Some(text) = call.query("cursor") else {
        return Ok(None);
    };
    Ok(Some(UserId(cursor::decode(
        text,
        List::Users,
        call.app.id,
    )?)))
}

/// The cursor behind the last of `users`, if more follow.
pub(super) fn cursor_after(call: &Call, users: &[User], more: bool) -> Option<String> {
    let last = users.last().filter(|_| more)?;
    Some(cursor::encode(List::Users, call.app.id, last.id.0))
}
