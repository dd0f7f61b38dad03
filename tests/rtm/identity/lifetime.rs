//! What ends with a user, what a restart keeps, and what two projects have in common: nothing.

use std::sync::Arc;

use serde_json::json;

use super::{list, uid_of};
use crate::state::{lay_out, seen};
use crate::world::{Gate, end};

#[tokio::test]
async fn a_user_who_was_deleted_over_rest_leaves_nothing_behind() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    let untouched = gate.other("twin").await;
    let mut twin = gate.caller_of(&untouched).await;
    lay_out(&Gate::beside(&gate, Arc::clone(&untouched)), &mut twin).await;
    let twin_before = seen(&Gate::beside(&gate, Arc::clone(&untouched)), &mut twin).await;
    lay_out(&gate, &mut caller).await;
    for (method, params) in [
        ("addfriends", json!({"uid": 12, "friends": [11, 13]})),
        ("addblacks", json!({"uid": 12, "blacks": [11, 13]})),
        ("addgroupban", json!({"gid": 21, "uid": 11, "btime": 0})),
        ("addroomban", json!({"uid": 11, "btime": 0})),
        ("addprojectban", json!({"uid": 11, "btime": 0})),
        ("addprojectblack", json!({"uid": 11, "btime": 0})),
        ("addroommember", json!({"rid": 31, "uid": 11})),
        ("addroommember", json!({"rid": 31, "uid": 12})),
    ] {
        caller.done(method, params).await;
    }
    let users = gate.users().await;
    rest.call("DELETE", "/users/11", None).await.ok();
    assert_eq!(gate.users().await, users - 1);
    // Nobody has him any more.
    assert_eq!(list(&mut caller, "getfriends", 12).await, [13]);
    assert_eq!(list(&mut caller, "getblacks", 12).await, [13]);
    let members = caller
        .field("getgroupmembers", json!({"gid": 21}), "uids")
        .await;
    assert_eq!(members, json!([12]));
    assert_eq!(
        caller
            .field("getgroupcount", json!({"gid": 21}), "cn")
            .await,
        1
    );
    let inside = caller
        .field("getroommembers", json!({"rid": 31}), "uids")
        .await;
    assert_eq!(inside, json!([12]));
    let counted = caller.field("getroomcount", json!({"rid": 31}), "cn").await;
    assert_eq!(counted, json!({"31": 1}));
    // Whoever has his number next begins with nothing, and so does asking about him now.
    for there in [false, true] {
        if there {
            caller.call("gettoken", json!({"uid": 11})).await.unwrap();
            assert_eq!(gate.users().await, users);
        }
        for (method, params, expected) in [
            (
                "getuserinfo",
                json!({"uid": 11}),
                json!({"oinfo": "", "pinfo": ""}),
            ),
            ("getfriends", json!({"uid": 11}), json!({"uids": []})),
            ("getblacks", json!({"uid": 11}), json!({"uids": []})),
            (
                "isblack",
                json!({"uid": 12, "buid": 11}),
                json!({"ok": false}),
            ),
            ("isprojectblack", json!({"uid": 11}), json!({"ok": false})),
            ("isprojectban", json!({"uid": 11}), json!({"ok": false})),
            ("getusergroups", json!({"uid": 11}), json!({"gids": []})),
            (
                "isgroupmember",
                json!({"gid": 21, "uid": 11}),
                json!({"ok": false}),
            ),
            (
                "isbanofgroup",
                json!({"gid": 21, "uid": 11}),
                json!({"ok": false}),
            ),
            (
                "isbanofroom",
                json!({"rid": 31, "uid": 11}),
                json!({"ok": false}),
            ),
            ("dataget", json!({"uid": 11, "key": "k"}), json!({})),
            (
                "getoption",
                json!({"uid": 11}),
                json!({"p2p": {}, "group": {}}),
            ),
            ("getonlineusers", json!({"uids": [11]}), json!({"uids": []})),
        ] {
            let answer = caller.call(method, params).await;
            assert_eq!(answer, Ok(expected), "{method}, there: {there}");
        }
        let devices = gate
            .core()
            .push
            .devices(gate.id(), halloo_core::users::Uid(11))
            .await;
        assert_eq!(devices.unwrap(), []);
    }
    // His rooms do not count any more, either.
    let ten: Vec<i64> = (101..=110).collect();
    caller
        .done("adduserrooms", json!({"rids": ten, "uid": 11}))
        .await;
    let twin_after = seen(&Gate::beside(&gate, untouched), &mut twin).await;
    assert_eq!(twin_after, twin_before);
}

#[tokio::test]
async fn equal_ids_in_two_projects_never_meet() {
    let gate = Gate::start().await;
    let other = Gate::beside(&gate, gate.other("other").await);
    let (mut caller, mut neighbour) = (gate.caller().await, other.caller().await);
    let empty = seen(&other, &mut neighbour).await;
    lay_out(&gate, &mut caller).await;
    assert_eq!(seen(&other, &mut neighbour).await, empty);
    let before = seen(&gate, &mut caller).await;
    lay_out(&other, &mut neighbour).await;
    assert_eq!(seen(&gate, &mut caller).await, before);
    let here = gate.session(11, "web_9").await;
    for (method, params) in [
        ("clearprojectgroup", json!({})),
        ("kickout", json!({"uid": 11})),
        ("delfriends", json!({"uid": 11, "friends": [12]})),
        ("delroommember", json!({"rid": 31, "uid": 11})),
        ("addprojectblack", json!({"uid": 11})),
        ("datadel", json!({"uid": 11, "key": "k"})),
        ("setuserinfo", json!({"uid": 11, "oinfo": "", "pinfo": ""})),
    ] {
        neighbour.done(method, params).await;
    }
    assert_eq!(end(&here), None);
    assert_eq!(seen(&gate, &mut caller).await, before);
    // Nor do users by row: numbers of rows are not shared, either.
    let rest = gate.rest().await;
    rest.register("maya").await;
    let maya = uid_of(&gate, "maya").await;
    caller
        .done("setuserinfo", json!({"uid": maya, "oinfo": "Maya"}))
        .await;
    let theirs = neighbour.call("getuserinfo", json!({"uid": maya})).await;
    assert_eq!(theirs, Ok(json!({"oinfo": "", "pinfo": ""})));
    let set = neighbour
        .call("setuserinfo", json!({"uid": maya, "oinfo": "x"}))
        .await;
    assert_eq!(set, Err(200_001));
}

#[tokio::test]
async fn a_restart_keeps_all_of_it() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    lay_out(&gate, &mut caller).await;
    caller.done("kickout", json!({"uid": 11})).await;
    caller
        .done("addroommember", json!({"rid": 32, "uid": 12}))
        .await;
    caller
        .done("addprojectblack", json!({"uid": 13, "btime": 60}))
        .await;
    caller
        .done("addgroupban", json!({"gid": 22, "uid": 13, "btime": 60}))
        .await;
    let before = seen(&gate, &mut caller).await;
    drop(caller);
    let gate = gate.restart().await;
    let mut caller = gate.caller().await;
    assert_eq!(seen(&gate, &mut caller).await, before);
    // Times go on where they were.
    gate.advance_ms(59_999);
    assert_eq!(seen(&gate, &mut caller).await, before);
    gate.advance_ms(1);
    assert!(!caller.holds("isprojectblack", json!({"uid": 13})).await);
    assert!(caller.holds("isprojectblack", json!({"uid": 14})).await);
}
