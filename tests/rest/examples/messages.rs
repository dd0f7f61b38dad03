//! Messages of every type.

use serde_json::json;

use super::{Sent, Stage};

#[tokio::test]
async fn messages_of_every_type_are_sent_to_users_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2"]).await;
    let file =
        "https://im.example.net/acme-im/chat-prod/chatfiles/7d1c5e0a-93b4-4c1f-8e02-5a6f7b8c9d10";
    for (kind, body) in [
        ("txt", json!({"msg": "see you at six"})),
        (
            "img",
            json!({
                "filename": "cat.jpg", "secret": "k3TzQ0aXw", "url": file, "size": {"width": 640, "height": 360},
            }),
        ),
        (
            "audio",
            json!({"url": file, "filename": "memo.amr", "length": 10, "secret": "k3TzQ0aXw"}),
        ),
        (
            "video",
            json!({
                "thumb": file, "length": 0, "secret": "k3TzQ0aXw", "file_length": 81920,
                "thumb_secret": "p9LmV2", "url": file,
            }),
        ),
        (
            "file",
            json!({"filename": "list.txt", "secret": "k3TzQ0aXw", "url": file}),
        ),
        (
            "loc",
            json!({"lat": "48.137", "lng": "11.575", "addr": "Town Hall"}),
        ),
        ("cmd", json!({"action": "refresh"})),
        (
            "custom",
            json!({"customEvent": "gift", "customExts": {"name": "rose"}}),
        ),
    ] {
        let body = json!({
            "from": "user1", "to": ["user2"], "type": kind, "body": body, "sync_device": true,
        });
        let call = ("POST", "/messages/users");
        stage
            .show(("message.users", kind), call, Sent::Json, &body.to_string())
            .await;
    }
}

#[tokio::test]
async fn messages_are_sent_to_groups_and_rooms_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2"]).await;
    for (example, group) in [
        ("message.chatgroups", "71208405565441"),
        ("message.chatrooms", "71208405565442"),
    ] {
        let body = json!({
            "from": "user1", "to": [group], "type": "txt", "body": {"msg": "see you at six"},
            "ext": {"em_ignore_notification": true},
        });
        let path = format!("/messages/{}", example.trim_start_matches("message."));
        stage
            .show(
                (example, "txt"),
                ("POST", &path),
                Sent::Json,
                &body.to_string(),
            )
            .await;
    }
}

#[tokio::test]
async fn older_sdks_send_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2"]).await;
    let body = json!({
        "target_type": "users", "target": ["user2", "user3"],
        "msg": {"type": "txt", "msg": "see you at six"}, "from": "user1", "ext": {"shift": "late"},
    })
    .to_string();
    for (variant, path) in [("success", "/messages"), ("ids", "/messages?useMsgId=true")] {
        let example = ("message.older", variant);
        stage.show(example, ("POST", path), Sent::Json, &body).await;
    }
}
