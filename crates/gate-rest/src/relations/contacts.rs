//! Friends. Source: Easemob REST 3.12 to 3.14.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use halloo_core::Error;
use halloo_core::users::User;

use super::{path_of, texts};
use crate::call::{Call, Owner};
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
    let (owner, friend) = pair(&call).await?;
    let contacts = &call.gate.core.contacts;
    contacts.add(call.app.id, &owner, &friend).await?;
    Ok(edge(&call, &owner, &friend))
}

/// End a friendship on both sides.
#[utoipa::path(
    delete, path = "/{org}/{app}/users/{username}/contacts/users/{friend}",
    operation_id = "contact.remove", tag = "contacts",
    security(("app_token" = []), ("user_token" = [])),
    responses((status = 200, description = "The former friend in `entities`"))
)]
pub(crate) async fn remove(call: Owner) -> Result<Response, Failure> {
    let (owner, friend) = pair(&call).await?;
    let contacts = &call.gate.core.contacts;
    contacts.remove(call.app.id, &owner, &friend).await?;
    Ok(edge(&call, &owner, &friend))
}

/// The friends of a user, newest first.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/contacts/users", operation_id = "contact.list",
    tag = "contacts", security(("app_token" = []), ("user_token" = [])),
    responses((status = 200, description = "Names in `data`"))
)]
pub(crate) async fn list(call: Owner) -> Result<Response, Failure> {
    let owner = call.user().await?;
    let friends = call.gate.core.contacts.list(call.app.id, &owner).await?;
    Ok(Envelope::read(&call)
        .data(texts(&friends))
        .count(friends.len())
        .into_response())
}

/// The two users in the path.
async fn pair(call: &Call) -> Result<(Arc<User>, Arc<User>), Error> {
    let owner = call.user().await?;
    let users = &call.gate.core.users;
    let friend = users.find(call.app.id, call.segment("friend")).await?;
    Ok((owner, friend))
}

/// What a change of one edge answers.
fn edge(call: &Call, owner: &User, friend: &User) -> Response {
    let reply = Envelope::write(call, path_of(owner, "contacts"));
    reply.users([friend]).into_response()
}
