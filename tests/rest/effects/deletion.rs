//! What goes with a user, and what his successor of the same name does not get.

use halloo_core::groups::{Group, GroupId};
use halloo_core::rooms::{Room, RoomId};
use halloo_testkit::send_text;
use serde_json::{Value, json};

use super::Place;

/// Gives Maya one of everything: friends, blocks in both directions, push settings, a group, a
/// room, a place in Omar's group, waiting messages from and to Omar.
async fn furnish(place: &Place) {
    let app = &place.app;
    for (owner, friend) in [("maya", "omar"), ("ines", "maya")] {
        let path = format!("/users/{owner}/contacts/users/{friend}");
        app.call("POST", &path, None).await.ok();
    }
    let core = &place.server.core;
    send_text(core, &app.app, "omar", "maya", "hello").await;
    send_text(core, &app.app, "maya", "omar", "hello").await;
    for (owner, blocked) in [("maya", "ines"), ("omar", "maya")] {
        let body = json!({"usernames": [blocked]});
        app.call("POST", &format!("/users/{owner}/blocks/users"), Some(body))
            .await
            .ok();
    }
    let push = json!({
        "nickname": "Maya", "notification_display_style": 1, "notification_no_disturbing": true,
        "notification_no_disturbing_start": 1, "notification_no_disturbing_end": 2,
        "notification_ignore_7": true,
    });
    app.call("PUT", "/users/maya", Some(push)).await.ok();
    let store = place.server.core.store();
    let (maya, omar) = (place.id("maya").await, place.id("omar").await);
    let created = place.server.core.now();
    for (id, owner) in [(1, Some(maya)), (2, Some(omar))] {
        let group = Group {
            id: GroupId(id),
            owner,
            members: vec![maya, omar],
            created,
        };
        store.put_group(app.app.id, group).await.unwrap();
        let room = Room {
            id: RoomId(id),
            owner,
            created,
        };
        store.put_room(app.app.id, room).await.unwrap();
    }
    assert_eq!(
        place.data("maya", "offline_msg_count").await,
        json!({"maya": 1})
    );
}

/// That nothing of the old Maya is left, be there a new one or not.
async fn nothing_is_left(place: &Place) {
    for name in ["omar", "ines"] {
        assert_eq!(
            place.data(name, "contacts/users").await,
            json!([]),
            "{name}"
        );
        assert_eq!(place.data(name, "blocks/users").await, json!([]), "{name}");
    }
    let (store, app) = (place.server.core.store(), place.app.app.id);
    assert_eq!(store.group(app, GroupId(1)).await.unwrap(), None);
    assert_eq!(store.room(app, RoomId(1)).await.unwrap(), None);
    let omar = place.id("omar").await;
    let kept = store.group(app, GroupId(2)).await.unwrap().unwrap();
    assert_eq!((kept.owner, kept.members), (Some(omar), vec![omar]));
    assert!(store.room(app, RoomId(2)).await.unwrap().is_some());
    // What she wrote to Omar is his.
    assert_eq!(
        place.data("omar", "offline_msg_count").await,
        json!({"omar": 1})
    );
}

async fn a_successor_gets_nothing(place: &Place, old: &Value) {
    place.server.clock.advance_ms(5000);
    let new = place.app.register("Maya").await;
    assert_ne!(new["uuid"], old["uuid"]);
    assert_eq!(
        new["created"].as_i64().unwrap(),
        old["created"].as_i64().unwrap() + 5000
    );
    let keys: Vec<&String> = new.as_object().unwrap().keys().collect();
    let plain = [
        "activated",
        "created",
        "modified",
        "type",
        "username",
        "uuid",
    ];
    assert_eq!(keys.len(), plain.len(), "{new}");
    assert!(plain.iter().all(|key| new.get(key).is_some()), "{new}");
    assert_eq!(place.user("maya").await, new);
    assert_eq!(place.data("maya", "contacts/users").await, json!([]));
    assert_eq!(place.data("maya", "blocks/users").await, json!([]));
    assert_eq!(
        place.data("maya", "offline_msg_count").await,
        json!({"maya": 0})
    );
    let status = place.data("maya", "offline_msg_status/101").await;
    assert_eq!(status, json!({"101": "delivered"}));
    let path = format!("/users/{}", old["uuid"].as_str().unwrap());
    assert_eq!(place.app.call("GET", &path, None).await.status, 404);
    nothing_is_left(place).await;
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_to_his_successor() {
    let place = Place::with(&["maya", "omar", "ines"]).await;
    furnish(&place).await;
    let token = place.log_in("maya", "pw-maya").await.unwrap();
    let before = place.user("maya").await;
    let deleted = place.app.call("DELETE", "/users/maya", None).await.ok();
    assert_eq!(deleted["entities"], json!([before]), "shown as she was");
    for (method, path) in [
        ("GET", "/users/maya"),
        ("DELETE", "/users/maya"),
        ("GET", "/users/maya/status"),
        ("POST", "/users/maya/activate"),
        ("POST", "/users/omar/contacts/users/maya"),
    ] {
        assert_eq!(
            place.app.call(method, path, None).await.status,
            404,
            "{method} {path}"
        );
    }
    assert_eq!(
        place.log_in("maya", "pw-maya").await,
        Err("user not found".into())
    );
    nothing_is_left(&place).await;
    a_successor_gets_nothing(&place, &before).await;
    assert!(!place.opens(&token, "maya").await);
}

#[tokio::test]
async fn deleting_many_takes_the_same_from_each() {
    let place = Place::with(&["maya", "rosa", "omar", "ines"]).await;
    furnish(&place).await;
    place
        .app
        .call("POST", "/users/rosa/contacts/users/omar", None)
        .await
        .ok();
    let token = place.log_in("maya", "pw-maya").await.unwrap();
    let before = [place.user("maya").await, place.user("rosa").await];
    let deleted = place.app.call("DELETE", "/users?limit=2", None).await.ok();
    assert_eq!(deleted["entities"], json!(before));
    nothing_is_left(&place).await;
    a_successor_gets_nothing(&place, &before[0]).await;
    assert!(!place.opens(&token, "maya").await);
}

#[tokio::test]
async fn a_banned_user_is_deleted_like_any_other_and_his_successor_is_not_banned() {
    let place = Place::with(&["maya"]).await;
    place
        .app
        .call("POST", "/users/maya/deactivate", None)
        .await
        .ok();
    let deleted = place.app.call("DELETE", "/users/maya", None).await.ok();
    assert_eq!(deleted["entities"][0]["activated"], false);
    assert_eq!(place.app.register("maya").await["activated"], true);
    assert!(place.log_in("maya", "pw-maya").await.is_ok());
}

#[tokio::test]
async fn deleting_frees_a_place_in_the_quota() {
    let server = halloo_testkit::TestServer::start_with(|config| config.limits.users_per_app = 2);
    let place = Place::on(server.await, &["maya", "omar"]).await;
    let rosa = json!({"username": "rosa", "password": "pw"});
    let refused = place.app.call("POST", "/users", Some(rosa.clone())).await;
    assert_eq!(refused.refusal().1, "resource_limited");
    place.app.call("DELETE", "/users/maya", None).await.ok();
    let two =
        json!([{"username": "rosa", "password": "pw"}, {"username": "tom", "password": "pw"}]);
    let refused = place.app.call("POST", "/users", Some(two)).await;
    assert_eq!(refused.status, 429);
    assert_eq!(
        place.app.call("GET", "/users/rosa", None).await.status,
        404,
        "none of two"
    );
    let one =
        json!([{"username": "omar", "password": "pw"}, {"username": "rosa", "password": "pw"}]);
    let done = place.app.call("POST", "/users", Some(one)).await.ok();
    assert_eq!(done["entities"][0]["username"], "rosa");
    assert_eq!(done["data"][0]["username"], "omar");
    place
        .app
        .call("DELETE", "/users?limit=100", None)
        .await
        .ok();
    place.app.call("POST", "/users", Some(rosa)).await.ok();
}

#[tokio::test]
async fn deleting_frees_the_places_that_a_user_took_in_others_lists() {
    let server = halloo_testkit::TestServer::start_with(|config| {
        config.limits.contacts = 2;
        config.limits.blocks = 2;
    });
    let place = Place::on(server.await, &["maya"]).await;
    for round in 0..3 {
        let pair = [format!("a{round}"), format!("b{round}")];
        for name in &pair {
            place.app.register(name).await;
            let path = format!("/users/maya/contacts/users/{name}");
            place.app.call("POST", &path, None).await.ok();
        }
        let body = json!({"usernames": pair});
        place
            .app
            .call("POST", "/users/maya/blocks/users", Some(body))
            .await
            .ok();
        for name in &pair {
            place
                .app
                .call("DELETE", &format!("/users/{name}"), None)
                .await
                .ok();
        }
    }
}
