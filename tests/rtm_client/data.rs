//! Values that a user keeps. Source: RTM client gate section 3.7.

use serde_json::json;

use crate::world::{Ask as _, World};

#[tokio::test]
async fn a_value_is_stored_replaced_and_removed_under_both_names() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    let key = json!({"key": "k"});
    assert_eq!(client.call("dataget", &key).await, Ok(json!({})), "no val");
    for (set, get, value) in [
        ("dataset", "dbget", "one"),
        ("dbset", "dataget", "two"),
        ("dataset", "dataget", ""),
    ] {
        client.done(set, json!({"key": "k", "val": value})).await;
        assert_eq!(client.call(get, &key).await, Ok(json!({"val": value})));
    }
    for _ in 0..2 {
        client.done("datadel", key.clone()).await;
        assert_eq!(client.call("dataget", &key).await, Ok(json!({})));
    }
}

#[tokio::test]
async fn keys_and_values_have_their_limits() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    let (key, value) = ("k".repeat(128), "v".repeat(65_535));
    client
        .done("dataset", json!({"key": key, "val": value}))
        .await;
    let read = client.field("dataget", json!({"key": key}), "val").await;
    assert_eq!(read, value);
    let long_key = json!({"key": "k".repeat(129), "val": "v"});
    assert_eq!(client.call("dataset", long_key).await, Err(200_030));
    let long_value = json!({"key": key, "val": "v".repeat(65_536)});
    assert_eq!(client.call("dataset", long_value).await, Err(200_030));
    let no_key = json!({"key": "", "val": "v"});
    assert_eq!(client.call("dataset", no_key).await, Err(200_033));
    let read = client.field("dataget", json!({"key": key}), "val").await;
    assert_eq!(read, value);
}
