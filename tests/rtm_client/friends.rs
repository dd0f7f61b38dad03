//! Friends and black lists of oneself. Source: RTM client gate section 3.7.

use serde_json::json;

use crate::world::{Ask as _, World};

#[tokio::test]
async fn friends_are_added_listed_and_removed() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    assert_eq!(
        client.call("getfriends", json!({})).await,
        Ok(json!({"uids": []}))
    );
    client
        .done("addfriends", json!({"friends": [8, 9, 8]}))
        .await;
    client.done("addfriends", json!({"friends": [9]})).await;
    assert_eq!(client.ids("getfriends", json!({}), "uids").await, [8, 9]);
    client.done("delfriends", json!({"friends": [8, 10]})).await;
    assert_eq!(client.ids("getfriends", json!({}), "uids").await, [9]);
    let mut other = world.client(9).await;
    let reverse = other.ids("getfriends", json!({}), "uids").await;
    assert_eq!(reverse, [0; 0], "friendship is directed");
}

#[tokio::test]
async fn black_lists_are_added_to_listed_and_removed_from() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    assert_eq!(
        client.call("getblacks", json!({})).await,
        Ok(json!({"uids": []}))
    );
    client.done("addblacks", json!({"blacks": [8, 9, 8]})).await;
    client.done("delblacks", json!({"blacks": [8, 10]})).await;
    assert_eq!(client.ids("getblacks", json!({}), "uids").await, [9]);
    let mut other = world.client(9).await;
    assert_eq!(other.ids("getblacks", json!({}), "uids").await, [0; 0]);
}

#[tokio::test]
async fn a_hundred_at_once_and_three_hundred_friends_are_the_most() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    let ids = |from: i64, to: i64| (from..to).collect::<Vec<i64>>();
    for (method, key) in [
        ("addfriends", "friends"),
        ("delfriends", "friends"),
        ("addblacks", "blacks"),
        ("delblacks", "blacks"),
    ] {
        let answer = client.call(method, json!({key: ids(1000, 1101)})).await;
        assert_eq!(answer, Err(200_032), "{method}");
        let answer = client.call(method, json!({key: []})).await;
        assert_eq!(answer, Err(200_033), "{method}");
        let answer = client.call(method, json!({key: [8, 0]})).await;
        assert_eq!(answer, Err(200_001), "{method}");
    }
    assert_eq!(client.ids("getfriends", json!({}), "uids").await, [0; 0]);
    assert_eq!(client.ids("getblacks", json!({}), "uids").await, [0; 0]);
    for from in [1000, 1100, 1200] {
        let hundred = json!({"friends": ids(from, from + 100)});
        client.done("addfriends", hundred).await;
    }
    let one_more = json!({"friends": [2000]});
    assert_eq!(client.call("addfriends", &one_more).await, Err(200_048));
    client.done("addfriends", json!({"friends": [1000]})).await;
    client.done("delfriends", json!({"friends": [1000]})).await;
    client.done("addfriends", one_more).await;
    let friends = client.ids("getfriends", json!({}), "uids").await;
    assert_eq!(friends.len(), 300);
}

#[tokio::test]
async fn nobody_is_his_own_friend() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    let answer = client.call("addfriends", json!({"friends": [8, 7]})).await;
    assert_eq!(answer, Err(200_034));
    assert_eq!(client.ids("getfriends", json!({}), "uids").await, [0; 0]);
}

#[tokio::test]
async fn a_client_names_two_thousand_users_in_an_hour_and_his_back_end_any_number() {
    let world = World::start().await;
    let (mut client, mut other) = (world.client(7).await, world.client(8).await);
    let hundred = json!({"friends": (100..200).collect::<Vec<_>>()});
    for _ in 0..20 {
        client.done("addfriends", hundred.clone()).await;
    }
    assert_eq!(client.call("addfriends", &hundred).await, Err(200_010));
    let more = json!({"blacks": (200..300).collect::<Vec<_>>()});
    assert_eq!(client.call("addblacks", more).await, Err(200_010));
    // Whatever makes nobody goes on.
    client.done("delfriends", hundred.clone()).await;
    assert_eq!(client.ids("getfriends", json!({}), "uids").await, [0; 0]);
    other.done("addfriends", hundred.clone()).await;
    let mut back_end = world.back_end().await;
    let mut of_seven = hundred;
    of_seven["uid"] = json!(7);
    for _ in 0..21 {
        back_end.done("addfriends", &of_seven).await;
    }
}
