//! What the token call refuses. Source: Easemob REST 2.1 and 2.4.

use super::Row;
use crate::world::Credential;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = app();
    rows.extend(password());
    rows.extend(inherit());
    rows
}

fn illegal(endpoint: &'static str, description: &'static str, body: &'static str) -> Row {
    Row::new(endpoint, 400, "illegal_argument", description).body(body)
}

fn app() -> Vec<Row> {
    let illegal = |description, body| illegal("token.app", description, body);
    let grant = |description| Row::new("token.app", 400, "invalid_grant", description);
    vec![
        illegal("grant_type must be provided", "{}"),
        illegal("grant_type must be provided", r#"{"grant_type":null}"#),
        illegal("unsupported grant_type", r#"{"grant_type":"agora"}"#),
        illegal("unsupported grant_type", r#"{"grant_type":""}"#),
        illegal(
            "client_id must be provided.",
            r#"{"grant_type":"client_credentials"}"#,
        ),
        illegal(
            "client_id must be provided.",
            r#"{"grant_type":"client_credentials","client_id":"","client_secret":"x"}"#,
        ),
        illegal(
            "client_secret must be provided",
            r#"{"grant_type":"client_credentials","client_id":"x"}"#,
        ),
        illegal(
            "client_secret must be provided",
            r#"{"grant_type":"client_credentials","client_id":"x","client_secret":null}"#,
        ),
        illegal(
            "",
            r#"{"grant_type":"client_credentials","client_id":"x","client_secret":"y","ttl":-1}"#,
        ),
        illegal(
            "",
            r#"{"grant_type":"client_credentials","client_id":"x","client_secret":"y","ttl":"soon"}"#,
        ),
        illegal(
            "",
            r#"{"grant_type":"client_credentials","client_id":{},"client_secret":"y"}"#,
        ),
        grant("client_id does not match")
            .body(r#"{"grant_type":"client_credentials","client_id":"x","client_secret":"y"}"#),
        grant("client_secret does not match").body(
            r#"{"grant_type":"client_credentials","client_id":"{client_id}","client_secret":"y"}"#,
        ),
    ]
}

fn password() -> Vec<Row> {
    const ID: &str = "token.user.password";
    let grant = |description, body: &'static str| {
        Row::new(ID, 400, "invalid_grant", description).body(body)
    };
    vec![
        illegal(
            ID,
            "username must be provided",
            r#"{"grant_type":"password","password":"x"}"#,
        ),
        illegal(
            ID,
            "username must be provided",
            r#"{"grant_type":"password","username":"","password":"x"}"#,
        ),
        illegal(
            ID,
            "password must be provided",
            r#"{"grant_type":"password","username":"maya.lin"}"#,
        ),
        grant(
            "invalid password",
            r#"{"grant_type":"password","username":"maya.lin","password":"wrong"}"#,
        ),
        grant(
            "invalid password",
            r#"{"grant_type":"password","username":"ivan","password":"wrong"}"#,
        ),
        grant(
            "user not activated",
            r#"{"grant_type":"password","username":"ivan","password":"pw-ivan"}"#,
        ),
        Row::new(ID, 404, "invalid_grant", "user not found")
            .body(r#"{"grant_type":"password","username":"nobody","password":"x"}"#),
        Row::new(ID, 404, "invalid_grant", "user not found")
            .body(r#"{"grant_type":"password","username":"no body","password":"x"}"#),
        Row::new(ID, 404, "invalid_grant", "user not found")
            .body(r#"{"grant_type":"password","username":"gone","password":"pw-gone"}"#),
    ]
}

fn inherit() -> Vec<Row> {
    const ID: &str = "token.user.inherit";
    const LONG: &str = concat!(
        r#"{"grant_type":"inherit","autoCreateUser":true,"username":""#,
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        r#""}"#
    );
    vec![
        illegal(
            ID,
            "username must be provided",
            r#"{"grant_type":"inherit"}"#,
        ),
        illegal(
            ID,
            "username [{name}] is not legal",
            r#"{"grant_type":"inherit","username":"no body","autoCreateUser":true}"#,
        )
        .with("name", "no body"),
        illegal(ID, "USERNAME_TOO_LONG", LONG),
        illegal(
            ID,
            "",
            r#"{"grant_type":"inherit","username":"omar","autoCreateUser":"maybe"}"#,
        ),
        Row::new(ID, 400, "invalid_grant", "user not activated")
            .body(r#"{"grant_type":"inherit","username":"ivan"}"#),
        Row::new(ID, 404, "entity_not_found", "User null not found")
            .body(r#"{"grant_type":"inherit","username":"nobody"}"#),
        Row::new(ID, 404, "entity_not_found", "User null not found")
            .body(r#"{"grant_type":"inherit","username":"no body"}"#),
        Row::new(ID, 429, "resource_limited", super::accounts::QUOTA)
            .body(r#"{"grant_type":"inherit","username":"rosa","autoCreateUser":true}"#),
        // Neither the token nor the name is looked at before the kind of grant.
        illegal(
            ID,
            "unsupported grant_type",
            r#"{"grant_type":"magic","username":"omar"}"#,
        )
        .by(Credential::Garbage),
    ]
}
