//! Clients that take their time: the clock that matters runs from the first byte on.

use halloo_testkit::{Program, RawConnection};

use super::HEALTH;
use crate::site::{DemoApp, Site};

const SHORT_HEAD: (&str, &str) = ("HALLOO_HTTP__HEAD_TIMEOUT", "1s");
const SHORT_BODY: (&str, &str) = ("HALLOO_HTTP__BODY_TIMEOUT", "1s");
const SHORT_IDLE: (&str, &str) = ("HALLOO_HTTP__IDLE_TIMEOUT", "1s");

async fn start(settings: &[(&str, &str)]) -> (Site, Program) {
    let site = Site::new();
    let program = site.start_with(settings).await;
    (site, program)
}

/// Waits until a connection that never gets beyond its first byte has run out of time.
async fn head_timeout(program: &Program) {
    let mut slow = RawConnection::open(program.address).await;
    slow.write("G").await;
    assert!(slow.closes().await);
}

#[tokio::test]
async fn a_head_that_is_never_completed_ends_its_connection() {
    let (_site, program) = start(&[SHORT_HEAD]).await;
    let mut slow = Vec::new();
    for begun in [
        "",
        "G",
        "GET /healthz HTTP/1.1\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    ] {
        let mut connection = RawConnection::open(program.address).await;
        connection.write(begun).await;
        slow.push(connection);
    }
    for mut connection in slow {
        // With or without a word, but it ends.
        connection.closes().await;
    }
}

#[tokio::test]
async fn a_head_that_trickles_in_ends_its_connection() {
    let (_site, program) = start(&[SHORT_HEAD]).await;
    let mut clock = program.client();
    let mut slow = RawConnection::open(program.address).await;
    slow.write("GET /healthz HTTP/1.1\r\nX-Slow: ").await;
    // The pace is that of another client's answers; a head of 16 KiB would end in 431.
    for _ in 0..12_000 {
        clock.call("GET", "/healthz", None, None).await;
        if !slow.is_silent() || !slow.write("s").await {
            break;
        }
    }
    assert!(slow.closes().await);
}

#[tokio::test]
async fn a_second_head_on_a_kept_connection_has_the_same_time() {
    let (_site, program) = start(&[SHORT_HEAD]).await;
    let mut connection = RawConnection::open(program.address).await;
    connection.write(HEALTH).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
    connection.write("GET /healthz HTTP/1.1\r\n").await;
    connection.closes().await;
}

#[tokio::test]
async fn a_second_head_that_came_in_part_with_the_first_has_the_same_time() {
    let (_site, program) = start(&[SHORT_HEAD]).await;
    let mut connection = RawConnection::open(program.address).await;
    connection.write(format!("{HEALTH}GET /healthz HTT")).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
    // Twice, since the time of the first one began about when that of the second head did.
    head_timeout(&program).await;
    head_timeout(&program).await;
    assert!(!connection.is_silent(), "it is still waited for");
}

#[tokio::test]
async fn a_body_that_is_never_completed_is_answered_and_ends_its_connection() {
    let (site, program) = start(&[SHORT_BODY]).await;
    let app = DemoApp::enter(&site, &program).await;
    let token = format!("Authorization: Bearer {}\r\n", app.token);
    let mut slow = Vec::new();
    for (path, lines) in [
        ("token", "Content-Length: 100\r\n\r\n".to_owned()),
        (
            "token",
            "Content-Length: 100\r\n\r\n{\"grant_type\":".to_owned(),
        ),
        (
            "token",
            "Transfer-Encoding: chunked\r\n\r\n5\r\n{".to_owned(),
        ),
        ("users", format!("{token}Content-Length: 100\r\n\r\n{{")),
        (
            "users",
            format!("{token}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n"),
        ),
    ] {
        let mut connection = RawConnection::open(program.address).await;
        let request = format!(
            "POST /{}/{path} HTTP/1.1\r\nHost: x\r\n{lines}",
            DemoApp::KEY
        );
        connection.write(&request).await;
        slow.push((request, connection));
    }
    for (request, mut connection) in slow {
        let reply = connection
            .answer()
            .await
            .unwrap_or_else(|| panic!("no answer to {request}"));
        assert_eq!(reply.refusal().0, 408, "{request}");
        assert_eq!(reply.json()["error"], "request_timeout");
        assert!(connection.closes().await);
    }
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_keep_its_connection() {
    let (_site, program) = start(&[SHORT_BODY]).await;
    let mut unread = Vec::new();
    for target in [
        "/nowhere",
        "/healthz",
        "/demo-org/demo-app/users/maya/activate",
    ] {
        let mut connection = RawConnection::open(program.address).await;
        let request = format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1");
        connection.write(&request).await;
        unread.push((request, connection));
    }
    for (request, mut connection) in unread {
        connection
            .answer()
            .await
            .unwrap_or_else(|| panic!("no answer to {request}"))
            .refusal();
        connection.closes().await;
    }
}

#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_a_head() {
    let (site, program) = start(&[SHORT_HEAD]).await;
    let mut app = DemoApp::enter(&site, &program).await;
    app.register("maya", "pw").await;
    let get = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
            app.token
        )
    };
    let log_in = r#"{"grant_type":"password","username":"maya","password":"pw"}"#;
    let log_in = format!(
        "POST /{}/token HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{log_in}",
        DemoApp::KEY,
        log_in.len()
    );
    let base = format!("/{}", DemoApp::KEY);
    let requests = [
        get("/healthz"),
        get("/readyz"),
        get("/nowhere"),
        get("/openapi.json"),
        get(&format!("{base}/users/maya")),
        get(&format!("{base}/users")),
        get(&format!("{base}/users/maya")).replace(&app.token, "nonsense"),
        log_in,
    ];
    let mut idle = Vec::new();
    for request in &requests {
        let mut connection = RawConnection::open(program.address).await;
        connection.write(request).await;
        let status = connection.answer().await.expect("an answer").status;
        idle.push((request, connection, status));
    }
    head_timeout(&program).await;
    let mut closed = Vec::new();
    for (request, mut connection, status) in idle {
        connection.write(request).await;
        match connection.answer().await {
            Some(again) => assert_eq!(again.status, status, "{request}"),
            None => closed.push(request.lines().next().unwrap()),
        }
    }
    assert!(closed.is_empty(), "closed after {closed:#?}");
}

#[tokio::test]
async fn a_busy_connection_outlives_the_time_for_a_head() {
    let (_site, program) = start(&[SHORT_HEAD]).await;
    let mut connection = RawConnection::open(program.address).await;
    let timeout = async {
        head_timeout(&program).await;
        head_timeout(&program).await;
    };
    tokio::pin!(timeout);
    loop {
        connection.write(HEALTH).await;
        tokio::select! {
            biased;
            reply = connection.answer() => assert_eq!(reply.map(|r| r.status.as_u16()), Some(200)),
            () = &mut timeout => break,
        }
    }
}

#[tokio::test]
async fn an_idle_connection_ends_in_time() {
    let (_site, program) = start(&[SHORT_IDLE]).await;
    let mut connection = RawConnection::open(program.address).await;
    for _ in 0..3 {
        connection.write(HEALTH).await;
        assert_eq!(connection.answer().await.unwrap().status, 200);
    }
    assert!(connection.closes().await);
}

#[tokio::test]
async fn an_answer_that_is_never_read_ends_its_connection() {
    let settings = [
        ("HALLOO_HTTP__WRITE_TIMEOUT", "1s"),
        ("HALLOO_HTTP__MAX_CONNECTIONS", "1"),
    ];
    let (_site, program) = start(&settings).await;
    let mut deaf = RawConnection::open(program.address).await;
    // The answers are more than the sockets hold.
    deaf.write("GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000))
        .await;
    let mut next = RawConnection::open(program.address).await;
    next.write(HEALTH).await;
    assert_eq!(next.answer().await.unwrap().status, 200);
    drop(deaf);
}

#[tokio::test]
async fn a_slow_client_keeps_nobody_else_waiting() {
    let (site, program) = start(&[]).await;
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut connection = RawConnection::open(program.address).await;
        let begun = ["", "GET", "POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n1"];
        connection.write(begun[number % begun.len()]).await;
        slow.push(connection);
    }
    let mut app = DemoApp::enter(&site, &program).await;
    app.register("maya", "pw").await;
    app.log_in("maya", "pw").await.ok();
}
