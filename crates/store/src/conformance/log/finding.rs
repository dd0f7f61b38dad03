//! Single messages, and how many there are.

use halloo_core::messages::{Conversation, Count, Kinds, MessageId, Removal, Sequence};
use halloo_core::users::UserId;

use super::ground::{
    ALICE, APP, BOB, CAROL, EACH, EVER, GROUP, Ground, OTHER_APP, PAIR, ROOM, at, between, called,
    kind, new, sent,
};

async fn text_called(ground: &Ground, sender: UserId, client_id: i64) -> Option<String> {
    let found = ground
        .log()
        .message_called(APP, PAIR, Some(sender), client_id)
        .await
        .unwrap();
    found.map(|message| String::from_utf8(message.content.body.to_vec()).unwrap())
}

async fn remove(ground: &Ground, sequence: Sequence) {
    let removal = Removal::One(sequence);
    assert_eq!(
        ground
            .log()
            .remove_messages(APP, PAIR, removal)
            .await
            .unwrap(),
        1
    );
}

pub async fn a_message_is_found_by_its_id_until_it_is_removed(mut ground: Ground) {
    let mut ids = Vec::new();
    for log in EACH {
        ids.push((log, ground.say(log, ALICE, "text").await));
    }
    ground.reopen();
    for (log, answer) in ids {
        let found = ground.log().message(APP, answer.id).await.unwrap().unwrap();
        assert_eq!((found.conversation, found.sequence), (log, answer.sequence));
        assert_eq!(
            ground.log().message(OTHER_APP, answer.id).await.unwrap(),
            None
        );
        let removal = Removal::One(answer.sequence);
        ground
            .log()
            .remove_messages(APP, log, removal)
            .await
            .unwrap();
        assert_eq!(ground.log().message(APP, answer.id).await.unwrap(), None);
    }
    for id in [0, 1, -1, i64::MAX, i64::MIN] {
        assert_eq!(
            ground.log().message(APP, MessageId(id)).await.unwrap(),
            None
        );
    }
}

pub async fn the_latest_of_namesakes_is_found(mut ground: Ground) {
    let mut answers = Vec::new();
    for body in ["first", "second", "third"] {
        answers.push(ground.append(called(PAIR, ALICE, 5, body)).await.unwrap());
        assert_eq!(text_called(&ground, ALICE, 5).await.as_deref(), Some(body));
    }
    ground.append(called(PAIR, BOB, 5, "of Bob")).await.unwrap();
    ground
        .append(called(GROUP, ALICE, 5, "elsewhere"))
        .await
        .unwrap();
    ground.reopen();
    assert_eq!(
        text_called(&ground, ALICE, 5).await.as_deref(),
        Some("third")
    );
    remove(&ground, answers[2].sequence).await;
    assert_eq!(
        text_called(&ground, ALICE, 5).await.as_deref(),
        Some("second")
    );
    remove(&ground, answers[0].sequence).await;
    assert_eq!(
        text_called(&ground, ALICE, 5).await.as_deref(),
        Some("second")
    );
    remove(&ground, answers[1].sequence).await;
    assert_eq!(text_called(&ground, ALICE, 5).await, None);
    assert_eq!(
        text_called(&ground, BOB, 5).await.as_deref(),
        Some("of Bob")
    );
}

pub async fn what_nobody_named_is_called_by_its_id(mut ground: Ground) {
    let answer = ground.say(PAIR, ALICE, "unnamed").await;
    let elsewhere = ground.say(GROUP, ALICE, "elsewhere").await;
    let has_name = ground
        .append(called(PAIR, ALICE, 5, "named"))
        .await
        .unwrap();
    ground.reopen();
    assert_eq!(
        text_called(&ground, ALICE, answer.id.0).await.as_deref(),
        Some("unnamed")
    );
    assert_eq!(text_called(&ground, BOB, answer.id.0).await, None);
    assert_eq!(text_called(&ground, ALICE, elsewhere.id.0).await, None);
    assert_eq!(text_called(&ground, ALICE, has_name.id.0).await, None);
    assert_eq!(text_called(&ground, ALICE, 6).await, None);
    assert_eq!(text_called(&ground, ALICE, 0).await, None);
    remove(&ground, answer.sequence).await;
    assert_eq!(text_called(&ground, ALICE, answer.id.0).await, None);
}

pub async fn messages_and_their_senders_are_counted(mut ground: Ground) {
    for (ms, sender, number) in [
        (10, ALICE, 30),
        (20, BOB, 30),
        (20, ALICE, 31),
        (30, CAROL, 66),
        (40, ALICE, 30),
    ] {
        let mut message = new(GROUP, sender, "text");
        message.now = at(ms);
        message.content.kind = kind(number);
        ground.append(message).await.unwrap();
    }
    let removal = Removal::One(Sequence(5));
    ground
        .log()
        .remove_messages(APP, GROUP, removal)
        .await
        .unwrap();
    ground.reopen();
    for (range, kinds, messages, senders) in [
        (EVER, Kinds::ALL, 4, 3),
        (EVER, Kinds::of([30]), 2, 2),
        (EVER, Kinds::of([66]), 1, 1),
        (EVER, Kinds::of([]), 0, 0),
        (between(20, 20), Kinds::ALL, 2, 2),
        (between(11, 19), Kinds::ALL, 0, 0),
        (between(10, 20), Kinds::CHAT, 3, 2),
        (between(31, 99), Kinds::ALL, 0, 0),
        (between(20, 10), Kinds::ALL, 0, 0),
    ] {
        let count = ground
            .log()
            .count_messages(APP, GROUP, range, kinds)
            .await
            .unwrap();
        assert_eq!(count, Count { messages, senders }, "{range:?} {kinds:?}");
    }
    for (app, log) in [(APP, PAIR), (OTHER_APP, GROUP)] {
        let count = ground
            .log()
            .count_messages(app, log, EVER, Kinds::ALL)
            .await
            .unwrap();
        assert_eq!(count, Count::default());
    }
}

pub async fn numbers_never_begin_again(mut ground: Ground) {
    assert_eq!(ground.last(PAIR).await, 0);
    ground.fill(PAIR, 3).await;
    let removal = Removal::Sent(EVER);
    assert_eq!(
        ground
            .log()
            .remove_messages(APP, PAIR, removal)
            .await
            .unwrap(),
        3
    );
    assert_eq!(ground.last(PAIR).await, 3);
    ground.reopen();
    assert_eq!(ground.last(PAIR).await, 3);
    while ground.log().reclaim(APP, at(100), 2).await.unwrap() {}
    assert_eq!(ground.last(PAIR).await, 3);
    ground.reopen();
    assert_eq!(ground.last(PAIR).await, 3);
    let next = ground.append(sent(PAIR, 1)).await.unwrap();
    assert_eq!((next.sequence, next.sent), (Sequence(4), at(3)));
    ground.reopen();
    assert_eq!(ground.last(PAIR).await, 4);
    for log in [GROUP, ROOM, Conversation::Broadcast] {
        assert_eq!(ground.last(log).await, 0);
    }
}

pub async fn the_latest_that_anybody_calls_so_is_found(mut ground: Ground) {
    let mut sequences = Vec::new();
    for sender in [CAROL, ALICE, BOB, ALICE] {
        for name in [4, 5, 6, -5] {
            let body = format!("{} {name}", sequences.len());
            let answer = ground
                .append(called(GROUP, sender, name, &body))
                .await
                .unwrap();
            if name == 5 {
                sequences.push(answer.sequence);
            }
        }
    }
    let unnamed = ground.say(GROUP, BOB, "unnamed").await;
    ground
        .append(called(PAIR, BOB, 5, "elsewhere"))
        .await
        .unwrap();
    ground.reopen();
    let log = ground.log();
    let found = async |name| {
        let found = log.message_called(APP, GROUP, None, name).await.unwrap();
        found.map(|message| message.sequence)
    };
    assert_eq!(found(unnamed.id.0).await, Some(unnamed.sequence));
    assert_eq!(found(7).await, None);
    while let Some(sequence) = sequences.pop() {
        assert_eq!(found(5).await, Some(sequence));
        let removal = Removal::One(sequence);
        log.remove_messages(APP, GROUP, removal).await.unwrap();
    }
    assert_eq!(found(5).await, None);
}
