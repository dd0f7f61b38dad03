//! Laws of [`BlockStore`](halloo_core::relations::BlockStore).

use halloo_core::Error;
use halloo_core::users::User;

use super::{Store, World, texts};

const NOBODY: [&str; 0] = [];

/// Within one call, later means newer.
pub async fn blocked_users_are_listed_newest_first(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di] = world.users(["ada", "bo", "cy", "di"]).await;
    world.block(&ada, &[&cy]).await;
    world.block(&ada, &[&di, &bo]).await;
    assert_eq!(world.blocks(&ada).await, ["bo", "di", "cy"]);
    // Whom somebody blocks is not bound by it.
    for blocked in [&bo, &cy, &di] {
        assert_eq!(world.blocks(blocked).await, NOBODY);
    }
}

pub async fn blocking_again_changes_nothing(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di] = world.users(["ada", "bo", "cy", "di"]).await;
    world.befriend(&ada, &bo).await;
    world.block(&ada, &[&bo, &cy]).await;
    world.block(&ada, &[&bo, &di, &bo, &di]).await;
    world.block(&ada, &[]).await;
    assert_eq!(world.blocks(&ada).await, ["di", "cy", "bo"]);
    // Blocking does not end a friendship.
    assert_eq!(world.contacts(&ada).await, ["bo"]);
}

pub async fn past_the_limit_nobody_is_blocked(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di, eve] = world.users(["ada", "bo", "cy", "di", "eve"]).await;
    let block = |blocked: &[&User]| {
        let blocked = blocked.iter().map(|user| user.id).collect();
        store.add_blocks(world.app, ada.id, blocked, 3)
    };
    block(&[&bo]).await.unwrap();
    assert_refused!(block(&[&cy, &di, &eve]).await, Error::BlockLimit);
    assert_eq!(world.blocks(&ada).await, ["bo"]);
    // Exactly full is not past, and who is there already takes no second place.
    block(&[&cy, &bo, &di]).await.unwrap();
    block(&[&bo, &cy, &di]).await.unwrap();
    assert_eq!(world.blocks(&ada).await, ["di", "cy", "bo"]);
    assert_refused!(block(&[&eve]).await, Error::BlockLimit);
    assert_eq!(world.blocks(&ada).await, ["di", "cy", "bo"]);
}

pub async fn everybody_in_a_call_must_exist(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, gone] = world.users(["ada", "bo", "gone"]).await;
    let [stranger] = other.users(["stranger"]).await;
    store.delete_user(world.app, gone.id).await.unwrap();
    for missing in [&gone, &stranger] {
        assert_refused!(
            store
                .add_blocks(world.app, ada.id, vec![bo.id, missing.id], 10)
                .await,
            Error::UnknownUser
        );
        assert_refused!(
            store
                .add_blocks(world.app, missing.id, vec![bo.id], 10)
                .await,
            Error::UnknownUser
        );
    }
    assert_eq!(world.blocks(&ada).await, NOBODY);
    assert_eq!(other.blocks(&stranger).await, NOBODY);
}

pub async fn pages_of_a_block_list_follow_each_other(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di, eve, fay] = world.users(["ada", "bo", "cy", "di", "eve", "fay"]).await;
    world.block(&ada, &[&bo, &cy, &di, &eve]).await;
    let page = |before, limit| async move {
        store
            .blocks(world.app, ada.id, before, limit)
            .await
            .unwrap()
    };
    // Exactly the rest is the last page.
    let first = page(None, 2).await;
    assert_eq!(texts(&first.names), ["eve", "di"]);
    let second = page(first.next, 2).await;
    assert_eq!(
        (texts(&second.names), second.next),
        (vec!["cy", "bo"], None)
    );
    let whole = page(None, 4).await;
    assert_eq!((whole.names.len(), whole.next), (4, None));

    // What changes in front of a page does not move what is behind it.
    let first = page(None, 3).await;
    assert_eq!(texts(&first.names), ["eve", "di", "cy"]);
    world.block(&ada, &[&fay]).await;
    store.remove_block(world.app, ada.id, cy.id).await.unwrap();
    store.remove_block(world.app, ada.id, eve.id).await.unwrap();
    let second = page(first.next, 3).await;
    assert_eq!((texts(&second.names), second.next), (vec!["bo"], None));
    assert!(first.next.is_some());
    assert_eq!(world.blocks(&ada).await, ["fay", "di", "bo"]);
}

pub async fn an_unblocked_user_leaves_one_list(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.block(&ada, &[&bo, &cy]).await;
    world.block(&bo, &[&ada]).await;
    for _twice in 0..2 {
        store.remove_block(world.app, ada.id, bo.id).await.unwrap();
        assert_eq!(world.blocks(&ada).await, ["cy"]);
        assert_eq!(world.blocks(&bo).await, ["ada"]);
    }
    // His place is free, and when he comes back he is new.
    store
        .add_blocks(world.app, ada.id, vec![bo.id], 2)
        .await
        .unwrap();
    assert_eq!(world.blocks(&ada).await, ["bo", "cy"]);
}
