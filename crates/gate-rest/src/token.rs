//! `POST /{org}/{app}/token`. Source: Easemob REST section 2.

use axum::http::StatusCode;
use axum::response::Response;
use halloo_core::tokens::{Caller, Grant, Ttl};
use halloo_core::users::User;
use halloo_core::{Error, TokenFault};
use serde::Serialize;

use crate::body::{self, Fields, OpenBody};
use crate::call::{Anyone, Call};
use crate::error::Failure;
use crate::reply;
use crate::wire::UserEntity;

#[derive(Serialize)]
struct AppToken<'a> {
    access_token: &'a str,
    expires_in: i32,
    application: String,
}

#[derive(Serialize)]
struct UserToken<'a> {
    access_token: &'a str,
    expires_in: i32,
    user: UserEntity<'a>,
}

/// Fetch a token.
///
/// `client_credentials` gives an app token; `password` a user token to whoever knows the password;
/// `inherit`, with an app token, a user token by name.
#[utoipa::path(
    post, path = "/{org}/{app}/token", operation_id = "token", tag = "tokens", security(()),
    request_body(content = Object, example = json!({
        "grant_type": "client_credentials", "client_id": "YXA6…", "client_secret": "YXA6…", "ttl": 86400
    })),
    responses((status = 200, description = "`access_token`, `expires_in` in seconds, and `application` or `user`"))
)]
pub(crate) async fn grant(call: Anyone, OpenBody(bytes): OpenBody) -> Result<Response, Failure> {
    call.admit()?;
    let fields = Fields::of(body::parse(&bytes)?)?;
    let kind = fields.text("grant_type")?;
    match kind.as_deref() {
        Some("client_credentials") => app_token(&call, &fields).await,
        Some("password") => password_token(&call, &fields).await,
        Some("inherit") => inherited_token(&call, &fields).await,
        Some(_) => Err(Failure::illegal("unsupported grant_type")),
        None => Err(Failure::illegal("grant_type must be provided")),
    }
}

async fn app_token(call: &Call, fields: &Fields) -> Result<Response, Failure> {
    let id = present(fields, "client_id")?
        .ok_or_else(|| Failure::illegal("client_id must be provided."))?;
    let secret = present(fields, "client_secret")?
        .ok_or_else(|| Failure::illegal("client_secret must be provided"))?;
    let ttl = ttl(fields)?;
    let grant = call
        .gate
        .core
        .tokens
        .grant_app(&call.app, &id, &secret, ttl)
        .await?;
    Ok(reply::json(&AppToken {
        access_token: &grant.token,
        expires_in: grant.expires_in_seconds,
        application: call.app.application.to_string(),
    }))
}

async fn password_token(call: &Call, fields: &Fields) -> Result<Response, Failure> {
    let name = username(fields)?;
    let password = present(fields, "password")?
        .ok_or_else(|| Failure::illegal("password must be provided"))?;
    let ttl = ttl(fields)?;
    let tokens = &call.gate.core.tokens;
    let granted = tokens.grant_password(&call.app, &name, password, ttl).await;
    let (grant, user) = granted.map_err(|error| match error {
        Error::UnknownUser => Failure::invalid_grant(StatusCode::NOT_FOUND, "user not found"),
        other => other.into(),
    })?;
    Ok(user_token(call, &grant, &user))
}

async fn inherited_token(call: &Call, fields: &Fields) -> Result<Response, Failure> {
    match call.caller().await {
        Ok(Caller::App) => {}
        Ok(Caller::User(_)) | Err(Error::Token(TokenFault::OtherApp)) => {
            return Err(Failure::corrupt_token());
        }
        Err(other) => return Err(other.into()),
    }
    let name = username(fields)?;
    let create = fields.boolean("autoCreateUser")?.unwrap_or(false);
    let ttl = ttl(fields)?;
    let granted = call
        .gate
        .core
        .tokens
        .grant_inherit(&call.app, &name, create, ttl)
        .await;
    let (grant, user) = granted.map_err(|error| match error {
        Error::UnknownUser => Failure::null_user(),
        other => other.into(),
    })?;
    Ok(user_token(call, &grant, &user))
}

fn user_token(call: &Call, grant: &Grant, user: &User) -> Response {
    let token = UserToken {
        access_token: &grant.token,
        expires_in: grant.expires_in_seconds,
        user: UserEntity {
            user,
            now: call.gate.core.now(),
        },
    };
    reply::json(&token)
}

fn username(fields: &Fields) -> Result<String, Failure> {
    present(fields, "username")?.ok_or_else(|| Failure::illegal("username must be provided"))
}

/// A text that is there and not empty.
fn present(fields: &Fields, name: &str) -> Result<Option<String>, Failure> {
    Ok(fields.text(name)?.filter(|text| !text.is_empty()))
}

/// `ttl` in seconds: absent the default, 0 for ever.
fn ttl(fields: &Fields) -> Result<Ttl, Failure> {
    match fields.integer("ttl")? {
        None => Ok(Ttl::Default),
        Some(0) => Ok(Ttl::Never),
        Some(seconds) if seconds > 0 => Ok(Ttl::Seconds(seconds)),
        Some(_) => Err(Failure::illegal("ttl must not be negative")),
    }
}
