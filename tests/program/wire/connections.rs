//! Several requests on one connection, and several connections.

use halloo_testkit::RawConnection;
use serde_json::json;

use super::{HEALTH, Wire, token_call, whole_refusal};
use crate::site::Site;

#[tokio::test]
async fn http_1_0_gets_an_answer_and_a_close() {
    let wire = Wire::start().await;
    let users = wire
        .head("GET", "/users", "\r\n")
        .replace("HTTP/1.1", "HTTP/1.0");
    for request in ["GET /healthz HTTP/1.0\r\n\r\n", &users] {
        let mut connection = wire.open().await;
        connection.write(request).await;
        connection.answer().await.unwrap().ok();
        assert!(connection.closes().await);
    }
    wire.refused("GET /nowhere HTTP/1.0\r\n\r\n", 404).await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let wire = Wire::start().await;
    let mut burst = String::new();
    for number in 0..20 {
        let body = json!({"username": format!("user-{number}"), "password": "pw"}).to_string();
        let lines = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        burst += &wire.head("POST", "/users", &lines);
        burst += &wire.head("GET", &format!("/users/user-{number}"), "\r\n");
        burst += &wire.head("GET", "/users/nobody", "\r\n");
    }
    let mut connection = wire.open().await;
    connection.write(burst).await;
    for number in 0..20 {
        for _ in 0..2 {
            let reply = connection.answer().await.unwrap().ok();
            assert_eq!(reply["entities"][0]["username"], format!("user-{number}"));
        }
        assert_eq!(connection.answer().await.unwrap().refusal().0, 404);
    }
}

#[tokio::test]
async fn an_error_leaves_the_connection_open() {
    let wire = Wire::start().await;
    let mut connection = wire.open().await;
    for (request, status) in [
        ("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 404),
        (
            "PATCH /demo-org/demo-app/users HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            405,
        ),
        (token_call("Content-Length: 8\r\n", "nonsense"), 400),
        (
            "DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            405,
        ),
        (
            wire.head("GET", "/users", "\r\n")
                .replace(&wire.app.token, "nonsense"),
            401,
        ),
        (
            "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody".to_owned(),
            404,
        ),
        (
            "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody".to_owned(),
            405,
        ),
    ] {
        connection.write(&request).await;
        let reply = connection
            .answer()
            .await
            .unwrap_or_else(|| panic!("closed before {request}"));
        assert_eq!(reply.status, status, "{request}");
        whole_refusal(&reply, &request);
    }
    connection.write(HEALTH).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_for_a_place() {
    let site = Site::new();
    let program = site
        .start_with(&[("HALLOO_HTTP__MAX_CONNECTIONS", "2")])
        .await;
    let mut connections = Vec::new();
    for _ in 0..3 {
        connections.push(RawConnection::open(program.address).await);
    }
    for connection in &mut connections {
        connection.write(HEALTH).await;
    }
    let [first, second, third] = connections.as_mut_slice() else {
        panic!("three connections")
    };
    for _ in 0..50 {
        for placed in [&mut *first, &mut *second] {
            assert_eq!(placed.answer().await.unwrap().status, 200);
            placed.write(HEALTH).await;
        }
        assert!(third.is_silent());
    }
    connections.remove(0);
    assert_eq!(connections[1].answer().await.unwrap().status, 200);
}
