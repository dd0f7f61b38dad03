//! What waits for those who were away. Sources: Easemob REST 3.20, 3.21 and 3.27.

use halloo_testkit::rtm::Answers;
use serde_json::json;

use super::{Scene, history};

const DAY_MS: i64 = 86_400_000;

/// Asks until a message has been delivered: that its reader has it is noted a little later.
async fn until_delivered(scene: &Scene, name: &str, id: &str) {
    for _ in 0..500 {
        if scene.status(name, id).await == "delivered" {
            return;
        }
    }
    panic!("{id} still waits for {name}");
}

#[tokio::test]
async fn a_message_waits_for_a_user_who_is_away_until_he_has_fetched_it() {
    let scene = Scene::with(&[1001, 1002]).await;
    let id = scene.text("later").await;
    assert_eq!(scene.waiting("1002").await, 1);
    assert_eq!(scene.status("1002", &id).await, "undelivered");
    assert_eq!(
        scene.status("1001", &id).await,
        "delivered",
        "it is not for him"
    );
    let mut reader = scene.client(1002).await;
    assert_eq!(history(&mut reader, 1001).await, [json!([30, "later", ""])]);
    // What comes next says that the page has arrived.
    assert!(reader.so_far().await.is_empty());
    until_delivered(&scene, "1002", &id).await;
    assert_eq!(scene.waiting("1002").await, 0);
}

#[tokio::test]
async fn a_client_that_answers_the_push_has_it() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut reader = scene.client(1002).await;
    reader.answers_pushes = Answers::Never;
    let first = scene.text("unanswered").await;
    reader.pushed("pushmsg").await;
    assert!(reader.so_far().await.is_empty());
    assert_eq!(scene.status("1002", &first).await, "undelivered");
    reader.answers_pushes = Answers::Done;
    let second = scene.text("answered").await;
    reader.pushed("pushmsg").await;
    assert!(reader.so_far().await.is_empty());
    until_delivered(&scene, "1002", &second).await;
    assert_eq!(
        scene.waiting("1002").await,
        1,
        "the first one is still unanswered"
    );
}

#[tokio::test]
async fn messages_for_a_deactivated_user_arrive_once_he_is_active_again() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut reader = scene.client(1002).await;
    scene.post("/users/1002/deactivate", json!({})).await.ok();
    let words = reader.last_words().await;
    assert!(
        words.iter().all(|push| push.method == "kickout"),
        "{words:?}"
    );
    let old = scene.text("old").await;
    scene.server.clock.advance_ms(DAY_MS);
    let id = scene.text("waits").await;
    assert_eq!(scene.waiting("1002").await, 2);
    // Seven days after the first, six after the second.
    scene.server.clock.advance_ms(6 * DAY_MS + 1);
    assert_eq!(scene.status("1002", &old).await, "delivered");
    assert_eq!(scene.status("1002", &id).await, "undelivered");
    assert_eq!(scene.waiting("1002").await, 1);
    scene.post("/users/1002/activate", json!({})).await.ok();
    let mut reader = scene.client(1002).await;
    assert_eq!(history(&mut reader, 1001).await, [json!([30, "waits", ""])]);
    assert!(reader.so_far().await.is_empty());
    until_delivered(&scene, "1002", &id).await;
    assert_eq!(scene.waiting("1002").await, 0);
}

#[tokio::test]
async fn what_rtm_sends_waits_for_a_user_whom_only_rest_knows() {
    let scene = Scene::with(&[1001]).await;
    scene.app.register("maya").await;
    let core = &scene.server.core;
    let maya = core
        .users
        .find(scene.app.app.id, "maya")
        .await
        .unwrap()
        .uid()
        .0;
    let mut sender = scene.client(1001).await;
    for (mid, mtype) in [(1, 30), (2, 51), (3, 40)] {
        let sent = json!({"to": maya, "mid": mid, "mtype": mtype, "msg": "hi", "attrs": ""});
        sender.call("sendmsg", sent).await.expect("it is sent");
    }
    assert_eq!(scene.waiting("maya").await, 3);
    let answer = json!({"from": "maya", "to": [1001], "type": "txt", "body": {"msg": "hello"}});
    scene.sent("/messages/users", answer).await;
    let push = sender.pushed("pushmsg").await;
    assert_eq!((&push["from"], &push["to"]), (&json!(maya), &json!(1001)));
    assert_eq!(
        history(&mut sender, maya).await.len(),
        4,
        "one log for both dialects"
    );
    assert_eq!(scene.waiting("maya").await, 3, "sending is not reading");
}

#[tokio::test]
async fn what_waits_outlives_a_restart() {
    let scene = Scene::with(&[1001, 1002]).await;
    let id = scene.text("kept").await;
    let server = scene.server.restart().await;
    let app = server.core.apps.find("acme-im", "chat").await.unwrap();
    let app = server.enter(app).await;
    let scene = Scene { server, app };
    assert_eq!(scene.status("1002", &id).await, "undelivered");
    let later = scene.text("later").await;
    assert!(later.parse::<i64>().unwrap() > id.parse::<i64>().unwrap());
    let mut reader = scene.client(1002).await;
    let told = history(&mut reader, 1001).await;
    assert_eq!(told, [json!([30, "kept", ""]), json!([30, "later", ""])]);
}
