//! Users are heard to come and to go. Source: RTM server gate section 6.2.

use std::collections::BTreeSet;

use halloo_testkit::rtm::Push;
use serde_json::json;

use super::{Ear, Scene, pushed};
use crate::talk::Door;
use crate::world::{Ask as _, World};

/// An event as back ends hear it.
fn event(world: &World, event: &str, uid: i64, endpoint: &str) -> Push {
    let params = json!({"pid": world.app.pid, "event": event, "uid": uid, "time": world.seconds(),
        "endpoint": endpoint, "data": ""});
    pushed("pushevent", params)
}

#[tokio::test]
async fn every_session_is_heard_to_begin_and_to_end_once() {
    let scene = Scene::set().await;
    let world = &scene.world;
    let mut ear = Ear::that_set(world, json!({"events": ["login", "logout"], "ev": true})).await;
    let mut back_end = world.back_end().await;
    for (uid, end) in (40..).zip(["bye", "loss", "kick", "ban", "deletion"]) {
        for door in Door::ALL {
            world.advance_ms(1700);
            let mut first = world.client_by(door, uid).await;
            let of_first = first.address.clone();
            assert_eq!(ear.next().await, event(world, "login", uid, &of_first));
            world.advance_ms(1700);
            match end {
                "bye" => {
                    // Another device is another session.
                    let second = world.client_by(door, uid).await;
                    let of_second = second.address.clone();
                    assert_eq!(ear.next().await, event(world, "login", uid, &of_second));
                    first.done("bye", json!({})).await;
                    assert_eq!(ear.next().await, event(world, "logout", uid, &of_first));
                    world.advance_ms(1700);
                    world.log_out(second, uid).await;
                    assert_eq!(ear.next().await, event(world, "logout", uid, &of_second));
                    // The connection may open another.
                    let token = world.token(uid).await;
                    assert_eq!(first.log_in(uid, &token).await, Ok(true));
                    assert_eq!(ear.next().await, event(world, "login", uid, &of_first));
                    drop(first);
                }
                "loss" => drop(first),
                "kick" => back_end.done("kickout", json!({"uid": uid})).await,
                "ban" => {
                    let ban = json!({"uid": uid});
                    back_end.done("addprojectblack", ban.clone()).await;
                    back_end.done("removeprojectblack", ban).await;
                }
                _ => {
                    let path = format!("/users/{uid}");
                    world.rest().await.call("DELETE", &path, None).await.ok();
                }
            }
            assert_eq!(ear.next().await, event(world, "logout", uid, &of_first));
        }
    }
    assert_eq!(ear.heard().await, []);
}

#[tokio::test]
async fn a_login_that_is_refused_is_not_heard() {
    let scene = Scene::set().await;
    let world = &scene.world;
    let mut ear = Ear::that_set(world, json!({"ev": true})).await;
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(40, "wrong").await, Ok(false));
    let token = world.token(40).await;
    let mut back_end = world.back_end().await;
    back_end.done("addprojectblack", json!({"uid": 40})).await;
    assert_eq!(client.log_in(40, &token).await, Err(200_024));
    drop(client);
    // Nor that his connection ended.
    let client = world.client(41).await;
    let address = client.address.clone();
    assert_eq!(ear.next().await, event(world, "login", 41, &address));
    assert_eq!(ear.heard().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_session_is_heard_to_end_that_was_not_heard_to_begin() {
    let scene = Scene::set().await;
    let world = &scene.world;
    let mut ear = Ear::that_set(world, json!({"ev": true})).await;
    let mut back_end = world.back_end().await;
    let mut opened = Vec::new();
    for uid in 1000..1080 {
        let token = world.token(uid).await;
        let mut client = world.stranger().await;
        let auth = json!({"pid": world.app.pid, "uid": uid, "token": token});
        let asked = client.ask("auth", auth);
        let method = ["kickout", "addprojectblack"][usize::from(uid % 2 == 0)];
        let ended = back_end.ask(method, json!({"uid": uid}));
        if uid % 4 < 2 {
            client.wire.flush().await;
            back_end.wire.flush().await;
        } else {
            back_end.wire.flush().await;
            client.wire.flush().await;
        }
        let (answer, done) = tokio::join!(client.answer(asked), back_end.answer(ended));
        assert_eq!(done, Ok(json!({})));
        if answer == Some(Ok(json!({"ok": true}))) {
            opened.push((uid, client.address.clone()));
        }
    }
    let end = world.client(31).await;
    let (mut open, mut over) = (BTreeSet::new(), BTreeSet::new());
    let mut is_over = false;
    while !is_over || !open.is_empty() {
        let push = ear.next().await;
        let uid = push.params["uid"].as_i64().expect("a number");
        let address = push.params["endpoint"].as_str().expect("a text").to_owned();
        if address == end.address {
            is_over = true;
            continue;
        }
        let session = (uid, address);
        if push.params["event"] == "login" {
            assert!(!over.contains(&session), "{session:?} began twice");
            assert!(open.insert(session.clone()), "{session:?} began twice");
        } else {
            let began = open.remove(&session);
            assert!(began, "{session:?} ended and never began");
            over.insert(session);
        }
    }
    for session in opened {
        assert!(over.contains(&session), "{session:?} was not heard");
    }
}
