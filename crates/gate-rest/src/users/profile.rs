//! Push nickname, display style and do-not-disturb: one route. Source: Easemob REST 3.9 to 3.11.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use halloo_core::Error;
use halloo_core::push::{DisplayStyle, Hour};
use halloo_core::users::ProfileChange;
use serde_json::Value;

use crate::body::{self, Fields, JsonBody};
use crate::call::Owner;
use crate::error::Failure;
use crate::reply::Envelope;

/// Set push nickname, display style, quiet hours, or groups to ignore, in any combination.
#[utoipa::path(
    put, path = "/{org}/{app}/users/{username}", operation_id = "user.push", tag = "push",
    security(("app_token" = []), ("user_token" = [])),
    request_body(content = Object, example = json!({
        "nickname": "Maya", "notification_display_style": 1, "notification_no_disturbing": true,
        "notification_no_disturbing_start": 22, "notification_no_disturbing_end": 7
    })),
    responses((status = 200, description = "The changed user in `entities`"))
)]
pub(crate) async fn change(call: Owner, body: JsonBody) -> Result<Response, Failure> {
    let unknown = |error| match error {
        // Not 404: conflict 22 of the specification.
        Error::UnknownUser => Failure::new(
            StatusCode::BAD_REQUEST,
            "required_property_not_found",
            "RequiredPropertyNotFoundException",
            "Entity user requires a property named username",
        ),
        other => other.into(),
    };
    let user = call.user().await.map_err(unknown)?;
    let fields = body.object()?;
    let mut change = ProfileChange::default();
    read(&fields, &mut change)?;
    // The web SDK wraps what it sets.
    if let Some(Value::Array(wrapped)) = fields.value("entities")
        && let Some(first) = wrapped.first()
    {
        read(&Fields::of(first.clone())?, &mut change)?;
    }
    let users = &call.gate.core.users;
    let user = users
        .change_profile(call.app.id, &user, change)
        .await
        .map_err(unknown)?;
    Ok(Envelope::write(&call, "/users")
        .users([&*user])
        .into_response())
}

fn read(fields: &Fields, change: &mut ProfileChange) -> Result<(), Failure> {
    if let Some(nickname) = fields.text("nickname")? {
        change.nickname = Some(nickname.into());
    }
    if let Some(style) = fields.integer("notification_display_style")? {
        let style = DisplayStyle::new(style);
        change.display_style =
            Some(style.ok_or_else(|| Failure::illegal("notification_display_style is 0 or 1"))?);
    }
    if let Some(on) = fields.boolean("notification_no_disturbing")? {
        change.do_not_disturb = Some(on);
    }
    if let Some(hour) = hour(fields, "notification_no_disturbing_start")? {
        change.quiet_from_hour = Some(hour);
    }
    if let Some(hour) = hour(fields, "notification_no_disturbing_end")? {
        change.quiet_to_hour = Some(hour);
    }
    for (name, value) in fields.iter() {
        let Some(group) = name.strip_prefix("notification_ignore_") else {
            continue;
        };
        let digits = !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            continue;
        }
        let id = group
            .parse::<i64>()
            .ok()
            .filter(|id| id.to_string() == group);
        let id = id.ok_or_else(|| Failure::illegal(format!("{name} names no group")))?;
        let ignored = body::boolean(value)
            .ok_or_else(|| Failure::illegal(format!("{name} must be a boolean")))?;
        change.ignored_groups.insert(id, ignored);
    }
    Ok(())
}

fn hour(fields: &Fields, name: &'static str) -> Result<Option<Hour>, Failure> {
    let Some(hour) = fields.integer(name)? else {
        return Ok(None);
    };
    Hour::new(hour)
        .map(Some)
        .ok_or_else(|| Failure::illegal(format!("{name} is an hour, 0 to 23")))
}
