//! The three ways to make a call.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use halloo_client::{Fields, Map, QuestError, error_code};
use md5::{Digest, Md5};

use crate::support::*;

#[test]
fn a_call_is_signed() {
    let gate = Gate::start(None);
    gate.client().kickout(7, None).wait().unwrap();
    let asked = gate.script.asked.lock().unwrap();
    let fields = Fields::parse(&asked[0].1).unwrap();
    let salt: i64 = fields.integer("salt").unwrap();
    let seconds: i64 = fields.integer("ts").unwrap();
    let digest = Md5::digest(format!("{PID}:{SECRET}:{salt}:kickout:{seconds}"));
    let sign = fields.text("sign").unwrap();
    assert_eq!(fields.integer("pid"), Ok(PID));
    assert_eq!(sign, format!("{:032X}", u128::from_be_bytes(digest.into())));
    assert!(salt > 0);
}

#[test]
fn nothing_is_sent_before_a_call_is_made() {
    let gate = Gate::start(None);
    let client = gate.client();
    let call = client.kickout(7, None);
    drop(client.remove_token(7));
    client.delete_group(1).wait().unwrap();
    call.wait().unwrap();
    assert_eq!(gate.methods(), ["delgroup", "kickout"]);
}

#[tokio::test]
async fn a_call_can_be_awaited() {
    let gate = Gate::start(None);
    gate.answer("gettoken", Map::new().text("token", "0123"));
    gate.refuse("kickout", 200_001);
    let client = gate.client();
    assert_eq!(client.get_token(7).await.unwrap(), "0123");
    let refused = client.kickout(0, None).await;
    let expected = QuestError {
        code: 200_001,
        message: "refused".to_owned(),
    };
    assert_eq!(refused, Err(expected));
    assert_eq!(error_code(&refused), 200_001);
}

#[tokio::test]
async fn waiting_inside_of_a_runtime_does_not_block_the_answer() {
    let gate = Gate::start(None);
    let client = gate.client();
    client.kickout(7, None).wait().unwrap();
    client.kickout(7, None).await.unwrap();
}

#[test]
fn every_callback_comes_once_and_may_call_the_client() {
    let gate = Gate::start(None);
    gate.answer("gettoken", Map::new().text("token", "0123"));
    let client = gate.client();
    let (sender, results) = mpsc::channel();
    for uid in 1..=100 {
        let (sender, again) = (sender.clone(), client.clone());
        client.get_token(uid).callback(move |token| {
            if uid == 50 {
                again.kickout(7, None).wait().unwrap();
            }
            sender.send((uid, token.unwrap())).unwrap();
        });
    }
    let mut found: Vec<_> = (1..=100).map(|_| next(&results)).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        (1..=100)
            .map(|uid| (uid, "0123".to_owned()))
            .collect::<Vec<_>>()
    );
    drop((client, sender));
    assert!(results.recv().is_err());
}

#[test]
fn a_callback_that_panics_harms_nobody() {
    let gate = Gate::start(None);
    let client = gate.client();
    client
        .kickout(7, None)
        .callback(|_| panic!("as the test wants it"));
    let (sender, results) = mpsc::channel();
    client
        .kickout(7, None)
        .callback(move |result| sender.send(result).unwrap());
    assert_eq!(next(&results), Ok(()));
    client.kickout(7, None).wait().unwrap();
}

#[test]
fn a_call_waits_as_long_as_it_was_told() {
    let gate = Gate::start(None);
    let short = Duration::from_millis(50);
    let client = halloo_client::RtmServerClient::builder(PID, SECRET, &gate.address.to_string())
        .quest_timeout(short)
        .build();
    let began = Instant::now();
    let wait = || client.quest("wait", Map::new());
    assert_eq!(error_code(&wait().wait()), 20_003);
    assert_eq!(error_code(&wait().timeout(Duration::ZERO).wait()), 20_003);
    assert!(began.elapsed() >= 2 * short);
    let patient = wait().timeout(Duration::from_secs(20)).into_future();
    // The two that nobody waits for are still there.
    gate.script.gate.0.add_permits(3);
    pollster(patient).unwrap();
}

/// Any executor will do.
fn pollster<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future)
}

#[test]
fn an_answer_that_lacks_something_is_an_error() {
    let gate = Gate::start(None);
    let client = gate.client();
    assert_eq!(error_code(&client.get_token(7).wait()), 20_006);
    gate.answer(
        "getuserinfo",
        Map::new().integer("oinfo", 1).text("pinfo", ""),
    );
    assert_eq!(error_code(&client.get_user_info(7).wait()), 20_006);
}
