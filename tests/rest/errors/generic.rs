//! What every endpoint refuses. Source: Easemob REST 1.8, 2.5 and 1.2.

use super::Row;
use crate::endpoints::{Access, ENDPOINTS, Endpoint};
use crate::world::Credential;

const OAUTH: &str = "Unable to authenticate (OAuth)";
/// Bytes of a body, and of a body whose sender has shown no token.
const BODY: usize = 1024 * 1024;
const OPEN_BODY: usize = 64 * 1024;

pub(super) fn rows() -> Vec<Row> {
    ENDPOINTS.iter().flat_map(of).collect()
}

fn of(endpoint: &'static Endpoint) -> Vec<Row> {
    let row = |status, error, description| Row::new(endpoint.id, status, error, description);
    let path = endpoint.sample_path.split('?').next().unwrap_or_default();
    let mut nope = row(
        404,
        "organization_application_not_found",
        "Could not find application for {org}/{app} from URI: {org}/{app}/{rest}",
    )
    .with("org", "acme-im")
    .with("app", "nope")
    .with("rest", path.trim_start_matches('/'));
    nope.app = "nope";
    let wrong_verb = row(
        405,
        "unsupported_service_operation",
        "Service operation not supported",
    );
    let mut rows = vec![nope, wrong_verb.method("PATCH")];
    rows.extend(unauthorised(endpoint));
    if endpoint.sample_body.is_some() {
        rows.extend(bodies(endpoint));
    }
    rows
}

/// One row per credential that the endpoint does not take.
fn unauthorised(endpoint: &'static Endpoint) -> Vec<Row> {
    let registers = endpoint.id.starts_with("user.register");
    let takes = |credential: Credential| match endpoint.access {
        Access::Open if registers => matches!(credential, Credential::Nobody | Credential::App),
        Access::Open => true,
        Access::App => credential == Credential::App,
        Access::Own => matches!(credential, Credential::App | Credential::Owner),
        Access::Any => matches!(
            credential,
            Credential::App | Credential::Owner | Credential::OtherUser
        ),
    };
    let refused = Credential::ALL
        .into_iter()
        .filter(|credential| !takes(*credential));
    refused
        .map(|credential| {
            let (error, description) = match (endpoint.id, credential) {
                (
                    "token.user.inherit",
                    Credential::OtherApp | Credential::Owner | Credential::OtherUser,
                ) => (
                    "auth_bad_access_token",
                    "Unable to authenticate due to corrupt access token",
                ),
                (_, Credential::OtherApp) if registers => ("unauthorized", "token is illegal."),
                ("user.register.authorized", Credential::Nobody) => (
                    "unauthorized",
                    "Open registration doesn't allow, so register user need token",
                ),
                ("user.register.bulk", Credential::Nobody) => (
                    "unauthorized",
                    "Open registration doesn't allow, so register user need token,",
                ),
                _ => ("unauthorized", OAUTH),
            };
            // A token of one who lost it is tried on what was his own.
            let his = match credential {
                Credential::Banned => "ivan",
                Credential::Deleted => "gone",
                _ => "maya.lin",
            };
            let path = endpoint.sample_path.replace("maya.lin", his);
            Row::new(endpoint.id, 401, error, description)
                .by(credential)
                .path(path)
        })
        .collect()
}

/// Bodies that are no JSON, no object, or too large.
fn bodies(endpoint: &'static Endpoint) -> Vec<Row> {
    let row = |status, error| Row::new(endpoint.id, status, error, "");
    let nested = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
    let malformed: [&[u8]; 7] = [
        b"",
        b"   ",
        b"{\"nickname\":",
        b"{'nickname':1}",
        b"{\"nickname\":NaN}",
        b"{\"nickname\":\"\xFF\"}",
        nested.as_bytes(),
    ];
    // Calls about messages have one word for both.
    let (no_json, no_object) = if endpoint.id.starts_with("message.") {
        ("invalid_request_body", "invalid_request_body")
    } else {
        ("json_parse", "illegal_argument")
    };
    let mut rows: Vec<Row> = Vec::new();
    for body in malformed {
        rows.push(row(400, no_json).body(body.to_vec()));
    }
    for body in ["null", "3", "\"x\"", "true"] {
        rows.push(row(400, no_object).body(body));
    }
    // An array registers many.
    let many = [
        "user.register.open",
        "user.register.authorized",
        "user.register.bulk",
    ];
    if !many.contains(&endpoint.id) {
        rows.push(row(400, no_object).body("[]"));
        rows.push(row(400, no_object).body("[{}]"));
    }
    let token = endpoint.path == "/token";
    let most = if endpoint.access == Access::Open || token {
        OPEN_BODY
    } else {
        BODY
    };
    let large = vec![b' '; most + 1];
    rows.push(row(413, "request_entity_too_large").body(large));
    rows
}
