//! Messages that are given twice.

use halloo_core::Error;
use halloo_core::messages::{Appended, Conversation, Edit, NewMessage, Removal, Sequence};

use super::ground::{
    ALICE, APP, BOB, CAROL, GROUP, Ground, OTHER_APP, PAIR, ROOM, at, called, kind, new, text,
    texts,
};

/// The same message, later.
fn later(message: &NewMessage) -> NewMessage {
    NewMessage {
        now: at(1000),
        ..message.clone()
    }
}

fn repeated(first: Appended) -> Appended {
    Appended {
        repeated: true,
        ..first
    }
}

pub async fn a_retry_is_answered_like_the_first(mut ground: Ground) {
    let log = PAIR;
    for (n, strict) in [(1, false), (2, true)] {
        let message = NewMessage {
            strict,
            ..called(log, ALICE, n, "text")
        };
        let first = ground.append(message.clone()).await.unwrap();
        assert!(!first.repeated);
        let again = || ground.append(later(&message));
        assert_eq!(again().await.unwrap(), repeated(first));
        ground.say(log, ALICE, "another").await;
        assert_eq!(again().await.unwrap(), repeated(first));
        ground.reopen();
        let again = || ground.append(later(&message));
        assert_eq!(
            again().await.unwrap(),
            repeated(first),
            "after opening it again"
        );
        let edit = Edit {
            sequence: first.sequence,
            content: text("edited"),
        };
        assert!(ground.log().edit_message(APP, log, edit).await.unwrap());
        assert_eq!(
            again().await.unwrap(),
            repeated(first),
            "after it was edited"
        );
        let removal = Removal::One(first.sequence);
        ground
            .log()
            .remove_messages(APP, log, removal)
            .await
            .unwrap();
        assert_eq!(
            again().await.unwrap(),
            repeated(first),
            "after it was removed"
        );
        ground.reopen();
        let again = ground.append(later(&message)).await.unwrap();
        assert_eq!(
            again,
            repeated(first),
            "after it was removed and all was opened again"
        );
    }
    assert_eq!(texts(&ground.all(log).await), ["another", "another"]);
}

pub async fn retries_that_are_begun_at_once_are_one_message(ground: Ground) {
    let hold = ground.hold().await;
    let message = called(PAIR, ALICE, 5, "text");
    let begun: Vec<_> = (0..3).map(|_| ground.begin([message.clone()])).collect();
    hold.end().await;
    let mut answers = Vec::new();
    for appending in begun {
        answers.push(appending.await.unwrap()[0]);
    }
    assert_eq!(answers[1..], [repeated(answers[0]); 2]);
    assert_eq!(ground.count(PAIR).await, 1);
}

pub async fn a_retry_within_one_append_is_one_message(ground: Ground) {
    let message = called(PAIR, ALICE, 5, "text");
    let answers = ground
        .begin([message.clone(), message.clone()])
        .await
        .unwrap();
    assert!(!answers[0].repeated);
    assert_eq!(answers[1], repeated(answers[0]));
    assert_eq!(ground.append(message).await.unwrap(), repeated(answers[0]));
    assert_eq!(ground.count(PAIR).await, 1);
}

pub async fn namesakes_within_one_append_are_both_remembered(ground: Ground) {
    let (one, other) = (
        called(PAIR, ALICE, 5, "one"),
        called(PAIR, ALICE, 5, "other"),
    );
    let answers = ground.begin([one.clone(), other.clone()]).await.unwrap();
    assert_eq!(ground.append(one).await.unwrap(), repeated(answers[0]));
    assert_eq!(ground.append(other).await.unwrap(), repeated(answers[1]));
}

pub async fn the_same_name_with_other_content_is_a_new_message(mut ground: Ground) {
    let base = called(GROUP, ALICE, 9, "text");
    let mut different = vec![base.clone()];
    let mut of = |change: &dyn Fn(&mut NewMessage)| {
        let mut message = base.clone();
        change(&mut message);
        different.push(message);
    };
    of(&|message| message.content.body = "other".into());
    of(&|message| message.content.kind = kind(51));
    of(&|message| message.content.form = halloo_core::messages::Form::Binary);
    of(&|message| message.content.attributes = "text".into());
    of(&|message| {
        message.content.body = "t".into();
        message.content.attributes = "ext".into();
    });
    let mut firsts = Vec::new();
    for message in &different {
        let first = ground.append(message.clone()).await.unwrap();
        assert!(!first.repeated, "{message:?}");
        firsts.push(first);
    }
    ground.reopen();
    for (message, first) in different.iter().zip(firsts) {
        assert_eq!(
            ground.append(later(message)).await.unwrap(),
            repeated(first)
        );
    }
    assert_eq!(ground.count(GROUP).await, 6);
}

pub async fn a_strict_namesake_is_refused_and_nothing_of_its_append_is_stored(ground: Ground) {
    ground
        .append(called(PAIR, ALICE, 5, "first"))
        .await
        .unwrap();
    let strict = NewMessage {
        strict: true,
        ..called(PAIR, ALICE, 5, "other")
    };
    assert_refused!(ground.append(strict.clone()).await, Error::DuplicateId);
    let several = [
        new(PAIR, BOB, "a"),
        new(ROOM, BOB, "b"),
        strict,
        new(PAIR, BOB, "c"),
    ];
    assert_refused!(ground.begin(several).await, Error::DuplicateId);
    assert_eq!(texts(&ground.all(PAIR).await), ["first"]);
    assert_eq!(ground.last(ROOM).await, 0);
    assert_eq!(ground.say(PAIR, BOB, "next").await.sequence, Sequence(2));
    // Who is not strict is welcome.
    assert!(
        !ground
            .append(called(PAIR, ALICE, 5, "other"))
            .await
            .unwrap()
            .repeated
    );
}

pub async fn strict_namesakes_within_one_append_are_refused(ground: Ground) {
    let strict = |body| NewMessage {
        strict: true,
        ..called(PAIR, ALICE, 5, body)
    };
    let answer = ground.begin([strict("one"), strict("other")]).await;
    assert_refused!(answer, Error::DuplicateId);
    assert_eq!(ground.last(PAIR).await, 0);
}

pub async fn a_refused_append_does_not_disturb_its_neighbours(ground: Ground) {
    ground
        .append(called(PAIR, ALICE, 5, "first"))
        .await
        .unwrap();
    let hold = ground.hold().await;
    let strict = NewMessage {
        strict: true,
        ..called(PAIR, ALICE, 5, "other")
    };
    let before = ground.begin([new(PAIR, BOB, "before")]);
    let refused = ground.begin([new(PAIR, BOB, "with it"), strict]);
    let after = ground.begin([new(PAIR, BOB, "after")]);
    hold.end().await;
    assert_eq!(before.await.unwrap()[0].sequence, Sequence(2));
    assert_refused!(refused.await, Error::DuplicateId);
    assert_eq!(after.await.unwrap()[0].sequence, Sequence(3));
    assert_eq!(texts(&ground.all(PAIR).await), ["first", "before", "after"]);
}

pub async fn a_name_is_its_senders_own_in_one_log_of_one_app(ground: Ground) {
    let same = |log: Conversation, sender| NewMessage {
        strict: true,
        ..called(log, sender, 5, "text")
    };
    for (log, sender) in [
        (PAIR, ALICE),
        (PAIR, BOB),
        (GROUP, ALICE),
        (ROOM, ALICE),
        (Conversation::Broadcast, ALICE),
        (Conversation::pair(ALICE, CAROL), ALICE),
    ] {
        let answer = ground.append(same(log, sender)).await.unwrap();
        assert!(!answer.repeated, "{log:?} {sender:?}");
    }
    let other = [same(PAIR, ALICE)].into_iter().collect();
    assert!(!ground.log().append(OTHER_APP, other).await.unwrap()[0].repeated);
}

pub async fn messages_without_a_name_are_never_retries(ground: Ground) {
    let first = ground.say(PAIR, ALICE, "text").await;
    let second = ground.say(PAIR, ALICE, "text").await;
    assert!(!second.repeated);
    assert_ne!(first.id, second.id);
    let all = ground.all(PAIR).await;
    let names: Vec<_> = all.iter().map(|message| message.client_id).collect();
    assert_eq!(names, [first.id.0, second.id.0]);
}

pub async fn what_was_sent_too_long_ago_is_no_first_try(mut ground: Ground) {
    let since = |ms, since, strict| NewMessage {
        now: at(ms),
        retried_since: at(since),
        strict,
        ..called(PAIR, ALICE, 5, "text")
    };
    let first = ground.append(since(10, 0, true)).await.unwrap();
    assert_eq!(
        ground.append(since(20, 10, true)).await.unwrap(),
        repeated(first)
    );
    ground.reopen();
    assert_refused!(ground.append(since(20, 11, true)).await, Error::DuplicateId);
    let second = ground.append(since(20, 11, false)).await.unwrap();
    assert_eq!((second.repeated, second.sequence), (false, Sequence(2)));
    // Of two that say the same the later one is the first try.
    assert_eq!(
        ground.append(since(30, 0, true)).await.unwrap(),
        repeated(second)
    );
    assert_eq!(
        ground.append(since(30, 20, true)).await.unwrap(),
        repeated(second)
    );
}
