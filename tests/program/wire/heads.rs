//! Request lines and headers.

use super::{HEALTH, Wire, token_call, whole_refusal};

#[tokio::test]
async fn what_is_no_http_is_refused_in_the_envelope() {
    let wire = Wire::start().await;
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on\r\n\r\n"[..],
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/2.0\r\n\r\n",
        b"GET  /healthz HTTP/1.1\r\n\r\n",
        b"GET /he althz HTTP/1.1\r\n\r\n",
        b"G\x00T /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz\x00 HTTP/1.1\r\n\r\n",
    ] {
        wire.refused(garbage, 400).await;
    }
    // Whoever begins with HTTP/2 would not understand an answer.
    let mut connection = wire.open().await;
    connection.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(connection.closes().await);
}

#[tokio::test]
async fn a_header_that_is_none_is_refused_in_the_envelope() {
    let wire = Wire::start().await;
    for line in [
        "no colon",
        ": no name",
        "a b: blank in the name",
        "a : blank",
        "n\u{fc}: x",
        "a: b\0c",
        "\tfolded: x",
    ] {
        wire.refused(
            format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{line}\r\n\r\n"),
            400,
        )
        .await;
    }
}

#[tokio::test]
async fn a_header_block_over_16_kib_is_refused() {
    let wire = Wire::start().await;
    let request = |size: usize| {
        let start = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Filler: ";
        let filler = "f".repeat(size - start.len() - 4);
        format!("{start}{filler}\r\n\r\n")
    };
    let mut connection = wire.open().await;
    connection.write(request(16 * 1024)).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
    for size in [16 * 1024 + 1, 32 * 1024, 100 * 1024, 1024 * 1024] {
        let reply = wire.refused(request(size), 431).await;
        assert_eq!(reply.json()["error"], "request_header_fields_too_large");
    }
    let many = "X-Another: y\r\n".repeat(500);
    wire.refused(format!("GET /healthz HTTP/1.1\r\n{many}\r\n"), 431)
        .await;
}

#[tokio::test]
async fn a_url_over_8_kib_is_refused() {
    let wire = Wire::start().await;
    let request = |size: usize| {
        let filler = "u".repeat(size - "/healthz?".len());
        format!("GET /healthz?{filler} HTTP/1.1\r\nHost: x\r\n\r\n")
    };
    let mut connection = wire.open().await;
    connection.write(request(8 * 1024)).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
    for size in [8 * 1024 + 1, 12 * 1024] {
        let reply = wire.refused(request(size), 414).await;
        assert_eq!(reply.json()["error"], "request_uri_too_long");
    }
}

#[tokio::test]
async fn a_browser_may_read_a_refusal_from_below_the_routes() {
    let wire = Wire::start().await;
    let both = token_call(
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "0\r\n\r\n",
    );
    let long = "u".repeat(9000);
    for (request, status) in [
        ("hello\r\n\r\n".to_owned(), 400),
        (both, 400),
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 414),
        (format!("GET / HTTP/1.1\r\nX: {long}{long}\r\n\r\n"), 431),
    ] {
        let reply = wire.refused(request, status).await;
        let allowed = reply.headers.get("access-control-allow-origin");
        assert_eq!(
            allowed.map(|origin| origin.to_str().unwrap()),
            Some("*"),
            "{status}"
        );
    }
}

#[tokio::test]
async fn percent_junk_and_odd_targets_get_an_answer_like_any_other() {
    let wire = Wire::start().await;
    for target in [
        "/%",
        "/%z",
        "/%zz/%",
        "/%FF",
        "/%00",
        "//",
        "///%20//",
        "/demo-org/demo-app/users/%FF",
        "/demo-org/demo-app/users/a%00b",
        "/demo-org/demo-app/users/%",
        "/demo-org/demo-app/users/%E5%90",
        "/demo-org/demo-app/users/a%2Fb",
        "/demo-org%2Fdemo-app/users/x",
        "/../../etc/passwd",
        "/demo-org/demo-app/users/..%2f..%2fetc",
        "/?%",
        "/demo-org/demo-app/users?limit=%FF&%=%",
        "/demo-org/demo-app/users/%0d%0aX-Injected:%20yes",
        "http://else.where/demo-org/demo-app/users",
        "http://else.where",
        "/demo-org/demo-app/users/<script>",
        "/{org}/{app}/users",
        "/\"|^`",
    ] {
        let mut connection = wire.open().await;
        connection
            .write(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"))
            .await;
        let reply = connection
            .answer()
            .await
            .unwrap_or_else(|| panic!("no answer to {target}"));
        assert!(
            (400..=414).contains(&reply.status.as_u16()),
            "{target}: {}",
            reply.status
        );
        whole_refusal(&reply, target);
        assert!(!reply.headers.contains_key("x-injected"));
    }
    for line in [
        "OPTIONS * HTTP/1.1",
        "CONNECT else.where:443 HTTP/1.1",
        "GET * HTTP/1.1",
        "TRACE / HTTP/1.1",
        "BREW /pot HTTP/1.1",
    ] {
        let mut connection = wire.open().await;
        connection.write(format!("{line}\r\nHost: x\r\n\r\n")).await;
        let reply = connection
            .answer()
            .await
            .unwrap_or_else(|| panic!("no answer to {line}"));
        if reply.status != 204 {
            whole_refusal(&reply, line);
        }
    }
    let mut connection = wire.open().await;
    connection.write(HEALTH).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
}
