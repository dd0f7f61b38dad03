//! Push settings.

use super::{Sent, Stage};

#[tokio::test]
async fn a_push_nickname_is_set_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1"]).await;
    let body = "{ \n   \"nickname\": \"testuser\"  \n }";
    let example = ("user.push.nickname", "set");
    stage
        .show(example, ("PUT", "/users/user1"), Sent::Json, body)
        .await;
}

#[tokio::test]
async fn a_display_style_is_set_as_in_the_documents() {
    let mut stage = Stage::with_users(&["a"]).await;
    let body = r#"{"notification_display_style": "1"}"#;
    let example = ("user.push.display_style", "as_text");
    stage
        .show(example, ("PUT", "/users/a"), Sent::Bare, body)
        .await;
}

#[tokio::test]
async fn quiet_hours_are_set_as_in_the_documents_with_a_blank_behind_the_name() {
    let mut stage = Stage::with_users(&["a"]).await;
    let call = ("PUT", "/users/a%20");
    let body = r#"{"notification_no_disturbing": true,"notification_no_disturbing_start": "1","notification_no_disturbing_end": "3"}"#;
    stage
        .show(("user.push.no_disturbing", "on"), call, Sent::Bare, body)
        .await;
    stage.server.clock.advance_ms(1000);
    let body = r#"{"notification_no_disturbing": false}"#;
    stage
        .show(("user.push.no_disturbing", "off"), call, Sent::Bare, body)
        .await;
}
