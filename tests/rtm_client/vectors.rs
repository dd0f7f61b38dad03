//! Frames that real SDKs sent, with our project and token in them, and what they are answered, byte for byte.
//! Source: RTM client gate section 9.

use halloo_testkit::rtm::Wire;
use serde_json::json;

use crate::signatures::by_secret;
use crate::world::{Ask as _, World};

/// Bytes of hexadecimal text.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

/// What stands in the frames in place of the project's number: `ce` and four bytes.
fn pid(world: &World) -> Vec<u8> {
    [&[0xce], world.app.pid.to_be_bytes().as_slice()].concat()
}

/// Text of 32 to 255 bytes, as every SDK writes it.
fn str8(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("it is short");
    [&[0xd9, length], text.as_bytes()].concat()
}

/// A quest `auth` with this number and payload.
fn auth(sequence: &str, payload: &[&[u8]]) -> Vec<u8> {
    let payload = payload.concat();
    let length = u32::try_from(payload.len()).expect("it is short");
    let head = hex("46504e4e01800104");
    [
        &head,
        length.to_le_bytes().as_slice(),
        &hex(sequence),
        b"auth",
        &payload,
    ]
    .concat()
}

/// The frames of section 9.1 and 9.2 for user 654321: whose, with which number, and what.
fn frames(
    world: &World,
    token: &str,
    (signed, ts): (&str, i64),
) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let (pid, token) = (pid(world), str8(token));
    let ts = u32::try_from(ts).expect("a time of today").to_be_bytes();
    let attributes = hex("a5617474727381a475736572a161");
    vec![
        (
            "J 2.7.6",
            "01000000",
            auth(
                "01000000",
                &[
                    &hex("85a3706964"),
                    &pid,
                    &hex("a3756964d3000000000009fbf1a5746f6b656e"),
                    &token,
                    &hex("a776657273696f6eaf576562536f636b65745f322e372e36"),
                    &attributes,
                ],
            ),
        ),
        (
            "C 2.7.0",
            "b9030c00",
            auth(
                "b9030c00",
                &[
                    &hex("86a3706964"),
                    &pid,
                    &hex("a3756964ce0009fbf1a5746f6b656e"),
                    &token,
                    &hex("a776657273696f6ea843232d322e372e30a46c616e67a2656e"),
                    &attributes,
                ],
            ),
        ),
        (
            "A 2.7.0",
            "8b510a00",
            auth(
                "8b510a00",
                &[
                    &hex("87"),
                    &attributes,
                    &hex("a6646576696365ad737475622d686561646c657373a46c616e67a0a3706964"),
                    &pid,
                    &hex("a5746f6b656e"),
                    &token,
                    &hex("a3756964ce0009fbf1a776657273696f6ead416e64726f69642d322e372e30"),
                ],
            ),
        ),
        (
            "U 2.7.26",
            "04630100",
            auth(
                "04630100",
                &[
                    &hex("87a3706964"),
                    &pid,
                    &hex("a3756964ce0009fbf1a5746f6b656e"),
                    &str8(signed),
                    &hex("a27473ce"),
                    &ts,
                    &hex("a5617574687602a776657273696f6eac556e6974792d322e372e3236"),
                    &attributes,
                ],
            ),
        ),
        (
            "V18",
            "9d460400",
            auth(
                "9d460400",
                &[
                    &hex("84a3706964"),
                    &pid,
                    &hex("a5746f6b656e"),
                    &token,
                    &hex("a3756964ce0009fbf1a6756e72656164c3"),
                ],
            ),
        ),
    ]
}

#[tokio::test]
async fn the_logins_of_real_sdks_are_answered_byte_for_byte() {
    let world = World::start().await;
    let (token, ts) = (world.token(654_321).await, world.seconds());
    let project = world.project().await;
    let signed = by_secret(&project, &format!("{}:654321:{ts}", project.pid));
    for (right, yes) in [(true, "c3"), (false, "c2")] {
        let (token, signed) = if right {
            (token.clone(), signed.clone())
        } else {
            let forged = by_secret(&project, "something else");
            ("X".repeat(32), forged)
        };
        for (sdk, sequence, frame) in frames(&world, &token, (&signed, ts)) {
            let mut wire = Wire::open(world.server.rtm.client).await;
            wire.lay_out_bytes(&frame);
            let expected = format!("46504e4e0180020005000000{sequence}81a26f6b{yes}");
            assert_eq!(wire.bytes(21).await, hex(&expected), "{sdk}");
        }
    }
}

#[tokio::test]
async fn errors_have_their_code_and_a_text() {
    // Section 9.3; the texts are ours.
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let own = json!({"pid": world.app.pid, "uid": 7, "token": world.token(7).await});
    let nobody = json!({"pid": 1, "uid": 0, "token": ""});
    let banned = json!({"pid": world.app.pid, "uid": 8, "token": world.token(8).await});
    back_end.done("addprojectblack", json!({"uid": 8})).await;
    for (method, params, is_logged_in, code) in [
        ("auth", nobody, false, "00030d41"),
        ("getfriends", json!({}), false, "00030d56"),
        ("auth", own.clone(), true, "00030d57"),
        ("auth", banned, false, "00030d58"),
        ("getroominfo", json!({"rid": 5}), true, "00030d68"),
        ("getgroupinfo", json!({"gid": 5}), true, "00030d69"),
    ] {
        let mut client = world.stranger().await;
        client.wire.sequence = 0x0a0b_0c0c;
        if is_logged_in {
            let login = client.ask("auth", &own);
            assert_eq!(client.answer(login).await, Some(Ok(json!({"ok": true}))));
        }
        let sequence = client.ask(method, params);
        let head = client.wire.bytes(16).await;
        let fixed = [hex("46504e4e01800201"), head[8..12].to_vec()].concat();
        assert_eq!(head[..12], fixed, "{method}");
        assert_eq!(head[12..], sequence.to_le_bytes(), "{method}");
        let length = u32::from_le_bytes(head[8..12].try_into().unwrap());
        let payload = client.wire.bytes(length as usize).await;
        let start = hex(&format!("82a4636f6465ce{code}a26578"));
        assert_eq!(payload[..start.len()], start, "{method}");
        let text = &payload[start.len()..];
        // A text of up to 31 bytes, or of up to 255.
        let (length, text) = match text[0] {
            0xd9 => (text[1], &text[2..]),
            short => (short ^ 0xa0, &text[1..]),
        };
        assert_eq!(usize::from(length), text.len(), "{method}");
        assert!(
            !text.is_empty() && std::str::from_utf8(text).is_ok(),
            "{method}"
        );
    }
}

#[tokio::test]
async fn quests_of_real_sdks_are_answered_byte_for_byte() {
    // Section 9.5, as far as it is served.
    let world = World::start().await;
    let mut client = world.client(654_321).await;
    let enter = "46504e4e018001090e0000000f000000656e746572726f6f6d81a3726964cb41f2a05f20000000";
    client.wire.lay_out_bytes(&hex(enter));
    let entered = client.wire.bytes(17).await;
    assert_eq!(
        entered,
        hex("46504e4e0180020001000000 0f000000 80"
            .replace(' ', "")
            .as_str())
    );
    let rooms = client.ids("getuserrooms", json!({}), "rooms").await;
    assert_eq!(rooms, [5_000_000_000]);
    client
        .wire
        .lay_out_bytes(&hex("46504e4e01800103010000000200000062796580"));
    let out = client.wire.bytes(17).await;
    assert_eq!(out, hex("46504e4e01800200010000000200000080"));
    assert!(!world.is_online(654_321).await);
}

#[tokio::test]
async fn a_dispatch_quest_of_the_oldest_sdk_is_answered_byte_for_byte() {
    let world = World::start().await;
    let mut wire = Wire::open(world.server.rtm.client).await;
    let which = "46504e4e01800105180000003e600400776869636881a477686174b172746d476174656440636c757374657258";
    wire.lay_out_bytes(&hex(which));
    let endpoint = world.server.rtm.client.to_string();
    let length = u8::try_from(endpoint.len()).unwrap();
    let payload = [
        hex("81a8656e64706f696e74").as_slice(),
        &[0xa0 | length],
        endpoint.as_bytes(),
    ]
    .concat();
    let size = u32::try_from(payload.len()).unwrap().to_le_bytes();
    let head = [&hex("46504e4e01800200"), size.as_slice(), &hex("3e600400")].concat();
    assert_eq!(
        wire.bytes(16 + payload.len()).await,
        [head, payload].concat()
    );
}

#[tokio::test]
async fn pushes_are_the_documented_bytes() {
    // Section 9.4.
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut client = world.client(7).await;
    client.done("enterroom", json!({"rid": 777})).await;
    back_end
        .done("delroommember", json!({"rid": 777, "uid": 7}))
        .await;
    back_end.done("kickout", json!({"uid": 7})).await;
    let taken_out = hex("46504e4e0180000b080000006b69636b6f7574726f6f6d81a3726964cd0309");
    assert_eq!(client.wire.bytes(taken_out.len()).await, taken_out);
    let kicked = hex("46504e4e01800007010000006b69636b6f757480");
    assert_eq!(client.wire.bytes(kicked.len()).await, kicked);
    assert_eq!(client.last_words().await, []);
}
