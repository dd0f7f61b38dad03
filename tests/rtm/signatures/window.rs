//! How far the time of a quest may be from the server's.

use super::{UNPROVEN, ask, ask_at, proven};
use crate::world::Gate;

const TOO_FAR: u32 = 200_008;

#[tokio::test]
async fn a_quest_is_good_for_600_seconds_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let made = caller.seconds();
    // On the stroke of a second, where the test server's clock begins.
    assert_eq!(gate.now().0, made * 1000);
    for ahead in [0, 1, 5, 599, 600] {
        assert_eq!(
            ask_at(&mut caller, 5, Some(made + ahead)).await,
            proven(),
            "{ahead}"
        );
    }
    for ahead in [601, 602, 86_400, i64::from(i32::MAX), i64::MAX - made] {
        let answer = ask_at(&mut caller, 5, Some(made + ahead)).await;
        assert_eq!(answer, Err(TOO_FAR), "{ahead}");
    }
    let sign = caller.project.sign("isprojectblack", 5, Some(made));
    gate.advance_ms(600_000);
    assert_eq!(ask(&mut caller, &sign, 5, Some(made)).await, proven());
    gate.advance_ms(999);
    assert_eq!(ask(&mut caller, &sign, 5, Some(made)).await, proven());
    gate.advance_ms(1);
    assert_eq!(ask(&mut caller, &sign, 5, Some(made)).await, Err(TOO_FAR));
    for early in [0, 1, -1, -made, i64::MIN] {
        assert_eq!(
            ask_at(&mut caller, 5, Some(early)).await,
            Err(TOO_FAR),
            "{early}"
        );
    }
}

#[tokio::test]
async fn a_quest_of_a_clock_ahead_becomes_good_when_the_servers_follows() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let ts = Some(caller.seconds() + 601);
    assert_eq!(ask_at(&mut caller, 5, ts).await, Err(TOO_FAR));
    gate.advance_ms(999);
    assert_eq!(ask_at(&mut caller, 5, ts).await, Err(TOO_FAR));
    gate.advance_ms(1);
    assert_eq!(ask_at(&mut caller, 5, ts).await, proven());
}

#[tokio::test]
async fn the_window_is_a_setting() {
    let gate = Gate::start_with(|config| config.rtm.time_window_seconds = 5).await;
    let mut caller = gate.caller().await;
    let now = caller.seconds();
    for (ts, expected) in [
        (now + 5, proven()),
        (now - 5, proven()),
        (now + 6, Err(TOO_FAR)),
        (now - 6, Err(TOO_FAR)),
    ] {
        assert_eq!(
            ask_at(&mut caller, 5, Some(ts)).await,
            expected,
            "{}",
            ts - now
        );
    }
}

#[tokio::test]
async fn without_a_window_every_time_is_taken_that_was_signed() {
    let gate = Gate::start_with(|config| config.rtm.time_window_seconds = 0).await;
    let mut caller = gate.caller().await;
    for ts in [0, 1, -1, i64::MAX, i64::MIN, caller.seconds() + 86_400] {
        assert_eq!(ask_at(&mut caller, 5, Some(ts)).await, proven(), "{ts}");
        let sign = caller.project.sign("isprojectblack", 5, Some(ts));
        let changed = Some(ts.wrapping_add(1));
        assert_eq!(
            ask(&mut caller, &sign, 5, changed).await,
            Err(UNPROVEN),
            "{ts}"
        );
    }
}
