//! Forcing a user off. Source: Easemob REST 3.24.

use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::call::{Admin, Call};
use crate::error::Failure;
use crate::reply::Envelope;

#[derive(Serialize)]
struct Done {
    result: bool,
}

/// Close every connection of a user; his tokens stay valid.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/disconnect", operation_id = "user.disconnect",
    tag = "presence", security(("app_token" = [])),
    responses((status = 200, description = "`data.result` is true, connected or not"))
)]
pub(crate) async fn all(call: Admin) -> Result<Response, Failure> {
    let user = call.user().await?;
    call.gate
        .core
        .sessions
        .kick(call.app.id, &user.named(), None)
        .await;
    let reply = Envelope::read(&call).data(Done { result: true });
    Ok(uncached(reply.into_response()))
}

/// Close every connection of a user.
#[utoipa::path(
    post, path = "/{org}/{app}/users/{username}/disconnect", operation_id = "user.disconnect.post",
    tag = "presence", security(("app_token" = [])),
    responses((status = 200, description = "`data.result` is true, connected or not"))
)]
pub(crate) async fn all_by_post(call: Admin) -> Result<Response, Failure> {
    all(call).await
}

/// Close the connections of a user on one resource.
#[utoipa::path(
    delete, path = "/{org}/{app}/users/{username}/disconnect/{resource}",
    operation_id = "user.disconnect.device", tag = "presence", security(("app_token" = [])),
    responses((status = 200, description = "`data.result`: whether the resource was connected"))
)]
pub(crate) async fn one(call: Admin) -> Result<Response, Failure> {
    close_resource(&call).await
}

/// Close the connections of a user on one resource, by the verb of the vendor's Java SDK.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/disconnect/{resource}",
    operation_id = "user.disconnect.device.get", tag = "presence", security(("app_token" = [])),
    responses((status = 200, description = "`data.result`: whether the resource was connected"))
)]
pub(crate) async fn one_by_get(call: Admin) -> Result<Response, Failure> {
    close_resource(&call).await
}

async fn close_resource(call: &Call) -> Result<Response, Failure> {
    let user = call.user().await?;
    let (sessions, resource) = (&call.gate.core.sessions, call.segment("resource"));
    let closed = sessions
        .kick(call.app.id, &user.named(), Some(resource))
        .await;
    let reply = Envelope::app(call).data(Done { result: closed > 0 });
    Ok(uncached(reply.into_response()))
}

/// A GET with an effect must reach the server each time.
fn uncached(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
