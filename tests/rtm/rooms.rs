//! Rooms. Source: RTM server gate sections 3 (R1 to R7) and 4.3.

use halloo_testkit::rtm::sorted;
use serde_json::{Value, json};

use crate::state::all_hold;
use crate::world::{Caller, Gate};

async fn members(caller: &mut Caller, rid: i64) -> Vec<i64> {
    sorted(
        &caller
            .field("getroommembers", json!({"rid": rid}), "uids")
            .await,
    )
}

async fn counts(caller: &mut Caller, params: Value) -> Value {
    caller.field("getroomcount", params, "cn").await
}

/// Asks until a room has exactly these members: what follows a closed session may take a moment.
async fn until_members_are(caller: &mut Caller, rid: i64, expected: &[i64]) {
    for _ in 0..2000 {
        if members(caller, rid).await == expected {
            return;
        }
    }
    assert_eq!(members(caller, rid).await, expected, "room {rid}");
}

#[tokio::test]
async fn members_come_and_go_and_both_are_idempotent() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    assert_eq!(members(&mut caller, 5).await, [0; 0]);
    for uid in [3, 1, 3, 2] {
        caller
            .done("addroommember", json!({"rid": 5, "uid": uid}))
            .await;
    }
    assert_eq!(members(&mut caller, 5).await, [1, 2, 3]);
    assert_eq!(members(&mut caller, 6).await, [0; 0]);
    for (rid, uid) in [(5, 1), (5, 1), (5, 4), (6, 2)] {
        caller
            .done("delroommember", json!({"rid": rid, "uid": uid}))
            .await;
    }
    assert_eq!(members(&mut caller, 5).await, [2, 3]);
    assert_eq!(
        counts(&mut caller, json!({"rid": 5})).await,
        json!({"5": 2})
    );
    assert_eq!(gate.users().await, 3, "taking 4 out did not make him");
    caller
        .done("addroommember", json!({"rid": 5, "uid": 1}))
        .await;
    assert_eq!(members(&mut caller, 5).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_user_is_in_10_rooms_and_not_in_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for rid in 1..=10 {
        caller
            .done("addroommember", json!({"rid": rid, "uid": 1}))
            .await;
    }
    let eleventh = json!({"rid": 11, "uid": 1});
    assert_eq!(caller.call("addroommember", &eleventh).await, Err(200_047));
    assert_eq!(members(&mut caller, 11).await, [0; 0]);
    // Where he is already he may be put again, and leaving one makes room for another.
    caller
        .done("addroommember", json!({"rid": 10, "uid": 1}))
        .await;
    caller
        .done("delroommember", json!({"rid": 4, "uid": 1}))
        .await;
    caller.done("addroommember", &eleventh).await;
    assert_eq!(
        caller
            .call("addroommember", json!({"rid": 4, "uid": 1}))
            .await,
        Err(200_047)
    );
    // Others, and the same number in another project, have rooms of their own.
    caller
        .done("addroommember", json!({"rid": 11, "uid": 2}))
        .await;
    let other = gate.other("other").await;
    gate.caller_of(&other)
        .await
        .done("addroommember", &eleventh)
        .await;
    assert_eq!(members(&mut caller, 11).await, [1, 2]);
}

#[tokio::test]
async fn one_user_enters_and_leaves_many_rooms_at_once() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let rooms = |rooms: &[i64]| json!({"rids": rooms, "uid": 1});
    caller.done("adduserrooms", rooms(&[1, 2, 3, 2, 1])).await;
    let inside = json!({"rids": [1, 2, 3, 4]});
    let counted = counts(&mut caller, inside.clone()).await;
    assert_eq!(counted, json!({"1": 1, "2": 1, "3": 1, "4": 0}));
    // All or none: 3 and 9 are one too many.
    let many: Vec<i64> = (3..=11).collect();
    assert_eq!(
        caller.call("adduserrooms", rooms(&many)).await,
        Err(200_047)
    );
    assert_eq!(counts(&mut caller, inside.clone()).await, counted);
    caller.done("adduserrooms", rooms(&many[..8])).await;
    assert_eq!(members(&mut caller, 10).await, [1]);
    caller.done("adduserrooms", rooms(&[1, 2, 3])).await;
    caller.done("deleteuserrooms", rooms(&[1, 2, 99, 1])).await;
    caller.done("deleteuserrooms", rooms(&[1, 2])).await;
    let counted = counts(&mut caller, inside).await;
    assert_eq!(counted, json!({"1": 0, "2": 0, "3": 1, "4": 1}));
}

#[tokio::test]
async fn many_members_come_and_go_and_the_answer_says_who() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let users = |uids: &[i64]| json!({"rid": 5, "uids": uids});
    let field = "successedUids";
    let entered = caller
        .field("addroommembers", users(&[3, 1, 3]), field)
        .await;
    assert_eq!(sorted(&entered), [1, 3]);
    // Whoever is a member afterwards, be it from before.
    let entered = caller.field("addroommembers", users(&[1, 2]), field).await;
    assert_eq!(sorted(&entered), [1, 2]);
    // 4 is in too many rooms.
    let rids: Vec<i64> = (11..=20).collect();
    caller
        .done("adduserrooms", json!({"rids": rids, "uid": 4}))
        .await;
    let entered = caller
        .field("addroommembers", users(&[4, 1, 6]), field)
        .await;
    assert_eq!(sorted(&entered), [1, 6]);
    assert_eq!(members(&mut caller, 5).await, [1, 2, 3, 6]);
    // Only who was in it, each once.
    let left = caller
        .field("delroommembers", users(&[1, 7, 2, 1, 4]), field)
        .await;
    assert_eq!(sorted(&left), [1, 2]);
    let left = caller.field("delroommembers", users(&[1, 7]), field).await;
    assert_eq!(left, json!([]));
    assert_eq!(members(&mut caller, 5).await, [3, 6]);
    assert_eq!(
        counts(&mut caller, json!({"rid": 5})).await,
        json!({"5": 2})
    );
    assert_eq!(gate.users().await, 5, "7 was only taken out");
}

#[tokio::test]
async fn counts_have_one_answer_for_both_forms_of_the_question() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    caller
        .done("adduserrooms", json!({"rids": [5, 6], "uid": 1}))
        .await;
    caller
        .done("addroommember", json!({"rid": 5, "uid": 2}))
        .await;
    for (params, expected) in [
        (json!({"rid": 5}), json!({"5": 2})),
        (json!({"rid": 7}), json!({"7": 0})),
        (json!({"rids": [5]}), json!({"5": 2})),
        (
            json!({"rids": [7, 6, 5, 6]}),
            json!({"5": 2, "6": 1, "7": 0}),
        ),
        (
            json!({"rids": [i64::MAX]}),
            json!({i64::MAX.to_string(): 0}),
        ),
        // Nil is left out.
        (json!({"rids": null, "rid": 5}), json!({"5": 2})),
        (json!({"rids": [6], "rid": null}), json!({"6": 1})),
        // Whoever sends both means the list.
        (json!({"rids": [6], "rid": 5}), json!({"6": 1})),
    ] {
        assert_eq!(
            counts(&mut caller, params.clone()).await,
            expected,
            "{params}"
        );
    }
    for nothing in [
        json!({}),
        json!({"rid": null}),
        json!({"rids": null}),
        json!({"rids": []}),
    ] {
        assert_eq!(
            caller.call("getroomcount", &nothing).await,
            Err(200_033),
            "{nothing}"
        );
    }
    for illegal in [
        json!({"rid": 0}),
        json!({"rid": -5}),
        json!({"rids": [5, 0]}),
    ] {
        assert_eq!(
            caller.call("getroomcount", &illegal).await,
            Err(200_034),
            "{illegal}"
        );
    }
    for wrong in [
        json!({"rid": "5"}),
        json!({"rids": "5"}),
        json!({"rids": 5}),
    ] {
        assert_eq!(
            caller.call("getroomcount", &wrong).await,
            Err(10_010),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn who_loses_his_last_connection_leaves_his_rooms() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let (phone, laptop) = (
        gate.session(1, "android_1").await,
        gate.session(1, "web_2").await,
    );
    for uid in [1, 2] {
        caller
            .done("adduserrooms", json!({"rids": [5, 6], "uid": uid}))
            .await;
        caller
            .done("addgroupmembers", json!({"gid": 5, "uids": [uid]}))
            .await;
    }
    gate.log_out(&phone);
    assert_eq!(
        members(&mut caller, 5).await,
        [1, 2],
        "he is still connected"
    );
    gate.log_out(&laptop);
    // 2 was never connected: he stays until he is taken out or was.
    until_members_are(&mut caller, 5, &[2]).await;
    until_members_are(&mut caller, 6, &[2]).await;
    assert_eq!(
        counts(&mut caller, json!({"rids": [5, 6]})).await,
        json!({"5": 1, "6": 1})
    );
    let groups = caller
        .field("getgroupmembers", json!({"gid": 5}), "uids")
        .await;
    assert_eq!(sorted(&groups), [1, 2], "groups are not left");
}

#[tokio::test]
async fn who_is_kicked_or_black_listed_leaves_his_rooms() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for (method, params) in [
        ("kickout", json!({"uid": 1})),
        ("kickout", json!({"uid": 1, "ce": "web_2"})),
        ("addprojectblack", json!({"uid": 1, "btime": 10})),
    ] {
        let session = gate.session(1, "web_2").await;
        caller
            .done("adduserrooms", json!({"rids": [5, 6], "uid": 1}))
            .await;
        caller.done(method, &params).await;
        assert!(session.closed().is_some(), "{method} {params}");
        until_members_are(&mut caller, 5, &[]).await;
        until_members_are(&mut caller, 6, &[]).await;
    }
}

#[tokio::test]
async fn a_mute_lasts_to_the_millisecond_of_its_end() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    // He need not be in the room.
    for every in [false, true] {
        let mut params = json!({"rid": 5, "uid": 1, "btime": 60});
        if every {
            params.as_object_mut().unwrap().remove("rid");
        }
        caller.done("addroomban", params).await;
        let muted = json!({"rid": 5, "uid": 1});
        assert!(caller.holds("isbanofroom", &muted).await);
        assert_eq!(
            caller
                .holds("isbanofroom", json!({"rid": 6, "uid": 1}))
                .await,
            every
        );
        assert!(
            !caller
                .holds("isbanofroom", json!({"rid": 5, "uid": 2}))
                .await
        );
        gate.advance_ms(59_999);
        assert!(caller.holds("isbanofroom", &muted).await);
        gate.advance_ms(1);
        assert!(!caller.holds("isbanofroom", &muted).await);
    }
    for btime in [json!(0), json!(-1), json!(null), json!(i32::MIN)] {
        caller
            .done("addroomban", json!({"rid": 5, "uid": 3, "btime": btime}))
            .await;
        gate.advance_ms(1_000_000_000_000);
        assert!(
            caller
                .holds("isbanofroom", json!({"rid": 5, "uid": 3}))
                .await,
            "{btime}"
        );
        // A later one replaces it.
        caller
            .done("addroomban", json!({"rid": 5, "uid": 3, "btime": 1}))
            .await;
        gate.advance_ms(1000);
        assert!(
            !caller
                .holds("isbanofroom", json!({"rid": 5, "uid": 3}))
                .await,
            "{btime}"
        );
    }
}

#[tokio::test]
async fn mutes_of_one_room_and_of_every_room_are_independent() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let muted = async |caller: &mut Caller| {
        let asks = [5, 6, 0].map(|rid| ("isbanofroom", json!({"rid": rid, "uid": 1})));
        all_hold(caller, asks).await
    };
    for every in [
        json!({"uid": 1}),
        json!({"rid": 0, "uid": 1}),
        json!({"rid": -7, "uid": 1}),
    ] {
        let one = json!({"rid": 5, "uid": 1});
        assert_eq!(muted(&mut caller).await, [false, false, false]);
        caller.done("addroomban", &one).await;
        assert_eq!(muted(&mut caller).await, [true, false, false]);
        caller.done("addroomban", &every).await;
        assert_eq!(muted(&mut caller).await, [true, true, true]);
        caller.done("removeroomban", &one).await;
        assert_eq!(
            muted(&mut caller).await,
            [true, true, true],
            "the one of all holds"
        );
        caller.done("addroomban", &one).await;
        caller.done("removeroomban", &every).await;
        assert_eq!(
            muted(&mut caller).await,
            [true, false, false],
            "the one of 5 holds"
        );
        caller.done("removeroomban", &every).await;
        caller.done("removeroomban", &one).await;
        caller.done("removeroomban", &one).await;
    }
    // Groups with the same number have nothing to do with it, and being muted is not being out.
    caller.done("addroomban", json!({"rid": 5, "uid": 1})).await;
    caller.done("addroomban", json!({"uid": 1})).await;
    caller
        .done("addroommember", json!({"rid": 5, "uid": 1}))
        .await;
    assert!(
        !caller
            .holds("isbanofgroup", json!({"gid": 5, "uid": 1}))
            .await
    );
    caller
        .done("removegroupban", json!({"gid": 5, "uid": 1}))
        .await;
    caller.done("removegroupban", json!({"uid": 1})).await;
    assert!(
        caller
            .holds("isbanofroom", json!({"rid": 5, "uid": 1}))
            .await
    );
    assert_eq!(members(&mut caller, 5).await, [1]);
}

#[tokio::test]
async fn texts_change_one_at_a_time_and_can_be_cleared() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let about = json!({"rid": 1});
    let texts = |open: &str, private: &str| Ok(json!({"oinfo": open, "pinfo": private}));
    assert_eq!(caller.call("getroominfo", &about).await, texts("", ""));
    for (change, open, private) in [
        (json!({"rid": 1, "oinfo": "o"}), "o", ""),
        (json!({"rid": 1, "pinfo": "p"}), "o", "p"),
        (json!({"rid": 1, "oinfo": null, "pinfo": "p2"}), "o", "p2"),
        (json!({"rid": 1, "oinfo": "", "pinfo": null}), "", "p2"),
        (json!({"rid": 1, "oinfo": "o2", "pinfo": ""}), "o2", ""),
    ] {
        caller.done("setroominfo", &change).await;
        assert_eq!(
            caller.call("getroominfo", &about).await,
            texts(open, private),
            "{change}"
        );
    }
    for nothing in [about.clone(), json!({"rid": 1, "oinfo": null})] {
        assert_eq!(caller.call("setroominfo", nothing).await, Err(200_033));
    }
    // It outlives whoever is in the room.
    caller
        .done("addroommember", json!({"rid": 1, "uid": 1}))
        .await;
    caller
        .done("delroommember", json!({"rid": 1, "uid": 1}))
        .await;
    assert_eq!(caller.call("getroominfo", &about).await, texts("o2", ""));
    assert_eq!(
        caller.call("getroominfo", json!({"rid": 2})).await,
        texts("", "")
    );
}
