//! Clients that do not read. What waits for them is bounded, and they are cut off for it.
//! Source: design section 2, "a reader that can not keep up is closed with a logged reason".

use std::time::Duration;

use halloo::config::Config;
use halloo_testkit::rtm::{Project, Push, RtmClient, WebSocketIo};
use serde_json::json;
use tokio::net::TcpSocket;

use crate::world::{Door, Person, Place, still_there, until};

/// Rooms that a user is put into and taken out of at a time.
const ROOMS: [i64; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/// More rounds than any bound on what may wait leaves room for.
const MANY: usize = 5_000;

/// Only what waits can be the end of a client.
fn small_outbox(config: &mut Config) {
    config.limits.outbox.0 = 16 * 1024;
    config.rtm.write_timeout.0 = Duration::from_hours(1);
}

/// A client that has asked for more than it will ever read, so that nothing more goes out to it.
async fn deaf(place: &Place, door: Door, person: &Person) -> RtmClient {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let stream = socket.connect(place.server.rtm.client).await;
    let stream = stream.expect("the server accepts");
    let from = stream.local_addr().expect("an address").to_string();
    let project = Project::of(&place.app);
    let mut client = match door {
        Door::Fpnn => RtmClient::over(stream, &project, from),
        Door::WebSocket => {
            let stream = WebSocketIo::agree(stream, "/service/websocket").await;
            RtmClient::over(stream, &project, from)
        }
    };
    assert_eq!(client.log_in(person.uid, &person.token).await, Ok(true));
    let text = "x".repeat(65_535);
    let texts = json!({"oinfo": text, "pinfo": text});
    assert_eq!(client.call("setuserinfo", texts).await, Ok(json!({})));
    for _ in 0..300 {
        client.ask("getuserinfo", json!({}));
    }
    assert!(client.wire.flush().await);
    client
}

/// Has the user told [`ROOMS`] times that he was taken out of a room.
async fn tell(place: &mut Place, person: &Person) {
    let rooms = json!({"uid": person.uid, "rids": ROOMS});
    place.back_end.done("adduserrooms", &rooms).await;
    place.back_end.done("deleteuserrooms", &rooms).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_what_he_is_told_is_cut_off_for_it() {
    let mut place = Place::start_with(small_outbox).await;
    let (maya, omar) = (place.person("maya").await, place.person("1001").await);
    let mut bystander = place.log_in(Door::Fpnn, &omar).await;
    for door in Door::ALL {
        let client = deaf(&place, door, &maya).await;
        let mut rounds = 0;
        while place.is_online(&maya).await {
            rounds += 1;
            assert!(rounds < MANY, "what waits for a client has no bound");
            tell(&mut place, &maya).await;
            tell(&mut place, &omar).await;
            still_there(&mut bystander).await;
        }
        assert!(rounds > 5, "16 KiB may wait: {rounds}");
        place.until_last(&maya, "slow_reader").await;
        for round in 0..rounds {
            for room in ROOMS {
                let expected = Push::one_way("kickoutroom", json!({"rid": room}));
                assert_eq!(bystander.push().await, Some(expected), "round {round}");
            }
        }
        drop(client);
        assert_eq!(place.tries(&maya).await, Ok(true), "he may come back");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_session_of_a_slow_reader_stays_and_hears_everything() {
    let mut place = Place::start_with(small_outbox).await;
    let maya = place.person("maya").await;
    let mut well = place.log_in(Door::WebSocket, &maya).await;
    let client = deaf(&place, Door::Fpnn, &maya).await;
    let mut told = 0;
    while place.devices(&maya).await.contains(&client.address) {
        tell(&mut place, &maya).await;
        told += 1;
        assert!(told < MANY, "what waits for a client has no bound");
    }
    for _ in 0..told {
        for room in ROOMS {
            let expected = Push::one_way("kickoutroom", json!({"rid": room}));
            assert_eq!(well.push().await, Some(expected));
        }
    }
    still_there(&mut well).await;
    assert_eq!(
        place.devices(&maya).await,
        std::slice::from_ref(&well.address)
    );
    assert_eq!(place.last(&maya).await, json!([null, null]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_his_answers_unread_for_too_long_is_cut_off() {
    let mut place = Place::start_with(|config| {
        config.rtm.write_timeout.0 = Duration::from_millis(500);
    })
    .await;
    let maya = place.person("maya").await;
    for door in Door::ALL {
        let client = deaf(&place, door, &maya).await;
        place.until_offline(&maya).await;
        place.until_last(&maya, "slow_reader").await;
        drop(client);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_can_be_kicked_and_banned() {
    let mut place = Place::start_with(small_outbox).await;
    let maya = place.person("maya").await;
    for (method, reason) in [("kickout", "kicked"), ("addprojectblack", "banned")] {
        let client = deaf(&place, Door::Fpnn, &maya).await;
        let uid = json!({"uid": maya.uid});
        place.back_end.done(method, &uid).await;
        assert!(!place.is_online(&maya).await);
        assert_eq!(place.last(&maya).await, json!([place.now(), reason]));
        place.back_end.done("removeprojectblack", &uid).await;
        assert_eq!(place.tries(&maya).await, Ok(true));
        drop(client);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_does_not_hold_up_the_end_of_the_server() {
    let mut place = Place::start_with(small_outbox).await;
    let maya = place.person("maya").await;
    let client = deaf(&place, Door::Fpnn, &maya).await;
    let mut place = place.restart().await;
    assert!(!place.is_online(&maya).await);
    assert_eq!(
        place.last(&maya).await,
        json!([place.now(), "server_shutdown"])
    );
    drop(client);
    until(async || place.tries(&maya).await == Ok(true)).await;
}
