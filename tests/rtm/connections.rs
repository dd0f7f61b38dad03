//! Many connections, slow ones, and what they change at the same time. Source: RTM server gate section 12.

use std::collections::BTreeSet;

use halloo_core::users::Uid;
use halloo_testkit::rtm::{Parameters as _, sorted};
use serde_json::json;

use crate::world::{Caller, Gate};
use halloo_testkit::{device, open_session};

async fn many(gate: &Gate, count: usize) -> Vec<Caller> {
    let mut callers = Vec::new();
    for _ in 0..count {
        callers.push(gate.caller().await);
    }
    callers
}

#[tokio::test]
async fn a_user_who_is_named_by_many_at_once_is_made_once() {
    let gate = Gate::start().await;
    let mut callers = many(&gate, 20).await;
    for uid in 1..=5 {
        let mut asked = Vec::new();
        for (number, caller) in callers.iter_mut().enumerate() {
            let (method, params) = match number % 5 {
                0 => ("gettoken", json!({"uid": uid})),
                1 => ("addgroupmembers", json!({"gid": 5, "uids": [uid]})),
                2 => ("setuserinfo", json!({"uid": uid, "oinfo": "o"})),
                3 => ("addprojectblack", json!({"uid": uid})),
                _ => ("addblacks", json!({"uid": uid, "blacks": [uid + 1]})),
            };
            asked.push(caller.ask(method, params));
            caller.wire.flush().await;
        }
        for (caller, sequence) in callers.iter_mut().zip(asked) {
            assert!(caller.answer(sequence).await.is_ok());
        }
    }
    assert_eq!(gate.users().await, 6);
}

#[tokio::test]
async fn a_limit_holds_against_many_at_once() {
    let gate = Gate::start_with(|config| {
        config.limits.group_members = 50;
        config.limits.rooms = 3;
        config.limits.friends = 7;
    })
    .await;
    let mut callers = many(&gate, 20).await;
    let mut asked = Vec::new();
    for (number, caller) in (0..).zip(&mut callers) {
        let quests = [
            (
                "addgroupmembers",
                json!({"gid": 5, "uids": [10 + 3 * number, 11 + 3 * number, 12 + 3 * number]}),
                200_042,
            ),
            (
                "addroommember",
                json!({"rid": 100 + number, "uid": 1}),
                200_047,
            ),
            (
                "addfriends",
                json!({"uid": 2, "friends": [500 + number, 600 + number]}),
                200_048,
            ),
        ];
        asked.push(quests.map(|(method, params, code)| (caller.ask(method, params), code)));
        caller.wire.flush().await;
    }
    let mut taken = [0; 3];
    for (caller, quests) in callers.iter_mut().zip(asked) {
        for (at, (sequence, code)) in quests.into_iter().enumerate() {
            match caller.answer(sequence).await {
                Ok(_) => taken[at] += 1,
                refused => assert_eq!(refused, Err(code)),
            }
        }
    }
    assert_eq!(taken, [16, 3, 3], "50 / 3 members, 3 rooms, 7 / 2 friends");
    let caller = &mut callers[0];
    let count = caller.field("getgroupcount", json!({"gid": 5}), "cn").await;
    assert_eq!(count, 48);
    let friends = caller.field("getfriends", json!({"uid": 2}), "uids").await;
    assert_eq!(sorted(&friends).len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_slips_in_while_he_is_being_black_listed() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let core = gate.core().clone();
    for uid in 1..=100 {
        let user = core.users.of_uid_or_new(gate.id(), Uid(uid)).await.unwrap();
        let resource = device("web", "", "");
        let listing = caller.done("addprojectblack", json!({"uid": uid}));
        let opening = open_session(&core, &gate.app, &user, resource);
        let ((), opened) = tokio::join!(listing, opening);
        if let Ok(session) = opened {
            assert!(session.closed().is_some(), "{uid}");
        }
        let online = caller.call("getonlineusers", json!({"uids": [uid]})).await;
        assert_eq!(online, Ok(json!({"uids": []})));
    }
}

#[tokio::test]
async fn who_does_not_read_holds_up_nobody_and_misses_nothing() {
    let gate = Gate::start().await;
    let (mut lazy, mut other) = (gate.caller().await, gate.caller().await);
    let text = "x".repeat(65_535);
    lazy.done("setuserinfo", json!({"uid": 1, "oinfo": text}))
        .await;
    // 20 MB of answers.
    let asked: Vec<u32> = (0..300)
        .map(|_| lazy.ask("getuserinfo", json!({"uid": 1})))
        .collect();
    lazy.wire.flush().await;
    for number in 0..100 {
        let number = number.to_string();
        other
            .done("setuserinfo", json!({"uid": 2, "oinfo": number}))
            .await;
        let open = other.field("getuserinfo", json!({"uid": 2}), "oinfo").await;
        assert_eq!(open, number);
    }
    for sequence in asked {
        let answer = lazy.answer(sequence).await;
        assert_eq!(answer, Ok(json!({"oinfo": text, "pinfo": ""})));
    }
}

#[tokio::test]
async fn who_hangs_up_without_reading_leaves_nothing_undone() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let mut expected = BTreeSet::new();
    for round in 0..10 {
        let mut hasty = gate.caller().await;
        for number in 1..=20 {
            let uid = round * 20 + number;
            hasty.ask("addgroupmembers", json!({"gid": 5, "uids": [uid]}));
            expected.insert(uid);
        }
        // Not a reset: the server has everything to read, and nobody to answer.
        hasty.wire.shut().await;
        assert!(hasty.wire.frame().await.is_some());
        drop(hasty);
    }
    // The first answer of each says that all before it was read; ask until the rest is done, too.
    for _ in 0..2000 {
        let members = caller
            .field("getgroupmembers", json!({"gid": 5}), "uids")
            .await;
        if sorted(&members).len() == expected.len() {
            break;
        }
    }
    let members = caller
        .field("getgroupmembers", json!({"gid": 5}), "uids")
        .await;
    assert_eq!(sorted(&members), expected.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn further_connections_wait_for_a_place() {
    let gate = Gate::start_with(|config| config.rtm.max_connections = 2).await;
    let (mut first, mut second) = (gate.caller().await, gate.caller().await);
    let question = json!({"gid": 5});
    let nothing = Ok(json!({"cn": 0}));
    assert_eq!(first.call("getgroupcount", &question).await, nothing);
    assert_eq!(second.call("getgroupcount", &question).await, nothing);
    let mut third = gate.caller().await;
    third.tell("addgroupmembers", json!({"gid": 6, "uids": [1]}));
    let asked = third.ask("getgroupcount", &question);
    third.wire.flush().await;
    for caller in [&mut first, &mut second] {
        for _ in 0..50 {
            let count = caller.call("getgroupcount", json!({"gid": 6})).await;
            assert_eq!(count, nothing, "the third is served beside them");
        }
    }
    drop(second);
    assert_eq!(third.answer(asked).await, nothing);
    assert_eq!(
        first.call("getgroupcount", json!({"gid": 6})).await,
        Ok(json!({"cn": 1}))
    );
}

#[tokio::test]
async fn one_quest_at_a_time_is_enough() {
    let gate = Gate::start_with(|config| config.rtm.max_in_flight = 1).await;
    let mut caller = gate.caller().await;
    let asked: Vec<u32> = (1..=200)
        .map(|uid| caller.ask("addgroupmembers", json!({"gid": 5, "uids": [uid]})))
        .collect();
    let count = caller.ask("getgroupcount", json!({"gid": 5}));
    assert_eq!(caller.answer(count).await, Ok(json!({"cn": 200})));
    for sequence in asked {
        assert_eq!(caller.answer(sequence).await, Ok(json!({})));
    }
}

#[tokio::test]
async fn the_longest_frame_is_a_setting() {
    let gate = Gate::start_with(|config| config.rtm.max_frame.0 = 64 * 1024).await;
    let method = "getgroupcount";
    let head = 12 + 4 + method.len();
    for (bytes, taken) in [(64 * 1024, true), (64 * 1024 + 1, false)] {
        let mut caller = gate.caller().await;
        let small = caller.payload(method, json!({"gid": 5}));
        // The key "x", and the head of a bin16.
        let filler = vec![0; bytes - head - small.len() - 2 - 3];
        let params = json!({"gid": 5}).into_map().bytes("x", &filler);
        let payload = caller.payload(method, params);
        assert_eq!(head + payload.len(), bytes);
        let asked = caller.wire.ask(method, payload);
        if taken {
            assert_eq!(caller.answer(asked).await, Ok(json!({"cn": 0})));
        } else {
            assert!(caller.wire.ends().await);
        }
    }
}
