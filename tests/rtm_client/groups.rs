//! Groups as their members see them, and others. Source: RTM client gate sections 3.6 and 6.

use halloo_testkit::rtm::RtmClient;
use serde_json::{Value, json};

use crate::world::{Ask as _, World};

/// A group 5 of 7 and 8, made by the back end as only it can.
async fn group(world: &World) {
    let mut back_end = world.back_end().await;
    let params = json!({"gid": 5, "uids": [7, 8]});
    back_end.done("addgroupmembers", params).await;
}

async fn members(world: &World) -> Vec<i64> {
    let mut back_end = world.back_end().await;
    let members = back_end.field("getgroupmembers", json!({"gid": 5}), "uids");
    halloo_testkit::rtm::sorted(&members.await)
}

/// What `client` is answered to everything that concerns group `gid` alone.
async fn private(client: &mut RtmClient, gid: i64) -> Vec<Result<Value, u32>> {
    let mut answers = Vec::new();
    for (method, params) in [
        ("addgroupmembers", json!({"gid": gid, "uids": [9]})),
        ("delgroupmembers", json!({"gid": gid, "uids": [8]})),
        ("setgroupinfo", json!({"gid": gid, "oinfo": "x"})),
        ("getgroupinfo", json!({"gid": gid})),
        ("getgroupmembers", json!({"gid": gid})),
        ("getgroupmembers", json!({"gid": gid, "online": true})),
    ] {
        answers.push(client.call(method, params).await);
    }
    answers
}

#[tokio::test]
async fn members_add_and_remove_members() {
    let world = World::start().await;
    group(&world).await;
    let (mut client, mut other) = (world.client(7).await, world.client(8).await);
    let gid = json!({"gid": 5});
    let add = json!({"gid": 5, "uids": [9, 10, 9, 8]});
    client.done("addgroupmembers", add).await;
    assert_eq!(
        client.ids("getgroupmembers", gid.clone(), "uids").await,
        [7, 8, 9, 10]
    );
    let remove = json!({"gid": 5, "uids": [7, 10, 11]});
    other.done("delgroupmembers", remove).await;
    assert_eq!(other.ids("getgroupmembers", gid, "uids").await, [8, 9]);
    assert_eq!(client.ids("getusergroups", json!({}), "gids").await, [0; 0]);
    // Who was taken out, or takes himself out, is outside at once.
    assert_eq!(
        private(&mut client, 5).await,
        [(); 6].map(|()| Err(200_041))
    );
    let himself = json!({"gid": 5, "uids": [8]});
    other.done("delgroupmembers", himself).await;
    assert_eq!(private(&mut other, 5).await, [(); 6].map(|()| Err(200_041)));
    assert_eq!(members(&world).await, [9]);
}

#[tokio::test]
async fn whoever_is_outside_changes_and_reads_nothing_private_and_makes_no_group() {
    let world = World::start().await;
    group(&world).await;
    let mut back_end = world.back_end().await;
    let texts = json!({"gid": 5, "oinfo": "open", "pinfo": "private"});
    back_end.done("setgroupinfo", texts).await;
    let mut outside = world.client(9).await;
    for gid in [5, 6] {
        let refused = private(&mut outside, gid).await;
        assert_eq!(refused, [(); 6].map(|()| Err(200_041)), "{gid}");
        let himself = json!({"gid": gid, "uids": [9]});
        for method in ["addgroupmembers", "delgroupmembers"] {
            let answer = outside.call(method, &himself).await;
            assert_eq!(answer, Err(200_041), "{method} {gid}");
        }
    }
    assert_eq!(members(&world).await, [7, 8]);
    let info = back_end.call("getgroupinfo", json!({"gid": 5})).await;
    assert_eq!(info, Ok(json!({"oinfo": "open", "pinfo": "private"})));
    let size = back_end.field("getgroupcount", json!({"gid": 6}), "cn");
    assert_eq!(size.await, 0);
}

#[tokio::test]
async fn size_and_public_text_are_for_everybody() {
    let world = World::start().await;
    group(&world).await;
    let (mut member, mut outside) = (world.client(7).await, world.client(9).await);
    let texts = json!({"gid": 5, "oinfo": "open", "pinfo": "private"});
    member.done("setgroupinfo", texts).await;
    for client in [&mut member, &mut outside] {
        let size = client.call("getgroupcount", json!({"gid": 5})).await;
        assert_eq!(size, Ok(json!({"cn": 2})));
        let without = json!({"gid": 5, "online": false});
        let size = client.call("getgroupcount", without).await;
        assert_eq!(size, Ok(json!({"cn": 2})));
        let open = client.call("getgroupopeninfo", json!({"gid": 5})).await;
        assert_eq!(open, Ok(json!({"oinfo": "open"})));
        let several = json!({"gids": [5, 6, 5]});
        let open = client.call("getgroupsopeninfo", several).await;
        assert_eq!(open, Ok(json!({"info": {"5": "open", "6": ""}})));
    }
    // How many are online is for members.
    let with_online = json!({"gid": 5, "online": true});
    let size = member.call("getgroupcount", &with_online).await;
    assert_eq!(size, Ok(json!({"cn": 2, "online": 1})));
    for gid in [5, 6] {
        let with_online = json!({"gid": gid, "online": true});
        let refused = outside.call("getgroupcount", with_online).await;
        assert_eq!(refused, Err(200_041), "{gid}");
    }
    let size = outside.call("getgroupcount", json!({"gid": 6})).await;
    assert_eq!(size, Ok(json!({"cn": 0})));
}

#[tokio::test]
async fn members_see_who_of_them_is_online() {
    let world = World::start().await;
    group(&world).await;
    let mut client = world.client(7).await;
    let _outside = world.client(9).await;
    let asked = json!({"gid": 5, "online": true});
    let answer = client
        .call("getgroupmembers", &asked)
        .await
        .expect("an answer");
    assert_eq!(halloo_testkit::rtm::sorted(&answer["uids"]), [7, 8]);
    assert_eq!(answer["onlines"], json!([7]));
    let mut other = world.client(8).await;
    assert_eq!(
        client
            .ids("getgroupmembers", asked.clone(), "onlines")
            .await,
        [7, 8]
    );
    other.done("bye", json!({})).await;
    assert_eq!(client.ids("getgroupmembers", asked, "onlines").await, [7]);
    for online in [json!(false), json!(null)] {
        let bare = json!({"gid": 5, "online": online});
        let answer = client
            .call("getgroupmembers", bare)
            .await
            .expect("an answer");
        assert_eq!(answer.get("onlines"), None);
    }
}

#[tokio::test]
async fn texts_of_a_group_are_set_and_read_by_its_members() {
    let world = World::start().await;
    group(&world).await;
    let (mut client, mut other) = (world.client(7).await, world.client(8).await);
    let texts = |open: &str, private: &str| Ok(json!({"oinfo": open, "pinfo": private}));
    for (change, open, private) in [
        (json!({"gid": 5, "oinfo": "o"}), "o", ""),
        (json!({"gid": 5, "oinfo": null, "pinfo": "p"}), "o", "p"),
        (json!({"gid": 5, "oinfo": ""}), "", "p"),
    ] {
        client.done("setgroupinfo", change).await;
        let read = other.call("getgroupinfo", json!({"gid": 5})).await;
        assert_eq!(read, texts(open, private));
    }
    let nothing = json!({"gid": 5, "oinfo": null});
    assert_eq!(client.call("setgroupinfo", nothing).await, Err(200_033));
    let long = json!({"gid": 5, "oinfo": "x".repeat(65_536)});
    assert_eq!(client.call("setgroupinfo", long).await, Err(200_030));
    let read = other.call("getgroupinfo", json!({"gid": 5})).await;
    assert_eq!(read, texts("", "p"));
}

#[tokio::test]
async fn memberships_outlive_sessions() {
    let world = World::start().await;
    group(&world).await;
    for _ in 0..2 {
        let mut client = world.client(7).await;
        let own = client.ids("getusergroups", json!({}), "gids").await;
        assert_eq!(own, [5]);
        client.done("bye", json!({})).await;
        assert_eq!(members(&world).await, [7, 8]);
    }
}

#[tokio::test]
async fn lists_and_groups_have_their_limits() {
    let world = World::start_with(|config| config.limits.group_members = 150).await;
    group(&world).await;
    let mut client = world.client(7).await;
    let users =
        |from: i64, count: i64| json!({"gid": 5, "uids": (from..from + count).collect::<Vec<_>>()});
    for method in ["addgroupmembers", "delgroupmembers"] {
        assert_eq!(client.call(method, users(100, 101)).await, Err(200_032));
        assert_eq!(client.call(method, users(100, 0)).await, Err(200_033));
        assert_eq!(client.call(method, users(0, 2)).await, Err(200_001));
    }
    client.done("addgroupmembers", users(100, 100)).await;
    let one_too_many = client.call("addgroupmembers", users(200, 49)).await;
    assert_eq!(one_too_many, Err(200_042));
    client.done("addgroupmembers", users(200, 48)).await;
    let full = client.call("getgroupcount", json!({"gid": 5})).await;
    assert_eq!(full, Ok(json!({"cn": 150})));
    let gids = |most: i64| json!({"gids": (1..=most).collect::<Vec<_>>()});
    let open = client.field("getgroupsopeninfo", gids(100), "info").await;
    assert_eq!(open.as_object().map(serde_json::Map::len), Some(100));
    assert_eq!(
        client.call("getgroupsopeninfo", gids(101)).await,
        Err(200_032)
    );
    assert_eq!(
        client.call("getgroupsopeninfo", gids(0)).await,
        Err(200_033)
    );
    for (method, params) in [
        ("addgroupmembers", json!({"gid": 0, "uids": [9]})),
        ("getgroupmembers", json!({"gid": -5})),
        ("getgroupcount", json!({"gid": 0})),
        ("getgroupinfo", json!({"gid": 0})),
        ("getgroupopeninfo", json!({"gid": 0})),
        ("getgroupsopeninfo", json!({"gids": [5, 0]})),
    ] {
        assert_eq!(client.call(method, params).await, Err(200_034), "{method}");
    }
}
