//! Rooms follow the sessions that entered them. Source: RTM client gate sections 2.8, 4.1 and 6.

use halloo_core::apps::RoomPolicy;
use halloo_testkit::rtm::{Push, RtmClient};
use serde_json::json;

use crate::world::{Ask as _, World, kickout};

fn taken_out(rid: i64) -> Push {
    Push::one_way("kickoutroom", json!({"rid": rid}))
}

async fn enter(client: &mut RtmClient, rid: i64) {
    client.done("enterroom", json!({"rid": rid})).await;
}

#[tokio::test]
async fn a_user_is_in_a_room_until_the_last_session_that_entered_it_ends() {
    let world = World::start().await;
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    let mut other = world.client(8).await;
    for client in [&mut phone, &mut laptop, &mut other] {
        enter(client, 5).await;
    }
    let count = other
        .field("getroomcount", json!({"rids": [5]}), "cn")
        .await;
    assert_eq!(count, json!({"5": 2}), "people are counted, not sessions");
    phone.done("bye", json!({})).await;
    world.until_members_are(5, &[7, 8]).await;
    let rooms = laptop.ids("getuserrooms", json!({}), "rooms").await;
    assert_eq!(rooms, [5]);
    laptop.done("bye", json!({})).await;
    world.until_members_are(5, &[8]).await;
}

#[tokio::test]
async fn a_room_that_only_one_session_entered_ends_with_it() {
    let world = World::start().await;
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    enter(&mut phone, 5).await;
    enter(&mut laptop, 6).await;
    // One room at a time is said of a session: both stay where they are.
    for client in [&mut phone, &mut laptop] {
        let rooms = client.ids("getuserrooms", json!({}), "rooms").await;
        assert_eq!(rooms, [5, 6]);
    }
    phone.done("bye", json!({})).await;
    world.until_members_are(5, &[]).await;
    world.until_members_are(6, &[7]).await;
    assert!(laptop.is_logged_in().await);
}

#[tokio::test]
async fn leaving_with_one_session_leaves_the_other_where_it_is() {
    let world = World::start().await;
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    enter(&mut phone, 5).await;
    enter(&mut laptop, 5).await;
    phone.done("leaveroom", json!({"rid": 5})).await;
    world.until_members_are(5, &[7]).await;
    laptop.done("leaveroom", json!({"rid": 5})).await;
    world.until_members_are(5, &[]).await;
}

#[tokio::test]
async fn rooms_end_however_the_session_ends() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    for way in ["bye", "close", "shut", "kick", "kick of this one", "ban"] {
        let mut client = world.client(7).await;
        enter(&mut client, 5).await;
        world.until_members_are(5, &[7]).await;
        let ce = client.address.clone();
        match way {
            "bye" => client.done("bye", json!({})).await,
            "close" => drop(client),
            "shut" => client.wire.shut().await,
            "kick" => back_end.done("kickout", json!({"uid": 7})).await,
            "kick of this one" => {
                back_end.done("kickout", json!({"uid": 7, "ce": ce})).await;
            }
            _ => {
                let banned = json!({"uid": 7, "btime": 10});
                back_end.done("addprojectblack", banned).await;
            }
        }
        world.until_members_are(5, &[]).await;
        assert!(!world.is_online(7).await, "{way}");
    }
    world.advance_ms(10_000);
    let mut client = world.client(7).await;
    let rooms = client.ids("getuserrooms", json!({}), "rooms").await;
    assert_eq!(rooms, [0; 0], "nobody is put back");
}

#[tokio::test]
async fn several_rooms_end_together() {
    let world = World::start().await;
    let set = world
        .core()
        .apps
        .set_rooms(world.key(), RoomPolicy::Several);
    set.await.expect("the app");
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    phone.done("enterrooms", json!({"rids": [5, 6, 8]})).await;
    laptop.done("enterrooms", json!({"rids": [6, 9]})).await;
    phone.done("bye", json!({})).await;
    world.until_members_are(5, &[]).await;
    world.until_members_are(8, &[]).await;
    let rooms = laptop.ids("getuserrooms", json!({}), "rooms").await;
    assert_eq!(rooms, [6, 9]);
}

#[tokio::test]
async fn whoever_logs_in_again_on_the_connection_begins_outside() {
    let world = World::start().await;
    let token = world.token(7).await;
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    enter(&mut client, 5).await;
    client.done("bye", json!({})).await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    let rooms = client.ids("getuserrooms", json!({}), "rooms").await;
    assert_eq!(rooms, [0; 0]);
}

#[tokio::test]
async fn whom_the_back_end_takes_out_is_told_and_nobody_else() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    let mut other = world.client(8).await;
    for client in [&mut phone, &mut other] {
        enter(client, 5).await;
    }
    enter(&mut laptop, 6).await;
    // Where he is not, nobody hears of it.
    for (rid, uid) in [(9, 7), (5, 9), (6, 8)] {
        let params = json!({"rid": rid, "uid": uid});
        back_end.done("delroommember", params).await;
    }
    let params = json!({"rid": 5, "uid": 7});
    back_end.done("delroommember", &params).await;
    back_end.done("delroommember", &params).await;
    assert_eq!(phone.push().await, Some(taken_out(5)));
    assert_eq!(laptop.push().await, Some(taken_out(5)));
    let outside = phone.call("getroominfo", json!({"rid": 5})).await;
    assert_eq!(outside, Err(200_040), "whatever the client believes");
    let emptied = json!({"rid": 6, "uids": [7, 8, 9]});
    let left = back_end.field("delroommembers", emptied, "successedUids");
    assert_eq!(left.await, json!([7]));
    assert_eq!(phone.push().await, Some(taken_out(6)));
    let several = json!({"rids": [5, 6, 9], "uid": 8});
    back_end.done("deleteuserrooms", several).await;
    // Nothing more was pushed to anybody.
    for uid in [7, 8] {
        back_end.done("kickout", json!({"uid": uid})).await;
    }
    assert_eq!(phone.last_words().await, [kickout(None)]);
    assert_eq!(laptop.last_words().await, [taken_out(6), kickout(None)]);
    assert_eq!(other.last_words().await, [taken_out(5), kickout(None)]);
}

#[tokio::test]
async fn who_leaves_or_enters_by_himself_is_not_told() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    enter(&mut client, 5).await;
    enter(&mut client, 6).await;
    client.done("leaveroom", json!({"rid": 6})).await;
    let mut back_end = world.back_end().await;
    let params = json!({"rid": 6, "uid": 7});
    back_end.done("delroommember", params).await;
    back_end.done("kickout", json!({"uid": 7})).await;
    assert_eq!(client.last_words().await, [kickout(None)]);
}

#[tokio::test]
async fn a_room_that_was_refused_and_then_entered_in_one_piece_ends_with_its_session() {
    let world = World::start_with(|config| config.limits.rooms = 2).await;
    let set = world
        .core()
        .apps
        .set_rooms(world.key(), RoomPolicy::Several);
    set.await.expect("the app");
    let (mut phone, mut laptop) = (world.client(7).await, world.client(7).await);
    phone.done("enterrooms", json!({"rids": [1, 2]})).await;
    let asked = [
        phone.ask("enterroom", json!({"rid": 3})),
        phone.ask("leaveroom", json!({"rid": 1})),
        phone.ask("enterroom", json!({"rid": 3})),
    ];
    let mut answers = Vec::new();
    for sequence in asked {
        answers.push(phone.answer(sequence).await.expect("an answer"));
    }
    assert_eq!(answers, [Err(200_047), Ok(json!({})), Ok(json!({}))]);
    world.until_members_are(3, &[7]).await;
    phone.done("bye", json!({})).await;
    for rid in [1, 2, 3] {
        world.until_members_are(rid, &[]).await;
    }
    assert!(laptop.is_logged_in().await);
}
