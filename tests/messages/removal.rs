//! Whole logs are emptied. Sources: RTM server gate sections 4.2 and 5.5.

use halloo_testkit::rtm::Caller;
use serde_json::{Value, json};

use crate::talk::{Asker as _, chat, text, unread, with};
use crate::world::{Ask as _, World};

/// How many messages each of these logs has.
async fn counts(back_end: &mut Caller, logs: &[(&str, Value)]) -> Vec<usize> {
    let mut counts = Vec::new();
    for (method, of) in logs {
        counts.push(back_end.all_rows(method, of.clone()).await.len());
    }
    counts
}

/// Two messages in two logs of every sort.
async fn talk(world: &World, back_end: &mut Caller) -> Vec<(&'static str, Value)> {
    world.group(5, &[7, 8]).await;
    world.group(50, &[7, 8]).await;
    world.allow_rooms().await;
    for uid in [7, 8] {
        let rooms = json!({"uid": uid, "rids": [6, 60]});
        back_end.done("adduserrooms", rooms).await;
    }
    let logs = [
        (
            "sendmsg",
            json!({"to": 8}),
            ("getp2pmsg", json!({"uid": 7, "ouid": 8})),
        ),
        (
            "sendmsg",
            json!({"to": 9}),
            ("getp2pmsg", json!({"uid": 7, "ouid": 9})),
        ),
        (
            "sendgroupmsg",
            json!({"gid": 5}),
            ("getgroupmsg", json!({"gid": 5})),
        ),
        (
            "sendgroupmsg",
            json!({"gid": 50}),
            ("getgroupmsg", json!({"gid": 50})),
        ),
        (
            "sendroommsg",
            json!({"rid": 6}),
            ("getroommsg", json!({"rid": 6})),
        ),
        (
            "sendroommsg",
            json!({"rid": 60}),
            ("getroommsg", json!({"rid": 60})),
        ),
        ("broadcastmsg", json!({}), ("getbroadcastmsg", json!({}))),
    ];
    for mid in 1..=2 {
        world.advance_ms(1000);
        for (method, to, _) in &logs {
            let quest = with(with(chat(mid, "m"), to.clone()), json!({"from": 7}));
            back_end.say(method, quest).await;
        }
    }
    logs.map(|(_, _, log)| log).into()
}

#[tokio::test]
async fn one_log_is_emptied_and_goes_on() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let logs = talk(&world, &mut back_end).await;
    let mut left = vec![2; 7];
    assert_eq!(counts(&mut back_end, &logs).await, left);
    for (at, kind, xid) in [(0, 1, 8), (2, 2, 5), (4, 3, 6), (6, 4, 0)] {
        let before = back_end.rows(logs[at].0, logs[at].1.clone()).await;
        let place = json!({"from": 7, "xid": xid, "type": kind});
        for _ in 0..2 {
            back_end.done("delconversationmsgs", &place).await;
        }
        left[at] = 0;
        assert_eq!(counts(&mut back_end, &logs).await, left);
        let one = with(place, json!({"mid": 2}));
        assert_eq!(back_end.call("getmsg", one).await, Err(200_070));
        let (method, to) = [
            ("sendmsg", json!({"to": 8})),
            ("sendgroupmsg", json!({"gid": 5})),
            ("sendroommsg", json!({"rid": 6})),
            ("broadcastmsg", json!({})),
        ][at / 2]
            .clone();
        let quest = with(with(text(3, "m"), to), json!({"from": 7}));
        back_end.say(method, quest).await;
        left[at] = 1;
        let rows = back_end.rows(logs[at].0, logs[at].1.clone()).await;
        assert_eq!(rows.len(), 1);
        assert!(
            rows[0][0].as_i64() > before[1][0].as_i64(),
            "no number comes twice"
        );
    }
    // Where nothing is.
    for place in [
        json!({"from": 7, "xid": 999, "type": 1}),
        json!({"from": 998, "xid": 999, "type": 1}),
        json!({"from": 7, "xid": 999, "type": 2}),
    ] {
        back_end.done("delconversationmsgs", place).await;
    }
    assert_eq!(counts(&mut back_end, &logs).await, left);
    for kind in [0, 5] {
        let place = json!({"from": 7, "xid": 8, "type": kind});
        assert_eq!(
            back_end.call("delconversationmsgs", place).await,
            Err(200_034)
        );
    }
}

#[tokio::test]
async fn a_span_of_time_is_cut_out_of_a_log() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut times = Vec::new();
    for mid in 1..=9 {
        world.advance_ms(1000);
        let (from, to) = if mid % 2 == 0 { (8, 7) } else { (7, 8) };
        let quest = with(text(mid, "m"), json!({"from": from, "to": to}));
        times.push(back_end.say("sendmsg", quest).await);
    }
    let left = async |back_end: &mut Caller| {
        let rows = back_end
            .rows("getp2pmsg", json!({"uid": 7, "ouid": 8}))
            .await;
        rows.iter()
            .map(|row| row[3].as_i64().expect("an id"))
            .collect::<Vec<_>>()
    };
    let place = json!({"from": 7, "xid": 8, "type": 1});
    for (begin, end, expected) in [
        (times[2] + 1, times[3] - 1, (1..=9).collect::<Vec<_>>()),
        (times[3], times[2], (1..=9).collect()),
        (times[2], times[4], vec![1, 2, 6, 7, 8, 9]),
        (times[2], times[4], vec![1, 2, 6, 7, 8, 9]),
        (0, times[0], vec![2, 6, 7, 8, 9]),
        (times[7], 0, vec![2, 6, 7]),
        (0, 0, vec![]),
    ] {
        let span = with(place.clone(), json!({"begin": begin, "end": end}));
        back_end.done("cleanmsg", span).await;
        assert_eq!(left(&mut back_end).await, expected);
    }
}

#[tokio::test]
async fn a_project_is_cleared_of_one_sort_or_of_all() {
    let world = World::start().await;
    let other = world.other().await;
    let mut elsewhere = world
        .back_end_of(halloo_testkit::rtm::Project::of(&other))
        .await;
    let quest = with(text(1, "m"), json!({"from": 7, "to": 8}));
    elsewhere.say("sendmsg", quest).await;
    let mut back_end = world.back_end().await;
    let logs = talk(&world, &mut back_end).await;
    for kind in [-1, 5, 127] {
        let answer = back_end
            .call("clearprojectmsg", json!({"type": kind}))
            .await;
        assert_eq!(answer, Err(200_034));
    }
    let mut left = vec![2, 2, 2, 2, 2, 2, 2];
    for (kind, gone) in [(1, 4..6), (3, 6..7), (0, 0..2), (2, 2..4)] {
        back_end
            .done("clearprojectmsg", json!({"type": kind}))
            .await;
        left[gone].fill(0);
        assert_eq!(counts(&mut back_end, &logs).await, left, "{kind}");
    }
    let mut eight = world.back(8).await;
    assert_eq!(unread(&mut eight).await, (vec![], vec![]));
    // They go on, and go all at once.
    for (mid, (method, to)) in (3..).zip([
        ("sendmsg", json!({"to": 8})),
        ("sendgroupmsg", json!({"gid": 5})),
        ("broadcastmsg", json!({})),
    ]) {
        let quest = with(with(text(mid, "m"), to), json!({"from": 7}));
        back_end.say(method, quest).await;
    }
    assert_eq!(counts(&mut back_end, &logs).await, [1, 0, 1, 0, 0, 0, 1]);
    back_end.done("clearprojectmsg", json!({"type": 4})).await;
    assert_eq!(counts(&mut back_end, &logs).await, [0; 7]);
    let there = elsewhere
        .rows("getp2pmsg", json!({"uid": 7, "ouid": 8}))
        .await;
    assert_eq!(there.len(), 1, "of another project");
    let world = world.restart().await;
    let mut back_end = world.back_end().await;
    assert_eq!(counts(&mut back_end, &logs).await, [0; 7]);
}

#[tokio::test]
async fn a_user_is_cleared_of_his_pairs_under_both_names() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let logs = talk(&world, &mut back_end).await;
    let quest = with(text(1, "m"), json!({"from": 9, "to": 8}));
    back_end.say("sendmsg", quest).await;
    for (method, uid) in [("clearusermsg", 99), ("clearusermessage", 77)] {
        back_end.done(method, json!({"uid": uid})).await;
        for uid in [0, -1] {
            let answer = back_end.call(method, json!({"uid": uid})).await;
            assert_eq!(answer, Err(200_001), "{method}");
        }
    }
    assert_eq!(counts(&mut back_end, &logs).await, [2; 7]);
    back_end.done("clearusermsg", json!({"uid": 7})).await;
    assert_eq!(counts(&mut back_end, &logs).await, [0, 0, 2, 2, 2, 2, 2]);
    let of = json!({"uid": 9, "ouid": 8});
    assert_eq!(back_end.rows("getp2pmsg", of.clone()).await.len(), 1);
    back_end.done("clearusermessage", json!({"uid": 8})).await;
    assert!(back_end.rows("getp2pmsg", of).await.is_empty());
}

#[tokio::test]
async fn what_is_removed_waits_for_nobody() {
    let world = World::start().await;
    let mut seven = world.client(7).await;
    world.group(5, &[7, 8]).await;
    for mid in 1..=3 {
        seven
            .say("sendmsg", with(json!({"to": 8}), chat(mid, "m")))
            .await;
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), chat(mid, "m")))
            .await;
    }
    let mut eight = world.back(8).await;
    assert_eq!(unread(&mut eight).await, (vec![7], vec![5]));
    for mid in 1..=3 {
        assert_eq!(crate::talk::unread_of(&mut eight, &[7]).await, [4 - mid]);
        let place = json!({"mid": mid, "from": 7, "xid": 8, "type": 1});
        seven.done("delmsg", place).await;
    }
    assert_eq!(unread(&mut eight).await, (vec![], vec![5]));
    let mut back_end = world.back_end().await;
    back_end
        .done(
            "delconversationmsgs",
            json!({"from": 7, "xid": 5, "type": 2}),
        )
        .await;
    assert_eq!(unread(&mut eight).await, (vec![], vec![]));
}
