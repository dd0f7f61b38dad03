//! Laws of [`ContactStore`](halloo_core::relations::ContactStore).

use halloo_core::Error;

use super::{Store, World};

const NOBODY: [&str; 0] = [];

pub async fn a_contact_stands_on_both_rosters(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.befriend(&ada, &bo).await;
    assert_eq!(world.contacts(&ada).await, ["bo"]);
    assert_eq!(world.contacts(&bo).await, ["ada"]);
    assert_eq!(world.contacts(&cy).await, NOBODY);
}

/// Newest for the owner of the roster, whoever asked for the edge.
pub async fn contacts_are_listed_newest_first(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di] = world.users(["ada", "bo", "cy", "di"]).await;
    world.befriend(&ada, &cy).await;
    world.befriend(&di, &ada).await;
    world.befriend(&ada, &bo).await;
    world.befriend(&bo, &cy).await;
    assert_eq!(world.contacts(&ada).await, ["bo", "di", "cy"]);
    assert_eq!(world.contacts(&bo).await, ["cy", "ada"]);
    assert_eq!(world.contacts(&cy).await, ["bo", "ada"]);
    // Who comes back is new.
    store
        .remove_contact(world.app, ada.id, cy.id)
        .await
        .unwrap();
    world.befriend(&cy, &ada).await;
    assert_eq!(world.contacts(&ada).await, ["cy", "bo", "di"]);
}

pub async fn adding_a_contact_again_changes_nothing(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.befriend(&ada, &bo).await;
    world.befriend(&ada, &cy).await;
    world.befriend(&ada, &bo).await;
    world.befriend(&bo, &ada).await;
    assert_eq!(world.contacts(&ada).await, ["cy", "bo"]);
    assert_eq!(world.contacts(&bo).await, ["ada"]);
}

pub async fn a_full_roster_on_either_side_refuses_and_nothing_changes(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di] = world.users(["ada", "bo", "cy", "di"]).await;
    for friend in [&bo, &cy] {
        store
            .add_contact(world.app, ada.id, friend.id, 2)
            .await
            .unwrap();
    }
    for (owner, friend) in [(&ada, &di), (&di, &ada)] {
        assert_refused!(
            store.add_contact(world.app, owner.id, friend.id, 2).await,
            Error::ContactLimit
        );
        assert_eq!(world.contacts(&ada).await, ["cy", "bo"]);
        assert_eq!(world.contacts(&di).await, NOBODY);
    }
    // Di's roster did not grow by what was refused.
    for friend in [&bo, &cy] {
        store
            .add_contact(world.app, di.id, friend.id, 2)
            .await
            .unwrap();
    }
}

pub async fn a_contact_that_is_there_is_welcome_on_a_full_roster(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    store
        .add_contact(world.app, ada.id, bo.id, 1)
        .await
        .unwrap();
    store
        .add_contact(world.app, ada.id, bo.id, 1)
        .await
        .unwrap();
    store
        .add_contact(world.app, bo.id, ada.id, 1)
        .await
        .unwrap();
    assert_eq!(world.contacts(&ada).await, ["bo"]);
}

pub async fn both_friends_must_exist(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, gone] = world.users(["ada", "gone"]).await;
    let [stranger] = other.users(["stranger"]).await;
    store.delete_user(world.app, gone.id).await.unwrap();
    for missing in [&gone, &stranger] {
        for (owner, friend) in [(&ada, missing), (missing, &ada)] {
            assert_refused!(
                store.add_contact(world.app, owner.id, friend.id, 10).await,
                Error::UnknownUser
            );
        }
    }
    assert_eq!(world.contacts(&ada).await, NOBODY);
    assert_eq!(other.contacts(&stranger).await, NOBODY);
    // What was refused takes no place.
    let [bo] = world.users(["bo"]).await;
    store
        .add_contact(world.app, ada.id, bo.id, 1)
        .await
        .unwrap();
}

pub async fn a_removed_contact_leaves_both_rosters(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.befriend(&ada, &bo).await;
    world.befriend(&ada, &cy).await;
    world.befriend(&bo, &cy).await;
    // Both ways, and twice: the second time there is nothing left to do.
    for (owner, friend) in [(&bo, &ada), (&ada, &bo), (&bo, &ada)] {
        store
            .remove_contact(world.app, owner.id, friend.id)
            .await
            .unwrap();
        assert_eq!(world.contacts(&ada).await, ["cy"]);
        assert_eq!(world.contacts(&bo).await, ["cy"]);
        assert_eq!(world.contacts(&cy).await, ["bo", "ada"]);
    }
    store
        .add_contact(world.app, ada.id, bo.id, 2)
        .await
        .unwrap();
    assert_eq!(world.contacts(&ada).await, ["bo", "cy"]);
}
