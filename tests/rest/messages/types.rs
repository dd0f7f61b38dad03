//! Every type of message, as RTM is shown it. Source: Easemob REST 4.1, RTM server gate section 7.4.

use serde_json::{Value, json};

use super::{Scene, history, said, with};

/// A body of each type that REST sends, without and with `ext`, and what RTM is shown: `mtype`, `msg` and
/// `attrs`, the last two as JSON where they are JSON.
fn types() -> Vec<(Value, Value)> {
    let sent = |kind: &str, body: Value| json!({"type": kind, "body": body});
    let file = |msg: Value, about: Value, mtype: i64| json!([mtype, msg, {"rtm": about, "custom": {"k": "v"}}]);
    vec![
        (
            sent("txt", json!({"msg": "héllo 😀"})),
            json!([30, "héllo 😀", {"k": "v"}]),
        ),
        (
            sent(
                "img",
                json!({
                    "url": "https://f.example.net/1", "filename": "cat.at.home.jpg", "secret": "s",
                    "size": {"width": "640", "height": 360},
                }),
            ),
            file(
                json!({"url": "https://f.example.net/1", "size": 0}),
                json!({"ext": "jpg", "filename": "cat.at.home.jpg"}),
                40,
            ),
        ),
        (
            sent(
                "audio",
                json!({
                    "url": "https://f.example.net/2", "filename": "a.amr", "Length": "4",
                    "file_length": 4096,
                }),
            ),
            file(
                json!({"url": "https://f.example.net/2", "size": 4096}),
                json!({
                    "ext": "amr", "filename": "a.amr", "type": "audiomsg", "lang": "",
                    "duration": 4000,
                }),
                41,
            ),
        ),
        (
            sent(
                "video",
                json!({
                    "url": "https://f.example.net/3", "filename": "v.mp4", "length": 2.5,
                    "file_length": "81920", "thumb": "https://f.example.net/3t", "thumb_secret": "t",
                }),
            ),
            file(
                json!({
                    "url": "https://f.example.net/3", "size": 81920,
                    "surl": "https://f.example.net/3t",
                }),
                json!({"ext": "mp4", "filename": "v.mp4", "duration": 2500}),
                42,
            ),
        ),
        (
            sent(
                "file",
                json!({"url": "https://f.example.net/4", "filename": "README"}),
            ),
            file(
                json!({"url": "https://f.example.net/4", "size": 0}),
                json!({"ext": "", "filename": "README"}),
                50,
            ),
        ),
        (
            sent(
                "loc",
                json!({"lat": "48.137", "lng": 11.575, "addr": "Town Hall"}),
            ),
            json!([
                2,
                {"type": "loc", "lat": "48.137", "lng": 11.575, "addr": "Town Hall"},
                {"k": "v"}
            ]),
        ),
        (
            sent("cmd", json!({"action": "refresh"})),
            json!([32, "refresh", {"k": "v"}]),
        ),
        (
            sent("cmd", json!({"action": "go", "param": [{"x": 1}]})),
            json!([32, {"type": "cmd", "action": "go", "param": [{"x": 1}]}, {"k": "v"}]),
        ),
        (
            sent(
                "custom",
                json!({"customEvent": "gift", "customExts": {"name": "rose", "n": 3}}),
            ),
            json!([
                51,
                {"type": "custom", "customEvent": "gift", "customExts": {"name": "rose", "n": "3"}},
                {"k": "v"}
            ]),
        ),
        (
            sent("custom", json!({"customExts": [{"a": "1"}, {"b": "2"}]})),
            json!([51, {"type": "custom", "customExts": {"a": "1", "b": "2"}}, {"k": "v"}]),
        ),
    ]
}

/// `mtype`, `msg` and `attrs` with the texts that are JSON objects as such.
fn opened(shown: &Value) -> Value {
    let open = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        serde_json::from_str(text)
            .ok()
            .filter(Value::is_object)
            .unwrap_or_else(|| value.clone())
    };
    json!([shown[0], open(&shown[1]), open(&shown[2])])
}

#[tokio::test]
async fn a_text_arrives_at_once_and_stands_in_the_history() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut reader = scene.client(1002).await;
    let id = scene.text("hello").await;
    let push = reader.pushed("pushmsg").await;
    let id: i64 = id.parse().expect("decimal digits");
    let now = scene.server.core.now().0;
    assert_eq!(
        push,
        json!({
            "from": 1001, "to": 1002, "mid": id, "mtype": 30, "attrs": "", "mtime": now,
            "msg": {"source": "", "target": "", "sourceText": "hello", "targetText": ""},
        })
    );
    assert_eq!(history(&mut reader, 1001).await, [json!([30, "hello", ""])]);
}

#[tokio::test]
async fn every_type_arrives_in_the_words_of_rtm() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut reader = scene.client(1002).await;
    let mut expected = Vec::new();
    for (sent, shown) in types() {
        let sent = with(said(""), with(sent, json!({"ext": {"k": "v"}})));
        scene.sent("/messages/users", sent).await;
        let push = reader.pushed("pushmsg").await;
        let msg = if push["mtype"] == 30 {
            &push["msg"]["sourceText"]
        } else {
            &push["msg"]
        };
        let pushed = opened(&json!([push["mtype"], msg, push["attrs"]]));
        assert_eq!(pushed, shown);
        expected.push(shown);
    }
    let told: Vec<Value> = history(&mut reader, 1001)
        .await
        .iter()
        .map(opened)
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn without_ext_there_are_no_attributes_but_those_of_files() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut reader = scene.client(1002).await;
    for (sent, mut shown) in types() {
        scene.sent("/messages/users", with(said(""), sent)).await;
        let push = reader.pushed("pushmsg").await;
        if shown[2]["custom"].is_object() {
            shown[2]["custom"] = json!("");
        } else {
            shown[2] = json!("");
        }
        let attributes = opened(&json!([0, "", push["attrs"]]))[2].clone();
        assert_eq!(attributes, shown[2]);
    }
}

#[tokio::test]
async fn numbers_are_taken_for_texts_and_texts_for_numbers() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut reader = scene.client(1002).await;
    let sent = json!({"from": 1001, "to": [1002], "type": "txt", "body": {"msg": 7}});
    let data = scene
        .sent(
            "/messages/users",
            with(sent, json!({"sync_device": "TRUE"})),
        )
        .await;
    assert!(data["1002"].is_string(), "{data}");
    assert_eq!(reader.pushed("pushmsg").await["msg"]["sourceText"], "7");
}

#[tokio::test]
async fn a_message_may_be_as_large_as_documented() {
    let scene = Scene::with(&[1001, 1002]).await;
    let mut reader = scene.client(1002).await;
    let send = async |more: Value| {
        scene
            .post("/messages/users", with(said(""), more))
            .await
            .status
    };
    let ext = json!({"k": "x".repeat(3000)});
    let rest = 5 * 1024 - ext.to_string().len();
    for (text, ext, status) in [
        (5 * 1024, None, 200),
        (5 * 1024 + 1, None, 400),
        (rest, Some(&ext), 200),
        (rest + 1, Some(&ext), 400),
    ] {
        let mut more = json!({"body": {"msg": "x".repeat(text)}});
        if let Some(ext) = ext {
            more["ext"] = ext.clone();
        }
        assert_eq!(send(more).await, status, "{text}");
        if status == 200 {
            let push = reader.pushed("pushmsg").await;
            assert_eq!(push["msg"]["sourceText"].as_str().unwrap().len(), text);
        }
    }
    let exts: serde_json::Map<String, Value> =
        (0..16).map(|n| (format!("k{n}"), json!(n))).collect();
    let event = "A-z0_9/.".repeat(4);
    let custom = json!({"customEvent": event, "customExts": exts});
    let more = json!({"type": "custom", "body": custom, "roam_ignore_users": vec!["x"; 20]});
    assert_eq!(send(more).await, 200);
    let shown = opened(&json!([0, reader.pushed("pushmsg").await["msg"], ""]));
    assert_eq!(shown[1]["customEvent"], event);
    assert_eq!(shown[1]["customExts"]["k15"], "15");
}
