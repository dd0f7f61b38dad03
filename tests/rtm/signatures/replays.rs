//! Signatures that come again.

use serde_json::json;

use super::{METHOD, MISSING, UNPROVEN, ask, ask_at, proven, send};
use crate::world::Gate;

const SEEN: u32 = 200_006;

#[tokio::test]
async fn a_signature_may_come_again_unless_that_is_switched_off() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let ts = Some(caller.seconds());
    for _ in 0..5 {
        assert_eq!(ask_at(&mut caller, 5, ts).await, proven());
    }
    // The same bytes twice, as Go sends them after a lost connection.
    let payload = caller.payload("addfriends", json!({"uid": 1, "friends": [2]}));
    for _ in 0..2 {
        let sequence = caller.wire.ask("addfriends", payload.clone());
        assert_eq!(caller.answer(sequence).await, Ok(json!({})));
    }
}

#[tokio::test]
async fn where_it_is_switched_off_a_signature_is_taken_once() {
    let gate = Gate::start_with(|config| config.rtm.refuse_replays = true).await;
    let (mut caller, mut elsewhere) = (gate.caller().await, gate.caller().await);
    let now = caller.seconds();
    let sign = caller.project.sign(METHOD, 5, Some(now));
    // A wrong one is not remembered.
    assert_eq!(ask(&mut caller, &sign, 6, Some(now)).await, Err(UNPROVEN));
    assert_eq!(ask(&mut caller, &sign, 5, Some(now)).await, proven());
    assert_eq!(ask(&mut caller, &sign, 5, Some(now)).await, Err(SEEN));
    assert_eq!(
        ask(&mut caller, &sign.to_lowercase(), 5, Some(now)).await,
        Err(SEEN)
    );
    assert_eq!(ask(&mut elsewhere, &sign, 5, Some(now)).await, Err(SEEN));
    // What Go does then: another salt, and a time 5 s ahead.
    assert_eq!(ask_at(&mut caller, 6, Some(now + 5)).await, proven());
    // One whose quest was refused is used up, too.
    let bare = caller.project.signed(METHOD, json!({}), (7, Some(now)));
    assert_eq!(send(&mut caller, METHOD, bare.clone()).await, Err(MISSING));
    assert_eq!(send(&mut caller, METHOD, bare).await, Err(SEEN));
    // So is one without a time.
    assert_eq!(ask_at(&mut caller, 8, None).await, proven());
    assert_eq!(ask_at(&mut caller, 8, None).await, Err(SEEN));
}

#[tokio::test]
async fn a_signature_is_remembered_for_as_long_as_it_is_good() {
    let gate = Gate::start_with(|config| config.rtm.refuse_replays = true).await;
    let mut caller = gate.caller().await;
    let now = caller.seconds();
    // Made by a clock that is 600 s ahead: good until 600 s after that.
    assert_eq!(ask_at(&mut caller, 5, Some(now + 600)).await, proven());
    for _ in 0..12 {
        // Others come meanwhile.
        let (salt, ts) = (gate.now().0, caller.seconds());
        assert_eq!(ask_at(&mut caller, salt, Some(ts)).await, proven());
        assert_eq!(ask_at(&mut caller, 5, Some(now + 600)).await, Err(SEEN));
        gate.advance_ms(100_000);
    }
    assert_eq!(ask_at(&mut caller, 5, Some(now + 600)).await, Err(SEEN));
    gate.advance_ms(1000);
    assert_eq!(ask_at(&mut caller, 5, Some(now + 600)).await, Err(200_008));
}

#[tokio::test]
async fn a_signature_without_a_time_is_remembered_for_two_windows() {
    let gate = Gate::start_with(|config| config.rtm.refuse_replays = true).await;
    let mut caller = gate.caller().await;
    assert_eq!(ask_at(&mut caller, 5, None).await, proven());
    for minute in 0..19 {
        gate.advance_ms(60_000);
        assert_eq!(ask_at(&mut caller, 100 + minute, None).await, proven());
        assert_eq!(ask_at(&mut caller, 5, None).await, Err(SEEN), "{minute}");
    }
    gate.advance_ms(59_999);
    assert_eq!(ask_at(&mut caller, 5, None).await, Err(SEEN));
}
