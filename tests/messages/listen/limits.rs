//! What can not be listened to changes nothing. Source: RTM server gate sections 2, 6.1 and 11.

use halloo_fpnn::Map;
use serde_json::{Value, json};

use super::{Ear, METHODS, Scene, keys};
use crate::talk::with;

const WRONG_TYPE: u32 = 10_010;
const TOO_MANY: u32 = 200_032;
const ILLEGAL: u32 = 200_034;

#[tokio::test]
async fn a_quest_of_wrong_types_changes_nothing() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::that_set(&scene.world, json!({"gids": [11]})).await;
    let ids = [
        json!(1),
        json!("1"),
        json!(true),
        json!([1, "x"]),
        json!([1.5]),
        json!([[1]]),
        json!([null]),
        json!({"x": {}}),
    ];
    let names = [
        json!(1),
        json!("login"),
        json!(true),
        json!([1]),
        json!(["login", null]),
    ];
    let flags = [json!(1), json!(0), json!("true"), json!([]), json!({})];
    let mut of_lists = ["uids", "gids", "rids"].map(|key| (key, &ids[..])).to_vec();
    of_lists.push(("events", &names[..]));
    let of_flags = ["p2p", "group", "room", "ev", "all"].map(|key| (key, &flags[..]));
    for method in METHODS {
        let of_flags = if method == "setlisten" {
            &of_flags[..]
        } else {
            &of_flags[..1]
        };
        for (key, values) in of_lists.iter().chain(of_flags) {
            for value in *values {
                // Whatever else it names is right.
                let right = json!({"rids": [21], "gids": [12], "uids": [1], "events": ["login"]});
                let right = match method {
                    "removelisten" => json!({"gids": [11]}),
                    _ => right,
                };
                let params = with(right, json!({*key: value}));
                let answer = ear.call(method, &params).await;
                assert_eq!(answer, Err(WRONG_TYPE), "{method} {params}");
            }
        }
        // A name of an event is no number.
        let numbers = Map::new().raw("events", &keys(&[json!(1)]));
        assert_eq!(ear.call(method, numbers).await, Err(WRONG_TYPE), "{method}");
    }
    assert_eq!(scene.played_to(&mut ear).await, "g11");
}

#[tokio::test]
async fn a_quest_with_ids_that_can_not_be_changes_nothing() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::that_set(&scene.world, json!({"gids": [11]})).await;
    for method in METHODS {
        for key in ["uids", "gids", "rids"] {
            for id in [0, -1, i64::MIN] {
                let more = json!({"gids": [12], "rids": [21], "uids": [1], "events": ["login"]});
                let more = match method {
                    "removelisten" => json!({"gids": [11]}),
                    _ => more,
                };
                let params = with(more, json!({key: [11, id]}));
                let answer = ear.call(method, &params).await;
                assert_eq!(answer, Err(ILLEGAL), "{method} {params}");
                let params = Map::new().raw(key, &keys(&[json!(id)]));
                assert_eq!(ear.call(method, params).await, Err(ILLEGAL), "{method}");
            }
        }
    }
    assert_eq!(scene.played_to(&mut ear).await, "g11");
    // The greatest id is one.
    ear.done("addlisten", json!({"gids": [i64::MAX]})).await;
}

#[tokio::test]
async fn ten_thousand_of_each_kind_are_heard_and_no_more() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::that_set(&scene.world, json!({"gids": [11], "events": ["login"]})).await;
    let too_many: Value = (1..=10_001).collect();
    for method in ["addlisten", "setlisten"] {
        for key in ["uids", "gids", "rids"] {
            let more = json!({"gids": [12], "rids": [21], "uids": [1], "events": ["logout"]});
            let params = with(more, json!({key: too_many}));
            let answer = ear.call(method, params).await;
            assert_eq!(answer, Err(TOO_MANY), "{method} {key}");
        }
    }
    let flags = json!({"gids": too_many, "room": true, "p2p": true});
    assert_eq!(ear.call("setlisten", flags).await, Err(TOO_MANY));
    assert_eq!(scene.played_to(&mut ear).await, "g11 login");
    // One twice is one.
    for (key, kept, next) in [("uids", 4, 2), ("gids", 11, 12), ("rids", 21, 22)] {
        let mut most: Vec<i64> = (1001..=10_999).collect();
        most.extend([kept, kept, 1001]);
        ear.done("setlisten", json!({key: most})).await;
        ear.done("addlisten", json!({key: [kept, 5000]})).await;
        let answer = ear.call("addlisten", json!({key: [next]})).await;
        assert_eq!(answer, Err(TOO_MANY), "{key}");
    }
    assert_eq!(scene.played_to(&mut ear).await, "3>4 g11 login r21");
    for (key, next) in [("uids", 2), ("gids", 12), ("rids", 22)] {
        ear.done("removelisten", json!({key: [1001]})).await;
        ear.done("addlisten", json!({key: [next]})).await;
    }
    assert_eq!(
        scene.played_to(&mut ear).await,
        "1>2 2>1 3>4 g11 g12 login r21 r22"
    );
}
