//! The Group manual.

use super::{Sdk, code, sorted};

#[tokio::test]
async fn add_group_members_makes_users_members() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client.add_group_members(5, &[1, 2, 1]).await.unwrap();
    client.add_group_members(5, &[2, 3]).await.unwrap();
    let members = client.get_group_members(5).await.unwrap();
    assert_eq!(sorted(members), [1, 2, 3]);
    let many: Vec<i64> = (1..=101).collect();
    assert_eq!(code(client.add_group_members(5, &many).await), 200_032);
    assert_eq!(code(client.add_group_members(5, &[]).await), 200_033);
    assert_eq!(code(client.add_group_members(5, &[0]).await), 200_001);
    assert_eq!(code(client.add_group_members(0, &[1]).await), 200_034);
}

#[tokio::test]
async fn delete_group_members_ends_memberships() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client.add_group_members(5, &[1, 2, 3]).await.unwrap();
    for _ in 0..2 {
        client.delete_group_members(5, &[1, 3, 77]).await.unwrap();
        assert_eq!(client.get_group_members(5).await, Ok(vec![2]));
    }
    assert_eq!(code(client.delete_group_members(5, &[]).await), 200_033);
    let many: Vec<i64> = (1..=101).collect();
    assert_eq!(code(client.delete_group_members(5, &many).await), 200_032);
}

#[tokio::test]
async fn delete_group_leaves_nothing_of_it() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client.add_group_members(5, &[1]).await.unwrap();
    client.set_group_info(5, Some("o"), None).await.unwrap();
    client.add_group_ban(5, 1, 0).await.unwrap();
    for _ in 0..2 {
        client.delete_group(5).await.unwrap();
        assert_eq!(client.get_group_members(5).await, Ok(vec![]));
        let nothing = (String::new(), String::new());
        assert_eq!(client.get_group_info(5).await, Ok(nothing));
        assert_eq!(client.is_ban_of_group(5, 1).await, Ok(false));
    }
    assert_eq!(code(client.delete_group(0).await), 200_034);
}

#[tokio::test]
async fn get_group_members_lists_all_of_them() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    assert_eq!(client.get_group_members(5).await, Ok(vec![]));
    let all: Vec<i64> = (1..=250).collect();
    for hundred in all.chunks(100) {
        client.add_group_members(5, hundred).await.unwrap();
    }
    let members = client.get_group_members(5).await.unwrap();
    assert_eq!(sorted(members), all);
    assert_eq!(code(client.get_group_members(0).await), 200_034);
}

#[tokio::test]
async fn is_group_member_tells_members_from_others() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    assert_eq!(client.is_group_member(5, 1).await, Ok(false));
    client.add_group_members(5, &[1]).await.unwrap();
    assert_eq!(client.is_group_member(5, 1).await, Ok(true));
    assert_eq!(client.is_group_member(5, 2).await, Ok(false));
    assert_eq!(client.is_group_member(6, 1).await, Ok(false));
    assert_eq!(code(client.is_group_member(5, 0).await), 200_001);
}

#[tokio::test]
async fn get_user_groups_lists_the_groups_of_a_user() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    assert_eq!(client.get_user_groups(1).await, Ok(vec![]));
    for gid in [7, 5, 6] {
        client.add_group_members(gid, &[1, 2]).await.unwrap();
    }
    client.delete_group_members(6, &[1]).await.unwrap();
    let groups = client.get_user_groups(1).await.unwrap();
    assert_eq!(sorted(groups), [5, 7]);
    assert_eq!(code(client.get_user_groups(0).await), 200_001);
}

#[tokio::test]
async fn add_group_ban_mutes_in_one_group_or_in_all() {
    let Sdk { gate, client } = Sdk::start().await;
    client.add_group_ban(5, 1, 10).await.unwrap();
    client.add_group_ban(0, 2, 10).await.unwrap();
    for (gid, uid, muted) in [(5, 1, true), (6, 1, false), (5, 2, true), (6, 2, true)] {
        assert_eq!(
            client.is_ban_of_group(gid, uid).await,
            Ok(muted),
            "{gid} {uid}"
        );
    }
    gate.advance_ms(10_000);
    for (gid, uid) in [(5, 1), (5, 2)] {
        assert_eq!(client.is_ban_of_group(gid, uid).await, Ok(false));
    }
    assert_eq!(code(client.add_group_ban(5, 0, 10).await), 200_001);
}

#[tokio::test]
async fn remove_group_ban_lifts_the_one_that_is_named() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client.add_group_ban(5, 1, 0).await.unwrap();
    client.add_group_ban(-1, 1, 0).await.unwrap();
    client.remove_group_ban(5, 1).await.unwrap();
    assert_eq!(client.is_ban_of_group(5, 1).await, Ok(true));
    client.remove_group_ban(-1, 1).await.unwrap();
    assert_eq!(client.is_ban_of_group(5, 1).await, Ok(false));
    client.remove_group_ban(5, 77).await.unwrap();
}

#[tokio::test]
async fn is_ban_of_group_says_so_until_the_end() {
    let Sdk { gate, client } = Sdk::start().await;
    assert_eq!(client.is_ban_of_group(5, 1).await, Ok(false));
    client.add_group_ban(5, 1, 1).await.unwrap();
    gate.advance_ms(999);
    assert_eq!(client.is_ban_of_group(5, 1).await, Ok(true));
    gate.advance_ms(1);
    assert_eq!(client.is_ban_of_group(5, 1).await, Ok(false));
    assert_eq!(code(client.is_ban_of_group(5, 0).await), 200_001);
}

#[tokio::test]
async fn set_group_info_changes_what_is_given() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client.set_group_info(5, Some("o"), None).await.unwrap();
    client.set_group_info(5, None, Some("p")).await.unwrap();
    let both = ("o".into(), "p".into());
    assert_eq!(client.get_group_info(5).await, Ok(both));
    assert_eq!(code(client.set_group_info(5, None, None).await), 200_033);
    let long = "x".repeat(65_536);
    assert_eq!(
        code(client.set_group_info(5, Some(&long), None).await),
        200_030
    );
}

#[tokio::test]
async fn get_group_info_gives_both_texts() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    let nothing = (String::new(), String::new());
    assert_eq!(client.get_group_info(5).await, Ok(nothing.clone()));
    client.set_group_info(5, Some(""), Some("p")).await.unwrap();
    assert_eq!(
        client.get_group_info(5).await,
        Ok((String::new(), "p".into()))
    );
    assert_eq!(client.get_group_info(6).await, Ok(nothing));
    assert_eq!(code(client.get_group_info(-5).await), 200_034);
}
