//! Values that a project keeps per user. Source: RTM server gate section 8.

use serde_json::{Value, json};

use crate::world::Gate;

#[tokio::test]
async fn a_value_is_stored_replaced_and_removed() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let ask = json!({"uid": 1, "key": "k"});
    // What is not there is not an empty text.
    assert_eq!(caller.call("dataget", &ask).await, Ok(json!({})));
    caller.done("datadel", &ask).await;
    assert_eq!(gate.users().await, 0);
    for value in ["v", "", "\u{0}\u{1f600}", "{\"json\": true}", "v"] {
        caller
            .done("dataset", json!({"uid": 1, "key": "k", "val": value}))
            .await;
        assert_eq!(
            caller.call("dataget", &ask).await,
            Ok(json!({"val": value}))
        );
    }
    // Keys are compared byte by byte, and belong to one user.
    for (uid, key) in [(1, "K"), (1, "k "), (1, "k\u{0}"), (2, "k")] {
        let other = json!({"uid": uid, "key": key});
        assert_eq!(
            caller.call("dataget", &other).await,
            Ok(json!({})),
            "{other}"
        );
        caller
            .done("dataset", json!({"uid": uid, "key": key, "val": key}))
            .await;
        caller.done("datadel", &other).await;
        assert_eq!(
            caller.call("dataget", &other).await,
            Ok(json!({})),
            "{other}"
        );
        assert_eq!(caller.call("dataget", &ask).await, Ok(json!({"val": "v"})));
    }
    for _ in 0..2 {
        caller.done("datadel", &ask).await;
        assert_eq!(caller.call("dataget", &ask).await, Ok(json!({})));
    }
}

#[tokio::test]
async fn a_key_has_128_bytes_and_a_value_65535_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for key in ["k".repeat(128), "\u{e9}".repeat(64)] {
        let value = "v".repeat(65_535);
        let params = json!({"uid": 1, "key": key, "val": value});
        caller.done("dataset", &params).await;
        assert_eq!(
            caller.call("dataget", &params).await,
            Ok(json!({"val": value}))
        );
        let more = json!({"uid": 1, "key": key, "val": format!("{value}v")});
        assert_eq!(caller.call("dataset", &more).await, Err(200_030));
        assert_eq!(
            caller.call("dataget", &params).await,
            Ok(json!({"val": value}))
        );
        let longer = json!({"uid": 1, "key": format!("{key}k"), "val": ""});
        for method in ["dataset", "dataget", "datadel"] {
            assert_eq!(caller.call(method, &longer).await, Err(200_030), "{method}");
        }
    }
}

#[tokio::test]
async fn a_user_has_1000_keys_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let set = |uid: i64, key: i64| json!({"uid": uid, "key": key.to_string(), "val": "v"});
    let asked: Vec<u32> = (1..=1000)
        .map(|key| caller.ask("dataset", set(1, key)))
        .collect();
    for sequence in asked {
        assert_eq!(caller.answer(sequence).await, Ok(json!({})));
    }
    assert_eq!(caller.call("dataset", set(1, 1001)).await, Err(200_032));
    let missing = caller
        .call("dataget", json!({"uid": 1, "key": "1001"}))
        .await;
    assert_eq!(missing, Ok(json!({})));
    caller.done("dataset", set(1, 1000)).await;
    caller.done("dataset", set(2, 1001)).await;
    caller.done("datadel", json!({"uid": 1, "key": "7"})).await;
    caller.done("dataset", set(1, 1001)).await;
    assert_eq!(caller.call("dataset", set(1, 7)).await, Err(200_032));
}

#[tokio::test]
async fn the_older_names_mean_the_same() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let params = |value: &str| json!({"uid": 1, "key": "k", "val": value});
    let get = async |caller: &mut crate::world::Caller, method: &str| -> Value {
        caller.call(method, params("")).await.unwrap()
    };
    assert_eq!(get(&mut caller, "dbget").await, json!({}));
    caller.done("dbset", params("older")).await;
    assert_eq!(get(&mut caller, "dataget").await, json!({"val": "older"}));
    caller.done("dataset", params("newer")).await;
    assert_eq!(get(&mut caller, "dbget").await, json!({"val": "newer"}));
    caller.done("datadel", params("")).await;
    assert_eq!(get(&mut caller, "dbget").await, json!({}));
}
