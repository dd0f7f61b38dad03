//! What a connection is before, during and after its login. Source: RTM client gate sections 2.1, 2.3 and 2.5.

use std::time::Duration;

use halloo::config::Time;
use halloo_testkit::rtm::{Parameters as _, packed};
use serde_json::{Value, json};

use crate::world::{Ask as _, World, kickout};

/// A number in every width that holds it, and as a float.
fn widths(number: i32) -> Vec<Vec<u8>> {
    let (wide, bytes) = (i64::from(number).to_be_bytes(), number.to_be_bytes());
    let after = |head: u8, bytes: &[u8]| [&[head], bytes].concat();
    vec![
        packed(&json!(number)),
        after(0xd3, &wide),
        after(0xcf, &wide),
        after(0xce, &bytes),
        after(0xd2, &bytes),
        after(0xcb, &f64::from(number).to_be_bytes()),
    ]
}

#[tokio::test]
async fn a_second_login_on_a_connection_is_refused_and_the_first_stays() {
    let world = World::start().await;
    let (own, other) = (world.token(7).await, world.token(8).await);
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &own).await, Ok(true));
    for (uid, token) in [
        (7, own.as_str()),
        (7, "wrong"),
        (8, other.as_str()),
        (0, ""),
    ] {
        assert_eq!(client.log_in(uid, token).await, Err(200_023), "{uid}");
        assert!(client.is_logged_in().await);
    }
    assert_eq!(client.call("auth", json!({})).await, Err(200_023));
    assert!(!world.is_online(8).await);
    // Sent in one piece, too.
    let mut client = world.stranger().await;
    let login = json!({"pid": client.pid, "uid": 7, "token": own});
    let asked = [(); 2].map(|()| client.ask("auth", &login));
    let after = client.ask("getfriends", json!({}));
    assert_eq!(client.answer(asked[0]).await, Some(Ok(json!({"ok": true}))));
    assert_eq!(client.answer(asked[1]).await, Some(Err(200_023)));
    assert_eq!(client.answer(after).await, Some(Ok(json!({"uids": []}))));
}

#[tokio::test]
async fn a_project_or_user_that_can_not_be_is_refused() {
    let world = World::start().await;
    let token = world.token(7).await;
    let pid = i64::from(world.app.pid);
    let of_project = [
        pid + 1,
        0,
        -1,
        -pid,
        1 << 31,
        pid + (1 << 32),
        i64::MAX,
        i64::MIN,
    ];
    let mut logins: Vec<_> = of_project
        .map(|pid| (json!({"pid": pid, "uid": 7, "token": token}), Err(200_001)))
        .into();
    for uid in [0, -1, -7, i64::MIN] {
        for token in [token.as_str(), "wrong"] {
            let login = json!({"pid": pid, "uid": uid, "token": token});
            logins.push((login, Err(200_001)));
        }
    }
    for uid in [(1 << 62) + 99, i64::MAX] {
        let login = json!({"pid": pid, "uid": uid, "token": token});
        logins.push((login, Ok(json!({"ok": false}))));
    }
    for (login, expected) in logins {
        let mut client = world.stranger().await;
        assert_eq!(client.call("auth", &login).await, expected, "{login}");
        assert!(!client.is_logged_in().await, "{login}");
        assert_eq!(client.log_in(7, &token).await, Ok(true), "{login}");
        client.done("bye", json!({})).await;
    }
}

#[tokio::test]
async fn a_connection_hears_of_eight_refused_logins_and_is_closed() {
    // Nothing else closes it.
    let world = World::start_with(|config| {
        config.rtm.login_timeout = Time(Duration::from_hours(1));
    })
    .await;
    let token = world.token(7).await;
    let mut client = world.stranger().await;
    for n in 0..7 {
        let uid = if n % 2 == 0 { 7 } else { 0 };
        assert_ne!(client.log_in(uid, "wrong").await, Ok(true));
    }
    assert_eq!(
        client.log_in(7, &token).await,
        Ok(true),
        "the next is taken"
    );
    client.done("bye", json!({})).await;
    assert_eq!(
        client.log_in(7, "wrong").await,
        Ok(false),
        "it is told first"
    );
    assert_eq!(client.last_words().await, []);
    let mut again = world.stranger().await;
    assert_eq!(again.log_in(7, &token).await, Ok(true));
}

#[tokio::test]
async fn what_a_login_needs_is_asked_for_and_another_may_follow_on_the_connection() {
    let world = World::start().await;
    let token = world.token(7).await;
    let mut client = world.stranger().await;
    let good = json!({"pid": client.pid, "uid": 7, "token": token});
    for key in ["pid", "uid", "token"] {
        let mut bare = good.clone();
        bare.as_object_mut().expect("an object").remove(key);
        assert_eq!(client.call("auth", &bare).await, Err(10_009), "{key}");
        for (value, code) in [
            (json!(null), 10_009),
            (json!([1]), 10_010),
            (json!({}), 10_010),
            (json!(true), 10_010),
            (json!(1.5), 10_010),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert_eq!(client.call("auth", &bad).await, Err(code), "{bad}");
        }
        let number_or_text = if key == "token" { json!(7) } else { json!("7") };
        let mut bad = good.clone();
        bad[key] = number_or_text;
        assert_eq!(client.call("auth", &bad).await, Err(10_010), "{bad}");
    }
    for (key, value) in [
        ("version", json!(7)),
        ("device", json!([])),
        ("authv", json!("2")),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        assert_eq!(client.call("auth", &bad).await, Err(10_010), "{bad}");
    }
    assert!(!client.is_logged_in().await);
    assert!(!world.is_online(7).await);
    assert_eq!(client.call("auth", &good).await, Ok(json!({"ok": true})));
}

#[tokio::test]
async fn parameters_that_may_be_left_out_may_be_nil_and_unknown_ones_are_ignored() {
    let world = World::start().await;
    let token = world.token(7).await;
    let optional = [
        "version", "lang", "attrs", "device", "unread", "ts", "authv",
    ];
    let nothing = |keys: &[&str]| {
        let all = keys.iter().map(|key| ((*key).to_owned(), Value::Null));
        let mut login: Value = all.collect::<serde_json::Map<_, _>>().into();
        login["uid"] = json!(7);
        login["token"] = json!(token);
        login
    };
    let mut logins: Vec<_> = optional.iter().map(|key| nothing(&[key])).collect();
    logins.push(nothing(&optional));
    logins.push(nothing(&[]));
    let mut more = nothing(&[]);
    for (key, value) in [
        ("lang", json!("en")),
        ("unread", json!(true)),
        ("ts", json!("x")),
    ] {
        more[key] = value;
    }
    more["from"] = json!({"8": [9, null]});
    logins.push(more);
    for login in logins {
        let mut client = world.stranger().await;
        assert_eq!(client.log_in_with(&login).await, Ok(true), "{login}");
        assert_eq!(
            client.call("getattrs", json!({})).await,
            Ok(json!({"attrs": {}}))
        );
    }
}

#[tokio::test]
async fn numbers_come_in_every_width_and_texts_in_both_families() {
    let world = World::start().await;
    let token = world.token(70_000).await;
    let text = packed(&json!(token));
    let bytes = [&[0xc4, 32], token.as_bytes()].concat();
    let wide = [&[0xda, 0, 32], token.as_bytes()].concat();
    let pid = packed(&json!(world.app.pid));
    let uid = packed(&json!(70_000));
    let mut logins = vec![
        (pid.clone(), uid.clone(), bytes),
        (pid.clone(), uid.clone(), wide),
    ];
    logins.extend(
        widths(world.app.pid)
            .into_iter()
            .map(|pid| (pid, uid.clone(), text.clone())),
    );
    logins.extend(
        widths(70_000)
            .into_iter()
            .map(|uid| (pid.clone(), uid, text.clone())),
    );
    for (pid, uid, token) in logins {
        let mut client = world.stranger().await;
        let login = json!({})
            .into_map()
            .raw("pid", &pid)
            .raw("uid", &uid)
            .raw("token", &token);
        let answer = client.call("auth", login).await;
        assert_eq!(
            answer,
            Ok(json!({"ok": true})),
            "{pid:x?} {uid:x?} {token:x?}"
        );
    }
}

#[tokio::test]
async fn attributes_that_are_too_many_or_too_long_refuse_the_login() {
    let world = World::start().await;
    let token = world.token(7).await;
    let many = |count: usize| (0..count).map(|n| (n.to_string(), json!("x"))).collect();
    let long = |bytes: usize| json!({"key": "x".repeat(bytes - 3)});
    let cases: [(&str, Value, Result<bool, u32>); 4] = [
        ("100", Value::Object(many(100)), Ok(true)),
        ("101", Value::Object(many(101)), Err(200_032)),
        ("4096 bytes", long(4096), Ok(true)),
        ("4097 bytes", long(4097), Err(200_030)),
    ];
    for (what, attributes, expected) in cases {
        let mut client = world.stranger().await;
        let login = json!({"uid": 7, "token": token, "attrs": attributes});
        assert_eq!(client.log_in_with(&login).await, expected, "{what}");
        let is_in = expected.is_ok();
        assert_eq!(client.is_logged_in().await, is_in, "{what}");
        assert_eq!(world.is_online(7).await, is_in, "{what}");
        if is_in {
            let shown = client.field("getattrs", json!({}), "attrs").await;
            assert_eq!(shown, attributes, "{what}");
            client.done("bye", json!({})).await;
        } else {
            assert_eq!(client.log_in(7, &token).await, Ok(true), "{what}");
            client.done("bye", json!({})).await;
        }
    }
}

/// Attributes that are no map of texts, as they stand on the wire.
fn wrong_attributes() -> Vec<Vec<u8>> {
    let mut wrong: Vec<_> = [
        json!("a"),
        json!(5),
        json!(true),
        json!([]),
        json!(["a"]),
        json!({"a": ["b"]}),
        json!({"a": {}}),
    ]
    .iter()
    .map(packed)
    .collect();
    // A number for a name.
    wrong.push(vec![0x81, 0x01, 0xa1, b'b']);
    wrong
}

#[tokio::test]
async fn attributes_of_another_type_refuse_the_login() {
    let world = World::start().await;
    let token = world.token(7).await;
    for wrong in wrong_attributes() {
        let mut client = world.stranger().await;
        let login = json!({"uid": 7, "token": token}).into_map();
        let answer = client.log_in_with(login.raw("attrs", &wrong)).await;
        assert!(answer.is_err(), "{wrong:x?}: {answer:?}");
        assert!(!client.is_logged_in().await, "{wrong:x?}");
        assert!(!world.is_online(7).await, "{wrong:x?}");
        assert_eq!(client.log_in(7, &token).await, Ok(true), "{wrong:x?}");
        client.done("bye", json!({})).await;
    }
}

#[tokio::test]
async fn attributes_of_another_type_are_refused_like_any_other_parameter() {
    // Section 7: 10010 is what a value of another type is told.
    let world = World::start().await;
    let token = world.token(7).await;
    let mut client = world.client(8).await;
    for wrong in wrong_attributes() {
        let mut stranger = world.stranger().await;
        let login = json!({"uid": 7, "token": token}).into_map();
        let answer = stranger.log_in_with(login.raw("attrs", &wrong)).await;
        assert_eq!(answer, Err(10_010), "auth: {wrong:x?}");
        for (method, key) in [("addattrs", "attrs"), ("addvariables", "var")] {
            let params = json!({}).into_map().raw(key, &wrong);
            let answer = client.call(method, params).await;
            assert_eq!(answer, Err(10_010), "{method}: {wrong:x?}");
        }
    }
}

#[tokio::test]
async fn whoever_says_bye_is_offline_and_may_log_in_again_on_the_connection() {
    let world = World::start().await;
    let (own, other) = (world.token(7).await, world.token(8).await);
    let mut client = world.stranger().await;
    assert_eq!(client.call("bye", json!({})).await, Err(200_022));
    assert_eq!(client.log_in(7, &own).await, Ok(true));
    client.done("bye", json!({})).await;
    assert!(!world.is_online(7).await, "from the answer on");
    assert!(!client.is_logged_in().await);
    assert_eq!(client.call("bye", json!({})).await, Err(200_022));
    assert_eq!(client.log_in(8, &other).await, Ok(true));
    assert!(world.is_online(8).await);
    assert!(!world.is_online(7).await);
    client.done("addfriends", json!({"friends": [9]})).await;
    let mut back_end = world.back_end().await;
    let of_eight = back_end.field("getfriends", json!({"uid": 8}), "uids");
    assert_eq!(of_eight.await, json!([9]));
    let of_seven = back_end.field("getfriends", json!({"uid": 7}), "uids");
    assert_eq!(of_seven.await, json!([]));
    // What is sent behind a bye in the same piece comes too late.
    let bye = client.ask("bye", json!({}));
    let late = client.ask("addfriends", json!({"friends": [10]}));
    assert_eq!(client.answer(bye).await, Some(Ok(json!({}))));
    assert_eq!(client.answer(late).await, Some(Err(200_022)));
}

#[tokio::test]
async fn whoever_closes_the_connection_is_offline() {
    let world = World::start().await;
    let client = world.client(7).await;
    assert!(world.is_online(7).await);
    drop(client);
    world.until_offline(7).await;
    let mut client = world.client(7).await;
    client.wire.shut().await;
    world.until_offline(7).await;
}

#[tokio::test]
async fn nothing_works_after_a_kick_and_the_server_closes() {
    let world = World::start().await;
    let token = world.token(7).await;
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    let mut back_end = world.back_end().await;
    back_end.done("kickout", json!({"uid": 7})).await;
    assert!(!world.is_online(7).await);
    assert_eq!(client.push().await, Some(kickout(None)));
    for (method, params) in [
        ("ping", json!({})),
        ("addfriends", json!({"friends": [9]})),
        ("enterroom", json!({"rid": 5})),
        ("auth", json!({"pid": client.pid, "uid": 7, "token": token})),
    ] {
        let asked = client.ask(method, params);
        // The connection may be closed already.
        let answer = client.answer(asked).await.unwrap_or(Err(200_022));
        assert_eq!(answer, Err(200_022), "{method}");
    }
    assert_eq!(client.last_words().await, []);
    assert!(!world.is_online(7).await);
    let friends = back_end.field("getfriends", json!({"uid": 7}), "uids");
    assert_eq!(friends.await, json!([]));
    world.until_members_are(5, &[]).await;
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Ok(true), "a kick is no ban");
}
