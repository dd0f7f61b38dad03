//! In whose name a message is sent, whom that keeps from him, and which devices hear of it.

use serde_json::{Value, json};

use super::{Scene, history, said, with};

#[tokio::test]
async fn nobody_in_particular_is_called_admin() {
    let scene = Scene::with(&[1002]).await;
    let mut reader = scene.client(1002).await;
    let anonymous = json!({"to": ["1002"], "type": "txt", "body": {"msg": "hi"}});
    let mut uids = Vec::new();
    for from in [
        None,
        Some(Value::Null),
        Some(json!("admin")),
        Some(json!("Admin")),
    ] {
        let mut sent = anonymous.clone();
        if let Some(from) = from {
            sent["from"] = from;
        }
        scene.sent("/messages/users", sent).await;
        uids.push(reader.pushed("pushmsg").await["from"].as_i64().unwrap());
    }
    uids.dedup();
    assert_eq!(uids.len(), 1, "all four are the same: {uids:?}");
    assert_eq!(
        scene.app.call("GET", "/users/admin", None).await.status,
        404
    );
}

#[tokio::test]
async fn what_one_who_is_no_user_sent_stands_in_the_history() {
    let scene = Scene::with(&[1002]).await;
    scene
        .sent(
            "/messages/users",
            with(said("hi"), json!({"from": "herald"})),
        )
        .await;
    let mut reader = scene.client(1002).await;
    let unread = reader
        .call("getunread", json!({}))
        .await
        .expect("what waits");
    let herald = unread["p2p"][0].as_i64().expect("a uid");
    assert_eq!(history(&mut reader, herald).await, [json!([30, "hi", ""])]);
}

#[tokio::test]
async fn a_user_can_not_be_kept_from_writing_to_himself() {
    let scene = Scene::with(&[1002]).await;
    let mut reader = scene.client(1002).await;
    let own = with(said("note"), json!({"from": "1002", "sync_device": true}));
    scene.sent("/messages/users", own).await;
    assert_eq!(reader.pushed("pushmsg").await["msg"]["sourceText"], "note");
    assert!(reader.so_far().await.is_empty(), "once");
}

#[tokio::test]
async fn whoever_registers_a_name_later_is_somebody_else() {
    let scene = Scene::with(&[1002]).await;
    let mut reader = scene.client(1002).await;
    let from = |name: &str| with(said("hi"), json!({"from": name}));
    let mut uids = Vec::new();
    for step in 0..2 {
        if step == 1 {
            scene.app.register("herald").await;
        }
        scene.sent("/messages/users", from("herald")).await;
        uids.push(reader.pushed("pushmsg").await["from"].clone());
    }
    assert_ne!(uids[0], uids[1]);
}

#[tokio::test]
async fn a_user_whom_the_sender_may_not_write_to_has_an_id_and_nothing_else() {
    let scene = Scene::with(&[1001, 1002, 1003]).await;
    let mut reader = scene.client(1002).await;
    let block = json!({"usernames": ["1001"]});
    scene.post("/users/1002/blocks/users", block).await.ok();
    let sent = with(said("unheard"), json!({"to": ["1002", "1003"]}));
    let data = scene.sent("/messages/users", sent).await;
    let id = data["1002"].as_str().expect("an id");
    assert_eq!(scene.status("1002", id).await, "delivered");
    assert_eq!(
        (scene.waiting("1002").await, scene.waiting("1003").await),
        (0, 1)
    );
    // He who blocks can write, and others reach him.
    scene
        .sent(
            "/messages/users",
            with(said("own"), json!({"from": 1002, "to": [1001]})),
        )
        .await;
    scene
        .sent(
            "/messages/users",
            with(said("heard"), json!({"from": "1003"})),
        )
        .await;
    assert_eq!(reader.pushed("pushmsg").await["msg"]["sourceText"], "heard");
    assert_eq!(scene.waiting("1001").await, 1);
    scene
        .app
        .call("DELETE", "/users/1002/blocks/users/1001", None)
        .await
        .ok();
    scene.text("again").await;
    assert_eq!(reader.pushed("pushmsg").await["msg"]["sourceText"], "again");
}

#[tokio::test]
async fn what_is_for_those_online_only_waits_for_nobody() {
    let scene = Scene::with(&[1001, 1002, 1003]).await;
    let mut reader = scene.client(1002).await;
    let both = json!({"to": ["1002", "1003"], "routetype": "ROUTE_ONLINE"});
    let data = scene.sent("/messages/users", with(said("now"), both)).await;
    assert_eq!(reader.pushed("pushmsg").await["msg"]["sourceText"], "now");
    let missed = data["1003"].as_str().expect("an id");
    assert_eq!(scene.status("1003", missed).await, "delivered");
    assert_eq!(scene.waiting("1003").await, 0);
    assert_eq!(
        history(&mut scene.client(1003).await, 1001).await,
        [json!(null); 0]
    );
    for kept in [json!("ROUTE_ALL"), json!(""), Value::Null] {
        scene
            .sent(
                "/messages/users",
                with(said("later"), json!({"to": [1003], "routetype": kept})),
            )
            .await;
    }
    assert_eq!(scene.waiting("1003").await, 3);
}

#[tokio::test]
async fn the_devices_of_the_sender_hear_of_it_when_asked_for() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut sender = scene.client(1001).await;
    for (number, (sync, heard)) in [
        (json!(true), true),
        (json!(false), false),
        (json!("1"), true),
        (json!("FALSE"), false),
        (Value::Null, false),
        (json!(1), true),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("number {number}");
        scene
            .sent(
                "/messages/users",
                with(said(&text), json!({"sync_device": sync})),
            )
            .await;
        if heard {
            let push = sender.pushed("pushmsg").await;
            assert_eq!(push["msg"]["sourceText"], text, "none but this one");
            assert_eq!((&push["from"], &push["to"]), (&json!(1001), &json!(1002)));
        }
    }
    assert_eq!(
        scene.waiting("1001").await,
        0,
        "what he sent does not wait for him"
    );
    assert_eq!(scene.waiting("1002").await, 6);
    assert_eq!(
        history(&mut sender, 1002).await.len(),
        6,
        "his history has it all the same"
    );
}
