//! Laws of [`TokenStore`](halloo_core::tokens::TokenStore).

use halloo_core::apps::{AppChange, AppId, Secret};
use halloo_core::bans::Ban;
use halloo_core::tokens::{Token, TokenHash, TokenKind, TokenOwner};
use halloo_core::users::{PasswordHash, User, UserChange, Wanted};
use halloo_core::{Error, Millis};
use tokio::sync::Mutex;

use super::{DAY, NOW, Store, World, wanted};

const LATER: Millis = Millis(NOW.0 + DAY);

pub async fn a_token_is_found_as_it_was_stored(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let his = TokenOwner::User {
        id: ada.id,
        name: ada.name,
    };
    for (owner, user_generation) in [(TokenOwner::App, 0), (his, 7)] {
        for expires in [None, Some(NOW), Some(Millis(i64::MAX))] {
            let token = Token {
                owner: owner.clone(),
                app_generation: 3,
                user_generation,
                ..World::new_token(world.app, None, expires)
            };
            store.add_token(token.clone()).await.unwrap();
            assert_eq!(store.token(token.hash).await.unwrap(), Some(token));
        }
    }
}

pub async fn an_unknown_hash_finds_nothing(store: &dyn Store) {
    for hash in [
        World::new_token(AppId(1), None, None).hash,
        TokenHash([0; 32]),
    ] {
        assert_eq!(store.token(hash).await.unwrap(), None);
    }
}

/// Laws that sweep do so one at a time, and only what ended in the first seconds of 1970: tokens of other
/// laws end later, and no other law voids one by a rotation.
static SWEEPING: Mutex<()> = Mutex::const_new(());

pub async fn sweeping_deletes_ended_and_voided_tokens_only_and_at_most_the_limit(
    store: &dyn Store,
) {
    let _alone = SWEEPING.lock().await;
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada] = world.users(["ada"]).await;
    let now = Millis(5000);
    while store.sweep_tokens(now, 100).await.unwrap() > 0 {}

    let kept = [
        world.token(None, Some(Millis(now.0 + 1))).await,
        world.token(Some(&ada), Some(NOW)).await,
        world.token(Some(&ada), None).await,
        world.token(None, None).await,
    ];
    let mut ended = Vec::new();
    for end in 0..5 {
        ended.push(
            world
                .token((end % 2 == 0).then_some(&ada), Some(Millis(1000 * end)))
                .await,
        );
    }
    let mut left = ended.len();
    for swept in [2, 2, 1, 0] {
        assert_eq!(store.sweep_tokens(now, 2).await.unwrap(), swept);
        left -= usize::try_from(swept).unwrap();
        let mut found = 0;
        for hash in &ended {
            found += usize::from(world.has_token(*hash).await);
        }
        assert_eq!(found, left);
    }
    for hash in kept {
        assert!(world.has_token(hash).await);
    }

    // A rotation voids by the generation and leaves the rows, for there may be millions. No time ends
    // some of them, so nothing else would ever delete those.
    let elsewhere = other.token(None, None).await;
    let secret = AppChange::ClientSecret(Secret::new("rotated"));
    store.change_app(world.app, secret).await.unwrap();
    let since = Token {
        app_generation: 1,
        ..World::new_token(world.app, None, None)
    };
    store.add_token(since.clone()).await.unwrap();
    for hash in kept {
        assert!(world.has_token(hash).await);
    }
    for swept in [3, 1, 0] {
        assert_eq!(store.sweep_tokens(now, 3).await.unwrap(), swept);
    }
    for hash in kept {
        assert!(!world.has_token(hash).await);
    }
    assert!(world.has_token(since.hash).await);
    assert!(other.has_token(elsewhere).await);
}

pub async fn a_token_is_for_calls_or_for_logging_in(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    for kind in [TokenKind::Bearer, TokenKind::Login] {
        for user in [None, Some(&ada)] {
            let token = Token {
                kind,
                ..World::new_token(world.app, user, None)
            };
            store.add_token(token.clone()).await.unwrap();
            assert_eq!(store.token(token.hash).await.unwrap(), Some(token));
        }
    }
}

pub async fn a_user_loses_his_login_tokens_only(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let his = [
        world.login_token(Some(&ada)).await,
        world.login_token(Some(&ada)).await,
    ];
    let others = [
        world.token(Some(&ada), None).await,
        world.login_token(Some(&bo)).await,
        world.login_token(None).await,
    ];
    let revoke = |app, now| store.revoke_logins(app, ada.id, now);
    revoke(other.app, LATER).await.unwrap();
    for hash in his {
        assert!(world.has_token(hash).await);
    }
    assert_eq!(world.user("ada").await.as_ref(), Some(&ada));

    // Once he has none any more, what the app signed for him is revoked all the same.
    let latest = Millis(LATER.0 + 1);
    for (now, logins_since) in [(LATER, LATER), (NOW, LATER), (latest, latest)] {
        revoke(world.app, now).await.unwrap();
        let expected = User {
            logins_since,
            ..ada.clone()
        };
        assert_eq!(world.user("ada").await, Some(expected));
        for hash in his {
            assert!(!world.has_token(hash).await);
        }
    }
    for hash in others {
        assert!(world.has_token(hash).await);
    }
    assert_eq!(world.user("bo").await, Some(bo));
    // He may log in with what he is given next, and where nobody is nothing happens.
    let next = world.login_token(Some(&ada)).await;
    assert!(world.has_token(next).await);
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    revoke(world.app, latest).await.unwrap();
    let [again] = world.users(["ada"]).await;
    assert_eq!(again.logins_since, NOW, "as of the deletion");
}

pub async fn a_password_and_a_deletion_end_login_tokens_and_a_ban_does_not(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let mut logins = Vec::new();
    for user in [&ada, &bo, &cy] {
        let login = world.login_token(Some(user)).await;
        // He is refused while the ban holds, and goes on as before when it does not.
        for ban in [Ban::Until(LATER), Ban::Forever, Ban::Never] {
            let bearer = world.token(Some(user), None).await;
            let changed = world.change(user, UserChange::Ban(ban)).await.unwrap();
            assert_eq!(changed.logins_since, Millis(0), "{ban:?}");
            assert!(world.has_token(login).await, "{ban:?}");
            assert_eq!(world.has_token(bearer).await, ban == Ban::Never);
        }
        logins.push(login);
    }
    let bearer = world.token(Some(&cy), None).await;
    let before = world.user("cy").await.unwrap();
    let password = UserChange::Password(PasswordHash::from_stored("new"));
    world.change(&ada, password).await.unwrap();
    store.delete_user(world.app, bo.id, NOW).await.unwrap();
    store.revoke_logins(world.app, cy.id, NOW).await.unwrap();
    for login in logins {
        assert!(!world.has_token(login).await);
    }
    // Logins alone were revoked.
    let after = world.user("cy").await.unwrap();
    assert_eq!(after.token_generation, before.token_generation);
    assert!(world.has_token(bearer).await);
}

pub async fn a_password_revokes_logins_up_to_now_and_never_back(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let steps = [
        (NOW, NOW),
        (LATER, LATER),
        // The clock went back.
        (NOW, LATER),
        (Millis(LATER.0 + 1), Millis(LATER.0 + 1)),
    ];
    for (now, logins_since) in steps {
        let password = UserChange::Password(PasswordHash::from_stored("new"));
        let changed = store.change_user(world.app, ada.id, password, 10, now);
        assert_eq!(changed.await.unwrap().unwrap().logins_since, logins_since);
        let found = world.user("ada").await.unwrap();
        assert_eq!(found.logins_since, logins_since);
    }
}

pub async fn a_new_secret_voids_what_the_old_one_opened_and_nothing_else(store: &dyn Store) {
    let _alone = SWEEPING.lock().await;
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada] = world.users(["ada"]).await;
    let sweep = |limit| async move { store.sweep_tokens(Millis(0), limit).await.unwrap() };
    while sweep(100).await > 0 {}
    let rotate = |change| async move {
        let changed = store.change_app(world.app, change).await.unwrap().unwrap();
        (changed.token_generation, changed.login_generation)
    };
    let is_there = |hashes: [TokenHash; 2]| async move {
        (
            world.has_token(hashes[0]).await,
            world.has_token(hashes[1]).await,
        )
    };
    let both = |world: World<'_>, kind, app_generation, user: Option<&User>| {
        let new = || Token {
            kind,
            app_generation,
            ..World::new_token(world.app, user, None)
        };
        let (one, two) = (new(), new());
        async move {
            let hashes = [one.hash, two.hash];
            for token in [one, two] {
                store.add_token(token).await.unwrap();
            }
            hashes
        }
    };
    let (bearer, login) = (TokenKind::Bearer, TokenKind::Login);
    let elsewhere = [
        both(other, bearer, 0, None).await,
        both(other, login, 0, None).await,
    ];
    let bearers = both(world, bearer, 0, Some(&ada)).await;
    let logins = both(world, login, 0, Some(&ada)).await;
    let rtm = || AppChange::RtmSecret(Secret::new("rotated"));
    let client = || AppChange::ClientSecret(Secret::new("rotated"));

    assert_eq!(rotate(rtm()).await, (0, 1));
    let new_logins = both(world, login, 1, Some(&ada)).await;
    // The rows stay until they are swept.
    assert_eq!(is_there(logins).await, (true, true));
    assert_eq!((sweep(1).await, sweep(9).await, sweep(9).await), (1, 1, 0));
    assert_eq!(is_there(logins).await, (false, false));
    assert_eq!(is_there(bearers).await, (true, true));

    assert_eq!(rotate(client()).await, (1, 1));
    let new_bearers = both(world, bearer, 1, None).await;
    assert_eq!((sweep(9).await, sweep(9).await), (2, 0));
    assert_eq!(is_there(bearers).await, (false, false));
    for kept in [new_logins, new_bearers] {
        assert_eq!(is_there(kept).await, (true, true));
    }

    // The limit is for all of them together.
    assert_eq!(rotate(client()).await, (2, 1));
    assert_eq!(rotate(rtm()).await, (2, 2));
    assert_eq!((sweep(3).await, sweep(3).await, sweep(3).await), (3, 1, 0));
    for hash in elsewhere.into_iter().flatten() {
        assert!(other.has_token(hash).await);
    }
}

pub async fn a_login_token_is_issued_to_whoever_is_there_or_made_for_it(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let end = Millis(NOW.0 + DAY);
    let add = |user, hash| store.add_login_token(world.app, user, hash, 3, end);
    let fresh = || World::new_token(world.app, None, None).hash;
    let (old, new) = (fresh(), fresh());
    // Her tokens are of her present generation.
    let ada = world
        .change(&ada, UserChange::Ban(Ban::Forever))
        .await
        .unwrap();
    add(Wanted::Existing(ada.id), old).await.unwrap();
    let stored = store.token(old).await.unwrap().unwrap();
    let owner = TokenOwner::User {
        id: ada.id,
        name: ada.name.clone(),
    };
    assert_eq!(
        (stored.kind, stored.app, stored.owner),
        (TokenKind::Login, world.app, owner)
    );
    assert_eq!(
        (stored.app_generation, stored.user_generation),
        (3, ada.token_generation)
    );
    assert_eq!(stored.expires, Some(end));

    add(wanted("42"), new).await.unwrap();
    let made = world.user("42").await.unwrap();
    let stored = store.token(new).await.unwrap().unwrap();
    let owner = TokenOwner::User {
        id: made.id,
        name: made.name,
    };
    assert_eq!((stored.kind, stored.owner), (TokenKind::Login, owner));

    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    assert_refused!(
        add(Wanted::Existing(ada.id), fresh()).await,
        Error::UnknownUser
    );
}
