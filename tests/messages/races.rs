//! What happens at the same time. Sources: RTM server gate section 12, RTM client gate section 6.

use halloo_testkit::rtm::RtmClient;
use serde_json::json;

use crate::talk::{Asker as _, Door, chat, text, unread_of, with};
use crate::world::{Ask as _, World};

/// Names of what `client` heard before the message called 999999.
async fn heard_to_the_end(client: &mut RtmClient) -> Vec<i64> {
    let mut heard = Vec::new();
    loop {
        let push = client.push().await.expect("a push");
        match push.params["mid"].as_i64().expect("an id") {
            999_999 => return heard,
            mid => heard.push(mid),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_while_one_logs_in_is_heard_or_waits() {
    const ALL: i64 = 400;
    for door in Door::ALL {
        let world = World::start().await;
        let mut seven = world.client(7).await;
        let token = world.token(8).await;
        let quests: Vec<_> = (1..=ALL)
            .map(|mid| seven.ask("sendmsg", with(json!({"to": 8}), chat(mid, "m"))))
            .collect();
        seven.wire.flush().await;
        assert!(seven.answer(quests[20]).await.expect("it is open").is_ok());
        let mut eight = match door {
            Door::Fpnn => world.stranger().await,
            Door::WebSocket => {
                let project = world.project().await;
                RtmClient::open_websocket(world.server.rtm.client, &project).await
            }
        };
        assert_eq!(eight.log_in(8, &token).await, Ok(true));
        for quest in &quests[21..] {
            assert!(seven.answer(*quest).await.expect("it is open").is_ok());
        }
        seven
            .say("sendmsg", with(json!({"to": 8}), chat(999_999, "end")))
            .await;
        let heard = heard_to_the_end(&mut eight).await;
        let first = heard.first().copied().unwrap_or(ALL + 1);
        assert_eq!(heard, (first..=ALL).collect::<Vec<_>>(), "{door:?}");
        let waits = unread_of(&mut eight, &[7]).await[0];
        assert_eq!(waits, first - 1, "{door:?}: what was not heard");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_joined_hears_what_is_said_then_and_who_has_left_does_not() {
    let world = World::start().await;
    world.group(5, &[7, 8]).await;
    let (mut seven, mut nine) = (world.client(7).await, world.back(9).await);
    // Somebody who talks all the time, so that who is in it is looked up all the time.
    let mut eight = world.back(8).await;
    let mut noise = tokio::task::JoinSet::new();
    noise.spawn(async move {
        for mid in 1..=1500 {
            eight
                .say(
                    "sendgroupmsg",
                    with(json!({"gid": 5}), text(1_000_000 + mid, "noise")),
                )
                .await;
        }
    });
    let mut back_end = world.back_end().await;
    let members = json!({"gid": 5, "uids": [9]});
    for round in 1..=60 {
        back_end.done("addgroupmembers", &members).await;
        seven
            .say(
                "sendgroupmsg",
                with(json!({"gid": 5}), text(2 * round, "in")),
            )
            .await;
        back_end.done("delgroupmembers", &members).await;
        seven
            .say(
                "sendgroupmsg",
                with(json!({"gid": 5}), text(2 * round + 1, "out")),
            )
            .await;
    }
    noise.join_all().await;
    seven
        .say("sendmsg", with(json!({"to": 9}), text(999_999, "end")))
        .await;
    let heard = heard_to_the_end(&mut nine).await;
    let told: Vec<_> = heard.into_iter().filter(|mid| *mid < 1_000_000).collect();
    assert_eq!(told, (1..=60).map(|round| 2 * round).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_blocked_somebody_hears_no_more_of_him() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    for round in 1..=60 {
        eight.done("addblacks", json!({"blacks": [7]})).await;
        let quest = with(json!({"to": 8}), text(2 * round, "m"));
        assert_eq!(seven.call("sendmsg", quest).await, Err(200_049), "{round}");
        eight.done("delblacks", json!({"blacks": [7]})).await;
        seven
            .say("sendmsg", with(json!({"to": 8}), text(2 * round + 1, "m")))
            .await;
    }
    let rows = eight.all_rows("getp2pmsg", json!({"ouid": 7})).await;
    assert_eq!(rows.len(), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quests_that_come_one_by_one_right_after_a_restart_are_kept_in_order() {
    let mut world = World::start().await;
    let in_order: Vec<_> = (1..=60).collect();
    for uid in 1000..1010 {
        world = world.restart().await;
        let project = halloo_testkit::rtm::Project::of(&world.app);
        let mut back_end = world.back_end_of(project).await;
        let mut quests = Vec::new();
        for mid in &in_order {
            quests.push(back_end.ask(
                "sendmsg",
                with(text(*mid, "m"), json!({"from": uid, "to": uid + 100})),
            ));
            // Each in a piece of its own.
            assert!(back_end.wire.flush().await);
            tokio::task::yield_now().await;
        }
        for quest in quests {
            assert!(back_end.answer(quest).await.is_ok());
        }
        let of = json!({"uid": uid, "ouid": uid + 100});
        let rows = back_end.all_rows("getp2pmsg", of).await;
        let mids: Vec<_> = rows
            .iter()
            .map(|row| row[3].as_i64().expect("an id"))
            .collect();
        assert_eq!(mids, in_order, "{uid}");
    }
}

#[tokio::test]
async fn a_page_that_never_arrived_goes_on_waiting_whatever_was_asked_behind_it() {
    let world = World::start().await;
    let mut seven = world.client(7).await;
    for mid in 1..=3 {
        seven
            .say("sendmsg", with(json!({"to": 8}), chat(mid, "m")))
            .await;
    }
    let mut eight = world.back(8).await;
    // Both at once: the second says nothing about the answer to the first, which is never read.
    eight.ask("getp2pmsg", json!({"ouid": 7, "desc": false, "num": 20}));
    eight.ask("setuserinfo", json!({"oinfo": "asked"}));
    assert!(eight.wire.flush().await);
    let mut back_end = world.back_end().await;
    while back_end
        .field("getuserinfo", json!({"uid": 8}), "oinfo")
        .await
        != "asked"
    {}
    world.lose(eight, 8).await;
    let mut eight = world.back(8).await;
    assert_eq!(unread_of(&mut eight, &[7]).await, [3]);
}

#[tokio::test]
async fn a_clock_that_goes_back_leaves_the_log_in_order() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    let mut last = 0;
    for (mid, step) in (1..).zip([0, 5000, -10_000, 1, -1, 0, 20_000]) {
        world.advance_ms(step);
        let at = seven
            .say("sendmsg", with(json!({"to": 8}), chat(mid, "m")))
            .await;
        assert!(at >= last, "{at} {last}");
        last = at;
        assert_eq!(eight.pushed("pushmsg").await["mtime"], at);
    }
    let rows = eight.rows("getp2pmsg", json!({"ouid": 7})).await;
    let mids: Vec<_> = rows
        .iter()
        .map(|row| row[3].as_i64().expect("an id"))
        .collect();
    assert_eq!(mids, [1, 2, 3, 4, 5, 6, 7]);
    // Going back by pages of time finds all.
    let (mut seen, mut asked) = (Vec::new(), json!({"ouid": 7, "desc": true, "num": 2}));
    loop {
        let page = eight.call("getp2pmsg", &asked).await.expect("a page");
        let rows = page["msgs"].as_array().expect("a list");
        seen.extend(rows.iter().map(|row| row[3].as_i64().expect("an id")));
        for key in ["begin", "end", "lastid"] {
            asked[key] = page[key].clone();
        }
        if rows.len() < 2 {
            break;
        }
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_many_conversations_fit_into_what_sdks_take() {
    // C# and Unity close a connection on more than 4 MiB.
    const PEERS: i64 = 300;
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let body = "x".repeat(20_000);
    for uid in 1000..1000 + PEERS {
        let quest = with(chat(1, &body), json!({"from": uid, "to": 8}));
        back_end.say("sendmsg", quest).await;
    }
    let mut eight = world.back(8).await;
    for method in [
        "getp2pconversationlist",
        "getp2punreadconversationlist",
        "getunreadconversationlist",
    ] {
        let sequence = eight.ask(method, json!({}));
        let answer = eight.wire.answer(sequence).await;
        let length = answer.expect("a list").len();
        assert!(length < 4 << 20, "{method}: {length} bytes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_could_not_be_told_clears_nothing() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let body = "x".repeat(20_000);
    for uid in 1000..1300 {
        let quest = with(chat(1, &body), json!({"from": uid, "to": 8}));
        back_end.say("sendmsg", quest).await;
    }
    let mut eight = world.back(8).await;
    let told = eight
        .call("getunreadconversationlist", json!({"clear": true}))
        .await;
    let waits = unread_of(&mut eight, &[1000]).await;
    assert_eq!(waits, [i64::from(told.is_err())], "{:?}", told.err());
}
