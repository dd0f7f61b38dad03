//! Laws of [`ContactStore`](halloo_core::relations::ContactStore).

use halloo_core::Error;
use halloo_core::users::{User, UserId};

use super::{NOW, Store, World, called, existing, named, wanted};

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
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
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

pub async fn a_friend_stands_on_one_roster(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.add_friends(&ada, &[&bo, &cy]).await;
    // Within one call, later means newer.
    assert_eq!(world.contacts(&ada).await, ["cy", "bo"]);
    assert_eq!(world.contacts(&bo).await, NOBODY);
    let roster = store.contacts(world.app, ada.id).await.unwrap();
    assert_eq!(roster, [named(&cy), named(&bo)]);
    // Who is there already stays where he is.
    let [di] = world.users(["di"]).await;
    world.add_friends(&ada, &[&bo, &di, &bo]).await;
    world.add_friends(&ada, &[]).await;
    assert_eq!(world.contacts(&ada).await, ["di", "cy", "bo"]);
    world.add_friends(&bo, &[&ada]).await;
    assert_eq!(world.contacts(&bo).await, ["ada"]);
    assert_eq!(world.contacts(&ada).await, ["di", "cy", "bo"]);
}

pub async fn a_contact_adds_the_direction_that_is_missing(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.add_friends(&ada, &[&bo]).await;
    world.add_friends(&ada, &[&cy]).await;
    world.befriend(&ada, &bo).await;
    assert_eq!(world.contacts(&ada).await, ["cy", "bo"]);
    assert_eq!(world.contacts(&bo).await, ["ada"]);
    world.befriend(&cy, &ada).await;
    assert_eq!(world.contacts(&ada).await, ["cy", "bo"]);
    assert_eq!(world.contacts(&cy).await, ["ada"]);
    // The edge that is there is welcome on a full roster; the other one needs a place.
    let [di, full] = world.users(["di", "full"]).await;
    world.add_friends(&full, &[&di]).await;
    let add = |owner: &User, friend: &User| store.add_contact(world.app, owner.id, friend.id, 1);
    add(&di, &full).await.unwrap();
    assert_eq!(world.contacts(&di).await, ["full"]);
    let [eve] = world.users(["eve"]).await;
    world.add_friends(&eve, &[&full]).await;
    assert_refused!(add(&eve, &full).await, Error::ContactLimit);
    assert_refused!(add(&full, &eve).await, Error::ContactLimit);
    assert_eq!(world.contacts(&full).await, ["di"]);
}

pub async fn removed_friends_leave_one_roster(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di] = world.users(["ada", "bo", "cy", "di"]).await;
    for friend in [&bo, &cy, &di] {
        world.befriend(&ada, friend).await;
    }
    let remove = |owner: &str, friends: &[&str]| {
        let friends = friends.iter().map(|name| called(name)).collect();
        store.remove_friends(world.app, called(owner), friends)
    };
    for _twice in 0..2 {
        remove("ada", &["bo", "nobody", "di"]).await.unwrap();
        remove("nobody", &["ada"]).await.unwrap();
        assert_eq!(world.contacts(&ada).await, ["cy"]);
        assert_eq!(world.contacts(&bo).await, ["ada"]);
        assert_eq!(world.contacts(&di).await, ["ada"]);
    }
    // What is left of the edge goes with the friendship.
    store
        .remove_contact(world.app, ada.id, bo.id)
        .await
        .unwrap();
    assert_eq!(world.contacts(&bo).await, NOBODY);
    // A one-sided friend leaves his place, and when he comes back he is new.
    store
        .add_friends(world.app, existing(&ada), vec![existing(&bo)], 2)
        .await
        .unwrap();
    assert_eq!(world.contacts(&ada).await, ["bo", "cy"]);
}

pub async fn past_the_limit_no_friend_is_added(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let add = |owner, friends, most| store.add_friends(world.app, owner, friends, most);
    // Nobody stays who was made on the way.
    let refused = add(wanted("owner"), vec![wanted("new"), existing(&bo)], 1).await;
    assert_refused!(refused, Error::ContactLimit);
    assert_eq!(world.user_names().await, ["ada", "bo", "cy"]);
    assert_eq!(world.count().await, 3);

    add(existing(&ada), vec![existing(&bo)], 2).await.unwrap();
    let refused = add(existing(&ada), vec![existing(&cy), wanted("new")], 2).await;
    assert_refused!(refused, Error::ContactLimit);
    assert_eq!(world.contacts(&ada).await, ["bo"]);
    // Exactly full is not past, and who is there already takes no second place.
    let all = || vec![existing(&bo), existing(&cy), existing(&bo)];
    for most in [2, 2, 1] {
        add(existing(&ada), all(), most).await.unwrap();
    }
    assert_eq!(world.contacts(&ada).await, ["cy", "bo"]);
    // The friend's roster has nothing to do with it.
    add(wanted("di"), vec![existing(&ada)], 1).await.unwrap();
    // Contacts take the same places.
    let refused = add(existing(&ada), vec![wanted("di")], 2).await;
    assert_refused!(refused, Error::ContactLimit);
}

pub async fn friends_among_others_come_in_their_order(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di] = world.users(["ada", "bo", "cy", "di"]).await;
    world.add_friends(&ada, &[&bo, &cy]).await;
    world.add_friends(&di, &[&ada]).await;
    let among =
        |owner: &User, others: &[UserId]| store.friends_among(world.app, owner.id, others.into());
    let others = [cy.id, di.id, UserId(0), bo.id, ada.id, cy.id];
    assert_eq!(among(&ada, &others).await.unwrap(), [cy.id, bo.id, cy.id]);
    assert_eq!(among(&di, &others).await.unwrap(), [ada.id]);
    assert_eq!(among(&bo, &others).await.unwrap(), []);
    assert_eq!(among(&ada, &[]).await.unwrap(), []);
}

pub async fn deletion_takes_one_sided_friends_off_both_rosters(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.add_friends(&ada, &[&bo, &cy]).await;
    world.add_friends(&cy, &[&bo]).await;
    world.add_friends(&bo, &[&cy]).await;
    store.delete_user(world.app, bo.id, NOW).await.unwrap();
    assert_eq!(world.contacts(&ada).await, ["cy"]);
    assert_eq!(world.contacts(&cy).await, NOBODY);
    // The place is free.
    store
        .add_friends(world.app, existing(&ada), vec![wanted("di")], 2)
        .await
        .unwrap();
    assert_eq!(world.contacts(&ada).await, ["di", "cy"]);
}

pub async fn a_roster_is_seen_and_changed_within_its_app_only(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    world.befriend(&ada, &bo).await;
    store
        .remove_contact(other.app, ada.id, bo.id)
        .await
        .unwrap();
    assert_eq!(world.contacts(&ada).await, ["bo"]);
    assert_eq!(world.contacts(&bo).await, ["ada"]);
    assert_eq!(other.contacts(&ada).await, NOBODY);
    let refused = store.add_contact(other.app, ada.id, bo.id, 10).await;
    assert_refused!(refused, Error::UnknownUser);
}
