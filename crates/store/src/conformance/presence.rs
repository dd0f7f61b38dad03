//! Laws of [`PresenceStore`](halloo_core::sessions::PresenceStore).

use halloo_core::Millis;
use halloo_core::info::InfoChange;
use halloo_core::rooms::{Room, RoomId};
use halloo_core::sessions::{CloseReason, LastSeen, SessionId};
use halloo_core::users::{Actor, UidTarget, User, UserId, Wanted};
use tokio::sync::RwLock;

use super::{NOW, Store, World};

/// Held for writing by the law that forgets who is online, whatever his app; for reading by those that
/// rely on somebody being so.
static FORGETTING: RwLock<()> = RwLock::const_new(());

/// The end of a session so long after `NOW`.
fn end(after_ms: i64) -> LastSeen {
    LastSeen {
        at: Millis(NOW.0 + after_ms),
        reason: CloseReason::LoggedOut,
    }
}

async fn online(world: World<'_>, user: &User, session: u64) {
    let World { store, app } = world;
    let noted = store.came_online(app, user.id, SessionId(session)).await;
    noted.unwrap();
}

async fn offline(world: World<'_>, user: &User, session: u64, last_seen: LastSeen) {
    let World { store, app } = world;
    let noted = store.went_offline(app, user.id, SessionId(session), last_seen);
    noted.await.unwrap();
}

async fn last_seen(world: World<'_>, user: &User) -> Option<LastSeen> {
    let found = world.store.last_seen(world.app, user.id).await;
    found.unwrap()
}

pub async fn who_never_came_online_was_never_seen(store: &dyn Store) {
    let _others = FORGETTING.read().await;
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    world.enter(&ada, &[1]).await;
    assert_eq!(last_seen(world, &ada).await, None);
    // Nobody goes offline who is so.
    offline(world, &ada, 1, end(1)).await;
    assert_eq!(last_seen(world, &ada).await, None);
    assert_eq!(world.rooms(&ada).await, [1]);
    // Nor was anybody seen whose first session lasts.
    online(world, &ada, 1).await;
    assert_eq!(last_seen(world, &ada).await, None);
    offline(world, &ada, 1, end(2)).await;
    assert_eq!(last_seen(world, &ada).await, Some(end(2)));
    assert_eq!(last_seen(world, &bo).await, None);
    let nobody = store.last_seen(world.app, UserId(i64::MAX)).await;
    assert_eq!(nobody.unwrap(), None);
}

pub async fn the_last_session_says_when_and_why_it_ended(store: &dyn Store) {
    let _others = FORGETTING.read().await;
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    online(world, &bo, 1).await;
    for (number, reason) in (0..).zip(CloseReason::ALL) {
        // The one that came first, or another that he opened meanwhile.
        for (round, later) in [(0, 0), (1, 5)] {
            let session = 20 * number + 10 * round + 1;
            let at = Millis(NOW.0 + i64::try_from(session).unwrap());
            let expected = LastSeen { at, reason };
            online(world, &ada, session).await;
            offline(world, &ada, session + later, expected).await;
            assert_eq!(last_seen(world, &ada).await, Some(expected));
            // He is offline since then, whatever ends after it.
            offline(world, &ada, session + later, end(-1)).await;
            offline(world, &ada, session + later + 1, end(-1)).await;
            assert_eq!(last_seen(world, &ada).await, Some(expected));
        }
    }
    assert_eq!(last_seen(world, &bo).await, None);
}

pub async fn who_goes_offline_leaves_every_room(store: &dyn Store) {
    let _others = FORGETTING.read().await;
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let [namesake] = other.users(["ada"]).await;
    let owned = Room {
        id: RoomId(4),
        owner: Some(bo.id),
        created: NOW,
    };
    store.put_room(world.app, owned).await.unwrap();
    let change = InfoChange {
        open: Some("open".into()),
        private: None,
    };
    store
        .set_room_info(world.app, RoomId(5), Actor::App, change, 9, NOW)
        .await
        .unwrap();
    world.enter(&ada, &[1, 2, 3, 4, 5]).await;
    world.enter(&bo, &[1, 2]).await;
    other.enter(&namesake, &[1, 3]).await;
    for (world, user) in [(world, &ada), (world, &bo), (other, &namesake)] {
        online(world, user, 1).await;
    }
    offline(world, &ada, 1, end(1)).await;
    assert_eq!(world.rooms(&ada).await, [0; 0]);
    assert_eq!(world.inside(RoomId(1)).await, ["bo"]);
    assert_eq!(world.inside(RoomId(2)).await, ["bo"]);
    let rooms = (1..=5).map(RoomId).collect();
    let sizes = store.room_sizes(world.app, rooms).await.unwrap();
    assert_eq!(sizes, [1, 1, 0, 0, 0]);
    for (room, stays) in [(1, true), (2, true), (3, false), (4, true), (5, true)] {
        let found = store.room(world.app, RoomId(room)).await.unwrap();
        assert_eq!(found.is_some(), stays, "{room}");
    }
    let texts = store.room_info(world.app, RoomId(5)).await.unwrap();
    assert_eq!(&*texts.open, "open");
    assert_eq!(world.rooms(&bo).await, [1, 2]);
    assert_eq!(other.rooms(&namesake).await, [1, 3]);
    // Who may put the absent into rooms finds them there: they went offline before.
    world.enter(&ada, &[1]).await;
    offline(world, &ada, 1, end(2)).await;
    assert_eq!(world.rooms(&ada).await, [1]);
}

pub async fn going_offline_answers_the_rooms_that_were_left(store: &dyn Store) {
    let _others = FORGETTING.read().await;
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, gone] = world.users(["ada", "bo", "gone"]).await;
    let [namesake] = other.users(["ada"]).await;
    world.enter(&ada, &[3, 1]).await;
    world.enter(&bo, &[1, 2]).await;
    world.enter(&gone, &[4]).await;
    other.enter(&namesake, &[1, 5]).await;
    let leave = async |world: World<'_>, user: &User, session| {
        let offline = store.went_offline(world.app, user.id, SessionId(session), end(1));
        let mut left = offline.await.unwrap();
        left.sort_unstable();
        left
    };
    // He never was online.
    assert_eq!(leave(world, &ada, 1).await, []);
    for user in [&ada, &bo, &gone] {
        online(world, user, 5).await;
    }
    // He is online with a later session, or in another app.
    assert_eq!(leave(world, &ada, 4).await, []);
    assert_eq!(leave(other, &ada, 5).await, []);
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    assert_eq!(leave(world, &gone, 5).await, []);
    assert_eq!(leave(world, &ada, 5).await, [1, 3].map(RoomId));
    // He is offline already, or was nowhere.
    world.enter(&ada, &[6]).await;
    assert_eq!(leave(world, &ada, 5).await, []);
    assert_eq!(world.rooms(&ada).await, [6]);
    let rooms = vec![RoomId(1), RoomId(2)];
    store.left_rooms(world.app, bo.id, rooms).await.unwrap();
    assert_eq!(leave(world, &bo, 5).await, []);
    assert_eq!(last_seen(world, &bo).await, Some(end(1)));
}

pub async fn an_earlier_session_takes_nobody_offline(store: &dyn Store) {
    let _others = FORGETTING.read().await;
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    world.enter(&ada, &[1]).await;
    online(world, &ada, 5).await;
    // Even if the earlier one is noted after the later.
    online(world, &ada, 3).await;
    for session in [1, 3, 4] {
        offline(world, &ada, session, end(1)).await;
        assert_eq!(last_seen(world, &ada).await, None);
        assert_eq!(world.rooms(&ada).await, [1]);
    }
    online(world, &ada, 7).await;
    offline(world, &ada, 6, end(1)).await;
    assert_eq!(last_seen(world, &ada).await, None);
    assert_eq!(world.rooms(&ada).await, [1]);
    offline(world, &ada, 7, end(2)).await;
    assert_eq!(last_seen(world, &ada).await, Some(end(2)));
    assert_eq!(world.rooms(&ada).await, [0; 0]);
}

pub async fn who_is_online_again_was_last_seen_before(store: &dyn Store) {
    let _others = FORGETTING.read().await;
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    online(world, &ada, 1).await;
    offline(world, &ada, 1, end(1)).await;
    // Numbers begin anew with every start of the server.
    for session in [2, 1] {
        online(world, &ada, session).await;
        assert_eq!(last_seen(world, &ada).await, Some(end(1)));
        offline(world, &ada, session - 1, end(2)).await;
        assert_eq!(last_seen(world, &ada).await, Some(end(1)));
        offline(world, &ada, session, end(1)).await;
    }
    online(world, &ada, 1).await;
    offline(world, &ada, 1, end(3)).await;
    assert_eq!(last_seen(world, &ada).await, Some(end(3)));
}

pub async fn nobody_comes_online_who_is_gone_or_of_another_app(store: &dyn Store) {
    let _others = FORGETTING.read().await;
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [gone, ada] = world.users(["gone", "ada"]).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    world.enter(&ada, &[1]).await;
    for (asked, user) in [(world, &gone), (other, &ada)] {
        online(asked, user, 1).await;
        for app in [world, other] {
            offline(app, user, 1, end(1)).await;
            assert_eq!(last_seen(app, user).await, None);
        }
    }
    assert_eq!(world.rooms(&ada).await, [1]);
    // Another app takes nobody offline, makes nobody's session later, and has seen nobody.
    online(world, &ada, 1).await;
    online(other, &ada, 9).await;
    offline(other, &ada, 9, end(1)).await;
    assert_eq!(last_seen(world, &ada).await, None);
    assert_eq!(world.rooms(&ada).await, [1]);
    offline(world, &ada, 1, end(2)).await;
    assert_eq!(last_seen(world, &ada).await, Some(end(2)));
    assert_eq!(last_seen(other, &ada).await, None);
}

pub async fn a_deleted_user_was_never_seen(store: &dyn Store) {
    let _others = FORGETTING.read().await;
    let world = World::new(store).await;
    let users = world.users(["ada", "bo", "cy"]).await;
    let [ada, bo, cy] = &users;
    for user in &users {
        online(world, user, 1).await;
        offline(world, user, 1, end(1)).await;
    }
    online(world, ada, 2).await;
    // One by himself, one in a page.
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    let after = Some(UserId(bo.id.0 - 1));
    store
        .delete_users_page(world.app, after, 1, NOW)
        .await
        .unwrap();
    let [ada_again, bo_again] = world.users(["ada", "bo"]).await;
    world.enter(&ada_again, &[1]).await;
    for user in [ada, bo, &ada_again, &bo_again] {
        assert_eq!(last_seen(world, user).await, None);
        // What was online is not any more.
        offline(world, user, 9, end(2)).await;
        assert_eq!(last_seen(world, user).await, None);
    }
    assert_eq!(world.rooms(&ada_again).await, [1]);
    assert_eq!(last_seen(world, cy).await, Some(end(1)));
}

pub async fn whoever_is_online_is_forgotten_some_at_a_time(store: &dyn Store) {
    let _alone = FORGETTING.write().await;
    let (world, other) = (World::new(store).await, World::new(store).await);
    let lost = LastSeen {
        reason: CloseReason::ServerLost,
        ..end(9)
    };
    let forget = |limit| async move { store.forget_online(lost, limit).await.unwrap() };
    // Other laws have left somebody online.
    while forget(100).await {}
    assert!(!forget(1).await);

    let here = world.users(["ada", "bo", "cy", "off", "new", "gone"]).await;
    let there = other.users(["ada", "bo"]).await;
    let [ada, bo, cy, off, new, gone] = &here;
    for user in [ada, bo, cy, off, new] {
        world.enter(user, &[1, 2]).await;
    }
    for user in &there {
        other.enter(user, &[1]).await;
    }
    for user in [off, cy] {
        online(world, user, 1).await;
        offline(world, user, 1, end(1)).await;
    }
    for user in [off, cy] {
        world.enter(user, &[1, 2]).await;
    }
    let online_users = [
        (world, ada),
        (world, bo),
        (world, cy),
        (other, &there[0]),
        (other, &there[1]),
    ];
    for (session, (world, user)) in (7..).zip(online_users) {
        online(world, user, session).await;
    }
    online(world, gone, 20).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();

    for (more, forgotten) in [(true, 2), (true, 4), (false, 5), (false, 5)] {
        assert_eq!(forget(2).await, more, "{forgotten}");
        let mut count = 0;
        for (world, user) in online_users {
            let is_forgotten = last_seen(world, user).await == Some(lost);
            assert_eq!(world.rooms(user).await.is_empty(), is_forgotten);
            count += usize::from(is_forgotten);
        }
        assert_eq!(count, forgotten);
    }
    // Neither who was offline nor who never was online is touched, nor his rooms.
    for (user, seen) in [(off, Some(end(1))), (new, None)] {
        assert_eq!(last_seen(world, user).await, seen);
        assert_eq!(world.rooms(user).await, [1, 2]);
    }
    assert_eq!(world.inside(RoomId(1)).await, ["new", "off"]);
    assert_eq!(other.inside(RoomId(1)).await, [""; 0]);
    assert_eq!(store.room(other.app, RoomId(1)).await.unwrap(), None);
    // No session of before takes them offline again.
    offline(world, ada, 99, end(10)).await;
    assert_eq!(last_seen(world, ada).await, Some(lost));
    // Exactly as many as are asked for.
    online(world, ada, 1).await;
    online(world, bo, 2).await;
    assert!(!forget(2).await);
    assert_eq!(last_seen(world, bo).await, Some(lost));
}

pub async fn what_a_session_leaves_is_left_by_row_and_nothing_else(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["42", "bo"]).await;
    let [namesake] = other.users(["42"]).await;
    world.enter(&ada, &[1, 2, 3]).await;
    world.enter(&bo, &[1]).await;
    other.enter(&namesake, &[1]).await;
    let leave = async |user: &User, rooms: &[i64]| {
        let rooms = rooms.iter().map(|id| RoomId(*id)).collect();
        store.left_rooms(world.app, user.id, rooms).await.unwrap();
    };
    let rooms = async |app, user: &User| store.rooms_of(app, user.id).await.unwrap();
    leave(&ada, &[1, 3, 9]).await;
    leave(&namesake, &[1]).await;
    assert_eq!(rooms(world.app, &ada).await, [RoomId(2)]);
    assert_eq!(rooms(world.app, &bo).await, [RoomId(1)]);
    assert_eq!(rooms(other.app, &namesake).await, [RoomId(1)]);
    // A later owner of the name is another.
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    let [again] = world.users(["42"]).await;
    world.enter(&again, &[1]).await;
    leave(&ada, &[1]).await;
    assert_eq!(rooms(world.app, &again).await, [RoomId(1)]);
}

pub async fn a_row_is_changed_for_its_own_user_whatever_his_name(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["42"]).await;
    let set = async |user: UserId| {
        let (key, value) = ("k".into(), "v".into());
        let user = Wanted::Existing(user);
        store
            .set_data(world.app, user, key, value, 9)
            .await
            .unwrap();
    };
    let remove = async |user: UidTarget| {
        store
            .remove_data(world.app, user, "k".into())
            .await
            .unwrap();
    };
    let data = async |user: UserId| store.data(world.app, user, "k").await.unwrap();
    set(ada.id).await;
    remove(UidTarget::Id(ada.id)).await;
    assert!(data(ada.id).await.is_some(), "his uid is his name");
    remove(UidTarget::Row(ada.id)).await;
    assert_eq!(data(ada.id).await, None);
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    let [again] = world.users(["42"]).await;
    set(again.id).await;
    remove(UidTarget::Row(ada.id)).await;
    assert!(data(again.id).await.is_some(), "he is another");
}
