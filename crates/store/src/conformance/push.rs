//! Laws of [`PushStore`](halloo_core::push::PushStore).

use halloo_core::groups::GroupId;
use halloo_core::push::{Device, EVERY_TYPE, MutedPush, PushConversation, PushProvider};
use halloo_core::users::{Uid, User};
use halloo_core::{Error, Result};

use super::{Store, World, called, existing};

const PAIR: PushConversation = PushConversation::Pair(Uid(7));
const GROUP: PushConversation = PushConversation::Group(GroupId(7));

fn device(token: &str, provider: Option<PushProvider>) -> Device {
    Device {
        provider,
        token: token.into(),
    }
}

async fn add(world: World<'_>, user: &User, token: &str, most: u32) -> Result<()> {
    let World { store, app } = world;
    let device = device(token, None);
    store.add_device(app, existing(user), device, most).await
}

/// The tokens of a user's devices.
async fn tokens(world: World<'_>, user: &User) -> Vec<String> {
    let devices = world.store.devices(world.app, user.id).await.unwrap();
    devices
        .iter()
        .map(|device| device.token.to_string())
        .collect()
}

async fn mute(
    world: World<'_>,
    user: &User,
    conversation: PushConversation,
    types: &[i8],
    most: u32,
) -> Result<()> {
    let World { store, app } = world;
    store
        .mute_push(app, existing(user), conversation, types.into(), most)
        .await
}

/// What a user muted, as conversation and type.
async fn muted(world: World<'_>, user: &User) -> Vec<(PushConversation, i8)> {
    let muted = world.store.muted_push(world.app, user.id).await.unwrap();
    let pair = |entry: &MutedPush| (entry.conversation, entry.message_type);
    muted.iter().map(pair).collect()
}

pub async fn devices_are_listed_oldest_first(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let long = "'\u{1F600}".repeat(800);
    let devices = [
        device("b", Some(PushProvider::Apns)),
        device("B", Some(PushProvider::Fcm)),
        device(&long, None),
        device("a", None),
    ];
    for device in devices.clone() {
        store
            .add_device(world.app, existing(&ada), device, 10)
            .await
            .unwrap();
    }
    // A token may serve two users.
    add(world, &bo, "a", 10).await.unwrap();
    assert_eq!(store.devices(world.app, ada.id).await.unwrap(), devices);
    assert_eq!(tokens(world, &bo).await, ["a"]);
    for token in ["B", "B", "unknown"] {
        let token = token.into();
        store
            .remove_device(world.app, called("ada"), token)
            .await
            .unwrap();
    }
    assert_eq!(tokens(world, &ada).await, ["b", &long, "a"]);
    assert_eq!(tokens(world, &bo).await, ["a"]);
}

/// It is new then, for the SDK has just said that it is in use.
pub async fn a_device_added_again_is_replaced(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    for token in ["a", "b", "c"] {
        add(world, &ada, token, 3).await.unwrap();
    }
    let again = device("a", Some(PushProvider::Fcm));
    store
        .add_device(world.app, existing(&ada), again.clone(), 3)
        .await
        .unwrap();
    let devices = [device("b", None), device("c", None), again];
    assert_eq!(store.devices(world.app, ada.id).await.unwrap(), devices);
}

pub async fn past_the_limit_of_devices_none_is_added(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    for token in ["a", "b"] {
        add(world, &ada, token, 2).await.unwrap();
    }
    assert_refused!(add(world, &ada, "c", 2).await, Error::PushLimit);
    assert_eq!(tokens(world, &ada).await, ["a", "b"]);
    // What is there takes no second place, even if the limit was lowered meanwhile.
    for most in [2, 1] {
        add(world, &ada, "b", most).await.unwrap();
    }
    add(world, &bo, "c", 1).await.unwrap();
    let a = "a".into();
    store
        .remove_device(world.app, called("ada"), a)
        .await
        .unwrap();
    add(world, &ada, "c", 2).await.unwrap();
    assert_eq!(tokens(world, &ada).await, ["b", "c"]);
}

pub async fn muted_push_is_listed_by_conversation_and_type(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let far = PushConversation::Pair(Uid(i64::MAX));
    mute(world, &ada, GROUP, &[30, -128, EVERY_TYPE], 10)
        .await
        .unwrap();
    mute(world, &ada, far, &[127], 10).await.unwrap();
    mute(world, &ada, PAIR, &[31, 30], 10).await.unwrap();
    mute(world, &bo, PAIR, &[99], 10).await.unwrap();
    let all = [
        (PAIR, 30),
        (PAIR, 31),
        (far, 127),
        (GROUP, -128),
        (GROUP, EVERY_TYPE),
        (GROUP, 30),
    ];
    assert_eq!(muted(world, &ada).await, all);
    assert_eq!(muted(world, &bo).await, [(PAIR, 99)]);
    // What is muted already stays.
    mute(world, &ada, PAIR, &[30, 31, 30], 10).await.unwrap();
    assert_eq!(muted(world, &ada).await, all);
}

pub async fn unmuting_push_names_types_or_the_whole_conversation(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    for user in [&ada, &bo] {
        mute(world, user, PAIR, &[EVERY_TYPE, 30, 31], 10)
            .await
            .unwrap();
        mute(world, user, GROUP, &[EVERY_TYPE, 30], 10)
            .await
            .unwrap();
    }
    let unmute = |conversation, types: &[i8]| {
        store.unmute_push(world.app, called("ada"), conversation, types.into())
    };
    // Type 0 is an entry like any other.
    for _twice in 0..2 {
        unmute(PAIR, &[EVERY_TYPE, 31, 99]).await.unwrap();
        let left = [(PAIR, 30), (GROUP, EVERY_TYPE), (GROUP, 30)];
        assert_eq!(muted(world, &ada).await, left);
    }
    for _twice in 0..2 {
        unmute(GROUP, &[]).await.unwrap();
        assert_eq!(muted(world, &ada).await, [(PAIR, 30)]);
    }
    assert_eq!(muted(world, &bo).await.len(), 5);
}

pub async fn past_the_limit_of_muted_push_nothing_is_muted(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    mute(world, &ada, PAIR, &[1], 3).await.unwrap();
    assert_refused!(
        mute(world, &ada, GROUP, &[1, 2, 3], 3).await,
        Error::PushLimit
    );
    assert_eq!(muted(world, &ada).await, [(PAIR, 1)]);
    // Exactly full is not past, and what is there takes no second place.
    mute(world, &ada, PAIR, &[1, 2, 2, 3, 1], 3).await.unwrap();
    for most in [3, 2] {
        mute(world, &ada, PAIR, &[3, 2], most).await.unwrap();
    }
    assert_refused!(mute(world, &ada, GROUP, &[1], 3).await, Error::PushLimit);
    mute(world, &bo, GROUP, &[1], 1).await.unwrap();
    assert_eq!(muted(world, &ada).await, [(PAIR, 1), (PAIR, 2), (PAIR, 3)]);
}
