//! Laws of [`GroupStore`](halloo_core::groups::GroupStore).

use halloo_core::Millis;
use halloo_core::groups::{Group, GroupId};

use super::{NOW, Store, World};

pub async fn a_group_is_found_as_it_was_put(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let members = vec![ada.id, bo.id];
    // The greatest id that every dialect can write.
    let group = Group {
        id: GroupId(999_999_999_999_999),
        owner: bo.id,
        members,
        created: NOW,
    };
    store.put_group(world.app, group.clone()).await.unwrap();
    assert_eq!(store.group(world.app, group.id).await.unwrap(), Some(group));
    assert_eq!(store.group(world.app, GroupId(1)).await.unwrap(), None);
}

pub async fn a_group_put_again_is_replaced(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let members = vec![ada.id, bo.id];
    let old = Group {
        id: GroupId(1),
        owner: ada.id,
        members,
        created: NOW,
    };
    let members = vec![bo.id, cy.id];
    let new = Group {
        id: GroupId(1),
        owner: cy.id,
        members,
        created: Millis(NOW.0 + 1),
    };
    store.put_group(world.app, old).await.unwrap();
    store.put_group(world.app, new.clone()).await.unwrap();
    assert_eq!(store.group(world.app, GroupId(1)).await.unwrap(), Some(new));
}

pub async fn group_ids_are_per_app(store: &dyn Store) {
    let (here, there) = (World::new(store).await, World::new(store).await);
    let [ada] = here.users(["ada"]).await;
    let [bo] = there.users(["bo"]).await;
    let group = |owner| Group {
        id: GroupId(1),
        owner,
        members: vec![owner],
        created: NOW,
    };
    store.put_group(here.app, group(ada.id)).await.unwrap();
    assert_eq!(store.group(there.app, GroupId(1)).await.unwrap(), None);
    store.put_group(there.app, group(bo.id)).await.unwrap();
    assert_eq!(
        store.group(here.app, GroupId(1)).await.unwrap(),
        Some(group(ada.id))
    );
}
