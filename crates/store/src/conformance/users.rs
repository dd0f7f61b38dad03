//! Laws of registering and finding users.

use halloo_core::bans::Ban;
use halloo_core::users::{NewUser, PasswordHash, User, UserChange, UserId};
use halloo_core::{Error, Millis, Uuid};

use super::{NOW, Store, World, fresh, name, new_user};

pub async fn users_are_stored_in_input_order_with_rising_ids(store: &dyn Store) {
    let world = World::new(store).await;
    // As many as one call may hold, and not in alphabetical order.
    let names: Vec<String> = (0..60).rev().map(|n| format!("user-{n:02}")).collect();
    let users = names.iter().map(|name| new_user(name)).collect();
    let stored = store.register(world.app, users, None, NOW).await.unwrap();
    let stored: Vec<User> = stored.into_iter().map(Option::unwrap).collect();
    assert!(
        stored
            .iter()
            .map(|user| user.name.as_str())
            .eq(names.iter().map(String::as_str))
    );
    assert!(stored.is_sorted_by(|one, next| one.id < next.id));
    let [later] = world.users(["later"]).await;
    assert!(later.id > stored[59].id);
}

pub async fn what_was_registered_is_found_by_name_and_by_uuid(store: &dyn Store) {
    let world = World::new(store).await;
    let nickname = Some("Ada ✿ 'Lovelace'; --".into());
    let new = NewUser {
        nickname,
        ..new_user("ada.l-1_x")
    };
    let stored = store
        .register(world.app, vec![new.clone()], None, NOW)
        .await
        .unwrap();
    let stored = stored.into_iter().next().unwrap().unwrap();
    let expected = User {
        id: stored.id,
        name: new.name.clone(),
        uuid: new.uuid,
        created: NOW,
        modified: NOW,
        nickname: new.nickname,
        ban: Ban::Never,
        logins_since: Millis(0),
        token_generation: 0,
        push: None,
    };
    assert_eq!(stored, expected);
    assert_eq!(world.user("ada.l-1_x").await, Some(expected.clone()));
    assert_eq!(
        store.user_by_uuid(world.app, new.uuid).await.unwrap(),
        Some(expected)
    );
    assert_eq!(world.user("ada").await, None);
    assert_eq!(
        store
            .user_by_uuid(world.app, Uuid::from_u128(fresh()))
            .await
            .unwrap(),
        None
    );
}

pub async fn a_user_is_found_by_row_number(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "42"]).await;
    let banned = world.change(&ada, UserChange::Ban(Ban::Forever)).await;
    let find = |id| store.user_by_id(world.app, id);
    assert_eq!(find(ada.id).await.unwrap(), banned);
    assert_eq!(find(bo.id).await.unwrap(), Some(bo.clone()));
    for nobody in [UserId(0), UserId(-1), UserId(i64::MAX)] {
        assert_eq!(find(nobody).await.unwrap(), None);
    }
    store.delete_user(world.app, bo.id, NOW).await.unwrap();
    assert_eq!(find(bo.id).await.unwrap(), None);
}

pub async fn a_taken_name_is_answered_none_and_its_owner_stays(store: &dyn Store) {
    let world = World::new(store).await;
    let password = Some(PasswordHash::from_stored("old"));
    let owner = NewUser {
        password,
        nickname: Some("Ada".into()),
        ..new_user("ada")
    };
    store
        .register(world.app, vec![owner], None, NOW)
        .await
        .unwrap();
    let before = world.user("ada").await.unwrap();

    let password = Some(PasswordHash::from_stored("new"));
    let usurper = NewUser {
        password,
        nickname: Some("Eve".into()),
        ..new_user("ada")
    };
    let usurper_uuid = usurper.uuid;
    let users = vec![new_user("bo"), usurper, new_user("cy")];
    let later = Millis(NOW.0 + 1);
    let stored = store.register(world.app, users, None, later).await.unwrap();
    let names = |user: &Option<User>| user.as_ref().map(|user| user.name.to_string());
    assert_eq!(
        stored.iter().map(names).collect::<Vec<_>>(),
        [Some("bo".into()), None, Some("cy".into())]
    );
    assert_eq!(world.user("ada").await, Some(before.clone()));
    assert_eq!(
        store.user_by_uuid(world.app, usurper_uuid).await.unwrap(),
        None
    );
    let hash = store.password_hash(world.app, before.id).await.unwrap();
    assert_eq!(hash, Some(PasswordHash::from_stored("old")));
    assert_eq!(world.user_names().await, ["ada", "bo", "cy"]);
}

pub async fn past_the_quota_nobody_is_stored(store: &dyn Store) {
    let world = World::new(store).await;
    let register = |names: &[&str]| {
        let users = names.iter().map(|name| new_user(name)).collect();
        store.register(world.app, users, Some(3), NOW)
    };
    register(&["ada", "bo"]).await.unwrap();
    assert_refused!(register(&["cy", "di"]).await, Error::UserQuotaReached);
    assert_eq!(world.user_names().await, ["ada", "bo"]);
    // A taken name takes no place.
    assert!(register(&["bo", "cy"]).await.unwrap()[1].is_some());
    assert_refused!(register(&["di"]).await, Error::UserQuotaReached);
    assert_eq!(register(&["ada"]).await.unwrap(), [None]);
    // Not even when the quota was lowered meanwhile.
    let taken = vec![new_user("ada")];
    let stored = store.register(world.app, taken, Some(1), NOW).await;
    assert_eq!(stored.unwrap(), [None]);
    // A deleted user leaves his place.
    let bo = world.user("bo").await.unwrap();
    store.delete_user(world.app, bo.id, NOW).await.unwrap();
    assert!(register(&["di"]).await.unwrap()[0].is_some());
    assert_eq!(world.user_names().await, ["ada", "cy", "di"]);
}

pub async fn names_are_per_app(store: &dyn Store) {
    let (here, there) = (World::new(store).await, World::new(store).await);
    let [one] = here.users(["ada"]).await;
    let [other] = there.users(["ada"]).await;
    assert_ne!(one.id, other.id);
    assert_eq!(here.user("ada").await, Some(one));
    assert_eq!(there.user("ada").await, Some(other));
}

pub async fn a_user_is_found_only_within_his_app(store: &dyn Store) {
    let (here, there) = (World::new(store).await, World::new(store).await.app);
    let password = Some(PasswordHash::from_stored("hash"));
    let new = NewUser {
        password,
        ..new_user("ada")
    };
    store
        .register(here.app, vec![new], None, NOW)
        .await
        .unwrap();
    let ada = here.user("ada").await.unwrap();
    assert_eq!(store.user_by_name(there, &name("ada")).await.unwrap(), None);
    assert_eq!(store.user_by_uuid(there, ada.uuid).await.unwrap(), None);
    assert_eq!(store.user_by_id(there, ada.id).await.unwrap(), None);
    assert_eq!(store.users_page(there, None, 10).await.unwrap(), []);
    assert_eq!(store.password_hash(there, ada.id).await.unwrap(), None);
    let ban = UserChange::Ban(Ban::Forever);
    assert_eq!(
        store
            .change_user(there, ada.id, ban, 1000, NOW)
            .await
            .unwrap(),
        None
    );
    assert_eq!(store.delete_user(there, ada.id, NOW).await.unwrap(), None);
    assert_eq!(
        store.delete_users_page(there, None, 10, NOW).await.unwrap(),
        (vec![], false)
    );
    assert_eq!(here.user("ada").await, Some(ada));
}

pub async fn pages_follow_the_order_of_registration(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let mut ids = Vec::new();
    for name in ["eve", "bo", "cy", "ada", "di"] {
        let [user] = world.users([name]).await;
        ids.push(user.id);
        // Another app's users stand between ours.
        other.users([name]).await;
    }
    let page = |after: Option<UserId>, limit| async move {
        let users = store.users_page(world.app, after, limit).await.unwrap();
        users.iter().map(|user| user.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, ids[..2]);
    assert_eq!(page(Some(ids[1]), 2).await, ids[2..4]);
    assert_eq!(page(Some(ids[3]), 2).await, ids[4..]);
    assert_eq!(page(Some(ids[4]), 2).await, []);
    assert_eq!(page(None, 5).await, ids);
    assert_eq!(page(None, 100).await, ids);
}

pub async fn a_page_after_a_deleted_user_goes_on_behind_him(store: &dyn Store) {
    let world = World::new(store).await;
    let [_, bo, cy, di] = world.users(["ada", "bo", "cy", "di"]).await;
    store.delete_user(world.app, bo.id, NOW).await.unwrap();
    let page = store.users_page(world.app, Some(bo.id), 10).await.unwrap();
    assert_eq!(page, [cy, di.clone()]);
    store.delete_user(world.app, di.id, NOW).await.unwrap();
    assert_eq!(
        store.users_page(world.app, Some(di.id), 10).await.unwrap(),
        []
    );
}

/// Lists by time and lists by row number must agree.
pub async fn created_never_decreases_when_the_clock_goes_back(store: &dyn Store) {
    let world = World::new(store).await;
    let mut created = Vec::new();
    for (name, now) in [
        ("ada", 5000),
        ("bo", 2000),
        ("cy", 4999),
        ("di", 7000),
        ("eve", 6000),
    ] {
        let stored = store
            .register(world.app, vec![new_user(name)], None, Millis(now))
            .await;
        let stored = stored.unwrap().into_iter().next().unwrap().unwrap();
        assert_eq!(world.user(name).await.as_ref(), Some(&stored));
        created.push(stored.created.0);
    }
    assert_eq!(created, [5000, 5000, 5000, 7000, 7000]);
    // Another app has a time of its own.
    let other = World::new(store).await;
    let stored = store
        .register(other.app, vec![new_user("ada")], None, Millis(1))
        .await
        .unwrap();
    assert_eq!(stored[0].as_ref().unwrap().created, Millis(1));
}

pub async fn the_password_hash_is_kept(store: &dyn Store) {
    let world = World::new(store).await;
    let hash = PasswordHash::from_stored("$argon2id$v=19$m=64,t=1,p=1$c2FsdA$aGFzaA");
    let with = NewUser {
        password: Some(hash.clone()),
        ..new_user("ada")
    };
    let stored = store
        .register(world.app, vec![with, new_user("bo")], None, NOW)
        .await
        .unwrap();
    let ids: Vec<UserId> = stored.into_iter().map(|user| user.unwrap().id).collect();
    assert_eq!(
        store.password_hash(world.app, ids[0]).await.unwrap(),
        Some(hash)
    );
    assert_eq!(store.password_hash(world.app, ids[1]).await.unwrap(), None);
    assert_eq!(
        store
            .password_hash(world.app, UserId(i64::MAX))
            .await
            .unwrap(),
        None
    );
}
