//! Values of the right type that are not acceptable. Source: RTM server gate sections 1.4, 2, 10 and 11.

use serde_json::{Value, json};

use super::{Kind, Method, Parameter};
use crate::state::{lay_out, seen};
use crate::world::Gate;

const ILLEGAL_UID: u32 = 200_001;
const ILLEGAL_KIND: u32 = 200_005;
const TOO_LONG: u32 = 200_030;
const TOO_MANY: u32 = 200_032;
const EMPTY: u32 = 200_033;
const ILLEGAL: u32 = 200_034;

/// Values that are refused, each with the code.
fn refused(method: &Method, parameter: &Parameter) -> Vec<(Value, u32)> {
    let not_positive = [0, -1, -11, i64::MIN];
    let long = |bytes: usize| json!("x".repeat(bytes));
    match parameter.kind {
        Kind::Uid => not_positive.map(|id| (json!(id), ILLEGAL_UID)).into(),
        Kind::Group | Kind::Room | Kind::Peer => not_positive.map(|id| (json!(id), ILLEGAL)).into(),
        Kind::ZeroOrOne => [2, -1, 127, 300, i64::MAX, i64::MIN]
            .map(|kind| (json!(kind), ILLEGAL))
            .into(),
        Kind::MessageType => [0, 128, -1, 300, i64::MAX, i64::MIN]
            .map(|kind| (json!(kind), ILLEGAL_KIND))
            .into(),
        Kind::Log => [0, 5, -1, 257, i64::MIN]
            .map(|log| (json!(log), ILLEGAL))
            .into(),
        Kind::GroupOrRoom => [0, 1, 4, -1].map(|log| (json!(log), ILLEGAL)).into(),
        Kind::Sort => [-1, 5, 256].map(|sort| (json!(sort), ILLEGAL)).into(),
        Kind::Body => vec![
            (long(20_481), TOO_LONG),
            (json!("\u{e9}".repeat(10_241)), TOO_LONG),
        ],
        Kind::Attributes => vec![
            (long(2049), TOO_LONG),
            (json!("\u{e9}".repeat(1025)), TOO_LONG),
        ],
        Kind::Ids100 | Kind::Ids200 | Kind::Ids1000 | Kind::Ids2000 | Kind::Rooms => {
            let most = parameter.kind.most().expect("a limit");
            let illegal = match parameter.kind {
                Kind::Rooms => ILLEGAL,
                _ => ILLEGAL_UID,
            };
            vec![
                (json!([]), EMPTY),
                (json!({}), EMPTY),
                ((1001..=1001 + most).collect(), TOO_MANY),
                ((1..=5000).collect(), TOO_MANY),
                (json!([0]), illegal),
                (json!([11, -1]), illegal),
                (json!([i64::MIN, 11]), illegal),
            ]
        }
        Kind::Listened => {
            let mut refused = vec![
                (json!([0]), ILLEGAL),
                (json!([11, -1]), ILLEGAL),
                (json!([i64::MIN, 11]), ILLEGAL),
            ];
            if method.name != "removelisten" {
                refused.push(((1001..=11_001).collect(), TOO_MANY));
            }
            refused
        }
        Kind::Info | Kind::Value => vec![
            (long(65_536), TOO_LONG),
            // Bytes count, not characters.
            (json!("\u{e9}".repeat(32_768)), TOO_LONG),
            (long(1_000_000), TOO_LONG),
        ],
        Kind::Key => vec![
            (json!(""), EMPTY),
            (long(129), TOO_LONG),
            (json!("\u{e9}".repeat(65)), TOO_LONG),
        ],
        Kind::Token if method.name == "adddevice" => {
            vec![(json!(""), EMPTY), (long(4097), TOO_LONG)]
        }
        Kind::AppType => ["", "APNS", "huawei", "apns "]
            .map(|name| (json!(name), ILLEGAL))
            .into(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn a_value_that_is_not_acceptable_is_refused_and_changes_nothing() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    lay_out(&gate, &mut caller).await;
    let before = seen(&gate, &mut caller).await;
    for method in Method::served() {
        for parameter in method.parameters {
            for (value, code) in refused(method, parameter) {
                let mut params = method.sample();
                if method.name == "getroomcount" && parameter.name == "rid" {
                    params = json!({});
                }
                let text = value.to_string();
                params[parameter.name] = value;
                let answer = caller.call(method.name, params).await;
                let shown = text.get(..40).unwrap_or(&text);
                assert_eq!(
                    answer,
                    Err(code),
                    "{}: {} is {shown}",
                    method.name,
                    parameter.name
                );
            }
        }
        let after = seen(&gate, &mut caller).await;
        assert_eq!(after, before, "{}", method.name);
    }
}

#[tokio::test]
async fn every_code_that_the_specification_names_is_given() {
    // What the values above do not lead to has a test of its own, or no meaning at this gate.
    let elsewhere = [
        ("gettoken", 200_002),
        // Nobody kicks himself: a back end is no user.
        ("kickout", 200_012),
        ("setuserinfo", EMPTY),
        ("setroominfo", EMPTY),
        ("setgroupinfo", EMPTY),
        ("addroommember", 200_047),
        ("adduserrooms", 200_047),
        ("addgroupmembers", 200_042),
        ("addfriends", 200_048),
        ("sendmsg", 200_049),
        ("sendmsg", 200_052),
        ("sendgroupmsg", 200_041),
        ("sendgroupmsg", 200_044),
        ("sendgroupmsg", 200_046),
        ("sendroommsg", 200_040),
        ("sendroommsg", 200_045),
        ("broadcastmsg", 200_026),
    ];
    // See `tests/messages`.
    let of_messages = [200_021, 200_024, 200_053, 200_070];
    for method in Method::served() {
        let given: Vec<u32> = method
            .parameters
            .iter()
            .flat_map(|parameter| refused(method, parameter))
            .map(|(_, code)| code)
            .collect();
        for code in method.codes {
            let named = given.contains(code)
                || elsewhere.contains(&(method.name, *code))
                || of_messages.contains(code);
            assert!(named, "{} is never refused with {code}", method.name);
        }
    }
}

#[tokio::test]
async fn the_longest_list_is_taken_and_an_id_counts_once() {
    let gate = Gate::start().await;
    let mut number = 0;
    for method in Method::served() {
        for parameter in method.parameters {
            let Some(most) = parameter.kind.most() else {
                continue;
            };
            number += 1;
            let app = gate.other(&format!("list-{number}")).await;
            let mut caller = gate.caller_of(&app).await;
            let mut params = method.sample();
            let once = 1001..=1000 + most;
            params[parameter.name] = once.clone().chain(once).collect();
            let answer = caller.call(method.name, params).await;
            // A user is in 10 rooms at most.
            let expected = match method.name {
                "adduserrooms" => Some(200_047),
                _ => None,
            };
            assert_eq!(
                answer.err(),
                expected,
                "{}: {}",
                method.name,
                parameter.name
            );
        }
    }
}

#[tokio::test]
async fn the_greatest_ids_are_taken() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    // The last user who is named by his number; above are those with other names.
    let (uid, id) = (1_i64 << 62, i64::MAX);
    caller
        .done("addgroupmembers", json!({"gid": id, "uids": [uid, 1]}))
        .await;
    caller
        .done("addroommember", json!({"rid": id, "uid": uid}))
        .await;
    caller
        .done("addfriends", json!({"uid": uid, "friends": [1]}))
        .await;
    caller
        .done("addfriends", json!({"uid": 1, "friends": [uid]}))
        .await;
    caller
        .done("addgroupban", json!({"gid": id, "uid": uid, "btime": 60}))
        .await;
    let groups = caller.call("getusergroups", json!({"uid": uid})).await;
    assert_eq!(groups, Ok(json!({"gids": [id]})));
    let members = caller.call("getroommembers", json!({"rid": id})).await;
    assert_eq!(members, Ok(json!({"uids": [uid]})));
    let friends = caller.call("getfriends", json!({"uid": 1})).await;
    assert_eq!(friends, Ok(json!({"uids": [uid]})));
    let counts = caller.call("getroomcount", json!({"rid": id})).await;
    assert_eq!(counts, Ok(json!({"cn": {id.to_string(): 1}})));
    assert!(
        caller
            .holds("isbanofgroup", json!({"gid": id, "uid": uid}))
            .await
    );
}
