//! Laws of many callers at the same time. Each takes the store in an `Arc`, to share it among tasks.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use halloo_core::bans::{Ban, Place};
use halloo_core::groups::GroupId;
use halloo_core::rooms::RoomId;
use halloo_core::users::{Actor, PasswordHash, User, UserChange, UserId, Wanted};
use halloo_core::{Error, Millis};
use tokio::task::JoinSet;

use super::uses::{ROOMY, Use};
use super::{NOW, Store, World, existing, new_user};

/// Callers at the same time.
pub(super) const CROWD: usize = 50;

/// Runs `call` once for each number of the crowd, all at the same time. Answers in that order.
pub(super) async fn crowd<F, T>(call: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut tasks = JoinSet::new();
    for number in 0..CROWD {
        let call = call(number);
        tasks.spawn(async move { (number, call.await) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The users `user-0`, `user-1` and so on.
pub(super) async fn users(world: World<'_>, count: usize) -> Vec<User> {
    let users = (0..count)
        .map(|number| new_user(&format!("user-{number}")))
        .collect();
    let stored = world
        .store
        .register(world.app, users, None, NOW)
        .await
        .unwrap();
    stored.into_iter().map(Option::unwrap).collect()
}

pub async fn one_name_goes_to_exactly_one_of_many(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    let answers = crowd(|number| {
        let store = Arc::clone(&store);
        // Each brings a user of his own along, so that calls differ in more than the winner.
        let users = vec![new_user("ada"), new_user(&format!("with-{number}"))];
        async move { store.register(app, users, None, NOW).await.unwrap() }
    })
    .await;
    let winners: Vec<&User> = answers
        .iter()
        .filter_map(|users| users[0].as_ref())
        .collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(world.user("ada").await.as_ref(), Some(winners[0]));
    assert!(answers.iter().all(|users| users[1].is_some()));
    assert_eq!(store.user_count(app).await.unwrap(), CROWD as u64 + 1);
}

pub async fn a_user_is_deleted_exactly_once(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let answers = crowd(|number| {
        let (store, ada, last) = (Arc::clone(&store), ada.id, bo.id);
        async move {
            // Half of them by page: everybody up to bo.
            if number % 2 == 0 {
                let deleted = store.delete_user(app, ada, NOW).await.unwrap();
                return deleted.into_iter().collect::<Vec<_>>();
            }
            let (deleted, _) = store
                .delete_users_page(app, Some(UserId(ada.0 - 1)), 1, NOW)
                .await
                .unwrap();
            deleted.into_iter().filter(|user| user.id <= last).collect()
        }
    })
    .await;
    let mut deleted: Vec<String> = answers
        .iter()
        .flatten()
        .map(|user| user.name.to_string())
        .collect();
    deleted.sort_unstable();
    assert_eq!(deleted, ["ada", "bo"]);
    // 25 pages of one user each, so cy went, too.
    assert_eq!(world.user("cy").await, None);
    assert_eq!(store.delete_user(app, cy.id, NOW).await.unwrap(), None);
    assert_eq!(store.user_count(app).await.unwrap(), 0);
}

pub async fn befriending_a_user_who_is_being_deleted_leaves_no_edge(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    let everybody = users(world, CROWD).await;
    let leaving = everybody[0].id;
    crowd(|number| {
        let (store, user) = (Arc::clone(&store), everybody[number].id);
        async move {
            match number {
                25 => drop(store.delete_user(app, leaving, NOW).await.unwrap()),
                _ if user == leaving => {}
                _ if number % 2 == 0 => match store.add_contact(app, user, leaving, 1000).await {
                    Ok(()) | Err(Error::UnknownUser) => {}
                    Err(error) => panic!("{error}"),
                },
                _ => {
                    let (user, leaving) = (Wanted::Existing(user), Wanted::Existing(leaving));
                    match store.add_blocks(app, user, vec![leaving], 1000).await {
                        Ok(()) | Err(Error::UnknownUser) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
    })
    .await;
    // An edge to nobody would not be listed, but it would take a place.
    let [new] = world.users(["new"]).await;
    for user in everybody.iter().filter(|user| user.id != leaving) {
        assert_eq!(world.contacts(user).await, [""; 0]);
        assert_eq!(world.blocks(user).await, [""; 0]);
        store.add_contact(app, user.id, new.id, 1).await.unwrap();
        store.remove_contact(app, user.id, new.id).await.unwrap();
        store
            .add_blocks(app, existing(user), vec![existing(&new)], 1)
            .await
            .unwrap();
    }
}

pub async fn an_answered_write_is_seen_by_every_later_reader(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    let [hub] = world.users(["hub"]).await;
    crowd(|number| {
        let (store, hub) = (Arc::clone(&store), hub.clone());
        async move {
            let world = World {
                store: &*store,
                app,
            };
            let text = format!("user-{number}");
            let [user] = world.users([&text]).await;
            assert_eq!(world.user(&text).await.as_ref(), Some(&user));
            let before = Some(UserId(user.id.0 - 1));
            let page = store.users_page(app, before, 1).await.unwrap();
            assert_eq!(page.first(), Some(&user));

            let hash = PasswordHash::from_stored(&*text);
            world
                .change(&user, UserChange::Password(hash.clone()))
                .await;
            let found = store.password_hash(app, user.id).await.unwrap();
            assert_eq!(found, Some(hash));
            world.befriend(&hub, &user).await;
            assert!(world.contacts(&hub).await.contains(&text));
            world.block(&user, &[&hub]).await;
            assert_eq!(world.blocks(&user).await, ["hub"]);

            world.join(GroupId(1), &[&user]).await;
            let members = store.group_members(app, GroupId(1)).await.unwrap();
            assert!(members.iter().any(|member| member.id == user.id));
            assert_eq!(world.memberships(&user).await, [(1, 0)]);
            let place = Place::Group(GroupId(1));
            let muted = store.mute(app, place, existing(&user), Ban::Forever);
            muted.await.unwrap();
            let muted = store.muted_at(app, vec![place]).await.unwrap();
            assert!(muted.contains(&(user.id, Ban::Forever)));

            store.delete_user(app, user.id, NOW).await.unwrap();
            assert_eq!(world.user(&text).await, None);
            assert!(!world.contacts(&hub).await.contains(&text));
        }
    })
    .await;
    assert_eq!(world.user_names().await, ["hub"]);
}

/// Backends commit for many callers at once; what one is refused must not show in what others wrote.
pub async fn a_refused_operation_does_not_disturb_its_neighbours(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    let [ada, bo, cy, full] = world.users(["ada", "bo", "cy", "full"]).await;
    world.befriend(&full, &ada).await;
    let room = 4 + CROWD as u64;
    let tokens = crowd(|number| {
        let store = Arc::clone(&store);
        let (ada, bo, cy, full) = (ada.clone(), bo.clone(), cy.clone(), full.clone());
        let token = World::new_token(app, Some(&ada), None);
        async move {
            // Each of these writes something before it is refused.
            let many: Vec<_> = (0..=CROWD)
                .map(|n| new_user(&format!("x-{number}-{n}")))
                .collect();
            assert_refused!(
                store.register(app, many, Some(room), NOW).await,
                Error::UserQuotaReached
            );
            let text = format!("user-{number}");
            let stored = store
                .register(app, vec![new_user(&text)], Some(room), NOW)
                .await
                .unwrap();
            let user = stored.into_iter().next().unwrap().unwrap();

            assert_refused!(
                store.add_contact(app, user.id, full.id, 1).await,
                Error::ContactLimit
            );
            store.add_contact(app, user.id, ada.id, 1000).await.unwrap();
            assert_refused!(
                store
                    .add_blocks(
                        app,
                        existing(&user),
                        [&ada, &bo, &cy].map(existing).into(),
                        2
                    )
                    .await,
                Error::BlockLimit
            );
            store
                .add_blocks(app, existing(&user), vec![existing(&bo)], 2)
                .await
                .unwrap();

            let hash = token.hash;
            store.add_token(token.clone()).await.unwrap();
            store.add_token(token).await.unwrap_err();
            hash
        }
    })
    .await;

    assert_eq!(store.user_count(app).await.unwrap(), room);
    let users = store.users_page(app, Some(full.id), 1000).await.unwrap();
    assert_eq!(users.len(), CROWD);
    for user in &users {
        assert!(user.name.as_str().starts_with("user-"), "{user:?}");
        assert_eq!(world.contacts(user).await, ["ada"]);
        assert_eq!(world.blocks(user).await, ["bo"]);
    }
    assert_eq!(world.contacts(&full).await, ["ada"]);
    assert_eq!(world.contacts(&ada).await.len(), CROWD + 1);
    for hash in tokens {
        assert!(world.has_token(hash).await);
    }
}

pub async fn a_call_whose_caller_goes_away_is_done_whole_or_not_at_all(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    crowd(|number| {
        let store = Arc::clone(&store);
        let users = (0..3)
            .map(|n| new_user(&format!("user-{number}-{n}")))
            .collect();
        async move {
            // Begun, and dropped at the first wait.
            let call = store.register(app, users, None, NOW);
            let _ = tokio::time::timeout(Duration::ZERO, call).await;
        }
    })
    .await;
    let names = world.user_names().await;
    for number in 0..CROWD {
        let prefix = format!("user-{number}-");
        let stored = names
            .iter()
            .filter(|name| name.starts_with(&prefix))
            .count();
        assert!(
            matches!(stored, 0 | 3),
            "{stored} of the 3 of call {number}"
        );
    }
    // And the store goes on.
    world.users(["ada"]).await;
    assert_eq!(world.user("ada").await.unwrap().created, Millis(NOW.0));
}

pub async fn first_calls_that_name_a_user_agree_on_one(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    let [hub] = world.users(["hub"]).await;
    crowd(|number| {
        let (store, hub) = (Arc::clone(&store), hub.clone());
        async move {
            let world = World {
                store: &*store,
                app,
            };
            let case = Use::ALL[number % Use::ALL.len()];
            let newcomer = Wanted::Named {
                new: new_user("42"),
                quota: Some(2),
                now: NOW,
            };
            case.give(world, &hub, newcomer).await.unwrap();
        }
    })
    .await;
    assert_eq!(world.user_names().await, ["hub", "42"]);
    assert_eq!(world.count().await, 2);
    let user = world.user("42").await.unwrap();
    for case in Use::ALL {
        assert!(case.has(world, &hub, user.id).await, "{case:?}");
    }
    assert_eq!(world.members(GroupId(1)).await, ["42"]);
    assert_eq!(world.inside(RoomId(1)).await, ["42"]);
}

pub async fn joining_while_a_user_is_deleted_keeps_the_counts(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    let everybody = users(world, CROWD).await;
    crowd(|number| {
        let store = Arc::clone(&store);
        let (user, neighbour) = (everybody[number].id, everybody[(number + 1) % CROWD].id);
        async move {
            let both = vec![Wanted::Existing(user), Wanted::Existing(neighbour)];
            let joined = store
                .add_group_members(app, GroupId(1), Actor::App, both.clone(), ROOMY, NOW)
                .await;
            assert!(matches!(joined, Ok(()) | Err(Error::UnknownUser)));
            store
                .fill_room(app, RoomId(1), both, 10, NOW)
                .await
                .unwrap();
            if number % 2 == 0 {
                store.delete_user(app, user, NOW).await.unwrap();
            }
        }
    })
    .await;
    // Both compare who is there with the count.
    let left = world.members(GroupId(1)).await;
    assert!(left.len() <= CROWD / 2, "{left:?}");
    let left = world.inside(RoomId(1)).await;
    assert!(left.len() <= CROWD / 2, "{left:?}");
    assert_eq!(world.count().await, CROWD as u64 / 2);
}

/// Whoever pipelines writes without waiting for the answers relies on it: a write is in line from the
/// first time that it is polled, as long as there is room in the line.
pub async fn writes_take_effect_in_the_order_in_which_they_were_begun(store: Arc<dyn Store>) {
    let world = World::new(&*store).await;
    let app = world.app;
    let [ada] = world.users(["ada"]).await;
    // More than tokio lets one task do before it must wait.
    let mut begun = Vec::new();
    for number in 0..1000 {
        let value = number.to_string().into();
        begun.push(store.set_data(app, existing(&ada), "key".into(), value, 1));
    }
    let mut waiting = Vec::new();
    for mut write in begun {
        let first = std::future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context)));
        match first.await {
            Poll::Ready(answer) => answer.unwrap(),
            Poll::Pending => waiting.push(write),
        }
    }
    for write in waiting.into_iter().rev() {
        write.await.unwrap();
    }
    let last = store.data(app, ada.id, "key").await.unwrap();
    assert_eq!(last.as_deref(), Some("999"));
}

pub async fn a_store_that_serves_is_ready(store: Arc<dyn Store>) {
    for ready in crowd(|_| {
        let store = Arc::clone(&store);
        async move { store.ready().await }
    })
    .await
    {
        ready.unwrap();
    }
}
