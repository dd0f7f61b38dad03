//! Laws of [`BanStore`](halloo_core::bans::BanStore).

use halloo_core::Millis;
use halloo_core::bans::{Ban, Place};
use halloo_core::groups::{Group, GroupId};
use halloo_core::rooms::{Room, RoomId};
use halloo_core::users::{User, UserId};

use super::{NOW, Store, World, called, existing};

const PLACES: [Place; 7] = [
    Place::Group(GroupId(1)),
    Place::Group(GroupId(2)),
    Place::EveryGroup,
    Place::Room(RoomId(1)),
    Place::Room(RoomId(2)),
    Place::EveryRoom,
    Place::App,
];

async fn mute(world: World<'_>, place: Place, user: &User, ban: Ban) {
    let World { store, app } = world;
    store.mute(app, place, existing(user), ban).await.unwrap();
}

async fn mutes(world: World<'_>, places: &[Place], user: &User) -> Vec<Ban> {
    let World { store, app } = world;
    store.mutes(app, places.into(), user.id).await.unwrap()
}

pub async fn every_place_has_an_entry_of_its_own(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let ban = |number| Ban::Until(Millis(NOW.0 + i64::try_from(number).unwrap()));
    for (number, place) in PLACES.into_iter().enumerate() {
        assert_eq!(mutes(world, &[place], &ada).await, []);
        mute(world, place, &ada, ban(number)).await;
    }
    let all: Vec<Ban> = (0..PLACES.len()).map(ban).collect();
    assert_eq!(mutes(world, &PLACES, &ada).await, all);
    for (number, place) in PLACES.into_iter().enumerate() {
        assert_eq!(mutes(world, &[place], &ada).await, [ban(number)]);
    }
    let far = [Place::Group(GroupId(3)), Place::Room(RoomId(3))];
    assert_eq!(mutes(world, &far, &ada).await, []);
    assert_eq!(mutes(world, &[], &ada).await, []);
    assert_eq!(mutes(world, &PLACES, &bo).await, []);
    // Muting makes no place.
    assert_eq!(store.group(world.app, GroupId(1)).await.unwrap(), None);
    assert_eq!(store.room(world.app, RoomId(1)).await.unwrap(), None);

    // Removing one leaves the others.
    let mut left: Vec<(Place, Ban)> = PLACES.into_iter().zip(all).collect();
    while let Some((place, _)) = left.pop() {
        for _twice in 0..2 {
            store.unmute(world.app, place, called("ada")).await.unwrap();
        }
        let expected: Vec<Ban> = left.iter().map(|(_, ban)| *ban).collect();
        assert_eq!(mutes(world, &PLACES, &ada).await, expected);
    }
}

pub async fn a_later_mute_replaces_the_earlier(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    for ban in [
        Ban::Until(Millis(NOW.0 + 1000)),
        Ban::Forever,
        Ban::Until(Millis(NOW.0 + 10)),
        Ban::Until(Millis(NOW.0 + 2000)),
    ] {
        mute(world, Place::App, &ada, ban).await;
        assert_eq!(mutes(world, &[Place::App], &ada).await, [ban]);
    }
}

/// Only a sweep deletes it, and who asks compares the time.
pub async fn an_ended_mute_is_still_found(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    // Later than any other law sweeps.
    let ended = Ban::Until(Millis(NOW.0 - 1));
    mute(world, Place::EveryRoom, &ada, ended).await;
    assert_eq!(mutes(world, &[Place::EveryRoom], &ada).await, [ended]);
}

/// What [`BanStore::muted_at`](halloo_core::bans::BanStore::muted_at) finds, in order.
async fn muted_at(world: World<'_>, places: &[Place]) -> Vec<(UserId, Ban)> {
    let World { store, app } = world;
    let mut found = store.muted_at(app, places.into()).await.unwrap();
    found.sort_by_key(|(user, ban)| match ban {
        Ban::Until(end) => (*user, end.0),
        Ban::Never | Ban::Forever => (*user, i64::MAX),
    });
    found
}

pub async fn who_is_muted_at_places_is_found_with_every_entry(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let until = |after_ms| Ban::Until(Millis(NOW.0 + after_ms));
    for place in PLACES {
        assert_eq!(muted_at(world, &[place]).await, []);
    }
    // Ended or not, that is for who asks.
    for place in PLACES {
        mute(world, place, &bo, Ban::Forever).await;
        mute(world, place, &ada, until(-1)).await;
        let both = [(ada.id, until(-1)), (bo.id, Ban::Forever)];
        assert_eq!(muted_at(world, &[place]).await, both);
    }
    // A user has an entry of his own at every place.
    let group = [PLACES[0], Place::EveryGroup, Place::App];
    mute(world, Place::EveryGroup, &ada, until(2)).await;
    mute(world, Place::App, &ada, until(3)).await;
    mute(world, Place::App, &cy, until(4)).await;
    let all = [
        (ada.id, until(-1)),
        (ada.id, until(2)),
        (ada.id, until(3)),
        (bo.id, Ban::Forever),
        (bo.id, Ban::Forever),
        (bo.id, Ban::Forever),
        (cy.id, until(4)),
    ];
    assert_eq!(muted_at(world, &group).await, all);
    // What was lifted, and whoever is gone, is found no more.
    let unmuted = store.unmute(world.app, PLACES[0], called("bo"));
    unmuted.await.unwrap();
    assert_eq!(muted_at(world, &PLACES[..1]).await, [(ada.id, until(-1))]);
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    assert_eq!(muted_at(world, &PLACES[..1]).await, []);
}

pub async fn only_entries_of_the_places_asked_for_are_found(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [stranger] = other.users(["stranger"]).await;
    let users = world.users(["a", "b", "c", "d", "e", "f", "g"]).await;
    for (place, user) in PLACES.into_iter().zip(&users) {
        mute(world, place, user, Ban::Forever).await;
        mute(other, place, &stranger, Ban::Forever).await;
    }
    let entry = |number: usize| (users[number].id, Ban::Forever);
    for (number, place) in PLACES.into_iter().enumerate() {
        assert_eq!(muted_at(world, &[place]).await, [entry(number)]);
    }
    let some = [PLACES[3], PLACES[0], PLACES[6]];
    let expected = [entry(0), entry(3), entry(6)];
    assert_eq!(muted_at(world, &some).await, expected);
    let nowhere = [Place::Group(GroupId(3)), Place::Room(RoomId(3))];
    assert_eq!(muted_at(world, &nowhere).await, []);
    assert_eq!(muted_at(world, &[]).await, []);
}

/// The only law that sweeps, and only what ended in the first seconds of 1970.
pub async fn sweeping_deletes_ended_mutes_only_and_at_most_the_limit(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let now = Millis(5000);
    while store.sweep_mutes(now, 100).await.unwrap() > 0 {}

    let kept = [Ban::Until(Millis(now.0 + 1)), Ban::Forever];
    mute(world, Place::App, &bo, kept[0]).await;
    mute(world, Place::EveryGroup, &bo, kept[1]).await;
    for (number, place) in PLACES.into_iter().take(5).enumerate() {
        // One of them ends now.
        let end = 5000 - 1000 * i64::try_from(number).unwrap();
        mute(world, place, &ada, Ban::Until(Millis(end))).await;
    }
    let mut left = 5;
    for swept in [2, 2, 1, 0] {
        assert_eq!(store.sweep_mutes(now, 2).await.unwrap(), swept);
        left -= usize::try_from(swept).unwrap();
        assert_eq!(mutes(world, &PLACES, &ada).await.len(), left);
    }
    let places = [Place::App, Place::EveryGroup];
    assert_eq!(mutes(world, &places, &bo).await, kept);
}

pub async fn a_deleted_place_takes_its_mutes_along(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [owner, ada] = world.users(["owner", "ada"]).await;
    let [namesake] = other.users(["ada"]).await;
    for place in PLACES {
        mute(world, place, &ada, Ban::Forever).await;
        mute(other, place, &namesake, Ban::Forever).await;
    }
    let group = |id, owner: Option<&User>| Group {
        id: GroupId(id),
        owner: owner.map(|user| user.id),
        members: vec![],
        created: NOW,
    };
    for (id, owner) in [(1, None), (2, Some(&owner))] {
        store.put_group(world.app, group(id, owner)).await.unwrap();
        store.put_group(other.app, group(id, None)).await.unwrap();
    }
    let room = Room {
        id: RoomId(2),
        owner: Some(owner.id),
        created: NOW,
    };
    store.put_room(world.app, room).await.unwrap();

    store.delete_group(world.app, GroupId(1)).await.unwrap();
    assert_eq!(mutes(world, &PLACES[..1], &ada).await, []);
    assert_eq!(mutes(world, &PLACES, &ada).await.len(), 6);
    // What is his goes with its owner.
    store.delete_user(world.app, owner.id, NOW).await.unwrap();
    assert_eq!(mutes(world, &[PLACES[1], PLACES[4]], &ada).await, []);
    assert_eq!(mutes(world, &PLACES, &ada).await.len(), 4);
    assert_eq!(mutes(other, &PLACES, &namesake).await.len(), 7);
    // A mute needs no group, and goes without one.
    let nowhere = [Place::Group(GroupId(3)), Place::Group(GroupId(4))];
    for place in nowhere {
        mute(world, place, &ada, Ban::Forever).await;
        mute(other, place, &namesake, Ban::Forever).await;
    }
    store.delete_group(world.app, GroupId(3)).await.unwrap();
    assert_eq!(mutes(world, &nowhere, &ada).await, [Ban::Forever]);
    while store.delete_some_groups(world.app, 1).await.unwrap() {}
    assert_eq!(mutes(world, &nowhere, &ada).await, []);
    assert_eq!(mutes(world, &PLACES, &ada).await.len(), 4);
    assert_eq!(mutes(other, &nowhere, &namesake).await.len(), 2);
}
