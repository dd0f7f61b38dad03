//! How long tokens live and what ends them.

use halloo_core::apps::Registration;
use halloo_testkit::TestServer;
use serde_json::{Value, json};

use super::Place;

const DAY_MS: i64 = 86_400_000;

#[tokio::test]
async fn a_users_tokens_die_with_his_password_his_account_or_his_access() {
    let place = Place::with(&["maya", "omar"]).await;
    let others = place.log_in("omar", "pw-omar").await.unwrap();
    let password = json!({"newpassword": "pw-maya"});
    for (method, path, body) in [
        ("PUT", "/users/maya/password", Some(password.clone())),
        ("POST", "/users/maya/password", Some(password)),
        ("POST", "/users/maya/deactivate", None),
        ("DELETE", "/users/maya", None),
    ] {
        let tokens = [
            place.log_in("maya", "pw-maya").await.unwrap(),
            place.log_in("MAYA", "pw-maya").await.unwrap(),
        ];
        for token in &tokens {
            assert!(
                place.opens(token, "maya").await,
                "several are valid side by side"
            );
        }
        place.app.call(method, path, body).await.ok();
        for token in &tokens {
            assert!(!place.opens(token, "maya").await, "after {method} {path}");
            let any = place
                .app
                .call_as(Some(token), "GET", "/users/omar", None)
                .await;
            assert_eq!(any.status, 401, "after {method} {path}");
        }
        // What comes afterwards does not bring them back.
        if path.ends_with("deactivate") {
            place
                .app
                .call("POST", "/users/maya/activate", None)
                .await
                .ok();
        } else if method == "DELETE" {
            place.app.register("maya").await;
        }
        for token in &tokens {
            assert!(
                !place.opens(token, "maya").await,
                "long after {method} {path}"
            );
        }
    }
    assert!(place.opens(&others, "omar").await);
}

#[tokio::test]
async fn a_users_tokens_outlive_what_does_not_shut_him_out() {
    let place = Place::with(&["maya", "omar"]).await;
    let token = place.log_in("maya", "pw-maya").await.unwrap();
    let session = place.connect(&place.app, "maya", "web_1").await;
    let block = json!({"usernames": ["maya"]});
    for (method, path, body) in [
        ("GET", "/users/maya/disconnect", None),
        ("DELETE", "/users/maya/disconnect/web_1", None),
        ("PUT", "/users/maya", Some(json!({"nickname": "M"}))),
        ("POST", "/users/maya/activate", None),
        ("POST", "/users/maya/contacts/users/omar", None),
        ("POST", "/users/omar/blocks/users", Some(block)),
        ("DELETE", "/users/omar", None),
    ] {
        place.app.call(method, path, body).await.ok();
        assert!(place.opens(&token, "maya").await, "after {method} {path}");
    }
    assert!(session.closed().is_some());
    place.connect(&place.app, "maya", "web_1").await;
}

#[tokio::test]
async fn the_old_password_opens_an_account_again_when_its_ban_is_lifted() {
    let place = Place::with(&["maya"]).await;
    for _ in 0..2 {
        for _ in 0..2 {
            place
                .app
                .call("POST", "/users/maya/deactivate", None)
                .await
                .ok();
            assert_eq!(place.user("maya").await["activated"], false);
        }
        assert_eq!(
            place.log_in("maya", "pw-maya").await,
            Err("user not activated".into())
        );
        assert_eq!(
            place.log_in("maya", "wrong").await,
            Err("invalid password".into())
        );
        let body = json!({"grant_type": "inherit", "username": "maya"});
        let refused = place.app.call("POST", "/token", Some(body)).await.refusal();
        assert_eq!(refused.2, "user not activated");
        for _ in 0..2 {
            place
                .app
                .call("POST", "/users/maya/activate", None)
                .await
                .ok();
            assert_eq!(place.user("maya").await["activated"], true);
        }
        let token = place.log_in("maya", "pw-maya").await.unwrap();
        assert!(place.opens(&token, "maya").await);
    }
}

#[tokio::test]
async fn only_the_newest_password_opens_an_account() {
    let place = Place::with(&["maya"]).await;
    for password in ["n3w", "名字", "n3w", "pw-maya"] {
        let before = place.user("maya").await["modified"].as_i64().unwrap();
        place.server.clock.advance_ms(1000);
        let body = json!({"newpassword": password});
        place
            .app
            .call("PUT", "/users/Maya/password", Some(body))
            .await
            .ok();
        place.log_in("maya", password).await.unwrap();
        for old in ["n3w", "名字", "pw-maya", "N3W", ""] {
            assert_eq!(
                place.log_in("maya", old).await.is_ok(),
                old == password,
                "{old}"
            );
        }
        assert!(place.user("maya").await["modified"].as_i64().unwrap() > before);
    }
}

#[tokio::test]
async fn a_token_ends_at_its_very_instant() {
    let place = Place::with(&["maya"]).await;
    let grant = async |body: Value| -> String {
        let granted = place.app.call("POST", "/token", Some(body)).await.ok();
        granted["access_token"].as_str().unwrap().to_owned()
    };
    let (id, secret) = (
        &place.app.app.client_id,
        place.app.app.client_secret.reveal(),
    );
    let of_app = |ttl: Value| {
        json!({
            "grant_type": "client_credentials", "client_id": id, "client_secret": secret,
            "ttl": ttl,
        })
    };
    let of_user = |ttl: Value| json!({"grant_type": "inherit", "username": "maya", "ttl": ttl});
    let short = [
        grant(of_app(json!(10))).await,
        grant(of_user(json!("10"))).await,
    ];
    let usual = [
        grant(of_app(Value::Null)).await,
        grant(of_user(Value::Null)).await,
    ];
    let never = [
        grant(of_app(json!(0))).await,
        grant(of_user(json!(0))).await,
    ];
    let valid = async |tokens: &[String; 2], expected: bool| {
        for token in tokens {
            assert_eq!(place.opens(token, "maya").await, expected);
        }
    };
    let clock = &place.server.clock;
    clock.advance_ms(9_999);
    valid(&short, true).await;
    clock.advance_ms(1);
    valid(&short, false).await;
    clock.advance_ms(60 * DAY_MS - 10_001);
    valid(&usual, true).await;
    clock.advance_ms(1);
    valid(&usual, false).await;
    clock.advance_ms(100 * 365 * DAY_MS);
    valid(&never, true).await;
}

#[tokio::test]
async fn sweeping_takes_only_tokens_that_have_ended() {
    let place = Place::with(&["maya"]).await;
    let mut short = Vec::new();
    for _ in 0..3 {
        let body = json!({"grant_type": "inherit", "username": "maya", "ttl": 5});
        let granted = place.app.call("POST", "/token", Some(body)).await.ok();
        short.push(granted["access_token"].as_str().unwrap().to_owned());
    }
    let long = place.log_in("maya", "pw-maya").await.unwrap();
    place.server.clock.advance_ms(4_999);
    assert_eq!(place.server.core.sweep().await.unwrap(), 0);
    place.server.clock.advance_ms(1);
    assert_eq!(place.server.core.sweep().await.unwrap(), 3);
    assert!(place.opens(&long, "maya").await);
    for token in short {
        assert!(!place.opens(&token, "maya").await);
    }
}

#[tokio::test]
async fn the_default_life_of_a_token_is_configured() {
    let server = TestServer::start_with(|config| {
        config.limits.token_ttl.0 = std::time::Duration::from_secs(90);
    });
    let place = Place::on(server.await, &["maya"]).await;
    let body = json!({"grant_type": "password", "username": "maya", "password": "pw-maya"});
    let granted = place
        .app
        .call_as(None, "POST", "/token", Some(body))
        .await
        .ok();
    assert_eq!(granted["expires_in"], 90);
    place.server.clock.advance_ms(90_000);
    assert!(
        !place
            .opens(granted["access_token"].as_str().unwrap(), "maya")
            .await
    );
}

#[tokio::test]
async fn a_new_client_secret_ends_every_token_of_the_app() {
    let place = Place::with(&["maya"]).await;
    let twin = place
        .server
        .app("acme-im", "twin", Registration::Authorised)
        .await;
    let user = place.log_in("maya", "pw-maya").await.unwrap();
    let old = place.app.app.client_secret.reveal().to_owned();
    let key = &place.app.app.key;
    let rotated = place
        .server
        .core
        .apps
        .rotate_client_secret(key)
        .await
        .unwrap();
    assert_eq!(place.app.call("GET", "/users", None).await.status, 401);
    assert!(!place.opens(&user, "maya").await);
    let body = json!({
        "grant_type": "client_credentials", "client_id": rotated.client_id, "client_secret": old,
    });
    let refused = place
        .app
        .call_as(None, "POST", "/token", Some(body))
        .await
        .refusal();
    assert_eq!(refused.2, "client_secret does not match");
    let app = place.server.enter(rotated).await;
    app.call("GET", "/users/maya", None).await.ok();
    twin.call("GET", "/users", None).await.ok();
    assert!(
        place.log_in("maya", "pw-maya").await.is_ok(),
        "passwords stay"
    );
}

#[tokio::test]
async fn tokens_outlive_a_restart_and_so_does_their_end() {
    let place = Place::with(&["maya", "omar", "ines"]).await;
    let valid = place.log_in("maya", "pw-maya").await.unwrap();
    let revoked = place.log_in("omar", "pw-omar").await.unwrap();
    let body = json!({"newpassword": "n3w"});
    place
        .app
        .call("PUT", "/users/omar/password", Some(body))
        .await
        .ok();
    let body = json!({"grant_type": "inherit", "username": "ines", "ttl": 10});
    let short = place.app.call("POST", "/token", Some(body)).await.ok()["access_token"].clone();
    place
        .app
        .call("POST", "/users/maya/contacts/users/omar", None)
        .await
        .ok();
    place
        .app
        .call("PUT", "/users/maya", Some(json!({"nickname": "M"})))
        .await
        .ok();
    let before = place.user("maya").await;

    let server = place.server.restart().await;
    let mut client = server.client();
    let mut call = async |path: &str, token: &str| {
        client
            .call("GET", &format!("/acme-im/chat{path}"), Some(token), None)
            .await
    };
    let shown = call("/users/maya", &place.app.token).await.ok();
    assert_eq!(shown["entities"][0], before);
    let friends = call("/users/maya/contacts/users", &valid).await.ok();
    assert_eq!(friends["data"], json!(["omar"]));
    assert_eq!(call("/users/maya", &revoked).await.status, 401);
    let short = short.as_str().unwrap();
    assert_eq!(call("/users/maya", short).await.status, 200);
    server.clock.advance_ms(10_000);
    assert_eq!(call("/users/maya", short).await.status, 401);
}

#[tokio::test]
async fn an_account_made_for_a_token_has_no_password_until_one_is_set() {
    let place = Place::with(&[]).await;
    let body = json!({"grant_type": "inherit", "username": "Rosa", "autoCreateUser": true});
    let granted = place
        .app
        .call("POST", "/token", Some(body.clone()))
        .await
        .ok();
    assert_eq!(granted["user"]["username"], "rosa");
    assert_eq!(place.user("rosa").await, granted["user"]);
    for guess in ["rosa", "null", "None", "pw-rosa"] {
        assert_eq!(
            place.log_in("rosa", guess).await,
            Err("invalid password".into())
        );
    }
    let again = place.app.call("POST", "/token", Some(body)).await.ok();
    assert_eq!(again["user"]["uuid"], granted["user"]["uuid"]);
    let body = json!({"newpassword": "n3w"});
    place
        .app
        .call("PUT", "/users/rosa/password", Some(body))
        .await
        .ok();
    assert!(place.log_in("rosa", "n3w").await.is_ok());
}
