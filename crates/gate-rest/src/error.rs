//! The domain's refusals in Easemob's words. Source: Easemob REST 1.6 and 1.8.
#![deny(clippy::wildcard_enum_match_arm)]

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use halloo_core::apps::App;
use halloo_core::{Error, TokenFault};
use serde_json::json;

use crate::observe::TOKENS_REFUSED;

/// The one text for a token that opens nothing, whatever is wrong with it.
const OAUTH: &str = "Unable to authenticate (OAuth)";

/// A refusal on its way out. [`crate::service`] writes its envelope.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) error: &'static str,
    pub(crate) exception: &'static str,
    pub(crate) description: Cow<'static, str>,
    /// Whether the connection is of no more use.
    pub(crate) close: bool,
}

impl Failure {
    pub(crate) fn new(
        status: StatusCode,
        error: &'static str,
        exception: &'static str,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            error,
            exception,
            description: description.into(),
            close: false,
        }
    }

    pub(crate) fn illegal(description: impl Into<Cow<'static, str>>) -> Self {
        const ILLEGAL: &str = "java.lang.IllegalArgumentException";
        Self::new(
            StatusCode::BAD_REQUEST,
            "illegal_argument",
            ILLEGAL,
            description,
        )
    }

    pub(crate) fn json_parse(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "json_parse",
            "JsonParseException",
            description,
        )
    }

    /// What sending refuses in its own words. Source: Easemob REST 4.1.
    pub(crate) fn message_send(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "message_send_error",
            "MessageSendException",
            description,
        )
    }

    /// What calls about messages answer to a body that is no JSON object. Source: Easemob REST 4.1.
    pub(crate) fn invalid_request_body() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_request_body",
            "InvalidRequestBodyException",
            "Request body is invalid. Please check body is correct.",
        )
    }

    pub(crate) fn unauthorized(description: &'static str) -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self::new(
            status,
            "unauthorized",
            "EasemobSecurityException",
            description,
        )
    }

    pub(crate) fn corrupt_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "auth_bad_access_token",
            "EasemobSecurityException",
            "Unable to authenticate due to corrupt access token",
        )
    }

    pub(crate) fn invalid_grant(status: StatusCode, description: &'static str) -> Self {
        Self::new(
            status,
            "invalid_grant",
            "InvalidGrantException",
            description,
        )
    }

    /// The 404 of calls that name the user but answer `null`.
    pub(crate) fn null_user() -> Self {
        let status = StatusCode::NOT_FOUND;
        Self::new(
            status,
            "entity_not_found",
            "EntityNotFoundException",
            "User null not found",
        )
    }

    pub(crate) fn unknown_app(org: &str, name: &str, path: &str) -> Self {
        let uri = path.trim_start_matches('/');
        Self::new(
            StatusCode::NOT_FOUND,
            "organization_application_not_found",
            "OrganizationApplicationNotFoundException",
            format!("Could not find application for {org}/{name} from URI: {uri}"),
        )
    }

    pub(crate) fn unknown_resource() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "service_resource_not_found",
            "UserNotFoundException",
            "Service resource not found",
        )
    }

    pub(crate) fn body_too_large(max_bytes: usize) -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self {
            close: true,
            description: format!("the body is larger than {max_bytes} bytes").into(),
            ..Self::of_status(status)
        }
    }

    pub(crate) fn body_timeout() -> Self {
        Self {
            close: true,
            ..Self::of_status(StatusCode::REQUEST_TIMEOUT)
        }
    }

    /// What the HTTP machinery itself refuses.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (error, exception, description) = match status.as_u16() {
            404 => (
                "web_application",
                "WebApplicationException",
                "no such route",
            ),
            405 => (
                "unsupported_service_operation",
                "UnsupportedServiceOperationException",
                "Service operation not supported",
            ),
            408 => (
                "request_timeout",
                "RequestTimeoutException",
                "the request took too long",
            ),
            413 => (
                "request_entity_too_large",
                "RequestEntityTooLargeException",
                "the body is too large",
            ),
            414 => (
                "request_uri_too_long",
                "RequestUriTooLongException",
                "the URL is too long",
            ),
            431 => (
                "request_header_fields_too_large",
                "RequestHeaderFieldsTooLargeException",
                "the headers are too large",
            ),
            503 => (
                "service_unavailable",
                "ServiceUnavailableException",
                "the service is not available, try again later",
            ),
            400..=499 => (
                "web_application",
                "WebApplicationException",
                "the request can not be read",
            ),
            _ => (
                "internal_error",
                "InternalErrorException",
                "the server made a mistake",
            ),
        };
        Self::new(status, error, exception, description)
    }

    /// Answers `error` as it happened inside `app`.
    pub(crate) fn within(app: &App, error: Error) -> Self {
        if let Error::UserExists(name) = &error {
            return Self::duplicate(format!(
                "Application {} Entity user requires that property named username be unique, \
                 value of {name} exists",
                app.application
            ));
        }
        error.into()
    }

    fn duplicate(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "duplicate_unique_property_exists",
            "DuplicateUniquePropertyExistsException",
            description,
        )
    }

    fn exceeded(description: &'static str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "exceed_limit",
            "EasemobExceedLimitException",
            description,
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::UnknownApp { org, name } => {
                Self::unknown_app(&org, &name, &format!("{org}/{name}"))
            }
            Error::AppExists
            | Error::IllegalAppKey(_)
            // What RTM's numbers and lists lead to; REST names users by text.
            | Error::UidIllegal
            | Error::LoginTooEarly
            | Error::LoginKeyIllegal
            | Error::SelfKick
            | Error::KindIllegal
            | Error::RetentionIllegal
            | Error::SelfMessage
            | Error::BlockedByRecipient
            | Error::Muted(_)
            | Error::GroupEmpty
            | Error::NotAdministrator
            | Error::NotSender
            | Error::UnknownMessage
            | Error::DuplicateId
            | Error::IdIllegal
            | Error::Empty(_)
            | Error::TooMany { .. }
            | Error::TooLong { .. } => Self::illegal(error.to_string()),
            Error::UnknownUser | Error::NotGroupMember | Error::NotInRoom => {
                Self::unknown_resource()
            }
            Error::NameMissing => Self::illegal("Entity user requires a property named username"),
            Error::NameIllegal(name) => Self::illegal(format!("username [{name}] is not legal")),
            Error::NameTooLong => Self::illegal("USERNAME_TOO_LONG"),
            Error::PasswordMissing => Self::illegal("password or pin must provided"),
            Error::PasswordTooLong => Self::illegal("PASSWORD_TOO_LONG"),
            Error::NicknameTooLong => Self::illegal("NICKNAME_TOO_LONG"),
            Error::UserExists(name) => Self::duplicate(format!(
                "Entity user requires that property named username be unique, value of {name} exists"
            )),
            Error::PasswordsDiffer(name) => Self::duplicate(format!(
                "the same user {name} has a different password, the passwords are ***"
            )),
            Error::BatchSize(size) => Self::illegal(format!(
                "Request body array size[{size}] had almost reached or been greater than the upper \
                 range value[60]"
            )),
            Error::UserQuotaReached => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "resource_limited",
                "ResourceLimitedException",
                "You have exceeded the limit of the community edition,Please upgrade to the \
                 enterprise edition",
            ),
            Error::IgnoredGroupLimit => Self::exceeded("too many groups are ignored for push"),
            Error::Token(fault) => {
                metrics::counter!(TOKENS_REFUSED, "fault" => fault.label()).increment(1);
                Self::unauthorized(OAUTH)
            }
            Error::ClientIdMismatch => {
                Self::invalid_grant(StatusCode::BAD_REQUEST, "client_id does not match")
            }
            Error::ClientSecretMismatch => {
                Self::invalid_grant(StatusCode::BAD_REQUEST, "client_secret does not match")
            }
            Error::WrongPassword => {
                Self::invalid_grant(StatusCode::BAD_REQUEST, "invalid password")
            }
            Error::UserBanned => Self::invalid_grant(StatusCode::BAD_REQUEST, "user not activated"),
            Error::SelfContact => Self::illegal("can not add yourself as a friend"),
            Error::ContactLimit => Self::exceeded("user contact number exceed limit"),
            Error::BlockLimit => Self::exceeded("user block number exceed limit"),
            Error::BadCursor => Self::illegal("invalid cursor"),
            Error::GroupFull
            | Error::GroupQuotaReached
            | Error::RoomQuotaReached
            | Error::RoomLimit
            | Error::PushLimit
            | Error::DataLimit => Self::exceeded("a limit of the app is reached"),
            Error::RateLimited => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "reach_limit",
                "ReachLimitException",
                "This request has reached api limit",
            ),
            Error::Busy => Self::of_status(StatusCode::SERVICE_UNAVAILABLE),
            Error::Unavailable(cause) => {
                tracing::error!(error = %cause, "Storage failed: {cause}");
                Self::of_status(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }
}

/// What registration answers to a bad token. Source: Easemob REST 3.1 to 3.3.
pub(crate) fn registration_refused(fault: TokenFault, many: bool) -> Failure {
    match (fault, many) {
        (TokenFault::Absent, false) => {
            Failure::unauthorized("Open registration doesn't allow, so register user need token")
        }
        (TokenFault::Absent, true) => {
            Failure::unauthorized("Open registration doesn't allow, so register user need token,")
        }
        (TokenFault::OtherApp, _) => Failure::unauthorized("token is illegal."),
        (
            TokenFault::Malformed
            | TokenFault::Revoked
            | TokenFault::Expired
            | TokenFault::WrongKind,
            _,
        ) => Error::Token(fault).into(),
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum::body::Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}

/// The name that servers before 2020 put into `exception` for this `error`.
/// Source: Easemob REST 1.6, last column.
fn older_exception(error: &str) -> Option<&'static str> {
    Some(match error {
        "unauthorized" | "auth_bad_access_token" => {
            "org.apache.usergrid.rest.exceptions.SecurityException"
        }
        "service_resource_not_found" => {
            "org.apache.usergrid.services.exceptions.ServiceResourceNotFoundException"
        }
        "entity_not_found" => "org.apache.usergrid.persistence.exceptions.EntityNotFoundException",
        "duplicate_unique_property_exists" => {
            "org.apache.usergrid.persistence.exceptions.DuplicateUniquePropertyExistsException"
        }
        "required_property_not_found" => {
            "org.apache.usergrid.persistence.exceptions.RequiredPropertyNotFoundException"
        }
        "organization_application_not_found" => {
            "org.apache.usergrid.rest.exceptions.OrganizationApplicationNotFoundException"
        }
        "json_parse" => "org.codehaus.jackson.JsonParseException",
        "management" => "org.apache.usergrid.management.exceptions.ManagementException",
        "exceed_limit" => "com.easemob.group.exception.ExceedLimitException",
        "web_application" => "javax.ws.rs.WebApplicationException",
        "unsupported_service_operation" => {
            "org.apache.usergrid.services.exceptions.UnsupportedServiceOperationException"
        }
        _ => return None,
    })
}

/// The five keys of every error. Source: Easemob REST 1.6.
pub(crate) fn render(failure: &Failure, timestamp: i64, duration: i32, older: bool) -> Vec<u8> {
    let older = if older {
        older_exception(failure.error)
    } else {
        None
    };
    json!({
        "error": failure.error,
        "exception": older.unwrap_or(failure.exception),
        "timestamp": timestamp,
        "duration": duration,
        "error_description": failure.description,
    })
    .to_string()
    .into_bytes()
}
