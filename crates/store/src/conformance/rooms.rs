//! Laws of [`RoomStore`](halloo_core::rooms::RoomStore).

use halloo_core::Millis;
use halloo_core::rooms::{Room, RoomId};

use super::{NOW, Store, World};

pub async fn a_room_is_found_as_it_was_put(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    // The greatest id that every dialect can write.
    let room = Room {
        id: RoomId(999_999_999_999_999),
        owner: ada.id,
        created: NOW,
    };
    store.put_room(world.app, room.clone()).await.unwrap();
    assert_eq!(store.room(world.app, room.id).await.unwrap(), Some(room));
    assert_eq!(store.room(world.app, RoomId(1)).await.unwrap(), None);
}

pub async fn a_room_put_again_is_replaced(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let old = Room {
        id: RoomId(1),
        owner: ada.id,
        created: NOW,
    };
    let new = Room {
        id: RoomId(1),
        owner: bo.id,
        created: Millis(NOW.0 + 1),
    };
    store.put_room(world.app, old).await.unwrap();
    store.put_room(world.app, new.clone()).await.unwrap();
    assert_eq!(store.room(world.app, RoomId(1)).await.unwrap(), Some(new));
}

pub async fn room_ids_are_per_app(store: &dyn Store) {
    let (here, there) = (World::new(store).await, World::new(store).await);
    let [ada] = here.users(["ada"]).await;
    let [bo] = there.users(["bo"]).await;
    let room = |owner| Room {
        id: RoomId(1),
        owner,
        created: NOW,
    };
    store.put_room(here.app, room(ada.id)).await.unwrap();
    assert_eq!(store.room(there.app, RoomId(1)).await.unwrap(), None);
    store.put_room(there.app, room(bo.id)).await.unwrap();
    assert_eq!(
        store.room(here.app, RoomId(1)).await.unwrap(),
        Some(room(ada.id))
    );
}
