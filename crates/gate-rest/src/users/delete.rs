//! Deleting one user, or the oldest ones. Source: Easemob REST 3.6 and 3.7.

use axum::response::{IntoResponse as _, Response};

use super::list::{after, bad_limit, cursor_after, limit};
use crate::call::Admin;
use crate::error::Failure;
use crate::reply::Envelope;

/// Delete one user and everything that is his.
#[utoipa::path(
    delete, path = "/{org}/{app}/users/{username}", operation_id = "user.delete", tag = "users",
    security(("app_token" = [])),
    responses((status = 200, description = "The user as he was, in `entities`"))
)]
pub(crate) async fn delete(call: Admin) -> Result<Response, Failure> {
    let user = call.user().await?;
    let deleted = call.gate.core.users.delete(call.app.id, &user).await?;
    Ok(Envelope::write(&call, "/users")
        .users([&deleted])
        .into_response())
}

/// Delete the users that registered first.
#[utoipa::path(
    delete, path = "/{org}/{app}/users", operation_id = "user.delete.bulk", tag = "users",
    security(("app_token" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "Users to delete, 1 to 100, 10 if absent"),
        ("cursor" = Option<String>, Query, description = "`cursor` of the call before"),
    ),
    responses((status = 200, description = "The users as they were; `cursor` while more remain"))
)]
pub(crate) async fn delete_page(call: Admin) -> Result<Response, Failure> {
    let limit = match limit(&call)? {
        Some(0) => return Err(bad_limit()),
        Some(limit) => limit,
        None => call.gate.core.limits().default_page,
    };
    let after = after(&call)?;
    let (users, more) = call
        .gate
        .core
        .users
        .delete_page(call.app.id, after, limit)
        .await?;
    let cursor = cursor_after(&call, &users, more);
    Ok(Envelope::write(&call, "/users")
        .users(&users)
        .cursor(cursor)
        .into_response())
}
