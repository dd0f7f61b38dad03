//! What the first bytes of a connection make of it.

use std::sync::Arc;
use std::time::Duration;

use halloo_fpnn::Map;
use halloo_fpnn::transport::{Agree, Connection, Limits, Opening, Options, Stranger, connect};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, pause};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::task::TaskTracker;

use crate::browser::*;
use crate::support::*;
use crate::tls::{served, trusted, trusting};

/// Everything on one port.
fn everything() -> Options {
    let key = halloo_fpnn::PrivateKey::from_random(halloo_fpnn::Curve::Secp256k1, &[3; 32]);
    Options {
        opening: Opening::Any,
        key: key.map(Arc::new),
        ..served()
    }
}

async fn tls(server: &Running) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(trusted()));
    connector.connect(name, stream).await.unwrap()
}

/// What is sent back until the end; nothing after a reset.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let _ = soon(stream.read_to_string(&mut text)).await;
    text
}

fn how(connection: &Connection) -> (bool, bool) {
    (connection.is_tls(), connection.is_websocket())
}

#[tokio::test]
async fn everything_comes_through_one_port() {
    let server = start(everything()).await;
    let connections = &server.script.connections;

    let mut bare = server.peer().await;
    bare.send(&gated(1, "echo", "")).await;
    assert_eq!(soon(bare.answer()).await.0, 1);
    let connection = soon(connections.next()).await;
    assert_eq!(how(&connection), (false, false));
    assert_eq!(connection.local_address(), Some(server.address));
    assert_eq!(connection.address(), bare.stream.local_addr().unwrap());

    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut browser = soon(Browser::open(stream)).await;
    browser.send(&message(&gated(2, "echo", ""))).await;
    assert_eq!(soon(browser.answer()).await.0, 2);
    let connection = soon(connections.next()).await;
    assert_eq!(how(&connection), (false, true));
    assert_eq!(connection.local_address(), Some(server.address));

    let mut browser = soon(Browser::open(tls(&server).await)).await;
    browser.send(&message(&gated(3, "echo", ""))).await;
    assert_eq!(soon(browser.answer()).await.0, 3);
    let connection = soon(connections.next()).await;
    assert_eq!(how(&connection), (true, true));
    assert_eq!(connection.local_address(), Some(server.address));

    let tasks = TaskTracker::new();
    let options = trusting("localhost");
    let client = soon(connect(server.address, &options, Agree.into(), &tasks))
        .await
        .unwrap();
    let limit = Duration::from_secs(20);
    soon(client.quest(method("echo"), empty(), limit))
        .await
        .unwrap();
    let connection = soon(connections.next()).await;
    assert_eq!(how(&connection), (true, false));
    assert_eq!(client.local_address(), Some(connection.address()));
}

#[tokio::test]
async fn a_key_exchange_inside_tls_is_refused_in_a_websocket_too() {
    let server = start(everything()).await;
    let mut browser = soon(Browser::open(tls(&server).await)).await;
    let exchange = quest(1, "*key", Map::new().bytes("publicKey", &[1; 64]));
    browser.send(&message(&exchange)).await;
    soon(browser.expect_close(1008)).await;
    assert_eq!(
        soon(server.script.ended.next()).await,
        "refused key exchange"
    );
}

#[tokio::test]
async fn an_opening_may_come_byte_by_byte() {
    let server = start(any()).await;
    let mut bare = server.peer().await;
    for byte in gated(7, "echo", "") {
        bare.send(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(soon(bare.answer()).await.0, 7);

    // Over a pipe that holds a single byte, so that none can catch up with the one before it.
    let (_script, wire) = pipe(any(), 1);
    let mut browser = soon(Browser::open(wire.stream)).await;
    browser.send(&message(&gated(8, "echo", ""))).await;
    assert_eq!(soon(browser.answer()).await.0, 8);

    let (_script, mut wire) = pipe(any(), 1);
    wire.send(&gated(9, "echo", "")).await;
    assert_eq!(soon(wire.answer()).await.0, 9);
}

#[tokio::test]
async fn the_handshake_is_that_of_the_specification() {
    for (path, asked, echoed) in [
        ("/service/websocket", "", None),
        (
            "/prefix/service/websocket?a=b",
            "Origin: https://x\r\n",
            None,
        ),
        (
            "/service/websocket",
            "sec-websocket-protocol: arraybuffer\r\n",
            Some("arraybuffer"),
        ),
        (
            "/service/websocket",
            "Sec-WebSocket-Protocol: Second, first\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
            Some("Second"),
        ),
    ] {
        let (_script, wire) = pipe(any(), 4096);
        let mut browser = Browser::over(wire.stream);
        browser.send(&request(path, asked)).await;
        let head = soon(browser.head()).await;
        let echoed = echoed.map_or(String::new(), |name| {
            format!("Sec-WebSocket-Protocol: {name}\r\n")
        });
        let expected = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{echoed}\r\n"
        );
        assert_eq!(head, expected);
    }
}

#[tokio::test]
async fn what_is_no_request_for_a_websocket_is_answered_with_a_status() {
    let server = start(any()).await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes();
    let without = |line: &str| {
        let text = String::from_utf8(request("/service/websocket", "")).unwrap();
        text.replacen(line, "X: y", 1).into_bytes()
    };
    let cases = [
        (request("/", ""), "404"),
        (request("/service/websocket/", ""), "404"),
        (request("/service/other?/service/websocket", ""), "404"),
        (request("/xservice/websocket2", ""), "404"),
        (get("/"), "404"),
        (get("/service/websocket"), "426"),
        (without("Upgrade: websocket"), "426"),
        (without("Connection: Upgrade"), "426"),
        (without("Sec-WebSocket-Version: 13"), "426"),
        (
            without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            "400",
        ),
        (without("dGhlIHNhbXBsZSBub25jZQ=="), "400"),
        (b"GET /service/websocket HTTP/1.0\r\n\r\n".to_vec(), "426"),
        (b"GARBAGE\r\n\r\n".to_vec(), "400"),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n".to_vec(), "400"),
        (
            b"POST /service/ping HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
            "405",
        ),
        (
            request(
                "/service/websocket",
                &format!("X: {}\r\n", "y".repeat(20_000)),
            ),
            "431",
        ),
    ];
    for (bytes, status) in cases {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = rest(&mut stream).await;
        let shown = String::from_utf8_lossy(&bytes);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown} {answer}"
        );
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn what_announces_nothing_is_closed_without_a_word() {
    let server = start(any()).await;
    // A TLS handshake too, where there is no TLS.
    let cases: [&[u8]; 7] = [
        b"\0",
        b"\x16\x03\x01",
        b"fpnn",
        b"HEAD / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"\xff",
        b"GE",
    ];
    for bytes in cases {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(rest(&mut stream).await, "");
    }
    // Inside TLS as well: there is no second TLS.
    let server = start(everything()).await;
    for bytes in cases {
        let mut stream = tls(&server).await;
        stream.write_all(bytes).await.unwrap();
        let _ = stream.shutdown().await;
        let mut answer = vec![];
        let _ = soon(stream.read_to_end(&mut answer)).await;
        assert_eq!(answer, b"");
    }
    // What begins like FPNN is told by the decoder.
    let mut peer = server.peer().await;
    peer.send(b"FPNX").await;
    soon(peer.expect_end()).await;
    assert!(
        soon(server.script.ended.next())
            .await
            .starts_with("malformed input")
    );
}

#[tokio::test]
async fn a_listener_for_fpnn_takes_nothing_else() {
    let server = start(options()).await;
    for bytes in [
        request("/service/websocket", ""),
        b"\x16\x03\x01\0".to_vec(),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(rest(&mut stream).await, "");
        let why = soon(server.script.ended.next()).await;
        assert!(why.starts_with("malformed input"), "{why}");
    }
}

fn within(seconds: u64) -> Options {
    let within = Duration::from_secs(seconds);
    let stranger = Stranger {
        within,
        ..Stranger::default()
    };
    Options {
        limits: Limits {
            stranger: Some(stranger),
            ..Limits::default()
        },
        ..any()
    }
}

#[tokio::test]
async fn a_stranger_has_one_time_for_the_whole_opening() {
    pause();
    let request = request("/service/websocket", "");
    for (bytes, seconds, expected) in [
        (&b""[..], 8, 8),
        (b"", 60, 10),
        (b"G", 8, 8),
        (request.split_last().unwrap().1, 8, 8),
    ] {
        let since = Instant::now();
        let (_script, mut peer) = pipe(within(seconds), 4096);
        peer.send(bytes).await;
        assert_eq!(peer.stream.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(since.elapsed().as_secs(), expected);
    }
    // Time that the opening took is gone for the rest.
    let since = Instant::now();
    let (script, peer) = pipe(within(8), 4096);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut browser = Browser::open(peer.stream).await;
    assert_eq!(script.ended.next().await, "it did not prove itself in time");
    assert_eq!(since.elapsed().as_secs(), 8);
    browser.expect_close(1008).await;
}

#[tokio::test]
async fn a_connection_that_does_not_open_ends_with_the_server() {
    let server = start(everything()).await;
    let mut streams = vec![];
    for bytes in [&b""[..], b"G", b"\x16", b"GET / HTTP/1.1\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        streams.push(stream);
    }
    let mut inside = tls(&server).await;
    server.stop.cancel();
    server.tasks.close();
    soon(server.tasks.wait()).await;
    for stream in &mut streams {
        assert_eq!(rest(stream).await, "");
    }
    let _ = soon(inside.read(&mut [0])).await;
}

#[tokio::test]
async fn a_storm_of_connections_is_taken_whole() {
    let server = start(any()).await;
    let storm = TaskTracker::new();
    for number in 0..500 {
        let address = server.address;
        storm.spawn(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            if number % 2 == 0 {
                let mut wire = Wire::new(stream);
                wire.send(&gated(1, "echo", "")).await;
                assert_eq!(wire.answer().await.0, 1);
            } else {
                let mut browser = Browser::open(stream).await;
                browser.send(&message(&gated(1, "echo", ""))).await;
                assert_eq!(browser.answer().await.0, 1);
            }
        });
    }
    for _ in 0..500 {
        assert_eq!(soon(server.script.ended.next()).await, "closed by the peer");
    }
    storm.close();
    soon(storm.wait()).await;
}
