//! Messages that wait for a user.

use bytes::Bytes;
use halloo_core::Millis;
use halloo_core::messages::{Conversation, MessageId, NewMessage};
use halloo_testkit::TestServer;
use serde_json::json;

use super::Place;

const DAY_MS: i64 = 86_400_000;

/// Appends a message that is sent now. Returns its number in the log.
async fn send(place: &Place, id: i64, sender: &str, reader: &str) -> i64 {
    let (sender, reader) = (place.id(sender).await, place.id(reader).await);
    let message = NewMessage {
        id: MessageId(id),
        conversation: Conversation::Pair(sender, reader),
        sender,
        body: Bytes::from_static(b"hello"),
        sent: place.server.core.now(),
    };
    place
        .server
        .core
        .store()
        .append_message(place.app.app.id, message)
        .await
        .unwrap()
}

async fn confirm(place: &Place, reader: &str, other: &str, sequence: i64) {
    let (reader, other) = (place.id(reader).await, place.id(other).await);
    let (store, app) = (place.server.core.store(), place.app.app.id);
    let pair = Conversation::Pair(reader, other);
    store.confirm(app, reader, pair, sequence).await.unwrap();
}

/// How many messages wait for a user, and which of these ids do.
async fn waiting(place: &Place, name: &str, ids: &[i64]) -> (u64, Vec<i64>) {
    let count = place.data(name, "offline_msg_count").await[name]
        .as_u64()
        .unwrap();
    let mut undelivered = Vec::new();
    for id in ids {
        let status = place.data(name, &format!("offline_msg_status/{id}")).await;
        match status[id.to_string()].as_str().unwrap() {
            "undelivered" => undelivered.push(*id),
            other => assert_eq!(other, "delivered"),
        }
    }
    (count, undelivered)
}

#[tokio::test]
async fn a_message_waits_for_its_reader_until_he_confirms_it() {
    let place = Place::with(&["maya", "omar", "ines"]).await;
    let ids = [1, 2, 3, i64::MAX];
    assert_eq!(waiting(&place, "maya", &ids).await, (0, vec![]));
    let first = send(&place, 1, "omar", "maya").await;
    send(&place, 2, "omar", "maya").await;
    send(&place, 3, "maya", "omar").await;
    let other = send(&place, i64::MAX, "ines", "maya").await;
    assert_eq!(
        waiting(&place, "maya", &ids).await,
        (3, vec![1, 2, i64::MAX])
    );
    assert_eq!(waiting(&place, "omar", &ids).await, (1, vec![3]));
    assert_eq!(waiting(&place, "ines", &ids).await, (0, vec![]));
    confirm(&place, "maya", "omar", first).await;
    assert_eq!(waiting(&place, "maya", &ids).await, (2, vec![2, i64::MAX]));
    confirm(&place, "maya", "ines", other).await;
    assert_eq!(waiting(&place, "maya", &ids).await, (1, vec![2]));
    assert_eq!(
        waiting(&place, "omar", &ids).await,
        (1, vec![3]),
        "his own cursor"
    );
}

#[tokio::test]
async fn a_message_stops_waiting_after_the_retention() {
    let place = Place::with(&["maya", "omar"]).await;
    send(&place, 1, "omar", "maya").await;
    place.server.clock.advance_ms(DAY_MS);
    send(&place, 2, "omar", "maya").await;
    place.server.clock.advance_ms(6 * DAY_MS);
    assert_eq!(
        waiting(&place, "maya", &[1, 2]).await,
        (2, vec![1, 2]),
        "seven days to the day"
    );
    place.server.clock.advance_ms(1);
    assert_eq!(waiting(&place, "maya", &[1, 2]).await, (1, vec![2]));
    place.server.clock.advance_ms(DAY_MS);
    assert_eq!(waiting(&place, "maya", &[1, 2]).await, (0, vec![]));
    send(&place, 3, "omar", "maya").await;
    assert_eq!(waiting(&place, "maya", &[1, 2, 3]).await, (1, vec![3]));
}

#[tokio::test]
async fn the_retention_is_configured() {
    let server = TestServer::start_with(|config| {
        config.limits.offline_retention.0 = std::time::Duration::from_mins(1);
    });
    let place = Place::on(server.await, &["maya", "omar"]).await;
    send(&place, 1, "omar", "maya").await;
    place.server.clock.advance_ms(60_000);
    assert_eq!(waiting(&place, "maya", &[1]).await, (1, vec![1]));
    place.server.clock.advance_ms(1);
    assert_eq!(waiting(&place, "maya", &[1]).await, (0, vec![]));
}

#[tokio::test]
async fn messages_wait_through_a_ban_a_new_password_and_a_restart() {
    let place = Place::with(&["maya", "omar"]).await;
    send(&place, 1, "omar", "maya").await;
    place
        .app
        .call("POST", "/users/maya/deactivate", None)
        .await
        .ok();
    send(&place, 2, "omar", "maya").await;
    assert_eq!(waiting(&place, "maya", &[1, 2]).await, (2, vec![1, 2]));
    place
        .app
        .call("POST", "/users/maya/activate", None)
        .await
        .ok();
    let body = json!({"newpassword": "n3w"});
    place
        .app
        .call("PUT", "/users/maya/password", Some(body))
        .await
        .ok();
    place
        .app
        .call("GET", "/users/maya/disconnect", None)
        .await
        .ok();
    assert_eq!(waiting(&place, "maya", &[1, 2]).await, (2, vec![1, 2]));
    let server = place.server.restart().await;
    let app = server.core.apps.find("acme-im", "chat").await.unwrap();
    let app = server.enter(app).await;
    let place = Place { server, app };
    assert_eq!(waiting(&place, "maya", &[1, 2]).await, (2, vec![1, 2]));
}

#[tokio::test]
async fn an_id_that_can_not_wait_is_delivered() {
    let place = Place::with(&["maya", "omar"]).await;
    send(&place, 7, "omar", "maya").await;
    for id in [
        "8",
        "-7",
        "seven",
        "7x",
        "0",
        "99999999999999999999",
        "7.0",
        "*",
        "7%2C8",
    ] {
        let status = place
            .data("maya", &format!("offline_msg_status/{id}"))
            .await;
        let spelt = id.replace("%2C", ",");
        assert_eq!(status, json!({spelt: "delivered"}), "{id}");
    }
    let sent = place.server.core.now();
    assert_eq!(
        sent,
        Millis(place.user("maya").await["created"].as_i64().unwrap())
    );
}
