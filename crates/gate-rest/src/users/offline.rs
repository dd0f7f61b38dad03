//! What waits for a user. Source: Easemob REST 3.20 and 3.21.

use axum::response::{IntoResponse as _, Response};
use halloo_core::messages::MessageId;

use crate::call::Admin;
use crate::error::Failure;
use crate::reply::Envelope;
use crate::wire::Pair;

/// How many messages wait for a user.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/offline_msg_count",
    operation_id = "user.offline_msg_count", tag = "messages", security(("app_token" = [])),
    responses((status = 200, description = "`data` is the name with a number"))
)]
pub(crate) async fn count(call: Admin) -> Result<Response, Failure> {
    let user = call.user().await?;
    let count = call
        .gate
        .core
        .messages
        .waiting_count(&call.app, user.id)
        .await?;
    Ok(Envelope::read(&call)
        .data(Pair(call.segment("username"), count))
        .into_response())
}

/// Whether one message still waits for a user; unknown ids count as delivered.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/offline_msg_status/{msg_id}",
    operation_id = "user.offline_msg_status", tag = "messages", security(("app_token" = [])),
    responses((status = 200, description = "`data` is the id with `delivered` or `undelivered`"))
)]
pub(crate) async fn message(call: Admin) -> Result<Response, Failure> {
    let user = call.user().await?;
    let sent = call.segment("msg_id");
    let waits = match sent.parse::<i64>() {
        // "007" is not how we write 7, so it is no id of ours.
        Ok(id) if id.to_string() == sent => {
            call.gate
                .core
                .messages
                .is_waiting(&call.app, user.id, MessageId(id))
                .await?
        }
        _ => false,
    };
    let word = if waits { "undelivered" } else { "delivered" };
    Ok(Envelope::read(&call).data(Pair(sent, word)).into_response())
}
