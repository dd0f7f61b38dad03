//! How the answer names those that a message was sent to.

use serde_json::{Value, json};

use super::{Scene, history, said, with};

#[tokio::test]
async fn every_target_has_an_id_of_its_own_and_later_ones_are_larger() {
    let scene = Scene::with(&[1001, 1002, 1003]).await;
    let mut last = 0;
    for _ in 0..3 {
        let data = scene
            .sent(
                "/messages/users",
                with(said("x"), json!({"to": ["1002", "1003"]})),
            )
            .await;
        let id = |name: &str| data[name].as_str().unwrap().parse::<i64>().unwrap();
        let (one, other) = (id("1002"), id("1003"));
        assert_ne!(one, other);
        assert!(one.min(other) > last, "{data}");
        last = one.max(other);
    }
    assert_eq!(scene.waiting("1002").await, 3);
}

#[tokio::test]
async fn a_target_that_is_named_twice_gets_one_message() {
    let scene = Scene::with(&[1001, 1002]).await;
    scene.app.register("maya").await;
    let to = json!(["1002", "Maya", 1002, "1002", "maya", "MAYA"]);
    let data = scene
        .sent("/messages/users", with(said("once"), json!({"to": to})))
        .await;
    assert_eq!(data.as_object().unwrap().len(), 4, "{data}");
    assert_eq!(
        (&data["maya"], &data["maya"]),
        (&data["Maya"], &data["MAYA"])
    );
    assert_eq!(
        (scene.waiting("1002").await, scene.waiting("maya").await),
        (1, 1)
    );
    let mut back_end = scene.back_end().await;
    back_end
        .done("addgroupmembers", json!({"gid": 71, "uids": [1002]}))
        .await;
    let path = "/messages/chatgroups";
    let data = scene
        .sent(path, with(said("once"), json!({"to": ["71", 71, "071"]})))
        .await;
    assert_eq!(
        (data.as_object().unwrap().len(), &data["71"]),
        (2, &data["071"])
    );
    assert_eq!(scene.waiting("1002").await, 2);
}

#[tokio::test]
async fn whoever_does_not_exist_has_an_id_and_nothing_else() {
    let scene = Scene::with(&[1001, 1002]).await;
    let before = scene
        .server
        .core
        .apps
        .user_count(&scene.app.app)
        .await
        .unwrap();
    for nobody in ["nobody", "77", "a b", "名前", &"x".repeat(80)] {
        let data = scene
            .sent(
                "/messages/users",
                with(said("x"), json!({"to": [nobody, "1002"]})),
            )
            .await;
        assert!(
            data[nobody].as_str().unwrap().parse::<i64>().unwrap() > 0,
            "{data}"
        );
        assert_ne!(data[nobody], data["1002"]);
    }
    assert_eq!(scene.waiting("1002").await, 5);
    for path in ["/messages/chatgroups", "/messages/chatrooms"] {
        let data = scene
            .sent(path, with(said("x"), json!({"to": ["999"]})))
            .await;
        assert!(data["999"].is_string(), "{data}");
    }
    let after = scene
        .server
        .core
        .apps
        .user_count(&scene.app.app)
        .await
        .unwrap();
    assert_eq!(after, before, "nobody came into being");
}

#[tokio::test]
async fn as_many_targets_as_documented_are_taken() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut users: Vec<Value> = (0..599).map(|n| json!(format!("u{n}"))).collect();
    users.extend([json!("1002"), json!("1002"), json!("U7")]);
    let data = scene
        .sent("/messages/users", with(said("x"), json!({"to": users})))
        .await;
    assert_eq!(
        data.as_object().unwrap().len(),
        601,
        "600 users, one in two spellings"
    );
    assert_eq!(scene.waiting("1002").await, 1);
    for (path, most) in [("/messages/chatgroups", 3), ("/messages/chatrooms", 10)] {
        let to: Vec<i64> = (1..=most).collect();
        let data = scene.sent(path, with(said("x"), json!({"to": to}))).await;
        assert_eq!(data.as_object().unwrap().len(), to.len());
    }
}

#[tokio::test]
async fn the_older_call_sends_the_same() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut back_end = scene.back_end().await;
    back_end
        .done("addgroupmembers", json!({"gid": 71, "uids": [1001, 1002]}))
        .await;
    let mut reader = scene.client(1002).await;
    let older = |kind: &str, target: Value| {
        json!({
            "target_type": kind, "target": target, "from": 1001, "ext": {"k": "v"},
            "msg": {"type": "txt", "msg": "hi"},
        })
    };
    let data = scene
        .sent("/messages", older("users", json!(["1002", "nobody"])))
        .await;
    assert_eq!(data, json!({"1002": "success", "nobody": "success"}));
    assert_eq!(reader.pushed("pushmsg").await["attrs"], r#"{"k":"v"}"#);
    let data = scene
        .sent("/messages", older("chatgroups", json!([71])))
        .await;
    assert_eq!(data, json!({"71": "success"}));
    assert_eq!(
        reader.pushed("pushgroupmsg").await["msg"]["sourceText"],
        "hi"
    );
    let data = scene
        .sent("/messages", older("chatrooms", json!(["81"])))
        .await;
    assert_eq!(data, json!({"81": "success"}));
    for (query, with_id) in [
        ("true", true),
        ("1", true),
        ("TRUE", true),
        ("false", false),
        ("0", false),
        ("", false),
        ("perhaps", false),
    ] {
        let path = format!("/messages?useMsgId={query}");
        let data = scene.sent(&path, older("users", json!(["1002"]))).await;
        let told = data["1002"].as_str().unwrap();
        assert_eq!(told.parse::<i64>().is_ok(), with_id, "{query}: {told}");
        assert_eq!(told == "success", !with_id, "{query}: {told}");
        reader.pushed("pushmsg").await;
    }
    let file = json!({"type": "file", "url": "u", "filename": "a.b"});
    scene
        .sent(
            "/messages",
            with(older("users", json!(["1002"])), json!({"msg": file})),
        )
        .await;
    assert_eq!(reader.pushed("pushmsg").await["mtype"], 50);
    assert_eq!(history(&mut reader, 1001).await.len(), 9);
}
