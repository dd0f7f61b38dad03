//! Clients that are gone without having said so, and those that only seem to be.
//! Source: RTM client gate sections 1.8 and 6.

use std::time::Duration;

use halloo::config::Config;
use halloo_testkit::rtm::{Project, RtmClient, WebSocketIo};
use serde_json::json;
use tokio::net::TcpStream;

use crate::proxy::Proxy;
use crate::world::{Door, Person, Place, still_there, thrown_out};

fn impatient(config: &mut Config) {
    config.rtm.client_ping.0 = Duration::from_millis(200);
    config.rtm.client_silence.0 = Duration::from_secs(1);
}

/// Logs in through a proxy.
async fn through(proxy: &Proxy, place: &Place, door: Door, person: &Person) -> RtmClient {
    let stream = TcpStream::connect(proxy.address).await.expect("a proxy");
    let project = Project::of(&place.app);
    let mut client = match door {
        Door::Fpnn => RtmClient::over(stream, &project, String::new()),
        Door::WebSocket => {
            let stream = WebSocketIo::agree(stream, "/service/websocket").await;
            RtmClient::over(stream, &project, String::new())
        }
    };
    let answer = client.log_in(person.uid, &person.token).await;
    assert_eq!(answer, Ok(true));
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_whose_network_went_dead_is_offline_after_the_silence() {
    let mut place = Place::start_with(impatient).await;
    let (maya, omar) = (place.person("maya").await, place.person("1001").await);
    for door in Door::ALL {
        let mut here = place.log_in(door, &omar).await;
        let proxy = Proxy::to(place.server.rtm.client).await;
        let mut client = through(&proxy, &place, door, &maya).await;
        let entered = client.call("enterroom", json!({"rid": 7})).await;
        assert_eq!(entered, Ok(json!({})));
        assert!(place.is_online(&maya).await);
        proxy.die();
        let ((), ()) = tokio::join!(place.until_offline(&maya), async {
            // Whoever answers pings meanwhile is not taken for dead.
            while here.pings < 8 {
                still_there_for_a_ping(&mut here).await;
            }
        });
        place.until_last(&maya, "silent").await;
        assert!(place.is_online(&omar).await);
        place.until_empty(7).await;
        // She comes back from elsewhere while the dead connection is still half open.
        assert_eq!(place.tries(&maya).await, Ok(true));
        drop(client);
    }
}

/// Answers the pings that are there, and waits for the answer to a question of its own.
async fn still_there_for_a_ping(client: &mut RtmClient) {
    let before = client.pings;
    while client.pings == before {
        still_there(client).await;
    }
}

#[tokio::test]
async fn a_client_that_only_answers_pings_stays() {
    let mut place = Place::start_with(impatient).await;
    let maya = place.person("maya").await;
    for door in Door::ALL {
        let mut client = place.log_in(door, &maya).await;
        // Two silences and more, in which it says nothing by itself: a wait for a push that comes only
        // when a ping has come often enough.
        for _ in 0..12 {
            client.next_ping().await;
        }
        assert_eq!(place.devices(&maya).await.len(), 1, "{door:?}");
        still_there(&mut client).await;
        place.rest("GET", "/users/maya/disconnect", None).await.ok();
        thrown_out(&mut client, "kicked").await;
    }
}

#[tokio::test]
async fn a_client_that_answers_no_ping_but_asks_stays() {
    let mut place = Place::start_with(impatient).await;
    let maya = place.person("maya").await;
    let mut client = place.log_in(Door::Fpnn, &maya).await;
    client.answers_pings = false;
    while client.pings < 12 {
        still_there(&mut client).await;
    }
    assert_eq!(place.devices(&maya).await.len(), 1);
}

#[tokio::test]
async fn a_client_that_answers_no_ping_and_asks_nothing_is_silent() {
    let mut place = Place::start_with(impatient).await;
    let maya = place.person("maya").await;
    for door in Door::ALL {
        let mut client = place.log_in(door, &maya).await;
        client.answers_pings = false;
        assert_eq!(client.last_words().await, [], "{door:?}");
        assert!(client.pings >= 3, "it was asked before");
        place.until_offline(&maya).await;
        place.until_last(&maya, "silent").await;
    }
}

#[tokio::test]
async fn an_error_is_as_good_an_answer_to_a_ping() {
    let mut place = Place::start_with(impatient).await;
    let maya = place.person("maya").await;
    let mut client = place.log_in(Door::Fpnn, &maya).await;
    client.answers_pings = false;
    while client.pings < 12 {
        client.next_ping().await;
        // Old Java SDKs know no better, and some count from 0.
        let error = b"FPNN\x01\x80\x02\x01\x01\0\0\0\0\0\0\0\x80";
        assert!(client.wire.write(error).await);
    }
    assert!(place.is_online(&maya).await);
}
