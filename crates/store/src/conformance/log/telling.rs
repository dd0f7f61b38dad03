//! What subscribers are told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use halloo_core::messages::{Audience, Committed, NewMessage, Sequence};
use halloo_core::sessions::SessionId;
use tokio::task::JoinSet;

use super::ground::{ALICE, APP, BOB, EACH, Ground, PAIR, called, new};

/// Notes what is told from now on.
fn listen(ground: &Ground) -> Arc<Mutex<Vec<Committed>>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    ground
        .log()
        .subscribe(Box::new(move |new| notes.lock().unwrap().extend(new)));
    told
}

pub async fn every_new_message_is_told_once_and_in_order(ground: Ground) {
    let told = listen(&ground);
    let mut writers = JoinSet::new();
    for writer in 0..6_i64 {
        let log = Arc::clone(ground.log());
        writers.spawn(async move {
            for n in 0..40 {
                let to = EACH[usize::try_from(n + writer).unwrap() % EACH.len()];
                // Every second one is given twice.
                for _ in 0..=n % 2 {
                    let message = called(to, ALICE, writer * 1000 + n + 1, "text");
                    log.append(APP, [message].into_iter().collect())
                        .await
                        .unwrap();
                }
            }
        });
    }
    writers.join_all().await;
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(told.len(), 240);
    let mut last = HashMap::new();
    for Committed { message, .. } in told {
        let last = last.entry(message.conversation).or_insert(Sequence(0));
        assert_eq!(message.sequence.0, last.0 + 1, "{:?}", message.conversation);
        *last = message.sequence;
        let read = ground.log().message(APP, message.id).await.unwrap();
        assert_eq!(read, Some(message));
    }
}

pub async fn what_was_committed_before_is_not_told(ground: Ground) {
    ground
        .append(called(PAIR, ALICE, 1, "before"))
        .await
        .unwrap();
    let told = listen(&ground);
    ground
        .append(called(PAIR, ALICE, 1, "before"))
        .await
        .unwrap();
    let origin = Some(SessionId(77));
    let after = NewMessage {
        origin,
        ..called(PAIR, ALICE, 2, "after")
    };
    ground.append(after).await.unwrap();
    let told = std::mem::take(&mut *told.lock().unwrap());
    let [one] = &told[..] else { panic!("{told:?}") };
    assert_eq!(
        (one.app, one.message.client_id, one.origin),
        (APP, 2, origin)
    );
    assert!(matches!(&one.audience, Audience::User(peer) if peer.id == BOB));
}

pub async fn a_message_can_be_read_when_it_is_told(ground: Ground) {
    let (found, answers) = std::sync::mpsc::channel();
    let log = Arc::downgrade(ground.log());
    let runtime = tokio::runtime::Handle::current();
    ground.log().subscribe(Box::new(move |new| {
        let log = log.upgrade().unwrap();
        for Committed { app, message, .. } in new {
            let read = runtime.block_on(log.message(app, message.id)).unwrap();
            let last = runtime
                .block_on(log.last_sequence(app, message.conversation))
                .unwrap();
            found
                .send(read == Some(message.clone()) && last >= message.sequence)
                .unwrap();
        }
    }));
    for n in 0..20 {
        ground.say(EACH[n % EACH.len()], ALICE, "text").await;
    }
    assert_eq!(answers.try_iter().collect::<Vec<_>>(), [true; 20]);
}

pub async fn what_was_refused_is_not_told(ground: Ground) {
    ground
        .append(called(PAIR, ALICE, 1, "first"))
        .await
        .unwrap();
    let told = listen(&ground);
    let strict = NewMessage {
        strict: true,
        ..called(PAIR, ALICE, 1, "other")
    };
    assert!(
        ground
            .begin([new(PAIR, ALICE, "with it"), strict])
            .await
            .is_err()
    );
    assert_eq!(told.lock().unwrap().len(), 0);
}
