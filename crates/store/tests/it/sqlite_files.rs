//! What SQLite promises about its files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use halloo_core::apps::{
    App, AppChange, AppKey, MessageSettings, NewApp, Registration, Secret, SenderPolicy,
};
use halloo_core::bans::{Ban, Place};
use halloo_core::groups::{Group, GroupId, GroupLimits};
use halloo_core::info::InfoChange;
use halloo_core::ports::Store;
use halloo_core::push::{Device, PushConversation};
use halloo_core::rooms::{Room, RoomId};
use halloo_core::sessions::{CloseReason, LastSeen, SessionId};
use halloo_core::tokens::{Token, TokenHash, TokenKind, TokenOwner};
use halloo_core::users::{Actor, Named, NewUser, ProfileChange, Uid, User, UserChange, Wanted};
use halloo_core::{Error, Millis, Uuid};
use halloo_store::Sqlite;
use rusqlite::Connection;
use tempfile::tempdir;

const NOW: Millis = Millis(1_735_689_600_000);

fn open(folder: &Path) -> Arc<dyn Store> {
    Arc::new(Sqlite::open(folder).unwrap())
}

async fn app(store: &dyn Store) -> App {
    let new = NewApp {
        key: AppKey::new("acme", "chat").unwrap(),
        application: Uuid::from_u128(1),
        client_id: "id".into(),
        client_secret: Secret::new("client"),
        rtm_secret: Secret::new("rtm"),
        registration: Registration::Open,
        created: NOW,
    };
    store.create_app(new).await.unwrap()
}

/// Registers the users `NAME-FIRST` up to but not including `NAME-LAST`.
async fn users(store: &dyn Store, app: &App, numbers: std::ops::Range<u16>) -> Vec<User> {
    let new = |number| NewUser {
        name: format!("user-{number}").parse().unwrap(),
        uuid: Uuid::from_u128(u128::from(number)),
        password: None,
        nickname: None,
    };
    let stored = store
        .register(app.id, numbers.map(new).collect(), None, NOW)
        .await
        .unwrap();
    stored.into_iter().map(Option::unwrap).collect()
}

fn named(user: &User) -> Named {
    Named {
        id: user.id,
        name: user.name.clone(),
    }
}

fn read(folder: &Path, query: &str) -> i64 {
    let connection = Connection::open(folder.join("halloo.db")).unwrap();
    connection.query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_folder_opened_again_holds_what_was_written() {
    let folder = tempdir().unwrap();
    let store = open(folder.path());
    let app = app(&*store).await;
    let users = users(&*store, &app, 0..3).await;
    store
        .add_contact(app.id, users[0].id, users[1].id, 10)
        .await
        .unwrap();
    store.delete_user(app.id, users[2].id, NOW).await.unwrap();
    let messages = MessageSettings {
        retention_ms: Some(5000),
        strict_ids: true,
        back_end: SenderPolicy::Free,
        administrators: [Uid(42), Uid(7)].into(),
    };
    let change = AppChange::Messages(messages.clone());
    store.change_app(app.id, change).await.unwrap();
    drop(store);

    let store = open(folder.path());
    let found = store.app("acme", "chat").await.unwrap().unwrap();
    assert_eq!((found.id, found.pid), (app.id, app.pid));
    assert_eq!(found.client_secret.reveal(), "client");
    assert_eq!(found.messages, messages);
    assert_eq!(
        store.users_page(app.id, None, 10).await.unwrap(),
        users[..2]
    );
    assert_eq!(
        store.contacts(app.id, users[1].id).await.unwrap(),
        [named(&users[0])]
    );
    assert_eq!(store.user_count(app.id).await.unwrap(), 2);
    // Not even the highest row number is used twice.
    let again = self::users(&*store, &app, 2..3).await;
    assert!(again[0].id > users[2].id);
}

#[tokio::test]
async fn who_was_online_when_the_server_was_killed_is_so_noted() {
    let folder = tempdir().unwrap();
    let store = open(folder.path());
    let app = app(&*store).await;
    let ada = users(&*store, &app, 0..1).await.remove(0).id;
    store.came_online(app.id, ada, SessionId(7)).await.unwrap();
    drop(store);

    let store = open(folder.path());
    let reason = CloseReason::ServerLost;
    let lost = LastSeen { at: NOW, reason };
    assert!(!store.forget_online(lost, 1).await.unwrap());
    assert_eq!(store.last_seen(app.id, ada).await.unwrap(), Some(lost));
}

/// A first start that was cut off after the file was made.
#[tokio::test]
async fn an_empty_file_is_a_new_database() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("halloo.db"), "").unwrap();
    let store = open(folder.path());
    app(&*store).await;
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("halloo.db");
    let text = "somebody's notes ".repeat(1000);
    std::fs::write(&path, &text).unwrap();
    assert!(matches!(
        Sqlite::open(folder.path()),
        Err(Error::Unavailable(_))
    ));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_missing_folder_is_refused() {
    let folder = tempdir().unwrap();
    assert!(matches!(
        Sqlite::open(&folder.path().join("none")),
        Err(Error::Unavailable(_))
    ));
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempdir().unwrap();
    let store = open(folder.path());
    app(&*store).await;
    drop(store);
    let connection = Connection::open(folder.path().join("halloo.db")).unwrap();
    connection
        .pragma_update(None, "user_version", 4711)
        .unwrap();
    drop(connection);

    let Err(Error::Unavailable(cause)) = Sqlite::open(folder.path()) else {
        panic!("it was opened");
    };
    assert!(cause.to_string().contains("4711"), "{cause}");
    assert_eq!(read(folder.path(), "PRAGMA user_version"), 4711);
    assert_eq!(read(folder.path(), "SELECT count(*) FROM apps"), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_any_of_the_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempdir().unwrap();
    let store = open(folder.path());
    app(&*store).await;
    store.backup(&folder.path().join("copy.db")).await.unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort_unstable();
    assert_eq!(
        names,
        ["copy.db", "halloo.db", "halloo.db-shm", "halloo.db-wal"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_made_while_writing_is_a_whole_database() {
    let (folder, copy) = (tempdir().unwrap(), tempdir().unwrap());
    let store = open(folder.path());
    let app = app(&*store).await;
    let before = users(&*store, &app, 0..60).await;

    // Every write registers two users and makes them friends in the next.
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn({
        let (store, stop, app) = (Arc::clone(&store), Arc::clone(&stop), app.clone());
        async move {
            let mut number = 60;
            while !stop.load(Ordering::Relaxed) {
                let pair = users(&*store, &app, number..number + 2).await;
                store
                    .add_contact(app.id, pair[0].id, pair[1].id, 10)
                    .await
                    .unwrap();
                number += 2;
            }
            number
        }
    });
    store.backup(&copy.path().join("halloo.db")).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let written = tasks.join_next().await.unwrap().unwrap();
    assert_eq!(store.user_count(app.id).await.unwrap(), u64::from(written));

    assert_eq!(
        read(
            copy.path(),
            "SELECT (SELECT users FROM apps) = count(*) FROM users"
        ),
        1
    );
    assert_eq!(read(copy.path(), "SELECT count(*) % 2 FROM contacts"), 0);
    let connection = Connection::open(copy.path().join("halloo.db")).unwrap();
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    drop(connection);

    let copied = open(copy.path());
    let count = u16::try_from(copied.user_count(app.id).await.unwrap()).unwrap();
    assert!((60..=written).contains(&count), "{count} of {written}");
    assert_eq!(copied.users_page(app.id, None, 60).await.unwrap(), before);
    // It goes on as the original would.
    let next = users(&*copied, &app, count..count + 1).await;
    assert!(next[0].id > before[59].id);
}

#[tokio::test]
async fn a_backup_touches_no_file_that_is_there() {
    let folder = tempdir().unwrap();
    let store = open(folder.path());
    app(&*store).await;
    for content in ["precious", ""] {
        let target = folder.path().join("copy.db");
        std::fs::write(&target, content).unwrap();
        let refused = store.backup(&target).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        assert_eq!(std::fs::read_to_string(&target).unwrap(), content);
    }
    let refused = store.backup(folder.path()).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    let refused = store.backup(&folder.path().join("halloo.db")).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(store.app("acme", "chat").await.unwrap().is_some());
}

#[tokio::test]
async fn a_backup_that_fails_leaves_no_half_file() {
    let folder = tempdir().unwrap();
    let store = open(folder.path());
    app(&*store).await;
    let missing = folder.path().join("none").join("copy.db");
    let refused = store.backup(&missing).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(!missing.exists());

    // A file that SQLite can not read back fails after the target was made.
    let connection = Connection::open(folder.path().join("halloo.db")).unwrap();
    connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    drop(connection);
    let path = folder.path().join("halloo.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0xFF);
    std::fs::write(&path, bytes).unwrap();
    let target = folder.path().join("copy.db");
    let refused = store.backup(&target).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(!target.exists());
}

/// Any name that the file system takes, quotes and bytes outside UTF-8 included.
#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_written_to_the_very_path_that_was_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let folder = tempdir().unwrap();
    let store = open(folder.path());
    app(&*store).await;
    for name in [
        &b"it's \"a\" copy.db"[..],
        b"file:copy.db?mode=memory",
        b"caf\xE9.db",
    ] {
        let copies = tempdir().unwrap();
        let target = copies.path().join(OsStr::from_bytes(name));
        let done = store.backup(&target).await;
        let files: Vec<_> = std::fs::read_dir(copies.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        match done {
            Ok(()) => {
                assert_eq!(files, std::slice::from_ref(&target));
                assert!(
                    std::fs::read(&target)
                        .unwrap()
                        .starts_with(b"SQLite format 3\0")
                );
            }
            // Saying no is as good, if it leaves nothing.
            Err(error) => assert_eq!(files, Vec::<PathBuf>::new(), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_database_in_memory_is_not_backed_up() {
    let folder = tempdir().unwrap();
    let target = folder.path().join("copy.db");
    let store: Arc<dyn Store> = Arc::new(Sqlite::in_memory().unwrap());
    let refused = store.backup(&target).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(!target.exists());
}

/// The port can not show rows that nobody reads any more.
#[tokio::test]
async fn deletion_leaves_no_row_behind() {
    let folder = tempdir().unwrap();
    let store = open(folder.path());
    let app = app(&*store).await;
    let users = users(&*store, &app, 0..3).await;
    let [ada, bo] = [&users[0], &users[1]];
    store.add_contact(app.id, ada.id, bo.id, 10).await.unwrap();
    store
        .add_blocks(
            app.id,
            Wanted::Existing(ada.id),
            vec![Wanted::Existing(bo.id)],
            10,
        )
        .await
        .unwrap();
    store
        .add_blocks(
            app.id,
            Wanted::Existing(bo.id),
            vec![Wanted::Existing(ada.id)],
            10,
        )
        .await
        .unwrap();
    let profile = ProfileChange {
        ignored_groups: [(1, true)].into(),
        ..Default::default()
    };
    store
        .change_user(app.id, ada.id, UserChange::Profile(profile), 10, NOW)
        .await
        .unwrap();
    let members = users.iter().map(|user| user.id).collect();
    let group = Group {
        id: GroupId(1),
        owner: Some(ada.id),
        members,
        created: NOW,
    };
    store.put_group(app.id, group).await.unwrap();
    let room = Room {
        id: RoomId(1),
        owner: Some(ada.id),
        created: NOW,
    };
    store.put_room(app.id, room).await.unwrap();
    // What stands in the group and the room, and mutes in them, is others', and goes all the same.
    let texts = InfoChange {
        open: Some("text".into()),
        private: None,
    };
    let limits = GroupLimits {
        members: 10,
        groups: None,
    };
    store
        .set_group_info(app.id, GroupId(1), Actor::App, texts.clone(), limits, NOW)
        .await
        .unwrap();
    store
        .set_room_info(app.id, RoomId(1), Actor::App, texts.clone(), 9, NOW)
        .await
        .unwrap();
    for user in [ada, bo] {
        let rooms = vec![RoomId(1), RoomId(2)];
        let user = || Wanted::Existing(user.id);
        store
            .enter_rooms(app.id, user(), rooms, 10, NOW)
            .await
            .unwrap();
        store
            .add_group_members(app.id, GroupId(2), Actor::App, vec![user()], limits, NOW)
            .await
            .unwrap();
        for place in [Place::Group(GroupId(1)), Place::Room(RoomId(1))] {
            store
                .mute(app.id, place, user(), Ban::Forever)
                .await
                .unwrap();
        }
    }
    let his = || Wanted::Existing(ada.id);
    store
        .mute(app.id, Place::App, his(), Ban::Forever)
        .await
        .unwrap();
    store.set_user_info(app.id, his(), texts).await.unwrap();
    store
        .set_data(app.id, his(), "key".into(), "value".into(), 10)
        .await
        .unwrap();
    let device = Device {
        provider: None,
        token: "token".into(),
    };
    store.add_device(app.id, his(), device, 10).await.unwrap();
    let conversation = PushConversation::Group(GroupId(1));
    store
        .mute_push(app.id, his(), conversation, vec![0], 10)
        .await
        .unwrap();
    let token = Token {
        hash: TokenHash([1; 32]),
        kind: TokenKind::Login,
        app: app.id,
        owner: TokenOwner::User {
            id: ada.id,
            name: ada.name.clone(),
        },
        app_generation: 0,
        user_generation: 0,
        expires: None,
    };
    store.add_token(token).await.unwrap();
    store
        .came_online(app.id, ada.id, SessionId(1))
        .await
        .unwrap();

    store
        .void_logins(app.id, "dan".parse().unwrap(), NOW)
        .await
        .unwrap();

    let stranger = "dan".parse().unwrap();
    store.stranger(app.id, &stranger, 10).await.unwrap();

    let connection = Connection::open(folder.path().join("halloo.db")).unwrap();
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let rows = |table: &str| read(folder.path(), &format!("SELECT count(*) FROM {table}"));
    for table in &tables {
        assert!(rows(table) > 0, "{table} should have held something of ada");
    }
    store.delete_user(app.id, ada.id, NOW).await.unwrap();
    for table in &tables {
        let kept = match table.as_str() {
            // What was signed for ada must open nothing for whoever has her name next; dan never was.
            "users" | "void_logins" => 2,
            // Others hold them: group 2 and room 2 are nobody's, and bo is in both; dan is a stranger.
            "apps" | "groups" | "group_members" | "rooms" | "room_members" | "strangers" => 1,
            _ => 0,
        };
        assert_eq!(rows(table), kept, "{table}");
    }
}
