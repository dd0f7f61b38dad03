//! Messages to groups and rooms.

use serde_json::{Value, json};

use super::{Scene, rows, said, with};

fn to(place: i64) -> Value {
    with(said("to all"), json!({"to": [place.to_string()]}))
}

#[tokio::test]
async fn every_member_of_a_group_gets_it_now_or_later() {
    let scene = Scene::with(&[1001, 1002, 1003, 1004]).await;
    let mut back_end = scene.back_end().await;
    back_end
        .done(
            "addgroupmembers",
            json!({"gid": 71, "uids": [1001, 1002, 1003]}),
        )
        .await;
    let (mut sender, mut reader) = (scene.client(1001).await, scene.client(1002).await);
    let mut outsider = scene.client(1004).await;
    let data = scene.sent("/messages/chatgroups", to(71)).await;
    let id = data["71"].as_str().expect("an id");
    let push = reader.pushed("pushgroupmsg").await;
    let now = scene.server.core.now().0;
    assert_eq!(
        push,
        json!({
            "from": 1001, "gid": 71, "mid": id.parse::<i64>().unwrap(), "mtype": 30, "attrs": "",
            "msg": {"source": "", "target": "", "sourceText": "to all", "targetText": ""},
            "mtime": now,
        })
    );
    assert_eq!(
        sender.pushed("pushgroupmsg").await,
        push,
        "his devices are told, too"
    );
    assert_eq!(
        (scene.waiting("1003").await, scene.status("1003", id).await),
        (1, "undelivered".into())
    );
    let rows = rows(&mut reader, "getgroupmsg", json!({"gid": 71})).await;
    assert_eq!(
        (rows.len(), &rows[0][1], &rows[0][5]),
        (1, &json!(1001), &json!("to all"))
    );
    assert!(outsider.so_far().await.is_empty());
    assert_eq!(scene.waiting("1004").await, 0);
}

#[tokio::test]
async fn one_call_reaches_three_groups_in_anybodys_name() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut back_end = scene.back_end().await;
    for gid in 71..=73 {
        back_end
            .done("addgroupmembers", json!({"gid": gid, "uids": [1002]}))
            .await;
    }
    let mut reader = scene.client(1002).await;
    let anonymous = json!({"to": [71, "72", 73, 999], "type": "cmd", "body": {"action": "go"}});
    let refused = scene.post("/messages/chatgroups", anonymous.clone()).await;
    assert_eq!(refused.status, 400, "999 is a fourth one");
    let three =
        json!({"to": [71, "72", 73], "need_group_ack": true, "roam_ignore_users": ["1002"]});
    let data = scene
        .sent("/messages/chatgroups", with(anonymous, three))
        .await;
    let mut reached = Vec::new();
    for _ in 0..3 {
        let push = reader.pushed("pushgroupmsg").await;
        assert_eq!((&push["mtype"], &push["msg"]), (&json!(32), &json!("go")));
        let gid = push["gid"].as_i64().unwrap();
        assert_eq!(data[gid.to_string()], json!(push["mid"].to_string()));
        reached.push(gid);
    }
    reached.sort_unstable();
    assert_eq!(reached, [71, 72, 73]);
    assert!(reader.so_far().await.is_empty());
}

#[tokio::test]
async fn a_room_hears_it_while_it_is_in_there() {
    let scene = Scene::with(&[1001, 1002, 1003]).await;
    let (mut inside, mut next_door) = (scene.client(1002).await, scene.client(1003).await);
    for (client, rid) in [(&mut inside, 81), (&mut next_door, 82)] {
        assert_eq!(
            client.call("enterroom", json!({"rid": rid})).await,
            Ok(json!({}))
        );
    }
    for level in [
        Value::Null,
        json!("high"),
        json!("normal"),
        json!("low"),
        json!(""),
    ] {
        let sent = with(to(81), json!({"chatroom_msg_level": level}));
        let data = scene.sent("/messages/chatrooms", sent).await;
        let push = inside.pushed("pushroommsg").await;
        assert_eq!((&push["rid"], &push["from"]), (&json!(81), &json!(1001)));
        assert_eq!(data["81"], json!(push["mid"].to_string()));
    }
    let both = with(to(81), json!({"to": ["81", 82, 83]}));
    let data = scene.sent("/messages/chatrooms", both).await;
    assert_eq!(data.as_object().unwrap().len(), 3);
    assert_eq!(inside.pushed("pushroommsg").await["rid"], 81);
    assert_eq!(next_door.pushed("pushroommsg").await["rid"], 82);
    assert!(inside.so_far().await.is_empty() && next_door.so_far().await.is_empty());
    let told = rows(&mut inside, "getroommsg", json!({"rid": 81})).await;
    assert_eq!(told.len(), 6);
    for name in ["1002", "1003"] {
        assert_eq!(scene.waiting(name).await, 0, "rooms leave nothing behind");
    }
}
