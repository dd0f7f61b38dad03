//! One user. Source: Easemob REST 3.4.

use axum::response::{IntoResponse as _, Response};

use crate::call::Member;
use crate::error::Failure;
use crate::reply::Envelope;

/// Get one user.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}", operation_id = "user.get", tag = "users",
    security(("app_token" = []), ("user_token" = [])),
    responses((status = 200, description = "The user in `entities`"))
)]
pub(crate) async fn show(call: Member) -> Result<Response, Failure> {
    let user = call.user().await?;
    Ok(Envelope::read(&call)
        .path("/users")
        .users([&*user])
        .count(1)
        .into_response())
}
