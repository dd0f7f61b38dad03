//! The devices a user is connected with. Source: Easemob REST 3.25.

use axum::response::{IntoResponse as _, Response};
use halloo_core::sessions::Session;
use serde::Serialize;

use crate::call::Admin;
use crate::error::Failure;
use crate::reply::Envelope;

#[derive(Serialize)]
struct Device<'a> {
    res: &'a str,
    #[serde(rename = "device_uuid")]
    uuid: &'a str,
    #[serde(rename = "device_name")]
    name: &'a str,
}

impl<'a> From<&'a Session> for Device<'a> {
    fn from(session: &'a Session) -> Self {
        let resource = &session.resource;
        Self {
            res: &resource.id,
            uuid: &resource.device_uuid,
            name: &resource.device_name,
        }
    }
}

/// The devices that a user is connected with.
#[utoipa::path(
    get, path = "/{org}/{app}/users/{username}/resources", operation_id = "user.resources",
    tag = "presence", security(("app_token" = [])),
    responses((status = 200, description = "`data` has `res`, `device_uuid` and `device_name` per device"))
)]
pub(crate) async fn list(call: Admin) -> Result<Response, Failure> {
    let user = call.user().await?;
    let sessions = call.gate.core.sessions.of_user(call.app.id, &user.name);
    let devices: Vec<Device<'_>> = sessions.iter().map(|session| (&**session).into()).collect();
    let path = format!("/users/{}/resources", call.segment("username"));
    let reply = Envelope::app(&call).path(path).uri(call.request_uri());
    Ok(reply.data(devices).into_response())
}
