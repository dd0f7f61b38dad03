//! Laws of deleting users: what is theirs goes with them, what is others' stays.

use halloo_core::Millis;
use halloo_core::bans::Ban;
use halloo_core::groups::{Group, GroupId};
use halloo_core::rooms::{Room, RoomId};
use halloo_core::users::{NewUser, PasswordHash, ProfileChange, User, UserChange, UserId};

use super::{NOW, Store, World, existing, new_user};

async fn delete(world: World<'_>, user: &User) {
    let deleted = world
        .store
        .delete_user(world.app, user.id, NOW)
        .await
        .unwrap();
    assert_eq!(deleted.unwrap().id, user.id);
}

pub async fn a_deleted_user_is_answered_as_he_was_and_then_gone(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let profile = ProfileChange {
        nickname: Some("Ada".into()),
        ignored_groups: [(1, true)].into(),
        ..ProfileChange::default()
    };
    let as_he_was = world.change(&ada, UserChange::Profile(profile)).await;
    assert_eq!(
        store.delete_user(world.app, ada.id, NOW).await.unwrap(),
        as_he_was
    );
    assert_eq!(world.user("ada").await, None);
    assert_eq!(store.user_by_uuid(world.app, ada.uuid).await.unwrap(), None);
    assert_eq!(store.password_hash(world.app, ada.id).await.unwrap(), None);
    assert_eq!(store.users_page(world.app, None, 10).await.unwrap(), [bo]);
    assert_eq!(
        store.delete_user(world.app, ada.id, NOW).await.unwrap(),
        None
    );
}

pub async fn deletion_ends_contacts_in_both_directions(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.befriend(&ada, &bo).await;
    world.befriend(&cy, &ada).await;
    world.befriend(&bo, &cy).await;
    delete(world, &ada).await;
    assert_eq!(world.contacts(&ada).await, [""; 0]);
    assert_eq!(world.contacts(&bo).await, ["cy"]);
    assert_eq!(world.contacts(&cy).await, ["bo"]);
    // The place on the roster is free again, too.
    let [di] = world.users(["di"]).await;
    store.add_contact(world.app, bo.id, di.id, 2).await.unwrap();
    assert_eq!(world.contacts(&bo).await, ["di", "cy"]);
}

pub async fn deletion_ends_blocks_in_both_directions(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.block(&ada, &[&bo, &cy]).await;
    world.block(&bo, &[&ada, &cy]).await;
    world.block(&cy, &[&bo]).await;
    delete(world, &ada).await;
    assert_eq!(world.blocks(&ada).await, [""; 0]);
    assert_eq!(world.blocks(&bo).await, ["cy"]);
    assert_eq!(world.blocks(&cy).await, ["bo"]);
    let [di] = world.users(["di"]).await;
    store
        .add_blocks(world.app, existing(&bo), vec![existing(&di)], 2)
        .await
        .unwrap();
    assert_eq!(world.blocks(&bo).await, ["di", "cy"]);
}

pub async fn deletion_ends_every_token(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let end = Some(Millis(NOW.0 + 1));
    let his = [
        world.token(Some(&ada), None).await,
        world.token(Some(&ada), end).await,
    ];
    let others = [
        world.token(Some(&bo), None).await,
        world.token(None, None).await,
    ];
    delete(world, &ada).await;
    for token in his {
        assert!(!world.has_token(token).await);
    }
    for token in others {
        assert!(world.has_token(token).await);
    }
}

pub async fn deletion_takes_memberships_owned_groups_and_owned_rooms(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let [namesake] = other.users(["ada"]).await;
    let group = |id, owner: UserId, members: &[UserId]| Group {
        id: GroupId(id),
        owner: Some(owner),
        members: members.to_vec(),
        created: NOW,
    };
    let room = |id, owner| Room {
        id: RoomId(id),
        owner: Some(owner),
        created: NOW,
    };
    let everybody = [ada.id, bo.id, cy.id];
    store
        .put_group(world.app, group(1, ada.id, &everybody))
        .await
        .unwrap();
    store
        .put_group(world.app, group(2, bo.id, &everybody))
        .await
        .unwrap();
    store.put_room(world.app, room(1, ada.id)).await.unwrap();
    store.put_room(world.app, room(2, bo.id)).await.unwrap();
    // The same ids in another app are another group and another room.
    let elsewhere = group(1, namesake.id, &[namesake.id]);
    store.put_group(other.app, elsewhere.clone()).await.unwrap();
    store
        .put_room(other.app, room(1, namesake.id))
        .await
        .unwrap();

    delete(world, &ada).await;
    assert_eq!(store.group(world.app, GroupId(1)).await.unwrap(), None);
    let left = group(2, bo.id, &[bo.id, cy.id]);
    assert_eq!(
        store.group(world.app, GroupId(2)).await.unwrap(),
        Some(left)
    );
    assert_eq!(store.room(world.app, RoomId(1)).await.unwrap(), None);
    assert_eq!(
        store.room(world.app, RoomId(2)).await.unwrap(),
        Some(room(2, bo.id))
    );
    assert_eq!(
        store.group(other.app, GroupId(1)).await.unwrap(),
        Some(elsewhere)
    );
    assert_eq!(
        store.room(other.app, RoomId(1)).await.unwrap(),
        Some(room(1, namesake.id))
    );
}

pub async fn deletion_ends_rooms_that_it_empties(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let [namesake] = other.users(["ada"]).await;
    let owned = Room {
        id: RoomId(3),
        owner: Some(cy.id),
        created: NOW,
    };
    store.put_room(world.app, owned).await.unwrap();
    world.enter(&ada, &[1, 2, 3]).await;
    world.enter(&bo, &[2]).await;
    world.enter(&cy, &[4]).await;
    other.enter(&namesake, &[1, 2]).await;
    delete(world, &ada).await;
    let rooms = |world: World<'_>| {
        let app = world.app;
        async move {
            let mut there = Vec::new();
            for room in 1..=4 {
                if store.room(app, RoomId(room)).await.unwrap().is_some() {
                    there.push(room);
                }
            }
            there
        }
    };
    assert_eq!(rooms(world).await, [2, 3, 4]);
    assert_eq!(world.inside(RoomId(2)).await, ["bo"]);
    let after = Some(UserId(bo.id.0 - 1));
    store
        .delete_users_page(world.app, after, 2, NOW)
        .await
        .unwrap();
    assert_eq!(rooms(world).await, [0; 0]);
    assert_eq!(rooms(other).await, [1, 2]);
}

pub async fn a_deleted_name_begins_anew(store: &dyn Store) {
    let world = World::new(store).await;
    let [bo] = world.users(["bo"]).await;
    let password = Some(PasswordHash::from_stored("hash"));
    let old = NewUser {
        password,
        nickname: Some("Ada".into()),
        ..new_user("ada")
    };
    let stored = store
        .register(world.app, vec![old], None, NOW)
        .await
        .unwrap();
    let old = stored.into_iter().next().unwrap().unwrap();
    let ignored = [(1, true)].into();
    let profile = ProfileChange {
        ignored_groups: ignored,
        ..ProfileChange::default()
    };
    world.change(&old, UserChange::Profile(profile)).await;
    world.change(&old, UserChange::Ban(Ban::Forever)).await;
    world.befriend(&old, &bo).await;
    world.block(&old, &[&bo]).await;
    world.block(&bo, &[&old]).await;
    let members = vec![old.id, bo.id];
    let group = Group {
        id: GroupId(1),
        owner: Some(bo.id),
        members,
        created: NOW,
    };
    store.put_group(world.app, group).await.unwrap();
    delete(world, &old).await;

    let [new] = world.users(["ada"]).await;
    assert!(
        new.id > old.id && new.id > bo.id,
        "row numbers are never reused"
    );
    assert_eq!(
        (new.nickname.as_ref(), new.ban, &new.push),
        (None, Ban::Never, &None)
    );
    assert_eq!((new.token_generation, new.created), (0, NOW));
    assert_eq!(world.user("ada").await.as_ref(), Some(&new));
    assert_eq!(store.password_hash(world.app, new.id).await.unwrap(), None);
    assert_eq!(world.contacts(&new).await, [""; 0]);
    assert_eq!(world.contacts(&bo).await, [""; 0]);
    assert_eq!(world.blocks(&new).await, [""; 0]);
    assert_eq!(world.blocks(&bo).await, [""; 0]);
    assert_eq!(world.memberships(&new).await, []);
    let group = store.group(world.app, GroupId(1)).await.unwrap().unwrap();
    assert_eq!(group.members, [bo.id]);
}

pub async fn a_page_of_users_is_deleted_in_order_and_says_whether_more_follow(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy, di, eve] = world.users(["ada", "bo", "cy", "di", "eve"]).await;
    let delete = |after: Option<&User>, limit| {
        store.delete_users_page(world.app, after.map(|user| user.id), limit, NOW)
    };
    assert_eq!(
        delete(Some(&ada), 2).await.unwrap(),
        (vec![bo.clone(), cy], true)
    );
    assert_eq!(world.user_names().await, ["ada", "di", "eve"]);
    // Who was deleted still marks his place.
    assert_eq!(
        delete(Some(&bo), 2).await.unwrap(),
        (vec![di, eve.clone()], false)
    );
    assert_eq!(delete(Some(&eve), 2).await.unwrap(), (vec![], false));
    assert_eq!(delete(None, 2).await.unwrap(), (vec![ada], false));
    assert_eq!(delete(None, 2).await.unwrap(), (vec![], false));
}

pub async fn a_deleted_page_takes_everything_along(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.befriend(&ada, &bo).await;
    world.befriend(&ada, &cy).await;
    world.befriend(&bo, &cy).await;
    world.block(&cy, &[&ada, &bo]).await;
    let tokens = [
        world.token(Some(&ada), None).await,
        world.token(Some(&bo), None).await,
    ];
    let kept = world.token(Some(&cy), None).await;
    let members = vec![ada.id, cy.id];
    let group = Group {
        id: GroupId(1),
        owner: Some(ada.id),
        members,
        created: NOW,
    };
    store.put_group(world.app, group).await.unwrap();

    let (deleted, more) = store
        .delete_users_page(world.app, None, 2, NOW)
        .await
        .unwrap();
    assert_eq!((deleted, more), (vec![ada.clone(), bo], true));
    assert_eq!(world.contacts(&cy).await, [""; 0]);
    assert_eq!(world.blocks(&cy).await, [""; 0]);
    assert_eq!(world.memberships(&cy).await, []);
    assert_eq!(store.group(world.app, GroupId(1)).await.unwrap(), None);
    for token in tokens {
        assert!(!world.has_token(token).await);
    }
    assert!(world.has_token(kept).await);
}

pub async fn logins_signed_before_a_deletion_stay_void_for_the_next_owner_of_the_name(
    store: &dyn Store,
) {
    // Forgetting concerns every app, and the laws share a database: nobody else deletes in the year 2001.
    let (then, later) = (Millis(1_000_000_000_000), Millis(1_000_000_060_000));
    let world = World::new(store).await;
    let elsewhere = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let name = ada.name.clone();
    let since = async |app| store.logins_void_since(app, &name).await.unwrap();
    assert_eq!(ada.logins_since, Millis(0));
    assert_eq!(since(world.app).await, None);
    store.delete_user(world.app, ada.id, then).await.unwrap();
    assert_eq!(since(world.app).await, Some(then));
    assert_eq!(since(elsewhere.app).await, None);
    let [again] = world.users(["ada"]).await;
    assert_eq!(again.logins_since, then);
    assert_eq!(world.user("ada").await.unwrap().logins_since, then);
    let (page, _) = store
        .delete_users_page(world.app, None, 10, later)
        .await
        .unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(since(world.app).await, Some(later));
    assert_eq!(store.forget_void_logins(later, 10).await.unwrap(), 0);
    assert_eq!(since(world.app).await, Some(later));
    let past = Millis(later.0 + 1);
    assert_eq!(store.forget_void_logins(past, 10).await.unwrap(), 1);
    assert_eq!(since(world.app).await, None);
    let [anew] = world.users(["ada"]).await;
    assert_eq!(anew.logins_since, Millis(0));
    // The same for a name that nobody had yet, and never back.
    for at in [later, then] {
        let bo = "bo".parse().unwrap();
        store.void_logins(world.app, bo, at).await.unwrap();
    }
    let [bo] = world.users(["bo"]).await;
    assert_eq!(bo.logins_since, later);
    assert_eq!(store.forget_void_logins(past, 10).await.unwrap(), 1);
}
