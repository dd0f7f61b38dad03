//! A state in which every change of the samples can be seen, and a look at all of it.

use halloo_core::push::PushProvider;
use halloo_core::users::Uid;
use halloo_testkit::rtm::{Parameters, sorted};
use serde_json::{Value, json};

use crate::world::{Caller, Gate};

/// The changes that make it, in order. 11 has something of everything.
fn changes() -> Vec<(&'static str, Value)> {
    vec![
        (
            "setuserinfo",
            json!({"uid": 11, "oinfo": "open", "pinfo": "private"}),
        ),
        ("addfriends", json!({"uid": 11, "friends": [12]})),
        ("addblacks", json!({"uid": 11, "blacks": [12]})),
        ("addgroupmembers", json!({"gid": 21, "uids": [11, 12]})),
        (
            "setgroupinfo",
            json!({"gid": 21, "oinfo": "open", "pinfo": "private"}),
        ),
        ("addgroupban", json!({"gid": 21, "uid": 12, "btime": 0})),
        ("addgroupban", json!({"uid": 13, "btime": 0})),
        ("addroommember", json!({"rid": 31, "uid": 11})),
        (
            "setroominfo",
            json!({"rid": 31, "oinfo": "open", "pinfo": "private"}),
        ),
        ("addroomban", json!({"rid": 31, "uid": 12, "btime": 0})),
        ("addroomban", json!({"uid": 13, "btime": 0})),
        ("addprojectblack", json!({"uid": 14, "btime": 0})),
        ("addprojectban", json!({"uid": 12, "btime": 0})),
        ("dataset", json!({"uid": 11, "key": "k", "val": "v"})),
        (
            "adddevice",
            json!({"uid": 11, "apptype": "apns", "devicetoken": "t"}),
        ),
        (
            "addoption",
            json!({"uid": 11, "type": 0, "xid": 12, "mtypes": [30]}),
        ),
    ]
}

/// What 11 said, in order.
fn messages() -> Vec<(&'static str, Value)> {
    let draft = |to: &str, id: i64| json!({"from": 11, to: id, "mid": 1, "mtype": 51, "msg": "m"});
    vec![
        ("sendmsg", draft("to", 12)),
        ("sendgroupmsg", draft("gid", 21)),
        ("sendroommsg", draft("rid", 31)),
        ("broadcastmsg", draft("xid", 0)),
    ]
}

/// Questions about it.
fn questions() -> Vec<(&'static str, Value)> {
    let mut questions = vec![
        ("getonlineusers", json!({"uids": [11, 12, 13, 14]})),
        ("getuseropeninfo", json!({"uids": [11, 12, 13, 14]})),
        ("getroomcount", json!({"rids": [31, 32]})),
        ("dataget", json!({"uid": 11, "key": "k2"})),
    ];
    // Also what is sent later; the answer names no other time then.
    let page =
        |key: &str, id: i64| json!({"uid": 11, key: id, "desc": false, "num": 20, "end": i64::MAX});
    questions.extend([
        ("getp2pmsg", page("ouid", 12)),
        ("getp2pmsg", page("ouid", 13)),
        ("getp2pmsg", page("ouid", 14)),
        ("getgroupmsg", page("gid", 21)),
        ("getroommsg", page("rid", 31)),
        ("getbroadcastmsg", page("xid", 0)),
    ]);
    for uid in [11, 12, 13, 14] {
        let about = [
            "isprojectblack",
            "isprojectban",
            "getuserinfo",
            "getusergroups",
        ];
        questions.extend(about.map(|method| (method, json!({"uid": uid}))));
        let lists = ["getfriends", "getblacks", "getoption"];
        questions.extend(lists.map(|method| (method, json!({"uid": uid}))));
        questions.push(("isfriends", json!({"uid": uid, "fuids": [11, 12, 13]})));
        questions.push(("isblacks", json!({"uid": uid, "buids": [11, 12, 13]})));
        questions.push(("dataget", json!({"uid": uid, "key": "k"})));
        for id in [21, 22] {
            questions.push(("isbanofgroup", json!({"gid": id, "uid": uid})));
        }
        for id in [31, 32] {
            questions.push(("isbanofroom", json!({"rid": id, "uid": uid})));
        }
    }
    for gid in [21, 22] {
        let about = ["getgroupmembers", "getgroupinfo", "getgroupcount"];
        questions.extend(about.map(|method| (method, json!({"gid": gid}))));
    }
    for rid in [31, 32] {
        let about = ["getroommembers", "getroominfo"];
        questions.extend(about.map(|method| (method, json!({"rid": rid}))));
    }
    questions
}

/// Makes the state, and a session of 11 on `android_1`.
pub(crate) async fn lay_out(gate: &Gate, caller: &mut Caller) {
    let changes = changes();
    let asked: Vec<u32> = changes
        .iter()
        .map(|(method, params)| caller.ask(method, params))
        .collect();
    for ((method, _), sequence) in changes.iter().zip(asked) {
        assert_eq!(caller.answer(sequence).await, Ok(json!({})), "{method}");
    }
    for (method, params) in messages() {
        let answer = caller.call(method, params).await;
        // Unless he was muted by what was tried before.
        let is_muted = [200_021, 200_044, 200_045].map(Err).contains(&answer);
        assert!(answer.is_ok() || is_muted, "{method}: {answer:?}");
    }
    gate.session(11, "android_1").await;
}

/// All that can be seen of it.
pub(crate) async fn seen(gate: &Gate, caller: &mut Caller) -> Value {
    let mut questions = questions();
    let asked: Vec<u32> = questions
        .iter()
        .map(|(method, params)| caller.ask(method, params))
        .collect();
    let mut seen = Vec::with_capacity(questions.len());
    for ((method, params), sequence) in questions.drain(..).zip(asked) {
        let mut answer = caller.answer(sequence).await.expect("an answer");
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
    let devices = gate.core().push.devices(gate.id(), Uid(11)).await;
    let devices = devices.expect("a list").into_iter().map(|device| {
        let provider = device.provider.map(PushProvider::as_str);
        json!([provider, device.token])
    });
    seen.push(json!(["devices", devices.collect::<Value>()]));
    seen.push(json!(["users", gate.users().await]));
    Value::Array(seen)
}

/// Asks for many things at once and gives every answer, in order.
pub(crate) async fn all_at_once(
    caller: &mut Caller,
    quests: impl IntoIterator<Item = (&str, impl Parameters)>,
) -> Vec<Result<Value, u32>> {
    let asked: Vec<u32> = quests
        .into_iter()
        .map(|(method, params)| caller.ask(method, params))
        .collect();
    let mut answers = Vec::with_capacity(asked.len());
    for sequence in asked {
        answers.push(caller.answer(sequence).await);
    }
    answers
}

/// Asks for many answers of yes or no at once.
pub(crate) async fn all_hold(
    caller: &mut Caller,
    quests: impl IntoIterator<Item = (&str, impl Parameters)>,
) -> Vec<bool> {
    let answers = all_at_once(caller, quests).await.into_iter();
    answers
        .map(|answer| {
            answer.expect("an answer")["ok"]
                .as_bool()
                .expect("yes or no")
        })
        .collect()
}
