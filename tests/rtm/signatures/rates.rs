//! Quests per second of a project.

use halloo_testkit::rtm::Project;
use serde_json::{Value, json};

use super::{METHOD, UNPROVEN, proven};
use crate::world::{Caller, Gate};

const TOO_OFTEN: u32 = 200_010;
/// Far more than two a second while they are answered.
const MANY: usize = 200;

/// What many quests in one piece are answered.
async fn burst(caller: &mut Caller, method: &str, params: &Value) -> Vec<Result<Value, u32>> {
    let asked: Vec<u32> = (0..MANY).map(|_| caller.ask(method, params)).collect();
    let mut answers = Vec::with_capacity(MANY);
    for sequence in asked {
        answers.push(caller.answer(sequence).await);
    }
    answers
}

#[tokio::test]
async fn quests_are_not_counted_unless_there_is_a_rate() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for _ in 0..5 {
        let answers = burst(&mut caller, METHOD, &json!({"uid": 7})).await;
        assert!(answers.iter().all(|answer| *answer == proven()));
    }
}

#[tokio::test]
async fn quests_beyond_the_rate_are_refused_on_every_connection_of_the_project() {
    let gate = Gate::start_with(|config| config.rates.rtm_server = 2).await;
    let other = gate.other("other").await;
    let (mut caller, mut second) = (gate.caller().await, gate.caller().await);
    let answers = burst(&mut caller, METHOD, &json!({"uid": 7})).await;
    assert_eq!(answers[..2], [proven(), proven()]);
    assert!(answers.contains(&Err(TOO_OFTEN)));
    let known = |answer: &Result<Value, u32>| *answer == proven() || *answer == Err(TOO_OFTEN);
    assert!(answers.iter().all(known));
    let answers = burst(&mut second, METHOD, &json!({"uid": 7})).await;
    assert!(answers.contains(&Err(TOO_OFTEN)));
    // Another project has a budget of its own, on the same connection.
    second.project = Project::of(&other);
    for _ in 0..2 {
        assert_eq!(second.call(METHOD, json!({"uid": 7})).await, proven());
    }
}

#[tokio::test]
async fn who_is_not_the_project_spends_nothing_of_its_rate() {
    let gate = Gate::start_with(|config| config.rates.rtm_server = 2).await;
    let (mut caller, mut stranger) = (gate.caller().await, gate.caller().await);
    stranger.project.secret.push('x');
    let answers = burst(&mut stranger, METHOD, &json!({"uid": 7})).await;
    assert!(answers.iter().all(|answer| *answer == Err(UNPROVEN)));
    let answers = burst(&mut stranger, "nosuch", &json!({})).await;
    assert!(answers.iter().all(|answer| *answer == Err(20_004)));
    let answers = burst(&mut stranger, "sendfile", &json!({})).await;
    assert!(answers.iter().all(|answer| *answer == Err(200_060)));
    for _ in 0..2 {
        assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, proven());
    }
}

#[tokio::test]
async fn the_rate_is_looked_at_before_the_method_and_its_parameters() {
    let gate = Gate::start_with(|config| config.rates.rtm_server = 2).await;
    let mut caller = gate.caller().await;
    for (method, params, otherwise) in [
        ("closeRTCRoom", json!({"rid": 1}), 200_020),
        ("sendmsg", json!({}), 10_009),
        ("filetoken", json!({}), 200_060),
        (METHOD, json!({}), 10_009),
        (METHOD, json!({"uid": "x"}), 10_010),
        (METHOD, json!({"uid": 0}), 200_001),
    ] {
        let answers = burst(&mut caller, method, &params).await;
        assert!(answers.contains(&Err(TOO_OFTEN)), "{method}: {otherwise}");
        let known = [Err(TOO_OFTEN), Err(otherwise)];
        assert!(
            answers.iter().all(|answer| known.contains(answer)),
            "{method}"
        );
    }
    let users = gate.users().await;
    assert_eq!(users, 0);
}
