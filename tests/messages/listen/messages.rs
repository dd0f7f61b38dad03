//! What is heard of messages, and in which order. Source: RTM server gate section 6.2.

use std::collections::BTreeMap;

use halloo_testkit::rtm::{Parameters as _, packed};
use serde_json::{Value, json};

use super::{Ear, Scene, name, pushed};
use crate::talk::{Asker as _, text, with};
use crate::world::Ask as _;

#[tokio::test]
async fn a_message_is_heard_with_every_field_whoever_sent_it() {
    let scene = Scene::set().await;
    let world = &scene.world;
    let mut ear = Ear::that_set(world, json!({"all": true})).await;
    let mut client = world.client(1).await;
    assert_eq!(name(&ear.next().await), "login");
    client.done("enterroom", json!({"rid": 21})).await;
    let mut back_end = world.back_end().await;
    let mut mid = 0;
    for (method, to, pushed_as, place) in [
        ("sendmsg", json!({"to": 2}), "pushmsg", json!({"to": 2})),
        (
            "sendgroupmsg",
            json!({"gid": 11}),
            "pushgroupmsg",
            json!({"gid": 11, "to": 11}),
        ),
        (
            "sendroommsg",
            json!({"rid": 21}),
            "pushroommsg",
            json!({"rid": 21, "to": 21}),
        ),
    ] {
        for sender in ["a client", "a back end", "the listener"] {
            world.advance_ms(1234);
            mid += 1;
            let draft = json!({"mid": mid, "mtype": 66, "msg": "hi", "attrs": "{\"a\":1}"});
            let own = with(draft.clone(), to.clone());
            let in_his_name = with(own.clone(), json!({"from": 1}));
            let at = match sender {
                "a client" => client.say(method, own).await,
                "a back end" => back_end.say(method, in_his_name).await,
                _ => ear.say(method, in_his_name).await,
            };
            assert_eq!(at, world.now().0);
            let expected = with(with(draft, json!({"from": 1, "mtime": at})), place.clone());
            assert_eq!(ear.next().await, pushed(pushed_as, expected), "{sender}");
        }
    }
    // A message without a name is given one.
    let unnamed = json!({"from": 1, "to": 2, "mtype": 51, "msg": "m"});
    back_end.say("sendmsg", unnamed).await;
    let heard = ear.next().await.params;
    assert!(heard["mid"].as_i64().is_some_and(|mid| mid > 0), "{heard}");
    assert_eq!(heard["attrs"], "");
    assert_eq!(ear.heard().await, []);
}

#[tokio::test]
async fn text_is_heard_as_text_and_anything_else_as_bytes() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::that_set(&scene.world, json!({"all": true})).await;
    let mut client = scene.world.client(1).await;
    assert_eq!(name(&ear.next().await), "login");
    let mut mid = 0;
    for (mtype, body, shown) in [
        (51, packed(&json!("hi")), json!("hi")),
        (51, packed(&json!("")), json!("")),
        // Not in the form in which translations come.
        (
            30,
            packed(&json!("gr\u{fc}\u{df}")),
            json!("gr\u{fc}\u{df}"),
        ),
        (30, packed(&json!("{\"a\":1}")), json!("{\"a\":1}")),
        (32, packed(&json!("{}")), json!("{}")),
        (51, b"\xc4\x02\xff\xfe".to_vec(), json!({"bin": "fffe"})),
        (51, b"\xc4\x02hi".to_vec(), json!({"bin": "6869"})),
        // Some SDKs put bytes into text.
        (51, b"\xa2\xc3\x28".to_vec(), json!({"bin": "c328"})),
        (31, b"\xc4\x02\x00\x01".to_vec(), json!({"bin": "0001"})),
    ] {
        for is_of_client in [true, false] {
            mid += 1;
            let draft = json!({"from": 1, "to": 2, "mid": mid, "mtype": mtype, "attrs": ""});
            let quest = draft.into_map().raw("msg", &body);
            let answer = if is_of_client {
                client.call("sendmsg", quest).await
            } else {
                scene.back_end.call("sendmsg", quest).await
            };
            assert!(answer.is_ok(), "{answer:?}");
            let heard = ear.next().await;
            assert_eq!(heard.params["mid"], mid);
            assert_eq!(heard.params["mtype"], mtype);
            assert_eq!(heard.params["msg"], shown, "{mtype}: {is_of_client}");
        }
    }
}

#[tokio::test]
async fn one_message_to_several_is_heard_for_each() {
    let mut scene = Scene::set().await;
    let mut all = Ear::that_set(&scene.world, json!({"p2p": true})).await;
    let mut one = Ear::that_set(&scene.world, json!({"uids": [3]})).await;
    let mut sender = Ear::that_set(&scene.world, json!({"uids": [1, 2]})).await;
    scene
        .say("sendmsgs", json!({"from": 1, "tos": [2, 3, 4, 3, 1]}))
        .await;
    scene.ring().await;
    assert_eq!(all.names().await, "1>2 1>3 1>4");
    assert_eq!(one.names().await, "1>3");
    assert_eq!(sender.names().await, "1>2 1>3 1>4");
}

#[tokio::test]
async fn broadcasts_retries_and_what_is_refused_are_not_heard() {
    let mut scene = Scene::set().await;
    scene
        .back_end
        .done("addblacks", json!({"uid": 2, "blacks": [1]}))
        .await;
    let mut client = scene.world.client(1).await;
    let mut ear = Ear::that_set(&scene.world, json!({"all": true})).await;
    scene.say("broadcastmsg", json!({"from": 1})).await;
    let blocked = with(text(7, "m"), json!({"to": 2}));
    assert_eq!(client.call("sendmsg", blocked).await, Err(200_049));
    let nowhere = with(text(8, "m"), json!({"rid": 21}));
    assert_eq!(client.call("sendroommsg", nowhere).await, Err(200_040));
    let said = with(text(9, "m"), json!({"to": 4}));
    let first = client.say("sendmsg", said.clone()).await;
    assert_eq!(client.say("sendmsg", said).await, first);
    scene.ring().await;
    assert_eq!(ear.names().await, "1>4");
}

#[tokio::test]
async fn what_is_said_in_one_place_is_heard_in_its_order() {
    const MANY: i64 = 100;
    let mut scene = Scene::set().await;
    scene.world.group(11, &[7]).await;
    let settings = json!({"uids": [1, 7], "rids": [21], "gids": [11]});
    let mut listed = Ear::that_set(&scene.world, settings).await;
    let mut all = Ear::that_set(&scene.world, json!({"all": true})).await;
    let mut client = scene.world.client(7).await;
    let (mut of_back_end, mut of_client) = (Vec::new(), Vec::new());
    for mid in 1..=MANY {
        for (method, to) in [
            ("sendmsg", json!({"to": 2})),
            ("sendgroupmsg", json!({"gid": 11})),
            ("sendroommsg", json!({"rid": 21})),
        ] {
            let own = with(text(mid, "m"), to);
            if method != "sendroommsg" {
                of_client.push(client.ask(method, &own));
            }
            let in_his_name = with(own, json!({"from": 1}));
            of_back_end.push(scene.back_end.ask(method, in_his_name));
        }
    }
    scene.back_end.wire.flush().await;
    client.wire.flush().await;
    for sequence in of_back_end {
        assert!(scene.back_end.answer(sequence).await.is_ok());
    }
    for sequence in of_client {
        assert!(client.answer(sequence).await.expect("it is open").is_ok());
    }
    scene.mid = MANY;
    scene.ring().await;
    let in_order: Vec<_> = (1..=MANY).map(Value::from).collect();
    let mut group_as_heard = Vec::new();
    for ear in [&mut listed, &mut all] {
        let mut places = BTreeMap::<_, Vec<_>>::new();
        let mut group = Vec::new();
        for push in ear.heard().await {
            let (from, mid) = (push.params["from"].clone(), push.params["mid"].clone());
            if push.method == "pushgroupmsg" {
                group.push((from.clone(), mid.clone()));
            }
            let place = (name(&push), from.as_i64());
            places.entry(place).or_default().push(mid);
        }
        places.retain(|(place, _), _| place != "r99" && place != "login");
        let heard: Vec<_> = places.keys().map(|(place, _)| place.as_str()).collect();
        assert_eq!(heard, ["1>2", "7>2", "g11", "g11", "r21"]);
        for (place, mids) in places {
            assert_eq!(mids, in_order, "{place:?}");
        }
        group_as_heard.push(group);
    }
    // Everybody hears one conversation in one order.
    assert_eq!(group_as_heard[0], group_as_heard[1]);
    let log = scene.back_end.all_rows("getgroupmsg", json!({"gid": 11}));
    let log: Vec<_> = log.await.iter().map(|row| row[1].clone()).collect();
    let senders = group_as_heard[0].iter().map(|(from, _)| from.clone());
    let senders: Vec<_> = senders.collect();
    assert_eq!(senders, log);
}

#[tokio::test]
async fn what_is_sent_over_rest_is_heard_as_well() {
    let scene = Scene::set().await;
    let world = &scene.world;
    let mut ear = Ear::that_set(world, json!({"all": true})).await;
    let body = json!({"from": "1", "to": ["2"], "type": "txt", "body": {"msg": "hi"}});
    let sent = world
        .rest()
        .await
        .call("POST", "/messages/users", Some(body))
        .await;
    sent.ok();
    let heard = ear.next().await;
    assert_eq!(name(&heard), "1>2");
    assert_eq!(heard.params["mtype"], 30);
    assert_eq!(heard.params["msg"], "hi");
    assert!(heard.params["mid"].as_i64().is_some_and(|mid| mid != 0));
}
