//! What is said arrives at once where it should, whole. Sources: RTM server gate section 5.2, RTM client gate
//! sections 2.6, 3.2, 4.1 to 4.3 and 6.

use halloo_core::apps::MessageSettings;
use halloo_core::users::Uid;
use halloo_testkit::rtm::{Answers, Parameters as _, Push, RtmClient};
use serde_json::{Value, json};

use crate::talk::{Asker as _, Door, chat, text, untranslated, with};
use crate::world::{Ask as _, World};

/// A push that wants an answer.
fn push(method: &str, params: Value) -> Push {
    Push {
        is_one_way: false,
        ..Push::one_way(method, params)
    }
}

/// The next push of `client`.
async fn next(client: &mut RtmClient) -> Push {
    client.push().await.expect("a push")
}

/// The four ways in which a client's message can go, and what it is pushed as. Users 7 and 8 are in group 5 and
/// room 6.
fn ways() -> [(&'static str, Value, &'static str, Value); 3] {
    [
        ("sendmsg", json!({"to": 8}), "pushmsg", json!({"to": 8})),
        (
            "sendgroupmsg",
            json!({"gid": 5}),
            "pushgroupmsg",
            json!({"gid": 5}),
        ),
        (
            "sendroommsg",
            json!({"rid": 6}),
            "pushroommsg",
            json!({"rid": 6}),
        ),
    ]
}

async fn with_places(world: &World, clients: &mut [&mut RtmClient]) {
    world.group(5, &[7, 8, 9]).await;
    for client in clients {
        client.done("enterroom", json!({"rid": 6})).await;
    }
}

#[tokio::test]
async fn what_a_client_says_arrives_with_every_field() {
    let world = World::start().await;
    for door in Door::ALL {
        let mut seven = world.client_by(door, 7).await;
        let mut eight = world.client_by(door, 8).await;
        with_places(&world, &mut [&mut seven, &mut eight]).await;
        let mut mid = if door == Door::Fpnn { 100 } else { 200 };
        for (method, to, pushed_as, place) in ways() {
            for (draft, shown) in [
                (
                    json!({"mtype": 51, "msg": "hi", "attrs": "{\"a\":1}"}),
                    json!("hi"),
                ),
                (
                    json!({"mtype": 30, "msg": "gr\u{fc}\u{df}", "attrs": ""}),
                    untranslated("gr\u{fc}\u{df}"),
                ),
                (
                    json!({"mtype": 127, "msg": "", "attrs": "\u{1f600}"}),
                    json!(""),
                ),
                (
                    json!({"mtype": 1, "msg": "a\u{0}b", "attrs": ""}),
                    json!("a\u{0}b"),
                ),
            ] {
                mid += 1;
                world.advance_ms(10);
                let quest = with(with(to.clone(), draft.clone()), json!({"mid": mid}));
                let at = seven.say(method, quest).await;
                assert_eq!(at, world.now().0);
                let expected = with(
                    json!({"from": 7, "mid": mid, "mtype": draft["mtype"], "msg": shown,
                        "attrs": draft["attrs"], "mtime": at}),
                    place.clone(),
                );
                assert_eq!(
                    next(&mut eight).await,
                    push(pushed_as, expected),
                    "{door:?}"
                );
            }
        }
        assert_eq!(seven.so_far().await, [], "who says it does not hear it");
        world.log_out(seven, 7).await;
        world.log_out(eight, 8).await;
    }
}

#[tokio::test]
async fn what_a_back_end_says_arrives_with_every_field() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut eight = world.client_by(Door::WebSocket, 8).await;
    let mut nine = world.client_by(Door::Fpnn, 9).await;
    with_places(&world, &mut [&mut eight, &mut nine]).await;
    back_end
        .done("addroommember", json!({"rid": 6, "uid": 7}))
        .await;
    let mut mid = 100;
    for (method, to, pushed_as, place, all) in [
        (
            "sendmsg",
            json!({"to": 8}),
            "pushmsg",
            json!({"to": 8}),
            false,
        ),
        (
            "sendgroupmsg",
            json!({"gid": 5}),
            "pushgroupmsg",
            json!({"gid": 5}),
            true,
        ),
        (
            "sendroommsg",
            json!({"rid": 6}),
            "pushroommsg",
            json!({"rid": 6}),
            true,
        ),
        (
            "broadcastmsg",
            json!({}),
            "pushbroadcastmsg",
            json!({}),
            true,
        ),
    ] {
        mid += 1;
        world.advance_ms(10);
        let draft = json!({"mid": mid, "mtype": 30, "msg": "hello", "attrs": "x", "from": 7});
        let at = back_end.say(method, with(draft, to)).await;
        assert_eq!(at, world.now().0);
        let expected = with(
            json!({"from": 7, "mid": mid, "mtype": 30, "msg": untranslated("hello"),
                "attrs": "x", "mtime": at}),
            place,
        );
        assert_eq!(next(&mut eight).await, push(pushed_as, expected.clone()));
        if all {
            assert_eq!(next(&mut nine).await, push(pushed_as, expected));
        }
    }
}

#[tokio::test]
async fn one_message_to_several_arrives_at_each_as_his_own() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut seven = world.client(7).await;
    let (mut eight, mut nine) = (world.client(8).await, world.client(9).await);
    let several = json!({"tos": [8, 9, 8, 7, 10]});
    let first = seven
        .say("sendmsgs", with(several.clone(), text(1, "own")))
        .await;
    let draft = with(text(2, "told"), json!({"from": 7}));
    let second = back_end.say("sendmsgs", with(several, draft)).await;
    for (uid, client) in [(8, &mut eight), (9, &mut nine)] {
        for (mid, msg, at) in [(1, "own", first), (2, "told", second)] {
            let expected = json!({"from": 7, "to": uid, "mid": mid, "mtype": 51, "msg": msg,
                "attrs": "", "mtime": at});
            assert_eq!(next(client).await, push("pushmsg", expected));
        }
        assert_eq!(client.so_far().await, []);
    }
    // His only device sent the first, and is told of each that another sent for him.
    for to in [8, 9, 10] {
        let copy = next(&mut seven).await;
        assert_eq!(copy.params["mid"], 2, "{to}: {copy:?}");
        assert_eq!(copy.params["from"], 7);
    }
    assert_eq!(seven.so_far().await, []);
    for peer in [8, 9, 10] {
        let bodies = seven.bodies("getp2pmsg", json!({"ouid": peer})).await;
        assert_eq!(bodies, ["own", "told"], "{peer}");
    }
    // Nobody has a log with himself.
    assert_eq!(
        seven.rows("getp2pmsg", json!({"ouid": 7})).await,
        [0; 0].map(Value::from)
    );
}

#[tokio::test]
async fn the_other_devices_of_the_sender_get_a_copy() {
    let world = World::start().await;
    let mut seven = world.client_by(Door::Fpnn, 7).await;
    let mut second = world.client_by(Door::WebSocket, 7).await;
    let mut eight = world.client(8).await;
    with_places(&world, &mut [&mut seven, &mut eight]).await;
    for (mid, (method, to, pushed_as, place)) in (1..).zip(ways()) {
        seven.say(method, with(to, text(mid, "m"))).await;
        for client in [&mut second, &mut eight] {
            let copy = next(client).await;
            assert_eq!(copy.method, pushed_as);
            assert_eq!(copy.params["from"], 7);
            assert_eq!(copy.params["mid"], mid);
            for (key, id) in place.as_object().expect("an object") {
                assert_eq!(copy.params[key], *id);
            }
        }
        assert_eq!(second.so_far().await, []);
    }
    // What another sends is told to both, once each.
    eight
        .say("sendmsg", with(json!({"to": 7}), text(9, "back")))
        .await;
    for client in [&mut seven, &mut second] {
        let pushed = next(client).await;
        assert_eq!(
            (&pushed.params["mid"], &pushed.params["to"]),
            (&json!(9), &json!(7))
        );
        assert_eq!(client.so_far().await, []);
    }
    assert_eq!(eight.so_far().await, []);
}

#[tokio::test]
async fn bodies_that_are_no_text_arrive_as_their_reader_takes_them() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    let mut back_end = world.back_end().await;
    for (mid, written, pushed, at_back_end) in [
        // Bytes, which clients look at themselves: text comes out as text.
        (
            1,
            b"\xc4\x03\xff\x00\x01".as_slice(),
            json!({"str": "ff0001"}),
            json!({"bin": "ff0001"}),
        ),
        (2, b"\xc4\x02hi", json!("hi"), json!({"bin": "6869"})),
        (
            3,
            b"\xa3\xff\x00\x01",
            json!({"str": "ff0001"}),
            json!({"bin": "ff0001"}),
        ),
        (4, b"\xa2hi", json!("hi"), json!("hi")),
        (5, b"\xc4\x00", json!(""), json!({"bin": ""})),
    ] {
        let draft = json!({"to": 8, "mid": mid, "mtype": 51, "attrs": ""});
        let quest = draft.into_map().raw("msg", written);
        assert!(seven.call("sendmsg", quest).await.is_ok());
        assert_eq!(next(&mut eight).await.params["msg"], pushed, "{mid}");
        let bodies = eight.bodies("getp2pmsg", json!({"ouid": 7})).await;
        assert_eq!(bodies.last(), Some(&pushed), "{mid}");
        let place = json!({"from": 7, "xid": 8, "mid": mid, "type": 1});
        let one = eight
            .call("getmsg", place.clone())
            .await
            .expect("it is there");
        assert_eq!(one["msg"], pushed);
        let one = back_end.call("getmsg", place).await.expect("it is there");
        assert_eq!(one["msg"], at_back_end, "{mid}");
        let bodies = back_end
            .bodies("getp2pmsg", json!({"uid": 8, "ouid": 7}))
            .await;
        assert_eq!(bodies.last(), Some(&at_back_end), "{mid}");
    }
    // Bytes of a chat are shown as one, whatever they are.
    let draft = json!({"to": 8, "mid": 9, "mtype": 30, "attrs": ""});
    let quest = draft.into_map().raw("msg", b"\xc4\x01\xff");
    assert!(seven.call("sendmsg", quest).await.is_ok());
    let shown = next(&mut eight).await.params["msg"].clone();
    assert_eq!(
        shown,
        with(untranslated(""), json!({"sourceText": {"str": "ff"}}))
    );
}

#[tokio::test]
async fn a_chat_is_a_map_where_it_is_pushed_and_a_text_where_it_is_read() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    seven
        .say("sendmsg", with(json!({"to": 8}), chat(1, "hi")))
        .await;
    assert_eq!(eight.pushed("pushmsg").await["msg"], untranslated("hi"));
    assert_eq!(eight.bodies("getp2pmsg", json!({"ouid": 7})).await, ["hi"]);
    let place = json!({"from": 7, "xid": 8, "mid": 1, "type": 1});
    assert_eq!(eight.field("getmsg", place, "msg").await, "hi");
    let list = eight.call("getp2pconversationlist", json!({})).await;
    assert_eq!(list.expect("an answer")["msgs"][0][5], "hi");
}

#[tokio::test]
async fn a_message_without_a_name_is_given_one() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    let mut mids = Vec::new();
    for draft in [
        json!({"to": 8, "mid": 0, "mtype": 51, "msg": "m", "attrs": ""}),
        json!({"to": 8, "mid": null, "mtype": 51, "msg": "m", "attrs": null}),
        json!({"to": 8, "mtype": 51, "msg": "m"}),
    ] {
        seven.say("sendmsg", draft).await;
        let pushed = eight.pushed("pushmsg").await;
        assert_eq!(pushed["attrs"], "");
        let mid = pushed["mid"].as_i64().expect("an id");
        assert!(mid > 0 && !mids.contains(&mid), "{mid}");
        mids.push(mid);
    }
    let rows = eight.rows("getp2pmsg", json!({"ouid": 7})).await;
    let read: Vec<_> = rows
        .iter()
        .map(|row| row[3].as_i64().expect("an id"))
        .collect();
    assert_eq!(read, mids);
    let place = json!({"from": 7, "xid": 8, "mid": mids[1], "type": 1});
    assert_eq!(eight.field("getmsg", place, "msg").await, "m");
}

#[tokio::test]
async fn whom_nobody_has_seen_yet_is_written_to() {
    let world = World::start().await;
    let mut seven = world.client(7).await;
    assert_eq!(world.users().await, 1);
    seven
        .say("sendmsg", with(json!({"to": 8}), chat(1, "welcome")))
        .await;
    assert_eq!(world.users().await, 2);
    let mut eight = world.client(8).await;
    assert_eq!(
        eight.bodies("getp2pmsg", json!({"ouid": 7})).await,
        ["welcome"]
    );
    // A back end's sender need not be known either.
    let mut back_end = world.back_end().await;
    let draft = with(chat(2, "hello"), json!({"from": 70, "to": 80}));
    back_end.say("sendmsg", draft).await;
    let of = json!({"uid": 80, "ouid": 70});
    assert_eq!(back_end.bodies("getp2pmsg", of).await, ["hello"]);
}

#[tokio::test]
async fn who_is_not_asked_hears_nothing() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    let mut ten = world.client(10).await;
    with_places(&world, &mut [&mut seven, &mut eight]).await;
    for (mid, (method, to, ..)) in (1..).zip(ways()) {
        seven.say(method, with(to, text(mid, "secret"))).await;
    }
    // Whatever was on its way to him would come first.
    seven
        .say("sendmsg", with(json!({"to": 10}), text(9, "for you")))
        .await;
    assert_eq!(next(&mut ten).await.params["msg"], "for you");
    assert_eq!(ten.so_far().await, []);
    // Somebody in the group and not in the room.
    let mut nine = world.client(9).await;
    seven
        .say("sendroommsg", with(json!({"rid": 6}), text(10, "room")))
        .await;
    seven
        .say("sendgroupmsg", with(json!({"gid": 5}), text(11, "group")))
        .await;
    assert_eq!(next(&mut nine).await.params["msg"], "group");
}

#[tokio::test]
async fn who_left_hears_no_more_and_who_came_hears_from_then_on() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    let mut nine = world.client(9).await;
    world.group(5, &[7, 8]).await;
    for client in [&mut seven, &mut eight] {
        client.done("enterroom", json!({"rid": 6})).await;
    }
    let say = async |seven: &mut RtmClient, mid, msg: &str| {
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), text(mid, msg)))
            .await;
        seven
            .say("sendroommsg", with(json!({"rid": 6}), text(mid, msg)))
            .await;
    };
    say(&mut seven, 1, "first").await;
    nine.done("enterroom", json!({"rid": 6})).await;
    world.group(5, &[9]).await;
    say(&mut seven, 2, "second").await;
    eight.done("leaveroom", json!({"rid": 6})).await;
    let out = json!({"gid": 5, "uids": [8]});
    back_end.done("delgroupmembers", out).await;
    say(&mut seven, 3, "third").await;
    seven
        .say("sendmsg", with(json!({"to": 8}), text(4, "end")))
        .await;
    seven
        .say("sendmsg", with(json!({"to": 9}), text(4, "end")))
        .await;
    let heard = async |client: &mut RtmClient| {
        let mut heard = Vec::new();
        loop {
            let push = next(client).await;
            if push.method == "pushmsg" {
                return heard;
            }
            heard.push((push.method, push.params["mid"].as_i64().expect("an id")));
        }
    };
    let (g, r) = ("pushgroupmsg".to_owned(), "pushroommsg".to_owned());
    let both = |mid| [(g.clone(), mid), (r.clone(), mid)];
    assert_eq!(heard(&mut eight).await, [both(1), both(2)].concat());
    assert_eq!(heard(&mut nine).await, [both(2), both(3)].concat());
}

#[tokio::test]
async fn who_is_muted_in_a_place_hears_nothing_there_until_the_mute_ends() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    with_places(&world, &mut [&mut seven, &mut eight]).await;
    for (method, params) in [
        ("addgroupban", json!({"gid": 5, "uid": 8, "btime": 60})),
        ("addroomban", json!({"uid": 8, "btime": 60})),
    ] {
        back_end.done(method, params).await;
    }
    let say = async |seven: &mut RtmClient, mid| {
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), text(mid, "m")))
            .await;
        seven
            .say("sendroommsg", with(json!({"rid": 6}), text(mid, "m")))
            .await;
    };
    say(&mut seven, 1).await;
    world.advance_ms(60_000);
    say(&mut seven, 2).await;
    for method in ["pushgroupmsg", "pushroommsg"] {
        let heard = next(&mut eight).await;
        assert_eq!(
            (heard.method.as_str(), &heard.params["mid"]),
            (method, &json!(2))
        );
    }
}

#[tokio::test]
async fn a_broadcast_reaches_every_session_of_the_project_and_no_other() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut clients = vec![
        world.client_by(Door::Fpnn, 7).await,
        world.client_by(Door::WebSocket, 7).await,
        world.client(8).await,
    ];
    let other = world.other().await;
    let project = halloo_testkit::rtm::Project::of(&other);
    let mut other_end = world.back_end_of(project.clone()).await;
    let token = crate::world::grant(&mut other_end, 7).await;
    let mut elsewhere = RtmClient::open(world.server.rtm.client, &project).await;
    assert_eq!(elsewhere.log_in(7, &token).await, Ok(true));
    let draft = json!({"from": 7, "mid": 1, "mtype": 51, "msg": "all", "attrs": ""});
    back_end.say("broadcastmsg", draft.clone()).await;
    for client in &mut clients {
        let heard = next(client).await;
        assert_eq!(
            (heard.method.as_str(), &heard.params["msg"]),
            ("pushbroadcastmsg", &json!("all"))
        );
        assert_eq!(client.so_far().await, []);
    }
    other_end
        .say("broadcastmsg", with(draft, json!({"msg": "there"})))
        .await;
    assert_eq!(next(&mut elsewhere).await.params["msg"], "there");
    for client in &mut clients {
        assert_eq!(client.bodies("getbroadcastmsg", json!({})).await, ["all"]);
    }
    assert_eq!(
        elsewhere.bodies("getbroadcastmsg", json!({})).await,
        ["there"]
    );
}

#[tokio::test]
async fn an_administrator_broadcasts_and_writes_where_he_is_no_member() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    with_places(&world, &mut [&mut seven, &mut eight]).await;
    let settings = MessageSettings {
        administrators: [Uid(99)].into(),
        ..MessageSettings::default()
    };
    world.set_messages(settings).await;
    for (mid, (method, place, pushed_as)) in (1..).zip([
        ("sendgroupmsg", json!({"gid": 5}), "pushgroupmsg"),
        ("sendroommsg", json!({"rid": 6}), "pushroommsg"),
        ("broadcastmsg", json!({}), "pushbroadcastmsg"),
    ]) {
        let quest = with(with(text(mid, "notice"), place), json!({"from": 99}));
        back_end.say(method, quest).await;
        assert_eq!(seven.pushed(pushed_as).await["from"], 99);
        assert_eq!(eight.pushed(pushed_as).await["from"], 99);
    }
    let by_another = with(text(9, "no"), json!({"from": 7}));
    assert_eq!(
        back_end.call("broadcastmsg", by_another).await,
        Err(200_026)
    );
    assert_eq!(seven.rows("getbroadcastmsg", json!({})).await.len(), 1);
}

#[tokio::test]
async fn a_client_that_answers_nothing_still_hears_everything() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    for (mid, answers) in (1..).zip([Answers::Never, Answers::Refused, Answers::Done]) {
        eight.answers_pushes = answers;
        for n in 0..5 {
            let mid = 10 * mid + n;
            seven
                .say("sendmsg", with(json!({"to": 8}), text(mid, "m")))
                .await;
            assert_eq!(eight.pushed("pushmsg").await["mid"], mid, "{answers:?}");
        }
    }
    assert!(eight.is_logged_in().await);
}
