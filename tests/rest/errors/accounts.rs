//! What calls about accounts refuse. Source: Easemob REST 3.1 to 3.11 and 3.18 to 3.25.

use serde_json::json;

use super::Row;

/// The text for an app that holds as many users as it may.
pub(super) const QUOTA: &str =
    "You have exceeded the limit of the community edition,Please upgrade to the enterprise edition";
const DUPLICATE: &str = "Application {application} Entity user requires that property named \
                         username be unique, value of {name} exists";
const NOT_LEGAL: &str = "username [{name}] is not legal";
const NAME_MISSING: &str = "Entity user requires a property named username";
const PASSWORD_MISSING: &str = "password or pin must provided";
const TOO_MANY: &str = "Request body array size[{n}] had almost reached or been greater than the \
                        upper range value[60]";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in [
        "user.register.open",
        "user.register.authorized",
        "user.register.bulk",
    ] {
        rows.extend(register_one(endpoint));
    }
    rows.push(
        Row::new(
            "user.register.open",
            401,
            "unauthorized",
            "Open registration doesn't allow, so register user need token",
        )
        .while_closed(),
    );
    rows.extend(register_many());
    rows.extend(unknown_users());
    rows.extend(pages());
    rows.extend(password());
    rows.extend(push());
    rows.extend(batch_status());
    rows
}

/// Refusals of one user, who for the bulk call comes after one without fault.
fn register_one(endpoint: &'static str) -> Vec<Row> {
    let many = endpoint == "user.register.bulk";
    let row = |status, error, description, user: serde_json::Value| {
        let good = json!({"username": "rosa", "password": "pw"});
        let body = if many { json!([good, user]) } else { user };
        Row::new(endpoint, status, error, description).body(body.to_string())
    };
    let illegal = |description, user| row(400, "illegal_argument", description, user);
    let name = |name: &str| json!({"username": name, "password": "pw"});
    let mut rows = vec![
        illegal(NAME_MISSING, json!({"password": "pw"})),
        illegal(NAME_MISSING, json!({"username": null, "password": "pw"})),
        illegal(NAME_MISSING, json!({})),
        illegal("USERNAME_TOO_LONG", name(&"a".repeat(65))),
        // Longer than 64 bytes, not than 64 characters; and length goes before letters.
        illegal("USERNAME_TOO_LONG", name(&"名".repeat(22))),
        illegal(PASSWORD_MISSING, json!({"username": "tom"})),
        illegal(
            PASSWORD_MISSING,
            json!({"username": "tom", "password": null}),
        ),
        illegal(PASSWORD_MISSING, json!({"username": "tom", "password": ""})),
        illegal(
            "PASSWORD_TOO_LONG",
            json!({"username": "tom", "password": "é".repeat(65)}),
        ),
        illegal(
            "NICKNAME_TOO_LONG",
            json!({"username": "tom", "password": "pw", "nickname": "名".repeat(101)}),
        ),
        illegal("", json!({"username": "tom", "password": {}})),
        illegal(
            "",
            json!({"username": "tom", "password": "pw", "nickname": []}),
        ),
        // The name is looked at before the password, the password before the nickname.
        illegal(NOT_LEGAL, json!({"username": "to m"})).with("name", "to m"),
        illegal(NOT_LEGAL, json!({"username": "to m", "password": {}})).with("name", "to m"),
        illegal(
            PASSWORD_MISSING,
            json!({"username": "tom", "nickname": "n".repeat(101)}),
        ),
        illegal(
            PASSWORD_MISSING,
            json!({"username": "tom", "nickname": ["n"]}),
        ),
        row(429, "resource_limited", QUOTA, name("tom")),
    ];
    for wrong in [
        "",
        " ",
        "to m",
        " tom",
        "to/m",
        "to@m.example",
        "a#b",
        "名",
        ".",
        "..",
        "a\0",
    ] {
        rows.push(illegal(NOT_LEGAL, name(wrong)).with("name", wrong));
    }
    for (wrong, shown) in [(json!(true), "true"), (json!(["a"]), "[\"a\"]")] {
        let user = json!({"username": wrong, "password": "pw"});
        rows.push(illegal(NOT_LEGAL, user).with("name", shown));
    }
    if !many {
        for taken in ["omar", "OMAR"] {
            let duplicate = "duplicate_unique_property_exists";
            rows.push(row(400, duplicate, DUPLICATE, name(taken)).with("name", "omar"));
        }
    }
    rows
}

fn register_many() -> Vec<Row> {
    const ID: &str = "user.register.bulk";
    const DUPLICATES: &str = "duplicate_unique_property_exists";
    const DIFFER: &str = "the same user {name} has a different password, the passwords are {list}";
    let crowd = |n: usize| -> String {
        let user = |i| json!({"username": format!("u{i}"), "password": "pw"});
        (0..n).map(user).collect::<serde_json::Value>().to_string()
    };
    let illegal = |description| Row::new(ID, 400, "illegal_argument", description);
    vec![
        illegal(TOO_MANY).with("n", "0").body("[]"),
        illegal(TOO_MANY).with("n", "61").body(crowd(61)),
        illegal(TOO_MANY).with("n", "1000").body(crowd(1000)),
        illegal("").body(r#"[{"username":"rosa","password":"pw"},"tom"]"#),
        illegal("").body("[null]"),
        // The first failing user decides, whatever fails about him.
        illegal(NOT_LEGAL).with("name", "to m").body(
            r#"[{"username":"to m","password":"pw"},{"username":"a","password":{}},{"password":1}]"#,
        ),
        illegal(NAME_MISSING)
            .body(r#"[{"password":"pw"},"tom",{"username":"to m","password":"pw"}]"#),
        Row::new(ID, 400, DUPLICATES, DIFFER)
            .with("name", "rosa")
            .with("list", "***")
            .body(
                r#"[{"username":"rosa","password":"one"},{"username":"Rosa","password":"two"}]"#,
            ),
        Row::new(ID, 400, DUPLICATES, DUPLICATE)
            .with("name", "omar")
            .body(r#"[{"username":"Omar","password":"pw"}]"#),
        Row::new("user.register.authorized", 400, DUPLICATES, DUPLICATE)
            .with("name", "omar")
            .body(r#"[{"username":"Omar","password":"pw"}]"#),
        // One is taken, the other is one too many.
        Row::new(ID, 429, "resource_limited", QUOTA)
            .body(r#"[{"username":"omar","password":"pw"},{"username":"rosa","password":"pw"}]"#),
    ]
}

/// The 404 of every call about one user.
fn unknown_users() -> Vec<Row> {
    let mut rows = Vec::new();
    for (endpoint, path) in [
        ("user.get", "/users/{}"),
        ("user.delete", "/users/{}"),
        ("user.status", "/users/{}/status"),
        ("user.offline_msg_count", "/users/{}/offline_msg_count"),
        (
            "user.offline_msg_status",
            "/users/{}/offline_msg_status/123",
        ),
        ("user.deactivate", "/users/{}/deactivate"),
        ("user.activate", "/users/{}/activate"),
        ("user.disconnect", "/users/{}/disconnect"),
        (
            "user.disconnect.device",
            "/users/{}/disconnect/android_7f21c0",
        ),
        ("user.resources", "/users/{}/resources"),
    ] {
        for name in [
            "nobody",
            "gone",
            "no%20body",
            "a%2Fb",
            "%E5%90%8D",
            "5b1f0c3e-7a42-4f0e-9d6b-2c1e88d4a901",
        ] {
            let description = "Service resource not found";
            let row = Row::new(endpoint, 404, "service_resource_not_found", description);
            rows.push(row.path(path.replace("{}", name)));
        }
    }
    rows
}

fn pages() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in ["user.list", "user.delete.bulk"] {
        let illegal = |description, query: &str| {
            Row::new(endpoint, 400, "illegal_argument", description).path(format!("/users?{query}"))
        };
        for limit in ["two", "1.5", "0x10", "+2", "2%20", "1e2", "-"] {
            rows.push(illegal("limit is invalid", &format!("limit={limit}")));
        }
        for cursor in [
            "x",
            "AAAA",
            "LTgzNDAxMjM3OToxTEFnNE9sNEVlaVQ0UEdhdmJNR2tB",
            "%00",
        ] {
            rows.push(illegal(
                "invalid cursor",
                &format!("limit=2&cursor={cursor}"),
            ));
        }
        if endpoint == "user.delete.bulk" {
            for limit in ["0", "-1", "-99999999999999999999"] {
                rows.push(illegal("limit is invalid", &format!("limit={limit}")));
            }
        }
    }
    rows
}

fn password() -> Vec<Row> {
    const ID: &str = "user.password";
    let illegal =
        |description, body: String| Row::new(ID, 400, "illegal_argument", description).body(body);
    let missing = |body: &str| illegal("newpassword is required", body.to_owned());
    let unknown = |path| Row::new(ID, 404, "entity_not_found", "User null not found").path(path);
    vec![
        missing("{}"),
        missing(r#"{"newpassword":null}"#),
        missing(r#"{"newpassword":""}"#),
        missing(r#"{"password":"pw"}"#),
        illegal("", r#"{"newpassword":["pw"]}"#.to_owned()),
        illegal(
            "PASSWORD_TOO_LONG",
            json!({"newpassword": "p".repeat(65)}).to_string(),
        ),
        unknown("/users/nobody/password"),
        unknown("/users/gone/password"),
        unknown("/users/nobody/password").method("POST"),
    ]
}

fn push() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in [
        "user.push.nickname",
        "user.push.display_style",
        "user.push.no_disturbing",
    ] {
        for path in ["/users/nobody", "/users/gone", "/users/no%20body"] {
            let row = Row::new(endpoint, 400, "required_property_not_found", NAME_MISSING);
            rows.push(row.path(path));
        }
    }
    let illegal = |endpoint, description, body: serde_json::Value| {
        Row::new(endpoint, 400, "illegal_argument", description).body(body.to_string())
    };
    rows.push(illegal(
        "user.push.nickname",
        "NICKNAME_TOO_LONG",
        json!({"nickname": "n".repeat(101)}),
    ));
    rows.push(illegal("user.push.nickname", "", json!({"nickname": {}})));
    // All or nothing: the good field beside the wrong one is not stored, either.
    for style in [
        json!(2),
        json!(-1),
        json!("x"),
        json!(""),
        json!(1.5),
        json!(true),
        json!([]),
    ] {
        let body = json!({"nickname": "M", "notification_display_style": style});
        rows.push(illegal("user.push.display_style", "", body));
    }
    for (key, value) in [
        ("notification_no_disturbing", json!("yes")),
        ("notification_no_disturbing", json!(2)),
        ("notification_no_disturbing", json!({})),
        ("notification_no_disturbing_start", json!(24)),
        ("notification_no_disturbing_start", json!(-1)),
        ("notification_no_disturbing_start", json!("noon")),
        ("notification_no_disturbing_end", json!("24")),
        ("notification_no_disturbing_end", json!([3])),
        ("notification_ignore_1", json!("perhaps")),
    ] {
        rows.push(illegal(
            "user.push.no_disturbing",
            "",
            json!({"nickname": "M", (key): value}),
        ));
        let wrapped = json!({"nickname": "M", "entities": [{(key): value}]});
        rows.push(illegal("user.push.no_disturbing", "", wrapped));
    }
    rows
}

fn batch_status() -> Vec<Row> {
    const ID: &str = "user.status.batch";
    let illegal =
        |description, body: String| Row::new(ID, 400, "illegal_argument", description).body(body);
    let many: Vec<String> = (0..101).map(|i| format!("u{i}")).collect();
    let mut rows = vec![illegal(
        "request body exceeds maximum limit, maximum limit is 100",
        json!({"usernames": many}).to_string(),
    )];
    for body in [
        r"{}",
        r#"{"usernames":null}"#,
        r#"{"usernames":"omar"}"#,
        r#"{"usernames":{"0":"omar"}}"#,
        r#"{"usernames":["omar",null]}"#,
        r#"{"usernames":[["omar"]]}"#,
        r#"{"usernames":[true]}"#,
    ] {
        rows.push(illegal("usernames must be provided", body.to_owned()));
    }
    rows
}
