//! The User manual.

use halloo_core::sessions::CloseReason;

use super::{Sdk, code, sorted};
use crate::world::end;

#[tokio::test]
async fn kickout_closes_sessions() {
    let Sdk { gate, client } = Sdk::start().await;
    let (phone, laptop) = (
        gate.session(1, "android_1").await,
        gate.session(1, "web_2").await,
    );
    client.kickout(1, Some("android_1")).await.unwrap();
    assert_eq!(end(&phone), Some(CloseReason::Kicked));
    assert_eq!(end(&laptop), None);
    client.kickout(1, None).await.unwrap();
    assert_eq!(end(&laptop), Some(CloseReason::Kicked));
    client.kickout(77, None).await.unwrap();
    assert_eq!(code(client.kickout(0, None).await), 200_001);
}

#[tokio::test]
async fn get_online_users_gives_those_who_are() {
    let Sdk { gate, client } = Sdk::start().await;
    assert_eq!(client.get_online_users(&[1, 2, 3]).await, Ok(vec![]));
    gate.session(1, "web").await;
    gate.session(3, "web").await;
    let online = client.get_online_users(&[1, 2, 3]).await;
    assert_eq!(sorted(online.unwrap()), [1, 3]);
    assert_eq!(code(client.get_online_users(&[]).await), 200_033);
    let many: Vec<i64> = (1..=201).collect();
    assert_eq!(code(client.get_online_users(&many).await), 200_032);
    assert_eq!(
        client.get_online_users(&many[..200]).await.unwrap().len(),
        2
    );
}

#[tokio::test]
async fn add_project_black_bars_for_a_time() {
    let Sdk { gate, client } = Sdk::start().await;
    let session = gate.session(1, "web").await;
    client.add_project_black(1, 10).await.unwrap();
    assert_eq!(end(&session), Some(CloseReason::Banned));
    assert!(!gate.may_log_in(1).await);
    gate.advance_ms(10_000);
    assert!(gate.may_log_in(1).await);
    client.add_project_black(1, 0).await.unwrap();
    gate.advance_ms(1_000_000_000_000);
    assert!(!gate.may_log_in(1).await);
    assert_eq!(code(client.add_project_black(-1, 10).await), 200_001);
}

#[tokio::test]
async fn remove_project_black_admits_again() {
    let Sdk { gate, client } = Sdk::start().await;
    client.add_project_black(1, 0).await.unwrap();
    client.remove_project_black(1).await.unwrap();
    assert!(gate.may_log_in(1).await);
    client.remove_project_black(1).await.unwrap();
    client.remove_project_black(2).await.unwrap();
    assert_eq!(code(client.remove_project_black(0).await), 200_001);
}

#[tokio::test]
async fn is_project_black_says_so_until_the_end() {
    let Sdk { gate, client } = Sdk::start().await;
    assert_eq!(client.is_project_black(1).await, Ok(false));
    client.add_project_black(1, 10).await.unwrap();
    assert_eq!(client.is_project_black(1).await, Ok(true));
    assert_eq!(client.is_project_black(2).await, Ok(false));
    gate.advance_ms(9_999);
    assert_eq!(client.is_project_black(1).await, Ok(true));
    gate.advance_ms(1);
    assert_eq!(client.is_project_black(1).await, Ok(false));
    assert_eq!(code(client.is_project_black(0).await), 200_001);
}

#[tokio::test]
async fn set_user_info_changes_what_is_given() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    let texts = async || client.get_user_info(1).await.unwrap();
    client.set_user_info(1, Some("o"), Some("p")).await.unwrap();
    client.set_user_info(1, None, Some("")).await.unwrap();
    assert_eq!(texts().await, ("o".into(), String::new()));
    client.set_user_info(1, Some("o2"), None).await.unwrap();
    assert_eq!(texts().await, ("o2".into(), String::new()));
    assert_eq!(code(client.set_user_info(1, None, None).await), 200_033);
    let long = "x".repeat(65_536);
    assert_eq!(
        code(client.set_user_info(1, Some(&long), None).await),
        200_030
    );
    assert_eq!(
        code(client.set_user_info(0, Some("o"), None).await),
        200_001
    );
}

#[tokio::test]
async fn get_user_info_gives_both_texts() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    let nothing = (String::new(), String::new());
    assert_eq!(client.get_user_info(1).await, Ok(nothing));
    client
        .set_user_info(1, Some("\u{4f60}\u{597d}"), Some("p"))
        .await
        .unwrap();
    let both = ("\u{4f60}\u{597d}".into(), "p".into());
    assert_eq!(client.get_user_info(1).await, Ok(both));
    assert_eq!(code(client.get_user_info(0).await), 200_001);
}

#[tokio::test]
async fn get_user_open_info_gives_the_public_texts() {
    let sdk = Sdk::start().await;
    let client = &sdk.client;
    client
        .set_user_info(1, Some("one"), Some("secret"))
        .await
        .unwrap();
    let infos = client.get_user_open_info(&[1, 2]).await.unwrap();
    assert_eq!(infos.len(), 2);
    assert_eq!((infos[&1].as_str(), infos[&2].as_str()), ("one", ""));
    assert_eq!(code(client.get_user_open_info(&[]).await), 200_033);
    let many: Vec<i64> = (1..=1001).collect();
    assert_eq!(code(client.get_user_open_info(&many).await), 200_032);
}
