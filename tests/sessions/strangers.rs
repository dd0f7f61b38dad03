//! Connections that have not logged in, or no longer are. Source: RTM client gate section 2.3.

use std::time::Duration;

use halloo::config::Config;
use halloo_testkit::rtm::RtmClient;
use serde_json::json;

use crate::world::{Door, Place, still_there};

fn hurried(config: &mut Config) {
    config.rtm.login_timeout.0 = Duration::from_millis(400);
    config.rtm.client_ping.0 = Duration::from_millis(100);
}

/// So long that only something else can end a connection.
fn unhurried(config: &mut Config) {
    config.rtm.login_timeout.0 = Duration::from_hours(1);
}

#[tokio::test]
async fn who_never_logs_in_is_cut_off_and_who_did_stays() {
    let mut place = Place::start_with(hurried).await;
    let maya = place.person("maya").await;
    for door in Door::ALL {
        let mut known = place.log_in(door, &maya).await;
        let mut silent = place.connect(door).await;
        assert_eq!(silent.last_words().await, []);
        // Neither questions nor failed logins buy time.
        let mut busy = place.connect(door).await;
        let mut asked = 0;
        loop {
            let quest = match asked % 3 {
                0 => busy.ask("auth", json!({"pid": busy.pid, "uid": 1, "token": "none"})),
                1 => busy.ask("which", json!({"what": "rtmGated"})),
                _ => busy.ask("getfriends", json!({})),
            };
            asked += 1;
            if busy.answer(quest).await.is_none() {
                break;
            }
        }
        assert!(asked > 3, "it was answered before");
        for _ in 0..6 {
            known.next_ping().await;
        }
        still_there(&mut known).await;
        assert_eq!(known.call("bye", json!({})).await, Ok(json!({})));
    }
}

#[tokio::test]
async fn who_logs_out_and_stays_is_cut_off_like_a_stranger() {
    let mut place = Place::start_with(hurried).await;
    let maya = place.person("maya").await;
    for door in Door::ALL {
        let mut client = place.log_in(door, &maya).await;
        for _ in 0..6 {
            client.next_ping().await;
        }
        assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        assert_eq!(client.call("getfriends", json!({})).await, Err(200_022));
        assert_eq!(client.last_words().await, [], "{door:?}");
        assert_eq!(place.last(&maya).await, json!([place.now(), "logged_out"]));
    }
}

/// A login that is this many bytes long, and would succeed if it were let.
fn long_login(client: &mut RtmClient, uid: i64, token: &str, bytes: usize) -> u32 {
    let login = |filler: usize| json!({"pid": client.pid, "uid": uid, "token": token, "lang": "x".repeat(filler)});
    let around = halloo_testkit::rtm::packed(&login(bytes)).len() + 20 - bytes;
    let login = login(bytes - around);
    client.ask("auth", login)
}

#[tokio::test]
async fn who_sends_more_than_64_kib_before_he_is_known_is_cut_off_at_once() {
    let mut place = Place::start_with(unhurried).await;
    let maya = place.person("maya").await;
    for door in Door::ALL {
        let mut client = place.connect(door).await;
        let login = long_login(&mut client, maya.uid, &maya.token, 63 * 1024);
        assert_eq!(
            client.answer(login).await,
            Some(Ok(json!({"ok": true}))),
            "63 KiB and the frames of a WebSocket are allowed through {door:?}"
        );
        // Who is known may send more.
        let text = json!({"oinfo": "x".repeat(65_535), "pinfo": "x".repeat(65_535)});
        assert_eq!(client.call("setuserinfo", &text).await, Ok(json!({})));

        let mut stranger = place.connect(door).await;
        let login = long_login(&mut stranger, maya.uid, &maya.token, 64 * 1024 + 100);
        assert_eq!(stranger.answer(login).await, None);
        assert_eq!(place.devices(&maya).await.len(), 1);

        // A length that is only announced is enough.
        let mut stranger = place.connect(door).await;
        let head = b"FPNN\x01\x80\x01\x04\x00\x00\x02\x00\x01\0\0\0auth";
        assert!(stranger.wire.write(head).await);
        assert_eq!(stranger.last_words().await, []);

        // So are many small packages, of which each would be answered.
        let mut stranger = place.connect(door).await;
        let mut asked = 0;
        loop {
            let quest = stranger.ask(
                "which",
                json!({"what": "rtmGated", "more": "x".repeat(1024)}),
            );
            if stranger.answer(quest).await.is_none() {
                break;
            }
            asked += 1;
            assert!(asked <= 64, "each has more than 1 KiB");
        }
        assert!(asked > 50, "{asked} KiB are no 64");

        // After a bye he is a stranger again.
        assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        let text = client.ask("setuserinfo", &text);
        assert_eq!(client.answer(text).await, None, "{door:?}");
        assert!(!place.is_online(&maya).await);
    }
}

#[tokio::test]
async fn a_login_that_comes_in_time_is_never_too_late() {
    let mut place = Place::start_with(hurried).await;
    let maya = place.person("maya").await;
    let mut client = place.connect(Door::Fpnn).await;
    for _ in 0..3 {
        assert_eq!(client.log_in(maya.uid, &maya.token).await, Ok(true));
        for _ in 0..6 {
            client.next_ping().await;
        }
        assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
    }
    assert_eq!(client.last_words().await, []);
    assert_eq!(place.last(&maya).await[1], json!("logged_out"));
}

#[tokio::test]
async fn half_a_handshake_is_no_place_to_stay() {
    let place = Place::start_with(hurried).await;
    let address = place.server.rtm.client;
    let halves: [&[u8]; 4] = [
        b"GET /service/websocket HTTP/1.1\r\nHost: x\r\nUpgr",
        b"FPNN\x01\x80",
        b"\x16\x03\x01",
        b"",
    ];
    for half in halves {
        let mut client = halloo_testkit::RawConnection::open(address).await;
        client.write(half).await;
        assert!(client.closes().await, "{half:?} is not answered");
    }
}
