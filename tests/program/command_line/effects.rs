//! What the command line changes beside a running server is seen over HTTP at once.

use std::process::Stdio;

use halloo_testkit::{Program, Reply};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::APP;
use crate::site::{DemoApp, Site, refused, succeeded};

/// A running program and its first app.
async fn served() -> (Site, Program, DemoApp) {
    let site = Site::new();
    let program = site.start().await;
    let app = DemoApp::enter(&site, &program).await;
    (site, program, app)
}

async fn user(app: &mut DemoApp, token: &str, name: &str) -> Reply {
    app.call_as(Some(token), "GET", &format!("/users/{name}"), None)
        .await
}

#[tokio::test]
async fn a_password_is_read_from_the_standard_input() {
    let (site, _program, mut app) = served().await;
    for (name, typed) in [
        ("maya", "s3cret word\n"),
        ("liu", "s3cret word\r\nmore\n"),
        ("kim", "s3cret word"),
    ] {
        let mut command = site.command(&["user", "add", APP, name, "--password-stdin"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(typed.as_bytes()).await.unwrap();
        drop(input);
        let printed = succeeded(child.wait_with_output().await.unwrap());
        assert!(!printed.contains("s3cret"), "{printed}");
        app.log_in(name, "s3cret word").await.ok();
    }
    let mut command = site.command(&["user", "add", APP, "nobody", "--password-stdin"]);
    command.stdin(Stdio::null());
    let line = refused(command).await;
    assert!(line.contains("password"), "{line}");
}

#[tokio::test]
async fn a_ban_and_its_end_are_seen_over_http_at_once() {
    let (site, _program, mut app) = served().await;
    app.register("maya", "pw").await;
    let granted = app.log_in("maya", "pw").await.ok();
    let token = granted["access_token"].as_str().unwrap().to_owned();
    user(&mut app, &token, "maya").await.ok();

    site.run(&["user", "ban", APP, "maya"]).await;
    assert_eq!(user(&mut app, &token, "maya").await.refusal().0, 401);
    let (status, error, description) = app.log_in("maya", "pw").await.refusal();
    assert_eq!(
        (status, &*error, &*description),
        (400, "invalid_grant", "user not activated")
    );
    let shown = app.call("GET", "/users/maya", None).await.ok();
    assert_eq!(shown["entities"][0]["activated"], json!(false));

    site.run(&["user", "unban", APP, "maya"]).await;
    app.log_in("maya", "pw").await.ok();
    // Whoever was shut out proves again who he is.
    assert_eq!(user(&mut app, &token, "maya").await.refusal().0, 401);
}

#[tokio::test]
async fn a_new_client_secret_voids_every_token_at_once() {
    let (site, _program, mut app) = served().await;
    app.register("maya", "pw").await;
    let granted = app.log_in("maya", "pw").await.ok();
    let user_token = granted["access_token"].as_str().unwrap().to_owned();
    let before = site.json(&["app", "show", APP, "--secrets"]).await;

    let rotated = site.json(&["app", "rotate-secret", APP]).await;
    assert_eq!(app.call("GET", "/users/maya", None).await.refusal().0, 401);
    assert_eq!(user(&mut app, &user_token, "maya").await.refusal().0, 401);
    assert_eq!(
        app.grant_app(&before).await.refusal().2,
        "client_secret does not match"
    );
    let granted = app.grant_app(&rotated).await.ok();
    let token = granted["access_token"].as_str().unwrap().to_owned();
    user(&mut app, &token, "maya").await.ok();

    site.run(&["app", "rotate-secret", APP, "--rtm"]).await;
    user(&mut app, &token, "maya").await.ok();
}

#[tokio::test]
async fn the_registration_mode_changes_at_once() {
    let (site, _program, mut app) = served().await;
    let maya = json!({"username": "maya", "password": "pw"});
    let liu = json!({"username": "liu", "password": "pw"});
    assert_eq!(
        app.call_as(None, "POST", "/users", Some(&maya))
            .await
            .refusal()
            .0,
        401
    );
    site.run(&["app", "set-registration", APP, "open"]).await;
    app.call_as(None, "POST", "/users", Some(&maya)).await.ok();
    site.run(&["app", "set-registration", APP, "authorised"])
        .await;
    assert_eq!(
        app.call_as(None, "POST", "/users", Some(&liu))
            .await
            .refusal()
            .0,
        401
    );
}

#[tokio::test]
async fn apps_and_users_made_beside_a_server_are_there_at_once() {
    let (site, _program, mut app) = served().await;
    assert_eq!(app.call("GET", "/users/maya", None).await.refusal().0, 404);
    site.run(&["user", "add", APP, "maya", "--password", "pw"])
        .await;
    app.call("GET", "/users/maya", None).await.ok();
    app.log_in("maya", "pw").await.ok();

    let path = "/acme/chat/users/maya";
    assert_eq!(
        app.client.call("GET", path, None, None).await.refusal().0,
        404
    );
    site.run(&["app", "create", "acme/chat"]).await;
    assert_eq!(
        app.client.call("GET", path, None, None).await.refusal().0,
        401
    );
}
