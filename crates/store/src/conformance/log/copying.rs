//! Copies of a log that serves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use halloo_core::Error;
use halloo_core::messages::{Removal, Scope, Sequence};

use super::ground::{
    ALICE, APP, BOB, EACH, GROUP, Ground, PAIR, ROOM, called, named, new, numbers,
};

pub async fn a_copy_has_what_was_answered_before(mut ground: Ground) {
    for log in EACH {
        ground.fill(log, 30).await;
    }
    let named_message = called(PAIR, ALICE, 5, "named");
    let first = ground.append(named_message.clone()).await.unwrap();
    ground
        .log()
        .remove_messages(APP, GROUP, Removal::One(Sequence(3)))
        .await
        .unwrap();
    ground
        .log()
        .clear_messages(APP, Scope::Rooms)
        .await
        .unwrap();
    ground.confirm(BOB, PAIR, (2, 4)).await;
    ground
        .log()
        .list_pair(APP, ALICE, named(BOB), false)
        .await
        .unwrap();
    ground.reopen();
    ground.say(GROUP, BOB, "last").await;
    let target = ground.beside("copy");
    ground.log().backup_messages(&target).await.unwrap();
    ground.say(GROUP, BOB, "later").await;
    let mut copy = ground.opened(&target);
    for _ in 0..2 {
        for log in EACH {
            let mut here = ground.all(log).await;
            here.truncate(if log == GROUP { 30 } else { here.len() });
            assert_eq!(copy.all(log).await, here);
        }
        assert_eq!(copy.waits(BOB, PAIR).await, ground.waits(BOB, PAIR).await);
        let pairs = copy.log().pairs_of(APP, ALICE).await.unwrap();
        assert_eq!(pairs, ground.log().pairs_of(APP, ALICE).await.unwrap());
        copy.reopen();
    }
    // It goes on where the copy was made.
    let again = copy.append(named_message).await.unwrap();
    assert!(again.repeated && again.id == first.id);
    assert_eq!(copy.say(ROOM, ALICE, "next").await.sequence, Sequence(31));
    assert_eq!(copy.say(GROUP, ALICE, "next").await.sequence, Sequence(32));
    copy.reopen();
    assert_eq!(numbers(&copy.all(ROOM).await), [31]);
    assert_eq!(copy.last(GROUP).await, 32);
}

pub async fn a_copy_of_an_empty_log_is_a_log(ground: Ground) {
    let target = ground.beside("copy");
    ground.log().backup_messages(&target).await.unwrap();
    let mut copy = ground.opened(&target);
    assert_eq!(copy.say(PAIR, ALICE, "first").await.sequence, Sequence(1));
    copy.reopen();
    assert_eq!(copy.count(PAIR).await, 1);
}

pub async fn a_copy_is_whole_while_appends_go_on(ground: Ground) {
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    ground.say(GROUP, BOB, "first").await;
    let writer = {
        let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
        let log = Arc::clone(ground.log());
        async move {
            while !stop.load(Ordering::Acquire) {
                let both = [new(GROUP, ALICE, "text"), new(PAIR, ALICE, "text")];
                let answers = log.append(APP, both.into_iter().collect()).await.unwrap();
                answered.store(answers[1].sequence.0, Ordering::Release);
            }
        }
    };
    let copies = async {
        for n in 0..4 {
            let target = ground.beside(&format!("copy-{n}"));
            let before = answered.load(Ordering::Acquire);
            ground.log().backup_messages(&target).await.unwrap();
            let copy = ground.opened(&target);
            let (pair, group) = (copy.all(PAIR).await, copy.all(GROUP).await);
            assert!(pair.len() as u64 >= before);
            assert_eq!(group.len(), pair.len() + 1, "half an append");
            assert_eq!(numbers(&pair), (1..=pair.len() as u64).collect::<Vec<_>>());
        }
        stop.store(true, Ordering::Release);
    };
    tokio::join!(writer, copies);
}

pub async fn nothing_is_written_over(ground: Ground) {
    ground.fill(PAIR, 3).await;
    let target = ground.beside("taken");
    std::fs::create_dir(&target).unwrap();
    std::fs::write(target.join("file"), "mine").unwrap();
    let refused = ground.log().backup_messages(&target).await;
    assert_refused!(refused, Error::Unavailable(_));
    let names: Vec<_> = std::fs::read_dir(&target)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(names, ["file"]);
    assert_eq!(std::fs::read(target.join("file")).unwrap(), b"mine");
    assert_eq!(ground.count(PAIR).await, 3);
    ground.say(PAIR, BOB, "it goes on").await;
}
