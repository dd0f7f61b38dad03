use halloo_core::Millis;
use halloo_core::apps::AppId;
use halloo_core::groups::GroupId;
use halloo_core::rooms::RoomId;
use halloo_core::users::UserId;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::sqlite::{Outcome, groups, rooms};

/// Deletes everything that is the user's.
pub(super) fn delete(
    connection: &Connection,
    app: AppId,
    user: UserId,
    now: Millis,
) -> Outcome<()> {
    let name: Option<Box<str>> = connection
        .prepare_cached("SELECT name FROM users WHERE id = ?1")?
        .query_row([user.0], |row| row.get(0))
        .optional()?;
    if let Some(name) = name {
        void_logins(connection, app, &name, now)?;
    }
    for group in ids(connection, "SELECT id FROM groups WHERE owner = ?1", user)? {
        groups::delete(connection, app, GroupId(group))?;
    }
    for room in ids(connection, "SELECT id FROM rooms WHERE owner = ?1", user)? {
        rooms::delete(connection, app, RoomId(room))?;
    }
    rooms::leave_every(connection, app, user)?;
    connection
        .prepare_cached(
            "UPDATE groups SET members = members - 1 \
             WHERE app = ?2 AND id IN (SELECT group_id FROM group_members WHERE user = ?1)",
        )?
        .execute([user.0, app.0])?;
    for statement in [
        "DELETE FROM group_members WHERE user = ?1",
        "DELETE FROM contacts WHERE user = ?1",
        "DELETE FROM contacts WHERE friend = ?1",
        "DELETE FROM blocks WHERE user = ?1",
        "DELETE FROM blocks WHERE blocked = ?1",
        "DELETE FROM mutes WHERE user = ?1",
        "DELETE FROM tokens WHERE user = ?1",
        "DELETE FROM push_ignored_groups WHERE user = ?1",
        "DELETE FROM push_devices WHERE user = ?1",
        "DELETE FROM push_mutes WHERE user = ?1",
        "DELETE FROM user_infos WHERE user = ?1",
        "DELETE FROM user_data WHERE user = ?1",
        "DELETE FROM presence WHERE user = ?1",
        "DELETE FROM users WHERE id = ?1",
    ] {
        connection.prepare_cached(statement)?.execute([user.0])?;
    }
    connection
        .prepare_cached("UPDATE apps SET users = users - 1 WHERE id = ?1")?
        .execute([app.0])?;
    Ok(())
}

/// Voids what the app signed up to `since` for whoever is called `name` next.
pub(super) fn void_logins(
    connection: &Connection,
    app: AppId,
    name: &str,
    since: Millis,
) -> Outcome<()> {
    connection
        .prepare_cached(
            "INSERT INTO void_logins (app, name, since) VALUES (?1, ?2, ?3) \
             ON CONFLICT (app, name) DO UPDATE SET since = max(since, excluded.since)",
        )?
        .execute(params![app.0, name, since.0])?;
    Ok(())
}

/// What `query` finds for `user`.
fn ids(connection: &Connection, query: &str, user: UserId) -> Outcome<Vec<i64>> {
    connection
        .prepare_cached(query)?
        .query_map([user.0], |row| row.get(0))?
        .map(|id| Ok(id?))
        .collect()
}
