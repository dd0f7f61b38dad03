//! Many readers, and slow ones. Source: design section 2, "a reader that can not keep up is closed".

use std::collections::HashSet;
use std::time::Duration;

use halloo::config::Config;
use halloo_testkit::rtm::{Project, RtmClient, WebSocketIo};
use serde_json::json;
use tokio::net::TcpSocket;

use crate::talk::{Asker as _, Door, chat, unread_in, unread_of, with};
use crate::world::{Ask as _, World};

/// Only what waits can be the end of a client.
fn small_outbox(config: &mut Config) {
    config.limits.outbox.0 = 64 * 1024;
    config.rtm.write_timeout.0 = Duration::from_hours(1);
}

/// A client that never reads.
async fn deaf(world: &World, door: Door, uid: i64) -> RtmClient {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let stream = socket.connect(world.server.rtm.client).await;
    let stream = stream.expect("the server accepts");
    let project = Project::of(&world.app);
    let mut client = match door {
        Door::Fpnn => RtmClient::over(stream, &project, String::new()),
        Door::WebSocket => {
            let stream = WebSocketIo::agree(stream, "/service/websocket").await;
            RtmClient::over(stream, &project, String::new())
        }
    };
    let token = world.token(uid).await;
    assert_eq!(client.log_in(uid, &token).await, Ok(true));
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_closed_and_finds_everything_waiting() {
    let world = World::start_with(small_outbox).await;
    world.group(5, &[7, 8, 9]).await;
    let mut seven = world.client(7).await;
    let mut nine = world.back(9).await;
    let body = "x".repeat(20_000);
    let mut mid = 0;
    for door in Door::ALL {
        let client = deaf(&world, door, 8).await;
        let before = mid;
        while world.is_online(8).await {
            mid += 1;
            assert!(mid - before < 2000, "what waits for a client has no bound");
            seven
                .say("sendgroupmsg", with(json!({"gid": 5}), chat(mid, &body)))
                .await;
            // Others are not held up.
            assert_eq!(nine.pushed("pushgroupmsg").await["mid"], mid);
        }
        drop(client);
        let mut eight = world.client_by(door, 8).await;
        assert_eq!(
            unread_in(&mut eight, &[5]).await,
            [mid - before],
            "{door:?}"
        );
        let rows = eight.all_rows("getgroupmsg", json!({"gid": 5})).await;
        assert_eq!(i64::try_from(rows.len()), Ok(mid), "{door:?}");
        assert!(rows.iter().all(|row| row[5] == body));
        assert_eq!(unread_in(&mut eight, &[5]).await, [0], "{door:?}");
        world.log_out(eight, 8).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_device_of_who_does_not_read_hears_everything() {
    let world = World::start_with(small_outbox).await;
    let mut seven = world.client(7).await;
    let mut well = world.back(8).await;
    let client = deaf(&world, Door::Fpnn, 8).await;
    let body = "x".repeat(20_000);
    for mid in 1..=600 {
        seven
            .say("sendmsg", with(json!({"to": 8}), chat(mid, &body)))
            .await;
        assert_eq!(well.pushed("pushmsg").await["mid"], mid);
    }
    assert!(well.is_logged_in().await);
    drop(client);
    assert_eq!(unread_of(&mut well, &[7]).await, [0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_one_of_many_members_hears_each_message_once() {
    const MEMBERS: i64 = 200;
    const MESSAGES: i64 = 20;
    let world = World::start().await;
    let uids: Vec<i64> = (100..100 + MEMBERS).collect();
    world.group(5, &uids).await;
    let mut clients = Vec::new();
    for (number, uid) in uids.iter().enumerate() {
        clients.push(world.client_by(Door::ALL[number % 2], *uid).await);
    }
    for mid in 1..=MESSAGES {
        let sender = usize::try_from(mid * 7).expect("it is small");
        let client = &mut clients[sender];
        client
            .say("sendgroupmsg", with(json!({"gid": 5}), chat(mid, "m")))
            .await;
    }
    // Nothing comes behind this, to whomever.
    let mut back_end = world.back_end().await;
    back_end
        .say("broadcastmsg", with(chat(999, "end"), json!({"from": 1})))
        .await;
    for (number, client) in clients.iter_mut().enumerate() {
        let mut heard = Vec::new();
        loop {
            let push = client.push().await.expect("a push");
            if push.method == "pushbroadcastmsg" {
                break;
            }
            heard.push(push.params["mid"].as_i64().expect("an id"));
        }
        let own = |mid: &i64| usize::try_from(mid * 7).expect("it is small") == number;
        let expected: Vec<_> = (1..=MESSAGES).filter(|mid| !own(mid)).collect();
        assert_eq!(heard, expected, "{number}");
        let once: HashSet<_> = heard.iter().collect();
        assert_eq!(once.len(), heard.len());
    }
    for client in &mut clients {
        assert_eq!(unread_in(client, &[5]).await, [0]);
    }
}
