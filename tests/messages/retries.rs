//! A message that is sent again is there once. Sources: RTM server gate section 5.2, RTM client gate section 3.2.

use halloo_core::apps::MessageSettings;
use halloo_testkit::rtm::RtmClient;
use serde_json::{Value, json};

use crate::talk::{Asker as _, chat, text, unread_of, with};
use crate::world::{Ask as _, World};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Names of everything that `client` was told up to a message called 999, which `sender` sends him now.
async fn told(sender: &mut RtmClient, client: &mut RtmClient, uid: i64) -> Vec<i64> {
    sender
        .say("sendmsg", with(json!({"to": uid}), text(999, "end")))
        .await;
    let mut mids = Vec::new();
    loop {
        let push = client.push().await.expect("a push");
        let mid = push.params["mid"].as_i64().expect("an id");
        if mid == 999 {
            return mids;
        }
        mids.push(mid);
    }
}

#[tokio::test]
async fn a_retry_is_answered_like_the_first_and_heard_and_kept_once() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    let mut again = world.client(7).await;
    let mut back_end = world.back_end().await;
    world.group(5, &[7, 8]).await;
    for client in [&mut seven, &mut again, &mut eight] {
        client.done("enterroom", json!({"rid": 6})).await;
    }
    for (mid, (method, to, asked, of)) in (1..).zip([
        ("sendmsg", json!({"to": 8}), "getp2pmsg", json!({"ouid": 7})),
        (
            "sendgroupmsg",
            json!({"gid": 5}),
            "getgroupmsg",
            json!({"gid": 5}),
        ),
        (
            "sendroommsg",
            json!({"rid": 6}),
            "getroommsg",
            json!({"rid": 6}),
        ),
        (
            "sendmsgs",
            json!({"tos": [8]}),
            "getp2pmsg",
            json!({"ouid": 7}),
        ),
    ]) {
        let quest = with(
            to,
            json!({"mid": mid, "mtype": 51, "msg": "m", "attrs": "a"}),
        );
        let first = seven.say(method, quest.clone()).await;
        let before = eight.rows(asked, of.clone()).await;
        world.advance_ms(1000);
        // On the same connection, another one, and in his name.
        assert_eq!(seven.say(method, quest.clone()).await, first, "{method}");
        assert_eq!(again.say(method, quest.clone()).await, first, "{method}");
        let by_back_end = with(quest, json!({"from": 7}));
        assert_eq!(back_end.say(method, by_back_end).await, first, "{method}");
        assert_eq!(eight.rows(asked, of).await, before);
    }
    assert_eq!(told(&mut seven, &mut eight, 8).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_same_name_for_something_else_is_another_message() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    let first = json!({"to": 8, "mid": 1, "mtype": 51, "msg": "m", "attrs": ""});
    let mut expected = Vec::new();
    for other in [
        json!({}),
        json!({"msg": "n"}),
        json!({"mtype": 52}),
        json!({"attrs": "a"}),
    ] {
        world.advance_ms(10);
        let quest = with(first.clone(), other);
        expected.push(seven.say("sendmsg", quest).await);
    }
    let rows = eight.rows("getp2pmsg", json!({"ouid": 7})).await;
    let times: Vec<_> = rows
        .iter()
        .map(|row| row[7].as_i64().expect("a time"))
        .collect();
    assert_eq!(times, expected);
    assert_eq!(told(&mut seven, &mut eight, 8).await, [1; 4]);
    // To somebody else, and of somebody else, likewise.
    let mut nine = world.back(9).await;
    seven
        .say("sendmsg", with(first.clone(), json!({"to": 9})))
        .await;
    nine.say("sendmsg", first.clone()).await;
    assert_eq!(eight.pushed("pushmsg").await["from"], 9);
    assert_eq!(nine.pushed("pushmsg").await["from"], 7);
    // Each of them may be tried again.
    for (other, at) in [json!({}), json!({"msg": "n"}), json!({"mtype": 52})]
        .into_iter()
        .zip(expected)
    {
        let quest = with(first.clone(), other);
        assert_eq!(seven.say("sendmsg", quest).await, at);
    }
}

#[tokio::test]
async fn a_retry_is_known_after_a_restart() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    let quest = with(json!({"to": 8}), chat(1, "m"));
    let first = seven.say("sendmsg", quest.clone()).await;
    eight.pushed("pushmsg").await;
    eight.is_logged_in().await;
    drop((seven, eight));
    let world = world.restart().await;
    world.advance_ms(DAY_MS - 1);
    let mut seven = world.client(7).await;
    assert_eq!(seven.say("sendmsg", quest.clone()).await, first);
    let mut eight = world.back(8).await;
    assert_eq!(unread_of(&mut eight, &[7]).await, [0]);
    assert_eq!(eight.rows("getp2pmsg", json!({"ouid": 7})).await.len(), 1);
    assert_eq!(told(&mut seven, &mut eight, 8).await, [0; 0]);
}

#[tokio::test]
async fn for_a_day_it_is_a_retry_and_then_another_message() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    let quest = with(json!({"to": 8}), chat(1, "m"));
    let first = seven.say("sendmsg", quest.clone()).await;
    world.advance_ms(DAY_MS);
    assert_eq!(
        seven.say("sendmsg", quest.clone()).await,
        first,
        "to the millisecond"
    );
    world.advance_ms(1);
    let second = seven.say("sendmsg", quest.clone()).await;
    assert_eq!(second, first + DAY_MS + 1);
    // Which is then the one that a retry means.
    world.advance_ms(DAY_MS);
    assert_eq!(seven.say("sendmsg", quest).await, second);
    let rows = eight.rows("getp2pmsg", json!({"ouid": 7})).await;
    let times: Vec<_> = rows.iter().map(|row| row[7].clone()).collect();
    assert_eq!(times, [json!(first), json!(second)]);
    assert_eq!(told(&mut seven, &mut eight, 8).await, [1, 1]);
}

#[tokio::test]
async fn messages_without_a_name_are_never_retries() {
    let world = World::start().await;
    let mut seven = world.client(7).await;
    for quest in [
        json!({"to": 8, "mid": 0, "mtype": 51, "msg": "m", "attrs": ""}),
        json!({"to": 8, "mtype": 51, "msg": "m"}),
    ] {
        for _ in 0..2 {
            seven.say("sendmsg", quest.clone()).await;
        }
    }
    assert_eq!(seven.rows("getp2pmsg", json!({"ouid": 8})).await.len(), 4);
}

#[tokio::test]
async fn retries_that_overtake_the_answer_are_one_message() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    let quest = with(json!({"to": 8}), text(1, "m"));
    let asked: Vec<_> = (0..20).map(|_| seven.ask("sendmsg", &quest)).collect();
    let mut answers = Vec::new();
    for asked in asked {
        answers.push(seven.answer(asked).await.expect("it is open"));
    }
    assert!(answers[0].is_ok());
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(told(&mut seven, &mut eight, 8).await, [1]);
}

#[tokio::test]
async fn one_message_to_several_is_tried_again_for_each() {
    let world = World::start().await;
    let mut seven = world.client(7).await;
    let quest = |tos: Value| with(json!({"tos": tos}), text(1, "m"));
    seven.say("sendmsgs", quest(json!([8, 9]))).await;
    world.advance_ms(1000);
    seven.say("sendmsgs", quest(json!([8, 9, 10]))).await;
    for peer in [8, 9, 10] {
        let rows = seven.rows("getp2pmsg", json!({"ouid": peer})).await;
        assert_eq!(rows.len(), 1, "{peer}");
    }
}

#[tokio::test]
async fn what_was_removed_stays_gone_when_it_is_tried_again() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    let quest = with(json!({"to": 8}), text(1, "m"));
    let first = seven.say("sendmsg", quest.clone()).await;
    let place = json!({"mid": 1, "from": 7, "xid": 8, "type": 1});
    seven.done("delmsg", place).await;
    world.advance_ms(10);
    assert_eq!(seven.say("sendmsg", quest).await, first);
    assert!(eight.rows("getp2pmsg", json!({"ouid": 7})).await.is_empty());
    assert_eq!(told(&mut seven, &mut eight, 8).await, [1]);
}

#[tokio::test]
async fn a_project_may_refuse_names_that_come_twice() {
    let world = World::start().await;
    let settings = MessageSettings {
        strict_ids: true,
        ..MessageSettings::default()
    };
    world.set_messages(settings).await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    let mut back_end = world.back_end().await;
    let quest = with(json!({"to": 8}), text(1, "m"));
    let first = seven.say("sendmsg", quest.clone()).await;
    assert_eq!(seven.say("sendmsg", quest.clone()).await, first, "a retry");
    let other = with(quest.clone(), json!({"msg": "n"}));
    assert_eq!(seven.call("sendmsg", &other).await, Err(200_053));
    let other = with(other, json!({"from": 7}));
    assert_eq!(back_end.call("sendmsg", &other).await, Err(200_053));
    // One of several that is refused keeps the others back.
    let several = with(json!({"tos": [9, 8, 10]}), text(1, "n"));
    assert_eq!(seven.call("sendmsgs", several).await, Err(200_053));
    for peer in [9, 10] {
        assert!(
            seven
                .rows("getp2pmsg", json!({"ouid": peer}))
                .await
                .is_empty()
        );
    }
    world.advance_ms(DAY_MS + 1);
    assert_eq!(
        seven.call("sendmsg", &quest).await,
        Err(200_053),
        "for ever"
    );
    assert_eq!(eight.bodies("getp2pmsg", json!({"ouid": 7})).await, ["m"]);
    eight
        .say("sendmsg", with(json!({"to": 7}), text(1, "own")))
        .await;
    for _ in 0..2 {
        seven
            .say("sendmsg", with(json!({"to": 8}), text(0, "unnamed")))
            .await;
    }
}
