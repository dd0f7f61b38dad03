//! Signatures without a time, as SDKs before 2020 make them.

use serde_json::json;

use super::{METHOD, UNPROVEN, ask, ask_at, proven, question, send};
use crate::world::Gate;

#[tokio::test]
async fn a_signature_without_a_time_is_taken_at_any_time() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let sign = caller.project.sign(METHOD, 9, None);
    for _ in 0..3 {
        assert_eq!(ask(&mut caller, &sign, 9, None).await, proven());
        assert_eq!(
            ask(&mut caller, &sign.to_lowercase(), 9, None).await,
            proven()
        );
        gate.advance_ms(86_400_000);
    }
    // It names no method, either.
    let fields = || {
        let pid = gate.app.pid.into();
        question()
            .integer("pid", pid)
            .text("sign", &sign)
            .integer("salt", 9)
    };
    let friends = send(&mut caller, "getfriends", fields()).await;
    assert_eq!(friends, Ok(json!({"uids": []})));
    // Nil is no time.
    assert_eq!(
        send(&mut caller, METHOD, fields().raw("ts", &[0xc0])).await,
        proven()
    );
    assert_eq!(ask(&mut caller, &sign, 10, None).await, Err(UNPROVEN));
}

#[tokio::test]
async fn neither_form_of_signature_passes_for_the_other() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let ts = Some(caller.seconds());
    let (legacy, current) = (
        caller.project.sign(METHOD, 9, None),
        caller.project.sign(METHOD, 9, ts),
    );
    assert_eq!(ask(&mut caller, &legacy, 9, ts).await, Err(UNPROVEN));
    assert_eq!(ask(&mut caller, &current, 9, None).await, Err(UNPROVEN));
    assert_eq!(ask(&mut caller, &legacy, 9, None).await, proven());
    assert_eq!(ask(&mut caller, &current, 9, ts).await, proven());
}

#[tokio::test]
async fn signatures_without_a_time_are_switched_off_and_on_for_one_project() {
    let gate = Gate::start().await;
    let other = gate.other("other").await;
    let (mut caller, mut bystander) = (gate.caller().await, gate.caller_of(&other).await);
    let ts = Some(caller.seconds());
    for taken in [true, false, true, false] {
        let set = gate
            .core()
            .apps
            .set_legacy_signatures(&gate.app.key, taken)
            .await;
        assert_eq!(set.expect("the app").legacy_signatures, taken);
        let expected = if taken { proven() } else { Err(UNPROVEN) };
        assert_eq!(ask_at(&mut caller, 9, None).await, expected);
        assert_eq!(ask_at(&mut caller, 9, ts).await, proven());
        assert_eq!(ask_at(&mut bystander, 9, None).await, proven());
    }
    drop((caller, bystander));
    let gate = gate.restart().await;
    let mut caller = gate.caller().await;
    assert_eq!(ask_at(&mut caller, 9, None).await, Err(UNPROVEN));
    assert_eq!(ask_at(&mut caller, 9, ts).await, proven());
}
