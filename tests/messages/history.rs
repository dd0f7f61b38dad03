//! Pages of logs. Sources: RTM server gate sections 5.3 and 5.4, RTM client gate sections 3.3 and 5.1.

use halloo_testkit::rtm::{Caller, RtmClient};
use serde_json::{Value, json};

use crate::talk::{Asker, text, with};
use crate::world::{Ask as _, World};

/// 25 messages between 7 and 8, one every second from `first` on, named 1 to 25. The odd ones are of 7 and kind 51,
/// the even ones of 8 and kind 52. The same in group 5, room 6 and, all from 7, to everybody.
struct Talk {
    world: World,
    back_end: Caller,
    seven: RtmClient,
    eight: RtmClient,
    /// When each was sent; that named 1 stands first.
    times: Vec<i64>,
}

const COUNT: i64 = 25;

/// The four logs: how a client asks for each, and how a back end does.
fn logs() -> [(&'static str, Value, Value); 4] {
    [
        (
            "getp2pmsg",
            json!({"ouid": 8}),
            json!({"uid": 7, "ouid": 8}),
        ),
        ("getgroupmsg", json!({"gid": 5}), json!({"gid": 5})),
        ("getroommsg", json!({"rid": 6}), json!({"rid": 6})),
        ("getbroadcastmsg", json!({}), json!({})),
    ]
}

impl Talk {
    async fn held() -> Self {
        let world = World::start().await;
        let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
        world.group(5, &[7, 8]).await;
        for client in [&mut seven, &mut eight] {
            client.done("enterroom", json!({"rid": 6})).await;
        }
        let mut back_end = world.back_end().await;
        let mut times = Vec::new();
        for mid in 1..=COUNT {
            world.advance_ms(1000);
            let (client, peer) = match mid % 2 {
                1 => (&mut seven, 8),
                _ => (&mut eight, 7),
            };
            let draft =
                json!({"mid": mid, "mtype": 52 - mid % 2, "msg": format!("m{mid}"), "attrs": "a"});
            let at = client
                .say("sendmsg", with(draft.clone(), json!({"to": peer})))
                .await;
            client
                .say("sendgroupmsg", with(draft.clone(), json!({"gid": 5})))
                .await;
            client
                .say("sendroommsg", with(draft.clone(), json!({"rid": 6})))
                .await;
            back_end
                .say("broadcastmsg", with(draft, json!({"from": 7})))
                .await;
            times.push(at);
        }
        world.advance_ms(1000);
        Self {
            world,
            back_end,
            seven,
            eight,
            times,
        }
    }

    fn at(&self, mid: i64) -> i64 {
        self.times[usize::try_from(mid - 1).expect("from 1 on")]
    }
}

async fn page(asker: &mut impl Asker, method: &str, params: Value) -> Value {
    let answer = asker.ask_for(method, params.clone()).await;
    let answer = answer.unwrap_or_else(|code| panic!("{method} {params}: {code}"));
    let mut keys: Vec<_> = answer.as_object().expect("a map").keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["begin", "end", "lastid", "msgs", "num"]);
    assert_eq!(
        answer["num"],
        answer["msgs"].as_array().expect("a list").len()
    );
    answer
}

fn mids(page: &Value) -> Vec<i64> {
    let rows = page["msgs"].as_array().expect("a list").iter();
    rows.map(|row| row[3].as_i64().expect("an id")).collect()
}

/// Numbers from `first` to `last`, either way.
fn run(first: i64, last: i64) -> Vec<i64> {
    if first <= last {
        (first..=last).collect()
    } else {
        (last..=first).rev().collect()
    }
}

#[tokio::test]
async fn a_page_goes_forward_from_its_begin_or_back_from_its_end() {
    let mut talk = Talk::held().await;
    let now = talk.world.now().0;
    for (method, own, of) in logs() {
        for (descending, expected, edge) in [(false, run(1, 10), 10), (true, run(25, 16), 16)] {
            let asked = json!({"desc": descending, "num": 10});
            let first = page(&mut talk.seven, method, with(own.clone(), asked.clone())).await;
            let same = page(&mut talk.back_end, method, with(of.clone(), asked)).await;
            assert_eq!(first, same, "{method}");
            assert_eq!(mids(&first), expected, "{method}");
            assert_eq!(first["lastid"], first["msgs"][9][0], "{method}");
            let (begin, end) = if descending {
                (0, talk.at(edge))
            } else {
                (talk.at(edge), now)
            };
            assert_eq!(
                (&first["begin"], &first["end"]),
                (&json!(begin), &json!(end)),
                "{method}"
            );
        }
    }
}

#[tokio::test]
async fn a_row_has_eight_columns_and_a_pair_is_seen_from_its_side() {
    let mut talk = Talk::held().await;
    let two = json!({"desc": false, "num": 2});
    for (method, place, from_seven, from_eight) in [
        ("getp2pmsg", json!({"uid": 7, "ouid": 8}), 1, 2),
        ("getp2pmsg", json!({"uid": 8, "ouid": 7}), 2, 1),
        ("getgroupmsg", json!({"gid": 5}), 7, 8),
        ("getroommsg", json!({"rid": 6}), 7, 8),
        ("getbroadcastmsg", json!({}), 7, 7),
    ] {
        let asked = with(place.clone(), two.clone());
        let seen = page(&mut talk.back_end, method, asked.clone()).await;
        let rows = seen["msgs"].clone();
        let ids = [&rows[0][0], &rows[1][0]].map(|id| id.as_i64().expect("an id"));
        assert!(0 < ids[0] && ids[0] < ids[1], "{ids:?}");
        let expected = json!([
            [ids[0], from_seven, 51, 1, false, "m1", "a", talk.at(1)],
            [ids[1], from_eight, 52, 2, false, "m2", "a", talk.at(2)],
        ]);
        assert_eq!(rows, expected, "{method}");
        let client = if place.get("uid") == Some(&json!(8)) {
            &mut talk.eight
        } else {
            &mut talk.seven
        };
        assert_eq!(page(client, method, asked).await, seen, "{method}");
    }
}

#[tokio::test]
async fn what_an_answer_says_leads_to_the_next_page_and_the_end() {
    let mut talk = Talk::held().await;
    for (method, own, of) in logs() {
        for descending in [false, true] {
            for size in [1, 2, 7, 20, 25] {
                for by_client in [true, false] {
                    let place = if by_client { own.clone() } else { of.clone() };
                    let (mut seen, mut asked) =
                        (Vec::new(), json!({"desc": descending, "num": size}));
                    loop {
                        let params = with(place.clone(), asked.clone());
                        let got = if by_client {
                            page(&mut talk.seven, method, params).await
                        } else {
                            page(&mut talk.back_end, method, params).await
                        };
                        seen.extend(mids(&got));
                        for key in ["begin", "end", "lastid"] {
                            asked[key] = got[key].clone();
                        }
                        if got["num"].as_i64() < Some(size.min(20)) {
                            break;
                        }
                    }
                    let expected = if descending {
                        run(COUNT, 1)
                    } else {
                        run(1, COUNT)
                    };
                    assert_eq!(seen, expected, "{method} by {size}");
                }
            }
        }
    }
}

#[tokio::test]
async fn pages_go_on_without_gaps_or_repeats_while_others_talk_and_remove() {
    let mut talk = Talk::held().await;
    for descending in [false, true] {
        let (mut seen, mut asked) = (Vec::new(), json!({"gid": 5, "desc": descending, "num": 4}));
        let mut mid = if descending { 200 } else { 100 };
        loop {
            let got = page(&mut talk.seven, "getgroupmsg", asked.clone()).await;
            let rows = mids(&got);
            if rows.is_empty() || mid % 100 == 10 {
                break;
            }
            // The one that the next page goes on behind goes away.
            let last = got["msgs"][rows.len() - 1].clone();
            let place = json!({"mid": last[3], "from": last[1], "xid": 5, "type": 2});
            talk.back_end.done("delmsg", place).await;
            mid += 1;
            talk.eight
                .say("sendgroupmsg", with(json!({"gid": 5}), text(mid, "more")))
                .await;
            seen.extend(rows);
            for key in ["begin", "end", "lastid"] {
                asked[key] = got[key].clone();
            }
            if !descending {
                asked["end"] = json!(0);
            }
        }
        let mut once = seen.clone();
        once.dedup();
        assert_eq!(seen, once);
        if descending {
            assert!(seen.iter().all(|mid| *mid < 200), "{seen:?}");
        } else {
            assert_eq!(seen[..25], run(1, COUNT), "{seen:?}");
        }
    }
}

#[tokio::test]
async fn begin_and_end_are_part_of_what_is_asked_for() {
    let mut talk = Talk::held().await;
    let (now, from, to) = (talk.world.now().0, talk.at(5), talk.at(10));
    for (method, own, of) in logs() {
        for (begin, end, expected) in [
            (json!(from), json!(to), run(5, 10)),
            (json!(from + 1), json!(to - 1), run(6, 9)),
            (json!(from), json!(0), run(5, 24)),
            (json!(0), json!(to), run(1, 10)),
            (json!(null), json!(to), run(1, 10)),
            (json!(-5), json!(-5), run(1, 20)),
            (json!(from), json!(from), run(5, 5)),
            (json!(to), json!(from), vec![]),
            (json!(now), json!(0), vec![]),
            (json!(0), json!(talk.at(1) - 1), vec![]),
            (json!(i64::MAX), json!(i64::MAX), vec![]),
            (json!(0), json!(i64::MAX), run(1, 20)),
        ] {
            let asked = json!({"desc": false, "num": 20, "begin": begin, "end": end});
            let got = page(&mut talk.seven, method, with(own.clone(), asked.clone())).await;
            assert_eq!(mids(&got), expected, "{method} {asked}");
            let same = page(&mut talk.back_end, method, with(of.clone(), asked.clone())).await;
            assert_eq!(got, same, "{method} {asked}");
            if expected.len() < 20 {
                let mut back = expected;
                back.reverse();
                let asked = with(asked, json!({"desc": true}));
                let got = page(&mut talk.seven, method, with(own.clone(), asked.clone())).await;
                assert_eq!(mids(&got), back, "{method} {asked}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_has_1_to_20_rows() {
    let mut talk = Talk::held().await;
    for (method, own, of) in logs() {
        for (asked, rows) in [
            (1, 1),
            (10, 10),
            (20, 20),
            (21, 20),
            (i64::from(i16::MAX), 20),
            (0, 1),
            (-1, 1),
        ] {
            for descending in [false, true] {
                let asked = json!({"desc": descending, "num": asked});
                let got = page(&mut talk.seven, method, with(own.clone(), asked.clone())).await;
                assert_eq!(got["num"], rows, "{method} {asked}");
                let got = page(&mut talk.back_end, method, with(of.clone(), asked.clone())).await;
                assert_eq!(got["num"], rows, "{method} {asked}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_of_the_kinds_asked_for_is_left_out() {
    let mut talk = Talk::held().await;
    let odd: Vec<i64> = (1..=COUNT).filter(|mid| mid % 2 == 1).collect();
    for (method, own, of) in logs() {
        for (kinds, expected) in [
            (json!([51]), odd[..10].to_vec()),
            (json!([51, 30, 51]), odd[..10].to_vec()),
            (json!([52, 51]), run(1, 10)),
            (json!([]), run(1, 10)),
            (json!(null), run(1, 10)),
            (json!([30]), vec![]),
            (json!([0]), vec![]),
            (json!([-1]), vec![]),
        ] {
            let asked = json!({"desc": false, "num": 10, "mtypes": kinds});
            let got = page(&mut talk.seven, method, with(own.clone(), asked.clone())).await;
            assert_eq!(mids(&got), expected, "{method} {asked}");
            let same = page(&mut talk.back_end, method, with(of.clone(), asked)).await;
            assert_eq!(got, same);
        }
        // Through to the end.
        let (mut seen, mut after) = (Vec::new(), json!(0));
        loop {
            let asked = json!({"desc": true, "num": 3, "mtypes": [51], "lastid": after});
            let got = page(&mut talk.seven, method, with(own.clone(), asked)).await;
            after = got["lastid"].clone();
            seen.extend(mids(&got));
            if got["num"] != 3 {
                break;
            }
        }
        let mut expected = odd.clone();
        expected.reverse();
        assert_eq!(seen, expected, "{method}");
    }
}

#[tokio::test]
async fn a_page_without_rows_has_every_field() {
    let mut talk = Talk::held().await;
    let now = talk.world.now().0;
    for (method, own, of) in [
        (
            "getp2pmsg",
            json!({"ouid": 9}),
            json!({"uid": 7, "ouid": 9}),
        ),
        (
            "getp2pmsg",
            json!({"ouid": 7}),
            json!({"uid": 7, "ouid": 7}),
        ),
        (
            "getp2pmsg",
            json!({"ouid": 99}),
            json!({"uid": 98, "ouid": 99}),
        ),
        ("getgroupmsg", json!({"gid": 55}), json!({"gid": 55})),
    ] {
        for descending in [false, true] {
            for (given, begin, end, after) in [
                (json!({}), 0, now, 0),
                (json!({"begin": 5, "end": 9, "lastid": 77}), 5, 9, 77),
                (json!({"begin": -5, "end": -9, "lastid": -1}), 0, now, 0),
                (
                    json!({"begin": null, "end": null, "lastid": null, "mtypes": null}),
                    0,
                    now,
                    0,
                ),
            ] {
                let asked = with(json!({"desc": descending, "num": 10}), given);
                let expected =
                    json!({"num": 0, "lastid": after, "begin": begin, "end": end, "msgs": []});
                let got = page(&mut talk.back_end, method, with(of.clone(), asked.clone())).await;
                assert_eq!(got, expected, "{method} {asked}");
                if method == "getp2pmsg" {
                    let got = page(&mut talk.seven, method, with(own.clone(), asked)).await;
                    assert_eq!(got, expected, "{method}");
                }
            }
        }
    }
    assert_eq!(talk.world.users().await, 2, "questions make nobody");
}

#[tokio::test]
async fn a_place_behind_the_end_is_no_error() {
    let mut talk = Talk::held().await;
    for (method, own, _) in logs() {
        let of = |more: Value| with(with(own.clone(), json!({"num": 10})), more);
        let asked = of(json!({"desc": false, "lastid": i64::MAX}));
        assert!(mids(&page(&mut talk.seven, method, asked).await).is_empty());
        let asked = of(json!({"desc": true, "lastid": i64::MAX}));
        assert_eq!(
            mids(&page(&mut talk.seven, method, asked).await),
            run(25, 16)
        );
        let asked = of(json!({"desc": true, "lastid": 1}));
        assert!(mids(&page(&mut talk.seven, method, asked).await).is_empty());
        // As C++ once spelled it.
        let third =
            page(&mut talk.seven, method, of(json!({"desc": false}))).await["msgs"][2][0].clone();
        let asked = of(json!({"desc": false, "lastId": third}));
        assert_eq!(
            mids(&page(&mut talk.seven, method, asked).await),
            run(4, 13)
        );
    }
}

#[tokio::test]
async fn pages_go_on_behind_a_message_by_its_name() {
    let mut talk = Talk::held().await;
    let names = [
        "getp2pmsgbymessageid",
        "getgroupmsgbymessageid",
        "getroommsgbymessageid",
        "getbroadcastmsgbymessageid",
    ];
    for ((method, own, _), by_name) in logs().into_iter().zip(names) {
        for (descending, mid, expected) in [
            (false, 5, run(6, 15)),
            (true, 5, run(4, 1)),
            (false, 25, vec![]),
            (false, 0, run(1, 10)),
            (true, 0, run(25, 16)),
        ] {
            let asked = json!({"desc": descending, "num": 10, "mid": mid});
            let got = page(&mut talk.seven, by_name, with(own.clone(), asked.clone())).await;
            assert_eq!(mids(&got), expected, "{by_name} {asked}");
            // The answer leads on, by name or by number.
            if mid == 5 && !descending {
                let next = json!({"desc": false, "num": 10, "lastid": got["lastid"]});
                let next = page(&mut talk.seven, method, with(own.clone(), next)).await;
                assert_eq!(mids(&next), run(16, 25));
            }
        }
        let asked = json!({"desc": false, "num": 10, "mid": 5, "mtypes": [52], "end": talk.at(10)});
        let got = page(&mut talk.seven, by_name, with(own.clone(), asked)).await;
        assert_eq!(mids(&got), [6, 8, 10]);
        let asked = with(own.clone(), json!({"desc": false, "num": 10, "mid": 777}));
        assert_eq!(
            talk.seven.call(by_name, asked).await,
            Err(200_070),
            "{by_name}"
        );
    }
}

#[tokio::test]
async fn counts_say_how_many_messages_pages_have() {
    let mut talk = Talk::held().await;
    let (from, to) = (talk.at(5), talk.at(10));
    let names = [
        "getp2pmsgcount",
        "getgroupmsgcount",
        "getroommsgcount",
        "getbroadcastmsgcount",
    ];
    for ((_, own, _), count) in logs().into_iter().zip(names) {
        for (asked, expected) in [
            (json!({"begin": 0, "end": 0}), 25),
            (json!({"begin": null}), 25),
            (json!({}), 25),
            (json!({"begin": from, "end": to}), 6),
            (json!({"begin": from, "end": to, "mtypes": [51]}), 3),
            (json!({"mtypes": []}), 25),
            (json!({"begin": 0, "end": 0, "mtypes": [52]}), 12),
            (json!({"mtypes": [30]}), 0),
            (json!({"begin": to, "end": from}), 0),
        ] {
            let answer = talk
                .seven
                .call(count, with(own.clone(), asked.clone()))
                .await;
            assert_eq!(answer, Ok(json!({"count": expected})), "{count} {asked}");
        }
    }
    let none = talk.seven.call("getp2pmsgcount", json!({"ouid": 99})).await;
    assert_eq!(none, Ok(json!({"count": 0})));
    for (asked, sender, num) in [
        (json!({"type": 2, "xid": 5}), 2, 25),
        (json!({"type": 3, "xid": 6}), 2, 25),
        (json!({"type": 2, "xid": 5, "mtypes": [51]}), 1, 13),
        (json!({"type": 2, "xid": 5, "begin": from, "end": to}), 2, 6),
        (
            json!({"type": 3, "xid": 6, "begin": from, "end": from}),
            1,
            1,
        ),
        (json!({"type": 2, "xid": 55}), 0, 0),
        (json!({"type": 3, "xid": 66}), 0, 0),
    ] {
        let answer = talk.back_end.call("getmsgnum", asked.clone()).await;
        assert_eq!(answer, Ok(json!({"sender": sender, "num": num})), "{asked}");
    }
    for kind in [1, 4, 0, -1, 5] {
        let asked = json!({"type": kind, "xid": 5});
        assert_eq!(talk.back_end.call("getmsgnum", asked).await, Err(200_034));
    }
}

#[tokio::test]
async fn only_who_is_in_a_place_reads_there() {
    let mut talk = Talk::held().await;
    let mut nine = talk.world.client(9).await;
    let asked = json!({"desc": false, "num": 10, "begin": 0, "end": 0});
    for (place, code, out) in [
        (
            json!({"gid": 5}),
            200_041,
            ("delgroupmembers", json!({"gid": 5, "uids": [7]})),
        ),
        (json!({"rid": 6}), 200_040, ("leaveroom", json!({"rid": 6}))),
    ] {
        let name = if code == 200_041 {
            "getgroupmsg"
        } else {
            "getroommsg"
        };
        let (method, params) = out;
        for method in [
            name.to_owned(),
            format!("{name}bymessageid"),
            format!("{name}count"),
        ] {
            let params = with(with(asked.clone(), json!({"mid": 1})), place.clone());
            assert!(talk.seven.call(&method, &params).await.is_ok(), "{method}");
            assert_eq!(nine.call(&method, &params).await, Err(code), "{method}");
        }
        talk.seven.done(method, params).await;
        let params = with(asked.clone(), place.clone());
        assert_eq!(talk.seven.call(name, &params).await, Err(code));
        let kind = if code == 200_041 { 2 } else { 3 };
        let xid = if code == 200_041 { 5 } else { 6 };
        for mid in [1, 777] {
            let one = json!({"from": 7, "mid": mid, "xid": xid, "type": kind});
            for method in ["getmsg", "delmsg"] {
                assert_eq!(talk.seven.call(method, &one).await, Err(code), "{method}");
            }
        }
        // A back end reads everywhere.
        let params = with(asked.clone(), place);
        assert_eq!(
            mids(&page(&mut talk.back_end, name, params).await),
            run(1, 10)
        );
    }
}

#[tokio::test]
async fn who_comes_back_into_a_group_reads_all_of_it() {
    let world = World::start().await;
    let mut seven = world.client(7).await;
    world.group(5, &[7]).await;
    for mid in 1..=3 {
        seven
            .say("sendgroupmsg", with(json!({"gid": 5}), text(mid, "m")))
            .await;
    }
    let mut eight = world.client(8).await;
    world.group(5, &[8]).await;
    assert_eq!(eight.rows("getgroupmsg", json!({"gid": 5})).await.len(), 3);
}

#[tokio::test]
async fn nobody_reads_what_two_others_say() {
    let mut talk = Talk::held().await;
    let mut nine = talk.world.client(9).await;
    for params in [
        json!({"uid": 7, "ouid": 8}),
        json!({"uid": 8, "from": 8, "ouid": 7}),
    ] {
        let asked = with(params, json!({"desc": false, "num": 10}));
        assert!(mids(&page(&mut nine, "getp2pmsg", asked).await).is_empty());
    }
    for place in [
        json!({"from": 7, "xid": 8, "mid": 1, "type": 1}),
        json!({"from": 8, "xid": 7, "mid": 2, "type": 1}),
    ] {
        for method in ["getmsg", "delmsg"] {
            assert_eq!(nine.call(method, &place).await, Err(200_070), "{method}");
        }
    }
    assert_eq!(
        talk.seven
            .all_rows("getp2pmsg", json!({"ouid": 8}))
            .await
            .len(),
        25
    );
}

#[tokio::test]
async fn history_outlives_a_restart_and_ends_after_seven_days() {
    const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;
    let talk = Talk::held().await;
    let (first, world) = (talk.times[0], talk.world);
    drop((talk.seven, talk.eight, talk.back_end));
    let world = world.restart().await;
    let mut back_end = world.back_end().await;
    let of = json!({"uid": 7, "ouid": 8});
    assert_eq!(back_end.all_rows("getp2pmsg", of.clone()).await.len(), 25);
    world.advance_ms(first + WEEK_MS - world.now().0);
    assert_eq!(back_end.all_rows("getp2pmsg", of.clone()).await.len(), 25);
    for gone in 1..=25 {
        world.advance_ms(if gone == 1 { 1 } else { 1000 });
        for (method, _, of) in logs() {
            let rows = back_end.all_rows(method, of).await;
            assert_eq!(rows.len(), 25 - gone, "{method}");
        }
    }
    for (kind, xid) in [(1, 8), (2, 5), (3, 6), (4, 0)] {
        let place = json!({"from": 7, "xid": xid, "mid": 25, "type": kind});
        assert_eq!(back_end.call("getmsg", place).await, Err(200_070));
    }
    let count = back_end
        .call("getmsgnum", json!({"type": 2, "xid": 5}))
        .await;
    assert_eq!(count, Ok(json!({"sender": 0, "num": 0})));
    // Numbers go on.
    let again = with(text(26, "new"), json!({"from": 7, "to": 8}));
    back_end.say("sendmsg", again).await;
    let rows = back_end.rows("getp2pmsg", of).await;
    assert!(rows[0][0].as_i64() > Some(25), "{rows:?}");
}

#[tokio::test]
async fn the_last_message_of_every_room_is_shown() {
    let mut talk = Talk::held().await;
    talk.world.allow_rooms().await;
    talk.seven.done("enterroom", json!({"rid": 60})).await;
    for (asked, mid) in [
        (json!({}), 25),
        (json!({"mtypes": [52]}), 24),
        (json!({"mtypes": []}), 25),
        (json!({"mtypes": [30]}), 0),
    ] {
        let rooms = talk
            .seven
            .field("getuserroomsandlastmsg", asked.clone(), "rooms")
            .await;
        let none = json!([0, 0, 0, 0, false, "", "", 0]);
        assert_eq!(rooms["60"], none);
        if mid == 0 {
            assert_eq!(rooms["6"], none);
        } else {
            let last = &rooms["6"];
            assert_eq!(
                (&last[3], &last[1]),
                (&json!(mid), &json!(if mid == 25 { 7 } else { 8 })),
                "{asked}"
            );
            assert_eq!(last.as_array().map(Vec::len), Some(8));
        }
    }
}
