//! FPNN in the messages of a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use halloo_fpnn::transport::{Limits, Options, Stranger};
use halloo_fpnn::{Curve, Map, Mode, PrivateKey, Strength};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::time::{Instant, advance, pause};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::browser::*;
use crate::support::*;

const WIDE: usize = 1 << 20;

async fn opened(options: Options) -> (Arc<Script>, Browser<DuplexStream>) {
    let (script, wire) = pipe(options, WIDE);
    (script, Browser::open(wire.stream).await)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A quest to be echoed in a package of `length` bytes.
fn echo_of(length: usize) -> Vec<u8> {
    let text = |bytes| quest(1, "echo", Map::new().text("text", &"x".repeat(bytes)));
    let mut bytes = length - text(0).len();
    while text(bytes).len() > length {
        bytes -= 1;
    }
    let found = text(bytes);
    assert_eq!(found.len(), length);
    found
}

#[tokio::test]
async fn frames_are_those_of_the_specification() {
    let auth = "82df37fa213d71aa6f73367a20397cfa213d36fa213d568f5555b25951545334219aef3b82485e9ef23d\
                37fa213d3e01d09843954a58595d75727cbf6f10065d5758458948525955765855a94e5e5c9f556205d4\
                1613015f4049438852bc938f5258455b40";
    let answer = "821546504e4e01800200050000000100000081a26f6bc3";
    let (script, mut browser) = opened(any()).await;
    browser.send(&bytes(auth)).await;
    let mut found = vec![0; answer.len() / 2];
    browser.stream.read_exact(&mut found).await.unwrap();
    assert_eq!(found, bytes(answer));
    assert!(script.connections.next().await.is_trusted());

    // V23 of the FPNN specification; V24 is the answer to it.
    browser
        .send(&bytes(
            "82960102030447524d4a0082020100020304000203042b726a6a6682",
        ))
        .await;
    let mut found = [0; 31];
    browser.stream.read_exact(&mut found).await.unwrap();
    let expected = "821d46504e4e018002000d0000000100000081a27473cf0000018bcfe5687b";
    assert_eq!(found.to_vec(), bytes(expected));
}

#[tokio::test]
async fn lengths_are_written_in_their_shortest_form() {
    let (_script, mut browser) = opened(any()).await;
    for (length, header) in [
        (125, "827d"),
        (126, "827e007e"),
        (127, "827e007f"),
        (65_535, "827effff"),
        (65_536, "827f0000000000010000"),
    ] {
        // An answer has no method.
        browser.send(&message(&echo_of(length + 4))).await;
        let (first, extended, payload) = browser.frame().await.unwrap();
        assert_eq!([&first[..], &extended].concat(), bytes(header));
        assert_eq!(payload.len(), length);
    }
}

#[tokio::test]
async fn packages_leave_one_by_one_and_arrive_as_they_like() {
    let (script, mut browser) = opened(any()).await;
    let quests: Vec<u8> = (1..=300)
        .flat_map(|number| gated(number, "echo", ""))
        .collect();
    // All in one message, then each in its own, then across the borders of messages.
    browser.send(&message(&quests)).await;
    for number in 1..=300 {
        assert_eq!(browser.answer().await.0, number);
    }
    let connection = script.connections.next().await;
    connection.one_way(method("push"), empty()).unwrap();
    connection.one_way(method("push"), empty()).unwrap();
    for _ in 0..2 {
        assert_eq!(browser.quest().await.method, method("push"));
    }
    for part in [1, 5, 7, 40, 1000] {
        let messages: Vec<u8> = quests.chunks(part).flat_map(message).collect();
        for chunk in messages.chunks(part * 3 + 1) {
            browser.send(chunk).await;
        }
        for number in 1..=300 {
            assert_eq!(browser.answer().await.0, number);
        }
    }
}

#[tokio::test]
async fn a_message_may_come_in_frames_with_a_ping_between_them() {
    let (_script, mut browser) = opened(any()).await;
    let quest = gated(1, "echo", "fragments");
    let mut frames = frame(BINARY, &quest[..1]);
    for byte in &quest[1..] {
        frames.extend(frame(0, &[*byte]));
        frames.extend(frame(0x80 | PING, &[*byte]));
        frames.extend(frame(0, b""));
        frames.extend(frame(0x80 | PONG, b"unasked"));
    }
    frames.extend(frame(0x80, b""));
    browser.send(&frames).await;
    let mut pongs = vec![];
    let answer = loop {
        match browser.frame().await.unwrap() {
            ([0x8a, _], _, payload) => pongs.extend(payload),
            (_, _, payload) => break payload,
        }
    };
    browser.decoder.feed(&answer);
    assert!(browser.decoder.next().unwrap().is_some());
    // The last of them may stand behind the answer.
    assert!(quest[1..].starts_with(&pongs) && pongs.len() + 2 >= quest.len() - 1);
}

#[tokio::test]
async fn what_no_client_may_send_closes_the_connection() {
    let echo = gated(1, "echo", "");
    let unmasked = [&[0x82, u8::try_from(echo.len()).unwrap()], &echo[..]].concat();
    let begun = frame(BINARY, b"F");
    for (bytes, why) in [
        (frame(0x80 | TEXT, &echo), "a text message"),
        (frame(TEXT, b""), "a text message"),
        (unmasked, "a frame that is not masked"),
        (vec![0x89, 0], "a frame that is not masked"),
        (frame(0xc2, &echo), "an extension that was not agreed on"),
        (frame(0xa2, &echo), "an extension that was not agreed on"),
        (frame(0x92, &echo), "an extension that was not agreed on"),
        (frame(0x83, &echo), "a frame of an unknown kind"),
        (frame(0x8b, b""), "a frame of an unknown kind"),
        (frame(0x80, &echo), "frames out of order"),
        (frame(0, &echo), "frames out of order"),
        (
            [begun.clone(), message(&echo)].concat(),
            "frames out of order",
        ),
        ([begun, frame(0x80 | TEXT, b"")].concat(), "a text message"),
        (frame(PING, b""), "a control frame in parts, or a long one"),
        (
            frame(0x80 | PING, &[0; 126]),
            "a control frame in parts, or a long one",
        ),
        (frame(CLOSE, b""), "a control frame in parts, or a long one"),
    ] {
        let (script, mut browser) = opened(any()).await;
        browser.send(&bytes).await;
        browser.expect_close(1002).await;
        assert_eq!(
            script.ended.next().await,
            format!("broken WebSocket: {why}")
        );
    }
}

#[tokio::test]
async fn what_is_no_fpnn_inside_closes_the_connection() {
    for bytes in [&b"GET / "[..], b"FPNX", b"\0"] {
        let (script, mut browser) = opened(any()).await;
        browser.send(&message(bytes)).await;
        browser.expect_close(1008).await;
        let why = script.ended.next().await;
        assert!(why.starts_with("malformed input"), "{why}");
    }
}

fn bounded(within: u64) -> Options {
    Options {
        limits: Limits {
            max_frame_bytes: 100_000,
            stranger: Some(Stranger {
                within: Duration::from_secs(within),
                max_frame_bytes: 1000,
                max_bytes: usize::MAX,
            }),
            ..Limits::default()
        },
        ..any()
    }
}

/// The header of a masked message that declares `length` bytes.
fn declared(length: u64) -> Vec<u8> {
    [&[0x82, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat()
}

#[tokio::test]
async fn a_message_that_is_declared_too_long_closes_the_connection() {
    let fragments = frame(0, &[0]).repeat(2000);
    for (trusted, bytes) in [
        (false, declared(2000)),
        (false, declared(u64::MAX)),
        // Not even a stranger's package: fragments of one byte.
        (
            false,
            [frame(BINARY, &echo_of(3000)[..20]), fragments].concat(),
        ),
        (true, declared(100_005)),
        (true, declared(u64::MAX)),
        (
            true,
            [
                frame(BINARY, &echo_of(300)[..20]),
                frame(0, &echo_of(99_990)),
            ]
            .concat(),
        ),
    ] {
        let (script, mut browser) = opened(bounded(10)).await;
        if trusted {
            browser.send(&message(&gated(1, "trust", ""))).await;
            browser.answer().await.1.unwrap();
        }
        browser.send(&bytes).await;
        browser.expect_close(1009).await;
        let why = script.ended.next().await;
        assert!(why.starts_with("malformed input"), "{why}");
    }
}

#[tokio::test]
async fn trust_counts_for_what_stands_behind_it() {
    let (_script, mut browser) = opened(bounded(10)).await;
    let messages = [
        message(&echo_of(900)),
        message(&gated(2, "trust", "")),
        message(&echo_of(90_000)),
        frame(BINARY, &echo_of(100_000)[..40_000]),
        frame(0x80, &echo_of(100_000)[40_000..]),
    ];
    browser.send(&messages.concat()).await;
    for sequence in [1, 2, 1, 1] {
        let (found, answer) = browser.answer().await;
        assert_eq!((found, code(&answer)), (sequence, 0));
    }
}

#[tokio::test]
async fn a_message_that_is_begun_has_to_be_completed() {
    let echo = gated(1, "echo", "");
    let whole = message(&echo);
    for bytes in [
        &whole[..1],
        &whole[..5],
        &whole[..whole.len() - 1],
        &frame(BINARY, &echo),
        &frame(0x80 | PING, b"ping")[..8],
        &message(&echo[..5]),
    ] {
        pause();
        let (script, mut browser) = opened(any()).await;
        let since = Instant::now();
        advance(Duration::from_secs(5)).await;
        browser.send(bytes).await;
        let why = script.ended.next().await;
        assert_eq!(why, "a package was not completed in time", "{bytes:x?}");
        assert_eq!(since.elapsed().as_secs(), 35);
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_ping_is_answered_with_what_it_carries() {
    let (_script, mut browser) = opened(any()).await;
    for payload in [&b""[..], b"x", &[7; 125]] {
        browser.send(&frame(0x80 | PING, payload)).await;
        assert_eq!(browser.expect(0x80 | PONG).await, payload);
    }
    for _ in 0..2000 {
        browser.send(&frame(0x80 | PING, b"many")).await;
    }
    for _ in 0..2000 {
        assert_eq!(browser.expect(0x80 | PONG).await, b"many");
    }
}

#[tokio::test]
async fn a_close_is_answered_after_everything_before_it() {
    for payload in [&b""[..], &[3, 0xe8], &[3, 0xe9, b'b', b'y', b'e']] {
        let (script, mut browser) = opened(any()).await;
        let mut frames = message(&gated(1, "read", "r"));
        frames.extend(frame(0x80 | CLOSE, payload));
        // What stands behind a close is not looked at.
        frames.extend(message(&gated(2, "read", "r")));
        browser.send(&frames).await;
        script.open("r");
        assert_eq!(browser.answer().await.0, 1);
        browser.expect_close(1000).await;
        assert_eq!(script.ended.next().await, "closed by the peer");
        assert_eq!(script.begun(), ["r"]);
    }
}

#[tokio::test]
async fn a_client_that_shuts_its_half_is_answered_too() {
    let (script, mut browser) = opened(any()).await;
    browser.send(&message(&gated(1, "read", "r"))).await;
    browser.stream.shutdown().await.unwrap();
    script.open("r");
    assert_eq!(browser.answer().await.0, 1);
    browser.expect_close(1000).await;
    assert_eq!(script.ended.next().await, "closed by the peer");
}

#[tokio::test]
async fn a_close_of_ours_comes_after_what_is_queued() {
    pause();
    let (script, mut browser) = opened(any()).await;
    let since = Instant::now();
    let connection = script.connections.next().await;
    connection.one_way(method("kickout"), empty()).unwrap();
    connection.close();
    assert_eq!(browser.quest().await.method, method("kickout"));
    browser.expect_close(1000).await;
    // The client is given time to close its side.
    assert_eq!(script.ended.next().await, "closed by us");
    assert_eq!(since.elapsed().as_secs(), 1);
}

#[tokio::test]
async fn a_server_that_stops_says_so_to_a_websocket() {
    let server = start(any()).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut browser = soon(Browser::open(stream)).await;
    let quests = [gated(1, "write", "w"), gated(2, "read", "r")].map(|quest| message(&quest));
    browser.send(&quests.concat()).await;
    browser.send(&frame(0x80 | PING, b"")).await;
    // The read waits for the write and holds up the ping.
    while server.script.begun().is_empty() {
        tokio::task::yield_now().await;
    }
    server.stop.cancel();
    let (found, answer) = soon(browser.answer()).await;
    assert_eq!((found, code(&answer)), (2, 20_014));
    server.script.open("w");
    let mut frames = vec![];
    while let Some((first, _, payload)) = soon(browser.frame()).await {
        frames.push((first[0], payload));
    }
    let kinds: Vec<u8> = frames.iter().map(|(first, _)| *first).collect();
    assert!(kinds.ends_with(&[0x82, 0x88]), "{kinds:x?}");
    assert_eq!(frames.last().unwrap().1, 1001_u16.to_be_bytes());
    drop(browser);
    server.tasks.close();
    soon(server.tasks.wait()).await;
    assert_eq!(server.script.ended.next().await, "the server is stopping");
}

#[tokio::test]
async fn encryption_works_in_messages_in_either_mode() {
    let key = |byte| PrivateKey::from_random(Curve::Secp256r1, &[byte; 32]).unwrap();
    for (mode, strength) in [
        (Mode::Package, Strength::Aes128),
        (Mode::Package, Strength::Aes256),
        (Mode::Stream, Strength::Aes128),
        (Mode::Stream, Strength::Aes256),
    ] {
        let options = Options {
            key: Some(Arc::new(key(3))),
            ..bounded(10)
        };
        let (script, mut browser) = opened(options).await;
        let (exchange, mut sealer, opener) = key(9)
            .offer(&key(3).public_key(), mode, strength, 1)
            .unwrap();
        let mut bytes = Vec::new();
        exchange.encode(&mut bytes);
        browser.send(&message(&bytes)).await;
        browser.decoder.encrypt(opener);
        // A package of as many bytes as a stranger may send is some bytes more in package mode.
        for (sequence, length) in [(2, 1000), (3, 40), (4, 999)] {
            let mut bytes = echo_of(length);
            bytes[12] = sequence;
            sealer.seal(&mut bytes, 0);
            browser.send(&message(&bytes)).await;
        }
        for sequence in 1..=4 {
            let (found, answer) = browser.answer().await;
            assert_eq!((found, code(&answer)), (sequence, 0));
        }
        assert!(script.connections.next().await.is_encrypted());
    }
}

#[tokio::test]
async fn an_ordinary_client_is_served() {
    let server = start(any()).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let url = format!("ws://{}/service/websocket", server.address);
    let (mut client, response) = soon(client_async(url, stream)).await.unwrap();
    assert_eq!(response.status(), 101);
    for length in [40, 125, 126, 65_535, 65_536, 3_000_000] {
        let sent = Message::binary(echo_of(length));
        soon(client.send(sent)).await.unwrap();
        let answer = soon(client.next()).await.unwrap().unwrap();
        assert_eq!(answer.into_data().len(), length - 4);
    }
    let ping = Message::Ping("ping".into());
    soon(client.send(ping)).await.unwrap();
    let pong = soon(client.next()).await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("ping".into()));
    soon(client.close(None)).await.unwrap();
    let last = soon(client.next()).await.unwrap().unwrap();
    assert!(last.is_close());
    assert!(soon(client.next()).await.is_none());
    assert_eq!(soon(server.script.ended.next()).await, "closed by the peer");
}
