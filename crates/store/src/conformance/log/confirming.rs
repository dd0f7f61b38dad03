//! What readers have received, and their lists of conversations.

use halloo_core::messages::{
    Confirmation, Conversation, Kinds, Range, Reading, Removal, Sequence, Waiting,
};
use halloo_core::users::UserId;

use super::ground::{
    ALICE, APP, BOB, CAROL, EVER, GROUP, Ground, OTHER_APP, PAIR, at, between, kind, named, new,
    waiting,
};

async fn is_waiting(ground: &Ground, reader: UserId, log: Conversation, sequence: u64) -> bool {
    let sequence = Sequence(sequence);
    ground
        .log()
        .is_waiting(APP, reader, log, sequence)
        .await
        .unwrap()
}

/// The pairs of a user, by peer, and whether they are hidden.
async fn pairs(ground: &Ground, user: UserId) -> Vec<(UserId, bool)> {
    let pairs = ground.log().pairs_of(APP, user).await.unwrap();
    for Reading {
        peer, conversation, ..
    } in &pairs
    {
        assert_eq!(*conversation, Conversation::pair(user, peer.id));
        assert_eq!(*peer, named(peer.id));
    }
    let mut pairs: Vec<_> = pairs
        .iter()
        .map(|pair| (pair.peer.id, pair.hidden))
        .collect();
    pairs.sort_unstable();
    pairs
}

async fn list(ground: &Ground, user: UserId, peer: UserId, listed: bool) {
    ground
        .log()
        .list_pair(APP, user, named(peer), listed)
        .await
        .unwrap();
}

pub async fn runs_count_once_in_whatever_order_they_come(mut ground: Ground) {
    for log in [PAIR, GROUP] {
        ground.fill(log, 20).await;
        let mut confirmed = [false; 21];
        let runs = [
            (5, 7),
            (9, 9),
            (6, 10),
            (6, 10),
            (20, 20),
            (1, 1),
            (12, 13),
            (3, 3),
            (2, 2),
        ];
        for (n, (first, last)) in runs.into_iter().enumerate() {
            ground.confirm(BOB, log, (first, last)).await;
            for sequence in first..=last {
                confirmed[usize::try_from(sequence).unwrap()] = true;
            }
            if n % 3 == 2 {
                ground.reopen();
            }
            let open = confirmed[1..]
                .iter()
                .filter(|confirmed| !**confirmed)
                .count();
            assert_eq!(
                ground.waits(BOB, log).await,
                open as u64,
                "{log:?} {first} {last}"
            );
            for sequence in 1..=20 {
                let expected = !confirmed[usize::try_from(sequence).unwrap()];
                assert_eq!(is_waiting(&ground, BOB, log, sequence).await, expected);
            }
        }
        ground.confirm(BOB, log, (1, 20)).await;
        assert_eq!(ground.waits(BOB, log).await, 0);
        assert_eq!(ground.waits(CAROL, log).await, 20, "another reader");
    }
}

pub async fn several_are_confirmed_at_once(ground: Ground) {
    ground.fill(PAIR, 5).await;
    ground.fill(GROUP, 5).await;
    let run = |reader, conversation, first, last| Confirmation {
        app: APP,
        reader,
        conversation,
        first: Sequence(first),
        last: Sequence(last),
    };
    let confirmed = vec![
        run(BOB, PAIR, 1, 2),
        run(CAROL, GROUP, 2, 2),
        run(BOB, PAIR, 4, 4),
        run(BOB, GROUP, 1, 5),
    ];
    ground.log().confirm(confirmed).await.unwrap();
    ground.log().confirm(Vec::new()).await.unwrap();
    assert_eq!(ground.waits(BOB, PAIR).await, 2);
    assert_eq!(ground.waits(CAROL, GROUP).await, 4);
    assert_eq!(ground.waits(BOB, GROUP).await, 0);
}

pub async fn of_very_many_runs_apart_the_latest_wait_again(mut ground: Ground) {
    ground.fill(GROUP, 10_000).await;
    let odd = (0..5000).map(|n| Confirmation {
        app: APP,
        reader: BOB,
        conversation: GROUP,
        first: Sequence(2 * n + 1),
        last: Sequence(2 * n + 1),
    });
    ground.log().confirm(odd.collect()).await.unwrap();
    ground.reopen();
    let kept = 10_000 - ground.waits(BOB, GROUP).await;
    assert!((4096..=5000).contains(&kept), "{kept}");
    // What is left out is never told to be confirmed.
    for (place, waits) in [
        (1, false),
        (2, true),
        (8191, false),
        (8193, true),
        (9998, true),
    ] {
        assert_eq!(
            is_waiting(&ground, BOB, GROUP, place).await,
            waits,
            "{place}"
        );
    }
}

pub async fn a_run_that_ends_before_it_begins_confirms_nothing(ground: Ground) {
    ground.fill(GROUP, 30).await;
    ground.confirm(BOB, GROUP, (10, 12)).await;
    ground.confirm(BOB, GROUP, (20, 5)).await;
    assert_eq!(ground.waits(BOB, GROUP).await, 27);
}

pub async fn waiting_is_what_others_sent_and_is_still_there(mut ground: Ground) {
    for (ms, sender, number) in [
        (10, ALICE, 30),
        (20, BOB, 30),
        (30, ALICE, 66),
        (40, ALICE, 30),
        (50, CAROL, 31),
        (60, ALICE, 30),
    ] {
        let mut message = new(GROUP, sender, "text");
        message.now = at(ms);
        message.content.kind = kind(number);
        ground.append(message).await.unwrap();
    }
    ground
        .log()
        .remove_messages(APP, GROUP, Removal::One(Sequence(6)))
        .await
        .unwrap();
    ground.confirm(BOB, GROUP, (4, 4)).await;
    ground.reopen();
    let count = async |range: Range, kinds: Kinds, confirmed_too: bool| {
        let waiting = Waiting {
            range,
            kinds,
            confirmed_too,
            ..waiting(BOB, GROUP)
        };
        ground.log().waiting_count(APP, waiting).await.unwrap()
    };
    assert_eq!(count(EVER, Kinds::ALL, false).await, 3);
    assert_eq!(count(EVER, Kinds::ALL, true).await, 4);
    assert_eq!(count(EVER, Kinds::CHAT, false).await, 2);
    assert_eq!(count(between(30, 50), Kinds::ALL, false).await, 2);
    assert_eq!(count(between(30, 50), Kinds::ALL, true).await, 3);
    assert_eq!(count(between(31, 49), Kinds::ALL, false).await, 0);
    assert_eq!(ground.waits(ALICE, GROUP).await, 2);
    assert_eq!(ground.waits(ALICE, PAIR).await, 0);
    let other = ground
        .log()
        .waiting_count(OTHER_APP, waiting(BOB, GROUP))
        .await
        .unwrap();
    assert_eq!(other, 0);
}

pub async fn a_new_message_waits(ground: Ground) {
    ground.fill(PAIR, 3).await;
    ground.confirm(BOB, PAIR, (1, 3)).await;
    assert_eq!(ground.waits(BOB, PAIR).await, 0);
    let next = ground.say(PAIR, ALICE, "next").await;
    assert_eq!(ground.waits(BOB, PAIR).await, 1);
    assert!(is_waiting(&ground, BOB, PAIR, next.sequence.0).await);
}

pub async fn the_first_message_puts_a_pair_on_both_lists(mut ground: Ground) {
    assert_eq!(pairs(&ground, ALICE).await, []);
    ground.say(PAIR, BOB, "first").await;
    ground
        .say(Conversation::pair(ALICE, CAROL), ALICE, "first")
        .await;
    ground.say(GROUP, ALICE, "elsewhere").await;
    ground.confirm(ALICE, GROUP, (1, 1)).await;
    ground.reopen();
    assert_eq!(pairs(&ground, ALICE).await, [(BOB, false), (CAROL, false)]);
    assert_eq!(pairs(&ground, BOB).await, [(ALICE, false)]);
    assert_eq!(pairs(&ground, CAROL).await, [(ALICE, false)]);
    assert_eq!(ground.log().pairs_of(OTHER_APP, ALICE).await.unwrap(), []);
}

pub async fn a_pair_that_is_taken_off_a_list_comes_back_with_its_next_message(mut ground: Ground) {
    ground.say(PAIR, BOB, "first").await;
    list(&ground, ALICE, BOB, false).await;
    ground.reopen();
    assert_eq!(pairs(&ground, ALICE).await, [(BOB, true)]);
    assert_eq!(pairs(&ground, BOB).await, [(ALICE, false)]);
    // What he confirmed is not part of the list.
    ground.confirm(ALICE, PAIR, (1, 1)).await;
    assert_eq!(pairs(&ground, ALICE).await, [(BOB, true)]);
    ground.say(PAIR, ALICE, "next").await;
    assert_eq!(pairs(&ground, ALICE).await, [(BOB, false)]);
    assert_eq!(ground.waits(ALICE, PAIR).await, 0, "it is still confirmed");
    list(&ground, ALICE, BOB, false).await;
    list(&ground, ALICE, BOB, true).await;
    ground.reopen();
    assert_eq!(pairs(&ground, ALICE).await, [(BOB, false)]);
}

pub async fn a_pair_can_be_listed_before_anything_was_said(mut ground: Ground) {
    list(&ground, ALICE, BOB, true).await;
    list(&ground, ALICE, CAROL, true).await;
    list(&ground, BOB, CAROL, false).await;
    ground.reopen();
    assert_eq!(pairs(&ground, ALICE).await, [(BOB, false), (CAROL, false)]);
    assert_eq!(pairs(&ground, BOB).await, []);
    assert_eq!(ground.last(PAIR).await, 0);
    list(&ground, ALICE, CAROL, false).await;
    assert_eq!(pairs(&ground, ALICE).await, [(BOB, false)]);
    ground.say(PAIR, BOB, "first").await;
    assert_eq!(pairs(&ground, ALICE).await, [(BOB, false)]);
    assert_eq!(pairs(&ground, BOB).await, [(ALICE, false)]);
    ground.confirm(ALICE, PAIR, (1, 1)).await;
    assert_eq!(ground.waits(ALICE, PAIR).await, 0);
}

pub async fn only_one_reader_is_forgotten(mut ground: Ground) {
    ground.say(PAIR, BOB, "first").await;
    ground.say(GROUP, CAROL, "first").await;
    ground
        .say(Conversation::pair(ALICE, CAROL), CAROL, "first")
        .await;
    for reader in [ALICE, BOB] {
        ground.confirm(reader, GROUP, (1, 1)).await;
    }
    ground.confirm(ALICE, PAIR, (1, 1)).await;
    let theirs = [new(PAIR, BOB, "theirs")].into_iter().collect();
    ground.log().append(OTHER_APP, theirs).await.unwrap();
    ground.log().forget_reader(APP, ALICE).await.unwrap();
    for _ in 0..2 {
        assert_eq!(pairs(&ground, ALICE).await, []);
        assert_eq!(ground.waits(ALICE, GROUP).await, 1);
        assert_eq!(ground.waits(ALICE, PAIR).await, 1);
        assert_eq!(pairs(&ground, BOB).await, [(ALICE, false)]);
        assert_eq!(pairs(&ground, CAROL).await, [(ALICE, false)]);
        assert_eq!(ground.waits(BOB, GROUP).await, 0);
        assert_eq!(ground.count(PAIR).await, 1);
        let others = ground.log().pairs_of(OTHER_APP, ALICE).await.unwrap();
        assert_eq!(others.len(), 1);
        ground.reopen();
    }
}

pub async fn who_is_forgotten_gets_no_pair_back(ground: Ground) {
    ground.say(PAIR, BOB, "first").await;
    ground.log().forget_reader(APP, ALICE).await.unwrap();
    ground.confirm(ALICE, PAIR, (1, 1)).await;
    ground.say(PAIR, BOB, "next").await;
    assert_eq!(pairs(&ground, ALICE).await, []);
    assert_eq!(ground.waits(ALICE, PAIR).await, 2);
    // Rows of groups come into being by confirming.
    ground.say(GROUP, BOB, "first").await;
    ground.confirm(ALICE, GROUP, (1, 1)).await;
    assert_eq!(ground.waits(ALICE, GROUP).await, 0);
}

pub async fn forgetting_takes_along_what_was_noted_a_moment_before(ground: Ground) {
    ground.say(GROUP, BOB, "first").await;
    let hold = ground.hold().await;
    let first = ground.begin([new(PAIR, BOB, "first")]);
    let ((), forgotten, ()) = tokio::join!(
        biased;
        ground.confirm(ALICE, GROUP, (1, 1)),
        ground.log().forget_reader(APP, ALICE),
        hold.end(),
    );
    forgotten.unwrap();
    first.await.unwrap();
    assert_eq!(ground.waits(ALICE, GROUP).await, 1);
    assert_eq!(pairs(&ground, ALICE).await, []);
    assert_eq!(pairs(&ground, BOB).await, [(ALICE, false)]);
}
