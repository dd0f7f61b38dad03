//! Two calls at once leave what one after the other would have left.

use std::collections::BTreeSet;

use halloo_core::apps::Registration;
use halloo_testkit::{TestServer, open_session};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Place, device, end};
use crate::errors::crowd;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_beside_a_change_of_password_or_access_leaves_no_token() {
    let place = Place::with(&["maya"]).await;
    for round in 0..20 {
        let password = format!("pw-{round}");
        let body = json!({"newpassword": password});
        place
            .app
            .call("PUT", "/users/maya/password", Some(body))
            .await
            .ok();
        let (method, path, body) = match round % 2 {
            0 => (
                "PUT",
                "/users/maya/password",
                Some(json!({"newpassword": "other"})),
            ),
            _ => ("POST", "/users/maya/deactivate", None),
        };
        let change = place.app.call(method, path, body);
        let (login, again, change) = tokio::join!(
            place.log_in("maya", &password),
            place.log_in("maya", &password),
            change
        );
        change.ok();
        place
            .app
            .call("POST", "/users/maya/activate", None)
            .await
            .ok();
        for token in [login, again].into_iter().flatten() {
            assert!(!place.opens(&token, "maya").await, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_opens_beside_a_ban_or_deletion_is_refused_or_closed() {
    let place = Place::with(&[]).await;
    let core = &place.server.core;
    for round in 0..20 {
        place.app.register("maya").await;
        let user = core.users.find(place.app.app.id, "maya").await.unwrap();
        let (method, path, body) = match round % 3 {
            0 => ("POST", "/users/maya/deactivate", None),
            1 => ("DELETE", "/users/maya", None),
            _ => (
                "PUT",
                "/users/maya/password",
                Some(json!({"newpassword": "n3w"})),
            ),
        };
        let open = open_session(core, &place.app.app, &user, device("web_1"));
        let (session, change) = tokio::join!(open, place.app.call(method, path, body));
        change.ok();
        if let Ok(session) = session {
            end(&session);
        }
        let body = json!({"usernames": ["maya"]});
        let status = place
            .app
            .call("POST", "/users/batch/status", Some(body))
            .await
            .ok();
        assert_eq!(
            status["data"],
            json!([{"maya": "offline"}]),
            "after {method} {path}"
        );
        place.app.call("DELETE", "/users/maya", None).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relation_made_beside_a_deletion_does_not_outlive_it() {
    let place = Place::with(&["maya"]).await;
    for round in 0..15 {
        place.app.register("omar").await;
        let block = json!({"usernames": ["omar"]});
        let (friend, blocked, deleted) = tokio::join!(
            place
                .app
                .call("POST", "/users/maya/contacts/users/omar", None),
            place
                .app
                .call("POST", "/users/maya/blocks/users", Some(block)),
            place.app.call("DELETE", "/users/omar", None),
        );
        deleted.ok();
        for reply in [friend, blocked] {
            assert!(
                [200, 400, 404].contains(&reply.status.as_u16()),
                "{}",
                reply.status
            );
        }
        assert_eq!(
            place.data("maya", "contacts/users").await,
            json!([]),
            "round {round}"
        );
        assert_eq!(
            place.data("maya", "blocks/users").await,
            json!([]),
            "round {round}"
        );
        assert_eq!(place.get("/users").await["count"], 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_against_many_calls_at_once() {
    let server = TestServer::start_with(|config| {
        config.limits.users_per_app = 12;
        config.limits.contacts = 3;
        config.limits.blocks = 3;
    })
    .await;
    let app = server
        .app("acme-im", "chat", Registration::Authorised)
        .await;
    let succeed = async |calls: Vec<(String, Value)>, refusal: u16| {
        let mut clients = JoinSet::new();
        for (path, body) in calls {
            let app = app.clone();
            clients.spawn(async move { app.call("POST", &path, Some(body)).await.status.as_u16() });
        }
        let statuses = clients.join_all().await;
        assert!(
            statuses
                .iter()
                .all(|status| [200, refusal].contains(status)),
            "{statuses:?}"
        );
        statuses.iter().filter(|status| **status == 200).count()
    };
    let user = |i| {
        (
            "/users".to_owned(),
            json!({"username": format!("u{i}"), "password": "pw"}),
        )
    };
    assert_eq!(succeed((1..=30).map(user).collect(), 429).await, 12);
    let page = app.call("GET", "/users?limit=100", None).await.ok();
    let names: Vec<String> = page["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["username"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 12);
    let friend = |name: &String| {
        (
            format!("/users/{}/contacts/users/{name}", names[0]),
            json!({}),
        )
    };
    assert_eq!(
        succeed(names[1..].iter().map(friend).collect(), 403).await,
        3
    );
    let block = |name: &String| {
        (
            format!("/users/{}/blocks/users", names[0]),
            json!({"usernames": [name]}),
        )
    };
    assert_eq!(
        succeed(names[1..].iter().map(block).collect(), 403).await,
        3
    );
    for list in ["contacts", "blocks"] {
        let path = format!("/users/{}/{list}/users", names[0]);
        assert_eq!(
            app.call("GET", &path, None).await.ok()["count"],
            3,
            "{list}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bulk_deletions_at_once_return_everybody_once() {
    let server = TestServer::start().await;
    let app = server
        .app("acme-im", "chat", Registration::Authorised)
        .await;
    let all: BTreeSet<String> = crowd(&app, 120).await.into_iter().collect();
    let mut clients = JoinSet::new();
    for _ in 0..6 {
        let app = app.clone();
        clients.spawn(async move {
            let mut deleted = Vec::new();
            loop {
                let page = app.call("DELETE", "/users?limit=7", None).await.ok();
                let users = page["entities"].as_array().unwrap();
                if users.is_empty() {
                    return deleted;
                }
                let names = users
                    .iter()
                    .map(|user| user["username"].as_str().unwrap().to_owned());
                deleted.extend(names);
            }
        });
    }
    let deleted = clients.join_all().await.concat();
    assert_eq!(deleted.len(), all.len());
    assert_eq!(deleted.into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(server.core.apps.user_count(&app.app).await.unwrap(), 0);
}
