//! What does not hang on how the bytes travel. Source: RTM client gate sections 1.3 to 1.5.

use bytes::Bytes;
use halloo_fpnn::{Decoder, Encoding, Frame, MAX_FRAME_BYTES, Map, Method, Quest};
use halloo_testkit::rtm::{Parameters as _, Push, RtmClient, WebSocketIo};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::vectors::hex;
use crate::world::{Ask as _, World, kickout};

/// A little of everything that a client does, and what it is answered and pushed.
pub(crate) async fn thin_path(world: &World, client: &mut RtmClient) -> Vec<Value> {
    let mut back_end = world.back_end().await;
    let mut seen = Vec::new();
    let token = world.token(7).await;
    for (method, params) in [
        ("getfriends", json!({})),
        (
            "auth",
            json!({"pid": client.pid, "uid": 7, "token": "wrong"}),
        ),
        ("auth", json!({"pid": 1, "uid": 7, "token": token})),
        (
            "auth",
            json!({"pid": client.pid, "uid": 7, "token": token, "attrs": {"a": "1"}}),
        ),
        ("auth", json!({"pid": client.pid, "uid": 7, "token": token})),
        ("ping", json!({})),
        ("addfriends", json!({"friends": [8]})),
        ("getfriends", json!({})),
        (
            "setuserinfo",
            json!({"oinfo": "x".repeat(65_535), "pinfo": "y".repeat(65_535)}),
        ),
        ("getuserinfo", json!({})),
        ("getattrs", json!({})),
        ("getonlineusers", json!({"uids": [7, 8]})),
        ("enterroom", json!({"rid": 5})),
        ("getroomcount", json!({"rids": [5]})),
        ("getroominfo", json!({"rid": 6})),
        ("sendmsg", json!({})),
        ("nosuchmethod", json!({})),
        ("which", json!({"what": "rtmGated"})),
    ] {
        let answer = client.call(method, params).await;
        let answer = answer.unwrap_or_else(|code| json!(code));
        seen.push(json!([method, answer]));
    }
    back_end
        .done("delroommember", json!({"rid": 5, "uid": 7}))
        .await;
    let push = client.push().await.expect("a push");
    assert_eq!(push, Push::one_way("kickoutroom", json!({"rid": 5})));
    // Many at once, which is many frames in few pieces.
    let asked: Vec<u32> = (0..300)
        .map(|_| client.ask("getuserrooms", json!({})))
        .collect();
    for sequence in asked {
        let answer = client.answer(sequence).await;
        assert_eq!(answer, Some(Ok(json!({"rooms": []}))));
    }
    client.done("bye", json!({})).await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    client.done("delfriends", json!({"friends": [8]})).await;
    back_end.done("kickout", json!({"uid": 7})).await;
    assert_eq!(client.last_words().await, [kickout(None)]);
    seen
}

#[tokio::test]
async fn bare_connections_and_websockets_give_the_same_answers() {
    let world = World::start().await;
    let mut bare = world.stranger().await;
    let expected = thin_path(&world, &mut bare).await;
    assert_eq!(expected[3], json!(["auth", {"ok": true}]));
    assert_eq!(expected[7], json!(["getfriends", {"uids": [8]}]));
    let project = world.project().await;
    let mut websocket = RtmClient::open_websocket(world.server.rtm.client, &project).await;
    assert_eq!(thin_path(&world, &mut websocket).await, expected);
}

#[tokio::test]
async fn both_kinds_of_connection_are_one_users_on_one_port() {
    let world = World::start().await;
    let project = world.project().await;
    let mut bare = world.client(7).await;
    let mut websocket = RtmClient::open_websocket(world.server.rtm.client, &project).await;
    let token = world.token(7).await;
    assert_eq!(websocket.log_in(7, &token).await, Ok(true));
    websocket.done("setuserinfo", json!({"oinfo": "o"})).await;
    let read = bare.field("getuserinfo", json!({}), "oinfo").await;
    assert_eq!(read, "o");
    let ce = json!({"ce": websocket.address});
    bare.done("kickout", ce).await;
    assert_eq!(websocket.last_words().await, [kickout(None)]);
    // Its end is the end of the session, too.
    let mut websocket = RtmClient::open_websocket(world.server.rtm.client, &project).await;
    bare.done("bye", json!({})).await;
    assert_eq!(websocket.log_in(7, &token).await, Ok(true));
    websocket.wire.shut().await;
    world.until_offline(7).await;
}

/// A quest as bytes.
fn frame(sequence: u32, method: &'static str, params: &Value) -> Vec<u8> {
    let payload = params.into_map().finish();
    let mut bytes = Vec::new();
    Quest::two_way(sequence, Method::new(method), payload).encode(&mut bytes);
    bytes
}

/// The one frame that a message has to be.
fn only_frame(message: &Bytes) -> Frame {
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    decoder.feed(message);
    let frame = decoder.next().expect("FPNN").expect("a whole frame");
    assert_eq!(decoder.buffered(), 0, "one frame in one message");
    frame
}

#[tokio::test]
async fn each_answer_and_each_push_is_a_websocket_message_of_its_own() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let stream = TcpStream::connect(world.server.rtm.client).await;
    let stream = stream.expect("the server accepts");
    let mut socket = WebSocketIo::agree(stream, "/service/websocket").await;
    let token = world.token(7).await;
    let login = json!({"pid": world.app.pid, "uid": 7, "token": token});
    let long = json!({"oinfo": "x".repeat(65_535), "pinfo": "y".repeat(65_535)});
    // Before it is logged in it may not send much.
    let login = frame(1, "auth", &login);
    socket.write_all(&login).await.expect("the server reads");
    socket.flush().await.expect("the server reads");
    let message = socket.message().await.expect("a message");
    assert!(matches!(
        only_frame(&message),
        Frame::Answer {
            sequence: 1,
            answer: Ok(_)
        }
    ));
    let mut quests = vec![frame(2, "setuserinfo", &long)];
    quests.extend((3..53).map(|number| frame(number, "getuserinfo", &json!({}))));
    quests.extend((53..103).map(|number| frame(number, "ping", &json!({}))));
    for quest in &quests {
        socket.write_all(quest).await.expect("the server reads");
    }
    socket.flush().await.expect("the server reads");
    let mut answered = Vec::new();
    while answered.len() < quests.len() {
        let message = socket.message().await.expect("a message");
        match only_frame(&message) {
            Frame::Answer { sequence, answer } => {
                assert!(answer.is_ok(), "{sequence}");
                answered.push(sequence);
            }
            Frame::Quest(quest) => panic!("{}", quest.method),
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, (2..103).collect::<Vec<u32>>());
    let rooms = json!({"rids": [5, 6, 7], "uid": 7});
    back_end.done("adduserrooms", &rooms).await;
    back_end.done("deleteuserrooms", &rooms).await;
    back_end.done("kickout", json!({"uid": 7})).await;
    let mut pushed = Vec::new();
    while let Some(message) = socket.message().await {
        match only_frame(&message) {
            Frame::Quest(quest) => pushed.push(quest.method.as_str().into_owned()),
            Frame::Answer { sequence, .. } => panic!("an answer to {sequence}"),
        }
    }
    assert_eq!(
        pushed,
        ["kickoutroom", "kickoutroom", "kickoutroom", "kickout"]
    );
}

#[tokio::test]
async fn quests_in_json_are_answered_in_json() {
    let world = World::start().await;
    let project = world.project().await;
    let mut bare = world.stranger().await;
    let expected = thin_path(&world, &mut bare).await;
    let websocket = RtmClient::open_websocket(world.server.rtm.client, &project).await;
    for mut client in [world.stranger().await, websocket] {
        client.wire.encoding = Encoding::Json;
        assert_eq!(thin_path(&world, &mut client).await, expected);
    }
    let mut client = world.stranger().await;
    for (encoding, flag) in [(Encoding::Json, 0x40), (Encoding::MessagePack, 0x80)] {
        client.wire.encoding = encoding;
        client.ask("which", json!({"what": "nothing"}));
        let head = client.wire.bytes(16).await;
        assert_eq!(head[5], flag);
        let length = u32::from_le_bytes(head[8..12].try_into().unwrap());
        let payload = client.wire.bytes(length as usize).await;
        if encoding == Encoding::Json {
            let payload: Value = serde_json::from_slice(&payload).expect("JSON");
            assert_eq!(payload["code"], 100_001);
            assert!(payload["ex"].is_string());
        }
    }
}

#[tokio::test]
async fn pushes_are_messagepack_whatever_the_client_speaks() {
    let world = World::start().await;
    let mut client = world.stranger().await;
    client.wire.encoding = Encoding::Json;
    let token = world.token(7).await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    world
        .back_end()
        .await
        .done("kickout", json!({"uid": 7}))
        .await;
    let kicked = hex("46504e4e01800007010000006b69636b6f757480");
    assert_eq!(client.wire.bytes(kicked.len()).await, kicked);
}

#[tokio::test]
async fn answers_that_nobody_waits_for_are_ignored() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    // Section 9.4: to a push that wanted none, numbered 0; sections 1.3 and 4.4: twice, and as an error.
    let stray = hex("46504e4e01800200010000000000000080");
    let unasked = hex("46504e4e01800200010000006500000080");
    let error =
        hex("46504e4e018002011a0000000100000082a4636f6465ce00030d68a26578ab6e6f7420696e20726f6f6d");
    for _ in 0..3 {
        for answer in [&stray, &unasked, &unasked, &error] {
            assert!(client.wire.write(answer).await);
            assert!(client.is_logged_in().await);
        }
    }
    let mut stranger = world.stranger().await;
    assert!(stranger.wire.write(&stray).await);
    let token = world.token(8).await;
    assert_eq!(stranger.log_in(8, &token).await, Ok(true));
}

#[tokio::test]
async fn a_quest_that_wants_no_answer_gets_none_whether_it_works_or_not() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    for (method, params) in [
        ("nosuchmethod", json!({})),
        ("sendmsg", json!({})),
        ("createRTCRoom", json!({})),
        ("addfriends", json!({"friends": []})),
        ("addfriends", json!({"friends": "x"})),
        ("auth", json!({"uid": 0})),
        ("addfriends", json!({"friends": [8]})),
        ("ping", json!({})),
    ] {
        client.wire.tell(method, params.into_map().finish());
    }
    assert_eq!(client.ids("getfriends", json!({}), "uids").await, [8]);
    // A login that nobody waits for is none of a wrong token.
    let mut stranger = world.stranger().await;
    for params in [
        json!({}),
        json!({"pid": stranger.pid, "uid": 7, "token": "wrong"}),
    ] {
        stranger.wire.tell("auth", params.into_map().finish());
    }
    stranger
        .wire
        .tell("addfriends", Map::new().integers("friends", [9]).finish());
    assert!(!stranger.is_logged_in().await);
    assert_eq!(client.ids("getfriends", json!({}), "uids").await, [8]);
}

#[tokio::test]
async fn calls_of_one_user_are_limited_where_the_operator_says_so() {
    let world = World::start_with(|config| config.rates.rtm_client = 2).await;
    let (mut client, mut other) = (world.client(7).await, world.client(8).await);
    let asked: Vec<u32> = (0..50)
        .map(|_| client.ask("getfriends", json!({})))
        .collect();
    let mut refused = 0;
    for sequence in asked {
        match client.answer(sequence).await.expect("an answer") {
            Ok(answer) => assert_eq!(answer, json!({"uids": []})),
            Err(code) => {
                assert_eq!(code, 200_010);
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "50 quests are not taken within a moment");
    let answer = other.call("getfriends", json!({})).await;
    assert_eq!(answer, Ok(json!({"uids": []})), "another user's budget");
}
