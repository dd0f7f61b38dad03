//! Registration. Source: Easemob REST 3.1 to 3.3.

use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse as _, Response};
use halloo_core::apps::Registration;
use halloo_core::tokens::Caller;
use halloo_core::users::{Draft, Outcome, UserName};
use halloo_core::{Error, TokenFault};
use serde::Serialize;
use serde_json::Value;

use crate::body::{self, Fields};
use crate::call::{Anyone, Call};
use crate::error::{Failure, registration_refused};
use crate::reply::Envelope;

/// A user of a bulk registration who was not registered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotRegistered {
    username: String,
    register_user_fail_reason: String,
}

/// Register one user (an object) or up to 60 (an array).
///
/// An object needs no token while the app's registration is open.
#[utoipa::path(
    post, path = "/{org}/{app}/users", operation_id = "user.register", tag = "users",
    security((), ("app_token" = [])),
    request_body(content = Object, example = json!({
        "username": "maya.lin", "password": "…", "nickname": "Maya"
    })),
    responses((status = 200, description = "The new users in `entities`; for an array, who was not registered in `data`"))
)]
pub(crate) async fn register(call: Anyone, request: Request<Body>) -> Result<Response, Failure> {
    let caller = match call.caller().await {
        Ok(Caller::App) => Ok(()),
        Ok(Caller::User(_)) => Err(TokenFault::WrongKind),
        Err(Error::Token(fault)) => Err(fault),
        Err(other) => return Err(other.into()),
    };
    // A bad token is refused whatever the body says; without one, the answer depends on its shape.
    if let Err(fault) = caller
        && fault != TokenFault::Absent
    {
        return Err(registration_refused(fault, false));
    }
    // Nobody who will be refused spends the app's budget.
    if caller.is_ok() || call.app.registration == Registration::Open {
        call.admit()?;
    }
    let settings = &call.gate.settings;
    let most = if caller.is_ok() {
        settings.max_body_bytes
    } else {
        settings.max_open_body_bytes
    };
    let parsed = body::parse(&body::read(request.into_body(), most, settings).await?);
    let many = matches!(parsed, Ok(Value::Array(_)));
    if let Err(fault) = caller
        && (many || call.app.registration == Registration::Authorised)
    {
        return Err(registration_refused(fault, many));
    }
    match parsed? {
        Value::Array(list) => bulk(&call, list).await,
        object => one(&call, object).await,
    }
}

async fn one(call: &Call, object: Value) -> Result<Response, Failure> {
    let draft = draft(object)?;
    let registered = call.gate.core.users.register(call.app.id, draft).await;
    let user = registered.map_err(|error| Failure::within(&call.app, error))?;
    Ok(Envelope::write(call, "/users")
        .users([&*user])
        .into_response())
}

async fn bulk(call: &Call, list: Vec<Value>) -> Result<Response, Failure> {
    let size = list.len();
    if size > call.gate.core.limits().bulk_users {
        return Err(Error::BatchSize(size).into());
    }
    let drafts = list.into_iter().map(draft).collect::<Result<Vec<_>, _>>()?;
    let outcomes = call
        .gate
        .core
        .users
        .register_many(call.app.id, drafts)
        .await;
    let outcomes = outcomes.map_err(|error| Failure::within(&call.app, error))?;
    let (mut users, mut failures) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Outcome::Registered(user) => users.push(user),
            // An array of one is how some clients register one user; they look for the error.
            Outcome::Taken(name) if size == 1 => {
                return Err(Failure::within(&call.app, Error::UserExists(name)));
            }
            Outcome::Taken(name) => failures.push(NotRegistered {
                register_user_fail_reason: format!("the {name} already exists"),
                username: name.to_string(),
            }),
        }
    }
    let reply = Envelope::write(call, "/users").data(failures);
    Ok(reply
        .users(users.iter().map(|user| &**user))
        .into_response())
}

/// One user of the body. The first fault decides, in the order name, password, nickname, so each
/// field is judged before the next is read. Source: Easemob REST 1.5.
fn draft(object: Value) -> Result<Draft, Failure> {
    let fields = Fields::of(object)?;
    let name = fields.value("username").ok_or(Error::NameMissing)?;
    // A name of the wrong type is an illegal name, shown as it was sent.
    let name = body::text(name).ok_or_else(|| Error::NameIllegal(name.to_string()))?;
    let name: UserName = name.parse()?;
    let password = fields
        .text("password")?
        .filter(|password| !password.is_empty());
    Ok(Draft {
        name,
        password: password.ok_or(Error::PasswordMissing)?,
        nickname: fields.text("nickname")?,
    })
}
