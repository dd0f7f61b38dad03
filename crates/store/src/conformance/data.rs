//! Laws of the values that an app stores per user.

use halloo_core::users::User;
use halloo_core::{Error, Result};

use super::{Store, World, called, existing};

async fn set(world: World<'_>, user: &User, key: &str, value: &str, most: u32) -> Result<()> {
    let World { store, app } = world;
    let (key, value) = (key.into(), value.into());
    store.set_data(app, existing(user), key, value, most).await
}

async fn get(world: World<'_>, user: &User, key: &str) -> Option<Box<str>> {
    world.store.data(world.app, user.id, key).await.unwrap()
}

pub async fn data_is_found_as_it_was_stored(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let (key, value) = ("k".repeat(128), "'; -- \0 \u{1F600}".repeat(5000));
    let stored = [
        ("key", "value"),
        ("Key", "another"),
        ("key ", "a third"),
        ("\u{E9}\0'", "any character"),
        ("empty", ""),
        (&key, &value),
    ];
    for (key, value) in stored {
        assert_eq!(get(world, &ada, key).await, None);
        set(world, &ada, key, value, 1000).await.unwrap();
    }
    set(world, &bo, "key", "of bo", 1000).await.unwrap();
    for (key, value) in stored {
        assert!(get(world, &ada, key).await.as_deref() == Some(value));
    }
    assert_eq!(get(world, &bo, "key").await.as_deref(), Some("of bo"));
    assert_eq!(get(world, &bo, "Key").await, None);
    set(world, &ada, "key", "new", 1000).await.unwrap();
    assert_eq!(get(world, &ada, "key").await.as_deref(), Some("new"));
    assert_eq!(get(world, &bo, "key").await.as_deref(), Some("of bo"));
}

pub async fn past_the_limit_of_keys_nothing_is_stored(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    for key in ["a", "b"] {
        set(world, &ada, key, "old", 2).await.unwrap();
    }
    assert_refused!(set(world, &ada, "c", "new", 2).await, Error::DataLimit);
    assert_eq!(get(world, &ada, "c").await, None);
    // What is there takes no second place, even if the limit was lowered meanwhile.
    for most in [2, 1, 0] {
        set(world, &ada, "b", "new", most).await.unwrap();
    }
    assert_eq!(get(world, &ada, "b").await.as_deref(), Some("new"));
    assert_eq!(get(world, &ada, "a").await.as_deref(), Some("old"));
    // Others have places of their own, and a removed key leaves its.
    set(world, &bo, "c", "of bo", 1).await.unwrap();
    let a = "a".into();
    store
        .remove_data(world.app, called("ada"), a)
        .await
        .unwrap();
    set(world, &ada, "c", "new", 2).await.unwrap();
    assert_refused!(set(world, &ada, "a", "new", 2).await, Error::DataLimit);
}

pub async fn removed_data_is_gone(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    for user in [&ada, &bo] {
        set(world, user, "a", "1", 10).await.unwrap();
        set(world, user, "b", "2", 10).await.unwrap();
    }
    for key in ["a", "a", "unknown"] {
        let key = key.into();
        store
            .remove_data(world.app, called("ada"), key)
            .await
            .unwrap();
    }
    assert_eq!(get(world, &ada, "a").await, None);
    assert_eq!(get(world, &ada, "b").await.as_deref(), Some("2"));
    assert_eq!(get(world, &bo, "a").await.as_deref(), Some("1"));
}
