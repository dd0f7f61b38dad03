//! Who is kicked, banned or deleted has said his last word. Sources: RTM client gate sections 2.6 to 2.8.

use halloo_testkit::rtm::RtmClient;
use serde_json::json;

use crate::talk::{Asker as _, chat, text, unread, with};
use crate::world::{Ask as _, World};

const MANY: i64 = 200;

/// How a session is ended.
#[derive(Clone, Copy, Debug)]
enum End {
    Kick,
    Ban,
    Deletion,
}

async fn bring_about(end: End, world: &World, uid: i64) {
    let mut back_end = world.back_end().await;
    match end {
        End::Kick => back_end.done("kickout", json!({"uid": uid})).await,
        End::Ban => back_end.done("addprojectblack", json!({"uid": uid})).await,
        End::Deletion => {
            let path = format!("/users/{uid}");
            world.rest().await.call("DELETE", &path, None).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_behind_the_end_of_a_session_is_not_accepted() {
    for (end, uid) in [(End::Kick, 70), (End::Ban, 71), (End::Deletion, 72)] {
        let world = World::start().await;
        let mut sender = world.client(uid).await;
        let mut reader = world.back(8).await;
        let mut quests = Vec::new();
        for mid in 1..=MANY {
            quests.push(sender.ask("sendmsg", with(json!({"to": 8}), text(mid, "m"))));
        }
        assert!(sender.wire.flush().await);
        bring_about(end, &world, uid).await;
        // From here on nothing of his is accepted any more.
        let mut late = Vec::new();
        for mid in MANY + 1..=2 * MANY {
            late.push(sender.ask("sendmsg", with(json!({"to": 8}), text(mid, "late"))));
        }
        sender.wire.flush().await;
        for quest in late {
            let answer = sender.answer(quest).await;
            assert!(!matches!(answer, Some(Ok(_))), "{end:?}: {answer:?}");
        }
        let mut back_end = world.back_end().await;
        back_end
            .say("sendmsg", with(text(1, "end"), json!({"from": 9, "to": 8})))
            .await;
        let mut heard = 0;
        loop {
            let pushed = reader.pushed("pushmsg").await;
            if pushed["msg"] == "end" {
                break;
            }
            heard += 1;
            assert_eq!(pushed["mid"], heard, "{end:?}: in order, without gaps");
            assert!(heard <= MANY, "{end:?}");
        }
        if !matches!(end, End::Deletion) {
            let rows = reader.all_rows("getp2pmsg", json!({"ouid": uid})).await;
            assert_eq!(
                i64::try_from(rows.len()),
                Ok(heard),
                "{end:?}: what was heard is kept"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_as_sent_before_the_end_is_there() {
    for (end, uid) in [(End::Kick, 70), (End::Ban, 71)] {
        let world = World::start().await;
        let mut sender = world.client(uid).await;
        let mut quests = Vec::new();
        for mid in 1..=MANY {
            quests.push(sender.ask("sendmsg", with(json!({"to": 8}), text(mid, "m"))));
        }
        let mut back_end = world.back_end().await;
        let method = match end {
            End::Kick => "kickout",
            _ => "addprojectblack",
        };
        let ended = back_end.ask(method, json!({"uid": uid}));
        sender.wire.flush().await;
        assert_eq!(back_end.answer(ended).await, Ok(json!({})));
        let mut accepted = Vec::new();
        for (mid, quest) in (1..).zip(quests) {
            if let Some(Ok(_)) = sender.answer(quest).await {
                accepted.push(mid);
            }
        }
        let of = json!({"uid": 8, "ouid": uid});
        let rows = back_end.all_rows("getp2pmsg", of).await;
        let kept: Vec<_> = rows
            .iter()
            .map(|row| row[3].as_i64().expect("an id"))
            .collect();
        for mid in accepted {
            assert!(kept.contains(&mid), "{end:?}: {mid}");
        }
    }
}

#[tokio::test]
async fn a_deleted_user_takes_his_pairs_along_and_whoever_comes_next_has_none() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut seven = world.client(7).await;
    world.group(5, &[7, 8]).await;
    let mut eight = world.back(8).await;
    for mid in 1..=2 {
        seven
            .say("sendmsg", with(json!({"to": 8}), chat(mid, "m")))
            .await;
        eight
            .say("sendmsg", with(json!({"to": 7}), chat(mid, "m")))
            .await;
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), chat(mid, "m")))
            .await;
    }
    world.log_out(eight, 8).await;
    seven
        .say("sendmsg", with(json!({"to": 8}), chat(3, "m")))
        .await;
    bring_about(End::Deletion, &world, 7).await;
    drop(seven);
    // Under the same number comes somebody else.
    let mut again = world.client(7).await;
    assert_eq!(unread(&mut again).await, (vec![], vec![]));
    assert!(again.rows("getp2pmsg", json!({"ouid": 8})).await.is_empty());
    let all = again.call("getsession", json!({})).await;
    assert_eq!(all, Ok(json!({"p2p": [], "group": []})));
    assert_eq!(
        again
            .call("getgroupmsg", json!({"gid": 5, "desc": true, "num": 5}))
            .await,
        Err(200_041)
    );
    let place = json!({"mid": 1, "from": 7, "xid": 8, "type": 1});
    assert_eq!(again.call("getmsg", place).await, Err(200_070));
    // The same mid is another's message, and no retry.
    again
        .say("sendmsg", with(json!({"to": 8}), chat(1, "m")))
        .await;
    let rows = back_end
        .rows("getp2pmsg", json!({"uid": 7, "ouid": 8}))
        .await;
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_session_that_was_ended_by_another_login_sends_no_more() {
    use halloo_core::sessions::LoginPolicy;

    let world = World::start().await;
    let set = world
        .core()
        .apps
        .set_logins(world.key(), LoginPolicy::Single)
        .await;
    set.expect("the app");
    let mut old = world.client(7).await;
    let _new = world.client(7).await;
    let quest = old.ask("sendmsg", with(json!({"to": 8}), text(1, "m")));
    let answer = old.answer(quest).await;
    assert!(!matches!(answer, Some(Ok(_))), "{answer:?}");
    let mut back_end = world.back_end().await;
    let of = json!({"uid": 7, "ouid": 8});
    assert!(back_end.rows("getp2pmsg", of).await.is_empty());
}

#[tokio::test]
async fn after_bye_nothing_is_heard_and_nothing_sent() {
    let world = World::start().await;
    let (mut seven, mut eight) = (world.client(7).await, world.back(8).await);
    eight.done("bye", json!({})).await;
    seven
        .say("sendmsg", with(json!({"to": 8}), text(1, "m")))
        .await;
    let answer = eight
        .call("sendmsg", with(json!({"to": 7}), text(1, "m")))
        .await;
    assert_eq!(answer, Err(200_022));
    // On the same connection somebody else may come, who hears what is his.
    let token = world.token(9).await;
    assert_eq!(eight.log_in(9, &token).await, Ok(true));
    seven
        .say("sendmsg", with(json!({"to": 8}), text(2, "m")))
        .await;
    seven
        .say("sendmsg", with(json!({"to": 9}), text(3, "m")))
        .await;
    let heard: &mut RtmClient = &mut eight;
    assert_eq!(heard.push().await.expect("a push").params["mid"], 3);
}
