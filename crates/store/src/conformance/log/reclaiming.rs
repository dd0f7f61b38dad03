//! Giving room back.

use halloo_core::messages::{Conversation, NewMessage, Removal, Scope, Sequence};

use super::ground::{
    ALICE, APP, BOB, EACH, GROUP, Ground, OTHER_APP, PAIR, abandon, at, called, numbers, sent,
};

/// Reclaims until nothing is left to do. Returns how many calls it took.
async fn reclaim(ground: &Ground, before: i64, limit: usize) -> usize {
    for calls in 1..10_000 {
        if !ground.log().reclaim(APP, at(before), limit).await.unwrap() {
            return calls;
        }
    }
    panic!("it never comes to an end");
}

pub async fn old_messages_go_and_no_others(mut ground: Ground) {
    for ms in 1..=10 {
        for log in EACH {
            ground.append(sent(log, ms)).await.unwrap();
        }
        let other = [sent(PAIR, ms)].into_iter().collect();
        ground.log().append(OTHER_APP, other).await.unwrap();
    }
    let ids: Vec<_> = ground
        .all(PAIR)
        .await
        .iter()
        .map(|message| message.id)
        .collect();
    for (before, limit, first) in [(0, 5, 1), (4, 1, 4), (4, 5, 4), (8, 3, 8), (9, 1000, 9)] {
        reclaim(&ground, before, limit).await;
        for _ in 0..2 {
            for log in EACH {
                let expected: Vec<_> = (first..=10).collect();
                assert_eq!(numbers(&ground.all(log).await), expected);
                assert_eq!(ground.count(log).await, expected.len() as u64);
                assert_eq!(ground.waits(BOB, log).await, expected.len() as u64);
                assert_eq!(ground.last(log).await, 10);
            }
            for (id, sequence) in ids.iter().zip(1..) {
                let found = ground.log().message(APP, *id).await.unwrap();
                assert_eq!(found.is_some(), sequence >= first);
            }
            let others = ground.log().last_sequence(OTHER_APP, PAIR).await.unwrap();
            assert_eq!(others, Sequence(10));
            ground.reopen();
        }
    }
    let other = ground
        .log()
        .messages(OTHER_APP, PAIR, super::ground::ALL)
        .await
        .unwrap();
    assert_eq!(other.len(), 10);
}

pub async fn a_small_limit_makes_progress(mut ground: Ground) {
    ground.fill(PAIR, 20).await;
    let calls = reclaim(&ground, 11, 3).await;
    assert!((3..=10).contains(&calls), "{calls}");
    assert!(!ground.log().reclaim(APP, at(11), 3).await.unwrap());
    // Goes on where it stopped, also after a restart.
    for _ in 0..2 {
        assert!(ground.log().reclaim(APP, at(100), 2).await.unwrap());
        ground.reopen();
    }
    let left = ground.count(PAIR).await;
    assert!(left < 10, "{left}");
    reclaim(&ground, 100, 2).await;
    assert_eq!(ground.count(PAIR).await, 0);
}

pub async fn at_most_the_limit_goes_at_once(ground: Ground) {
    ground.fill(PAIR, 20).await;
    for left in [17, 14, 11] {
        assert!(ground.log().reclaim(APP, at(100), 3).await.unwrap());
        assert_eq!(ground.count(PAIR).await, left);
    }
}

pub async fn a_message_at_the_boundary_stays(ground: Ground) {
    ground.append(sent(PAIR, 5)).await.unwrap();
    reclaim(&ground, 5, 100).await;
    assert_eq!(ground.count(PAIR).await, 1);
    reclaim(&ground, 6, 100).await;
    assert_eq!(ground.count(PAIR).await, 0);
}

pub async fn removed_messages_are_reclaimed_too(mut ground: Ground) {
    ground.fill(PAIR, 5).await;
    ground
        .log()
        .remove_messages(APP, PAIR, Removal::One(Sequence(2)))
        .await
        .unwrap();
    reclaim(&ground, 4, 1).await;
    ground.reopen();
    assert_eq!(numbers(&ground.all(PAIR).await), [4, 5]);
}

pub async fn a_name_may_be_used_anew_once_its_message_was_reclaimed(mut ground: Ground) {
    let strict = |ms, body| NewMessage {
        strict: true,
        now: at(ms),
        ..called(PAIR, ALICE, 5, body)
    };
    let first = ground.append(strict(1, "text")).await.unwrap();
    ground.append(sent(PAIR, 2)).await.unwrap();
    reclaim(&ground, 2, 100).await;
    ground.reopen();
    let found = ground
        .log()
        .message_called(APP, PAIR, Some(ALICE), 5)
        .await
        .unwrap();
    assert_eq!(found, None);
    let again = ground.append(strict(3, "text")).await.unwrap();
    assert!(!again.repeated && again.id > first.id);
    assert_eq!(again.sequence, Sequence(3));
}

pub async fn namesakes_that_are_younger_stay_known(ground: Ground) {
    let named = |ms, body| NewMessage {
        now: at(ms),
        ..called(PAIR, ALICE, 5, body)
    };
    ground.append(named(1, "old")).await.unwrap();
    let young = ground.append(named(5, "young")).await.unwrap();
    reclaim(&ground, 5, 100).await;
    let found = ground
        .log()
        .message_called(APP, PAIR, Some(ALICE), 5)
        .await
        .unwrap();
    assert_eq!(found.unwrap().id, young.id);
    assert!(ground.append(named(9, "young")).await.unwrap().repeated);
    assert!(!ground.append(named(9, "old")).await.unwrap().repeated);
}

pub async fn cleared_messages_are_reclaimed_however_young(mut ground: Ground) {
    ground.append(called(PAIR, ALICE, 5, "text")).await.unwrap();
    ground.fill(PAIR, 9).await;
    ground.fill(GROUP, 10).await;
    ground
        .log()
        .clear_messages(APP, Scope::Pairs)
        .await
        .unwrap();
    let later = ground.append(sent(PAIR, 20)).await.unwrap();
    for _ in 0..3 {
        assert!(ground.log().reclaim(APP, at(-1000), 4).await.unwrap());
        ground.reopen();
    }
    reclaim(&ground, -1000, 4).await;
    assert_eq!(numbers(&ground.all(PAIR).await), [later.sequence.0]);
    assert_eq!(ground.count(GROUP).await, 10);
    // Its room was given back, so its name is free.
    let again = ground.append(called(PAIR, ALICE, 5, "text")).await.unwrap();
    assert!(!again.repeated);
}

pub async fn reclaiming_twice_at_once_is_reclaiming(ground: Ground) {
    ground.fill(PAIR, 20).await;
    let hold = ground.hold().await;
    let log = ground.log();
    let (one, other, ()) = tokio::join!(
        biased;
        log.reclaim(APP, at(100), 5),
        log.reclaim(APP, at(100), 5),
        hold.end(),
    );
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    reclaim(&ground, 100, 5).await;
    assert_eq!(ground.count(PAIR).await, 0);
}

pub async fn clearing_while_room_is_given_back_hides_for_good(mut ground: Ground) {
    for clear_first in [true, false] {
        ground.fill(PAIR, 5).await;
        ground
            .log()
            .clear_messages(APP, Scope::Pairs)
            .await
            .unwrap();
        ground.fill(PAIR, 5).await;
        let hold = ground.hold().await;
        let log = ground.log();
        let clear = || log.clear_messages(APP, Scope::Pairs);
        let reclaim = || log.reclaim(APP, at(-1000), 2);
        if clear_first {
            let (one, other, ()) = tokio::join!(biased; clear(), reclaim(), hold.end());
            assert!(one.is_ok() && other.is_ok());
        } else {
            let (one, other, ()) = tokio::join!(biased; reclaim(), clear(), hold.end());
            assert!(one.is_ok() && other.is_ok());
        }
        assert_eq!(ground.count(PAIR).await, 0, "clearing first: {clear_first}");
        ground.reopen();
        assert_eq!(
            ground.count(PAIR).await,
            0,
            "opened again, clearing first: {clear_first}"
        );
    }
}

pub async fn reclaiming_that_nobody_waits_for_disturbs_nothing(ground: Ground) {
    ground.fill(PAIR, 20).await;
    let hold = ground.hold().await;
    abandon(ground.log().reclaim(APP, at(100), 5)).await;
    hold.end().await;
    reclaim(&ground, 11, 3).await;
    assert_eq!(
        numbers(&ground.all(PAIR).await),
        (11..=20).collect::<Vec<_>>()
    );
    assert_eq!(
        ground.append(sent(PAIR, 30)).await.unwrap().sequence,
        Sequence(21)
    );
    for log in [GROUP, Conversation::Broadcast] {
        assert_eq!(ground.last(log).await, 0);
    }
}
