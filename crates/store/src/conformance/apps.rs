//! Laws of [`AppStore`](halloo_core::apps::AppStore).

use std::fmt::Debug;

use halloo_core::Error;
use halloo_core::apps::{
    App, AppChange, AppId, AppKey, MessageSettings, NewApp, Registration, RoomPolicy, Secret,
    SenderPolicy,
};
use halloo_core::sessions::LoginPolicy;
use halloo_core::tokens::LoginKey;
use halloo_core::users::Uid;

use super::{NOW, Store, World, new_user};

/// Everything about an app but its row number and `pid`.
fn given(app: &App) -> impl PartialEq + Debug + use<> {
    (
        app.key.clone(),
        app.application,
        app.client_id.clone(),
        app.client_secret.reveal().to_owned(),
        app.rtm_secret.reveal().to_owned(),
        app.legacy_signatures,
        (app.logins, app.rooms, app.login_key.clone()),
        app.messages.clone(),
        app.login_generation,
        app.registration,
        app.token_generation,
        app.created,
    )
}

pub async fn a_created_app_is_found_as_it_was_given(store: &dyn Store) {
    let new = World::new_app();
    let created = store.create_app(new.clone()).await.unwrap();
    assert_eq!(
        given(&created),
        given(&App {
            id: created.id,
            key: new.key.clone(),
            application: new.application,
            client_id: new.client_id,
            client_secret: new.client_secret,
            pid: created.pid,
            rtm_secret: new.rtm_secret,
            legacy_signatures: true,
            logins: LoginPolicy::AllDevices,
            rooms: RoomPolicy::One,
            messages: MessageSettings::default(),
            login_key: None,
            login_generation: 0,
            registration: new.registration,
            token_generation: 0,
            created: new.created,
        })
    );
    let found = store
        .app(&new.key.org, &new.key.name)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(given(&found), given(&created));
    assert_eq!((found.id, found.pid), (created.id, created.pid));
}

pub async fn a_taken_key_is_refused_and_its_owner_stays(store: &dyn Store) {
    let first = store.create_app(World::new_app()).await.unwrap();
    let second = NewApp {
        key: first.key.clone(),
        ..World::new_app()
    };
    assert_refused!(store.create_app(second).await, Error::AppExists);
    let found = store
        .app(&first.key.org, &first.key.name)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(given(&found), given(&first));
}

pub async fn keys_are_compared_byte_by_byte(store: &dyn Store) {
    let text = World::new_app().key.name;
    let key = |org: &str, prefix: &str| {
        AppKey::new(org, &format!("{prefix}{}", text.get(..31).unwrap())).unwrap()
    };
    let (small, capital) = (key("law", "a"), key("law", "A"));
    for key in [&small, &capital] {
        store
            .create_app(NewApp {
                key: key.clone(),
                ..World::new_app()
            })
            .await
            .unwrap();
    }
    for key in [&small, &capital] {
        let found = store.app(&key.org, &key.name).await.unwrap().unwrap();
        assert_eq!(found.key, *key);
    }
    let other = key("Law", "a");
    assert!(store.app(&other.org, &other.name).await.unwrap().is_none());
}

pub async fn pids_are_positive_and_differ(store: &dyn Store) {
    let one = store.create_app(World::new_app()).await.unwrap();
    let other = store.create_app(World::new_app()).await.unwrap();
    assert!(one.pid > 0 && other.pid > 0, "{one:?} {other:?}");
    assert_ne!(one.pid, other.pid);
}

pub async fn an_app_is_found_by_its_pid(store: &dyn Store) {
    let (app, other) = (
        store.create_app(World::new_app()).await.unwrap(),
        store.create_app(World::new_app()).await.unwrap(),
    );
    for app in [app, other] {
        let found = store.app_by_pid(app.pid).await.unwrap().unwrap();
        assert_eq!((found.id, found.pid), (app.id, app.pid));
        assert_eq!(given(&found), given(&app));
    }
    for pid in [i32::MIN, -1, 0, 1, i32::MAX] {
        assert!(store.app_by_pid(pid).await.unwrap().is_none(), "{pid}");
    }
}

pub async fn apps_are_listed_in_order_of_creation_page_by_page(store: &dyn Store) {
    let mut ours = Vec::new();
    for _ in 0..5 {
        ours.push(store.create_app(World::new_app()).await.unwrap().id);
    }
    // Other laws make apps at the same time: theirs may stand between ours.
    let last = ours[4];
    let (mut listed, mut after) = (Vec::new(), ours[0]);
    while after < last {
        let page = store.apps(after, 2).await.unwrap();
        assert!(matches!(page.len(), 1..=2), "{page:?}");
        listed.extend(page.iter().map(|app| app.id));
        after = *listed.last().unwrap();
    }
    assert!(listed.is_sorted_by(|one, next| one < next), "{listed:?}");
    listed.retain(|id| ours.contains(id));
    assert_eq!(listed, ours[1..]);
}

/// Makes `change`; the app is then `expected`, for who asked and for who looks, and no other changed.
async fn change(store: &dyn Store, change: AppChange, expected: App) {
    let find = |key: AppKey| async move { store.app(&key.org, &key.name).await.unwrap().unwrap() };
    let other = store.create_app(World::new_app()).await.unwrap();
    let changed = store
        .change_app(expected.id, change)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(given(&changed), given(&expected));
    assert_eq!(given(&find(expected.key.clone()).await), given(&expected));
    assert_eq!(given(&find(other.key.clone()).await), given(&other));
}

pub async fn changing_who_may_register_changes_nothing_else(store: &dyn Store) {
    let app = store.create_app(World::new_app()).await.unwrap();
    for registration in [Registration::Open, Registration::Authorised] {
        let expected = App {
            registration,
            ..app.clone()
        };
        change(store, AppChange::Registration(registration), expected).await;
    }
}

pub async fn a_new_client_secret_raises_the_token_generation(store: &dyn Store) {
    let app = store.create_app(World::new_app()).await.unwrap();
    for token_generation in 1..=2 {
        let client_secret = Secret::new(format!("new-{token_generation}"));
        let expected = App {
            client_secret: client_secret.clone(),
            token_generation,
            ..app.clone()
        };
        change(store, AppChange::ClientSecret(client_secret), expected).await;
    }
}

pub async fn a_new_rtm_secret_raises_the_login_generation(store: &dyn Store) {
    let app = store.create_app(World::new_app()).await.unwrap();
    for login_generation in 1..=2 {
        let rtm_secret = Secret::new(format!("new-{login_generation}"));
        let expected = App {
            rtm_secret: rtm_secret.clone(),
            login_generation,
            ..app.clone()
        };
        change(store, AppChange::RtmSecret(rtm_secret), expected).await;
    }
}

pub async fn how_many_devices_a_user_may_log_in_on_is_kept(store: &dyn Store) {
    let app = store.create_app(World::new_app()).await.unwrap();
    for logins in LoginPolicy::ALL.into_iter().rev() {
        let expected = App {
            logins,
            ..app.clone()
        };
        change(store, AppChange::Logins(logins), expected).await;
    }
}

pub async fn how_many_rooms_a_session_may_enter_is_kept(store: &dyn Store) {
    let app = store.create_app(World::new_app()).await.unwrap();
    for rooms in [RoomPolicy::Several, RoomPolicy::One] {
        let expected = App {
            rooms,
            ..app.clone()
        };
        change(store, AppChange::Rooms(rooms), expected).await;
    }
}

/// All of them at once, each being the other way round at some time.
pub async fn how_messages_are_treated_is_kept(store: &dyn Store) {
    let app = store.create_app(World::new_app()).await.unwrap();
    let settings = |retention_ms, strict_ids, back_end, administrators: &[i64]| MessageSettings {
        retention_ms,
        strict_ids,
        back_end,
        administrators: administrators.iter().copied().map(Uid).collect(),
    };
    let (bound, free) = (SenderPolicy::Bound, SenderPolicy::Free);
    for messages in [
        settings(Some(1), true, free, &[7]),
        settings(Some(i64::MAX), false, free, &[]),
        // In the order that was given; the greatest are those of users whose names are no numbers.
        settings(None, true, bound, &[42, 1, i64::MAX, (1 << 62) + 5]),
        MessageSettings::default(),
    ] {
        let expected = App {
            messages: messages.clone(),
            ..app.clone()
        };
        change(store, AppChange::Messages(messages), expected).await;
    }
}

/// A public key on Ed25519. Source: RFC 8032, section 7.1, test 1.
const EDWARDS: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00\
    \xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\
    \x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
/// One on P-256, which is among the longest that are supported.
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04\
    \x7d\x34\xa8\x41\x72\xf5\x2c\xf3\x6f\x03\x22\xcd\x44\xe1\xef\x30\
    \xa7\x1e\x4b\xee\x45\x22\x2f\xab\xb2\x05\xe5\x9a\xe3\x30\x6e\x32\
    \x90\xac\xe5\x94\xa1\x1c\x22\xe8\xf6\x63\xdc\x5f\x77\x89\x6c\x7a\
    \x52\x02\x35\xd0\xda\x43\xc0\x10\xba\xab\x0e\x35\x52\x81\x60\x06";

pub async fn a_login_key_is_kept_until_it_is_forgotten(store: &dyn Store) {
    let app = store.create_app(World::new_app()).await.unwrap();
    for der in [Some(EDWARDS), Some(P256), None, None] {
        let login_key = der.map(|der| LoginKey::from_der(der).unwrap());
        let expected = App {
            login_key: login_key.clone(),
            ..app.clone()
        };
        change(store, AppChange::LoginKey(login_key), expected).await;
    }
}

pub async fn signatures_without_a_time_are_refused_and_taken_again(store: &dyn Store) {
    let app = store.create_app(World::new_app()).await.unwrap();
    for legacy_signatures in [false, true] {
        let expected = App {
            legacy_signatures,
            ..app.clone()
        };
        change(
            store,
            AppChange::LegacySignatures(legacy_signatures),
            expected,
        )
        .await;
    }
}

pub async fn an_unknown_app_is_not_changed(store: &dyn Store) {
    for change in [
        AppChange::Registration(Registration::Open),
        AppChange::ClientSecret(Secret::new("new")),
        AppChange::RtmSecret(Secret::new("new")),
        AppChange::LegacySignatures(false),
        AppChange::Logins(LoginPolicy::Single),
        AppChange::Rooms(RoomPolicy::Several),
        AppChange::Messages(MessageSettings::default()),
        AppChange::LoginKey(None),
    ] {
        assert!(
            store
                .change_app(AppId(i64::MAX), change)
                .await
                .unwrap()
                .is_none()
        );
    }
}

pub async fn the_user_count_follows_registration_and_deletion(store: &dyn Store) {
    let world = World::new(store).await;
    let count = || async { store.user_count(world.app).await.unwrap() };
    assert_eq!(count().await, 0);
    let [ada, _, _, _] = world.users(["ada", "bo", "cy", "di"]).await;
    assert_eq!(count().await, 4);
    // A taken name counts nobody, nor does a refused call.
    let some = vec![new_user("ada"), new_user("eve")];
    store
        .register(world.app, some.clone(), Some(5), NOW)
        .await
        .unwrap();
    assert_eq!(count().await, 5);
    store
        .register(world.app, vec![new_user("fay")], Some(5), NOW)
        .await
        .unwrap_err();
    assert_eq!(count().await, 5);
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    assert_eq!(count().await, 4);
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    assert_eq!(count().await, 4);
    store
        .delete_users_page(world.app, None, 3, NOW)
        .await
        .unwrap();
    assert_eq!(count().await, 1);
    // Another app is not counted along.
    let other = World::new(store).await;
    other.users(["ada"]).await;
    assert_eq!(count().await, 1);
}
