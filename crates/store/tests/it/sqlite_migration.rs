//! A database of an earlier version, with data in it, is opened by this one.

use std::path::Path;

use halloo_core::apps::{AppChange, MessageSettings, RoomPolicy, Secret};
use halloo_core::groups::{Group, GroupId, GroupLimits};
use halloo_core::info::{Info, InfoChange};
use halloo_core::ports::Store;
use halloo_core::rooms::{Room, RoomId};
use halloo_core::sessions::{CloseReason, LastSeen, LoginPolicy, SessionId};
use halloo_core::tokens::{TokenHash, TokenKind};
use halloo_core::users::{Actor, UserId, Wanted};
use halloo_core::{Error, Millis};
use halloo_store::Sqlite;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::tempdir;

const FIRST: &str = include_str!("../../migrations/sqlite/0001_foundation.sql");
const SECOND: &str = include_str!("../../migrations/sqlite/0002_rtm.sql");
const THIRD: &str = include_str!("../../migrations/sqlite/0003_sessions.sql");

/// Tables of messages, which the fourth version has not.
const DROPPED: [&str; 3] = ["conversations", "messages", "cursors"];

/// Two apps; users 1 to 4 are the first one's, 5 the second's, and 6 was deleted.
const ROWS: &str = "
    INSERT INTO apps VALUES
        (1, 'acme', 'chat', zeroblob(16), 'c1', 's1', 'r1', 'open', 3, 4, 10),
        (2, 'acme', 'test', zeroblob(16), 'c2', 's2', 'r2', 'authorised', 0, 1, 11),
        (3, 'acme', 'none', zeroblob(16), 'c3', 's3', 'r3', 'open', 0, 0, 12);
    INSERT INTO users (id, app, name, uuid, created, modified, nickname, password, banned_until,
                       token_generation, display_style, ignored_groups) VALUES
        (1, 1, 'ada', x'00000000000000000000000000000001', 20, 20, 'Ada', 'hash', NULL, 2, 1, 1),
        (2, 1, 'bo',  x'00000000000000000000000000000002', 21, 22, NULL, NULL, 9223372036854775807, 0, NULL, 0),
        (3, 1, '42',  x'00000000000000000000000000000003', 23, 24, NULL, NULL, 99, 0, NULL, 0),
        (4, 1, 'di',  x'00000000000000000000000000000004', 25, 26, NULL, NULL, NULL, 0, NULL, 0),
        (5, 2, 'ada', x'00000000000000000000000000000005', 27, 28, NULL, NULL, NULL, 0, NULL, 0),
        (6, 2, 'out', x'00000000000000000000000000000006', 27, 28, NULL, NULL, NULL, 0, NULL, 0);
    DELETE FROM users WHERE id = 6;
    INSERT INTO push_ignored_groups VALUES (1, 7, 1);
    INSERT INTO tokens VALUES
        (x'0101010101010101010101010101010101010101010101010101010101010101', 1, NULL, NULL, 3, 0, NULL),
        (x'0202020202020202020202020202020202020202020202020202020202020202', 1, 1, 'ada', 3, 2, 99);
    INSERT INTO contacts VALUES (1, 2, 1), (2, 1, 1), (1, 3, 2), (3, 1, 1);
    INSERT INTO blocks VALUES (1, 4, 1), (4, 1, 1);
    INSERT INTO groups VALUES (1, 7, 1, 30), (1, 8, 2, 31), (1, 9, 1, 32), (2, 7, 5, 33);
    INSERT INTO group_members VALUES
        (1, 7, 1), (1, 7, 2), (1, 7, 3), (1, 8, 2), (1, 8, 1), (2, 7, 5);
    INSERT INTO rooms VALUES (1, 7, 1, 40), (1, 8, 4, 41), (2, 7, 5, 42);
    INSERT INTO conversations VALUES (1, 1, 0, 1, 2, 2);
    INSERT INTO messages VALUES (1, 1, 1, 500, 1, x'6869', 50), (1, 2, 1, 501, 2, x'796f', 51);
    INSERT INTO cursors VALUES (1, 1, 0), (2, 1, 1);
    PRAGMA user_version = 1;
";

/// What the second version may hold besides; its login tokens are in [`TOKENS`].
const MORE_ROWS: &str = "
    UPDATE apps SET legacy_signatures = 0 WHERE id = 2;
    INSERT INTO user_infos VALUES (1, 'open', 'private');
    INSERT INTO user_data VALUES (1, 'key', 'value');
    INSERT INTO group_infos VALUES (1, 7, 'open', 'private');
    INSERT INTO rooms VALUES (1, 70, NULL, 43, 1);
    UPDATE rooms SET members = 2 WHERE app = 1 AND id = 7;
    INSERT INTO room_members VALUES (1, 7, 1), (1, 7, 2), (1, 70, 1);
    INSERT INTO room_infos VALUES (1, 7, 'open', 'private');
    INSERT INTO mutes VALUES (1, 0, 7, 2, 99);
    INSERT INTO push_devices VALUES (1, 'token', NULL, 1);
    INSERT INTO push_mutes VALUES (1, 1, 7, 0);
    PRAGMA user_version = 2;
";

/// The byte of the hash, app, user, generation of the app, kind.
const TOKENS: [(u8, i64, i64, i64, i64); 6] = [
    // The first app replaced its client secret three times.
    (3, 1, 1, 3, 1),
    (4, 1, 1, 2, 1),
    (5, 1, 2, 0, 1),
    (6, 1, 1, 2, 0),
    (7, 2, 5, 0, 1),
    (8, 2, 5, 0, 0),
];

/// What the third version may hold besides.
const SESSIONS: &str = "
    UPDATE apps SET logins = 'single', room_policy = 'several', login_generation = 5 WHERE id = 2;
    UPDATE users SET logins_since = 55 WHERE id = 1;
    INSERT INTO void_logins VALUES (1, 'out', 56);
    INSERT INTO presence VALUES (1, 1, 3, 57, 'logged-out'), (2, 1, NULL, 58, 'logged-out');
    PRAGMA user_version = 3;
";

fn open(folder: &Path, file: &str) -> Connection {
    Connection::open(folder.join(file)).unwrap()
}

/// The tables and their columns.
fn columns(database: &Connection) -> Vec<(String, String)> {
    let tables = "SELECT tables.name, columns.name FROM sqlite_master AS tables \
                  JOIN pragma_table_info(tables.name) AS columns \
                  WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'";
    let mut tables = database.prepare(tables).unwrap();
    let columns = tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    columns.unwrap().map(Result::unwrap).collect()
}

/// What stands in a column, the rows being in the order of their first columns.
fn values(database: &Connection, table: &str, column: &str) -> Vec<Value> {
    let rows = format!("SELECT * FROM {table} ORDER BY 1, 2, 3");
    let query = format!("SELECT {column} FROM ({rows})");
    let mut rows = database.prepare(&query).unwrap();
    let values = rows.query_map([], |row| row.get(0));
    values.unwrap().map(Result::unwrap).collect()
}

fn make_first(folder: &Path) {
    let old = open(folder, "halloo.db");
    old.execute_batch(FIRST).unwrap();
    old.execute_batch(ROWS).unwrap();
}

fn make_second(folder: &Path) {
    make_first(folder);
    let old = open(folder, "halloo.db");
    old.execute_batch(SECOND).unwrap();
    old.execute_batch(MORE_ROWS).unwrap();
    for (byte, app, user, generation, kind) in TOKENS {
        let insert = "INSERT INTO tokens (hash, app, user, user_name, app_generation, \
                      user_generation, kind) SELECT ?1, ?2, id, name, ?4, token_generation, ?5 \
                      FROM users WHERE id = ?3";
        let row = (vec![byte; 32], app, user, generation, kind);
        assert_eq!(old.execute(insert, row).unwrap(), 1);
    }
}

fn make_third(folder: &Path) {
    make_second(folder);
    let old = open(folder, "halloo.db");
    old.execute_batch(THIRD).unwrap();
    old.execute_batch(SESSIONS).unwrap();
}

fn version(database: &Connection) -> i64 {
    let version = database.query_row("PRAGMA user_version", [], |row| row.get(0));
    version.unwrap()
}

/// Asserts that the old columns hold in the new database what they held, and that tables of messages are
/// gone; those of `changed` are left out.
fn assert_kept(old: &Connection, new: &Connection, changed: &str) {
    let columns = columns(old);
    assert!(columns.len() > 60, "{columns:?}");
    for (table, column) in columns {
        let before = values(old, &table, &column);
        assert!(!before.is_empty(), "{table}");
        if DROPPED.contains(&&*table) {
            let there = "SELECT 1 FROM sqlite_master WHERE tbl_name = ?1";
            assert!(!new.prepare(there).unwrap().exists([&table]).unwrap());
        } else if table != changed {
            assert_eq!(values(new, &table, &column), before, "{table} {column}");
        }
    }
    let verdict: String = new
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
}

#[tokio::test]
async fn a_database_of_the_first_version_loses_messages_only() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    make_first(folder);
    let store = Sqlite::open(folder).unwrap();

    let (copy, new) = (
        open(folder, "halloo.db.before-v2.0"),
        open(folder, "halloo.db"),
    );
    assert_eq!((version(&copy), version(&new)), (1, 4));
    assert_kept(&copy, &new, "");
    drop(store);
}

#[tokio::test]
async fn a_database_of_the_second_version_loses_messages_and_void_logins_only() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    make_second(folder);
    let store = Sqlite::open(folder).unwrap();

    let (copy, new) = (
        open(folder, "halloo.db.before-v3.0"),
        open(folder, "halloo.db"),
    );
    assert_eq!((version(&copy), version(&new)), (2, 4));
    assert_kept(&copy, &new, "tokens");
    for column in ["app", "user", "user_name", "user_generation", "expires"] {
        let tokens = |database: &Connection| {
            let kept = "(SELECT * FROM tokens WHERE hex(hash) NOT LIKE '04%' \
                        AND hex(hash) NOT LIKE '05%')";
            values(database, kept, column)
        };
        assert_eq!(tokens(&new), tokens(&copy), "{column}");
    }
    drop(store);
}

#[tokio::test]
async fn a_database_of_the_third_version_loses_messages_only() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    make_third(folder);
    let store = Sqlite::open(folder).unwrap();

    let (copy, new) = (
        open(folder, "halloo.db.before-v4.0"),
        open(folder, "halloo.db"),
    );
    assert_eq!((version(&copy), version(&new)), (3, 4));
    assert_kept(&copy, &new, "");
    drop(store);
}

#[tokio::test]
async fn what_the_fourth_version_adds_fits_what_was_there() {
    let folder = tempdir().unwrap();
    make_third(folder.path());
    let store: Box<dyn Store> = Box::new(Sqlite::open(folder.path()).unwrap());
    for name in ["chat", "test", "none"] {
        let app = store.app("acme", name).await.unwrap().unwrap();
        assert_eq!(app.messages, MessageSettings::default());
    }
    let app = store.app("acme", "chat").await.unwrap().unwrap().id;
    let (ada, bo, cy) = (UserId(1), UserId(2), UserId(3));
    let memberships = async |user| store.memberships(app, user).await.unwrap();
    let old = |id| (GroupId(id), Millis(0));
    assert_eq!(memberships(ada).await, [old(7), old(8)]);
    assert_eq!(memberships(cy).await, [old(7)]);
    // Joining again changes nothing, joining anew does.
    let limits = GroupLimits {
        members: 9,
        groups: None,
    };
    let both = [ada, cy].map(Wanted::Existing).into();
    let now = Millis(60);
    store
        .add_group_members(app, GroupId(8), Actor::App, both, limits, now)
        .await
        .unwrap();
    assert_eq!(memberships(ada).await, [old(7), old(8)]);
    assert_eq!(memberships(cy).await, [old(7), (GroupId(8), now)]);
    // What stood in dropped tables is not missed.
    store.delete_user(app, bo, now).await.unwrap();
    assert_eq!(memberships(ada).await, [old(7)]);
}

#[tokio::test]
async fn what_the_third_version_adds_fits_what_was_there() {
    let folder = tempdir().unwrap();
    make_second(folder.path());
    let store: Box<dyn Store> = Box::new(Sqlite::open(folder.path()).unwrap());
    let app = store.app("acme", "chat").await.unwrap().unwrap();
    assert_eq!((app.token_generation, app.login_generation), (3, 0));
    assert_eq!(
        (app.logins, app.rooms),
        (LoginPolicy::AllDevices, RoomPolicy::One)
    );
    assert_eq!(app.login_key, None);
    let (ada, bo) = (UserId(1), UserId(2));
    let users = store.users_page(app.id, None, 10).await.unwrap();
    assert_eq!(users.len(), 4);
    for user in users {
        assert_eq!(user.logins_since, Millis(0));
        assert_eq!(store.last_seen(app.id, user.id).await.unwrap(), None);
    }

    // A login that the client secret's rotation voided does not come to life; those that were good are.
    let generation = |byte| {
        let token = store.token(TokenHash([byte; 32]));
        async move { token.await.unwrap().map(|token| token.app_generation) }
    };
    let (void, good) = (None, Some(0));
    for (byte, expected) in [(3, good), (4, void), (5, void), (7, good), (8, good)] {
        assert_eq!(generation(byte).await, expected, "{byte}");
    }
    // Void bearer tokens stay so, and are what there is to sweep.
    assert_eq!(generation(6).await, Some(2));
    assert_eq!(store.sweep_tokens(Millis(0), 10).await.unwrap(), 1);
    assert_eq!(generation(6).await, None);
    let secret = AppChange::RtmSecret(Secret::new("new"));
    store.change_app(app.id, secret).await.unwrap();
    assert_eq!(store.sweep_tokens(Millis(0), 10).await.unwrap(), 1);
    assert_eq!((generation(3).await, generation(7).await), (void, good));
    assert_eq!(
        (generation(1).await, generation(2).await),
        (Some(3), Some(3))
    );

    // Nobody was noted as online, so nobody is taken out of his rooms at the first start.
    let lost = LastSeen {
        at: Millis(60),
        reason: CloseReason::ServerLost,
    };
    assert!(!store.forget_online(lost, 10).await.unwrap());
    let rooms = store.rooms_of(app.id, ada).await.unwrap();
    assert_eq!(rooms, [7, 70].map(RoomId));
    store.came_online(app.id, ada, SessionId(1)).await.unwrap();
    store
        .went_offline(app.id, ada, SessionId(1), lost)
        .await
        .unwrap();
    assert_eq!(store.last_seen(app.id, ada).await.unwrap(), Some(lost));
    assert_eq!(store.rooms_of(app.id, ada).await.unwrap(), []);
    assert_eq!(store.rooms_of(app.id, bo).await.unwrap(), [RoomId(7)]);
    assert_eq!(store.room(app.id, RoomId(70)).await.unwrap(), None);
}

#[tokio::test]
async fn what_the_second_version_adds_fits_what_was_there() {
    let folder = tempdir().unwrap();
    make_first(folder.path());
    let store: Box<dyn Store> = Box::new(Sqlite::open(folder.path()).unwrap());
    let app = store.app("acme", "chat").await.unwrap().unwrap();
    assert!(app.legacy_signatures);
    let (ada, bo, cy) = (UserId(1), UserId(2), UserId(3));

    // Whole groups and rooms, each in its app.
    let group = |id, owner, members: &[UserId], created| Group {
        id: GroupId(id),
        owner: Some(owner),
        members: members.into(),
        created: Millis(created),
    };
    for group in [
        group(7, ada, &[ada, bo, cy], 30),
        group(8, bo, &[ada, bo], 31),
        group(9, ada, &[], 32),
    ] {
        let (id, size) = (group.id, group.members.len());
        assert_eq!(store.group(app.id, id).await.unwrap(), Some(group));
        assert_eq!(store.group_size(app.id, id).await.unwrap() as usize, size);
        assert_eq!(store.group_info(app.id, id).await.unwrap(), Info::default());
    }
    let room = Room {
        id: RoomId(8),
        owner: Some(UserId(4)),
        created: Millis(41),
    };
    assert_eq!(store.room(app.id, RoomId(8)).await.unwrap(), Some(room));
    let sizes = store.room_sizes(app.id, vec![RoomId(7), RoomId(8)]).await;
    assert_eq!(sizes.unwrap(), [0, 0]);
    for byte in [1, 2] {
        let token = store.token(TokenHash([byte; 32])).await.unwrap().unwrap();
        assert_eq!(token.kind, TokenKind::Bearer);
    }

    // The app's groups were counted: three there, a fourth is one too many.
    let make = |id, quota| {
        let limits = GroupLimits {
            members: 3,
            groups: Some(quota),
        };
        store.set_group_info(
            app.id,
            GroupId(id),
            Actor::App,
            InfoChange::default(),
            limits,
            Millis(60),
        )
    };
    assert!(matches!(make(10, 3).await, Err(Error::GroupQuotaReached)));
    make(10, 4).await.unwrap();
    let full = GroupLimits {
        members: 3,
        groups: None,
    };
    let join = |id, user| {
        let members = vec![Wanted::Existing(UserId(user))];
        store.add_group_members(app.id, GroupId(id), Actor::App, members, full, Millis(60))
    };
    assert!(matches!(join(7, 4).await, Err(Error::GroupFull)));
    join(8, 4).await.unwrap();
    // Deletion counts down from what was counted.
    store.delete_user(app.id, bo, Millis(9)).await.unwrap();
    assert_eq!(store.group_size(app.id, GroupId(7)).await.unwrap(), 2);
    assert_eq!(store.group(app.id, GroupId(8)).await.unwrap(), None);
    assert!(matches!(make(11, 3).await, Err(Error::GroupQuotaReached)));
    make(11, 4).await.unwrap();
    let contacts = store.contacts(app.id, ada).await.unwrap();
    assert_eq!(contacts.len(), 1);
    // Nor are row numbers used twice.
    let users = store.users_page(app.id, None, 10).await.unwrap();
    assert_eq!(users.len(), 3);
    let new = halloo_core::users::NewUser {
        name: "new".parse().unwrap(),
        uuid: halloo_core::Uuid::from_u128(99),
        password: None,
        nickname: None,
    };
    let new = store.register(app.id, vec![new], None, Millis(60)).await;
    assert_eq!(new.unwrap()[0].as_ref().unwrap().id, UserId(7));
}
