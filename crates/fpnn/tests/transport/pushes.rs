//! Quests of a server to its clients, and what a client does to keep a connection.

use std::time::Duration;

use halloo_fpnn::transport::{
    Agree, ClientOptions, Connection, Keepalive, Limits, Options, connect, connect_stream,
};
use halloo_fpnn::{Answer, Map, Refusal};
use tokio::sync::mpsc;
use tokio::time::{Instant, pause};
use tokio_util::task::TaskTracker;

use crate::support::*;

const LIMIT: Duration = Duration::from_secs(5);

fn answer(to: &halloo_fpnn::Quest, with: &Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    to.reply_to().unwrap().encode(with, &mut bytes);
    bytes
}

#[tokio::test]
async fn a_server_asks_with_numbers_of_its_own_and_is_answered_in_any_order() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let connection = soon(server.script.connections.next()).await;
    let first = connection.quest(
        method("pushmsg"),
        Map::new().integer("mid", 1).finish(),
        LIMIT,
    );
    connection.one_way(method("kickout"), empty()).unwrap();
    let second = connection.quest(method("ping"), empty(), LIMIT);

    let asked = soon(peer.quest()).await;
    assert_eq!((asked.sequence, asked.version), (Some(1), 1));
    assert_eq!(soon(peer.quest()).await.sequence, None);
    let also_asked = soon(peer.quest()).await;
    assert_eq!(also_asked.sequence, Some(2));

    let unknown = Refusal::new(20_004, "unknown");
    peer.send(&answer(&also_asked, &Err(unknown.clone()))).await;
    assert_eq!(soon(second).await, Err(unknown));
    peer.send(&answer(&asked, &Ok(empty()))).await;
    assert_eq!(soon(first).await, Ok(empty()));

    // Nobody waits for this one any more.
    peer.send(&answer(&asked, &Ok(empty()))).await;
    peer.send(&gated(1, "echo", "")).await;
    assert_eq!(soon(peer.answer()).await.0, 1);
}

#[tokio::test]
async fn a_quest_without_an_answer_fails_with_20003() {
    pause();
    let (script, mut peer) = pipe(options(), 1 << 16);
    let connection = script.connections.next().await;
    let since = Instant::now();
    let (short, long) = (Duration::from_millis(300), Duration::from_secs(3));
    let slow = connection.quest(method("slow"), empty(), long);
    let fast = connection.quest(method("fast"), empty(), short);
    assert_eq!(code(&fast.await), 20_003);
    assert_eq!(since.elapsed().as_millis() / 10, 30);
    assert_eq!(code(&slow.await), 20_003);
    assert_eq!(since.elapsed().as_millis() / 100, 30);
    // A late answer changes nothing.
    for _ in 0..2 {
        let late = peer.quest().await;
        peer.send(&answer(&late, &Ok(empty()))).await;
    }
    peer.send(&gated(1, "echo", "")).await;
    assert_eq!(peer.answer().await.0, 1);
}

#[tokio::test]
async fn quests_fail_with_20002_when_the_connection_ends() {
    let server = start(options()).await;
    let peer = server.peer().await;
    let connection = soon(server.script.connections.next()).await;
    let waiting = connection.quest(method("ping"), empty(), LIMIT);
    drop(peer);
    assert_eq!(code(&soon(waiting).await), 20_002);
    soon(connection.closed()).await;
    assert!(connection.is_closed());
    let late = connection.quest(method("ping"), empty(), LIMIT);
    assert_eq!(code(&soon(late).await), 20_002);
    assert_eq!(
        connection
            .one_way(method("ping"), empty())
            .unwrap_err()
            .code,
        20_002
    );
}

#[tokio::test]
async fn quests_fail_with_20002_when_the_runtime_goes_away() {
    let (connection, waiting) = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (script, _peer) = pipe(options(), 64);
            let connection = script.connections.next().await;
            let waiting = connection.quest(method("ping"), empty(), LIMIT);
            (connection, waiting)
        })
    })
    .join()
    .unwrap();
    assert_eq!(code(&soon(waiting).await), 20_002);
    soon(connection.closed()).await;
}

fn narrow(close_when_full: bool) -> Options {
    Options {
        limits: Limits {
            max_unsent_bytes: 1024,
            max_queued_bytes: 4096,
            close_when_full,
            ..Limits::default()
        },
        ..options()
    }
}

#[tokio::test]
async fn a_reader_that_can_not_keep_up_is_closed() {
    let (script, _peer) = pipe(narrow(true), 64);
    let connection = soon(script.connections.next()).await;
    let text = Map::new().text("text", &"x".repeat(500)).finish();
    let mut sent = 0;
    let refusal = loop {
        match connection.one_way(method("push"), text.clone()) {
            Ok(()) => sent += 1,
            Err(refusal) => break refusal,
        }
        assert!(sent < 20);
    };
    assert_eq!(refusal.code, 20_011);
    assert_eq!(
        soon(script.ended.next()).await,
        "the peer does not read fast enough"
    );
}

#[tokio::test]
async fn a_full_queue_may_also_just_refuse() {
    let (script, mut peer) = pipe(narrow(false), 64);
    let connection = soon(script.connections.next()).await;
    let text = Map::new().text("text", &"x".repeat(500)).finish();
    let mut sent = 0;
    while connection.one_way(method("push"), text.clone()).is_ok() {
        sent += 1;
    }
    let refused = connection.quest(method("push"), text.clone(), LIMIT);
    assert_eq!(code(&soon(refused).await), 20_011);
    for _ in 0..sent {
        soon(peer.quest()).await;
    }
    let asked = connection.quest(method("push"), text, LIMIT);
    let quest = soon(peer.quest()).await;
    peer.send(&answer(&quest, &Ok(empty()))).await;
    soon(asked).await.unwrap();
}

/// What came of a quest whose answer is handed on: one outcome of it, and never another.
fn taken(
    connection: &Connection,
    name: &str,
    payload: bytes::Bytes,
) -> mpsc::UnboundedReceiver<Result<Answer, Refusal>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    connection.quest_then(method(name), payload, LIMIT, move |outcome| {
        sender.send(outcome).unwrap();
    });
    receiver
}

/// The only outcome; the channel ends behind it, since whoever could tell another is gone.
async fn only(
    mut outcomes: mpsc::UnboundedReceiver<Result<Answer, Refusal>>,
) -> Result<Answer, Refusal> {
    let outcome = outcomes.recv().await.unwrap();
    assert_eq!(outcomes.recv().await, None);
    outcome
}

#[tokio::test]
async fn an_answer_is_handed_on_whatever_it_says() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let connection = soon(server.script.connections.next()).await;
    let (agreed, refused) = (
        taken(&connection, "pushmsg", empty()),
        taken(&connection, "pushmsg", empty()),
    );
    // A peer may say what the transport says when none answers.
    let own = Refusal::new(20_003, "as the peer says");
    for with in [Ok(empty()), Err(own.clone())] {
        let asked = soon(peer.quest()).await;
        peer.send(&answer(&asked, &with)).await;
        peer.send(&answer(&asked, &with)).await;
    }
    assert_eq!(soon(only(agreed)).await, Ok(Ok(empty())));
    assert_eq!(soon(only(refused)).await, Ok(Err(own)));
}

#[tokio::test]
async fn that_no_answer_came_in_time_is_handed_on() {
    pause();
    let (script, _peer) = pipe(options(), 1 << 16);
    let connection = script.connections.next().await;
    let since = Instant::now();
    let outcome = only(taken(&connection, "pushmsg", empty())).await;
    assert_eq!(outcome.unwrap_err().code, 20_003);
    assert_eq!(since.elapsed().as_millis() / 100, LIMIT.as_millis() / 100);
}

#[tokio::test]
async fn that_the_connection_ended_is_handed_on() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let connection = soon(server.script.connections.next()).await;
    let waiting = taken(&connection, "pushmsg", empty());
    soon(peer.quest()).await;
    drop(peer);
    assert_eq!(soon(only(waiting)).await.unwrap_err().code, 20_002);
    soon(connection.closed()).await;
    let late = taken(&connection, "pushmsg", empty());
    assert_eq!(soon(only(late)).await.unwrap_err().code, 20_002);
}

#[tokio::test]
async fn quests_that_were_queued_when_the_connection_ended_are_told_so() {
    let (script, _peer) = pipe(narrow(false), 64);
    let connection = soon(script.connections.next()).await;
    let text = Map::new().text("text", &"x".repeat(500)).finish();
    let waiting: Vec<_> = (0..4)
        .map(|_| taken(&connection, "push", text.clone()))
        .collect();
    connection.abort();
    let behind = taken(&connection, "push", text);
    for outcomes in waiting.into_iter().chain([behind]) {
        assert_eq!(soon(only(outcomes)).await.unwrap_err().code, 20_002);
    }
}

#[tokio::test]
async fn that_the_queue_is_full_is_handed_on_at_once() {
    let (script, _peer) = pipe(narrow(false), 64);
    let connection = soon(script.connections.next()).await;
    let text = Map::new().text("text", &"x".repeat(500)).finish();
    while connection.one_way(method("push"), text.clone()).is_ok() {}
    let mut outcomes = taken(&connection, "push", text);
    assert_eq!(outcomes.try_recv().unwrap().unwrap_err().code, 20_011);
    assert!(outcomes.try_recv().is_err());
}

#[tokio::test]
async fn a_client_answers_the_servers_ping() {
    let server = start(options()).await;
    let (tasks, options) = (TaskTracker::new(), client_options());
    let client = connect(server.address, &options, Agree.into(), &tasks)
        .await
        .unwrap();
    let connection = soon(server.script.connections.next()).await;
    let answer = connection.quest(method("ping"), empty(), LIMIT);
    assert_eq!(soon(answer).await, Ok(empty()));
    client.abort();
    soon(client.closed()).await;
    soon(connection.closed()).await;
}

#[tokio::test]
async fn a_client_probes_a_silent_server_and_gives_up() {
    pause();
    let (here, there) = tokio::io::duplex(4096);
    let options = ClientOptions {
        keepalive: Some(Keepalive::default()),
        ..client_options()
    };
    let tasks = TaskTracker::new();
    let since = Instant::now();
    let client = connect_stream(here, NOWHERE, false, &options, Agree.into(), &tasks);
    let client = client.await.unwrap();
    let mut server = Wire::new(there);
    let probe = server.quest().await;
    assert_eq!(
        (probe.method.clone(), since.elapsed().as_secs()),
        (method("*ping"), 20)
    );
    server.send(&answer(&probe, &Ok(empty()))).await;
    for at in [40, 60, 80] {
        assert_eq!(server.quest().await.method, method("*ping"));
        assert_eq!(since.elapsed().as_secs(), at);
    }
    client.closed().await;
    assert_eq!(since.elapsed().as_secs(), 100);
}
