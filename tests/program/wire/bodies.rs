//! Where a body ends, and how much of it is read.

use halloo_testkit::Program;

use super::{HEALTH, Wire, token_call};

#[tokio::test]
async fn a_body_without_one_clear_length_is_refused_and_the_connection_closed() {
    let wire = Wire::start().await;
    let smuggled = format!("0\r\n\r\n{HEALTH}");
    for lines in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length:\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
    ] {
        wire.refused(token_call(lines, &smuggled), 400).await;
    }
    let old = token_call("Transfer-Encoding: chunked\r\n", &smuggled);
    wire.refused(old.replace("HTTP/1.1", "HTTP/1.0"), 400).await;
}

/// A request with two lengths in each place where it may stand, and what comes before it. Behind it
/// is a request that only one of the two lengths leaves outside.
fn smuggling() -> Vec<(&'static str, String, String)> {
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    let smuggled = token_call(both, &format!("0\r\n\r\n{HEALTH}"));
    let sized = token_call("Content-Length: 2\r\n", "{}");
    let chunked = token_call("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n");
    vec![
        ("first", String::new(), smuggled.clone()),
        (
            "first, with bare line feeds",
            String::new(),
            smuggled.replace("\r\n", "\n"),
        ),
        (
            "behind a request without a body",
            HEALTH.to_owned(),
            smuggled.clone(),
        ),
        ("behind a body of known length", sized, smuggled.clone()),
        ("behind a chunked body", chunked, smuggled),
    ]
}

#[tokio::test]
async fn what_two_lengths_would_smuggle_in_is_never_answered() {
    let wire = Wire::start().await;
    for (place, before, smuggled) in smuggling() {
        let mut connection = wire.open().await;
        connection.write(format!("{before}{smuggled}")).await;
        let mut answers = Vec::new();
        while let Some(reply) = connection.answer().await {
            answers.push(reply.status.as_u16());
        }
        let expected = usize::from(!before.is_empty()) + 1;
        assert_eq!(answers.len(), expected, "{place}: {answers:?}");
    }
}

#[tokio::test]
async fn two_lengths_are_refused() {
    let wire = Wire::start().await;
    // Behind a body, nobody but the parser knows where a head begins.
    for (place, before, smuggled) in smuggling().into_iter().take(3) {
        let mut connection = wire.open().await;
        connection.write(format!("{before}{smuggled}")).await;
        if !before.is_empty() {
            let answered = connection.answer().await.map(|reply| reply.status.as_u16());
            assert_eq!(answered, Some(200), "{place}");
        }
        let reply = connection.answer().await;
        let reply = reply.unwrap_or_else(|| panic!("no answer, {place}"));
        let (status, error, _) = reply.refusal();
        assert_eq!((status, &*error), (400, "web_application"), "{place}");
    }
}

#[tokio::test]
async fn two_lengths_are_refused_when_they_come_in_pieces() {
    let wire = Wire::start().await;
    let (first, second) = ("Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n");
    let start = token_call(first, "");
    let start = start.strip_suffix("\r\n").unwrap();
    for before in ["", HEALTH] {
        let mut connection = wire.open().await;
        connection.write(format!("{before}{start}")).await;
        if !before.is_empty() {
            assert_eq!(connection.answer().await.unwrap().status, 200);
        }
        connection.write(format!("{second}\r\n0\r\n\r\n")).await;
        let refusal = connection.answer().await.unwrap().refusal();
        assert_eq!((refusal.0, &*refusal.1), (400, "web_application"));
    }
}

#[tokio::test]
async fn a_chunk_that_is_none_is_refused_and_the_connection_closed() {
    let wire = Wire::start().await;
    for chunks in [
        "zz\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}XX0\r\n\r\n",
        "fffffffffffffffff\r\n{}",
    ] {
        let request = token_call(
            "Transfer-Encoding: chunked\r\n",
            &format!("{chunks}{HEALTH}"),
        );
        wire.refused(request, 400).await;
    }
}

#[tokio::test]
async fn a_chunked_body_needs_no_content_type() {
    let wire = Wire::start().await;
    let head = wire.head("POST", "/users", "Transfer-Encoding: chunked\r\n\r\n");
    let whole = r#"{"username":"maya","password":"pw","nickname":"M"}"#;
    let mut connection = wire.open().await;
    connection.write(&head).await;
    for (number, byte) in whole.chars().enumerate() {
        let extension = if number == 0 { ";name=value" } else { "" };
        connection
            .write(format!("1{extension}\r\n{byte}\r\n"))
            .await;
    }
    connection.write("0\r\nTrailer: ignored\r\n\r\n").await;
    let registered = connection.answer().await.unwrap().ok();
    assert_eq!(registered["entities"][0]["username"], "maya");
    connection.write(HEALTH).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
}

#[tokio::test]
async fn whoever_asks_before_sending_is_told_to_go_on_or_refused() {
    let wire = Wire::start().await;
    let body = r#"{"username":"maya","password":"pw"}"#;
    let lines = format!(
        "Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut connection = wire.open().await;
    connection.write(wire.head("POST", "/users", &lines)).await;
    assert_eq!(connection.answer().await.unwrap().status, 100);
    connection.write(body).await;
    connection.answer().await.unwrap().ok();
    connection.write(HEALTH).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);

    let stranger = wire
        .head("POST", "/users", &lines)
        .replace(&wire.app.token, "nonsense");
    wire.refused(stranger, 401).await;
    let huge = "Content-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n";
    wire.refused(wire.head("POST", "/users", huge), 413).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_in_an_envelope_that_can_be_read() {
    let wire = Wire::start().await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    for chunks in [17, 20, 128] {
        let mut body = chunk.repeat(chunks);
        body += "0\r\n\r\n";
        let head = wire.head("POST", "/users", "Transfer-Encoding: chunked\r\n\r\n");
        let reply = wire.refused(format!("{head}{body}"), 413).await;
        assert_eq!(reply.json()["error"], "request_entity_too_large");
        let length = chunks * 0x1_0000;
        let head = wire.head(
            "POST",
            "/users",
            &format!("Content-Length: {length}\r\n\r\n"),
        );
        wire.refused(format!("{head}{}", " ".repeat(length)), 413)
            .await;
    }
    // Without a token, less is read.
    let open = token_call("Transfer-Encoding: chunked\r\n", &chunk.repeat(2));
    wire.refused(format!("{open}0\r\n\r\n"), 413).await;
    // The limit itself is legal.
    let mut most = r#"{"username":"maya","password":"pw"}"#.to_owned();
    most += &" ".repeat(1024 * 1024 - most.len());
    let lines = format!("Content-Length: {}\r\n\r\n{most}", most.len());
    let mut connection = wire.open().await;
    connection.write(wire.head("POST", "/users", &lines)).await;
    connection.answer().await.unwrap().ok();
}

/// Resident memory of the program, in KiB.
fn resident_kib(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.pid()));
    let status = status.expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("a size").parse().expect("a number")
}

#[tokio::test]
async fn a_huge_length_is_refused_without_making_room_for_it() {
    let wire = Wire::start().await;
    let lines = "Content-Length: 10000000000\r\n\r\n{\"username\":\"maya\"";
    let request = wire.head("POST", "/users", lines);
    let before = resident_kib(&wire.program);
    let mut connections = Vec::new();
    for _ in 0..200 {
        let mut connection = wire.open().await;
        connection.write(&request).await;
        connections.push(connection);
    }
    for connection in &mut connections {
        let reply = connection.answer().await.expect("an answer");
        assert_eq!(reply.refusal().1, "request_entity_too_large");
        assert!(connection.closes().await);
    }
    let grown = resident_kib(&wire.program).saturating_sub(before);
    assert!(grown < 64 * 1024, "200 connections took {grown} KiB");
}
