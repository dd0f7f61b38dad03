//! Laws of the texts of users, groups and rooms.

use halloo_core::Millis;
use halloo_core::groups::{Group, GroupId};
use halloo_core::info::{Info, InfoChange};
use halloo_core::rooms::{Room, RoomId};
use halloo_core::users::{Actor, User, UserId};

use super::uses::ROOMY;
use super::{NOW, Store, World, existing};

const LATER: Millis = Millis(NOW.0 + 1);

/// Whose texts.
#[derive(Clone, Copy, Debug)]
enum Whose<'a> {
    User(&'a User),
    Group(i64),
    Room(i64),
}

impl Whose<'_> {
    async fn set(self, world: World<'_>, open: Option<&str>, private: Option<&str>) {
        let World { store, app } = world;
        let change = InfoChange {
            open: open.map(Into::into),
            private: private.map(Into::into),
        };
        match self {
            Self::User(user) => store.set_user_info(app, existing(user), change).await,
            Self::Group(id) => {
                let group = GroupId(id);
                store
                    .set_group_info(app, group, Actor::App, change, ROOMY, LATER)
                    .await
            }
            Self::Room(id) => {
                store
                    .set_room_info(app, RoomId(id), Actor::App, change, 9, LATER)
                    .await
            }
        }
        .unwrap();
    }

    async fn info(self, world: World<'_>) -> Info {
        let World { store, app } = world;
        match self {
            Self::User(user) => {
                let mut infos = store.user_infos(app, vec![user.id]).await.unwrap();
                assert_eq!(infos.len(), 1);
                infos.remove(0)
            }
            Self::Group(id) => store.group_info(app, GroupId(id)).await.unwrap(),
            Self::Room(id) => store.room_info(app, RoomId(id)).await.unwrap(),
        }
    }
}

fn info(open: &str, private: &str) -> Info {
    Info {
        open: open.into(),
        private: private.into(),
    }
}

pub async fn a_text_that_is_not_given_stays(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    for whose in [Whose::User(&ada), Whose::Group(1), Whose::Room(1)] {
        assert_eq!(whose.info(world).await, Info::default(), "{whose:?}");
        for (open, private, expected) in [
            (None, Some("b"), info("", "b")),
            (Some("a"), None, info("a", "b")),
            (None, None, info("a", "b")),
            (Some("c"), Some("d"), info("c", "d")),
            (Some(""), None, info("", "d")),
            (None, Some(""), info("", "")),
        ] {
            whose.set(world, open, private).await;
            assert_eq!(whose.info(world).await, expected, "{whose:?}");
        }
    }
    for whose in [Whose::User(&ada), Whose::Group(2), Whose::Room(2)] {
        whose.set(world, Some("a"), None).await;
        assert_eq!(whose.info(world).await, info("a", ""), "{whose:?}");
    }
    // Setting texts is no change of the account.
    assert_eq!(world.user("ada").await, Some(ada));
}

pub async fn a_text_may_be_long_and_hold_any_character(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let open = "'; -- \0 \u{1F600} é \r\n".repeat(3000);
    let private = "x".repeat(65_535);
    for whose in [Whose::User(&ada), Whose::Group(1), Whose::Room(1)] {
        for (open, private) in [(&private, &open), (&open, &private)] {
            whose.set(world, Some(open), Some(private)).await;
            let found = whose.info(world).await;
            assert!(found == info(open, private), "{whose:?}");
        }
        whose.set(world, Some("short"), None).await;
        assert!(
            whose.info(world).await == info("short", &private),
            "{whose:?}"
        );
    }
}

pub async fn texts_of_users_come_in_the_order_asked_for(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo, cy, gone] = world.users(["ada", "bo", "cy", "gone"]).await;
    let [stranger] = other.users(["stranger"]).await;
    for user in [&ada, &cy, &gone] {
        let (open, private) = (format!("o-{}", user.name), format!("p-{}", user.name));
        Whose::User(user)
            .set(world, Some(&open), Some(&private))
            .await;
    }
    Whose::User(&stranger).set(other, Some("o"), None).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    let asked = [
        cy.id,
        UserId(0),
        ada.id,
        bo.id,
        stranger.id,
        gone.id,
        ada.id,
        UserId(i64::MAX),
    ];
    let (of_ada, of_cy) = (info("o-ada", "p-ada"), info("o-cy", "p-cy"));
    let nothing = Info::default();
    assert_eq!(
        store.user_infos(world.app, asked.into()).await.unwrap(),
        [
            of_cy,
            nothing.clone(),
            of_ada.clone(),
            nothing.clone(),
            nothing.clone(),
            nothing.clone(),
            of_ada,
            nothing,
        ]
    );
    assert_eq!(store.user_infos(world.app, vec![]).await.unwrap(), []);
}

pub async fn setting_texts_makes_their_group_or_room(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let group = |id, owner: Option<&User>, created| Group {
        id: GroupId(id),
        owner: owner.map(|user| user.id),
        members: owner.iter().map(|user| user.id).collect(),
        created,
    };
    let room = |id, owner: Option<&User>, created| Room {
        id: RoomId(id),
        owner: owner.map(|user| user.id),
        created,
    };
    let owned = (group(1, Some(&ada), NOW), room(1, Some(&ada), NOW));
    store.put_group(world.app, owned.0.clone()).await.unwrap();
    store.put_room(world.app, owned.1.clone()).await.unwrap();
    for id in [1, 2] {
        for whose in [Whose::Group(id), Whose::Room(id)] {
            whose.set(world, None, Some("text")).await;
        }
    }
    // The one that was there is as it was.
    for (group, room) in [owned, (group(2, None, LATER), room(2, None, LATER))] {
        let found = store.group(world.app, group.id).await.unwrap();
        assert_eq!(found, Some(group));
        assert_eq!(store.room(world.app, room.id).await.unwrap(), Some(room));
    }
}

pub async fn texts_are_per_app_group_and_room(store: &dyn Store) {
    let (here, there) = (World::new(store).await, World::new(store).await);
    for (world, app) in [(here, "here"), (there, "there")] {
        for id in [1, 2] {
            let text = format!("{app}-{id}");
            Whose::Group(id)
                .set(world, Some(&text), Some("group"))
                .await;
            Whose::Room(id).set(world, Some(&text), Some("room")).await;
        }
    }
    for (world, app) in [(here, "here"), (there, "there")] {
        for id in [1, 2] {
            let text = format!("{app}-{id}");
            let (of_group, of_room) = (info(&text, "group"), info(&text, "room"));
            assert_eq!(Whose::Group(id).info(world).await, of_group);
            assert_eq!(Whose::Room(id).info(world).await, of_room);
        }
        assert_eq!(Whose::Group(3).info(world).await, Info::default());
        assert_eq!(Whose::Room(3).info(world).await, Info::default());
    }
}

pub async fn texts_outlive_a_group_or_room_put_again(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    for whose in [Whose::Group(1), Whose::Room(1)] {
        whose.set(world, Some("a"), Some("b")).await;
    }
    let group = Group {
        id: GroupId(1),
        owner: Some(ada.id),
        members: vec![ada.id],
        created: NOW,
    };
    store.put_group(world.app, group).await.unwrap();
    let room = Room {
        id: RoomId(1),
        owner: Some(ada.id),
        created: NOW,
    };
    store.put_room(world.app, room).await.unwrap();
    for whose in [Whose::Group(1), Whose::Room(1)] {
        assert_eq!(whose.info(world).await, info("a", "b"), "{whose:?}");
    }
    // With their owner they go.
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    for whose in [Whose::Group(1), Whose::Room(1)] {
        assert_eq!(whose.info(world).await, Info::default(), "{whose:?}");
    }
}
