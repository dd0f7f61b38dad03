//! The Room manual.

use super::{Sdk, code, sorted};

#[tokio::test]
async fn add_room_member_puts_a_user_into_a_room() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    for uid in [1, 2, 1] {
        client.add_room_member(5, uid).await.unwrap();
    }
    let members = client.get_room_members(5).await.unwrap();
    assert_eq!(sorted(members), [1, 2]);
    for rid in 6..=14 {
        client.add_room_member(rid, 1).await.unwrap();
    }
    assert_eq!(code(client.add_room_member(15, 1).await), 200_047);
    assert_eq!(code(client.add_room_member(0, 1).await), 200_034);
    assert_eq!(code(client.add_room_member(5, 0).await), 200_001);
}

#[tokio::test]
async fn delete_room_member_takes_him_out() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client.add_room_member(5, 1).await.unwrap();
    client.add_room_member(5, 2).await.unwrap();
    for _ in 0..2 {
        client.delete_room_member(5, 1).await.unwrap();
        assert_eq!(client.get_room_members(5).await, Ok(vec![2]));
        let counts = client.get_room_count(&[5, 6]).await.unwrap();
        assert_eq!((counts[&5], counts[&6]), (1, 0));
    }
    assert_eq!(code(client.delete_room_member(0, 1).await), 200_034);
}

#[tokio::test]
async fn set_room_info_changes_what_is_given() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client.set_room_info(5, Some("o"), None).await.unwrap();
    client.set_room_info(5, None, Some("p")).await.unwrap();
    let both = ("o".into(), "p".into());
    assert_eq!(client.get_room_info(5).await, Ok(both));
    assert_eq!(code(client.set_room_info(5, None, None).await), 200_033);
    let long = "x".repeat(65_536);
    assert_eq!(
        code(client.set_room_info(5, None, Some(&long)).await),
        200_030
    );
}

#[tokio::test]
async fn get_room_info_gives_both_texts() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    let nothing = (String::new(), String::new());
    assert_eq!(client.get_room_info(5).await, Ok(nothing.clone()));
    client.set_room_info(5, Some(""), Some("p")).await.unwrap();
    assert_eq!(
        client.get_room_info(5).await,
        Ok((String::new(), "p".into()))
    );
    assert_eq!(client.get_room_info(6).await, Ok(nothing));
    assert_eq!(code(client.get_room_info(-5).await), 200_034);
}

#[tokio::test]
async fn add_room_ban_mutes_in_one_room_or_in_all() {
    let Sdk { gate, client } = Sdk::start().await;
    client.add_room_ban(5, 1, 10).await.unwrap();
    client.add_room_ban(0, 2, 10).await.unwrap();
    for (rid, uid, muted) in [(5, 1, true), (6, 1, false), (5, 2, true), (6, 2, true)] {
        assert_eq!(
            client.is_ban_of_room(rid, uid).await,
            Ok(muted),
            "{rid} {uid}"
        );
    }
    gate.advance_ms(10_000);
    for (rid, uid) in [(5, 1), (5, 2)] {
        assert_eq!(client.is_ban_of_room(rid, uid).await, Ok(false));
    }
    assert_eq!(code(client.add_room_ban(5, 0, 10).await), 200_001);
}

#[tokio::test]
async fn remove_room_ban_lifts_the_one_that_is_named() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client.add_room_ban(5, 1, 0).await.unwrap();
    client.add_room_ban(-1, 1, 0).await.unwrap();
    client.remove_room_ban(5, 1).await.unwrap();
    assert_eq!(client.is_ban_of_room(5, 1).await, Ok(true));
    client.remove_room_ban(-1, 1).await.unwrap();
    assert_eq!(client.is_ban_of_room(5, 1).await, Ok(false));
    client.remove_room_ban(5, 77).await.unwrap();
}

#[tokio::test]
async fn is_ban_of_room_says_so_until_the_end() {
    let Sdk { gate, client } = Sdk::start().await;
    assert_eq!(client.is_ban_of_room(5, 1).await, Ok(false));
    client.add_room_ban(5, 1, 1).await.unwrap();
    gate.advance_ms(999);
    assert_eq!(client.is_ban_of_room(5, 1).await, Ok(true));
    gate.advance_ms(1);
    assert_eq!(client.is_ban_of_room(5, 1).await, Ok(false));
    assert_eq!(code(client.is_ban_of_room(5, 0).await), 200_001);
}
