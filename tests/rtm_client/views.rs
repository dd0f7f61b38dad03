//! One state behind every gate: what a client changes the others read, and the reverse; and a client touches
//! nobody's things but his own. Source: RTM client gate section 3.

use halloo_testkit::rtm::{Caller, RtmClient, sorted};
use serde_json::{Value, json};

use crate::world::{Ask as _, World};

#[tokio::test]
async fn the_back_end_reads_what_a_client_changed() {
    let world = World::start().await;
    let (mut back_end, mut client) = (world.back_end().await, world.client(7).await);
    back_end
        .done("addgroupmembers", json!({"gid": 5, "uids": [7]}))
        .await;
    for (method, params) in [
        ("addfriends", json!({"friends": [8]})),
        ("addblacks", json!({"blacks": [9]})),
        ("setuserinfo", json!({"oinfo": "o", "pinfo": "p"})),
        ("dataset", json!({"key": "k", "val": "v"})),
        ("addgroupmembers", json!({"gid": 5, "uids": [8]})),
        ("setgroupinfo", json!({"gid": 5, "pinfo": "gp"})),
        ("enterroom", json!({"rid": 6})),
        ("setroominfo", json!({"rid": 6, "oinfo": "ro"})),
        ("addoption", json!({"type": 0, "xid": 8, "mtypes": [30]})),
    ] {
        client.done(method, params).await;
    }
    for (method, params, expected) in [
        ("getfriends", json!({"uid": 7}), json!({"uids": [8]})),
        ("getblacks", json!({"uid": 7}), json!({"uids": [9]})),
        (
            "getuserinfo",
            json!({"uid": 7}),
            json!({"oinfo": "o", "pinfo": "p"}),
        ),
        (
            "dataget",
            json!({"uid": 7, "key": "k"}),
            json!({"val": "v"}),
        ),
        ("getgroupcount", json!({"gid": 5}), json!({"cn": 2})),
        (
            "getgroupinfo",
            json!({"gid": 5}),
            json!({"oinfo": "", "pinfo": "gp"}),
        ),
        ("getroommembers", json!({"rid": 6}), json!({"uids": [7]})),
        (
            "getroominfo",
            json!({"rid": 6}),
            json!({"oinfo": "ro", "pinfo": ""}),
        ),
        (
            "getoption",
            json!({"uid": 7}),
            json!({"p2p": {"8": [30]}, "group": {}}),
        ),
        (
            "getonlineusers",
            json!({"uids": [7, 8]}),
            json!({"uids": [7]}),
        ),
    ] {
        let answer = back_end.call(method, params).await;
        assert_eq!(answer, Ok(expected), "{method}");
    }
}

#[tokio::test]
async fn a_client_reads_what_the_back_end_changed() {
    let world = World::start().await;
    let (mut back_end, mut client) = (world.back_end().await, world.client(7).await);
    for (method, params) in [
        ("addfriends", json!({"uid": 7, "friends": [8]})),
        ("addblacks", json!({"uid": 7, "blacks": [9]})),
        ("setuserinfo", json!({"uid": 7, "oinfo": "o", "pinfo": "p"})),
        ("dataset", json!({"uid": 7, "key": "k", "val": "v"})),
        ("addgroupmembers", json!({"gid": 5, "uids": [7]})),
        ("setgroupinfo", json!({"gid": 5, "pinfo": "gp"})),
        ("addroommember", json!({"rid": 6, "uid": 7})),
        ("setroominfo", json!({"rid": 6, "oinfo": "ro"})),
        ("addoption", json!({"uid": 7, "type": 1, "xid": 5})),
    ] {
        back_end.done(method, params).await;
    }
    for (method, params, expected) in [
        ("getfriends", json!({}), json!({"uids": [8]})),
        ("getblacks", json!({}), json!({"uids": [9]})),
        (
            "getuserinfo",
            json!({}),
            json!({"oinfo": "o", "pinfo": "p"}),
        ),
        ("dataget", json!({"key": "k"}), json!({"val": "v"})),
        ("getusergroups", json!({}), json!({"gids": [5]})),
        ("getgroupmembers", json!({"gid": 5}), json!({"uids": [7]})),
        (
            "getgroupinfo",
            json!({"gid": 5}),
            json!({"oinfo": "", "pinfo": "gp"}),
        ),
        ("getuserrooms", json!({}), json!({"rooms": [6]})),
        (
            "getroominfo",
            json!({"rid": 6}),
            json!({"oinfo": "ro", "pinfo": ""}),
        ),
        (
            "getoption",
            json!({}),
            json!({"p2p": {}, "group": {"5": [0]}}),
        ),
    ] {
        let answer = client.call(method, params).await;
        assert_eq!(answer, Ok(expected), "{method}");
    }
}

#[tokio::test]
async fn rest_has_the_same_friends_and_blocks() {
    let world = World::start().await;
    let rest = world.rest().await;
    for name in ["7", "8", "9"] {
        rest.register(name).await;
    }
    let mut client = world.client(7).await;
    let (contacts, blocks) = ("/users/7/contacts/users", "/users/7/blocks/users");
    let list = async |path| rest.call("GET", path, None).await.ok()["data"].clone();
    client.done("addfriends", json!({"friends": [8]})).await;
    client.done("addblacks", json!({"blacks": [9]})).await;
    assert_eq!(list(contacts).await, json!(["8"]));
    assert_eq!(list(blocks).await, json!(["9"]));
    rest.call("POST", "/users/7/contacts/users/9", None)
        .await
        .ok();
    let names = json!({"usernames": ["8"]});
    rest.call("POST", blocks, Some(names)).await.ok();
    assert_eq!(client.ids("getfriends", json!({}), "uids").await, [8, 9]);
    assert_eq!(client.ids("getblacks", json!({}), "uids").await, [8, 9]);
    client.done("delfriends", json!({"friends": [9]})).await;
    client.done("delblacks", json!({"blacks": [8, 9]})).await;
    assert_eq!(list(contacts).await, json!(["8"]));
    assert_eq!(list(blocks).await, json!([]));
}

/// Everything of user 8 that a client could spoil.
async fn of_eight(back_end: &mut Caller) -> Vec<Value> {
    let mut seen = Vec::new();
    for (method, params) in [
        ("getfriends", json!({"uid": 8})),
        ("getblacks", json!({"uid": 8})),
        ("getuserinfo", json!({"uid": 8})),
        ("getusergroups", json!({"uid": 8})),
        ("getoption", json!({"uid": 8})),
        ("dataget", json!({"uid": 8, "key": "k"})),
        ("getonlineusers", json!({"uids": [8]})),
        ("getroommembers", json!({"rid": 6})),
    ] {
        seen.push(back_end.call(method, params).await.expect("an answer"));
    }
    seen
}

/// Changes of 7 that say they were of 8.
async fn as_eight(client: &mut RtmClient) {
    for (method, mut params) in [
        ("addfriends", json!({"friends": [9]})),
        ("delfriends", json!({"friends": [10]})),
        ("addblacks", json!({"blacks": [9]})),
        ("delblacks", json!({"blacks": [10]})),
        ("setuserinfo", json!({"oinfo": "seven", "pinfo": "seven"})),
        ("dataset", json!({"key": "k", "val": "seven"})),
        ("dbset", json!({"key": "k", "val": "seven"})),
        (
            "adddevice",
            json!({"apptype": "fcm", "devicetoken": "seven"}),
        ),
        ("removedevice", json!({"devicetoken": "eight"})),
        ("addoption", json!({"type": 0, "xid": 9})),
        ("removeoption", json!({"type": 0, "xid": 10})),
        ("addattrs", json!({"attrs": {"a": "seven"}})),
        ("leaveroom", json!({"rid": 6})),
        ("enterroom", json!({"rid": 5})),
        ("bye", json!({})),
    ] {
        for (key, value) in [
            ("uid", 8),
            ("from", 8),
            ("user", 8),
            ("ouid", 8),
            ("pid", 1),
        ] {
            params[key] = json!(value);
        }
        client.done(method, params).await;
    }
}

#[tokio::test]
async fn a_client_acts_for_himself_whoever_his_quests_name() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
    for (method, params) in [
        ("addfriends", json!({"friends": [10]})),
        ("addblacks", json!({"blacks": [10]})),
        ("setuserinfo", json!({"oinfo": "eight", "pinfo": "eight"})),
        ("dataset", json!({"key": "k", "val": "eight"})),
        (
            "adddevice",
            json!({"apptype": "fcm", "devicetoken": "eight"}),
        ),
        ("addoption", json!({"type": 0, "xid": 10})),
        ("addattrs", json!({"attrs": {"a": "eight"}})),
        ("enterroom", json!({"rid": 6})),
    ] {
        eight.done(method, params).await;
    }
    let before = of_eight(&mut back_end).await;
    // Questions, too, are about himself.
    for (method, params, expected) in [
        ("getfriends", json!({"uid": 8}), json!({"uids": []})),
        ("getblacks", json!({"uid": 8}), json!({"uids": []})),
        (
            "getuserinfo",
            json!({"uid": 8}),
            json!({"oinfo": "", "pinfo": ""}),
        ),
        ("getusergroups", json!({"uid": 8}), json!({"gids": []})),
        ("getuserrooms", json!({"uid": 8}), json!({"rooms": []})),
        (
            "dataget",
            json!({"uid": 8, "from": 8, "key": "k"}),
            json!({}),
        ),
        (
            "getoption",
            json!({"uid": 8}),
            json!({"p2p": {}, "group": {}}),
        ),
        ("getattrs", json!({"uid": 8}), json!({"attrs": {}})),
    ] {
        assert_eq!(seven.call(method, params).await, Ok(expected), "{method}");
    }
    as_eight(&mut seven).await;
    assert_eq!(of_eight(&mut back_end).await, before);
    assert!(eight.is_logged_in().await);
    let attributes = eight.field("getattrs", json!({}), "attrs").await;
    assert_eq!(attributes, json!({"a": "eight"}));
    let own = back_end.call("getuserinfo", json!({"uid": 7})).await;
    assert_eq!(own, Ok(json!({"oinfo": "seven", "pinfo": "seven"})));
    let friends = back_end.field("getfriends", json!({"uid": 7}), "uids");
    assert_eq!(sorted(&friends.await), [9]);
    let uid = halloo_core::users::Uid;
    for (user, token) in [(uid(7), "seven"), (uid(8), "eight")] {
        let devices = world.core().push.devices(world.id(), user).await;
        let tokens: Vec<_> = devices
            .expect("a list")
            .into_iter()
            .map(|d| d.token)
            .collect();
        assert_eq!(tokens, [token.into()]);
    }
}
