//! Laws of [`UserStore::stranger`](halloo_core::users::UserStore::stranger).

use halloo_core::Error;
use halloo_core::users::UserName;

use super::{Store, World};

fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

pub async fn a_stranger_has_one_number_that_no_user_has(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let admin = store.stranger(world.app, &name("admin"), 2).await.unwrap();
    let robot = store.stranger(world.app, &name("robot"), 2).await.unwrap();
    assert!(admin.0 < 0 && robot.0 < 0 && ada.id.0 > 0);
    assert_ne!(admin, robot);
    let again = store.stranger(world.app, &name("admin"), 2).await.unwrap();
    assert_eq!(again, admin);
    // He is no user by that, and somebody of his name may become one.
    assert_eq!(
        store.user_by_name(world.app, &name("admin")).await.unwrap(),
        None
    );
    let [user] = world.users(["admin"]).await;
    assert!(user.id.0 > 0);
    let again = store.stranger(world.app, &name("admin"), 2).await.unwrap();
    assert_eq!(again, admin);
}

pub async fn an_app_has_so_many_strangers_and_no_more(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let admin = store.stranger(world.app, &name("admin"), 1).await.unwrap();
    let refused = store.stranger(world.app, &name("robot"), 1).await;
    assert!(
        matches!(refused, Err(Error::UserQuotaReached)),
        "{refused:?}"
    );
    assert_eq!(
        store.stranger(world.app, &name("admin"), 1).await.unwrap(),
        admin
    );
    let elsewhere = store.stranger(other.app, &name("admin"), 1).await.unwrap();
    assert_ne!(elsewhere, admin, "each app has its own");
    store.stranger(world.app, &name("robot"), 2).await.unwrap();
}
