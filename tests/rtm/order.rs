//! Many quests on one connection: what they do happens in the order in which they were sent, and each is
//! answered once. Source: RTM server gate section 12, FPNN sections 1 and 2.3.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use halloo_fpnn::Frame;
use halloo_testkit::rtm::sorted;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::methods::{Family, Kind, Method};
use crate::state::{all_at_once, lay_out, seen};
use crate::world::{Caller, Gate};

/// Sets that can be added to, taken from and asked for: the three methods, whose the set is, and what its
/// list is called when it changes.
const SETS: [(&str, &str, &str, &str, &str); 4] = [
    (
        "addgroupmembers",
        "delgroupmembers",
        "getgroupmembers",
        "gid",
        "uids",
    ),
    (
        "addroommembers",
        "delroommembers",
        "getroommembers",
        "rid",
        "uids",
    ),
    ("addfriends", "delfriends", "getfriends", "uid", "friends"),
    ("addblacks", "delblacks", "getblacks", "uid", "blacks"),
];

#[derive(Clone, Copy, Debug)]
enum Act {
    Add,
    Remove,
    Get,
}

#[derive(Clone, Debug)]
struct Step {
    act: Act,
    set: usize,
    owner: i64,
    ids: Vec<i64>,
}

fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![Just(Act::Add), Just(Act::Remove), Just(Act::Get)];
    let ids = proptest::collection::vec(10..14_i64, 1..4);
    (act, 0..SETS.len(), 1..3_i64, ids).prop_map(|(act, set, owner, ids)| Step {
        act,
        set,
        owner,
        ids,
    })
}

impl Step {
    fn quest(&self) -> (&'static str, Value) {
        let (add, remove, get, owner, list) = SETS[self.set];
        match self.act {
            Act::Add => (add, json!({owner: self.owner, list: self.ids})),
            Act::Remove => (remove, json!({owner: self.owner, list: self.ids})),
            Act::Get => (get, json!({owner: self.owner})),
        }
    }
}

fn run_cases<T: std::fmt::Debug>(
    cases: u32,
    strategy: &impl Strategy<Value = T>,
    test: &impl AsyncFn(&Gate, T) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let gate = runtime.block_on(Gate::start());
    let config = Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let number = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(strategy, |value| {
        number.set(number.get() + 1);
        runtime.block_on(async {
            let app = gate.other(&format!("app-{}", number.get())).await;
            test(&Gate::beside(&gate, app), value).await
        })
    });
    outcome.unwrap();
}

#[test]
fn pipelined_changes_and_questions_are_what_a_set_would_do_one_by_one() {
    let steps = proptest::collection::vec(step(), 1..80);
    run_cases(40, &steps, &async |gate: &Gate, steps: Vec<Step>| {
        let mut caller = gate.caller().await;
        let answers = all_at_once(&mut caller, steps.iter().map(Step::quest)).await;
        let mut sets: BTreeMap<(usize, i64), BTreeSet<i64>> = BTreeMap::new();
        for (step, answer) in steps.iter().zip(answers) {
            let set = sets.entry((step.set, step.owner)).or_default();
            let answer = answer.map_err(|code| TestCaseError::fail(code.to_string()))?;
            match step.act {
                Act::Add => set.extend(&step.ids),
                Act::Remove => set.retain(|id| !step.ids.contains(id)),
                Act::Get => {
                    let expected: Vec<i64> = set.iter().copied().collect();
                    prop_assert_eq!(sorted(&answer["uids"]), expected, "{:?}", step);
                }
            }
        }
        Ok(())
    });
}

fn place(drawn: i64) -> usize {
    usize::try_from(drawn).expect("a small number")
}

/// A quest of any method that is served, with few ids.
fn quest() -> impl Strategy<Value = (&'static Method, Value)> {
    let methods: Vec<&Method> = Method::served().collect();
    let method = proptest::sample::select(methods);
    (method, any::<u64>()).prop_map(|(method, seed)| {
        let mut seed = seed;
        let mut draw = |from: i64, to: i64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695);
            let drawn = i64::try_from(seed >> 33).expect("31 bits");
            from + drawn % (to - from)
        };
        let mut params = serde_json::Map::new();
        for parameter in method.parameters {
            // Without a name, a message is given one that depends on those before.
            let may_be_absent = !parameter.required && parameter.name != "mid";
            if may_be_absent && draw(0, 3) == 0 {
                continue;
            }
            let value = match (parameter.kind, parameter.kind.family()) {
                (Kind::ZeroOrOne, _) => json!(draw(0, 3)),
                (Kind::Seconds, _) => json!(draw(-1, 3)),
                (Kind::Log | Kind::GroupOrRoom, _) => json!(draw(1, 5)),
                (Kind::Sort, _) => json!(draw(0, 6)),
                // Nobody is there to be heard: whoever asks takes nothing but answers.
                (Kind::Listened, _) => json!([draw(70, 74), draw(70, 74)]),
                (Kind::Texts, _) => json!(["other"]),
                (Kind::Bool, _) if method.name.ends_with("listen") => json!(false),
                (Kind::Bool, _) => json!(draw(0, 2) == 0),
                (Kind::I64, _) if parameter.name == "end" => json!(i64::MAX),
                (Kind::I64, _) if parameter.name == "mid" => json!(draw(1, 4)),
                (Kind::I64, _) => json!(draw(0, 4)),
                (Kind::Group | Kind::AnyGroup, _) => json!(draw(20, 23)),
                (Kind::Room | Kind::AnyRoom, _) => json!(draw(30, 33)),
                (Kind::Rooms, _) => json!([draw(30, 33), draw(30, 33)]),
                (Kind::AppType, _) => json!(["apns", "fcm", "none"][place(draw(0, 3))]),
                (_, Family::Integer) => json!(draw(10, 14)),
                (_, Family::Ids | Family::Types) => json!([draw(10, 14), draw(10, 14)]),
                (_, _) => json!(["", "k", "v"][place(draw(0, 3))]),
            };
            params.insert(parameter.name.into(), value);
        }
        (method, Value::Object(params))
    })
}

#[test]
fn every_quest_answers_in_a_crowd_what_it_answers_alone() {
    let quests = proptest::collection::vec(quest(), 1..120);
    run_cases(
        40,
        &quests,
        &async |gate: &Gate, quests: Vec<(&Method, Value)>| {
            let alone = Gate::beside(gate, gate.other(&format!("{}-b", gate.app.key.name)).await);
            let (mut crowd, mut single) = (gate.caller().await, alone.caller().await);
            let all = quests.iter().map(|(method, params)| (method.name, params));
            let answers = all_at_once(&mut crowd, all).await;
            for ((method, params), answer) in quests.iter().zip(answers) {
                let expected = single.call(method.name, params).await;
                if method.name == "gettoken" {
                    prop_assert_eq!(answer.is_ok(), expected.is_ok());
                    continue;
                }
                prop_assert_eq!(
                    unordered(answer),
                    unordered(expected),
                    "{} {}",
                    method.name,
                    params
                );
            }
            let (left, right) = (
                seen(gate, &mut crowd).await,
                seen(&alone, &mut single).await,
            );
            prop_assert_eq!(left, right);
            Ok(())
        },
    );
}

/// An answer with its lists sorted, whose order nobody promised.
fn unordered(answer: Result<Value, u32>) -> Result<Value, u32> {
    answer.map(|mut answer| {
        for value in answer.as_object_mut().expect("a map").values_mut() {
            if value
                .as_array()
                .is_some_and(|list| list.iter().all(Value::is_i64))
            {
                *value = json!(sorted(value));
            }
        }
        answer
    })
}

#[tokio::test]
async fn thousands_of_quests_in_one_piece_are_each_answered_once() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    // Numbers above 2^31, and around the end.
    caller.wire.sequence = u32::MAX - 1500;
    let mut expected = BTreeMap::new();
    for number in 1..=3000_i64 {
        let (method, params, answer) = match number % 4 {
            0 => (
                "isprojectblack",
                json!({"uid": number}),
                Ok(json!({"ok": false})),
            ),
            1 => (
                "addgroupmembers",
                json!({"gid": 5, "uids": [number % 50 + 1]}),
                Ok(json!({})),
            ),
            2 => ("getgroupcount", json!({"gid": 6}), Ok(json!({"cn": 0}))),
            _ => ("nosuch", json!({}), Err(20_004)),
        };
        expected.insert(caller.ask(method, params), answer);
    }
    assert_eq!(expected.len(), 3000);
    let last = caller.ask("getgroupcount", json!({"gid": 5}));
    for (sequence, answer) in expected {
        assert_eq!(caller.answer(sequence).await, answer, "{sequence}");
    }
    assert_eq!(caller.answer(last).await, Ok(json!({"cn": 25})));
    caller.wire.shut().await;
    assert!(caller.wire.ends().await, "and nothing is answered twice");
}

#[tokio::test]
async fn a_number_is_only_echoed() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for before in [
        u32::MAX,
        0,
        0,
        0,
        (1 << 31) - 2,
        (1 << 31) - 1,
        u32::MAX - 2,
        u32::MAX - 1,
    ] {
        caller.wire.sequence = before;
        let sequence = caller.ask("getgroupcount", json!({"gid": 5}));
        assert_eq!(sequence, before.wrapping_add(1));
        assert_eq!(caller.answer(sequence).await, Ok(json!({"cn": 0})));
    }
}

#[tokio::test]
async fn a_change_of_one_way_comes_before_the_question_behind_it() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for number in 1..=100 {
        caller.tell("addgroupmembers", json!({"gid": 5, "uids": [number]}));
        let asked = caller.ask("getgroupcount", json!({"gid": 5}));
        assert_eq!(caller.answer(asked).await, Ok(json!({"cn": number})));
    }
}

#[tokio::test]
async fn the_first_quests_of_a_project_that_is_still_to_be_looked_up_keep_their_order() {
    let mut gate = Gate::start().await;
    for round in 0..10 {
        gate = gate.restart().await;
        let mut caller = gate.caller().await;
        let quests = (0..40).map(|number| {
            let method = if number % 2 == 0 {
                "addfriends"
            } else {
                "delfriends"
            };
            (method, json!({"uid": 1, "friends": [2]}))
        });
        let quests = quests.chain([
            ("addfriends", json!({"uid": 1, "friends": [3]})),
            ("getfriends", json!({"uid": 1})),
            ("setuserinfo", json!({"uid": 1, "oinfo": "a"})),
            ("setuserinfo", json!({"uid": 1, "oinfo": "b"})),
            ("getuserinfo", json!({"uid": 1})),
        ]);
        let answers = all_at_once(&mut caller, quests).await;
        assert_eq!(answers[41], Ok(json!({"uids": [3]})), "round {round}");
        assert_eq!(
            answers[44],
            Ok(json!({"oinfo": "b", "pinfo": ""})),
            "round {round}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_has_sent_half_a_quest_holds_up_nobody() {
    let gate = Gate::start().await;
    let mut half = gate.caller().await;
    let payload = half.payload(
        "setuserinfo",
        json!({"uid": 1, "oinfo": "x".repeat(60_000)}),
    );
    let sequence = half.wire.ask("setuserinfo", payload);
    let whole = half.wire.take_unsent();
    let (begin, rest) = whole.split_at(40_000);
    assert!(half.wire.write(begin).await);
    let mut caller = gate.caller().await;
    for uid in 1..=50 {
        caller
            .done("setuserinfo", json!({"uid": uid, "oinfo": "small"}))
            .await;
    }
    assert!(half.wire.write(rest).await);
    assert_eq!(half.answer(sequence).await, Ok(json!({})));
    let open = caller
        .field("getuserinfo", json!({"uid": 1}), "oinfo")
        .await;
    assert_eq!(open.as_str().unwrap().len(), 60_000);
}

#[tokio::test]
async fn what_was_sent_before_the_caller_hung_up_takes_effect() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let asked: Vec<u32> = (1..=100)
        .map(|uid| caller.ask("addgroupmembers", json!({"gid": 5, "uids": [uid]})))
        .collect();
    caller.wire.shut().await;
    for sequence in asked {
        assert_eq!(caller.answer(sequence).await, Ok(json!({})));
    }
    assert!(caller.wire.ends().await);
    let count = gate
        .caller()
        .await
        .call("getgroupcount", json!({"gid": 5}))
        .await;
    assert_eq!(count, Ok(json!({"cn": 100})));
}

/// Stops a server in the middle of many changes.
async fn stop_under(gate: Gate) {
    let mut caller = gate.caller().await;
    let asked: Vec<(i64, u32)> = (1..=100)
        .map(|uid| {
            let params = json!({"gid": 5, "uids": [uid]});
            (uid, caller.ask("addgroupmembers", params))
        })
        .collect();
    // 100 quests are less than the server reads at once.
    assert_eq!(caller.answer(asked[0].1).await, Ok(json!({})));
    let Gate { server, app } = gate;
    let mut server = Arc::into_inner(server).expect("nobody else uses it");
    server.stop().await;
    let mut promised = BTreeSet::from([1]);
    for (uid, sequence) in &asked[1..] {
        match caller.answer(*sequence).await {
            Ok(answer) => {
                assert_eq!(answer, json!({}));
                promised.insert(*uid);
            }
            Err(code) => assert_eq!(code, 20_014),
        }
    }
    assert!(caller.wire.ends().await);
    let server = Arc::new(server.restart().await);
    let gate = Gate { server, app };
    let mut caller = gate.caller().await;
    let params = json!({"gid": 5});
    let members = caller.field("getgroupmembers", params, "uids").await;
    assert_eq!(sorted(&members), promised.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_server_that_stops_answers_all_that_it_has_read_and_keeps_what_it_promised() {
    stop_under(Gate::start().await).await;
}

#[tokio::test]
async fn a_server_that_stops_refuses_what_it_has_not_begun() {
    // One after the other, so that most wait when it stops.
    stop_under(Gate::start_with(|config| config.rtm.max_in_flight = 1).await).await;
}

#[tokio::test]
async fn the_server_asks_nothing_by_itself() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    // A PHP client would take any such quest for its answer.
    lay_out(&gate, &mut caller).await;
    gate.session(12, "web_1").await;
    caller.done("kickout", json!({"uid": 12})).await;
    caller.wire.shut().await;
    let frame: Option<Frame> = caller.wire.frame().await;
    assert_eq!(frame, None);
}

#[tokio::test]
async fn callers_on_many_connections_share_what_they_change() {
    let gate = Gate::start().await;
    let mut callers: Vec<Caller> = Vec::new();
    for _ in 0..20 {
        callers.push(gate.caller().await);
    }
    let mut asked = Vec::new();
    for (number, caller) in (0..).zip(&mut callers) {
        let uids: Vec<i64> = (1..=50).map(|n| number * 50 + n).collect();
        asked.push(caller.ask("addgroupmembers", json!({"gid": 5, "uids": uids})));
        caller.wire.flush().await;
    }
    for (caller, sequence) in callers.iter_mut().zip(asked) {
        assert_eq!(caller.answer(sequence).await, Ok(json!({})));
    }
    for caller in &mut callers {
        let count = caller.call("getgroupcount", json!({"gid": 5})).await;
        assert_eq!(count, Ok(json!({"cn": 1000})));
    }
}
