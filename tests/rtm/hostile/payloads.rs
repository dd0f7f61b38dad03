//! Payloads that are no map of parameters.

use serde_json::json;

use super::{Scene, one_way, quest};
use halloo_testkit::rtm::Parameters as _;

/// Lists in each other, as many as this.
fn nested(depth: usize) -> Vec<u8> {
    [vec![0x91; depth], vec![0xc0]].concat()
}

#[tokio::test]
async fn what_is_no_map_of_parameters_ends_the_connection() {
    let mut scene = Scene::set().await;
    let good = json!({"uid": 7}).into_map().finish();
    let cases: [(&str, Vec<u8>); 26] = [
        ("a list", vec![0x90]),
        ("a list of pairs", vec![0x92, 0xa1, b'a', 1]),
        ("nil", vec![0xc0]),
        ("an integer", vec![7]),
        ("text", b"\xa2{}".to_vec()),
        ("true", vec![0xc3]),
        ("the byte that is reserved", vec![0xc1]),
        ("a value that is reserved", vec![0x81, 0xa1, b'a', 0xc1]),
        ("an integer for a key", vec![0x81, 1, 1]),
        ("nil for a key", vec![0x81, 0xc0, 1]),
        ("a list for a key", vec![0x81, 0x90, 1]),
        ("a map without its entry", vec![0x81]),
        ("a key without its value", vec![0x81, 0xa1, b'a']),
        ("fewer entries than declared", vec![0x82, 0xa1, b'a', 1]),
        ("a map16 without its length", vec![0xde, 0]),
        (
            "2^32 - 1 entries",
            vec![0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, b'a', 1],
        ),
        (
            "2^32 - 1 elements",
            vec![0x81, 0xa1, b'a', 0xdd, 0xff, 0xff, 0xff, 0xff, 1],
        ),
        (
            "2^32 - 1 letters",
            vec![0x81, 0xa1, b'a', 0xdb, 0xff, 0xff, 0xff, 0xff, b'x'],
        ),
        (
            "2^32 - 1 bytes",
            vec![0x81, 0xa1, b'a', 0xc6, 0xff, 0xff, 0xff, 0xff, b'x'],
        ),
        (
            "an extension of 2^32 - 1",
            vec![0x81, 0xa1, b'a', 0xc9, 0xff, 0xff, 0xff, 0xff, 1],
        ),
        (
            "a text that is cut short",
            vec![0x81, 0xa1, b'a', 0xa5, b'x'],
        ),
        ("a byte behind the map", [good.as_ref(), &[0xc0]].concat()),
        ("a second map", [good.as_ref(), good.as_ref()].concat()),
        ("JSON", br#"{"uid": 7}"#.to_vec()),
        ("33 levels", [b"\x81\xa1a".to_vec(), nested(32)].concat()),
        (
            "a million levels",
            [b"\x81\xa1a".to_vec(), nested(1_000_000)].concat(),
        ),
    ];
    for (what, payload) in cases {
        for method in ["isprojectblack", "sendfile", "nosuch", "*ping"] {
            let what = format!("{what} for {method}");
            scene
                .closes(&quest(method.as_bytes(), &payload).bytes(), &what)
                .await;
            scene
                .closes(&one_way(method.as_bytes(), &payload).bytes(), &what)
                .await;
        }
    }
}

#[tokio::test]
async fn every_cut_of_a_payload_ends_the_connection() {
    let mut scene = Scene::set().await;
    let mut caller = scene.gate.caller().await;
    let params = json!({"uid": 1, "oinfo": "text", "more": {"list": [1.5, true, null]}});
    let whole = caller.payload("setuserinfo", params);
    for length in 1..whole.len() {
        let mut wire = scene.wire().await;
        wire.write(&quest(b"setuserinfo", &whole[..length]).bytes())
            .await;
        assert!(wire.ends().await, "{length} of {} bytes", whole.len());
    }
    assert_eq!(scene.gate.users().await, 0);
    scene.others_are_served().await;
}

#[tokio::test]
async fn parameters_are_nested_32_deep_and_not_one_more() {
    let mut scene = Scene::set().await;
    let mut caller = scene.gate.caller().await;
    // The map of parameters is the first level.
    let params = json!({"gid": 5}).into_map().raw("x", &nested(31));
    assert_eq!(
        caller.call("getgroupcount", params).await,
        Ok(json!({"cn": 0}))
    );
    let params = json!({"gid": 5}).into_map().raw("x", &nested(32));
    let payload = caller.payload("getgroupcount", params);
    scene
        .closes(&quest(b"getgroupcount", &payload).bytes(), "33 levels")
        .await;
}

#[tokio::test]
async fn many_parameters_and_long_lists_are_read() {
    let scene = Scene::set().await;
    let mut caller = scene.gate.caller().await;
    let mut params = json!({"gid": 5}).into_map();
    // With the four of the signature there are as many as there may be.
    for number in 0..250 {
        params = params.integer(&format!("k{number}"), number);
    }
    // The one that counts comes last.
    let params = params.integer("gid", 6);
    caller
        .done("addgroupmembers", json!({"gid": 6, "uids": [1]}))
        .await;
    let one_more = caller.payload("getgroupcount", params.clone().integer("more", 1));
    let mut crowded = scene.gate.caller().await;
    crowded.wire.ask("getgroupcount", one_more);
    assert!(crowded.wire.ends().await);
    assert_eq!(
        caller.call("getgroupcount", params).await,
        Ok(json!({"cn": 1}))
    );
    let uids: Vec<i64> = (1..=1_000_000).collect();
    assert_eq!(
        caller.call("getonlineusers", json!({"uids": uids})).await,
        Err(200_032)
    );
    let same = vec![7; 1_000_000];
    let online = caller.call("getonlineusers", json!({"uids": same})).await;
    assert_eq!(online, Ok(json!({"uids": []})));
}
