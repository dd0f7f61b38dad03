//! Laws of what a user may ask for himself: what concerns a group or room as its member only.

use halloo_core::Error;
use halloo_core::groups::{GroupId, GroupLimits};
use halloo_core::info::{Info, InfoChange};
use halloo_core::rooms::{Room, RoomId};
use halloo_core::users::{Actor, User};

use super::uses::ROOMY;
use super::{NOW, Store, World, called, existing, wanted};

const GROUP: GroupId = GroupId(1);
const ROOM: RoomId = RoomId(1);

fn by(user: &User) -> Actor {
    Actor::User(user.id)
}

fn text(open: &str) -> InfoChange {
    InfoChange {
        open: Some(open.into()),
        private: Some("private".into()),
    }
}

fn info(open: &str) -> Info {
    Info {
        open: open.into(),
        private: "private".into(),
    }
}

pub async fn a_member_changes_his_group(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    world.join(GROUP, &[&ada]).await;
    let members = vec![existing(&bo), wanted("new"), existing(&ada)];
    store
        .add_group_members(world.app, GROUP, by(&ada), members, ROOMY, NOW)
        .await
        .unwrap();
    assert_eq!(world.members(GROUP).await, ["ada", "bo", "new"]);
    // Whom somebody added is a member like him.
    store
        .set_group_info(world.app, GROUP, by(&bo), text("bo"), ROOMY, NOW)
        .await
        .unwrap();
    let found = store.group_info(world.app, GROUP).await.unwrap();
    assert_eq!(found, info("bo"));
    let remove = |actor, names: &[&str]| {
        let members = names.iter().map(|name| called(name)).collect();
        store.remove_group_members(world.app, GROUP, actor, members)
    };
    remove(by(&bo), &["new", "nobody"]).await.unwrap();
    assert_eq!(world.members(GROUP).await, ["ada", "bo"]);
    // Who goes himself is heard for the last time.
    remove(by(&ada), &["ada", "bo"]).await.unwrap();
    assert_eq!(world.members(GROUP).await, [""; 0]);
    assert_refused!(remove(by(&ada), &["ada"]).await, Error::NotGroupMember);
}

pub async fn who_is_no_member_changes_no_group(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, gone] = world.users(["ada", "bo", "gone"]).await;
    let [stranger] = other.users(["stranger"]).await;
    world.join(GROUP, &[&ada, &gone]).await;
    world.join(GroupId(2), &[&bo]).await;
    other.join(GROUP, &[&stranger]).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    store
        .set_group_info(world.app, GROUP, Actor::App, text("app"), ROOMY, NOW)
        .await
        .unwrap();
    for user in [&bo, &gone, &stranger] {
        // Nobody is a member of a group that is not there.
        for group in [GROUP, GroupId(3)] {
            let (app, actor) = (world.app, by(user));
            for members in [
                vec![],
                vec![existing(&bo)],
                vec![wanted("new"), existing(&ada)],
            ] {
                let added = store.add_group_members(app, group, actor, members, ROOMY, NOW);
                assert_refused!(added.await, Error::NotGroupMember);
            }
            for members in [vec![], vec![called("ada")], vec![called("bo")]] {
                let removed = store.remove_group_members(app, group, actor, members);
                assert_refused!(removed.await, Error::NotGroupMember);
            }
            for change in [text("text"), InfoChange::default()] {
                let set = store.set_group_info(app, group, actor, change, ROOMY, NOW);
                assert_refused!(set.await, Error::NotGroupMember);
            }
        }
    }
    assert_eq!(world.members(GROUP).await, ["ada"]);
    assert_eq!(world.members(GroupId(2)).await, ["bo"]);
    assert_eq!(other.members(GROUP).await, ["stranger"]);
    let found = store.group_info(world.app, GROUP).await.unwrap();
    assert_eq!(found, info("app"));
    assert_eq!(store.group(world.app, GroupId(3)).await.unwrap(), None);
    let found = store.group_info(world.app, GroupId(3)).await.unwrap();
    assert_eq!(found, Info::default());
    assert_eq!(world.user_names().await, ["ada", "bo"]);
    assert_eq!(world.count().await, 2);
}

pub async fn who_is_in_a_room_sets_its_texts_and_nobody_else(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, gone] = world.users(["ada", "bo", "gone"]).await;
    let [stranger] = other.users(["stranger"]).await;
    world.enter(&ada, &[1]).await;
    world.enter(&gone, &[1]).await;
    world.enter(&bo, &[2]).await;
    other.enter(&stranger, &[1]).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    let set = |room, actor, open| store.set_room_info(world.app, room, actor, text(open), 9, NOW);
    set(ROOM, by(&ada), "ada").await.unwrap();
    for user in [&bo, &gone, &stranger] {
        for room in [ROOM, RoomId(3)] {
            assert_refused!(set(room, by(user), "text").await, Error::NotInRoom);
        }
    }
    let found = || store.room_info(world.app, ROOM);
    assert_eq!(found().await.unwrap(), info("ada"));
    assert_eq!(store.room(world.app, RoomId(3)).await.unwrap(), None);
    let nothing = store.room_info(world.app, RoomId(3)).await.unwrap();
    assert_eq!(nothing, Info::default());
    assert_eq!(world.inside(ROOM).await, ["ada"]);
    // Who has left is heard no more; the app always is.
    store
        .leave_rooms(world.app, called("ada"), vec![ROOM])
        .await
        .unwrap();
    assert_refused!(set(ROOM, by(&ada), "late").await, Error::NotInRoom);
    assert_eq!(found().await.unwrap(), info("ada"));
    set(ROOM, Actor::App, "app").await.unwrap();
    assert_eq!(found().await.unwrap(), info("app"));
}

pub async fn users_give_texts_to_so_many_rooms_and_the_app_to_any(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    world.enter(&ada, &[1, 2, 3]).await;
    let set = async |room, actor| {
        let text = InfoChange {
            open: Some("text".into()),
            private: None,
        };
        store
            .set_room_info(world.app, RoomId(room), actor, text, 2, NOW)
            .await
    };
    set(1, by(&ada)).await.unwrap();
    set(1, by(&ada)).await.unwrap();
    set(9, Actor::App).await.unwrap();
    assert_refused!(set(2, by(&ada)).await, Error::RoomQuotaReached);
    let rooms = vec![RoomId(1), RoomId(2), RoomId(9)];
    let texts = store.room_open_infos(world.app, rooms).await.unwrap();
    assert_eq!(texts, ["text".into(), "".into(), "text".into()]);
    // Whoever has texts may have others, and the app is not counted out.
    set(1, by(&ada)).await.unwrap();
    set(2, Actor::App).await.unwrap();
    assert_refused!(set(3, by(&ada)).await, Error::RoomQuotaReached);
    // A deleted room leaves its place to another.
    let owned = Room {
        id: RoomId(1),
        owner: Some(ada.id),
        created: NOW,
    };
    store.put_room(world.app, owned).await.unwrap();
    let [bo] = world.users(["bo"]).await;
    world.enter(&bo, &[3]).await;
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    assert_refused!(set(3, by(&bo)).await, Error::RoomQuotaReached);
    let owned = Room {
        id: RoomId(2),
        owner: Some(bo.id),
        created: NOW,
    };
    store.put_room(world.app, owned).await.unwrap();
    let [cy] = world.users(["cy"]).await;
    world.enter(&cy, &[3]).await;
    store.delete_user(world.app, bo.id, NOW).await.unwrap();
    set(3, by(&cy)).await.unwrap();
}

pub async fn public_texts_of_groups_come_in_the_order_asked_for(store: &dyn Store) {
    let world = World::new(store).await;
    let limits = GroupLimits {
        members: 9,
        groups: None,
    };
    for (group, open) in [(1, "one"), (2, "two")] {
        let text = InfoChange {
            open: Some(open.into()),
            private: Some("private".into()),
        };
        store
            .set_group_info(world.app, GroupId(group), Actor::App, text, limits, NOW)
            .await
            .unwrap();
    }
    let groups = vec![GroupId(2), GroupId(7), GroupId(1)];
    let texts = store.group_open_infos(world.app, groups).await.unwrap();
    assert_eq!(texts, ["two".into(), "".into(), "one".into()]);
}
