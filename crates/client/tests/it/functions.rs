//! Every function: its wire name, its parameters, and how its answer is read.

use std::collections::HashMap;

use halloo_client::{Call, Map, PushOption, PushOptions, RtmServerClient};

use crate::support::*;

/// Makes the call and compares what the gate was asked with `expected`: the method, then the
/// parameters.
fn sends<T>(gate: &Gate, call: Call<T>, expected: (&str, &str)) -> T {
    let result = call.wait().unwrap();
    let (method, parameters) = gate.last();
    assert_eq!((method.as_str(), parameters.as_str()), expected);
    result
}

fn start() -> (Gate, RtmServerClient) {
    let gate = Gate::start(None);
    let client = gate.client();
    (gate, client)
}

fn list(key: &str) -> Map {
    Map::new().integers(key, [5, 6])
}

fn info() -> Map {
    Map::new().text("oinfo", "open").text("pinfo", "")
}

fn texts() -> (String, String) {
    ("open".to_owned(), String::new())
}

#[test]
fn the_user_manual() {
    let (gate, client) = start();
    for method in ["getonlineusers", "isprojectblack", "getuserinfo"] {
        gate.answer(method, info().boolean("ok", true).integers("uids", [5, 6]));
    }
    gate.answer(
        "getuseropeninfo",
        Map::new().map("info", Map::new().text("7", "x").text("8", "")),
    );
    sends(&gate, client.kickout(7, None), ("kickout", "uid=7"));
    sends(
        &gate,
        client.kickout(7, Some("a:1")),
        ("kickout", "uid=7 ce=a:1"),
    );
    let online = sends(
        &gate,
        client.get_online_users(&[5, 6, 7]),
        ("getonlineusers", "uids=[5, 6, 7]"),
    );
    assert_eq!(online, [5, 6]);
    sends(
        &gate,
        client.add_project_black(7, -1),
        ("addprojectblack", "uid=7 btime=-1"),
    );
    sends(
        &gate,
        client.remove_project_black(7),
        ("removeprojectblack", "uid=7"),
    );
    assert!(sends(
        &gate,
        client.is_project_black(7),
        ("isprojectblack", "uid=7")
    ));
    let set = client.set_user_info(7, Some("o"), Some(""));
    sends(&gate, set, ("setuserinfo", "uid=7 oinfo=o pinfo="));
    sends(
        &gate,
        client.set_user_info(7, None, Some("p")),
        ("setuserinfo", "uid=7 pinfo=p"),
    );
    assert_eq!(
        sends(&gate, client.get_user_info(7), ("getuserinfo", "uid=7")),
        texts()
    );
    let open = sends(
        &gate,
        client.get_user_open_info(&[7, 8]),
        ("getuseropeninfo", "uids=[7, 8]"),
    );
    assert_eq!(
        open,
        HashMap::from([(7, "x".to_owned()), (8, String::new())])
    );
}

#[test]
fn the_room_manual() {
    let (gate, client) = start();
    gate.answer("getroominfo", info());
    gate.answer("isbanofroom", Map::new().boolean("ok", false));
    gate.answer("getroommembers", list("uids"));
    gate.answer(
        "getroomcount",
        Map::new().map("cn", Map::new().integer("1", 4).integer("2", 0)),
    );
    sends(
        &gate,
        client.add_room_member(1, 7),
        ("addroommember", "rid=1 uid=7"),
    );
    sends(
        &gate,
        client.delete_room_member(1, 7),
        ("delroommember", "rid=1 uid=7"),
    );
    sends(
        &gate,
        client.set_room_info(1, Some("o"), None),
        ("setroominfo", "rid=1 oinfo=o"),
    );
    assert_eq!(
        sends(&gate, client.get_room_info(1), ("getroominfo", "rid=1")),
        texts()
    );
    sends(
        &gate,
        client.add_room_ban(1, 7, 60),
        ("addroomban", "rid=1 uid=7 btime=60"),
    );
    sends(
        &gate,
        client.remove_room_ban(-1, 7),
        ("removeroomban", "rid=-1 uid=7"),
    );
    assert!(!sends(
        &gate,
        client.is_ban_of_room(1, 7),
        ("isbanofroom", "rid=1 uid=7")
    ));
    assert_eq!(
        sends(
            &gate,
            client.get_room_members(1),
            ("getroommembers", "rid=1")
        ),
        [5, 6]
    );
    let counts = sends(
        &gate,
        client.get_room_count(&[1, 2]),
        ("getroomcount", "rids=[1, 2]"),
    );
    assert_eq!(counts, HashMap::from([(1, 4), (2, 0)]));
}

#[test]
fn the_group_manual() {
    let (gate, client) = start();
    gate.answer("getgroupinfo", info());
    gate.answer("isgroupmember", Map::new().boolean("ok", true));
    gate.answer("isbanofgroup", Map::new().boolean("ok", true));
    gate.answer("getgroupmembers", list("uids"));
    gate.answer("getusergroups", list("gids"));
    sends(
        &gate,
        client.add_group_members(1, &[7, 8]),
        ("addgroupmembers", "gid=1 uids=[7, 8]"),
    );
    sends(
        &gate,
        client.delete_group_members(1, &[7]),
        ("delgroupmembers", "gid=1 uids=[7]"),
    );
    sends(&gate, client.delete_group(1), ("delgroup", "gid=1"));
    assert_eq!(
        sends(
            &gate,
            client.get_group_members(1),
            ("getgroupmembers", "gid=1")
        ),
        [5, 6]
    );
    assert!(sends(
        &gate,
        client.is_group_member(1, 7),
        ("isgroupmember", "gid=1 uid=7")
    ));
    assert_eq!(
        sends(&gate, client.get_user_groups(7), ("getusergroups", "uid=7")),
        [5, 6]
    );
    sends(
        &gate,
        client.add_group_ban(1, 7, 0),
        ("addgroupban", "gid=1 uid=7 btime=0"),
    );
    sends(
        &gate,
        client.remove_group_ban(1, 7),
        ("removegroupban", "gid=1 uid=7"),
    );
    assert!(sends(
        &gate,
        client.is_ban_of_group(1, 7),
        ("isbanofgroup", "gid=1 uid=7")
    ));
    let set = client.set_group_info(1, Some("o"), Some("p"));
    sends(&gate, set, ("setgroupinfo", "gid=1 oinfo=o pinfo=p"));
    assert_eq!(
        sends(&gate, client.get_group_info(1), ("getgroupinfo", "gid=1")),
        texts()
    );
}

#[test]
fn tokens_friends_and_blocks() {
    let (gate, client) = start();
    gate.answer("gettoken", Map::new().text("token", "0123"));
    assert_eq!(
        sends(&gate, client.get_token(7), ("gettoken", "uid=7")),
        "0123"
    );
    sends(&gate, client.remove_token(7), ("removetoken", "uid=7"));
    for method in ["isfriend", "isblack"] {
        gate.answer(method, Map::new().boolean("ok", true));
    }
    for method in ["getfriends", "getblacks"] {
        gate.answer(method, list("uids"));
    }
    gate.answer("isfriends", list("fuids"));
    gate.answer("isblacks", list("buids"));
    sends(
        &gate,
        client.add_friends(7, &[5]),
        ("addfriends", "uid=7 friends=[5]"),
    );
    sends(
        &gate,
        client.delete_friends(7, &[5]),
        ("delfriends", "uid=7 friends=[5]"),
    );
    assert_eq!(
        sends(&gate, client.get_friends(7), ("getfriends", "uid=7")),
        [5, 6]
    );
    assert!(sends(
        &gate,
        client.is_friend(7, 5),
        ("isfriend", "uid=7 fuid=5")
    ));
    assert_eq!(
        sends(
            &gate,
            client.is_friends(7, &[5]),
            ("isfriends", "uid=7 fuids=[5]")
        ),
        [5, 6]
    );
    sends(
        &gate,
        client.add_blacks(7, &[5]),
        ("addblacks", "uid=7 blacks=[5]"),
    );
    sends(
        &gate,
        client.delete_blacks(7, &[5]),
        ("delblacks", "uid=7 blacks=[5]"),
    );
    assert_eq!(
        sends(&gate, client.get_blacks(7), ("getblacks", "uid=7")),
        [5, 6]
    );
    assert!(sends(
        &gate,
        client.is_black(7, 5),
        ("isblack", "uid=7 buid=5")
    ));
    assert_eq!(
        sends(
            &gate,
            client.is_blacks(7, &[5]),
            ("isblacks", "uid=7 buids=[5]")
        ),
        [5, 6]
    );
}

#[test]
fn data_and_devices() {
    let (gate, client) = start();
    sends(
        &gate,
        client.data_set(7, "k", ""),
        ("dataset", "uid=7 key=k val="),
    );
    assert_eq!(
        sends(&gate, client.data_get(7, "k"), ("dataget", "uid=7 key=k")),
        None
    );
    gate.answer("dataget", Map::new().text("val", ""));
    let empty = sends(&gate, client.data_get(7, "k"), ("dataget", "uid=7 key=k"));
    assert_eq!(empty, Some(String::new()));
    sends(
        &gate,
        client.data_delete(7, "k"),
        ("datadel", "uid=7 key=k"),
    );

    let add = client.add_device(7, "apns", "t");
    sends(
        &gate,
        add,
        ("adddevice", "uid=7 apptype=apns devicetoken=t"),
    );
    sends(
        &gate,
        client.remove_device(7, "t"),
        ("removedevice", "uid=7 devicetoken=t"),
    );
    let add = client.add_device_push_option(7, PushOption::P2p, 5, None);
    sends(&gate, add, ("addoption", "uid=7 type=0 xid=5"));
    let remove = client.remove_device_push_option(7, PushOption::Group, 5, Some(&[30, 51]));
    sends(
        &gate,
        remove,
        ("removeoption", "uid=7 type=1 xid=5 mtypes=[30, 51]"),
    );
    let p2p = Map::new().integers("5", [0]);
    gate.answer(
        "getoption",
        Map::new().map("p2p", p2p).map("group", Map::new()),
    );
    let options = sends(
        &gate,
        client.get_device_push_option(7),
        ("getoption", "uid=7"),
    );
    let expected = PushOptions {
        p2p: HashMap::from([(5, vec![0])]),
        group: HashMap::new(),
    };
    assert_eq!(options, expected);
}

#[test]
fn any_other_quest() {
    let (gate, client) = start();
    gate.answer("getgroupcount", Map::new().integer("cn", 3));
    let call = client.quest("getgroupcount", Map::new().integer("gid", 1));
    let answer = sends(&gate, call, ("getgroupcount", "gid=1"));
    assert_eq!(
        halloo_client::Fields::parse(&answer).unwrap().integer("cn"),
        Ok(3)
    );
    for name in ["", &"x".repeat(256)] {
        let refused = client.quest(name, Map::new()).wait();
        assert_eq!(halloo_client::error_code(&refused), 10_007);
    }
}
