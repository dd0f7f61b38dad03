//! What becomes of messages after they were sent.

use halloo_core::messages::{Conversation, Edit, Kinds, Removal, Scope, Select, Sequence};
use halloo_core::users::UserId;

use super::ground::{
    ALICE, ALL, APP, BOB, EACH, EVER, GROUP, Ground, OTHER_APP, PAIR, ROOM, abandon, at, between,
    called, kind, new, numbers, sent, text, texts, waiting,
};

async fn remove(ground: &Ground, log: Conversation, removal: Removal) -> u64 {
    ground
        .log()
        .remove_messages(APP, log, removal)
        .await
        .unwrap()
}

async fn edit(ground: &Ground, sequence: u64, body: &str) -> bool {
    let edit = Edit {
        sequence: Sequence(sequence),
        content: text(body),
    };
    ground.log().edit_message(APP, PAIR, edit).await.unwrap()
}

async fn clear(ground: &Ground, scope: Scope) {
    ground.log().clear_messages(APP, scope).await.unwrap();
}

pub async fn a_message_is_removed_once_and_keeps_its_place(mut ground: Ground) {
    ground.fill(PAIR, 3).await;
    ground.fill(GROUP, 3).await;
    let one = Removal::One(Sequence(2));
    assert_eq!(remove(&ground, PAIR, one).await, 1);
    assert_eq!(remove(&ground, PAIR, one).await, 0);
    ground.reopen();
    assert_eq!(remove(&ground, PAIR, one).await, 0);
    assert_eq!(numbers(&ground.all(PAIR).await), [1, 3]);
    assert_eq!(ground.count(GROUP).await, 3);
    for sequence in [0, 4, u64::MAX] {
        assert_eq!(
            remove(&ground, PAIR, Removal::One(Sequence(sequence))).await,
            0
        );
    }
    assert_eq!(remove(&ground, ROOM, one).await, 0);
    let other = ground
        .log()
        .remove_messages(OTHER_APP, GROUP, one)
        .await
        .unwrap();
    assert_eq!(other, 0);
}

pub async fn what_was_sent_in_a_time_is_removed_whole(mut ground: Ground) {
    for thousand in 0..3 {
        let messages = (1..=1000).map(|n| sent(PAIR, thousand * 1000 + n));
        ground.begin(messages).await.unwrap();
    }
    assert_eq!(remove(&ground, PAIR, Removal::One(Sequence(1500))).await, 1);
    assert_eq!(
        remove(&ground, PAIR, Removal::Sent(between(501, 2600))).await,
        2099
    );
    assert_eq!(
        remove(&ground, PAIR, Removal::Sent(between(501, 2600))).await,
        0
    );
    ground.reopen();
    let left = numbers(&ground.all(PAIR).await);
    assert_eq!(left, (1..=500).chain(2601..=3000).collect::<Vec<_>>());
    assert_eq!(
        remove(&ground, PAIR, Removal::Sent(between(9000, 9999))).await,
        0
    );
    assert_eq!(remove(&ground, PAIR, Removal::Sent(between(3, 2))).await, 0);
    assert_eq!(remove(&ground, ROOM, Removal::Sent(EVER)).await, 0);
    assert_eq!(remove(&ground, PAIR, Removal::Sent(EVER)).await, 900);
    assert_eq!(ground.count(PAIR).await, 0);
    assert_eq!(ground.say(PAIR, BOB, "next").await.sequence, Sequence(3001));
}

pub async fn an_edit_is_seen_by_every_reader(mut ground: Ground) {
    let answer = ground
        .append(called(PAIR, ALICE, 5, "before"))
        .await
        .unwrap();
    ground.say(PAIR, BOB, "another").await;
    let before = ground.all(PAIR).await.swap_remove(0);
    let long = "x".repeat(20_000);
    assert!(edit(&ground, 1, &long).await);
    for _ in 0..2 {
        let after = ground.all(PAIR).await.swap_remove(0);
        assert_eq!(texts(std::slice::from_ref(&after)), [&long]);
        assert_eq!(after.sender, before.sender);
        assert_eq!(
            (after.sent, after.client_id),
            (before.sent, before.client_id)
        );
        let by_id = ground.log().message(APP, answer.id).await.unwrap();
        assert_eq!(by_id.as_ref(), Some(&after));
        let by_name = ground
            .log()
            .message_called(APP, PAIR, Some(ALICE), 5)
            .await
            .unwrap();
        assert_eq!(by_name, Some(after));
        ground.reopen();
    }
    assert_eq!(ground.all(PAIR).await.len(), 2);
}

pub async fn an_edit_keeps_the_kind(ground: Ground) {
    let mut message = new(PAIR, ALICE, "before");
    message.content.kind = kind(51);
    ground.append(message).await.unwrap();
    assert!(edit(&ground, 1, "after").await);
    let after = ground.all(PAIR).await.swap_remove(0);
    assert_eq!(
        (after.content.kind, &*after.content.body),
        (kind(51), &b"after"[..])
    );
}

pub async fn what_is_gone_is_not_edited(mut ground: Ground) {
    ground.fill(PAIR, 3).await;
    remove(&ground, PAIR, Removal::One(Sequence(2))).await;
    ground.reopen();
    assert!(!edit(&ground, 2, "edited").await);
    assert!(!edit(&ground, 4, "edited").await);
    assert!(!edit(&ground, 0, "edited").await);
    assert_eq!(texts(&ground.all(PAIR).await), ["1", "3"]);
}

/// What readers see of a log.
async fn seen(ground: &Ground, log: Conversation) -> [u64; 4] {
    let messages = ground.all(log).await.len() as u64;
    let backward = Select {
        descending: true,
        ..ALL
    };
    let backward = ground.select(log, backward).await.len() as u64;
    let reader = UserId(-5);
    [
        messages,
        backward,
        ground.count(log).await,
        ground.waits(reader, log).await,
    ]
}

pub async fn clearing_hides_one_sort_of_one_app(mut ground: Ground) {
    let scopes = [Scope::Pairs, Scope::Groups, Scope::Rooms, Scope::Broadcasts];
    for log in EACH {
        ground.fill(log, 3).await;
        let other = [sent(log, 1)].into_iter().collect();
        ground.log().append(OTHER_APP, other).await.unwrap();
    }
    for (n, scope) in scopes.into_iter().enumerate() {
        clear(&ground, scope).await;
        if n % 2 == 1 {
            ground.reopen();
        }
        for (m, log) in EACH.into_iter().enumerate() {
            let expected = if m <= n { 0 } else { 3 };
            assert_eq!(seen(&ground, log).await, [expected; 4], "{log:?}");
            let other = ground.log().messages(OTHER_APP, log, ALL).await.unwrap();
            assert_eq!(other.len(), 1);
            assert_eq!(ground.last(log).await, 3);
        }
    }
}

pub async fn what_is_cleared_is_found_in_no_way(mut ground: Ground) {
    let answer = ground.append(called(PAIR, ALICE, 5, "text")).await.unwrap();
    let unnamed = ground.say(PAIR, ALICE, "text").await;
    clear(&ground, Scope::Pairs).await;
    for _ in 0..2 {
        let log = ground.log();
        for (id, name) in [(answer.id, 5), (unnamed.id, unnamed.id.0)] {
            assert_eq!(log.message(APP, id).await.unwrap(), None);
            assert_eq!(
                log.message_called(APP, PAIR, Some(ALICE), name)
                    .await
                    .unwrap(),
                None
            );
        }
        let all = halloo_core::messages::Waiting {
            confirmed_too: true,
            most: u64::MAX,
            ..waiting(BOB, PAIR)
        };
        assert_eq!(log.waiting_count(APP, all).await.unwrap(), 0);
        ground.reopen();
    }
}

pub async fn what_is_cleared_is_neither_edited_nor_removed_again(ground: Ground) {
    ground.fill(PAIR, 3).await;
    clear(&ground, Scope::Pairs).await;
    assert!(!edit(&ground, 1, "edited").await);
    assert_eq!(remove(&ground, PAIR, Removal::One(Sequence(1))).await, 0);
    assert_eq!(remove(&ground, PAIR, Removal::Sent(EVER)).await, 0);
}

pub async fn what_comes_after_clearing_is_seen(mut ground: Ground) {
    ground.fill(PAIR, 3).await;
    clear(&ground, Scope::Pairs).await;
    // At the same moment.
    let next = ground.append(sent(PAIR, 1)).await.unwrap();
    assert_eq!(next.sequence, Sequence(4));
    let new_log = Conversation::pair(BOB, UserId(99));
    ground.append(new(new_log, BOB, "first")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(seen(&ground, PAIR).await, [1; 4]);
        assert_eq!(seen(&ground, new_log).await, [1; 4]);
        assert_eq!(
            ground
                .log()
                .message(APP, next.id)
                .await
                .unwrap()
                .unwrap()
                .sequence
                .0,
            4
        );
        ground.reopen();
    }
    clear(&ground, Scope::Pairs).await;
    assert_eq!(seen(&ground, PAIR).await, [0; 4]);
}

pub async fn what_comes_after_clearing_and_reclaiming_is_seen(mut ground: Ground) {
    ground.append(sent(PAIR, 0)).await.unwrap();
    clear(&ground, Scope::Pairs).await;
    while ground.log().reclaim(APP, at(-1000), 100).await.unwrap() {}
    ground.reopen();
    // The clock may have gone backwards meanwhile.
    ground.append(sent(PAIR, -10)).await.unwrap();
    assert_eq!(seen(&ground, PAIR).await, [1; 4]);
}

pub async fn clearing_that_nobody_waits_for_is_done_whole_or_not_at_all(mut ground: Ground) {
    ground.fill(PAIR, 3).await;
    let hold = ground.hold().await;
    abandon(ground.log().clear_messages(APP, Scope::Pairs)).await;
    hold.end().await;
    // Comes after it in the queue.
    ground.say(GROUP, ALICE, "text").await;
    let before = ground.all(PAIR).await.len();
    ground.reopen();
    assert_eq!(
        ground.all(PAIR).await.len(),
        before,
        "a restart changed what is seen"
    );
    let kinds = Kinds::ALL;
    let count = ground
        .log()
        .count_messages(APP, PAIR, EVER, kinds)
        .await
        .unwrap();
    assert_eq!(count.messages, before as u64);
}
