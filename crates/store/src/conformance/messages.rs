//! Laws of [`MessageStore`](halloo_core::messages::MessageStore).

use halloo_core::Millis;
use halloo_core::messages::MessageId;
use halloo_core::users::User;

use super::{NOW, Store, World, conversation};

/// Confirms for `reader` what `other` and he wrote to each other, up to `sequence`.
async fn confirm(world: World<'_>, reader: &User, other: &User, sequence: i64) {
    let log = conversation(other, reader);
    world
        .store
        .confirm(world.app, reader.id, log, sequence)
        .await
        .unwrap();
}

pub async fn every_conversation_counts_from_one_without_gaps(store: &dyn Store) {
    let (world, elsewhere) = (World::new(store).await, World::new(store).await);
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let [di, eve] = elsewhere.users(["di", "eve"]).await;
    for sequence in 1..=5 {
        assert_eq!(world.send(&ada, &bo, 10 * sequence).await, sequence);
        assert_eq!(world.send(&cy, &ada, 10 * sequence + 1).await, sequence);
        // Ids are per app.
        assert_eq!(elsewhere.send(&di, &eve, 10 * sequence).await, sequence);
    }
}

pub async fn a_pair_has_one_log_in_either_order(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    assert_eq!(world.send(&ada, &bo, 1).await, 1);
    assert_eq!(world.send(&bo, &ada, 2).await, 2);
    assert_eq!(world.send(&ada, &bo, 3).await, 3);
    let either = [conversation(&ada, &bo), conversation(&bo, &ada)];
    for (log, (sequence, left)) in either.into_iter().zip([(1, 1), (3, 0)]) {
        store
            .confirm(world.app, bo.id, log, sequence)
            .await
            .unwrap();
        assert_eq!(world.waiting(&bo).await, left);
    }
}

pub async fn an_id_names_one_message_of_an_app_and_a_refused_one_leaves_no_gap(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    // The greatest id.
    assert_eq!(world.send(&ada, &bo, i64::MAX).await, 1);
    for receiver in [&bo, &cy] {
        let again = World::message(&ada, receiver, i64::MAX, NOW);
        store.append_message(world.app, again).await.unwrap_err();
    }
    assert_eq!(world.send(&ada, &bo, 2).await, 2);
    assert_eq!(world.send(&ada, &cy, 3).await, 1);
    assert_eq!((world.waiting(&bo).await, world.waiting(&cy).await), (2, 1));
}

pub async fn what_others_sent_waits_and_ones_own_does_not(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.send(&ada, &bo, 1).await;
    world.send(&ada, &bo, 2).await;
    world.send(&bo, &ada, 3).await;
    world.send(&cy, &bo, 4).await;
    assert_eq!(world.waiting(&ada).await, 1);
    assert_eq!(world.waiting(&bo).await, 3);
    assert_eq!(world.waiting(&cy).await, 0);
}

pub async fn confirmed_messages_do_not_wait(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    for id in 1..=3 {
        world.send(&ada, &bo, id).await;
    }
    for (sequence, left) in [(1, 2), (2, 1), (3, 0)] {
        confirm(world, &bo, &ada, sequence).await;
        assert_eq!(world.waiting(&bo).await, left);
    }
    world.send(&ada, &bo, 4).await;
    assert_eq!(world.waiting(&bo).await, 1);
}

pub async fn a_cursor_never_goes_back(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    for id in 1..=3 {
        world.send(&ada, &bo, id).await;
    }
    confirm(world, &bo, &ada, 2).await;
    for sequence in [1, 0, -1, 2] {
        confirm(world, &bo, &ada, sequence).await;
        assert_eq!(world.waiting(&bo).await, 1);
    }
}

pub async fn cursors_of_two_readers_do_not_meet(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.send(&ada, &bo, 1).await;
    world.send(&bo, &ada, 2).await;
    world.send(&cy, &bo, 3).await;
    confirm(world, &bo, &ada, 2).await;
    assert_eq!(world.waiting(&ada).await, 1);
    assert_eq!(
        world.waiting(&bo).await,
        1,
        "what cy sent stands in another log"
    );
    // Who does not belong to a conversation has nothing to confirm in it.
    let log = conversation(&ada, &bo);
    store.confirm(world.app, cy.id, log, 2).await.unwrap();
    assert_eq!(world.waiting(&ada).await, 1);
    assert_eq!(world.waiting(&cy).await, 0);
}

pub async fn messages_before_since_do_not_wait(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    for (id, sent) in [(1, 1000), (2, 2000), (3, 3000)] {
        let message = World::message(&ada, &bo, id, Millis(sent));
        store.append_message(world.app, message).await.unwrap();
    }
    for (since, count) in [(0, 3), (1000, 3), (1001, 2), (3000, 1), (3001, 0)] {
        let waiting = store
            .waiting_count(world.app, bo.id, Millis(since))
            .await
            .unwrap();
        assert_eq!(waiting, count, "since {since}");
    }
}

/// [`MessageStore::is_waiting`](halloo_core::messages::MessageStore::is_waiting) asks of one message
/// what `waiting_count` asks of all.
pub async fn one_message_waits_as_long_as_it_counts(store: &dyn Store) {
    let (world, elsewhere) = (World::new(store).await, World::new(store).await);
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.send(&ada, &bo, 1).await;
    world.send(&ada, &bo, 2).await;
    let waits = |reader: &User, id, since| {
        let reader = reader.id;
        async move {
            store
                .is_waiting(world.app, reader, MessageId(id), Millis(since))
                .await
                .unwrap()
        }
    };
    assert!(waits(&bo, 1, 0).await);
    assert!(waits(&bo, 2, NOW.0).await);
    assert!(!waits(&bo, 2, NOW.0 + 1).await, "it is too old");
    assert!(!waits(&bo, 3, 0).await, "there is no such message");
    assert!(!waits(&ada, 1, 0).await, "she sent it");
    assert!(!waits(&cy, 1, 0).await, "it is not for him");
    let there = store
        .is_waiting(elsewhere.app, bo.id, MessageId(1), Millis(0))
        .await
        .unwrap();
    assert!(!there, "it belongs to another app");
    confirm(world, &bo, &ada, 1).await;
    assert!(!waits(&bo, 1, 0).await, "it was confirmed");
    assert!(waits(&bo, 2, 0).await);
}
