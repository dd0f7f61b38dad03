//! Tokens, registration, reading, deletion, passwords, and accounts shut out.

use halloo_core::apps::Registration;
use serde_json::Value;

use super::{Sent, Stage};

#[tokio::test]
async fn an_app_token_is_fetched_as_in_the_documents() {
    let mut stage = Stage::open(Registration::Authorised).await;
    let app = &stage.app.app;
    let body = format!(
        "{{ \n   \"grant_type\": \"client_credentials\",  \n   \"client_id\": \"{}\", \n   \
         \"client_secret\": \"{}\"  \n }}",
        app.client_id,
        app.client_secret.reveal()
    );
    let example = ("token.app", "client_credentials");
    stage
        .show_as(None, example, ("POST", "/token"), Sent::Json, &body)
        .await;
}

#[tokio::test]
async fn user_tokens_are_fetched_as_by_client_sdks() {
    let mut stage = Stage::with_users(&["user1"]).await;
    let body = r#"{"grant_type":"password","username":"user1","password":"pw-user1","timestamp":1735689600000}"#;
    let example = ("token.user.password", "login");
    stage
        .show_as(None, example, ("POST", "/token"), Sent::Bare, body)
        .await;
    let body = r#"{"grant_type":"inherit","username":"user1","autoCreateUser":true,"ttl":1024000}"#;
    stage
        .show(
            ("token.user.inherit", "by_name"),
            ("POST", "/token"),
            Sent::Json,
            body,
        )
        .await;
}

#[tokio::test]
async fn one_user_registers_openly_as_in_the_documents() {
    let mut stage = Stage::open(Registration::Open).await;
    let users = ("POST", "/users");
    for (variant, body) in [
        (
            "with_a_nickname",
            r#"{"username":"user1","password":"123","nickname":"testuser"}"#,
        ),
        (
            "without_a_nickname",
            r#"{"username":"user2","password":"123"}"#,
        ),
    ] {
        let example = ("user.register.open", variant);
        stage.show_as(None, example, users, Sent::Bare, body).await;
    }
}

#[tokio::test]
async fn one_user_is_registered_as_in_the_documents() {
    let mut stage = Stage::open(Registration::Authorised).await;
    for (variant, body) in [
        (
            "object",
            r#"{"username":"user1","password":"123","nickname":"testuser"}"#,
        ),
        (
            "array_with_a_nickname",
            "[  \n   {  \n     \"username\": \"user2\",  \n     \"password\": \"123\",  \n     \
             \"nickname\": \"testuser\"  \n   }  \n ]",
        ),
        (
            "array_without_a_nickname",
            "[\n   {\n     \"username\": \"user3\",\n     \"password\": \"123\"\n   }\n ]",
        ),
    ] {
        let example = ("user.register.authorized", variant);
        stage
            .show(example, ("POST", "/users"), Sent::Json, body)
            .await;
    }
}

#[tokio::test]
async fn many_users_are_registered_as_in_the_documents() {
    for (variant, taken, body) in [
        (
            "two_with_nicknames",
            None,
            r#"[{"username":"user1", "password":"123","nickname":"testuser1"}, {"username":"user2", "password":"456","nickname":"testuser2"}]"#,
        ),
        (
            "two_without_nicknames",
            None,
            r#"[{"username":"user1", "password":"123"}, {"username":"user2", "password":"456"}]"#,
        ),
        (
            "three_with_nicknames_and_one_taken",
            Some("user3"),
            r#"[{"username":"user1", "password":"123","nickname":"testuser1"}, {"username":"user2", "password":"456","nickname":"testuser2"}, {"username":"user3", "password":"789","nickname":"testuser3"}]"#,
        ),
        (
            "three_without_nicknames_and_one_taken",
            Some("user3"),
            r#"[{"username":"user1", "password":"123"}, {"username":"user2", "password":"456"}, {"username":"user3", "password":"789"}]"#,
        ),
    ] {
        let mut stage = Stage::with_users(taken.as_slice()).await;
        let example = ("user.register.bulk", variant);
        stage
            .show(example, ("POST", "/users"), Sent::Bare, body)
            .await;
    }
}

#[tokio::test]
async fn users_are_read_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2", "user3", "user4", "user5"]).await;
    stage
        .show(("user.get", "one"), ("GET", "/users/user1"), Sent::Json, "")
        .await;
    let mut path = "/users?limit=2".to_owned();
    for variant in ["first_page", "middle_page"] {
        let example = ("user.list", variant);
        let page = stage
            .show(example, ("GET", &path), Sent::Json, "")
            .await
            .ok();
        let cursor = page["cursor"].as_str().expect("more users follow");
        path = format!("/users?limit=2&cursor={cursor}");
    }
    let last = stage
        .show(("user.list", "last_page"), ("GET", &path), Sent::Json, "")
        .await;
    assert_eq!(last.ok().get("cursor"), None);
}

#[tokio::test]
async fn users_are_deleted_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2", "user3", "user4"]).await;
    stage
        .show(
            ("user.delete", "one"),
            ("DELETE", "/users/user1"),
            Sent::Json,
            "",
        )
        .await;
    let many = ("DELETE", "/users?limit=2");
    let more = stage
        .show(("user.delete.bulk", "two_of_more"), many, Sent::Json, "")
        .await;
    assert!(more.ok()["cursor"].is_string());
    let last = stage
        .show(("user.delete.bulk", "the_last"), many, Sent::Json, "")
        .await;
    assert_eq!(last.ok().get("cursor"), None);
}

#[tokio::test]
async fn a_password_is_changed_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1"]).await;
    let call = ("PUT", "/users/user1/password");
    let body = "{  \n   \"newpassword\": \"123\"  \n }";
    stage
        .show(("user.password", "change"), call, Sent::Json, body)
        .await;
    let body = r#"{"grant_type":"password","username":"user1","password":"123"}"#;
    let body: Value = serde_json::from_str(body).unwrap();
    stage
        .app
        .call_as(None, "POST", "/token", Some(body))
        .await
        .ok();
}

#[tokio::test]
async fn an_account_is_shut_out_and_let_in_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1"]).await;
    let shut = ("POST", "/users/user1/deactivate");
    stage
        .show(("user.deactivate", "one"), shut, Sent::Json, "")
        .await;
    let opened = ("POST", "/users/user1/activate");
    stage
        .show(("user.activate", "one"), opened, Sent::Json, "")
        .await;
}
