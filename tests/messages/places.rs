//! Groups and rooms that end, devices that are not in them, numbers at the edge. Sources: RTM server gate
//! sections 1.4 and 3, RTM client gate sections 2.8 and 6.

use halloo_fpnn::Encoding;
use halloo_testkit::rtm::Parameters as _;
use serde_json::json;

use crate::talk::{Asker as _, Door, chat, text, unread, unread_in, with};
use crate::world::{Ask as _, World};

#[tokio::test]
async fn what_was_said_in_a_group_that_is_deleted_stays_for_the_back_end() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    world.group(5, &[7, 8]).await;
    let mut seven = world.client(7).await;
    for mid in 1..=3 {
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), chat(mid, "m")))
            .await;
    }
    back_end.done("delgroup", json!({"gid": 5})).await;
    assert_eq!(
        back_end.rows("getgroupmsg", json!({"gid": 5})).await.len(),
        3
    );
    let mut eight = world.back(8).await;
    assert_eq!(unread(&mut eight).await, (vec![], vec![]));
    let sessions = eight.call("getsession", json!({})).await;
    assert_eq!(sessions, Ok(json!({"p2p": [], "group": []})));
    let quest = with(json!({"gid": 5}), chat(4, "m"));
    assert_eq!(seven.call("sendgroupmsg", &quest).await, Err(200_046));
    let asked = json!({"gid": 5, "desc": true, "num": 5});
    assert_eq!(seven.call("getgroupmsg", asked).await, Err(200_041));
    // Another of the same number goes on where that ended, and nothing of it waits for who joins now.
    world.advance_ms(1);
    world.group(5, &[7, 8]).await;
    assert_eq!(unread_in(&mut eight, &[5]).await, [0]);
    seven.say("sendgroupmsg", quest).await;
    assert_eq!(eight.pushed("pushgroupmsg").await["mid"], 4);
    let rows = back_end.rows("getgroupmsg", json!({"gid": 5})).await;
    assert_eq!(rows.last().expect("a row")[0], 4);
}

#[tokio::test]
async fn who_loses_his_connection_is_out_of_his_rooms_and_hears_nothing_there() {
    let world = World::start().await;
    let mut seven = world.client(7).await;
    let mut eight = world.back(8).await;
    for client in [&mut seven, &mut eight] {
        client.done("enterroom", json!({"rid": 6})).await;
    }
    world.lose(eight, 8).await;
    world.until_members_are(6, &[7]).await;
    let mut eight = world.back(8).await;
    seven
        .say("sendroommsg", with(json!({"rid": 6}), text(1, "room")))
        .await;
    seven
        .say("sendmsg", with(json!({"to": 8}), text(2, "pair")))
        .await;
    assert_eq!(eight.push().await.expect("a push").params["msg"], "pair");
    let quest = with(json!({"rid": 6}), text(3, "m"));
    assert_eq!(eight.call("sendroommsg", quest).await, Err(200_040));
    // Back inside he reads what was said meanwhile.
    eight.done("enterroom", json!({"rid": 6})).await;
    assert_eq!(
        eight.bodies("getroommsg", json!({"rid": 6})).await,
        ["room"]
    );
}

#[tokio::test]
async fn a_room_without_members_refuses_all_and_remembers() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut seven = world.client(7).await;
    seven.done("enterroom", json!({"rid": 6})).await;
    seven
        .say("sendroommsg", with(json!({"rid": 6}), text(1, "m")))
        .await;
    seven.done("leaveroom", json!({"rid": 6})).await;
    let quest = with(json!({"rid": 6, "from": 7}), text(2, "m"));
    assert_eq!(back_end.call("sendroommsg", quest).await, Err(200_040));
    let mut eight = world.back(8).await;
    eight.done("enterroom", json!({"rid": 6})).await;
    assert_eq!(eight.bodies("getroommsg", json!({"rid": 6})).await, ["m"]);
}

#[tokio::test]
async fn the_greatest_numbers_are_taken() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let (uid, id) = (1_i64 << 62, i64::MAX);
    world.group(id, &[uid, 8]).await;
    back_end
        .done("addroommember", json!({"rid": id, "uid": uid}))
        .await;
    let mut eight = world.back(8).await;
    eight.done("enterroom", json!({"rid": id})).await;
    for (method, to, pushed_as) in [
        ("sendmsg", json!({"to": 8}), "pushmsg"),
        ("sendgroupmsg", json!({"gid": id}), "pushgroupmsg"),
        ("sendroommsg", json!({"rid": id}), "pushroommsg"),
        ("broadcastmsg", json!({}), "pushbroadcastmsg"),
    ] {
        for mid in [i64::MAX, i64::MIN, -1] {
            let quest = with(with(chat(mid, "m"), to.clone()), json!({"from": uid}));
            back_end.say(method, quest).await;
            let heard = eight.pushed(pushed_as).await;
            assert_eq!(
                (&heard["from"], &heard["mid"]),
                (&json!(uid), &json!(mid)),
                "{method}"
            );
        }
    }
    let rows = eight.rows("getp2pmsg", json!({"ouid": uid})).await;
    let mids: Vec<_> = rows.iter().map(|row| row[3].clone()).collect();
    assert_eq!(mids, [json!(i64::MAX), json!(i64::MIN), json!(-1)]);
    let place = json!({"from": uid, "xid": 8, "mid": i64::MIN, "type": 1});
    assert_eq!(eight.field("getmsg", place, "msg").await, "m");
    // Above are users with other names, who are there or not.
    for nobody in [uid + 77, i64::MAX] {
        let users = world.users().await;
        for (method, quest) in [
            ("sendmsg", json!({"from": nobody, "to": 8})),
            ("sendmsg", json!({"from": 8, "to": nobody})),
            ("broadcastmsg", json!({"from": nobody})),
        ] {
            let answer = back_end
                .call(method, with(text(1, "m"), quest.clone()))
                .await;
            assert_eq!(answer, Err(200_001), "{quest}");
        }
        let quest = with(text(1, "m"), json!({"to": nobody}));
        assert_eq!(eight.call("sendmsg", quest).await, Err(200_001));
        assert!(
            eight
                .rows("getp2pmsg", json!({"ouid": nobody}))
                .await
                .is_empty()
        );
        assert_eq!(world.users().await, users);
    }
}

#[tokio::test]
async fn a_viewer_of_groups_rooms_and_broadcasts_may_be_anybody() {
    // C++, Go, Java and Node send 0, older releases nothing.
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    world.group(5, &[7]).await;
    back_end
        .say(
            "sendgroupmsg",
            with(text(1, "m"), json!({"from": 7, "gid": 5})),
        )
        .await;
    back_end
        .say("broadcastmsg", with(text(1, "m"), json!({"from": 7})))
        .await;
    for uid in [json!(0), json!(null), json!(7), json!(99), json!(-1)] {
        for (method, of) in [
            ("getgroupmsg", json!({"gid": 5})),
            ("getbroadcastmsg", json!({})),
        ] {
            let rows = back_end.rows(method, with(of, json!({"uid": uid}))).await;
            assert_eq!(rows.len(), 1, "{method} {uid}");
        }
        assert!(
            back_end
                .rows("getroommsg", json!({"rid": 5, "uid": uid}))
                .await
                .is_empty()
        );
    }
    for uid in [0, -1] {
        for asked in [
            json!({"uid": uid, "ouid": 7}),
            json!({"uid": 7, "ouid": uid}),
        ] {
            let asked = with(asked, json!({"desc": true, "num": 5}));
            assert_eq!(back_end.call("getp2pmsg", asked).await, Err(200_001));
        }
    }
}

#[tokio::test]
async fn json_says_the_same_as_messagepack() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut seven = world.client_by(Door::Fpnn, 7).await;
    let mut eight = world.client_by(Door::WebSocket, 8).await;
    back_end.wire.encoding = Encoding::Json;
    seven.wire.encoding = Encoding::Json;
    let quest =
        json!({"to": 8, "mid": 1, "mtype": 30, "msg": "gr\u{fc}\u{df} \u{1f600}", "attrs": "{}"});
    assert_eq!(seven.say("sendmsg", quest).await, world.now().0);
    let heard = eight.pushed("pushmsg").await;
    assert_eq!(heard["msg"]["sourceText"], "gr\u{fc}\u{df} \u{1f600}");
    // What is no text has some form there, and the rest of the page is whole.
    let bytes = json!({"to": 7, "mid": 2, "mtype": 51, "attrs": ""});
    let bytes = bytes.into_map().raw("msg", b"\xc4\x03\xff\x00\x01");
    assert!(eight.call("sendmsg", bytes).await.is_ok());
    let bodies = seven.bodies("getp2pmsg", json!({"ouid": 8})).await;
    assert_eq!(bodies[0], "gr\u{fc}\u{df} \u{1f600}");
    assert_eq!(bodies.len(), 2);
    let bodies = back_end
        .bodies("getp2pmsg", json!({"uid": 7, "ouid": 8}))
        .await;
    assert_eq!(bodies[0], "gr\u{fc}\u{df} \u{1f600}");
    assert_eq!(bodies.len(), 2);
}
