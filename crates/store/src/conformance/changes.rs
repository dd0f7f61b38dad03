//! Laws of [`UserStore::change_user`](halloo_core::users::UserStore::change_user).

use std::collections::BTreeMap;

use halloo_core::bans::Ban;
use halloo_core::push::{DisplayStyle, Hour, PushSettings};
use halloo_core::users::{PasswordHash, ProfileChange, User, UserChange, UserId};
use halloo_core::{Error, Millis};

use super::{DAY, NOW, Store, World, name};

const LATER: Millis = Millis(NOW.0 + DAY);

fn ignored(groups: &[(i64, bool)]) -> ProfileChange {
    ProfileChange {
        ignored_groups: groups.iter().copied().collect(),
        ..ProfileChange::default()
    }
}

pub async fn a_new_password_replaces_the_old_one_and_revokes_every_token(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let his = [
        world.token(Some(&ada), None).await,
        world.token(Some(&ada), Some(LATER)).await,
    ];
    let others = [
        world.token(Some(&bo), None).await,
        world.token(None, None).await,
    ];
    for generation in 1..=2 {
        let hash = PasswordHash::from_stored(format!("hash-{generation}"));
        let changed = world
            .change(&ada, UserChange::Password(hash.clone()))
            .await
            .unwrap();
        let expected = User {
            modified: LATER,
            logins_since: LATER,
            token_generation: generation,
            ..ada.clone()
        };
        assert_eq!(changed, expected);
        assert_eq!(world.user("ada").await, Some(expected));
        assert_eq!(
            store.password_hash(world.app, ada.id).await.unwrap(),
            Some(hash)
        );
    }
    for token in his {
        assert!(!world.has_token(token).await);
    }
    for token in others {
        assert!(world.has_token(token).await);
    }
    assert_eq!(world.user("bo").await, Some(bo));
}

pub async fn a_ban_revokes_every_bearer_token(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let other = world.token(Some(&bo), None).await;
    for (generation, ban) in [(1, Ban::Until(LATER)), (2, Ban::Forever)] {
        let his = world.token(Some(&ada), None).await;
        let changed = world.change(&ada, UserChange::Ban(ban)).await.unwrap();
        let expected = User {
            modified: LATER,
            token_generation: generation,
            ban,
            ..ada.clone()
        };
        assert_eq!(changed, expected);
        assert_eq!(world.user("ada").await, Some(expected));
        assert!(!world.has_token(his).await);
    }
    assert!(world.has_token(other).await);
    assert_eq!(world.user("bo").await, Some(bo));
}

pub async fn lifting_a_ban_revokes_nothing(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let banned = world
        .change(&ada, UserChange::Ban(Ban::Forever))
        .await
        .unwrap();
    let token = world.token(Some(&banned), None).await;
    let free = world
        .change(&ada, UserChange::Ban(Ban::Never))
        .await
        .unwrap();
    assert_eq!(
        free,
        User {
            ban: Ban::Never,
            ..banned
        }
    );
    assert_eq!(world.user("ada").await, Some(free));
    assert!(world.has_token(token).await);
}

/// A change, and what it does to a user and to his push settings.
type Step = (ProfileChange, fn(&mut User, &mut PushSettings));

pub async fn a_profile_change_sets_only_what_it_names(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let token = world.token(Some(&ada), None).await;
    let nothing = ProfileChange::default();
    let mut push = PushSettings::default();
    let mut expected = User {
        modified: LATER,
        ..ada.clone()
    };

    let steps: [Step; 6] = [
        (
            ProfileChange {
                nickname: Some("Ada".into()),
                ..nothing.clone()
            },
            |user, _| {
                user.nickname = Some("Ada".into());
            },
        ),
        (
            ProfileChange {
                display_style: Some(DisplayStyle::Full),
                ..nothing.clone()
            },
            |_, push| push.display_style = Some(DisplayStyle::Full),
        ),
        (
            ProfileChange {
                do_not_disturb: Some(false),
                ..nothing.clone()
            },
            |_, push| {
                push.do_not_disturb = Some(false);
            },
        ),
        (
            ProfileChange {
                quiet_from_hour: Hour::new(23),
                ..nothing.clone()
            },
            |_, push| {
                push.quiet_from_hour = Hour::new(23);
            },
        ),
        (
            ProfileChange {
                quiet_to_hour: Hour::new(0),
                ..nothing.clone()
            },
            |_, push| {
                push.quiet_to_hour = Hour::new(0);
            },
        ),
        (ignored(&[(i64::MAX, true), (7, false)]), |_, push| {
            push.ignored_groups = BTreeMap::from([(7, false), (i64::MAX, true)]);
        }),
    ];
    for (change, apply) in steps {
        apply(&mut expected, &mut push);
        expected.push = (push != PushSettings::default()).then(|| Box::new(push.clone()));
        let changed = world
            .change(&ada, UserChange::Profile(change.clone()))
            .await
            .unwrap();
        assert_eq!(changed, expected, "{change:?}");
        assert_eq!(
            world.user("ada").await.as_ref(),
            Some(&expected),
            "{change:?}"
        );
        let by_uuid = store.user_by_uuid(world.app, ada.uuid).await.unwrap();
        assert_eq!(by_uuid.as_ref(), Some(&expected), "{change:?}");
        let page = store.users_page(world.app, None, 1).await.unwrap();
        assert_eq!(page.first(), Some(&expected), "{change:?}");
    }
    assert!(world.has_token(token).await);
    assert_eq!(world.user("bo").await, Some(bo));
}

pub async fn an_empty_nickname_removes_it(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    for (nickname, kept) in [("Ada", Some("Ada")), ("", None), ("", None)] {
        let change = ProfileChange {
            nickname: Some(nickname.into()),
            ..ProfileChange::default()
        };
        let changed = world
            .change(&ada, UserChange::Profile(change))
            .await
            .unwrap();
        assert_eq!(changed.nickname.as_deref(), kept);
    }
}

pub async fn an_ignored_group_can_be_heard_again(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let groups = |user: User| user.push.unwrap().ignored_groups;
    let change = UserChange::Profile(ignored(&[(1, true), (2, true)]));
    let changed = world.change(&ada, change).await.unwrap();
    assert_eq!(groups(changed), BTreeMap::from([(1, true), (2, true)]));
    let changed = world
        .change(&ada, UserChange::Profile(ignored(&[(1, false)])))
        .await
        .unwrap();
    assert_eq!(groups(changed), BTreeMap::from([(1, false), (2, true)]));
}

pub async fn past_the_limit_of_ignored_groups_nothing_changes(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let change = |change: ProfileChange| {
        store.change_user(world.app, ada.id, UserChange::Profile(change), 3, LATER)
    };
    let full = change(ignored(&[(1, true), (2, true), (3, true)]))
        .await
        .unwrap()
        .unwrap();
    let too_much = ProfileChange {
        nickname: Some("Ada".into()),
        do_not_disturb: Some(true),
        ..ignored(&[(1, true), (4, true)])
    };
    assert_refused!(change(too_much).await, Error::IgnoredGroupLimit);
    assert_eq!(world.user("ada").await, Some(full));
    // Who is at the limit can still change what is there.
    let changed = change(ignored(&[(3, false)])).await.unwrap().unwrap();
    assert!(!changed.push.unwrap().ignored_groups[&3]);
    // A group that is heard again makes room for another.
    let changed = change(ignored(&[(4, true)])).await.unwrap().unwrap();
    let groups = BTreeMap::from([(1, true), (2, true), (4, true)]);
    assert_eq!(changed.push.unwrap().ignored_groups, groups);
}

pub async fn an_unknown_user_is_not_changed(store: &dyn Store) {
    let world = World::new(store).await;
    let [gone] = world.users(["gone"]).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    for id in [gone.id, UserId(i64::MAX)] {
        for change in [
            UserChange::Password(PasswordHash::from_stored("hash")),
            UserChange::Ban(Ban::Forever),
            UserChange::Profile(ignored(&[(1, true)])),
        ] {
            let changed = store
                .change_user(world.app, id, change, 1000, NOW)
                .await
                .unwrap();
            assert_eq!(changed, None);
        }
    }
    assert_eq!(
        store.user_by_name(world.app, &name("gone")).await.unwrap(),
        None
    );
}
