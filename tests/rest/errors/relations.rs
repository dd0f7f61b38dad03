//! What calls about friends and blocked users refuse. Source: Easemob REST 3.12 to 3.17.

use super::Row;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let unknown = |endpoint, path: &str| {
        let description = "Service resource not found";
        Row::new(endpoint, 404, "service_resource_not_found", description).path(path)
    };
    for (endpoint, paths) in [
        (
            "contact.add",
            [
                "/users/nobody/contacts/users/omar",
                "/users/ines/contacts/users/nobody",
            ],
        ),
        (
            "contact.remove",
            [
                "/users/nobody/contacts/users/omar",
                "/users/maya.lin/contacts/users/gone",
            ],
        ),
        (
            "contact.list",
            ["/users/nobody/contacts/users", "/users/gone/contacts/users"],
        ),
        (
            "block.list",
            ["/users/nobody/blocks/users", "/users/gone/blocks/users"],
        ),
        (
            "block.add",
            ["/users/nobody/blocks/users", "/users/gone/blocks/users"],
        ),
        (
            "block.remove",
            [
                "/users/nobody/blocks/users/omar",
                "/users/maya.lin/blocks/users/nobody",
            ],
        ),
    ] {
        rows.extend(paths.map(|path| unknown(endpoint, path)));
    }
    rows.extend(contacts());
    rows.extend(blocks());
    rows
}

fn contacts() -> Vec<Row> {
    const SELF: &str = "can not add yourself as a friend";
    let full = |path: &str| {
        let description = "user contact number exceed limit";
        Row::new("contact.add", 403, "exceed_limit", description).path(path)
    };
    let oneself = |path: &str| Row::new("contact.add", 400, "illegal_argument", SELF).path(path);
    vec![
        // Maya's list is full; so is that of him whom Ines asks.
        full("/users/maya.lin/contacts/users/ines"),
        full("/users/ines/contacts/users/omar"),
        oneself("/users/ines/contacts/users/ines"),
        oneself("/users/ines/contacts/users/INES"),
        // Also when there is no room any more.
        oneself("/users/maya.lin/contacts/users/Maya.Lin"),
    ]
}

fn blocks() -> Vec<Row> {
    const ID: &str = "block.add";
    const UNKNOWN: &str = "attempt to adding new block[{target}] for user[{owner}],\
                           but user[{target}] not found.";
    let illegal = |description, body: &'static str| {
        Row::new(ID, 400, "illegal_argument", description).body(body)
    };
    let mut rows = vec![
        illegal(UNKNOWN, r#"{"usernames":["nobody"]}"#).with("target", "nobody"),
        // All or none: Ines, who could be blocked, is not.
        illegal(UNKNOWN, r#"{"usernames":["ines","nobody"]}"#)
            .path("/users/omar/blocks/users")
            .with("target", "nobody")
            .with("owner", "omar"),
        illegal(UNKNOWN, r#"{"usernames":[7]}"#).with("target", "7"),
        Row::new(ID, 403, "exceed_limit", "user block number exceed limit")
            .body(r#"{"usernames":["ines"]}"#),
        Row::new(ID, 403, "exceed_limit", "user block number exceed limit")
            .path("/users/omar/blocks/users")
            .body(r#"{"usernames":["ines","maya.lin","ivan"]}"#),
    ];
    for body in [
        r"{}",
        r#"{"usernames":null}"#,
        r#"{"usernames":"omar"}"#,
        r#"{"usernames":[]}"#,
        r#"{"usernames":[null]}"#,
        r#"{"usernames":[{"username":"omar"}]}"#,
    ] {
        rows.push(illegal("usernames must be provided", body));
    }
    for size in ["0", "-1", "some", "1.5"] {
        let path = format!("/users/maya.lin/blocks/users?pageSize={size}");
        rows.push(Row::new("block.list", 400, "illegal_argument", "").path(path));
    }
    for cursor in ["x", "LTgzNDAxMjM3OToxTEFnNE9sNEVlaVQ0UEdhdmJNR2tB"] {
        let path = format!("/users/maya.lin/blocks/users?cursor={cursor}");
        rows.push(Row::new("block.list", 400, "illegal_argument", "invalid cursor").path(path));
    }
    rows.into_iter()
        .map(|row| {
            let owner = row.filled.iter().any(|(key, _)| *key == "owner");
            if owner {
                row
            } else {
                row.with("owner", "maya.lin")
            }
        })
        .collect()
}
