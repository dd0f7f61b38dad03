//! A state in which every change of the samples can be seen, and a look at all of it.

use halloo_core::push::PushProvider;
use halloo_core::users::Uid;
use halloo_testkit::rtm::{Parameters as _, RtmClient, sorted};
use serde_json::{Value, json};

use crate::world::{Ask as _, World};

/// Makes it, and a client of 11, who has something of everything.
pub(super) async fn lay_out(world: &World) -> RtmClient {
    let mut back_end = world.back_end().await;
    let members = json!({"gid": 21, "uids": [11, 12]});
    back_end.done("addgroupmembers", members).await;
    // What waits for him.
    let chat = |from: i64| json!({"from": from, "mid": 1, "mtype": 30, "msg": "m"});
    for (method, from, to) in [
        ("sendmsg", 14, json!({"to": 11})),
        ("sendgroupmsg", 12, json!({"gid": 21})),
        ("broadcastmsg", 14, json!({})),
    ] {
        let mut draft = chat(from);
        let fields = draft.as_object_mut().expect("an object");
        fields.extend(to.as_object().expect("an object").clone());
        assert!(back_end.call(method, draft).await.is_ok(), "{method}");
    }
    // It reads the list of all sessions.
    let login = json!({"version": "Android-2.7.0", "attrs": {"a": "1"}});
    let mut client = world.client_with(11, login).await;
    for (method, params) in [
        ("setuserinfo", json!({"oinfo": "open", "pinfo": "private"})),
        ("addfriends", json!({"friends": [12]})),
        ("addblacks", json!({"blacks": [12]})),
        (
            "setgroupinfo",
            json!({"gid": 21, "oinfo": "open", "pinfo": "private"}),
        ),
        ("enterroom", json!({"rid": 31})),
        (
            "setroominfo",
            json!({"rid": 31, "oinfo": "open", "pinfo": "private"}),
        ),
        ("dataset", json!({"key": "k", "val": "v"})),
        ("adddevice", json!({"apptype": "apns", "devicetoken": "t"})),
        ("addoption", json!({"type": 0, "xid": 12, "mtypes": [30]})),
    ] {
        client.done(method, params).await;
    }
    for (method, params) in [
        ("sendmsg", json!({"to": 12})),
        ("sendgroupmsg", json!({"gid": 21})),
        ("sendroommsg", json!({"rid": 31})),
    ] {
        let params = params.into_map().integer("mid", 1).integer("mtype", 51);
        let sent = client.call(method, params.text("msg", "own")).await;
        assert!(sent.is_ok(), "{method}");
    }
    client
}

/// All that can be seen of it.
pub(super) async fn seen(world: &World, client: &mut RtmClient) -> Value {
    let mut seen = Vec::new();
    for (method, params) in [
        ("getfriends", json!({})),
        ("getblacks", json!({})),
        ("getuserinfo", json!({})),
        ("getuseropeninfo", json!({"uids": [11, 12, 13]})),
        ("getonlineusers", json!({"uids": [11, 12, 13]})),
        ("getusergroups", json!({})),
        ("getgroupmembers", json!({"gid": 21, "online": true})),
        ("getgroupcount", json!({"gid": 22})),
        ("getgroupinfo", json!({"gid": 21})),
        ("getuserrooms", json!({})),
        ("getroomcount", json!({"rids": [31, 32]})),
        ("getroominfo", json!({"rid": 31})),
        ("getroomopeninfo", json!({"rid": 32})),
        ("dataget", json!({"key": "k"})),
        ("dataget", json!({"key": "k2"})),
        ("getoption", json!({})),
        ("getattrs", json!({})),
        ("getunread", json!({"gettime": true})),
        (
            "getp2punread",
            json!({"uids": [12, 14], "mtypes": [30, 51]}),
        ),
        ("getgroupunread", json!({"gids": [21, 22]})),
        ("getsession", json!({})),
    ] {
        let mut answer = client.call(method, &params).await.expect("an answer");
        for value in answer.as_object_mut().expect("a map").values_mut() {
            if value
                .as_array()
                .is_some_and(|list| list.iter().all(Value::is_i64))
            {
                *value = json!(sorted(value));
            }
        }
        seen.push(json!([method, params, answer]));
    }
    // By somebody else's eyes, since it counts as read where he reads it.
    let mut back_end = world.back_end().await;
    for (method, key, id) in [
        ("getp2pmsg", "ouid", 12),
        ("getp2pmsg", "ouid", 13),
        ("getgroupmsg", "gid", 21),
        ("getroommsg", "rid", 31),
    ] {
        let page = json!({"uid": 11, key: id, "desc": false, "num": 20, "end": i64::MAX});
        let answer = back_end.call(method, &page).await.expect("an answer");
        seen.push(json!([method, page, answer]));
    }
    let devices = world.core().push.devices(world.id(), Uid(11)).await;
    let devices = devices.expect("a list").into_iter().map(|device| {
        let provider = device.provider.map(PushProvider::as_str);
        json!([provider, device.token])
    });
    seen.push(json!(["devices", devices.collect::<Value>()]));
    seen.push(json!(["users", world.users().await]));
    Value::Array(seen)
}
