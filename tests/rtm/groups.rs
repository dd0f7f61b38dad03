//! Groups. Source: RTM server gate sections 3 (G1 to G11) and 4.4.

use halloo_core::groups::GroupId;
use halloo_core::users::{Actor, Uid};
use halloo_testkit::rtm::sorted;
use serde_json::{Value, json};

use crate::state::all_hold;
use crate::world::{Caller, Gate};

async fn members(caller: &mut Caller, gid: i64) -> Vec<i64> {
    sorted(
        &caller
            .field("getgroupmembers", json!({"gid": gid}), "uids")
            .await,
    )
}

async fn count(caller: &mut Caller, gid: i64) -> Value {
    caller
        .field("getgroupcount", json!({"gid": gid}), "cn")
        .await
}

#[tokio::test]
async fn members_come_and_go_and_both_are_idempotent() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    assert_eq!(members(&mut caller, 5).await, [0; 0]);
    assert_eq!(count(&mut caller, 5).await, 0);
    caller
        .done("addgroupmembers", json!({"gid": 5, "uids": [3, 1, 3]}))
        .await;
    caller
        .done("addgroupmembers", json!({"gid": 5, "uids": [1, 2]}))
        .await;
    assert_eq!(members(&mut caller, 5).await, [1, 2, 3]);
    assert_eq!(count(&mut caller, 5).await, 3);
    assert_eq!(members(&mut caller, 6).await, [0; 0]);
    for (uid, member) in [(1, true), (2, true), (4, false)] {
        let params = json!({"gid": 5, "uid": uid});
        assert_eq!(caller.holds("isgroupmember", params).await, member, "{uid}");
    }
    caller
        .done("delgroupmembers", json!({"gid": 5, "uids": [1, 4, 1]}))
        .await;
    caller
        .done("delgroupmembers", json!({"gid": 5, "uids": [1]}))
        .await;
    caller
        .done("delgroupmembers", json!({"gid": 6, "uids": [2]}))
        .await;
    assert_eq!(members(&mut caller, 5).await, [2, 3]);
    assert_eq!(count(&mut caller, 5).await, 2);
    assert!(
        !caller
            .holds("isgroupmember", json!({"gid": 5, "uid": 1}))
            .await
    );
    assert_eq!(gate.users().await, 3, "taking 4 out did not make him");
    // A group without members is still the same group.
    caller
        .done("setgroupinfo", json!({"gid": 5, "oinfo": "o"}))
        .await;
    caller
        .done("delgroupmembers", json!({"gid": 5, "uids": [2, 3]}))
        .await;
    assert_eq!(count(&mut caller, 5).await, 0);
    assert_eq!(
        caller
            .field("getgroupinfo", json!({"gid": 5}), "oinfo")
            .await,
        "o"
    );
}

#[tokio::test]
async fn the_groups_of_a_user_follow_his_memberships() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let ask = json!({"uid": 1});
    assert_eq!(
        caller.call("getusergroups", &ask).await,
        Ok(json!({"gids": []}))
    );
    for gid in [9, 7, 8, 7] {
        caller
            .done("addgroupmembers", json!({"gid": gid, "uids": [1, 2]}))
            .await;
    }
    assert_eq!(
        sorted(&caller.field("getusergroups", &ask, "gids").await),
        [7, 8, 9]
    );
    caller
        .done("delgroupmembers", json!({"gid": 8, "uids": [1]}))
        .await;
    caller.done("delgroup", json!({"gid": 9})).await;
    assert_eq!(
        caller.field("getusergroups", &ask, "gids").await,
        json!([7])
    );
    let other = caller
        .field("getusergroups", json!({"uid": 2}), "gids")
        .await;
    assert_eq!(sorted(&other), [7, 8]);
}

#[tokio::test]
async fn a_hundred_members_are_added_at_once_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let uids = |last: i64| json!({"gid": 5, "uids": (1..=last).collect::<Vec<_>>()});
    assert_eq!(
        caller.call("addgroupmembers", uids(101)).await,
        Err(200_032)
    );
    assert_eq!(
        (count(&mut caller, 5).await, gate.users().await),
        (json!(0), 0)
    );
    caller.done("addgroupmembers", uids(100)).await;
    assert_eq!(count(&mut caller, 5).await, 100);
    assert_eq!(
        caller.call("delgroupmembers", uids(101)).await,
        Err(200_032)
    );
    assert_eq!(count(&mut caller, 5).await, 100);
    caller.done("delgroupmembers", uids(100)).await;
    assert_eq!(count(&mut caller, 5).await, 0);
}

#[tokio::test]
async fn a_group_has_10000_members_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let (core, id) = (gate.core(), GroupId(5));
    for hundred in 0..100 {
        let uids: Vec<Uid> = (1..=100).map(|n| Uid(hundred * 100 + n)).collect();
        // The last two are still missing.
        let uids = if hundred == 99 { &uids[..98] } else { &uids };
        let added = core
            .groups
            .add_members(gate.id(), Actor::App, id, uids)
            .await;
        added.expect("there is room");
    }
    assert_eq!(count(&mut caller, 5).await, 9998);
    let full = caller.call(
        "addgroupmembers",
        json!({"gid": 5, "uids": [1, 20_001, 20_002, 20_003]}),
    );
    assert_eq!(full.await, Err(200_042));
    assert_eq!(count(&mut caller, 5).await, 9998, "nobody was added");
    assert_eq!(gate.users().await, 9998, "nobody was made");
    caller
        .done(
            "addgroupmembers",
            json!({"gid": 5, "uids": [1, 20_001, 20_002]}),
        )
        .await;
    assert_eq!(members(&mut caller, 5).await.len(), 10_000);
    let full = caller
        .call("addgroupmembers", json!({"gid": 5, "uids": [20_003]}))
        .await;
    assert_eq!(full, Err(200_042));
    // Who is a member already may be added to a full group, and who goes makes room.
    caller
        .done("addgroupmembers", json!({"gid": 5, "uids": [1, 20_001]}))
        .await;
    caller
        .done("delgroupmembers", json!({"gid": 5, "uids": [1]}))
        .await;
    caller
        .done("addgroupmembers", json!({"gid": 5, "uids": [20_003]}))
        .await;
    assert_eq!(count(&mut caller, 5).await, 10_000);
    caller.done("delgroup", json!({"gid": 5})).await;
    assert_eq!(count(&mut caller, 5).await, 0);
}

#[tokio::test]
async fn a_project_has_as_many_groups_as_its_quota() {
    let gate = Gate::start_with(|config| config.limits.groups_per_app = 2).await;
    let mut caller = gate.caller().await;
    caller
        .done("addgroupmembers", json!({"gid": 1, "uids": [1]}))
        .await;
    caller
        .done("setgroupinfo", json!({"gid": 2, "oinfo": "o"}))
        .await;
    let add = json!({"gid": 3, "uids": [1]});
    let set = json!({"gid": 3, "oinfo": "o"});
    assert_eq!(caller.call("addgroupmembers", &add).await, Err(200_032));
    assert_eq!(caller.call("setgroupinfo", &set).await, Err(200_032));
    assert_eq!(members(&mut caller, 3).await, [0; 0]);
    // What is there already goes on.
    caller
        .done("addgroupmembers", json!({"gid": 2, "uids": [1, 2]}))
        .await;
    caller
        .done("setgroupinfo", json!({"gid": 1, "oinfo": "o"}))
        .await;
    // Another project has a quota of its own.
    let other = gate.other("other").await;
    gate.caller_of(&other)
        .await
        .done("addgroupmembers", &add)
        .await;
    for _ in 0..3 {
        caller.done("delgroup", json!({"gid": 1})).await;
        caller.done("delgroup", json!({"gid": 1})).await;
        caller.done("addgroupmembers", &add).await;
        assert_eq!(
            caller
                .call("setgroupinfo", json!({"gid": 1, "oinfo": "o"}))
                .await,
            Err(200_032)
        );
        caller.done("clearprojectgroup", json!({})).await;
        caller
            .done("addgroupmembers", json!({"gid": 1, "uids": [1]}))
            .await;
        caller
            .done("addgroupmembers", json!({"gid": 2, "uids": [1]}))
            .await;
        assert_eq!(caller.call("addgroupmembers", &add).await, Err(200_032));
    }
}

#[tokio::test]
async fn a_deleted_group_takes_its_members_texts_and_mutes_with_it() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    caller.done("delgroup", json!({"gid": 5})).await;
    for gid in [5, 6] {
        caller
            .done("addgroupmembers", json!({"gid": gid, "uids": [1, 2]}))
            .await;
        caller
            .done(
                "setgroupinfo",
                json!({"gid": gid, "oinfo": "o", "pinfo": "p"}),
            )
            .await;
        caller
            .done("addgroupban", json!({"gid": gid, "uid": 1, "btime": 0}))
            .await;
    }
    caller
        .done("addgroupban", json!({"uid": 2, "btime": 0}))
        .await;
    for _ in 0..2 {
        caller.done("delgroup", json!({"gid": 5})).await;
        assert_eq!(members(&mut caller, 5).await, [0; 0]);
        assert_eq!(count(&mut caller, 5).await, 0);
        let texts = caller.call("getgroupinfo", json!({"gid": 5})).await;
        assert_eq!(texts, Ok(json!({"oinfo": "", "pinfo": ""})));
        for (gid, uid, muted) in [(5, 1, false), (6, 1, true), (5, 2, true)] {
            let params = json!({"gid": gid, "uid": uid});
            assert_eq!(
                caller.holds("isbanofgroup", &params).await,
                muted,
                "{params}"
            );
        }
        assert_eq!(members(&mut caller, 6).await, [1, 2]);
        let texts = caller.call("getgroupinfo", json!({"gid": 6})).await;
        assert_eq!(texts, Ok(json!({"oinfo": "o", "pinfo": "p"})));
    }
}

#[tokio::test]
async fn a_mute_in_a_group_that_nobody_made_goes_with_it_as_well() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let muted = json!({"gid": 5, "uid": 1});
    for delete in ["delgroup", "clearprojectgroup"] {
        caller
            .done("addgroupban", json!({"gid": 5, "uid": 1, "btime": 0}))
            .await;
        assert!(caller.holds("isbanofgroup", &muted).await);
        caller.done(delete, json!({"gid": 5})).await;
        assert!(!caller.holds("isbanofgroup", &muted).await, "{delete}");
    }
}

#[tokio::test]
async fn clearing_the_project_deletes_its_groups_and_nothing_else() {
    let gate = Gate::start().await;
    let other = gate.other("other").await;
    let (mut caller, mut neighbour) = (gate.caller().await, gate.caller_of(&other).await);
    caller.done("clearprojectgroup", json!({})).await;
    neighbour
        .done("addgroupmembers", json!({"gid": 5, "uids": [1]}))
        .await;
    // More rows than one step of the store deletes.
    for gid in 1..=30 {
        let uids: Vec<i64> = (1..=100).collect();
        caller
            .done("addgroupmembers", json!({"gid": gid, "uids": uids}))
            .await;
        caller
            .done("setgroupinfo", json!({"gid": gid, "oinfo": "o"}))
            .await;
        caller
            .done("addgroupban", json!({"gid": gid, "uid": 1, "btime": 0}))
            .await;
    }
    caller
        .done("addgroupban", json!({"uid": 2, "btime": 0}))
        .await;
    caller
        .done("addroommember", json!({"rid": 5, "uid": 1}))
        .await;
    caller.done("clearprojectgroup", json!({})).await;
    for gid in 1..=30 {
        assert_eq!(members(&mut caller, gid).await, [0; 0]);
        assert_eq!(count(&mut caller, gid).await, 0);
        let texts = caller.call("getgroupinfo", json!({"gid": gid})).await;
        assert_eq!(texts, Ok(json!({"oinfo": "", "pinfo": ""})));
        assert!(
            !caller
                .holds("isbanofgroup", json!({"gid": gid, "uid": 1}))
                .await
        );
    }
    let groups = caller.call("getusergroups", json!({"uid": 1})).await;
    assert_eq!(groups, Ok(json!({"gids": []})));
    assert!(
        caller
            .holds("isbanofgroup", json!({"gid": 5, "uid": 2}))
            .await
    );
    let rooms = caller.call("getroommembers", json!({"rid": 5})).await;
    assert_eq!(rooms, Ok(json!({"uids": [1]})));
    assert_eq!(gate.users().await, 100);
    assert_eq!(members(&mut neighbour, 5).await, [1]);
}

#[tokio::test]
async fn a_mute_lasts_to_the_millisecond_of_its_end() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    // He need not be a member.
    for every in [false, true] {
        let mut params = json!({"gid": 5, "uid": 1, "btime": 60});
        if every {
            params.as_object_mut().unwrap().remove("gid");
        }
        caller.done("addgroupban", params).await;
        let muted = json!({"gid": 5, "uid": 1});
        assert!(caller.holds("isbanofgroup", &muted).await);
        assert_eq!(
            caller
                .holds("isbanofgroup", json!({"gid": 6, "uid": 1}))
                .await,
            every
        );
        assert!(
            !caller
                .holds("isbanofgroup", json!({"gid": 5, "uid": 2}))
                .await
        );
        gate.advance_ms(59_999);
        assert!(caller.holds("isbanofgroup", &muted).await);
        gate.advance_ms(1);
        assert!(!caller.holds("isbanofgroup", &muted).await);
    }
    for btime in [json!(0), json!(-1), json!(null), json!(i32::MIN)] {
        caller
            .done("addgroupban", json!({"gid": 5, "uid": 3, "btime": btime}))
            .await;
        gate.advance_ms(1_000_000_000_000);
        assert!(
            caller
                .holds("isbanofgroup", json!({"gid": 5, "uid": 3}))
                .await,
            "{btime}"
        );
        // A later one replaces it.
        caller
            .done("addgroupban", json!({"gid": 5, "uid": 3, "btime": 1}))
            .await;
        gate.advance_ms(1000);
        assert!(
            !caller
                .holds("isbanofgroup", json!({"gid": 5, "uid": 3}))
                .await,
            "{btime}"
        );
    }
}

#[tokio::test]
async fn mutes_of_one_group_and_of_every_group_are_independent() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let muted = async |caller: &mut Caller| {
        let asks = [5, 6, 0].map(|gid| ("isbanofgroup", json!({"gid": gid, "uid": 1})));
        all_hold(caller, asks).await
    };
    for every in [
        json!({"uid": 1}),
        json!({"gid": 0, "uid": 1}),
        json!({"gid": -7, "uid": 1}),
    ] {
        let one = json!({"gid": 5, "uid": 1});
        assert_eq!(muted(&mut caller).await, [false, false, false]);
        caller.done("addgroupban", &one).await;
        assert_eq!(muted(&mut caller).await, [true, false, false]);
        caller.done("addgroupban", &every).await;
        assert_eq!(muted(&mut caller).await, [true, true, true]);
        caller.done("removegroupban", &one).await;
        assert_eq!(
            muted(&mut caller).await,
            [true, true, true],
            "the one of all holds"
        );
        caller.done("addgroupban", &one).await;
        caller.done("removegroupban", &every).await;
        assert_eq!(
            muted(&mut caller).await,
            [true, false, false],
            "the one of 5 holds"
        );
        caller.done("removegroupban", &every).await;
        caller.done("removegroupban", &one).await;
        caller.done("removegroupban", &one).await;
    }
    // Rooms with the same number have nothing to do with it.
    caller
        .done("addgroupban", json!({"gid": 5, "uid": 1}))
        .await;
    caller.done("addgroupban", json!({"uid": 1})).await;
    assert!(
        !caller
            .holds("isbanofroom", json!({"rid": 5, "uid": 1}))
            .await
    );
    caller
        .done("removeroomban", json!({"rid": 5, "uid": 1}))
        .await;
    caller.done("removeroomban", json!({"uid": 1})).await;
    assert!(
        caller
            .holds("isbanofgroup", json!({"gid": 5, "uid": 1}))
            .await
    );
}

#[tokio::test]
async fn texts_change_one_at_a_time_and_can_be_cleared() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let about = json!({"gid": 1});
    let texts = |open: &str, private: &str| Ok(json!({"oinfo": open, "pinfo": private}));
    assert_eq!(caller.call("getgroupinfo", &about).await, texts("", ""));
    for (change, open, private) in [
        (json!({"gid": 1, "oinfo": "o"}), "o", ""),
        (json!({"gid": 1, "pinfo": "p"}), "o", "p"),
        (json!({"gid": 1, "oinfo": null, "pinfo": "p2"}), "o", "p2"),
        (json!({"gid": 1, "oinfo": "", "pinfo": null}), "", "p2"),
        (json!({"gid": 1, "oinfo": "o2", "pinfo": ""}), "o2", ""),
    ] {
        caller.done("setgroupinfo", &change).await;
        assert_eq!(
            caller.call("getgroupinfo", &about).await,
            texts(open, private),
            "{change}"
        );
    }
    for nothing in [about.clone(), json!({"gid": 1, "oinfo": null})] {
        assert_eq!(caller.call("setgroupinfo", nothing).await, Err(200_033));
    }
    assert_eq!(caller.call("getgroupinfo", &about).await, texts("o2", ""));
    assert_eq!(members(&mut caller, 1).await, [0; 0]);
    assert_eq!(gate.users().await, 0);
}
