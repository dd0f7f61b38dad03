//! Friends. Source: Easemob REST 3.12 to 3.14.

use axum::response::{IntoResponse as _, Response};

use super::{path_of, texts};
use crate::call::Owner;
use crate::error::Failure;
use crate::reply::Envelope;

/// Make two users friends of each other.
#[utoipa::path(
    post, path = "/{org}/{app}/users/{username}/contacts/users/{friend}",
    operation_id = "contact.add", tag = "contacts",
    security(("app_token" = []), ("user_token" = [])),
    responses((status = 200, description = "The friend in `entities`"))
)]
pub(crate) async fn add(call: Owner) -> Result<Response, Failure> {
    let owner = call.user().await?;
    let friend = call
        .gate
        .core
        .users
        .find(call.app.id, call.segment("friend"))
        .await?;
    call.gate
        .core
        .contacts
        .add(call.app.id, &owner, &friend)
        .await?;
    let reply = Envelope::write(&call, path_of(&owner, "contacts"));
    Ok(reply.users([&*friend]).into_response())
}

/// End a friendship on both sides.
#[utoipa::path(
    delete, path = "/{org}/{app}/users/{username}/contacts/users/{friend}",
    operation_id = "contact.remove", tag = "contacts",
    security(("app_token" = []), ("user_token" = [])),
    responses((status = 200, description = "The former friend in `entities`"))
)]
pub(crate) async fn remove(call: Owner) -> Result<Response, Failure> {
    let owner = call.user().await?;
    let friend = call
        .gate
        .core
        .users
        .find(call.app.id, call.segment("friend"))
        .await?;
    call.gate
        .core
        .contacts
        .remove(call.app.id, &owner, &friend)
        .await?;
    let reply = Envelope::write(&call, path_of(&owner, "contacts"));
    Ok(reply.users([&*friend]).into_response())
}

/// The friends of a user, newest first.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/contacts/users", operation_id = "contact.list",
    tag = "contacts", security(("app_token" = []), ("user_token" = [])),
    responses((status = 200, description = "Names in `data`"))
)]
pub(crate) async fn list(call: Owner) -> Result<Response, Failure> {
    let owner = call.user().await?;
    let names = call.gate.core.contacts.list(call.app.id, &owner).await?;
    Ok(Envelope::read(&call)
        .data(texts(&names))
        .count(names.len())
        .into_response())
}
