//! Login tokens of end users. Source: RTM server gate section 4.1.

use std::collections::BTreeSet;

use halloo_core::tokens::Ttl;
use serde_json::{Value, json};

use crate::world::{Caller, Gate};

/// 60 days: how long a token lives.
const LIFE_MS: i64 = 60 * 86_400_000;

async fn grant(caller: &mut Caller, uid: i64) -> String {
    let token = caller.field("gettoken", json!({"uid": uid}), "token").await;
    token.as_str().expect("a text").to_owned()
}

/// How many tokens there were that have ended now, which no quest shows.
async fn ended(gate: &Gate) -> u64 {
    gate.core().sweep().await.expect("a sweep")
}

#[tokio::test]
async fn a_login_token_is_32_hexadecimal_digits_and_each_is_another() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let mut seen = BTreeSet::new();
    for uid in [1, 1, 1, 2, 1 << 62] {
        let token = grant(&mut caller, uid).await;
        assert_eq!(token.len(), 32, "{token}");
        let digit = |c: char| matches!(c, '0'..='9' | 'A'..='F');
        assert!(token.chars().all(digit), "{token}");
        assert!(seen.insert(token), "a token came twice");
    }
    assert_eq!(gate.users().await, 3);
}

#[tokio::test]
async fn whoever_may_not_log_in_may_still_be_given_a_token() {
    // Black-listing ends by itself; what the token opens is decided at login.
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    caller
        .done("addprojectblack", json!({"uid": 1, "btime": 0}))
        .await;
    assert_eq!(grant(&mut caller, 1).await.len(), 32);
    assert!(caller.holds("isprojectblack", json!({"uid": 1})).await);
}

#[tokio::test]
async fn a_token_for_a_user_who_is_gone_is_refused() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    gate.rest().await.register("maya").await;
    let maya = gate.core().users.find(gate.id(), "maya").await.unwrap();
    assert_eq!(grant(&mut caller, maya.uid().0).await.len(), 32);
    gate.core().users.delete(gate.id(), &maya).await.unwrap();
    for uid in [maya.uid().0, maya.uid().0 + 1, i64::MAX] {
        assert_eq!(
            caller.call("gettoken", json!({"uid": uid})).await,
            Err(200_001),
            "{uid}"
        );
    }
    caller
        .done("removetoken", json!({"uid": maya.uid().0}))
        .await;
}

#[tokio::test]
async fn removing_tokens_ends_every_login_token_of_one_user_and_no_bearer_token() {
    let gate = Gate::start().await;
    let rest = gate.rest().await;
    let mut caller = gate.caller().await;
    // Once an hour a test server sweeps by itself; its clock stands still, so nothing has ended yet.
    for uid in [1, 1, 2] {
        grant(&mut caller, uid).await;
    }
    let bearer = gate
        .core()
        .tokens
        .grant_inherit(&gate.app, "1", false, Ttl::Never)
        .await;
    let bearer = bearer.expect("a token").0.token;
    let opens = async || {
        let path = "/users/1/contacts/users";
        rest.call_as(Some(&bearer), "GET", path, None).await.status == 200
    };
    assert!(opens().await);
    for _ in 0..2 {
        caller.done("removetoken", json!({"uid": 1})).await;
        assert!(opens().await);
    }
    caller.done("removetoken", json!({"uid": 77})).await;
    assert_eq!(gate.users().await, 2);
    // Left are the one of 2 and the app token that was fetched over REST.
    gate.advance_ms(LIFE_MS);
    assert_eq!(ended(&gate).await, 2);
    assert!(opens().await);
}

#[tokio::test]
async fn older_tokens_stay_when_a_new_one_is_given() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for _ in 0..5 {
        grant(&mut caller, 1).await;
    }
    gate.advance_ms(LIFE_MS - 1);
    assert_eq!(ended(&gate).await, 0);
    gate.advance_ms(1);
    assert_eq!(ended(&gate).await, 5);
}

#[tokio::test]
async fn a_login_token_opens_nothing_over_rest() {
    let gate = Gate::start().await;
    let rest = gate.rest().await;
    let mut caller = gate.caller().await;
    let token = grant(&mut caller, 1).await;
    for text in [token.clone(), format!("YWMt{token}"), token.to_lowercase()] {
        for path in ["/users/1", "/users/1/contacts/users"] {
            let refused = rest.call_as(Some(&text), "GET", path, None).await;
            assert_eq!(refused.status, 401, "{path}");
        }
    }
    let user: Value = rest.call("GET", "/users/1", None).await.ok();
    assert_eq!(user["entities"][0]["username"], "1");
}
