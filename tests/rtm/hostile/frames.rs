//! Heads of frames, and what answers look like byte by byte.

use halloo_fpnn::Map;
use halloo_testkit::rtm::read;
use serde_json::json;

use super::{PING, Parts, Scene, answer, one_way, quest};
use crate::world::Gate;

#[tokio::test]
async fn what_is_no_frame_ends_the_connection() {
    let mut scene = Scene::set().await;
    let cases: [(&str, Vec<u8>); 22] = [
        ("another letter", b"X".to_vec()),
        ("another fourth letter", b"FPNX".to_vec()),
        (
            "lower case",
            [b"fpnn".as_slice(), &PING.bytes()[4..]].concat(),
        ),
        (
            "HTTP",
            b"GET /service/gettoken HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        ),
        (
            "TLS",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        ),
        (
            "an encrypted package",
            b"\x11\0\0\0\xca\x81\xe1\x72\x16\x41\x37\xf8".to_vec(),
        ),
        ("zeros", vec![0; 100]),
        ("message type 3", Parts { kind: 3, ..PING }.bytes()),
        ("message type 255", Parts { kind: 255, ..PING }.bytes()),
        ("no encoding", Parts { flag: 0, ..PING }.bytes()),
        ("both encodings", Parts { flag: 0xc0, ..PING }.bytes()),
        ("reserved bits only", Parts { flag: 0x3f, ..PING }.bytes()),
        ("all bits", Parts { flag: 0xff, ..PING }.bytes()),
        ("no method", quest(b"", &[0x80]).bytes()),
        ("no method, one way", one_way(b"", &[0x80]).bytes()),
        ("no payload", quest(b"*ping", b"").bytes()),
        ("no payload, one way", one_way(b"gettoken", b"").bytes()),
        ("no payload of an answer", answer(0, b"").bytes()),
        (
            "2^31 bytes",
            Parts {
                declared: 1 << 31,
                ..PING
            }
            .bytes(),
        ),
        (
            "2^32 - 1 bytes",
            Parts {
                declared: u32::MAX,
                ..PING
            }
            .bytes(),
        ),
        (
            "2^32 - 1 bytes, one way",
            Parts {
                declared: u32::MAX,
                ..one_way(b"x", b"")
            }
            .bytes(),
        ),
        (
            "2^32 - 1 bytes of an answer",
            Parts {
                declared: u32::MAX,
                ..answer(0, b"")
            }
            .bytes(),
        ),
    ];
    for (what, bytes) in cases {
        scene.closes(&bytes, what).await;
    }
}

#[tokio::test]
async fn a_stranger_sends_small_frames_only() {
    let scene = Scene::set().await;
    let head = 12 + 4 + "getgroupcount".len();
    let over = Parts {
        declared: u32::try_from(160 * 1024 + 1 - head).unwrap(),
        payload: b"",
        ..quest(b"getgroupcount", b"")
    };
    let mut stranger = scene.wire().await;
    stranger.write(&over.bytes()[..12]).await;
    assert!(stranger.ends().await);
    let mut caller = scene.gate.caller().await;
    let text = "t".repeat(65_535);
    let both = json!({"uid": 1, "oinfo": text, "pinfo": text});
    caller.done("setuserinfo", both).await;
}

#[tokio::test]
async fn a_frame_has_8_mebibytes_and_not_one_more() {
    let mut scene = Scene::set().await;
    let head = 12 + 4 + "getgroupcount".len();
    let most = 8 * 1024 * 1024 - head;
    // No byte of the body is waited for.
    let declared = u32::try_from(most + 1).unwrap();
    let over = Parts {
        declared,
        payload: b"",
        ..quest(b"getgroupcount", b"")
    };
    scene.closes(&over.bytes()[..12], "one byte over").await;
    let mut caller = scene.gate.caller().await;
    // Whoever has proved himself once may send large frames.
    let asked = caller.call("getgroupcount", json!({"gid": 5})).await;
    assert_eq!(asked, Ok(json!({"cn": 0})));
    let small = caller.payload("getgroupcount", json!({"gid": 5}));
    let fields = small.len();
    // 82 instead of 81 fields, the key "x", and the head of a bin32.
    let filler = vec![7; most - fields - 2 - 5];
    let params = Map::new().integer("gid", 5).bytes("x", &filler);
    let large = caller.payload("getgroupcount", params);
    assert_eq!(large.len(), most);
    let asked = caller.wire.ask("getgroupcount", large);
    assert_eq!(caller.answer(asked).await, Ok(json!({"cn": 0})));
    scene.others_are_served().await;
}

#[tokio::test]
async fn lengths_that_are_only_declared_cost_the_server_nothing_that_others_need() {
    let mut scene = Scene::set().await;
    let declared = 8 * 1024 * 1024 - 100;
    let head = Parts {
        declared,
        payload: b"\xdf\xff\xff\xff\xff",
        ..quest(b"setuserinfo", b"")
    };
    let mut open = Vec::new();
    for _ in 0..300 {
        let mut wire = scene.wire().await;
        assert!(wire.write(&head.bytes()).await);
        open.push(wire);
    }
    for _ in 0..20 {
        scene.others_are_served().await;
    }
    // They are still open, and end when their senders do.
    for mut wire in open {
        wire.shut().await;
        assert!(wire.ends().await);
    }
    scene.others_are_served().await;
}

#[tokio::test]
async fn half_a_quest_does_nothing() {
    let mut scene = Scene::set().await;
    let mut caller = scene.gate.caller().await;
    let payload = caller.payload("setuserinfo", json!({"uid": 9, "oinfo": "half"}));
    caller.wire.ask("setuserinfo", payload);
    let whole = caller.wire.take_unsent();
    for length in 0..whole.len() {
        let mut wire = scene.wire().await;
        wire.write(&whole[..length]).await;
        wire.shut().await;
        assert!(wire.ends().await, "{length} of {} bytes", whole.len());
    }
    let open = caller
        .field("getuserinfo", json!({"uid": 9}), "oinfo")
        .await;
    assert_eq!(open, "");
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_quest_may_come_in_any_pieces() {
    let scene = Scene::set().await;
    let mut caller = scene.gate.caller().await;
    let mut bytes = Vec::new();
    let mut expected = Vec::new();
    for number in 1..=3 {
        let params = json!({"gid": 5, "uids": [number]});
        let payload = caller.payload("addgroupmembers", params);
        expected.push(caller.wire.ask("addgroupmembers", payload));
    }
    bytes.extend(caller.wire.take_unsent());
    for one in bytes.chunks(1) {
        assert!(caller.wire.write(one).await);
    }
    for sequence in expected {
        assert_eq!(caller.answer(sequence).await, Ok(json!({})));
    }
    // And split anywhere in two.
    for at in 0..bytes.len() {
        let (first, second) = bytes.split_at(at);
        let mut other = scene.gate.caller().await;
        other.wire.write(first).await;
        other.wire.write(second).await;
        for sequence in 1..=3 {
            assert_eq!(other.answer(sequence).await, Ok(json!({})), "split at {at}");
        }
    }
}

#[tokio::test]
async fn answers_to_questions_that_were_not_asked_are_ignored() {
    let mut scene = Scene::set().await;
    let refused = Map::new().integer("code", 20_004).text("ex", "no").finish();
    // Python puts a number into `ex`.
    let number = Map::new().integer("code", 20_004).integer("ex", 7).finish();
    let empty = Map::empty();
    for (what, frame) in [
        ("a success", answer(0, &empty)),
        ("an error", answer(1, &refused)),
        ("an error with a number for text", answer(1, &number)),
        ("an error without anything", answer(1, &empty)),
        ("another status", answer(255, &refused)),
        (
            "another number",
            Parts {
                sequence: Some(u32::MAX),
                ..answer(0, &empty)
            },
        ),
    ] {
        scene.ignores(&frame.bytes().repeat(3), what).await;
    }
    scene
        .closes(&answer(1, b"\x90").bytes(), "an error that is a list")
        .await;
}

#[tokio::test]
async fn an_answer_has_the_version_the_encoding_and_the_number_of_its_quest() {
    let gate = Gate::start().await;
    for version in [0, 1, 2, 255] {
        for sequence in [0_u32, 1, 0xffff_fffe, 0xffff_ffff] {
            let mut caller = gate.caller().await;
            let ping = Parts {
                version,
                sequence: Some(sequence),
                ..PING
            };
            caller.wire.lay_out_bytes(&ping.bytes());
            // A time of 41 bits takes 9 bytes; the key and the map 4.
            let head = caller.wire.bytes(16).await;
            let number = sequence.to_le_bytes();
            let expected = [
                b"FPNN".as_slice(),
                &[version, 0x80, 2, 0, 13, 0, 0, 0],
                &number,
            ];
            assert_eq!(head, expected.concat());
            let body = caller.wire.bytes(13).await;
            assert_eq!(read(&body), json!({"ts": gate.now().0}));
        }
    }
    let mut caller = gate.caller().await;
    let ping = Parts {
        flag: 0x40,
        declared: 2,
        payload: b"{}",
        ..PING
    };
    caller.wire.lay_out_bytes(&ping.bytes());
    let text = json!({"ts": gate.now().0}).to_string();
    let head = [
        b"FPNN".as_slice(),
        &[1, 0x40, 2, 0, 20, 0, 0, 0, 1, 0, 0, 0],
    ]
    .concat();
    assert_eq!(text.len(), 20);
    assert_eq!(
        caller.wire.bytes(36).await,
        [head, text.into_bytes()].concat()
    );
}

#[tokio::test]
async fn a_success_without_fields_is_one_byte_and_an_error_has_code_and_text() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    caller.ask("addfriends", json!({"uid": 1, "friends": [2]}));
    let bytes = caller.wire.bytes(17).await;
    assert_eq!(bytes, b"FPNN\x01\x80\x02\x00\x01\0\0\0\x01\0\0\0\x80");
    for (method, params, code) in [
        ("nosuch", json!({}), 20_004),
        ("addfriends", json!({"uid": 1}), 10_009),
        ("addfriends", json!({"uid": 1, "friends": 2}), 10_010),
        ("addfriends", json!({"uid": 0, "friends": [2]}), 200_001),
        ("sendmsg", json!({}), 10_009),
        ("filetoken", json!({}), 200_060),
    ] {
        for (encoding, flag) in [
            (halloo_fpnn::Encoding::MessagePack, 0x80),
            (halloo_fpnn::Encoding::Json, 0x40),
        ] {
            caller.wire.encoding = encoding;
            caller.ask(method, &params);
            let head = caller.wire.bytes(16).await;
            assert_eq!(head[..8], [b'F', b'P', b'N', b'N', 1, flag, 2, 1]);
            let length = u32::from_le_bytes(head[8..12].try_into().unwrap());
            let body = caller.wire.bytes(length as usize).await;
            let body = match encoding {
                halloo_fpnn::Encoding::MessagePack => read(&body),
                halloo_fpnn::Encoding::Json => serde_json::from_slice(&body).unwrap(),
            };
            let keys: Vec<_> = body.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["code", "ex"], "{method}");
            assert_eq!(body["code"], code, "{method}");
            assert!(
                body["ex"].as_str().is_some_and(|text| !text.is_empty()),
                "{method}"
            );
        }
    }
}
