//! What clients say of their sessions. Source: RTM client gate sections 2.6 and 3.1.

use halloo_testkit::rtm::RtmClient;
use serde_json::{Value, json};

use crate::world::{Ask as _, World};

async fn shown(client: &mut RtmClient) -> Value {
    client.field("getattrs", json!({}), "attrs").await
}

#[tokio::test]
async fn attributes_are_merged_into_those_of_the_login() {
    let world = World::start().await;
    let mut client = world
        .client_with(7, json!({"attrs": {"a": "1", "b": "2"}}))
        .await;
    assert_eq!(shown(&mut client).await, json!({"a": "1", "b": "2"}));
    client
        .done("addattrs", json!({"attrs": {"b": "3", "c": ""}}))
        .await;
    assert_eq!(
        shown(&mut client).await,
        json!({"a": "1", "b": "3", "c": ""})
    );
    client
        .done("addvariables", json!({"var": {"a": "older"}}))
        .await;
    assert_eq!(
        shown(&mut client).await,
        json!({"a": "older", "b": "3", "c": ""})
    );
    for nothing in [json!({}), json!({"attrs": null})] {
        assert_eq!(client.call("addattrs", nothing).await, Err(10_009));
    }
    let empty = client.call("addattrs", json!({"attrs": {}})).await;
    assert_eq!(empty, Err(200_033));
    // They end with the session.
    let token = world.token(7).await;
    client.done("bye", json!({})).await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    assert_eq!(shown(&mut client).await, json!({}));
}

#[tokio::test]
async fn attributes_that_would_be_too_many_or_too_long_change_nothing() {
    let world = World::start().await;
    let mut client = world.client_with(7, json!({"attrs": {"a": "1"}})).await;
    let many: serde_json::Map<_, _> = (0..100).map(|n| (n.to_string(), json!("x"))).collect();
    let answer = client.call("addattrs", json!({"attrs": many})).await;
    assert_eq!(answer, Err(200_032));
    let long = json!({"attrs": {"b": "x".repeat(4094)}});
    assert_eq!(client.call("addattrs", long).await, Err(200_030));
    assert_eq!(shown(&mut client).await, json!({"a": "1"}));
    client
        .done("addattrs", json!({"attrs": {"b": "x".repeat(4093)}}))
        .await;
    client.done("addattrs", json!({"attrs": {"b": "2"}})).await;
    assert_eq!(shown(&mut client).await, json!({"a": "1", "b": "2"}));
}

/// SDKs that read one map for each session, and those that read one map.
const LISTS: [&str; 5] = [
    "Android-2.7.0",
    "Android-livedataLib-1.1.3",
    "WebSocket_2.7.6",
    "iOS_2.7.0",
    "WebSocket_2.3",
];
const MAPS: [&str; 5] = ["C#-2.7.0", "Unity-2.7.26", "Unreal-1.0.0", "", "ios_2.7.0"];

#[tokio::test]
async fn they_are_shown_in_the_form_that_the_sdk_reads() {
    let world = World::start().await;
    world.advance_ms(5_999);
    for version in MAPS {
        let login = json!({"version": version, "attrs": {"a": "1"}});
        let mut client = world.client_with(7, login).await;
        assert_eq!(shown(&mut client).await, json!({"a": "1"}), "{version}");
        client.done("bye", json!({})).await;
    }
    for version in LISTS {
        let login = json!({"version": version, "attrs": {"a": "1"}});
        let mut client = world.client_with(7, login).await;
        let expected = json!([{
            "ce": client.address, "login": world.seconds().to_string(), "my": "1", "a": "1",
        }]);
        assert_eq!(shown(&mut client).await, expected, "{version}");
        client.done("bye", json!({})).await;
    }
}

#[tokio::test]
async fn the_list_has_every_session_of_the_user_and_marks_the_own() {
    let world = World::start().await;
    let first_at = world.seconds().to_string();
    let mut first = world.client_with(7, json!({"attrs": {"a": "1"}})).await;
    let _other = world.client_with(8, json!({"attrs": {"a": "other"}})).await;
    world.advance_ms(2000);
    let second_at = world.seconds().to_string();
    let mut second = world.client_of(7, "Android-2.7.0").await;
    let (ce, own) = (first.address.clone(), second.address.clone());
    let expected = json!([
        {"ce": ce, "login": first_at, "a": "1"},
        {"ce": own, "login": second_at, "my": "1"},
    ]);
    assert_eq!(shown(&mut second).await, expected);
    assert_eq!(shown(&mut first).await, json!({"a": "1"}), "its own only");
    first.done("addattrs", json!({"attrs": {"a": "2"}})).await;
    assert_eq!(shown(&mut second).await[0]["a"], "2");
    first.done("bye", json!({})).await;
    assert_eq!(shown(&mut second).await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_the_server_says_of_a_session_can_not_be_forged_and_stands_once() {
    // Section 8.2: some SDKs throw on a key that stands twice.
    let world = World::start().await;
    let forged = json!({"ce": "1.2.3.4:5", "login": "0", "my": "no", "a": "1"});
    let login = json!({"version": "Android-2.7.0", "attrs": forged});
    let mut client = world.client_with(7, login).await;
    let expected = json!([{
        "ce": client.address, "login": world.seconds().to_string(), "my": "1", "a": "1",
    }]);
    assert_eq!(shown(&mut client).await, expected);
}

#[tokio::test]
async fn numbers_and_booleans_are_taken_for_texts_and_nil_for_nothing() {
    let world = World::start().await;
    let login = json!({"attrs": {"a": 5, "b": true, "c": null}});
    let mut client = world.client_with(7, login).await;
    let added = json!({"attrs": {"d": -6, "e": 1.5, "a": null}});
    client.done("addattrs", added).await;
    let expected = json!({"a": "5", "b": "true", "d": "-6", "e": "1.5"});
    assert_eq!(shown(&mut client).await, expected);
}

#[tokio::test]
async fn devices_are_named_over_rest_as_their_clients_name_them() {
    let world = World::start().await;
    let rest = world.rest().await;
    for (login, name) in [
        (json!({"version": "C#-2.7.0"}), "C#-2.7.0"),
        (
            json!({"version": "Android-2.7.0", "device": "BRAND-1"}),
            "BRAND-1",
        ),
        (json!({"device": "BRAND-2"}), "BRAND-2"),
        (json!({}), ""),
    ] {
        let mut client = world.client_with(7, login).await;
        let resources = rest.call("GET", "/users/7/resources", None).await.ok();
        let of_it = &resources["data"][0];
        assert_eq!(of_it["res"], client.address, "{resources}");
        assert_eq!(of_it["device_name"], name, "{resources}");
        client.done("bye", json!({})).await;
    }
}
