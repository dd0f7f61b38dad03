//! Laws of [`BlockStore`](halloo_core::relations::BlockStore).

use halloo_core::Error;
use halloo_core::users::{User, UserId};

use super::{NOW, Store, World, called, existing, named, texts, wanted};

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
        let blocked = blocked.iter().map(|user| existing(user)).collect();
        store.add_blocks(world.app, existing(&ada), blocked, 3)
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
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    for missing in [&gone, &stranger] {
        assert_refused!(
            store
                .add_blocks(
                    world.app,
                    existing(&ada),
                    vec![existing(&bo), existing(missing)],
                    10
                )
                .await,
            Error::UnknownUser
        );
        assert_refused!(
            store
                .add_blocks(world.app, existing(missing), vec![existing(&bo)], 10)
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
    assert_eq!(texts(&first.users), ["eve", "di"]);
    let second = page(first.next, 2).await;
    assert_eq!(
        (texts(&second.users), second.next),
        (vec!["cy", "bo"], None)
    );
    let whole = page(None, 4).await;
    assert_eq!((whole.users.len(), whole.next), (4, None));

    // What changes in front of a page does not move what is behind it.
    let first = page(None, 3).await;
    assert_eq!(texts(&first.users), ["eve", "di", "cy"]);
    world.block(&ada, &[&fay]).await;
    store
        .remove_blocks(world.app, called("ada"), vec![called("cy"), called("eve")])
        .await
        .unwrap();
    let second = page(first.next, 3).await;
    assert_eq!((texts(&second.users), second.next), (vec!["bo"], None));
    assert!(first.next.is_some());
    assert_eq!(world.blocks(&ada).await, ["fay", "di", "bo"]);
}

pub async fn an_unblocked_user_leaves_one_list(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.block(&ada, &[&bo, &cy]).await;
    world.block(&bo, &[&ada]).await;
    for _twice in 0..2 {
        store
            .remove_blocks(world.app, called("ada"), vec![called("bo")])
            .await
            .unwrap();
        assert_eq!(world.blocks(&ada).await, ["cy"]);
        assert_eq!(world.blocks(&bo).await, ["ada"]);
    }
    // His place is free, and when he comes back he is new.
    store
        .add_blocks(world.app, existing(&ada), vec![existing(&bo)], 2)
        .await
        .unwrap();
    assert_eq!(world.blocks(&ada).await, ["bo", "cy"]);
}

pub async fn past_the_limit_no_blocked_user_is_made(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let add = |owner, blocked, most| store.add_blocks(world.app, owner, blocked, most);
    let refused = add(wanted("owner"), vec![existing(&ada), wanted("new")], 1).await;
    assert_refused!(refused, Error::BlockLimit);
    assert_eq!(world.user_names().await, ["ada"]);
    assert_eq!(world.count().await, 1);
    add(wanted("owner"), vec![existing(&ada), wanted("new")], 2)
        .await
        .unwrap();
    let owner = world.user("owner").await.unwrap();
    assert_eq!(world.blocks(&owner).await, ["new", "ada"]);
    // Who is there takes no second place, even if the limit was lowered meanwhile.
    let again = vec![existing(&ada), wanted("new")];
    add(existing(&owner), again, 1).await.unwrap();
    let page = store.blocks(world.app, owner.id, None, 10).await.unwrap();
    let new = world.user("new").await.unwrap();
    assert_eq!(page.users, [named(&new), named(&ada)]);
}

pub async fn unblocking_skips_whom_nobody_blocks(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, _] = world.users(["ada", "bo", "cy", "di"]).await;
    world.block(&ada, &[&bo, &cy]).await;
    world.block(&bo, &[&cy]).await;
    let remove = |owner: &str, blocked: &[&str]| {
        let blocked = blocked.iter().map(|name| called(name)).collect();
        store.remove_blocks(world.app, called(owner), blocked)
    };
    remove("nobody", &["cy"]).await.unwrap();
    remove("ada", &["nobody", "di", "cy", "cy"]).await.unwrap();
    assert_eq!(world.blocks(&ada).await, ["bo"]);
    assert_eq!(world.blocks(&bo).await, ["cy"]);
    assert_eq!(world.count().await, 4);
}

pub async fn who_blocks_a_user_comes_in_the_order_asked_for(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di] = world.users(["ada", "bo", "cy", "di"]).await;
    world.block(&bo, &[&ada]).await;
    world.block(&cy, &[&di, &ada]).await;
    world.block(&ada, &[&di]).await;
    let blocking =
        |owners: &[UserId], blocked: &User| store.blocking(world.app, owners.into(), blocked.id);
    let owners = [cy.id, di.id, UserId(0), bo.id, ada.id, cy.id];
    assert_eq!(
        blocking(&owners, &ada).await.unwrap(),
        [cy.id, bo.id, cy.id]
    );
    assert_eq!(
        blocking(&owners, &di).await.unwrap(),
        [cy.id, ada.id, cy.id]
    );
    assert_eq!(blocking(&owners, &bo).await.unwrap(), []);
    assert_eq!(blocking(&[], &ada).await.unwrap(), []);
}

pub async fn a_block_list_is_seen_within_its_app_only(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    world.block(&ada, &[&bo]).await;
    assert_eq!(world.blocks(&ada).await, ["bo"]);
    assert_eq!(other.blocks(&ada).await, NOBODY);
}
