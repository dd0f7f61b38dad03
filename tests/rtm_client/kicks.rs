//! One device throws out another; the back end and REST throw out any. Source: RTM client gate sections 2.6 to
//! 2.8 and 3.1.

use serde_json::json;

use crate::world::{Ask as _, World, kickout};

#[tokio::test]
async fn a_device_throws_out_another_of_the_same_user() {
    let world = World::start().await;
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    let mut tablet = world.client(7).await;
    laptop.done("enterroom", json!({"rid": 5})).await;
    let ce = laptop.address.clone();
    for _ in 0..2 {
        phone.done("kickout", json!({"ce": ce})).await;
    }
    assert_eq!(laptop.last_words().await, [kickout(None)]);
    world.until_members_are(5, &[]).await;
    for client in [&mut phone, &mut tablet] {
        assert!(client.is_logged_in().await);
    }
    assert!(world.is_online(7).await);
}

#[tokio::test]
async fn nobody_throws_out_himself_or_others() {
    let world = World::start().await;
    let (mut client, mut other) = (world.client(7).await, world.client(8).await);
    let own = json!({"ce": client.address});
    assert_eq!(client.call("kickout", own).await, Err(200_012));
    for nobody in [other.address.clone(), "1.2.3.4:5".to_owned(), String::new()] {
        client.done("kickout", json!({"ce": nobody})).await;
        client
            .done("kickout", json!({"ce": nobody, "uid": 8}))
            .await;
    }
    assert!(client.is_logged_in().await && other.is_logged_in().await);
    assert_eq!(client.call("kickout", json!({"uid": 8})).await, Err(10_009));
}

#[tokio::test]
async fn the_back_end_throws_out_one_device_or_all() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    let mut other = world.client(8).await;
    let one = json!({"uid": 7, "ce": phone.address});
    back_end.done("kickout", one).await;
    assert_eq!(phone.last_words().await, [kickout(None)]);
    assert!(laptop.is_logged_in().await);
    back_end.done("kickout", json!({"uid": 7})).await;
    assert_eq!(laptop.last_words().await, [kickout(None)]);
    assert!(!world.is_online(7).await);
    assert!(other.is_logged_in().await);
}

#[tokio::test]
async fn rest_throws_out_one_device_or_all_and_sees_who_is_left() {
    let world = World::start().await;
    let rest = world.rest().await;
    let status = async || rest.call("GET", "/users/7/status", None).await.ok()["data"]["7"].clone();
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    assert_eq!(status().await, "online");
    let path = format!("/users/7/disconnect/{}", phone.address);
    let one = rest.call("DELETE", &path, None).await.ok();
    assert_eq!(one["data"]["result"], true, "{one}");
    assert_eq!(phone.last_words().await, [kickout(None)]);
    assert_eq!(status().await, "online");
    rest.call("GET", "/users/7/disconnect", None).await.ok();
    assert_eq!(laptop.last_words().await, [kickout(None)]);
    assert_eq!(status().await, "offline");
}
