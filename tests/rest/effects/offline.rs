//! Messages that wait for a user.

use halloo_core::Millis;
use halloo_core::messages::{Conversation, MessageId};
use halloo_testkit::{TestServer, send_text};
use serde_json::json;

use super::Place;

const DAY_MS: i64 = 86_400_000;

/// Has a user write to another. Returns the id.
async fn send(place: &Place, sender: &str, reader: &str) -> i64 {
    send_text(&place.server.core, &place.app.app, sender, reader, "hello")
        .await
        .0
}

/// Confirms, as a device of `reader` does, the message with this id.
async fn confirm(place: &Place, reader: &str, other: &str, id: i64) {
    let (reader, other) = (place.id(reader).await, place.id(other).await);
    let (core, app) = (&place.server.core, place.app.app.id);
    let message = core
        .log()
        .message(app, MessageId(id))
        .await
        .unwrap()
        .unwrap();
    let pair = Conversation::pair(reader, other);
    core.messages
        .receipts()
        .confirm(app, reader, pair, message.sequence);
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
    assert_eq!(waiting(&place, "maya", &[1]).await, (0, vec![]));
    let first = send(&place, "omar", "maya").await;
    let second = send(&place, "omar", "maya").await;
    let answer = send(&place, "maya", "omar").await;
    let other = send(&place, "ines", "maya").await;
    let ids = [first, second, answer, other];
    assert_eq!(
        waiting(&place, "maya", &ids).await,
        (3, vec![first, second, other])
    );
    assert_eq!(waiting(&place, "omar", &ids).await, (1, vec![answer]));
    assert_eq!(waiting(&place, "ines", &ids).await, (0, vec![]));
    confirm(&place, "maya", "omar", second).await;
    assert_eq!(
        waiting(&place, "maya", &ids).await,
        (2, vec![first, other]),
        "an earlier one that did not arrive goes on waiting"
    );
    confirm(&place, "maya", "ines", other).await;
    assert_eq!(waiting(&place, "maya", &ids).await, (1, vec![first]));
    assert_eq!(
        waiting(&place, "omar", &ids).await,
        (1, vec![answer]),
        "what others confirm is theirs"
    );
}

#[tokio::test]
async fn a_message_stops_waiting_after_the_retention() {
    let place = Place::with(&["maya", "omar"]).await;
    let first = send(&place, "omar", "maya").await;
    place.server.clock.advance_ms(DAY_MS);
    let second = send(&place, "omar", "maya").await;
    place.server.clock.advance_ms(6 * DAY_MS);
    let both = [first, second];
    assert_eq!(
        waiting(&place, "maya", &both).await,
        (2, both.to_vec()),
        "seven days to the day"
    );
    place.server.clock.advance_ms(1);
    assert_eq!(waiting(&place, "maya", &both).await, (1, vec![second]));
    place.server.clock.advance_ms(DAY_MS);
    assert_eq!(waiting(&place, "maya", &both).await, (0, vec![]));
    let third = send(&place, "omar", "maya").await;
    let all = [first, second, third];
    assert_eq!(waiting(&place, "maya", &all).await, (1, vec![third]));
}

#[tokio::test]
async fn the_retention_is_configured() {
    let server = TestServer::start_with(|config| {
        config.limits.offline_retention.0 = std::time::Duration::from_mins(1);
    });
    let place = Place::on(server.await, &["maya", "omar"]).await;
    let id = send(&place, "omar", "maya").await;
    place.server.clock.advance_ms(60_000);
    assert_eq!(waiting(&place, "maya", &[id]).await, (1, vec![id]));
    place.server.clock.advance_ms(1);
    assert_eq!(waiting(&place, "maya", &[id]).await, (0, vec![]));
}

#[tokio::test]
async fn messages_wait_through_a_ban_a_new_password_and_a_restart() {
    let place = Place::with(&["maya", "omar"]).await;
    let first = send(&place, "omar", "maya").await;
    let call = async |method, path, body| place.app.call(method, path, body).await.ok();
    call("POST", "/users/maya/deactivate", None).await;
    let both = [first, send(&place, "omar", "maya").await];
    assert_eq!(waiting(&place, "maya", &both).await, (2, both.to_vec()));
    call("POST", "/users/maya/activate", None).await;
    let body = json!({"newpassword": "n3w"});
    call("PUT", "/users/maya/password", Some(body)).await;
    call("GET", "/users/maya/disconnect", None).await;
    assert_eq!(waiting(&place, "maya", &both).await, (2, both.to_vec()));
    let server = place.server.restart().await;
    let app = server.core.apps.find("acme-im", "chat").await.unwrap();
    let app = server.enter(app).await;
    let place = Place { server, app };
    assert_eq!(waiting(&place, "maya", &both).await, (2, both.to_vec()));
}

#[tokio::test]
async fn an_id_that_can_not_wait_is_delivered() {
    let place = Place::with(&["maya", "omar"]).await;
    let id = send(&place, "omar", "maya").await;
    assert_eq!(waiting(&place, "maya", &[id]).await, (1, vec![id]));
    for id in [
        "8",
        &format!("0{id}"),
        &format!("-{id}"),
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
