//! Laws of [`RoomStore`](halloo_core::rooms::RoomStore).

use halloo_core::info::InfoChange;
use halloo_core::rooms::{Room, RoomId};
use halloo_core::users::{Actor, User, Wanted};
use halloo_core::{Error, Millis};

use super::{NOW, Store, World, called, existing, named, new_user, wanted};

const ROOM: RoomId = RoomId(1);
const LATER: Millis = Millis(NOW.0 + 1);

pub async fn a_room_is_found_as_it_was_put(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    // The greatest id that every dialect can write.
    let room = Room {
        id: RoomId(999_999_999_999_999),
        owner: Some(ada.id),
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
        owner: Some(ada.id),
        created: NOW,
    };
    let new = Room {
        id: RoomId(1),
        owner: Some(bo.id),
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
        owner: Some(owner),
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

pub async fn a_room_may_be_nobodys(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, gone] = world.users(["ada", "gone"]).await;
    let [stranger] = other.users(["stranger"]).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    let room = |owner: Option<&User>| Room {
        id: ROOM,
        owner: owner.map(|user| user.id),
        created: NOW,
    };
    let found = || store.room(world.app, ROOM);
    for missing in [&gone, &stranger] {
        let put = store.put_room(world.app, room(Some(missing))).await;
        assert_refused!(put, Error::UnknownUser);
    }
    assert_eq!(found().await.unwrap(), None);
    for owner in [None, Some(&ada), None] {
        store.put_room(world.app, room(owner)).await.unwrap();
        assert_eq!(found().await.unwrap(), Some(room(owner)));
    }
    // So it outlives everybody.
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    assert_eq!(found().await.unwrap(), Some(room(None)));
}

pub async fn entering_makes_a_room(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let made = |id, created| Room {
        id: RoomId(id),
        owner: None,
        created,
    };
    world.enter(&ada, &[1, 2]).await;
    store
        .fill_room(world.app, RoomId(3), vec![existing(&ada)], 10, LATER)
        .await
        .unwrap();
    let later = vec![RoomId(1), RoomId(4)];
    store
        .enter_rooms(world.app, existing(&bo), later, 10, LATER)
        .await
        .unwrap();
    for room in [made(1, NOW), made(2, NOW), made(3, LATER), made(4, LATER)] {
        assert_eq!(store.room(world.app, room.id).await.unwrap(), Some(room));
    }
    assert_eq!(world.inside(ROOM).await, ["ada", "bo"]);
    let mut inside = store.room_members(world.app, ROOM).await.unwrap();
    inside.sort_by_key(|member| member.id);
    assert_eq!(inside, [&ada, &bo].map(named));
    assert_eq!(world.inside(RoomId(2)).await, ["ada"]);
    // Rooms put again keep who is in them.
    let owned = Room {
        owner: Some(bo.id),
        ..made(1, NOW)
    };
    store.put_room(world.app, owned).await.unwrap();
    assert_eq!(world.inside(ROOM).await, ["ada", "bo"]);
}

pub async fn nobody_enters_more_rooms_than_he_may(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let enter = |user, rooms: &[i64], most| {
        let rooms = rooms.iter().copied().map(RoomId).collect();
        store.enter_rooms(world.app, user, rooms, most, NOW)
    };
    let inside = || async {
        let mut inside = Vec::new();
        for room in 1..=5 {
            inside.push(world.inside(RoomId(room)).await.len());
        }
        inside
    };
    // Neither a room nor a new user stays.
    let refused = enter(wanted("new"), &[1, 2, 3], 2).await;
    assert_refused!(refused, Error::RoomLimit);
    assert_eq!(inside().await, [0, 0, 0, 0, 0]);
    assert_eq!(store.room(world.app, ROOM).await.unwrap(), None);
    assert_eq!(world.user_names().await, ["ada"]);

    enter(existing(&ada), &[1, 2, 1], 2).await.unwrap();
    let refused = enter(existing(&ada), &[2, 3], 2).await;
    assert_refused!(refused, Error::RoomLimit);
    assert_eq!(inside().await, [1, 1, 0, 0, 0]);
    assert_eq!(store.room(world.app, RoomId(3)).await.unwrap(), None);
    // Where he is already he takes no second place, even if the limit was lowered meanwhile.
    for most in [2, 1, 0] {
        enter(existing(&ada), &[2, 1], most).await.unwrap();
    }
    // Each has places of his own, and who leaves a room may enter another.
    enter(wanted("bo"), &[1, 3], 2).await.unwrap();
    store
        .leave_rooms(world.app, called("ada"), vec![RoomId(1)])
        .await
        .unwrap();
    enter(existing(&ada), &[4], 2).await.unwrap();
    assert_eq!(inside().await, [1, 1, 1, 1, 0]);
    // A room in another app takes no place here.
    let other = World::new(store).await;
    let [namesake] = other.users(["ada"]).await;
    other.enter(&namesake, &[1, 2]).await;
    let refused = enter(existing(&ada), &[5], 2).await;
    assert_refused!(refused, Error::RoomLimit);
    enter(existing(&ada), &[5], 3).await.unwrap();
}

pub async fn filling_a_room_answers_who_is_in_it(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, busy, gone] = world.users(["ada", "bo", "busy", "gone"]).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    world.enter(&busy, &[1, 2]).await;
    world.enter(&bo, &[3, 4]).await;
    let users = vec![
        existing(&ada),
        existing(&busy),
        // In as many rooms as he may be, but this is one of them.
        existing(&bo),
        wanted("new"),
        existing(&gone),
        Wanted::Numbered(gone.id),
        Wanted::Numbered(ada.id),
    ];
    let filled = store.fill_room(world.app, RoomId(3), users, 2, NOW).await;
    assert_eq!(
        filled.unwrap(),
        [true, false, true, true, false, false, true]
    );
    assert_eq!(world.inside(RoomId(3)).await, ["ada", "bo", "new"]);
    assert_eq!(world.inside(RoomId(1)).await, ["busy"]);
    let filled = store.fill_room(world.app, RoomId(5), vec![], 2, NOW).await;
    assert_eq!(filled.unwrap(), [false; 0]);
    // Nobody is put in past the user quota.
    let newcomer = Wanted::Named {
        new: new_user("newcomer"),
        quota: Some(4),
        now: NOW,
    };
    let users = vec![existing(&ada), newcomer];
    assert_refused!(
        store.fill_room(world.app, RoomId(6), users, 9, NOW).await,
        Error::UserQuotaReached
    );
    assert_eq!(world.inside(RoomId(6)).await, [""; 0]);
    assert_eq!(store.room(world.app, RoomId(6)).await.unwrap(), None);
}

pub async fn leaving_and_emptying_end_what_is_there(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    for user in [&ada, &bo, &cy] {
        world.enter(user, &[1, 2, 3]).await;
    }
    let leave = |text: &str, rooms: &[i64]| {
        let rooms = rooms.iter().copied().map(RoomId).collect();
        store.leave_rooms(world.app, called(text), rooms)
    };
    for left in [&[RoomId(1), RoomId(3)][..], &[]] {
        let mut answer = leave("ada", &[3, 1, 1, 9]).await.unwrap();
        answer.sort_unstable();
        assert_eq!(answer, left);
        assert_eq!(leave("nobody", &[1]).await.unwrap(), []);
        assert_eq!(world.inside(RoomId(1)).await, ["bo", "cy"]);
        assert_eq!(world.inside(RoomId(2)).await, ["ada", "bo", "cy"]);
        assert_eq!(world.inside(RoomId(3)).await, ["bo", "cy"]);
    }
    let empty = |id, names: &[&str]| {
        let users = names.iter().map(|name| called(name)).collect();
        store.empty_room(world.app, RoomId(id), users)
    };
    let names = ["cy", "ada", "nobody", "bo", "cy"];
    let left = empty(1, &names).await.unwrap();
    assert_eq!(left, [true, false, false, true, true]);
    assert_eq!(empty(1, &names).await.unwrap(), [false; 5]);
    assert_eq!(world.inside(RoomId(1)).await, [""; 0]);
    assert_eq!(world.inside(RoomId(2)).await, ["ada", "bo", "cy"]);
    assert_eq!(empty(9, &["ada"]).await.unwrap(), [false]);
    // An empty room is gone, and where there was none, none is made.
    assert_eq!(store.room(world.app, RoomId(1)).await.unwrap(), None);
    assert_eq!(store.room(world.app, RoomId(9)).await.unwrap(), None);
    assert_eq!(world.user("nobody").await, None);
}

pub async fn an_empty_room_stays_that_has_an_owner_or_texts(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let owned = Room {
        id: RoomId(1),
        owner: Some(ada.id),
        created: NOW,
    };
    store.put_room(world.app, owned).await.unwrap();
    let change = InfoChange {
        open: Some("open".into()),
        private: None,
    };
    store
        .set_room_info(world.app, RoomId(2), Actor::App, change, 9, NOW)
        .await
        .unwrap();
    world.enter(&ada, &[1, 2]).await;
    store
        .leave_rooms(world.app, called("ada"), vec![RoomId(1), RoomId(2)])
        .await
        .unwrap();
    for room in [1, 2] {
        let room = store.room(world.app, RoomId(room)).await.unwrap();
        assert!(room.is_some(), "{room:?}");
    }
}

pub async fn who_moves_leaves_every_room_but_those_that_are_kept(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let [namesake] = other.users(["ada"]).await;
    world.enter(&ada, &[1, 2, 3, 4]).await;
    world.enter(&bo, &[1]).await;
    other.enter(&namesake, &[1, 5]).await;
    let go = |room, kept: &[i64], now| {
        let kept = kept.iter().copied().map(RoomId).collect();
        store.move_to_room(world.app, ada.id, RoomId(room), kept, now)
    };
    let sizes = || async {
        let rooms = (1..=6).map(RoomId).collect();
        store.room_sizes(world.app, rooms).await.unwrap()
    };
    let made = Room {
        id: RoomId(5),
        owner: None,
        created: LATER,
    };
    // What is kept is not entered.
    for now in [LATER, Millis(LATER.0 + 1)] {
        go(5, &[2, 6], now).await.unwrap();
        assert_eq!(world.rooms(&ada).await, [2, 5]);
        assert_eq!(sizes().await, [1, 1, 0, 0, 1, 0]);
        let found = store.room(world.app, made.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&made));
        for gone in [3, 4, 6] {
            assert_eq!(store.room(world.app, RoomId(gone)).await.unwrap(), None);
        }
    }
    assert_eq!(world.inside(ROOM).await, ["bo"]);
    go(5, &[], LATER).await.unwrap();
    assert_eq!(world.rooms(&ada).await, [5]);
    go(1, &[1], LATER).await.unwrap();
    assert_eq!(world.rooms(&ada).await, [1]);
    assert_eq!(world.inside(ROOM).await, ["ada", "bo"]);
    assert_eq!(sizes().await, [2, 0, 0, 0, 0, 0]);
    assert_eq!(other.rooms(&namesake).await, [1, 5]);
}

pub async fn moving_answers_the_rooms_that_were_left(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let [namesake] = other.users(["ada"]).await;
    world.enter(&ada, &[4, 1, 3, 2]).await;
    world.enter(&bo, &[1, 7]).await;
    other.enter(&namesake, &[1, 8]).await;
    let go = async |room, kept: &[i64]| {
        let kept = kept.iter().copied().map(RoomId).collect();
        let moved = store.move_to_room(world.app, ada.id, RoomId(room), kept, NOW);
        let mut left = moved.await.unwrap();
        left.sort_unstable();
        left
    };
    // Neither those that are kept, nor where he is going, nor where he never was.
    assert_eq!(go(3, &[2, 7]).await, [1, 4].map(RoomId));
    assert_eq!(go(3, &[2]).await, []);
    assert_eq!(go(5, &[]).await, [2, 3].map(RoomId));
    assert_eq!(go(5, &[]).await, []);
    assert_eq!(world.rooms(&ada).await, [5]);
}

pub async fn nobody_moves_who_is_gone_or_of_another_app(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [gone] = world.users(["gone"]).await;
    let [stranger] = other.users(["stranger"]).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    other.enter(&stranger, &[1, 2]).await;
    for user in [&gone, &stranger] {
        let moved = store.move_to_room(world.app, user.id, ROOM, vec![], NOW);
        assert_refused!(moved.await, Error::UnknownUser);
        assert_eq!(world.rooms(user).await, [0; 0]);
    }
    assert_eq!(store.room(world.app, ROOM).await.unwrap(), None);
    assert_eq!(other.rooms(&stranger).await, [1, 2]);
}

pub async fn the_rooms_of_a_user_are_listed_in_order(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let [namesake] = other.users(["ada"]).await;
    world.enter(&ada, &[30, 4, i64::MAX, 100]).await;
    world.enter(&bo, &[5, 4]).await;
    other.enter(&namesake, &[6]).await;
    assert_eq!(world.rooms(&ada).await, [4, 30, 100, i64::MAX]);
    assert_eq!(world.rooms(&bo).await, [4, 5]);
    assert_eq!(world.rooms(&cy).await, [0; 0]);
    assert_eq!(other.rooms(&namesake).await, [6]);
    assert_eq!(other.rooms(&ada).await, [0; 0]);
    assert_eq!(world.rooms(&namesake).await, [0; 0]);

    let is_in = |world: World<'_>, room, user: &User| {
        let inside = store.is_in_room(world.app, RoomId(room), user.id);
        async move { inside.await.unwrap() }
    };
    assert!(is_in(world, 4, &ada).await && is_in(world, 4, &bo).await);
    assert!(is_in(other, 6, &namesake).await);
    assert!(!is_in(world, 5, &ada).await && !is_in(world, 4, &cy).await);
    assert!(!is_in(other, 4, &ada).await && !is_in(world, 6, &namesake).await);
    assert!(!is_in(world, 9, &ada).await);
    store
        .leave_rooms(world.app, called("ada"), vec![RoomId(4)])
        .await
        .unwrap();
    assert!(!is_in(world, 4, &ada).await && is_in(world, 4, &bo).await);
}

pub async fn sizes_of_rooms_come_in_the_order_asked_for(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let [namesake] = other.users(["ada"]).await;
    world.enter(&ada, &[1, 2, 3]).await;
    world.enter(&bo, &[2, 3]).await;
    world.enter(&cy, &[3]).await;
    other.enter(&namesake, &[1, 4]).await;
    let sizes = |world: World<'_>, rooms: &[i64]| {
        let rooms = rooms.iter().copied().map(RoomId).collect();
        store.room_sizes(world.app, rooms)
    };
    let asked = [3, 4, 1, 2, 3, i64::MAX];
    assert_eq!(sizes(world, &asked).await.unwrap(), [3, 0, 1, 2, 3, 0]);
    assert_eq!(sizes(other, &asked).await.unwrap(), [0, 1, 1, 0, 0, 0]);
    assert_eq!(sizes(world, &[]).await.unwrap(), [0; 0]);
    assert_eq!(world.inside(RoomId(1)).await, ["ada"]);
    assert_eq!(other.inside(RoomId(2)).await, [""; 0]);
}

pub async fn a_deleted_owner_takes_his_room_along(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [owner, ada] = world.users(["owner", "ada"]).await;
    let [namesake] = other.users(["ada"]).await;
    let room = Room {
        id: ROOM,
        owner: Some(owner.id),
        created: NOW,
    };
    store.put_room(world.app, room).await.unwrap();
    world.enter(&ada, &[1, 2]).await;
    world.enter(&owner, &[1, 2]).await;
    other.enter(&namesake, &[1]).await;
    store.delete_user(world.app, owner.id, NOW).await.unwrap();
    assert_eq!(world.inside(ROOM).await, [""; 0]);
    assert_eq!(world.inside(RoomId(2)).await, ["ada"]);
    assert_eq!(other.inside(ROOM).await, ["ada"]);
    // Who was in it has his place back.
    let rooms = vec![RoomId(3)];
    store
        .enter_rooms(world.app, existing(&ada), rooms, 2, NOW)
        .await
        .unwrap();
    // A new room of that id is empty.
    let [bo] = world.users(["bo"]).await;
    world.enter(&bo, &[1]).await;
    assert_eq!(world.inside(ROOM).await, ["bo"]);
}
