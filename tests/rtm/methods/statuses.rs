//! Methods that are not served. Source: RTM server gate sections 1.3 and 9, FPNN section 4.2.

use halloo_fpnn::Map;
use serde_json::json;

use super::{Method, Status};
use crate::state::{lay_out, seen};
use crate::world::{Caller, Gate};
use halloo_testkit::rtm::Parameters as _;

const MISSING: u32 = 10_009;
const UNKNOWN: u32 = 20_004;
const UNPROVEN: u32 = 200_002;
const FORBIDDEN: u32 = 200_020;
const NOT_ENABLED: u32 = 200_060;

/// What a quest without a signature is answered.
async fn unsigned(caller: &mut Caller, method: &str, params: Map) -> u32 {
    let sequence = caller.wire.ask(method, params.finish());
    let answer = caller.wire.answer(sequence).await;
    answer.expect_err("a refusal").code
}

#[tokio::test]
async fn what_is_not_enabled_says_so() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for method in Method::with(Status::NotEnabled) {
        for params in [method.sample(), json!({}), json!({"uid": [], "mtype": "x"})] {
            let answer = caller.call(method.name, params).await;
            assert_eq!(answer, Err(NOT_ENABLED), "{}", method.name);
        }
        let bare = unsigned(&mut caller, method.name, Map::new()).await;
        let expected = if method.signed { MISSING } else { NOT_ENABLED };
        assert_eq!(bare, expected, "{}", method.name);
    }
}

#[tokio::test]
async fn what_is_not_allowed_is_refused_as_forbidden() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for method in Method::with(Status::Forbidden) {
        for params in [method.sample(), json!({}), json!({"uid": [], "rid": "x"})] {
            let answer = caller.call(method.name, params).await;
            assert_eq!(answer, Err(FORBIDDEN), "{}", method.name);
        }
        let bare = unsigned(&mut caller, method.name, Map::new()).await;
        assert_eq!(bare, MISSING, "{}", method.name);
    }
}

#[tokio::test]
async fn what_is_not_there_is_an_unknown_method() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let listed = Method::with(Status::Unknown).map(|method| method.name);
    let longest = "x".repeat(255);
    let others = [
        "nosuch",
        "GetToken",
        "gettoken ",
        " gettoken",
        "get token",
        "gettoken\0",
        "*",
        "*Ping",
        "\u{e9}",
        &longest,
        // What the gate asks, it does not answer.
        "ping",
        "pushmsg",
        "pushgroupmsg",
        "pushroommsg",
        "pushevent",
        "pushfile",
        "pushgroupfile",
        "pushroomfile",
    ];
    for method in listed.chain(others) {
        let answer = caller.call(method, json!({"uid": 1})).await;
        assert_eq!(answer, Err(UNKNOWN), "{method}");
        // Whoever asks for it.
        let bare = unsigned(&mut caller, method, Map::new()).await;
        assert_eq!(bare, UNKNOWN, "{method}");
        let signed_by_nobody = json!({"pid": true, "sign": 7, "salt": "x"}).into_map();
        assert_eq!(
            unsigned(&mut caller, method, signed_by_nobody).await,
            UNKNOWN,
            "{method}"
        );
    }
    let name: &[u8] = b"\xff\xfe";
    let quest = halloo_fpnn::Quest {
        version: 1,
        encoding: halloo_fpnn::Encoding::MessagePack,
        sequence: Some(u32::MAX),
        method: name.try_into().unwrap(),
        payload: Map::empty(),
    };
    caller.wire.lay_out_quest(&quest);
    assert_eq!(
        caller.wire.answer(u32::MAX).await.unwrap_err().code,
        UNKNOWN
    );
}

#[tokio::test]
async fn whoever_is_not_the_project_learns_nothing_about_its_methods() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    caller.project.secret.push('x');
    for method in Method::all() {
        let expected = match method.status {
            Status::Transport => continue,
            Status::Unknown => UNKNOWN,
            Status::NotEnabled if !method.signed => NOT_ENABLED,
            _ => UNPROVEN,
        };
        for params in [method.sample(), json!({})] {
            let answer = caller.call(method.name, params).await;
            assert_eq!(answer, Err(expected), "{}", method.name);
        }
    }
    assert_eq!(gate.users().await, 0);
}

#[tokio::test]
async fn a_refused_quest_of_one_way_is_dropped_in_silence() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    lay_out(&gate, &mut caller).await;
    let before = seen(&gate, &mut caller).await;
    let refused = Method::all().filter(|method| method.status != Status::Transport);
    for method in refused {
        if method.status == Status::Served {
            let wrong = json!({"uid": true, "uids": true, "rid": true, "gid": true, "rids": true});
            if method.name != "clearprojectgroup" {
                caller.tell(method.name, wrong);
            }
        } else {
            caller.tell(method.name, method.sample());
        }
        // Without a signature.
        caller
            .wire
            .tell(method.name, method.sample().into_map().finish());
        caller.wire.tell(method.name, Map::empty());
    }
    assert_eq!(seen(&gate, &mut caller).await, before);
    caller.wire.shut().await;
    assert!(caller.wire.ends().await, "a quest of one way was answered");
}
