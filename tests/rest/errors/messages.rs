//! What sending refuses. Source: Easemob REST 4.1.

use std::borrow::Borrow;

use serde_json::{Value, json};

use super::Row;

/// Spells the target with a number.
type Target = fn(usize) -> Value;

/// The calls with the name of their list of targets, what they call a target, and how many they take.
const CALLS: [(&str, &str, Target, usize); 3] = [
    ("message.users", "to", |n| json!(format!("u{n}")), 600),
    ("message.chatgroups", "to", |n| json!(n + 1), 3),
    (
        "message.chatrooms",
        "to",
        |n| json!((n + 1).to_string()),
        10,
    ),
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (endpoint, list, target, most) in CALLS {
        rows.extend(fields(endpoint));
        rows.extend(targets(endpoint, list));
        for more in [most + 1, most + 2, 2 * most] {
            let to: Vec<Value> = (0..more).map(target).collect();
            let text = "params to's size can't exceed limit {most}";
            let row = refused(endpoint, text, json!({"to": to}));
            rows.push(row.with("most", most.to_string()));
        }
        if endpoint != "message.users" {
            for id in [
                json!("seven"),
                json!("7x"),
                json!("-7"),
                json!(0),
                json!("+7"),
                json!(1e20),
            ] {
                rows.push(illegal(endpoint, json!({"to": ["7", id]})));
            }
        }
    }
    rows.extend(bodies());
    rows.extend(older());
    rows
}

/// The sample request of an endpoint with these fields instead; "absent" takes one away.
fn changed(endpoint: &'static str, more: &Value) -> Value {
    let sample = crate::endpoints::Endpoint::of(endpoint).sample();
    let mut body = sample.expect("it has a body");
    let fields = body.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        if value == "absent" {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    body
}

fn refused(endpoint: &'static str, text: &'static str, more: impl Borrow<Value>) -> Row {
    let body = changed(endpoint, more.borrow()).to_string();
    Row::new(endpoint, 400, "message_send_error", text).body(body)
}

fn illegal(endpoint: &'static str, more: impl Borrow<Value>) -> Row {
    let body = changed(endpoint, more.borrow()).to_string();
    Row::new(endpoint, 400, "illegal_argument", "").body(body)
}

/// What is wrong with single fields of all calls.
fn fields(endpoint: &'static str) -> Vec<Row> {
    let mut rows = vec![
        refused(endpoint, "param from can't be empty", json!({"from": ""})),
        refused(
            endpoint,
            "message is too large",
            json!({"ext": {"k": "x".repeat(5200)}}),
        ),
        refused(
            endpoint,
            "message is too large",
            json!({"body": {"msg": "é".repeat(2600)}}),
        ),
        refused(
            endpoint,
            "message is too large",
            json!({"body": {"msg": "x".repeat(3000)}, "ext": {"k": "x".repeat(3000)}}),
        ),
        Row::new(
            endpoint,
            400,
            "illegal_argument",
            "username [a b] is not legal",
        )
        .body(changed(endpoint, &json!({"from": "a b"})).to_string()),
    ];
    for absent in [json!("absent"), Value::Null, json!("")] {
        rows.push(refused(
            endpoint,
            "param type can't be empty",
            json!({"type": absent}),
        ));
    }
    for absent in [json!("absent"), Value::Null, json!({})] {
        rows.push(refused(
            endpoint,
            "param body can't be empty",
            json!({"body": absent}),
        ));
    }
    for ext in [Value::Null, json!("text"), json!([]), json!(1)] {
        rows.push(refused(
            endpoint,
            "param ext must be JSONObject",
            json!({"ext": ext}),
        ));
    }
    for kind in ["text", "TXT", "combine"] {
        let text = "param type [{kind}] is not known";
        rows.push(refused(endpoint, text, json!({"type": kind})).with("kind", kind));
    }
    for wrong in [
        json!({"from": ["maya.lin"]}),
        json!({"from": true}),
        json!({"from": {}}),
        json!({"type": {}}),
        json!({"body": "hello"}),
        json!({"body": ["hello"]}),
        json!({"body": 1}),
        json!({"sync_device": "yes"}),
        json!({"sync_device": 2}),
        json!({"sync_device": {}}),
        json!({"routetype": "ROUTE_OFFLINE"}),
        json!({"routetype": 1}),
        json!({"routetype": ["ROUTE_ONLINE"]}),
        json!({"need_group_ack": "maybe"}),
        json!({"need_group_ack": []}),
        json!({"need_group_ack": 7}),
        json!({"chatroom_msg_level": "urgent"}),
        json!({"chatroom_msg_level": 1}),
        json!({"chatroom_msg_level": {}}),
        json!({"roam_ignore_users": "omar"}),
        json!({"roam_ignore_users": [{}]}),
        json!({"roam_ignore_users": vec!["x"; 21]}),
    ] {
        rows.push(illegal(endpoint, wrong));
    }
    rows
}

/// Lists of targets that are none.
fn targets(endpoint: &'static str, list: &'static str) -> Vec<Row> {
    let mut rows = Vec::new();
    for empty in [json!("absent"), Value::Null, json!([]), json!([""])] {
        rows.push(refused(
            endpoint,
            "param to can't be empty",
            json!({list: empty}),
        ));
    }
    for wrong in [
        json!("omar"),
        json!({"0": "omar"}),
        json!(7),
        json!([["omar"]]),
        json!([null]),
    ] {
        rows.push(illegal(endpoint, json!({list: wrong})));
    }
    rows
}

/// Bodies that lack what their type needs, or have it as something else.
fn bodies() -> Vec<Row> {
    const ID: &str = "message.users";
    let mut rows = Vec::new();
    let missing: [(&str, &str, Value); 9] = [
        ("txt", "msg", json!({"url": "u"})),
        ("img", "url", json!({"filename": "f"})),
        ("audio", "url", json!({"length": 1})),
        ("video", "url", json!({"thumb": "t"})),
        ("file", "url", json!({"file_length": 1})),
        ("loc", "lat", json!({"lng": "1", "addr": "x"})),
        ("loc", "lng", json!({"lat": "1", "addr": "x"})),
        ("loc", "addr", json!({"lat": "1", "lng": "2"})),
        ("cmd", "action", json!({"param": "p"})),
    ];
    for (kind, field, body) in missing {
        for empty in [None, Some(Value::Null), Some(json!(""))] {
            let mut body = body.clone();
            if let Some(empty) = empty {
                body[field] = empty;
            }
            let text = "param {field} can't be empty";
            let more = json!({"type": kind, "body": body});
            rows.push(refused(ID, text, more).with("field", field));
        }
    }
    let exts: serde_json::Map<String, Value> =
        (0..17).map(|n| (format!("k{n}"), json!("v"))).collect();
    let file = |more: Value| {
        let mut file = json!({"url": "u"});
        file.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        file
    };
    for (kind, body) in [
        ("txt", json!({"msg": {}})),
        ("txt", json!({"msg": ["x"]})),
        ("txt", json!({"msg": true})),
        ("img", json!({"url": ["u"]})),
        ("img", file(json!({"size": 7}))),
        ("img", file(json!({"size": {"width": "wide"}}))),
        ("audio", file(json!({"length": "long"}))),
        ("audio", file(json!({"length": []}))),
        ("audio", file(json!({"filename": {}}))),
        ("video", file(json!({"thumb": 1.5}))),
        ("video", file(json!({"thumb_secret": []}))),
        ("video", file(json!({"file_length": "1.5"}))),
        ("file", file(json!({"secret": true}))),
        ("file", file(json!({"file_length": {}}))),
        ("file", file(json!({"filename": [1]}))),
        ("loc", json!({"lat": true, "lng": 1, "addr": "x"})),
        ("loc", json!({"lat": 1, "lng": [1], "addr": "x"})),
        ("loc", json!({"lat": 1, "lng": 1, "addr": {}})),
        ("cmd", json!({"action": {}})),
        ("cmd", json!({"action": ["a"]})),
        ("cmd", json!({"action": false})),
        ("custom", json!({"customEvent": ""})),
        ("custom", json!({"customEvent": "a b"})),
        ("custom", json!({"customEvent": "x".repeat(33)})),
        ("custom", json!({"customExts": "text"})),
        ("custom", json!({"customExts": {"a": {}}})),
        ("custom", json!({"customExts": exts})),
        ("custom", json!({"customExts": [{"a": "1", "b": "2"}]})),
    ] {
        rows.push(illegal(ID, json!({"type": kind, "body": body})));
    }
    rows
}

/// The older call names its fields in another way.
fn older() -> Vec<Row> {
    const ID: &str = "message.older";
    let mut rows = vec![
        refused(ID, "param from can't be empty", json!({"from": ""})),
        refused(
            ID,
            "param type can't be empty",
            json!({"msg": {"msg": "hello"}}),
        ),
        refused(
            ID,
            "param type can't be empty",
            json!({"msg": {"type": "", "msg": "hello"}}),
        ),
        refused(
            ID,
            "param msg can't be empty",
            json!({"msg": {"type": "txt"}}),
        ),
        refused(
            ID,
            "param url can't be empty",
            json!({"msg": {"type": "img"}}),
        ),
        refused(
            ID,
            "param type [text] is not known",
            json!({"msg": {"type": "text", "msg": "x"}}),
        ),
        refused(ID, "param ext must be JSONObject", json!({"ext": null})),
        refused(
            ID,
            "message is too large",
            json!({"msg": {"type": "txt", "msg": "x".repeat(5200)}}),
        ),
    ];
    for empty in [json!("absent"), Value::Null, json!("")] {
        rows.push(refused(
            ID,
            "param target_type can't be empty",
            json!({"target_type": empty}),
        ));
    }
    for wrong in ["user", "chatgroup", "USERS"] {
        let text = "param target_type [{wrong}] is not known";
        rows.push(refused(ID, text, json!({"target_type": wrong})).with("wrong", wrong));
    }
    for empty in [json!("absent"), Value::Null, json!([]), json!([""])] {
        rows.push(refused(
            ID,
            "param target can't be empty",
            json!({"target": empty}),
        ));
    }
    for empty in [json!("absent"), Value::Null, json!({})] {
        rows.push(refused(
            ID,
            "param msg can't be empty",
            json!({"msg": empty}),
        ));
    }
    for (kind, most) in [("users", 600), ("chatgroups", 3), ("chatrooms", 10)] {
        let target: Vec<usize> = (1..=most + 1).collect();
        let row = refused(
            ID,
            "params target's size can't exceed limit {most}",
            json!({"target_type": kind, "target": target}),
        );
        rows.push(row.with("most", most.to_string()));
    }
    for wrong in [
        json!({"target": "omar"}),
        json!({"target": [{}]}),
        json!({"target_type": ["users"]}),
        json!({"target_type": "chatrooms", "target": ["omar"]}),
        json!({"msg": "hello"}),
        json!({"msg": ["hello"]}),
        json!({"from": {}}),
        json!({"sync_device": "yes"}),
        json!({"routetype": "x"}),
    ] {
        rows.push(illegal(ID, wrong));
    }
    rows
}
