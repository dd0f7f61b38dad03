//! Frames that real SDKs sent and read, byte for byte. Source: RTM client gate sections 9.4 and 9.5.

use halloo_core::ports::Clock as _;
use halloo_testkit::rtm::RtmClient;
use serde_json::json;

use crate::talk::{Asker as _, with};
use crate::world::{Ask as _, World};

/// Bytes of hexadecimal text.
fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

fn shown(bytes: &[u8]) -> String {
    let bytes = bytes.iter();
    bytes.fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The next frame behind the header's first eight bytes and length, which are checked: its method and payload, or
/// only the payload if it is an answer.
async fn frame(client: &mut RtmClient, is_quest: bool) -> (String, String) {
    let head = client.wire.bytes(16).await;
    let kind = if is_quest { 1 } else { 2 };
    assert_eq!(
        head[..7],
        [hex("46504e4e0180").as_slice(), &[kind]].concat()
    );
    let name = usize::from(head[7]);
    let length = u32::from_le_bytes(head[8..12].try_into().unwrap()) as usize;
    let method = if is_quest {
        client.wire.bytes(name).await
    } else {
        assert_eq!(name, 0, "a refusal");
        Vec::new()
    };
    let payload = client.wire.bytes(length).await;
    (String::from_utf8(method).unwrap(), shown(&payload))
}

/// Moves the clock to a time in the vectors.
fn set_clock(world: &World, at: i64) {
    world.advance_ms(at - world.server.clock.now().0);
}

#[tokio::test]
async fn pushes_are_the_bytes_that_real_sdks_read() {
    let world = World::start().await;
    world.group(555, &[123_456, 654_321]).await;
    let mut back_end = world.back_end().await;
    let mut sender = world.client(123_456).await;
    let mut reader = world.back(654_321).await;
    for client in [&mut sender, &mut reader] {
        client.done("enterroom", json!({"rid": 777})).await;
    }
    for (at, method, to, draft, payload) in [
        (
            1_700_000_000_123,
            "sendmsg",
            json!({"to": 654_321}),
            json!({"mid": 1_700_000_000_000_001_i64, "mtype": 51, "msg": "hello", "attrs": "{\"k\":1}"}),
            "87a466726f6dce0001e240a2746fce0009fbf1a36d6964cf00060a24181e4001a56d7479706533a36d7367a568656c6c6fa56174747273a77b226b223a317da56d74696d65cf0000018bcfe5687b",
        ),
        (
            1_700_000_000_124,
            "sendmsg",
            json!({"to": 654_321}),
            json!({"mid": 1_700_000_000_000_002_i64, "mtype": 30, "msg": "hi", "attrs": ""}),
            "87a466726f6dce0001e240a2746fce0009fbf1a36d6964cf00060a24181e4002a56d747970651ea36d736784a6736f75726365a0a6746172676574a0aa736f7572636554657874a26869aa74617267657454657874a0a56174747273a0a56d74696d65cf0000018bcfe5687c",
        ),
        (
            1_700_000_000_126,
            "sendmsg",
            json!({"to": 654_321}),
            json!({"mid": 1_700_000_000_000_005_i64, "mtype": 40,
                "msg": "{\"url\":\"https://files.example/1.jpg\",\"size\":12345}",
                "attrs": "{\"rtm\":{\"ext\":\"jpg\"},\"custom\":{}}"}),
            "87a466726f6dce0001e240a2746fce0009fbf1a36d6964cf00060a24181e4005a56d7479706528a36d7367d9327b2275726c223a2268747470733a2f2f66696c65732e6578616d706c652f312e6a7067222c2273697a65223a31323334357da56174747273d9217b2272746d223a7b22657874223a226a7067227d2c22637573746f6d223a7b7d7da56d74696d65cf0000018bcfe5687e",
        ),
        (
            1_700_000_000_125 + 10,
            "sendgroupmsg",
            json!({"gid": 555}),
            json!({"mid": 1_700_000_000_000_005_i64, "mtype": 51, "msg": "g", "attrs": ""}),
            "87a466726f6dce0001e240a3676964cd022ba36d6964cf00060a24181e4005a56d7479706533a36d7367a167a56174747273a0a56d74696d65cf0000018bcfe56887",
        ),
        (
            1_700_000_000_125 + 10,
            "sendroommsg",
            json!({"rid": 777}),
            json!({"mid": 1_700_000_000_000_006_i64, "mtype": 51, "msg": "r", "attrs": ""}),
            "87a466726f6dce0001e240a3726964cd0309a36d6964cf00060a24181e4006a56d7479706533a36d7367a172a56174747273a0a56d74696d65cf0000018bcfe56887",
        ),
    ] {
        set_clock(&world, at);
        sender.say(method, with(to, draft)).await;
        let (pushed_as, bytes) = frame(&mut reader, true).await;
        assert_eq!(pushed_as, method.replace("send", "push"));
        assert_eq!(bytes, payload, "{method}");
    }
    let broadcast = json!({"from": 111, "mid": 1_700_000_000_000_007_i64, "mtype": 51, "msg": "b", "attrs": ""});
    back_end.say("broadcastmsg", broadcast).await;
    let (pushed_as, bytes) = frame(&mut reader, true).await;
    assert_eq!(pushed_as, "pushbroadcastmsg");
    assert_eq!(
        bytes,
        "86a466726f6d6fa36d6964cf00060a24181e4007a56d7479706533a36d7367a162a56174747273a0a56d74696d65cf0000018bcfe56887"
    );
}

#[tokio::test]
async fn what_real_sdks_send_is_answered_and_pushed() {
    let world = World::start().await;
    let mut peer = world.client(123_456).await;
    // J, and C with bytes that are no text.
    let mut j = world.back(654_321).await;
    set_clock(&world, 0x01a1_fdf9_3143);
    j.wire.lay_out_bytes(&hex("46504e4e018001072f0000000200000073656e646d736785a2746fd3000000000001e240a36d6964d3000660c8156869d1a56d7479706533a36d7367a2796fa56174747273a0"));
    let answer = hex("46504e4e01800200100000000200000081a56d74696d65cf000001a1fdf93143");
    assert_eq!(j.wire.bytes(answer.len()).await, answer);
    let heard = peer.pushed("pushmsg").await;
    assert_eq!(
        (&heard["msg"], &heard["from"]),
        (&json!("yo"), &json!(654_321))
    );
    let mut c = world.client(654_322).await;
    c.wire.lay_out_bytes(&hex("46504e4e018001072d000000bb030c0073656e646d736785a2746fce0001e240a36d6964cf01a1fe0033350002a56d7479706533a36d7367c403ff0001a56174747273a0"));
    let answer = hex("46504e4e0180020010000000bb030c0081a56d74696d65cf000001a1fdf93143");
    assert_eq!(c.wire.bytes(answer.len()).await, answer);
    let heard = peer.pushed("pushmsg").await;
    assert_eq!(heard["msg"], json!({"str": "ff0001"}));
    assert_eq!(heard["mid"], 0x01a1_fe00_3335_0002_i64);
}

#[tokio::test]
async fn what_real_sdks_ask_of_history_is_answered_byte_for_byte() {
    let world = World::start().await;
    set_clock(&world, 1_700_000_000_001);
    world.group(555, &[111, 119, 654_321]).await;
    let mut back_end = world.back_end().await;
    let mut own = world.back(654_321).await;
    // As in the vectors, but for the numbers of records, which count from 1 here, and for the end.
    let first = json!({"from": 111, "gid": 555, "mid": 1_700_000_000_000_001_i64, "mtype": 51, "msg": "hello", "attrs": "{}"});
    back_end.say("sendgroupmsg", first).await;
    set_clock(&world, 1_700_000_000_002);
    let second = with_bytes(
        &json!({"from": 119, "gid": 555, "mid": 1_700_000_000_000_002_i64, "mtype": 51, "attrs": ""}),
    );
    let asked = back_end.ask("sendgroupmsg", second);
    assert!(back_end.answer(asked).await.is_ok());
    set_clock(&world, 1_700_000_010_000);
    own.wire.lay_out_bytes(&hex("46504e4e0180010b2d0000000300000067657467726f75706d736786a3676964d3000000000000022ba464657363c3a36e756d0aa5626567696e00a3656e6400a66c617374696400"));
    // Newest first.
    let expected = [
        "85a36e756d02a66c617374696401a5626567696e00a3656e64cf0000018bcfe56801a46d73677392",
        "98027733cf00060a24181e4002c2a3fffe01a0cf0000018bcfe56802",
        "98016f33cf00060a24181e4001c2a568656c6c6fa27b7dcf0000018bcfe56801",
    ]
    .concat();
    assert_eq!(answer(&mut own).await, expected);
    own.wire.lay_out_bytes(&hex(
        "46504e4e0180010c1000000005000000676574703270756e7265616481a47569647391d300000000000003e9",
    ));
    let payload = answer(&mut own).await;
    assert_eq!(
        payload,
        "82a370327081a43130303100a56c74696d6581a43130303100"
    );
    let draft = json!({"from": 1001, "to": 654_321, "mtype": 30, "msg": "theirs", "attrs": ""});
    set_clock(&world, 1_700_000_010_001);
    drop(own);
    world.until_offline(654_321).await;
    for mid in 1..=3 {
        back_end
            .say("sendmsg", with(draft.clone(), json!({"mid": mid})))
            .await;
    }
    let mut own = world.back(654_321).await;
    own.wire.lay_out_bytes(&hex(
        "46504e4e0180010c1000000005000000676574703270756e7265616481a47569647391d300000000000003e9",
    ));
    let payload = answer(&mut own).await;
    assert_eq!(
        payload,
        "82a370327081a43130303103a56c74696d6581a431303031cf0000018bcfe58f11"
    );
    own.wire.lay_out_bytes(&hex("46504e4e0180010937000000040000006765747032706d736787a46f756964d300000000000003e9a464657363c3a36e756d0aa5626567696e00a3656e6400a66c617374696400a66d74797065739133"));
    let payload = answer(&mut own).await;
    assert_eq!(
        payload,
        "85a36e756d00a66c617374696400a5626567696e00a3656e64cf0000018bcfe58f11a46d73677390"
    );
}

/// Parameters with the bytes of the vector for a body.
fn with_bytes(params: &serde_json::Value) -> impl halloo_testkit::rtm::Parameters + use<> {
    use halloo_testkit::rtm::Parameters as _;
    params.into_map().raw("msg", b"\xc4\x03\xff\xfe\x01")
}

/// What the next answer says; what is pushed before it is passed over.
async fn answer(client: &mut RtmClient) -> String {
    loop {
        let head = client.wire.bytes(16).await;
        let is_quest = head[6] == 1;
        let name = if is_quest { usize::from(head[7]) } else { 0 };
        let length = u32::from_le_bytes(head[8..12].try_into().unwrap()) as usize;
        let rest = client.wire.bytes(name + length).await;
        if !is_quest {
            return shown(&rest);
        }
    }
}
