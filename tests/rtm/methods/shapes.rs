//! Answers: which fields they have, and what a quest changes. Source: RTM server gate section 2.

use serde_json::json;

use super::{Effect, Method};
use crate::state::{lay_out, seen};
use crate::world::Gate;

/// Whether a method says with this code that what it is about is not there.
fn is_of_what_is_there(method: &Method, code: u32) -> bool {
    let codes = [200_040, 200_041, 200_046, 200_070];
    codes.contains(&code) && method.codes.contains(&code)
}

#[tokio::test]
async fn every_answer_has_the_documented_fields_and_no_others() {
    let gate = Gate::start().await;
    for (number, method) in Method::served().enumerate() {
        let app = gate.other(&format!("app-{number}")).await;
        let gate = Gate::beside(&gate, app);
        let mut caller = gate.caller().await;
        // Also where there is nothing to tell.
        for laid_out in [false, true] {
            if laid_out {
                lay_out(&gate, &mut caller).await;
            }
            let answer = caller.call(method.name, method.sample()).await;
            if !laid_out
                && answer
                    .as_ref()
                    .is_err_and(|code| is_of_what_is_there(method, *code))
            {
                continue;
            }
            let answer = answer.unwrap_or_else(|code| panic!("{}: {code}", method.name));
            let given = answer.as_object().expect("a map");
            for (name, value) in given {
                let field = method.answer.iter().find(|field| field.name == name);
                let field = field.unwrap_or_else(|| panic!("{}: {name}", method.name));
                assert!(field.kind.fits(value), "{}: {name} is {value}", method.name);
            }
            for field in method
                .answer
                .iter()
                .filter(|field| field.always || laid_out)
            {
                let name = field.name;
                assert!(given.contains_key(name), "{}: no {name}", method.name);
            }
        }
    }
}

#[tokio::test]
async fn every_change_is_seen_and_no_question_changes_anything() {
    let gate = Gate::start().await;
    for (number, method) in Method::served().enumerate() {
        let app = gate.other(&format!("app-{number}")).await;
        let gate = Gate::beside(&gate, app);
        let mut caller = gate.caller().await;
        lay_out(&gate, &mut caller).await;
        let before = seen(&gate, &mut caller).await;
        assert!(caller.call(method.name, method.sample()).await.is_ok());
        let after = seen(&gate, &mut caller).await;
        assert_eq!(
            after != before,
            method.effect == Effect::Writes,
            "{}",
            method.name
        );
        // A second time it changes nothing more.
        let again = caller.call(method.name, method.sample()).await;
        let is_gone = again
            .as_ref()
            .is_err_and(|code| is_of_what_is_there(method, *code));
        assert!(again.is_ok() || is_gone, "{}: {again:?}", method.name);
        assert_eq!(seen(&gate, &mut caller).await, after, "{}", method.name);
    }
}

#[tokio::test]
async fn a_question_about_unknown_users_makes_nobody() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for method in Method::served() {
        let makes =
            method.effect == Effect::Writes || ["gettoken", "addsessions"].contains(&method.name);
        let removes = ["remove", "del", "kick", "clear"];
        let removes = removes.iter().any(|verb| method.name.contains(verb));
        if makes && !removes {
            continue;
        }
        let answer = caller.call(method.name, method.sample()).await;
        let is_not_there = answer
            .as_ref()
            .is_err_and(|code| is_of_what_is_there(method, *code));
        assert!(
            answer.is_ok() || is_not_there,
            "{}: {answer:?}",
            method.name
        );
        assert_eq!(gate.users().await, 0, "{}", method.name);
    }
    let id = (1_i64 << 62) + 77;
    for method in [
        "getuserinfo",
        "getfriends",
        "getblacks",
        "getusergroups",
        "isprojectblack",
    ] {
        assert!(
            caller.call(method, json!({"uid": id})).await.is_ok(),
            "{method}"
        );
    }
    assert_eq!(gate.users().await, 0);
}

#[tokio::test]
async fn a_change_that_names_a_new_user_makes_him() {
    let gate = Gate::start().await;
    let makers = [
        ("gettoken", json!({"uid": 1})),
        ("setuserinfo", json!({"uid": 2, "oinfo": "x"})),
        ("addprojectblack", json!({"uid": 3, "btime": 5})),
        ("addprojectban", json!({"uid": 4})),
        ("addroommember", json!({"rid": 1, "uid": 5})),
        ("addroommembers", json!({"rid": 1, "uids": [6, 5]})),
        ("adduserrooms", json!({"rids": [1, 2], "uid": 7})),
        ("addroomban", json!({"uid": 8})),
        ("addgroupmembers", json!({"gid": 1, "uids": [9, 8]})),
        ("addgroupban", json!({"gid": 1, "uid": 10})),
        ("addfriends", json!({"uid": 9, "friends": [11, 10]})),
        ("addblacks", json!({"uid": 12, "blacks": [11]})),
        ("dataset", json!({"uid": 13, "key": "k", "val": ""})),
        ("adddevice", json!({"uid": 14, "devicetoken": "t"})),
        ("addoption", json!({"uid": 15, "type": 0, "xid": 77})),
        ("addsessions", json!({"uid": 16, "uids": [15]})),
        (
            "sendmsg",
            json!({"from": 17, "to": 16, "mtype": 51, "msg": "m"}),
        ),
        (
            "sendmsgs",
            json!({"from": 17, "tos": [16, 18], "mtype": 51, "msg": "m"}),
        ),
        ("broadcastmsg", json!({"from": 19, "mtype": 51, "msg": "m"})),
    ];
    let mut caller = gate.caller().await;
    for (number, (method, params)) in makers.iter().enumerate() {
        assert!(caller.call(method, params).await.is_ok(), "{method}");
        assert_eq!(gate.users().await, number as u64 + 1, "{method}");
    }
}

#[tokio::test]
async fn a_change_of_one_way_is_made_in_silence() {
    let gate = Gate::start().await;
    for (number, method) in Method::served().enumerate() {
        let mut outcomes = Vec::new();
        for one_way in [false, true] {
            let app = gate.other(&format!("app-{number}-{one_way}")).await;
            let gate = Gate::beside(&gate, app);
            let mut caller = gate.caller().await;
            lay_out(&gate, &mut caller).await;
            if one_way {
                caller.tell(method.name, method.sample());
            } else {
                assert!(caller.call(method.name, method.sample()).await.is_ok());
            }
            outcomes.push(seen(&gate, &mut caller).await);
            // What was not asked for would come now.
            caller.wire.shut().await;
            assert!(caller.wire.ends().await, "{}", method.name);
        }
        assert_eq!(outcomes[0], outcomes[1], "{}", method.name);
    }
}
