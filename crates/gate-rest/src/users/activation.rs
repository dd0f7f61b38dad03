//! Shutting an account out and letting it in. Source: Easemob REST 3.22 and 3.23.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use halloo_core::Error;
use halloo_core::bans::Ban;

use crate::call::Admin;
use crate::error::Failure;
use crate::reply::Envelope;

/// Ban an account until it is activated; its bearer tokens and connections end.
#[utoipa::path(
    post, path = "/{org}/{app}/users/{username}/deactivate", operation_id = "user.deactivate",
    tag = "users", security(("app_token" = [])),
    responses((status = 200, description = "The banned user in `entities`"))
)]
pub(crate) async fn deactivate(call: Admin) -> Result<Response, Failure> {
    let user = call.user().await.map_err(|error| match error {
        Error::UnknownUser if call.gate.settings.older_errors => Failure::new(
            StatusCode::BAD_REQUEST,
            "management",
            "ManagementException",
            format!(
                "User with id null does not exist in app {}",
                call.app.application
            ),
        ),
        other => other.into(),
    })?;
    let user = call
        .gate
        .core
        .users
        .set_ban(call.app.id, &user, Ban::Forever)
        .await?;
    Ok(Envelope::brief(&call, "Deactivate user")
        .users([&*user])
        .into_response())
}

/// Lift the ban of an account.
#[utoipa::path(
    post, path = "/{org}/{app}/users/{username}/activate", operation_id = "user.activate",
    tag = "users", security(("app_token" = [])),
    responses((status = 200, description = "`action` is `activate user`"))
)]
pub(crate) async fn activate(call: Admin) -> Result<Response, Failure> {
    let user = call.user().await?;
    call.gate
        .core
        .users
        .set_ban(call.app.id, &user, Ban::Never)
        .await?;
    Ok(Envelope::brief(&call, "activate user").into_response())
}
