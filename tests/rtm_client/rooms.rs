//! Rooms as their members see them. Source: RTM client gate sections 3.5 and 6.

use halloo_core::apps::RoomPolicy;
use halloo_testkit::rtm::RtmClient;
use serde_json::{Value, json};

use crate::world::{Ask as _, World};

async fn allow(world: &World, policy: RoomPolicy) {
    let set = world.core().apps.set_rooms(world.key(), policy).await;
    set.expect("the app");
}

async fn own(client: &mut RtmClient) -> Vec<i64> {
    client.ids("getuserrooms", json!({}), "rooms").await
}

async fn members(client: &mut RtmClient, rid: i64) -> Vec<i64> {
    let asked = json!({"rid": rid});
    client.ids("getroommembers", asked, "uids").await
}

async fn counts(client: &mut RtmClient, rids: &[i64]) -> Value {
    let asked = json!({"rids": rids});
    client.field("getroomcount", asked, "cn").await
}

#[tokio::test]
async fn a_room_is_entered_and_left() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    assert_eq!(own(&mut seven).await, [0; 0]);
    assert_eq!(
        seven.call("getuserrooms", json!({})).await,
        Ok(json!({"rooms": []}))
    );
    for client in [&mut seven, &mut eight] {
        for _ in 0..2 {
            client.done("enterroom", json!({"rid": 5})).await;
        }
        assert_eq!(own(client).await, [5]);
    }
    assert_eq!(members(&mut seven, 5).await, [7, 8]);
    assert_eq!(
        counts(&mut seven, &[5, 6, 5]).await,
        json!({"5": 2, "6": 0})
    );
    for _ in 0..2 {
        seven.done("leaveroom", json!({"rid": 5})).await;
    }
    assert_eq!(own(&mut seven).await, [0; 0]);
    assert_eq!(own(&mut eight).await, [5]);
    // Whoever is outside may look who is in.
    assert_eq!(members(&mut seven, 5).await, [8]);
    assert_eq!(counts(&mut seven, &[5]).await, json!({"5": 1}));
}

#[tokio::test]
async fn entering_another_room_leaves_the_first() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    for rid in [5, 6, i64::MAX, 5] {
        client.done("enterroom", json!({"rid": rid})).await;
        assert_eq!(own(&mut client).await, [rid]);
    }
    client.done("enterrooms", json!({"rids": [6, 6]})).await;
    assert_eq!(own(&mut client).await, [6]);
    for rid in [5, i64::MAX] {
        assert_eq!(members(&mut client, rid).await, [0; 0], "{rid}");
    }
    // Several are too many, and nothing changes.
    let several = json!({"rids": [7, 8]});
    assert_eq!(client.call("enterrooms", several).await, Err(200_047));
    assert_eq!(own(&mut client).await, [6]);
}

#[tokio::test]
async fn where_the_project_allows_several_there_are_ten() {
    let world = World::start().await;
    allow(&world, RoomPolicy::Several).await;
    let mut client = world.client(7).await;
    client.done("enterroom", json!({"rid": 1})).await;
    client
        .done("enterrooms", json!({"rids": [2, 3, 2, 1]}))
        .await;
    assert_eq!(own(&mut client).await, [1, 2, 3]);
    let eight: Vec<i64> = (3..=11).collect();
    let too_many = json!({"rids": eight});
    assert_eq!(client.call("enterrooms", too_many).await, Err(200_047));
    assert_eq!(own(&mut client).await, [1, 2, 3], "all or none");
    client.done("enterrooms", json!({"rids": eight[..8]})).await;
    let eleventh = json!({"rid": 11});
    assert_eq!(
        client.call("enterroom", eleventh.clone()).await,
        Err(200_047)
    );
    assert_eq!(members(&mut client, 11).await, [0; 0]);
    client.done("enterroom", json!({"rid": 10})).await;
    client.done("leaveroom", json!({"rid": 4})).await;
    client.done("enterroom", eleventh).await;
    assert_eq!(own(&mut client).await, [1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
}

#[tokio::test]
async fn a_new_policy_counts_from_the_next_room_that_is_entered() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    client.done("enterroom", json!({"rid": 1})).await;
    allow(&world, RoomPolicy::Several).await;
    client.done("enterroom", json!({"rid": 2})).await;
    assert_eq!(own(&mut client).await, [1, 2]);
    allow(&world, RoomPolicy::One).await;
    assert_eq!(own(&mut client).await, [1, 2]);
    client.done("enterroom", json!({"rid": 3})).await;
    assert_eq!(own(&mut client).await, [3]);
}

#[tokio::test]
async fn texts_are_set_and_read_inside_and_the_public_one_by_everybody() {
    let world = World::start().await;
    let (mut inside, mut outside) = (world.client(7).await, world.client(8).await);
    inside.done("enterroom", json!({"rid": 5})).await;
    let about = json!({"rid": 5});
    let texts = |open: &str, private: &str| Ok(json!({"oinfo": open, "pinfo": private}));
    assert_eq!(inside.call("getroominfo", &about).await, texts("", ""));
    for (change, open, private) in [
        (json!({"rid": 5, "oinfo": "o"}), "o", ""),
        (json!({"rid": 5, "oinfo": null, "pinfo": "p"}), "o", "p"),
        (json!({"rid": 5, "oinfo": "", "pinfo": null}), "", "p"),
        (json!({"rid": 5, "oinfo": "o2", "pinfo": "p2"}), "o2", "p2"),
    ] {
        inside.done("setroominfo", change).await;
        let read = inside.call("getroominfo", &about).await;
        assert_eq!(read, texts(open, private));
        let open_to_all = outside.field("getroomopeninfo", about.clone(), "oinfo");
        assert_eq!(open_to_all.await, open);
    }
    let change = json!({"rid": 5, "oinfo": "x", "pinfo": "x"});
    assert_eq!(outside.call("setroominfo", change).await, Err(200_040));
    assert_eq!(outside.call("getroominfo", &about).await, Err(200_040));
    for nothing in [
        about.clone(),
        json!({"rid": 5, "oinfo": null, "pinfo": null}),
    ] {
        assert_eq!(inside.call("setroominfo", nothing).await, Err(200_033));
    }
    let long = json!({"rid": 5, "oinfo": "x".repeat(65_536)});
    assert_eq!(inside.call("setroominfo", long).await, Err(200_030));
    assert_eq!(inside.call("getroominfo", &about).await, texts("o2", "p2"));
    let longest = json!({"rid": 5, "pinfo": "x".repeat(65_535)});
    inside.done("setroominfo", longest).await;
    // Whoever leaves is outside; the texts stay.
    inside.done("leaveroom", about.clone()).await;
    assert_eq!(inside.call("getroominfo", &about).await, Err(200_040));
    let open = outside.field("getroomsopeninfo", json!({"rids": [5, 6]}), "info");
    assert_eq!(open.await, json!({"5": "o2", "6": ""}));
}

#[tokio::test]
async fn public_texts_of_up_to_a_hundred_rooms_are_read_at_once() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    let rids = |most: i64| json!({"rids": (1..=most).collect::<Vec<_>>()});
    let open = client.field("getroomsopeninfo", rids(100), "info").await;
    assert_eq!(open.as_object().map(serde_json::Map::len), Some(100));
    assert_eq!(open["100"], "");
    assert_eq!(
        client.call("getroomsopeninfo", rids(101)).await,
        Err(200_032)
    );
    assert_eq!(client.call("getroomsopeninfo", rids(0)).await, Err(200_033));
}

#[tokio::test]
async fn a_room_of_an_impossible_number_is_refused() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    for rid in [0, -5, i64::MIN] {
        for method in [
            "enterroom",
            "leaveroom",
            "getroommembers",
            "getroominfo",
            "getroomopeninfo",
        ] {
            let answer = client.call(method, json!({"rid": rid})).await;
            assert_eq!(answer, Err(200_034), "{method} {rid}");
        }
        for method in ["enterrooms", "getroomcount", "getroomsopeninfo"] {
            let answer = client.call(method, json!({"rids": [5, rid]})).await;
            assert_eq!(answer, Err(200_034), "{method} {rid}");
        }
    }
    assert_eq!(own(&mut client).await, [0; 0]);
    for empty in [json!([]), json!(null)] {
        let nowhere = json!({"rids": empty});
        assert_eq!(client.call("enterrooms", nowhere).await, Err(200_033));
    }
}

#[tokio::test]
async fn whom_the_back_end_puts_into_a_room_is_in_it_like_any_other() {
    let world = World::start().await;
    let (mut back_end, mut client) = (world.back_end().await, world.client(7).await);
    let (five, six) = (json!({"rid": 5, "uid": 7}), json!({"rid": 6, "uid": 7}));
    back_end.done("addroommember", &five).await;
    back_end.done("addroommember", &six).await;
    assert_eq!(own(&mut client).await, [5, 6]);
    client
        .done("setroominfo", json!({"rid": 5, "oinfo": "o"}))
        .await;
    client.done("leaveroom", json!({"rid": 5})).await;
    assert_eq!(own(&mut client).await, [6]);
    client.done("enterroom", json!({"rid": 9})).await;
    assert_eq!(
        own(&mut client).await,
        [9],
        "entering one leaves the others"
    );
    let members = back_end.field("getroommembers", json!({"rid": 9}), "uids");
    assert_eq!(members.await, json!([7]));
}
