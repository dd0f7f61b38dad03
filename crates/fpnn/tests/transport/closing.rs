use std::time::Duration;

use halloo_fpnn::Map;
use halloo_fpnn::transport::{Agree, Places, connect};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, pause};
use tokio_util::task::TaskTracker;

use crate::support::*;

#[tokio::test]
async fn a_server_that_stops_answers_everything_it_has_read() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    // The write holds up the read, and that the echo; the ping shows that all of them were
    // received.
    let quests = [
        quest(1, "*ping", Map::new()),
        gated(2, "write", "w"),
        gated(3, "read", "r"),
        gated(4, "echo", ""),
        quest(5, "*ping", Map::new()),
        one_way("read", Map::new()),
    ];
    peer.send(&quests.concat()).await;
    soon(peer.answer()).await.1.unwrap();
    server.stop.cancel();
    for sequence in [3, 4, 5] {
        let (found, answer) = soon(peer.answer()).await;
        assert_eq!((found, code(&answer)), (sequence, 20_014));
    }
    server.script.open("w");
    assert_eq!(
        soon(peer.answer()).await,
        (2, Ok(Map::new().text("gate", "w").finish()))
    );
    soon(peer.expect_end()).await;
    assert_eq!(server.script.begun(), ["w"]);
    drop(peer);
    server.tasks.close();
    soon(server.tasks.wait()).await;
    assert_eq!(server.script.ended.next().await, "the server is stopping");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_stop() {
    let server = start(options()).await;
    let (tasks, options) = (TaskTracker::new(), client_options());
    let mut clients = vec![];
    for _ in 0..20 {
        let client = connect(server.address, &options, Agree.into(), &tasks);
        clients.push(client.await.unwrap());
        server.script.connections.next().await;
    }
    server.stop.cancel();
    server.tasks.close();
    soon(server.tasks.wait()).await;
    for client in clients {
        soon(client.closed()).await;
    }
}

#[tokio::test]
async fn a_peer_that_does_not_close_is_not_waited_for_for_long() {
    pause();
    let (script, mut peer) = pipe(options(), 4096);
    let connection = script.connections.next().await;
    let since = Instant::now();
    connection.close();
    peer.expect_end().await;
    assert_eq!(script.ended.next().await, "closed by us");
    assert_eq!(since.elapsed().as_secs(), 1);
}

#[tokio::test]
async fn a_close_sends_what_is_queued_before_it() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let connection = soon(server.script.connections.next()).await;
    connection.one_way(method("kickout"), empty()).unwrap();
    let unanswered = connection.quest(method("kickout"), empty(), Duration::from_secs(5));
    connection.close();
    assert_eq!(soon(peer.quest()).await.method, method("kickout"));
    assert_eq!(soon(peer.quest()).await.method, method("kickout"));
    soon(peer.expect_end()).await;
    assert_eq!(code(&soon(unanswered).await), 20_002);
}

#[tokio::test]
async fn what_was_received_before_the_peer_closed_is_run_and_answered() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        gated(1, "write", "w"),
        gated(2, "read", "r"),
        gated(3, "echo", ""),
    ];
    peer.send(&quests.concat()).await;
    peer.stream.shutdown().await.unwrap();
    server.script.open("w");
    server.script.open("r");
    let mut answered = vec![];
    for _ in 0..3 {
        answered.push(soon(peer.answer()).await.0);
    }
    answered.sort_unstable();
    assert_eq!(answered, [1, 2, 3]);
    soon(peer.expect_end()).await;
    assert_eq!(soon(server.script.ended.next()).await, "closed by the peer");
}

#[tokio::test]
async fn handlers_run_to_their_end_when_the_connection_is_lost() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        quest(1, "*ping", Map::new()),
        gated(2, "write", "w"),
        gated(3, "read", "r"),
    ];
    peer.send(&quests.concat()).await;
    soon(peer.answer()).await.1.unwrap();
    drop(peer);
    let connection = soon(server.script.connections.next()).await;
    assert!(!server.script.begun().contains(&"r".into()));
    server.script.open("w");
    server.script.open("r");
    soon(server.script.ended.next()).await;
    soon(connection.closed()).await;
    assert_eq!(server.script.begun(), ["w", "r"]);
}

#[tokio::test]
async fn an_abort_drops_what_was_not_begun() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        quest(1, "*ping", Map::new()),
        gated(2, "write", "w"),
        gated(3, "read", "r"),
    ];
    peer.send(&quests.concat()).await;
    soon(peer.answer()).await.1.unwrap();
    let connection = soon(server.script.connections.next()).await;
    connection.abort();
    soon(peer.expect_end()).await;
    server.script.open("w");
    assert_eq!(soon(server.script.ended.next()).await, "closed by us");
    assert_eq!(server.script.begun(), ["w"]);
}

#[tokio::test]
async fn further_connections_wait_until_one_ends() {
    let options = halloo_fpnn::transport::Options {
        places: Places::new(1),
        ..options()
    };
    let server = start(options).await;
    let mut first = server.peer().await;
    let mut second = server.peer().await;
    second.send(&gated(1, "echo", "")).await;
    first.send(&gated(2, "echo", "")).await;
    assert_eq!(soon(first.answer()).await.0, 2);
    let connection = soon(server.script.connections.next()).await;
    assert!(!connection.is_closed());
    drop(first);
    assert_eq!(soon(second.answer()).await.0, 1);
}
