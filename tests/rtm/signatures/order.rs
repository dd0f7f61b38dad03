//! Of several faults the one that is looked for first is answered. Source: RTM server gate section 1.3.

use halloo_fpnn::Map;
use halloo_testkit::rtm::{Project, packed};
use serde_json::json;

use super::{METHOD, send};
use crate::world::{Caller, Gate};

/// What is wrong with a quest, in the order of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    UnknownMethod,
    NoPid,
    PidOfOtherType,
    NoSign,
    SignOfOtherType,
    NoSalt,
    SaltOfOtherType,
    TimeOfOtherType,
    UnknownProject,
    TooEarly,
    WrongSign,
    Replay,
    Forbidden,
    NoUser,
    UserOfOtherType,
    IllegalUser,
}

use Fault::{
    Forbidden, IllegalUser, NoPid, NoSalt, NoSign, NoUser, PidOfOtherType, Replay, SaltOfOtherType,
    SignOfOtherType, TimeOfOtherType, TooEarly, UnknownMethod, UnknownProject, UserOfOtherType,
    WrongSign,
};

/// Every fault with its step and its code.
const FAULTS: [(Fault, u8, u32); 16] = [
    (UnknownMethod, 0, 20_004),
    (NoPid, 1, 10_009),
    (PidOfOtherType, 1, 10_010),
    (NoSign, 1, 10_009),
    (SignOfOtherType, 1, 10_010),
    (NoSalt, 1, 10_009),
    (SaltOfOtherType, 1, 10_010),
    (TimeOfOtherType, 1, 10_010),
    (UnknownProject, 2, 200_002),
    (TooEarly, 3, 200_008),
    (WrongSign, 4, 200_002),
    (Replay, 5, 200_006),
    (Forbidden, 6, 200_020),
    (NoUser, 7, 10_009),
    (UserOfOtherType, 7, 10_010),
    (IllegalUser, 8, 200_001),
];

/// Those that leave out a field which others give another type.
const MISSING_FIELDS: [Fault; 4] = [NoPid, NoSign, NoSalt, NoUser];

/// What a quest with these faults is answered.
async fn answer(caller: &mut Caller, salt: i64, faults: &[Fault]) -> u32 {
    let has = |fault| faults.contains(&fault);
    let method = match (has(UnknownMethod), has(Forbidden)) {
        (true, _) => "nosuch",
        (_, true) => "kickoutFromRTCRoom",
        _ => METHOD,
    };
    let mut project: Project = caller.project.clone();
    if has(UnknownProject) {
        project.pid += 1000;
    }
    let ts = caller.seconds() - if has(TooEarly) { 601 } else { 0 };
    let sign = if has(WrongSign) {
        "0".repeat(32)
    } else {
        project.sign(method, salt, Some(ts))
    };
    let mut fields = vec![
        ("uid", json!(if has(IllegalUser) { 0 } else { 7 })),
        ("pid", json!(project.pid)),
        ("sign", json!(sign)),
        ("salt", json!(salt)),
        ("ts", json!(ts)),
    ];
    for (fault, name) in [
        (NoUser, "uid"),
        (NoPid, "pid"),
        (NoSign, "sign"),
        (NoSalt, "salt"),
    ] {
        fields.retain(|field| !has(fault) || field.0 != name);
    }
    for (fault, name) in [
        (UserOfOtherType, "uid"),
        (PidOfOtherType, "pid"),
        (SignOfOtherType, "sign"),
        (SaltOfOtherType, "salt"),
        (TimeOfOtherType, "ts"),
    ] {
        if has(fault) {
            let field = fields.iter_mut().find(|field| field.0 == name);
            field.expect("it is there").1 = json!([]);
        }
    }
    let fields = fields.iter();
    let map = fields.fold(Map::new(), |map, (name, value)| {
        map.raw(name, &packed(value))
    });
    if has(Replay) {
        let _ = send(caller, method, map.clone()).await;
    }
    let answer = send(caller, method, map).await;
    answer.expect_err("a refusal")
}

/// Tries every fault alone and beside every fault of a later step.
async fn try_all(gate: &Gate) {
    let mut caller = gate.caller().await;
    let mut salt = 0;
    for (at, (first, step, code)) in FAULTS.iter().enumerate() {
        salt += 1;
        assert_eq!(
            answer(&mut caller, salt, &[*first]).await,
            *code,
            "{first:?}"
        );
        for (second, later, _) in &FAULTS[at + 1..] {
            if later > step {
                salt += 1;
                let found = answer(&mut caller, salt, &[*first, *second]).await;
                assert_eq!(found, *code, "{first:?} and {second:?}");
            }
        }
        // And beside all of them.
        let all: Vec<Fault> = FAULTS[at..]
            .iter()
            .filter(|(fault, later, _)| later > step || fault == first)
            .map(|(fault, ..)| *fault)
            // A field that is missing has no type.
            .filter(|fault| !MISSING_FIELDS.contains(fault) || fault == first)
            .collect();
        salt += 1;
        assert_eq!(answer(&mut caller, salt, &all).await, *code, "{all:?}");
    }
    assert_eq!(gate.users().await, 0);
}

#[tokio::test]
async fn each_earlier_fault_wins_over_every_later_one() {
    let gate = Gate::start_with(|config| config.rtm.refuse_replays = true).await;
    try_all(&gate).await;
}

#[tokio::test]
async fn the_faults_have_the_same_order_for_a_project_that_is_still_to_be_looked_up() {
    let mut gate = Gate::start_with(|config| config.rtm.refuse_replays = true).await;
    for (number, (first, step, code)) in FAULTS.iter().enumerate() {
        gate = gate.restart().await;
        let mut caller = gate.caller().await;
        let later: Vec<Fault> = FAULTS[number..]
            .iter()
            .filter(|(fault, later, _)| later > step && *fault != Replay || fault == first)
            .map(|(fault, ..)| *fault)
            .filter(|fault| !MISSING_FIELDS.contains(fault) || fault == first)
            .collect();
        let salt = i64::try_from(number).unwrap();
        assert_eq!(answer(&mut caller, salt, &later).await, *code, "{later:?}");
    }
}
