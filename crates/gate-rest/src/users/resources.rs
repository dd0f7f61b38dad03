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
    responses((status = 200, description = "`data` has `res`, `device_uuid` and `device_name` per device. Ours: `last_seen` \
        (Unix ms) and `last_disconnect` (why) once the user has been offline"))
)]
pub(crate) async fn list(call: Admin) -> Result<Response, Failure> {
    let user = call.user().await?;
    let all = &call.gate.core.sessions;
    let last_seen = all.last_seen(call.app.id, user.id).await?;
    let sessions = all.of_user(call.app.id, &user.name);
    let devices: Vec<Device<'_>> = sessions.iter().map(|session| (&**session).into()).collect();
    let path = format!("/users/{}/resources", call.segment("username"));
    let reply = Envelope::app(&call).path(path).uri(call.request_uri());
    Ok(reply.data(devices).last_seen(last_seen).into_response())
}
