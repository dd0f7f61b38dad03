//! Laws of [`TokenStore`](halloo_core::tokens::TokenStore).

use halloo_core::Millis;
use halloo_core::apps::{AppChange, AppId, Secret};
use halloo_core::tokens::{Token, TokenHash, TokenOwner};

use super::{NOW, Store, World};

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
/// end later.
pub async fn sweeping_deletes_ended_tokens_only_and_at_most_the_limit(store: &dyn Store) {
    let world = World::new(store).await;
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
}

/// No time ends such a token, so nothing else would ever delete it.
pub async fn sweeping_deletes_tokens_that_a_rotation_voided(store: &dyn Store) {
    let world = World::new(store).await;
    let other = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let voided = [
        world.token(None, None).await,
        world.token(Some(&ada), None).await,
    ];
    let kept = other.token(None, None).await;
    let secret = AppChange::ClientSecret(Secret::new("rotated"));
    store.change_app(world.app, secret).await.unwrap();
    while store.sweep_tokens(Millis(0), 1).await.unwrap() > 0 {}
    for hash in voided {
        assert!(!world.has_token(hash).await);
    }
    assert!(other.has_token(kept).await);
}
