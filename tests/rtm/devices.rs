//! Push devices and conversations that are not pushed. Source: RTM server gate section 8.

use halloo_core::push::PushProvider;
use halloo_core::users::Uid;
use serde_json::{Value, json};

use crate::world::{Caller, Gate};

/// The devices of a user, oldest first, which no quest shows.
async fn devices(gate: &Gate, uid: i64) -> Value {
    let devices = gate.core().push.devices(gate.id(), Uid(uid)).await;
    let devices = devices.expect("a list").into_iter();
    devices
        .map(|device| json!([device.provider.map(PushProvider::as_str), device.token]))
        .collect()
}

/// What a user muted.
async fn options(caller: &mut Caller, uid: i64) -> Value {
    caller
        .call("getoption", json!({"uid": uid}))
        .await
        .expect("an answer")
}

#[tokio::test]
async fn a_device_is_registered_replaced_and_removed() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let remove = |token: &str| json!({"uid": 1, "devicetoken": token});
    caller.done("removedevice", remove("a")).await;
    assert_eq!(gate.users().await, 0);
    for (kind, token) in [("apns", "a"), ("fcm", "b"), ("apns", "a"), ("apns", "A")] {
        let params = json!({"uid": 1, "apptype": kind, "devicetoken": token});
        caller.done("adddevice", params).await;
    }
    assert_eq!(
        devices(&gate, 1).await,
        json!([["fcm", "b"], ["apns", "a"], ["apns", "A"]])
    );
    // The same token with another service is the same device.
    let changed = json!({"uid": 1, "apptype": "apns", "devicetoken": "b"});
    caller.done("adddevice", changed).await;
    for _ in 0..2 {
        caller.done("removedevice", remove("a")).await;
        assert_eq!(
            devices(&gate, 1).await,
            json!([["apns", "A"], ["apns", "b"]])
        );
    }
    assert_eq!(devices(&gate, 2).await, json!([]));
}

#[tokio::test]
async fn older_sdks_register_devices_under_other_names() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for params in [
        json!({"uid": 1, "appType": "apns", "deviceToken": "c++"}),
        json!({"uid": 1, "devicetoken": "java 2019"}),
        json!({"uid": 1, "apptype": "fcm", "adddevice": "php 2019"}),
        // The present name wins.
        json!({"uid": 1, "apptype": "fcm", "appType": "apns", "devicetoken": "t", "deviceToken": "u"}),
        // Nil is no name.
        json!({"uid": 1, "apptype": null, "appType": "apns", "devicetoken": null, "deviceToken": "w"}),
    ] {
        caller.done("adddevice", params).await;
    }
    let expected = json!([
        ["apns", "c++"],
        [null, "java 2019"],
        ["fcm", "php 2019"],
        ["fcm", "t"],
        ["apns", "w"]
    ]);
    assert_eq!(devices(&gate, 1).await, expected);
    for token in ["c++", "java 2019", "php 2019", "t"] {
        caller
            .done("removedevice", json!({"uid": 1, "deviceToken": token}))
            .await;
    }
    assert_eq!(devices(&gate, 1).await, json!([["apns", "w"]]));
}

#[tokio::test]
async fn a_token_has_4096_bytes_and_a_user_100_devices() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let add = |uid: i64, token: &str| json!({"uid": uid, "apptype": "fcm", "devicetoken": token});
    caller.done("adddevice", add(1, &"t".repeat(4096))).await;
    for number in 2..=100 {
        caller.done("adddevice", add(1, &number.to_string())).await;
    }
    assert_eq!(devices(&gate, 1).await.as_array().unwrap().len(), 100);
    let full = devices(&gate, 1).await;
    assert_eq!(caller.call("adddevice", add(1, "101")).await, Err(200_032));
    assert_eq!(devices(&gate, 1).await, full);
    caller.done("adddevice", add(1, "100")).await;
    caller.done("adddevice", add(2, "101")).await;
    caller.done("removedevice", add(1, "50")).await;
    caller.done("adddevice", add(1, "101")).await;
    assert_eq!(caller.call("adddevice", add(1, "50")).await, Err(200_032));
}

#[tokio::test]
async fn conversations_are_muted_by_type_of_message() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let none = json!({"p2p": {}, "group": {}});
    assert_eq!(options(&mut caller, 1).await, none);
    let remove = json!({"uid": 1, "type": 0, "xid": 7, "mtypes": [30]});
    caller.done("removeoption", remove).await;
    assert_eq!(gate.users().await, 0);
    // Each step with what is muted afterwards.
    for (method, params, expected) in [
        (
            "addoption",
            json!({"type": 0, "xid": 7, "mtypes": [30, 32, 30]}),
            json!({"p2p": {"7": [30, 32]}, "group": {}}),
        ),
        (
            "addoption",
            json!({"type": 0, "xid": 7, "mtype": [-1, 127]}),
            json!({"p2p": {"7": [-1, 30, 32, 127]}, "group": {}}),
        ),
        (
            "addoption",
            json!({"type": 1, "xid": 7}),
            json!({"p2p": {"7": [-1, 30, 32, 127]}, "group": {"7": [0]}}),
        ),
        (
            "removeoption",
            json!({"type": 0, "xid": 7, "mtypes": [30, -1, 50]}),
            json!({"p2p": {"7": [32, 127]}, "group": {"7": [0]}}),
        ),
        // 0 stands for every type, and is an entry like any other.
        (
            "removeoption",
            json!({"type": 1, "xid": 7, "mtypes": [30]}),
            json!({"p2p": {"7": [32, 127]}, "group": {"7": [0]}}),
        ),
        (
            "addoption",
            json!({"type": 0, "xid": 7, "mtypes": []}),
            json!({"p2p": {"7": [0, 32, 127]}, "group": {"7": [0]}}),
        ),
        (
            "addoption",
            json!({"type": 0, "xid": i64::MAX, "mtypes": [1]}),
            json!({"p2p": {"7": [0, 32, 127], i64::MAX.to_string(): [1]}, "group": {"7": [0]}}),
        ),
        (
            "removeoption",
            json!({"type": 0, "xid": 7}),
            json!({"p2p": {i64::MAX.to_string(): [1]}, "group": {"7": [0]}}),
        ),
        (
            "removeoption",
            json!({"type": 0, "xid": i64::MAX, "mtypes": []}),
            json!({"p2p": {}, "group": {"7": [0]}}),
        ),
        (
            "removeoption",
            json!({"type": 1, "xid": 8, "mtypes": null}),
            json!({"p2p": {}, "group": {"7": [0]}}),
        ),
        (
            "removeoption",
            json!({"type": 1, "xid": 7, "mtype": [0]}),
            none.clone(),
        ),
        (
            "removeoption",
            json!({"type": 1, "xid": 7, "mtype": [0]}),
            none.clone(),
        ),
    ] {
        let mut params = params;
        params["uid"] = json!(1);
        caller.done(method, &params).await;
        let after = options(&mut caller, 1).await;
        assert_eq!(after, expected, "{method} {params}");
        assert_eq!(options(&mut caller, 2).await, none);
    }
}

#[tokio::test]
async fn a_user_has_1000_muted_entries_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let types: Vec<i64> = (1..=125).collect();
    let mute = |uid: i64, xid: i64, types: &[i64]| json!({"uid": uid, "type": 1, "xid": xid, "mtypes": types});
    for xid in 1..=7 {
        caller.done("addoption", mute(1, xid, &types)).await;
    }
    caller.done("addoption", mute(1, 8, &types[..124])).await;
    let before = options(&mut caller, 1).await;
    assert_eq!(
        caller.call("addoption", mute(1, 9, &types[..2])).await,
        Err(200_032)
    );
    assert_eq!(options(&mut caller, 1).await, before, "all or none");
    caller.done("addoption", mute(1, 8, &types)).await;
    assert_eq!(
        caller.call("addoption", mute(1, 9, &types[..1])).await,
        Err(200_032)
    );
    caller.done("addoption", mute(1, 3, &types)).await;
    caller.done("addoption", mute(2, 9, &types)).await;
    caller.done("removeoption", mute(1, 8, &types[..1])).await;
    caller.done("addoption", mute(1, 9, &types[..1])).await;
}
