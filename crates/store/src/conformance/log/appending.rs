//! Numbers, ids and times of messages.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use halloo_core::messages::{Content, Conversation, Form, NewMessage, Sequence};
use tokio::task::JoinSet;

use super::ground::{
    ALICE, ALL, APP, BOB, CAROL, EACH, GROUP, Ground, OTHER_APP, PAIR, ROOM, at, called, kind, new,
    numbers, sent, texts,
};

pub async fn each_log_is_numbered_from_one(mut ground: Ground) {
    for round in 1..=3 {
        for log in EACH {
            assert_eq!(
                ground.say(log, ALICE, "ours").await.sequence,
                Sequence(round)
            );
        }
        let other = [new(PAIR, BOB, "theirs")].into_iter().collect();
        let other = ground.log().append(OTHER_APP, other).await.unwrap();
        assert_eq!(other[0].sequence, Sequence(round));
        ground.reopen();
    }
    for log in EACH {
        let all = ground.all(log).await;
        assert_eq!(numbers(&all), [1, 2, 3], "{log:?}");
        assert_eq!(texts(&all), ["ours"; 3], "{log:?}");
    }
    let theirs = ground.log().messages(OTHER_APP, PAIR, ALL).await.unwrap();
    assert_eq!(texts(&theirs), ["theirs"; 3]);
    let none = ground.log().messages(OTHER_APP, GROUP, ALL).await.unwrap();
    assert_eq!(none, []);
}

pub async fn many_who_append_at_once_leave_no_gap(mut ground: Ground) {
    let mut writers = JoinSet::new();
    for writer in 0..8_i64 {
        let log = Arc::clone(ground.log());
        writers.spawn(async move {
            for n in 0..50 {
                let to = EACH[usize::try_from(n + writer).unwrap() % EACH.len()];
                let message = called(to, ALICE, writer * 1000 + n + 1, "text");
                log.append(APP, [message].into_iter().collect())
                    .await
                    .unwrap();
            }
        });
    }
    writers.join_all().await;
    for _ in 0..2 {
        let mut ids = HashSet::new();
        for log in EACH {
            let all = ground.all(log).await;
            assert_eq!(numbers(&all), (1..=100).collect::<Vec<_>>());
            assert!(all.is_sorted_by(|one, next| one.id < next.id));
            ids.extend(all.iter().map(|message| message.id));
            for writer in 0..8 {
                let own = all
                    .iter()
                    .filter(|message| message.client_id / 1000 == writer);
                assert!(
                    own.map(|message| message.client_id).is_sorted(),
                    "out of order"
                );
            }
        }
        assert_eq!(ids.len(), 400);
        ground.reopen();
    }
}

pub async fn what_is_queued_first_is_first_in_its_log(ground: Ground) {
    let begun: Vec<_> = (0..100)
        .map(|n| ground.begin([new(PAIR, ALICE, &n.to_string())]))
        .collect();
    for (appending, expected) in begun.into_iter().zip(1..) {
        assert_eq!(appending.await.unwrap()[0].sequence, Sequence(expected));
    }
    let all = ground.all(PAIR).await;
    assert_eq!(
        texts(&all),
        (0..100).map(|n| n.to_string()).collect::<Vec<_>>()
    );
}

pub async fn an_append_of_several_answers_them_in_order(ground: Ground) {
    ground.say(GROUP, BOB, "before").await;
    let several = [
        new(PAIR, ALICE, "a"),
        new(GROUP, ALICE, "b"),
        new(PAIR, BOB, "c"),
    ];
    let answers = ground.begin(several).await.unwrap();
    let places: Vec<_> = answers
        .iter()
        .map(|one| (one.sequence.0, one.repeated))
        .collect();
    assert_eq!(places, [(1, false), (2, false), (2, false)]);
    assert!(answers.is_sorted_by(|one, next| one.id < next.id));
    assert_eq!(ground.begin([]).await.unwrap().len(), 0);
}

pub async fn ids_rise_whatever_the_clock_says(mut ground: Ground) {
    let mut last = ground.append(sent(PAIR, 1000)).await.unwrap().id;
    for (n, ms) in [1000, 999, -5_000_000, 0, 2000, 1].into_iter().enumerate() {
        if n % 2 == 1 {
            ground.reopen();
        }
        let log = EACH[n % EACH.len()];
        let id = ground.append(sent(log, ms)).await.unwrap().id;
        assert!(id > last, "{id:?} after {last:?}");
        last = id;
    }
}

pub async fn an_id_is_never_given_out_again(mut ground: Ground) {
    let first = ground.say(PAIR, ALICE, "first").await.id;
    while ground.log().reclaim(APP, at(1), 100).await.unwrap() {}
    ground.reopen();
    let next = ground.say(PAIR, ALICE, "next").await.id;
    assert!(
        next > first,
        "{next:?} after {first:?}, which was reclaimed"
    );
}

pub async fn times_never_decrease_along_a_log(mut ground: Ground) {
    for (n, (ms, expected)) in [(5, 5), (3, 5), (9, 9), (-7, 9), (9, 9)]
        .into_iter()
        .enumerate()
    {
        let answer = ground.append(sent(PAIR, ms)).await.unwrap();
        assert_eq!(answer.sent, at(expected));
        if n % 2 == 0 {
            ground.reopen();
        }
    }
    // Each log has its own time.
    assert_eq!(ground.append(sent(GROUP, 1)).await.unwrap().sent, at(1));
    let all = ground.all(PAIR).await;
    let times: Vec<_> = all.iter().map(|message| message.sent).collect();
    assert_eq!(times, [5, 5, 9, 9, 9].map(at));
}

pub async fn a_message_is_read_as_it_was_written(mut ground: Ground) {
    let large = "ö".repeat(11_500);
    let mut expected = Vec::new();
    for (n, (form, body, attributes)) in [
        (Form::Text, "", ""),
        (Form::Binary, "\0\u{1}", "attributes"),
        (Form::Easemob, "{\"type\":\"txt\"}", "{\"ä\":1}"),
        (Form::Text, large.as_str(), large.as_str()),
    ]
    .into_iter()
    .enumerate()
    {
        let number = i64::try_from(n).unwrap();
        let message = NewMessage {
            client_id: -number,
            now: at(number),
            content: Content {
                kind: kind(1 + 42 * number),
                form,
                body: Bytes::copy_from_slice(body.as_bytes()),
                attributes: attributes.into(),
            },
            ..new(GROUP, CAROL, "")
        };
        let answer = ground.append(message.clone()).await.unwrap();
        expected.push((message, answer));
    }
    for _ in 0..2 {
        let all = ground.all(GROUP).await;
        assert_eq!(all.len(), expected.len());
        for (read, (written, answer)) in all.iter().zip(&expected) {
            let unnamed = written.client_id == 0;
            assert_eq!(read.content, written.content);
            assert_eq!(read.sender, written.sender);
            assert_eq!(
                (read.id, read.sequence, read.sent),
                (answer.id, answer.sequence, answer.sent)
            );
            assert_eq!(
                read.client_id,
                if unnamed {
                    read.id.0
                } else {
                    written.client_id
                }
            );
            assert_eq!(read.conversation, GROUP);
            let by_id = ground.log().message(APP, read.id).await.unwrap();
            assert_eq!(by_id.as_ref(), Some(read));
        }
        ground.reopen();
    }
}

pub async fn conversations_that_look_alike_are_apart(ground: Ground) {
    let alike = [
        Conversation::pair(ALICE, BOB),
        Conversation::pair(ALICE, CAROL),
        Conversation::pair(BOB, CAROL),
        Conversation::Group(halloo_core::groups::GroupId(ALICE.0)),
        Conversation::Room(halloo_core::rooms::RoomId(ALICE.0)),
        Conversation::Group(halloo_core::groups::GroupId(-1)),
        Conversation::Group(halloo_core::groups::GroupId(0)),
        ROOM,
        Conversation::Broadcast,
    ];
    for log in alike {
        assert_eq!(
            ground.say(log, ALICE, "text").await.sequence,
            Sequence(1),
            "{log:?}"
        );
    }
    for log in alike {
        assert_eq!(ground.count(log).await, 1, "{log:?}");
    }
}

pub async fn ids_that_are_stored_nowhere_are_unique_too(mut ground: Ground) {
    let mut last = ground.say(PAIR, ALICE, "text").await.id;
    for round in 0..3 {
        let id = ground.log().unstored_id(at(-round)).await.unwrap();
        assert!(id > last, "{id:?} after {last:?}");
        assert_eq!(ground.log().message(APP, id).await.unwrap(), None);
        last = ground.append(sent(GROUP, -round)).await.unwrap().id;
        assert!(last > id, "{last:?} after {id:?}");
        ground.reopen();
    }
}
