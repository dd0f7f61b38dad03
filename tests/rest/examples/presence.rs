//! Who is connected and what waits for him.

use halloo_core::sessions::CloseReason;
use halloo_testkit::send_text;

use super::{Sent, Stage};

#[tokio::test]
async fn status_is_asked_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2"]).await;
    let one = ("GET", "/users/user1/status");
    stage
        .show(("user.status", "offline"), one, Sent::Json, "")
        .await;
    let many = ("POST", "/users/batch/status");
    let body = r#"{"usernames":["user1","user2"]}"#;
    let session = stage.connect("user1", "android_7f21c0").await;
    stage
        .show(("user.status", "online"), one, Sent::Json, "")
        .await;
    stage
        .show(("user.status.batch", "two"), many, Sent::Json, body)
        .await;
    stage
        .server
        .core
        .sessions
        .end(&session, CloseReason::LoggedOut);
}

#[tokio::test]
async fn devices_are_listed_and_forced_off_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1"]).await;
    stage.connect("user1", "android_7f21c0").await;
    let list = ("GET", "/users/user1/resources");
    stage
        .show(("user.resources", "one"), list, Sent::Json, "")
        .await;
    let one = ("DELETE", "/users/user1/disconnect/android_7f21c0");
    stage
        .show(("user.disconnect.device", "one"), one, Sent::Json, "")
        .await;
    stage
        .show(("user.resources", "none"), list, Sent::Json, "")
        .await;
    let all = ("GET", "/users/user1/disconnect");
    let reply = stage
        .show(("user.disconnect", "all"), all, Sent::Json, "")
        .await;
    assert_eq!(reply.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn waiting_messages_are_asked_about_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2"]).await;
    let count = ("GET", "/users/user1/offline_msg_count");
    stage
        .show(("user.offline_msg_count", "none"), count, Sent::Json, "")
        .await;
    let (core, app) = (&stage.server.core, &stage.app.app);
    let id = send_text(core, app, "user2", "user1", "hello")
        .await
        .0
        .to_string();
    stage
        .show(("user.offline_msg_count", "one"), count, Sent::Json, "")
        .await;
    for (variant, id) in [("delivered", "123"), ("undelivered", &*id)] {
        let path = format!("/users/user1/offline_msg_status/{id}");
        let example = ("user.offline_msg_status", variant);
        stage.show(example, ("GET", &path), Sent::Json, "").await;
    }
}
