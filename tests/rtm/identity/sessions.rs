//! Who is connected, and who ends it.

use halloo_core::sessions::CloseReason;
use halloo_testkit::rtm::sorted;
use serde_json::json;

use super::{NAMED, uid_of};
use crate::world::{Gate, end};

#[tokio::test]
async fn a_kick_closes_every_session_or_those_of_one_resource() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let online = json!({"uids": [1, 2]});
    let bystander = gate.session(2, "android_1").await;
    let phone = gate.session(1, "android_1").await;
    let twin = gate.session(1, "android_1").await;
    let laptop = gate.session(1, "web_2").await;
    // What is not there is no error.
    for params in [
        json!({"uid": 1, "ce": "ios_3"}),
        json!({"uid": 1, "ce": "ANDROID_1"}),
        json!({"uid": 77}),
        json!({"uid": 77, "ce": "android_1"}),
        json!({"uid": NAMED + 1_000_000}),
    ] {
        caller.done("kickout", params).await;
    }
    assert_eq!((end(&phone), gate.users().await), (None, 2));
    caller
        .done("kickout", json!({"uid": 1, "ce": "android_1"}))
        .await;
    assert_eq!(end(&phone), Some(CloseReason::Kicked));
    assert_eq!(end(&twin), Some(CloseReason::Kicked));
    assert_eq!(end(&laptop), None);
    assert_eq!(
        sorted(&caller.field("getonlineusers", &online, "uids").await),
        [1, 2]
    );
    let again = gate.session(1, "android_1").await;
    // Nil is no resource.
    caller.done("kickout", json!({"uid": 1, "ce": null})).await;
    assert_eq!(end(&again), Some(CloseReason::Kicked));
    assert_eq!(end(&laptop), Some(CloseReason::Kicked));
    assert_eq!(
        caller.field("getonlineusers", &online, "uids").await,
        json!([2])
    );
    caller.done("kickout", json!({"uid": 1})).await;
    assert_eq!(end(&bystander), None);
    assert!(gate.may_log_in(1).await, "a kick is not a ban");
}

#[tokio::test]
async fn a_black_listed_user_is_cut_off_at_once() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    rest.register("maya").await;
    let maya = uid_of(&gate, "maya").await;
    for uid in [1, maya] {
        let (phone, laptop) = (
            gate.session(uid, "android_1").await,
            gate.session(uid, "web_2").await,
        );
        let online = caller
            .field("getonlineusers", json!({"uids": [uid]}), "uids")
            .await;
        assert_eq!(online, json!([uid]));
        caller
            .done("addprojectblack", json!({"uid": uid, "btime": 5}))
            .await;
        assert_eq!(end(&phone), Some(CloseReason::Banned));
        assert_eq!(end(&laptop), Some(CloseReason::Banned));
        let online = caller
            .field("getonlineusers", json!({"uids": [uid]}), "uids")
            .await;
        assert_eq!(online, json!([]));
        assert!(!gate.may_log_in(uid).await);
    }
    let status = rest.call("GET", "/users/maya/status", None).await.ok();
    assert_eq!(status["data"], json!({"maya": "offline"}));
}

#[tokio::test]
async fn who_is_online_is_the_same_over_rest() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    let session = gate.session(1, "web_2").await;
    let resources = rest.call("GET", "/users/1/resources", None).await.ok();
    assert_eq!(resources["data"][0]["res"], "web_2");
    rest.call("GET", "/users/1/disconnect", None).await.ok();
    assert_eq!(end(&session), Some(CloseReason::Kicked));
    let online = caller.call("getonlineusers", json!({"uids": [1]})).await;
    assert_eq!(online, Ok(json!({"uids": []})));
}
