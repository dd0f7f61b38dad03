use halloo_fpnn::transport::{Agree, connect};
use halloo_fpnn::{Fields, Map};
use tokio_util::task::TaskTracker;

use crate::support::*;

#[tokio::test]
async fn answers_come_in_the_order_in_which_they_are_there() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        gated(1, "read", "a"),
        gated(2, "read", "b"),
        gated(3, "echo", ""),
    ];
    peer.send(&quests.concat()).await;
    assert_eq!(soon(peer.answer()).await.0, 3);
    server.script.open("b");
    assert_eq!(soon(peer.answer()).await.0, 2);
    server.script.open("a");
    assert_eq!(soon(peer.answer()).await.0, 1);
}

#[tokio::test]
async fn hundreds_of_quests_in_one_segment_are_all_answered() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests: Vec<u8> = (1..=900)
        .flat_map(|number| quest(number, "echo", Map::new().integer("n", number.into())))
        .collect();
    peer.send(&quests).await;
    for number in 1..=900 {
        let (sequence, answer) = soon(peer.answer()).await;
        assert_eq!(sequence, number);
        let answer = answer.unwrap();
        assert_eq!(Fields::parse(&answer).unwrap().integer("n"), Ok(number));
    }
}

#[tokio::test]
async fn frames_may_come_byte_by_byte() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    for byte in [gated(7, "echo", "x"), gated(8, "echo", "y")].concat() {
        peer.send(&[byte]).await;
    }
    assert_eq!(soon(peer.answer()).await.0, 7);
    assert_eq!(soon(peer.answer()).await.0, 8);
}

#[tokio::test]
async fn one_way_quests_run_and_are_not_answered() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    server.script.open("w");
    let quests = [
        one_way("write", Map::new().text("gate", "w")),
        one_way("nobody knows it", Map::new()),
        one_way("panic", Map::new()),
        one_way("*ping", Map::new()),
        gated(5, "echo", ""),
    ];
    peer.send(&quests.concat()).await;
    assert_eq!(soon(peer.answer()).await.0, 5);
    assert_eq!(server.script.begun(), ["w"]);
}

#[tokio::test]
async fn ping_is_answered_with_the_time_in_either_encoding() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    peer.send(&quest(1, "*ping", Map::new())).await;
    let (_, answer) = soon(peer.answer()).await;
    let answer = answer.unwrap();
    assert_eq!(Fields::parse(&answer).unwrap().integer("ts"), Ok(NOW));

    // V19 and V20 of the specification.
    peer.send(b"FPNN\x01\x40\x01\x05\x02\0\0\0\x0b\0\0\0*ping{}")
        .await;
    let expected = b"FPNN\x01\x40\x02\0\x14\0\0\0\x0b\0\0\0{\"ts\":1700000000123}";
    let mut found = vec![0; expected.len()];
    soon(tokio::io::AsyncReadExt::read_exact(
        &mut peer.stream,
        &mut found,
    ))
    .await
    .unwrap();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn other_names_with_a_star_are_the_services_business() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    peer.send(&quest(1, "*infos", Map::new())).await;
    assert_eq!(code(&soon(peer.answer()).await.1), 20_004);
}

#[tokio::test]
async fn a_panicking_handler_is_answered_with_20001_and_the_connection_lives() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        quest(1, "panic", Map::new()),
        quest(2, "panic later", Map::new()),
        gated(3, "echo", ""),
    ];
    peer.send(&quests.concat()).await;
    let mut answers = vec![];
    for _ in 0..3 {
        let (sequence, answer) = soon(peer.answer()).await;
        answers.push((sequence, code(&answer)));
    }
    answers.sort_unstable();
    assert_eq!(answers, [(1, 20_001), (2, 20_001), (3, 0)]);
}

#[tokio::test]
async fn a_payload_that_can_not_be_decoded_closes_the_connection_in_silence() {
    let server = start(options()).await;
    for name in ["echo", "*ping"] {
        let mut peer = server.peer().await;
        let mut bytes = quest(1, name, Map::new());
        *bytes.last_mut().unwrap() = 0x90;
        peer.send(&bytes).await;
        soon(peer.expect_end()).await;
        assert_eq!(
            soon(server.script.ended.next()).await,
            "undecodable payload of a quest"
        );
    }
}

#[tokio::test]
async fn what_is_no_fpnn_closes_the_connection_in_silence() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    peer.send(b"GET / HTTP/1.1\r\n\r\n").await;
    soon(peer.expect_end()).await;
    assert!(
        soon(server.script.ended.next())
            .await
            .starts_with("malformed input")
    );
}

#[tokio::test]
async fn a_client_asks_and_is_answered() {
    let server = start(options()).await;
    let tasks = TaskTracker::new();
    let options = client_options();
    let connection = connect(server.address, &options, Agree.into(), &tasks);
    let connection = connection.await.unwrap();
    let limit = std::time::Duration::from_secs(20);
    let answers: Vec<_> = (0..200)
        .map(|number| {
            let payload = Map::new().integer("n", number).finish();
            connection.quest(method("echo"), payload, limit)
        })
        .collect();
    for (number, answer) in (0..).zip(answers) {
        let answer = answer.await.unwrap();
        assert_eq!(Fields::parse(&answer).unwrap().integer("n"), Ok(number));
    }
    let refused = connection
        .quest(method("nobody knows it"), empty(), limit)
        .await;
    assert_eq!(code(&refused), 20_004);
    connection.close();
    soon(connection.closed()).await;
    assert_eq!(soon(server.script.ended.next()).await, "closed by the peer");
}
