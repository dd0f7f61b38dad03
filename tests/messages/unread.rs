//! What the unread methods answer. Source: RTM client gate section 3.4.

use halloo_testkit::rtm::{Caller, RtmClient, sorted};
use serde_json::{Value, json};

use crate::talk::{Asker as _, chat, text, unread, unread_in, unread_of, with};
use crate::world::{Ask as _, World};

const NONE: [i64; 0] = [];

/// While 8 was away, 7 sent him chats 1, 2 and 3, one every second, and something of kind 51; 9 sent only that.
/// The same in groups 5 and 50.
struct Away {
    world: World,
    back_end: Caller,
    seven: RtmClient,
    /// When 8 went.
    left: i64,
    /// When the chats were sent.
    times: Vec<i64>,
    /// When the last was.
    last: i64,
}

impl Away {
    async fn start() -> Self {
        let world = World::start().await;
        world.group(5, &[7, 8, 9]).await;
        world.group(50, &[8, 9]).await;
        let mut eight = world.back(8).await;
        let mut seven = world.client(7).await;
        // Heard while he was there.
        seven
            .say("sendmsg", with(json!({"to": 8}), chat(100, "m")))
            .await;
        eight.pushed("pushmsg").await;
        world.advance_ms(1000);
        let left = world.now().0;
        world.log_out(eight, 8).await;
        let mut times = Vec::new();
        for mid in 1..=3 {
            world.advance_ms(1000);
            times.push(
                seven
                    .say("sendmsg", with(json!({"to": 8}), chat(mid, "m")))
                    .await,
            );
            seven
                .say("sendgroupmsg", with(json!({"gid": 5}), chat(mid, "m")))
                .await;
        }
        world.advance_ms(1000);
        let last = seven
            .say("sendmsg", with(json!({"to": 8}), text(4, "m")))
            .await;
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), text(4, "m")))
            .await;
        let mut back_end = world.back_end().await;
        for to in [json!({"to": 8}), json!({"gid": 50})] {
            let method = if to.get("to").is_some() {
                "sendmsg"
            } else {
                "sendgroupmsg"
            };
            let quest = with(with(text(5, "m"), to), json!({"from": 9}));
            back_end.say(method, quest).await;
        }
        world.advance_ms(1000);
        Self {
            world,
            back_end,
            seven,
            left,
            times,
            last,
        }
    }
}

#[tokio::test]
async fn who_wrote_and_where_while_one_was_away_is_listed() {
    let away = Away::start().await;
    let mut eight = away.world.back(8).await;
    let answer = eight.call("getunread", json!({})).await;
    assert_eq!(answer, Ok(json!({"p2p": [7], "group": [5]})));
    for (asked, has_time) in [
        (json!({"gettime": true}), true),
        (
            json!({"gettime": false, "clear": false, "clean": false}),
            false,
        ),
        (json!({"gettime": null, "clear": null}), false),
    ] {
        let answer = eight.call("getunread", asked).await.expect("an answer");
        let time = answer.get("logouttime").and_then(Value::as_i64);
        assert_eq!(time, has_time.then_some(away.left));
    }
    let older = eight.call("getunreadmsg", json!({})).await;
    let expected = json!({"p2p": [7], "group": [5], "uidOfUnreadMessage": [7],
        "gidOfUnreadGroupMessage": [5]});
    assert_eq!(older, Ok(expected.clone()));
    assert_eq!(eight.call("checkunreadmsg", json!({})).await, Ok(expected));
    // Who sent it has nothing to read.
    let mut seven = away.seven;
    assert_eq!(unread(&mut seven).await, (vec![], vec![]));
    let mut nine = away.world.back(9).await;
    assert_eq!(unread(&mut nine).await, (vec![], vec![5]));
}

#[tokio::test]
async fn whoever_was_never_away_has_left_at_zero() {
    let world = World::start().await;
    let mut eight = world.back(8).await;
    let answer = eight.call("getunread", json!({"gettime": true})).await;
    assert_eq!(answer, Ok(json!({"p2p": [], "group": [], "logouttime": 0})));
}

#[tokio::test]
async fn clearing_under_any_name_leaves_nothing_unread() {
    for (method, params) in [
        ("getunread", json!({"clear": true})),
        ("getunread", json!({"clean": true, "gettime": true})),
        ("cleanunread", json!({})),
        ("cleanunreadmsg", json!({})),
        ("getunreadconversationlist", json!({"clear": true})),
    ] {
        let away = Away::start().await;
        let mut eight = away.world.back(8).await;
        let answer = eight.call(method, params).await.expect("an answer");
        if method == "getunread" {
            assert_eq!(
                (&answer["p2p"], &answer["group"]),
                (&json!([7]), &json!([5]))
            );
        }
        assert_eq!(unread(&mut eight).await, (vec![], vec![]), "{method}");
        assert_eq!(unread_of(&mut eight, &[7, 9]).await, [0, 0], "{method}");
        let asked = json!({"uids": [7, 9], "mtypes": [51]});
        let counts = eight.field("getp2punread", asked, "p2p").await;
        assert_eq!(counts, json!({"7": 0, "9": 0}), "{method}");
        // It is read, and not gone; what comes then is unread.
        assert_eq!(eight.rows("getp2pmsg", json!({"ouid": 7})).await.len(), 5);
        away.world.log_out(eight, 8).await;
        let mut seven = away.seven;
        seven
            .say("sendmsg", with(json!({"to": 8}), chat(9, "m")))
            .await;
        let world = away.world.restart().await;
        let mut eight = world.back(8).await;
        assert_eq!(unread(&mut eight).await, (vec![7], vec![]), "{method}");
        assert_eq!(unread_of(&mut eight, &[7]).await, [1], "{method}");
    }
}

#[tokio::test]
async fn some_conversations_are_cleared_and_others_not() {
    let away = Away::start().await;
    let mut eight = away.world.back(8).await;
    for (asked, p2p, group) in [
        (json!({"uids": [9], "gids": []}), vec![7], vec![5]),
        (json!({"uids": [7, 7, 99], "gids": [50]}), vec![], vec![5]),
        (json!({"gids": [5]}), vec![], vec![]),
    ] {
        eight.done("cleantargetunread", asked.clone()).await;
        assert_eq!(unread(&mut eight).await, (p2p, group), "{asked}");
    }
    let away = Away::start().await;
    let mut eight = away.world.back(8).await;
    for (asked, code) in [
        (json!({"uids": [], "gids": []}), 200_033),
        (json!({}), 200_033),
        (json!({"uids": [0], "gids": [5]}), 200_001),
        (json!({"uids": [7], "gids": [0]}), 200_034),
        (json!({"uids": [7], "gids": [99]}), 200_041),
        (json!({"uids": (1..=101).collect::<Vec<_>>()}), 200_032),
    ] {
        assert_eq!(
            eight.call("cleantargetunread", asked.clone()).await,
            Err(code),
            "{asked}"
        );
        assert_eq!(unread(&mut eight).await, (vec![7], vec![5]), "{asked}");
    }
    eight.done("cleantargetunread", json!({"uids": [7]})).await;
    assert_eq!(unread(&mut eight).await, (vec![], vec![5]));
}

#[tokio::test]
async fn what_waits_is_counted_by_user_and_by_group() {
    let away = Away::start().await;
    let mut eight = away.world.back(8).await;
    let (times, last) = (&away.times, away.last);
    for (asked, of_seven, of_nine) in [
        (json!({}), 3, 0),
        (json!({"mtime": null, "mtypes": null}), 3, 0),
        (json!({"mtime": 0, "mtypes": []}), 3, 0),
        (json!({"mtypes": [51]}), 1, 1),
        (json!({"mtypes": [30, 51]}), 4, 1),
        (json!({"mtypes": [32]}), 0, 0),
        (json!({"mtime": times[0]}), 2, 0),
        (json!({"mtime": times[0] - 1}), 3, 0),
        (json!({"mtime": times[2]}), 0, 0),
        (json!({"mtime": times[1], "mtypes": [30, 51]}), 2, 1),
        (json!({"mtime": i64::MAX}), 0, 0),
    ] {
        let asked_of = with(asked.clone(), json!({"uids": [7, 9, 99, 7]}));
        let answer = eight.call("getp2punread", asked_of).await;
        let expected = json!({
            "p2p": {"7": of_seven, "9": of_nine, "99": 0},
            "ltime": {"7": last, "9": last, "99": 0},
        });
        assert_eq!(answer, Ok(expected), "{asked}");
        let asked_of = with(asked.clone(), json!({"gids": [5, 50, 500, 5]}));
        let answer = eight.call("getgroupunread", asked_of).await;
        let expected = json!({
            "group": {"5": of_seven, "50": of_nine, "500": 0},
            "ltime": {"5": last, "50": last, "500": 0},
        });
        assert_eq!(answer, Ok(expected), "{asked}");
    }
    for (method, key) in [("getp2punread", "uids"), ("getgroupunread", "gids")] {
        let many = |count: i64| json!({key: (1..=count).collect::<Vec<_>>()});
        assert!(eight.call(method, many(100)).await.is_ok(), "{method}");
        assert_eq!(
            eight.call(method, many(101)).await,
            Err(200_032),
            "{method}"
        );
        assert_eq!(eight.call(method, many(0)).await, Err(200_033), "{method}");
        let illegal = if key == "uids" { 200_001 } else { 200_034 };
        assert_eq!(eight.call(method, json!({key: [0]})).await, Err(illegal));
    }
    assert_eq!(away.world.users().await, 3, "questions make nobody");
}

#[tokio::test]
async fn what_came_since_a_time_is_counted_whether_it_was_heard_or_not() {
    let away = Away::start().await;
    let mut eight = away.world.back(8).await;
    eight.done("cleanunread", json!({})).await;
    let asked = json!({"uids": [7], "mtime": away.times[0]});
    let count = eight.field("getp2punread", asked, "p2p").await;
    assert_eq!(count, json!({"7": 2}));
}

#[tokio::test]
async fn each_conversation_may_be_asked_for_with_a_time_of_its_own() {
    let away = Away::start().await;
    let mut eight = away.world.back(8).await;
    let (times, last) = (&away.times, away.last);
    let asked = json!({"uid_time": {"7": times[1], "9": 0, "99": 5}, "mtypes": []});
    let answer = eight.call("getp2punreadbytime", asked).await;
    let expected = json!({"p2p": {"7": 1, "9": 0, "99": 0},
        "ltime": {"7": last, "9": last, "99": 0}});
    assert_eq!(answer, Ok(expected));
    let asked = json!({"gid_time": {"5": times[0], "50": times[0]}, "mtypes": [30, 51]});
    let answer = eight.call("getgroupunreadbytime", asked).await;
    let expected = json!({"group": {"5": 3, "50": 1}, "ltime": {"5": last, "50": last}});
    assert_eq!(answer, Ok(expected));
    for (method, key) in [
        ("getp2punreadbytime", "uid_time"),
        ("getgroupunreadbytime", "gid_time"),
    ] {
        for (params, code) in [
            (json!({}), 10_009),
            (json!({key: null}), 10_009),
            (json!({key: [7]}), 10_010),
            (json!({key: {"x": 1}}), 10_010),
            (json!({key: {"7": "x"}}), 10_010),
            (json!({key: {}}), 200_033),
        ] {
            assert_eq!(
                eight.call(method, params.clone()).await,
                Err(code),
                "{method} {params}"
            );
        }
    }
}

#[tokio::test]
async fn conversations_are_listed_with_their_last_message() {
    let away = Away::start().await;
    let mut eight = away.world.back(8).await;
    let (times, last) = (&away.times, away.last);
    let none = json!([0, 0, 0, 0, false, "", "", 0]);
    let row = |first: Value, second: i64, kind: i64, mid: i64, at: i64| {
        json!([first, second, kind, mid, false, "m", "", at])
    };
    let pairs = eight.rows("getp2pmsg", json!({"ouid": 7})).await;
    let group = eight.rows("getgroupmsg", json!({"gid": 5})).await;
    // Reading has confirmed it.
    eight.is_logged_in().await;
    let mut seven = away.seven;
    away.world.log_out(eight, 8).await;
    away.world.advance_ms(1000);
    let at = seven
        .say("sendmsg", with(json!({"to": 8}), chat(6, "m")))
        .await;
    let mut eight = away.world.back(8).await;
    let by_peer = |answer: Value| {
        let of = |key: &str| answer[key].as_array().expect("a list").clone();
        let rows = of("conversations")
            .into_iter()
            .zip(of("unreads"))
            .zip(of("msgs"));
        let mut rows: Vec<_> = rows
            .map(|((id, unread), row)| json!([id, unread, row]))
            .collect();
        rows.sort_by_key(|row| row[0].as_i64());
        Value::Array(rows)
    };
    let last_id = json!(pairs[4][0].as_i64().expect("an id") + 1);
    let of_seven = row(last_id, 2, 30, 6, at);
    for (method, asked, expected) in [
        (
            "getp2pconversationlist",
            json!({}),
            json!([[7, 1, of_seven], [9, 0, none]]),
        ),
        (
            "getp2punreadconversationlist",
            json!({}),
            json!([[7, 1, of_seven]]),
        ),
        (
            "getgroupconversationlist",
            json!({}),
            json!([[5, 0, row(group[2][0].clone(), 7, 30, 3, times[2])]]),
        ),
        ("getgroupunreadconversationlist", json!({}), json!([])),
        (
            "getgroupunreadconversationlist",
            json!({"mtypes": [51], "mtime": 1}),
            json!([
                [5, 1, row(group[3][0].clone(), 7, 51, 4, last)],
                [50, 1, row(json!(1), 9, 51, 5, last)]
            ]),
        ),
        (
            "getp2punreadconversationlist",
            json!({"mtime": times[1]}),
            json!([[7, 2, of_seven]]),
        ),
    ] {
        let answer = eight.call(method, asked.clone()).await.expect("an answer");
        let keys: Vec<_> = answer.as_object().expect("a map").keys().cloned().collect();
        assert_eq!(keys, ["conversations", "msgs", "unreads"], "{method}");
        assert_eq!(by_peer(answer), expected, "{method} {asked}");
    }
    let all = eight.call("getunreadconversationlist", json!({})).await;
    let expected = json!({
        "groupConversations": [], "groupUnreads": [], "groupMsgs": [],
        "p2pConversations": [7], "p2pUnreads": [1], "p2pMsgs": [of_seven],
    });
    assert_eq!(all, Ok(expected.clone()));
    assert_eq!(
        eight
            .call("getunreadconversationlist", json!({"clear": true}))
            .await,
        Ok(expected)
    );
    let empty = json!({
        "groupConversations": [], "groupUnreads": [], "groupMsgs": [],
        "p2pConversations": [], "p2pUnreads": [], "p2pMsgs": [],
    });
    assert_eq!(
        eight.call("getunreadconversationlist", json!({})).await,
        Ok(empty)
    );
}

#[tokio::test]
async fn conversations_come_onto_the_list_and_go_off_it() {
    let mut away = Away::start().await;
    let mut eight = away.world.back(8).await;
    let sessions = async |client: &mut RtmClient| {
        let answer = client
            .call("getsession", json!({}))
            .await
            .expect("an answer");
        (sorted(&answer["p2p"]), sorted(&answer["group"]))
    };
    assert_eq!(sessions(&mut eight).await, (vec![7, 9], vec![5, 50]));
    assert_eq!(sessions(&mut away.seven).await, (vec![8], vec![5]));
    // One's own list only, whatever else is said.
    eight
        .done("removesession", json!({"to": 7, "oneway": false}))
        .await;
    eight.done("removesession", json!({"to": 7})).await;
    eight
        .done("removesession", json!({"to": 99, "oneway": true}))
        .await;
    assert_eq!(sessions(&mut eight).await, (vec![9], vec![5, 50]));
    assert_eq!(sessions(&mut away.seven).await, (vec![8], vec![5]));
    for method in ["getp2pconversationlist", "getp2punreadconversationlist"] {
        let listed = eight
            .ids(method, json!({"mtypes": [30, 51]}), "conversations")
            .await;
        assert_eq!(listed, [9], "{method}");
    }
    // Its messages are there, and the next one puts it back.
    assert_eq!(eight.rows("getp2pmsg", json!({"ouid": 7})).await.len(), 5);
    away.seven
        .say("sendmsg", with(json!({"to": 8}), chat(9, "m")))
        .await;
    assert_eq!(sessions(&mut eight).await, (vec![7, 9], vec![5, 50]));
    // The back end puts users on a list with whom nothing was said yet.
    away.world.token(10).await;
    let people = json!({"uid": 8, "uids": [10, 7, 8]});
    away.back_end.done("addsessions", &people).await;
    assert_eq!(sessions(&mut eight).await, (vec![7, 9, 10], vec![5, 50]));
    let listed = eight
        .call("getp2pconversationlist", json!({}))
        .await
        .expect("an answer");
    let at = listed["conversations"]
        .as_array()
        .expect("a list")
        .iter()
        .position(|id| *id == 10);
    let at = at.expect("he is listed");
    assert_eq!(listed["msgs"][at], json!([0, 0, 0, 0, false, "", "", 0]));
    let mut ten = away.world.client(10).await;
    assert_eq!(sessions(&mut ten).await, (vec![], vec![]));
    let gone = json!({"uid": 8, "uids": [9, 10], "oneway": true});
    away.back_end.done("removesessions", gone).await;
    assert_eq!(sessions(&mut eight).await, (vec![7], vec![5, 50]));
    for (method, params, code) in [
        ("addsessions", json!({"uid": 0, "uids": [7]}), 200_001),
        ("addsessions", json!({"uid": 8, "uids": [0]}), 200_001),
        ("addsessions", json!({"uid": 8, "uids": []}), 200_033),
        (
            "removesessions",
            json!({"uid": 8, "uids": (1..=101).collect::<Vec<_>>()}),
            200_032,
        ),
    ] {
        assert_eq!(
            away.back_end.call(method, params).await,
            Err(code),
            "{method}"
        );
    }
    assert_eq!(
        eight.call("removesession", json!({"to": 0})).await,
        Err(200_001)
    );
    let world = away.world.restart().await;
    let mut eight = world.back(8).await;
    assert_eq!(sessions(&mut eight).await, (vec![7], vec![5, 50]));
}

#[tokio::test]
async fn whom_the_back_end_lists_need_not_be_known_yet() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    back_end
        .done("addsessions", json!({"uid": 8, "uids": [70]}))
        .await;
    let mut eight = world.back(8).await;
    let listed = eight.ids("getsession", json!({}), "p2p").await;
    assert_eq!(listed, [70], "any positive uid is a valid user");
}

#[tokio::test]
async fn what_is_in_rooms_or_told_to_all_is_never_unread() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut seven = world.client(7).await;
    seven.done("enterroom", json!({"rid": 6})).await;
    back_end
        .done("addroommember", json!({"rid": 6, "uid": 8}))
        .await;
    seven
        .say("sendroommsg", with(json!({"rid": 6}), chat(1, "m")))
        .await;
    back_end
        .say("broadcastmsg", with(chat(1, "m"), json!({"from": 7})))
        .await;
    let mut eight = world.back(8).await;
    assert_eq!(unread(&mut eight).await, (vec![], vec![]));
    let all = eight.call("getsession", json!({})).await;
    assert_eq!(all, Ok(json!({"p2p": [], "group": []})));
    assert_eq!(unread_of(&mut eight, &[7]).await, [0]);
    assert_eq!(unread_in(&mut eight, &[6]).await, [0]);
    assert_eq!(eight.ids("getsession", json!({}), "p2p").await, NONE);
}
