use halloo_testkit::RawConnection;
use serde_json::json;

use crate::site::{DemoApp, Site};

/// A registration whose body is announced and still to come.
fn announced(app: &DemoApp, body: &str) -> String {
    format!(
        "POST /{}/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        DemoApp::KEY,
        app.token,
        body.len()
    )
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_idle_connections_are_closed() {
    let site = Site::new();
    let program = site.start().await;
    let app = DemoApp::enter(&site, &program).await;
    let body = r#"{"username":"late","password":"pw"}"#;

    let mut idle = RawConnection::open(program.address).await;
    idle.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(idle.answer().await.unwrap().status, 200);
    let mut silent = RawConnection::open(program.address).await;
    let mut busy = RawConnection::open(program.address).await;
    busy.write(announced(&app, body)).await;
    assert_eq!(busy.answer().await.unwrap().status, 100);

    program.signal("TERM").await;
    assert!(idle.closes().await);
    assert!(silent.closes().await);
    busy.write(body).await;
    let answer = busy
        .answer()
        .await
        .expect("the request under way is answered");
    assert_eq!(answer.ok()["entities"][0]["username"], "late");
    assert!(busy.closes().await);
    assert!(program.ended().await.0);

    assert!(!site.data().join("control.sock").exists());
    let program = site.start().await;
    let mut client = program.client();
    let path = format!("/{}/users/late", DemoApp::KEY);
    client.call("GET", &path, Some(&app.token), None).await.ok();
}

#[tokio::test]
async fn a_client_that_never_finishes_does_not_hold_up_the_end() {
    let site = Site::new();
    let program = site.start().await;
    let app = DemoApp::enter(&site, &program).await;
    let mut stuck = RawConnection::open(program.address).await;
    stuck.write(announced(&app, "never sent")).await;
    assert_eq!(stuck.answer().await.unwrap().status, 100);
    let mut begun = RawConnection::open(program.address).await;
    begun.write("GET /healthz HTT").await;
    assert!(program.terminate().await);
    assert!(stuck.closes().await && begun.closes().await);
}

#[tokio::test]
async fn after_the_end_the_database_is_one_file() {
    let site = Site::new();
    let program = site.start().await;
    DemoApp::enter(&site, &program)
        .await
        .register("maya", "pw")
        .await;
    assert!(program.terminate().await);
    let log = std::fs::metadata(site.data().join("halloo.db-wal"));
    let left = log.map_or(0, |log| log.len());
    assert_eq!(left, 0, "halloo.db-wal holds what is not in halloo.db");
}

#[tokio::test]
async fn an_interrupt_ends_the_program_like_a_termination() {
    let site = Site::new();
    let program = site.start().await;
    program.signal("INT").await;
    assert!(program.ended().await.0);
}

#[tokio::test]
async fn a_start_after_a_kill_finds_everything_and_has_a_control_socket() {
    let site = Site::new();
    let program = site.start().await;
    let mut app = DemoApp::enter(&site, &program).await;
    app.register("maya", "pw").await;
    program.kill().await;
    let socket = site.data().join("control.sock");
    assert!(socket.exists(), "a killed program leaves its socket");

    // Beside nobody, the stale socket is no server.
    assert_eq!(
        site.json(&["user", "list", DemoApp::KEY]).await[0]["username"],
        "maya"
    );
    let program = site.start().await;
    let banned = site.json(&["user", "ban", DemoApp::KEY, "maya"]).await;
    assert_eq!(banned["banned"], "for ever");
    let mut client = program.client();
    let path = format!("/{}/users/maya", DemoApp::KEY);
    let found = client.call("GET", &path, Some(&app.token), None).await.ok();
    assert_eq!(found["entities"][0]["activated"], json!(false));
}
