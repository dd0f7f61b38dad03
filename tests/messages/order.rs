//! In every conversation everybody hears in the order of its log. Sources: RTM server gate section 12, RTM
//! client gate section 4.4.

use halloo_testkit::rtm::{Caller, RtmClient};
use serde_json::{Value, json};

use crate::talk::{Asker as _, Door, text, with};
use crate::world::{Ask as _, World};

const MANY: i64 = 100;

/// Names of the next pushes.
async fn heard(client: &mut RtmClient, method: &str, count: i64) -> Vec<i64> {
    let mut mids = Vec::new();
    for _ in 0..count {
        let pushed = client.pushed(method).await;
        mids.push(pushed["mid"].as_i64().expect("an id"));
    }
    mids
}

fn mids(rows: &[Value]) -> Vec<i64> {
    let mids = rows.iter().map(|row| row[3].as_i64().expect("an id"));
    mids.collect()
}

/// That record numbers and times of these rows never go back.
fn assert_in_order(rows: &[Value]) {
    for pair in rows.windows(2) {
        let number = |row: &Value, at: usize| row[at].as_i64().expect("a number");
        assert!(number(&pair[0], 0) < number(&pair[1], 0));
        assert!(number(&pair[0], 7) <= number(&pair[1], 7));
    }
}

/// Lays out `MANY` quests, sends them in one piece, and waits for the answers.
async fn pipelined(client: &mut RtmClient, method: &str, to: &Value) {
    let quests: Vec<_> = (1..=MANY)
        .map(|mid| client.ask(method, with(to.clone(), text(mid, "m"))))
        .collect();
    for quest in quests {
        let answer = client.answer(quest).await.expect("it is open");
        assert!(answer.is_ok(), "{answer:?}");
    }
}

async fn pipelined_by(back_end: &mut Caller, method: &str, to: &Value) {
    let quests: Vec<_> = (1..=MANY)
        .map(|mid| back_end.ask(method, with(to.clone(), text(mid, "m"))))
        .collect();
    for quest in quests {
        let answer = back_end.answer(quest).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_connection_pipelines_is_heard_and_kept_in_order() {
    let world = World::start().await;
    let in_order: Vec<_> = (1..=MANY).collect();
    for (door, own, peer) in [(Door::Fpnn, 7, 8), (Door::WebSocket, 70, 80)] {
        let mut sender = world.client_by(door, own).await;
        let mut reader = world.client_by(door, peer).await;
        world.group(own, &[own, peer]).await;
        for client in [&mut sender, &mut reader] {
            client.done("enterroom", json!({"rid": own})).await;
        }
        for (method, to, pushed_as, asked, of) in [
            (
                "sendmsg",
                json!({"to": peer}),
                "pushmsg",
                "getp2pmsg",
                json!({"ouid": own}),
            ),
            (
                "sendgroupmsg",
                json!({"gid": own}),
                "pushgroupmsg",
                "getgroupmsg",
                json!({"gid": own}),
            ),
            (
                "sendroommsg",
                json!({"rid": own}),
                "pushroommsg",
                "getroommsg",
                json!({"rid": own}),
            ),
        ] {
            pipelined(&mut sender, method, &to).await;
            assert_eq!(
                heard(&mut reader, pushed_as, MANY).await,
                in_order,
                "{door:?} {method}"
            );
            let rows = reader.all_rows(asked, of).await;
            assert_eq!(mids(&rows), in_order, "{door:?} {method}");
            assert_in_order(&rows);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_back_end_pipelines_is_heard_and_kept_in_order() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut reader = world.client(8).await;
    world.group(5, &[7, 8]).await;
    let in_order: Vec<_> = (1..=MANY).collect();
    for (method, to, pushed_as, asked, of) in [
        (
            "sendmsg",
            json!({"from": 7, "to": 8}),
            "pushmsg",
            "getp2pmsg",
            json!({"ouid": 7}),
        ),
        (
            "sendgroupmsg",
            json!({"from": 7, "gid": 5}),
            "pushgroupmsg",
            "getgroupmsg",
            json!({"gid": 5}),
        ),
        (
            "broadcastmsg",
            json!({"from": 7}),
            "pushbroadcastmsg",
            "getbroadcastmsg",
            json!({}),
        ),
    ] {
        pipelined_by(&mut back_end, method, &to).await;
        assert_eq!(
            heard(&mut reader, pushed_as, MANY).await,
            in_order,
            "{method}"
        );
        assert_eq!(
            mids(&reader.all_rows(asked, of).await),
            in_order,
            "{method}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_to_and_from_somebody_new_are_kept_in_order() {
    let world = World::start().await;
    let in_order: Vec<_> = (1..=MANY).collect();
    let mut seven = world.client(7).await;
    for uid in 1000..1010 {
        pipelined(&mut seven, "sendmsg", &json!({"to": uid})).await;
        let rows = seven.all_rows("getp2pmsg", json!({"ouid": uid})).await;
        assert_eq!(mids(&rows), in_order, "{uid}");
    }
    let mut back_end = world.back_end().await;
    for uid in 2000..2010 {
        let to = json!({"from": uid, "to": uid + 100});
        pipelined_by(&mut back_end, "sendmsg", &to).await;
        let of = json!({"uid": uid, "ouid": uid + 100});
        let rows = back_end.all_rows("getp2pmsg", of).await;
        assert_eq!(mids(&rows), in_order, "{uid}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pipelined_right_after_a_restart_is_kept_in_order() {
    let mut world = World::start().await;
    let in_order: Vec<_> = (1..=MANY).collect();
    for uid in 1000..1008 {
        world = world.restart().await;
        // Nothing of the project is in memory yet.
        let project = halloo_testkit::rtm::Project::of(&world.app);
        let mut back_end = world.back_end_of(project).await;
        let to = json!({"from": uid, "to": uid + 100});
        pipelined_by(&mut back_end, "sendmsg", &to).await;
        let of = json!({"uid": uid, "ouid": uid + 100});
        let rows = back_end.all_rows("getp2pmsg", of).await;
        assert_eq!(mids(&rows), in_order, "{uid}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_asked_for_behind_a_message_shows_it() {
    let world = World::start().await;
    let mut seven = world.client(7).await;
    let mut back_end = world.back_end().await;
    for mid in 1..=30 {
        seven.ask("sendmsg", with(json!({"to": 8}), text(mid, "m")));
        let asked = seven.ask("getp2pmsg", json!({"ouid": 8, "desc": true, "num": 1}));
        let page = seven
            .answer(asked)
            .await
            .expect("it is open")
            .expect("a page");
        assert_eq!(page["msgs"][0][3], mid);
        let sent = with(text(mid, "m"), json!({"from": 70, "to": 80}));
        back_end.ask("sendmsg", sent);
        let place = json!({"mid": mid, "from": 70, "xid": 80, "type": 1});
        let removed = back_end.ask("delmsg", place);
        assert_eq!(back_end.answer(removed).await, Ok(json!({})));
    }
    let of = json!({"uid": 80, "ouid": 70});
    assert!(back_end.rows("getp2pmsg", of).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_talk_at_once_are_heard_by_all_in_the_order_of_the_log() {
    const SENDERS: i64 = 5;
    const EACH: i64 = 40;
    let world = World::start().await;
    let all: Vec<i64> = (1..=SENDERS + 2).collect();
    world.group(5, &all).await;
    let mut readers = Vec::new();
    for (uid, door) in (SENDERS + 1..).zip(Door::ALL) {
        readers.push(world.client_by(door, uid).await);
    }
    let mut senders = Vec::new();
    for uid in 1..=SENDERS {
        senders.push((uid, world.client(uid).await));
    }
    let mut talks = tokio::task::JoinSet::new();
    for (uid, mut client) in senders {
        talks.spawn(async move {
            let quests: Vec<_> = (1..=EACH)
                .map(|n| {
                    client.ask(
                        "sendgroupmsg",
                        with(json!({"gid": 5}), text(100 * uid + n, "m")),
                    )
                })
                .collect();
            for quest in quests {
                assert!(client.answer(quest).await.expect("it is open").is_ok());
            }
            // Hears the others, each in order and none of its own.
            let heard = heard(&mut client, "pushgroupmsg", EACH * (SENDERS - 1)).await;
            (uid, heard, client)
        });
    }
    let total = SENDERS * EACH;
    let first = heard(&mut readers[0], "pushgroupmsg", total).await;
    let second = heard(&mut readers[1], "pushgroupmsg", total).await;
    assert_eq!(first, second);
    let rows = readers[0].all_rows("getgroupmsg", json!({"gid": 5})).await;
    assert_eq!(mids(&rows), first);
    assert_in_order(&rows);
    for uid in 1..=SENDERS {
        let own: Vec<_> = first
            .iter()
            .filter(|mid| **mid / 100 == uid)
            .copied()
            .collect();
        assert_eq!(own, (1..=EACH).map(|n| 100 * uid + n).collect::<Vec<_>>());
    }
    while let Some(talk) = talks.join_next().await {
        let (uid, heard, _client) = talk.expect("it ends");
        let others: Vec<_> = first
            .iter()
            .filter(|mid| **mid / 100 != uid)
            .copied()
            .collect();
        assert_eq!(heard, others, "{uid}");
    }
}
