//! Laws of many callers who want the last place.

use std::sync::Arc;

use halloo_core::Error;
use halloo_core::groups::{GroupId, GroupLimits};
use halloo_core::push::{Device, PushConversation};
use halloo_core::rooms::RoomId;
use halloo_core::users::{Actor, Wanted};

use super::races::{CROWD, crowd, users};
use super::{NOW, Store, World, existing, new_user, wanted};

pub async fn an_app_never_passes_its_quota(store: Arc<dyn Store>) {
    const QUOTA: u64 = 20;
    let world = World::new(&*store).await;
    let app = world.app;
    let answers = crowd(|number| {
        let store = Arc::clone(&store);
        let users = vec![
            new_user(&format!("a-{number}")),
            new_user(&format!("b-{number}")),
        ];
        async move { store.register(app, users, Some(QUOTA), NOW).await }
    })
    .await;
    let stored = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Err(Error::UserQuotaReached)))
        .count();
    assert_eq!((2 * stored as u64, refused), (QUOTA, CROWD - stored));
    assert_eq!(store.user_count(app).await.unwrap(), QUOTA);
    assert_eq!(world.user_names().await.len() as u64, QUOTA);
}

pub async fn a_roster_never_passes_its_limit(store: Arc<dyn Store>) {
    const LIMIT: u32 = 20;
    let world = World::new(&*store).await;
    let app = world.app;
    let everybody = users(world, CROWD + 1).await;
    let hub = everybody[CROWD].clone();
    let answers = crowd(|number| {
        let store = Arc::clone(&store);
        // Half of them ask from the other side.
        let (owner, friend) = match number % 2 {
            0 => (hub.id, everybody[number].id),
            _ => (everybody[number].id, hub.id),
        };
        async move { store.add_contact(app, owner, friend, LIMIT).await }
    })
    .await;
    let roster = world.contacts(&hub).await;
    assert_eq!(roster.len(), LIMIT as usize);
    for (user, answer) in everybody.iter().zip(answers) {
        let there = roster.iter().any(|name| *name == *user.name.as_str());
        let expected: &[&str] = if there { &[hub.name.as_str()] } else { &[] };
        assert_eq!(world.contacts(user).await, expected);
        match answer {
            Ok(()) => assert!(there),
            Err(Error::ContactLimit) => assert!(!there),
            Err(error) => panic!("{error}"),
        }
    }
}

pub async fn a_block_list_never_passes_its_limit(store: Arc<dyn Store>) {
    const LIMIT: u32 = 20;
    let world = World::new(&*store).await;
    let app = world.app;
    let everybody = users(world, CROWD + 1).await;
    let owner = everybody[CROWD].id;
    let answers = crowd(|number| {
        let store = Arc::clone(&store);
        let pair = [number, (number + 1) % CROWD].map(|n| Wanted::Existing(everybody[n].id));
        let owner = Wanted::Existing(owner);
        async move { store.add_blocks(app, owner, pair.into(), LIMIT).await }
    })
    .await;
    let list = world.blocks(&everybody[CROWD]).await;
    assert!(list.len() <= LIMIT as usize, "{list:?}");
    for (number, answer) in answers.iter().enumerate() {
        let pair = [number, (number + 1) % CROWD];
        let there = pair.iter().all(|n| list.contains(&format!("user-{n}")));
        match answer {
            Ok(()) => assert!(there, "{pair:?} {list:?}"),
            Err(Error::BlockLimit) => assert!(!there, "{pair:?} {list:?}"),
            Err(error) => panic!("{error}"),
        }
    }
}

pub async fn a_group_never_passes_its_limit(store: Arc<dyn Store>) {
    const LIMIT: u32 = 20;
    let world = World::new(&*store).await;
    let app = world.app;
    let limits = GroupLimits {
        members: LIMIT,
        groups: Some(1),
    };
    // All of them make the group, and each two users.
    let answers = crowd(|number| {
        let store = Arc::clone(&store);
        let members = vec![
            wanted(&format!("a-{number}")),
            wanted(&format!("b-{number}")),
        ];
        async move {
            store
                .add_group_members(app, GroupId(1), Actor::App, members, limits, NOW)
                .await
        }
    })
    .await;
    let members = world.members(GroupId(1)).await;
    assert_eq!(members.len(), LIMIT as usize);
    assert_eq!(world.count().await, u64::from(LIMIT));
    for (number, answer) in answers.into_iter().enumerate() {
        let there = members.contains(&format!("a-{number}"));
        assert_eq!(members.contains(&format!("b-{number}")), there);
        match answer {
            Ok(()) => assert!(there),
            Err(Error::GroupFull) => assert!(!there),
            Err(error) => panic!("{error}"),
        }
    }
    // It was counted as one.
    let more = store.add_group_members(app, GroupId(2), Actor::App, vec![], limits, NOW);
    assert_refused!(more.await, Error::GroupQuotaReached);
}

pub async fn an_app_never_passes_its_group_quota(store: Arc<dyn Store>) {
    const QUOTA: u64 = 10;
    let world = World::new(&*store).await;
    let app = world.app;
    let [ada] = world.users(["ada"]).await;
    let limits = GroupLimits {
        members: 10,
        groups: Some(QUOTA),
    };
    let answers = crowd(|number| {
        let (store, ada) = (Arc::clone(&store), existing(&ada));
        // Each group is made by two of them.
        let group = GroupId(i64::try_from(number / 2).unwrap() + 1);
        async move {
            store
                .add_group_members(app, group, Actor::App, vec![ada], limits, NOW)
                .await
        }
    })
    .await;
    for pair in answers.chunks(2) {
        assert_eq!(pair[0].is_ok(), pair[1].is_ok(), "{pair:?}");
    }
    let made = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(made as u64, 2 * QUOTA);
    let groups = store.groups_of(app, ada.id).await.unwrap();
    assert_eq!(groups.len() as u64, QUOTA);
    // And all of them are given back.
    let crowd = crowd(|_| {
        let store = Arc::clone(&store);
        async move { store.delete_some_groups(app, 1).await.unwrap() }
    });
    assert!(crowd.await.contains(&false));
    let limits = GroupLimits {
        groups: Some(1),
        ..limits
    };
    store
        .add_group_members(
            app,
            GroupId(1),
            Actor::App,
            vec![existing(&ada)],
            limits,
            NOW,
        )
        .await
        .unwrap();
}

pub async fn nobody_gets_into_too_many_rooms(store: Arc<dyn Store>) {
    const LIMIT: u32 = 10;
    let world = World::new(&*store).await;
    let app = world.app;
    let answers = crowd(|number| {
        let store = Arc::clone(&store);
        let room = RoomId(i64::try_from(number).unwrap() + 1);
        async move {
            let ada = wanted("ada");
            if number % 2 == 0 {
                let filled = store.fill_room(app, room, vec![ada], LIMIT, NOW).await;
                return filled.unwrap()[0];
            }
            match store.enter_rooms(app, ada, vec![room], LIMIT, NOW).await {
                Ok(()) => true,
                Err(Error::RoomLimit) => false,
                Err(error) => panic!("{error}"),
            }
        }
    })
    .await;
    let rooms = 1..=i64::try_from(CROWD).unwrap();
    let sizes = store.room_sizes(app, rooms.map(RoomId).collect());
    let expected: Vec<u32> = answers.iter().copied().map(u32::from).collect();
    assert_eq!(sizes.await.unwrap(), expected);
    assert_eq!(expected.iter().sum::<u32>(), LIMIT);
}

pub async fn what_a_user_keeps_never_passes_its_limit(store: Arc<dyn Store>) {
    const LIMIT: u32 = 5;
    let world = World::new(&*store).await;
    let app = world.app;
    let [ada] = world.users(["ada"]).await;
    let answers = crowd(|number| {
        let (store, ada) = (Arc::clone(&store), existing(&ada));
        let text: Box<str> = format!("{number}").into();
        async move {
            match number % 3 {
                0 => store.set_data(app, ada, text.clone(), text, LIMIT).await,
                1 => {
                    let device = Device {
                        provider: None,
                        token: text,
                    };
                    store.add_device(app, ada, device, LIMIT).await
                }
                _ => {
                    let group = GroupId(i64::try_from(number).unwrap());
                    let group = PushConversation::Group(group);
                    store.mute_push(app, ada, group, vec![0], LIMIT).await
                }
            }
        }
    })
    .await;
    for kind in 0..3 {
        let stored = answers.iter().skip(kind).step_by(3);
        let stored = stored.filter(|answer| answer.is_ok()).count();
        assert_eq!(stored, LIMIT as usize, "{kind}");
    }
    let devices = store.devices(app, ada.id).await.unwrap();
    assert_eq!(devices.len(), LIMIT as usize);
    let muted = store.muted_push(app, ada.id).await.unwrap();
    assert_eq!(muted.len(), LIMIT as usize);
}
