//! What is answered when, and what never is. Source: RTM client gate sections 2.3, 3.10, 3.12 and 3.13.

use serde_json::json;

use super::state::{lay_out, seen};
use super::{Method, Status};
use crate::world::World;

/// Names that the gate does not know: misspelt, of the server gate, of pushes.
const UNKNOWN: [&str; 23] = [
    "nosuchmethod",
    "GETFRIENDS",
    "getfriends ",
    "auth2",
    "gettoken",
    "removetoken",
    "addprojectblack",
    "addroommember",
    "delroommember",
    "delgroup",
    "isfriend",
    "pushmsg",
    "kickoutroom",
    "*status",
    "broadcastmsg",
    "editmsg",
    "getmsgnum",
    "cleanmsg",
    "delconversationmsgs",
    "clearprojectmsg",
    "clearusermsg",
    "addsessions",
    "removesessions",
];

#[tokio::test]
async fn before_a_login_everything_else_is_unauthorised_and_changes_nothing() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    let before = seen(&world, &mut client).await;
    let mut stranger = world.stranger().await;
    for method in Method::all().filter(|method| method.status != Status::Open) {
        for params in [
            json!({}),
            method.sample(),
            json!({"uid": 11, "pid": client.pid}),
        ] {
            let answer = stranger.call(method.name, params).await;
            assert_eq!(answer, Err(200_022), "{}", method.name);
        }
    }
    for name in UNKNOWN {
        assert_eq!(stranger.call(name, json!({})).await, Err(200_022), "{name}");
    }
    assert_eq!(seen(&world, &mut client).await, before);
}

#[tokio::test]
async fn what_is_not_enabled_says_so() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    let before = seen(&world, &mut client).await;
    for method in Method::with(Status::NotEnabled) {
        for params in [
            json!({}),
            json!({"to": 12, "gid": 21, "rid": 31, "mid": 1, "mtype": 51, "msg": "m", "attrs": ""}),
        ] {
            let answer = client.call(method.name, params).await;
            assert_eq!(answer, Err(200_060), "{}", method.name);
        }
    }
    assert_eq!(seen(&world, &mut client).await, before);
}

#[tokio::test]
async fn what_is_not_allowed_is_refused_as_forbidden() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    let before = seen(&world, &mut client).await;
    for method in Method::with(Status::Forbidden) {
        for params in [
            json!({}),
            json!({"gid": 21, "rid": 31, "ouid": 12, "uids": [13]}),
        ] {
            let answer = client.call(method.name, params).await;
            assert_eq!(answer, Err(200_020), "{}", method.name);
        }
    }
    assert_eq!(seen(&world, &mut client).await, before);
}

#[tokio::test]
async fn what_is_not_there_is_an_unknown_method() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    let before = seen(&world, &mut client).await;
    for name in UNKNOWN {
        let params = json!({"uid": 11, "gid": 21, "rid": 31});
        assert_eq!(client.call(name, params).await, Err(20_004), "{name}");
    }
    assert_eq!(seen(&world, &mut client).await, before);
}
