mod backup;
mod effects;
mod wrong_input;

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use halloo_testkit::Program;
use serde_json::{Value, json};

use crate::site::{DemoApp, Site, succeeded};

const APP: &str = DemoApp::KEY;
const APP_KEYS: [&str; 8] = [
    "app",
    "application",
    "client_id",
    "client_secret",
    "org",
    "pid",
    "registration",
    "rtm_secret",
];

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object
        .as_object()
        .expect("an object")
        .keys()
        .map(|k| &**k)
        .collect();
    keys.sort_unstable();
    keys
}

/// A data folder with the app `APP`, and a program that serves it if `running`.
async fn site(running: bool) -> (Site, Option<Program>) {
    let site = Site::new();
    if running {
        let program = site.start().await;
        return (site, Some(program));
    }
    site.run(&["app", "create", APP]).await;
    (site, None)
}

#[tokio::test]
async fn the_help_shows_examples_and_every_sub_command() {
    let site = Site::new();
    let help = site.run(&["--help"]).await;
    for word in [
        "Examples:",
        "halloo app create acme/chat",
        "--data",
        "--http",
        "backup",
        "check",
    ] {
        assert!(help.contains(word), "no {word} in {help}");
    }
    let apps = site.run(&["app", "--help"]).await;
    for word in [
        "create",
        "list",
        "show",
        "rotate-secret",
        "set-registration",
    ] {
        assert!(apps.contains(word), "no {word} in {apps}");
    }
    let users = site.run(&["user", "--help"]).await;
    for word in ["add", "list", "ban", "unban", "kick"] {
        assert!(users.contains(word), "no {word} in {users}");
    }
    let version = site.run(&["--version"]).await;
    assert_eq!(
        version.trim(),
        format!("halloo {}", env!("CARGO_PKG_VERSION"))
    );
}

#[tokio::test]
async fn create_and_show_print_the_same_eight_keys_running_or_stopped() {
    for running in [false, true] {
        let (site, program) = site(running).await;
        let made = site
            .json(&["app", "create", "acme_im/chat-2", "--registration", "open"])
            .await;
        assert_eq!(keys(&made), APP_KEYS, "{made}");
        assert_eq!(
            (&made["org"], &made["app"]),
            (&json!("acme_im"), &json!("chat-2"))
        );
        assert_eq!(made["registration"], "open");
        assert!(made["pid"].as_i64().unwrap() > 0);
        for text in ["application", "client_id", "client_secret", "rtm_secret"] {
            assert!(!made[text].as_str().unwrap().is_empty(), "{text}");
        }

        let show = ["app", "show", "acme_im/chat-2", "--secrets"];
        assert_eq!(site.json(&show).await, made);
        if let Some(program) = program {
            assert!(program.terminate().await);
        }
        assert_eq!(site.json(&show).await, made);
        let _program = site.start().await;
        assert_eq!(site.json(&show).await, made);

        let other = site.json(&["app", "create", "acme_im/chat-3"]).await;
        assert_eq!(other["registration"], "authorised");
        for unique in [
            "application",
            "client_id",
            "client_secret",
            "rtm_secret",
            "pid",
        ] {
            assert_ne!(other[unique], made[unique], "{unique}");
        }
    }
}

#[tokio::test]
async fn an_app_is_shown_without_secrets_unless_they_are_asked_for() {
    let (site, _program) = site(true).await;
    let whole = site.json(&["app", "show", APP, "--secrets"]).await;
    let secrets = ["client_secret", "rtm_secret"];
    let quiet = [
        site.run(&["app", "show", APP]).await,
        site.run(&["app", "show", APP, "--json"]).await,
        site.run(&["app", "set-registration", APP, "authorised"])
            .await,
        site.run(&["app", "set-registration", APP, "authorised", "--json"])
            .await,
        site.run(&["app", "list"]).await,
        site.run(&["app", "list", "--json"]).await,
    ];
    for printed in quiet {
        for secret in secrets.map(|key| whole[key].as_str().unwrap()) {
            assert!(!printed.contains(secret), "{printed}");
        }
        assert!(!printed.contains("secret"), "{printed}");
    }
    let told = site.run(&["app", "show", APP, "--secrets"]).await;
    for secret in secrets.map(|key| whole[key].as_str().unwrap()) {
        assert!(told.contains(secret), "{told}");
    }
    let bare = site.run(&["app", "show", APP, "--client-secret"]).await;
    assert_eq!(bare.trim_end(), whole["client_secret"]);
}

#[tokio::test]
async fn every_sub_command_works_on_a_stopped_folder_and_beside_a_server() {
    for running in [false, true] {
        let (site, _program) = site(running).await;
        let added = site
            .json(&["user", "add", APP, "Maya", "--password", "pw-1"])
            .await;
        assert_eq!(added["username"], "maya");
        assert_eq!(added["banned"], "no");
        assert_eq!(added["online"], json!(false));
        assert_eq!(added.get("password"), None);
        let named = ["user", "add", APP, "42", "--nickname", "The answer"];
        let named = site.json(&named).await;
        assert_eq!(
            (&named["uid"], &named["nickname"]),
            (&json!(42), &json!("The answer"))
        );
        assert!(named["password"].as_str().unwrap().len() >= 16);

        let users = site.json(&["user", "list", APP]).await;
        let names = users
            .as_array()
            .unwrap()
            .iter()
            .map(|user| &user["username"]);
        assert_eq!(names.collect::<Vec<_>>(), ["maya", "42"]);
        let one = site.json(&["user", "list", APP, "--limit", "1"]).await;
        assert_eq!(one.as_array().unwrap().len(), 1);

        let banned = site.json(&["user", "ban", APP, "maya"]).await;
        assert_eq!(banned["banned"], "for ever");
        let banned = site
            .json(&["user", "ban", APP, "maya", "--seconds", "3600"])
            .await;
        assert!(banned["banned"]["until_ms"].as_i64().unwrap() > 1_700_000_000_000);
        let again = site.json(&["user", "unban", APP, "maya"]).await;
        assert_eq!(again["banned"], "no");
        let kicked = site.json(&["user", "kick", APP, "maya"]).await;
        assert_eq!(kicked, json!({"username": "maya", "closed_sessions": 0}));
        site.json(&["user", "kick", APP, "maya", "--resource", "phone"])
            .await;

        let apps = site.json(&["app", "list"]).await;
        let shown = json!({
            "org": "demo-org", "app": "demo-app", "registration": "authorised", "users": 2,
            "legacy_signatures": true, "logins": "all", "rooms": "one", "login_key": false,
            "message_retention": "default", "message_ids": "lenient", "back_end": "bound",
            "administrators": [],
        });
        assert_eq!(apps, json!([shown]));
        let opened = site.json(&["app", "set-registration", APP, "open"]).await;
        assert_eq!(opened["registration"], "open");
        let before = site.json(&["app", "show", APP, "--secrets"]).await;
        let rotated = site.json(&["app", "rotate-secret", APP]).await;
        assert_ne!(rotated["client_secret"], before["client_secret"]);
        assert_eq!(rotated["rtm_secret"], before["rtm_secret"]);
        let turned = site.json(&["app", "rotate-secret", APP, "--rtm"]).await;
        assert_eq!(turned["client_secret"], rotated["client_secret"]);
        assert_ne!(turned["rtm_secret"], rotated["rtm_secret"]);

        let target = site.beside("copy");
        let done = site.json(&["backup", "copy"]).await;
        assert_eq!(done, json!({"backup": target}));
        assert_eq!(
            target.metadata().unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert_eq!(site.json(&["check"]).await["data"], json!(site.data()));
    }
}

#[tokio::test]
async fn people_are_told_in_words_what_was_done() {
    let (site, _program) = site(true).await;
    let created = site.run(&["app", "create", "acme/chat"]).await;
    assert!(created.starts_with("acme/chat\n"), "{created}");
    let added = site
        .run(&["user", "add", APP, "maya", "--password", "pw"])
        .await;
    assert!(added.starts_with("maya  uid "), "{added}");
    assert!(
        site.run(&["user", "ban", APP, "maya"])
            .await
            .contains("banned for ever")
    );
    let until = site
        .run(&["user", "ban", APP, "maya", "--seconds", "5"])
        .await;
    assert!(until.contains("banned until 1"), "{until}");
    assert!(
        !site
            .run(&["user", "unban", APP, "maya"])
            .await
            .contains("banned")
    );
    assert!(
        site.run(&["user", "kick", APP, "maya"])
            .await
            .contains("0 connections")
    );
    assert_eq!(site.run(&["user", "list", APP]).await.lines().count(), 1);
    assert_eq!(site.run(&["app", "list"]).await.lines().count(), 2);
    assert!(site.run(&["backup", "copy"]).await.contains("copy"));
}

#[tokio::test]
async fn sub_commands_at_the_same_time_wait_for_each_other() {
    for running in [false, true] {
        let (site, _program) = site(running).await;
        let names = ["ann", "bob", "cat", "dan", "eve"];
        let add = |name| {
            let mut command = site.command(&["user", "add", APP, name]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        for child in names.map(add) {
            succeeded(child.wait_with_output().await.unwrap());
        }
        let users = site.json(&["user", "list", APP]).await;
        assert_eq!(users.as_array().unwrap().len(), names.len());
    }
}

#[tokio::test]
async fn a_data_folder_of_any_length_has_a_working_control_socket() {
    for depth in [4, 17] {
        let site = Site::with_data(&["a-folder-with-a-long-name"].repeat(depth).join("/"));
        assert!(site.data().as_os_str().len() > 108);
        let program = site.start().await;
        site.run(&["user", "add", APP, "maya", "--password", "pw"])
            .await;
        DemoApp::enter(&site, &program)
            .await
            .log_in("maya", "pw")
            .await
            .ok();
        let socket = std::fs::metadata(site.data().join("control.sock")).unwrap();
        assert_eq!(socket.permissions().mode() & 0o777, 0o600);
        assert!(program.terminate().await);
        assert!(!site.data().join("control.sock").exists());
    }
}
