//! What waits for whoever was away or did not hear. Sources: RTM client gate sections 3.4, 4.4 and 6.

use halloo_testkit::rtm::{Answers, Push, RtmClient};
use serde_json::json;

use crate::talk::{Asker as _, Door, chat, unread, unread_in, unread_of, with};
use crate::world::{Ask as _, World};

const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;

/// Has 7 send a chat to 8 and to group 5.
async fn say(seven: &mut RtmClient, mid: i64) {
    seven
        .say("sendmsg", with(json!({"to": 8}), chat(mid, "m")))
        .await;
    seven
        .say("sendgroupmsg", with(json!({"gid": 5}), chat(mid, "m")))
        .await;
}

/// What waits for 8: of 7, and in group 5.
async fn waits(eight: &mut RtmClient) -> (i64, i64) {
    let of_seven = unread_of(eight, &[7]).await[0];
    let in_group = unread_in(eight, &[5]).await[0];
    let (users, groups) = unread(eight).await;
    assert_eq!((users == [7], groups == [5]), (of_seven > 0, in_group > 0));
    (of_seven, in_group)
}

async fn start() -> (World, RtmClient) {
    let world = World::start().await;
    world.group(5, &[7, 8]).await;
    let seven = world.client(7).await;
    (world, seven)
}

#[tokio::test]
async fn nothing_is_pushed_at_a_login() {
    let (world, mut seven) = start().await;
    for mid in 1..=3 {
        say(&mut seven, mid).await;
    }
    for door in Door::ALL {
        let mut eight = world.client_by(door, 8).await;
        assert_eq!(waits(&mut eight).await, (3, 3));
        assert_eq!(eight.so_far().await, []);
        // What comes now is the first that he hears.
        let mid = if door == Door::Fpnn { 10 } else { 20 };
        let draft = json!({"mid": mid, "mtype": 51, "msg": "m", "attrs": ""});
        seven.say("sendmsg", with(json!({"to": 8}), draft)).await;
        assert_eq!(eight.push().await.expect("a push").params["mid"], mid);
        world.log_out(eight, 8).await;
    }
}

#[tokio::test]
async fn what_was_answered_with_whatever_is_not_unread_and_what_was_not_is() {
    for door in Door::ALL {
        for (answers, expected) in [
            (Answers::Done, (0, 0)),
            (Answers::Refused, (0, 0)),
            (Answers::Never, (1, 1)),
        ] {
            let (world, mut seven) = start().await;
            let mut eight = world.client_by(door, 8).await;
            eight.answers_pushes = answers;
            say(&mut seven, 1).await;
            for method in ["pushmsg", "pushgroupmsg"] {
                assert_eq!(eight.pushed(method).await["mid"], 1);
            }
            // So far behind his answers.
            assert!(eight.is_logged_in().await);
            world.lose(eight, 8).await;
            let mut eight = world.client_by(door, 8).await;
            assert_eq!(waits(&mut eight).await, expected, "{answers:?}");
            let world = world.restart().await;
            let mut eight = world.client_by(door, 8).await;
            assert_eq!(
                waits(&mut eight).await,
                expected,
                "{answers:?} after a restart"
            );
        }
    }
}

#[tokio::test]
async fn what_is_answered_in_part_waits_in_part() {
    let (world, mut seven) = start().await;
    let mut eight = world.back(8).await;
    for mid in 1..=9 {
        // Of three each, the one in the middle is not answered.
        eight.answers_pushes = if mid % 3 == 2 {
            Answers::Never
        } else {
            Answers::Done
        };
        say(&mut seven, mid).await;
        for method in ["pushmsg", "pushgroupmsg"] {
            assert_eq!(eight.pushed(method).await["mid"], mid);
        }
    }
    assert!(eight.is_logged_in().await);
    assert_eq!(waits(&mut eight).await, (3, 3));
    world.lose(eight, 8).await;
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (3, 3));
}

#[tokio::test]
async fn what_a_frozen_client_was_sent_waits_when_its_connection_is_lost() {
    for door in Door::ALL {
        let (world, mut seven) = start().await;
        let frozen = world.client_by(door, 8).await;
        // It takes nothing more from its socket.
        for mid in 1..=20 {
            say(&mut seven, mid).await;
        }
        world.lose(frozen, 8).await;
        let mut eight = world.client_by(door, 8).await;
        assert_eq!(waits(&mut eight).await, (20, 20));
        let rows = eight.rows("getp2pmsg", json!({"ouid": 7})).await;
        assert_eq!(rows.len(), 20);
    }
}

#[tokio::test]
async fn a_page_counts_as_received_with_the_next_quest() {
    let (world, mut seven) = start().await;
    for mid in 1..=25 {
        say(&mut seven, mid).await;
    }
    let mut eight = world.back(8).await;
    // It came, and the connection is lost before anything says so.
    assert_eq!(eight.rows("getp2pmsg", json!({"ouid": 7})).await.len(), 20);
    world.lose(eight, 8).await;
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (25, 25));
    assert_eq!(eight.rows("getp2pmsg", json!({"ouid": 7})).await.len(), 20);
    assert_eq!(waits(&mut eight).await, (5, 25));
    let newest = json!({"gid": 5, "desc": true, "num": 10});
    assert!(eight.call("getgroupmsg", newest).await.is_ok());
    assert_eq!(waits(&mut eight).await, (5, 15));
    eight.all_rows("getgroupmsg", json!({"gid": 5})).await;
    world.lose(eight, 8).await;
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (5, 0));
}

#[tokio::test]
async fn of_a_page_of_some_kinds_only_those_count_as_received() {
    let (world, mut seven) = start().await;
    for mid in 1..=6 {
        let draft = json!({"mid": mid, "mtype": 30 + 2 * (mid % 2), "msg": "m", "attrs": ""});
        seven.say("sendmsg", with(json!({"to": 8}), draft)).await;
    }
    let mut eight = world.back(8).await;
    let rows = eight
        .rows("getp2pmsg", json!({"ouid": 7, "mtypes": [32]}))
        .await;
    assert_eq!(rows.len(), 3);
    assert_eq!(unread_of(&mut eight, &[7]).await, [3]);
    let asked = json!({"uids": [7], "mtypes": [32]});
    assert_eq!(
        eight.field("getp2punread", asked, "p2p").await,
        json!({"7": 0})
    );
}

#[tokio::test]
async fn what_a_page_left_between_its_ends_goes_on_waiting() {
    let (world, mut seven) = start().await;
    let mut times = Vec::new();
    for mid in 1..=9 {
        world.advance_ms(1000);
        say(&mut seven, mid).await;
        times.push(world.now().0);
    }
    let mut eight = world.back(8).await;
    for (begin, end) in [(0, 1), (7, 8), (4, 4)] {
        let span = json!({"ouid": 7, "begin": times[begin], "end": times[end]});
        eight.rows("getp2pmsg", span).await;
    }
    assert_eq!(waits(&mut eight).await, (4, 9));
}

#[tokio::test]
async fn a_single_message_that_is_read_does_not_make_others_read() {
    let (world, mut seven) = start().await;
    for mid in 1..=3 {
        say(&mut seven, mid).await;
    }
    let mut eight = world.back(8).await;
    let place = json!({"mid": 2, "from": 7, "xid": 8, "type": 1});
    assert!(eight.call("getmsg", place).await.is_ok());
    let (of_seven, in_group) = waits(&mut eight).await;
    assert!((2..=3).contains(&of_seven), "{of_seven}");
    assert_eq!(in_group, 3);
}

#[tokio::test]
async fn a_look_at_somebody_elses_page_confirms_nothing() {
    let (world, mut seven) = start().await;
    say(&mut seven, 1).await;
    let mut back_end = world.back_end().await;
    for (method, of) in [
        ("getp2pmsg", json!({"uid": 8, "ouid": 7})),
        ("getgroupmsg", json!({"gid": 5, "uid": 8})),
    ] {
        for _ in 0..2 {
            assert_eq!(back_end.rows(method, of.clone()).await.len(), 1);
        }
    }
    seven.rows("getp2pmsg", json!({"ouid": 8})).await;
    seven.is_logged_in().await;
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (1, 1));
}

#[tokio::test]
async fn what_one_device_heard_waits_for_none() {
    let (world, mut seven) = start().await;
    let mut first = world.client_by(Door::Fpnn, 8).await;
    let mut second = world.client_by(Door::WebSocket, 8).await;
    second.answers_pushes = Answers::Never;
    say(&mut seven, 1).await;
    for client in [&mut first, &mut second] {
        for method in ["pushmsg", "pushgroupmsg"] {
            assert_eq!(client.pushed(method).await["mid"], 1);
        }
    }
    assert!(first.is_logged_in().await);
    assert_eq!(waits(&mut second).await, (0, 0));
    first.answers_pushes = Answers::Never;
    say(&mut seven, 2).await;
    for client in [&mut first, &mut second] {
        assert_eq!(client.pushed("pushgroupmsg").await["mid"], 2);
    }
    drop(first);
    world.lose(second, 8).await;
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (1, 1));
    // What he writes himself never waits, for his other device neither.
    let mut second = world.back(8).await;
    second.answers_pushes = Answers::Never;
    eight
        .say("sendmsg", with(json!({"to": 7}), chat(3, "own")))
        .await;
    second.pushed("pushmsg").await;
    drop(second);
    assert_eq!(waits(&mut eight).await, (1, 1));
}

#[tokio::test]
async fn who_joins_later_has_nothing_waiting_from_before() {
    let (world, mut seven) = start().await;
    for mid in 1..=3 {
        world.advance_ms(1000);
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), chat(mid, "m")))
            .await;
    }
    world.advance_ms(1000);
    world.group(5, &[9]).await;
    let mut nine = world.back(9).await;
    assert_eq!(unread(&mut nine).await, (vec![], vec![]));
    assert_eq!(unread_in(&mut nine, &[5]).await, [0]);
    world.log_out(nine, 9).await;
    world.advance_ms(1000);
    seven
        .say("sendgroupmsg", with(json!({"gid": 5}), chat(4, "m")))
        .await;
    let mut nine = world.back(9).await;
    assert_eq!(unread_in(&mut nine, &[5]).await, [1]);
    // Who leaves has nothing there any more, and what was said meanwhile never waits.
    nine.done("delgroupmembers", json!({"gid": 5, "uids": [9]}))
        .await;
    assert_eq!(unread(&mut nine).await, (vec![], vec![]));
    world.advance_ms(1000);
    seven
        .say("sendgroupmsg", with(json!({"gid": 5}), chat(5, "m")))
        .await;
    world.advance_ms(1000);
    world.group(5, &[9]).await;
    assert_eq!(unread_in(&mut nine, &[5]).await, [0]);
    assert_eq!(nine.rows("getgroupmsg", json!({"gid": 5})).await.len(), 5);
}

#[tokio::test]
async fn what_waits_is_gone_after_seven_days() {
    let (world, mut seven) = start().await;
    say(&mut seven, 1).await;
    world.advance_ms(1000);
    say(&mut seven, 2).await;
    world.advance_ms(WEEK_MS - 1000);
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (2, 2), "to the millisecond");
    world.advance_ms(1);
    assert_eq!(waits(&mut eight).await, (1, 1));
    world.advance_ms(1000);
    assert_eq!(waits(&mut eight).await, (0, 0));
    assert_eq!(eight.rows("getp2pmsg", json!({"ouid": 7})).await.len(), 0);
    let list = eight
        .call("getp2pconversationlist", json!({}))
        .await
        .expect("an answer");
    for row in list["msgs"].as_array().expect("a list") {
        assert_eq!(*row, json!([0, 0, 0, 0, false, "", "", 0]));
    }
}

#[tokio::test]
async fn messages_wait_for_a_banned_user_unless_seven_days_pass() {
    let (world, mut seven) = start().await;
    let mut back_end = world.back_end().await;
    let eight = world.back(8).await;
    back_end.done("addprojectblack", json!({"uid": 8})).await;
    world.lose(eight, 8).await;
    say(&mut seven, 1).await;
    world.advance_ms(WEEK_MS / 2);
    say(&mut seven, 2).await;
    back_end.done("removeprojectblack", json!({"uid": 8})).await;
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (2, 2));
    drop(eight);
    back_end.done("addprojectblack", json!({"uid": 8})).await;
    world.advance_ms(WEEK_MS / 2 + 1);
    back_end.done("removeprojectblack", json!({"uid": 8})).await;
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (1, 1));
}

#[tokio::test]
async fn a_kicked_client_finds_what_came_after() {
    let (world, mut seven) = start().await;
    let mut back_end = world.back_end().await;
    let mut eight = world.back(8).await;
    say(&mut seven, 1).await;
    eight.pushed("pushgroupmsg").await;
    assert!(eight.is_logged_in().await);
    back_end.done("kickout", json!({"uid": 8})).await;
    say(&mut seven, 2).await;
    let words = eight.last_words().await;
    assert_eq!(words.last(), Some(&Push::one_way("kickout", json!({}))));
    let mut eight = world.back(8).await;
    assert_eq!(waits(&mut eight).await, (1, 1));
}

#[tokio::test]
async fn what_is_said_to_a_muted_member_does_not_reach_him_live() {
    let (world, mut seven) = start().await;
    let mut back_end = world.back_end().await;
    back_end
        .done("addgroupban", json!({"gid": 5, "uid": 8, "btime": 60}))
        .await;
    let mut eight = world.back(8).await;
    say(&mut seven, 1).await;
    assert_eq!(eight.pushed("pushmsg").await["mid"], 1);
    world.advance_ms(60_000);
    say(&mut seven, 2).await;
    assert_eq!(eight.pushed("pushgroupmsg").await["mid"], 2);
}

#[tokio::test]
async fn only_who_asked_for_it_at_login_is_told_what_waits() {
    let (world, mut seven) = start().await;
    say(&mut seven, 1).await;
    for more in [json!({}), json!({"unread": false}), json!({"unread": null})] {
        world.settle().await;
        let mut eight = world.client_with(8, more.clone()).await;
        assert_eq!(eight.so_far().await, [], "{more}");
        seven
            .say("sendmsg", with(json!({"to": 8}), chat(0, "first")))
            .await;
        let heard = eight.push().await.expect("a push");
        assert_eq!(heard.method, "pushmsg", "{more}");
        world.log_out(eight, 8).await;
    }
    world.settle().await;
    let mut eight = world.client_with(8, json!({"unread": true})).await;
    let told = eight.push().await.expect("a push");
    let expected = Push {
        is_one_way: false,
        ..Push::one_way("pushunread", json!({"p2p": [7], "group": [5], "bc": false}))
    };
    assert_eq!(told, expected);
    assert_eq!(waits(&mut eight).await, (1, 1), "told, and not read");
    eight.done("cleanunread", json!({})).await;
    world.log_out(eight, 8).await;
    // With nothing to tell there is nothing to push.
    world.settle().await;
    let mut eight = world.client_with(8, json!({"unread": true})).await;
    say(&mut seven, 9).await;
    assert_eq!(eight.push().await.expect("a push").method, "pushmsg");
}
