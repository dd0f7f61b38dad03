//! Every limit at its boundary; what lies beyond it is among the rows, unless it is here.

use halloo_core::Limits;
use halloo_core::apps::Registration;
use halloo_testkit::{TestApp, TestServer};
use serde_json::{Value, json};

use super::envelope_faults;

async fn app(server: &TestServer) -> TestApp {
    server
        .app("acme-im", "chat", Registration::Authorised)
        .await
}

/// Registers `u1` to `uN` in order, 60 at a time.
pub(crate) async fn crowd(app: &TestApp, n: usize) -> Vec<String> {
    let names: Vec<String> = (1..=n).map(|i| format!("u{i}")).collect();
    for some in names.chunks(60) {
        let users = some
            .iter()
            .map(|name| json!({"username": name, "password": "pw"}));
        let done = app.call("POST", "/users", Some(users.collect())).await.ok();
        assert_eq!(done["entities"].as_array().unwrap().len(), some.len());
    }
    names
}

#[test]
fn the_default_limits_are_the_documented_ones() {
    let limits = Limits::default();
    assert_eq!(limits.users_per_app, None);
    assert_eq!((limits.bulk_users, limits.batch_status), (60, 100));
    assert_eq!((limits.password_chars, limits.nickname_chars), (64, 100));
    assert_eq!((limits.contacts, limits.blocks), (1000, 500));
    assert_eq!(
        (limits.page, limits.default_page, limits.block_page),
        (100, 10, 50)
    );
    assert_eq!(limits.token_ttl_seconds, 5_184_000);
    assert_eq!(limits.message_retention_ms, 7 * 86_400_000);
}

#[tokio::test]
async fn names_passwords_and_nicknames_may_be_as_long_as_documented() {
    let server = TestServer::start().await;
    let app = app(&server).await;
    let open = server.app("acme-im", "open", Registration::Open).await;
    for (i, password) in ["p".repeat(64), "é".repeat(64), "名".repeat(64)]
        .into_iter()
        .enumerate()
    {
        let name = format!("{}{i}", "n".repeat(63));
        let nickname = "名".repeat(100);
        let user = json!({"username": name, "password": password, "nickname": nickname});
        app.call("POST", "/users", Some(user.clone())).await.ok();
        open.call_as(None, "POST", "/users", Some(user.clone()))
            .await
            .ok();
        let mut second = user;
        second["username"] = json!(name.replacen('n', "b", 1));
        app.call("POST", "/users", Some(json!([second]))).await.ok();
        for app in [&app, &open] {
            let shown = app.call("GET", &format!("/users/{name}"), None).await.ok();
            assert_eq!(shown["entities"][0]["username"], name);
            assert_eq!(shown["entities"][0]["nickname"], nickname);
            let grant = json!({
                "grant_type": "password", "username": name, "password": password,
            });
            app.call_as(None, "POST", "/token", Some(grant)).await.ok();
        }
    }
    let created = json!({
        "grant_type": "inherit", "username": "i".repeat(64), "autoCreateUser": true,
    });
    app.call("POST", "/token", Some(created)).await.ok();

    app.register("maya.lin").await;
    let password = "名".repeat(64);
    let body = json!({"newpassword": password});
    app.call("PUT", "/users/maya.lin/password", Some(body))
        .await
        .ok();
    let grant = json!({"grant_type": "password", "username": "maya.lin", "password": password});
    app.call_as(None, "POST", "/token", Some(grant)).await.ok();
    let nickname = "😀".repeat(100);
    let body = json!({"nickname": nickname});
    let changed = app.call("PUT", "/users/maya.lin", Some(body)).await.ok();
    assert_eq!(changed["entities"][0]["nickname"], nickname);
}

#[tokio::test]
async fn sixty_users_register_at_once_and_a_hundred_are_asked_about_at_once() {
    let server = TestServer::start().await;
    let app = app(&server).await;
    let mut names = crowd(&app, 60).await;
    names.extend((0..40).map(|i| format!("nobody{i}")));
    let body = json!({"usernames": names});
    let status = app
        .call("POST", "/users/batch/status", Some(body))
        .await
        .ok();
    let expected: Vec<Value> = names.iter().map(|name| json!({name: "offline"})).collect();
    assert_eq!(status["data"], Value::from(expected));
    let body = json!({"usernames": []});
    let status = app
        .call("POST", "/users/batch/status", Some(body))
        .await
        .ok();
    assert_eq!(status["data"], json!([]));
}

#[tokio::test]
async fn a_body_may_be_as_large_and_as_deep_as_documented() {
    let server = TestServer::start().await;
    let app = app(&server).await;
    let open = server.app("acme-im", "open", Registration::Open).await;
    app.register("maya.lin").await;
    let padded = |json: String, bytes: usize| format!("{json}{}", " ".repeat(bytes - json.len()));
    let user = |name: &str| json!({"username": name, "password": "pw"}).to_string();
    let (open_most, most) = (64 * 1024, 1024 * 1024);
    let bearer = format!("Bearer {}", app.token);
    let with_token = [("authorization", bearer.as_str())];
    let mut client = server.client();
    for (path, method, headers, body, bytes) in [
        (
            "/acme-im/open/users",
            "POST",
            &[][..],
            user("rosa"),
            open_most,
        ),
        (
            "/acme-im/chat/users",
            "POST",
            &with_token,
            user("rosa"),
            most,
        ),
        (
            "/acme-im/chat/users/maya.lin",
            "PUT",
            &with_token,
            json!({"nickname": "M"}).to_string(),
            most,
        ),
    ] {
        let at = client
            .send(method, path, headers, padded(body.clone(), bytes))
            .await
            .unwrap();
        at.ok();
        let body = body.replace("rosa", "tom").replace("\"M\"", "\"N\"");
        let over = client
            .send(method, path, headers, padded(body, bytes + 1))
            .await
            .unwrap();
        assert_eq!(over.refusal().0, 413, "{path}");
        assert_eq!(over.headers["connection"], "close", "{path}");
        assert!(
            envelope_faults(&over).is_empty(),
            "{:?}",
            envelope_faults(&over)
        );
    }
    assert_eq!(app.call("GET", "/users/tom", None).await.status, 404);
    assert_eq!(open.call("GET", "/users/tom", None).await.status, 404);

    for (depth, status) in [(64, 200), (65, 400)] {
        let inner = depth - 1;
        let body = format!("{{\"a\":{}{}}}", "[".repeat(inner), "]".repeat(inner));
        let path = "/acme-im/chat/users/maya.lin";
        let reply = client.send("PUT", path, &with_token, body).await.unwrap();
        assert_eq!(reply.status, status, "{depth}");
    }
}

#[tokio::test]
async fn a_roster_holds_as_many_friends_as_configured_on_either_side() {
    let server = TestServer::start_with(|config| config.limits.contacts = 3).await;
    let app = app(&server).await;
    crowd(&app, 6).await;
    let add = async |owner: &str, friend: &str| {
        let path = format!("/users/{owner}/contacts/users/{friend}");
        app.call("POST", &path, None).await.status.as_u16()
    };
    for friend in ["u2", "u3", "u4"] {
        assert_eq!(add("u1", friend).await, 200);
    }
    assert_eq!(add("u1", "u5").await, 403);
    assert_eq!(add("u5", "u1").await, 403, "the other's roster is full");
    assert_eq!(add("u1", "u3").await, 200, "a friend already");
    let list = app.call("GET", "/users/u5/contacts/users", None).await.ok();
    assert_eq!(list["data"], json!([]), "neither side has half an edge");
    app.call("DELETE", "/users/u3/contacts/users/u1", None)
        .await
        .ok();
    assert_eq!(add("u5", "u1").await, 200);
    let list = app.call("GET", "/users/u1/contacts/users", None).await.ok();
    assert_eq!(
        (&list["data"], &list["count"]),
        (&json!(["u5", "u4", "u2"]), &json!(3))
    );
}

#[tokio::test]
async fn a_block_list_holds_500_users_and_pages_hold_100() {
    let server = TestServer::start().await;
    let app = app(&server).await;
    let names = crowd(&app, 502).await;
    let block = async |owner: &str, names: &[String]| {
        let body = json!({"usernames": names});
        app.call("POST", &format!("/users/{owner}/blocks/users"), Some(body))
            .await
    };
    let count = async |owner: &str| {
        let list = app
            .call("GET", &format!("/users/{owner}/blocks/users"), None)
            .await
            .ok();
        assert_eq!(
            list["data"].as_array().map(Vec::len).unwrap(),
            list["count"]
        );
        list["count"].as_u64().unwrap()
    };
    let refused = (
        403,
        "exceed_limit".into(),
        "user block number exceed limit".into(),
    );
    assert_eq!(block("u1", &names[1..]).await.refusal(), refused);
    assert_eq!(count("u1").await, 0, "none of 501");
    let done = block("u1", &names[1..501]).await.ok();
    assert_eq!(done["data"], json!(names[1..501]));
    assert_eq!(count("u1").await, 500);
    assert_eq!(block("u1", &names[501..]).await.refusal(), refused);
    assert_eq!(block("u1", &names[499..502]).await.refusal(), refused);
    assert_eq!(count("u1").await, 500);
    block("u1", &names[1..501]).await.ok();
    app.call("DELETE", "/users/u1/blocks/users/u2", None)
        .await
        .ok();
    block("u1", &names[501..]).await.ok();
    assert_eq!(count("u1").await, 500);

    for (size, expected) in [("1", 1), ("50", 50), ("51", 50), ("500", 50), ("", 500)] {
        let path = format!("/users/u1/blocks/users?pageSize={size}");
        let page = app.call("GET", &path, None).await.ok();
        assert_eq!(page["count"], expected, "pageSize={size}");
        assert_eq!(
            page.get("cursor").is_some(),
            expected < 500,
            "pageSize={size}"
        );
    }
    for (query, expected) in [
        ("", 10),
        ("?limit=", 10),
        ("?limit=0", 10),
        ("?limit=-1", 10),
        ("?limit=-99999999999999999999", 10),
        ("?limit=1", 1),
        ("?limit=007", 7),
        ("?limit=99", 99),
        ("?limit=100", 100),
        ("?limit=101", 100),
        ("?limit=500", 100),
        ("?limit=99999999999999999999", 100),
    ] {
        let page = app.call("GET", &format!("/users{query}"), None).await.ok();
        assert_eq!(page["count"], expected, "{query}");
        assert_eq!(
            page["entities"].as_array().unwrap().len(),
            expected,
            "{query}"
        );
    }
    let mut left = 502;
    for (query, expected) in [
        ("", 10),
        ("?limit=", 10),
        ("?limit=1", 1),
        ("?limit=100", 100),
        ("?limit=101", 100),
        ("?limit=500", 100),
        ("?limit=99999999999999999999", 100),
        ("?limit=100", 81),
        ("?limit=100", 0),
    ] {
        let page = app
            .call("DELETE", &format!("/users{query}"), None)
            .await
            .ok();
        assert_eq!(
            page["entities"].as_array().unwrap().len(),
            expected,
            "{query}"
        );
        left -= expected;
        assert_eq!(
            page.get("cursor").is_some(),
            left > 0,
            "{query} with {left} left"
        );
    }
}

#[tokio::test]
async fn hours_and_styles_are_taken_at_both_ends_of_their_range() {
    let server = TestServer::start().await;
    let app = app(&server).await;
    app.register("maya.lin").await;
    for (from, to, style) in [(0, 23, 0), (23, 0, 1)] {
        let body = json!({
            "notification_no_disturbing_start": from,
            "notification_no_disturbing_end": to.to_string(),
            "notification_display_style": style,
        });
        let changed = app.call("PUT", "/users/maya.lin", Some(body)).await.ok();
        let user = &changed["entities"][0];
        assert_eq!(user["notification_no_disturbing_start"], from);
        assert_eq!(user["notification_no_disturbing_end"], to);
        assert_eq!(user["notification_display_style"], style);
    }
}

#[tokio::test]
async fn a_page_size_beyond_any_number_is_the_largest_one() {
    let server = TestServer::start().await;
    let app = app(&server).await;
    app.register("maya.lin").await;
    let path = "/users/maya.lin/blocks/users?pageSize=99999999999999999999";
    app.call("GET", path, None).await.ok();
}

#[tokio::test]
async fn a_url_over_8_kib_is_refused_in_the_envelope() {
    let server = TestServer::start().await;
    let app = app(&server).await;
    app.register("maya.lin").await;
    let base = "/users/maya.lin?_v=";
    let full = |bytes: usize| bytes - app.base().len() - base.len();
    let url = |bytes: usize| format!("{base}{}", "x".repeat(full(bytes)));
    app.call("GET", &url(8 * 1024), None).await.ok();
    let over = app.call("GET", &url(8 * 1024 + 1), None).await;
    assert_eq!(over.refusal().0, 414);
    assert!(
        envelope_faults(&over).is_empty(),
        "{:?}",
        envelope_faults(&over)
    );
}

#[tokio::test]
async fn a_head_over_16_kib_is_refused_in_the_envelope() {
    let server = TestServer::start().await;
    app(&server).await;
    let path = "/acme-im/chat/users/maya.lin";
    let large = "x".repeat(17 * 1024);
    let mut client = server.client();
    let over = client
        .send("GET", path, &[("x-large", &large)], "")
        .await
        .unwrap();
    assert_eq!(over.refusal().0, 431);
    assert!(
        envelope_faults(&over).is_empty(),
        "{:?}",
        envelope_faults(&over)
    );
}
