//! Which rate limit a request falls under.

use axum::http::Method;
use halloo_core::apps::RateClass;

/// What a request counts as under the rate limits. Source: Easemob REST section 5.
pub(crate) fn rate_class(method: &Method, route: &str) -> RateClass {
    match (method.as_str(), route) {
        ("POST", "/{org}/{app}/token") => RateClass::Token,
        ("DELETE", "/{org}/{app}/users") => RateClass::BulkDelete,
        ("POST", "/{org}/{app}/users/batch/status") => RateClass::BatchStatus,
        ("GET", "/{org}/{app}/users/{username}/blocks/users") => RateClass::BlockList,
        ("POST", "/{org}/{app}/users/{username}/blocks/users") => RateClass::BlockAdd,
        ("DELETE", "/{org}/{app}/users/{username}/blocks/users/{blocked}") => {
            RateClass::BlockRemove
        }
        _ => RateClass::UserSystem,
    }
}
