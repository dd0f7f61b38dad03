//! Changing a password. Source: Easemob REST 3.8.

use axum::response::{IntoResponse as _, Response};
use halloo_core::Error;

use crate::body::JsonBody;
use crate::call::Admin;
use crate::error::Failure;
use crate::reply::Envelope;

/// Set a new password; every token and connection of the user ends.
#[utoipa::path(
    put, path = "/{org}/{app}/users/{username}/password", operation_id = "user.password",
    tag = "users", security(("app_token" = [])),
    request_body(content = Object, example = json!({"newpassword": "…"})),
    responses((status = 200, description = "`action` is `set user password`"))
)]
pub(crate) async fn change(call: Admin, body: JsonBody) -> Result<Response, Failure> {
    let unknown = |error| match error {
        Error::UnknownUser => Failure::null_user(),
        Error::PasswordMissing => Failure::illegal("newpassword is required"),
        other => other.into(),
    };
    let user = call.user().await.map_err(unknown)?;
    let password = body.object()?.text("newpassword")?;
    let users = &call.gate.core.users;
    users
        .change_password(call.app.id, &user, password)
        .await
        .map_err(unknown)?;
    Ok(Envelope::brief(&call, "set user password").into_response())
}

/// Set a new password, by the verb of the vendor's rate table.
#[utoipa::path(
    post, path = "/{org}/{app}/users/{username}/password", operation_id = "user.password.post",
    tag = "users", security(("app_token" = [])),
    request_body(content = Object, example = json!({"newpassword": "…"})),
    responses((status = 200, description = "`action` is `set user password`"))
)]
pub(crate) async fn change_by_post(call: Admin, body: JsonBody) -> Result<Response, Failure> {
    change(call, body).await
}
