//! Laws of naming users: [`Wanted`] for a change that needs its user, [`UidTarget`] for a removal.

use halloo_core::groups::GroupId;
use halloo_core::rooms::RoomId;
use halloo_core::users::{Actor, UidTarget, User, UserId, Wanted};
use halloo_core::{Error, Millis};

use super::uses::Use;
use super::{NOW, Store, World, existing, name, new_user, wanted};

const NOBODY: UserId = UserId(i64::MAX);

pub async fn a_new_name_is_registered_by_whatever_names_it_first(store: &dyn Store) {
    for case in Use::ALL {
        let world = World::new(store).await;
        let [hub] = world.users(["hub"]).await;
        let new = new_user("42");
        let user = Wanted::Named {
            new: new.clone(),
            quota: Some(2),
            // As with any registration, the clock may have gone back.
            now: Millis(NOW.0 - 1),
        };
        case.give(world, &hub, user).await.unwrap();
        let made = world.user("42").await.unwrap();
        let expected = User {
            id: made.id,
            name: new.name,
            uuid: new.uuid,
            ..hub.clone()
        };
        assert_eq!(made, expected, "{case:?}");
        assert!(made.id > hub.id, "{case:?}");
        assert_eq!(store.password_hash(world.app, made.id).await.unwrap(), None);
        assert!(case.has(world, &hub, made.id).await, "{case:?}");
        assert_eq!(world.count().await, 2, "{case:?}");

        // The second time he is there, even if the quota was lowered meanwhile.
        let again = Wanted::Named {
            new: new_user("42"),
            quota: Some(0),
            now: NOW,
        };
        case.give(world, &hub, again).await.unwrap();
        assert_eq!(world.user("42").await, Some(made.clone()), "{case:?}");
        assert!(case.has(world, &hub, made.id).await, "{case:?}");
        assert_eq!(world.count().await, 2, "{case:?}");
    }
}

pub async fn a_user_who_is_there_is_named_by_row_or_name(store: &dyn Store) {
    for case in Use::ALL {
        let world = World::new(store).await;
        let [hub, ada, bo, cy] = world.users(["hub", "ada", "bo", "42"]).await;
        for (user, named) in [
            (&ada, Wanted::Existing(ada.id)),
            (&bo, Wanted::Numbered(bo.id)),
            (&cy, Wanted::Existing(cy.id)),
        ] {
            assert!(!case.has(world, &hub, user.id).await, "{case:?}");
            case.give(world, &hub, named).await.unwrap();
            assert!(case.has(world, &hub, user.id).await, "{case:?}");
        }
        let [di] = world.users(["di"]).await;
        case.give(world, &hub, wanted("di")).await.unwrap();
        assert!(case.has(world, &hub, di.id).await, "{case:?}");
        assert_eq!(world.count().await, 5, "{case:?}");
    }
}

/// His uid is the number; a second one would be a second name for what is told and counted by uid.
pub async fn a_user_whose_name_is_a_number_has_no_second_uid(store: &dyn Store) {
    for case in Use::ALL {
        let world = World::new(store).await;
        let names = ["hub", "7", "4611686018427387904"];
        let [hub, small, greatest] = world.users(names).await;
        for user in [small, greatest] {
            let by_row = Wanted::Numbered(user.id);
            assert_refused!(case.give(world, &hub, by_row).await, Error::UnknownUser);
            assert!(!case.has(world, &hub, user.id).await, "{case:?}");
            case.give(world, &hub, existing(&user)).await.unwrap();
            case.take(world, &hub, UidTarget::Id(user.id)).await;
            assert!(case.has(world, &hub, user.id).await, "{case:?}");
        }
        // These look like numbers, but are the name of no uid.
        let [zero, padded, great] = world.users(["0", "007", "4611686018427387905"]).await;
        for user in [zero, padded, great] {
            let by_row = Wanted::Numbered(user.id);
            case.give(world, &hub, by_row).await.unwrap();
            assert!(case.has(world, &hub, user.id).await, "{case:?}");
        }
    }
}

pub async fn who_should_be_there_and_is_not_is_refused(store: &dyn Store) {
    for case in Use::ALL {
        let (world, other) = (World::new(store).await, World::new(store).await);
        let [hub, gone] = world.users(["hub", "gone"]).await;
        let [stranger] = other.users(["stranger"]).await;
        store.delete_user(world.app, gone.id, NOW).await.unwrap();
        for missing in [gone.id, stranger.id, NOBODY, UserId(0)] {
            for user in [Wanted::Existing(missing), Wanted::Numbered(missing)] {
                assert_refused!(case.give(world, &hub, user).await, Error::UnknownUser);
                assert!(!case.has(world, &hub, missing).await, "{case:?}");
            }
        }
        assert!(!case.has(other, &hub, stranger.id).await, "{case:?}");
        assert_eq!(world.user_names().await, ["hub"], "{case:?}");
        let group = store.group(world.app, GroupId(1)).await.unwrap();
        assert_eq!(group, None, "{case:?}");
        let room = store.room(world.app, RoomId(1)).await.unwrap();
        assert_eq!(room, None, "{case:?}");
    }
}

pub async fn past_the_user_quota_nothing_is_made(store: &dyn Store) {
    for case in Use::ALL {
        let world = World::new(store).await;
        let [hub, _] = world.users(["hub", "ada"]).await;
        let newcomer = |quota| Wanted::Named {
            new: new_user("newcomer"),
            quota: Some(quota),
            now: NOW,
        };
        let refused = case.give(world, &hub, newcomer(2)).await;
        assert_refused!(refused, Error::UserQuotaReached);
        assert_eq!(world.user_names().await, ["hub", "ada"], "{case:?}");
        assert_eq!(world.count().await, 2, "{case:?}");
        let group = store.group(world.app, GroupId(1)).await.unwrap();
        assert_eq!(group, None, "{case:?}");
        for room in [RoomId(1), RoomId(2)] {
            let room = store.room(world.app, room).await.unwrap();
            assert_eq!(room, None, "{case:?}");
        }
        case.give(world, &hub, newcomer(3)).await.unwrap();
        assert_eq!(world.count().await, 3, "{case:?}");
    }
}

pub async fn a_removal_finds_by_name_and_by_row_and_makes_nobody(store: &dyn Store) {
    for case in Use::ALL.into_iter().filter(|case| *case != Use::Info) {
        let world = World::new(store).await;
        let [hub, ada, bo, gone] = world.users(["hub", "ada", "42", "gone"]).await;
        store.delete_user(world.app, gone.id, NOW).await.unwrap();
        let nobody = UidTarget::Name(name("nobody"));
        // Before anything is there, too.
        case.take(world, &hub, nobody.clone()).await;
        for user in [&ada, &bo] {
            case.give(world, &hub, existing(user)).await.unwrap();
        }
        for unknown in [nobody, UidTarget::Id(gone.id), UidTarget::Id(NOBODY)] {
            case.take(world, &hub, unknown).await;
            assert!(case.has(world, &hub, ada.id).await, "{case:?}");
            assert!(case.has(world, &hub, bo.id).await, "{case:?}");
        }
        assert_eq!(world.user_names().await, ["hub", "ada", "42"], "{case:?}");

        for _twice in 0..2 {
            case.take(world, &hub, UidTarget::Id(ada.id)).await;
            assert!(!case.has(world, &hub, ada.id).await, "{case:?}");
            assert!(case.has(world, &hub, bo.id).await, "{case:?}");
        }
        for _twice in 0..2 {
            case.take(world, &hub, UidTarget::Name(name("42"))).await;
            assert!(!case.has(world, &hub, bo.id).await, "{case:?}");
        }
    }
}

pub async fn what_a_user_has_is_seen_and_taken_within_his_app_only(store: &dyn Store) {
    for case in Use::ALL {
        let (world, other) = (World::new(store).await, World::new(store).await);
        let [hub, ada] = world.users(["hub", "ada"]).await;
        let [other_hub, namesake] = other.users(["hub", "ada"]).await;
        case.give(world, &hub, existing(&ada)).await.unwrap();
        assert!(!case.has(other, &hub, ada.id).await, "{case:?}");
        assert!(!case.has(other, &other_hub, namesake.id).await, "{case:?}");
        for target in [
            UidTarget::Id(ada.id),
            UidTarget::Id(namesake.id),
            UidTarget::Name(name("ada")),
        ] {
            case.take(other, &other_hub, target).await;
            assert!(case.has(world, &hub, ada.id).await, "{case:?}");
        }
        case.give(other, &other_hub, existing(&namesake))
            .await
            .unwrap();
        store
            .delete_user(other.app, namesake.id, NOW)
            .await
            .unwrap();
        assert!(case.has(world, &hub, ada.id).await, "{case:?}");
    }
}

pub async fn a_user_who_is_named_twice_in_a_list_counts_once(store: &dyn Store) {
    let world = World::new(store).await;
    let [hub] = world.users(["hub"]).await;
    // The first makes him, the second finds him.
    let twice = || vec![wanted("ada"), wanted("ada")];
    store
        .add_friends(world.app, existing(&hub), twice(), 1)
        .await
        .unwrap();
    assert_eq!(world.contacts(&hub).await, ["ada"]);
    let ada = world.user("ada").await.unwrap();
    let both = || vec![wanted("ada"), existing(&ada), Wanted::Numbered(ada.id)];
    store
        .add_friends(world.app, existing(&hub), both(), 1)
        .await
        .unwrap();
    assert_eq!(world.contacts(&hub).await, ["ada"]);
    store
        .add_blocks(world.app, existing(&hub), both(), 1)
        .await
        .unwrap();
    assert_eq!(world.blocks(&hub).await, ["ada"]);
    let limits = super::uses::ROOMY;
    let limits = halloo_core::groups::GroupLimits {
        members: 1,
        ..limits
    };
    let group = GroupId(1);
    store
        .add_group_members(world.app, group, Actor::App, both(), limits, NOW)
        .await
        .unwrap();
    assert_eq!(store.group_size(world.app, group).await.unwrap(), 1);
    let room = RoomId(1);
    let filled = store.fill_room(world.app, room, both(), 1, NOW).await;
    assert_eq!(filled.unwrap(), [true, true, true]);
    let sizes = || store.room_sizes(world.app, vec![room]);
    assert_eq!(sizes().await.unwrap(), [1]);

    let named = || vec![UidTarget::Name(name("ada")), UidTarget::Id(ada.id)];
    let emptied = store.empty_room(world.app, room, named()).await;
    assert_eq!(emptied.unwrap(), [true, true]);
    assert_eq!(sizes().await.unwrap(), [0]);
    store
        .remove_group_members(world.app, group, Actor::App, named())
        .await
        .unwrap();
    assert_eq!(store.group_size(world.app, group).await.unwrap(), 0);
    assert_eq!(world.count().await, 2);
}

pub async fn deletion_takes_whatever_a_user_has(store: &dyn Store) {
    let world = World::new(store).await;
    let [hub, ada, bo] = world.users(["hub", "ada", "bo"]).await;
    for case in Use::ALL {
        case.give(world, &hub, existing(&ada)).await.unwrap();
        case.give(world, &hub, existing(&bo)).await.unwrap();
    }
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    let [again] = world.users(["ada"]).await;
    for case in Use::ALL {
        assert!(!case.has(world, &hub, ada.id).await, "{case:?}");
        assert!(!case.has(world, &hub, again.id).await, "{case:?}");
        assert!(case.has(world, &hub, bo.id).await, "{case:?}");
    }
    assert_eq!(world.contacts(&hub).await, ["bo"]);
    assert_eq!(world.blocks(&hub).await, ["bo"]);
    assert_eq!(store.group_size(world.app, GroupId(1)).await.unwrap(), 1);
    let rooms = vec![RoomId(1), RoomId(2)];
    assert_eq!(
        store.room_sizes(world.app, rooms.clone()).await.unwrap(),
        [1, 1]
    );
    // A page of users is deleted in the same way.
    let after = Some(UserId(bo.id.0 - 1));
    store
        .delete_users_page(world.app, after, 1, NOW)
        .await
        .unwrap();
    for case in Use::ALL {
        assert!(!case.has(world, &hub, bo.id).await, "{case:?}");
    }
    assert_eq!(store.group_size(world.app, GroupId(1)).await.unwrap(), 0);
    assert_eq!(store.room_sizes(world.app, rooms).await.unwrap(), [0, 0]);
}
