//! Quests in JSON. Source: FPNN sections 2.1 and 3.

use halloo_fpnn::Encoding;
use serde_json::json;

use super::{Parts, Scene, one_way, quest};
use crate::methods::{Effect, Method, Status};
use crate::state::{lay_out, seen};
use crate::world::Gate;

/// A quest with the flag of JSON.
fn in_json<'a>(method: &'a str, text: &'a [u8]) -> Parts<'a> {
    Parts {
        flag: 0x40,
        ..quest(method.as_bytes(), text)
    }
}

#[tokio::test]
async fn every_method_is_answered_in_json_as_in_messagepack() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    caller.wire.encoding = Encoding::Json;
    lay_out(&gate, &mut caller).await;
    let in_json = seen(&gate, &mut caller).await;
    for method in Method::all() {
        if method.status == Status::Transport || method.effect != Effect::Reads {
            continue;
        }
        caller.wire.encoding = Encoding::Json;
        let answer = caller.call(method.name, method.sample()).await;
        let bare = caller.call(method.name, json!({})).await;
        caller.wire.encoding = Encoding::MessagePack;
        assert_eq!(
            answer,
            caller.call(method.name, method.sample()).await,
            "{}",
            method.name
        );
        assert_eq!(
            bare,
            caller.call(method.name, json!({})).await,
            "{}",
            method.name
        );
    }
    assert_eq!(seen(&gate, &mut caller).await, in_json);
}

#[tokio::test]
async fn numbers_of_json_may_be_written_with_a_point() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let pid = caller.project.pid;
    let ts = caller.seconds();
    let sign = caller.project.sign("addgroupmembers", 5, Some(ts));
    for (gid, uids, expected) in [
        ("5.0", "[1.0, 2e0]", Ok(json!({}))),
        ("5", "{\"0\": 1, \"1\": \"3\"}", Ok(json!({}))),
        ("5", "{\"4\": {}}", Ok(json!({}))),
        ("5.5", "[1]", Err(10_010)),
        ("\"5\"", "[1]", Err(10_010)),
        ("5", "[1.5]", Err(10_010)),
        ("5", "[\"1\"]", Err(10_010)),
        ("1e400", "[1]", Err(0)),
        ("9223372036854775808", "[1]", Err(10_010)),
        ("null", "[1]", Err(10_009)),
        ("true", "[1]", Err(10_010)),
    ] {
        let text = format!(
            "{{\"pid\": {pid}, \"sign\": \"{sign}\", \"salt\": 5, \"ts\": {ts}, \"gid\": {gid}, \"uids\": {uids}}}"
        );
        if expected == Err(0) {
            // No number of JSON that can be read.
            let mut scene = Scene::set().await;
            scene
                .closes(&in_json("addgroupmembers", text.as_bytes()).bytes(), gid)
                .await;
            continue;
        }
        let mut caller = gate.caller().await;
        caller
            .wire
            .lay_out_bytes(&in_json("addgroupmembers", text.as_bytes()).bytes());
        assert_eq!(caller.answer(1).await, expected, "{gid} {uids}");
    }
    let count = caller.call("getgroupcount", json!({"gid": 5})).await;
    assert_eq!(count, Ok(json!({"cn": 4})));
}

#[tokio::test]
async fn what_is_no_object_of_json_ends_the_connection() {
    let mut scene = Scene::set().await;
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(32), "]".repeat(32));
    let million = format!("{{\"a\": {}", "[".repeat(1_000_000));
    let cases: [(&str, &[u8]); 19] = [
        ("blank", b" "),
        ("a list", b"[]"),
        ("null", b"null"),
        ("a number", b"7"),
        ("text", b"\"{}\""),
        ("half an object", b"{"),
        ("a key without quotes", b"{uid: 7}"),
        ("single quotes", b"{'uid': 7}"),
        ("a comma too many", b"{\"uid\": 7,}"),
        ("no colon", b"{\"uid\" 7}"),
        ("not a number", b"{\"uid\": NaN}"),
        ("a plus", b"{\"uid\": +7}"),
        ("a leading zero", b"{\"uid\": 07}"),
        ("something behind it", b"{} x"),
        ("two objects", b"{}{}"),
        ("what is not UTF-8", b"{\"a\": \"\xff\"}"),
        ("MessagePack", b"\x80"),
        ("33 levels", deep.as_bytes()),
        ("a million levels", million.as_bytes()),
    ];
    for (what, text) in cases {
        for method in ["isprojectblack", "nosuch", "*ping"] {
            scene.closes(&in_json(method, text).bytes(), what).await;
            let quiet = Parts {
                flag: 0x40,
                ..one_way(method.as_bytes(), text)
            };
            scene.closes(&quiet.bytes(), what).await;
        }
    }
}

#[tokio::test]
async fn bits_that_were_never_used_say_nothing() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    // A client of the future may set them; the answer has exactly the flag of its encoding.
    for (flag, payload) in [(0x80 | 0x01, b"\x80".as_slice()), (0x40 | 0x0f, b"{}")] {
        let ping = Parts {
            flag,
            ..quest(b"*ping", payload)
        };
        caller.wire.lay_out_bytes(&ping.bytes());
        let head = caller.wire.bytes(16).await;
        assert_eq!(head[5], flag & 0xc0);
        let length = u32::from_le_bytes(head[8..12].try_into().unwrap());
        caller.wire.bytes(length as usize).await;
    }
}
