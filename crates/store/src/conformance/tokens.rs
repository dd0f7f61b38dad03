//! Laws of [`TokenStore`](halloo_core::tokens::TokenStore).

use halloo_core::apps::{AppChange, AppId, Secret};
use halloo_core::bans::Ban;
use halloo_core::tokens::{Token, TokenHash, TokenKind, TokenOwner};
use halloo_core::users::{PasswordHash, UserChange, Wanted};
use halloo_core::{Error, Millis};

use super::{DAY, NOW, Store, World, wanted};

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

/// The only law that sweeps, and only what ended in the first seconds of 1970: tokens of other laws
/// end later, and no other law voids one by a rotation.
pub async fn sweeping_deletes_ended_and_voided_tokens_only_and_at_most_the_limit(
    store: &dyn Store,
) {
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
    let login = |user| async move {
        let token = Token {
            kind: TokenKind::Login,
            ..World::new_token(world.app, user, Some(NOW))
        };
        store.add_token(token.clone()).await.unwrap();
        token.hash
    };
    let mut his = vec![login(Some(&ada)).await, login(Some(&ada)).await];
    let others = [
        world.token(Some(&ada), None).await,
        login(Some(&bo)).await,
        login(None).await,
    ];
    let remove = |app| store.remove_login_tokens(app, ada.id);
    assert_eq!(remove(other.app).await.unwrap(), []);
    let mut removed = remove(world.app).await.unwrap();
    for hashes in [&mut his, &mut removed] {
        hashes.sort_unstable_by_key(|hash| hash.0);
    }
    assert_eq!(removed, his);
    for hash in his {
        assert!(!world.has_token(hash).await);
    }
    for hash in others {
        assert!(world.has_token(hash).await);
    }
    assert_eq!(remove(world.app).await.unwrap(), []);
}

pub async fn a_revocation_ends_login_tokens_too(store: &dyn Store) {
    let world = World::new(store).await;
    for number in 0..3 {
        let [user] = world.users([&format!("user-{number}")]).await;
        let token = Token {
            kind: TokenKind::Login,
            ..World::new_token(world.app, Some(&user), None)
        };
        store.add_token(token.clone()).await.unwrap();
        let password = PasswordHash::from_stored("new");
        match number {
            0 => drop(world.change(&user, UserChange::Password(password)).await),
            1 => drop(world.change(&user, UserChange::Ban(Ban::Forever)).await),
            _ => drop(store.delete_user(world.app, user.id).await.unwrap()),
        }
        assert!(!world.has_token(token.hash).await, "{number}");
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
    assert_eq!(
        store.remove_login_tokens(world.app, made.id).await.unwrap(),
        [new]
    );

    store.delete_user(world.app, ada.id).await.unwrap();
    assert_refused!(
        add(Wanted::Existing(ada.id), fresh()).await,
        Error::UnknownUser
    );
}
