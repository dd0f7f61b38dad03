//! Single messages: read, removed, changed. Source: RTM server gate section 5.5, RTM client gate section 3.3.

use halloo_testkit::rtm::{Caller, RtmClient};
use serde_json::{Value, json};

use crate::talk::{Asker as _, text, with};
use crate::world::{Ask as _, World};

/// 7 has sent one message of every sort, named 1; the back end sent that to everybody.
struct Sent {
    world: World,
    back_end: Caller,
    seven: RtmClient,
    eight: RtmClient,
    at: i64,
}

impl Sent {
    async fn start() -> Self {
        let world = World::start().await;
        let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
        world.group(5, &[7, 8]).await;
        for client in [&mut seven, &mut eight] {
            client.done("enterroom", json!({"rid": 6})).await;
        }
        let mut back_end = world.back_end().await;
        let draft = json!({"mid": 1, "mtype": 51, "msg": "m", "attrs": "a"});
        let at = seven
            .say("sendmsg", with(json!({"to": 8}), draft.clone()))
            .await;
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), draft.clone()))
            .await;
        seven
            .say("sendroommsg", with(json!({"rid": 6}), draft.clone()))
            .await;
        back_end
            .say("broadcastmsg", with(json!({"from": 7}), draft))
            .await;
        world.advance_ms(1000);
        Self {
            world,
            back_end,
            seven,
            eight,
            at,
        }
    }
}

/// Where each stands.
fn places() -> [Value; 4] {
    [(1, 8), (2, 5), (3, 6), (4, 0)]
        .map(|(kind, xid)| json!({"mid": 1, "from": 7, "xid": xid, "type": kind}))
}

/// How the log of each is read by a back end.
fn logs() -> [(&'static str, Value); 4] {
    [
        ("getp2pmsg", json!({"uid": 7, "ouid": 8})),
        ("getgroupmsg", json!({"gid": 5})),
        ("getroommsg", json!({"rid": 6})),
        ("getbroadcastmsg", json!({})),
    ]
}

/// Places where nothing is.
fn nowhere(place: &Value) -> Vec<Value> {
    let mut all = vec![
        with(place.clone(), json!({"mid": 2})),
        with(place.clone(), json!({"mid": 0})),
        with(place.clone(), json!({"mid": -1})),
        with(place.clone(), json!({"from": 9})),
        with(place.clone(), json!({"from": 999})),
    ];
    // A back end may look into all of them; a client would be told that he is no member.
    if place["type"] == 1 {
        all.push(with(place.clone(), json!({"xid": 9})));
        all.push(with(place.clone(), json!({"xid": 999})));
    }
    all
}

#[tokio::test]
async fn a_message_is_found_by_its_name_sender_and_place() {
    let mut sent = Sent::start().await;
    for (place, (method, of)) in places().into_iter().zip(logs()) {
        let id = sent.back_end.rows(method, of).await[0][0].clone();
        let expected = json!({"id": id, "mtype": 51, "msg": "m", "attrs": "a", "mtime": sent.at});
        let found = sent.back_end.call("getmsg", &place).await;
        assert_eq!(found, Ok(expected.clone()), "{place}");
        for client in [&mut sent.seven, &mut sent.eight] {
            assert_eq!(
                client.call("getmsg", &place).await,
                Ok(expected.clone()),
                "{place}"
            );
        }
        for place in nowhere(&place) {
            assert_eq!(
                sent.back_end.call("getmsg", &place).await,
                Err(200_070),
                "{place}"
            );
            assert_eq!(
                sent.seven.call("getmsg", &place).await,
                Err(200_070),
                "{place}"
            );
        }
    }
    // The receiver may be named as he sees it, too.
    let place = json!({"mid": 1, "from": 7, "xid": 7, "type": 1});
    assert!(sent.eight.call("getmsg", place).await.is_ok());
    // Objective-C asks so for what was told to everybody.
    let place = json!({"mid": 1, "from": 0, "xid": 0, "type": 4});
    assert!(sent.seven.call("getmsg", place).await.is_ok());
    for kind in [0, 5, -1, 127] {
        let place = json!({"mid": 1, "from": 7, "xid": 8, "type": kind});
        for method in ["getmsg", "delmsg"] {
            assert_eq!(
                sent.seven.call(method, &place).await,
                Err(200_034),
                "{kind}"
            );
            assert_eq!(
                sent.back_end.call(method, &place).await,
                Err(200_034),
                "{kind}"
            );
        }
    }
}

#[tokio::test]
async fn of_several_called_alike_the_latest_is_found_and_removed_first() {
    let mut sent = Sent::start().await;
    sent.seven
        .say("sendmsg", with(json!({"to": 8}), text(1, "second")))
        .await;
    // Of the other one it is another message.
    sent.eight
        .say("sendmsg", with(json!({"to": 7}), text(1, "of eight")))
        .await;
    let place = json!({"mid": 1, "from": 7, "xid": 8, "type": 1});
    assert_eq!(
        sent.eight.field("getmsg", place.clone(), "msg").await,
        "second"
    );
    let other = json!({"mid": 1, "from": 8, "xid": 7, "type": 1});
    assert_eq!(
        sent.seven.field("getmsg", other.clone(), "msg").await,
        "of eight"
    );
    sent.seven.done("delmsg", place.clone()).await;
    assert_eq!(sent.eight.field("getmsg", place.clone(), "msg").await, "m");
    sent.seven.done("delmsg", place.clone()).await;
    assert_eq!(sent.eight.call("getmsg", place).await, Err(200_070));
    assert_eq!(sent.seven.field("getmsg", other, "msg").await, "of eight");
}

#[tokio::test]
async fn what_was_removed_is_nowhere_any_more() {
    let mut sent = Sent::start().await;
    for (place, (method, of)) in places().into_iter().zip(logs()) {
        let before = sent.back_end.rows(method, of.clone()).await;
        for place in nowhere(&place) {
            assert_eq!(
                sent.back_end.call("delmsg", &place).await,
                Err(200_070),
                "{place}"
            );
        }
        assert_eq!(sent.back_end.rows(method, of.clone()).await, before);
        sent.back_end.done("delmsg", &place).await;
        assert!(sent.back_end.rows(method, of).await.is_empty());
        for method in ["delmsg", "getmsg"] {
            assert_eq!(sent.back_end.call(method, &place).await, Err(200_070));
            assert_eq!(sent.seven.call(method, &place).await, Err(200_070));
        }
    }
    for (method, of) in [
        ("getp2pmsgcount", json!({"ouid": 8})),
        ("getgroupmsgcount", json!({"gid": 5})),
        ("getroommsgcount", json!({"rid": 6})),
        ("getbroadcastmsgcount", json!({})),
    ] {
        let count = sent.seven.field(method, of, "count").await;
        assert_eq!(count, 0, "{method}");
    }
    let world = sent.world.restart().await;
    let mut back_end = world.back_end().await;
    for (method, of) in logs() {
        assert!(back_end.rows(method, of).await.is_empty(), "{method}");
    }
}

#[tokio::test]
async fn a_client_removes_what_he_said_and_nothing_else() {
    let mut sent = Sent::start().await;
    for place in &places()[..3] {
        assert_eq!(
            sent.eight.call("delmsg", place).await,
            Err(200_021),
            "{place}"
        );
        assert!(sent.eight.call("getmsg", place).await.is_ok());
    }
    let to_all = &places()[3];
    assert_eq!(sent.eight.call("delmsg", to_all).await, Err(200_021));
    for place in &places()[..3] {
        sent.seven.done("delmsg", place.clone()).await;
        assert_eq!(sent.eight.call("getmsg", place).await, Err(200_070));
        assert_eq!(sent.eight.call("delmsg", place).await, Err(200_070));
    }
}

#[tokio::test]
async fn the_oldest_sdks_remove_from_pairs_without_saying_so() {
    let mut sent = Sent::start().await;
    let place = json!({"mid": 1, "from": 7, "xid": 8});
    assert_eq!(sent.eight.call("delmsg", &place).await, Err(200_021));
    sent.seven.done("delmsg", place).await;
    for (place, there) in places().iter().zip([false, true, true, true]) {
        let found = sent.back_end.call("getmsg", place).await;
        assert_eq!(found.is_ok(), there, "{place}");
    }
    sent.eight
        .say("sendmsg", with(json!({"to": 7}), text(2, "m")))
        .await;
    let place = json!({"mid": 2, "from": 8, "xid": 7});
    sent.back_end.done("delmsg", place).await;
    assert!(
        sent.seven
            .rows("getp2pmsg", json!({"ouid": 8}))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_message_is_changed_in_its_place() {
    let mut sent = Sent::start().await;
    for (place, (method, of)) in places().into_iter().zip(logs()) {
        let before = sent.back_end.rows(method, of.clone()).await;
        let change = json!({"msg": "changed", "attrs": "b", "timeLimit": 0});
        sent.back_end
            .done("editmsg", with(place.clone(), change))
            .await;
        let mut expected = before;
        expected[0][5] = json!("changed");
        expected[0][6] = json!("b");
        assert_eq!(sent.back_end.rows(method, of).await, expected);
        let found = sent.eight.field("getmsg", place, "msg").await;
        assert_eq!(found, "changed");
    }
    assert_eq!(sent.seven.call("editmsg", &places()[0]).await, Err(20_004));
}

#[tokio::test]
async fn a_message_is_changed_within_the_time_that_is_given() {
    let mut sent = Sent::start().await;
    // It is a second old.
    let place = places()[0].clone();
    let mut number = 0;
    for (limit, passes) in [
        (999, false),
        (1000, true),
        (1001, true),
        (1, false),
        (0, true),
        (-1, true),
        (i64::MAX, true),
    ] {
        number += 1;
        let msg = format!("{number}");
        let before = sent.seven.field("getmsg", place.clone(), "msg").await;
        let change = json!({"msg": msg, "attrs": "", "timeLimit": limit});
        let answer = sent
            .back_end
            .call("editmsg", with(place.clone(), change))
            .await;
        let expected = if passes { Ok(json!({})) } else { Err(200_070) };
        assert_eq!(answer, expected, "{limit}");
        let after = sent.seven.field("getmsg", place.clone(), "msg").await;
        assert_eq!(after, if passes { json!(msg) } else { before }, "{limit}");
    }
    for (change, code) in [
        (json!({"msg": "x".repeat(20_481), "attrs": ""}), 200_030),
        (json!({"msg": "x", "attrs": "x".repeat(2049)}), 200_030),
        (json!({"msg": "x", "attrs": "", "mid": 2}), 200_070),
        (json!({"msg": "x", "attrs": "", "from": 8}), 200_070),
        (json!({"msg": "x", "attrs": "", "type": 5}), 200_034),
    ] {
        let change = with(with(place.clone(), json!({"timeLimit": 0})), change);
        assert_eq!(sent.back_end.call("editmsg", change).await, Err(code));
    }
    assert_eq!(sent.seven.field("getmsg", place, "msg").await, "7");
}

#[tokio::test]
async fn a_change_is_no_new_message_and_outlives_a_restart() {
    let mut sent = Sent::start().await;
    while sent.eight.push().await.expect("a push").method != "pushbroadcastmsg" {}
    let change = with(
        places()[0].clone(),
        json!({"msg": "x".repeat(20_480), "attrs": "", "timeLimit": 0}),
    );
    sent.back_end.done("editmsg", change).await;
    sent.seven
        .say("sendmsg", with(json!({"to": 8}), text(2, "next")))
        .await;
    assert_eq!(sent.eight.pushed("pushmsg").await["mid"], 2);
    let world = sent.world.restart().await;
    let mut eight = world.client(8).await;
    let bodies = eight.bodies("getp2pmsg", json!({"ouid": 7})).await;
    assert_eq!(bodies, [json!("x".repeat(20_480)), json!("next")]);
}
